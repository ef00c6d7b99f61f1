package s3_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object/objecttest"
	"github.com/footage-custody/custody/storage/object/objecttest/gateway"
	"github.com/footage-custody/custody/storage/object/s3"
)

// config reaches a fresh bucket name of the gateway with its root account for both acts.
func config(gw *gateway.Gateway) s3.Config {
	root := s3.Credentials{AccessKey: gw.AccessKey, SecretKey: gw.SecretKey}
	return s3.Config{
		Endpoint: gw.Endpoint, Region: gw.Region, PathStyle: true,
		Bucket:         "b-" + strings.ToLower(rand.Text()),
		PutCredentials: root, DisposeCredentials: root,
	}
}

func store(t *testing.T, c s3.Config, b s3.Bucket) *s3.Store {
	t.Helper()
	s, err := s3.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.EnsureBucket(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	gw := objecttest.StartGateway(t)
	for name, b := range map[string]s3.Bucket{"plain bucket": {}, "versions and locks": {ObjectLock: true}} {
		t.Run(name, func(t *testing.T) {
			objecttest.Run(t, func(t *testing.T) vault.Objects { return store(t, config(gw), b) })
		})
	}
}
