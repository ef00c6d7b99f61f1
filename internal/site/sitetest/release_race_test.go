package sitetest

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/objecttest"
)

// TestFiftyAtOneRequest: fifty clients act on one request at the same moment, all with the right to. One of them wins each time, the others
// are told so, and what is stored is what the diary says.
func TestFiftyAtOneRequest(t *testing.T) {
	t.Parallel()
	t.Run("SQLite and disk", func(t *testing.T) {
		t.Parallel()
		newCounter(t, Options{}).rush(Scaled(4, 40))
	})
	t.Run("PostgreSQL and S3", func(t *testing.T) {
		t.Parallel()
		newCounter(t, Options{Postgres: dbtest.Server(t), S3: objecttest.StartGateway(t)}).rush(Scaled(4, 40))
	})
}

// counter is a desk with many clerks and directors.
type counter struct {
	*library
	at                Stretch
	clerks, directors []*Person
	won               map[string]int
}

func newCounter(t *testing.T, o Options) *counter {
	t.Helper()
	c := &counter{library: newLibrary(t, o, simcam.CameraSpec{Path: "door"}), won: map[string]int{}}
	c.at = c.stretch(0, 20, 60)
	c.gone()
	c.clerks, c.directors = []*Person{c.clerk}, []*Person{c.director}
	for i := range 3 {
		c.clerks = append(c.clerks, c.Hire(fmt.Sprintf("clerk%d", i), "staff"))
		c.directors = append(c.directors, c.Hire(fmt.Sprintf("director%d", i), "custodian"))
	}
	return c
}

// wish is what one client does.
type wish struct {
	name, method, path string
	body               any
	who                *Person
}

// outcomes are the answers by what was wished.
type outcomes map[string]map[int]int

func (o outcomes) won(names ...string) (n int) {
	for _, name := range names {
		for status, times := range o[name] {
			if status < 300 {
				n += times
			}
		}
	}
	return n
}

// atOnce lets all go at the same moment. Who loses is told why: the matter is another by now, or closed to them.
func (c *counter) atOnce(wishes []wish) outcomes {
	c.t.Helper()
	out, start := outcomes{}, make(chan struct{})
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, w := range wishes {
		all.Go(func() {
			<-start
			res, err := w.who.Ask(c.t.Context(), w.method, w.path, w.body)
			if err != nil {
				c.t.Errorf("%s: %v", w.name, err)
				return
			}
			defer res.Body.Close()
			text, err := io.ReadAll(res.Body)
			if s := res.StatusCode; err != nil || s >= 300 && s != http.StatusConflict && s != http.StatusForbidden {
				c.t.Errorf("%s: %d %s (%v)", w.name, s, text, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if out[w.name] == nil {
				out[w.name] = map[int]int{}
			}
			out[w.name][res.StatusCode]++
		})
	}
	close(start)
	all.Wait()
	return out
}

const crowd = 50

// turn is one of several, in turn.
func turn(who []*Person, i int) *Person { return who[i%len(who)] }

func (c *counter) rush(rounds int) {
	c.t.Helper()
	for i := range rounds {
		r := c.decided(i)
		pkg := c.clerk.Waits(r.ID)
		c.mixed(i, c.clerk.Request(r.ID), pkg)
		if c.t.Failed() {
			c.t.Fatalf("in round %d", i)
		}
	}
	c.t.Logf("%d rounds: %v", rounds, c.won)
	c.p.Stop()
}

// decided brings a request to its decision, with a crowd at each step.
func (c *counter) decided(round int) api.Request {
	c.t.Helper()
	logged := c.clerk.Logs(Asks(c.at))
	c.clerk.CallsBack(logged.ID, c.agency)
	r := c.clerk.Adds(c.clerk.Request(logged.ID), c.at)
	for _, step := range []string{"propose", "decide"} {
		var all []wish
		for i := range crowd {
			who := turn(c.clerks, i)
			if step == "decide" {
				who = turn(c.directors, i)
			}
			all = append(all, wish{step, http.MethodPost, "/api/requests/" + r.ID + "/" + step, Rulings(r, "grant"), who})
		}
		if step == "decide" {
			for _, d := range c.directors {
				d.Confirms()
			}
		}
		if o := c.atOnce(all); o.won(step) != 1 {
			c.t.Fatalf("round %d: of %d who %s, %v", round, crowd, step, o)
		}
		r = c.clerk.Request(r.ID)
	}
	if r.State != "decided" && r.State != "available" || r.Items[0].Decision == nil {
		c.t.Fatalf("round %d: the request is %s", round, r.State)
	}
	return r
}

// mixed lets a crowd hand over, decide otherwise, rescope, close and recall at once.
func (c *counter) mixed(round int, r api.Request, pkg api.Package) {
	c.t.Helper()
	narrow := map[string]any{"camera": c.at.Camera, "from": c.at.Span.Start.String(), "to": c.at.Span.End.Add(-100_000_000).String(), "version": r.Version}
	kinds := []func(i int) wish{
		func(i int) wish {
			return wish{"hand over", http.MethodPost, "/api/packages/" + pkg.ID + "/deliveries", map[string]any{"way": "folder", "recipient": "N. Riviera",
				"agency": "Springfield PD", "badge": "B-7", "signed_by": "N. Riviera"}, turn(c.clerks, i)}
		},
		func(i int) wish {
			return wish{"reverse", http.MethodPost, "/api/requests/" + r.ID + "/decide", Rulings(r, "deny"), turn(c.directors, i)}
		},
		func(i int) wish {
			return wish{"rescope", http.MethodPut, "/api/requests/" + r.ID + "/items/" + r.Items[0].ID, narrow, turn(c.clerks, i)}
		},
		func(i int) wish {
			return wish{"close", http.MethodPost, "/api/requests/" + r.ID + "/close", map[string]any{"closing": "withdrawn", "why": "they need it no longer", "version": r.Version}, turn(c.directors, i)}
		},
		func(i int) wish {
			return wish{"recall", http.MethodPost, "/api/packages/" + pkg.ID + "/recall", map[string]any{"why": "the wrong minute"}, turn(c.directors, i)}
		},
	}
	var all []wish
	for i := range crowd {
		all = append(all, kinds[(i+round)%len(kinds)](i/len(kinds)))
	}
	o := c.atOnce(all)
	out, moved, ended := o.won("hand over"), o.won("reverse", "rescope", "close"), o.won("recall")
	if out+moved > 1 || ended > 1 || out+moved+ended == 0 {
		c.t.Errorf("round %d: %v", round, o)
	}
	for name := range o {
		c.won[name] += o.won(name)
	}
	now := c.clerk.Request(r.ID)
	if len(now.Deliveries) != out || ended == 1 && now.Packages[0].State != "recalled" || len(now.Packages) > 2 {
		c.t.Errorf("round %d: %v, the request is %s with %d deliveries and %+v", round, o, now.State, len(now.Deliveries), now.Packages)
	}
	// Handed over and signed for, reversed, narrowed, closed or recalled: nothing of it leaves any more.
	c.clerk.Get("/api/packages/" + pkg.ID + "/zip").Wants(custody.Denied)
}
