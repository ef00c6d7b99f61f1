package release_test

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/trust/access"
)

// locked is the vault of a process that may store and remove nothing.
type locked struct{ release.Footage }

func (locked) PurgePackage(context.Context, custody.PackageID) error {
	return custody.Errorf(custody.Denied, "this process has no dispose credentials")
}

// TestWhoMayRemoveNothingMakesTheOthers: what a killed process stored cannot be removed. That request waits for a person, no other does.
func TestWhoMayRemoveNothingMakesTheOthers(t *testing.T) {
	s, door, span := filmed(t)
	s.footage = &balky{Footage: s.vault, hang: true, stored: true}
	r, _ := s.logged(access.LawEnforcement, decision{door, span, access.Granted})
	k := s.packer()
	s.must(k.Start(t.Context()))
	s.last(r.ID, release.Building)
	until(t, func() bool { return s.packed() == 1 })
	k.Stop()

	s.footage = locked{s.vault}
	other, _ := s.logged(access.OpenRecords, decision{door, span, access.Granted})
	if p := s.pack(other.ID); p.State != release.Ready || s.packed() != 2 {
		t.Errorf("the other request's is %s: %s", p.State, p.Why)
	}
	p := s.last(r.ID, release.Failed)
	if _, err := s.db.Packages().Key(t.Context(), p.ID); !strings.Contains(p.Why, "dispose credentials") || custody.KindOf(err) != custody.NotFound {
		t.Errorf("%s %q, its key: %v", p.State, p.Why, err)
	}

	s.footage = s.vault
	k = s.packer()
	s.must(k.Start(t.Context()))
	defer k.Stop()
	s.must(k.Retry(t.Context(), s.may(s.clerk, access.RequestPrepare, string(p.ID)), p.ID))
	if s.last(r.ID, release.Ready); s.packed() != 2 {
		t.Errorf("%d packages in the store", s.packed())
	}
}

// TestAFailureIsToldByWhoMayRemoveNothing: the row says why there is no package, not that its bytes stay.
func TestAFailureIsToldByWhoMayRemoveNothing(t *testing.T) {
	s, door, span := filmed(t)
	s.footage = &balky{Footage: locked{s.vault}, after: custody.Errorf(custody.Corrupt, "broken")}
	r, _ := s.logged(access.LawEnforcement, decision{door, span, access.Granted})
	if p := s.pack(r.ID); p.State != release.Failed || !strings.Contains(p.Why, "broken") {
		t.Errorf("%s: %s", p.State, p.Why)
	}
}

// TestAFullDiskIsNamedWhereverItIsFound: whatever a part called it, people are told to make room.
func TestAFullDiskIsNamedWhereverItIsFound(t *testing.T) {
	for name, err := range map[string]error{"bare": syscall.ENOSPC, "another name": custody.Wrap(custody.Unavailable, syscall.EDQUOT, "the film could not be made")} {
		s, door, span := filmed(t)
		s.renderer.fail = &os.PathError{Op: "write", Path: "a file of the work directory", Err: err}
		r, _ := s.logged(access.LawEnforcement, decision{door, span, access.Granted})
		if p := s.pack(r.ID); p.State != release.Failed || !strings.Contains(p.Why, "make room") || !strings.Contains(s.alarms.now(), "make room") {
			t.Errorf("%s: %s %q, alarm %q", name, p.State, p.Why, s.alarms.now())
		}
	}
}
