package viewing_test

import (
	"bytes"
	"encoding/binary"
	"image/jpeg"
	"math"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/render"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/media"
)

// numbered is four seconds of H.264 at ten pictures a second, a random access unit every two seconds. The brightness of a picture is
// its number. It returns access units as the vault keeps them.
func numbered(t *testing.T) (units [][]byte, track media.Track) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "nice", "-n", "19", "ffmpeg", "-hide_banner", "-loglevel", "error", "-f", "lavfi",
		"-i", "color=gray:s=320x240:r=10:d=4,geq=lum='20+N*5':cb=128:cr=128", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "20",
		"-threads", "1", "-x264-params", "aud=1", "-f", "h264", "pipe:1")
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	track = media.Track{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromStream}
	for _, nal := range bytes.Split(bytes.ReplaceAll(out.Bytes(), []byte{0, 0, 0, 1}, []byte{0, 0, 1}), []byte{0, 0, 1})[1:] {
		switch nal[0] & 31 {
		case 9: // an access unit begins
			units = append(units, nil)
			continue
		case 7:
			track.SPS = [][]byte{nal}
		case 8:
			track.PPS = [][]byte{nal}
		}
		last := &units[len(units)-1]
		*last = append(binary.BigEndian.AppendUint32(*last, uint32(len(nal))), nal...)
	}
	return units, track
}

// project films the units as a camera would send them.
func (s *stage) project(camera custody.CameraID, start custody.Instant, units [][]byte, track media.Track) {
	s.t.Helper()
	run := media.RunHeader{Run: custody.NewRunID(), Stream: s.streams[camera], Camera: camera, Started: start, SDP: []byte("v=0\r\n"), Tracks: []media.Track{track}}
	b := media.NewBuilder(run.Tracks, func(n int) *media.Buffer {
		return &media.Buffer{Mem: make([]byte, n), Start: media.Headroom, End: media.Headroom}
	}, 0)
	var fragments []*media.Fragment
	for i, payload := range units {
		flags, _, err := media.Inspect(media.H264, payload)
		if err != nil {
			s.t.Fatal(err)
		}
		u := media.Unit{Track: 1, Flags: flags, Seq: uint64(i), PTS: int64(i) * 9000, DTS: int64(i) * 9000, Size: uint32(len(payload)),
			Receipt: start.Add(time.Duration(i) * 100 * time.Millisecond)}
		if f := must(b.Append(u, payload)); f != nil {
			fragments = append(fragments, f)
		}
	}
	s.initOf = func(media.RunHeader) []byte { return must(media.InitSection(run.Tracks)) }
	s.seal(run, 0, append(fragments, b.Close()), false)
}

// shown reads the number of the picture.
func shown(t *testing.T, b []byte) (n, width int) {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r, _, _, _ := img.At(img.Bounds().Dx()/2, img.Bounds().Dy()/2).RGBA()
	return int(math.Round((float64(r>>8)*219/255 + 16 - 20) / 5)), img.Bounds().Dx()
}

func TestAStillShowsWhatWasToBeSeenThen(t *testing.T) {
	s := newStage(t)
	s.parts.Renderer = must(render.New(t.Context(), render.Options{}))
	s.desk = viewing.NewDesk(s.parts, viewing.Options{})
	cam, ann := s.camera(), s.person()
	units, track := numbered(t)
	s.project(cam, noon, units, track)
	o := s.open(ann, custody.Span{Start: noon, End: noon.Add(time.Minute)}, cam)
	for _, c := range []struct {
		at   time.Duration
		want int
	}{{0, 0}, {150 * time.Millisecond, 1}, {1999 * time.Millisecond, 19}, {2 * time.Second, 20}, {3400 * time.Millisecond, 34}} {
		p, err := s.desk.Still(t.Context(), ann, o.ID, cam, noon.Add(c.at), 0)
		if err != nil {
			t.Fatalf("at %s: %v", c.at, err)
		}
		n, width := shown(t, p.JPEG)
		if n != c.want || width != 320 || p.At != noon.Add(time.Duration(c.want)*100*time.Millisecond) {
			t.Errorf("at %s: picture %d of %s, %d wide; want %d", c.at, n, p.At, width, c.want)
		}
	}
	for range 2 { // made, then kept
		p := must(s.desk.Thumb(t.Context(), ann, o.ID, cam, noon.Add(3700*time.Millisecond)))
		if n, width := shown(t, p.JPEG); n != 20 || width != viewing.ThumbWidth || p.At != noon.Add(2*time.Second) {
			t.Errorf("thumbnail: picture %d of %s, %d wide", n, p.At, width)
		}
	}
	_, err := s.desk.Still(t.Context(), ann, o.ID, cam, noon.Add(-time.Second), 0)
	s.wants(custody.NotFound, err, "a still before the grant")
	_, err = s.desk.Thumb(t.Context(), ann, o.ID, cam, noon.Add(30*time.Second))
	s.wants(custody.NotFound, err, "a thumbnail of nothing")
	look := viewing.Look{Viewing: o.ID, Staff: ann.Staff(), Camera: cam, Minute: noon, Kind: viewing.KindStill}
	if !s.books.leased(look) {
		t.Error("a still without a look")
	}
}
