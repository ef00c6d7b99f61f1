package objecttest_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object/disk"
	"github.com/footage-custody/custody/storage/object/objecttest"
	"github.com/footage-custody/custody/storage/object/objecttest/gateway"
)

func faulty(t *testing.T) *objecttest.Faulty {
	t.Helper()
	d, err := disk.Open(t.TempDir(), disk.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	return objecttest.NewFaulty(d)
}

func TestHealthyFaultyConforms(t *testing.T) {
	objecttest.Run(t, func(t *testing.T) vault.Objects { return faulty(t) })
}

func TestFaultyModes(t *testing.T) {
	f := faulty(t)
	data := objecttest.Bytes(1, 10_000)
	src := objecttest.WriteSource(t, t.TempDir(), data)
	wants := func(kind custody.Kind, err error) {
		t.Helper()
		if err == nil || custody.KindOf(err) != kind {
			t.Errorf("%v; want %v", err, kind)
		}
	}
	f.Set(objecttest.Fault{Mode: objecttest.Down, Times: 2})
	wants(custody.Unavailable, f.Put(t.Context(), "a", src))
	wants(custody.Unavailable, f.Purge(t.Context(), "a"))
	_, err := f.Stat(t.Context(), "a")
	wants(custody.NotFound, err) // healthy again after two calls

	f.Set(objecttest.Fault{Mode: objecttest.DropPuts})
	if err := f.Put(t.Context(), "a", src); err != nil {
		t.Error(err)
	}
	f.Set(objecttest.Fault{Mode: objecttest.LoseAnswer, Times: 1})
	wants(custody.Unavailable, f.Put(t.Context(), "a", src))
	if _, err := f.Stat(t.Context(), "a"); err != nil {
		t.Errorf("the act itself was lost: %v", err)
	}

	p := make([]byte, len(data))
	f.Set(objecttest.Fault{Mode: objecttest.AlterReads})
	if err := f.ReadAt(t.Context(), "a", p, 0); err != nil || bytes.Equal(p, data) {
		t.Errorf("not altered: %v", err)
	}
	r, err := f.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || len(got) != len(data) || bytes.Equal(got, data) {
		t.Errorf("not altered: %v", err)
	}
	f.Set(objecttest.Fault{Mode: objecttest.CutReads})
	wants(custody.Corrupt, f.ReadAt(t.Context(), "a", p, 0))
	if r, err = f.Open(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(r)
	wants(custody.Corrupt, err)

	begin := time.Now()
	f.Set(objecttest.Fault{Mode: objecttest.Slow, Delay: 30 * time.Millisecond})
	if err := f.ReadAt(t.Context(), "a", p, 0); err != nil || time.Since(begin) < 30*time.Millisecond {
		t.Errorf("not slow: %v", err)
	}
	if f.Calls() != 11 || f.Hits()[objecttest.Down] != 2 {
		t.Errorf("counted %d calls, %v", f.Calls(), f.Hits())
	}
}

// TestGatewayLives starts a gateway, stops it, and finds its data again with the same keys.
func TestGatewayLives(t *testing.T) {
	g := objecttest.StartGateway(t)
	g.Stop()
	g.Stop()
	if resp, err := http.Get(g.Endpoint + "/health"); err == nil {
		resp.Body.Close()
		t.Fatal("it answers after Stop")
	}
	again, err := gateway.Start(t.Context(), gateway.Options{Dir: g.Dir, AccessKey: g.AccessKey, SecretKey: g.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Stop()
	if again.AccessKey != g.AccessKey {
		t.Error("other keys")
	}
}
