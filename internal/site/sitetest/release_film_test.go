package sitetest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/proof/mp4box"
)

// taken is one picture that the camera sent and that is stored, with when it was.
type taken struct {
	wall    custody.Instant
	picture uint32
}

// sentIn are the pictures of [t0,t1), by the farm's ledger and the stored walls, in order of presentation.
func sentIn(t *testing.T, st *Stored, farm *simcam.Farm, cam *simcam.Camera, span custody.Span) (out []uint32) {
	t.Helper()
	var all []taken
	for _, s := range Compare(t, st.Units(CameraName(cam)), farm, cam, 1) {
		if len(s.Missing) > 0 {
			t.Errorf("%d units are missing in session %d", len(s.Missing), s.Number)
		}
		pictures := map[uint32]uint32{}
		for _, e := range s.Sent {
			pictures[e.RTP] = e.Picture
		}
		for _, u := range s.Stored {
			if span.Start <= u.Wall && u.Wall < span.End {
				all = append(all, taken{u.Wall, pictures[u.RTP]})
			}
		}
	}
	slices.SortFunc(all, func(a, b taken) int { return cmp.Compare(a.wall, b.wall) })
	for _, p := range all {
		out = append(out, p.picture)
	}
	return out
}

// described reads package.json.
func described(t *testing.T, folder string) (p manifest.Package) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, "package.json"))
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// filmOf reads the boxes of a file.
func filmOf(t *testing.T, path string) (*mp4box.File, []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := mp4box.Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return f, b
}

// viewingHolds: the viewing rendition shows exactly these pictures, in this order, and besides them as many slates.
func viewingHolds(t *testing.T, path string, want []uint32, slates int, audio bool) {
	t.Helper()
	f, _ := filmOf(t, path)
	e := f.Tracks[0].Entries[0]
	got, complaint := decodeTop(path, e.Width, e.Height, e.Width*9/16, audio, true)
	if complaint != "" {
		t.Errorf("%s: ffmpeg complains: %s", filepath.Base(path), complaint)
	}
	all := len(got)
	got = slices.DeleteFunc(got, func(n uint32) bool { return n == unreadable })
	if !slices.Equal(got, want) || all-len(got) != slates {
		t.Errorf("%s shows %d pictures and %d slates, want %d and %d; the numbers differ from picture %d on: %v, want %v", filepath.Base(path), len(got), all-len(got), len(want), slates,
			differ(got, want), got[min(differ(got, want), len(got)):], want[min(differ(got, want), len(want)):])
	}
	if f.Tracks[0].EditList {
		t.Errorf("%s has an edit list", filepath.Base(path))
	}
}

// originalsHold: the originals of an item hold none but these pictures, whatever a player believes, and all of them but those that the
// package says were left out. Every NAL unit in every file is decoded; no edit list hides anything.
func originalsHold(t *testing.T, folder string, item manifest.Item, want []uint32, audio bool) {
	t.Helper()
	var shown []uint32
	left := 0
	for _, r := range item.Renditions {
		if r.Kind != manifest.Original {
			continue
		}
		path := filepath.Join(folder, filepath.FromSlash(r.Path))
		f, b := filmOf(t, path)
		track := f.Tracks[0]
		e := track.Entries[0]
		played, complaint := decode(path, e.Width, e.Height, audio, true)
		if complaint != "" || track.EditList {
			t.Errorf("%s: ffmpeg complains: %s; an edit list: %v", r.Path, complaint, track.EditList)
		}
		raw, complaint := decode(elementary(t, b, track), e.Width, e.Height, false, true)
		if complaint != "" || len(raw) != len(track.Samples) || !slices.Equal(raw, played) {
			t.Errorf("%s: %d samples; %d pictures are played, %d are in the NAL units (%s)", r.Path, len(track.Samples), len(played), len(raw), complaint)
		}
		shown = append(shown, raw...)
		for _, l := range r.LeftOut {
			left += int(l.Count)
		}
	}
	missing, outside := less(want, shown), less(shown, want)
	if len(outside) > 0 || !audio && len(missing) != left || audio && len(missing) > left {
		t.Errorf("item %s: the originals show %d pictures outside of what was decided (%v); %d of %d are missing and %d are said to be left out",
			item.Number, len(outside), outside, len(missing), len(want), left)
	}
}

// elementary writes every NAL unit of a file's pictures, with the parameter sets of its entry before them, into a file without boxes.
func elementary(t *testing.T, b []byte, track *mp4box.Track) string {
	t.Helper()
	var out bytes.Buffer
	put := func(nal []byte) {
		out.Write([]byte{0, 0, 0, 1})
		out.Write(nal)
	}
	for _, s := range track.Samples {
		if out.Len() == 0 {
			for _, set := range slices.Concat(track.Entries[s.Entry].VPS, track.Entries[s.Entry].SPS, track.Entries[s.Entry].PPS) {
				put(set)
			}
		}
		payload, err := s.Payload(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		for len(payload) >= 4 {
			n := int(binary.BigEndian.Uint32(payload))
			if n > len(payload)-4 {
				t.Fatalf("a NAL unit of %d bytes in a sample that has %d left", n, len(payload)-4)
			}
			put(payload[4 : 4+n])
			payload = payload[4+n:]
		}
	}
	path := filepath.Join(t.TempDir(), "units."+map[string]string{"avc1": "h264", "hvc1": "hevc"}[track.Entries[0].Format])
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// less is what a has and b has not, each as often as it stands there: the numbers begin anew after some seconds.
func less(a, b []uint32) (out []uint32) {
	left := slices.Clone(b)
	for _, n := range a {
		if i := slices.Index(left, n); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			out = append(out, n)
		}
	}
	return out
}

func sha(b []byte) [32]byte { return sha256.Sum256(b) }
