package identity

import (
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/keys"
)

type role uint8

const (
	nobody role = iota
	operator
	system
	staff
)

// Actor is who acts. It is comparable, and safe to copy and share. The zero Actor is nobody.
type Actor struct {
	role    role
	staff   custody.StaffID
	session custody.SessionID
}

// Operator is the person at the machine's command line. The open ring is the proof: who can open the site key
// can read the footage with a program of their own anyway, so this grants nothing that they lack, but records it.
// Without an open ring it fails with Denied.
func Operator(proof *keys.Ring) (Actor, error) {
	if !proof.Open() {
		return Actor{}, custody.Errorf(custody.Denied, "only who opens the site key is the operator of this site")
	}
	return Actor{role: operator}, nil
}

// System is the recorder itself, for events that nobody caused. It may read no footage.
func System() Actor { return Actor{role: system} }

// Known reports whether a is anybody at all.
func (a Actor) Known() bool { return a.role != nobody }

// IsOperator reports whether a is the operator.
func (a Actor) IsOperator() bool { return a.role == operator }

// Staff is the member of staff who acts; empty for any other actor.
func (a Actor) Staff() custody.StaffID { return a.staff }

// Session is the session in which a member of staff acts; empty for any other actor.
func (a Actor) Session() custody.SessionID { return a.session }

// String is the actor's name in the diary: "operator", "system", a staff id, or "nobody".
func (a Actor) String() string {
	switch a.role {
	case operator:
		return "operator"
	case system:
		return "system"
	case staff:
		return string(a.staff)
	}
	return "nobody"
}
