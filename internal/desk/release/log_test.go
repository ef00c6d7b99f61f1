package release_test

import (
	"context"
	"crypto/ed25519"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// logOf shows the site's log to the teller.
type logOf struct{ s *site }

func (l logOf) entries(es []audit.Entry, err error) (out []release.LogEntry, _ error) {
	for _, e := range es {
		out = append(out, release.LogEntry{Epoch: e.Epoch, Index: e.Index, Type: e.Event.Type, At: e.Event.At, Actor: e.Event.Actor, Salt: *e.Salt, Body: e.Event.Body})
	}
	return out, err
}

func (l logOf) About(ctx context.Context, subject string, limit int) ([]release.LogEntry, error) {
	return l.entries(l.s.db.FindEntries(ctx, audit.Filter{Subject: subject}, limit))
}

func (l logOf) Exports(ctx context.Context, cam custody.CameraID, from custody.Instant, limit int) ([]release.LogEntry, error) {
	return l.entries(l.s.db.FindEntries(ctx, audit.Filter{Camera: cam, Type: custody.EventFootageRead, From: from}, limit))
}

func (l logOf) Looks(ctx context.Context, cam custody.CameraID, span custody.Span, limit int) ([]release.Look, error) {
	return l.s.db.Packages().Looks(ctx, cam, span, limit)
}

func (l logOf) Checkpoint(ctx context.Context, epoch uint32) ([]byte, uint64, error) {
	c, err := l.s.db.NewestCheckpoint(ctx, epoch)
	return c.Note, c.Size, err
}

func (l logOf) Hashes(ctx context.Context, epoch uint32, indexes []int64) ([]seal.Hash, error) {
	return l.s.db.Hashes(ctx, epoch, indexes)
}

func (l logOf) Keys() []ed25519.PublicKey { return l.s.ring.LogKeys() }

func (l logOf) Sign(ctx context.Context, _ uint64) error {
	c, err := audit.NewCheckpointer(audit.DefaultPlan(origin), l.s.db, l.s.ring, mute{}, l.s.clock)
	if err != nil {
		return err
	}
	if err := c.Start(ctx); err != nil {
		return err
	}
	c.Stop()
	return nil
}

type mute struct{}

func (mute) Raise(audit.Alarm, string, string) {}
func (mute) Clear(audit.Alarm, string)         {}
