package db_test

import (
	"testing"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// keepsPromises runs the suites of the rooms whose stores this is.
func keepsPromises(t *testing.T, fresh func(testing.TB) db.Config) {
	t.Run("identity", func(t *testing.T) {
		identitytest.TestStore(t, func(t testing.TB) identitytest.Fixture {
			d := dbtest.Open(t, fresh(t))
			cameras := []custody.CameraID{dbtest.NewYard(t, d, "Yard").Camera.ID, dbtest.NewYard(t, d, "Gate").Camera.ID}
			key := keys.Record{ID: custody.NewKeyID(), Purpose: keys.Credentials, Wrapped: []byte("w"), Created: dbtest.At(0)}
			must(t, d.AddKey(t.Context(), key, "", dbtest.Event(t, custody.EventKeyCreated, "k")))
			return identitytest.Fixture{Store: d, Cameras: cameras, Key: key.ID, Generation: d.Facts().Generation, Events: func(t testing.TB) int {
				h, err := d.Head(t.Context())
				must(t, err)
				return int(h.Size)
			}}
		})
	})
	t.Run("access", func(t *testing.T) {
		accesstest.TestFacts(t, func(t *testing.T) accesstest.Parts {
			d := dbtest.Open(t, fresh(t))
			return accesstest.Parts{Facts: d.Facts(), Store: d, AddCamera: func(t *testing.T, c access.CameraFacts) {
				must(t, d.AddCamera(t.Context(), camera.Camera{ID: c.ID, Name: string(c.ID), Class: c.Class, Added: dbtest.At(0)}, dbtest.Event(t, custody.EventCameraAdded, string(c.ID))))
			}}
		})
	})
}
