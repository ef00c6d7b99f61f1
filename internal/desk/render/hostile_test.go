package render_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/render"
)

// children are the processes that this one started and that are still there.
func children(t *testing.T) (pids []int) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		b, _ := os.ReadFile(dir + "/stat")
		fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(os.Getpid()) {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			pids = append(pids, pid)
		}
	}
	return pids
}

// fails makes a rendition that must fail, and leave no file, no process and no byte of output.
func fails(t *testing.T, r *render.Renderer, ctx context.Context, reel render.Reel, progress func(int, int), kinds ...custody.Kind) error {
	t.Helper()
	scratch := t.TempDir()
	var out bytes.Buffer
	_, err := r.Viewing(ctx, reel, scratch, &out, progress)
	if err == nil || !slices.Contains(kinds, custody.KindOf(err)) {
		t.Errorf("%v, want %v", err, kinds)
	}
	if left := children(t); len(left) > 0 || out.Len() > 0 {
		t.Errorf("processes %v and %d bytes are left", left, out.Len())
	}
	empty(t, scratch)
	return err
}

func writing(b []byte) func(context.Context, io.Writer) error {
	return func(_ context.Context, w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}

func TestHostileFootageOnlyFails(t *testing.T) {
	r := renderer(t, render.Options{})
	good := source{w: 320, h: 180, first: 1, count: 40, rate: 10, codec: h264("-bf", "2"), sound: []string{"-c:a", "aac"}, seconds: 4}.record(t, dusk)
	span := window(dusk, time.Second, 3*time.Second)
	garbled := bytes.Clone(good.media)
	for i := bytes.Index(garbled, []byte("mdat")) + 4; i < len(garbled); i += 3 {
		garbled[i] ^= 0x5a
	}
	for name, media := range map[string][]byte{
		"nothing": nil, "noise": bytes.Repeat([]byte{0xa5, 0, 3}, 100_000), "a playlist": []byte("#EXTM3U\nfile:///etc/passwd\n"),
		"zeros": make([]byte, 1<<20), "garbled": garbled,
	} {
		t.Run(name, func(t *testing.T) {
			reel := reelOf(t, span, good)
			reel.Pieces[0].Media = writing(media)
			fails(t, r, t.Context(), reel, nil, custody.Corrupt)
		})
	}
	for name, init := range map[string][]byte{"no parameters": nil, "noise before": bytes.Repeat([]byte{7}, 5000), "half the parameters": good.piece.Init[:len(good.piece.Init)/2]} {
		t.Run(name, func(t *testing.T) {
			reel := reelOf(t, span, good)
			reel.Pieces[0].Init = init
			fails(t, r, t.Context(), reel, nil, custody.Corrupt)
		})
	}
}

// TestTimesThatADecoderWouldMoveAreRefused: with offsets below zero ffmpeg adds to every time, by which each picture would get another's.
func TestTimesThatADecoderWouldMoveAreRefused(t *testing.T) {
	src := source{w: 320, h: 180, first: 1, count: 40, rate: 10, codec: append(h264("-bf", "2"), "-flags", "+bitexact")}
	src.moved = true
	reel := reelOf(t, window(dusk, time.Second, 3*time.Second), src.record(t, dusk))
	fails(t, renderer(t, render.Options{}), t.Context(), reel, nil, custody.Corrupt)
	media := reel.Pieces[0].Media
	reel.Pieces[0].Media = func(ctx context.Context, w io.Writer) error { // however it is cut into pieces
		var b bytes.Buffer
		media(ctx, &b)
		for b.Len() > 0 {
			if _, err := w.Write(b.Next(1 + b.Len()%7)); err != nil {
				return err
			}
		}
		return nil
	}
	fails(t, renderer(t, render.Options{}), t.Context(), reel, nil, custody.Corrupt)
}

func TestTwoPicturesOfOneInstantAreTwo(t *testing.T) {
	src := source{w: 320, h: 180, first: 1, count: 40, rate: 10, codec: h264("-bf", "0")}
	r := src.record(t, dusk)
	r.piece.Frames = slices.Clone(r.piece.Frames)
	r.piece.Frames[15].Wall = r.piece.Frames[14].Wall // a clock that was slewed
	r.piece.Frames[17].Wall = r.piece.Frames[16].Wall - 1
	b, made := view(t, reelOf(t, window(dusk, time.Second, 3*time.Second), r))
	got := watch(t, b, made)
	for i, p := range got {
		if p.number != 11+i {
			t.Errorf("picture %d has number %d", i, p.number)
		}
	}
	if len(got) != 20 || got[5].at != 400_001 || got[7].at != 600_001 {
		t.Errorf("%d pictures at %d and %d", len(got), got[5].at, got[7].at)
	}
}

func TestAPictureThatCannotBeDecodedIsDeclared(t *testing.T) {
	good := source{w: 320, h: 180, first: 1, count: 60, rate: 10, codec: h264("-bf", "0"), single: true}.record(t, dusk)
	var at []int // where the fragments begin, each of one picture
	for i := 0; i+8 < len(good.media); i++ {
		if string(good.media[i+4:i+8]) == "moof" {
			at = append(at, i)
		}
	}
	span := window(dusk, time.Second, 5*time.Second) // numbers 11 to 50; decoding can begin at 1, 21 and 41
	for name, c := range map[string]struct {
		media    []byte
		from, to int // what is lost of the numbers
	}{
		"ends early":               {good.media[:at[30]], 31, 50},
		"ends in the midst":        {good.media[:at[30]+400], 31, 50},
		"a hole":                   {slices.Concat(good.media[:at[20]], good.media[at[40]:]), 21, 40},
		"begins where nothing can": {good.media[at[5]:], 11, 20},
	} {
		t.Run(name, func(t *testing.T) {
			if len(at) != 60 {
				t.Fatalf("%d fragments", len(at))
			}
			reel := reelOf(t, span, good)
			reel.Pieces[0].Media = writing(c.media)
			b, made := view(t, reel)
			wanted := want(span, good)
			for i := range wanted {
				if n := wanted[i].number; c.from <= n && n <= c.to {
					wanted[i].number = -1
				}
			}
			same(t, watch(t, b, made), wanted)
			if made.Pictures != 40 || made.Undecoded != c.to-c.from+1 {
				t.Errorf("%+v", made)
			}
		})
	}
}

func TestAPictureThatIsNotInTheTableStaysOut(t *testing.T) {
	r := source{w: 320, h: 180, first: 1, count: 40, rate: 10, codec: h264("-bf", "2")}.record(t, dusk)
	delete(r.numbers, r.piece.Frames[15].Wall)
	r.piece.Frames = slices.Delete(slices.Clone(r.piece.Frames), 15, 16)
	span := window(dusk, time.Second, 3*time.Second)
	b, made := view(t, reelOf(t, span, r))
	same(t, watch(t, b, made), want(span, r))
}

func TestADecoderBombIsBounded(t *testing.T) {
	small := source{w: 320, h: 180, count: 20, rate: 10, codec: h264("-bf", "0")}.record(t, dusk)
	bomb := source{w: 8192, h: 8192, count: 2, rate: 10, codec: h264("-bf", "0")}.record(t, dusk)
	bomb.piece.Init = slices.Clone(bomb.piece.Init)
	at := bytes.Index(bomb.piece.Init, []byte("avc1")) + 28
	for at < len(bomb.piece.Init) && bytes.Contains(bomb.piece.Init[at:], []byte("avc1")) { // ftyp names avc1 too
		at += bytes.Index(bomb.piece.Init[at:], []byte("avc1")) + 28
	}
	copy(bomb.piece.Init[at:], []byte{1, 64, 0, 180}) // it says 320x180
	reel := reelOf(t, window(dusk, 0, time.Second), bomb)
	b, made := view(t, reel)
	if got := watch(t, b, made); len(got) != 2 || made.Width != 320 || made.PictureHeight != 180 {
		t.Errorf("%+v", made)
	}
	reel = reelOf(t, window(dusk, 0, time.Second), small)
	reel.Pieces[0].Frames = nil
	for i := range int64(3) {
		reel.Pieces[0].Frames = append(reel.Pieces[0].Frames, render.Frame{PTS: i - 1<<62, Wall: dusk.Add(time.Duration(i))})
	}
	fails(t, renderer(t, render.Options{}), t.Context(), reel, nil, custody.Corrupt)
}

func TestAHangingRenditionIsGivenUp(t *testing.T) {
	good := source{w: 320, h: 180, first: 1, count: 20, rate: 10, codec: h264("-bf", "0"), sound: []string{"-c:a", "aac"}, seconds: 2}.record(t, dusk)
	for name, script := range map[string]string{"reads nothing": "sleep 4321.5 & sleep 4321.5", "says nothing": "cat >/dev/null; sleep 4321.5"} {
		t.Run(name, func(t *testing.T) {
			r := renderer(t, render.Options{FFmpeg: slow(t, script), Stall: 500 * time.Millisecond})
			fails(t, r, t.Context(), reelOf(t, window(dusk, 0, time.Second), good), nil, custody.Unavailable)
			reel := reelOf(t, window(dusk, 0, time.Second), good)
			reel.Sound = false
			fails(t, r, t.Context(), reel, nil, custody.Unavailable)
			for _, file := range must2(filepath.Glob("/proc/[0-9]*/cmdline")) {
				if b, _ := os.ReadFile(file); bytes.Contains(b, []byte("4321.5")) {
					t.Errorf("%s: %q is still there", file, b)
				}
			}
		})
	}
}

func must2[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestAnEndlessOutputIsCutOff(t *testing.T) {
	good := source{w: 320, h: 180, first: 1, count: 20, rate: 10, codec: h264("-bf", "0")}.record(t, dusk)
	script := `printf '\000\000\000\001\011\360'; while :; do printf '\000\000\000\001\145'; head -c 1000000 /dev/zero | tr '\000' '\377'; done`
	r := renderer(t, render.Options{FFmpeg: slow(t, script)})
	fails(t, r, t.Context(), reelOf(t, window(dusk, 0, time.Second), good), nil, custody.Exhausted, custody.Corrupt)
}

func TestARenditionThatNobodyWantsAnyMoreEnds(t *testing.T) {
	good := source{w: 640, h: 360, first: 1, count: 200, rate: 10, codec: h264("-bf", "2")}.record(t, dusk)
	reel := reelOf(t, window(dusk, 0, 20*time.Second), good)
	r := renderer(t, render.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	err := fails(t, r, ctx, reel, func(done, total int) {
		if seen++; done != seen || total != 200 {
			t.Errorf("progress %d of %d after %d", done, total, seen)
		}
		if done == 20 {
			cancel()
		}
	}, custody.Unavailable)
	if !errors.Is(err, context.Canceled) || seen == 200 {
		t.Errorf("%v after %d", err, seen)
	}
	fails(t, r, t.Context(), reel, func(done, _ int) {
		if done == 20 {
			for _, pid := range children(t) {
				syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}, custody.Unavailable, custody.Corrupt)
	withdrawn := custody.Errorf(custody.Denied, "the decision was withdrawn")
	reel.Pieces[0].Media = func(_ context.Context, w io.Writer) error {
		w.Write(good.media[:len(good.media)/2])
		return withdrawn
	}
	if err := fails(t, r, t.Context(), reel, nil, custody.Denied); !errors.Is(err, withdrawn) {
		t.Errorf("%v, want what Media returned", err)
	}
}

func TestRenditionsWaitForEachOther(t *testing.T) {
	good := source{w: 320, h: 180, first: 1, count: 40, rate: 10, codec: h264("-bf", "2")}.record(t, dusk)
	reel := reelOf(t, window(dusk, 0, 4*time.Second), good)
	r := renderer(t, render.Options{Wait: time.Nanosecond})
	var wg sync.WaitGroup
	var mu sync.Mutex
	running := 0
	for range 3 {
		wg.Go(func() {
			first := true
			_, err := r.Viewing(t.Context(), reel, t.TempDir(), io.Discard, func(done, total int) {
				mu.Lock()
				defer mu.Unlock()
				if first {
					running++
				}
				first = false
				if done == total {
					running--
				}
				if running > 1 {
					t.Error("two are made at a time")
				}
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	fails(t, r, ctx, reel, nil, custody.Unavailable)
}

// full is a disk with room for so many bytes.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, fmt.Errorf("no space left on device")
	}
	return len(p), nil
}

func TestAFullDiskIsSaid(t *testing.T) {
	good := source{w: 320, h: 180, first: 1, count: 40, rate: 10, codec: h264("-bf", "2")}.record(t, dusk)
	reel := reelOf(t, window(dusk, 0, 4*time.Second), good)
	r := renderer(t, render.Options{})
	if _, err := r.Viewing(t.Context(), reel, t.TempDir(), &full{1000}, nil); custody.KindOf(err) != custody.Unavailable {
		t.Errorf("%v", err)
	}
	if _, err := r.Viewing(t.Context(), reel, filepath.Join(t.TempDir(), "none"), io.Discard, nil); custody.KindOf(err) != custody.Unavailable {
		t.Errorf("%v", err)
	}
}

func TestWhatIsNoReelIsRefused(t *testing.T) {
	good := source{w: 320, h: 180, first: 1, count: 20, rate: 10, codec: h264("-bf", "0")}.record(t, dusk)
	r := renderer(t, render.Options{})
	for name, change := range map[string]func(*render.Reel){
		"no text":       func(reel *render.Reel) { reel.Text = "" },
		"a long text":   func(reel *render.Reel) { reel.Text = strings.Repeat("x", 61) },
		"strange text":  func(reel *render.Reel) { reel.Text = "REQ\n1" },
		"no zone":       func(reel *render.Reel) { reel.Zone = nil },
		"empty window":  func(reel *render.Reel) { reel.Span.End = reel.Span.Start },
		"before 1970":   func(reel *render.Reel) { reel.Span.Start = -1 },
		"nothing there": func(reel *render.Reel) { reel.Span = window(dusk, time.Hour, 2*time.Hour) },
		"strange cause": func(reel *render.Reel) { reel.Gaps = []render.ReelGap{{Span: reel.Span, Cause: "\x00"}} },
		"an empty gap":  func(reel *render.Reel) { reel.Gaps = []render.ReelGap{{Cause: "crash"}} },
		"out of order":  func(reel *render.Reel) { slices.Reverse(reel.Pieces[0].Frames) },
		"sound astray":  func(reel *render.Reel) { reel.Pieces[0].Sound = []render.Frame{{PTS: 2}, {PTS: 1}} },
	} {
		t.Run(name, func(t *testing.T) {
			reel := reelOf(t, window(dusk, 0, time.Second), good)
			reel.Pieces[0].Frames = slices.Clone(reel.Pieces[0].Frames)
			change(&reel)
			fails(t, r, t.Context(), reel, nil, custody.Invalid)
		})
	}
}
