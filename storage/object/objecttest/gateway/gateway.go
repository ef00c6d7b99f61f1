package gateway

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// startAttempts bounds how often Start picks another port when the first was taken meanwhile.
const startAttempts = 5

// Options of Start.
type Options struct {
	Dir  string // the folder it writes; created if absent; may be one that an earlier gateway used
	Addr string // "127.0.0.1:port"; empty: a free port
	// AccessKey and SecretKey of the root account; empty: random ones.
	AccessKey, SecretKey string
}

// Gateway is a running S3 server.
type Gateway struct {
	Endpoint             string // "http://127.0.0.1:port"
	Region               string
	AccessKey, SecretKey string // of the root account, which may do everything
	Dir                  string

	binary string
	cmd    *exec.Cmd
	exited chan struct{}
	stop   sync.Once
}

// Start runs a gateway and returns when it answers. The caller stops it.
func Start(ctx context.Context, o Options) (*Gateway, error) {
	binary, err := Binary(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, custody.Wrap(custody.Invalid, err, "the gateway's folder is not valid")
	}
	for _, sub := range []string{"data", "versions", "accounts"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, custody.Wrap(custody.Unavailable, err, "the gateway's folder cannot be made")
		}
	}
	if o.AccessKey == "" {
		o.AccessKey, o.SecretKey = rand.Text(), rand.Text()
	}
	for attempt := 1; ; attempt++ {
		g := &Gateway{Region: "us-east-1", AccessKey: o.AccessKey, SecretKey: o.SecretKey, Dir: dir, binary: binary}
		err := g.start(ctx, o.Addr)
		if err == nil {
			return g, nil
		}
		if o.Addr != "" || attempt == startAttempts || ctx.Err() != nil {
			return nil, err
		}
	}
}

// Stop kills the process and waits until it is gone. It may be called more than once.
func (g *Gateway) Stop() {
	g.stop.Do(func() { g.cmd.Process.Kill() }) // an error means that it has exited already
	<-g.exited
}

// Logs returns the end of what the gateway wrote.
func (g *Gateway) Logs() string {
	b, _ := os.ReadFile(g.logPath()) // no log, nothing to show
	return string(tail(b))
}

// AddUser creates an account with no rights of its own (a bucket policy grants them) and random keys.
func (g *Gateway) AddUser(ctx context.Context) (accessKey, secretKey string, err error) {
	accessKey, secretKey = rand.Text(), rand.Text()
	cmd := exec.CommandContext(ctx, g.binary, "admin", "create-user", "--access", accessKey, "--secret", secretKey, "--role", "user")
	cmd.Env = append(os.Environ(), "ADMIN_ACCESS_KEY_ID="+g.AccessKey, "ADMIN_SECRET_ACCESS_KEY="+g.SecretKey, "ADMIN_ENDPOINT_URL="+g.Endpoint)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", "", custody.Wrap(custody.Unavailable, err, "the gateway did not create the account: %s", tail(out))
	}
	return accessKey, secretKey, nil
}

func (g *Gateway) logPath() string { return filepath.Join(g.Dir, "versitygw.log") }

func (g *Gateway) start(ctx context.Context, addr string) error {
	if addr == "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return custody.Wrap(custody.Unavailable, err, "no free port for the gateway")
		}
		addr = l.Addr().String()
		l.Close()
	}
	log, err := os.OpenFile(g.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, "the gateway's log cannot be written")
	}
	defer log.Close()
	g.Endpoint, g.exited = "http://"+addr, make(chan struct{})
	g.cmd = exec.Command(g.binary, "--port", addr, "--quiet", "--keep-alive", "--health", "/health",
		"--region", g.Region, "--iam-dir", filepath.Join(g.Dir, "accounts"), "--iam-cache-disable",
		"posix", "--versioning-dir", filepath.Join(g.Dir, "versions"), filepath.Join(g.Dir, "data"))
	g.cmd.Dir = g.Dir // it changes directory by itself; relative paths would mislead
	g.cmd.Env = []string{"ROOT_ACCESS_KEY=" + g.AccessKey, "ROOT_SECRET_KEY=" + g.SecretKey, "HOME=" + g.Dir, "PATH=" + os.Getenv("PATH")}
	g.cmd.Stdout, g.cmd.Stderr = log, log
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	go g.run(started)
	if err := <-started; err != nil {
		return custody.Wrap(custody.Unavailable, err, "the gateway could not be started")
	}
	if err := g.ready(ctx); err != nil {
		g.Stop()
		return err
	}
	return nil
}

// run starts the process and waits for it on one locked thread: the parent death signal is sent when
// the thread that started the process ends, not when our process does.
func (g *Gateway) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(g.exited)
	err := g.cmd.Start()
	started <- err
	if err == nil {
		g.cmd.Wait() // killed by Stop, so its status says nothing
	}
}

// ready waits until the gateway answers, has exited, or 30 s are over.
func (g *Gateway) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.Endpoint+"/health", nil)
		if err != nil {
			return custody.Wrap(custody.Internal, err, "the gateway's address is not valid")
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-g.exited:
			return custody.Errorf(custody.Unavailable, "the gateway ended at once: %s", g.Logs())
		case <-ctx.Done():
			return custody.Wrap(custody.Unavailable, ctx.Err(), "the gateway does not answer: %s", g.Logs())
		}
	}
}
