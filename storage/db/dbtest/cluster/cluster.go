// Package cluster runs a real PostgreSQL server as a process of its own, for tests and for `make run-s3`.
//
// Owns: the server's process, its data directory and its socket's.
//
// Trusts: the installed PostgreSQL.
//
// Invariants: nobody but this user (and root) reaches the server: a Unix socket in a private directory, no TCP. Stop waits
// for the process; the process ends with ours also when we are killed.
//
// Does not: know a test, or keep anything safe that was started without Fsync.
package cluster

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver behind the server's own connection

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/storage/db"
)

// Options says how to run a server.
type Options struct {
	// Dir keeps the cluster; it is created if absent and used again if it holds one. Every directory above it must
	// be passable for the server's user. Empty: a temporary directory that Stop removes.
	Dir string
	// Fsync makes commits durable. Leave it off only where a power cut cannot matter.
	Fsync bool
}

// Server is a running PostgreSQL server that only this user (and root) can reach, over a Unix socket.
type Server struct {
	cmd     *exec.Cmd
	socket  string // directory
	remove  []string
	exited  chan struct{}
	exit    error
	admin   *sql.DB
	mu      sync.Mutex
	number  int
	stopped sync.Once
	stopErr error
}

const (
	template   = "custody_template"
	startLimit = time.Minute
	stopLimit  = 30 * time.Second
)

// Start starts the newest installed PostgreSQL and returns when it accepts connections. As root it runs as
// the user "postgres", because the server refuses to run as root.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	bin, err := newestPostgres("/usr/lib/postgresql")
	if err != nil {
		return nil, err
	}
	p := &Server{exited: make(chan struct{})}
	defer func() {
		if err != nil {
			p.Stop()
		}
	}()
	cred, err := serverUser()
	if err != nil {
		return nil, err
	}
	data, err := p.directories(o, cred)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); errors.Is(err, os.ErrNotExist) {
		init := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "--auth=trust",
			"--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
		as(init, cred, p.socket)
		if out, err := init.CombinedOutput(); err != nil {
			return nil, custody.Wrap(custody.Unavailable, err, "initdb failed: %s", lastLine(out))
		}
	}
	if err := p.start(ctx, bin, data, o.Fsync, cred); err != nil {
		return nil, err
	}
	if p.admin, err = sql.Open("pgx", p.DSN("postgres")); err != nil {
		return nil, custody.Wrap(custody.Internal, err, "the server cannot be reached")
	}
	p.admin.SetMaxOpenConns(1)
	return p, nil
}

// directories prepares the cluster's directory and a short one for the socket.
func (p *Server) directories(o Options, cred *syscall.Credential) (data string, err error) {
	data = o.Dir
	if data == "" {
		if data, err = os.MkdirTemp("", "pg-data-"); err != nil {
			return "", custody.Wrap(custody.Unavailable, err, "the server's directory cannot be made")
		}
		p.remove = append(p.remove, data)
	} else if err := os.MkdirAll(data, 0o700); err != nil {
		return "", custody.Wrap(custody.Unavailable, err, "the server's directory cannot be made")
	}
	if p.socket, err = os.MkdirTemp("", "pg-"); err != nil { // a socket's path has at most 107 bytes
		return "", custody.Wrap(custody.Unavailable, err, "the server's directory cannot be made")
	}
	p.remove = append(p.remove, p.socket)
	for _, dir := range []string{data, p.socket} {
		if cred != nil {
			err = os.Chown(dir, int(cred.Uid), int(cred.Gid))
		}
		if err = errors.Join(err, os.Chmod(dir, 0o700)); err != nil {
			return "", custody.Wrap(custody.Unavailable, err, "the server's directory cannot be handed to its user")
		}
	}
	return data, nil
}

// start runs the server and waits until it says that it is ready.
func (p *Server) start(ctx context.Context, bin, data string, fsync bool, cred *syscall.Credential) error {
	onOff := map[bool]string{true: "on", false: "off"}[fsync]
	p.cmd = exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-c", "listen_addresses=", "-c", "unix_socket_directories="+p.socket,
		"-c", "fsync="+onOff, "-c", "full_page_writes="+onOff, "-c", "shared_buffers=64MB", "-c", "max_connections=200", "-c", "log_min_messages=warning")
	as(p.cmd, cred, p.socket)
	p.cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT // a test binary that is killed takes its server along
	stderr, write, err := os.Pipe()
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, "the server cannot be started")
	}
	p.cmd.Stderr = write
	err = p.cmd.Start()
	write.Close()
	if err != nil {
		stderr.Close()
		p.cmd = nil
		return custody.Wrap(custody.Unavailable, err, "the server cannot be started")
	}
	ready := make(chan struct{})
	go p.watch(stderr, ready)
	limit, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	select {
	case <-ready:
		return nil
	case <-p.exited:
		return custody.Wrap(custody.Unavailable, p.exit, "the server ended while starting")
	case <-limit.Done():
		return custody.Wrap(custody.Unavailable, limit.Err(), "the server did not become ready")
	}
}

// watch reads the server's log until it ends, then reaps the process.
func (p *Server) watch(stderr io.ReadCloser, ready chan<- struct{}) {
	defer close(p.exited)
	defer stderr.Close()
	var last string
	said := false
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		last = lines.Text()
		if !said && strings.Contains(last, "ready to accept connections") {
			said = true
			close(ready)
		}
	}
	io.Copy(io.Discard, stderr) // after a line that is too long, so that the server never blocks on its log
	if err := p.cmd.Wait(); err != nil {
		p.exit = fmt.Errorf("%w: %s", err, last)
	}
}

// DSN is the connection string of one of the server's databases.
func (p *Server) DSN(database string) string {
	q := url.Values{"host": {p.socket}, "user": {"postgres"}, "sslmode": {"disable"}}
	return (&url.URL{Scheme: "postgres", Path: "/" + database, RawQuery: q.Encode()}).String()
}

// NewDatabase makes a new, migrated, empty database and returns its configuration.
func (p *Server) NewDatabase(ctx context.Context) (db.Config, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.number == 0 {
		if err := p.makeTemplate(ctx); err != nil {
			return db.Config{}, err
		}
	}
	p.number++
	name := "custody_" + strconv.Itoa(os.Getpid()) + "_" + strconv.Itoa(p.number)
	if _, err := p.admin.ExecContext(ctx, `CREATE DATABASE `+name+` TEMPLATE `+template); err != nil {
		return db.Config{}, custody.Wrap(custody.Unavailable, err, "a database cannot be made")
	}
	return db.Config{Driver: db.Postgres, DSN: p.DSN(name)}, nil
}

func (p *Server) makeTemplate(ctx context.Context) error {
	for _, statement := range []string{`DROP DATABASE IF EXISTS ` + template, `CREATE DATABASE ` + template} {
		if _, err := p.admin.ExecContext(ctx, statement); err != nil {
			return custody.Wrap(custody.Unavailable, err, "the template database cannot be made")
		}
	}
	d, err := db.Open(ctx, db.Config{Driver: db.Postgres, DSN: p.DSN(template)})
	if err != nil {
		return err
	}
	return errors.Join(d.Migrate(ctx), d.Close())
}

// Stop ends the server, waits for it and removes what was temporary. Calling it again returns the same result.
func (p *Server) Stop() error {
	p.stopped.Do(func() {
		var errs []error
		if p.admin != nil {
			errs = append(errs, p.admin.Close())
		}
		if p.cmd != nil {
			errs = append(errs, p.end())
		}
		for _, dir := range p.remove {
			errs = append(errs, os.RemoveAll(dir))
		}
		p.stopErr = custody.Wrap(custody.Internal, errors.Join(errs...), "the server did not stop cleanly")
	})
	return p.stopErr
}

func (p *Server) end() error {
	p.cmd.Process.Signal(syscall.SIGINT) // fast shutdown; an error means that it is gone already
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	select {
	case <-p.exited:
	case <-limit.C:
		p.cmd.Process.Signal(syscall.SIGQUIT) // immediate: the postmaster takes its children along
		<-p.exited
	}
	return p.exit
}

// newestPostgres finds the programs of the highest installed version.
func newestPostgres(root string) (string, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return "", custody.Wrap(custody.Unavailable, err, "PostgreSQL is not installed: apt-get install postgresql")
	}
	best := -1
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil && n > best {
			if _, err := os.Stat(filepath.Join(root, e.Name(), "bin", "postgres")); err == nil {
				best = n
			}
		}
	}
	if best < 0 {
		return "", custody.Errorf(custody.Unavailable, "PostgreSQL is not installed: apt-get install postgresql")
	}
	return filepath.Join(root, strconv.Itoa(best), "bin"), nil
}

// serverUser is whom the server runs as: nil for ourselves.
func serverUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "the user postgres does not exist: install Debian's postgresql")
	}
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, custody.Wrap(custody.Internal, err, "the user postgres has no numeric id")
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func as(cmd *exec.Cmd, cred *syscall.Credential, dir string) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	cmd.Dir = dir // the caller's may be closed to the server's user
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}
}

func lastLine(out []byte) string {
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	return string(lines[len(lines)-1])
}
