package render_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/render"
	"github.com/footage-custody/custody/internal/proof/mp4box"
)

// dusk is a quarter of an hour before the clocks go back in Chicago.
const dusk = custody.Instant(1_793_514_600_000_000) // 2026-11-01T06:30:00Z

// source says what a camera films: numbered pictures of one size.
type source struct {
	w, h    int
	first   int // number of the first picture
	count   int
	rate    int
	codec   []string // the encoder's arguments
	sound   []string // the arguments of the sound's encoder; nil without sound
	times   string   // a setpts expression; empty for an even rate
	moved   bool     // with composition offsets below zero
	single  bool     // a fragment for each picture
	seconds float64  // of sound: a tone from 1 s on
}

func h264(more ...string) []string {
	return append([]string{"-c:v", "libx264", "-preset", "ultrafast", "-g", "20", "-tag:v", "avc1"}, more...)
}

func h265(more string) []string {
	return []string{"-c:v", "libx265", "-preset", "ultrafast", "-g", "20", "-tag:v", "hvc1", "-x265-params", "log-level=none:" + more}
}

// run is what a camera recorded: one piece of a reel, and which number the picture of an instant has.
type run struct {
	piece   render.ReelPiece
	numbers map[custody.Instant]int
	media   []byte
}

// record films a source from an instant on.
func (s source) record(t *testing.T, start custody.Instant) run {
	t.Helper()
	args := []string{"-v", "error", "-nostdin", "-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", fmt.Sprintf("%dx%d", s.w, s.h),
		"-framerate", fmt.Sprint(s.rate), "-i", "pipe:0"}
	if s.sound != nil {
		args = append(args, "-f", "lavfi", "-i", fmt.Sprintf("aevalsrc='if(gte(t,1),0.5*sin(2*PI*440*t),0)':s=48000:d=%v", s.seconds))
	}
	if s.times != "" {
		args = append(args, "-vf", "settb=1/90000,setpts="+s.times)
	}
	args = append(append(args, "-fps_mode", "passthrough", "-enc_time_base", "1:90000"), s.codec...)
	args = append(append(args, s.sound...), "-threads", "1", "-video_track_timescale", "90000",
		"-movflags", "empty_moov+frag_keyframe+default_base_moof+frag_discont"+map[bool]string{true: "+negative_cts_offsets"}[s.moved]+map[bool]string{true: "+frag_every_frame"}[s.single], "-use_editlist", "0", "-f", "mp4", "pipe:1")
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "ffmpeg", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.paint(), &out, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return s.index(t, out.Bytes(), start)
}

// paint draws the pictures: a grey that changes, and the number as simcam paints it.
func (s source) paint() io.Reader {
	var b bytes.Buffer
	for n := s.first; n < s.first+s.count; n++ {
		luma := bytes.Repeat([]byte{byte(60 + n%100)}, s.w*s.h)
		v := uint32(n)<<8 | (uint32(n)^uint32(n)>>8^uint32(n)>>16^0xa5)&0xff
		bw, bh := s.w/32, s.h/12
		for i := range 32 {
			bit := byte(20)
			if v>>(31-i)&1 == 1 {
				bit = 235
			}
			for y := range bh {
				copy(luma[y*s.w+i*bw:], bytes.Repeat([]byte{bit}, bw))
			}
		}
		b.Write(luma)
		b.Write(bytes.Repeat([]byte{128}, s.w*s.h/2))
	}
	return &b
}

// index reads the tables that the vault would have of these fragments.
func (s source) index(t testing.TB, b []byte, start custody.Instant) run {
	t.Helper()
	f, err := mp4box.Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	r := run{numbers: map[custody.Instant]int{}}
	cut := bytes.Index(b, []byte("moof")) - 4
	r.piece.Init, r.media = b[:cut], b[cut:]
	for _, track := range f.Tracks {
		var units []render.Frame
		for _, sample := range track.Samples {
			units = append(units, render.Frame{PTS: sample.PTS()})
		}
		slices.SortFunc(units, func(a, b render.Frame) int { return cmp.Compare(a.PTS, b.PTS) })
		first := units[0].PTS
		if track.Handler == "soun" { // the muxer moves both tracks by as much; sound was heard from the first picture on
			first = r.piece.Frames[0].PTS * int64(track.Timescale) / 90000
		}
		for i := range units {
			units[i].Wall = start + custody.Instant((units[i].PTS-first)*1e6/int64(track.Timescale))
		}
		if track.Handler == "vide" {
			r.piece.Frames = units
			for i, u := range units {
				r.numbers[u.Wall] = s.first + i
			}
		} else {
			r.piece.Sound = units
		}
	}
	r.piece.Media = func(_ context.Context, w io.Writer) error {
		_, err := w.Write(r.media)
		return err
	}
	return r
}

// shown is a picture of a rendition.
type shown struct {
	at     int64 // microseconds
	number int   // -1 if none can be read
	luma   []byte
}

// watch decodes a rendition, and checks that it is a file that hides nothing.
func watch(t *testing.T, b []byte, made render.Film) []shown {
	t.Helper()
	f, err := mp4box.Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	track := f.Tracks[0]
	if track.EditList || track.Entries[0].Format != "avc1" || track.Entries[0].Width != made.Width || track.Entries[0].Height != made.Height ||
		int64(len(b)) != made.Size || len(f.Tracks) != map[bool]int{false: 1, true: 2}[made.Sound] {
		t.Fatalf("a file of %d bytes with tracks %+v", len(b), f.Tracks[0].Entries)
	}
	for _, box := range []string{"edts", "udta", "meta", "x264", "Lavc", "Lavf"} {
		if bytes.Contains(b, []byte(box)) {
			t.Errorf("there is %s in the file", box)
		}
	}
	if moov, mdat := bytes.Index(b, []byte("moov")), bytes.Index(b, []byte("mdat")); moov > mdat {
		t.Error("the tables stand behind the media")
	}
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "mov", "-i", "pipe:0", "-map", "0:v", "-fps_mode", "passthrough", "-enc_time_base", "-1", "-pix_fmt", "yuv420p", "-f", "rawvideo", "pipe:1")
	cmd.Stdin = bytes.NewReader(b)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	raw, err := cmd.Output()
	if err != nil || complaint.Len() > 0 {
		t.Fatalf("decoding: %v %s", err, complaint.String())
	}
	luma := made.Width * made.Height
	size := luma * 3 / 2
	if len(raw) != size*len(track.Samples) {
		t.Fatalf("%d pictures come out of %d", len(raw)/size, len(track.Samples))
	}
	var out []shown
	for i, s := range track.Samples {
		p := shown{at: s.PTS() * 1e6 / int64(track.Timescale), number: -1, luma: raw[i*size:][:luma]}
		if n, ok := simcam.ReadFrameNumber(p.luma[:made.Width*made.PictureHeight], made.Width, made.PictureHeight); ok {
			p.number = int(n)
		}
		out = append(out, p)
	}
	return out
}

// want is what the runs recorded in a window, in order of time.
func want(span custody.Span, runs ...run) (out []shown) {
	for _, r := range runs {
		for wall, n := range r.numbers {
			if span.Contains(wall) {
				out = append(out, shown{at: int64(wall - span.Start), number: n})
			}
		}
	}
	slices.SortFunc(out, func(a, b shown) int { return cmp.Compare(a.at, b.at) })
	return out
}

// same compares times and numbers.
func same(t *testing.T, got, want []shown) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d pictures, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i].at != want[i].at || got[i].number != want[i].number {
			t.Fatalf("picture %d has number %d at %d us, want %d at %d us", i, got[i].number, got[i].at, want[i].number, want[i].at)
		}
	}
	if len(want) == 0 {
		t.Error("nothing was to be seen")
	}
}

func chicago(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func reelOf(t *testing.T, span custody.Span, runs ...run) render.Reel {
	t.Helper()
	reel := render.Reel{Text: "REQ-2026-0007/1", Span: span, Zone: chicago(t), Sound: true}
	for _, r := range runs {
		reel.Pieces = append(reel.Pieces, r.piece)
	}
	return reel
}

// view makes a rendition, and checks that nothing is left behind.
func view(t *testing.T, reel render.Reel) ([]byte, render.Film) {
	t.Helper()
	var out bytes.Buffer
	scratch := t.TempDir()
	made, err := renderer(t, render.Options{}).Viewing(t.Context(), reel, scratch, &out, nil)
	if err != nil {
		t.Fatal(err)
	}
	empty(t, scratch)
	return out.Bytes(), made
}

func empty(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left in scratch: %v %v", left, err)
	}
}
