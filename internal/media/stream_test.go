package media_test

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/mp4box"
)

const source = "testsrc=size=320x240:rate=25:duration=9"

// TestRecordedStreamsAreWhatWasSent drives real streams through Timeline and Builder and reads the file back with our own reader
// and with ffmpeg.
func TestRecordedStreamsAreWhatWasSent(t *testing.T) {
	x264 := func(params string) []string {
		return []string{"-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast", "-x264-params", params}
	}
	tone := func(codec ...string) []string {
		a := []string{"-f", "lavfi", "-i", source, "-f", "lavfi", "-i", "sine=duration=9", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50"}
		return append(append(a, "-c:a"), codec...)
	}
	for name, args := range map[string][]string{
		"H.264 without B-frames":       x264("keyint=50:bframes=0"),
		"H.264 with B-frames":          x264("keyint=50:bframes=3:b-adapt=0:b-pyramid=none"),
		"H.264 with a B pyramid":       x264("keyint=50:bframes=7:b-adapt=0:b-pyramid=normal"),
		"H.264 open GOP":               x264("keyint=48:min-keyint=48:scenecut=0:bframes=3:b-adapt=0:open-gop=1"),
		"H.264 long GOP":               x264("keyint=1000:scenecut=0:bframes=2:b-adapt=0"),
		"H.264 all intra":              x264("keyint=1"),
		"H.264 interlaced":             x264("keyint=50:bframes=2:b-adapt=0:interlaced=1"),
		"H.265 with B-frames":          {"-f", "lavfi", "-i", source, "-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params", "log-level=none:keyint=50:bframes=4:b-adapt=0:open-gop=0"},
		"H.265 open GOP":               {"-f", "lavfi", "-i", source, "-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params", "log-level=none:keyint=40:bframes=4:b-adapt=0:open-gop=1"},
		"H.264 with AAC":               tone("aac"),
		"H.264 with Opus":              tone("libopus"),
		"AAC alone":                    {"-f", "lavfi", "-i", "sine=duration=9", "-c:a", "aac"},
		"H.264 at 90 kHz, odd frames":  append(x264("keyint=30:bframes=2"), "-video_track_timescale", "90000"),
		"H.264 with parameter in band": append(x264("keyint=50:repeat-headers=1"), "-bsf:v", "dump_extra"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := encode(t, args...)
			init, fragments := record(t, s)
			checkFragments(t, s, fragments)
			checkFile(t, s, init, fragments)
		})
	}
}

func checkFragments(t *testing.T, s sent, fragments []*media.Fragment) {
	t.Helper()
	scale := s.tracks[0].Timescale
	var ticks int64
	for i, f := range fragments {
		info := f.Info
		if int(info.Units) != len(f.Units) || len(f.Units) != len(f.Digests) || info.Units == 0 {
			t.Errorf("fragment %d: %d units, %d digests, %d counted", i, len(f.Units), len(f.Digests), info.Units)
		}
		if f.Buffer.Start < media.Headroom || len(f.Buffer.Mem)-f.Buffer.End < media.Tailroom {
			t.Errorf("fragment %d lies at [%d,%d) of %d", i, f.Buffer.Start, f.Buffer.End, len(f.Buffer.Mem))
		}
		if info.WallEnd <= info.WallStart || info.MediaTicks <= 0 {
			t.Errorf("fragment %d spans [%v,%v), %d ticks", i, info.WallStart, info.WallEnd, info.MediaTicks)
		}
		if i > 0 && (info.WallStart != fragments[i-1].Info.WallEnd || info.FirstTick != fragments[i-1].Info.FirstTick+fragments[i-1].Info.MediaTicks) {
			t.Errorf("fragment %d does not follow on fragment %d", i, i-1)
		}
		if info.RandomAccess != (f.Units[0].Flags&media.RandomAccess != 0) {
			t.Errorf("fragment %d: starts_at_random_access is %v", i, info.RandomAccess)
		}
		if i < len(fragments)-1 {
			for _, u := range f.Units {
				if u.Track == 1 && media.UnitWall(info, scale, u.PTS) >= info.WallEnd {
					t.Errorf("fragment %d: a unit at %d lies behind the fragment's end", i, u.PTS)
				}
			}
		}
		ticks += info.MediaTicks
	}
	if want := int64(9 * scale); ticks < want-int64(scale)/5 || ticks > want+int64(scale)/5 {
		t.Errorf("the fragments last %d ticks, want about %d", ticks, want)
	}
}

func checkFile(t *testing.T, s sent, init []byte, fragments []*media.Fragment) {
	t.Helper()
	b := bytes.Clone(init)
	for _, f := range fragments {
		b = append(b, f.Buffer.Bytes()...)
	}
	file, err := mp4box.Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	want := make([][]int, len(s.tracks)+1)
	for i, u := range s.units {
		want[u.Track] = append(want[u.Track], i)
	}
	stored := map[uint8][]media.Unit{}
	digests := map[uint8][][32]byte{}
	for _, f := range fragments {
		for i, u := range f.Units {
			stored[u.Track], digests[u.Track] = append(stored[u.Track], u), append(digests[u.Track], f.Digests[i])
		}
	}
	for _, track := range file.Tracks {
		id := uint8(track.ID)
		if len(track.Samples) != len(want[id]) || len(stored[id]) != len(want[id]) {
			t.Fatalf("track %d: %d units sent, %d recorded, %d in the file", id, len(want[id]), len(stored[id]), len(track.Samples))
		}
		origin := media.Rescale(2, track.Timescale, 1)
		for i, sample := range track.Samples {
			u, original := stored[id][i], s.units[want[id][i]]
			payload := b[sample.Offset : sample.Offset+int64(sample.Size)]
			if !bytes.Equal(payload, s.bytes[want[id][i]]) || sha256.Sum256(payload) != digests[id][i] {
				t.Fatalf("track %d unit %d: the payload differs", id, i)
			}
			if sample.PTS()-origin != u.PTS || sample.DTS-origin != u.DTS || u.Seq != uint64(i) || u.DTS > u.PTS {
				t.Fatalf("track %d unit %d: sample at %d/%d, unit %d at %d/%d", id, i, sample.DTS, sample.PTS(), u.Seq, u.DTS, u.PTS)
			}
			if shift := u.PTS - original.PTS; shift != stored[id][0].PTS-s.units[want[id][0]].PTS {
				t.Fatalf("track %d unit %d: shown %d ticks late", id, i, shift)
			}
			if next := i + 1; next < len(track.Samples) && sample.DTS+int64(sample.Duration) != track.Samples[next].DTS {
				t.Errorf("track %d unit %d lasts %d ticks, the next is decoded after %d", id, i, sample.Duration, track.Samples[next].DTS-sample.DTS)
			}
		}
	}
	decode(t, b, s, len(want[1]))
}

// decode lets ffmpeg decode everything and count the frames.
func decode(t *testing.T, b []byte, s sent, units int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recorded.mp4")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "ffmpeg", "-v", "error", "-nostdin", "-xerror", "-i", path, "-f", "null", "-")
	if !s.tracks[0].Codec.Video() {
		return
	}
	out := run(t, "ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames,width,height", "-of", "csv=p=0", path)
	fields := strings.Split(strings.TrimSpace(out), ",")
	if frames, _ := strconv.Atoi(fields[len(fields)-1]); frames != units || fields[0] != "320" || fields[1] != "240" {
		t.Errorf("ffprobe reads %q, want 320x240 and %d frames", out, units)
	}
}
