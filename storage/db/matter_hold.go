package db

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// holdMatter tells what the rules need to know about a hold: the facts of its request if it has one, whether it still stands, and who
// proposed to lift it. When that was is not kept, so whose delegate they were counts since the hold was placed. NotFound if there is none.
func (f Facts) holdMatter(ctx context.Context, id custody.HoldID) (m access.MatterFacts, err error) {
	h, err := one(ctx, f.db.read, scanHold, selectHold+`WHERE id = $1`, string(id))
	if err != nil {
		return m, f.db.absent(err, "reading a hold", "there is no such hold")
	}
	if h.Request != "" {
		if m, err = f.Matter(ctx, string(h.Request)); err != nil {
			return m, err
		}
	}
	m.Request, m.Open, m.Proposer = h.Request, h.Standing(), h.LiftBy
	m.Deputy, err = deputyOf(ctx, f.db.read, h.LiftBy, h.Placed)
	return m, fault(f.db.dialect, err, "reading a hold")
}
