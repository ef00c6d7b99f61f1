package station

import (
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

const (
	lookEvery   = time.Second      // between looks at the wall clock
	markEvery   = 10 * time.Second // between stored marks
	kernelEvery = time.Minute      // between looks at the kernel's synchronisation
	reserve     = 15 * time.Second // over markEvery by more than slewing and a late look can use up

	deadBand      = time.Millisecond // a smaller lag behind the wall clock is left alone
	stepThreshold = 2 * time.Second  // a forward difference over this is a step, if the next look agrees
	slewPart      = 200              // 0.5 %: one microsecond in so many
)

// Sources are the raw clocks. Both are safe for concurrent use.
type Sources struct {
	Wall func() time.Time     // the machine's wall clock; may be stepped at any time
	Mono func() time.Duration // since boot; never stepped, never backwards, survives the process
	Boot string               // names the boot that Mono counts from; empty if unknown
}

// Mark is what a restart needs to know about the clock.
type Mark struct {
	Now  custody.Instant `json:"now"`
	Mono time.Duration   `json:"mono"` // of Sources.Mono at that instant, in nanoseconds
	Boot string          `json:"boot"`
	Fast bool            `json:"fast"` // from here on the clock may run up to 0.5 % fast; else not at all
}

// Marks keeps the last Mark durably. Load returns the zero Mark if none was ever stored. Store returns nil only when the
// mark survives a power cut. Both may block; the clock goes on meanwhile.
type Marks interface {
	Load() (Mark, error)
	Store(Mark) error
}

// KernelTime is the kernel's own opinion of its clock (adjtimex(2)).
type KernelTime struct {
	At           custody.Instant // station time of the look
	Synchronised bool            // TIME_ERROR and STA_UNSYNC are clear
	Offset       time.Duration   // still to be corrected by the kernel
	MaxError     time.Duration
	EstError     time.Duration
	Status       int32 // STA_ bits
}

// Kernel looks at the kernel's time synchronisation; At is filled in by the clock.
type Kernel interface {
	Look() (KernelTime, error)
}

// Options are the parts of a clock. Kernel and Keep may be nil.
type Options struct {
	Sources Sources
	Marks   Marks
	Kernel  Kernel
	// Keep stores each look at the kernel as evidence, once a minute. It is called from the watcher and must return within a second.
	Keep func(KernelTime)
}

// Clock implements custody.Clock. Make one with New; Start keeps it near the wall clock.
type Clock struct {
	o      Options
	anchor time.Duration // Mono at New

	mu    sync.Mutex
	line  line
	last  custody.Instant // the latest handed out
	epoch uint64
	state State

	watch watch
}

// State is what the watcher has found; a snapshot.
type State struct {
	Offset    time.Duration // wall clock less station clock at the last look: what is still to be slewed
	Epoch     uint64
	Marked    Mark  // the last one stored
	MarkError error // why the latest mark could not be stored; nil if it was
	Kernel    KernelTime
	KernelErr error
}

// line maps monotonic to station time: from base on at rate 1, plus a correction that grows by 1/slewPart until it is used up.
type line struct {
	mono    time.Duration
	base    time.Duration // station time since 1970
	correct time.Duration // whole correction; negative slows
}

func (l line) at(mono time.Duration) time.Duration {
	d := max(0, mono-l.mono)
	slew := min(d/slewPart, max(l.correct, -l.correct))
	if l.correct < 0 {
		slew = -slew
	}
	return l.base + d + slew
}

// New makes the clock and sets it: to the wall clock, or to the end of what an earlier process may have handed out,
// whichever is later. It fails with Unavailable if the mark cannot be read: a clock that may run backwards is no evidence.
func New(o Options) (*Clock, error) {
	mark, err := o.Marks.Load()
	if err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "the station clock's mark could not be read: check the state directory, and remove the mark only if it is damaged")
	}
	mono := o.Sources.Mono()
	c := &Clock{o: o, anchor: mono}
	wall := sinceEpoch(o.Sources.Wall())
	start := max(wall, floor(mark, mono, o.Sources.Boot))
	c.line = line{mono: mono, base: start, correct: wall - start}
	c.state.Offset = wall - start
	c.state.Marked = mark
	return c, nil
}

// floor is the least station time that no earlier process can have exceeded.
func floor(m Mark, mono time.Duration, boot string) time.Duration {
	if m == (Mark{}) {
		return 0
	}
	marked := time.Duration(m.Now) * time.Microsecond
	if m.Boot == "" || m.Boot != boot || mono < m.Mono {
		return marked + reserve
	}
	since, slew := mono-m.Mono, time.Duration(0)
	if m.Fast { // until the next mark, which replaced this one unless the process died
		slew = min(since, reserve) / slewPart
	}
	return marked + since + slew + time.Microsecond
}

// Now implements custody.Clock.
func (c *Clock) Now() custody.Instant { return c.Reading().Now }

// Reading implements custody.Clock.
func (c *Clock) Reading() custody.ClockReading {
	c.mu.Lock()
	defer c.mu.Unlock()
	mono := c.o.Sources.Mono()
	return custody.ClockReading{Now: c.nowAt(mono), Mono: mono - c.anchor, Epoch: c.epoch}
}

// nowAt needs mu. It never returns less than before.
func (c *Clock) nowAt(mono time.Duration) custody.Instant {
	c.last = max(c.last, custody.Instant(c.line.at(mono)/time.Microsecond))
	return c.last
}

// State returns what the watcher knows.
func (c *Clock) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.state
	s.Epoch = c.epoch
	return s
}

// sinceEpoch limits a wild wall clock to 1970 and maxNow.
func sinceEpoch(t time.Time) time.Duration {
	return time.Duration(min(max(custody.InstantOf(t), 0), maxNow)) * time.Microsecond
}
