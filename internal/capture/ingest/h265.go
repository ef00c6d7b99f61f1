package ingest

// h265 is RFC 7798 without decoding order numbers: single NAL unit packets, AP and FU. A camera whose SDP
// announces decoding order numbers is refused before the first packet; PACI packets are refused.
type h265 struct{}

// Packet types of RFC 7798 §4.4; below hevcAP the packet is a NAL unit of that type.
const (
	hevcHeader = 2
	hevcAP     = 48
	hevcFU     = 49
)

func hevcType(b byte) byte { return b >> 1 & 0x3f }

func (h265) depacketise(n *nalBuffer, p []byte) bool {
	if len(p) < hevcHeader {
		return false
	}
	switch t := hevcType(p[0]); {
	case t == hevcAP:
		n.abandon()
		return aggregated(n, p[hevcHeader:], func(nal []byte) bool {
			return len(nal) >= hevcHeader && hevcType(nal[0]) < hevcAP
		})
	case t == hevcFU:
		return hevcFragment(n, p)
	case t < hevcAP && p[1]&7 != 0, isByteStream(p): // nuh_temporal_id_plus1 is never 0
		n.add(p)
		return true
	default:
		return false
	}
}

// hevcFragment handles FU (RFC 7798 §4.4.3): payload header, FU header, fragment.
func hevcFragment(n *nalBuffer, p []byte) bool {
	if len(p) < 3 {
		return false
	}
	start, end, t := p[2]&0x80 != 0, p[2]&0x40 != 0, p[2]&0x3f
	if t >= hevcAP {
		return false
	}
	header := [hevcHeader]byte{p[0]&0x81 | t<<1, p[1]}
	if start {
		n.begin(header[:]...)
	}
	n.continued(p[3:], end, header[:]...)
	return true
}

func (h265) begins(p []byte) bool {
	if len(p) < 3 {
		return false
	}
	t, head := hevcType(p[0]), p[2:] // the first NAL unit's type and what follows its header
	switch t {
	case hevcAP:
		if len(p) < 7 {
			return false
		}
		t, head = hevcType(p[4]), p[6:]
	case hevcFU:
		if len(p) < 4 || p[2]&0x80 == 0 {
			return false
		}
		t, head = p[2]&0x3f, p[3:]
	}
	if t < 32 {
		return head[0]&0x80 != 0 // first_slice_segment_in_pic_flag
	}
	return t <= 35 || t == 39 || t >= 41 && t <= 44
}

func (h265) slice(nal []byte) (slice, first bool) {
	if hevcType(nal[0]) >= 32 {
		return false, false
	}
	return true, len(nal) > hevcHeader && nal[hevcHeader]&0x80 != 0
}
