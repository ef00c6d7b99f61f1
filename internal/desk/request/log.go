package request

import (
	"context"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// In is what is logged. Kind, Channel and Text are needed, and nothing else: no name, no purpose, no address (LAW.md).
type In struct {
	Kind     Kind
	Channel  Channel
	Received custody.Instant // when it reached any employee; 0: now
	Late     string          // why it is logged only now; needed if that was more than two days ago
	Text     string          // what was asked, word for word
	Oral     bool            // it was spoken; then ReadBack must be said
	ReadBack bool            // the transcript was read back to the requester
	// NotReadBack says that it could not be read back: somebody who left, a call that broke off.
	NotReadBack bool
	Inspect     bool

	Requester Requester
	Officer   Officer
	Asked     Asked
	Concerned []custody.StaffID
}

// Logged is what came of logging a request.
type Logged struct {
	Request
	Holds []custody.Hold
	// Guessed says that no time was asked for, so that the day before the request was received is held.
	Guessed bool
}

// Log logs a request under a Grant of request.log without a subject: it gets its number and its pick-up code, and what it is about is held
// in the same transaction, half an hour around the time asked for, also in the future; every camera where none was named; the day before
// it was received where no time was said. Errors: Invalid (the field and the remedy), NotFound (a camera or member of staff that does not
// exist), Denied, Unavailable.
func (k *Desk) Log(ctx context.Context, g access.Grant, in In) (Logged, error) {
	if err := g.Allows(access.RequestLog); err != nil {
		return Logged{}, err
	}
	if g.Subject() != "" || g.Actor().Staff() == "" {
		return Logged{}, custody.Errorf(custody.Denied, "the decision %s is about something else", g.ID())
	}
	now := k.Clock.Now()
	if in.Received == 0 {
		in.Received = now
	}
	if err := in.check(now); err != nil {
		return Logged{}, err
	}
	if err := k.exist(ctx, in.Asked.Cameras); err != nil {
		return Logged{}, err
	}
	r := Request{ID: custody.NewRequestID(), Kind: in.Kind, State: Received, Since: now, Channel: in.Channel, Received: in.Received, Logged: now,
		LoggedBy: g.Actor().Staff(), Late: in.Late, Text: in.Text, Oral: in.Oral, ReadBack: in.ReadBack, Inspect: in.Inspect,
		Requester: in.Requester, Officer: in.Officer, Asked: in.Asked, Concerned: in.Concerned, PickUp: newPickUp(), Version: 1}
	r.Due = k.due(r)
	out := Logged{Guessed: r.Asked.Span == (custody.Span{}), Holds: holdsFor(r.ID, r.Asked, r.Received, now)}
	held, err := placed(out.Holds)
	if err != nil {
		return Logged{}, err
	}
	stored, err := k.Store.LogRequest(ctx, Logging{r, out.Holds, k.Calendar.Year(now)}, func(r Request) ([]custody.Event, error) {
		e := Entry{Act: ActLog}
		for _, h := range out.Holds {
			e.Holds = append(e.Holds, h.ID)
		}
		ev, err := event(requestRule(ActLog).event, now, g.Actor().String(), "", r, e)
		return append([]custody.Event{ev}, held...), err
	})
	out.Request = stored
	return out, err
}

// placed are the entries of holds.
func placed(holds []custody.Hold) ([]custody.Event, error) {
	var out []custody.Event
	for _, h := range holds {
		ev, err := h.PlacedEvent()
		if err != nil {
			return nil, err
		}
		out = append(out, ev)
	}
	return out, nil
}

// check reports with Invalid what is wrong, and tidies what is right.
func (in *In) check(now custody.Instant) error {
	if in.Kind != access.OpenRecords && in.Kind != access.LawEnforcement {
		return custody.Errorf(custody.Invalid, "kind: say open-records or law-enforcement")
	}
	if !slices.Contains([]Channel{InPerson, Telephone, Email, Letter, Other}, in.Channel) {
		return custody.Errorf(custody.Invalid, "channel: say in-person, telephone, e-mail, letter or other")
	}
	if err := prose("text", in.Text, 1, MaxText); err != nil {
		return err
	}
	if in.Oral && in.ReadBack == in.NotReadBack {
		return custody.Errorf(custody.Invalid, "read_back: say whether the words were read back to the requester")
	}
	if !in.Oral && (in.ReadBack || in.NotReadBack) {
		return custody.Errorf(custody.Invalid, "read_back: only what was spoken is read back")
	}
	if err := checkReceived(in.Received, now, &in.Late); err != nil {
		return err
	}
	if err := in.Requester.check(); err != nil {
		return err
	}
	if err := in.Officer.check(in.Kind); err != nil {
		return err
	}
	if err := in.Asked.check(now); err != nil {
		return err
	}
	return checkConcerned(&in.Concerned)
}

// checkReceived reports with Invalid what is wrong with when a request is said to have been received.
func checkReceived(received, logged custody.Instant, late *string) error {
	trimmed(late)
	switch {
	case received > logged:
		return custody.Errorf(custody.Invalid, "received_at: it lies after the request was logged")
	case received < logged.Add(-LateAtMost):
		return custody.Errorf(custody.Invalid, "received_at: it lies more than a year before the request was logged")
	case received < logged.Add(-LateAfter) && *late == "":
		return custody.Errorf(custody.Invalid, "late: say why it was logged more than two days after it was received")
	}
	return line("late", *late, 0, 500)
}

func (r *Requester) check() error {
	trimmed(&r.Name, &r.Contact)
	if err := line("requester.name", r.Name, 0, 200); err != nil {
		return err
	}
	return prose("requester.contact", r.Contact, 0, 500)
}

func (o *Officer) check(kind Kind) error {
	if kind != access.LawEnforcement {
		if *o != (Officer{}) {
			return custody.Errorf(custody.Invalid, "officer: only a request of law enforcement has one")
		}
		return nil
	}
	trimmed(&o.Agency, &o.Name, &o.Badge, &o.Case, &o.Offence)
	for _, f := range []struct {
		field, text string
		most        int
	}{{"officer.agency", o.Agency, 200}, {"officer.name", o.Name, 200}, {"officer.badge", o.Badge, 60}, {"officer.case", o.Case, 100}} {
		if err := line(f.field, f.text, 0, f.most); err != nil {
			return err
		}
	}
	return prose("officer.offence", o.Offence, 0, 2000)
}

func (a *Asked) check(now custody.Instant) error {
	if len(a.Cameras) > MaxItems {
		return custody.Errorf(custody.Invalid, "asked.cameras: name at most %d, or none for all", MaxItems)
	}
	for i, c := range a.Cameras {
		if !custody.ValidID("cam_", string(c)) || slices.Contains(a.Cameras[:i], c) {
			return custody.Errorf(custody.Invalid, "asked.cameras: each is named once, by its id")
		}
	}
	s := a.Span
	switch {
	case s == (custody.Span{}):
		return nil
	case s.Empty() || s.Start <= 0:
		return custody.Errorf(custody.Invalid, "asked.span: it must end after it starts")
	case s.Duration() > MaxAsked:
		return custody.Errorf(custody.Invalid, "asked.span: ask for at most a year at a time")
	case s.End > now.Add(FutureAtMost):
		return custody.Errorf(custody.Invalid, "asked.span: it ends more than a year ahead")
	}
	return nil
}

func checkConcerned(ids *[]custody.StaffID) error {
	if len(*ids) > MaxConcerned {
		return custody.Errorf(custody.Invalid, "concerned: name at most %d", MaxConcerned)
	}
	slices.Sort(*ids)
	*ids = slices.Compact(*ids)
	for _, id := range *ids {
		if !custody.ValidID("stf_", string(id)) {
			return custody.Errorf(custody.Invalid, "concerned: each is named by their id")
		}
	}
	return nil
}

// exist reports with NotFound a camera that there is not.
func (k *Desk) exist(ctx context.Context, cameras []custody.CameraID) error {
	if len(cameras) == 0 {
		return nil
	}
	all, err := k.Footage.AllCameras(ctx)
	if err != nil {
		return err
	}
	for _, c := range cameras {
		if _, ok := all[c]; !ok {
			return custody.Errorf(custody.NotFound, "there is no such camera")
		}
	}
	return nil
}

// holdsFor are the holds that follow from what was asked.
func holdsFor(id custody.RequestID, a Asked, received, now custody.Instant) []custody.Hold {
	span, reason := custody.Span{Start: received.Add(-HoldUnknown), End: received}, "asked for without a time: the day before it was received"
	if a.Span != (custody.Span{}) {
		span, reason = around(a.Span), "asked for"
	}
	cameras := a.Cameras
	if len(cameras) == 0 {
		cameras, reason = []custody.CameraID{""}, reason+"; no camera was named, so all are held"
	}
	var out []custody.Hold
	for _, c := range cameras {
		out = append(out, newHold(id, c, span, reason, now))
	}
	return out
}

func newHold(id custody.RequestID, camera custody.CameraID, span custody.Span, reason string, now custody.Instant) custody.Hold {
	return custody.Hold{ID: custody.NewHoldID(), Request: id, Camera: camera, Span: span, Reason: reason, By: "system", Placed: now, Review: now.Add(HoldReview)}
}

// around is a span with what is held before and after it.
func around(s custody.Span) custody.Span {
	return custody.Span{Start: max(1, s.Start.Add(-HoldAround)), End: s.End.Add(HoldAround)}
}

// held reports whether holds cover a camera's whole span, one or several together.
func held(holds []custody.Hold, camera custody.CameraID, span custody.Span, now custody.Instant) bool {
	spans := make([]custody.Span, 0, len(holds))
	for _, h := range holds {
		if (h.Camera == "" || h.Camera == camera) && (h.Lapses == 0 || h.Lapses > now) {
			spans = append(spans, h.Span)
		}
	}
	return len(uncovered(span, spans)) == 0
}

// uncovered are the parts of a span that the others leave, in order.
func uncovered(span custody.Span, others []custody.Span) []custody.Span {
	others = slices.Clone(others)
	slices.SortFunc(others, func(a, b custody.Span) int { return int(min(1, max(-1, a.Start-b.Start))) })
	var out []custody.Span
	at := span.Start
	for _, o := range others {
		if o.Empty() || o.End <= at || o.Start >= span.End {
			continue
		}
		if o.Start > at {
			out = append(out, custody.Span{Start: at, End: o.Start})
		}
		at = max(at, o.End)
	}
	if at < span.End {
		out = append(out, custody.Span{Start: at, End: span.End})
	}
	return out
}

// sameOfficer reports whether two name the same person of the same agency.
func sameOfficer(a, b Officer) bool {
	return strings.EqualFold(a.Agency, b.Agency) && strings.EqualFold(a.Name, b.Name) && strings.EqualFold(a.Badge, b.Badge)
}
