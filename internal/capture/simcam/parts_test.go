package simcam

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

func TestFrameNumberSurvivesTheUnit(t *testing.T) {
	for _, codec := range []media.Codec{media.H264, media.H265} {
		u := videoUnit([][]byte{sliceOf(5000, codec)}, codec, false)
		patchSEI(u.stored[u.storedSEI:], 0xDEADBEEF, 1<<40+7, 3)
		camera, frame, ok := FrameNumberFromUnit(u.stored, codec)
		if !ok || camera != 0xDEADBEEF || frame != 1<<40+7 {
			t.Errorf("%s: %x %d %v", codec, camera, frame, ok)
		}
		if at, ok := SentAtFromUnit(u.stored, codec); !ok || at != 3 {
			t.Errorf("%s: sent at %d %v", codec, at, ok)
		}
		if bytes.Contains(u.stored[4:u.storedSEI+seiDigits], []byte{0, 0, 1}) || strings.Contains(seiUUID, "\x00") {
			t.Errorf("%s: the SEI needs emulation prevention", codec)
		}
	}
}

func TestNumberInPixels(t *testing.T) {
	for _, size := range [][2]int{{320, 180}, {640, 360}, {1920, 1080}} {
		p := newPicture(size[0], size[1])
		for _, n := range []uint32{0, 1, 12345, 1<<24 - 1} {
			p.paint(n, 3)
			if got, ok := ReadFrameNumber(p.pix, p.w, p.h); !ok || got != n {
				t.Errorf("%v: %d reads %d, %v", size, n, got, ok)
			}
			p.fill(0, 0, p.w/numberBlocks, p.h, byte(235*(1-n>>23)))
			if _, ok := ReadFrameNumber(p.pix, p.w, p.h); ok {
				t.Errorf("%v: %d passes its check with one block wrong", size, n)
			}
		}
	}
}

func TestUnitReaderCutsAtDelimiters(t *testing.T) {
	stream := "\x00\x00\x00\x01\x09\xf0\x00\x00\x01\x65abc\x00\x00\x00\x01\x09\xf0\x00\x00\x01\x41defg\x00\x00\x01\x09\xf0"
	for _, r := range []io.Reader{strings.NewReader(stream), iotest.OneByteReader(strings.NewReader(stream))} {
		u := newUnitReader(r)
		var got []string
		for {
			b, err := u.next()
			if err != nil {
				break
			}
			for _, n := range splitAnnexB(b) {
				got = append(got, string(n))
			}
		}
		if d := cmp.Diff([]string{"\x09\xf0", "eabc", "\x09\xf0", "Adefg"}, got); d != "" {
			t.Error(d)
		}
	}
}

func TestOptionsAreRefused(t *testing.T) {
	for name, o := range map[string]Options{
		"none":     {CacheDir: "x"},
		"too many": {CacheDir: "x", Count: MaxCameras + 1},
		"no cache": {Count: 1},
		"profile":  {CacheDir: "x", Count: 1, Profile: "mpeg2"},
		"path":     {CacheDir: "x", Cameras: []CameraSpec{{Path: "a/b"}}},
		"reserved": {CacheDir: "x", Cameras: []CameraSpec{{Path: "all"}}},
		"twice":    {CacheDir: "x", Cameras: []CameraSpec{{Path: "a"}, {Path: "a"}}},
		"live":     {Cameras: []CameraSpec{{Live: true, Audio: media.AAC}}},
		"codecs":   {CacheDir: "x", Cameras: []CameraSpec{{Alternates: []Profile{H265Plain}}}},
		"audio":    {CacheDir: "x", Cameras: []CameraSpec{{Audio: "mp3"}}},
		"no tool":  {CacheDir: t.TempDir(), Count: 1, FFmpeg: "/nonexistent/ffmpeg"},
		"address":  {Cameras: []CameraSpec{{Live: true}}, Listen: "127.0.0.1:99999"},
	} {
		f, err := Start(o)
		if err == nil {
			f.Stop()
		}
		var e *custody.Error
		if !errors.As(err, &e) || e.Kind == custody.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryFaultHasAWord(t *testing.T) {
	for _, name := range FaultNames() {
		if _, err := ParseFault(name); err != nil {
			t.Error(err)
		}
	}
	got, err := ParseFault("lose?percent=2.5&seed=7&next=3")
	if d := cmp.Diff(Lose{2.5, 7, 3}, got); d != "" || err != nil {
		t.Error(d, err)
	}
}

func FuzzSplitAnnexB(f *testing.F) {
	f.Add([]byte("\x00\x00\x01\x65abc\x00\x00\x00\x01\x41"))
	f.Add([]byte("\x00\x00\x01\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		for _, n := range splitAnnexB(b) {
			if len(n) == 0 || bytes.Contains(n, []byte{0, 0, 1}) {
				t.Fatalf("%x is no NAL unit", n)
			}
			total += len(n) + 3
			for _, codec := range []media.Codec{media.H264, media.H265} {
				classify(n, codec)
			}
		}
		if total > len(b) {
			t.Fatal("more came out than went in")
		}
	})
}

func FuzzFrameNumberFromUnit(f *testing.F) {
	u := videoUnit([][]byte{sliceOf(10, media.H264)}, media.H264, false)
	f.Add(u.stored)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0})
	f.Fuzz(func(_ *testing.T, b []byte) {
		FrameNumberFromUnit(b, media.H264)
		FrameNumberFromUnit(b, media.H265)
	})
}

func FuzzReadRequest(f *testing.F) {
	f.Add([]byte("$\x01\x00\x02abOPTIONS rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nxx"))
	f.Add([]byte("PLAY x RTSP/1.0\r\n: \r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := readRequest(bufio.NewReaderSize(bytes.NewReader(b), maxLine), func() {})
		if err == nil && (q.method == "" || q.url == "" || len(q.header) > maxHeaders) {
			t.Fatalf("accepted %+v", q)
		}
		(&doorman{nonce: "n"}).check(Authenticate{Scheme: AuthDigest, User: "u"}, q)
	})
}

func FuzzParseFault(f *testing.F) {
	f.Add("freeze?for=5s")
	f.Add("sender-reports?offset=1h&drift-ppm=NaN&ntp=0xffffffffffffffff")
	f.Fuzz(func(t *testing.T, s string) {
		if x, err := ParseFault(s); (x == nil) == (err == nil) {
			t.Fatalf("%q: %v, %v", s, x, err)
		}
	})
}

func FuzzReadTable(f *testing.F) {
	f.Add([]byte("#tb 0: 1/15\n0, -1, 0, 1, 3, 0xe14a55c7\n"), []byte("abc"))
	f.Fuzz(func(_ *testing.T, table, data []byte) {
		_, _ = readTable(table, data, videoClock) // damage is an error, never a panic
	})
}

func FuzzUnitReader(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01\x09\xf0\x00\x00\x01\x65abc\x00\x00\x00\x01\x09\xf0"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		for u := newUnitReader(bytes.NewReader(b)); ; {
			if _, err := u.next(); err != nil {
				return
			}
		}
	})
}
