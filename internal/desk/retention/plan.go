package retention

import (
	"context"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Planned is what the next pass would do to one camera, and what it would leave, and why.
type Planned struct {
	Effective
	Before custody.Instant // what ends before is past its schedule
	Goes   Weight
	Stays  Weight          // past its schedule, and held
	Held   []HeldBack      // the holds that it is held by, by start
	Kept   custody.Instant // what begins after is kept however full the disk
}

// HeldBack is a hold as far as it keeps footage past its schedule.
type HeldBack struct {
	Hold    custody.HoldID
	Request custody.RequestID
	Span    custody.Span
}

// Plan is the dry run, under a Scope of retention.view: what would be disposed of now, and what not. Nothing is changed. Cameras without footage
// past their schedule are listed too.
func (d *Desk) Plan(ctx context.Context, s access.Scope) ([]Planned, error) {
	if err := under(s, access.RetentionView); err != nil {
		return nil, err
	}
	rules, err := effective(ctx, d.p.Store)
	if err != nil {
		return nil, err
	}
	now := d.p.Clock.Now()
	out := make([]Planned, 0, len(rules))
	for _, r := range rules {
		p, err := d.plan(ctx, Planned{Effective: r, Before: now.Add(-r.Most()), Kept: now.Add(-r.Least())})
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (d *Desk) plan(ctx context.Context, p Planned) (Planned, error) {
	past := custody.Span{Start: 1, End: p.Before}
	hs, err := d.p.Store.StandingOn(ctx, p.Effective.Kept.Camera)
	if err != nil {
		return p, err
	}
	for _, s := range between(past, hs) {
		w, err := d.p.Store.Weigh(ctx, p.Effective.Kept.Camera, s)
		if err != nil {
			return p, err
		}
		p.Goes = p.Goes.and(w)
	}
	all, err := d.p.Store.Weigh(ctx, p.Effective.Kept.Camera, past)
	if err != nil {
		return p, err
	}
	if p.Stays = (Weight{Segments: all.Segments - p.Goes.Segments, Bytes: all.Bytes - p.Goes.Bytes}); p.Stays.Segments > 0 {
		p.Stays.Span = all.Span
	}
	for _, h := range hs {
		if in := h.Span.Intersect(past); p.Stays.Segments > 0 && !in.Empty() {
			p.Held = append(p.Held, HeldBack{h.ID, h.Request, in})
		}
	}
	return p, nil
}

func (w Weight) and(o Weight) Weight {
	if w.Segments == 0 || o.Segments == 0 {
		o.Segments, o.Bytes = w.Segments+o.Segments, w.Bytes+o.Bytes
		if o.Span.Empty() {
			o.Span = w.Span
		}
		return o
	}
	return Weight{w.Segments + o.Segments, w.Bytes + o.Bytes, custody.Span{Start: min(w.Span.Start, o.Span.Start), End: max(w.Span.End, o.Span.End)}}
}

// Certificate is what a certificate of disposal for a period says. It is data; the letter room writes it.
type Certificate struct {
	Span         custody.Span // of the disposals, not of the footage
	Made         custody.Instant
	Dispositions []Disposition // latest first
	Cut          bool          // there are more than MaxTombs: ask for a shorter period
	Segments     int
	Bytes        int64
	Unpurged     int             // dispositions whose objects are not all gone yet; their keys are
	Final        custody.Instant // when the last backup that holds any of the keys ages out; 0 if nothing was disposed of
}

// Dispositions lists tombstones whose disposal lies in the span, latest first, at most limit and MaxTombs, under a Scope of retention.view.
func (d *Desk) Dispositions(ctx context.Context, s access.Scope, span custody.Span, limit int) ([]Disposition, error) {
	if err := under(s, access.RetentionView); err != nil {
		return nil, err
	}
	return d.p.Store.Dispositions(ctx, s, span, min(limit, MaxTombs))
}

// Certificate tells what was disposed of in a period, under a Scope of retention.view. Invalid: the period is empty.
func (d *Desk) Certificate(ctx context.Context, s access.Scope, span custody.Span) (Certificate, error) {
	if span.Empty() {
		return Certificate{}, custody.Errorf(custody.Invalid, "from, to: the period must end after it starts")
	}
	if err := under(s, access.RetentionView); err != nil {
		return Certificate{}, err
	}
	all, err := d.p.Store.Dispositions(ctx, s, span, MaxTombs+1)
	c := Certificate{Span: span, Made: d.p.Clock.Now(), Dispositions: all[:min(len(all), MaxTombs)], Cut: len(all) > MaxTombs}
	for _, x := range c.Dispositions {
		c.Segments, c.Bytes, c.Final = c.Segments+x.Segments, c.Bytes+x.Bytes, max(c.Final, x.Final)
		if x.Purged == 0 {
			c.Unpurged++
		}
	}
	return c, err
}
