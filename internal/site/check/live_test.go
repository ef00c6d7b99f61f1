package check_test

import (
	"context"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// visitor is the same site as another process would open it, beside the recorder.
func (s *site) visitor() *site {
	v := &site{t: s.t, dir: s.dir, clock: s.clock, streams: s.streams}
	v.open(false)
	return v
}

// TestBesideARecorderNothingIsFalselyFound records as fast as the disk takes it, with gaps, runs and sessions that come
// and go and people who look, while check after check looks on.
func TestBesideARecorderNothingIsFalselyFound(t *testing.T) {
	s := newSite(t)
	s.addCameras()
	h := s.settle()
	a, b, c := s.streams[0], s.streams[1], s.streams[2]
	f := s.record()
	f.connect(a, b, c)
	filming, stop := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(filming)
		pace := time.NewTicker(4 * time.Millisecond)
		defer pace.Stop()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-pace.C:
			}
			f.shoot(2500*time.Millisecond, nil, a, b, c)
			switch i % 24 {
			case 7:
				f.cams[b].stream.Stop(f.clock.Now(), media.GapSilent, "no picture for 5 s")
			case 8:
				f.cams[b].stream.Stop(f.clock.Now(), media.GapUnreachable, "refused")
				f.connect(b)
			case 15:
				f.shoot(time.Second, [][]byte{[][]byte{sps, sps30}[i/24%2], pps}, c)
			case 20:
				h.bustle()
			}
		}
	}()
	v := s.visitor()
	defer v.close()
	var segments uint64
	for i := 0; segments < 100 && !t.Failed(); i++ {
		r := v.check(check.Options{Quick: i%2 == 0, Deep: i%5 == 4})
		wantClean(t, "beside the recorder", r)
		for _, c := range r.Lines[2].Checked {
			if c.What == "segments" {
				segments = c.N
			}
		}
	}
	close(stop)
	<-filming
	f.recorder.Stop(time.Minute)
	h.desk.Stop()
	wantClean(t, "afterwards", v.check(check.Options{Deep: true}))
	s.close()
}

// bustle is somebody who comes, looks at the last minutes and goes, and a role given and taken back.
func (h *house) bustle() {
	ctx := h.t.Context()
	in := must(h.register.SignIn(ctx, identity.Attempt{Login: "clerk", Proof: identity.Proof{Password: identitytest.Password, Address: "192.0.2.3"}})).Actor
	o := h.watch(in, custody.Span{Start: h.clock.Now().Add(-30 * time.Second), End: h.clock.Now()})
	given := must(h.register.GrantRoles(ctx, h.operator, h.clerk.Staff(), identity.Give{Roles: []identity.Role{identity.Redactor}}, 0))
	h.must(h.register.RevokeRole(ctx, h.operator, h.clerk.Staff(), given[0].ID))
	h.glance(h.director)
	h.must(h.desk.Close(ctx, in, o.ID))
	h.must(h.register.SignOut(ctx, in))
}

// moody is an object store that refuses some segments until it is told to take them.
type moody struct {
	vault.Objects
	down chan struct{} // closed when it takes everything
}

func (m *moody) Put(ctx context.Context, key string, src vault.Source) error {
	h := fnv.New32a()
	h.Write([]byte(key))
	select {
	case <-m.down:
	default:
		if h.Sum32()%2 == 0 {
			return custody.Errorf(custody.Unavailable, "the store is moody")
		}
	}
	return m.Objects.Put(ctx, key, src)
}

// TestSegmentsThatWaitInTheSpoolFillTheirHoles stores every other segment only, so that the index has holes, which the
// spool fills and nothing else may.
func TestSegmentsThatWaitInTheSpoolFillTheirHoles(t *testing.T) {
	s := newSite(t)
	s.addCameras()
	store := &moody{s.objects, make(chan struct{})}
	s.must(s.vault.Close())
	s.vault = must(vault.Open(vault.Options{Dir: s.path("spool"), Keys: s.ring, Objects: store, Catalog: s.db, Clock: s.clock,
		Durability: vault.PerSegment, Record: true}))
	f := s.record()
	f.connect(s.streams...)
	f.shoot(15*time.Minute, nil, s.streams...)
	v := s.visitor()
	defer v.close()
	wantClean(t, "while segments wait", v.check(check.Options{}))
	wait(t, func() bool { // until the middle of something waits
		return holes(v) > 3
	})
	wantClean(t, "with holes in the index", v.check(check.Options{}))
	for _, name := range must(filepath.Glob(s.path("spool", "*.spool"))) {
		s.must(os.Rename(name, name+".away"))
	}
	if r := v.check(check.Options{Quick: true}); r.Clean() || !strings.Contains(r.Findings[0].What, "neither a segment nor a gap") {
		t.Errorf("holes that nothing fills: %+v", r.Findings)
	}
	for _, name := range must(filepath.Glob(s.path("spool", "*.away"))) {
		s.must(os.Rename(name, strings.TrimSuffix(name, ".away")))
	}
	close(store.down)
	f.recorder.Stop(time.Minute)
	wantClean(t, "when the store takes everything", v.check(check.Options{Deep: true}))
	s.close()
}

// holes counts the places at which a stream's rows do not adjoin.
func holes(s *site) (n int) {
	var last media.SegmentRow
	for row, err := range s.db.AllSegments(s.t.Context()) {
		s.must(err)
		if row.Stream == last.Stream && row.Span.Start > last.Span.End {
			n++
		}
		last = row
	}
	return n
}

// wait returns when ok is true, and fails the test if that takes ten seconds.
func wait(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatal("it did not happen in ten seconds")
		case <-look.C:
		}
	}
}

func TestACheckStopsWhenItIsTold(t *testing.T) {
	s := recorded(t)
	s.open(false)
	defer s.close()
	ctx, cancel := context.WithCancel(t.Context())
	parts := s.parts()
	parts.Progress = func(step string, _, _ uint64) {
		if step == "objects read" {
			cancel()
		}
	}
	if _, err := check.Do(ctx, parts, check.Options{}); custody.KindOf(err) != custody.Unavailable || err == nil {
		t.Errorf("a check that was stopped says %v", err)
	}
}

func TestWhatCannotBeReadIsNotClean(t *testing.T) {
	s := recorded(t)
	s.must(os.RemoveAll(s.path("checkpoints")))
	s.open(false)
	defer s.close()
	r := s.check(check.Options{Quick: true})
	if r.Total != 1 || r.Findings[0].Kind != "unread" || r.Findings[0].Invariant != "A5" {
		t.Errorf("the second disk is away: %+v", r.Findings)
	}
}
