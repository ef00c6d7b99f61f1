package api

import (
	"strings"
	"testing"
)

// read takes a finished code apart again: unmask, walk, deal the blocks back, and check each block's syndromes.
func read(t *testing.T, g *qrGrid, version int) string {
	t.Helper()
	shape := qrShapes()[version-1]
	var words []byte
	var bits int
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
				if g.fixed[y][x] || bits == 8*shape.codewords {
					continue
				}
				if bits%8 == 0 {
					words = append(words, 0)
				}
				words[bits/8] <<= 1
				if g.dark[y][x] != ((x+y)%2 == 0) {
					words[bits/8] |= 1
				}
				bits++
			}
		}
	}
	if bits != 8*shape.codewords {
		t.Fatalf("version %d has room for %d bits, want %d", version, bits, 8*shape.codewords)
	}
	return message(t, words, shape, version)
}

func message(t *testing.T, words []byte, shape qrShape, version int) string {
	t.Helper()
	blocks := make([][]byte, shape.blocks)
	short, long := shape.data()/shape.blocks, shape.data()%shape.blocks
	next := 0
	for i := range short + 1 {
		for b := range blocks {
			if i < short || b >= shape.blocks-long {
				blocks[b] = append(blocks[b], words[next])
				next++
			}
		}
	}
	var data []byte
	for b := range blocks {
		data = append(data, blocks[b]...)
		for i := range shape.correction {
			blocks[b] = append(blocks[b], words[next+i*shape.blocks+b])
		}
		root := byte(1)
		for range shape.correction {
			var sum byte
			for _, c := range blocks[b] {
				sum = rsMul(sum, root) ^ c
			}
			if sum != 0 {
				t.Fatalf("version %d: block %d is not a codeword", version, b)
			}
			root = rsMul(root, 2)
		}
	}
	n, rest := int(data[0]&15)<<4|int(data[1])>>4, data[1:]
	if version > 9 {
		n, rest = int(data[0]&15)<<12|int(data[1])<<4|int(data[2])>>4, data[2:]
	}
	out := make([]byte, n)
	for i := range out {
		out[i] = rest[i]<<4 | rest[i+1]>>4
	}
	return string(out)
}

func TestACodeReadsBack(t *testing.T) {
	for version, shape := range qrShapes() {
		version++
		count := 8
		if version > 9 {
			count = 16
		}
		text := strings.Repeat("otpauth://totp/", 20)[:(8*shape.data()-4-count)/8]
		g := newGrid(version)
		g.fill(interleave(qrData(text, count, shape), shape))
		if got := read(t, g, version); got != text {
			t.Errorf("version %d reads %q, want %q", version, got, text)
		}
	}
	if _, err := codeSVG(strings.Repeat("x", 288)); err == nil {
		t.Error("a text that does not fit was drawn")
	}
	if svg, err := codeSVG("otpauth://totp/x?secret=<&\""); err != nil || strings.Contains(svg, "secret") {
		t.Errorf("the text stands in the picture: %v", err)
	}
}
