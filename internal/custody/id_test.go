package custody

import (
	"strings"
	"testing"
)

func TestIDs(t *testing.T) {
	seen := map[string]bool{}
	for prefix, draw := range map[string]func() string{
		"cam_": func() string { return string(NewCameraID()) }, "str_": func() string { return string(NewStreamID()) },
		"run_": func() string { return string(NewRunID()) }, "seg_": func() string { return string(NewSegmentID()) },
		"gap_": func() string { return string(NewGapID()) }, "evt_": func() string { return string(NewEventID()) },
		"key_": func() string { return string(NewKeyID()) }, "grt_": func() string { return string(NewGrantID()) },
	} {
		for range 100 {
			id := draw()
			if !ValidID(prefix, id) || seen[id] {
				t.Fatalf("%s is malformed, or drawn twice", id)
			}
			seen[id] = true
		}
	}
}

func TestSegmentIDBytes(t *testing.T) {
	id := NewSegmentID()
	b, err := id.Bytes()
	if err != nil || SegmentIDOf(b) != id {
		t.Errorf("%s has bytes %x, %v, which are %s", id, b, err, SegmentIDOf(b))
	}
	if got, want := SegmentIDOf([16]byte{}), SegmentID("seg_"+strings.Repeat("a", 26)); got != want {
		t.Errorf("SegmentIDOf zero = %s, want %s", got, want)
	}
	if _, err := SegmentID("cam_" + string(id)[4:]).Bytes(); KindOf(err) != Invalid {
		t.Errorf("a camera's id is a segment's: %v", err)
	}
}

func TestValidIDRefuses(t *testing.T) {
	good := "cam_" + strings.Repeat("a", 26)
	if !ValidID("cam_", good) {
		t.Fatalf("%s is refused", good)
	}
	for _, bad := range []string{
		"", "cam_", good[:29], good + "a", strings.ToUpper(good), "seg_" + good[4:], " " + good, good + "\n",
		"cam_" + strings.Repeat("1", 26),       // not in the alphabet
		"cam_" + strings.Repeat("a", 25) + "b", // bits beyond the 128 that are not zero: a second spelling
		"cam_" + strings.Repeat("a", 24) + "==", "cam_" + strings.Repeat("a", 25) + "/",
		"cam_../../etc/passwdaaaaaaaaaa", "cam_" + strings.Repeat("ä", 13),
		"cam_" + strings.Repeat("a", 13) + "\n" + strings.Repeat("a", 12), // base32 decoders skip line breaks
	} {
		if ValidID("cam_", bad) {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func FuzzValidID(f *testing.F) {
	f.Add("cam_", "cam_"+strings.Repeat("a", 26))
	f.Add("cam_", "cam_"+strings.Repeat("a", 13)+"\r\n"+strings.Repeat("a", 11))
	f.Add("", strings.Repeat("7", 26))
	f.Fuzz(func(t *testing.T, prefix, id string) {
		if !ValidID(prefix, id) {
			return
		}
		rest := strings.TrimPrefix(id, prefix)
		if len(rest) != 26 || strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz234567") != "" {
			t.Errorf("%q is accepted", id)
		}
		b, err := idBytes(prefix, id)
		if err != nil || prefix+idEncoding.EncodeToString(b[:]) != id {
			t.Errorf("%q has two spellings", id)
		}
	})
}
