package media

// rbsp reads the bits of a NAL unit's raw byte sequence payload, leaving out emulation prevention bytes
// (H.264 7.4.1). Reading past the end yields zeros and makes ok false for good. It allocates nothing.
type rbsp struct {
	b     []byte
	pos   int  // index of the byte being read
	zeros int  // zero bytes directly before pos, at most 2
	bit   uint // bits already read of b[pos]
	short bool
}

func newRBSP(b []byte) *rbsp { return &rbsp{b: b} }

func (r *rbsp) ok() bool { return !r.short }

func (r *rbsp) flag() uint32 {
	if r.bit == 0 {
		r.beginByte()
	}
	if r.pos >= len(r.b) {
		r.short = true
		return 0
	}
	v := uint32(r.b[r.pos]>>(7-r.bit)) & 1
	if r.bit++; r.bit == 8 {
		r.endByte()
	}
	return v
}

// beginByte passes over an emulation prevention byte.
func (r *rbsp) beginByte() {
	if r.zeros == 2 && r.pos < len(r.b) && r.b[r.pos] == 3 {
		r.pos++
		r.zeros = 0
	}
}

func (r *rbsp) endByte() {
	if r.b[r.pos] == 0 {
		r.zeros = min(r.zeros+1, 2)
	} else {
		r.zeros = 0
	}
	r.pos++
	r.bit = 0
}

// bits reads n <= 32 bits.
func (r *rbsp) bits(n int) (v uint32) {
	for range n {
		v = v<<1 | r.flag()
	}
	return v
}

// golomb reads ue(v) (H.264 9.1). More than 31 leading zeros is a fault.
func (r *rbsp) golomb() uint32 {
	zeros := 0
	for r.flag() == 0 {
		if zeros++; zeros > 31 || r.short {
			r.short = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.bits(zeros)
}

// seiNumber reads a payload type or size: a run of 0xff and a last byte. Large ones are a fault.
func (r *rbsp) seiNumber() int {
	n := 0
	for {
		v := r.bits(8)
		n += int(v)
		if v != 0xff || r.short {
			return n
		}
		if n > 1<<16 {
			r.short = true
			return 0
		}
	}
}

// skipBytes leaves out n bytes: whole ones, unless it stands inside of one. Every unit has its messages skipped.
func (r *rbsp) skipBytes(n int) {
	for ; n > 0 && !r.short; n-- {
		if r.bit != 0 {
			r.bits(8)
			continue
		}
		if r.beginByte(); r.pos >= len(r.b) {
			r.short = true
			return
		}
		r.endByte()
	}
}
