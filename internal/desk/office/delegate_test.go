package office

import (
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// TestNobodyIsTheirOwnDelegate: a custodian who is about to leave must not stay for another year by their own word.
func TestNobodyIsTheirOwnDelegate(t *testing.T) {
	s := accesstest.New(1_790_000_000_000_000)
	who := s.Person(t, identity.Custodian)
	g, err := s.Judge().Decide(t.Context(), who, access.Ask{Action: access.DelegationMake})
	if err != nil {
		t.Fatal(err)
	}
	span := custody.Span{Start: s.Now(), End: s.Now().Add(time.Hour)}
	if _, err := New(Parts{}).Delegate(t.Context(), g, who.Staff(), span, "on leave"); custody.KindOf(err) != custody.Invalid {
		t.Errorf("one's own delegate: %v", err)
	}
}
