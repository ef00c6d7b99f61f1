package render

import (
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Strip draws what stands below a picture of that width: the clock's text is given.
func Strip(text, clock string, width int) []byte {
	s := newStrip(faces(), width, text, time.UTC)
	local, utc, _ := strings.Cut(clock, groupGap)
	s.write(set([]string{text, local, utc, strings.Repeat(" ", len(damagedMark))}, s.limit))
	return s.luma
}

// StripAt draws what stands below a picture of an instant.
func StripAt(text string, at custody.Instant, zone *time.Location, damaged bool, width int) []byte {
	s := newStrip(faces(), width, text, zone)
	s.draw(at, damaged)
	return s.luma
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
