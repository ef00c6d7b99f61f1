package ingest

import (
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// assembler makes one track's units out of its packets, which come in order.
type assembler interface {
	// packet takes the next packet, read at the given instant. gap says that packets are missing before it. It
	// reports false if the payload is not of the track's format.
	packet(p packet, at custody.Instant, gap bool) bool
	// flush delivers what is complete at the end of a session.
	flush()
}

// emit delivers a unit: Flags, RTP and Receipt are set. payload is valid during the call.
type emit func(u media.Unit, payload []byte)

// video assembles access units. The rule of their boundaries:
//
//   - a packet with another RTP timestamp begins a new unit, unless the open one has no coded slice yet: parameter sets
//     and SEI belong to the picture that follows (H.264 7.4.1.2.3, H.265 7.4.2.4.4), and some cameras send
//     them with a time of their own;
//   - a marker bit does not end a unit, because some cameras set it on every NAL unit, or on parameter sets sent
//     ahead in packets of their own, and some never. Only if, after a marker, a packet with the same timestamp
//     carries what can only begin an access unit by the codec's own rules, and the unit already has a coded
//     slice, a new unit begins: such a camera's timestamps stand still.
//
// So a unit is delivered when the next one begins, one frame late; its receipt is that of its own last packet. What has no
// slice is no picture and is not delivered: half a unit at the end of a session, or what a loss left.
type video struct {
	nals nalBuffer
	emit emit
	over func() // counts a unit dropped for its size

	open       bool
	timestamp  uint32
	receipt    custody.Instant
	marked     bool // the open unit's last packet had the marker
	damaged    bool // a gap or a bad packet touched the open unit
	damageNext bool // ... or may have taken the beginning of the next
	later      bool // a unit has been closed in this session
	midMarks   bool // this camera sets markers inside units, so a marker does not prove a unit complete
}

func newVideo(f nalFormat, e emit, over func()) *video {
	return &video{nals: nalBuffer{format: f}, emit: e, over: over}
}

func (v *video) packet(p packet, at custody.Instant, gap bool) bool {
	fresh := !v.open || p.timestamp != v.timestamp ||
		v.marked && v.nals.sliced && len(p.payload) > 0 && v.nals.format.begins(p.payload)
	if fresh && !gap && v.prelude() {
		fresh, v.timestamp, v.marked = false, p.timestamp, false
	}
	if gap {
		v.damaged = v.damaged || v.open
		v.damageNext = v.damageNext || fresh
		v.nals.abandon()
	}
	if fresh {
		v.close()
		v.open, v.timestamp = true, p.timestamp
		v.damaged, v.damageNext = v.damageNext, false
	} else if v.marked {
		v.midMarks = true
	}
	v.receipt, v.marked = at, p.marker
	if len(p.payload) == 0 || v.nals.format.depacketise(&v.nals, p.payload) {
		return true
	}
	v.nals.abandon()
	v.damaged = true
	return false
}

// prelude reports that all of the open unit came and that its picture is still to come.
func (v *video) prelude() bool {
	n := &v.nals
	return v.open && !v.damaged && !n.sliced && !n.open && !n.broken && !n.oversize && len(n.buf) > 0
}

// close delivers the open unit. What leaves no unit behind marks the next one damaged, so that no loss is silent.
func (v *video) close() {
	if !v.open {
		return
	}
	v.open = false
	v.nals.abandon()
	u := media.Unit{RTP: v.timestamp, Receipt: v.receipt}
	if v.damaged || v.nals.broken || v.nals.headless && !v.later {
		u.Flags |= media.Damaged
	}
	if v.nals.annexB {
		u.Flags |= media.AnnexB
	}
	switch {
	case v.nals.oversize:
		v.over()
		v.damageNext = true
	case !v.nals.sliced:
		v.damageNext = v.damageNext || u.Flags&media.Damaged != 0 || len(v.nals.buf) > 0
	default:
		v.later = true
		v.emit(u, v.nals.buf)
	}
	v.nals.reset()
}

// flush delivers the last unit, damaged unless its end was seen.
func (v *video) flush() {
	v.damaged = v.damaged || !v.marked || v.midMarks
	v.close()
}
