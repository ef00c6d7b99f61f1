package render

import "math/bits"

// rescale is v * to / from, rounded down, for 0 < from, to < 2^32; what does not fit is the largest or least number.
func rescale(v, to, from int64) int64 {
	negative := v < 0
	u := uint64(v)
	if negative {
		u = -u
	}
	hi, lo := bits.Mul64(u, uint64(to))
	if hi >= uint64(from) {
		if negative {
			return -1 << 62
		}
		return 1 << 62
	}
	q, rest := bits.Div64(hi, lo, uint64(from))
	if negative && rest > 0 {
		q++
	}
	q = min(q, 1<<62)
	if negative {
		return -int64(q)
	}
	return int64(q)
}
