package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// walls is one way of keeping a run apart.
type walls struct {
	command []string
	sandbox bool
}

// choices lists them, the strongest first, for runs that take so many seconds of processor time at most.
func (r *Renderer) choices(seconds int) []walls {
	limits := r.limits(seconds)
	out := []walls{{command: limits}}
	if bwrap, err := exec.LookPath("bwrap"); err == nil && !r.o.NoSandbox {
		out = append([]walls{{append(r.box(bwrap), limits...), true}}, out...)
	}
	return out
}

// limits bounds what the process may take.
func (r *Renderer) limits(seconds int) []string {
	var out []string
	if prlimit, err := exec.LookPath("prlimit"); err == nil {
		out = append(out, prlimit, "--as="+strconv.Itoa(maxMemory), "--cpu="+strconv.Itoa(max(seconds, 4)), "--core=0", "--fsize=0", "--nofile=64")
	}
	if nice, err := exec.LookPath("nice"); err == nil {
		out = append(out, nice, "-n", "10")
	}
	return out
}

// box is bubblewrap with nothing inside but the programs, read only.
func (r *Renderer) box(bwrap string) []string {
	out := []string{bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv", "--ro-bind", "/usr", "/usr"}
	for _, dir := range []string{"/bin", "/lib", "/lib32", "/lib64", "/sbin"} {
		if to, err := os.Readlink(dir); err == nil {
			out = append(out, "--symlink", to, dir)
		} else if _, err := os.Stat(dir); err == nil {
			out = append(out, "--ro-bind", dir, dir)
		}
	}
	if dir := filepath.Dir(r.o.FFmpeg); len(dir) > 1 && dir != "/bin" && dir != "/usr/bin" {
		out = append(out, "--ro-bind", dir, dir)
	}
	return append(out, "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--ro-bind-try", "/etc/alternatives", "/etc/alternatives",
		"--proc", "/proc", "--dev", "/dev", "--dir", "/tmp", "--remount-ro", "/", "--chdir", "/tmp", "--")
}

// run runs ffmpeg once over the input and returns its output. It returns when the process is gone.
func (r *Renderer) run(ctx context.Context, timeout time.Duration, in []byte, limit int, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	line := append(append(append([]string(nil), r.before...), r.o.FFmpeg), args...)
	out, complaint := &bounded{limit: limit, full: cancel}, &bounded{limit: 4 << 10}
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	cmd.Dir = "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), out, complaint
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	err := cmd.Run()
	switch {
	case err == nil:
		return out.b, nil
	case out.over:
		return nil, custody.Errorf(custody.Corrupt, "the footage of that time makes more than may be: it cannot be shown")
	case ctx.Err() != nil:
		return nil, custody.Wrap(custody.Unavailable, errors.Join(err, ctx.Err()), "the picture took too long to make: try again")
	}
	return nil, custody.Wrap(custody.Corrupt, fmt.Errorf("%w: %s", err, complaint.b), "the footage of that time cannot be decoded")
}

// bounded keeps the first bytes written to it. What is more ends the run, if full is set, and is dropped otherwise.
type bounded struct {
	b     []byte
	limit int
	over  bool
	full  func()
}

func (w *bounded) Write(p []byte) (int, error) {
	n := min(len(p), w.limit-len(w.b))
	w.b = append(w.b, p[:n]...)
	if n < len(p) {
		w.over = true
		if w.full != nil {
			w.full()
		}
	}
	return len(p), nil
}
