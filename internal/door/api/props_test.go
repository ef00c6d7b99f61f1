package api_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	desk "github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/trust/access"
)

// prop is what a line about requests, packages or holds is asked about, and what is sent along.
type prop struct {
	ids   map[string]string
	query string
	body  any
}

// signed are the acts that want credentials given a moment ago.
func signed(id string) bool {
	return slices.Contains([]string{"decide", "package-recall", "hold-lift", "hold-confirm", "retention-change", "request-dispose", "request-dispose-confirm",
		"agency-add", "agency-change", "agency-remove"}, id)
}

// noon is the span that every request is about.
func noon(s *apitest.Site) custody.Span {
	return custody.Span{Start: s.Clock.Now().Add(-2 * time.Hour), End: s.Clock.Now().Add(-time.Hour)}
}

// prop is the one for a line: the same until the line used it up.
func (s *stageset) prop(t *testing.T, id string) (prop, bool) {
	t.Helper()
	if s.props == nil {
		s.props = map[string]prop{}
	}
	if x, ok := s.props[id]; ok {
		return x, true
	}
	for _, make := range []func(*testing.T, string) (prop, bool){s.requestProp, s.itemProp, s.packageProp, s.holdProp, s.archiveProp} {
		if x, ok := make(t, id); ok {
			s.props[id] = x
			return x, true
		}
	}
	return prop{}, false
}

func (s *stageset) requestProp(t *testing.T, id string) (prop, bool) {
	t.Helper()
	of := func(f desk.File, body any) (prop, bool) {
		return prop{ids: map[string]string{"request": string(f.ID), "letter": "acknowledgement"}, body: body}, true
	}
	logged := func(kind desk.Kind) desk.File { return s.Logged(kind, s.assigned, noon(s.Site)) }
	words := object{"text": "for the file"}
	switch id {
	case "request-log":
		return prop{body: object{"kind": "open-records", "channel": "telephone", "text": apitest.Words, "oral": true, "read_back": true,
			"asked": object{"cameras": []string{string(s.assigned)}, "from": noon(s.Site).Start.String(), "to": noon(s.Site).End.String()}}}, true
	case "request", "request-story", "letter":
		return of(logged(access.OpenRecords), nil)
	case "request-change":
		f := logged(access.OpenRecords)
		return of(f, object{"requester": object{"name": "A. Person", "contact": ""}, "version": f.Version})
	case "request-call-back":
		return of(logged(access.LawEnforcement), object{"agency": string(s.Police()), "reached": true, "spoke": "the dispatcher"})
	case "request-note", "request-clarify", "request-misdirect":
		return of(logged(access.OpenRecords), words)
	case "request-resume":
		f := logged(access.OpenRecords)
		s.As(s.Clerk()).Do("POST", "/api/requests/"+string(f.ID)+"/clarify", words).Wants(http.StatusOK)
		return of(f, words)
	case "request-close":
		f := logged(access.OpenRecords)
		return of(f, object{"closing": "withdrawn", "why": "it is asked for no longer", "version": f.Version})
	case "request-reopen":
		f := s.closed(t)
		return of(f, object{"why": "it is asked for again", "version": f.Version})
	case "attachment-add":
		x, _ := of(logged(access.OpenRecords), []byte("%PDF-1.4"))
		x.query = "?name=form.pdf"
		return x, true
	case "attachment":
		x, _ := of(logged(access.OpenRecords), nil)
		var a struct{ ID string }
		s.As(s.Clerk()).Upload("/api/requests/"+x.ids["request"]+"/attachments?name=form.pdf", []byte("%PDF-1.4")).Wants(http.StatusOK).Into(&a)
		x.ids["attachment"] = a.ID
		return x, true
	case "agency-add", "agency-change", "agency-remove":
		a := s.Agency(s.fresh("Agency "))
		x := prop{ids: map[string]string{"agency": string(a.ID)}, body: object{"name": s.fresh("Police "), "phone": "515 555 0101", "source": "the state's directory", "version": a.Version}}
		if id == "agency-add" {
			delete(x.body.(object), "version")
		}
		if id == "agency-remove" {
			x.query, x.body = "?version=1", nil
		}
		return x, true
	}
	return prop{}, false
}

// closed is a request that was closed.
func (s *stageset) closed(t *testing.T) desk.File {
	t.Helper()
	f := s.Logged(access.OpenRecords, s.assigned, noon(s.Site))
	f, err := s.Requests.Close(t.Context(), s.May(s.Director(), access.RequestClose, string(f.ID)), f.ID, desk.Withdrawn, "it is asked for no longer")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (s *stageset) itemProp(t *testing.T, id string) (prop, bool) {
	t.Helper()
	of := func(f desk.File, body any) (prop, bool) {
		x := prop{ids: map[string]string{"request": string(f.ID)}, body: body}
		if len(f.Items) > 0 {
			x.ids["item"] = string(f.Items[0].ID)
		}
		return x, true
	}
	span := noon(s.Site)
	scope := func(version int64) object {
		return object{"camera": string(s.assigned), "from": span.Start.String(), "to": span.End.Add(-time.Minute).String(), "version": version}
	}
	ruled := func(f desk.File) object {
		return object{"items": []object{{"item": string(f.Items[0].ID), "outcome": "deny", "citation": "Iowa Code 22.7(50)"}}, "version": f.Version}
	}
	switch id {
	case "item-add":
		f := s.Logged(access.OpenRecords, s.assigned, span)
		return of(f, scope(f.Version))
	case "item-rescope":
		f := s.Scoped(access.OpenRecords, s.assigned, span)
		return of(f, scope(f.Version))
	case "item-withdraw":
		f := s.Scoped(access.OpenRecords, s.assigned, span)
		return of(f, object{"why": "it is asked for no longer", "version": f.Version})
	case "item-preview":
		return of(s.Scoped(access.OpenRecords, s.assigned, span), nil)
	case "propose":
		f := s.Scoped(access.OpenRecords, s.assigned, span)
		return of(f, ruled(f))
	case "decide":
		f := s.Proposed(access.OpenRecords, s.assigned, span, access.Refused)
		return of(f, ruled(f))
	}
	return prop{}, false
}

func (s *stageset) packageProp(t *testing.T, id string) (prop, bool) {
	t.Helper()
	span := noon(s.Site)
	of := func(p custody.PackageID, body any) (prop, bool) {
		return prop{ids: map[string]string{"package": string(p), "document": "package.json"}, body: body}, true
	}
	switch id {
	case "package", "package-document", "package-zip", "package-verify", "package-receipt":
		return of(s.Packed(access.OpenRecords, s.assigned, span).ID, nil)
	case "package-cancel":
		return of(s.Building(access.OpenRecords, s.assigned, span).ID, nil)
	case "package-retry":
		return of(s.Failed(access.OpenRecords, s.assigned, span).ID, nil)
	case "deliver":
		return of(s.Packed(access.LawEnforcement, s.assigned, span).ID, object{"way": "folder", "recipient": "N. Riviera", "agency": "Springfield PD", "badge": "B-7"})
	case "package-recall":
		return of(s.Packed(access.OpenRecords, s.assigned, span).ID, object{"why": "the wrong minute"})
	case "receipt":
		return prop{ids: map[string]string{"delivery": string(s.HandedOver(s.assigned, span).ID)}, body: object{"signed_by": "N. Riviera"}}, true
	case "recall-letter":
		d := s.HandedOver(s.assigned, span)
		s.Recall(d.Package)
		return prop{ids: map[string]string{"delivery": string(d.ID)}}, true
	}
	return prop{}, false
}

func (s *stageset) holdProp(t *testing.T, id string) (prop, bool) {
	t.Helper()
	span := noon(s.Site)
	of := func(h custody.HoldID, body any) (prop, bool) {
		return prop{ids: map[string]string{"hold": string(h)}, body: body}, true
	}
	switch id {
	case "hold-place":
		return prop{body: object{"camera": string(s.assigned), "from": span.Start.String(), "to": span.End.String(), "reason": "a complaint is expected"}}, true
	case "hold":
		return of(s.Held(s.assigned, span).ID, nil)
	case "hold-review":
		return of(s.Held(s.assigned, span).ID, object{"review_at": s.Clock.Now().Add(60 * 24 * time.Hour).String()})
	case "hold-lift":
		return of(s.Held(s.assigned, span).ID, object{"why": "nobody complained"})
	case "hold-confirm":
		return of(s.LiftProposed(s.assigned, span).ID, nil)
	case "retention-change":
		return prop{body: object{"camera": string(s.Camera(s.fresh("kept "), access.PublicArea)), "at_least_days": 7, "at_most_days": 40, "version": 0}}, true
	}
	return prop{}, false
}
