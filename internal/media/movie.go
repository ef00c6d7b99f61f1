package media

import (
	"bufio"
	"io"
	"math"
	"math/big"

	"github.com/footage-custody/custody/internal/custody"
)

// Movie is a Clip as one progressive MP4 file (ISO/IEC 14496-12): ftyp, moov, mdat. The payloads in it are the units' bytes as they stand
// in the fragments, in the order of the Clip; the same Clip gives the same file.
//
// Time. There is no edit list, so nothing hides behind one. Each track's decode times are the run's, rebased to begin at 0 and kept to the
// tick, also across leading pictures left out and lost sound. All tracks share one origin: what is shown or heard first stands at 0. Where
// a track stands after it, and how its pictures are reordered, is said by signed composition offsets (ctts version 1); a track
// of sound that begins later than the pictures has one offset for all its units. So no silence and no picture is invented. The
// last unit of a track lasts as long as the one before it, but not past the end of the window.
//
// Memory: the Clip's units, and for each at most 20 bytes of tables, twice while they are written; the payload of one unit and a
// buffer of 256 KiB. Safe for concurrent use.
type Movie struct {
	tracks []MovieTrack
	units  []Taken
	header []byte // everything before the first payload
	media  int64  // bytes of payload
}

// MovieTrack says how a track of a run lies in a Movie.
type MovieTrack struct {
	Track   uint8
	Samples int
	// Origin is the media time, in ticks of the track since the run's first unit, that is the movie's time 0: a unit's composition time in
	// the file is its PTS - Origin. It is exact for the track that begins first, and rounded down to a tick of its own for every other.
	Origin   int64
	Delay    int64 // ticks from the movie's time 0 to the track's first unit, as shown
	Duration int64 // ticks that its decode times last
}

// movieBuffer is how much is written at a time; chunkBytes closes a chunk (ISO/IEC 14496-12 8.7).
const (
	movieBuffer = 256 << 10
	chunkBytes  = 1 << 20
)

// NewMovie lays a Clip out. created is put down as creation and modification time in whole seconds; 0 for unknown. It fails with Invalid when
// the Clip has no units, when a track cannot be described (InitSection), and when its times lie further apart than sample tables can say.
func NewMovie(clip Clip, created custody.Instant) (*Movie, error) {
	if len(clip.Units) == 0 {
		return nil, custody.Errorf(custody.Invalid, "nothing of the run can be cut out in the window %s", clip.Window)
	}
	l := &layout{units: clip.Units, created: created}
	for _, t := range clip.Tracks {
		if t.Units > 0 {
			l.lanes = append(l.lanes, movieLane{track: t.Track})
		}
	}
	if err := l.survey(clip.Window.End); err != nil {
		return nil, err
	}
	header, err := l.header()
	if err != nil {
		return nil, err
	}
	m := &Movie{units: clip.Units, header: header, media: l.media}
	for i := range l.lanes {
		a := &l.lanes[i]
		m.tracks = append(m.tracks, MovieTrack{a.track.ID, a.samples, a.origin, a.firstPTS - a.origin, a.duration})
	}
	return m, nil
}

// Tracks describes the tracks in the file, in order.
func (m *Movie) Tracks() []MovieTrack { return append([]MovieTrack(nil), m.tracks...) }

// Size is the length of the file in bytes.
func (m *Movie) Size() int64 { return int64(len(m.header)) + m.media }

// Write writes the file. payload is asked for every unit once, in order, and its answer used before the next call. An error of
// payload is returned as it is; one of w is Unavailable; a payload of another length than its unit's is Corrupt. After an
// error what was written is no file.
func (m *Movie) Write(w io.Writer, payload func(Taken) ([]byte, error)) error {
	out := bufio.NewWriterSize(w, movieBuffer)
	_, err := out.Write(m.header)
	for i := 0; err == nil && i < len(m.units); i++ {
		u := m.units[i]
		b, fault := payload(u)
		if fault != nil {
			return fault
		}
		if int64(len(b)) != int64(u.Size) {
			return custody.Errorf(custody.Corrupt, "unit %d of track %d has %d bytes; %d were recorded", u.Seq, u.Track, len(b), u.Size)
		}
		_, err = out.Write(b)
	}
	if err == nil {
		err = out.Flush()
	}
	return custody.Wrap(custody.Unavailable, err, "the film could not be written")
}

// layout is a Movie being laid out.
type layout struct {
	units   []Taken
	lanes   []movieLane // tracks that have units
	created custody.Instant
	media   int64
}

// movieLane is one track of it.
type movieLane struct {
	track    Track
	samples  int
	firstDTS int64
	firstPTS int64 // the least
	origin   int64
	last     Taken
	step     int64 // ticks from the decode time before the last to the last; then how long the last is decoded for
	duration int64
	chunks   []movieChunk
	plain    bool // every unit is shown when it is decoded
	synced   bool // every unit is a closed random access point
}

type movieChunk struct {
	at      int64 // from the first payload
	samples uint32
}

// lane returns the track's lane.
func (l *layout) lane(track uint8) *movieLane {
	for i := range l.lanes {
		if l.lanes[i].track.ID == track {
			return &l.lanes[i]
		}
	}
	return nil
}

// survey reads the units once: where each track begins and ends, and the chunks.
func (l *layout) survey(end custody.Instant) error {
	var chunk int64 // bytes of the open one
	for i, u := range l.units {
		a := l.lane(u.Track)
		if a == nil {
			return custody.Errorf(custody.Invalid, "a unit of track %d is none of the clip's", u.Track)
		}
		if a.samples == 0 {
			a.firstDTS, a.firstPTS, a.step, a.synced = u.DTS, u.PTS, defaultStep(a.track), true
		} else {
			a.step = satSub(u.DTS, a.last.DTS)
			if a.step < 0 || a.step > math.MaxUint32 {
				return custody.Errorf(custody.Invalid, "%d ticks lie between units %d and %d of track %d: decide on a span on one side", a.step, a.last.Seq, u.Seq, u.Track)
			}
		}
		if i == 0 || l.units[i-1].Track != u.Track || chunk >= chunkBytes {
			a.chunks = append(a.chunks, movieChunk{at: l.media})
			chunk = 0
		}
		a.chunks[len(a.chunks)-1].samples++
		chunk += int64(u.Size)
		l.media += int64(u.Size)
		a.firstPTS = min(a.firstPTS, u.PTS)
		a.synced = a.synced && (!a.track.Codec.Video() || synchronous(u.Unit))
		a.samples++
		a.last = u
	}
	return l.align(end)
}

// synchronous reports that a picture is a sync sample: a closed random access point.
func synchronous(u Unit) bool { return u.Flags&(RandomAccess|Open) == RandomAccess }

// align gives the tracks their common origin and checks that their offsets can be written.
func (l *layout) align(end custody.Instant) error {
	first := &l.lanes[0]
	for i := range l.lanes {
		a := &l.lanes[i]
		if a.firstSecond().Cmp(first.firstSecond()) < 0 {
			first = a
		}
	}
	for i := range l.lanes {
		a := &l.lanes[i]
		a.origin = Rescale(first.firstPTS, a.track.Timescale, first.track.Timescale)
		a.plain = true
		left := ticksOf(end.Sub(a.last.Wall), a.track.Timescale)
		a.step = min(max(1, min(a.step, left)), math.MaxUint32)
		a.duration = satAdd(satSub(a.last.DTS, a.firstDTS), a.step)
	}
	for _, u := range l.units {
		a := l.lane(u.Track)
		offset := a.offset(u.Unit)
		if offset < math.MinInt32 || offset > math.MaxInt32 {
			return custody.Errorf(custody.Invalid, "unit %d of track %d is shown %d ticks after it is decoded: decide on a span on one side", u.Seq, u.Track, offset)
		}
		a.plain = a.plain && offset == 0
	}
	return nil
}

// firstSecond is when the track's first unit is shown, in seconds of the run.
func (a *movieLane) firstSecond() *big.Rat { return big.NewRat(a.firstPTS, int64(a.track.Timescale)) }

// offset is the composition offset of a unit.
func (a *movieLane) offset(u Unit) int64 {
	return satSub(satSub(u.PTS, a.origin), satSub(u.DTS, a.firstDTS))
}
