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

// TestAPreviewTellsOnlyWhoseCameraItIs: an item of a request that all may see says nothing of when there is footage of another's camera, or where
// it is closed.
func TestAPreviewTellsOnlyWhoseCameraItIs(t *testing.T) {
	s := apitest.New(t)
	hall, yard := s.Camera("Hall", access.PublicArea), s.Camera("Yard", access.PublicArea)
	at := s.Clock.Now().Add(-2 * time.Hour)
	f := s.Scoped(access.OpenRecords, yard, custody.Span{Start: at, End: at.Add(time.Minute)})
	path := "/api/requests/" + string(f.ID) + "/items/" + string(f.Items[0].ID) + "/preview"
	preview := func(login string, role identity.Role, cam custody.CameraID) (it api.Item) {
		t.Helper()
		p := s.Hire(login, identity.StageFull, []custody.CameraID{cam}, role)
		s.As(p).Get(path).Wants(http.StatusOK).Into(&it)
		return it
	}
	if it := preview("gardener", identity.Preparer, yard); it.Inventory == nil || it.Preview == nil || len(it.Possible) == 0 {
		t.Errorf("who prepares it is told nothing: %+v", it)
	}
	for login, role := range map[string]identity.Role{"usher": identity.Preparer, "checker": identity.Auditor} {
		cam := hall
		if role == identity.Auditor {
			cam = yard
		}
		if it := preview(login, role, cam); it.Inventory != nil || it.Preview != nil || it.Possible != nil {
			t.Errorf("%s is told when there is footage: %+v", login, it)
		}
	}
}
