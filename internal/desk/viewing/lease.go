package viewing

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Kinds of a Look.
const (
	KindRecorded = "recorded"
	KindStill    = "still"
	KindLive     = "live"
)

const (
	minute = custody.Instant(60_000_000)
	// maxLeases bounds what one viewing may look at: 16 cameras for four days.
	maxLeases = 100_000
)

// leaseKey is one camera-minute of a kind.
type leaseKey struct {
	camera custody.CameraID
	minute custody.Instant
	kind   string
}

// lease is one camera-minute that is written down, or being so. done is closed when that is known; err is why it failed.
type lease struct {
	at     custody.Instant
	done   chan struct{}
	err    error
	served bool
}

// minutesOf lists the minutes that a span touches, at most two hours of them.
func minutesOf(span custody.Span) []custody.Instant {
	first := span.Start - (span.Start%minute+minute)%minute
	out := []custody.Instant{first}
	for m := first + minute; m < span.End && len(out) < 120; m += minute {
		out = append(out, m)
	}
	return out
}

// lease returns nil once the diary holds durably that the viewing looks at these minutes of the camera (CONTRACTS 7). It must be called
// before the first byte of them leaves. It waits at most Options.Lease: Unavailable, and no byte. A commit that is late
// counts for the next time.
func (d *Desk) lease(ctx context.Context, s *session, camera custody.CameraID, kind string, minutes []custody.Instant) error {
	waits, err := d.takeLeases(s, camera, kind, minutes)
	if err != nil || len(waits) == 0 {
		return err
	}
	timer := time.NewTimer(d.o.Lease)
	defer timer.Stop()
	for _, l := range waits {
		select {
		case <-l.done:
			if l.err != nil {
				return custody.Wrap(custody.Unavailable, l.err, "footage stays closed while the diary cannot be written: try again")
			}
		case <-timer.C:
			return custody.Errorf(custody.Unavailable, "footage stays closed while the diary is slow: try again")
		case <-s.live.Done():
			return s.over(d.p.Clock.Now())
		case <-ctx.Done():
			return custody.Wrap(custody.Unavailable, ctx.Err(), "nobody waits for this any more")
		}
	}
	return nil
}

// takeLeases finds the leases and begins to commit those that are missing, all in one.
func (d *Desk) takeLeases(s *session, camera custody.CameraID, kind string, minutes []custody.Instant) (waits []*lease, err error) {
	if err := s.over(d.p.Clock.Now()); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, custody.Errorf(custody.Denied, "the viewing was ended: open a new one")
	}
	if len(s.leases)+len(minutes) > maxLeases {
		return nil, custody.Errorf(custody.Exhausted, "this viewing has looked at enough: open a new one")
	}
	var missing []leaseKey
	for _, m := range minutes {
		k := leaseKey{camera, m, kind}
		l := s.leases[k]
		if l == nil {
			l = &lease{at: d.p.Clock.Now(), done: make(chan struct{})}
			s.leases[k] = l
			missing = append(missing, k)
		}
		waits = append(waits, l)
	}
	if len(missing) > 0 {
		s.commits.Add(1)
		d.work.Add(1)
		go func() {
			defer d.work.Done()
			defer s.commits.Done()
			d.commit(s, missing)
		}()
	}
	return waits, nil
}

type servedDetail struct {
	Minute    string `json:"minute"`
	Kind      string `json:"kind"`
	Basis     string `json:"basis"`
	Reference string `json:"reference,omitempty"`
	Text      string `json:"text"`
}

// commit writes leases down. One that failed is forgotten, so that the next who needs it tries again.
func (d *Desk) commit(s *session, keys []leaseKey) {
	ctx, cancel := context.WithTimeout(context.Background(), d.o.Lease)
	defer cancel()
	now := d.p.Clock.Now()
	looks, events := make([]Look, len(keys)), make([]custody.Event, len(keys))
	var err error
	for i, k := range keys {
		looks[i] = Look{Viewing: s.ID, Staff: s.Staff, Camera: k.camera, Minute: k.minute, Leased: now, Kind: k.kind, Served: true}
		if events[i], err = custody.NewEvent(custody.EventFootageServed, now, s.actor.String(), k.camera, string(s.ID),
			servedDetail{k.minute.String(), k.kind, string(s.Basis), s.Reference, s.Text}); err != nil {
			break
		}
	}
	if err == nil {
		err = d.p.Store.Lease(ctx, looks, events...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range keys {
		l := s.leases[k]
		if l.err = err; err != nil {
			delete(s.leases, k)
		}
		close(l.done)
	}
}

// served notes that a byte of these minutes is about to leave. It fails unless every one of them is leased and the viewing is open.
func (s *session) serve(camera custody.CameraID, kind string, minutes []custody.Instant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return custody.Errorf(custody.Denied, "the viewing was ended: open a new one")
	}
	for _, m := range minutes {
		l := s.leases[leaseKey{camera, m, kind}]
		if l == nil {
			return custody.Errorf(custody.Internal, "a minute was not leased")
		}
		select {
		case <-l.done:
			l.served = true
		default:
			return custody.Errorf(custody.Internal, "a minute is not leased yet")
		}
	}
	return nil
}

// unserved lists the leases under which nothing left, by camera and time.
func (s *session) unserved() []Look {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Look
	for k, l := range s.leases {
		if !l.served {
			out = append(out, Look{Viewing: s.ID, Staff: s.Staff, Camera: k.camera, Minute: k.minute, Leased: l.at, Kind: k.kind})
		}
	}
	slices.SortFunc(out, func(a, b Look) int {
		return cmp.Or(cmp.Compare(a.Camera, b.Camera), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Minute, b.Minute))
	})
	return out
}

// unavailable keeps an error that is ours and calls any other Unavailable.
func unavailable(err error) error {
	if err == nil || custody.KindOf(err) != custody.Internal {
		return err
	}
	return custody.Wrap(custody.Unavailable, err, "footage stays closed while the records cannot be written or read: try again")
}
