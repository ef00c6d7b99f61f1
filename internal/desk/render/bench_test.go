package render_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/desk/render"
)

// BenchmarkViewing makes renditions of 1080p H.264 at 15 pictures a second and 4 Mbit/s, 20 s long; CUSTODY_SECONDS makes them longer.
// It reports how many times faster than the footage itself that is, and the memory that this process took for it and ffmpeg's have in all.
func BenchmarkViewing(b *testing.B) {
	seconds, _ := strconv.Atoi(os.Getenv("CUSTODY_SECONDS"))
	seconds = max(seconds, 20)
	cmd := exec.CommandContext(b.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=15:d="+strconv.Itoa(seconds)+",noise=alls=6:allf=t",
		"-c:v", "libx264", "-preset", "ultrafast", "-b:v", "4M", "-maxrate", "4M", "-bufsize", "4M", "-g", "30", "-video_track_timescale", "90000",
		"-movflags", "empty_moov+frag_keyframe+default_base_moof+frag_discont", "-use_editlist", "0", "-f", "mp4", "pipe:1")
	path := filepath.Join(b.TempDir(), "film.mp4")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	cmd.Stdout = file
	if err = errors.Join(cmd.Run(), file.Close()); err != nil {
		b.Fatal(err)
	}
	r, err := render.New(b.Context(), render.Options{})
	if err != nil {
		b.Fatal(err)
	}
	run := source{}.index(b, must(os.ReadFile(path)), dusk)
	piece := render.ReelPiece{Init: slices.Clone(run.piece.Init), Frames: run.piece.Frames}
	piece.Media = func(_ context.Context, w io.Writer) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		f.Seek(int64(len(piece.Init)), io.SeekStart)
		_, err = io.Copy(struct{ io.Writer }{w}, f)
		return err
	}
	run.media = nil
	debug.FreeOSMemory()
	before := resident("/proc/self")
	reel := render.Reel{Text: "REQ-2026-0007/1", Span: window(dusk, 0, time.Duration(seconds)*time.Second), Zone: time.UTC, Pieces: []render.ReelPiece{piece}}
	var ours, theirs atomic.Int64
	scratch := b.TempDir()
	for b.Loop() {
		made, err := r.Viewing(b.Context(), reel, scratch, io.Discard, func(done, _ int) {
			if done%30 == 0 {
				weigh(&ours, &theirs)
			}
		})
		if err != nil || made.Pictures != seconds*15 {
			b.Fatal(made, err)
		}
		b.ReportMetric(float64(made.Size*8)/float64(seconds)/1e6, "Mbit/s")
	}
	b.ReportMetric(float64(seconds)*float64(b.N)/b.Elapsed().Seconds(), "x-real-time")
	b.ReportMetric(float64(ours.Load()-before)/1024, "MiB-here")
	b.ReportMetric(float64(theirs.Load())/1024, "MiB-ffmpeg")
}

// weigh notes the most resident KiB of this process and of all ffmpeg that it sees.
func weigh(ours, theirs *atomic.Int64) {
	ours.Store(max(ours.Load(), resident("/proc/self")))
	var sum int64
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		if name, _ := os.ReadFile(dir + "/comm"); bytes.Equal(bytes.TrimSpace(name), []byte("ffmpeg")) {
			sum += resident(dir)
		}
	}
	theirs.Store(max(theirs.Load(), sum))
}

func resident(dir string) int64 {
	b, _ := os.ReadFile(dir + "/status")
	_, after, _ := strings.Cut(string(b), "VmRSS:")
	kib, _ := strconv.ParseInt(strings.TrimSpace(strings.SplitN(after, "kB", 2)[0]), 10, 64)
	return kib
}
