package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object/objecttest"
	"github.com/footage-custody/custody/storage/object/objecttest/gateway"
	"github.com/footage-custody/custody/storage/object/s3"
)

const key = "seg_abcdefghijklmnopqrstuvwxyz"

func wants(t *testing.T, kind custody.Kind, err error, what string) {
	t.Helper()
	if err == nil || custody.KindOf(err) != kind {
		t.Fatalf("%s: %v (%v); want %v", what, err, custody.KindOf(err), kind)
	}
}

func mustHold(t *testing.T, s vault.Objects, data []byte) {
	t.Helper()
	got := make([]byte, len(data))
	if err := s.ReadAt(t.Context(), key, got, 0); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("ReadAt: %v, or other bytes", err)
	}
}

// proxied is a store behind a proxy, probed while all is well.
func proxied(t *testing.T, gw *gateway.Gateway, b s3.Bucket, change func(*s3.Config)) (*s3.Store, *objecttest.Proxy) {
	t.Helper()
	p := objecttest.StartProxy(t, gw)
	c := config(gw)
	c.Endpoint = p.Endpoint
	if change != nil {
		change(&c)
	}
	s := store(t, c, b)
	if _, err := s.Capabilities(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, p
}

// TestPutThroughFaults: whatever the service does, Put never returns nil for bytes that are not there,
// and the retry after the fault succeeds.
func TestPutThroughFaults(t *testing.T) {
	gw := objecttest.StartGateway(t)
	data := objecttest.Bytes(1, 300_000)
	src := objecttest.WriteSource(t, t.TempDir(), data)
	reread := func(c *s3.Config) { c.Reread = true }
	for _, b := range []s3.Bucket{{}, {Versioning: true}} {
		for _, c := range []struct {
			fault  objecttest.Fault
			want   custody.Kind
			change func(*s3.Config)
		}{
			{objecttest.Fault{Mode: objecttest.Down}, custody.Unavailable, nil},
			{objecttest.Fault{Mode: objecttest.Error500}, custody.Unavailable, nil},
			{objecttest.Fault{Mode: objecttest.Error500, Times: 1}, custody.Unavailable, nil},
			{objecttest.Fault{Mode: objecttest.DropPuts}, custody.Unavailable, nil},
			{objecttest.Fault{Mode: objecttest.AlterPuts}, custody.Corrupt, nil},
			{objecttest.Fault{Mode: objecttest.CutPuts}, custody.Corrupt, nil},
			{objecttest.Fault{Mode: objecttest.ForgePuts}, custody.Corrupt, reread},
			{objecttest.Fault{Mode: objecttest.CutReads}, custody.Corrupt, reread},
			{objecttest.Fault{Mode: objecttest.AlterReads}, custody.Corrupt, reread},
		} {
			t.Run(string(c.fault.Mode), func(t *testing.T) {
				s, p := proxied(t, gw, b, c.change)
				p.Set(c.fault)
				wants(t, c.want, s.Put(t.Context(), key, src), "Put")
				p.Set(objecttest.Fault{})
				if p.Hits()[c.fault.Mode] == 0 {
					t.Fatal("the fault was never met")
				}
				if _, err := s.Stat(t.Context(), key); custody.KindOf(err) != custody.NotFound {
					mustHold(t, s, data) // absent, or whole
				}
				if err := s.Put(t.Context(), key, src); err != nil {
					t.Fatalf("the retry: %v", err)
				}
				mustHold(t, s, data)
			})
		}
	}
}

func TestLostAnswerIsSettledAtOnce(t *testing.T) {
	s, p := proxied(t, objecttest.StartGateway(t), s3.Bucket{Versioning: true}, nil)
	data := objecttest.Bytes(2, 100_000)
	p.Set(objecttest.Fault{Mode: objecttest.LoseAnswer, Times: 1})
	if err := s.Put(t.Context(), key, objecttest.WriteSource(t, t.TempDir(), data)); err != nil {
		t.Fatal(err)
	}
	if p.Hits()[objecttest.LoseAnswer] != 1 {
		t.Fatal("no answer was lost")
	}
	mustHold(t, s, data)
}

func TestSlowServiceIsUnavailable(t *testing.T) {
	s, p := proxied(t, objecttest.StartGateway(t), s3.Bucket{}, func(c *s3.Config) { c.Timeout = time.Second })
	src := objecttest.WriteSource(t, t.TempDir(), []byte("bytes"))
	if err := s.Put(t.Context(), key, src); err != nil {
		t.Fatal(err)
	}
	p.Set(objecttest.Fault{Mode: objecttest.Slow, Delay: time.Hour})
	acts := map[string]func() error{
		"Put":    func() error { return s.Put(t.Context(), "seg_other", src) },
		"Stat":   func() error { _, err := s.Stat(t.Context(), key); return err },
		"Open":   func() error { _, err := s.Open(t.Context(), key); return err },
		"ReadAt": func() error { return s.ReadAt(t.Context(), key, make([]byte, 5), 0) },
		"Purge":  func() error { return s.Purge(t.Context(), key) },
	}
	var wg sync.WaitGroup
	for name, act := range acts {
		wg.Go(func() {
			if err := act(); custody.KindOf(err) != custody.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s does not say that it was too slow: %v", name, err)
			}
		})
	}
	wg.Wait()
}

// TestReadsThroughFaults: a short or altered body is Corrupt. An altered range is left to the vault, whose
// ciphertext is authenticated.
func TestReadsThroughFaults(t *testing.T) {
	s, p := proxied(t, objecttest.StartGateway(t), s3.Bucket{}, nil)
	data := objecttest.Bytes(3, 1<<20)
	if err := s.Put(t.Context(), key, objecttest.WriteSource(t, t.TempDir(), data)); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []objecttest.Mode{objecttest.CutReads, objecttest.ShortenReads, objecttest.AlterReads} {
		p.Set(objecttest.Fault{Mode: mode})
		r, err := s.Open(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, r)
		r.Close()
		wants(t, custody.Corrupt, err, "Open, "+string(mode))
		if mode != objecttest.AlterReads {
			wants(t, custody.Corrupt, s.ReadAt(t.Context(), key, make([]byte, 600_000), 5000), "ReadAt, "+string(mode))
		}
	}
	p.Set(objecttest.Fault{Mode: objecttest.Down})
	wants(t, custody.Unavailable, s.ReadAt(t.Context(), key, make([]byte, 1000), 0), "ReadAt, down")
	for _, err := range s.List(t.Context()) {
		wants(t, custody.Unavailable, err, "List, down")
	}
}

// TestOldStore runs the whole suite against a service without conditions and checksums.
func TestOldStore(t *testing.T) {
	gw := objecttest.StartGateway(t)
	old := func(t *testing.T) *s3.Store {
		p := objecttest.StartProxy(t, gw)
		p.Set(objecttest.Fault{Mode: objecttest.OldStore})
		c := config(gw)
		c.Endpoint = p.Endpoint
		return store(t, c, s3.Bucket{})
	}
	can, err := old(t).Capabilities(t.Context())
	if err != nil || can != (s3.Capabilities{}) {
		t.Fatalf("believed of an old store: %+v, %v", can, err)
	}
	objecttest.Run(t, func(t *testing.T) vault.Objects { return old(t) })
}

func TestProbeRecovers(t *testing.T) {
	gw := objecttest.StartGateway(t)
	p := objecttest.StartProxy(t, gw)
	c := config(gw)
	c.Endpoint = p.Endpoint
	s := store(t, c, s3.Bucket{ObjectLock: true})
	p.Set(objecttest.Fault{Mode: objecttest.Error500})
	_, err := s.Capabilities(t.Context())
	wants(t, custody.Unavailable, err, "a probe of a failing service")
	p.Set(objecttest.Fault{})
	got, err := s.Capabilities(t.Context())
	want := s3.Capabilities{Versioning: true, ObjectLock: true, ConditionalPut: true, Checksums: true}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	calls := p.Calls()
	if _, err := s.Capabilities(t.Context()); err != nil || p.Calls() != calls {
		t.Errorf("probed again: %v", err)
	}
}

func TestMissingBucketIsNotAnEmptyStore(t *testing.T) {
	gw := objecttest.StartGateway(t)
	s, err := s3.New(config(gw))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = s.Stat(t.Context(), key)
	wants(t, custody.Unavailable, err, "Stat")
	_, err = s.Open(t.Context(), key)
	wants(t, custody.Unavailable, err, "Open")
	wants(t, custody.Unavailable, s.ReadAt(t.Context(), key, make([]byte, 1), 0), "ReadAt")
	wants(t, custody.Unavailable, s.Put(t.Context(), key, objecttest.WriteSource(t, t.TempDir(), nil)), "Put")
}
