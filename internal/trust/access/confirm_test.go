package access_test

import (
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// TestOnlyAStaleSignInAsksForCredentials: a decision is signed for; who would be refused anyway is not asked for a password first.
func TestOnlyAStaleSignInAsksForCredentials(t *testing.T) {
	s := accesstest.New(noon)
	judge, director := s.Judge(), s.Person(t, identity.Custodian)
	item := string(custody.NewItemID())
	open := access.MatterFacts{Open: true, Stage: access.Proposed, Proposer: custody.NewStaffID()}
	ask := access.Ask{Action: access.RequestDecide, Subject: item}
	decide := func(f access.MatterFacts) error {
		s.PutMatter(item, f)
		_, err := judge.Decide(t.Context(), director, ask)
		return err
	}
	s.ChangeSession(director, func(ses *identity.Session) { ses.Fresh = noon })
	if err := decide(open); err != nil {
		t.Fatalf("freshly signed in: %v", err)
	}
	s.Advance(access.DecisionFresh)
	if err := decide(open); custody.KindOf(err) != custody.Denied || !identity.NeedsConfirm(err) {
		t.Errorf("after five minutes: %v", err)
	}
	for what, alter := range map[string]func(*access.MatterFacts){
		"own proposal": func(f *access.MatterFacts) { f.Proposer = director.Staff() },
		"own request":  func(f *access.MatterFacts) { f.Concerned = []custody.StaffID{director.Staff()} },
		"closed":       func(f *access.MatterFacts) { f.Open = false },
		"not proposed": func(f *access.MatterFacts) { f.Stage = access.Scoped },
	} {
		f := open
		alter(&f)
		if err := decide(f); custody.KindOf(err) != custody.Denied || identity.NeedsConfirm(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	again := s.Now().Add(-time.Minute)
	s.ChangeSession(director, func(ses *identity.Session) { ses.Fresh = again })
	if err := decide(open); err != nil {
		t.Errorf("confirmed: %v", err)
	}
}
