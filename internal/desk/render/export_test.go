package render

import (
	"strings"
	"time"
)

// ReadStrip reads what stands below a picture, letter by letter: each is the one that it looks most like.
func ReadStrip(luma []byte, width int, text string) string {
	s := newStrip(faces(), width, text, time.UTC)
	var lines []string
	for top := s.face.width / 2; top+2*s.face.width <= s.height; top += 2 * s.face.width {
		line := make([]byte, s.limit)
		for i := range line {
			line[i] = s.face.read(luma, width, s.face.width/2+i*s.face.width, top)
		}
		lines = append(lines, strings.TrimSpace(string(line)))
	}
	return strings.TrimSpace(strings.Join(lines, groupGap))
}

func (f typeface) read(luma []byte, width, x, y int) (best byte) {
	least := 1 << 30
	cell := make([]byte, 2*f.width*f.width)
	for c := byte(firstGlyph); c <= lastGlyph; c++ {
		f.write(cell, f.width, 0, 0, string(c))
		sum := 0
		for i, v := range cell {
			d := int(v) - int(luma[(y+i/f.width)*width+x+i%f.width])
			sum += d * d
		}
		if sum < least {
			least, best = sum, c
		}
	}
	return best
}

// Slate draws a slate.
func Slate(paragraphs []string, width, height int) (luma []byte) {
	slate{faces(), width, height}.rows(paragraphs, func(b []byte) error {
		luma = append(luma, b...)
		return nil
	})
	return luma
}

func faces() []typeface {
	faces, err := typefaces()
	if err != nil {
		panic(err)
	}
	return faces
}
