package release_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// filmed is a site with a minute of one camera, stored.
func filmed(t testing.TB) (*site, custody.CameraID, custody.Span) {
	s := newSite(t)
	door := s.camera("Door", 500)
	begun := s.clock.Now()
	s.shoot(time.Minute, door.ID)
	s.settle(door.ID)
	return s, door.ID, custody.Span{Start: begun + 10_000_000, End: begun + 40_000_000}
}

// film is the digest of a package's file of that kind.
func film(t testing.TB, p release.Package, k manifest.Kind) [32]byte {
	t.Helper()
	for _, f := range p.Films {
		if f.Kind == k {
			return f.SHA256
		}
	}
	t.Fatalf("%s has no %s", p.Number, k)
	return [32]byte{}
}

func TestSituation30ALaterRequestGetsTheSameBytes(t *testing.T) {
	s, door, span := filmed(t)
	r, items := s.logged(access.LawEnforcement, decision{door, span, access.Granted})
	first := s.pack(r.ID)
	s.clock.Advance(time.Hour)
	later, _ := s.logged(access.OpenRecords, decision{door, span, access.Granted})
	second := s.pack(later.ID)
	if film(t, first, manifest.Original) != film(t, second, manifest.Original) {
		t.Error("the same camera and span gave another original")
	}
	r, _ = s.current(r.ID) // another item is added, and everything is packed again
	s.decide(r, s.decided(request.Item{ID: custody.NewItemID(), Request: r.ID, Place: 2, Camera: door, Span: custody.Span{Start: span.Start, End: span.End - 5_000_000}}, access.Refused))
	reels := len(s.renderer.reels)
	k := s.packer()
	s.must(k.Start(t.Context()))
	defer k.Stop()
	until(t, func() bool { return len(must(s.db.Packages().Of(t.Context(), r.ID))) == 2 })
	third := s.last(r.ID, release.Ready, release.Failed)
	if third.State != release.Ready || third.Number != r.Number+"-P2" || film(t, third, manifest.Original) != film(t, first, manifest.Original) ||
		film(t, third, manifest.Viewing) != film(t, first, manifest.Viewing) || len(s.renderer.reels) != reels {
		t.Errorf("made again: %s %s %s, %d films encoded", third.Number, third.State, third.Why, len(s.renderer.reels)-reels)
	}
	if old := must(s.db.Packages().ByID(t.Context(), first.ID)); old.State != release.Replaced {
		t.Errorf("the first package is %s", old.State)
	}
	if _, err := s.judge.Decide(t.Context(), s.clerk, access.Ask{Action: access.PackageHandOver, Subject: string(first.ID)}); custody.KindOf(err) != custody.Denied {
		t.Errorf("a replaced package is handed over: %v", err)
	}
	_ = items
}

func TestNothingThatCanBeDecodedFailsWithTheRemedy(t *testing.T) {
	s, door, span := filmed(t)
	narrow := custody.Span{Start: span.Start + 200_000, End: span.Start + 1_000_000}
	g := must(s.judge.Decide(t.Context(), s.clerk, access.Ask{Action: access.FootageList, Camera: door, Span: narrow, Basis: access.Reason, Purpose: "a request"}))
	preview := must(s.packer().Preview(t.Context(), g))
	if len(preview.Films) != 0 || preview.Widened.Empty() || preview.Widened.Start >= narrow.Start || len(preview.LeftOut) == 0 {
		t.Errorf("previewed: %+v", preview)
	}
	r, _ := s.logged(access.LawEnforcement, decision{door, narrow, access.Granted})
	p := s.pack(r.ID)
	if p.State != release.Failed || !strings.Contains(p.Why, "decide on the span from "+preview.Widened.Start.String()) {
		t.Errorf("%s: %s", p.State, p.Why)
	}
	r, items := s.current(r.ID)
	items[0].Span = preview.Widened
	s.decide(r, s.decided(items[0], access.Granted))
	k := s.packer()
	s.must(k.Start(t.Context()))
	defer k.Stop()
	if p = s.last(r.ID, release.Ready); p.Place != 1 {
		t.Errorf("the package is %s", p.Number)
	}
}

func TestPreviewTellsWhatThePackageHolds(t *testing.T) {
	s, door, span := filmed(t)
	span.End += 120_000_000
	g := must(s.judge.Decide(t.Context(), s.clerk, access.Ask{Action: access.FootageList, Camera: door, Span: span, Basis: access.Reason, Purpose: "a request"}))
	if p := must(s.packer().Preview(t.Context(), g)); !p.Waits || len(p.Films) != 0 {
		t.Errorf("of what lies ahead: %+v", p)
	}
	s.clock.Advance(3 * time.Minute)
	p := must(s.packer().Preview(t.Context(), g))
	if len(p.Films) != 1 || p.Films[0].Units == 0 || p.Waits || len(p.Gaps) != 1 || p.Gaps[0].Cause != string(media.GapSilent) {
		t.Errorf("%+v", p)
	}
	if _, err := s.packer().Preview(t.Context(), access.Grant{}); custody.KindOf(err) != custody.Denied {
		t.Errorf("without a decision: %v", err)
	}
}

// TestLeadingPicturesLeaveNoGap begins spans at every picture of a group in which some are shown ahead of the one that it begins with. Where
// a span begins with those, the fragment before tells of nothing inside it, and the next begins later: no time is missing for all that.
func TestLeadingPicturesLeaveNoGap(t *testing.T) {
	s := newSite(t)
	door := s.camera("door", 300)
	s.feeds[door.ID].early = 3
	begun := s.clock.Now()
	s.shoot(20*time.Second, door.ID)
	s.settle(door.ID)
	led := 0
	for n := range 40 {
		span := custody.Span{Start: begun.Add(5*time.Second + time.Duration(n)*100*time.Millisecond), End: begun.Add(15 * time.Second)}
		g := must(s.judge.Decide(t.Context(), s.clerk, access.Ask{Action: access.FootageList, Camera: door.ID, Span: span, Basis: access.Reason, Purpose: "a request"}))
		p := must(s.packer().Preview(t.Context(), g))
		if len(p.Films) != 1 || len(p.Gaps) != 0 {
			t.Errorf("from %s: %d originals, gaps %v", span.Start, len(p.Films), p.Gaps)
		}
		if len(p.LeftOut) > 0 && p.LeftOut[0].Why == media.LeadingPicture {
			led++
		}
	}
	if led == 0 {
		t.Error("no span began with a leading picture")
	}
}

// balky is the vault with a fault at one point.
type balky struct {
	release.Footage
	mu       sync.Mutex
	put      error // before PutPackage
	after    error // after PutPackage
	hang     bool  // PutPackage waits for its ctx, in front of what it does or, if it stored, behind it
	stored   bool
	purged   atomic.Int32
	evidence error
}

func (b *balky) PutPackage(ctx context.Context, p *vault.Packing, progress func(done, total int64)) (vault.SealedPackage, error) {
	b.mu.Lock()
	put, after, hang, stored := b.put, b.after, b.hang, b.stored
	b.mu.Unlock()
	if hang && !stored {
		<-ctx.Done()
		return vault.SealedPackage{}, ctx.Err()
	}
	if put != nil {
		return vault.SealedPackage{}, put
	}
	k, err := b.Footage.PutPackage(ctx, p, progress)
	if hang {
		<-ctx.Done()
		return vault.SealedPackage{}, ctx.Err()
	}
	return k, errors.Join(err, after)
}

func (b *balky) PurgePackage(ctx context.Context, id custody.PackageID) error {
	b.purged.Add(1)
	return b.Footage.PurgePackage(ctx, id)
}

func (b *balky) Evidence(ctx context.Context, g access.Grant, id custody.SegmentID, wanted func(media.Unit) bool) (vault.Evidence, error) {
	b.mu.Lock()
	err := b.evidence
	b.mu.Unlock()
	if err != nil {
		return vault.Evidence{}, err
	}
	return b.Footage.Evidence(ctx, g, id, wanted)
}

// objects counts the packages in the object store.
func (s *site) packed() (n int) {
	s.must(filepath.WalkDir(filepath.Join(s.dir, "objects"), func(path string, _ os.DirEntry, err error) error {
		if strings.Contains(filepath.Base(path), "pkg_") {
			n++
		}
		return err
	}))
	return n
}

func TestWhateverBreaksNothingHalfIsVisible(t *testing.T) {
	broken := custody.Errorf(custody.Corrupt, "broken")
	for name, breaks := range map[string]func(s *site, b *balky){
		"rendering": func(s *site, b *balky) { s.renderer.fail = broken },
		"evidence":  func(s *site, b *balky) { b.evidence = broken },
		"storing":   func(s *site, b *balky) { b.put = broken },
		"stored":    func(s *site, b *balky) { b.after = broken },
		"full":      func(s *site, b *balky) { b.put = custody.Errorf(custody.Exhausted, "the disk is full: broken") },
	} {
		t.Run(name, func(t *testing.T) {
			s, door, span := filmed(t)
			b := &balky{Footage: s.vault}
			s.footage = b
			breaks(s, b)
			r, _ := s.logged(access.LawEnforcement, decision{door, span, access.Granted})
			p := s.pack(r.ID)
			if p.State != release.Failed || !strings.Contains(p.Why, "broken") || s.packed() != 0 {
				t.Fatalf("%s %q, %d objects", p.State, p.Why, s.packed())
			}
			if left := must(os.ReadDir(filepath.Join(s.dir, "work"))); len(left) != 0 {
				t.Errorf("left in the work directory: %v", left)
			}
			if (s.alarms.now() != "") != (name == "full") {
				t.Errorf("the alarm: %q", s.alarms.now())
			}
			if now, _ := s.current(r.ID); now.State != request.Decided {
				t.Errorf("the request is %s", now.State)
			}
			*b, s.renderer.fail = balky{Footage: s.vault}, nil //nolint:govet // nobody holds it
			k := s.packer()
			s.must(k.Start(t.Context()))
			defer k.Stop()
			s.must(k.Retry(t.Context(), s.may(s.clerk, access.RequestPrepare, string(p.ID)), p.ID))
			if p = s.last(r.ID, release.Ready); s.packed() != 1 || s.alarms.now() != "" {
				t.Errorf("%d objects, alarm %q", s.packed(), s.alarms.now())
			}
		})
	}
}

// TestAKilledPackerBeginsAnew ends the process's worker in the midst, with the bytes of the package in the store already.
func TestAKilledPackerBeginsAnew(t *testing.T) {
	for _, stored := range []bool{false, true} {
		s, door, span := filmed(t)
		s.footage = &balky{Footage: s.vault, hang: true, stored: stored}
		r, _ := s.logged(access.LawEnforcement, decision{door, span, access.Granted})
		k := s.packer()
		s.must(k.Start(t.Context()))
		s.last(r.ID, release.Building)
		if stored {
			until(t, func() bool { return s.packed() == 1 })
		}
		k.Stop()
		p := s.last(r.ID, release.Building)
		if _, err := s.db.Packages().Key(t.Context(), p.ID); custody.KindOf(err) != custody.NotFound {
			t.Errorf("a package that is not made has a key: %v", err)
		}
		s.must(os.MkdirAll(filepath.Join(s.dir, "work", "left", "over"), 0o700))
		s.footage = s.vault
		again := s.pack(r.ID)
		if again.State != release.Ready || again.ID == p.ID || again.Place != 1 || s.packed() != 1 {
			t.Errorf("%s %s, %d objects", again.State, again.Why, s.packed())
		}
		if left := must(os.ReadDir(filepath.Join(s.dir, "work"))); len(left) != 0 {
			t.Errorf("left in the work directory: %v", left)
		}
	}
}

func TestCancelStopsABuilding(t *testing.T) {
	s, door, span := filmed(t)
	s.renderer.hold = make(chan struct{})
	r, _ := s.logged(access.LawEnforcement, decision{door, span, access.Granted})
	k := s.packer()
	s.must(k.Start(t.Context()))
	defer k.Stop()
	p := s.last(r.ID, release.Building)
	until(t, func() bool { s.renderer.mu.Lock(); defer s.renderer.mu.Unlock(); return len(s.renderer.reels) > 0 })
	if err := k.Cancel(t.Context(), access.Grant{}, p.ID); custody.KindOf(err) != custody.Denied {
		t.Errorf("without a decision: %v", err)
	}
	s.must(k.Cancel(t.Context(), s.may(s.clerk, access.RequestPrepare, string(p.ID)), p.ID))
	p = s.last(r.ID, release.Failed)
	until(t, func() bool { return len(must(os.ReadDir(filepath.Join(s.dir, "work")))) == 0 })
	close(s.renderer.hold)
	s.must(k.Retry(t.Context(), s.may(s.clerk, access.RequestPrepare, string(p.ID)), p.ID))
	s.last(r.ID, release.Ready)
}

// TestAnotherDecisionStopsABuildingWithinSeconds changes the scope while the film is made.
func TestAnotherDecisionStopsABuildingWithinSeconds(t *testing.T) {
	s, door, span := filmed(t)
	s.renderer.hold = make(chan struct{})
	r, items := s.logged(access.LawEnforcement, decision{door, span, access.Granted})
	k := s.packer()
	s.must(k.Start(t.Context()))
	defer k.Stop()
	s.last(r.ID, release.Building)
	until(t, func() bool { s.renderer.mu.Lock(); defer s.renderer.mu.Unlock(); return len(s.renderer.reels) > 0 })
	i := s.decided(items[0], access.Granted)
	i.Span.End -= 5_000_000
	i.Stage, i.Proposal, i.Decision = access.Scoped, request.Proposal{}, request.Decision{}
	r, _ = s.current(r.ID)
	r.State, r.Ruling = request.Scoped, r.Ruling+1
	must(s.db.Change(t.Context(), request.Changing{Request: r, Items: []request.Item{i}}, s.entry(custody.EventItemScoped, string(r.ID))))
	stop := make(chan struct{})
	defer close(stop)
	go func() { // station time goes on
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				s.clock.Advance(100 * time.Millisecond)
			}
		}
	}()
	p := s.last(r.ID, release.Failed)
	if s.packed() != 0 || p.Why == "" {
		t.Errorf("%q, %d objects", p.Why, s.packed())
	}
}

func TestAPackageIsReadOutOnlyUnderADecisionAboutIt(t *testing.T) {
	s, door, span := filmed(t)
	r, _ := s.logged(access.LawEnforcement, decision{door, span, access.Granted})
	p := s.pack(r.ID)
	shelf, ctx := s.shelf(), t.Context()
	reads := func() int {
		n := 0
		for _, e := range must(s.db.FindEntries(ctx, filterOf(custody.EventPackageRead), 100)) {
			_ = e
			n++
		}
		return n
	}
	view := s.may(s.clerk, access.RequestView, string(p.ID))
	other := s.may(s.clerk, access.RequestView, string(r.ID))
	for name, err := range map[string]error{
		"nobody":         shelf.Write(ctx, access.Grant{}, p.ID, release.NewZip(io.Discard, "")),
		"who may look":   shelf.Write(ctx, view, p.ID, release.NewZip(io.Discard, "")),
		"another matter": second(shelf.Document(ctx, other, p.ID, "package.json")),
		"footage":        second(shelf.Document(ctx, view, p.ID, "data/viewing/item-1-door.mp4")),
		"Footage":        second(shelf.Document(ctx, view, p.ID, "DATA/viewing/item-1-door.mp4")),
		"to verify":      second(shelf.Verify(ctx, view, p.ID, nil)),
	} {
		if err == nil || custody.KindOf(err) != custody.Denied {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := reads(); n != 0 {
		t.Errorf("%d entries for nothing", n)
	}
	g := s.may(s.clerk, access.PackageHandOver, string(p.ID))
	s.must(s.db.Packages().Change(ctx, p.ID, release.Ready, release.Recalled, "a mistake"))
	s.clock.Advance(3 * time.Second)
	if err := shelf.Write(ctx, g, p.ID, release.NewZip(io.Discard, "")); custody.KindOf(err) != custody.Denied {
		t.Errorf("a recalled package: %v", err)
	}
	if _, err := s.judge.Decide(ctx, s.clerk, access.Ask{Action: access.PackageHandOver, Subject: string(p.ID)}); custody.KindOf(err) != custody.Denied {
		t.Errorf("a recalled package is handed over: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
