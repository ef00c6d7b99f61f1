package media_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// film is a recorded run as it is read back from storage: units in the order of their leaves, and their bytes from the fragments.
type film struct {
	tracks   []media.Track
	units    []media.Shown
	payloads [][]byte
	pictures map[int64]string // the digest of each picture, by when it is shown, when all of the run is decoded
}

func filmed(t *testing.T, s sent) (f film) {
	t.Helper()
	whole, fragments := record(t, s)
	f.tracks = s.tracks
	for _, fragment := range fragments {
		b := fragment.Buffer.Bytes()
		whole = append(whole, b...)
		tracks, err := media.ReadFragment(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, track := range tracks {
			for _, sample := range track.Samples {
				f.payloads = append(f.payloads, b[sample.At:sample.At+sample.Size])
			}
		}
		for _, u := range fragment.Units {
			wall := media.TrackWall(fragment.Info, s.tracks[0].Timescale, s.tracks[u.Track-1].Timescale, u.PTS)
			f.units = append(f.units, media.Shown{Unit: u, Wall: wall})
		}
	}
	if len(f.payloads) != len(f.units) || len(f.units) != len(s.units) {
		t.Fatalf("%d units sent, %d recorded with %d payloads", len(s.units), len(f.units), len(f.payloads))
	}
	if f.tracks[0].Codec.Video() {
		f.pictures = decoded(t, written(t, whole), 2*int64(f.tracks[0].Timescale))
	}
	return f
}

func written(t *testing.T, b []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "film.mp4")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// decoded lets ffmpeg decode a file's pictures, silently, and returns their digests by when they are shown, origin ticks less.
func decoded(t *testing.T, path string, origin int64) map[int64]string {
	t.Helper()
	out := run(t, "ffmpeg", "-v", "error", "-nostdin", "-xerror", "-copyts", "-i", path, "-map", "0:v", "-vsync", "passthrough", "-enc_time_base", "-1", "-f", "framemd5", "-")
	pictures := map[int64]string{}
	for line := range strings.Lines(out) {
		if fields := strings.Split(line, ","); len(fields) == 6 && line[0] != '#' {
			pts, err := strconv.ParseInt(strings.TrimSpace(fields[2]), 10, 64)
			if _, twice := pictures[pts-origin]; twice || err != nil {
				t.Fatalf("%q, twice: %v", line, twice)
			}
			pictures[pts-origin] = strings.TrimSpace(fields[5])
		}
	}
	return pictures
}

// windows are some that begin or end exactly where a unit does, and some that do not.
func (f film) windows(random *rand.Rand, n int) (out []custody.Span) {
	begin := f.units[0].Wall
	for _, end := range []custody.Instant{3_333_333, 20_000_000} {
		out = append(out, custody.Span{Start: begin, End: begin + end})
	}
	for len(out) < n {
		start := begin + custody.Instant(random.IntN(9_000_000)-500_000)
		w := custody.Span{Start: start, End: start + custody.Instant(100_000+random.IntN(6_000_000))}
		if random.IntN(2) == 0 {
			w.Start = f.units[random.IntN(len(f.units))].Wall
		}
		if random.IntN(2) == 0 {
			w.End = f.units[random.IntN(len(f.units))].Wall
		}
		if !w.Empty() {
			out = append(out, w)
		}
	}
	return out
}

// cutFilms are streams that ffmpeg makes.
func cutFilms(t *testing.T) map[string][]string {
	const source = "testsrc=size=160x120:rate=25:duration=9"
	input := []string{"-f", "lavfi", "-i", source}
	x264 := func(params string, more ...string) []string {
		return append(append(slices.Clone(input), "-c:v", "libx264", "-preset", "ultrafast", "-x264-params", params), more...)
	}
	x265 := func(params string, more ...string) []string {
		return append(append(slices.Clone(input), "-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params", "log-level=none:"+params), more...)
	}
	now := []string{"-forced-idr", "1", "-force_key_frames", "expr:gte(t,n_forced*2.6)"} // closed points in an open GOP stream
	tone := []string{"-f", "lavfi", "-i", "sine=duration=9"}
	return map[string][]string{
		"H.264 without B-frames": x264("keyint=25:bframes=0"),
		"H.264 with a B pyramid": x264("keyint=50:bframes=7:b-adapt=0:b-pyramid=normal"),
		"H.264 open GOP":         x264("keyint=20:min-keyint=20:scenecut=0:bframes=3:b-adapt=0:open-gop=1", now...),
		"H.264 long GOP":         x264("keyint=1000:scenecut=0:bframes=2:b-adapt=0"),
		"H.264 all intra":        x264("keyint=1"),
		"H.264 interlaced":       x264("keyint=30:bframes=2:b-adapt=0:interlaced=1"),
		"H.264 variable rate":    x264("keyint=20:bframes=3:b-adapt=0", "-vf", "select='not(mod(n,7))+lt(mod(n,60),25)'", "-vsync", "vfr"),
		"H.265 with B-frames":    x265("keyint=30:bframes=4:b-adapt=0:open-gop=0"),
		"H.265 open GOP":         thrice(t, x265("keyint=20:bframes=4:b-adapt=0:open-gop=1")),
		"H.265 leading pictures": x265("keyint=25:min-keyint=25:bframes=4:b-adapt=0:open-gop=0:radl=2"),
		"H.264 with AAC":         append(append(append([]string{}, input...), tone...), "-c:v", "libx264", "-preset", "ultrafast", "-g", "40", "-bf", "2", "-c:a", "aac"),
		"H.264 with Opus":        append(append(append([]string{}, input...), tone...), "-c:v", "libx264", "-preset", "ultrafast", "-g", "40", "-c:a", "libopus"),
		"AAC alone":              append(slices.Clone(tone), "-c:a", "aac"),
	}
}

// thrice plays the first three seconds of a stream three times over: libx265 makes a closed point only where a stream begins.
func thrice(t *testing.T, args []string) []string {
	t.Helper()
	dir := t.TempDir()
	piece, list := filepath.Join(dir, "piece.mp4"), filepath.Join(dir, "list")
	run(t, "ffmpeg", append(append([]string{"-v", "error", "-nostdin"}, args...), "-t", "3", "-pix_fmt", "yuv420p", piece)...)
	if err := os.WriteFile(list, bytes.Repeat([]byte("file "+piece+"\n"), 3), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"-f", "concat", "-safe", "0", "-i", list, "-c", "copy", "-tag:v", "hvc1"}
}

// TestCutFilmsPlay cuts real streams in random windows. Every cut is what the oracle says and holds the recorded bytes; the first ones
// of some kinds are decoded, and give exactly the pictures and the sound that they should, when they should.
func TestCutFilmsPlay(t *testing.T) {
	for name, args := range cutFilms(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := filmed(t, encode(t, args...))
			random := rand.New(rand.NewPCG(4, uint64(len(name))))
			played := 0
			for _, window := range f.windows(random, 40) {
				clips := cutAt(t, f.tracks, window, f.units)
				checkClips(t, f.tracks, window, f.units, clips)
				for _, clip := range clips {
					f.checkWidened(t, clip)
					if len(clip.Units) == 0 {
						continue
					}
					m, err := media.NewMovie(clip, window.Start)
					if err != nil {
						t.Fatal(err)
					}
					b := checkMovie(t, clip, m, func(u media.Taken) []byte { return f.payloads[u.At] })
					if played++; played == 4 || played == 2 && name == "H.264 long GOP" || played == 7 {
						f.play(t, clip, m, b)
					}
				}
			}
			if played < 8 && name != "H.264 long GOP" || played < 2 {
				t.Errorf("only %d of the windows hold anything", played)
			}
		})
	}
}

// checkWidened: where a wider window is offered, it takes everything that the narrow one left out at its beginning.
func (f film) checkWidened(t *testing.T, clip media.Clip) {
	t.Helper()
	if clip.Widened.Empty() {
		return
	}
	if clip.Widened.Start >= clip.Window.Start || clip.Widened.End != clip.Window.End {
		t.Fatalf("a window of %v is widened to %v", clip.Window, clip.Widened)
	}
	wide := cutAt(t, f.tracks, clip.Widened, f.units)[0]
	first := slices.IndexFunc(wide.Units, func(u media.Taken) bool { return u.Track == 1 })
	if first < 0 || wide.Units[first].Wall != clip.Widened.Start {
		t.Fatalf("widened to %v, the cut does not begin there", clip.Widened)
	}
	for _, o := range wide.LeftOut {
		if o.Why == media.BeforeRandomAccess {
			t.Fatalf("widened to %v, the cut still leaves out %+v", clip.Widened, o)
		}
	}
}

// play lets ffmpeg decode a file: silently, without an edit list, with these units at these times, and with the pictures that the
// whole run has there.
func (f film) play(t *testing.T, clip media.Clip, m *media.Movie, b []byte) {
	t.Helper()
	path := written(t, b)
	for stream, track := range m.Tracks() {
		var want, got []int64
		for _, u := range clip.Units {
			if u.Track == track.Track {
				want = append(want, u.PTS-track.Origin)
			}
		}
		slices.Sort(want)
		if clip.Tracks[track.Track-1].Track.Codec.Video() {
			for pts, digest := range decoded(t, path, 0) {
				if got = append(got, pts); f.pictures[pts+track.Origin] != digest {
					t.Errorf("in %v the picture at %d is another than in the run", clip.Window, pts)
				}
			}
			slices.Sort(got)
		} else {
			got = heard(t, path, stream)
		}
		if !slices.Equal(got, want) {
			t.Errorf("track %d in %v decodes to %d frames, want %d:\n got %v\nwant %v", track.Track, clip.Window, len(got), len(want), got, want)
		}
	}
	for _, kind := range []string{"edts", "elst"} {
		if bytes.Contains(b[:len(b)-int(clipBytes(clip))], []byte(kind)) {
			t.Errorf("there is an %s box", kind)
		}
	}
}

// heard lets ffprobe decode a file's sound and returns when each frame is heard.
func heard(t *testing.T, path string, stream int) (at []int64) {
	t.Helper()
	out := run(t, "ffprobe", "-v", "error", "-select_streams", strconv.Itoa(stream), "-show_entries", "frame=pts", "-of", "csv=p=0", path)
	for _, line := range strings.Fields(out) {
		pts, err := strconv.ParseInt(strings.Trim(line, ","), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, pts)
	}
	return at
}

func clipBytes(clip media.Clip) (n int64) {
	for _, track := range clip.Tracks {
		n += track.Bytes
	}
	return n
}
