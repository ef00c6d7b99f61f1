package db

import (
	"bytes"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
)

// TestForgedDump seals dumps whose digest is right and whose content is not.
func TestForgedDump(t *testing.T) {
	dir := t.TempDir()
	d := openIn(t, dir, "source.db")
	defer d.Close()
	for range 3 {
		e, err := custody.NewEvent("test.happened", 1, "system", "", "x", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.SetSetting(t.Context(), "key", "value", e); err != nil {
			t.Fatal(err)
		}
	}
	honest := body(t, d)
	root := func(b []byte) []byte { // the head's root stands last in its row
		h, err := d.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Replace(b, h.Root[:], bytes.Repeat([]byte{7}, 32), 1)
	}
	replace := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
	}
	target := openIn(t, dir, "target.db")
	defer target.Close()
	for name, forge := range map[string]func([]byte) []byte{
		"another type":    replace("test.happened", "best.happened"),
		"another text":    replace(`"actor":"system"`, `"actor":"nobody"`),
		"another root":    root,
		"a wrong count":   replace("E\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01", "E\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x02"),
		"a table missing": func(b []byte) []byte { return b[:len(b)-frameHeading-9] },
		"no text":         replace("\x04\x00\x00\x00\x05value", "\x04\x00\x00\x00\x05val\xff\xff"),
		"a wider column":  replace(`"nullable":false`, `"nullable":true`),
	} {
		forged := forge(bytes.Clone(honest))
		if bytes.Equal(forged, honest) {
			t.Errorf("%s: the forgery changed nothing", name)
		}
		if err := target.Load(t.Context(), sealed(t, forged)); err == nil || custody.KindOf(err) != custody.Corrupt {
			t.Errorf("%s: %v, want Corrupt", name, err)
		}
	}
	if err := target.Load(t.Context(), sealed(t, honest)); err != nil {
		t.Errorf("the honest dump: %v", err)
	}
}

// sealed puts magic and end around frames.
func sealed(t *testing.T, frames []byte) *bytes.Buffer {
	t.Helper()
	var dump bytes.Buffer
	w, err := newFrameWriter(&dump)
	if err != nil {
		t.Fatal(err)
	}
	w.w.Write(frames)
	if err := w.end(); err != nil {
		t.Fatal(err)
	}
	return &dump
}
