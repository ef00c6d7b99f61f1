package ingest

import (
	"encoding/binary"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// opus is RFC 7587: one packet, one frame.
type opus struct {
	emit    emit
	damaged bool // a gap came since the last frame
}

func (o *opus) packet(p packet, at custody.Instant, gap bool) bool {
	o.damaged = o.damaged || gap
	if len(p.payload) > 0 {
		o.emit(media.Unit{RTP: p.timestamp, Receipt: at, Flags: damagedIf(o.damaged)}, p.payload)
		o.damaged = false
	}
	return true
}

func (o *opus) flush() {}

func damagedIf(b bool) media.UnitFlags {
	if b {
		return media.Damaged
	}
	return 0
}

// aac is RFC 3640 in its AAC modes (§3.3.5, §3.3.6): AU headers of a size and an index, which is always 0 because
// interleaving is refused; whole access units, or one access unit in fragments. One access unit is one Unit; those
// after a packet's first have the timestamp of the first plus the frames between.
type aac struct {
	sizeBits, indexBits, deltaBits int    // widths of an AU header's fields; size 1 to 16, index 0 to 8
	ticks                          uint32 // RTP ticks in one access unit
	emit                           emit

	damaged  bool   // a gap or a bad packet came since the last unit
	fragment []byte // an access unit under way, of size want; at most 64 KiB
	want     int
	begun    uint32 // its timestamp
}

func (a *aac) packet(p packet, at custody.Instant, gap bool) bool {
	if gap || a.want > 0 && p.timestamp != a.begun {
		a.drop()
		a.damaged = a.damaged || gap
	}
	if len(p.payload) == 0 {
		return true
	}
	ok := a.units(p, at)
	if !ok {
		a.drop()
		a.damaged = true
	}
	return ok
}

// drop gives up the fragmented access unit under way.
func (a *aac) drop() {
	a.damaged = a.damaged || a.want > 0
	a.fragment, a.want = a.fragment[:0], 0
}

func (a *aac) units(p packet, at custody.Instant) bool {
	if len(p.payload) < 2 {
		return false
	}
	bits := int(binary.BigEndian.Uint16(p.payload))
	size := 2 + (bits+7)/8
	if bits == 0 || size > len(p.payload) {
		return false
	}
	headers, data := p.payload[2:size], p.payload[size:]
	u := media.Unit{RTP: p.timestamp, Receipt: at}
	for off, index := 0, a.indexBits; off < bits; index = a.deltaBits {
		if off+a.sizeBits+index > bits {
			return false
		}
		n := int(bitsAt(headers, off, a.sizeBits))
		if n == 0 || bitsAt(headers, off+a.sizeBits, index) != 0 {
			return false
		}
		off += a.sizeBits + index
		if n > len(data) || a.want > 0 {
			single := off == bits && u.RTP == p.timestamp
			return single && a.extend(data, n, u)
		}
		a.deliver(u, data[:n])
		data, u.RTP = data[n:], u.RTP+a.ticks
	}
	return true
}

// extend adds a fragment of an access unit of n bytes.
func (a *aac) extend(data []byte, n int, u media.Unit) bool {
	if a.want == 0 {
		a.want, a.begun = n, u.RTP
	}
	if n != a.want || len(a.fragment)+len(data) > n {
		return false
	}
	a.fragment = append(a.fragment, data...)
	if len(a.fragment) == n {
		a.want = 0
		a.deliver(u, a.fragment)
		a.fragment = a.fragment[:0]
	}
	return true
}

func (a *aac) deliver(u media.Unit, frame []byte) {
	u.Flags = damagedIf(a.damaged)
	a.damaged = false
	a.emit(u, frame)
}

func (a *aac) flush() { a.drop() }

// bitsAt reads n bits (at most 16) of b from bit off on. They must lie inside b.
func bitsAt(b []byte, off, n int) (v uint32) {
	for i := off; i < off+n; i++ {
		v = v<<1 | uint32(b[i/8]>>(7-i%8)&1)
	}
	return v
}
