package render

import (
	"bytes"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Every picture stands above a black strip with the item's number and the picture's own time. The strip is joined to the picture below,
// so it covers nothing that the camera saw.

// strip draws the lines below the picture. Not safe for concurrent use.
type strip struct {
	face   typeface
	luma   []byte
	width  int
	height int // even
	limit  int // characters in a line
	zone   *time.Location
	text   string
}

const damagedMark = "DAMAGED"

func newStrip(faces []typeface, width int, text string, zone *time.Location) *strip {
	s := &strip{width: width, zone: zone, text: text}
	// Two lines must do from the second size on, one from the third.
	groups := s.groups(0, true)
	whole := len(strings.Join(groups, groupGap))
	s.face = fitting(faces, whole+1, width)
	if s.face.width < faces[2].width {
		s.face = fitting(faces[:2], whole/2+len(groups[1])/2, width)
	}
	s.limit = max(1, width/s.face.width-1)
	lines := len(s.lines(0, true))
	s.height = (lines*2*s.face.width + s.face.width + 1) &^ 1
	s.luma = make([]byte, s.width*s.height)
	return s
}

const groupGap = "   "

// clockText is an instant as it is burnt in: local with its offset from UTC, which tells the two hours of a night that has one of them
// twice apart, and UTC. Digits below the millisecond are cut off.
func clockText(at custody.Instant, zone *time.Location) (local, utc string) {
	t := at.Time()
	return t.In(zone).Format("2006-01-02 15:04:05.000 -07:00"), t.Format("2006-01-02 15:04:05.000") + " UTC"
}

// groups are the parts of the strip's text, which has the same length for every instant.
func (s *strip) groups(at custody.Instant, damaged bool) []string {
	local, utc := clockText(at, s.zone)
	mark := strings.Repeat(" ", len(damagedMark))
	if damaged {
		mark = damagedMark
	}
	return []string{s.text, local, utc, mark}
}

// lines sets the groups: several in a line if they fit, a group by its words if it does not, a word in parts.
func (s *strip) lines(at custody.Instant, damaged bool) []string {
	return set(s.groups(at, damaged), s.limit)
}

func set(groups []string, limit int) (lines []string) {
	line := ""
	put := func(part, gap string) {
		switch {
		case line == "":
			line = part
		case len(line)+len(gap)+len(part) <= limit:
			line += gap + part
		default:
			lines = append(lines, line)
			line = part
		}
		for len(line) > limit {
			lines, line = append(lines, line[:limit]), line[limit:]
		}
	}
	for _, g := range groups {
		if len(g) <= limit {
			put(g, groupGap)
			continue
		}
		for i, word := range strings.Split(g, " ") {
			put(word, map[bool]string{true: groupGap, false: " "}[i == 0])
		}
	}
	return append(lines, line)
}

// draw draws the strip of one picture.
func (s *strip) draw(at custody.Instant, damaged bool) { s.write(s.lines(at, damaged)) }

// label draws a strip without a time: while nothing is shown, no clock stands still.
func (s *strip) label() { s.write(set([]string{s.text}, s.limit)) }

func (s *strip) write(lines []string) {
	fill(s.luma, paper)
	for i, line := range lines {
		s.face.write(s.luma, s.width, s.face.width/2, s.face.width/2+i*2*s.face.width, line)
	}
}

func fill(b []byte, v byte) { copy(b, bytes.Repeat([]byte{v}, len(b))) }

// slate is a plain picture with a text, in place of one that is not there.
type slate struct {
	faces         []typeface
	width, height int
}

// rows draws the paragraphs in the middle and hands over the luma of the picture from top to bottom, a few rows at a time.
func (s slate) rows(paragraphs []string, put func([]byte) error) error {
	face := fitting(s.faces, 48, s.width)
	lines := []string(nil)
	for _, p := range paragraphs {
		lines = append(lines, set([]string{p}, max(1, s.width/face.width))...)
	}
	step := face.width * 5 / 2
	first := max(0, (s.height-len(lines)*step)/2)
	row := 0
	empty := bytes.Repeat([]byte{paper}, s.width)
	blank := func(n int) error {
		for range min(n, s.height-row) {
			row++
			if err := put(empty); err != nil {
				return err
			}
		}
		return nil
	}
	if err := blank(first); err != nil {
		return err
	}
	for _, line := range lines {
		n := min(step, s.height-row)
		if n <= 0 {
			break
		}
		band := bytes.Repeat([]byte{paper}, s.width*n)
		face.write(band, s.width, max(0, (s.width-len(line)*face.width)/2), 0, line)
		row += n
		if err := put(band); err != nil {
			return err
		}
	}
	return blank(s.height - row)
}

// gapText is what a slate says about the part of a gap that lies in the window.
func gapText(inside custody.Span, cause string, zone *time.Location) []string {
	from, fromUTC := clockText(inside.Start, zone)
	to, toUTC := clockText(inside.End, zone)
	return []string{"NO RECORDING", "from " + from, "to " + to, "(" + fromUTC + " to", toUTC + ")", cause}
}
