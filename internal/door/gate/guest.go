package gate

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"

	"golang.org/x/sys/unix"
)

// unsent is how many bytes of an answer may wait in the kernel for the network. The kernel's own choice is megabytes: whoever reads slowly
// would be given them long after a refusal.
const unsent = 128 << 10

// guest is a connection that is counted, and whose answers do not run ahead of the caller.
type guest struct {
	net.Conn
	leave func()
}

func newGuest(c net.Conn, leave func()) *guest {
	if t, ok := c.(*net.TCPConn); ok {
		if raw, err := t.SyscallConn(); err == nil {
			// Without the option answers are the same, only harder to stop.
			_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent) })
		}
	}
	return &guest{Conn: c, leave: leave}
}

// Close implements net.Conn.
func (g *guest) Close() error {
	defer g.leave()
	return g.Conn.Close()
}

type guestKey struct{}

// remember keeps the connection with the requests that come by it.
func remember(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	return context.WithValue(ctx, guestKey{}, c)
}

// discard lets the connection of r, when it is closed, take with it whatever the kernel still holds for the caller. A connection that
// other requests share (HTTP/2) is not closed, and is left alone.
func discard(r *http.Request) {
	g, ok := r.Context().Value(guestKey{}).(*guest)
	if !ok || r.ProtoMajor != 1 {
		return
	}
	if t, ok := g.Conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // fails only on a connection that is closed already
	}
}
