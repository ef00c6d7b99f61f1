package identity_test

import (
	"testing"

	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

func TestAMemberReallySignsIn(t *testing.T) {
	a := identitytest.Actor(t, identity.Viewer)
	if !a.Known() || a.IsOperator() || a.Staff() == "" || a.Session() == "" || a.String() != string(a.Staff()) {
		t.Errorf("the actor is %v", a)
	}
}
