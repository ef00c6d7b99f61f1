package access

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

const (
	maxRestrictions = 1000            // standing ones of one camera in one span; more close it
	reach           = 5 * time.Minute // how far beyond a Grant's span a fragment that starts inside may go
)

// verdict is what the rules say about one Ask, as long as the generation is the same and the horizon lies ahead.
type verdict struct {
	generation int64
	horizon    custody.Instant
	refusal    *refusal // nil if the act is allowed
	clauses    []string
	camera     CameraFacts // as it was judged; zero if the act is about none
	sees       bool        // matter.sees
	limit      time.Duration
	// What stays closed of the span although the act is allowed, in order and apart: footage younger than the limit, and older.
	young, old closed
}

// closed is spans in order that neither overlap nor touch.
type closed []custody.Span

// overlaps reports whether some instant of s is closed.
func (c closed) overlaps(s custody.Span) bool {
	i, _ := slices.BinarySearchFunc(c, s.Start, func(x custody.Span, at custody.Instant) int { return cmp.Compare(x.End, at+1) })
	return i < len(c) && c[i].Overlaps(s)
}

// covers reports whether every instant of s is closed; of an empty span it is so.
func (c closed) covers(s custody.Span) bool {
	return s.Empty() || slices.ContainsFunc(c, func(x custody.Span) bool { return x.Start <= s.Start && s.End <= x.End })
}

func (c closed) add(s custody.Span) closed {
	if n := len(c); n > 0 && c[n-1].End == s.Start {
		c[n-1].End = s.End
		return c
	}
	return append(c, s)
}

// open reports whether the whole span may be looked at at that instant: what is older than the limit follows the stricter list.
func (v *verdict) open(s custody.Span, now custody.Instant) bool {
	past := custody.Span{Start: s.Start, End: min(s.End, now.Add(-v.limit))}
	return !v.young.overlaps(s) && (past.Empty() || !v.old.overlaps(past))
}

// nothing reports whether not one instant of the span may be looked at.
func (v *verdict) nothing(s custody.Span, now custody.Instant) bool {
	edge := now.Add(-v.limit)
	past, recent := custody.Span{Start: s.Start, End: min(s.End, edge)}, custody.Span{Start: max(s.Start, edge), End: s.End}
	return v.old.covers(past) && v.young.covers(recent)
}

// decide puts an Ask, whose span is widened already, to the policy.
func (s *scene) decide(ctx context.Context, ask Ask, span custody.Span) (*verdict, error) {
	v := &verdict{generation: s.generation, horizon: s.horizon, limit: s.settings.ageLimit()}
	exists := true
	if ask.Camera != "" {
		var err error
		v.camera, err = s.judge.facts.Camera(ctx, ask.Camera)
		if exists = err == nil; !exists && custody.KindOf(err) != custody.NotFound {
			return nil, unknown(err)
		}
		if !exists {
			v.camera = CameraFacts{ID: ask.Camera, Class: PublicArea}
		}
	}
	q := s.ask(ask.Action, v.camera)
	q.basis = ask.Basis
	var err error
	if q.matter, err = s.matter(ctx, ask, span); err != nil {
		return nil, err
	}
	v.horizon = s.horizon
	a := s.judge.policy.answer(q)
	v.clauses, v.sees = a.clauses, q.matter.sees
	if !a.allowed && q.action == RequestView && q.matter.concerned { // it reads like what does not exist
		q.matter = matter{known: "unknown"}
		a = s.judge.policy.answer(q)
	}
	if v.refusal = s.refuse(ask, v.camera, exists, a); v.refusal != nil || !ask.Action.footage() {
		return v, nil
	}
	return v, s.close(ctx, v, q, span)
}

// close finds what of the span stays closed: it asks the policy once for every set of restrictions that lies on some part of it, for
// young and for old footage. It refuses what has nothing left.
func (s *scene) close(ctx context.Context, v *verdict, q question, span custody.Span) error {
	whole := custody.Span{Start: span.Start, End: span.End.Add(reach)}
	rs, err := s.judge.facts.Restrictions(ctx, q.camera.ID, whole)
	if err != nil {
		return unknown(err)
	}
	if q.action == FootageDispose {
		rs, err = s.keeping(ctx, q.camera.ID, whole)
	}
	if err != nil {
		return unknown(err)
	}
	if len(rs) > maxRestrictions {
		return custody.Errorf(custody.Unavailable, "more than %d restrictions lie on this footage: ask for a shorter span", maxRestrictions)
	}
	type pair struct{ young, old answer }
	known := map[kinds]pair{}
	var last answer // of the last closed part, which explains a refusal
	for part, k := range parts(whole, rs) {
		a, ok := known[k]
		if !ok {
			young, old := q, q
			young.kinds, old.kinds, old.old = k, k, true
			a = pair{s.judge.policy.answer(young), s.judge.policy.answer(old)}
			known[k] = a
		}
		if !a.young.allowed {
			v.young, last = v.young.add(part), a.young
		}
		if !a.old.allowed {
			v.old = v.old.add(part)
			if a.young.allowed && part.Start < s.now.Add(-v.limit) {
				last = a.old
			}
		}
	}
	if v.nothing(span, s.now) {
		v.clauses = last.clauses
		v.refusal = s.explain(Ask{Action: q.action}, q.camera, last)
	}
	return nil
}

// parts yields the span cut at every edge of a restriction, in order, with the kinds that lie on each part.
func parts(span custody.Span, rs []Restriction) func(yield func(custody.Span, kinds) bool) {
	cuts := []custody.Instant{span.Start, span.End}
	for _, r := range rs {
		if in := r.Span.Intersect(span); !in.Empty() {
			cuts = append(cuts, in.Start, in.End)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	return func(yield func(custody.Span, kinds) bool) {
		for i := range len(cuts) - 1 {
			part, k := custody.Span{Start: cuts[i], End: cuts[i+1]}, kinds(0)
			for _, r := range rs {
				if r.Span.Overlaps(part) {
					k |= kindOf(r.Kind)
				}
			}
			if !yield(part, k) {
				return
			}
		}
	}
}
