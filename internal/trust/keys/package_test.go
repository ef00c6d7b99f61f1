package keys_test

import (
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/keys/keystest"
)

func TestAPackageKeyOpensForItsPackageAlone(t *testing.T) {
	store := &keystest.Store{}
	r := newRing(t, store, siteKey(t, someKey))
	_, _, _, err := r.WrapPackage("pkg_a")
	wants(t, "wrap without a key", err, custody.NotFound)
	first := must(r.Create(t.Context(), keys.PackageWrap, "operator"))
	must(r.Create(t.Context(), keys.SegmentWrap, "operator"))
	key, wrapped, by, err := r.WrapPackage("pkg_a")
	if err != nil || by != first {
		t.Fatalf("wrapped by %s (%v), want %s", by, err, first)
	}
	must(r.Rotate(t.Context(), keys.PackageWrap, "operator"))
	if got, err := r.UnwrapPackage("pkg_a", first, wrapped); err != nil || got != key {
		t.Fatalf("the retired key opens %x (%v)", got, err)
	}
	other, _, by, err := r.WrapPackage("pkg_a")
	if err != nil || other == key || by == first {
		t.Errorf("after the rotation the same key, or wrapped by the retired one (%v)", err)
	}
	_, segment, segmentKey, _ := r.WrapSegment("seg_a")
	wants(t, "another package", second(r.UnwrapPackage("pkg_b", first, wrapped)), custody.Corrupt)
	wants(t, "a segment of that name", second(r.UnwrapSegment(custody.SegmentID("pkg_a"), first, wrapped)), custody.NotFound)
	wants(t, "a segment's key", second(r.UnwrapPackage("seg_a", segmentKey, segment)), custody.NotFound)
	wants(t, "a short one", second(r.UnwrapPackage("pkg_a", first, wrapped[:9])), custody.Corrupt)
	r.Close()
	wants(t, "closed", second(r.UnwrapPackage("pkg_a", first, wrapped)), custody.Unavailable)
}

// TestTheLogTellsEveryPackageKey follows a signature to the entry that announces its key, across a rotation, as FORMAT.md of
// proof/manifest asks.
func TestTheLogTellsEveryPackageKey(t *testing.T) {
	store := &keystest.Store{}
	r := newRing(t, store, siteKey(t, someKey))
	_, _, err := r.PackageSigner()
	wants(t, "sign without a key", err, custody.NotFound)
	if err := r.Ensure(t.Context(), keys.PackageSigning, "system"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		id, signer, err := r.PackageSigner()
		if err != nil {
			t.Fatal(err)
		}
		sig := must(signer.Sign(nil, []byte("package"), crypto.Hash(0)))
		var told bool
		for _, e := range store.Events() {
			var body struct {
				Subject string `json:"subject"`
				Detail  struct {
					Purpose string `json:"purpose"`
					Public  []byte `json:"public"`
				} `json:"detail"`
			}
			if err := json.Unmarshal(e.Body, &body); err != nil {
				t.Fatal(err)
			}
			if body.Subject == string(id) && body.Detail.Purpose == "package-signing" {
				told = ed25519.Verify(body.Detail.Public, []byte("package"), sig)
			}
		}
		if !told {
			t.Errorf("no entry of the log announces the key %s", id)
		}
		must(r.Rotate(t.Context(), keys.PackageSigning, "operator"))
		if err := r.Ensure(t.Context(), keys.PackageSigning, "system"); err != nil {
			t.Fatal(err)
		}
	}
	if len(store.Events()) != 3 || len(r.LogKeys()) != 0 {
		t.Errorf("%d entries, %d log keys", len(store.Events()), len(r.LogKeys()))
	}
}
