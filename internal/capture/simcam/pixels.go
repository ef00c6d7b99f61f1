package simcam

// The pixel number: a row of 32 blocks along the upper edge, white for 1. The first 24, most
// significant first, are the frame number, the last 8 a check. A block is w/32 wide and h/12 high, so it survives
// any sane bitrate.
const (
	numberBlocks = 32
	numberBits   = 24
)

func checkBits(n uint32) uint32 { return (n ^ n>>8 ^ n>>16 ^ 0xA5) & 0xff }

// ReadFrameNumber reads the number painted in a decoded picture. gray is the luma plane, w*h bytes row by row. ok is
// false if the picture is too small or the check fails.
func ReadFrameNumber(gray []byte, w, h int) (n uint32, ok bool) {
	bw, bh := w/numberBlocks, h/12
	if bw < 4 || bh < 4 || len(gray) < w*bh {
		return 0, false
	}
	var v uint32
	for b := range numberBlocks {
		sum, count := 0, 0
		for y := bh / 4; y < bh-bh/4; y++ {
			for x := b*bw + bw/4; x < (b+1)*bw-bw/4; x++ {
				sum += int(gray[y*w+x])
				count++
			}
		}
		v <<= 1
		if sum > 128*count {
			v |= 1
		}
	}
	n = v >> 8
	return n, v&0xff == checkBits(n)
}

// picture is one raw frame in planar YUV 4:2:0, and a brush.
type picture struct {
	w, h  int
	pix   []byte
	slope []byte // the gradient along a row
	noise uint64 // state of the grain generator
}

func newPicture(w, h int) *picture {
	p := &picture{w: w, h: h, pix: make([]byte, w*h*3/2), slope: make([]byte, w), noise: 0x9E3779B97F4A7C15}
	for x := range p.slope {
		p.slope[x] = byte(x * 96 / w)
	}
	chroma := p.pix[w*h:]
	half := len(chroma) / 2
	for i := range half {
		chroma[i] = byte(112 + i*32/half)
		chroma[half+i] = byte(144 - i*32/half)
	}
	return p
}

// paint draws the scene for frame n: a drifting gradient, a wandering square, grain of the given strength
// (0 to 6: peak-to-peak 2^grain-1 luma steps), and the frame number.
func (p *picture) paint(n uint32, grain int) {
	for y := range p.h {
		row := p.pix[y*p.w : (y+1)*p.w]
		shift := byte(y*64/p.h) + byte(n)
		for x, c := range p.slope {
			row[x] = 64 + (c+shift)&0x7f
		}
		if grain > 0 {
			p.sprinkle(row, grain)
		}
	}
	side := p.h / 5
	p.fill(int(n)*5%(p.w-side), p.h/3+int(n)*2%(p.h/3), side, side, 220)
	p.number(n)
}

func (p *picture) sprinkle(row []byte, grain int) {
	s := p.noise
	mask := uint64(1)<<grain - 1
	for x := 0; x+8 <= len(row); x += 8 {
		s ^= s << 13
		s ^= s >> 7
		s ^= s << 17
		for i := range 8 {
			row[x+i] += byte(s >> (i * 8) & mask)
		}
	}
	p.noise = s
}

func (p *picture) number(n uint32) {
	n &= 1<<numberBits - 1
	v := n<<8 | checkBits(n)
	bw, bh := p.w/numberBlocks, p.h/12
	for b := range numberBlocks {
		luma := byte(20)
		if v>>(numberBlocks-1-b)&1 == 1 {
			luma = 235
		}
		p.fill(b*bw, 0, bw, bh, luma)
	}
}

func (p *picture) fill(x, y, w, h int, luma byte) {
	for j := max(y, 0); j < min(y+h, p.h); j++ {
		row := p.pix[j*p.w : (j+1)*p.w]
		for i := max(x, 0); i < min(x+w, p.w); i++ {
			row[i] = luma
		}
	}
}

// glyph returns a character of the clock as seven rows of five dots, the leftmost dot in bit 4.
func glyph(c rune) [7]byte {
	switch c {
	case '0':
		return [7]byte{14, 17, 19, 21, 25, 17, 14}
	case '1':
		return [7]byte{4, 12, 4, 4, 4, 4, 14}
	case '2':
		return [7]byte{14, 17, 1, 2, 4, 8, 31}
	case '3':
		return [7]byte{31, 2, 4, 2, 1, 17, 14}
	case '4':
		return [7]byte{2, 6, 10, 18, 31, 2, 2}
	case '5':
		return [7]byte{31, 16, 30, 1, 1, 17, 14}
	case '6':
		return [7]byte{6, 8, 16, 30, 17, 17, 14}
	case '7':
		return [7]byte{31, 1, 2, 4, 8, 8, 8}
	case '8':
		return [7]byte{14, 17, 17, 14, 17, 17, 14}
	case '9':
		return [7]byte{14, 17, 17, 15, 1, 2, 12}
	case ':':
		return [7]byte{0, 4, 4, 0, 4, 4, 0}
	case '-':
		return [7]byte{0, 0, 0, 31, 0, 0, 0}
	case '.':
		return [7]byte{0, 0, 0, 0, 0, 12, 12}
	case 'Z':
		return [7]byte{31, 1, 2, 4, 8, 16, 31}
	}
	return [7]byte{}
}

// text writes s from the upper left corner (x, y) with dots of size pixels, white on black.
func (p *picture) text(s string, x, y, size int) {
	p.fill(x-size, y-size, len(s)*6*size+size, 9*size, 16)
	for _, c := range s {
		for r, bits := range glyph(c) {
			for col := range 5 {
				if bits>>(4-col)&1 == 1 {
					p.fill(x+col*size, y+r*size, size, size, 235)
				}
			}
		}
		x += 6 * size
	}
}
