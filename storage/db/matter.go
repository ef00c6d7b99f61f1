package db

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Matter implements access.Facts.
func (f Facts) Matter(context.Context, string) (access.MatterFacts, error) {
	return access.MatterFacts{}, custody.Errorf(custody.NotFound, "there is nothing of that id")
}

// RequestNumbered implements access.Facts.
func (f Facts) RequestNumbered(context.Context, string) (access.MatterFacts, error) {
	return access.MatterFacts{}, custody.Errorf(custody.NotFound, "there is no such request")
}
