package accesstest_test

import (
	"testing"

	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
)

func TestTheSiteInMemoryConforms(t *testing.T) {
	accesstest.TestFacts(t, func(*testing.T) accesstest.Parts {
		s := accesstest.New(1e15)
		return accesstest.Parts{Facts: s, Store: s, AddCamera: func(_ *testing.T, c access.CameraFacts) { c.Version = 1; s.PutCamera(c) }}
	})
}
