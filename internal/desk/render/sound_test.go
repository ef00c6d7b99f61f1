package render_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/render"
	"github.com/footage-custody/custody/internal/proof/mp4box"
)

// heard decodes the sound of a rendition: samples at 48 kHz of one channel.
func heard(t *testing.T, b []byte) []int16 {
	t.Helper()
	f, err := mp4box.Read(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(f.Tracks) != 2 || f.Tracks[1].EditList || f.Tracks[1].Samples[0].DTS != 0 {
		t.Fatalf("no track of sound that begins at 0: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "mov", "-i", "pipe:0", "-map", "0:a", "-ac", "1", "-f", "s16le", "pipe:1")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(b), os.Stderr
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	out := make([]int16, len(raw)/2)
	for i := range out {
		out[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
	}
	return out
}

// tones returns when it is loud, in stretches of at least 50 ms, in seconds.
func tones(pcm []int16) (out [][2]float64) {
	const step = 240
	quiet := 1000
	for i := 0; i+step <= len(pcm); i += step {
		energy := 0.0
		for _, v := range pcm[i : i+step] {
			energy += float64(v) * float64(v)
		}
		at := float64(i) / 48000
		if math.Sqrt(energy/step) < 2000 {
			quiet++
			continue
		}
		if quiet > 9 {
			out = append(out, [2]float64{at, at})
		}
		quiet = 0
		out[len(out)-1][1] = at + step/48000.0
	}
	return out
}

func near(t *testing.T, got [][2]float64, want ...[2]float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("tones %v, want %v", got, want)
	}
	for i := range want {
		if math.Abs(got[i][0]-want[i][0]) > 0.03 || math.Abs(got[i][1]-want[i][1]) > 0.03 {
			t.Errorf("tones %v, want %v", got, want)
		}
	}
}

// deaf takes away what the sound decodes with.
func deaf(init []byte) []byte {
	return bytes.Replace(bytes.Replace(init, []byte("mp4a"), []byte("mp4x"), 1), []byte("esds"), []byte("esdx"), 1)
}

func TestTheSoundIsHeardWhenItWas(t *testing.T) {
	for name, codec := range map[string][]string{
		"AAC":         {"-c:a", "aac", "-b:a", "64k"},
		"AAC 16 kHz":  {"-c:a", "aac", "-ar", "16000"},
		"AAC stereo":  {"-c:a", "aac", "-ac", "2"},
		"Opus":        {"-c:a", "libopus"},
		"Opus 60 ms":  {"-c:a", "libopus", "-frame_duration", "60"},
		"Opus stereo": {"-c:a", "libopus", "-ac", "2"},
	} {
		t.Run(name, func(t *testing.T) {
			r := source{w: 320, h: 180, count: 40, rate: 10, codec: h264("-bf", "2"), sound: codec, seconds: 4}.record(t, dusk)
			span := window(dusk, 623*time.Millisecond, 2500*time.Millisecond)
			b, made := view(t, reelOf(t, span, r))
			same(t, watch(t, b, made), want(span, r))
			pcm := heard(t, b)
			near(t, tones(pcm), [2]float64{0.377, 1.877})
			if length := float64(len(pcm)) / 48000; !made.Sound || made.SoundLost != 0 || length < 1.876 || length > 1.9 {
				t.Errorf("%+v, %f s", made, length)
			}
			// A unit of sound that begins before the window is heard from the window's beginning on.
			b, _ = view(t, reelOf(t, window(dusk, 1555*time.Millisecond, 2500*time.Millisecond), r))
			near(t, tones(heard(t, b)), [2]float64{0, 0.945})
		})
	}
}

func TestTheSoundKeepsItsPlaceBeyondAGapAndADrift(t *testing.T) {
	src := source{w: 320, h: 180, count: 40, rate: 10, codec: h264("-bf", "2"), sound: []string{"-c:a", "aac"}, seconds: 4}
	a, b := src.record(t, dusk), src.record(t, dusk.Add(10*time.Second))
	silent := source{w: 320, h: 180, count: 20, rate: 10, codec: h264()}.record(t, dusk.Add(5*time.Second))
	for i := range b.piece.Sound { // the camera's clock of sound is 5 % slow
		u := &b.piece.Sound[i]
		u.Wall += (u.Wall - dusk.Add(10*time.Second)) / 20
	}
	span := window(dusk, 0, 15*time.Second)
	reel := reelOf(t, span, a, silent, b)
	film, made := view(t, reel)
	same(t, watch(t, film, made), want(span, a, silent, b))
	// What comes too early is put later, so that no error adds up.
	got := tones(heard(t, film))
	near(t, [][2]float64{got[0], {got[1][0], got[len(got)-1][1]}}, [2]float64{1, 4}, [2]float64{11.05, 14.2})

	lost := reel.Pieces[0]
	lost.Init = deaf(lost.Init)
	reel.Pieces[0] = lost
	film, made = view(t, reel)
	got = tones(heard(t, film))
	if made.SoundLost != 1 || len(got) == 0 || math.Abs(got[0][0]-11.05) > 0.03 {
		t.Errorf("%+v %v", made, got)
	}
	reel.Sound = false
	if film, made = view(t, reel); made.Sound || bytes.Contains(film, []byte("mp4a")) {
		t.Errorf("%+v", made)
	}
}

func TestSoundThatCannotBeDecodedIsLeftOut(t *testing.T) {
	r := source{w: 320, h: 180, count: 40, rate: 10, codec: h264(), sound: []string{"-c:a", "aac"}, seconds: 4}.record(t, dusk)
	r.piece.Init = deaf(r.piece.Init)
	span := window(dusk, 0, 2*time.Second)
	b, made := view(t, reelOf(t, span, r))
	same(t, watch(t, b, made), want(span, r))
	if made.Sound {
		t.Errorf("%+v", made)
	}
	failing := custody.Errorf(custody.Denied, "the grant was withdrawn")
	reel := reelOf(t, span, r)
	reel.Pieces[0].Media = func(context.Context, io.Writer) error { return failing }
	if _, err := renderer(t, render.Options{}).Viewing(t.Context(), reel, t.TempDir(), io.Discard, nil); err != failing {
		t.Errorf("%v, want what Media returned", err)
	}
}
