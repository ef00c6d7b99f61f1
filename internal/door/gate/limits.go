package gate

import (
	"sync"
	"time"
)

// Limits bound what callers may ask of the machine. A zero field stands for the default.
type Limits struct {
	URL                int           // bytes of the request target; 8 KiB
	Header             int           // bytes of all header lines; 32 KiB
	Body               int64         // bytes of a body; 1 MiB
	ReadHeader         time.Duration // for the header of a request; 5 s
	Read               time.Duration // for a whole request; 15 s
	Write              time.Duration // for an ordinary answer, and for each 64 KiB of a long one; 30 s
	Idle               time.Duration // for the next request on a connection; 60 s
	Requests           int           // under way at once; 512
	RequestsPerAddress int           // of those by one address; 64
	Sockets            int           // open WebSockets; 512
	SocketsPerAddress  int           // of those by one address; 64
	Connections        int           // open connections; 2048
	ConnectionsPer     int           // of those by one address that is no trusted proxy; 256
	Recheck            time.Duration // how often the session behind a WebSocket is looked at; 2 s
	Ping               time.Duration // how often a WebSocket is pinged; 15 s
	SocketWrite        time.Duration // for one message of a WebSocket; 10 s
}

func (l Limits) filled() Limits {
	l.URL, l.Header = or(l.URL, 8<<10), or(l.Header, 32<<10)
	l.Body = or(l.Body, 1<<20)
	l.ReadHeader, l.Read = or(l.ReadHeader, 5*time.Second), or(l.Read, 15*time.Second)
	l.Write, l.Idle = or(l.Write, 30*time.Second), or(l.Idle, 60*time.Second)
	l.Requests, l.RequestsPerAddress = or(l.Requests, 512), or(l.RequestsPerAddress, 64)
	l.Sockets, l.SocketsPerAddress = or(l.Sockets, 512), or(l.SocketsPerAddress, 64)
	l.Connections, l.ConnectionsPer = or(l.Connections, 2048), or(l.ConnectionsPer, 256)
	l.Recheck, l.Ping, l.SocketWrite = or(l.Recheck, 2*time.Second), or(l.Ping, 15*time.Second), or(l.SocketWrite, 10*time.Second)
	return l
}

func or[T int | int64 | time.Duration](given, standard T) T {
	if given > 0 {
		return given
	}
	return standard
}

// crowd counts who is inside, in total and by address. Its memory is one entry per address that is inside.
type crowd struct {
	total, each int

	mu     sync.Mutex
	gone   *sync.Cond // somebody left
	inside int
	by     map[string]int
}

func newCrowd(total, each int) *crowd {
	c := &crowd{total: total, each: each, by: map[string]int{}}
	c.gone = sync.NewCond(&c.mu)
	return c
}

// verdict is what the crowd says to one more.
type verdict uint8

const (
	welcome verdict = iota
	full            // too many in total
	greedy          // too many of this address
)

func (c *crowd) enter(address string) verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.inside >= c.total:
		return full
	case c.by[address] >= c.each:
		return greedy
	}
	c.inside++
	c.by[address]++
	return welcome
}

// rejoin lets somebody in who was inside before, whatever the numbers: they are about to leave.
func (c *crowd) rejoin(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside++
	c.by[address]++
}

// empty waits until nobody is inside.
func (c *crowd) empty() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.inside > 0 {
		c.gone.Wait()
	}
}

func (c *crowd) leave(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside--
	if c.by[address]--; c.by[address] == 0 {
		delete(c.by, address)
	}
	c.gone.Broadcast()
}
