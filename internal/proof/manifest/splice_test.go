package manifest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/proof/seal"
)

// spliced are two packages of one camera that lie next to each other in time, and one of another site.
type spliced struct {
	*stage
	first, second, foreign string
	stranger               *stage
}

// take puts what a package has below these names into a copy, instead of what the copy has there.
func take(t *testing.T, from, into string, names ...string) {
	t.Helper()
	below := func(path string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return path == n || strings.HasSuffix(n, "/") && strings.HasPrefix(path, n) })
	}
	for _, dir := range []string{into, from} {
		src := must(OpenSource(dir))
		for _, l := range must(src.List()) {
			switch {
			case below(l.Path) && dir == into:
				remove(l.Path)(t, nil, into)
			case below(l.Path):
				put(t, into, l.Path, read(t, from, l.Path))
			}
		}
		_ = src.Close()
	}
}

// TestTwoPackagesAreSpliced puts parts of one sound package into another, without a key and with the site's own: what each part proves of
// itself does not make them one.
func TestTwoPackagesAreSpliced(t *testing.T) {
	s := newStage(t, false)
	s.record(30, 300)
	x := spliced{stage: s, first: s.write(s.content(cut{window: window(3e6, 12e6)})), second: s.write(s.content(cut{window: window(12e6, 21e6)})), stranger: newStage(t, false)}
	x.stranger.record(30, 300)
	x.foreign = x.stranger.write(x.stranger.content(cut{window: window(3e6, 12e6)}))
	key := must(seal.VerifierKey(s.origin, s.log.Public().(ed25519.PublicKey)))
	for name, c := range map[string]struct {
		do    func(t *testing.T, dir string)
		code  string // without a key
		again string // signed anew with the site's own
	}{
		"the footage of the second": {func(t *testing.T, dir string) { take(t, x.second, dir, clip1) }, "altered-file", "unit-altered"},
		"the second half of the footage of the second": {func(t *testing.T, dir string) {
			a, b := read(t, dir, clip1), read(t, x.second, clip1)
			i := bytes.Index(b, []byte("moof")) - 4
			put(t, dir, clip1, append(a, b[i:]...))
		}, "altered-file", "unit-added"},
		"the proofs of the second":               {func(t *testing.T, dir string) { take(t, x.second, dir, "proof/") }, "altered-file", "no-proof"},
		"the footage and proofs of the next":     {func(t *testing.T, dir string) { take(t, x.second, dir, "data/", "proof/") }, "altered-file", "no-proof"},
		"the description of the second":          {func(t *testing.T, dir string) { take(t, x.second, dir, filePackage) }, "altered-file", "no-proof"},
		"the chain of custody of another":        {func(t *testing.T, dir string) { take(t, x.foreign, dir, fileCustody) }, "altered-file", "not-in-log"},
		"the footage of another site":            {func(t *testing.T, dir string) { take(t, x.foreign, dir, clip1) }, "altered-file", "unit-altered"},
		"footage and proofs of another site":     {func(t *testing.T, dir string) { take(t, x.foreign, dir, "data/", "proof/segments/") }, "altered-file", "no-proof"},
		"the log of another site":                {func(t *testing.T, dir string) { take(t, x.foreign, dir, fileCheckpoint, fileLogKey) }, "other-log", "other-log"},
		"everything but the footage of a second": {func(t *testing.T, dir string) { swapAllBut(t, x.second, dir, dirData) }, "altered-file", "unit-altered"},
	} {
		for how, code := range map[string]string{"without a key": c.code, "signed anew": c.again} {
			t.Run(name+"/"+how, func(t *testing.T) {
				dir := copied(t, x.first)
				c.do(t, dir)
				if how == "signed anew" {
					s.resign(dir)
				}
				r := verify(t, dir, key)
				if found := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == code && f.Text != "" }); !found || r.Verdict == Authentic || r.Verdict == Consistent {
					t.Errorf("want %s; got %s", code, r.Text())
				}
				if how == "without a key" && r.Verdict != NotAuthentic {
					t.Errorf("it is %s", r.Verdict)
				}
			})
		}
	}
}

// swapAllBut takes everything of another package but what lies below one name.
func swapAllBut(t *testing.T, from, into, keep string) {
	t.Helper()
	src := must(OpenSource(from))
	defer src.Close()
	for _, l := range must(src.List()) {
		if !strings.HasPrefix(l.Path, keep) {
			take(t, from, into, l.Path)
		}
	}
}

// TestAnotherLogIsNotThisOne makes everything anew with keys of the forger's own, the log's too: whoever holds the site's key is told; whoever
// holds none is told that nobody vouches for the one in the package.
func TestAnotherLogIsNotThisOne(t *testing.T) {
	site, forger := newStage(t, false), newStage(t, false)
	for _, s := range []*stage{site, forger} {
		s.record(10, 300)
	}
	dir := forger.write(forger.content(cut{window: window(1e6, 8e6)}))
	key := must(seal.VerifierKey(site.origin, site.log.Public().(ed25519.PublicKey)))
	if r := verify(t, dir, key); r.Verdict != NotAuthentic || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == "other-log" }) {
		t.Errorf("with the site's key: %s", r.Text())
	}
	if r := verify(t, dir); r.Verdict != Consistent {
		t.Errorf("without a key: %s", r.Text())
	}
}

// TestFilesGrowAndShrink cuts every file of a package short, lets it grow, empties it and fills it with noise of its own length; then the
// manifests are made anew, as everybody can, and the signature is the old one, as nobody can make another.
func TestFilesGrowAndShrink(t *testing.T) {
	s := newStage(t, false)
	s.record(10, 300)
	content := s.content(cut{window: window(1e6, 8e6), viewing: true})
	dir := s.write(content)
	src := must(OpenSource(dir))
	defer src.Close()
	signature := read(t, dir, fileSignature)
	for _, l := range must(src.List()) {
		b := read(t, dir, l.Path)
		noise := make([]byte, len(b))
		rand.Read(noise)
		for name, bad := range map[string][]byte{"short": b[:len(b)-1], "half": b[:len(b)/2], "empty": {}, "longer": append(slices.Clone(b), 0), "twice": slices.Concat(b, b), "noise": noise} {
			put(t, dir, l.Path, bad)
			r := verify(t, dir, content.LogKey)
			told := strings.Contains(r.Text(), l.Path) || strings.Contains(r.Text(), "not signed as it stands")
			if r.Verdict != NotAuthentic && (r.Verdict != Unverifiable || len(bad) > 0) || !told {
				t.Errorf("%s, %s: %s", l.Path, name, r.Text())
			}
			if l.Path == fileSignature || l.Path == fileTagManifest || l.Path == fileBagInfo || l.Path == fileManifest {
				continue // are made anew
			}
			rebuilt := copied(t, dir)
			s.resign(rebuilt)
			put(t, rebuilt, fileSignature, signature)
			if r := verify(t, rebuilt, content.LogKey); r.Verdict != NotAuthentic || len(r.Findings) == 0 {
				t.Errorf("%s, %s, manifests made anew: %s", l.Path, name, r.Text())
			}
			_ = os.RemoveAll(rebuilt)
		}
		put(t, dir, l.Path, b)
	}
	if r := verify(t, dir, content.LogKey); r.Verdict == NotAuthentic {
		t.Fatal(r.Text())
	}
}
