package viewing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// TestTimelineOfTheLastMinute tells about footage from its first fragment on, joins it to what is settled before it, and tells it
// once when it is settled.
func TestTimelineOfTheLastMinute(t *testing.T) {
	s := newStage(t)
	camera, other := s.camera(), s.camera()
	s.film(camera, shape{start: noon, pictures: 200, group: 20, segment: 10})
	scope, err := s.Judge().Scope(t.Context(), s.Person(t, identity.Viewer), access.FootageList)
	if err != nil {
		t.Fatal(err)
	}
	lasts := func(want ...time.Duration) {
		t.Helper()
		span := custody.Span{Start: noon.Add(time.Second), End: noon.Add(time.Hour)}
		line, err := s.desk.Timeline(t.Context(), scope, []custody.CameraID{camera, other}, span, 0)
		if err != nil {
			t.Fatal(err)
		}
		var got []time.Duration
		for _, r := range line.Cameras[0].Recorded {
			got = append(got, r.Start.Sub(noon), r.End.Sub(noon))
		}
		if !slices.Equal(got, want) || line.Cameras[1].Recorded != nil {
			t.Errorf("recorded %v, want %v; the other camera %v", got, want, line.Cameras[1].Recorded)
		}
	}
	lasts(time.Second, 20*time.Second)

	run, fragments := s.expose(camera, shape{start: noon.Add(20 * time.Second), pictures: 100, group: 20})
	w, err := s.v.Begin(t.Context(), vault.SegmentHead{ID: custody.NewSegmentID(), Run: run, Init: s.initOf(run)})
	if err != nil {
		t.Fatal(err)
	}
	lasts(time.Second, 20*time.Second)
	for i, f := range fragments {
		if err := w.Append(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		lasts(time.Second, time.Duration(22+2*i)*time.Second)
	}
	p, err := w.Close(vault.SegmentEnd{})
	if err != nil {
		t.Fatal(err)
	}
	lasts(time.Second, 30*time.Second)
	s.settle(p)
	lasts(time.Second, 30*time.Second)
	s.film(camera, shape{start: noon.Add(40 * time.Second), pictures: 20, group: 20, segment: 1})
	lasts(time.Second, 30*time.Second, 40*time.Second, 42*time.Second)
}
