package db

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// packageMatter tells what the rules need to know about a package, with the facts of its request (requestMatter). NotFound if there is none.
func (f Facts) packageMatter(context.Context, custody.PackageID) (access.MatterFacts, error) {
	return access.MatterFacts{}, custody.Errorf(custody.NotFound, "there is no such package")
}
