package accesstest

import (
	"context"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Unstaffed is access.Facts of a site that has no staff yet and every camera one may name: the operator may look at all of it.
type Unstaffed struct{}

// Generation implements access.Facts.
func (Unstaffed) Generation(context.Context) (int64, error) { return 1, nil }

// StaffExists implements access.Facts.
func (Unstaffed) StaffExists(context.Context) (bool, error) { return false, nil }

// Standing implements access.Facts.
func (Unstaffed) Standing(context.Context, custody.StaffID, custody.SessionID) (access.Standing, error) {
	return access.Standing{}, custody.Errorf(custody.NotFound, "there is no such session")
}

// Camera implements access.Facts.
func (Unstaffed) Camera(_ context.Context, id custody.CameraID) (access.CameraFacts, error) {
	return access.CameraFacts{ID: id, Class: access.PublicArea}, nil
}

// Cameras implements access.Facts.
func (Unstaffed) Cameras(context.Context) ([]access.CameraFacts, error) { return nil, nil }

// Restrictions implements access.Facts.
func (Unstaffed) Restrictions(context.Context, custody.CameraID, custody.Span) ([]access.Restriction, error) {
	return nil, nil
}

// Settings implements access.Facts.
func (Unstaffed) Settings(context.Context) (access.Settings, error) {
	return access.DefaultSettings(), nil
}

// Matter implements access.Facts.
func (Unstaffed) Matter(context.Context, string) (access.MatterFacts, error) {
	return access.MatterFacts{}, custody.Errorf(custody.NotFound, "there is nothing of that id")
}

// Concerning implements access.Facts.
func (Unstaffed) Concerning(context.Context, custody.StaffID) ([]custody.RequestID, error) {
	return nil, nil
}

// RequestNumbered implements access.Facts.
func (Unstaffed) RequestNumbered(context.Context, string) (access.MatterFacts, error) {
	return access.MatterFacts{}, custody.Errorf(custody.NotFound, "there is no such request")
}

// Keeping implements access.Facts.
func (Unstaffed) Keeping(context.Context, custody.CameraID, custody.Span) (access.Keeping, error) {
	return access.Keeping{}, nil
}

// Allowed is what a judge of an unstaffed site decides for its operator, recorded nowhere. It ends the test on a refusal.
func Allowed(t testing.TB, operator access.Actor, clock custody.Clock, ask access.Ask) access.Grant {
	t.Helper()
	g, err := access.NewJudge(Unstaffed{}, New(clock.Now()), clock).Decide(t.Context(), operator, ask)
	if err != nil {
		t.Fatal(err)
	}
	return g
}
