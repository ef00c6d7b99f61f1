package check_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// objectFiles are the object store's files by key.
func (s *site) objectFiles() map[string]string {
	s.t.Helper()
	out := map[string]string{}
	s.must(filepath.WalkDir(s.path("objects"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(d.Name(), "seg_") {
			out[d.Name()] = path
		}
		return err
	}))
	return out
}

// two are two of the objects that rows stand for: not the one that is left of a disposition, whose key is destroyed.
func (s *site) two() (a, b string) {
	for key := range s.objectFiles() {
		if key != string(s.doomed) {
			a, b = b, key
		}
	}
	return a, b
}

func TestEveryPartOfAnObjectIsWatched(t *testing.T) {
	s := recorded(t).copied(t)
	key, _ := s.two()
	path := s.objectFiles()[key]
	whole := must(os.ReadFile(path))
	n := len(whole)
	positions := []int{0, 8, 12, 27, 28, 31, 32, 60, n / 5, n / 3, n / 2, 3 * n / 4, n - 49, n - 100, n - 200}
	for i := 1; i <= 48; i += 5 { // the footer
		positions = append(positions, n-i)
	}
	for _, at := range positions {
		t.Run(fmt.Sprint("byte ", at), func(t *testing.T) {
			bad := append([]byte(nil), whole...)
			bad[at] ^= 0x20
			s.must(os.WriteFile(path, bad, 0o600))
			wantNamed(t, s, check.Options{}, key)
		})
	}
	s.must(os.WriteFile(path, whole, 0o600))
	s.open(false)
	defer s.close()
	wantClean(t, "put right again", s.check(check.Options{}))
}

func TestObjectsThatAreNotAsTheRowsSay(t *testing.T) {
	s := recorded(t)
	for name, do := range map[string]func(s *site, a, b string){
		"deleted":   func(s *site, a, _ string) { s.must(os.Remove(s.objectFiles()[a])) },
		"truncated": func(s *site, a, _ string) { s.must(os.Truncate(s.objectFiles()[a], 1000)) },
		"empty":     func(s *site, a, _ string) { s.must(os.Truncate(s.objectFiles()[a], 0)) },
		"longer": func(s *site, a, _ string) {
			path := s.objectFiles()[a]
			s.must(os.WriteFile(path, append(must(os.ReadFile(path)), 0), 0o600))
		},
		"another in its place": func(s *site, a, b string) {
			s.must(os.WriteFile(s.objectFiles()[a], must(os.ReadFile(s.objectFiles()[b])), 0o600))
		},
	} {
		for how, o := range map[string]check.Options{"quick": {Quick: true}, "default": {}} {
			t.Run(name+"/"+how, func(t *testing.T) {
				s := s.copied(t)
				a, b := s.two()
				do(s, a, b)
				wantNamed(t, s, o, a)
			})
		}
	}
}

func TestObjectsThatNothingAccountsForAreNamedAndKept(t *testing.T) {
	for _, key := range []string{string(custody.NewSegmentID()), "pkg_" + string(custody.NewSegmentID())[4:]} {
		s := recorded(t)
		s.open(false)
		stray := filepath.Join(t.TempDir(), "stray")
		s.must(os.WriteFile(stray, []byte("hello"), 0o600))
		src := vault.Source{Path: stray, Size: 5, Digest: sha256.Sum256([]byte("hello"))}
		s.must(s.objects.Put(t.Context(), key, src))
		r := s.check(check.Options{Quick: true})
		if r.Total != 1 || r.Findings[0].Invariant != "I2" || r.Findings[0].ID != key {
			t.Errorf("%s: %+v", key, r.Findings)
		}
		if _, err := s.objects.Stat(t.Context(), key); err != nil {
			t.Errorf("the object is gone: %v", err)
		}
		s.close()
		hidden := tampered(t, s, func(raw *dbtest.Raw) { raw.Do(`INSERT INTO quarantine VALUES ('` + key + `', 1, 'nothing to see')`) })
		wantNamed(t, hidden, check.Options{Quick: true}, key)
		s.open(false)
		ev := must(custody.NewEvent(custody.EventObjectQuarantined, s.clock.Now(), "operator", "", key, nil))
		s.must(s.db.Quarantine(t.Context(), quarantined(key), ev))
		wantClean(t, "in quarantine", s.check(check.Options{Quick: true}))
		s.close()
		lost := tampered(t, s, func(raw *dbtest.Raw) { raw.Do(`DELETE FROM quarantine`) })
		wantNamed(t, lost, check.Options{Quick: true}, key)
	}
}

func TestASpoolFileThatCannotBeReadIsNamed(t *testing.T) {
	s := recorded(t)
	id := custody.NewSegmentID()
	s.must(os.WriteFile(s.path("spool", string(id)+".spool"), make([]byte, 5000), 0o600))
	wantNamed(t, s, check.Options{Quick: true}, string(id))
}
