package render

import (
	"bytes"
	_ "embed"
	"image"
	"image/png"

	"github.com/footage-custody/custody/internal/custody"
)

// glyphsPNG is described in glyphs.txt. Letters are part of the program, so the same rendition comes out on a machine without fonts.
//
//go:embed glyphs.png
var glyphsPNG []byte

// typeface is one size of the letters.
type typeface struct {
	glyphs *image.Gray
	top    int // of its row
	width  int // of a character, in pixels; it is twice as high
}

const (
	firstGlyph, lastGlyph = ' ', '~'
	ink, paper            = 235, 16 // luma of the letters and of what they stand on
	neutral               = 128     // chroma of both
)

// widths of the rows of glyphsPNG, from the top.
func widths() []int { return []int{6, 8, 12, 16, 24, 32} }

// typefaces returns all sizes, the smallest first.
func typefaces() ([]typeface, error) {
	img, err := png.Decode(bytes.NewReader(glyphsPNG))
	if err != nil {
		return nil, custody.Wrap(custody.Internal, err, "the letters to burn in cannot be read")
	}
	gray := image.NewGray(img.Bounds())
	for y := range gray.Rect.Dy() {
		for x := range gray.Rect.Dx() {
			gray.Set(x, y, img.At(x, y))
		}
	}
	var out []typeface
	top := 0
	for _, w := range widths() {
		out = append(out, typeface{gray, top, w})
		top += 2 * w
	}
	return out, nil
}

// fitting returns the largest size in which that many characters stand in a line of so many pixels, or else the least.
func fitting(faces []typeface, characters, pixels int) typeface {
	best := faces[0]
	for _, f := range faces {
		if f.width*characters <= pixels {
			best = f
		}
	}
	return best
}

// write draws a line of text into a plane of luma, its upper left corner at x, y. What does not fit is cut off at the plane's edge.
func (f typeface) write(plane []byte, stride, x, y int, text string) {
	for _, c := range []byte(text) {
		if x < 0 || x+f.width > stride {
			return
		}
		for row := range 2 * f.width {
			at := (y+row)*stride + x
			if at+f.width > len(plane) {
				break
			}
			from := f.glyphs.Pix[f.glyphs.PixOffset((int(c)-firstGlyph)*f.width, f.top+row):][:f.width]
			for i, v := range from {
				plane[at+i] = paper + byte(int(v)*(ink-paper)/255)
			}
		}
		x += f.width
	}
}

// printable reports that a text has at most so many characters, each of which can be drawn.
func printable(text string, most int) bool {
	for _, c := range []byte(text) {
		if c < firstGlyph || c > lastGlyph {
			return false
		}
	}
	return len(text) <= most
}
