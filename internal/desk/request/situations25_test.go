package request_test

import (
	"slices"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// TestSituation25WhoRedactsReviewsNothing: no copy leaves in which parts are covered, so nobody can review their own covering. The table has
// no such act, no person can propose or decide such an outcome, whatever roles they hold and whatever is still pending, and a grant of
// the whole takes two persons all the same.
func TestSituation25WhoRedactsReviewsNothing(t *testing.T) {
	l := newLibrary(t)
	r := l.police(theft)
	l.calledBack(r.ID, true)
	it := l.add(r.ID, l.yard, theft)
	look, err := l.desk.Look(t.Context(), l.scope(l.clerk), it.ID)
	l.must(err)
	if len(look.Possible) == 0 || slices.ContainsFunc(look.Possible, covered) {
		t.Errorf("possible are %v", look.Possible)
	}
	both := l.person("both", identity.Redactor)
	reviewer := l.person("reviewer", identity.Reviewer)
	for _, who := range []access.Actor{both, reviewer} {
		for action, subject := range map[access.Action]string{access.RequestPrepare: string(it.ID), access.RequestDecide: string(it.ID), access.RequestClose: string(r.ID)} {
			if _, err := l.ask(who, action, subject); custody.KindOf(err) != custody.Denied {
				t.Errorf("%s by %s: %v", action, who, err)
			}
		}
	}
	for _, o := range []access.Outcome{"redacted", "grant_redacted", "grant-redacted", "partial", "Grant", "GRANT", "grant ", ""} {
		ruling := request.Ruling{Outcome: o, Citation: "Iowa Code 22.7(5)", Reason: "faces are covered"}
		l.wants(l.propose(l.clerk, it.ID, ruling), custody.Invalid, "")
		l.must(l.propose(l.clerk, it.ID, grant))
		l.wants(l.decide(l.director, it.ID, ruling), custody.Invalid, "")
	}
	l.wants(l.decide(l.clerk, it.ID, grant), custody.Denied, "")
	if f := l.file(r.ID); f.State != request.Proposed || f.Items[0].Decision != (request.Decision{}) || f.Items[0].Proposal.Outcome != access.Granted {
		t.Errorf("it is %s: %+v", f.State, f.Items[0])
	}
}

func covered(o access.Outcome) bool {
	return !slices.Contains([]access.Outcome{access.Granted, access.InspectOnly, access.Refused, access.NoRecord}, o)
}
