package db

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Keeping implements access.Facts.
func (f Facts) Keeping(context.Context, custody.CameraID, custody.Span) (access.Keeping, error) {
	return access.Keeping{}, nil
}
