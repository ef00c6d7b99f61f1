package vault_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// TestFilesAreSealedWhileTheyComeToBe gives a package some of its files in pieces, before its folder is whole.
func TestFilesAreSealedWhileTheyComeToBe(t *testing.T) {
	p := newPacking(t, packageSizes())
	early := []string{"data/viewing/a.mp4", "data/original/b.mp4", "data/original/a.mp4"}
	begun := func(early []string) *vault.Packing {
		t.Helper()
		k := must(p.v.Pack(p.id, p.dir))
		r := rand.New(rand.NewPCG(3, 4))
		for _, path := range early {
			for b := p.files[path]; len(b) > 0; {
				n := min(len(b), 1+r.IntN(3<<20))
				must(0, k.Add(path, b[:n]))
				b = b[n:]
			}
		}
		return k
	}
	k := begun(early)
	sealed := must(p.v.PutPackage(t.Context(), k, nil))
	must(0, p.v.VerifyPackage(t.Context(), p.id, sealed))
	p.wantWhole(must(p.v.OpenPackage(t.Context(), p.may(access.PackageHandOver, p.id), p.id, sealed)))
	if _, err := p.v.PutPackage(t.Context(), k, nil); custody.KindOf(err) != custody.Conflict {
		t.Errorf("stored twice: %v", err)
	}
	k.Discard()
	must(0, p.v.VerifyPackage(t.Context(), p.id, sealed))
	must(0, p.v.PurgePackage(t.Context(), p.id))
	wants := func(name string, kind custody.Kind, err error) {
		t.Helper()
		if err == nil || custody.KindOf(err) != kind {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(p.dir + ".sealed"); !errors.Is(err, os.ErrNotExist) || len(p.objects.held) != 0 {
			t.Errorf("%s: something stays", name)
		}
	}
	for name, more := range map[string]struct {
		path string
		b    []byte
		kind custody.Kind
	}{
		"a file that is no longer so long": {"data/original/a.mp4", []byte{1}, custody.Conflict},
		"a file that is not there":         {"data/original/c.mp4", []byte{1}, custody.Conflict},
		"a file twice":                     {"data/viewing/a.mp4", []byte{1}, custody.Invalid},
		"no path":                          {"../a.mp4", []byte{1}, custody.Invalid},
	} {
		k := begun(early)
		_ = k.Add(more.path, more.b) // PutPackage tells
		_, err := p.v.PutPackage(t.Context(), k, nil)
		wants(name, more.kind, err)
	}
	k = begun(early[:1])
	k.Discard()
	_, err := p.v.PutPackage(t.Context(), k, nil)
	wants("given up", custody.Conflict, err)
}
