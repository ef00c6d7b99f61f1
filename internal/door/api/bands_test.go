package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// TestTheTimelineShowsWhatIsHeldAndWhatWentOut: a request holds half an hour around what it asks for, a hand-over is drawn as it was
// decided, and neither for who may not know about the camera.
func TestTheTimelineShowsWhatIsHeldAndWhatWentOut(t *testing.T) {
	s := apitest.New(t)
	cam, other := s.Camera("Hall", access.PublicArea), s.Camera("Yard", access.PublicArea)
	at := s.Clock.Now().Add(-2 * time.Hour)
	span := custody.Span{Start: at, End: at.Add(time.Minute)}
	s.HandedOver(cam, span)
	ask := "/api/timeline?from=" + at.Add(-time.Hour).String() + "&to=" + at.Add(time.Hour).String() + "&camera=" + string(cam)
	viewer := s.Hire("watcher", identity.StageFull, []custody.CameraID{cam}, identity.Viewer)
	var got api.Timeline
	if s.As(viewer).Get(ask).Wants(http.StatusOK).Into(&got); len(got.Cameras) != 1 {
		t.Fatalf("%+v", got)
	}
	held, out := got.Cameras[0].Holds, got.Cameras[0].Releases
	if len(held) == 0 || held[0][0] != int64(at.Add(-30*time.Minute)) || held[0][1] != int64(span.End.Add(30*time.Minute)) {
		t.Errorf("held: %v", held)
	}
	if len(out) != 1 || out[0] != [2]int64{int64(span.Start), int64(span.End)} {
		t.Errorf("handed over: %v", out)
	}
	stranger := s.Hire("stranger", identity.StageFull, []custody.CameraID{other}, identity.Viewer)
	got = api.Timeline{}
	if s.As(stranger).Get(ask).Wants(http.StatusOK).Into(&got); len(got.Cameras) != 0 {
		t.Errorf("a stranger sees %+v", got)
	}
}
