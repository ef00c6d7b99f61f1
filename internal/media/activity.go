package media

import "math/bits"

// Activity (SegmentRow.Activity) is a hint where something moved: the bytes between the pictures of each fragment, that is of all video
// units but the random access ones. It is derived from the unit tables and no evidence, and kept to within an
// eighth: one byte a fragment.

const (
	activityVersion  = 1
	activityMantissa = 3 // bits below the leading one
)

// PackActivity codes the bytes between pictures of a segment's fragments, in order, as SegmentRow.Activity. Of more than
// MaxFragments - 1 the rest is left out.
//
// Layout: version u8; then per fragment the five bits of an exponent and three of a mantissa. Codes below 16 stand for
// themselves; others for (8 + mantissa) << (exponent - 1), the nearest below. 0 stands for none.
func PackActivity(between []uint64) []byte {
	between = between[:min(len(between), MaxFragments-1)]
	b := make([]byte, 1, 1+len(between))
	b[0] = activityVersion
	for _, n := range between {
		b = append(b, activityCode(n))
	}
	return b
}

// UnpackActivity reads what PackActivity wrote; nil for anything else, since a hint may be missing.
func UnpackActivity(b []byte) []uint64 {
	if len(b) == 0 || b[0] != activityVersion || len(b) > MaxFragments {
		return nil
	}
	between := make([]uint64, len(b)-1)
	for i, code := range b[1:] {
		between[i] = activityValue(code)
	}
	return between
}

func activityCode(n uint64) byte {
	exponent := bits.Len64(n) - activityMantissa - 1
	if exponent <= 0 {
		return byte(n)
	}
	code := uint64(exponent)<<activityMantissa + n>>exponent
	return byte(min(code, 255))
}

func activityValue(code byte) uint64 {
	if code < 2<<activityMantissa {
		return uint64(code)
	}
	exponent := uint(code>>activityMantissa) - 1
	return (1<<activityMantissa | uint64(code)&(1<<activityMantissa-1)) << exponent
}

// BetweenPictures is the bytes of the fragment's units that count as activity, of a run with those tracks.
func BetweenPictures(tracks []Track, units []Unit) uint64 {
	if len(tracks) == 0 || !tracks[0].Codec.Video() {
		return 0
	}
	var n uint64
	for _, u := range units {
		if u.Track == 1 && u.Flags&RandomAccess == 0 {
			n += uint64(u.Size)
		}
	}
	return n
}
