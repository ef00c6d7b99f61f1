package ingest

import "encoding/binary"

// packet is one RTP packet (RFC 3550 §5.1), its payload without padding. The payload aliases what was read.
type packet struct {
	payload   []byte
	timestamp uint32
	ssrc      uint32
	sequence  uint16
	kind      uint8 // payload type
	marker    bool
}

const rtpHeaderSize = 12

// parseRTP reads an RTP packet, skipping contributing sources, the header extension and padding. It reports
// false for anything that is not RTP version 2 or whose parts do not fit into b.
func parseRTP(b []byte) (p packet, ok bool) {
	if len(b) < rtpHeaderSize || b[0]>>6 != 2 {
		return p, false
	}
	p.marker, p.kind = b[1]&0x80 != 0, b[1]&0x7f
	p.sequence = binary.BigEndian.Uint16(b[2:])
	p.timestamp = binary.BigEndian.Uint32(b[4:])
	p.ssrc = binary.BigEndian.Uint32(b[8:])
	at := rtpHeaderSize + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 {
		if len(b) < at+4 {
			return p, false
		}
		at += 4 + 4*int(binary.BigEndian.Uint16(b[at+2:]))
	}
	if len(b) < at {
		return p, false
	}
	p.payload = b[at:]
	if b[0]&0x20 != 0 {
		if len(p.payload) == 0 {
			return p, false
		}
		pad := int(p.payload[len(p.payload)-1])
		if pad == 0 || pad > len(p.payload) {
			return p, false
		}
		p.payload = p.payload[:len(p.payload)-pad]
	}
	return p, true
}

// How a sequence number relates to the one expected.
type arrival uint8

const (
	inOrder arrival = iota
	afterGap
	late // a duplicate, or a packet whose place was already given up: dropped
)

// maxLate is how far behind, and how many times in a row, a packet may be late before it is taken as a
// stream that began to number afresh.
const maxLate = 100

// sequence follows a track's RTP sequence numbers, which wrap at 16 bits.
type sequence struct {
	next  uint16
	began bool
	late  int
}

// accept judges the next packet's number. lost counts the numbers skipped; after a jump backwards the
// number lost is unknown and 0.
func (s *sequence) accept(n uint16) (a arrival, lost int) {
	d := int(int16(n - s.next))
	switch {
	case !s.began || d == 0:
		a = inOrder
	case d > 0:
		a, lost = afterGap, d
	case d >= -maxLate && s.late < maxLate:
		s.late++
		return late, 0
	default:
		a = afterGap
	}
	s.began, s.next, s.late = true, n+1, 0
	return a, lost
}
