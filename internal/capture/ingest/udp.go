package ingest

import (
	"errors"
	"math/rand/v2"
	"net"
	"sync"
)

const (
	udpBuffer   = 1 << 20 // asked of the kernel, which may give less
	udpAttempts = 64      // pairs of ports tried
	udpLowest   = 10000
	udpPairs    = 27000
)

// udpPorts are the sockets of one attempt. The library, left to itself, tries ports for ever when none can be had and keeps
// some after a failed SETUP; so we bind them, lend them, and close them whatever happened.
type udpPorts struct {
	mu    sync.Mutex
	conns map[int]*net.UDPConn
}

// pair binds an even port and the next one (RFC 3550 §11) and returns the even one.
func (u *udpPorts) pair() (int, error) {
	var last error
	for range udpAttempts {
		port := udpLowest + 2*rand.N(udpPairs)
		rtp, err := net.ListenUDP("udp", &net.UDPAddr{Port: port})
		if err != nil {
			last = err
			continue
		}
		rtcp, err := net.ListenUDP("udp", &net.UDPAddr{Port: port + 1})
		if err != nil {
			rtp.Close()
			last = err
			continue
		}
		rtp.SetReadBuffer(udpBuffer)
		u.keep(port, rtp)
		u.keep(port+1, rtcp)
		return port, nil
	}
	return 0, last
}

func (u *udpPorts) keep(port int, c *net.UDPConn) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.conns == nil {
		u.conns = map[int]*net.UDPConn{}
	}
	u.conns[port] = c
}

// lend gives the library a socket that pair has bound.
func (u *udpPorts) lend(_, addr string) (net.PacketConn, error) {
	a, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if c := u.conns[a.Port]; c != nil {
		return c, nil
	}
	return nil, errors.New("no such UDP port was bound")
}

func (u *udpPorts) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, c := range u.conns {
		c.Close()
	}
	u.conns = nil
}
