package request

import (
	"context"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// possible reports with Denied why an outcome cannot be proposed or decided for an item as it stands, and what can. What it reads is
// asked again by the judge when a copy is made, so that what changes meanwhile opens nothing. Whoever may not know when there is footage of
// the camera (sees) is not told why.
func (k *Desk) possible(ctx context.Context, r *Request, it *Item, o Outcome, sees bool, now custody.Instant) error {
	if o == access.Refused {
		return nil
	}
	if it.Span.End > now {
		return custody.Errorf(custody.Denied, "this time is not over yet: there is no footage to decide about; it is held, and can be decided when it is over")
	}
	if o == access.Granted && r.Kind == access.LawEnforcement {
		if err := officerReady(r, it); err != nil {
			return err
		}
	}
	inv, err := k.Footage.Inventory(ctx, it.Camera, it.Span)
	if err != nil {
		return err
	}
	if err = k.fitting(inv, it, o); err != nil && !sees {
		return custody.Errorf(custody.Denied, "this outcome is not possible for this item; its camera is not assigned to you, so why is not told")
	}
	return err
}

// fitting reports with Denied why an outcome does not fit what there is of an item, and what does.
func (k *Desk) fitting(inv Inventory, it *Item, o Outcome) error {
	recorded := clipped(inv.Recorded, it.Span)
	if o == access.NoRecord {
		if len(recorded) > 0 {
			return custody.Errorf(custody.Denied, "there is a record: footage of %s", k.spans(recorded))
		}
		return nil
	}
	if len(recorded) == 0 {
		return custody.Errorf(custody.Denied, "there is no footage of this time: the outcome is no-record")
	}
	return k.releasable(inv, it, o)
}

// officerReady reports with Denied what is missing before footage is granted to law enforcement on its word.
func officerReady(r *Request, it *Item) error {
	o := r.Officer
	var missing []string
	for _, f := range []struct {
		there bool
		name  string
	}{{o.Agency != "", "the agency"}, {o.Name != "", "the officer's name"}, {o.Badge != "", "the badge"}, {o.Case != "", "the agency's case number"},
		{o.Offence != "", "the offence"}, {o.AtSite, "that it happened at the library"}} {
		if !f.there {
			missing = append(missing, f.name)
		}
	}
	switch {
	case len(missing) > 0:
		return custody.Errorf(custody.Denied, "before this can be granted the request needs: %s", strings.Join(missing, ", "))
	case !r.CallBack.Reached:
		return custody.Errorf(custody.Denied, "the officer has not been reached on a number of the site's own directory: until then the footage is only held")
	case it.Span.Duration() > MaxOfficerSpan:
		return custody.Errorf(custody.Denied, "an item for law enforcement covers at most 4 hours: narrow it, or add several")
	}
	return nil
}

// releasable reports with Denied which part of an item stays closed whoever asks: library records (Iowa Code 22.7(13)) and what is sealed.
func (k *Desk) releasable(inv Inventory, it *Item, o Outcome) error {
	if inv.Class == access.LibraryRecord {
		return custody.Errorf(custody.Denied, "this camera shows library records: %s is not possible without a judge's determination; deny it, or choose another camera", o)
	}
	var library, sealed []custody.Span
	for _, x := range inv.Restricted {
		switch in := x.Span.Intersect(it.Span); {
		case in.Empty() || x.Lifted != 0:
		case x.Kind == access.RestrictLibraryRecord:
			library = append(library, in)
		case x.Kind == access.RestrictSealed:
			sealed = append(sealed, in)
		}
	}
	closed, why := library, "shows library records"
	if len(closed) == 0 {
		closed, why = sealed, "is sealed"
	}
	if len(closed) == 0 {
		return nil
	}
	rest := uncovered(it.Span, append(library, sealed...))
	if len(rest) == 0 {
		return custody.Errorf(custody.Denied, "all of this footage %s: %s is not possible", why, o)
	}
	return custody.Errorf(custody.Denied, "the part %s %s: %s is not possible for it. Make items of the rest (%s), and deny this part", k.spans(closed), why, o, k.spans(rest))
}

// clipped are the parts of spans inside another.
func clipped(spans []custody.Span, in custody.Span) []custody.Span {
	var out []custody.Span
	for _, s := range spans {
		if c := s.Intersect(in); !c.Empty() {
			out = append(out, c)
		}
	}
	return out
}

const maxSpans = 5 // in a sentence

// spans words times in the site's zone.
func (k *Desk) spans(spans []custody.Span) string {
	var out []string
	for i, s := range spans {
		if i == maxSpans {
			out = append(out, "and more")
			break
		}
		out = append(out, k.Calendar.Local(s.Start)+" to "+k.Calendar.Local(s.End))
	}
	return strings.Join(out, ", ")
}
