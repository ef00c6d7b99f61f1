package media_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/mp4box"
)

// sent is what a camera would send: tracks and, in decode order and interleaved by time, units with their payloads. DTS and
// PTS are the encoder's own, for comparison.
type sent struct {
	tracks []media.Track
	units  []media.Unit
	bytes  [][]byte
}

const epoch = custody.Instant(1_800_000_000_000_000)

// encode lets ffmpeg make a real stream and reads the units back from its MP4 file.
func encode(t *testing.T, args ...string) sent {
	t.Helper()
	path := filepath.Join(t.TempDir(), "camera.mp4")
	run(t, "ffmpeg", append(append([]string{"-v", "error", "-nostdin"}, args...), "-pix_fmt", "yuv420p", "-bitexact", "-y", path)...)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := mp4box.Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var s sent
	var lanes [][]media.Unit
	var payloads [][][]byte
	for i, track := range f.Tracks {
		s.tracks = append(s.tracks, trackOf(t, track, uint8(i+1)))
		units, bodies := unitsOf(t, track, s.tracks[i], b)
		lanes, payloads = append(lanes, units), append(payloads, bodies)
	}
	for { // the unit received first comes next
		next := -1
		for i, l := range lanes {
			if len(l) > 0 && (next < 0 || l[0].Receipt < lanes[next][0].Receipt) {
				next = i
			}
		}
		if next < 0 {
			return s
		}
		s.units, s.bytes = append(s.units, lanes[next][0]), append(s.bytes, payloads[next][0])
		lanes[next], payloads[next] = lanes[next][1:], payloads[next][1:]
	}
}

func trackOf(t *testing.T, m *mp4box.Track, id uint8) media.Track {
	t.Helper()
	e := m.Entries[0]
	codec, ok := map[string]media.Codec{"avc1": media.H264, "hvc1": media.H265, "hev1": media.H265, "mp4a": media.AAC, "Opus": media.Opus}[e.Format]
	if !ok {
		t.Fatalf("a sample entry %q", e.Format)
	}
	track := media.Track{ID: id, Codec: codec, Timescale: m.Timescale, Source: media.FromSDP, VPS: e.VPS, SPS: e.SPS, PPS: e.PPS}
	switch codec {
	case media.AAC:
		track.Config = e.Config
	case media.Opus:
		track.Channels = e.Channels
	}
	return track
}

// unitsOf gives each sample the receipt of a network without delay: as soon as its decode time comes.
func unitsOf(t *testing.T, m *mp4box.Track, track media.Track, b []byte) (units []media.Unit, payloads [][]byte) {
	t.Helper()
	for _, s := range m.Samples {
		payload := b[s.Offset : s.Offset+int64(s.Size)]
		flags, _, err := media.Inspect(track.Codec, payload)
		if err != nil {
			t.Fatal(err)
		}
		units = append(units, media.Unit{
			Track: track.ID, Flags: flags, RTP: uint32(s.PTS()) + 0xfff00000, PTS: s.PTS(), DTS: s.DTS, Size: s.Size,
			Receipt: epoch + custody.Instant(media.Rescale(s.DTS, 1_000_000, m.Timescale)) + 100_000,
		})
		payloads = append(payloads, payload)
	}
	return units, payloads
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}

func plainBuffer(size int) *media.Buffer { return &media.Buffer{Mem: make([]byte, size)} }

// record places and builds everything that was sent, as the recorder does, in one run.
func record(t *testing.T, s sent) (init []byte, fragments []*media.Fragment) {
	t.Helper()
	init, err := media.InitSection(s.tracks)
	if err != nil {
		t.Fatal(err)
	}
	line, b := media.NewTimeline(s.tracks), media.NewBuilder(s.tracks, plainBuffer, 0)
	for i, u := range s.units {
		if c := line.Place(&u); c != media.Continuous {
			t.Fatalf("unit %d of track %d at %d: %s", i, u.Track, u.PTS, c)
		}
		f, err := b.Append(u, s.bytes[i])
		if err != nil {
			t.Fatal(err)
		}
		if f != nil {
			fragments = append(fragments, f)
		}
	}
	return init, append(fragments, b.Close())
}
