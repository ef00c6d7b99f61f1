package keys_test

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/keys/keystest"
)

func TestASecondFactorBelongsToItsMember(t *testing.T) {
	r := keystest.Ring(t, &clock{})
	one, two := custody.NewStaffID(), custody.NewStaffID()
	sealed, by, err := r.SealSecondFactor(one, []byte("JBSWY3DP"))
	if err != nil || strings.Contains(string(sealed), "JBSW") {
		t.Fatalf("%q, %v", sealed, err)
	}
	must(r.Rotate(t.Context(), keys.SecondFactor, "operator"))
	if plain := must(r.OpenSecondFactor(one, by, sealed)); string(plain) != "JBSWY3DP" {
		t.Errorf("opened: %q", plain)
	}
	wants(t, "another member's", second(r.OpenSecondFactor(two, by, sealed)), custody.Corrupt)
	wants(t, "under a key of another purpose", second(r.OpenSecondFactor(one, kidOf(r), sealed)), custody.NotFound)
	sealed[len(sealed)-1] ^= 1
	wants(t, "changed", second(r.OpenSecondFactor(one, by, sealed)), custody.Corrupt)
}

func kidOf(r *keys.Ring) custody.KeyID {
	kid, _, err := r.TokenSigner()
	if err != nil {
		panic(err)
	}
	return kid
}

func TestTokenKeysOutliveTheirRotation(t *testing.T) {
	r := keystest.Ring(t, &clock{})
	kid, signer, err := r.TokenSigner()
	if err != nil {
		t.Fatal(err)
	}
	next := must(r.Rotate(t.Context(), keys.TokenSigning, "operator"))
	if kidOf(r) != next || next == kid {
		t.Error("the rotation changed nothing")
	}
	sig := must(signer.Sign(nil, []byte("m"), crypto.Hash(0)))
	if !ed25519.Verify(must(r.TokenKey(kid)), []byte("m"), sig) || ed25519.Verify(must(r.TokenKey(next)), []byte("m"), sig) {
		t.Error("the signature is not of the key that was named")
	}
	if len(r.LogKeys()) != 1 {
		t.Error("a token key is listed as a key of the log")
	}
	wants(t, "unknown", second(r.TokenKey(custody.NewKeyID())), custody.NotFound)
	_, by, err := r.SealSecondFactor("stf_x", nil)
	wants(t, "another purpose", second(r.TokenKey(by)), custody.NotFound)
	if err != nil || strings.Contains(fmt.Sprintf("%v %+v %#v", signer, signer, signer), "held") {
		t.Error("the signer prints what it holds")
	}
	r.Close()
	wants(t, "closed", second(signer.Sign(nil, []byte("m"), crypto.Hash(0))), custody.Unavailable)
	wants(t, "closed", second(r.TokenKey(kid)), custody.Unavailable)
}

func TestTokenMACsDifferByLabelMessageAndKey(t *testing.T) {
	r := keystest.Ring(t, &clock{})
	one := must(r.TokenMAC("a", "m"))
	if one != must(r.TokenMAC("a", "m")) {
		t.Error("it is not a function")
	}
	seen := map[[32]byte]bool{one: true, must(r.TokenMAC("b", "m")): true, must(r.TokenMAC("a", "n")): true}
	must(r.Rotate(t.Context(), keys.TokenSigning, "operator"))
	if seen[must(r.TokenMAC("a", "m"))] = true; len(seen) != 4 {
		t.Errorf("four authenticators are %d", len(seen))
	}
}

func TestEnsureMakesWhatIsMissingAndNothingElse(t *testing.T) {
	store := &keystest.Store{}
	site := must(keys.InitSiteKey(t.TempDir() + "/site.key"))
	r := must(keys.LoadRing(t.Context(), store, site, &clock{}))
	defer r.Close()
	must(r.Create(t.Context(), keys.LogSigning, "operator"))
	for range 2 {
		for _, p := range keys.Purposes() {
			if err := r.Ensure(t.Context(), p, "system"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if recs := must(store.Keys(t.Context())); len(recs) != len(keys.Purposes()) || len(store.Events()) != len(recs) {
		t.Errorf("%d keys and %d events", len(recs), len(store.Events()))
	}
	wants(t, "an unknown purpose", r.Ensure(t.Context(), "everything", "system"), custody.Invalid)
	r.Close()
	wants(t, "closed", r.Ensure(t.Context(), keys.TokenSigning, "system"), custody.Unavailable)
	again := must(keys.LoadRing(t.Context(), store, site, &clock{}))
	defer again.Close()
	if _, err := again.TokenKey(kidOf(again)); err != nil {
		t.Error(err)
	}
}
