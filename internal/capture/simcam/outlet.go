package simcam

import (
	"net"
	"sync"
	"syscall"
)

// maxQueue bounds what waits for a client that does not read. Beyond it whole units are dropped, as a camera does.
const maxQueue = 4 << 20

// outlet writes to one connection. A plain TCP socket takes most units at once, in one system call without
// waiting; what it does not take, and everything for TLS, goes through a queue to a flusher goroutine.
type outlet struct {
	conn net.Conn
	raw  syscall.RawConn // nil for TLS

	mu            sync.Mutex
	work          *sync.Cond
	queue, spare  []byte
	flushing      bool
	closed        bool
	accepted, out uint64 // bytes
	marks         []outMark
	attempt       func(fd uintptr) bool // writes now; made once, so that sending allocates nothing
	now           []byte
	wrote         int
}

// outMark says whom to tell when the bytes up to end are with the kernel.
type outMark struct {
	end   uint64
	track *track
	frame uint64
}

func newOutlet(conn net.Conn) *outlet {
	o := &outlet{conn: conn}
	o.work = sync.NewCond(&o.mu)
	if tcp, ok := conn.(*net.TCPConn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			o.raw = raw
		}
	}
	o.attempt = func(fd uintptr) bool {
		n, err := syscall.Write(int(fd), o.now)
		if err != nil {
			n = 0
		}
		o.wrote = max(n, 0)
		return true
	}
	return o
}

// write hands b over, whole or not at all; it copies what it must keep. tr, if not nil, is told when the
// kernel has it.
func (o *outlet) write(b []byte, tr *track, frame uint64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || len(o.queue)+len(b) > maxQueue && len(o.queue) > 0 {
		return false
	}
	o.accepted += uint64(len(b))
	if o.raw != nil && !o.flushing && len(o.queue) == 0 {
		o.now, o.wrote = b, 0
		_ = o.raw.Write(o.attempt) // an error means nothing written: the flusher meets it again and closes
		o.now = nil
		o.out += uint64(o.wrote)
		b = b[o.wrote:]
	}
	if len(b) == 0 {
		if tr != nil {
			tr.handed(frame)
		}
		return true
	}
	o.queue = append(o.queue, b...)
	if tr != nil {
		o.marks = append(o.marks, outMark{o.accepted, tr, frame})
	}
	o.work.Broadcast()
	return true
}

// flush runs until the outlet is closed.
func (o *outlet) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		for len(o.queue) == 0 && !o.closed {
			o.work.Wait()
		}
		if o.closed {
			return
		}
		b := o.queue
		o.queue, o.spare, o.flushing = o.spare[:0], nil, true
		o.mu.Unlock()
		n, err := o.conn.Write(b)
		o.mu.Lock()
		o.flushing, o.spare = false, b
		o.out += uint64(n)
		done := 0
		for done < len(o.marks) && o.marks[done].end <= o.out {
			o.marks[done].track.handed(o.marks[done].frame)
			done++
		}
		o.marks = append(o.marks[:0], o.marks[done:]...)
		o.work.Broadcast()
		if err != nil {
			o.shut()
			return
		}
	}
}

// drained waits until everything written so far is with the kernel or the outlet is closed.
func (o *outlet) drained() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for (len(o.queue) > 0 || o.flushing) && !o.closed {
		o.work.Wait()
	}
}

// close ends the connection; reset sends RST instead of FIN. It may be called again.
func (o *outlet) close(reset bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if tcp, ok := o.conn.(*net.TCPConn); ok && reset && !o.closed {
		_ = tcp.SetLinger(0) // without it the close is merely polite
	}
	o.shut()
}

func (o *outlet) shut() {
	if !o.closed {
		o.closed = true
		_ = o.conn.Close() // nothing to do about a failing close of a simulated camera
	}
	o.work.Broadcast()
}
