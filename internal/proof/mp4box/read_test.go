package mp4box_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/proof/mp4box"
)

// made lets ffmpeg write a file and returns its bytes and path.
func made(t testing.TB, args ...string) ([]byte, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.mp4")
	if out, err := exec.Command("ffmpeg", append(append([]string{"-v", "error", "-nostdin"}, args...), "-y", path)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %v: %v\n%s", args, err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b, path
}

// packets is ffprobe's opinion of a stream: presentation time, decode time, size, offset and key flag of each sample.
func packets(t *testing.T, path, stream string) []string {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-ignore_editlist", "1", "-select_streams", stream, "-show_entries", "packet=pts,dts,size,pos,flags", "-of", "csv=p=0", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

func scene() []string {
	return []string{"-f", "lavfi", "-i", "testsrc=size=160x120:rate=25:duration=4", "-f", "lavfi", "-i", "sine=duration=4", "-pix_fmt", "yuv420p", "-g", "20", "-preset", "ultrafast"}
}

func TestSamplesAreWhereFFprobeFindsThem(t *testing.T) {
	for name, args := range map[string][]string{
		"plain":               {"-c:v", "libx264", "-bf", "2", "-c:a", "aac"},
		"plain, index first":  {"-c:v", "libx264", "-bf", "2", "-c:a", "aac", "-movflags", "faststart"},
		"fragmented":          {"-c:v", "libx264", "-bf", "2", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov+default_base_moof"},
		"fragmented, Opus":    {"-c:v", "libx264", "-bf", "0", "-c:a", "libopus", "-movflags", "frag_keyframe+default_base_moof"},
		"fragmented by frame": {"-c:v", "libx264", "-bf", "0", "-c:a", "aac", "-movflags", "frag_every_frame+empty_moov+default_base_moof+negative_cts_offsets"},
		"H.265":               {"-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1", "-c:a", "aac"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, path := made(t, append(scene(), args...)...)
			f, err := mp4box.Read(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Tracks) != 2 || f.Tracks[0].Handler != "vide" || f.Tracks[1].Handler != "soun" {
				t.Fatalf("tracks: %+v", f.Tracks)
			}
			if e := f.Tracks[0].Entries[0]; e.Width != 160 || e.Height != 120 || len(e.SPS) != 1 || len(e.PPS) != 1 || e.NALLength != 4 {
				t.Errorf("video: %+v", e)
			}
			if e := f.Tracks[1].Entries[0]; e.Channels < 1 || e.SampleRate == 0 || len(e.Config) == 0 {
				t.Errorf("audio: %+v", e)
			}
			for i, track := range f.Tracks {
				compare(t, track, packets(t, path, []string{"v", "a"}[i]))
			}
		})
	}
}

// compare holds our samples against ffprobe's packets. Where it ignores edit lists ffmpeg still shifts every time of a track
// by one constant.
func compare(t *testing.T, track *mp4box.Track, want []string) {
	t.Helper()
	if len(track.Samples) != len(want) || len(want) < 90 {
		t.Fatalf("%s: %d samples, ffprobe has %d", track.Handler, len(track.Samples), len(want))
	}
	var shift int64
	for i, s := range track.Samples {
		f := strings.Split(want[i], ",")
		pts, _ := strconv.ParseInt(f[0], 10, 64)
		dts, _ := strconv.ParseInt(f[1], 10, 64)
		if i == 0 {
			shift = pts - s.PTS()
		}
		if got := fmt.Sprintf("%d,%d", s.Size, s.Offset); pts-s.PTS() != shift || dts-s.DTS != shift || got != f[2]+","+f[3] || s.Sync() != strings.HasPrefix(f[4], "K") {
			t.Fatalf("%s sample %d: %+v; ffprobe has %q", track.Handler, i, s, want[i])
		}
	}
}

func TestEditListIsReported(t *testing.T) {
	b, _ := made(t, append(scene(), "-c:v", "libx264", "-bf", "2", "-an")...)
	f, err := mp4box.Read(bytes.NewReader(b), int64(len(b)))
	if err != nil || !f.Tracks[0].EditList {
		t.Errorf("ffmpeg's edit list is not seen (%v)", err)
	}
}

func box(kind string, content ...[]byte) []byte {
	c := bytes.Join(content, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(c))), kind...), c...)
}

func words(v ...uint32) (b []byte) {
	for _, w := range v {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}

// moov is one track with a trex and the given sample tables.
func moov(tables ...[]byte) []byte {
	entry := box("text")
	stbl := box("stbl", append([][]byte{box("stsd", words(0, 1), entry)}, tables...)...)
	trak := box("trak", box("tkhd", words(0, 0, 0, 1)), box("mdia", box("mdhd", words(0, 0, 0, 1000)), box("minf", stbl)))
	return box("moov", trak, box("mvex", box("trex", words(0, 1, 1, 10, 5, 0))))
}

func TestHostileFilesAreRefused(t *testing.T) {
	traf := func(runs ...[]byte) []byte {
		return box("moof", box("traf", append([][]byte{box("tfhd", words(0x020000, 1))}, runs...)...))
	}
	stsz := func(size, n uint32) []byte { return box("stsz", words(0, size, n)) }
	chunk := [][]byte{box("stsc", words(0, 1, 1, 1<<31, 1)), box("stco", words(0, 1, 0)), box("stts", words(0, 1, 1<<31, 1))}
	for name, b := range map[string][]byte{
		"nothing":                             {},
		"garbage":                             []byte("this is no film at all"),
		"no moov":                             box("mdat", make([]byte, 20)),
		"a box longer than the file":          append(moov(), words(100, 0)...),
		"a box shorter than its header":       append(moov(), words(7, 0)...),
		"two moov":                            append(moov(), moov()...),
		"moof first":                          append(traf(), moov()...),
		"a claim of four billion samples":     append(moov(), traf(box("trun", words(0x200, 1<<32-1)))...),
		"samples of nothing, four billion":    append(moov(), box("moof", box("traf", box("tfhd", words(0x020010, 1, 0)), box("trun", words(0, 1<<32-1))))...),
		"samples past the end":                append(moov(), traf(box("trun", words(0x201, 1, 1<<30, 5)))...),
		"samples before the beginning":        append(moov(), traf(box("trun", words(0x201, 1, 1<<31, 5)))...),
		"the same bytes over and over":        append(moov(), traf(box("trun", words(1, 1000, 0)))...),
		"a decode time that goes back":        append(moov(), append(traf(box("tfdt", words(0, 500)), box("trun", words(0x201, 1, 0, 1))), traf(box("tfdt", words(0, 400)))...)...),
		"a decode time of centuries":          append(moov(), traf(box("tfdt", words(1<<24, 1<<31, 0)))...),
		"a run before its header":             append(moov(), box("moof", box("traf", box("trun", words(0, 0))))...),
		"an unknown track":                    append(moov(), box("moof", box("traf", box("tfhd", words(0x020000, 9))))...),
		"data relative to who knows what":     append(moov(), box("moof", box("traf", box("tfhd", words(0, 1))))...),
		"a sample entry that is not there":    append(moov(), box("moof", box("traf", box("tfhd", words(0x020002, 1, 7)), box("trun", words(0x201, 1, 0, 1))))...),
		"two thousand million samples, plain": moov(append(chunk, stsz(1, 1<<31))...),
		"sizes without a table":               moov(append(chunk, stsz(0, 1<<20))...),
		"chunks that are not there":           moov(stsz(1, 3), box("stsc", words(0, 1, 1, 1, 1)), box("stco", words(0, 1, 0)), box("stts", words(0, 1, 3, 1))),
		"chunk runs in circles":               moov(stsz(1, 3), box("stsc", words(0, 2, 1, 0, 1, 1, 1, 1)), box("stco", words(0, 1, 0)), box("stts", words(0, 1, 3, 1))),
		"samples without durations":           moov(stsz(1, 3), box("stsc", words(0, 1, 1, 3, 1)), box("stco", words(0, 1, 0)), box("stts", words(0, 1, 1, 1))),
		"a track without a number":            box("moov", box("trak", box("mdia", box("mdhd", words(0, 0, 0, 1000))))),
		"a track without a timescale":         box("moov", box("trak", box("tkhd", words(0, 0, 0, 1)))),
		"an AVC configuration of a few bytes": box("moov", box("trak", box("tkhd", words(0, 0, 0, 1)), box("mdia", box("mdhd", words(0, 0, 0, 1)),
			box("minf", box("stbl", box("stsd", words(0, 1), box("avc1", make([]byte, 78), box("avcC", []byte{1, 2})))))))),
		"a very large moov that is not there": append(words(1), append([]byte("moov"), words(0, 1<<30)...)...),
	} {
		if f, err := mp4box.Read(bytes.NewReader(b), int64(len(b))); !errors.Is(err, mp4box.ErrFormat) {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
	b := append(moov(), traf(box("trun", words(0x201, 2, 0, 5, 6)))...)
	if f, err := mp4box.Read(bytes.NewReader(b), int64(len(b))); err != nil || len(f.Tracks[0].Samples) != 2 || f.Tracks[0].Samples[1].Offset != int64(len(moov()))+5 {
		t.Errorf("the honest sister of those files: %+v, %v", f, err)
	}
}

// TestReadErrorsAreNotTheFilesFault keeps a broken disk apart from a broken file.
func TestReadErrorsAreNotTheFilesFault(t *testing.T) {
	if _, err := mp4box.Read(bytes.NewReader(moov()), int64(len(moov())+100)); err == nil || errors.Is(err, mp4box.ErrFormat) || !errors.Is(err, io.EOF) {
		t.Errorf("a file shorter than said: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	b, _ := made(f, "-f", "lavfi", "-i", "testsrc=size=16x16:rate=5:duration=1", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-bitexact")
	f.Add(b)
	b, _ = made(f, "-f", "lavfi", "-i", "sine=duration=0.1", "-c:a", "aac", "-bitexact", "-movflags", "frag_keyframe+empty_moov+default_base_moof")
	f.Add(b)
	f.Add(moov(box("stsz", words(0, 1, 3)), box("stsc", words(0, 1, 1, 3, 1)), box("stco", words(0, 1, 0)), box("stts", words(0, 1, 3, 1))))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := mp4box.Read(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for _, track := range file.Tracks {
			last := int64(-1)
			for i, s := range track.Samples {
				if p, err := s.Payload(bytes.NewReader(b)); s.Size > 0 && err != nil || len(p) != int(s.Size) {
					t.Fatalf("sample %d: %v", i, err)
				}
				if s.DTS < last || s.Entry >= len(track.Entries) {
					t.Fatalf("sample %d: %+v after %d", i, s, last)
				}
				last = s.DTS
			}
		}
	})
}
