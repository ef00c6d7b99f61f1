package media

import (
	"encoding/binary"

	"github.com/footage-custody/custody/internal/custody"
)

// Params are the parameter sets that a unit carries in band, in their order. The slices alias the payload.
type Params struct {
	VPS, SPS, PPS [][]byte
}

// Empty reports whether there are none.
func (p Params) Empty() bool { return len(p.VPS)+len(p.SPS)+len(p.PPS) == 0 }

// Bounds on what one unit may make us keep. avcC and hvcC count a set's bytes in 16 bits.
const (
	maxSetBytes = 1<<16 - 1
	maxSets     = 31 // of each kind, in one unit or one track; avcC counts its SPS in five bits
)

// NAL unit types: ITU-T H.264 table 7-1 and H.265 table 7-1.
const (
	avcSlice, avcPartitionA, avcIDR, avcSEI, avcSPS, avcPPS = 1, 2, 5, 6, 7, 8

	hevcRADLN, hevcRASLR               = 6, 9
	hevcBLAWLP, hevcBLANLP             = 16, 18
	hevcIDRWRADL, hevcIDRNLP, hevcCRA  = 19, 20, 21
	hevcVPS, hevcSPS, hevcPPS, hevcVCL = 32, 33, 34, 32 // types below hevcVCL are slices
)

// Inspect reads the headers of a unit's NAL units and says what kind of unit it is: the flags RandomAccess,
// Open, Leading and HasParams, and the parameter sets carried in band. It allocates only for the sets.
//
// H.264: an IDR picture is a random access point; so is a picture of I slices with a recovery point SEI of
// recovery_frame_cnt 0 (annex D.2.8), but an open one: pictures after it in decoding order may show
// earlier and refer to what came before. H.265: IDR and BLA are closed, CRA is open; RADL and RASL pictures
// are leading. An audio frame can always be decoded from.
//
// It fails with Invalid if the lengths do not divide the payload into NAL units: then nothing was found.
func Inspect(codec Codec, payload []byte) (UnitFlags, Params, error) {
	switch codec {
	case H264:
		return inspectAVC(payload)
	case H265:
		return inspectHEVC(payload)
	default:
		return RandomAccess, Params{}, nil
	}
}

// nextNAL splits the first NAL unit off a payload of u32-length-prefixed ones.
func nextNAL(payload []byte) (nal, rest []byte, ok bool) {
	if len(payload) < 4 {
		return nil, nil, false
	}
	n := uint64(binary.BigEndian.Uint32(payload))
	if n == 0 || n > uint64(len(payload)-4) {
		return nil, nil, false
	}
	return payload[4 : 4+n], payload[4+n:], true
}

func malformed() error {
	return custody.Errorf(custody.Invalid, "the access unit is not a sequence of length-prefixed NAL units")
}

func inspectAVC(payload []byte) (UnitFlags, Params, error) {
	var p Params
	var idr, recovery, picture bool
	intra := true
	for len(payload) > 0 {
		nal, rest, ok := nextNAL(payload)
		if !ok {
			return 0, Params{}, malformed()
		}
		payload = rest
		switch nal[0] & 0x1f {
		case avcIDR:
			idr = true
		case avcSlice, avcPartitionA:
			picture = true
			intra = intra && avcIntraSlice(nal)
		case avcSEI:
			recovery = recovery || recoversAtOnce(nal)
		case avcSPS:
			p.SPS = keepSet(p.SPS, nal)
		case avcPPS:
			p.PPS = keepSet(p.PPS, nal)
		}
	}
	var flags UnitFlags
	switch {
	case idr:
		flags = RandomAccess
	case recovery && picture && intra:
		flags = RandomAccess | Open
	}
	return withParams(flags, p), p, nil
}

func inspectHEVC(payload []byte) (UnitFlags, Params, error) {
	var p Params
	var flags UnitFlags
	for len(payload) > 0 {
		nal, rest, ok := nextNAL(payload)
		if !ok {
			return 0, Params{}, malformed()
		}
		payload = rest
		switch typ := nal[0] >> 1 & 0x3f; {
		case typ == hevcVPS:
			p.VPS = keepSet(p.VPS, nal)
		case typ == hevcSPS:
			p.SPS = keepSet(p.SPS, nal)
		case typ == hevcPPS:
			p.PPS = keepSet(p.PPS, nal)
		case typ >= hevcVCL:
		case typ == hevcIDRWRADL || typ == hevcIDRNLP || typ >= hevcBLAWLP && typ <= hevcBLANLP:
			flags |= RandomAccess
		case typ == hevcCRA:
			flags |= RandomAccess | Open
		case typ >= hevcRADLN && typ <= hevcRASLR:
			flags |= Leading
		}
	}
	return withParams(flags, p), p, nil
}

func withParams(f UnitFlags, p Params) UnitFlags {
	if !p.Empty() {
		f |= HasParams
	}
	return f
}

// keepSet adds a set unless it is too large to describe or there are too many: it stays in the unit either way.
func keepSet(sets [][]byte, nal []byte) [][]byte {
	if len(nal) > maxSetBytes || len(sets) >= maxSets {
		return sets
	}
	return append(sets, nal)
}

// avcIntraSlice reports slice_type I or SI of a slice header (H.264 7.3.3).
func avcIntraSlice(nal []byte) bool {
	r := newRBSP(nal[1:])
	r.golomb() // first_mb_in_slice
	t := r.golomb() % 5
	return r.ok() && (t == 2 || t == 4)
}

// recoversAtOnce looks for a recovery point message with recovery_frame_cnt 0 among the first messages of
// an SEI NAL unit (H.264 7.3.2.3.1, D.1.8).
func recoversAtOnce(nal []byte) bool {
	const recoveryPoint, maxMessages = 6, 16
	r := newRBSP(nal[1:])
	for range maxMessages {
		kind, size := r.seiNumber(), r.seiNumber()
		if !r.ok() {
			return false
		}
		if kind == recoveryPoint {
			return r.golomb() == 0 && r.ok()
		}
		r.skipBytes(size)
	}
	return false
}
