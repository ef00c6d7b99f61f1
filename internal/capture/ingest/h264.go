package ingest

import (
	"bytes"
	"encoding/binary"
)

// h264 is RFC 6184 in packetization modes 0 and 1: single NAL unit packets, STAP-A and FU-A. The interleaved
// packet types (STAP-B, MTAP, FU-B) are refused.
type h264 struct{}

// Packet types of RFC 6184 §5.4; below avcSTAPA the packet is a NAL unit of that type.
const (
	avcTypeMask = 0x1f
	avcSTAPA    = 24
	avcFUA      = 28
)

func (h264) depacketise(n *nalBuffer, p []byte) bool {
	switch t := p[0] & avcTypeMask; {
	case t == avcSTAPA:
		n.abandon()
		return aggregated(n, p[1:], func(nal []byte) bool { return nal[0]&avcTypeMask < avcSTAPA })
	case t == avcFUA:
		return avcFragment(n, p)
	case t >= 1 && t < avcSTAPA, isByteStream(p):
		n.add(p)
		return true
	default:
		return false
	}
}

// aggregated writes the NAL units of an aggregation packet, each after its 16-bit size.
func aggregated(n *nalBuffer, p []byte, valid func(nal []byte) bool) bool {
	for len(p) > 0 {
		if len(p) < 2 {
			return false
		}
		size := int(binary.BigEndian.Uint16(p))
		if size == 0 || size > len(p)-2 || !valid(p[2:2+size]) {
			return false
		}
		n.add(p[2 : 2+size])
		p = p[2+size:]
	}
	return true
}

// avcFragment handles FU-A (RFC 6184 §5.8): indicator, FU header, fragment.
func avcFragment(n *nalBuffer, p []byte) bool {
	if len(p) < 2 {
		return false
	}
	start, end := p[1]&0x80 != 0, p[1]&0x40 != 0
	header := p[0]&^avcTypeMask | p[1]&avcTypeMask
	if t := header & avcTypeMask; t == 0 || t >= avcSTAPA {
		return false
	}
	if start {
		n.begin(header)
	}
	n.continued(p[2:], end, header)
	return true
}

// continued adds a fragment to the open NAL unit, which must have begun with the same header.
func (n *nalBuffer) continued(fragment []byte, end bool, header ...byte) {
	if !n.open {
		n.broken = true // its beginning is missing
		return
	}
	if !bytes.HasPrefix(n.buf[n.at+4:], header) {
		n.abandon()
		return
	}
	n.extend(fragment)
	if end {
		n.end()
	}
}

// isByteStream reports whether a payload begins with a start code where a NAL unit header should be.
func isByteStream(p []byte) bool {
	return bytes.HasPrefix(p, []byte{0, 0, 1}) || bytes.HasPrefix(p, []byte{0, 0, 0, 1})
}

func (h264) begins(p []byte) bool {
	head := p // the first NAL unit's header and the byte after it
	switch p[0] & avcTypeMask {
	case avcSTAPA:
		if len(p) < 4 {
			return false
		}
		head = p[3:]
	case avcFUA:
		if len(p) < 3 || p[1]&0x80 == 0 {
			return false
		}
		head = p[1:]
	}
	switch t := head[0] & avcTypeMask; {
	case t >= 1 && t <= 5:
		_, first := h264{}.slice(head)
		return first
	default:
		return t >= 6 && t <= 9 || t >= 14 && t <= 18
	}
}

// slice looks at nal_unit_type and at first_mb_in_slice, whose value 0 is a single 1 bit (ue(v)).
func (h264) slice(nal []byte) (slice, first bool) {
	switch nal[0] & avcTypeMask {
	case 1, 2, 5:
		return true, len(nal) > 1 && nal[1]&0x80 != 0
	default:
		return false, false
	}
}
