package ingest

import (
	"context"
	"errors"
	"math"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/headers"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/footage-custody/custody/internal/media"
)

const (
	maxDials     = 1 + maxRedirects
	writeTimeout = 2 * time.Second
	userAgent    = "custody"
)

// attempt is one try to record a camera: connect, handshake, packets, end. It is used once.
type attempt struct {
	s        *Session
	rx       *receiver
	guard    guard
	udp      udpPorts
	deadline time.Time // of the handshake

	mu      sync.Mutex
	wire    *wire // the latest; nil before the first dial
	dials   int
	aborted bool
}

// run makes the attempt and returns how it ended. Nothing of it is left running.
func (a *attempt) run(ctx context.Context) (e ending) {
	begin := time.Now()
	a.deadline = begin.Add(a.s.opts.Handshake)
	var broken error
	defer func() {
		if broken != nil {
			e = a.classify("play", broken)
		}
		e.length, e.units = time.Since(begin), a.rx.units()
	}()
	defer recovered(&broken)
	defer a.udp.close()
	defer a.abort()

	if a.s.target.err != nil {
		return a.classify("connect", a.s.target.err)
	}
	c := a.client()
	if err := c.Start2(); err != nil {
		return a.classify("connect", err)
	}
	defer c.Close()
	release := context.AfterFunc(ctx, a.abort)
	stage, err := a.shake(c)
	release()
	switch {
	case ctx.Err() != nil:
		return stopped()
	case err != nil:
		return a.classify(stage, a.root(err))
	}
	e = a.watch(ctx)
	if e.class == unwelcome {
		a.abort() // no polite goodbye
	}
	return e
}

func stopped() ending {
	return ending{cause: media.GapStopped, detail: "recording was stopped"}
}

// root prefers our own reason for a failure to the library's consequence of it.
func (a *attempt) root(err error) error {
	if a.guard.err != nil {
		return a.guard.err
	}
	if w := a.connection(); w != nil {
		var broken fault
		if f := w.failure(); isOurs(f) || errors.Is(f, errSlow) || errors.As(f, &broken) {
			return f
		}
	}
	return err
}

// client makes the library's client. Its own time limits are out of the way: the handshake has a deadline, the session a
// watchdog, and the library sees no packets that would keep it content.
func (a *attempt) client() *gortsplib.Client {
	t := a.s.target
	transport := gortsplib.TransportTCP
	if t.transport == "udp" {
		transport = gortsplib.TransportUDP
	}
	c := &gortsplib.Client{
		Scheme: t.url.Scheme, Host: t.url.Host, Transport: &transport, UserAgent: userAgent,
		ReadTimeout: math.MaxInt64, WriteTimeout: writeTimeout, InitialUDPReadTimeout: a.s.opts.Silence,
		DialContext: a.dial, ListenPacket: a.udp.lend,
		OnRequest: a.guard.request, OnResponse: a.guard.response,
		OnTransportSwitch: func(error) {}, OnPacketsLost: func(uint64) {},
		OnDecodeError: func(error) { a.delivered(0, nil) },
	}
	if a.s.opts.TLS != nil {
		c.TLSConfig = a.s.opts.TLS.Clone() // the library writes the server's name into it
	}
	return c
}

// dial connects to the camera and to nothing else, whatever a redirect says.
func (a *attempt) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || address(&base.URL{Scheme: a.s.target.url.Scheme, Host: net.JoinHostPort(host, port)}) != a.s.target.address {
		return nil, refusal("the camera redirects to another address, which is not followed")
	}
	a.mu.Lock()
	a.dials++
	refuse := a.aborted || a.dials > maxDials
	a.mu.Unlock()
	if refuse {
		return nil, refusal("the camera redirects again and again")
	}
	d := net.Dialer{Timeout: a.s.opts.Dial}
	c, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	w, err := newWire(c.(*net.TCPConn), a.rx, a.s.target.transport == "rtsps", a.s.opts.Quiet, a.deadline)
	if err != nil {
		c.Close()
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.aborted {
		w.Close()
		return nil, net.ErrClosed
	}
	a.wire = w
	return w, nil
}

// abort closes the connection under whatever is waiting for it, and lets no other be made.
func (a *attempt) abort() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.aborted = true
	if a.wire != nil {
		a.wire.Close()
	}
}

func (a *attempt) connection() *wire {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.wire
}

// shake goes through the handshake until the camera plays. On failure it returns what was being done.
func (a *attempt) shake(c *gortsplib.Client) (string, error) {
	u := a.s.target.url.Clone()
	if a.s.src.User != "" {
		u.User = url.UserPassword(a.s.src.User, a.s.src.Password)
	}
	desc, _, err := c.Describe(u)
	if err != nil {
		return "DESCRIBE", err
	}
	w, offer := a.connection(), a.guard.offer.tracks
	if w == nil || len(desc.Medias) != len(offer) {
		return "DESCRIBE", errors.New("the answer could not be used")
	}
	tracks := a.rx.open(media.RunHeader{
		Stream: a.s.src.Stream, Camera: a.s.src.Camera, SDP: []byte(a.guard.sdp), Server: a.guard.server,
		RemoteAddr: w.RemoteAddr().String(), Transport: a.s.target.transport, Reason: "connect",
	}, offer)
	for i, m := range desc.Medias {
		if err := a.setUp(c, desc.BaseURL, m, tracks[i]); err != nil {
			return "SETUP", err
		}
	}
	interleaved := a.s.target.transport == "tcp"
	if !interleaved {
		a.subscribe(c, desc.Medias, tracks)
	}
	if _, err := c.Play(nil); err != nil {
		return "PLAY", err
	}
	w.play(a.s.opts.Poller, interleaved)
	return "", nil
}

// setUp asks for one track and notes where its packets will come.
func (a *attempt) setUp(c *gortsplib.Client, from *base.URL, m *description.Media, t *track) error {
	port, next := 0, 0
	if a.s.target.transport == "udp" {
		p, err := a.udp.pair()
		if err != nil {
			return err
		}
		port, next = p, p+1
	}
	r, err := c.Setup(from, m, port, next)
	if err != nil || a.s.target.transport == "udp" {
		return err
	}
	var h headers.Transport
	if err := h.Unmarshal(r.Header["Transport"]); err != nil {
		return err
	}
	ids := h.InterleavedIDs
	if ids == nil || ids[0] < 0 || ids[1] > math.MaxUint8 {
		return refusal("the camera's interleaved channels are not numbers from 0 to 255")
	}
	a.rx.connect(t, byte(ids[0]), byte(ids[1]))
	return nil
}

// subscribe takes packets from the library (UDP, rtsps): it has decrypted and, over UDP, reordered them.
func (a *attempt) subscribe(c *gortsplib.Client, medias []*description.Media, tracks []*track) {
	of := map[*description.Media]*track{}
	for i, m := range medias {
		of[m] = tracks[i]
	}
	udp := a.s.target.transport == "udp"
	c.OnPacketRTPAny(func(m *description.Media, _ format.Format, p *rtp.Packet) {
		size := 0
		if udp {
			size = p.MarshalSize()
		}
		a.delivered(size, func() error {
			return a.rx.rtp(of[m], packet{
				payload: p.Payload, timestamp: p.Timestamp, ssrc: p.SSRC,
				sequence: p.SequenceNumber, kind: p.PayloadType, marker: p.Marker,
			})
		})
	})
	c.OnPacketRTCPAny(func(m *description.Media, p rtcp.Packet) {
		if s, ok := p.(*rtcp.SenderReport); ok {
			a.delivered(0, func() error {
				a.rx.report(of[m], senderReport{ssrc: s.SSRC, timestamp: s.RTPTime, ntp: s.NTPTime})
				return nil
			})
		}
	})
}

// delivered passes on what the library delivers; a failure ends the session.
func (a *attempt) delivered(size int, take func() error) {
	if err := a.rx.delivered(size, take); err != nil {
		if w := a.connection(); w != nil {
			w.fail(err)
		}
	}
}

// watch waits for the end of a session that plays: stopped, failed, or without a complete video unit for too long.
func (a *attempt) watch(ctx context.Context) ending {
	a.s.connected(true)
	defer a.s.connected(false)
	silence := a.s.opts.Silence
	tick := time.NewTicker(silence / 10)
	defer tick.Stop()
	w, last, since := a.connection(), a.rx.units(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return stopped()
		case <-w.gone:
			return a.classify("play", w.failure())
		case now := <-tick.C:
			if n := a.rx.units(); n != last {
				last, since = n, now
			} else if now.Sub(since) >= silence {
				return ending{
					cause: media.GapSilent, class: notReady, err: errSilent,
					detail: "the camera sent no complete picture for " + silence.String(),
				}
			}
		}
	}
}

var errSilent = errors.New("no complete unit came")
