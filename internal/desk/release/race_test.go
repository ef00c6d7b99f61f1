package release_test

import (
	"sync"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
)

func filterOf(t custody.EventType) audit.Filter { return audit.Filter{Type: t} }

// TestFiftyWhoChangeTheirMinds decide, rescope and recall while packages are made: what is ready is of what stands decided at that moment.
func TestFiftyWhoChangeTheirMinds(t *testing.T) {
	s, door, span := filmed(t)
	r, items := s.logged(access.LawEnforcement, decision{door, span, access.Granted})
	k := s.packer()
	s.must(k.Start(t.Context()))
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() {
			for range 4 {
				now, current, err := s.db.RequestByID(t.Context(), r.ID)
				if err != nil || len(current) != 1 {
					t.Error(err)
					return
				}
				i := current[0]
				i.ID = items[0].ID
				now.Ruling++
				ready := ""
				for _, p := range must(s.db.Packages().Of(t.Context(), r.ID)) {
					if p.State == release.Ready {
						ready = string(p.ID)
					}
				}
				switch n % 3 {
				case 0: // decided with another span
					i.Span.End = span.End - custody.Instant(n%5)*1_000_000
					now.State, i = request.Decided, s.decided(i, access.Granted)
				case 1: // scoped anew
					now.State, i.Stage, i.Proposal, i.Decision = request.Scoped, access.Scoped, request.Proposal{}, request.Decision{}
				case 2:
					if ready != "" {
						_ = s.db.Packages().Change(t.Context(), custody.PackageID(ready), release.Ready, release.Recalled, "a mistake")
						continue
					}
					now.State, i = request.Decided, s.decided(i, access.Refused)
				}
				_, _ = s.db.Change(t.Context(), request.Changing{Request: now, Items: []request.Item{i}}, s.entry(custody.EventItemDecided, string(r.ID))) // one of them wins
				k.Wake()
			}
		})
	}
	all.Wait()
	k.Stop()
	for _, p := range must(s.db.Packages().Of(t.Context(), r.ID)) {
		now, current := s.current(r.ID)
		if p.State == release.Ready && p.Ruling == now.Ruling && (current[0].Stage != access.Decided || current[0].Decision.Outcome != access.Granted || p.Films[0].Span != current[0].Span) {
			t.Errorf("%s is ready for what nobody decided: %+v", p.Number, current[0])
		}
		f, err := s.db.Facts().Matter(t.Context(), string(p.ID))
		if err != nil || f.Ready && (p.State != release.Ready || p.Films[0].Span != current[0].Span || current[0].Decision.Outcome != access.Granted) {
			t.Errorf("%s: the judge is told that it is ready (%v)", p.Number, err)
		}
	}
	r, _ = s.current(r.ID)
	last := s.decided(items[0], access.Granted)
	s.decide(r, last)
	s.must(s.packerRuns(r.ID))
}

// packerRuns lets a packer work until the request's present ruling has a package.
func (s *site) packerRuns(id custody.RequestID) error {
	k := s.packer()
	if err := k.Start(s.t.Context()); err != nil {
		return err
	}
	defer k.Stop()
	now, _ := s.current(id)
	until(s.t, func() bool {
		all := must(s.db.Packages().Of(s.t.Context(), id))
		return len(all) > 0 && all[len(all)-1].Ruling == now.Ruling && all[len(all)-1].State == release.Ready
	})
	return nil
}
