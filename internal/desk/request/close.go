package request

import (
	"context"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Close closes a request under a Grant of request.close about it. closing says how it ended; empty takes what follows from its items. why, for
// the letter, is 1 to 2000 bytes. Holds stay until they are lifted. Errors: Invalid, Conflict (it does not stand so; the sentence says
// how it can be closed), Denied.
func (k *Desk) Close(ctx context.Context, g access.Grant, id custody.RequestID, closing Closing, why string) (File, error) {
	f, err := k.request(ctx, g, access.RequestClose, id)
	if err != nil {
		return File{}, err
	}
	trimmed(&why)
	if err := prose("why", why, 1, MaxReason); err != nil {
		return File{}, err
	}
	c := k.begin(g, &f)
	if closing == "" {
		closing = outcome(&f.Request, f.Items)
	}
	can := closings(c.at, &f.Request, f.Items)
	if !slices.Contains(can, closing) {
		return File{}, custody.Errorf(custody.Conflict, "closing: as the request stands it can be closed as: %s", words(can))
	}
	if err := move(ActClose, c.at, &f.Request, f.Items); err != nil {
		return File{}, err
	}
	f.Ended, f.Closing, f.Why = c.at, closing, why
	if err := c.record(requestRule(ActClose).event, "", Entry{Act: ActClose}); err != nil {
		return File{}, err
	}
	return k.commit(ctx, c)
}

func words[T ~string](all []T) string {
	if len(all) == 0 {
		return "nothing; something is still to be decided or handed over"
	}
	var out []string
	for _, w := range all {
		out = append(out, string(w))
	}
	return strings.Join(out, ", ")
}

// Closings are how a request may be closed as it stands now, what follows from its items first.
func (k *Desk) Closings(f File) []Closing {
	if f.State == Closed {
		return nil
	}
	return closings(k.Clock.Now(), &f.Request, f.Items)
}

// Reopen opens a closed request again, with the reason (1 to 2000 bytes), under a Grant of request.close about it. What was granted and not
// handed over is packaged anew.
func (k *Desk) Reopen(ctx context.Context, g access.Grant, id custody.RequestID, why string) (File, error) {
	f, err := k.request(ctx, g, access.RequestClose, id)
	if err != nil {
		return File{}, err
	}
	trimmed(&why)
	if err := prose("why", why, 1, MaxReason); err != nil {
		return File{}, err
	}
	c := k.begin(g, &f)
	if err := move(ActReopen, c.at, &f.Request, f.Items); err != nil {
		return File{}, err
	}
	f.Ended, f.Closing, f.Why = 0, "", ""
	if slices.ContainsFunc(f.Items, func(it Item) bool { return it.Decision.Outcome == access.Granted && it.Out == 0 }) {
		f.Ruling++
	}
	if err := c.record(requestRule(ActReopen).event, "", Entry{Act: ActReopen, Note: c.remark(g, "reopened: "+why)}); err != nil {
		return File{}, err
	}
	return k.commit(ctx, c)
}
