package media

import "github.com/footage-custody/custody/internal/custody"

// stretch is what a Cutter knows of an unbroken stretch of a run.
type stretch struct {
	kept     []Taken  // shown inside the window, in the order of the stream
	reaching []uint32 // of them the sound that ends past it, by number

	before    custody.Instant // the last closed random access point ahead of the pictures inside the window
	reachable bool            // there is one
	entered   bool            // a picture inside the window was seen

	point       uint32   // the last random access point, open or closed
	first       sequence // the first that was begun
	best        sequence // the longest that has ended
	now, latest sequence // going on, if they have units: the longest, and the one that began at the last point
}

// sequence is a candidate for a Clip's pictures: those numbered from <= at < to, but for the leading pictures of from.
type sequence struct {
	from, to uint32
	units    int
	led      bool // while it is read again: its leading pictures are behind
}

// picture follows one picture in decoding order. Of all closed points where a sequence may begin only two matter: the first whose sequence
// still goes on, since it is the longest of them, and the last, since it alone survives if one of its own leading
// pictures lies outside the window.
func (s *stretch) picture(u Taken, inside bool) {
	closed := u.Flags&(RandomAccess|Open) == RandomAccess
	if u.Flags&RandomAccess != 0 {
		s.point = u.At
	}
	if !inside {
		s.outside(u, closed)
		return
	}
	s.entered = true
	for _, q := range [...]*sequence{&s.now, &s.latest} {
		if q.units > 0 && !s.skips(q, u.Shown) {
			q.units++
		}
	}
	if !closed {
		return
	}
	begun := sequence{from: u.At, units: 1}
	if s.now.units == 0 {
		s.now, s.latest = begun, sequence{}
	} else {
		s.latest = begun
	}
	if s.first.units == 0 {
		s.first = begun
	}
}

// outside ends the sequences that would hold a picture which is not shown inside the window.
func (s *stretch) outside(u Taken, closed bool) {
	if closed && !s.entered {
		s.before, s.reachable = u.Wall, true
	}
	switch {
	case s.now.units == 0 || s.skips(&s.now, u.Shown):
	case s.latest.units > 0 && s.skips(&s.latest, u.Shown):
		s.end(u.At)
		s.now, s.latest = s.latest, sequence{}
	default:
		s.end(u.At)
		s.now, s.latest = sequence{}, sequence{}
	}
}

// skips reports that u is a leading picture of the point where q begins.
func (s *stretch) skips(q *sequence, u Shown) bool {
	return s.point == q.from && leads(u)
}

func leads(u Shown) bool { return u.Flags&(Leading|RandomAccess) == Leading }

// end closes the sequence that goes on, before that unit.
func (s *stretch) end(at uint32) {
	s.now.to = at
	if s.now.units > s.best.units {
		s.best = s.now
	}
}

// longest ends the stretch; without a sequence it has no units.
func (s *stretch) longest() sequence {
	s.end(1<<32 - 1)
	return s.best
}

// verdict says why a picture inside the window is left out, empty if it is taken. Pictures come in order.
func (s *stretch) verdict(u Taken, best *sequence) Reason {
	switch {
	case s.first.units == 0 || u.At < s.first.from:
		return BeforeRandomAccess
	case u.At < best.from:
		return ShorterSequence
	case u.At >= best.to:
		return AfterOutside
	}
	best.led = best.led || u.At > best.from && u.Flags&RandomAccess != 0
	if !best.led && u.At > best.from && leads(u.Shown) {
		return LeadingPicture
	}
	return ""
}
