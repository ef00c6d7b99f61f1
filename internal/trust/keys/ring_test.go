package keys_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"sync"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/keys/keystest"
)

func newRing(t *testing.T, store keys.Store, site *keys.SiteKey) *keys.Ring {
	t.Helper()
	r := must(keys.LoadRing(t.Context(), store, site, &clock{}))
	t.Cleanup(r.Close)
	return r
}

func TestRotatedKeysStillOpenWhatTheyClosed(t *testing.T) {
	store, site := &keystest.Store{}, siteKey(t, someKey)
	r := newRing(t, store, site)
	_, _, _, err := r.WrapSegment("seg_a")
	wants(t, "wrap without a key", err, custody.NotFound)
	_, err = r.Rotate(t.Context(), keys.SegmentWrap, "operator")
	wants(t, "rotate without a key", err, custody.NotFound)

	first := must(r.Create(t.Context(), keys.SegmentWrap, "operator"))
	_, err = r.Create(t.Context(), keys.SegmentWrap, "operator")
	wants(t, "create twice", err, custody.Conflict)
	key, wrapped, by, err := r.WrapSegment("seg_a")
	if err != nil || by != first {
		t.Fatalf("wrapped by %s (%v), want %s", by, err, first)
	}
	next := must(r.Rotate(t.Context(), keys.SegmentWrap, "operator"))
	_, _, by, _ = r.WrapSegment("seg_b")
	if by != next {
		t.Errorf("after rotation %s wraps, want %s", by, next)
	}
	for name, ring := range map[string]*keys.Ring{"same ring": r, "reloaded": newRing(t, store, site)} {
		got, err := ring.UnwrapSegment("seg_a", first, wrapped)
		if err != nil || got != key {
			t.Errorf("%s: the retired key opens %x (%v)", name, got, err)
		}
		_, _, by, _ := ring.WrapSegment("seg_c")
		if by != next {
			t.Errorf("%s: %s is in use, want %s", name, by, next)
		}
	}
	types := []custody.EventType{}
	for _, e := range store.Events() {
		types = append(types, e.Type)
	}
	if len(types) != 2 || types[0] != custody.EventKeyCreated || types[1] != custody.EventKeyRotated {
		t.Errorf("recorded %v", types)
	}
}

func TestAWrappedKeyOpensInItsPlaceOnly(t *testing.T) {
	r := newRing(t, &keystest.Store{}, siteKey(t, someKey))
	segment := must(r.Create(t.Context(), keys.SegmentWrap, "operator"))
	creds := must(r.Create(t.Context(), keys.Credentials, "operator"))
	_, wrapped, _, _ := r.WrapSegment("seg_a")
	sealed, _, err := r.SealCredentials("str_a", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.OpenCredentials("str_a", creds, sealed); err != nil || string(got) != "secret" {
		t.Errorf("opened %q (%v)", got, err)
	}
	flip := func(b []byte, i int) []byte { c := append([]byte{}, b...); c[i] ^= 1; return c }
	for _, c := range []struct {
		name string
		err  error
		kind custody.Kind
	}{
		{"another segment", second(r.UnwrapSegment("seg_b", segment, wrapped)), custody.Corrupt},
		{"changed", second(r.UnwrapSegment("seg_a", segment, flip(wrapped, 20))), custody.Corrupt},
		{"short", second(r.UnwrapSegment("seg_a", segment, wrapped[:5])), custody.Corrupt},
		{"empty", second(r.UnwrapSegment("seg_a", segment, nil)), custody.Corrupt},
		{"unknown key", second(r.UnwrapSegment("seg_a", "key_x", wrapped)), custody.NotFound},
		{"key of another purpose", second(r.UnwrapSegment("seg_a", creds, wrapped)), custody.NotFound},
		{"another stream", second(r.OpenCredentials("str_b", creds, sealed)), custody.Corrupt},
		{"credentials changed", second(r.OpenCredentials("str_a", creds, flip(sealed, 0))), custody.Corrupt},
		{"credentials under the segment key", second(r.OpenCredentials("str_a", segment, sealed)), custody.NotFound},
	} {
		wants(t, c.name, c.err, c.kind)
	}
	_, err = r.Create(t.Context(), "bread", "operator")
	wants(t, "unknown purpose", err, custody.Invalid)
	_, err = r.Create(t.Context(), keys.LogSigning, "")
	wants(t, "nobody", err, custody.Invalid)
}

func TestLogKeysAreKeptForEver(t *testing.T) {
	store, site := &keystest.Store{}, siteKey(t, someKey)
	r := newRing(t, store, site)
	_, err := r.LogSigner()
	wants(t, "no log key", err, custody.NotFound)
	must(r.Create(t.Context(), keys.LogSigning, "operator"))
	old := must(r.LogSigner())
	must(r.Rotate(t.Context(), keys.LogSigning, "operator"))
	now := must(r.LogSigner())
	pubs := r.LogKeys()
	if len(pubs) != 2 || !pubs[0].Equal(old.Public()) || !pubs[1].Equal(now.Public()) {
		t.Fatalf("%d public keys", len(pubs))
	}
	sig := must(now.Sign(nil, []byte("m"), crypto.Hash(0)))
	if !ed25519.Verify(pubs[1], []byte("m"), sig) {
		t.Error("the signature does not verify")
	}
	store.Change(func(recs []keys.Record) { recs[0].Wrapped[3] ^= 1 })
	again := newRing(t, store, site)
	if bad := again.Damaged(); len(bad) != 1 || len(again.LogKeys()) != 2 {
		t.Errorf("damaged %v, public keys %d", bad, len(again.LogKeys()))
	}
	wants(t, "rotating past a damaged key", again.RotateSite(t.Context(), siteKey(t, "another-another-another-another-"), "operator"), custody.Corrupt)
}

func TestTamperedRecordsAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		change func([]keys.Record)
		kind   custody.Kind
	}{
		"wrapped":       {func(r []keys.Record) { r[0].Wrapped[20] ^= 1 }, custody.Corrupt},
		"id":            {func(r []keys.Record) { r[0].ID = custody.NewKeyID() }, custody.Corrupt},
		"purpose":       {func(r []keys.Record) { r[0].Purpose = keys.Credentials }, custody.Corrupt},
		"swapped":       {func(r []keys.Record) { r[0].Wrapped, r[1].Wrapped = r[1].Wrapped, r[0].Wrapped }, custody.Invalid},
		"public key":    {func(r []keys.Record) { r[1].Public = make([]byte, 32) }, custody.Corrupt},
		"no public key": {func(r []keys.Record) { r[1].Public = nil }, custody.Corrupt},
	} {
		store, site := &keystest.Store{}, siteKey(t, someKey)
		r := newRing(t, store, site)
		must(r.Create(t.Context(), keys.SegmentWrap, "operator"))
		must(r.Create(t.Context(), keys.LogSigning, "operator"))
		store.Change(c.change)
		wants(t, name, second(keys.LoadRing(t.Context(), store, site, &clock{})), c.kind)
	}
}

func TestRotatingTheSiteKey(t *testing.T) {
	store, old, next := &keystest.Store{}, siteKey(t, someKey), siteKey(t, "another-another-another-another-")
	r := newRing(t, store, old)
	must(r.Create(t.Context(), keys.SegmentWrap, "operator"))
	id := must(r.Rotate(t.Context(), keys.SegmentWrap, "operator"))
	key, wrapped, _, _ := r.WrapSegment("seg_a")
	if err := r.RotateSite(t.Context(), next, "operator"); err != nil {
		t.Fatal(err)
	}
	wants(t, "the old site key", second(keys.LoadRing(t.Context(), store, old, &clock{})), custody.Invalid)
	must(r.Create(t.Context(), keys.Credentials, "operator"))
	if got, err := newRing(t, store, next).UnwrapSegment("seg_a", id, wrapped); err != nil || got != key {
		t.Errorf("under the next site key: %v", err)
	}
	wants(t, "no site key", r.RotateSite(t.Context(), nil, "operator"), custody.Invalid)
}

func TestAClosedOrZeroRingOpensNothing(t *testing.T) {
	closed := newRing(t, &keystest.Store{}, siteKey(t, someKey))
	must(closed.Create(t.Context(), keys.LogSigning, "operator"))
	signer := must(closed.LogSigner())
	if !closed.Open() {
		t.Error("the ring is not open")
	}
	closed.Close()
	closed.Close()
	_, err := signer.Sign(nil, nil, crypto.Hash(0))
	wants(t, "signing after close", err, custody.Unavailable)
	for name, r := range map[string]*keys.Ring{"closed": closed, "zero": {}} {
		_, _, _, err := r.WrapSegment("seg_a")
		wants(t, name+" wrap", err, custody.Unavailable)
		wants(t, name+" unwrap", second(r.UnwrapSegment("seg_a", "key_a", nil)), custody.Unavailable)
		wants(t, name+" rotate site", r.RotateSite(t.Context(), siteKey(t, someKey), "operator"), custody.Unavailable)
		if r.Open() {
			t.Errorf("the %s ring says it is open", name)
		}
	}
	if (*keys.Ring)(nil).Open() {
		t.Error("the nil ring says it is open")
	}
	wants(t, "load without a site key", second(keys.LoadRing(t.Context(), &keystest.Store{}, nil, &clock{})), custody.Internal)
	wants(t, "load with a zero site key", second(keys.LoadRing(t.Context(), &keystest.Store{}, &keys.SiteKey{}, &clock{})), custody.Internal)
}

type failing struct{ keystest.Store }

var errDown = errors.New("the database is down")

func (f *failing) AddKey(context.Context, keys.Record, custody.KeyID, custody.Event) error {
	return errDown
}

func TestAKeyThatWasNotStoredIsNotUsed(t *testing.T) {
	r := newRing(t, &failing{}, siteKey(t, someKey))
	if _, err := r.Create(t.Context(), keys.SegmentWrap, "operator"); !errors.Is(err, errDown) {
		t.Errorf("create: %v", err)
	}
	_, _, _, err := r.WrapSegment("seg_a")
	wants(t, "wrap", err, custody.NotFound)
}

func TestRingUnderLoad(t *testing.T) {
	r := newRing(t, &keystest.Store{}, siteKey(t, someKey))
	must(r.Create(t.Context(), keys.SegmentWrap, "operator"))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				key, wrapped, by, err := r.WrapSegment("seg_a")
				if custody.KindOf(err) == custody.Unavailable && err != nil {
					return // closed below
				}
				if got, err := r.UnwrapSegment("seg_a", by, wrapped); err == nil && got != key {
					t.Error("another key came back")
				}
			}
		})
	}
	for range 5 {
		must(r.Rotate(t.Context(), keys.SegmentWrap, "system"))
	}
	r.Close()
	wg.Wait()
}
