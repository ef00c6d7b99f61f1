package objecttest

import (
	"testing"

	"github.com/footage-custody/custody/storage/object/objecttest/gateway"
)

// StartGateway starts a real S3 server in a temporary folder and stops it at the end of the test.
func StartGateway(t testing.TB) *gateway.Gateway {
	t.Helper()
	g, err := gateway.Start(t.Context(), gateway.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		g.Stop()
		if t.Failed() {
			t.Log(g.Logs())
		}
	})
	return g
}
