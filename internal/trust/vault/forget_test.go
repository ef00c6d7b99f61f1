package vault_test

import (
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// gravedigger is a gallery with a judge who knows holds, the system's decision to dispose of its segment, and tombstones.
type gravedigger struct {
	*gallery
	site *accesstest.Site
}

func newGravedigger(t *testing.T) *gravedigger {
	d := &gravedigger{gallery: newGallery(t, 0), site: accesstest.New(noon.Add(time.Hour))}
	d.now = noon.Add(time.Hour)
	d.g = d.grant(d.tk.head.Run.Camera, access.FootageStill, d.tk.span())
	d.site.PutCamera(access.CameraFacts{ID: d.tk.head.Run.Camera, Class: access.PublicArea, Version: 1})
	return d
}

func (d *gravedigger) dispose() (access.Grant, error) {
	return d.site.Judge().Decide(d.tb.Context(), identity.System(), access.Ask{Action: access.FootageDispose, Camera: d.tk.head.Run.Camera,
		Span: d.tk.span(), Purpose: "schedule"})
}

func (d *gravedigger) forget(g access.Grant) (func(), error) {
	return d.v.Forget(d.tb.Context(), g, d.tk.head.Run.Camera, []custody.SegmentID{d.tk.head.ID})
}

// destroy is what the database does.
func (d *gravedigger) destroy() {
	d.catalog.mu.Lock()
	defer d.catalog.mu.Unlock()
	row := d.catalog.rows[d.tk.head.ID]
	row.WrappedKey, row.KeyID = nil, ""
	d.catalog.rows[row.ID] = row
}

// TestAViewerLosesFootageAtTheNextFragment: what the process had opened is no longer served, nor its pictures, once it is disposed of; the
// reason is told to who may know of the camera.
func TestAViewerLosesFootageAtTheNextFragment(t *testing.T) {
	d, ctx := newGravedigger(t), t.Context()
	look := d.grant(d.tk.head.Run.Camera, access.FootageRead, d.tk.span())
	read := func() error { _, _, err := d.v.Read(ctx, look, d.tk.head.ID, 1); return err }
	if err := read(); err != nil {
		t.Fatal(err)
	}
	d.put(0, "160", []byte("a picture"))
	settle, err := d.forget(must(d.dispose()))
	if err != nil {
		t.Fatal(err)
	}
	if err := read(); custody.KindOf(err) != custody.NotFound {
		t.Fatal("read while it is being disposed of:", err)
	}
	if len(d.files()) != 0 {
		t.Fatal("a picture is left:", d.files())
	}
	settle() // it was not disposed of after all
	if err := read(); err != nil {
		t.Fatal(err)
	}
	settle, err = d.forget(must(d.dispose()))
	if err != nil {
		t.Fatal(err)
	}
	d.destroy()
	settle()
	if err := read(); custody.KindOf(err) != custody.NotFound {
		t.Fatal("read after it was disposed of:", err)
	}
	d.catalog.tombs = map[custody.SegmentID]vault.Tombstone{d.tk.head.ID: {Camera: d.tk.head.Run.Camera, At: noon.Add(time.Hour), Days: 30}}
	if err := read(); custody.KindOf(err) != custody.NotFound || !strings.Contains(custody.PublicText(err), "disposed of on 2026-11-03 under the 30-day rule") {
		t.Fatal(err)
	}
	stranger := d.grant(custody.NewCameraID(), access.FootageRead, d.tk.span())
	if _, _, err := d.v.Read(ctx, stranger, d.tk.head.ID, 1); custody.KindOf(err) != custody.NotFound || strings.Contains(err.Error(), "disposed") {
		t.Fatal("somebody else learns of it:", err)
	}
}

// TestForgettingIsDecided: no other decision lets anything be forgotten, none of another camera, none of a span that is held or kept.
func TestForgettingIsDecided(t *testing.T) {
	d := newGravedigger(t)
	cam, ids := d.tk.head.Run.Camera, []custody.SegmentID{d.tk.head.ID}
	whole := must(d.dispose())
	other := custody.NewCameraID()
	d.site.PutCamera(access.CameraFacts{ID: other, Class: access.PublicArea, Version: 1})
	short, err := d.site.Judge().Decide(t.Context(), identity.System(), access.Ask{Action: access.FootageDispose, Camera: cam,
		Span: custody.Span{Start: d.tk.span().Start.Add(time.Second), End: d.tk.span().End}, Purpose: "schedule"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		g   access.Grant
		cam custody.CameraID
	}{"nobody's": {access.Grant{}, cam}, "to read": {d.grant(cam, access.FootageRead, d.tk.span()), cam}, "of another camera": {whole, other}, "of a part": {short, cam}} {
		if settle, err := d.v.Forget(t.Context(), c.g, c.cam, ids); err == nil || settle != nil {
			t.Errorf("a decision %s forgets", name)
		}
	}
	d.site.Keep(cam, access.Keeping{Held: []custody.Span{{Start: d.tk.span().End - 1, End: d.tk.span().End}}})
	d.site.Advance(2 * time.Second) // the judge asks for changes once a second
	if _, err := d.forget(whole); custody.KindOf(err) != custody.Denied {
		t.Error("a hold placed after the decision does not count:", err)
	}
	d.site.Keep(cam, access.Keeping{})
	whole = must(d.dispose())
	d.site.Keep(cam, access.Keeping{AtLeast: 2 * time.Hour})
	d.site.Advance(2 * time.Second)
	if _, err := d.forget(whole); custody.KindOf(err) != custody.Denied {
		t.Error("a schedule changed after the decision does not count:", err)
	}
	d.wantFootage(d.v, d.tk)
}

// TestWhatIsReadMeanwhileIsNotKept: of a row that was read before its key was destroyed the process keeps nothing, wherever the reader was
// overtaken.
func TestWhatIsReadMeanwhileIsNotKept(t *testing.T) {
	for name, overtakes := range map[string]func(d *gravedigger, settle func()){
		"by all of it":       func(d *gravedigger, settle func()) { d.destroy(); settle() },
		"by its beginning":   func(*gravedigger, func()) {},
		"by the destruction": func(d *gravedigger, _ func()) { d.destroy() },
	} {
		t.Run(name, func(t *testing.T) {
			d := newGravedigger(t)
			d.v = d.reopen(0) // nothing is opened yet
			look := d.grant(d.tk.head.Run.Camera, access.FootageRead, d.tk.span())
			read := func() error { _, _, err := d.v.Read(t.Context(), look, d.tk.head.ID, 2); return err }
			var settle func()
			d.catalog.answered = func() {
				settle = must(d.forget(must(d.dispose())))
				overtakes(d, settle)
			}
			if err := read(); err != nil { // it was let in before
				t.Fatal(err)
			}
			d.destroy()
			settle()
			if err := read(); custody.KindOf(err) != custody.NotFound {
				t.Fatal("the key outlives its destruction:", err)
			}
		})
	}
}

// TestPurgeFollowsTheKey: an object goes once its key has gone, and not while the store holds it.
func TestPurgeFollowsTheKey(t *testing.T) {
	d, ctx, id := newGravedigger(t), t.Context(), custody.SegmentID("")
	id = d.tk.head.ID
	if err := d.v.Purge(ctx, id); custody.KindOf(err) != custody.Conflict {
		t.Fatal("purged with its key:", err)
	}
	if err := d.v.Present(ctx, id); err != nil { // and the store's own lock is on
		t.Fatal(err)
	}
	d.destroy()
	if err := d.v.Purge(ctx, id); custody.KindOf(err) != custody.Denied {
		t.Fatal("purged under a lock:", err)
	}
	for range 2 {
		if err := d.v.Unlock(ctx, id); err != nil {
			t.Fatal(err)
		}
		if err := d.v.Purge(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.v.Present(ctx, id); custody.KindOf(err) != custody.NotFound {
		t.Fatal(err)
	}
	if err := d.v.Purge(ctx, custody.NewSegmentID()); custody.KindOf(err) != custody.NotFound {
		t.Fatal("what nobody knows was purged:", err)
	}
}

// TestPresentLooks: a shorter object, and one of which the store reports other bytes, are not the one that was stored.
func TestPresentLooks(t *testing.T) {
	d, ctx := newGravedigger(t), t.Context()
	key := string(d.tk.head.ID)
	d.objects.held[key] = d.objects.held[key][1:]
	if err := d.v.Present(ctx, d.tk.head.ID); custody.KindOf(err) != custody.Corrupt {
		t.Fatal(err)
	}
	d.objects.fail = custody.Errorf(custody.Unavailable, "down")
	if err := d.v.Present(ctx, d.tk.head.ID); custody.KindOf(err) != custody.Unavailable {
		t.Fatal(err)
	}
}
