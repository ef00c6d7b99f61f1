package identitytest_test

import (
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

func TestTheStoreInMemory(t *testing.T) {
	identitytest.TestStore(t, func(testing.TB) identitytest.Fixture {
		s := identitytest.NewStore()
		return identitytest.Fixture{
			Store: s, Generation: s.Generation, Cameras: []custody.CameraID{custody.NewCameraID(), custody.NewCameraID()}, Key: custody.NewKeyID(),
			Events: func(testing.TB) int { return len(s.Events()) },
		}
	})
}
