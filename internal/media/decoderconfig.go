package media

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// avcConfiguration is the avcC box (ISO/IEC 14496-15 5.3.3.1). Picture has read the first SPS before.
func (w *boxes) avcConfiguration(t Track) {
	w.box("avcC", func() {
		sps := t.SPS[0]
		w.u8(1, sps[1], sps[2], sps[3])
		w.u8(0xff) // NAL unit lengths take four bytes
		w.u8(0xe0 | byte(len(t.SPS)))
		w.sets(t.SPS)
		w.u8(byte(len(t.PPS)))
		w.sets(t.PPS)
		switch sps[1] {
		case 100, 110, 122, 144, 244, 44, 118, 128: // profiles whose SPS says its chroma format
			var s h264.SPS
			if s.Unmarshal(sps) == nil {
				w.u8(0xfc|byte(s.ChromaFormatIdc&3), 0xf8|byte(s.BitDepthLumaMinus8&7), 0xf8|byte(s.BitDepthChromaMinus8&7), 0)
			}
		}
	})
}

// sets writes each set after its length in 16 bits.
func (w *boxes) sets(sets [][]byte) {
	for _, s := range sets {
		w.u16(uint16(len(s)))
		w.bytes(s)
	}
}

// hevcConfiguration is the hvcC box (ISO/IEC 14496-15 8.3.3.1). Picture has read the first SPS before.
func (w *boxes) hevcConfiguration(t Track) {
	var s h265.SPS
	if s.Unmarshal(t.SPS[0]) != nil {
		return
	}
	w.box("hvcC", func() {
		w.u8(1)
		w.bytes(profileTierLevel(t.SPS[0]))
		w.u16(0xf000) // min_spatial_segmentation_idc: unknown
		w.u8(0xfc)    // parallelismType: unknown
		w.u8(0xfc|byte(s.ChromaFormatIdc&3), 0xf8|byte(s.BitDepthLumaMinus8&7), 0xf8|byte(s.BitDepthChromaMinus8&7))
		w.u16(0) // average frame rate: unknown
		w.u8((s.MaxSubLayersMinus1+1)&7<<3 | byte(boolBit(s.TemporalIDNestingFlag))<<2 | 3)
		w.u8(3)
		for _, array := range [...]struct {
			kind byte
			sets [][]byte
		}{{hevcVPS, t.VPS}, {hevcSPS, t.SPS}, {hevcPPS, t.PPS}} {
			w.u8(0x80 | array.kind) // complete: a differing set in band begins a new run
			w.u16(uint16(len(array.sets)))
			w.sets(array.sets)
		}
	})
}

// profileTierLevel copies the twelve general bytes of an H.265 SPS, which hvcC repeats in the same order.
func profileTierLevel(sps []byte) []byte {
	r := newRBSP(sps[2:])
	r.bits(8)
	out := make([]byte, 12)
	for i := range out {
		out[i] = byte(r.bits(8))
	}
	return out
}
