package dbtest

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/storage/db"
)

// granted stores a request with one granted item.
func (k *Desk) granted(t testing.TB, d *db.DB) (request.Request, request.Item) {
	t.Helper()
	r := k.Logged(t, d, access.OpenRecords)
	r.State, r.Ruling = request.Decided, 1
	it := k.Item(r, 1, access.Decided)
	r, err := changed(t, d, r, it)
	must(t, err)
	return r, it
}

// newPackage is a package of a request's ruling as it is when it was made, not stored.
func newPackage(r request.Request) release.Package {
	return release.Package{ID: custody.NewPackageID(), Request: r.ID, Ruling: r.Ruling, State: release.Building, Begun: At(400)}
}

// finished is what Finish is given.
func finished(p release.Package, it request.Item) release.Package {
	p.Made, p.Size, p.Verdict, p.Digest = At(410), 30, "AUTHENTIC", [32]byte{1}
	p.Report = manifest.Report{Schema: manifest.ReportSchema, Verdict: manifest.Authentic}
	p.Items = []custody.ItemID{it.ID}
	p.Films = []release.Film{{Path: "data/viewing/a.mp4", Kind: manifest.Viewing, Codec: "h264", Item: it.ID, Camera: it.Camera, Span: it.Span, SHA256: [32]byte{2}}}
	p.Files = []release.File{{Path: "data/viewing/a.mp4", Size: 20, SHA256: [32]byte{2}}, {Path: "package.json", Size: 10, SHA256: [32]byte{3}}}
	return p
}

func (k *Desk) key() release.SealedKey {
	return release.SealedKey{KeyID: k.Yard.Key.ID, Wrapped: []byte("wrapped"), Size: 40, Digest: [32]byte{4}}
}

func packageRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	k := NewDesk(t, d)
	ps := d.Packages()
	r, it := k.granted(t, d)
	due, err := ps.Due(ctx, At(350), 10)
	if err != nil || len(due) != 1 || due[0].Request != r.ID || due[0].Ruling != 1 || len(due[0].Items) != 1 || due[0].Items[0].Number != r.Number+"/1" || due[0].Items[0].Outcome != access.Granted {
		t.Fatalf("due: %+v %v", due, err)
	}
	if late, err := ps.Due(ctx, it.Decision.Lapses, 10); err != nil || len(late) != 0 {
		t.Errorf("a lapsed decision is due: %+v %v", late, err)
	}
	p, err := ps.Begin(ctx, newPackage(r))
	if must(t, err); p.Place != 1 || p.Number != r.Number+"-P1" {
		t.Errorf("begun: %+v", p)
	}
	if left, err := ps.Building(ctx); err != nil || len(left) != 1 || left[0].ID != p.ID {
		t.Errorf("building: %+v %v", left, err)
	}
	must(t, ps.Progress(ctx, p.ID, 5, 9))
	p, err = ps.Begin(ctx, newPackage(r)) // in place of the one that was begun
	must(t, err)
	if got, err := ps.ByID(ctx, p.ID); err != nil || got.Place != 1 || got.Done != 0 {
		t.Errorf("begun again: %+v %v", got, err)
	}
	_, err = ps.Key(ctx, p.ID)
	wantKind(t, err, custody.NotFound)
	if m, err := d.Facts().Matter(ctx, string(p.ID)); err != nil || m.Ready {
		t.Errorf("a package that is being made: %+v %v", m, err)
	}
	full := finished(p, it)
	h, err := d.Head(ctx)
	must(t, err)
	must(t, ps.Finish(ctx, full, k.key(), Event(t, custody.EventPackageMade, string(r.ID))))
	wantSize(t, d, h.Size+2) // package.made and request.moved
	full.State = release.Ready
	if got, err := ps.ByID(ctx, p.ID); err != nil || cmp.Diff(full, got) != "" {
		t.Error(err, cmp.Diff(full, got))
	}
	if key, err := ps.Key(ctx, p.ID); err != nil || cmp.Diff(k.key(), key) != "" {
		t.Error(err, key)
	}
	if films, err := ps.Films(ctx, it.ID); err != nil || len(films) != 1 || films[0].Package != p.ID {
		t.Error(films, err)
	}
	if m, err := d.Facts().Matter(ctx, string(p.ID)); err != nil || !m.Ready || m.Request != r.ID || m.Lapses != it.Decision.Lapses ||
		!slices.Equal(m.Shows, []access.Shown{{Camera: it.Camera, Span: it.Span}}) {
		t.Errorf("a ready package: %+v %v", m, err)
	}
	if now, _, err := d.RequestByID(ctx, r.ID); err != nil || now.State != request.Available {
		t.Errorf("the request is %s %v", now.State, err)
	}
	if due, err := ps.Due(ctx, At(450), 10); err != nil || len(due) != 0 {
		t.Errorf("due again: %+v %v", due, err)
	}
	wantKind(t, ps.Finish(ctx, full, k.key()), custody.Conflict)
	wantKind(t, ps.Change(ctx, p.ID, release.Building, release.Failed, "no"), custody.Conflict)
	wantKind(t, ps.Change(ctx, custody.NewPackageID(), release.Building, release.Failed, "no"), custody.NotFound)
	packagesOfOtherRulings(t, d, k, r, it, p)
}

// packagesOfOtherRulings goes on when the item is decided anew.
func packagesOfOtherRulings(t *testing.T, d *db.DB, k *Desk, r request.Request, it request.Item, old release.Package) {
	ctx, ps := t.Context(), d.Packages()
	r, _, err := d.RequestByID(ctx, r.ID)
	must(t, err)
	stale := r
	r.State, r.Ruling = request.Decided, r.Ruling+1
	it.Decision.At, it.Decision.Lapses = At(500), At(600)
	r, err = changed(t, d, r, it)
	must(t, err)
	if m, err := d.Facts().Matter(ctx, string(old.ID)); err != nil || m.Ready {
		t.Errorf("the package of another decision can be taken out: %+v %v", m, err)
	}
	_, err = ps.Begin(ctx, newPackage(stale))
	wantKind(t, err, custody.Conflict)
	p, err := ps.Begin(ctx, newPackage(r))
	if must(t, err); p.Place != 2 {
		t.Errorf("the second: %+v", p)
	}
	must(t, ps.Change(ctx, p.ID, release.Building, release.Failed, "broken", Event(t, custody.EventPackageFailed, string(r.ID))))
	if due, err := ps.Due(ctx, At(510), 10); err != nil || len(due) != 0 {
		t.Errorf("what failed is due: %+v %v", due, err)
	}
	_, err = ps.Begin(ctx, newPackage(r))
	wantKind(t, err, custody.Conflict)
	must(t, ps.Change(ctx, p.ID, release.Failed, release.Building, ""))
	if due, err := ps.Due(ctx, At(510), 10); err != nil || len(due) != 1 {
		t.Errorf("what is tried again is not due: %+v %v", due, err)
	}
	other := finished(p, it)
	other.Made, other.Items = At(520), nil
	wantKind(t, ps.Finish(ctx, other, k.key()), custody.Conflict) // not what was granted
	other = finished(p, it)
	other.Made = At(700)
	wantKind(t, ps.Finish(ctx, other, k.key()), custody.Conflict) // lapsed meanwhile
	other.Made = At(520)
	must(t, ps.Finish(ctx, other, k.key(), Event(t, custody.EventPackageMade, string(r.ID))))
	if got, err := ps.ByID(ctx, old.ID); err != nil || got.State != release.Replaced {
		t.Errorf("the first is %s %v", got.State, err)
	}
	if of, err := ps.Of(ctx, r.ID); err != nil || len(of) != 2 || of[1].ID != p.ID {
		t.Errorf("%+v %v", of, err)
	}
	before, err := d.Facts().Generation(ctx)
	must(t, err)
	must(t, ps.Change(ctx, p.ID, release.Ready, release.Recalled, "a mistake"))
	if after, err := d.Facts().Generation(ctx); err != nil || after <= before {
		t.Errorf("a recall raises no generation: %d, %d, %v", before, after, err)
	}
	if n := len(all(t, d.AllPackages(ctx))); n != 2 {
		t.Errorf("%d packages", n)
	}
}

// packageRaces has fifty who finish, change and recall: one outcome, and never a ready package of another ruling.
func packageRaces(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	k := NewDesk(t, d)
	r, it := k.granted(t, d)
	p, err := d.Packages().Begin(ctx, newPackage(r))
	must(t, err)
	var won, ruled atomic.Int32
	var racers sync.WaitGroup
	for n := range 50 {
		racers.Go(func() {
			if n%2 == 0 {
				if d.Packages().Finish(ctx, finished(p, it), k.key(), Event(t, custody.EventPackageMade, string(r.ID))) == nil {
					won.Add(1)
				}
				return
			}
			next, items := r, it
			next.State, next.Ruling = request.Scoped, r.Ruling+1
			items.Stage, items.Proposal, items.Decision = access.Scoped, request.Proposal{}, request.Decision{}
			if _, err := changed(t, d, next, items); err == nil {
				ruled.Add(1)
			}
		})
	}
	racers.Wait()
	if won.Load()+ruled.Load() != 1 {
		t.Errorf("%d finished it, %d decided otherwise", won.Load(), ruled.Load())
	}
	m, err := d.Facts().Matter(ctx, string(p.ID))
	if err != nil || m.Ready != (won.Load() == 1) {
		t.Errorf("ready: %v %v", m.Ready, err)
	}
}
