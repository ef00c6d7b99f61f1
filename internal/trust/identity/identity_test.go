package identity_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/keys/keystest"
)

type clock struct{}

func (clock) Now() custody.Instant          { return 1 }
func (clock) Reading() custody.ClockReading { return custody.ClockReading{Now: 1} }

func TestOnlyWhoOpenedTheSiteKeyIsOperator(t *testing.T) {
	ring := keystest.Ring(t, clock{})
	op, err := identity.Operator(ring)
	if err != nil || !op.IsOperator() || !op.Known() || op.String() != "operator" {
		t.Fatalf("%v (%v)", op, err)
	}
	ring.Close()
	for name, r := range map[string]*keys.Ring{"closed": ring, "nil": nil, "zero": {}} {
		if a, err := identity.Operator(r); custody.KindOf(err) != custody.Denied || a.Known() {
			t.Errorf("a %s ring makes %v (%v)", name, a, err)
		}
	}
}

func TestSystemAndNobodyAreNotTheOperator(t *testing.T) {
	if s := identity.System(); s.IsOperator() || !s.Known() || s.String() != "system" {
		t.Errorf("system is %v", s)
	}
	var zero identity.Actor
	if zero.IsOperator() || zero.Known() || zero.String() != "nobody" {
		t.Errorf("the zero actor is %v", zero)
	}
}

func TestNoOtherPackageCanMakeAnActor(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[identity.Actor]()) {
		if f.IsExported() {
			t.Errorf("field %s is exported", f.Name)
		}
	}
	var letter struct{ Forged identity.Actor }
	_ = json.Unmarshal([]byte(`{"Forged":{"role":1,"Role":1}}`), &letter)
	if letter.Forged.Known() {
		t.Error("JSON made an actor")
	}
}
