package simcam

import (
	"crypto/sha256"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// session is one PLAY of one client.
type session struct {
	cam    *Camera
	number uint32
	out    *outlet

	mu      sync.Mutex
	closed  bool
	scratch []byte // packets in an order that is not the template's
	tracks  []*track
}

// track is one stream of a session. session.mu guards what deliver changes; the position belongs to the scheduler.
type track struct {
	s       *session
	id      uint8 // 1 video, 2 audio
	clock   int64
	channel byte
	ssrc    uint32
	udp     bool
	media   netip.AddrPort // UDP only
	control netip.AddrPort

	clip   *clip // position: nil for live
	which  int
	index  int
	loop   int64  // ticks from origin to the loop's start
	frame  uint64 // of the unit at index
	origin time.Time

	base       uint32 // RTP timestamp of tick 0
	seq        uint16
	started    bool
	lastReport time.Time
	packets    uint32
	octets     uint32

	units, first, last, withheld, dropped atomic.Uint64
}

func newTrack(s *session, id uint8, clock int64) *track {
	return &track{s: s, id: id, clock: clock, ssrc: rand.Uint32(), seq: uint16(rand.Uint32()), base: rand.Uint32()}
}

// put adds a track before the session plays, in the order of ids; a second SETUP of a track replaces the first.
func (s *session) put(t *track) {
	s.tracks = slices.DeleteFunc(s.tracks, func(o *track) bool { return o.id == t.id })
	s.tracks = append(s.tracks, t)
	slices.SortFunc(s.tracks, func(a, b *track) int { return int(a.id) - int(b.id) })
}

// handed is told when the kernel has taken a whole unit. Outlet.mu or session.mu orders the calls.
func (t *track) handed(frame uint64) {
	if t.units.Add(1) == 1 {
		t.first.Store(frame)
	}
	t.last.Store(frame)
}

// ticksToTime is exact to the nanosecond and does not overflow for 10^9 seconds.
func ticksToTime(ticks, clock int64) time.Duration {
	return time.Duration(ticks/clock)*time.Second + time.Duration(ticks%clock*int64(time.Second)/clock)
}

// due is when the unit at the present position is to be sent.
func (t *track) due() time.Time {
	return t.origin.Add(ticksToTime(t.loop+t.clip.units[t.index].dts, t.clock))
}

// emit sends the unit at the present position and advances; false ends the track.
func (t *track) emit(now time.Time) bool {
	u := &t.clip.units[t.index]
	if !t.deliver(u, t.loop+u.pts, t.frame, now) {
		return false
	}
	t.frame++
	if t.index++; t.index == len(t.clip.units) {
		t.index, t.loop = 0, t.loop+t.clip.ticks
	}
	if want := int(t.s.cam.wanted.Load()); t.id == 1 && want != t.which && t.clip.units[t.index].idr {
		t.loop += t.clip.units[t.index].dts
		t.which, t.index, t.clip = want, 0, t.s.cam.clips[want]
	}
	return true
}

// deliver sends a unit whose presentation is pts ticks after the origin. It is called by one goroutine per
// template. It returns false once the session is over.
func (t *track) deliver(u *unit, pts int64, frame uint64, now time.Time) bool {
	b := t.s.cam.acts.Load()
	var once oneShot
	if t.id == 1 {
		if !t.wants(u, b, now) {
			return !t.s.over()
		}
		once = t.s.cam.take(len(u.at))
		t.s.cam.reached(frame)
	} else if now.Before(b.frozenUntil) {
		return !t.s.over()
	}
	var order []int
	lost := 0
	if !b.plain() || once.losePackets > 0 {
		order, lost = t.s.cam.fate(b, len(u.at), once.losePackets)
	}
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	if t.s.closed {
		return false
	}
	if t.id == 1 {
		t.unsettle(b.restless, frame)
	}
	if n := b.restless.swarm.Units; t.id == 1 && n > 0 && !t.udp {
		t.swarmOf(n, pts)
		return true
	}
	if v := t.substitute(b, once, u, frame); v != nil {
		t.stamp(v, pts, frame, now)
		t.withheld.Add(1)
		t.sent(v, t.transmit(v, nil, nil, frame))
		return true
	}
	t.stamp(u, pts, frame, now)
	if once.cut {
		t.withheld.Add(1)
		t.s.out.write(u.wire[:len(u.wire)/2], nil, 0)
		t.s.out.close(once.cutReset)
		return false
	}
	tell := t
	if lost > 0 {
		tell = nil
		t.withheld.Add(1)
	}
	if t.record(u, pts, frame, lost, func() bool { return t.transmit(u, order, tell, frame) }) {
		t.report(b.reports, now)
	}
	return true
}

// wants reports whether a video unit may go out: not frozen, not a withheld key frame, and for the first
// unit a random access point.
func (t *track) wants(u *unit, b *behaviour, now time.Time) bool {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	keyless := now.Before(b.noKeysUntil)
	switch {
	case now.Before(b.frozenUntil), keyless && u.random:
		t.withheld.Add(1)
		return false
	case !t.started && !u.random && !keyless:
		return false
	}
	t.started = true
	return true
}

// substitute is the unit that a fault sends in place of the true one; nil without such a fault.
func (t *track) substitute(b *behaviour, once oneShot, genuine *unit, frame uint64) *unit {
	if t.id != 1 {
		return nil
	}
	if once.huge <= 0 && b.endless <= 0 {
		return t.disguise(b.restless, genuine, frame)
	}
	codec := t.s.cam.Codec()
	if once.huge > 0 {
		u := videoUnit([][]byte{sliceOf(once.huge, codec)}, codec, false)
		return &u
	}
	var u unit
	head, body := fragmentHead(sliceOf(b.endless+2, codec), codec)
	for len(body) > 0 {
		k := min(len(body), maxPayload-len(head))
		u.packet(videoType, head, body[:k])
		body = body[k:]
	}
	return &u
}

// stamp makes the template this track's.
func (t *track) stamp(u *unit, pts int64, frame uint64, now time.Time) {
	u.stamp(t.channel, t.seq, t.base+uint32(pts), t.ssrc)
	if u.wireSEI > 0 {
		patchSEI(u.wire[u.wireSEI:], t.s.cam.number, frame, uint64(now.UnixMicro()))
	}
}

// transmit hands the packets to the network, in the template's order or the given one.
func (t *track) transmit(u *unit, order []int, tell *track, frame uint64) bool {
	if t.udp {
		t.transmitUDP(u, order)
		if tell != nil {
			tell.handed(frame)
		}
		return true
	}
	if order == nil {
		return t.s.out.write(u.wire, tell, frame)
	}
	t.s.scratch = t.s.scratch[:0]
	for _, i := range order {
		t.s.scratch = append(t.s.scratch, u.framed(i)...)
	}
	return t.s.out.write(t.s.scratch, tell, frame)
}

func (t *track) transmitUDP(u *unit, order []int) {
	send := t.s.cam.farm.datagrams
	if order == nil {
		for i := range u.at {
			send.media(u.raw(i), t.media)
		}
	}
	for _, i := range order {
		send.media(u.raw(i), t.media)
	}
}

// sent advances the sequence, or counts a unit that the client's full queue refused.
func (t *track) sent(u *unit, ok bool) {
	if !ok {
		t.dropped.Add(1)
		return
	}
	t.seq += uint16(len(u.at))
	t.packets += uint32(len(u.at))
	t.octets += uint32(len(u.wire) - len(u.at)*(frameHeader+rtpHeader))
}

// record sends the unit and writes it into the ledger if that is kept. Whoever has received a unit finds it there.
func (t *track) record(u *unit, pts int64, frame uint64, lost int, send func() bool) bool {
	l := &t.s.cam.farm.ledger
	if !l.on() {
		ok := send()
		t.sent(u, ok)
		return ok
	}
	if u.storedSEI > 0 {
		copy(u.stored[u.storedSEI:], u.wire[u.wireSEI:u.wireSEI+seiDigits])
	}
	e := Entry{Camera: t.s.cam.number, Session: t.s.number, Track: t.id, Frame: frame, Picture: u.picture,
		RTP: t.base + uint32(pts), Digest: sha256.Sum256(u.stored), Size: len(u.stored),
		RandomAccess: u.random, IDR: u.idr, Packets: len(u.at), Lost: lost}
	l.mu.Lock()
	defer l.mu.Unlock()
	ok := send()
	t.sent(u, ok)
	if ok {
		l.add(e)
	}
	return ok
}

func (s *session) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// stop ends the session; no packet is sent after it returns.
func (s *session) stop() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cam.end(s)
}

func (s *session) totals(ended bool) []Total {
	var out []Total
	for _, t := range s.tracks {
		out = append(out, Total{s.cam.number, s.number, t.id, t.units.Load(), t.first.Load(), t.last.Load(),
			t.withheld.Load(), t.dropped.Load(), ended})
	}
	return out
}

// jump moves the video's RTP time.
func (s *session) jump(ticks int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tracks {
		if t.id == 1 {
			t.base += uint32(ticks)
		}
	}
}
