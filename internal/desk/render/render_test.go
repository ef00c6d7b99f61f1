package render_test

import (
	"bytes"
	"context"
	"image/jpeg"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/render"
)

func renderer(t *testing.T, o render.Options) *render.Renderer {
	t.Helper()
	r, err := render.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// film is two seconds at 10 pictures a second whose brightness says which picture it is, with B-pictures. It is presented from begin seconds.
func film(t *testing.T, codec string, begin float64) []byte {
	t.Helper()
	begin -= map[string]float64{"libx264": 0.1, "libx265": 0.2}[codec] // the first picture is decoded so much earlier
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "nice", "-n", "19", "ffmpeg", "-hide_banner", "-loglevel", "error", "-f", "lavfi",
		"-i", "color=gray:s=320x240:r=10:d=2,geq=lum='20+N*10':cb=128:cr=128", "-c:v", codec, "-preset", "ultrafast", "-bf", "2", "-g", "20", "-threads", "1",
		"-output_ts_offset", strconv.FormatFloat(begin, 'f', -1, 64), "-tag:v", map[string]string{"libx264": "avc1", "libx265": "hvc1"}[codec],
		"-x265-params", "log-level=none", "-video_track_timescale", "90000",
		"-movflags", "empty_moov+frag_keyframe+default_base_moof+frag_discont+negative_cts_offsets", "-use_editlist", "0", "-f", "mp4", "pipe:1")
	if codec == "libx264" {
		cmd.Args = deleteArg(cmd.Args, "-x265-params")
	}
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func deleteArg(args []string, name string) (out []string) {
	for i := 0; i < len(args); i++ {
		if args[i] == name {
			i++
			continue
		}
		out = append(out, args[i])
	}
	return out
}

// numberOf reads the picture's number from its brightness.
func numberOf(t *testing.T, b []byte) (n int, width int) {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	box := img.Bounds()
	red, _, _, _ := img.At(box.Dx()/2, box.Dy()/2).RGBA()
	luma := float64(red>>8)*219/255 + 16 // the JPEG has full range
	return int(math.Round((luma - 20) / 10)), box.Dx()
}

func TestAStillIsThePictureAskedFor(t *testing.T) {
	r := renderer(t, render.Options{})
	for _, codec := range []string{"libx264", "libx265"} {
		bytes := film(t, codec, 5)
		for _, want := range []int{0, 1, 7, 13, 19} {
			b, err := r.Still(t.Context(), bytes, 5_000_000+int64(want)*100_000, 160)
			if err != nil {
				t.Fatalf("%s, picture %d: %v", codec, want, err)
			}
			if n, width := numberOf(t, b); n != want || width != 160 {
				t.Errorf("%s: picture %d, %d wide, want %d, 160 wide", codec, n, width, want)
			}
		}
	}
}

func TestTranscodedVideoKeepsItsTimes(t *testing.T) {
	r := renderer(t, render.Options{})
	b, err := r.Transcode(t.Context(), film(t, "libx265", 7))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "nice", "-n", "19", "ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=codec_name:packet=pts_time", "-of", "csv=p=0", "-f", "mov", "pipe:0")
	cmd.Stdin = bytes.NewReader(b)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	if len(lines) != 21 || strings.Trim(lines[0], ",") != "7.000000" || strings.Trim(lines[19], ",") != "8.900000" || lines[20] != "h264" {
		t.Errorf("packets %q, want 7.0 to 8.9 of h264", lines)
	}
	if n, _ := numberOf(t, must(r.Still(t.Context(), b, 7_500_000, 320))); n != 5 {
		t.Errorf("picture %d, want 5", n)
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestHostileBytesOnlyFail(t *testing.T) {
	r := renderer(t, render.Options{StillTimeout: 5 * time.Second})
	good := film(t, "libx264", 1)
	list := []byte("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
	flipped := bytes.Clone(good)
	for i := 1000; i < len(flipped); i += 97 {
		flipped[i] ^= 0x55
	}
	for name, b := range map[string][]byte{"nothing": nil, "noise": bytes.Repeat([]byte{0xa5, 0, 3}, 10000), "cut short": good[:700], "a playlist": list} {
		_, err := r.Still(t.Context(), b, 0, 160)
		if custody.KindOf(err) != custody.Corrupt {
			t.Errorf("%s: %v, want Corrupt", name, err)
		}
		if strings.Contains(custody.PublicText(err), "pipe:") {
			t.Errorf("%s: what the program complained about is shown: %s", name, custody.PublicText(err))
		}
	}
	if _, err := r.Still(t.Context(), flipped, 0, 160); err != nil && custody.KindOf(err) != custody.Corrupt {
		t.Errorf("flipped bits: %v", err)
	}
}

// slow stands for an ffmpeg that hangs, and writes what it can see.
func slow(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(path, []byte("#!/bin/sh\ncase \"$*\" in *-version*) exit 0;; esac\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAHangingProgramIsKilledAndItsPlaceFree(t *testing.T) {
	r := renderer(t, render.Options{FFmpeg: slow(t, "sleep 100 & sleep 100"), StillTimeout: 300 * time.Millisecond, Wait: time.Minute, Stills: 1})
	for range 2 {
		if _, err := r.Still(t.Context(), nil, 0, 160); custody.KindOf(err) != custody.Unavailable {
			t.Errorf("%v, want Unavailable", err)
		}
	}
}

func TestTooMuchOutputIsCutOff(t *testing.T) {
	r := renderer(t, render.Options{FFmpeg: slow(t, "while :; do echo 0123456789012345678901234567890123456789012345678901234567890123456789; done")})
	if _, err := r.Still(t.Context(), nil, 0, 160); custody.KindOf(err) != custody.Corrupt {
		t.Errorf("%v, want Corrupt", err)
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	r := renderer(t, render.Options{FFmpeg: slow(t, "sleep 100"), StillTimeout: time.Minute, Wait: 200 * time.Millisecond, Stills: 1})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	kinds := make(chan custody.Kind, 40)
	for range 40 {
		wg.Go(func() {
			_, err := r.Still(ctx, nil, 0, 160)
			kinds <- custody.KindOf(err)
		})
	}
	for range 39 {
		if k := <-kinds; k != custody.Unavailable {
			t.Errorf("%v, want Unavailable", k)
		}
	}
	cancel()
	wg.Wait()
}

func TestTheSandboxHasNoWayOut(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	script := "printf '\\377\\330....'; cat " + secret + " /etc/passwd 2>/dev/null; echo x > /tmp/leak && echo wrote; env | grep -c HOME; ls /sys/class/net /proc/net/dev 2>/dev/null | grep eth; exit 0"
	r := renderer(t, render.Options{FFmpeg: slow(t, script)})
	if !r.Sandboxed() {
		t.Fatal("bubblewrap does not work here: install it and allow user namespaces")
	}
	b := must(r.Still(t.Context(), nil, 0, 160))
	for _, bad := range []string{"root:", "wrote", "eth"} {
		if strings.Contains(string(b), bad) {
			t.Errorf("from inside: %q", b)
		}
	}
}
