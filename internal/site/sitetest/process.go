package sitetest

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/footage-custody/custody/internal/site/config"
)

// Process is a running custody serve.
type Process struct {
	s   *Site
	cmd *exec.Cmd
	err error

	recording chan struct{}
	open      chan struct{}
	ended     chan struct{}

	mu      sync.Mutex
	log     bytes.Buffer
	metrics string // address of the operator's listener
}

const (
	startWithin = 30 * time.Second
	stopWithin  = 60 * time.Second
)

// Serve starts recording and returns when the program says that it records and, if it has one, that its front door is open.
// The process dies with the test.
func (s *Site) Serve() *Process {
	s.t.Helper()
	p := s.Launch()
	p.await(p.Recording(), "does not record")
	if s.Conf.Web.Listen != config.Off {
		p.await(p.Open(), "does not open its front door")
	}
	return p
}

func (p *Process) await(said <-chan struct{}, instead string) {
	p.s.t.Helper()
	select {
	case <-said:
	case <-p.Ended():
		p.s.t.Fatalf("custody serve ended: %v\n%s", p.err, p.Log())
	case <-time.After(startWithin):
		p.s.t.Fatalf("custody serve %s\n%s", instead, p.Log())
	}
}

// Launch is Serve for a test that does not wait until the program records.
func (s *Site) Launch() *Process {
	s.t.Helper()
	p := &Process{s: s, cmd: exec.Command(Binary(s.t), "--config", s.Config, "serve"),
		recording: make(chan struct{}), open: make(chan struct{}), ended: make(chan struct{})}
	p.cmd.Env = s.env
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r, w, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = w, w
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	w.Close()
	read := make(chan struct{})
	go func() { defer close(read); p.read(r) }()
	go func() { p.err = p.cmd.Wait(); <-read; close(p.ended) }()
	s.t.Cleanup(p.Kill)
	return p
}

// Recording is closed when the program says that it records.
func (p *Process) Recording() <-chan struct{} { return p.recording }

// Open is closed when the program says for the first time that its front door is open.
func (p *Process) Open() <-chan struct{} { return p.open }

// Ended is closed when the program has ended, however that was.
func (p *Process) Ended() <-chan struct{} { return p.ended }

var listening = regexp.MustCompile(`msg=recording .*metrics=([0-9.:]+)`)

func (p *Process) read(r io.ReadCloser) {
	defer r.Close()
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	said, opened := false, false
	for sc.Scan() {
		p.mu.Lock()
		p.log.Write(sc.Bytes())
		p.log.WriteByte('\n')
		if m := listening.FindSubmatch(sc.Bytes()); m != nil && !said {
			said = true
			p.metrics = string(m[1])
			close(p.recording)
		}
		if !opened && bytes.Contains(sc.Bytes(), []byte(`msg="the front door is open"`)) {
			opened = true
			close(p.open)
		}
		p.mu.Unlock()
	}
}

// Log is what the process has written so far.
func (p *Process) Log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// Metrics is the address of its operator listener.
func (p *Process) Metrics() string { p.mu.Lock(); defer p.mu.Unlock(); return p.metrics }

// PID is its process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill ends it with SIGKILL and waits. Idempotent.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // fails only when it has ended
	<-p.ended
}

// Stop ends it as an operator would and fails the test if it does not end well.
func (p *Process) Stop() {
	p.s.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.s.t.Errorf("custody serve has ended already: %v\n%s", err, p.Log())
		return
	}
	select {
	case <-p.ended:
		if p.err != nil {
			p.s.t.Errorf("custody serve: %v\n%s", p.err, p.Log())
		}
	case <-time.After(stopWithin):
		p.s.t.Errorf("custody serve does not stop\n%s", p.Log())
		p.Kill()
	}
	if strings.Contains(p.Log(), "panic:") {
		p.s.t.Errorf("custody serve panicked\n%s", p.Log())
	}
}
