package ingest

import (
	"bytes"
	"encoding/binary"

	"github.com/footage-custody/custody/internal/media"
)

// nalFormat is one codec's payload format: how packets carry NAL units. Implementations hold no state; a
// fragment under way lives in the nalBuffer.
type nalFormat interface {
	// depacketise writes the packet's NAL units into n. It reports false if the payload is not of this format;
	// NAL units written before the fault stay.
	depacketise(n *nalBuffer, payload []byte) bool
	// begins reports whether the packet's first NAL unit, coming after a coded slice, can only begin a new
	// access unit (H.264 7.4.1.2.3, H.265 7.4.2.4.4).
	begins(payload []byte) bool
	// slice reports whether a NAL unit is a coded slice, and whether it is its picture's first.
	slice(nal []byte) (slice, first bool)
}

// Bounds of the unit buffer's memory: it grows to at most media.MaxUnitBytes; every shrinkAfter units it is
// cut to twice the largest of them if it has become four times as large.
const (
	shrinkAfter = 256
	shrinkFloor = 64 << 10
)

// nalBuffer is one access unit under assembly: NAL units, each after its length as a 32-bit big-endian number. Bytes go
// from the read buffer straight into their final place.
type nalBuffer struct {
	format nalFormat
	buf    []byte
	at     int  // where the open NAL unit's length stands
	open   bool // a fragmented NAL unit is under way

	broken   bool // a NAL unit was incomplete and has been dropped
	oversize bool // the unit passed media.MaxUnitBytes; nothing is kept until reset
	annexB   bool // a NAL unit held start codes and was split at them
	sliced   bool // a coded slice came
	headless bool // the first slice that came is not its picture's first

	peak, count int // the largest unit of the last count ones
}

// begin opens a NAL unit.
func (n *nalBuffer) begin(header ...byte) {
	n.abandon()
	if n.oversize {
		return
	}
	n.at, n.open = len(n.buf), true
	n.buf = append(n.buf, 0, 0, 0, 0)
	n.extend(header)
}

// extend adds bytes to the open NAL unit.
func (n *nalBuffer) extend(b []byte) {
	if n.oversize {
		return
	}
	if len(n.buf)+len(b) > media.MaxUnitBytes {
		n.buf, n.open, n.oversize = n.buf[:0], false, true
		return
	}
	n.buf = append(n.buf, b...)
}

// end closes the open NAL unit. A conforming NAL unit never contains a start code (emulation prevention), so one
// that does is a camera's byte stream (H.264, H.265 annex B) in the place of a NAL unit.
func (n *nalBuffer) end() {
	if !n.open {
		return
	}
	n.open = false
	nal := n.buf[n.at+4:]
	if bytes.Contains(nal, []byte{0, 0, 1}) {
		n.split()
		return
	}
	binary.BigEndian.PutUint32(n.buf[n.at:], uint32(len(nal)))
	n.note(nal)
}

// add writes one whole NAL unit.
func (n *nalBuffer) add(nal []byte) {
	n.begin()
	n.extend(nal)
	n.end()
}

// abandon drops the open NAL unit, if any: it will not be completed.
func (n *nalBuffer) abandon() {
	if n.open {
		n.buf, n.open, n.broken = n.buf[:n.at], false, true
	}
}

// split replaces the byte stream at the end of the buffer by its NAL units. Start codes and the zero bytes
// before them are the byte stream's framing, not part of a NAL unit (annex B.1.1).
func (n *nalBuffer) split() {
	stream := bytes.Clone(n.buf[n.at+4:])
	n.buf, n.annexB = n.buf[:n.at], true
	for more := true; more; {
		var nal []byte
		nal, stream, more = bytes.Cut(stream, []byte{0, 0, 1})
		nal = bytes.TrimRight(nal, "\x00")
		if len(nal) == 0 {
			continue
		}
		n.extend(binary.BigEndian.AppendUint32(nil, uint32(len(nal))))
		n.extend(nal)
		n.note(nal)
	}
}

func (n *nalBuffer) note(nal []byte) {
	if n.sliced {
		return
	}
	var first bool
	n.sliced, first = n.format.slice(nal)
	n.headless = n.sliced && !first
}

// reset makes room for the next unit.
func (n *nalBuffer) reset() {
	n.peak, n.count = max(n.peak, len(n.buf)), n.count+1
	if n.count == shrinkAfter {
		if keep := max(n.peak, shrinkFloor); cap(n.buf) > 4*keep {
			n.buf = make([]byte, 0, 2*keep)
		}
		n.peak, n.count = 0, 0
	}
	n.buf = n.buf[:0]
	n.open, n.broken, n.oversize, n.annexB, n.sliced, n.headless = false, false, false, false, false, false
}
