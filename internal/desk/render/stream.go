package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/footage-custody/custody/internal/custody"
)

// job is the making of one viewing rendition: everything that runs for it ends with its context.
type job struct {
	r       *Renderer
	whole   *job // that this is a part of; nil for the whole
	caller  context.Context
	ctx     context.Context
	end     context.CancelCauseFunc
	seconds int // of processor time for each run
	stall   *time.Timer
}

// errStalled and errGivenUp are why a job's context may end.
var (
	errStalled  = errors.New("no progress")
	errTooLarge = errors.New("more output than may be")
)

// newJob begins one. Each of its runs has that many seconds of processor time.
func (r *Renderer) newJob(ctx context.Context, seconds int) *job {
	j := &job{r: r, caller: ctx, seconds: seconds}
	j.ctx, j.end = context.WithCancelCause(ctx)
	j.stall = time.AfterFunc(r.o.Stall, func() { j.end(errStalled) })
	return j
}

// pulse says that there is progress. It is safe for concurrent use.
func (j *job) pulse() {
	if j.ctx.Err() == nil {
		j.stall.Reset(j.r.o.Stall)
	}
	if j.whole != nil {
		j.whole.pulse()
	}
}

func (j *job) close() {
	j.stall.Stop()
	j.end(nil)
}

// fault is what went wrong first: everything else that runs for the job fails after it.
func (j *job) fault(err error) error {
	cause := context.Cause(j.ctx)
	switch {
	case err == nil:
		return nil
	case j.caller.Err() != nil:
		return custody.Wrap(custody.Unavailable, errors.Join(context.Cause(j.caller), err), "the viewing copy was given up")
	case errors.Is(cause, errStalled):
		return custody.Wrap(custody.Unavailable, errors.Join(cause, err), "the viewing copy made no progress for %s: try again", j.r.o.Stall)
	case errors.Is(cause, errTooLarge):
		return custody.Wrap(custody.Exhausted, errors.Join(cause, err), "the viewing copy becomes larger than may be: decide on shorter spans")
	case cause != nil:
		return cause
	}
	return err
}

// program is one run of ffmpeg through which data flow.
type program struct {
	cmd       *exec.Cmd
	complaint *bounded
}

// start runs ffmpeg with these ends of pipes as its standard input, standard output and descriptors from 3 on. It closes them here.
func (j *job) start(in, out *os.File, extra []*os.File, args []string) (*program, error) {
	defer closeAll(append([]*os.File{in, out}, extra...)...)
	line := append(append(append([]string(nil), j.r.choices(j.seconds)[j.r.strength].command...), j.r.o.FFmpeg), args...)
	p := &program{cmd: exec.CommandContext(j.ctx, line[0], line[1:]...), complaint: &bounded{limit: 4 << 10}}
	p.cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	p.cmd.Dir = "/"
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr, p.cmd.ExtraFiles = in, out, p.complaint, extra
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Cancel = func() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }
	p.cmd.WaitDelay = 2 * time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "ffmpeg cannot be started")
	}
	return p, nil
}

// wait returns when the process is gone. Corrupt if it did not succeed.
func (p *program) wait() error {
	if err := p.cmd.Wait(); err != nil {
		return custody.Wrap(custody.Corrupt, fmt.Errorf("%w: %s", err, p.complaint.b), "the footage of that time cannot be made over")
	}
	return nil
}

const pipeSize = 1 << 20

// newPipe is a pipe that holds more than usual, if the machine lets it: pictures are large.
func newPipe() (r, w *os.File, err error) {
	if r, w, err = os.Pipe(); err != nil {
		return nil, nil, custody.Wrap(custody.Unavailable, err, "there are too many open files: try again")
	}
	if raw, err := w.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize) })
	}
	return r, w, nil
}

func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}

// feed is the standard input of a run: it remembers that the run no longer reads, so that this is not taken for a fault of who writes.
type feed struct {
	j      *job
	to     io.Writer
	broken error
}

func (f *feed) Write(p []byte) (int, error) {
	n, err := f.to.Write(p)
	if err != nil {
		f.broken = err
	}
	f.j.pulse()
	return n, err
}
