package check

import (
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// TestAPackageWithoutADecisionIsFound replays what the log may say of a package, without a database (A2).
func TestAPackageWithoutADecisionIsFound(t *testing.T) {
	item, camera := custody.NewItemID(), custody.NewCameraID()
	id, req := custody.NewPackageID(), custody.NewRequestID()
	span := custody.Span{Start: 1_000_000, End: 2_000_000}
	granted := request.ItemImage{Item: item, Camera: camera, Span: span.String(), Stage: access.Decided, Decision: &request.RulingImage{Outcome: access.Granted}}
	made := release.Entry{Package: id, Items: []custody.ItemID{item}, Films: []release.FilmEntry{{Path: "data/viewing/a.mp4", Item: item, Camera: camera, Span: span.String()}}}
	for name, test := range map[string]struct {
		change func(i *request.ItemImage, e *release.Entry)
		found  bool
	}{
		"as it was decided": {func(*request.ItemImage, *release.Entry) {}, false},
		"denied": {func(i *request.ItemImage, _ *release.Entry) {
			i.Decision = &request.RulingImage{Outcome: access.Refused}
		}, true},
		"proposed only":   {func(i *request.ItemImage, _ *release.Entry) { i.Stage, i.Decision = access.Proposed, nil }, true},
		"another span":    {func(_ *request.ItemImage, e *release.Entry) { e.Films[0].Span = "1970/1971" }, true},
		"another camera":  {func(i *request.ItemImage, _ *release.Entry) { i.Camera = custody.NewCameraID() }, true},
		"an unknown item": {func(i *request.ItemImage, _ *release.Entry) { i.Item = custody.NewItemID() }, true},
		"not named":       {func(_ *request.ItemImage, e *release.Entry) { e.Items = nil }, true},
	} {
		t.Run(name, func(t *testing.T) {
			i, e := granted, made
			e.Films = append([]release.FilmEntry(nil), made.Films...)
			test.change(&i, &e)
			var found []Finding
			emitted := 0
			r := newReplay(nil, func(rec record, _ audit.Entry) {
				if rec.kind == "release" {
					emitted++
				}
			})
			r.found = func(f Finding) { found = append(found, f) }
			for _, ev := range []struct {
				t      custody.EventType
				detail any
			}{{custody.EventItemDecided, request.Entry{Items: []request.ItemImage{i}}}, {custody.EventPackageMade, e}} {
				event, err := custody.NewEvent(ev.t, 5, "system", "", string(req), ev.detail)
				if err != nil {
					t.Fatal(err)
				}
				r.entry(audit.Entry{Epoch: 1, Event: event})
			}
			if (len(found) > 0) != test.found || emitted != 1 {
				t.Errorf("found %+v, %d records", found, emitted)
			}
			for _, f := range found {
				if f.Invariant != "A2" || f.ID != string(id) {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}
