package check_test

import (
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// lookFor leases n minutes to one viewing, as the desk does.
func (h *house) lookFor(n int) {
	h.t.Helper()
	ctx, start := h.t.Context(), h.clock.Now().Add(-31*24*time.Hour)
	start -= start % 60_000_000
	span := custody.Span{Start: start, End: start.Add(31 * 24 * time.Hour)}
	for n > 0 {
		o := h.open(h.director, false, span)
		for at := start; at < span.End && n > 0; {
			var looks []viewing.Look
			var events []custody.Event
			for now := h.clock.Now(); len(looks) < 1000 && at < span.End && n > 0; at, n = at+60_000_000, n-1 {
				l := viewing.Look{Viewing: o.ID, Staff: o.Staff, Camera: o.Cameras[0], Minute: at, Kind: viewing.KindRecorded, Leased: now, Served: true}
				looks = append(looks, l)
				events = append(events, must(custody.NewEvent(custody.EventFootageServed, now, h.director.String(), l.Camera, string(o.ID),
					map[string]string{"minute": at.String(), "kind": l.Kind, "basis": string(access.OnRequest), "text": "a bicycle was stolen"})))
			}
			h.must(h.db.Lease(ctx, looks, events...))
			h.clock.Advance(time.Second)
		}
		h.must(h.desk.Close(ctx, h.director, o.ID))
	}
}

// BenchmarkLooks is a quick check of a site at which somebody looked at very many minutes, and the part of it that is the log alone.
func BenchmarkLooks(b *testing.B) {
	const looks = 100_000
	s := newSite(b)
	s.addCameras()
	s.settle().lookFor(looks)
	defer s.close()
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			wantClean(b, "after many looks", s.check(check.Options{Quick: true}))
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*1e6/looks, "s/1e6-looks")
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			r, err := audit.Verify(b.Context(), audit.Verification{Store: s.db, Keys: seal.KnownKeys(s.ring.LogKeys()...), Site: origin})
			if err != nil || len(r.Problems) > 0 || r.Entries < looks {
				b.Fatal(r, err)
			}
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*1e6/looks, "s/1e6-entries")
	})
}
