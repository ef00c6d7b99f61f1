package sitetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
)

// inFlight is the longest that a unit may need from the camera's socket into the spool: the poll interval, one write, and
// what a busy machine adds. A unit that was sent later before a crash may be lost beside the fragment being filled.
// It grows with the farm's own lateness, which says how busy the machine is.
const inFlight = 400 * time.Millisecond

// steady is how many cameras of a load send without interruption; the others' sessions end every few seconds, so that
// segments are settled all the time.
const steady = 4

// load is eight cameras under which a site is killed, and what they had sent at which moment.
type load struct {
	farm *simcam.Farm
	cams []*simcam.Camera

	stop chan struct{}
	done sync.WaitGroup
	mu   sync.Mutex
	seen []sample
}

// sample is what the cameras had sent at a moment.
type sample struct {
	at   time.Time
	sent []map[uint32]simcam.Total // per camera: its video by session
}

func newLoad(t testing.TB) *load {
	specs := []simcam.CameraSpec{
		{Profile: simcam.H264Plain}, {Profile: simcam.H264B}, {Profile: simcam.H265Plain}, {Profile: simcam.H264OpenGOP},
		{Profile: simcam.H264B, Faults: []simcam.Fault{simcam.CloseAfter{After: 1700 * time.Millisecond}}},
		{Profile: simcam.H264Slices, Faults: []simcam.Fault{simcam.CloseAfter{After: 2300 * time.Millisecond}}},
		{Profile: simcam.H265OpenGOP, Faults: []simcam.Fault{simcam.CloseAfter{After: 2900 * time.Millisecond}}},
		{Profile: simcam.H264Plain, Placement: simcam.SetsInBand, Faults: []simcam.Fault{simcam.CloseAfter{After: 3700 * time.Millisecond}}},
	}
	l := &load{stop: make(chan struct{})}
	l.farm = Farm(t, simcam.Options{Cameras: specs, Stagger: 300 * time.Millisecond, Ledger: 1 << 19, Now: time.Now})
	l.cams = l.farm.Cameras()
	l.done.Go(l.watch)
	t.Cleanup(func() { close(l.stop); l.done.Wait() })
	return l
}

// watch samples what was sent, twenty times a second, and keeps ten seconds of it.
func (l *load) watch() {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
		}
		s := l.sample()
		l.mu.Lock()
		l.seen = append(l.seen, s)
		l.seen = l.seen[max(0, len(l.seen)-200):]
		l.mu.Unlock()
	}
}

func (l *load) sample() sample {
	s := sample{at: time.Now()}
	for _, c := range l.cams {
		sent := map[uint32]simcam.Total{}
		for _, total := range c.Totals() {
			if total.Track == 1 {
				sent[total.Session] = total
			}
		}
		s.sent = append(s.sent, sent)
	}
	return s
}

// sentBefore is the newest sample that is at least so old.
func (l *load) sentBefore(at time.Time) sample {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range slices.Backward(l.seen) {
		if !s.at.After(at) {
			return s
		}
	}
	return sample{at: at, sent: make([]map[uint32]simcam.Total, len(l.cams))}
}

// death is a moment at which the recorder ended, with what had been sent by then.
type death struct {
	sample        // at the moment
	due    sample // inFlight before: what must be stored, but for one fragment
	how    string
}

func (d death) String() string { return fmt.Sprintf("%s at %s", d.how, d.at.Format("15:04:05.000")) }

// note causes a death now and remembers it.
func (l *load) note(how string, kill func()) death {
	d := death{sample: l.sample(), how: how}
	kill()
	d.due = l.sentBefore(d.at.Add(-inFlight - 3*l.farm.Lateness()))
	return d
}
