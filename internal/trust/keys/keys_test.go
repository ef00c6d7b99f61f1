package keys_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/keys/keystest"
)

// clock advances a second at every look.
type clock struct{ now custody.Instant }

func (c *clock) Now() custody.Instant          { c.now += 1_000_000; return c.now }
func (c *clock) Reading() custody.ClockReading { return custody.ClockReading{Now: c.Now()} }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func wants(t *testing.T, what string, err error, kind custody.Kind) {
	t.Helper()
	if err == nil || custody.KindOf(err) != kind {
		t.Errorf("%s: %v, want %v", what, err, kind)
	}
}

func TestSiteKeyFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "site.key")
	_, err := keys.LoadSiteKey(path)
	wants(t, "no file", err, custody.NotFound)

	k := must(keys.InitSiteKey(path))
	info := must(os.Stat(path))
	if info.Mode().Perm() != 0o600 || info.Size() != 32 {
		t.Errorf("the file has mode %v and %d bytes", info.Mode(), info.Size())
	}
	before := must(os.ReadFile(path))
	_, err = keys.InitSiteKey(path)
	wants(t, "second init", err, custody.Exists)
	if string(must(os.ReadFile(path))) != string(before) {
		t.Error("the second init changed the file")
	}
	back := must(keys.LoadSiteKey(path))
	if must(back.BackupKey()).Bytes() != must(k.BackupKey()).Bytes() {
		t.Error("the loaded key is another one")
	}
	k.Wipe()
	wants(t, "init without a directory", second(keys.InitSiteKey(filepath.Join(dir, "none", "k"))), custody.Unavailable)
}

func second[T any](_ T, err error) error { return err }

func TestSiteKeyFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, n int, mode os.FileMode) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, make([]byte, n), mode); err != nil {
			t.Fatal(err)
		}
		return p
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what, path string
		kind       custody.Kind
	}{
		{"group-readable", write("group", 32, 0o640), custody.Denied},
		{"world-readable", write("world", 32, 0o604), custody.Denied},
		{"empty", write("empty", 0, 0o600), custody.Corrupt},
		{"short", write("short", 31, 0o600), custody.Corrupt},
		{"long", write("long", 33, 0o600), custody.Corrupt},
		{"directory", dir, custody.Corrupt},
		{"pipe", pipe, custody.Corrupt},
	} {
		wants(t, c.what, second(keys.LoadSiteKey(c.path)), c.kind)
	}
	if _, err := keys.LoadSiteKey(write("readonly", 32, 0o400)); err != nil {
		t.Errorf("a key of mode 0400 is refused: %v", err)
	}
}

func TestBackupAndSegmentKeysAreFixedDerivations(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "k")
	if err := os.WriteFile(path, make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	// HKDF-SHA256 (RFC 5869) of 32 zero bytes, no salt; computed with another program.
	b := must(must(keys.LoadSiteKey(path)).BackupKey()).Bytes()
	if got := hex.EncodeToString(b[:]); got != backupVector {
		t.Errorf("backup key %s, want %s", got, backupVector)
	}
	s := must(keys.DeriveSegmentKeys(keys.KeyOf([32]byte{})))
	f := s.Fragments.Bytes()
	if got := hex.EncodeToString(f[:]); got != fragmentsVector {
		t.Errorf("fragments key %s, want %s", got, fragmentsVector)
	}
	all := map[[32]byte]bool{s.Fragments.Bytes(): true, s.Index.Bytes(): true, s.Leaf.Bytes(): true, s.Thumb.Bytes(): true, b: true}
	if len(all) != 5 {
		t.Errorf("5 derivations give %d keys", len(all))
	}
	wants(t, "zero key", second(keys.DeriveSegmentKeys(keys.Key{})), custody.Internal)
}

// TestNothingPrintsAKey is the canary: a known secret in every holder, printed and marshalled in every way.
func TestNothingPrintsAKey(t *testing.T) {
	canary := [32]byte([]byte("CANARY-canary-CANARY-canary-1234"))
	path := filepath.Join(t.TempDir(), "k")
	if err := os.WriteFile(path, canary[:], 0o600); err != nil {
		t.Fatal(err)
	}
	site := must(keys.LoadSiteKey(path))
	ring := must(keys.LoadRing(t.Context(), &keystest.Store{}, site, &clock{}))
	must(ring.Create(t.Context(), keys.LogSigning, "operator"))
	signer := must(ring.LogSigner())
	type outer struct {
		Shown  any
		hidden keys.Key
		site   *keys.SiteKey
	}
	k := keys.KeyOf(canary)
	holders := []any{k, &k, site, *site, ring, signer, keys.SegmentKeys{Fragments: k, Leaf: k}, []keys.Key{k},
		map[string]keys.Key{"k": k}, outer{k, k, site}, &outer{site, k, site}}
	var out strings.Builder
	log := slog.New(slog.NewJSONHandler(&out, nil))
	text := slog.New(slog.NewTextHandler(&out, nil))
	for _, h := range holders {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%c", "%U"} {
			fmt.Fprintf(&out, verb+"\n", h)
		}
		if b, err := json.Marshal(h); err == nil {
			out.Write(b)
		}
		log.Info("key", "k", h)
		text.Info("key", "k", h)
	}
	shown := strings.ToLower(out.String())
	for _, form := range []string{"canary-", hex.EncodeToString(canary[:4]), base64.StdEncoding.EncodeToString(canary[:6]), "67 65 78 65", "67, 65, 78"} {
		if strings.Contains(shown, strings.ToLower(form)) {
			at := strings.Index(shown, strings.ToLower(form))
			t.Errorf("the key shows as %q in %q", form, shown[max(0, at-80):at+40])
		}
	}
	if !strings.Contains(shown, "[redacted]") {
		t.Error("nothing was printed at all")
	}
}

const (
	backupVector    = "6d4d3bbc816e7ebb9ccb7a65845ce7c123efe797ae2544af0c8eb8609f3edab9"
	fragmentsVector = "4f0f810dc23c8b3bbec979d6f4f88063795cf5ac22e8c7822bdc893acde55a11"
)
