package recorder

import (
	"bytes"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
)

// Bounds on the sound that may wait for the first picture: some seconds of it.
const (
	preludeUnits = 256
	preludeBytes = 256 << 10
)

// prelude is sound that came before the pictures' parameter sets. A run begins with a description of all its
// tracks, and a camera that tells its sets in band alone tells them with its first picture, which is known to be
// whole one picture later: meanwhile its sound waits.
type prelude struct {
	units []waiting
	bytes int
}

type waiting struct {
	unit    media.Unit
	payload []byte
}

// waits keeps a unit of sound for the run that the first picture will begin; false if there is nothing to wait for, or too
// much waits already.
func (s *Stream) waits(u media.Unit, payload []byte) bool {
	p := &s.prelude
	if s.builder != nil || s.unfit || u.Track == 1 || !s.tracks[0].Codec.Video() || s.tracks[0].Complete() {
		return false
	}
	if len(p.units) == preludeUnits || p.bytes+len(payload) > preludeBytes {
		*p = prelude{}
		return false
	}
	p.units = append(p.units, waiting{u, bytes.Clone(payload)})
	p.bytes += len(payload)
	return true
}

// play records what waited, now that the first picture is here. If that picture brought no sets the sound is given up with it.
func (s *Stream) play() {
	units := s.prelude.units
	s.prelude = prelude{}
	if s.tracks[0].Complete() {
		for _, w := range units {
			s.Unit(w.unit, w.payload)
		}
	}
}

// note tells the writer that nothing is recorded from now on. While nothing is, one cause begins where the one
// before it ends: footage that comes later must not stand before that, however little it was delayed.
func (s *Stream) note(at custody.Instant, cause media.GapCause, detail string) {
	if cause != s.noted && (s.noted != "" || s.end == 0) {
		s.end = max(s.end, at)
	}
	s.noted = cause
	s.queue.push(command{gap: &gapNote{at, cause, detail}}, 0)
}
