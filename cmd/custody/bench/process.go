package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// clockTick is USER_HZ, the unit of /proc/<pid>/stat; it is 100 on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// process is a child. It ends with the context that it was started under, if not before.
type process struct {
	cmd   *exec.Cmd
	words *tail
	ended chan struct{}
	err   error // once ended
}

// tail keeps the last words of a process, for its epitaph.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailKept = 4 << 10

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - tailKept; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.text))
}

// launch starts a program; what it says to standard output goes to out.
func launch(ctx context.Context, out io.Writer, program string, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, program, args...), words: &tail{}, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = out, p.words
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 30 * time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s could not be started: %w", program, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// finish runs a program to its end.
func finish(ctx context.Context, program string, args ...string) error {
	p, err := launch(ctx, io.Discard, program, args...)
	if err != nil {
		return err
	}
	<-p.ended
	return p.failure()
}

func (p *process) failure() error {
	if p.err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w: %s", strings.Join(p.cmd.Args, " "), p.err, p.words)
}

// stop asks it to end and waits. A program that must be asked is expected to end well.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails only if it has ended already
	<-p.ended
	return p.failure()
}

// kill ends it with SIGKILL and waits; it returns the moment of the signal.
func (p *process) kill() time.Time {
	at := time.Now()
	_ = p.cmd.Process.Kill() // fails only if it has ended already
	<-p.ended
	return at
}

// alive fails if the process has ended.
func (p *process) alive() error {
	select {
	case <-p.ended:
		return errors.Join(errors.New("a process ended early"), p.failure())
	default:
		return nil
	}
}

// usage is CPU time.
type usage struct{ user, system time.Duration }

func (u usage) plus(o usage) usage  { return usage{u.user + o.user, u.system + o.system} }
func (u usage) minus(o usage) usage { return usage{u.user - o.user, u.system - o.system} }
func (u usage) sum() time.Duration  { return u.user + u.system }

// cpu is the time that a process has used.
func cpu(pid int) (usage, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, err
	}
	return parseStat(b)
}

// parseStat reads fields 14 and 15 of proc_pid_stat(5). The name before them may hold blanks and brackets.
func parseStat(b []byte) (u usage, err error) {
	f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(f) < 13 {
		return u, errors.New("/proc/<pid>/stat is not as expected")
	}
	user, err := strconv.ParseInt(string(f[11]), 10, 64)
	if err != nil {
		return u, err
	}
	system, err := strconv.ParseInt(string(f[12]), 10, 64)
	return usage{time.Duration(user) * clockTick, time.Duration(system) * clockTick}, err
}

// memory is what a process holds of the machine's.
type memory struct {
	resident int64 // bytes
	peak     int64 // the most it ever was, since the process began
}

func memoryOf(pid int) (m memory, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return m, err
	}
	m.resident, m.peak = kilobytes(b, "VmRSS:"), kilobytes(b, "VmHWM:")
	return m, nil
}

// kilobytes reads a line like "VmRSS:   1234 kB", in bytes; 0 if there is none.
func kilobytes(b []byte, key string) int64 {
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return n << 10
		}
	}
	return 0
}

// busy is the CPU time that everything on the machine has used since it started.
func busy() (time.Duration, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	f := strings.Fields(string(line))
	if len(f) < 8 || f[0] != "cpu" {
		return 0, errors.New("/proc/stat is not as expected")
	}
	var ticks int64
	for i, field := range f[1:8] { // user nice system idle iowait irq softirq
		if n, err := strconv.ParseInt(field, 10, 64); err == nil && i != 3 && i != 4 {
			ticks += n
		}
	}
	return time.Duration(ticks) * clockTick, nil
}
