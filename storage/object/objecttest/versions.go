package objecttest

import (
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/footage-custody/custody/storage/object"
	"github.com/footage-custody/custody/storage/object/objecttest/gateway"
)

// Versions counts the versions and delete markers that a bucket of the gateway keeps of each object of ours.
func Versions(t testing.TB, gw *gateway.Gateway, bucket string) map[string]int {
	t.Helper()
	c, err := minio.New(strings.TrimPrefix(gw.Endpoint, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(gw.AccessKey, gw.SecretKey, ""), Region: gw.Region, MaxRetries: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for o := range c.ListObjectsIter(t.Context(), bucket, minio.ListObjectsOptions{WithVersions: true, Recursive: true}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		if object.ValidKey(o.Key) {
			out[o.Key]++
		}
	}
	return out
}
