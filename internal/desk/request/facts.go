package request

import (
	"context"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Correction changes facts of a request; what is nil stays.
type Correction struct {
	Received  *custody.Instant // with Because; the clocks run anew from it
	Late      *string
	Requester *Requester
	Officer   *Officer           // another agency, name or badge voids the call-back; any change voids what was granted and is not handed over
	Asked     *Asked             // what it adds is held too; nothing held is let go
	Concerned *[]custody.StaffID // what these proposed or decided is void unless it is handed over
	Inspect   *bool
	Because   string // why, 0 to 2000 bytes; needed with Received and Concerned
}

// Correct changes facts under a Grant of request.prepare about the request. What was asked, word for word, never changes. Errors: Invalid,
// NotFound, Conflict (somebody was faster; or the officer becomes another after footage was handed over), Denied.
func (k *Desk) Correct(ctx context.Context, g access.Grant, id custody.RequestID, in Correction) (File, error) {
	f, err := k.request(ctx, g, access.RequestPrepare, id)
	if err != nil {
		return File{}, err
	}
	c := k.begin(g, &f)
	if err := move(ActCorrect, c.at, &f.Request, f.Items); err != nil {
		return File{}, err
	}
	before := f.Request
	if err := in.apply(&f.Request, c.at); err != nil {
		return File{}, err
	}
	if in.Asked != nil {
		if err := k.exist(ctx, in.Asked.Cameras); err != nil {
			return File{}, err
		}
		if err := k.hold(ctx, c, holdsFor(id, f.Asked, f.Received, c.at)); err != nil {
			return File{}, err
		}
	}
	f.Due = k.due(f.Request)
	e := Entry{Act: ActCorrect}
	if in.Because != "" {
		e.Note = c.remark(g, in.Because)
	}
	voided, err := f.void(before, c.at)
	if err != nil {
		return File{}, err
	}
	e.Voided = len(voided) > 0 || !sameOfficer(before.Officer, f.Officer)
	e.Holds = c.heldNow()
	if err := c.record(requestRule(ActCorrect).event, "", e, voided...); err != nil {
		return File{}, err
	}
	return k.commit(ctx, c)
}

// apply changes a request, or reports with Invalid what is wrong.
func (in *Correction) apply(r *Request, now custody.Instant) error {
	trimmed(&in.Because)
	if err := prose("because", in.Because, 0, MaxReason); err != nil {
		return err
	}
	if (in.Received != nil || in.Concerned != nil) && in.Because == "" {
		return custody.Errorf(custody.Invalid, "because: say why")
	}
	set(&r.Received, in.Received)
	set(&r.Late, in.Late)
	set(&r.Requester, in.Requester)
	set(&r.Officer, in.Officer)
	set(&r.Asked, in.Asked)
	set(&r.Concerned, in.Concerned)
	set(&r.Inspect, in.Inspect)
	if err := checkReceived(r.Received, r.Logged, &r.Late); err != nil {
		return err
	}
	if err := r.Requester.check(); err != nil {
		return err
	}
	if err := r.Officer.check(r.Kind); err != nil {
		return err
	}
	if in.Asked != nil {
		if err := r.Asked.check(now); err != nil {
			return err
		}
	}
	return checkConcerned(&r.Concerned)
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// void takes back what was proposed and decided on other facts. Another officer has not been called back, and what was granted on an officer's
// word is decided anew when the word changes; what somebody proposed or decided whom the request concerns, as is known now, counts no
// more. What was handed over stays: it is for people to recall it, and before that the officer becomes nobody else.
func (f *File) void(before Request, now custody.Instant) ([]Item, error) {
	another := !sameOfficer(before.Officer, f.Officer)
	if another {
		f.CallBack = CallBack{}
	}
	var voided []Item
	ruled := false
	for i := range f.Items {
		it := &f.Items[i]
		granted := it.Stage == access.Decided && it.Decision.Outcome == access.Granted
		switch {
		case granted && another && it.Out != 0:
			return nil, custody.Errorf(custody.Conflict, "officer: footage was handed over to this officer: recall the package first")
		case it.Out != 0 || it.Stage != access.Proposed && it.Stage != access.Decided:
			continue
		case concerned(f.Request, it.Proposal.By):
			ruled = ruled || it.Stage == access.Decided
			it.Stage, it.Proposal, it.Decision = access.Scoped, Proposal{}, Decision{}
		case granted && before.Officer != f.Officer, concerned(f.Request, it.Decision.By):
			ruled = true
			it.Stage, it.Decision = access.Proposed, Decision{}
		default:
			continue
		}
		voided = append(voided, *it)
	}
	switch {
	case slices.Contains(atWork(), f.State) && (another || len(voided) > 0):
		settle(now, &f.Request, f.Items, ruled)
	case ruled:
		f.Ruling++
	}
	return voided, nil
}

// CallBack records an attempt to reach the officer on the number that the directory has for an agency, under a Grant of request.prepare
// about the request: reached says that the officer was reached there and confirmed the request, spoke with whom it was spoken (0 to 200
// bytes). The latest attempt counts. Invalid: the request is none of law enforcement, or names another agency. Exhausted after 100 attempts.
func (k *Desk) CallBack(ctx context.Context, g access.Grant, id custody.RequestID, agency custody.AgencyID, reached bool, spoke string) (File, error) {
	f, err := k.request(ctx, g, access.RequestPrepare, id)
	if err != nil {
		return File{}, err
	}
	trimmed(&spoke)
	if err := line("spoke", spoke, 0, 200); err != nil {
		return File{}, err
	}
	if f.Kind != access.LawEnforcement {
		return File{}, custody.Errorf(custody.Invalid, "only a request of law enforcement is called back")
	}
	a, err := k.agency(ctx, agency)
	if err != nil {
		return File{}, err
	}
	c := k.begin(g, &f)
	if err := move(ActCallBack, c.at, &f.Request, f.Items); err != nil {
		return File{}, err
	}
	switch {
	case f.Officer.Agency == "":
		f.Officer.Agency = a.Name
	case !sameName(f.Officer.Agency, a.Name):
		return File{}, custody.Errorf(custody.Invalid, "agency: the request names another agency: choose its entry, or correct the request")
	}
	f.Request.CallBack = CallBack{Agency: a.ID, Number: a.Phone, Reached: reached, Spoke: spoke, By: g.Actor().Staff(), At: c.at}
	call := ImageOfCall(f.Request.CallBack)
	if err := c.record(requestRule(ActCallBack).event, "", Entry{Act: ActCallBack, Call: &call}); err != nil {
		return File{}, err
	}
	return k.commit(ctx, c)
}

// Clarify notes that the requester is asked something (1 to 2000 bytes), under a Grant of request.prepare about the request. The clocks run
// on, and the hold stays.
func (k *Desk) Clarify(ctx context.Context, g access.Grant, id custody.RequestID, question string) (File, error) {
	return k.turn(ctx, g, id, ActClarify, question)
}

// Misdirect notes that another body has what is asked for, and which (1 to 2000 bytes), under a Grant of request.prepare about the request.
// The hold stays.
func (k *Desk) Misdirect(ctx context.Context, g access.Grant, id custody.RequestID, body string) (File, error) {
	return k.turn(ctx, g, id, ActMisdirect, body)
}

// Resume goes on after Clarify or Misdirect, with what was learned (1 to 2000 bytes), under a Grant of request.prepare about the request.
func (k *Desk) Resume(ctx context.Context, g access.Grant, id custody.RequestID, learned string) (File, error) {
	return k.turn(ctx, g, id, ActResume, learned)
}

// turn moves a request and puts what is said about it into its file.
func (k *Desk) turn(ctx context.Context, g access.Grant, id custody.RequestID, act Act, words string) (File, error) {
	f, err := k.request(ctx, g, access.RequestPrepare, id)
	if err != nil {
		return File{}, err
	}
	trimmed(&words)
	if err := prose("text", words, 1, MaxReason); err != nil {
		return File{}, err
	}
	c := k.begin(g, &f)
	if err := move(act, c.at, &f.Request, f.Items); err != nil {
		return File{}, err
	}
	if err := c.record(requestRule(act).event, "", Entry{Act: act, Note: c.remark(g, words)}); err != nil {
		return File{}, err
	}
	return k.commit(ctx, c)
}

// Note adds a remark of 1 to 4000 bytes to the file under a Grant of request.prepare about the request. It changes nothing else. Exhausted if
// there are 500.
func (k *Desk) Note(ctx context.Context, g access.Grant, id custody.RequestID, text string) error {
	f, err := k.request(ctx, g, access.RequestPrepare, id)
	if err != nil {
		return err
	}
	trimmed(&text)
	if err := prose("text", text, 1, MaxNote); err != nil {
		return err
	}
	n := Note{Request: id, Text: text, By: g.Actor().Staff(), At: k.Clock.Now()}
	image := ImageOfNote(n)
	ev, err := event(custody.EventRequestNoted, n.At, g.Actor().String(), "", f.Request, Entry{Act: "note", Note: &image})
	if err != nil {
		return err
	}
	return k.Store.AddNote(ctx, n, ev)
}

// hold places what of the holds is not held yet.
func (k *Desk) hold(ctx context.Context, c *change, wanted []custody.Hold) error {
	standing, err := k.Store.HoldsOf(ctx, c.file.ID)
	if err != nil {
		return err
	}
	for _, h := range wanted {
		if h.Camera != "" && held(standing, h.Camera, h.Span, c.at) || h.Camera == "" && heldEverywhere(standing, h.Span, c.at) {
			continue
		}
		c.holds = append(c.holds, h)
	}
	return nil
}

// heldEverywhere reports whether holds of the whole site cover the span.
func heldEverywhere(holds []custody.Hold, span custody.Span, now custody.Instant) bool {
	site := slices.DeleteFunc(slices.Clone(holds), func(h custody.Hold) bool { return h.Camera != "" })
	return held(site, "", span, now)
}

func (c *change) heldNow() []custody.HoldID {
	var out []custody.HoldID
	for _, h := range c.holds {
		out = append(out, h.ID)
	}
	return out
}
