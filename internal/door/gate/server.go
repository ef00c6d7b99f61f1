package gate

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// grace is how long requests under way may take when the server stops.
const grace = 10 * time.Second

// Server listens for a Door. It is a lifecycle.Part and a Failer.
type Server struct {
	door   *Door
	listen string
	tls    *tls.Config

	start   sync.Once
	err     error
	stop    sync.Once
	server  *http.Server
	bound   net.Addr
	cut     context.CancelFunc
	serving sync.WaitGroup
	failed  chan struct{}
	failure error
}

// NewServer returns the server of a sealed door. Without TLS it refuses with Invalid any address but a loopback one: other
// machines would see passwords and footage in the clear.
func NewServer(door *Door, listen string, t *tls.Config) (*Server, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, custody.Wrap(custody.Invalid, err, "web.listen must be host:port such as 127.0.0.1:8440")
	}
	if t == nil && !loopback(host) {
		return nil, custody.Errorf(custody.Invalid, "web.listen: plain HTTP is for a loopback address only, not for %s", listen)
	}
	_ = door.Handler() // panics now rather than at the first request
	return &Server{door: door, listen: listen, tls: t, failed: make(chan struct{})}, nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

// Start listens and begins to serve.
func (s *Server) Start(ctx context.Context) error {
	s.start.Do(func() { s.err = s.open(ctx) })
	return s.err
}

func (s *Server) open(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, "web.listen: nothing can listen on %s", s.listen)
	}
	s.bound = l.Addr()
	limits := s.door.limits
	base, cut := context.WithCancel(context.Background())
	s.cut = cut
	s.server = &http.Server{
		Handler: s.door.Handler(), TLSConfig: s.tls.Clone(),
		ReadHeaderTimeout: limits.ReadHeader, ReadTimeout: limits.Read, WriteTimeout: limits.Write, IdleTimeout: limits.Idle,
		MaxHeaderBytes: limits.Header, BaseContext: func(net.Listener) context.Context { return base }, ConnContext: remember,
		ErrorLog: slog.NewLogLogger(s.door.log.Handler(), slog.LevelDebug), // any passer-by can fail a handshake,
		HTTP2:    &http.HTTP2Config{MaxConcurrentStreams: 100, MaxReceiveBufferPerConnection: 1 << 20, MaxReceiveBufferPerStream: 256 << 10},
	}
	bounded := &listener{Listener: l, door: s.door, crowd: newCrowd(limits.Connections, limits.ConnectionsPer)}
	s.serving.Go(func() {
		err := s.serve(bounded)
		if !errors.Is(err, http.ErrServerClosed) {
			s.failure = custody.Wrap(custody.Unavailable, err, "the front door is closed: nothing listens on %s any more", s.listen)
			close(s.failed)
		}
	})
	return nil
}

func (s *Server) serve(l net.Listener) error {
	if s.tls == nil {
		return s.server.Serve(l)
	}
	return s.server.ServeTLS(l, "", "")
}

// Done is closed when the server has failed by itself.
func (s *Server) Done() <-chan struct{} { return s.failed }

// Err is that failure.
func (s *Server) Err() error {
	select {
	case <-s.failed:
		return s.failure
	default:
		return nil
	}
}

// Addr is where it listens; nil before Start.
func (s *Server) Addr() net.Addr { return s.bound }

// Stop closes the sockets with a word, gives requests under way ten seconds, ends the rest, and returns when no handler runs any
// more.
func (s *Server) Stop() {
	s.start.Do(func() { s.err = errors.New("stopped before it could start") })
	s.stop.Do(s.close)
}

func (s *Server) close() {
	if s.server == nil {
		return
	}
	s.door.hangUp()
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		s.cut()
		_ = s.server.Close()
	}
	s.serving.Wait()
	s.door.sockets.empty()
	s.cut()
	s.door.requests.empty()
}

// listener bounds how many connections are open, before a byte of them is read.
type listener struct {
	net.Listener
	door  *Door
	crowd *crowd
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		who := l.who(c)
		if l.crowd.enter(who) == welcome {
			return newGuest(c, sync.OnceFunc(func() { l.crowd.leave(who) })), nil
		}
		_ = c.Close()
	}
}

// who is the address that a connection counts for; a trusted proxy's connections are counted in total only.
func (l *listener) who(c net.Conn) string {
	p, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil || l.door.trusted(p.Addr().Unmap().WithZone("")) {
		return c.RemoteAddr().String()
	}
	return p.Addr().Unmap().WithZone("").String()
}
