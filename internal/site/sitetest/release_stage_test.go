package sitetest

import (
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
)

// library is a small library with cameras, a clerk and a director.
type library struct {
	*Site
	t        *testing.T
	farm     *simcam.Farm
	p        *Process
	stored   *Stored
	clerk    *Person
	director *Person
	agency   string
	ids      []custody.CameraID
	began    custody.Instant // nothing was recorded before
}

func newLibrary(t *testing.T, o Options, cameras ...simcam.CameraSpec) *library {
	t.Helper()
	o.Web = true
	l := &library{t: t, farm: Farm(t, simcam.Options{Cameras: cameras, Ledger: 1 << 18, Now: time.Now}), began: custody.InstantOf(time.Now())}
	l.Site = New(t, o)
	for i, c := range l.farm.Cameras() {
		args := []string{"camera", "add", CameraName(c), "--url", c.URL()}
		if cameras[i].Audio != "" {
			args = append(args, "--audio")
		}
		l.Must(args...)
	}
	l.p = l.Serve()
	l.clerk, l.director = l.Hire("clerk", "staff"), l.Hire("director", "custodian")
	l.agency = l.director.Lists()
	for _, c := range l.farm.Cameras() {
		l.ids = append(l.ids, l.ID(c))
	}
	return l
}

// quiet ends what is being recorded, so that all of it is settled soon.
func (l *library) quiet() {
	l.t.Helper()
	Still(l.t, l.farm.Cameras())
}

// sofar is all the time in which something may have been recorded.
func (l *library) sofar() custody.Span {
	return custody.Span{Start: l.began, End: custody.InstantOf(time.Now())}
}

// walls are when the pictures of a camera were taken, by what an ordinary look shows, in order.
func (l *library) walls(cam int) []custody.Instant {
	l.t.Helper()
	return wallsOf(l.clerk.Watch(l.ids[cam], l.sofar()))
}

// wallsFor are the same, shown to the clerk who watches for a request.
func (l *library) wallsFor(cam int, number string) []custody.Instant {
	l.t.Helper()
	span := l.sofar()
	return wallsOf(l.clerk.ViewFor(map[string]any{"basis": "request", "reference": number, "text": "to find the exact span", "cameras": []string{string(l.ids[cam])},
		"from": span.Start.String(), "to": span.End.String()}).Granted())
}

func wallsOf(w Watching) (out []custody.Instant) {
	w.p.s.t.Helper()
	for _, p := range w.Index().Parts {
		for _, us := range p.Samples.WallUS {
			out = append(out, custody.Instant(us))
		}
	}
	w.Stop().OK()
	slices.Sort(out)
	return out
}

// later is how many pictures more than the last one needed have to be shown: one that is sent later may be seen before it.
const later = 8

// around waits until a camera's record shows so many pictures before an instant and so many from it on, and is the stretch that they
// fill. While the record is waited for, the cameras must be sending: what was sent last is not in it yet.
func (l *library) around(cam int, at custody.Instant, before, after int) (out Stretch) {
	l.t.Helper()
	WaitUntil(l.t, time.Minute, "the record shows enough pictures around the instant", func() bool {
		walls := l.walls(cam)
		i, _ := slices.BinarySearch(walls, at)
		if i < before {
			l.t.Fatalf("camera %d has only %d pictures before the instant", cam, i)
		}
		if i+after+later >= len(walls) {
			return false
		}
		out = Stretch{l.ids[cam], custody.Span{Start: walls[i-before], End: walls[i+after]}}
		return true
	})
	return out
}

// stretch waits until a camera's record shows so many pictures, and is that from one of them to before another.
func (l *library) stretch(cam, from, to int) Stretch {
	l.t.Helper()
	return l.around(cam, l.began, -from, to)
}

// packed takes a request with these items from the desk to a ready package. Items are granted but those of which outcomes says otherwise.
func (l *library) packed(items []Stretch, outcomes ...string) (api.Request, api.Package) {
	l.t.Helper()
	logged := l.clerk.Logs(Asks(items[0]))
	l.clerk.CallsBack(logged.ID, l.agency)
	r := l.clerk.Adds(l.clerk.Request(logged.ID), items...)
	r = l.director.Decides(l.clerk.Proposes(r, outcomes...), outcomes...)
	return r, l.clerk.Waits(r.ID)
}
