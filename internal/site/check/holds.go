package check

import (
	"cmp"
	"context"
	"iter"
	"strconv"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// Kept is what a check reads about holds, schedules and disposals. The iterators are ordered by id.
type Kept interface {
	AllHolds(ctx context.Context) iter.Seq2[retention.Held, error]
	Schedules(ctx context.Context) ([]retention.Schedule, error)
	AllDispositions(ctx context.Context) iter.Seq2[retention.Disposition, error]
	AllRemains(ctx context.Context) iter.Seq2[retention.Remains, error]
	// Remains is one segment that was disposed of; NotFound if it was not.
	Remains(ctx context.Context, id custody.SegmentID) (retention.Remains, error)
}

// kept is what the log has said about holds and schedules: as large as there are.
type kept struct {
	holds     map[custody.HoldID]*heldState
	schedules map[string]record
}

func newKept() *kept {
	return &kept{map[custody.HoldID]*heldState{}, map[string]record{}}
}

// heldState is a hold as its events describe it, and which.
type heldState struct {
	retention.Held
	entry string
}

func holdRecord(h *retention.Held) record {
	d := retention.ChangedDetail(*h)
	return record{kind: "hold", id: string(h.ID), fields: []field{
		{"request_id", string(h.Request)}, {"camera_id", string(h.Camera)}, {"start_at or end_at", h.Span.String()}, {"reason", h.Reason},
		{"placed_by", h.By}, {"placed_at", h.Placed.String()}, {"review_at", d.Review}, {"lapses_at", d.Lapses}, {"reviewed_at", d.Reviewed},
		{"lift_by", string(d.LiftBy)}, {"lift_why", d.LiftWhy}, {"lifted_at", d.Lifted}, {"confirmed_by", string(d.Confirmed)},
		{"surveyed_at", instant(h.Surveyed)}, {"objects", strconv.Itoa(h.Objects)},
	}}
}

func scheduleRecord(s retention.Rule) record {
	return record{kind: "schedule", id: cmp.Or(string(s.Camera), string(s.Class), "site"), fields: []field{
		{"camera_id", string(s.Camera)}, {"class", string(s.Class)}, {"at_least", strconv.Itoa(s.AtLeast)}, {"at_most", strconv.Itoa(s.AtMost)},
		{"version", strconv.FormatInt(s.Version, 10)},
	}}
}

// compareKept compares holds and schedules with what the log says, at an instant at which nothing is being written.
func (p *pass) compareKept(ctx context.Context, r *replay) error {
	var rows map[name]record
	err := p.atRest(ctx, r, func() error {
		rows = map[name]record{}
		err := each(p.Books.AllHolds(ctx), func(h retention.Held) {
			rec := holdRecord(&h)
			rows[rec.name()] = rec
		})
		if err != nil {
			return err
		}
		all, err := p.Books.Schedules(ctx)
		for _, s := range all {
			rec := scheduleRecord(retention.RuleDetail(s))
			rows[rec.name()] = rec
		}
		return err
	})
	if err != nil {
		return err
	}
	logged := map[name]record{}
	for _, h := range r.kept.holds {
		rec := holdRecord(&h.Held)
		rec.entry = h.entry
		logged[rec.name()] = rec
	}
	for _, rec := range r.kept.schedules {
		logged[rec.name()] = rec
	}
	p.report.count("A4", "holds", uint64(len(r.kept.holds)))
	p.report.count("A4", "schedules", uint64(len(r.kept.schedules)))
	for _, d := range disagreements(rows, logged) {
		p.blame(d)
	}
	return nil
}

// applyKept follows holds, schedules and disposals.
func (r *replay) applyKept(e audit.Entry, s said) error {
	switch e.Event.Type {
	case custody.EventHoldPlaced:
		return r.holdPlaced(e, s)
	case custody.EventHoldVerified:
		return r.holdVerified(e, s)
	case custody.EventHoldReviewed, custody.EventHoldLiftProposed, custody.EventHoldLifted:
		return r.holdChanged(e, s)
	case custody.EventScheduleChanged:
		var d retention.Rule
		if err := detailOf(s, &d); err != nil {
			return err
		}
		rec := scheduleRecord(d)
		rec.entry = entryName(e)
		r.kept.schedules[rec.id] = rec
	case custody.EventFootageDisposed, custody.EventFootagePurged:
		return r.destroyed(e, s)
	}
	return nil
}

func (r *replay) holdPlaced(e audit.Entry, s said) error {
	var d custody.HoldPlaced
	if err := detailOf(s, &d); err != nil {
		return err
	}
	if !custody.ValidID("hld_", string(d.Hold)) {
		return custody.Errorf(custody.Corrupt, "it names no hold")
	}
	h := &heldState{entry: entryName(e)}
	h.Hold = custody.Hold{ID: d.Hold, Request: d.Request, Camera: d.Camera, Reason: d.Reason, By: s.Actor}
	err := whens(moment{s.At, &h.Placed}, moment{d.Review, &h.Hold.Review}, moment{d.Lapses, &h.Lapses})
	if err == nil {
		h.Span, err = spanFrom(d.Span)
	}
	r.kept.holds[d.Hold] = h
	return err
}

// moment is where the time that an event wrote belongs.
type moment struct {
	text string
	to   *custody.Instant
}

func whens(all ...moment) (err error) {
	for _, m := range all {
		if *m.to, err = when(m.text); err != nil {
			return err
		}
	}
	return nil
}

// spanFrom reads what Span.String writes.
func spanFrom(text string) (s custody.Span, err error) {
	from, to, _ := strings.Cut(text, "/")
	if s.Start, err = custody.ParseInstant(from); err == nil {
		s.End, err = custody.ParseInstant(to)
	}
	return s, err
}

func (r *replay) held(id custody.HoldID, e audit.Entry) (*heldState, error) {
	h := r.kept.holds[id]
	if h == nil {
		return nil, custody.Errorf(custody.Corrupt, "it is about a hold that no entry places")
	}
	h.entry = entryName(e)
	return h, nil
}

func (r *replay) holdVerified(e audit.Entry, s said) error {
	var d retention.HoldVerified
	if err := detailOf(s, &d); err != nil {
		return err
	}
	h, err := r.held(d.Hold, e)
	if err != nil || !d.All {
		return err
	}
	h.Objects = d.Objects
	h.Surveyed, err = when(d.Began)
	return err
}

// holdChanged follows what people do with a hold. It ends by two of them, or by itself at its lapse.
func (r *replay) holdChanged(e audit.Entry, s said) error {
	var d retention.HoldChanged
	if err := detailOf(s, &d); err != nil {
		return err
	}
	h, err := r.held(d.Hold, e)
	if err != nil {
		return err
	}
	before := h.Held
	h.LiftBy, h.LiftWhy, h.Confirmed = d.LiftBy, d.LiftWhy, d.Confirmed
	err = whens(moment{d.Review, &h.Hold.Review}, moment{d.Lapses, &h.Lapses}, moment{d.Reviewed, &h.Reviewed}, moment{d.Lifted, &h.Lifted})
	if err != nil || h.Lifted == 0 {
		return err
	}
	byTwo := h.Confirmed != "" && before.LiftBy != "" && h.LiftBy == before.LiftBy && h.Confirmed != h.LiftBy && s.Actor == string(h.Confirmed)
	lapsed := h.Confirmed == "" && before.Lapses != 0 && h.Lifted >= before.Lapses && s.Actor == "system"
	if before.Lifted != 0 || !byTwo && !lapsed {
		r.found(Finding{"A4", "hold", string(h.ID), "it was ended (" + entryName(e) + ") neither by two people nor by its lapse",
			"place the hold again, see what was disposed of since, and find out who could write to the database"})
	}
	return nil
}
