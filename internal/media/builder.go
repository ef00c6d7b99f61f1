package media

import (
	"crypto/sha256"
	"iter"
	"math"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// fragmentLeast keeps a camera that sends only random access units from filling segments with tiny fragments: a
// fragment that starts at one is not closed by the next within this time.
const fragmentLeast = 500 * time.Millisecond

// Builder gathers the placed units of one run into fragments (CONTRACTS 3): the hot path. A unit is copied once, into the
// fragment's buffer, and hashed while it is in the cache; at the end the moof is written into the room kept free
// before the media. In the steady state Append allocates nothing of its own per unit. Not safe for concurrent use.
//
// A fragment closes before a video unit that is a random access point (once the fragment has lasted half a second, or
// at once if its pictures did not themselves start at one), or that lies FragmentTarget past the fragment's start or would
// exceed FragmentMaxBytes; the latter two wait for a unit shown after all before it, so that the next
// fragment's FirstTick and wall start lie ahead. If only audio arrives, audio closes it at twice the target.
type Builder struct {
	alloc    func(size int) *Buffer
	lanes    []lane
	wall     wallClock
	runs     []trackRun // of the lanes, while a fragment closes
	sequence uint32

	open  *Fragment
	out   output
	first int64 // FirstTick of the open fragment
	last  int64 // latest PTS in it, in ticks of track 1
	bytes int   // payload bytes in it
	aside int   // those of them that wait in lanes

	capacity int // hint: bytes that a fragment's content takes
	units    int // hint: units in a fragment
}

// lane is one track of the open fragment.
type lane struct {
	scale uint32
	run   trackRun
	media []byte // payloads of tracks after the first, until the fragment closes
	dts   int64  // of the last unit
	step  int64  // the last known duration of a unit
	begun bool   // a unit was seen in this run
}

// NewBuilder begins a run of valid tracks (ValidTracks). alloc gives a Buffer with len(Mem) of at least size; it may
// answer nil when the caller's memory is spent. notBefore is the end of what the stream has already recorded: no
// wall time of this run lies before it; 0 if nothing was.
func NewBuilder(tracks []Track, alloc func(size int) *Buffer, notBefore custody.Instant) *Builder {
	b := &Builder{alloc: alloc, lanes: make([]lane, len(tracks)), runs: make([]trackRun, len(tracks)), capacity: 64 << 10, units: 64}
	for i, t := range tracks {
		b.lanes[i] = lane{scale: max(t.Timescale, 1), step: defaultStep(t), run: trackRun{id: t.ID, video: t.Codec.Video()}}
	}
	b.wall = newWallClock(b.lanes[0].scale, notBefore)
	return b
}

// defaultStep is the duration of a unit until two have been seen: 1024 samples of AAC, 20 ms of Opus, a tenth of a
// second of video.
func defaultStep(t Track) int64 {
	switch t.Codec {
	case AAC:
		return 1024
	case Opus:
		return int64(t.Timescale) / 50
	default:
		return int64(t.Timescale) / 10
	}
}

// Continue says that the run carries on where notBefore stands, because only the parameters changed: a difference of less
// than a tenth of a second in how late its units come is then no gap. Call it before the first Append.
func (b *Builder) Continue() { b.wall.seamless = true }

// Lead is how far after its receipt the placed unit would stand in wall time: negative by its delay as a rule, since nothing
// arrives before it happened, and positive when the media clock has run ahead of the station's. It never exceeds the lead of
// the run's beginning by more than the RTP time has leapt since.
func (b *Builder) Lead(u Unit) time.Duration {
	if u.Track == 0 || int(u.Track) > len(b.lanes) {
		return 0
	}
	pts := Rescale(u.PTS, b.lanes[0].scale, b.lanes[u.Track-1].scale)
	first := pts
	if b.open != nil {
		first = b.first
	}
	return b.wall.lead(pts, first, u.Receipt)
}

// Append adds a placed unit and returns the fragment that it closed, or nil. The caller owns that fragment; payload is
// free again on return. The error is Exhausted when alloc gave no buffer and Invalid when the unit names no track or its Size is
// not len(payload): then the unit was not taken, but a fragment may still be returned.
func (b *Builder) Append(u Unit, payload []byte) (*Fragment, error) {
	if u.Track == 0 || int(u.Track) > len(b.lanes) || int64(u.Size) != int64(len(payload)) || len(payload) > MaxUnitBytes {
		return nil, custody.Errorf(custody.Invalid, "a unit of track %d with %d bytes does not belong to the run", u.Track, len(payload))
	}
	tick := u.PTS
	if u.Track != 1 {
		tick = Rescale(u.PTS, b.lanes[0].scale, b.lanes[u.Track-1].scale)
	}
	var closed *Fragment
	if b.open != nil && b.closesBefore(u, tick) {
		closed = b.close(&u, tick)
	}
	if b.open == nil {
		if err := b.begin(u, tick); err != nil {
			return closed, err
		}
	}
	return closed, b.add(u, tick, payload)
}

// Close ends the run and returns its last fragment, or nil if nothing is open.
func (b *Builder) Close() *Fragment {
	if b.open == nil {
		return nil
	}
	end := satAdd(b.last, b.lanes[0].step)
	return b.close(nil, end)
}

// Open yields the units of the open fragment with their payloads, in order of arrival. The payloads are valid until the next call of
// Append, Close or Discard.
func (b *Builder) Open() iter.Seq2[Unit, []byte] {
	return func(yield func(Unit, []byte) bool) {
		if b.open == nil {
			return
		}
		rest := make([][]byte, len(b.lanes))
		for i := range b.lanes {
			rest[i] = b.lanes[i].media
		}
		rest[0] = b.out.buf.Mem[b.out.start:b.out.end]
		for _, u := range b.open.Units {
			lane := &rest[u.Track-1]
			payload := (*lane)[:u.Size:u.Size]
			*lane = (*lane)[u.Size:]
			if !yield(u, payload) {
				return
			}
		}
	}
}

// Discard drops the open fragment and releases its buffer.
func (b *Builder) Discard() {
	if b.open == nil {
		return
	}
	b.out.release()
	b.reset()
}

func (b *Builder) closesBefore(u Unit, tick int64) bool {
	lasted := satSub(tick, b.first)
	target := ticksOf(FragmentTarget, b.lanes[0].scale)
	full := b.bytes+int(u.Size) > FragmentMaxBytes || len(b.open.Units) >= MaxFragmentUnits/2
	if b.bytes+int(u.Size) > 2*FragmentMaxBytes || len(b.open.Units) >= MaxFragmentUnits {
		return true
	}
	if u.Track != 1 {
		return lasted >= 2*target
	}
	if u.Flags&RandomAccess != 0 && b.lanes[0].run.video {
		if len(b.lanes[0].run.samples) == 0 && lasted < target && !full {
			return false // sound that came ahead of a run's first picture stands with it
		}
		return !b.open.Info.RandomAccess || full || lasted >= ticksOf(fragmentLeast, b.lanes[0].scale)
	}
	return (lasted >= target || full) && (tick > b.last || lasted >= 2*target)
}

func (b *Builder) begin(u Unit, tick int64) error {
	if !b.out.begin(b.alloc, b.room(b.units+b.units/4), max(b.capacity, int(u.Size))) {
		return custody.Errorf(custody.Exhausted, "no memory is left for another fragment")
	}
	b.first, b.last = tick, tick
	if b.wall.started {
		b.first = max(tick, b.wall.next)
	}
	b.open = &Fragment{
		Info:    FragmentInfo{FirstTick: b.first},
		Units:   make([]Unit, 0, b.units+b.units/8+1),
		Digests: make([][32]byte, 0, b.units+b.units/8+1),
	}
	return nil
}

// room is what the moof over n units and the mdat header take at most.
func (b *Builder) room(n int) int {
	return moofFixed + mdatHeader + len(b.lanes)*(trafFixed+audioTfhdMore) + videoSample*n
}

func (b *Builder) add(u Unit, tick int64, payload []byte) error {
	f, l := b.open, &b.lanes[u.Track-1]
	if !b.out.reserve(b.alloc, b.room(len(f.Units)+1), b.aside+len(payload)) {
		return custody.Errorf(custody.Exhausted, "no memory is left for the fragment to grow")
	}
	held := payload
	if u.Track == 1 {
		held = b.out.append(payload)
	} else {
		l.media = append(l.media, payload...)
		b.aside += len(payload)
	}
	if u.Track == 1 && len(l.run.samples) == 0 {
		f.Info.RandomAccess = u.Flags&RandomAccess != 0
	}
	l.extend(u)
	f.Units = append(f.Units, u)
	f.Digests = append(f.Digests, sha256.Sum256(held))
	b.bytes += len(payload)
	b.last = max(b.last, tick)
	if u.Flags&Damaged != 0 {
		f.Info.Damaged++
	}
	b.wall.observe(u.PTS, l.scale, u.Receipt, u.Track == 1)
	return nil
}

// close finishes the open fragment. next is the unit that closed it, or nil at the end of the run; tick is its PTS, or the end
// of the media. Everything it needs was reserved, so it cannot fail.
func (b *Builder) close(next *Unit, tick int64) *Fragment {
	f := b.open
	for i := range b.lanes {
		l := &b.lanes[i]
		if next != nil && int(next.Track) == i+1 {
			l.settle(next.DTS)
		} else {
			l.fill()
		}
		b.out.append(l.media)
		b.runs[i] = l.run
	}
	b.sequence++
	f.Buffer = b.out.finish(b.sequence, b.runs)
	f.Info.Units = uint32(len(f.Units))
	b.wall.span(&f.Info, b.last, max(tick, b.first), next == nil)
	content := b.out.end - b.out.start
	b.capacity = max(content+content/8, b.capacity-b.capacity/8, 64<<10)
	b.units = max(len(f.Units), b.units-b.units/8, 8)
	f.sorted()
	b.reset()
	return f
}

func (b *Builder) reset() {
	for i := range b.lanes {
		l := &b.lanes[i]
		l.media = l.media[:0]
		l.run.samples, l.run.data = l.run.samples[:0], 0
	}
	b.open, b.bytes, b.aside = nil, 0, 0
}

// extend adds the unit's sample and gives the one before it its duration.
func (l *lane) extend(u Unit) {
	l.settle(u.DTS)
	flags := uint32(flagsNonSync)
	switch {
	case u.Flags&(RandomAccess|Open) == RandomAccess:
		flags = flagsSync
	case u.Flags&RandomAccess != 0:
		flags = flagsOpen
	}
	if len(l.run.samples) == 0 {
		l.run.base = uint64(max(0, satAdd(u.DTS, ticksOf(DecodeOrigin, l.scale))))
	}
	offset := int32(min(max(satSub(u.PTS, u.DTS), math.MinInt32), math.MaxInt32))
	l.run.samples = append(l.run.samples, sampleBox{size: u.Size, flags: flags, offset: offset})
	l.run.data += int(u.Size)
	l.dts, l.begun = u.DTS, true
}

// settle fixes the duration of the last sample, now that the next decode time is known.
func (l *lane) settle(next int64) {
	if l.begun {
		l.step = max(0, satSub(next, l.dts))
	}
	l.fill()
}

// fill gives the last sample the duration that is known or assumed.
func (l *lane) fill() {
	if n := len(l.run.samples); n > 0 {
		l.run.samples[n-1].duration = uint32(min(l.step, math.MaxUint32))
	}
}
