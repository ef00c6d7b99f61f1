package seal_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/seal"
)

const origin = "library.example.gov/custody/log/3"

func signingKey(seed byte) ed25519.PrivateKey {
	s := sha256.Sum256([]byte{seed})
	return ed25519.NewKeyFromSeed(s[:])
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func signed(t testing.TB, c seal.Checkpoint, k ed25519.PrivateKey) []byte {
	t.Helper()
	s, err := seal.NewSigner(c.Origin, k)
	if err != nil {
		t.Fatal(err)
	}
	n, err := c.Sign(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCheckpointIsASignedNoteByTheBook(t *testing.T) {
	key := signingKey(1)
	c := seal.Checkpoint{Origin: origin, Size: 12345, Root: seal.RunLeaf(nil)}
	got := string(signed(t, c, key))
	// Written out from C2SP signed-note and tlog-checkpoint, without the library.
	body := fmt.Sprintf("%s\n12345\n%s\n", origin, base64.StdEncoding.EncodeToString(c.Root[:]))
	id := sha256.Sum256([]byte(origin + "\n\x01" + string(public(key))))
	sig := append(id[:4:4], ed25519.Sign(key, []byte(body))...)
	want := body + "\n— " + origin + " " + base64.StdEncoding.EncodeToString(sig) + "\n"
	if got != want {
		t.Fatalf("note:\n%s\nwant:\n%s", got, want)
	}
	vkey, err := seal.VerifierKey(origin, public(key))
	wantKey := fmt.Sprintf("%s+%x+%s", origin, id[:4], base64.StdEncoding.EncodeToString(append([]byte{1}, public(key)...)))
	if err != nil || vkey != wantKey {
		t.Fatalf("verifier key %q (%v), want %q", vkey, err, wantKey)
	}
	stranger, err := seal.ParseVerifierKeys(vkey)
	if err != nil {
		t.Fatal(err)
	}
	for _, known := range []seal.Verifiers{stranger, seal.KnownKeys(public(signingKey(2)), public(key))} {
		if back, err := seal.OpenCheckpoint([]byte(got), known); err != nil || back != c {
			t.Fatalf("opened %+v (%v), want %+v", back, err, c)
		}
	}
	if c.Epoch() != 3 {
		t.Errorf("epoch %d", c.Epoch())
	}
}

func TestEveryFlippedBitOfACheckpointIsNoticed(t *testing.T) {
	key := signingKey(1)
	note := signed(t, seal.Checkpoint{Origin: origin, Size: 7, Root: seal.RunLeaf(nil)}, key)
	known := seal.KnownKeys(public(key))
	for i := range note {
		for bit := range 8 {
			note[i] ^= 1 << bit
			if _, err := seal.OpenCheckpoint(note, known); custody.KindOf(err) != custody.Corrupt {
				t.Errorf("byte %d bit %d: %v, want Corrupt", i, bit, err)
			}
			note[i] ^= 1 << bit
		}
	}
	for i := range note {
		if _, err := seal.OpenCheckpoint(note[:i], known); custody.KindOf(err) != custody.Corrupt {
			t.Errorf("cut to %d bytes: %v, want Corrupt", i, err)
		}
	}
}

func TestCheckpointsOfOthersAreRefused(t *testing.T) {
	key := signingKey(1)
	c := seal.Checkpoint{Origin: origin, Size: 7, Root: seal.RunLeaf(nil)}
	note := string(signed(t, c, key))
	other := c
	other.Origin = "library.example.gov/custody/log/4"
	text, sig, _ := strings.Cut(note, "\n\n")
	_, otherSig, _ := strings.Cut(string(signed(t, other, key)), "\n\n")
	for name, n := range map[string]string{
		"another's key":     string(signed(t, c, signingKey(2))),
		"another's name":    text + "\n\n" + otherSig,
		"two signatures":    text + "\n\n" + sig + sig,
		"cosignature":       note + "— witness.example " + base64.StdEncoding.EncodeToString(make([]byte, 68)) + "\n",
		"extension line":    text + "\nextension\n\n" + sig,
		"too long":          note + strings.Repeat("x", seal.MaxNote),
		"empty":             "",
		"only a blank line": "\n\n",
	} {
		if _, err := seal.OpenCheckpoint([]byte(n), seal.KnownKeys(public(key))); custody.KindOf(err) != custody.Corrupt {
			t.Errorf("%s: %v, want Corrupt", name, err)
		}
	}
	s, _ := seal.NewSigner(origin, key)
	if _, err := other.Sign(s); err == nil {
		t.Error("a signer signed for an origin that is not its own")
	}
	if _, err := (seal.Checkpoint{Origin: "x"}).Sign(s); err == nil {
		t.Error("a malformed checkpoint was signed")
	}
}

func TestCheckpointBodiesHaveOneSpelling(t *testing.T) {
	root := base64.StdEncoding.EncodeToString(make([]byte, 32))
	if _, err := seal.ParseCheckpoint(origin + "\n0\n" + root + "\n"); err != nil {
		t.Errorf("the empty log's checkpoint: %v", err)
	}
	for _, body := range []string{
		"", "\n\n\n", origin, origin + "\n1\n" + root,
		origin + "\n01\n" + root + "\n", origin + "\n+1\n" + root + "\n", origin + "\n-1\n" + root + "\n",
		origin + "\n1 \n" + root + "\n", origin + "\n1\n" + root[:43] + "\n", origin + "\n1\n" + root[:42] + "B=\n",
		origin + "\n18446744073709551616\n" + root + "\n", origin + "\n1099511627777\n" + root + "\n",
		origin + "\n1\n" + root + "\nmore\n", "go.sum database tree\n1\n" + root + "\n",
		"LIB/custody/log/1\n1\n" + root + "\n",
	} {
		if _, err := seal.ParseCheckpoint(body); custody.KindOf(err) != custody.Corrupt {
			t.Errorf("%q: %v, want Corrupt", body, err)
		}
	}
}

func TestOrigins(t *testing.T) {
	for _, site := range []string{"a", "main-street", "cam.library.example.gov", strings.Repeat("a", 253)} {
		o, err := seal.Origin(site, 4294967295)
		back, epoch, perr := seal.ParseOrigin(o)
		if err != nil || perr != nil || back != site || epoch != 4294967295 {
			t.Errorf("%q: %q, %d (%v, %v)", site, back, epoch, err, perr)
		}
	}
	for _, site := range []string{"", "A", "a b", "a+b", "-a", "a-", ".a", "é", "a/b", "a\n", strings.Repeat("a", 254)} {
		if o, err := seal.Origin(site, 1); err == nil {
			t.Errorf("site %q was accepted as %q", site, o)
		}
	}
	for _, o := range []string{"", "a", "a/custody/log/", "a/custody/log/0", "a/custody/log/01", "a/custody/log/1/custody/log/1",
		"a/custody/log/4294967296", "a/custody/log/+1", "/custody/log/1"} {
		if _, _, err := seal.ParseOrigin(o); err == nil {
			t.Errorf("origin %q was accepted", o)
		}
	}
	if _, err := seal.Origin("a", 0); err == nil {
		t.Error("epoch 0 was accepted")
	}
}

func FuzzOpenCheckpoint(f *testing.F) {
	key := signingKey(1)
	known := seal.KnownKeys(public(key))
	f.Add(signed(f, seal.Checkpoint{Origin: origin, Size: 7, Root: seal.RunLeaf(nil)}, key))
	f.Add([]byte("a/custody/log/1\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— a AAAAAAA=\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := seal.OpenCheckpoint(b, known); err == nil {
			s, _ := seal.NewSigner(c.Origin, key)
			if again, _ := c.Sign(s); string(again) != string(b) {
				t.Fatalf("two spellings of one checkpoint: %q and %q", b, again)
			}
		}
		if c, err := seal.ParseCheckpoint(string(b)); err == nil && c.Body() != string(b) {
			t.Fatalf("two spellings of one body: %q and %q", b, c.Body())
		}
		_, _ = seal.ParseVerifierKeys(string(b))
	})
}
