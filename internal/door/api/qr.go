package api

import (
	"fmt"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
)

// A QR code (ISO/IEC 18004) of a short text: byte mode, error correction level M, versions 1 to 12, mask 0. An authenticator app reads
// it from the screen; nothing is fetched from anywhere to draw it.

// qrShape is what the standard's tables say of one version at level M.
type qrShape struct{ codewords, blocks, correction int } // in all; of them so many blocks with so many correction codewords each

// qrShapes are the versions 1 to 12.
func qrShapes() []qrShape {
	return []qrShape{{26, 1, 10}, {44, 1, 16}, {70, 1, 26}, {100, 2, 18}, {134, 2, 24}, {172, 4, 16}, {196, 4, 18}, {242, 4, 22}, {292, 5, 22},
		{346, 5, 26}, {404, 5, 30}, {466, 8, 22}}
}

func (s qrShape) data() int { return s.codewords - s.blocks*s.correction }

// qrGrid is a code under construction: modules that are dark, and those that the standard has fixed.
type qrGrid struct {
	size        int
	dark, fixed [][]bool
}

// codeSVG draws the text as a QR code with its quiet zone. It fails with Invalid beyond 287 bytes.
func codeSVG(text string) (string, error) {
	for i, shape := range qrShapes() {
		version := i + 1
		count := 8
		if version > 9 {
			count = 16
		}
		if 4+count+8*len(text) <= 8*shape.data() {
			g := newGrid(version)
			g.fill(interleave(qrData(text, count, shape), shape))
			return g.svg(), nil
		}
	}
	return "", custody.Errorf(custody.Invalid, "the text is too long for a QR code of ours")
}

// qrData is the text as data codewords: mode, length, bytes, padding.
func qrData(text string, count int, shape qrShape) []byte {
	var bits []bool
	put := func(value, n int) {
		for i := n - 1; i >= 0; i-- {
			bits = append(bits, value>>i&1 == 1)
		}
	}
	put(4, 4)
	put(len(text), count)
	for _, b := range []byte(text) {
		put(int(b), 8)
	}
	put(0, min(4, 8*shape.data()-len(bits)))
	put(0, (8-len(bits)%8)%8)
	out := make([]byte, 0, shape.data())
	for i := 0; i < len(bits); i += 8 {
		var b byte
		for _, bit := range bits[i : i+8] {
			b <<= 1
			if bit {
				b |= 1
			}
		}
		out = append(out, b)
	}
	for pad := byte(0xec); len(out) < shape.data(); pad ^= 0xec ^ 0x11 {
		out = append(out, pad)
	}
	return out
}

// interleave splits data into blocks, corrects each, and deals the codewords out in the standard's order.
func interleave(data []byte, shape qrShape) []byte {
	short, divisor := shape.data()/shape.blocks, rsDivisor(shape.correction)
	long := shape.data() % shape.blocks // so many blocks, the last ones, have one more
	var blocks, corrections [][]byte
	for i := range shape.blocks {
		n := short
		if i >= shape.blocks-long {
			n++
		}
		blocks, corrections, data = append(blocks, data[:n]), append(corrections, rsRemainder(data[:n], divisor)), data[n:]
	}
	var out []byte
	for _, part := range [][][]byte{blocks, corrections} {
		for i := range len(part[len(part)-1]) {
			for _, b := range part {
				if i < len(b) {
					out = append(out, b[i])
				}
			}
		}
	}
	return out
}

// rsMul multiplies in GF(2^8) modulo x^8+x^4+x^3+x^2+1.
func rsMul(a, b byte) byte {
	var z int
	for i := 7; i >= 0; i-- {
		z = z<<1 ^ z>>7*0x11d
		z ^= int(b>>i&1) * int(a)
	}
	return byte(z)
}

// rsDivisor is the generator polynomial of that degree, without its leading 1.
func rsDivisor(degree int) []byte {
	out := make([]byte, degree)
	out[degree-1] = 1
	root := byte(1)
	for range degree {
		for j := range out {
			out[j] = rsMul(out[j], root)
			if j+1 < degree {
				out[j] ^= out[j+1]
			}
		}
		root = rsMul(root, 2)
	}
	return out
}

func rsRemainder(data, divisor []byte) []byte {
	out := make([]byte, len(divisor))
	for _, b := range data {
		factor := b ^ out[0]
		copy(out, out[1:])
		out[len(out)-1] = 0
		for i, d := range divisor {
			out[i] ^= rsMul(d, factor)
		}
	}
	return out
}

// newGrid has the patterns that every code of the version has.
func newGrid(version int) *qrGrid {
	size := 17 + 4*version
	g := &qrGrid{size: size}
	for range size {
		g.dark, g.fixed = append(g.dark, make([]bool, size)), append(g.fixed, make([]bool, size))
	}
	for i := range size {
		g.set(6, i, i%2 == 0)
		g.set(i, 6, i%2 == 0)
	}
	for _, at := range [][2]int{{3, 3}, {size - 4, 3}, {3, size - 4}} {
		g.finder(at[0], at[1])
	}
	g.alignments(version)
	g.format()
	if version >= 7 {
		g.version(version)
	}
	return g
}

func (g *qrGrid) set(x, y int, dark bool) {
	if x >= 0 && y >= 0 && x < g.size && y < g.size {
		g.dark[y][x], g.fixed[y][x] = dark, true
	}
}

// ring is the distance from the middle in king's moves.
func ring(dx, dy int) int { return max(dx, -dx, dy, -dy) }

func (g *qrGrid) finder(x, y int) {
	for dy := -4; dy <= 4; dy++ {
		for dx := -4; dx <= 4; dx++ {
			d := ring(dx, dy)
			g.set(x+dx, y+dy, d != 2 && d != 4)
		}
	}
}

func (g *qrGrid) alignments(version int) {
	if version == 1 {
		return
	}
	at := []int{6, g.size - 7}
	if version >= 7 {
		at = []int{6, g.size/2 - g.size/2%2, g.size - 7}
	}
	last := len(at) - 1
	for i, x := range at {
		for j, y := range at {
			if i == 0 && j == 0 || i == 0 && j == last || i == last && j == 0 {
				continue // a finder stands there
			}
			for dy := -2; dy <= 2; dy++ {
				for dx := -2; dx <= 2; dx++ {
					g.set(x+dx, y+dy, ring(dx, dy) != 1)
				}
			}
		}
	}
}

// format writes, twice, that the level is M and the mask 0.
func (g *qrGrid) format() {
	const bits = 0x5412 // BCH(15,5) of level 00 and mask 000, masked
	bit := func(i int) bool { return bits>>i&1 == 1 }
	for i := range 15 {
		switch {
		case i < 6:
			g.set(8, i, bit(i))
		case i < 8:
			g.set(8, i+1, bit(i))
		case i == 8:
			g.set(7, 8, bit(i))
		default:
			g.set(14-i, 8, bit(i))
		}
		if i < 8 {
			g.set(g.size-1-i, 8, bit(i))
		} else {
			g.set(8, g.size-15+i, bit(i))
		}
	}
	g.set(8, g.size-8, true)
}

func (g *qrGrid) version(version int) {
	rem := version
	for range 12 {
		rem = rem<<1 ^ rem>>11*0x1f25
	}
	bits := version<<12 | rem
	for i := range 18 {
		a, b := g.size-11+i%3, i/3
		g.set(a, b, bits>>i&1 == 1)
		g.set(b, a, bits>>i&1 == 1)
	}
}

// fill lays the codewords out in columns of two, upwards and downwards from the right, and masks them.
func (g *qrGrid) fill(codewords []byte) {
	i := 0
	for right := g.size - 1; right >= 1; right -= 2 {
		if right == 6 {
			right = 5
		}
		for n := range g.size {
			y := n
			if (right+1)&2 == 0 {
				y = g.size - 1 - n
			}
			for _, x := range []int{right, right - 1} {
				if g.fixed[y][x] {
					continue
				}
				dark := i < 8*len(codewords) && codewords[i/8]>>(7-i%8)&1 == 1
				g.dark[y][x] = dark != ((x+y)%2 == 0)
				i++
			}
		}
	}
}

// svg draws the code, one unit a module, with four modules of quiet around it.
func (g *qrGrid) svg() string {
	var path strings.Builder
	for y, row := range g.dark {
		for x, dark := range row {
			if dark {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+4, y+4)
			}
		}
	}
	n := g.size + 8
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><rect width="%d" height="%d" fill="#fff"/><path d="%s" fill="#000"/></svg>`,
		n, n, n, n, path.String())
}
