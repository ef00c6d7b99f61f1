package media

import (
	"slices"

	"github.com/footage-custody/custody/internal/custody"
)

// MaxClipUnits bounds what a Cutter keeps: units that are shown inside the window, 64 bytes each. An hour of 15 pictures a second with
// AAC sound is 222,000 of them, 14 MiB.
const MaxClipUnits = 4 << 20

// Shown is an access unit with the instant at which it is shown or heard (TrackWall).
type Shown struct {
	Unit
	Wall custody.Instant
}

// Taken is a unit of a Clip.
type Taken struct {
	Shown
	At uint32 // its number in the stream that the Cutter was given, from 0
}

// Reason says why a unit that is shown inside a window is left out of its Clip.
type Reason string

const (
	BeforeRandomAccess Reason = "before-random-access" // decoded ahead of the window's first closed random access point
	LeadingPicture     Reason = "leading-picture"      // shown ahead of the point where decoding begins; a decoder skips it there
	AfterOutside       Reason = "after-outside"        // decoded after a picture outside the window, which it may refer to
	ShorterSequence    Reason = "shorter-sequence"     // ahead of a picture outside the window, after which a longer sequence begins
	ReachesPastEnd     Reason = "reaches-past-end"     // sound that begins inside the window and ends past it
)

// Omission is a row of units that are shown inside the window and left out for one reason: every unit of the track from number
// FirstSeq to LastSeq that is shown inside.
type Omission struct {
	Track             uint8
	Why               Reason
	FirstSeq, LastSeq uint64
	Units, Damaged    int
	First, Last       custody.Instant // the least and greatest instant at which one of them is shown
}

// ClipTrack counts what a Clip holds of one track of the run.
type ClipTrack struct {
	Track          Track
	Units, Damaged int
	Bytes          int64           // of payload
	First, Last    custody.Instant // the least and greatest instant at which a unit is shown; 0 without units
}

// Clip is what the original rendition holds of one unbroken stretch of a run (CONTRACTS 18): one file. Of the pictures it is the longest
// sequence in decoding order that begins at a closed random access point and of which every picture is shown inside the
// window, the first of them where two are equally long. Leading pictures of the point where it begins are no part of it; those
// of later points are, since what they refer to is there. Of the sound it is every unit that begins and ends
// inside the window. Units and LeftOut together are all units of the stretch that are shown inside the window.
type Clip struct {
	Window  custody.Span
	Tracks  []ClipTrack // of the run, in order; of some there may be no unit
	Units   []Taken     // in the order of the stream
	LeftOut []Omission  // in the order of their first units
	// Widened is the window that a decision could take instead so that the pictures before the first closed random access point are
	// not left out: it begins with the one before. Empty if nothing is gained or the stream shows no such point.
	Widened custody.Span
}

// Cutter plans the original rendition of one run in a window: it reads the run's units once, without their payloads, and decides which of
// them a recipient gets. The same units give the same clips.
//
// Track 1 missing units (its numbers leap) breaks the run into stretches: a gap is never spliced over, so each is a Clip of its own.
// Memory: MaxClipUnits times 64 bytes, twice while it grows. Not safe for concurrent use.
type Cutter struct {
	window  custody.Span
	lanes   []cutLane
	at      uint32 // units given
	clips   []Clip
	stretch stretch
}

// cutLane is one track of the run.
type cutLane struct {
	track Track
	sound int64 // ticks that a unit of sound lasts at most
	begun bool  // a unit of the stretch was seen
	last  Unit
	open  Taken // the last unit of sound inside the window, while its end is unknown
	held  bool  // there is one
}

// NewCutter plans for a window of a run with these tracks. It fails with Invalid where ValidTracks does and when the window is empty.
func NewCutter(tracks []Track, window custody.Span) (*Cutter, error) {
	if err := ValidTracks(tracks); err != nil {
		return nil, err
	}
	if window.Empty() {
		return nil, custody.Errorf(custody.Invalid, "the window %s is empty: its end must lie after its start", window)
	}
	c := &Cutter{window: window, lanes: make([]cutLane, len(tracks))}
	for i, t := range tracks {
		c.lanes[i] = cutLane{track: t, sound: longestSound(t)}
	}
	return c, nil
}

// longestSound is how long one unit of sound can last: 2048 samples of AAC with spectral band replication (ISO/IEC 14496-3 4.6.18), 120 ms
// of Opus (RFC 6716 3.2.5).
func longestSound(t Track) int64 {
	if t.Codec == AAC {
		return 2048
	}
	return int64(t.Timescale) * 120 / 1000
}

// Add takes the next unit of the run. Units come as they are sealed: the fragments in order, in each the tracks in order, in each the units
// in decoding order. Begin with the last closed random access point before the window, or earlier, and go on to the end of the
// fragment after the one in which the window ends, since pictures decoded there may be shown before. What lies further away changes
// nothing but Widened.
//
// It fails with Invalid when the unit names no track, Corrupt when it does not follow on the unit before it, and Exhausted when more than
// MaxClipUnits are shown inside the window; the Cutter is then of no further use.
func (c *Cutter) Add(u Shown) error {
	if u.Track == 0 || int(u.Track) > len(c.lanes) {
		return custody.Errorf(custody.Invalid, "a unit of track %d does not belong to the run", u.Track)
	}
	l := &c.lanes[u.Track-1]
	if l.begun {
		if u.Seq <= l.last.Seq || u.DTS < l.last.DTS {
			return custody.Errorf(custody.Corrupt, "unit %d of track %d does not follow on unit %d", u.Seq, u.Track, l.last.Seq)
		}
		if u.Track == 1 && u.Seq != l.last.Seq+1 {
			c.finish()
		}
	}
	taken := Taken{Shown: u, At: c.at}
	inside := c.window.Contains(u.Wall)
	if inside && len(c.stretch.kept) >= MaxClipUnits {
		return custody.Errorf(custody.Exhausted, "the window holds more than %d access units: decide on shorter spans", MaxClipUnits)
	}
	if l.track.Codec.Video() {
		c.stretch.picture(taken, inside)
	} else {
		c.sound(l, taken, inside)
	}
	if inside {
		c.stretch.kept = append(c.stretch.kept, taken)
	}
	l.begun, l.last = true, u.Unit
	c.at++
	return nil
}

// Clips ends the stream and returns a Clip for every stretch that has units shown inside the window, in order. The Cutter keeps nothing of
// them.
func (c *Cutter) Clips() []Clip {
	c.finish()
	clips := c.clips
	c.clips = nil
	return clips
}

// sound notes where the sound before u ends: where u begins, if that is no later than a unit can last.
func (c *Cutter) sound(l *cutLane, u Taken, inside bool) {
	c.settle(l, min(max(0, satSub(u.PTS, l.last.PTS)), l.sound))
	l.open, l.held = u, inside
}

// settle decides on the lane's last unit of sound, which lasts that many ticks.
func (c *Cutter) settle(l *cutLane, ticks int64) {
	if !l.held {
		return
	}
	l.held = false
	lasts := -micros(-ticks, l.track.Timescale) // rounded up
	if satAdd(int64(l.open.Wall), lasts) > int64(c.window.End) {
		c.stretch.reaching = append(c.stretch.reaching, l.open.At)
	}
}

// finish ends a stretch.
func (c *Cutter) finish() {
	for i := range c.lanes {
		l := &c.lanes[i]
		c.settle(l, l.sound)
		l.begun = false
	}
	if len(c.stretch.kept) > 0 {
		c.clips = append(c.clips, c.clip(&c.stretch))
	}
	c.stretch = stretch{}
}

// clip divides what is shown inside the window into what is taken and what is left out.
func (c *Cutter) clip(s *stretch) Clip {
	clip := Clip{Window: c.window, Tracks: make([]ClipTrack, len(c.lanes)), Units: s.kept[:0]}
	for i, l := range c.lanes {
		clip.Tracks[i].Track = l.track
	}
	slices.Sort(s.reaching)
	best := s.longest()
	rows := make([]int, len(c.lanes)) // the track's last omission in LeftOut, from 1
	for _, u := range s.kept {
		var why Reason
		if c.lanes[u.Track-1].track.Codec.Video() {
			why = s.verdict(u, &best)
		} else if _, reaches := slices.BinarySearch(s.reaching, u.At); reaches {
			why = ReachesPastEnd
		}
		if why == "" {
			clip.Units = append(clip.Units, u)
			clip.Tracks[u.Track-1].take(u.Shown)
			rows[u.Track-1] = 0
			continue
		}
		row := &rows[u.Track-1]
		if *row == 0 || !clip.LeftOut[*row-1].extend(u.Shown, why) {
			clip.LeftOut = append(clip.LeftOut, omit(u.Shown, why))
			*row = len(clip.LeftOut)
		}
		if s.reachable && s.before < c.window.Start && (why == BeforeRandomAccess || why == LeadingPicture) {
			clip.Widened = custody.Span{Start: s.before, End: c.window.End}
		}
	}
	return clip
}

func (t *ClipTrack) take(u Shown) {
	if t.Units == 0 {
		t.First, t.Last = u.Wall, u.Wall
	}
	t.First, t.Last = min(t.First, u.Wall), max(t.Last, u.Wall)
	t.Units++
	t.Damaged += boolBit(u.Flags&Damaged != 0)
	t.Bytes += int64(u.Size)
}

func omit(u Shown, why Reason) Omission {
	return Omission{
		Track: u.Track, Why: why, FirstSeq: u.Seq, LastSeq: u.Seq, Units: 1, Damaged: boolBit(u.Flags&Damaged != 0),
		First: u.Wall, Last: u.Wall,
	}
}

// extend adds the track's next unit inside the window if it is left out for the same reason.
func (o *Omission) extend(u Shown, why Reason) bool {
	if o.Why != why {
		return false
	}
	o.LastSeq = u.Seq
	o.Units++
	o.Damaged += boolBit(u.Flags&Damaged != 0)
	o.First, o.Last = min(o.First, u.Wall), max(o.Last, u.Wall)
	return true
}
