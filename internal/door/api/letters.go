package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/delivery"
	"github.com/footage-custody/custody/internal/desk/letter"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
)

const day = 24 * time.Hour

func (s rooms) letterLines() []route {
	form := param("format", "text or pdf")
	return []route{
		list("request-story", "/api/requests/:request/story", access.RequestView, "A request's history, oldest first", answers(ok, s.story)),
		list("letter", "/api/requests/:request/letters/:letter", access.RequestView, "A letter of a request: acknowledgement or answer", writes(typeText, s.letter, form)),
		list("recall-letter", "/api/deliveries/:delivery/recall-letter", access.RequestView, "The letter to who has a package that was recalled", writes(typeText, s.recallLetter, form)),
		decide("package-receipt", get, "/api/packages/:package/receipt", access.RequestView, "The receipt to sign", writes(typeText, s.receiptForm, form)).of("package"),
		list("disposition-certificate", "/api/dispositions/certificate", access.RetentionView, "The certificate of disposal for a period", writes(typeText, s.disposalCertificate, form, param("from", "RFC 3339"), param("to", "RFC 3339"))),
		carry("attachment-add", post, "/api/requests/:request/attachments", access.RequestPrepare, "Add a paper to the file, at most 10 MiB. It is kept as it is and never opened", writes(jsonType, s.addAttachment, param("name", "what it is called"))).taking(request.MaxAttachment),
		decide("attachment", get, "/api/requests/:request/attachments/:attachment", access.RequestView, "A paper of the file, as it came", writes("application/octet-stream", s.attachment)).of("request").long(),
	}
}

// sendLetter sends a letter as text, or as PDF.
func sendLetter(w http.ResponseWriter, r *http.Request, l letter.Letter, created custody.Instant, name string, err error) error {
	if err != nil {
		return err
	}
	switch r.URL.Query().Get("format") {
	case "", "text":
		return send(w, typeText, []byte(l.Text()), nil)
	case "pdf":
	default:
		return custody.Errorf(custody.Invalid, "format must be text or pdf")
	}
	b, err := l.PDF(created)
	if err != nil {
		return err
	}
	return attach(w, name+".pdf", "application/pdf", b)
}

func (s rooms) letter(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), gate.PassOf(r.Context()).Scope
	id := r.PathValue("request")
	if err := known("req_", id, "request"); err != nil {
		return err
	}
	f, err := s.Requests.ByID(ctx, scope, custody.RequestID(id))
	if err != nil {
		return err
	}
	if err := inWords(f); err != nil {
		return err
	}
	n, err := s.names(ctx)
	if err != nil {
		return err
	}
	var l letter.Letter
	switch r.PathValue("letter") {
	case "acknowledgement":
		held, herr := s.Retention.Holds(ctx, scope, f.ID, false)
		if herr != nil {
			return herr
		}
		l, err = s.Letters.Acknowledge(s.acknowledgement(n, f, held))
	case "answer":
		l, err = s.answer(ctx, scope, n, f)
	default:
		return custody.Errorf(custody.NotFound, "there is no such letter")
	}
	return sendLetter(w, r, l, s.Clock.Now(), f.Number+"-"+r.PathValue("letter"), err)
}

// acknowledgement is what the first letter says.
func (s rooms) acknowledgement(n names, f request.File, held []retention.Held) letter.Acknowledgement {
	a := letter.Acknowledgement{Dated: f.Logged, Number: f.Number, Kind: letter.Kind(f.Kind), PickUp: f.PickUp, To: cmp.Or(f.Requester.Name, f.Officer.Name),
		Received: f.Received, Channel: channelWords(f.Channel), Text: f.Text, Oral: f.Oral, ReadBack: f.ReadBack}
	for _, h := range held {
		a.Held = append(a.Held, letter.Held{Camera: n.cameras[h.Camera], Span: h.Span})
		a.Review = max(a.Review, h.Review)
		for _, l := range h.Lost {
			a.Lost = append(a.Lost, letter.Lost{Camera: n.cameras[l.Camera], Span: l.Span, Why: l.Cause, Tombstone: string(l.Disposition)})
		}
	}
	for _, c := range s.Requests.Clocks(f.Request, f.Items) {
		if c.Name != "acknowledge" {
			a.Clocks = append(a.Clocks, letter.Clock{What: clockWords(c.Name), End: c.At,
				Steps: each(c.Steps, func(d request.DayStep) letter.DayStep { return letter.DayStep(d) })})
		}
	}
	return a
}

func channelWords(c request.Channel) string {
	return map[request.Channel]string{request.InPerson: "in person", request.Telephone: "by telephone", request.Email: "by e-mail", request.Letter: "by letter"}[c]
}

func clockWords(name string) string {
	if name == "outer-limit" {
		return "we decide at the latest by"
	}
	return "we decide by"
}

// answer is the letter that says what was decided. Every item must be decided.
func (s rooms) answer(ctx context.Context, scope access.Scope, n names, f request.File) (letter.Letter, error) {
	l := letter.Response{Dated: s.Clock.Now(), Number: f.Number, Kind: letter.Kind(f.Kind), To: cmp.Or(f.Requester.Name, f.Officer.Name), PickUp: f.PickUp}
	for _, it := range f.Items {
		if it.Stage == access.Ended {
			continue
		}
		if it.Decision.At == 0 {
			return letter.Letter{}, custody.Errorf(custody.Conflict, "not every item is decided: there is nothing to answer yet")
		}
		out := letter.Item{Number: request.NumberOf(f.Number, it.Place), Camera: n.cameras[it.Camera], Span: it.Span, Outcome: letter.Outcome(it.Decision.Outcome),
			Citation: it.Decision.Citation, Reason: it.Decision.Reason}
		gone, err := s.Retention.Disposed(ctx, scope, it.Camera, it.Span)
		if err != nil {
			return letter.Letter{}, err
		}
		for _, d := range gone {
			out.Lost = append(out.Lost, letter.Lost{Camera: out.Camera, Span: d.Span.Intersect(it.Span), Why: "destroyed on schedule", Tombstone: string(d.ID), At: d.At})
		}
		l.Items = append(l.Items, out)
	}
	if len(l.Items) == 0 {
		return letter.Letter{}, custody.Errorf(custody.Conflict, "the request has no item that was decided: there is nothing to answer yet")
	}
	packages, err := s.Shelf.Of(ctx, scope, f.ID)
	for _, p := range packages {
		if p.State == release.Ready {
			l.Package = p.Number
		}
	}
	if err != nil {
		return letter.Letter{}, err
	}
	return s.Letters.Respond(l)
}

func (s rooms) recallLetter(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), gate.PassOf(r.Context()).Scope
	id := r.PathValue("delivery")
	if err := known("dlv_", id, "delivery"); err != nil {
		return err
	}
	d, err := s.Delivery.ByID(ctx, scope, custody.DeliveryID(id))
	if err != nil {
		return err
	}
	if d.Recalled == 0 {
		return custody.Errorf(custody.Conflict, "the package %s was not recalled", d.Number)
	}
	f, err := s.Requests.ByID(ctx, scope, d.Request)
	if err != nil {
		return err
	}
	if err := inWords(f); err != nil {
		return err
	}
	l, err := s.Letters.Recall(letter.RecallNotice{Dated: s.Clock.Now(), Number: f.Number, Package: d.Number, Digest: d.Digest, To: d.Recipient, Agency: d.Agency,
		HandedOn: d.At, Recalled: d.Recalled, Why: s.whyRecalled(ctx, scope, d)})
	return sendLetter(w, r, l, d.Recalled, d.Number+"-recall", err)
}

// whyRecalled is the reason of a recall, as the package has it.
func (s rooms) whyRecalled(ctx context.Context, scope access.Scope, d delivery.Delivery) string {
	packages, _ := s.Shelf.Of(ctx, scope, d.Request) // without it the letter says what is missing
	for _, p := range packages {
		if p.ID == d.Package {
			return p.Why
		}
	}
	return ""
}

func (s rooms) receiptForm(w http.ResponseWriter, r *http.Request) error {
	ctx, pass := r.Context(), gate.PassOf(r.Context())
	p, err := s.Shelf.ByID(ctx, pass.Grant, custody.PackageID(r.PathValue("package")))
	if err != nil {
		return err
	}
	if p.State != release.Ready {
		return custody.Errorf(custody.Conflict, "the package %s is %s: there is nothing to sign for", p.Number, p.State)
	}
	scope, err := s.Judge.Scope(ctx, pass.Actor, access.RequestView)
	if err != nil {
		return err
	}
	f, err := s.Requests.ByID(ctx, scope, p.Request)
	if err == nil {
		err = inWords(f)
	}
	if err != nil {
		return err
	}
	to := cmp.Or(f.Officer.Name, f.Requester.Name)
	l, err := s.Letters.Receipt(letter.Receipt{Dated: s.Clock.Now(), Number: f.Number, Package: p.Number, Digest: p.Digest, Way: "as a folder on a stick or disk",
		Recipient: to, ByCode: to == "", Agency: f.Officer.Agency, Badge: f.Officer.Badge, By: pass.Staff.Name,
		Files: each(p.Files, func(x release.File) letter.File { return letter.File(x) })})
	return sendLetter(w, r, l, p.Made, p.Number+"-receipt", err)
}

func (s rooms) disposalCertificate(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	span, err := s.period(q.Get("from"), q.Get("to"))
	if err != nil {
		return err
	}
	c, err := s.Retention.Certificate(ctx, gate.PassOf(ctx).Scope, span)
	if err != nil {
		return err
	}
	n, err := s.names(ctx)
	if err != nil {
		return err
	}
	out := letter.Disposal{Made: c.Made, Span: c.Span}
	for _, d := range slices.Backward(c.Dispositions) {
		out.Acts = append(out.Acts, letter.Disposed{Disposition: string(d.ID), Camera: n.cameras[d.Camera], Span: d.Span, Segments: d.Segments, Bytes: d.Bytes,
			At: d.At, Authority: authority(d), Final: d.Final})
	}
	l, err := s.Letters.Dispose(out)
	return sendLetter(w, r, l, c.Made, "disposal-certificate", err)
}
