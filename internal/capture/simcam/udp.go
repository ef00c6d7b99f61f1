package simcam

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
)

// datagrams is the farm's pair of UDP ports, RTP on the even one and RTCP on the next (RFC 3550 §11). All cameras
// send from it. What clients send to it is left to the kernel's small buffer: nobody needs it.
type datagrams struct {
	rtp, rtcp *net.UDPConn
	failed    atomic.Uint64 // sends refused by the kernel, for example because the client is gone
}

// openDatagrams finds a free pair of ports on host.
func openDatagrams(host netip.Addr) (*datagrams, error) {
	var last error
	for range 64 {
		rtp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, 0)))
		if err != nil {
			return nil, err
		}
		port := rtp.LocalAddr().(*net.UDPAddr).Port
		if port%2 == 0 {
			rtcp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, uint16(port+1))))
			if err == nil {
				return &datagrams{rtp: rtp, rtcp: rtcp}, nil
			}
			last = err
		}
		_ = rtp.Close() // another pair is tried
	}
	return nil, fmt.Errorf("no free pair of ports: %w", last)
}

func (d *datagrams) media(b []byte, to netip.AddrPort)  { d.send(d.rtp, b, to) }
func (d *datagrams) report(b []byte, to netip.AddrPort) { d.send(d.rtcp, b, to) }

func (d *datagrams) send(c *net.UDPConn, b []byte, to netip.AddrPort) {
	if _, err := c.WriteToUDPAddrPort(b, to); err != nil {
		d.failed.Add(1)
	}
}

// ports is the pair as a Transport header writes it.
func (d *datagrams) ports() string {
	return d.rtp.LocalAddr().String()[strings.LastIndex(d.rtp.LocalAddr().String(), ":")+1:] + "-" +
		strconv.Itoa(d.rtcp.LocalAddr().(*net.UDPAddr).Port)
}

func (d *datagrams) close() {
	_ = d.rtp.Close()
	_ = d.rtcp.Close()
}

// toUDP sends the track to a pair of ports of the client's host.
func (t *track) toUDP(remote net.Addr, pair string) bool {
	peer, err := netip.ParseAddrPort(remote.String())
	if err != nil {
		return false
	}
	first, second, ok := strings.Cut(pair, "-")
	a, err1 := strconv.ParseUint(first, 10, 16)
	b, err2 := strconv.ParseUint(second, 10, 16)
	if !ok || err1 != nil || err2 != nil || a == 0 || b == 0 {
		return false
	}
	t.udp = true
	t.media = netip.AddrPortFrom(peer.Addr(), uint16(a))
	t.control = netip.AddrPortFrom(peer.Addr(), uint16(b))
	return true
}
