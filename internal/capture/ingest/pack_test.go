package ingest

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/footage-custody/custody/internal/media"
)

// sent is one access unit as a simulated camera sends it.
type sent struct {
	timestamp uint32
	nals      [][]byte
}

// payload is the unit as it must come out.
func (s sent) payload() (b []byte) {
	for _, n := range s.nals {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(n))), n...)
	}
	return b
}

// marking says where a simulated camera sets the marker bit.
type marking int

const (
	markEnd marking = iota
	markEveryNAL
	markNever
)

// packer is a simulated camera's packetiser.
type packer struct {
	codec    media.Codec
	mtu      int
	mix      *rand.Rand // nil: never aggregate
	marks    marking
	sequence uint16
	ssrc     uint32
	kind     uint8
}

func (k *packer) rtp(timestamp uint32, marker bool, payload []byte) []byte {
	b := make([]byte, 12, 12+len(payload))
	b[0], b[1] = 0x80, k.kind
	if marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], k.sequence)
	k.sequence++
	binary.BigEndian.PutUint32(b[4:], timestamp)
	binary.BigEndian.PutUint32(b[8:], k.ssrc)
	return append(b, payload...)
}

// unit packetises one access unit.
func (k *packer) unit(s sent) (packets [][]byte) {
	for i := 0; i < len(s.nals); {
		n, group := k.group(s.nals[i:])
		last := i+n == len(s.nals)
		for j, p := range group {
			end := j == len(group)-1
			mark := end && (k.marks == markEveryNAL || k.marks == markEnd && last)
			packets = append(packets, k.rtp(s.timestamp, mark, p))
		}
		i += n
	}
	return packets
}

// group makes the payloads of the next n NAL units: one aggregate, one single, or fragments of one.
func (k *packer) group(nals [][]byte) (n int, payloads [][]byte) {
	if len(nals[0]) > k.mtu {
		return 1, k.fragments(nals[0])
	}
	if k.mix == nil || k.mix.IntN(2) == 0 {
		return 1, [][]byte{nals[0]}
	}
	aggregate := []byte{nals[0][0]&0xe0 | avcSTAPA}
	if k.codec == media.H265 {
		aggregate = []byte{hevcAP << 1, 1}
	}
	for n < len(nals) && len(aggregate)+2+len(nals[n]) <= k.mtu {
		aggregate = binary.BigEndian.AppendUint16(aggregate, uint16(len(nals[n])))
		aggregate = append(aggregate, nals[n]...)
		n++
	}
	if n == 0 {
		return 1, [][]byte{nals[0]}
	}
	return n, [][]byte{aggregate}
}

func (k *packer) fragments(nal []byte) (payloads [][]byte) {
	head, rest := []byte{nal[0]&0xe0 | avcFUA, nal[0] & 0x1f}, nal[1:]
	if k.codec == media.H265 {
		head, rest = []byte{nal[0]&0x81 | hevcFU<<1, nal[1], hevcType(nal[0])}, nal[2:]
	}
	for first := true; len(rest) > 0; first = false {
		n := min(len(rest), max(k.mtu-len(head), 1))
		p := append([]byte(nil), head...)
		if first {
			p[len(p)-1] |= 0x80
		}
		if n == len(rest) {
			p[len(p)-1] |= 0x40
		}
		payloads = append(payloads, append(p, rest[:n]...))
		rest = rest[n:]
	}
	return payloads
}

// annexB splits an encoder's byte stream into access units at its access unit delimiters.
func annexB(codec media.Codec, stream []byte, step uint32) (units []sent) {
	aud := func(nal []byte) bool {
		if codec == media.H265 {
			return hevcType(nal[0]) == 35
		}
		return nal[0]&avcTypeMask == 9
	}
	n := nalBuffer{format: h264{}}
	if codec == media.H265 {
		n.format = h265{}
	}
	n.add(append([]byte{0, 0, 1}, stream...))
	for b := n.buf; len(b) > 0; {
		size := binary.BigEndian.Uint32(b)
		nal := b[4 : 4+size]
		b = b[4+size:]
		if aud(nal) {
			units = append(units, sent{timestamp: uint32(len(units))*step - 7*step})
		}
		last := &units[len(units)-1]
		last.nals = append(last.nals, nal)
	}
	return units
}

// invented makes n access units of random NAL units, valid in their headers and free of start codes.
func invented(rnd *rand.Rand, codec media.Codec, n, maxNAL int) (units []sent) {
	timestamp := rnd.Uint32()
	for range n {
		u := sent{timestamp: timestamp}
		if rnd.IntN(4) == 0 {
			u.nals = append(u.nals, inventNAL(rnd, codec, 7, 33, 12), inventNAL(rnd, codec, 8, 34, 6))
		}
		if rnd.IntN(2) == 0 {
			u.nals = append(u.nals, inventNAL(rnd, codec, 6, 39, 30))
		}
		for i := range 1 + rnd.IntN(3) {
			slice := inventNAL(rnd, codec, 1, 1, 3+rnd.IntN(maxNAL))
			header := 1
			if codec == media.H265 {
				header = 2
			}
			slice[header] &^= 0x80
			if i == 0 {
				slice[header] |= 0x80 // the picture's first
			}
			if slice[header] == 0 {
				slice[header] = 1
			}
			u.nals = append(u.nals, slice)
		}
		if codec == media.H264 && rnd.IntN(5) == 0 {
			u.nals = append(u.nals, inventNAL(rnd, codec, 12, 38, 40)) // filler
		}
		units = append(units, u)
		timestamp += 3000 + uint32(rnd.IntN(3000))
	}
	return units
}

func inventNAL(rnd *rand.Rand, codec media.Codec, avc, hevc byte, size int) []byte {
	nal := make([]byte, max(size, 4))
	for i := range nal {
		nal[i] = byte(1 + rnd.IntN(255)) // no zero bytes: no start codes
	}
	nal[0] = 0x60 | avc
	if codec == media.H265 {
		nal[0], nal[1] = hevc<<1, 1
	}
	return nal
}
