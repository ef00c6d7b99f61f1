package db

import (
	"database/sql"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
)

// placeHolds raises the hold epoch of every camera concerned, in ascending order of their ids, and stores the holds (CONTRACTS 10). It
// belongs at the beginning of a change that names no camera. NotFound: a hold names a camera that does not exist.
func placeHolds(t *tx, holds []custody.Hold) error {
	var cameras []custody.CameraID
	for i := range holds {
		if err := validHold(&holds[i]); err != nil {
			return err
		}
		if holds[i].Camera != "" {
			cameras = append(cameras, holds[i].Camera)
			continue
		}
		all, err := collect(t.ctx, t.Tx, func(rows *sql.Rows) (id custody.CameraID, err error) { return id, rows.Scan(&id) }, `SELECT id FROM camera`)
		if err != nil {
			return err
		}
		cameras = append(cameras, all...)
	}
	slices.Sort(cameras)
	for _, c := range slices.Compact(cameras) {
		if err := raiseHoldEpoch(t, c); err != nil {
			return err
		}
	}
	rows := make([][]any, 0, len(holds))
	for _, h := range holds {
		rows = append(rows, []any{string(h.ID), orNull(string(h.Request)), orNull(string(h.Camera)), int64(h.Span.Start), int64(h.Span.End),
			h.Reason, h.By, int64(h.Placed), int64(h.Review), orNull(int64(h.Lapses)), 0, 0, 1})
	}
	return t.insert("hold", []string{"id", "request_id", "camera_id", "start_at", "end_at", "reason", "placed_by", "placed_at", "review_at", "lapses_at",
		"objects", "lost", "version"}, rows)
}

// raiseHoldEpoch is where placing a hold and disposing meet: whoever comes second waits, and sees what the first one did.
func raiseHoldEpoch(t *tx, camera custody.CameraID) error {
	n, err := t.exec(`UPDATE camera SET hold_epoch = hold_epoch + 1 WHERE id = $1`, string(camera))
	if err == nil && n == 0 {
		err = custody.Errorf(custody.NotFound, "the camera %q does not exist", camera)
	}
	return err
}

func validHold(h *custody.Hold) error {
	switch {
	case !custody.ValidID("hld_", string(h.ID)):
		return custody.Errorf(custody.Invalid, "hold id %q is not well formed", h.ID)
	case h.Span.Empty():
		return custody.Errorf(custody.Invalid, "a hold covers a span that is not empty")
	case h.Reason == "" || len(h.Reason) > 500 || !isText(h.Reason) || !isText(h.By):
		return custody.Errorf(custody.Invalid, "a hold's reason is 1 to 500 bytes of text")
	}
	return nil
}
