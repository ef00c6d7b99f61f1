package sitetest

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/site/config"
)

// What make run and make run-s3 start: from nothing, two cameras are recorded that burn a clock into their pictures; it ends
// by itself and well, what it recorded is proved and decodes, and it goes on where it ended.
func TestDemonstration(t *testing.T) {
	for name, flags := range map[string][]string{"embedded": nil, "servers": {"--postgres", "--s3"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(openTempDir(t), "demonstration")
			flags := append([]string{"--rtsp", freeAddress(t)}, flags...)
			demonstrate(t, dir, Scaled(20*time.Second, time.Minute), flags)
			first := recordedBy(t, dir, flags)
			demonstrate(t, dir, 8*time.Second, flags)
			for camera, pictures := range recordedBy(t, dir, flags) {
				if pictures <= first[camera] {
					t.Errorf("%s: %d pictures after the second start, %d after the first", camera, pictures, first[camera])
				}
			}
		})
	}
}

// openTempDir is a directory that PostgreSQL's own user can reach.
func openTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "custody-demo-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// freeAddress is one that the cameras keep from start to start.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// demonstrate runs the demonstration for that long.
func demonstrate(t *testing.T, dir string, length time.Duration, flags []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), length+2*time.Minute)
	defer cancel()
	args := append([]string{"demo", "--dir", dir, "--operator", "127.0.0.1:0", "--web", "off", "--for", length.String(), "--every", "2s"}, flags...)
	cmd := exec.CommandContext(ctx, Binary(t), args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("custody %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), errs.String())
	}
	for _, want := range []string{"recording two simulated cameras", "/metrics", "Entrance", "Reading room", "custody check"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the demonstration does not say %q:\n%s", want, out.String())
		}
	}
}

// recordedBy proves what a demonstration left, decodes it, and counts the pictures of each camera. The books of a
// demonstration on servers cannot be opened once it has ended: it is asked for nothing but a good end.
func recordedBy(t *testing.T, dir string, flags []string) map[string]int {
	t.Helper()
	if len(flags) > 2 {
		return nil
	}
	s := &Site{Dir: dir, Config: filepath.Join(dir, "custody.yaml"), t: t}
	var err error
	if s.Conf, err = config.Load(s.Config); err != nil {
		t.Fatal(err)
	}
	s.Check()
	pictures := map[string]int{}
	for _, camera := range []string{"Entrance", "Reading room"} {
		base := filepath.Join(t.TempDir(), "film")
		s.Must("footage", "write", camera, "--from", "1h", "--purpose", "a test", "--out", base+".mp4")
		films, err := filepath.Glob(base + "*")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range films {
			numbers, complaint := decode(f, 640, 360, false, true)
			if complaint != "" || len(numbers) < 15 {
				t.Errorf("%s: %d pictures, and ffmpeg says %q", camera, len(numbers), complaint)
			}
			for i, n := range numbers {
				if n != numbers[0]+uint32(i) {
					t.Fatalf("%s: picture %d has number %d, the first %d", camera, i, n, numbers[0])
				}
			}
			pictures[camera] += len(numbers)
		}
		clock(t, films[0])
	}
	return pictures
}

// clock looks for the burnt-in clock: white on black, where the scene knows neither.
func clock(t *testing.T, film string) {
	t.Helper()
	gray, err := exec.Command("ffmpeg", "-v", "error", "-nostdin", "-i", film, "-frames:v", "1", "-vf", "crop=480:28:48:64",
		"-f", "rawvideo", "-pix_fmt", "gray", "pipe:1").Output()
	if err != nil {
		t.Fatal(err)
	}
	white, black := 0, 0
	for _, b := range gray {
		switch {
		case b > 215:
			white++
		case b < 40:
			black++
		}
	}
	if white < len(gray)/10 || black < len(gray)/3 || white+black < len(gray)*3/4 {
		t.Errorf("there is no clock in the picture: %d white and %d black of %d", white, black, len(gray))
	}
}
