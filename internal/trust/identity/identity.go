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
)

// Actor is who acts. It is comparable, and safe to copy and share. The zero Actor is nobody.
type Actor struct {
	role role
}

// Operator is the person at the machine's command line. The open ring is the proof: who can open the site key
// can read the footage with a program of their own anyway, so this grants nothing that they lack, but records it.
// Without an open ring it fails with Denied.
func Operator(proof *keys.Ring) (Actor, error) {
	if !proof.Open() {
		return Actor{}, custody.Errorf(custody.Denied, "only who opens the site key is the operator of this site")
	}
	return Actor{operator}, nil
}

// System is the recorder itself, for events that nobody caused. It may read no footage.
func System() Actor { return Actor{system} }

// Known reports whether a is anybody at all.
func (a Actor) Known() bool { return a.role != nobody }

// IsOperator reports whether a is the operator.
func (a Actor) IsOperator() bool { return a.role == operator }

// String is the actor's name in the diary: "operator", "system", or "nobody".
func (a Actor) String() string {
	switch a.role {
	case operator:
		return "operator"
	case system:
		return "system"
	}
	return "nobody"
}
