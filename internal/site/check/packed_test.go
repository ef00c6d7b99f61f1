package check_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// shelf is a site with one package at rest and, in state, the row that says so.
func shelf(t *testing.T, state string, keyed bool) (*site, custody.PackageID) {
	s := newSite(t)
	s.must(s.ring.Ensure(t.Context(), keys.PackageWrap, "operator"))
	dir, id := filepath.Join(t.TempDir(), "package"), custody.NewPackageID()
	s.must(os.Mkdir(dir, 0o700))
	s.must(os.WriteFile(filepath.Join(dir, "bagit.txt"), make([]byte, 3<<20), 0o600))
	sealed := must(s.vault.PutPackage(t.Context(), must(s.vault.Pack(id, dir)), nil))
	s.close()
	raw := dbtest.OpenRaw(t, s.config())
	defer raw.Close()
	shelve(raw, id, state, sealed, keyed)
	return s, id
}

// shelve writes what of a package's rows says where its bytes lie.
func shelve(raw *dbtest.Raw, id custody.PackageID, state string, sealed vault.SealedPackage, keyed bool) {
	made, digest := "NULL", "NULL"
	if state != "building" && state != "failed" {
		made, digest = "9", fmt.Sprintf("x'%x'", sealed.Digest)
	}
	columns := map[string]string{"id": quoted(string(id)), "request_id": "'req_'", "place": "1", "number": "'REQ-2026-0001-P1'", "state": quoted(state),
		"why": "''", "begun_at": "1", "made_at": made, "size": "3145728", "digest": digest, "verdict": "'AUTHENTIC'", "report": "'{}'", "done": "0", "total": "0",
		"ruling": "1"}
	names, values := "", ""
	for _, c := range raw.Columns("package") {
		names, values = names+","+c, values+","+columns[c]
	}
	raw.Do(`INSERT INTO package (` + names[1:] + `) VALUES (` + values[1:] + `)`)
	if keyed {
		raw.Do(fmt.Sprintf(`INSERT INTO package_key (package_id, key_id, wrapped, object_size, object_digest) VALUES ('%s', '%s', x'%x', %d, x'%x')`,
			id, sealed.KeyID, sealed.Wrapped, sealed.Size, sealed.Digest))
	}
}

func quoted(s string) string { return "'" + s + "'" }

// storedAs is the file of the object.
func (s *site) storedAs(id custody.PackageID) string {
	s.t.Helper()
	var found string
	s.must(filepath.WalkDir(s.path("objects"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == string(id) {
			found = path
		}
		return err
	}))
	return found
}

// aboutBytes are the invariants that findings about the package name which are about its bytes; the rows above are no whole request's.
func (s *site) aboutBytes(id custody.PackageID, o check.Options) (named []string) {
	s.t.Helper()
	s.open(false)
	defer s.close()
	for _, f := range s.check(o).Findings {
		if f.ID == string(id) && (f.Invariant == "I1" || f.Invariant == "I2") {
			named = append(named, f.Invariant)
		}
	}
	return named
}

// TestPackagesAtRestAreAccountedFor goes through how a package's object and its rows may stand to each other (I1, I2).
func TestPackagesAtRestAreAccountedFor(t *testing.T) {
	remove := func(path string) error { return os.Remove(path) }
	flip := func(path string) error {
		b, err := os.ReadFile(path)
		if err == nil {
			b[len(b)/2] ^= 1
			err = os.WriteFile(path, b, 0o600)
		}
		return err
	}
	cut := func(path string) error { return os.Truncate(path, 1000) }
	for name, c := range map[string]struct {
		state       string
		keyed       bool
		do          func(string) error
		quick, deep []string
	}{
		"stored":                       {"ready", true, nil, nil, nil},
		"recalled":                     {"recalled", true, nil, nil, nil},
		"replaced":                     {"replaced", true, nil, nil, nil},
		"being made":                   {"building", false, nil, nil, nil},
		"being made, nothing yet":      {"building", false, remove, nil, nil},
		"failed":                       {"failed", false, nil, nil, nil},
		"made, its key gone":           {"ready", false, nil, []string{"I1", "I2"}, []string{"I1", "I2"}},
		"its object gone":              {"ready", true, remove, []string{"I1"}, []string{"I1"}},
		"its object cut":               {"ready", true, cut, []string{"I1"}, []string{"I1", "I1"}},
		"its object changed":           {"ready", true, flip, nil, []string{"I1"}},
		"recalled, its object changed": {"recalled", true, flip, nil, []string{"I1"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, id := shelf(t, c.state, c.keyed)
			if c.do != nil {
				s.must(c.do(s.storedAs(id)))
			}
			if got := s.aboutBytes(id, check.Options{Quick: true}); !slices.Equal(got, c.quick) {
				t.Errorf("quick: %v", got)
			}
			if got := slices.Compact(s.aboutBytes(id, check.Options{})); !slices.Equal(got, slices.Compact(c.deep)) {
				t.Errorf("whole: %v", got)
			}
		})
	}
}
