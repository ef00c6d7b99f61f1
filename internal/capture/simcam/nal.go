package simcam

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// The SEI that carries a frame number: user_data_unregistered (ITU-T H.264 D.1.7, H.265 D.2.7) with
// our UUID, then three numbers in upper-case hexadecimal: camera (8 digits), frame (16), send instant in
// microseconds UTC (16). Hexadecimal digits never need emulation prevention, so patching is in place.
const (
	seiUUID   = "\x9b\x1d\x53\xe7\xc4\x2a\x4f\x6e\x8f\x31\x7a\xd5\x26\xb8\x90\x4c"
	seiDigits = 8 + 16 + 16
	seiBody   = len(seiUUID) + seiDigits
)

const hexDigits = "0123456789ABCDEF"

// seiUnit returns the SEI NAL unit with zero digits and the offset of the digits in it.
func seiUnit(codec media.Codec) (nal []byte, digits int) {
	if codec == media.H265 {
		nal = []byte{39 << 1, 1} // prefix SEI
	} else {
		nal = []byte{6}
	}
	nal = append(nal, 5, byte(seiBody))
	nal = append(nal, seiUUID...)
	digits = len(nal)
	nal = append(nal, bytes.Repeat([]byte{'0'}, seiDigits)...)
	return append(nal, 0x80), digits
}

// patchSEI writes the three numbers over the digits at the start of b.
func patchSEI(b []byte, camera uint32, frame, instant uint64) {
	putHex(b[0:8], uint64(camera))
	putHex(b[8:24], frame)
	putHex(b[24:40], instant)
}

func putHex(b []byte, v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = hexDigits[v&15]
		v >>= 4
	}
}

// FrameNumberFromUnit reads camera and frame number from a stored unit: NAL units, each behind its length as a
// 32-bit big-endian number. ok is false if the unit has no such SEI or is malformed. It never panics.
func FrameNumberFromUnit(payload []byte, codec media.Codec) (camera uint32, frame uint64, ok bool) {
	camera, frame, _, ok = seiNumbers(payload, codec)
	return camera, frame, ok
}

// SentAtFromUnit reads the instant at which a unit was handed to the network, likewise.
func SentAtFromUnit(payload []byte, codec media.Codec) (at custody.Instant, ok bool) {
	_, _, instant, ok := seiNumbers(payload, codec)
	return custody.Instant(instant), ok
}

// seiNumbers finds our SEI and reads what patchSEI wrote.
func seiNumbers(payload []byte, codec media.Codec) (camera uint32, frame, instant uint64, ok bool) {
	sei, digits := seiUnit(codec)
	for len(payload) >= 4 {
		n := binary.BigEndian.Uint32(payload)
		payload = payload[4:]
		if uint64(n) > uint64(len(payload)) {
			return 0, 0, 0, false
		}
		nal := payload[:n]
		payload = payload[n:]
		if len(nal) != len(sei) || !bytes.Equal(nal[:digits], sei[:digits]) {
			continue
		}
		text := string(nal[digits : digits+seiDigits])
		c, err1 := strconv.ParseUint(text[:8], 16, 32)
		f, err2 := strconv.ParseUint(text[8:24], 16, 64)
		t, err3 := strconv.ParseUint(text[24:], 16, 63)
		return uint32(c), f, t, err1 == nil && err2 == nil && err3 == nil
	}
	return 0, 0, 0, false
}

// splitAnnexB returns the NAL units of a byte stream (ITU-T H.264 Annex B) without start codes and trailing
// zeros. The results point into b.
func splitAnnexB(b []byte) [][]byte {
	var out [][]byte
	startCode := []byte{0, 0, 1}
	i := bytes.Index(b, startCode)
	for i >= 0 {
		b = b[i+3:]
		i = bytes.Index(b, startCode)
		nal := b
		if i >= 0 {
			nal = b[:i]
		}
		if nal = bytes.TrimRight(nal, "\x00"); len(nal) > 0 {
			out = append(out, nal)
		}
	}
	return out
}

// nalKind is what a NAL unit means to a camera.
type nalKind uint8

const (
	kindOther nalKind = iota
	kindSlice
	kindIDR      // closed random access
	kindOpen     // open-GOP random access (H.265 CRA)
	kindParams   // VPS, SPS, PPS
	kindAUD      // access unit delimiter
	kindSEI      // prefix SEI
	kindRecovery // H.264 recovery point SEI: the unit is an open random access point
)

// classify reads a NAL unit's type (ITU-T H.264 table 7-1, H.265 table 7-1).
func classify(nal []byte, codec media.Codec) nalKind {
	if len(nal) == 0 {
		return kindOther
	}
	if codec == media.H265 {
		switch t := nal[0] >> 1 & 63; {
		case t >= 16 && t <= 20:
			return kindIDR
		case t == 21:
			return kindOpen
		case t < 16:
			return kindSlice
		case t >= 32 && t <= 34:
			return kindParams
		case t == 35:
			return kindAUD
		case t == 39:
			return kindSEI
		}
		return kindOther
	}
	switch nal[0] & 31 {
	case 1, 2, 3, 4:
		return kindSlice
	case 5:
		return kindIDR
	case 6:
		if len(nal) > 1 && nal[1] == 6 {
			return kindRecovery
		}
		return kindSEI
	case 7, 8:
		return kindParams
	case 9:
		return kindAUD
	}
	return kindOther
}

// parameterIndex is the place of a parameter set among VPS, SPS, PPS: 0, 1, 2.
func parameterIndex(nal []byte, codec media.Codec) int {
	if codec == media.H265 {
		return int(nal[0]>>1&63) - 32
	}
	return int(nal[0]&31) - 6
}
