package db

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// holdMatter tells what the rules need to know about a hold. NotFound if there is none.
func (f Facts) holdMatter(context.Context, custody.HoldID) (access.MatterFacts, error) {
	return access.MatterFacts{}, custody.Errorf(custody.NotFound, "there is no such hold")
}
