package db

import (
	"context"
	"database/sql"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Keeping implements access.Facts: the camera's standing holds and how long its schedule keeps footage at least, in one snapshot.
func (f Facts) Keeping(ctx context.Context, camera custody.CameraID, span custody.Span) (access.Keeping, error) {
	const doing = "reading what keeps footage"
	t, err := f.db.read.BeginTx(ctx, f.db.dialect.snapshot())
	if err != nil {
		return access.Keeping{}, fault(f.db.dialect, err, doing)
	}
	defer t.Rollback()
	held, err := collect(ctx, t, func(rows *sql.Rows) (s custody.Span, err error) {
		err = rows.Scan(&s.Start, &s.End)
		return s.Intersect(span), err
	}, `SELECT start_at, end_at FROM hold WHERE lifted_at IS NULL AND (camera_id = $1 OR camera_id IS NULL) AND start_at < $3 AND end_at > $2`,
		string(camera), int64(span.Start), int64(span.End))
	if err != nil {
		return access.Keeping{}, fault(f.db.dialect, err, doing)
	}
	kept, err := one(ctx, t, scanKeptCamera, selectKeptCamera+`WHERE id = $1`, string(camera))
	if err != nil {
		return access.Keeping{}, f.db.absent(err, doing, "there is no such camera")
	}
	all, err := collect(ctx, t, scanSchedule, selectSchedule)
	return access.Keeping{Held: held, AtLeast: retention.EffectiveFor(all, kept).Least()}, fault(f.db.dialect, err, doing)
}
