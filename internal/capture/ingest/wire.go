package ingest

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	readBuffer     = 64 << 10  // of a connection that is not polled
	maxHandshake   = 512 << 10 // bytes of RTSP messages before PLAY is answered
	maxEncrypted   = 16 << 20  // the same under TLS, where packets that come early count as well
	maxUnread      = 256 << 10 // bytes waiting for the RTSP library
	lowWater       = 32 << 10  // SO_RCVLOWAT: the kernel wakes us for this much
	lowWaterPolled = 1 << 20   // ... and, polled, practically never; the kernel grows the receive buffer to match
)

var (
	errSlow      = errors.New("the camera did not complete the RTSP handshake in time")
	errTalkative = errors.New("the camera sent too much before it began to play")
	errUnread    = errors.New("the camera sent more RTSP messages than can be handled")
)

// fault is a panic, recovered.
type fault struct {
	value any
	stack []byte
}

func (fault) Error() string { return "a fault in the recorder, see the log" }

// phase is what a wire's reads wait for.
type phase uint8

const (
	greeting phase = iota // the handshake, until its deadline
	flowing               // lowWater bytes, or as many as came in the quiet time
	polled                // a Poller reads, not Read
	plain                 // anything, for ever
)

// wire is the connection to a camera, between the socket and the RTSP library. It takes interleaved packets out of
// the stream and hands them to a receiver; the library reads only RTSP messages. Under TLS (rtsps) it cannot see
// them, and passes every byte on.
//
// Read is called by one goroutine, the library's. Bytes are taken apart by whoever read them: that goroutine or
// the Poller's, never both. wire.mu is a leaf.
type wire struct {
	net.Conn
	raw      syscall.RawConn
	rx       *receiver
	opaque   bool // TLS: nothing to take apart
	quiet    time.Duration
	deadline time.Time // of the handshake
	gone     chan struct{}
	wake     chan struct{} // unread has grown; holds one

	// Of whoever reads.
	frames framer
	buf    []byte // nil once polled
	pull   polling

	mu     sync.Mutex
	phase  phase
	poller *Poller
	unread []byte // for the library
	spoken int    // bytes that were for the library during the handshake
	err    error  // set once, before gone is closed
}

func newWire(c *net.TCPConn, rx *receiver, opaque bool, quiet time.Duration, deadline time.Time) (*wire, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &wire{
		Conn: c, raw: raw, rx: rx, opaque: opaque, quiet: quiet, deadline: deadline,
		gone: make(chan struct{}), wake: make(chan struct{}, 1), buf: make([]byte, readBuffer),
	}, nil
}

// Read gives the library the next bytes that are its own.
func (w *wire) Read(p []byte) (int, error) {
	for {
		if n, err := w.next(p); n > 0 || err != nil {
			return n, err
		}
		w.mu.Lock()
		poller := w.poller
		w.mu.Unlock()
		if poller != nil {
			if w.buf != nil {
				w.join(poller)
			}
			select {
			case <-w.wake:
			case <-w.gone:
			}
			continue
		}
		if err := w.fill(); err != nil {
			w.fail(err)
		}
	}
}

// next takes what is ready for the library, or the failure.
func (w *wire) next(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.unread) > 0 {
		n := copy(p, w.unread)
		w.unread = w.unread[:copy(w.unread, w.unread[n:])]
		return n, nil
	}
	return 0, w.err
}

// fill reads once from the socket, for as long as the phase allows.
func (w *wire) fill() error {
	w.mu.Lock()
	phase := w.phase
	w.arm()
	w.mu.Unlock()
	n, err := w.Conn.Read(w.buf)
	if n > 0 {
		return w.feed(w.buf[:n])
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if phase == greeting && w.phase == greeting {
		return errSlow
	}
	return nil
}

// arm sets the read deadline of the phase. w.mu is held, so that a change of phase is never overwritten.
func (w *wire) arm() {
	switch w.phase {
	case greeting:
		w.SetReadDeadline(w.deadline)
	case flowing:
		w.SetReadDeadline(time.Now().Add(w.quiet))
	case polled:
		w.SetReadDeadline(time.Unix(1, 0)) // ends a Read under way
	case plain:
		w.SetReadDeadline(time.Time{})
	}
}

// play ends the handshake: PLAY was answered. interleaved says that packets come on this connection.
func (w *wire) play(poller *Poller, interleaved bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !interleaved || w.opaque:
		w.phase = plain
	case poller != nil:
		w.phase, w.poller = polled, poller
		setLowWater(w.raw, lowWaterPolled)
	default:
		w.phase = flowing
		setLowWater(w.raw, lowWater)
	}
	w.arm()
}

// join hands the socket over to the poller; Read touches it no more.
func (w *wire) join(p *Poller) {
	w.buf = nil
	w.SetReadDeadline(time.Time{})
	if !p.add(w) {
		w.fail(errPollerStopped)
	}
}

// feed takes bytes apart. A panic, ours or the sink's, becomes an error.
func (w *wire) feed(b []byte) (err error) {
	defer recovered(&err)
	if w.opaque {
		if err := w.rx.passed(len(b)); err != nil {
			return err
		}
		return w.message(b)
	}
	return w.rx.feed(&w.frames, b, w)
}

func (w *wire) frame(channel byte, payload []byte) error { return w.rx.frame(channel, payload) }

func (w *wire) message(part []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.phase == greeting {
		limit := maxHandshake
		if w.opaque {
			limit = maxEncrypted
		}
		if w.spoken += len(part); w.spoken > limit {
			return errTalkative
		}
	}
	if len(w.unread)+len(part) > maxUnread {
		return errUnread
	}
	w.unread = append(w.unread, part...)
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return nil
}

// fail ends the connection; the first error stays.
func (w *wire) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
		close(w.gone)
	}
}

// failure is the error that ended the connection.
func (w *wire) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Close closes the socket. It may be called any number of times.
func (w *wire) Close() error {
	w.fail(net.ErrClosed)
	return w.Conn.Close()
}

// over reports that the connection has ended.
func (w *wire) over() bool {
	select {
	case <-w.gone:
		return true
	default:
		return false
	}
}

// polling is one read outside the runtime's poller. It lives in the wire so that polling allocates nothing.
type polling struct {
	read func(fd uintptr) bool
	into []byte
	n    int
	err  error
}

// maxPulls bounds what one camera may take of a poller's turn, in buffers.
const maxPulls = 4

// drain reads what the socket holds, without waiting, into the poller's buffer.
func (w *wire) drain(buf []byte) {
	p := &w.pull
	if p.read == nil {
		p.read = func(fd uintptr) bool {
			p.n, p.err = syscall.Read(int(fd), p.into)
			return true
		}
	}
	defer func() { p.into = nil }()
	for range maxPulls {
		p.into = buf
		if err := w.raw.Read(p.read); err != nil {
			w.fail(err)
			return
		}
		switch {
		case p.err == syscall.EAGAIN || p.err == syscall.EINTR:
			return
		case p.err != nil:
			w.fail(os.NewSyscallError("read", p.err))
			return
		case p.n == 0:
			w.fail(io.EOF)
			return
		}
		if err := w.feed(buf[:p.n]); err != nil {
			w.fail(err)
			return
		}
		if p.n < len(buf) {
			return
		}
	}
}
