package ingest

import (
	"errors"
	"runtime/debug"
	"sync"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

const (
	maxBadPackets = 1000     // since the last complete unit
	maxDeaf       = 32 << 20 // bytes since the last complete unit: four times the largest
	minRestart    = 10e6     // microseconds between two changes of the RTP source

	unitRate, unitBurst = 2_000, 30_000       // units a second, and at once: a line that stalled may bring many
	byteRate, byteBurst = 16 << 20, 128 << 20 // the same in bytes
)

var (
	errBadPackets = errors.New("the camera sent too many packets that are not its stream")
	errDeaf       = errors.New("the camera sent 32 MiB without one complete unit")
	errFlood      = errors.New("the camera sent more than 2,000 pictures and sounds, or 16 MiB, a second")
	errRestless   = errors.New("the camera changed its RTP source identifier again within ten seconds")
)

// receiver turns one session's packets into calls of the sink. Its mutex serialises the sink's calls; it is held while
// the sink runs and is never taken by what the sink calls.
type receiver struct {
	sink  Sink
	clock custody.Clock

	mu     sync.Mutex
	stats  Stats // of this attempt
	header media.RunHeader
	tracks []*track
	routes [256]*route // by interleaved channel
	now    custody.Instant
	live   bool // packets are wanted
	begun  bool // sink.Start was called
	any    bool // a unit was delivered
	bad    int  // packets since the last complete unit
	deaf   int  // bytes since then
	flow   flow // of units
	volume flow // of bytes
	flood  bool // there were too many units
	turned custody.Instant
	video  uint64               // units of the video track
	early  []media.SenderReport // before the run began; one a track
}

// track is one track's state within a session.
type track struct {
	offered
	asm   assembler
	seq   sequence
	ssrc  uint32
	known bool // ssrc was learnt
}

type route struct {
	track *track
	rtcp  bool
}

// recovered turns a panic into a fault.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fault{p, debug.Stack()}
	}
}

// open begins to take packets: the tracks are set up. h lacks the run, which begins with the first unit.
func (r *receiver) open(h media.RunHeader, offer []offered) []*track {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.header = h
	for _, o := range offer {
		t := &track{offered: o}
		r.header.Tracks = append(r.header.Tracks, o.track)
		r.tracks = append(r.tracks, t)
		r.fresh(t)
	}
	r.live = true
	return r.tracks
}

// fresh gives a track a new assembler, as at the beginning of a run.
func (r *receiver) fresh(t *track) {
	t.seq, t.known = sequence{}, false
	t.asm = t.assembler(func(u media.Unit, payload []byte) { r.unit(t, u, payload) }, func() { r.stats.OversizeUnits++ })
}

// connect routes a pair of interleaved channels to a track.
func (r *receiver) connect(t *track, rtp, rtcp byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.routes[rtp] = &route{track: t}
	r.routes[rtcp] = &route{track: t, rtcp: true}
}

// feed takes a piece of the connection apart: one reading of the clock for all of it.
func (r *receiver) feed(f *framer, b []byte, to frameTaker) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.clock.Now()
	if err := r.heard(len(b)); err != nil {
		return err
	}
	return f.feed(b, to)
}

// passed counts bytes that the library will deliver as packets.
func (r *receiver) passed(n int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.Bytes += uint64(n)
	if !r.volume.take(n, byteRate, byteBurst, r.clock.Now()) {
		return errFlood
	}
	return nil
}

// delivered takes what the library made of one packet: taken by take, or undecodable if take is nil. size is the
// packet's, 0 if passed counted it.
func (r *receiver) delivered(size int, take func() error) (err error) {
	defer recovered(&err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.clock.Now()
	if err := r.heard(size); err != nil || !r.live {
		return err
	}
	if take == nil {
		return r.badPacket()
	}
	return take()
}

// heard counts bytes and bounds what may come without a complete unit.
func (r *receiver) heard(n int) error {
	r.stats.Bytes += uint64(n)
	if r.deaf += n; r.deaf > maxDeaf && r.live {
		return errDeaf
	}
	if !r.volume.take(n, byteRate, byteBurst, r.now) {
		return errFlood
	}
	return nil
}

// frame takes an interleaved packet. mu is held: it is called by feed.
func (r *receiver) frame(channel byte, payload []byte) error {
	to := r.routes[channel]
	switch {
	case !r.live:
		return nil
	case to == nil:
		return r.badPacket()
	case to.rtcp:
		return r.rtcp(to.track, payload)
	}
	p, ok := parseRTP(payload)
	if !ok {
		return r.badPacket()
	}
	return r.rtp(to.track, p)
}

// rtp takes the next packet of a track. mu is held.
func (r *receiver) rtp(t *track, p packet) error {
	r.stats.Packets++
	if t.known && p.ssrc != t.ssrc {
		if err := r.restart(); err != nil {
			return err
		}
	}
	t.ssrc, t.known = p.ssrc, true
	a, lost := t.seq.accept(p.sequence)
	if a == late {
		return nil
	}
	r.stats.LostPackets += uint64(lost)
	if p.kind != t.kind {
		p.payload = nil // not ours, but its number was: what it should have carried is missing
		t.asm.packet(p, r.now, true)
		return r.badPacket()
	}
	if !t.asm.packet(p, r.now, a == afterGap) {
		return r.badPacket()
	}
	if r.flood {
		return errFlood
	}
	return nil
}

func (r *receiver) badPacket() error {
	r.stats.BadPackets++
	if r.bad++; r.bad > maxBadPackets {
		return errBadPackets
	}
	return nil
}

// rtcp takes an RTCP packet of a track. mu is held.
func (r *receiver) rtcp(t *track, b []byte) error {
	if !parseRTCP(b, func(s senderReport) { r.report(t, s) }) {
		return r.badPacket()
	}
	return nil
}

// report hands over a sender report, unless it is about another source than the packets. mu is held.
func (r *receiver) report(t *track, s senderReport) {
	if t.known && s.ssrc != t.ssrc {
		return
	}
	report := media.SenderReport{
		Track: t.track.ID, RTP: s.timestamp, Camera: ntpInstant(s.ntp, r.now), Receipt: r.now,
	}
	switch {
	case r.begun:
		r.sink.Report(report)
	case len(r.early) < len(r.tracks):
		r.early = append(r.early, report)
	}
}

// begin starts the run with its first unit, and hands over the reports that came before. mu is held.
func (r *receiver) begin() {
	if r.begun {
		return
	}
	r.begun = true
	r.header.Run, r.header.Started = custody.NewRunID(), r.now
	r.sink.Start(r.header)
	for _, e := range r.early {
		r.sink.Report(e)
	}
	r.early = nil
}

// unit hands over a complete unit. mu is held.
func (r *receiver) unit(t *track, u media.Unit, payload []byte) {
	r.begin()
	if !r.any {
		r.any = true
		r.stats.Sessions++
	}
	if t.track.Codec.Video() {
		r.bad, r.deaf = 0, 0
		r.video++
	}
	r.stats.Units++
	r.flood = r.flood || !r.flow.take(1, unitRate, unitBurst, r.now)
	if u.Flags&media.Damaged != 0 {
		r.stats.DamagedUnits++
	}
	u.Track, u.Size = t.track.ID, uint32(len(payload))
	r.sink.Unit(u, payload)
}

// restart ends the run and lets the next packet begin another on the same connection: a track's source identifier
// changed, so its timestamps and numbers have a new origin (RFC 3550 §8). For the sink it is a new attempt.
func (r *receiver) restart() error {
	r.flush()
	if r.begun {
		if r.turned != 0 && r.now-r.turned < minRestart {
			return errRestless
		}
		r.turned = r.now
		r.sink.Stop(r.now, media.GapDiscontinuity, "the camera changed its RTP source identifier")
		r.stats.Attempts++
		r.begun, r.any = false, false
		r.header.Reason = "discontinuity"
	}
	for _, t := range r.tracks {
		r.fresh(t)
	}
	return r.badPacket()
}

func (r *receiver) flush() {
	for _, t := range r.tracks {
		t.asm.flush()
	}
}

// units is how many video units have been delivered.
func (r *receiver) units() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.video
}

func (r *receiver) snapshot() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stats
}

// end delivers what is complete and ends the attempt: exactly one Stop. After a fault the track's state is not
// trusted, and nothing more is delivered.
func (r *receiver) end(e ending) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live && e.cause != media.GapFault {
		r.flush()
	}
	r.live = false
	r.sink.Stop(r.clock.Now(), e.cause, e.detail)
}
