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
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/proof/mp4box"
)

// wanted is what a package of a camera's span has to hold, by the farm's ledger and what is stored.
type wanted struct {
	pictures []uint32          // of [t0,t1), in order of presentation
	walls    []custody.Instant // when each was taken
	numbers  map[uint32]uint32 // of every picture sent, by its RTP time
	runs     map[custody.RunID]original
}

// original is what may leave of one run as the camera coded it.
type original struct {
	pictures []Unit // by CONTRACTS 18, in order of decoding
	sounds   []Unit // that begin in the span
}

// wantedOf is what a package has to hold of a camera's span.
func wantedOf(t *testing.T, st *Stored, farm *simcam.Farm, cam *simcam.Camera, span custody.Span) wanted {
	t.Helper()
	units := st.Units(CameraName(cam))
	out := wanted{numbers: map[uint32]uint32{}, runs: map[custody.RunID]original{}}
	var inside []Unit
	for _, s := range Compare(t, units, farm, cam, 1) {
		if len(s.Missing) > 0 {
			t.Errorf("%d units are missing in session %d", len(s.Missing), s.Number)
		}
		for _, e := range s.Sent {
			out.numbers[e.RTP] = e.Picture
		}
		for _, u := range s.Stored {
			if span.Contains(u.Wall) {
				inside = append(inside, u)
			}
		}
	}
	slices.SortFunc(inside, func(a, b Unit) int { return cmp.Compare(a.Wall, b.Wall) })
	for _, u := range inside {
		out.pictures, out.walls = append(out.pictures, out.numbers[u.RTP]), append(out.walls, u.Wall)
	}
	Compare(t, units, farm, cam, 2)
	for _, run := range runsOf(units) {
		o := original{pictures: longestRows(track(run, 1), span)}
		for _, u := range track(run, 2) {
			if span.Contains(u.Wall) {
				o.sounds = append(o.sounds, u)
			}
		}
		if len(o.pictures) > 0 {
			out.runs[run[0].Run] = o
		}
	}
	return out
}

// runsOf divides a camera's units by their runs.
func runsOf(units []Unit) (out [][]Unit) {
	at := map[custody.RunID]int{}
	for _, u := range units {
		i, known := at[u.Run]
		if !known {
			i, out = len(out), append(out, nil)
			at[u.Run] = i
		}
		out[i] = append(out[i], u)
	}
	return out
}

// longestRows are the pictures of a run that an original may hold (CONTRACTS 18): of each unbroken stretch the longest row in order of
// decoding that begins at a closed random access point and of which every picture is shown inside, less those that are shown ahead of
// that point.
func longestRows(units []Unit, span custody.Span) (out []Unit) {
	for begin := 0; begin < len(units); {
		end := begin + 1
		for end < len(units) && units[end].Seq == units[end-1].Seq+1 {
			end++
		}
		var best []Unit
		for i, u := range units[begin:end] {
			if u.Flags&(media.RandomAccess|media.Open) != media.RandomAccess {
				continue
			}
			row := units[begin+i : end]
			if n := slices.IndexFunc(row, func(u Unit) bool { return !span.Contains(u.Wall) }); n >= 0 {
				row = row[:n]
			}
			if len(row) > len(best) {
				best = row
			}
		}
		out = append(out, slices.DeleteFunc(slices.Clone(best), func(u Unit) bool { return u.Wall < best[0].Wall })...)
		begin = end
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

// viewingHolds: the viewing rendition shows exactly the span's pictures, each at its own time, and besides them as many slates.
func viewingHolds(t *testing.T, path string, want wanted, span custody.Span, slates int, audio bool) {
	t.Helper()
	f, _ := filmOf(t, path)
	track := f.Tracks[0]
	e := track.Entries[0]
	got, complaint := decodeTop(path, e.Width, e.Height, e.Width*9/16, audio, true)
	if complaint != "" || track.EditList || len(got) != len(track.Samples) {
		t.Errorf("%s: ffmpeg complains: %s; %d pictures of %d samples; an edit list: %v", filepath.Base(path), complaint, len(got), len(track.Samples), track.EditList)
		return
	}
	var shown []uint32
	var walls []custody.Instant
	for i, n := range got { // there are no B-frames in it: samples stand in order of presentation
		if n != unreadable {
			shown = append(shown, n)
			walls = append(walls, span.Start+custody.Instant(track.Samples[i].PTS()*1_000_000/int64(track.Timescale)))
		}
	}
	if !slices.Equal(shown, want.pictures) || len(got)-len(shown) != slates {
		n := differ(shown, want.pictures)
		t.Errorf("%s shows %d pictures and %d slates, want %d and %d; the numbers differ from picture %d on: %v, want %v", filepath.Base(path), len(shown), len(got)-len(shown),
			len(want.pictures), slates, n, shown[min(n, len(shown)):], want.pictures[min(n, len(want.pictures)):])
	}
	if !slices.Equal(walls, want.walls) {
		t.Errorf("%s does not show every picture at its time: %v, want %v", filepath.Base(path), walls, want.walls)
	}
	if audio && (len(f.Tracks) != 2 || len(f.Tracks[1].Samples) == 0) || !audio && len(f.Tracks) != 1 {
		t.Errorf("%s has %d tracks", filepath.Base(path), len(f.Tracks))
	}
}

// originalsHold: the originals of an item hold exactly what may leave of each run, to the byte, and whatever a player believes no other
// picture. Every NAL unit in every file is decoded; no edit list hides anything. What is missing is what package.json says was left out.
func originalsHold(t *testing.T, folder string, item manifest.Item, want wanted, codec media.Codec, audio bool) {
	t.Helper()
	left, shown, files := 0, 0, 0
	for _, r := range item.Renditions {
		if r.Kind != manifest.Original {
			continue
		}
		files++
		shown += originalHolds(t, filepath.Join(folder, filepath.FromSlash(r.Path)), item.Decided.In(), want, want.runs[r.Run], codec, audio)
		for _, l := range r.LeftOut {
			left += int(l.Count)
		}
	}
	missing := len(want.pictures) - shown
	if files != len(want.runs) || left < missing || !audio && left > missing+reordered {
		t.Errorf("item %s: %d originals of %d runs; %d of %d pictures are missing and %d are said to be left out",
			item.Number, files, len(want.runs), missing, len(want.pictures), left)
	}
}

// reordered is how many pictures of a fragment that lies inside a span may be shown outside of it: they are listed as left out too.
const reordered = 4

// originalHolds is originalsHold for one file; it returns how many pictures it shows.
func originalHolds(t *testing.T, path string, span custody.Span, all wanted, want original, codec media.Codec, audio bool) int {
	t.Helper()
	f, b := filmOf(t, path)
	pictures := f.Tracks[0]
	e := pictures.Entries[0]
	played, complaint := decode(path, e.Width, e.Height, audio, true)
	if complaint != "" || pictures.EditList || len(pictures.Entries) != 1 {
		t.Errorf("%s: ffmpeg complains: %s; %d entries; an edit list: %v", filepath.Base(path), complaint, len(pictures.Entries), pictures.EditList)
	}
	raw, complaint := decode(elementary(t, b, pictures), e.Width, e.Height, false, true)
	shown := slices.Clone(want.pictures)
	slices.SortStableFunc(shown, func(a, b Unit) int { return cmp.Compare(a.Wall, b.Wall) })
	var numbers []uint32
	for _, u := range shown {
		numbers = append(numbers, all.numbers[u.RTP])
	}
	if complaint != "" || len(numbers) == 0 || !slices.Equal(raw, numbers) || !slices.Equal(played, numbers) {
		t.Errorf("%s: the NAL units hold %v, a player shows %v, want %v (%s)", filepath.Base(path), raw, played, numbers, complaint)
	}
	sameBytes(t, path, b, pictures, want.pictures)
	for _, s := range pictures.Samples { // what the camera itself wrote into each picture: when it sent it
		payload, err := s.Payload(bytes.NewReader(b))
		at, ok := simcam.SentAtFromUnit(payload, codec)
		if err != nil || !ok || at < span.Start.Add(-never) || at > span.End.Add(usual) {
			t.Errorf("%s holds a picture that was sent at %s (%v)", filepath.Base(path), at, err)
		}
	}
	if !audio {
		if len(f.Tracks) != 1 {
			t.Errorf("%s has %d tracks", filepath.Base(path), len(f.Tracks))
		}
		return len(raw)
	}
	if len(f.Tracks) != 2 || len(f.Tracks[1].Samples) == 0 {
		t.Errorf("%s has %d tracks", filepath.Base(path), len(f.Tracks))
		return len(raw)
	}
	sounds := want.sounds
	for len(want.sounds)-len(sounds) < edge && len(sounds) > len(f.Tracks[1].Samples) && !begins(t, b, f.Tracks[1], sounds) {
		sounds = sounds[1:]
	}
	if n := len(f.Tracks[1].Samples); n < len(sounds) && n >= len(want.sounds)-edge {
		sounds = sounds[:n]
	}
	sameBytes(t, path, b, f.Tracks[1], sounds)
	return len(raw)
}

// edge is how many units of sound may be missing at an end of a span: the last one begins inside and ends outside.
const edge = 1

// begins reports whether a track's first samples are these units: of a looping sound one alone says little.
func begins(t *testing.T, b []byte, track *mp4box.Track, units []Unit) bool {
	t.Helper()
	for i := range min(16, len(track.Samples), len(units)) {
		payload, err := track.Samples[i].Payload(bytes.NewReader(b))
		if err != nil || sha256.Sum256(payload) != units[i].Digest {
			return false
		}
	}
	return true
}

// sameBytes: a track's samples are these units, in order of decoding.
func sameBytes(t *testing.T, path string, b []byte, track *mp4box.Track, want []Unit) {
	t.Helper()
	if len(track.Samples) != len(want) {
		t.Errorf("%s track %d: %d samples, want %d", filepath.Base(path), track.ID, len(track.Samples), len(want))
		return
	}
	for i, s := range track.Samples {
		payload, err := s.Payload(bytes.NewReader(b))
		if err != nil || sha256.Sum256(payload) != want[i].Digest {
			t.Errorf("%s track %d: sample %d is not what the camera sent (%v)", filepath.Base(path), track.ID, i, err)
			return
		}
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

func sha(b []byte) [32]byte { return sha256.Sum256(b) }
