package access_test

import (
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// TestAFileIsDisposedOfByTwoPeople: by another than who proposed it, freshly signed in, not concerned; and then it rests for good.
func TestAFileIsDisposedOfByTwoPeople(t *testing.T) {
	b := newBench(t)
	propose, confirm := access.Ask{Action: access.RequestDispose, Subject: b.request}, access.Ask{Action: access.RequestDisposeConfirm, Subject: b.request}
	b.put(func(f *access.MatterFacts) { f.Open, f.Proposer = false, b.director.Staff() })
	b.allowed("proposing", b.judged(b.director, propose))
	b.wants("a clerk proposes", b.judged(b.clerk, propose), custody.Denied, "your roles do not allow")
	b.wants("oneself", b.judged(b.director, confirm), custody.Denied, "you proposed this yourself")
	b.allowed("another", b.judged(b.clerk, confirm))
	b.put(func(f *access.MatterFacts) {
		f.Open, f.Proposer, f.Concerned = false, "", []custody.StaffID{b.director.Staff(), b.clerk.Staff()}
	})
	b.wants("about oneself", b.judged(b.director, propose), custody.Denied, "your own, or about you")
	b.wants("confirming about oneself", b.judged(b.clerk, confirm), custody.Denied, "your own, or about you")
	b.put(func(f *access.MatterFacts) { f.Open, f.Proposer, f.Disposed = false, "", true })
	for action, subject := range map[access.Action]string{access.RequestPrepare: b.request, access.RequestClose: b.request, access.RequestDispose: b.request,
		access.RequestDisposeConfirm: b.request, access.PackageHandOver: b.pkg, access.PackageRecall: b.pkg, access.RequestDecide: b.item} {
		b.wants("of what was disposed of "+string(action), b.judged(b.director, access.Ask{Action: action, Subject: subject}), custody.Denied, "")
	}
	b.put(func(f *access.MatterFacts) { f.Open, f.Proposer = false, "" })
	b.site.Advance(access.DecisionFresh)
	for _, ask := range []access.Ask{propose, confirm} {
		b.wants("a stale sign-in", b.judged(b.director, ask), custody.Denied, "sign in again")
	}
}
