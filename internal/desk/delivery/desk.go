package delivery

import (
	"context"
	"encoding/hex"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/trust/access"
)

// Parts are what a Desk works with; all are required.
type Parts struct {
	Store    Store
	Packages Packages
	Requests Requests
	Diary    Diary
	Clock    custody.Clock
}

// Desk hands packages over. It is safe for concurrent use.
type Desk struct{ Parts }

// New returns the desk over its parts.
func New(p Parts) *Desk { return &Desk{p} }

// In is what a clerk states when they hand a package over.
type In struct {
	Way       Way
	Recipient string // who takes it: needed for law enforcement; for open records unless PickUp is given
	Agency    string // of law enforcement: as the request has it
	Badge     string // of law enforcement
	PickUp    string // of open records: what the recipient shows in place of a name; letters in any case, spaces and hyphens do not matter
	// SignedBy is the name on the receipt if it was signed at once; who gave no name may sign with a mark, and this says so. Empty: the
	// receipt is out.
	SignedBy string
	// Version is the request's as the clerk saw it; 0 for whatever it is by now.
	Version int64
}

// Done is what came of a hand-over or a receipt.
type Done struct {
	Delivery
	Closed bool // the request was closed with it
}

// HandOver records under a Grant of package.hand-over about the package that somebody took it. Errors: Invalid (what In lacks), Denied (who
// comes is not who asked: a wrong pick-up code, a wrong badge, another agency; it is recorded), Conflict (the package is not ready, or the
// request is not the one that the clerk saw), NotFound, Unavailable.
func (k *Desk) HandOver(ctx context.Context, g access.Grant, id custody.PackageID, in In) (Done, error) {
	if err := about(g, access.PackageHandOver, string(id)); err != nil {
		return Done{}, err
	}
	if err := in.check(); err != nil {
		return Done{}, err
	}
	p, asker, err := k.look(ctx, id)
	if err != nil {
		return Done{}, err
	}
	if p.State != release.Ready {
		return Done{}, custody.Errorf(custody.Conflict, "the package %s is %s: only a ready package is handed over", p.Number, p.State)
	}
	byCode, refusal := asker.admits(in)
	if custody.KindOf(refusal) == custody.Denied {
		return Done{}, k.refuse(ctx, g, p, refusal)
	} else if refusal != nil {
		return Done{}, refusal
	}
	d := Delivery{ID: custody.NewDeliveryID(), Package: p.ID, Request: p.Request, Number: p.Number, Digest: p.Digest, Way: in.Way,
		Recipient: in.Recipient, Agency: in.Agency, Badge: in.Badge, ByCode: byCode, By: g.Actor().Staff(), At: k.Clock.Now()}
	events, err := entry(nil, custody.EventPackageHandedOver, d.At, g, d)
	if in.SignedBy != "" {
		d.Signed, d.SignedBy, d.Noted = d.At, in.SignedBy, d.By
		if err == nil {
			events, err = entry(events, custody.EventPackageReceipted, d.At, g, d)
		}
	}
	if err != nil {
		return Done{}, err
	}
	closed, err := k.Store.Add(ctx, d, in.Version, events...)
	if err != nil {
		return Done{}, err
	}
	return Done{d, closed}, nil
}

// Receipt records that a receipt came back signed, by the name that stands on it (1 to 200 bytes), under a Grant of package.hand-over
// about the package, or of request.prepare about the request: the package may be ready no longer, or may not leave again. Conflict if there is
// a receipt already.
func (k *Desk) Receipt(ctx context.Context, g access.Grant, id custody.DeliveryID, signedBy string) (Done, error) {
	if err := allowed(g); err != nil {
		return Done{}, err
	}
	d, err := k.Store.ByID(ctx, id)
	if err != nil {
		return Done{}, err
	}
	if g.Action() == access.PackageHandOver {
		err = about(g, access.PackageHandOver, string(d.Package))
	} else {
		err = about(g, access.RequestPrepare, string(d.Request))
	}
	if err != nil {
		return Done{}, err
	}
	if signedBy, err = line("the name on the receipt", signedBy, 1, maxName); err != nil {
		return Done{}, err
	}
	if d.Signed != 0 {
		return Done{}, custody.Errorf(custody.Conflict, "the receipt was recorded at %s already", d.Signed)
	}
	d.Signed, d.SignedBy, d.Noted = k.Clock.Now(), signedBy, g.Actor().Staff()
	events, err := entry(nil, custody.EventPackageReceipted, d.Signed, g, d)
	if err != nil {
		return Done{}, err
	}
	closed, err := k.Store.Sign(ctx, d, events...)
	if err != nil {
		return Done{}, err
	}
	return Done{d, closed}, nil
}

// Recalled is what came of a recall: what to write to whom.
type Recalled struct {
	Recall
	Number  string     // of the package
	Digest  [32]byte   // of the package
	Holders []Delivery // who has it, the first first
}

// Recall ends a package under a Grant of package.recall about it: nothing of it leaves any more, and the Grants under which it was being
// read fall. why is one line of 1 to 500 bytes, which the letters to those who have it repeat. Conflict if it was recalled already or was
// never made.
func (k *Desk) Recall(ctx context.Context, g access.Grant, id custody.PackageID, why string) (Recalled, error) {
	if err := about(g, access.PackageRecall, string(id)); err != nil {
		return Recalled{}, err
	}
	why, err := line("why it is recalled", why, 1, maxWhy)
	if err != nil {
		return Recalled{}, err
	}
	p, err := k.Packages.ByID(ctx, id)
	if err != nil {
		return Recalled{}, err
	}
	r := Recall{Package: id, Request: p.Request, Why: why, By: g.Actor().Staff(), At: k.Clock.Now()}
	ev, err := custody.NewEvent(custody.EventPackageRecalled, r.At, g.Actor().String(), "", string(r.Request),
		RecallEntry{Package: id, Number: p.Number, Digest: hex.EncodeToString(p.Digest[:]), Why: why, By: r.By})
	if err != nil {
		return Recalled{}, err
	}
	holders, err := k.Store.Recall(ctx, r, ev)
	if err != nil {
		return Recalled{}, err
	}
	return Recalled{Recall: r, Number: p.Number, Digest: p.Digest, Holders: holders}, nil
}

// Of lists the deliveries of a request, the first first, under a Scope of request.view.
func (k *Desk) Of(ctx context.Context, s access.Scope, request custody.RequestID) ([]Delivery, error) {
	if err := under(s); err != nil {
		return nil, err
	}
	if !s.Shows(request) {
		return nil, nil
	}
	return k.Store.Of(ctx, request)
}

// ByID is one delivery, under a Scope of request.view.
func (k *Desk) ByID(ctx context.Context, s access.Scope, id custody.DeliveryID) (Delivery, error) {
	if err := under(s); err != nil {
		return Delivery{}, err
	}
	d, err := k.Store.ByID(ctx, id)
	if err == nil && !s.Shows(d.Request) {
		d, err = Delivery{}, custody.Errorf(custody.NotFound, "there is no such hand-over")
	}
	return d, err
}

// List lists deliveries, latest first, under a Scope of request.view.
func (k *Desk) List(ctx context.Context, s access.Scope, f Filter) ([]Delivery, error) {
	if err := under(s); err != nil {
		return nil, err
	}
	return k.Store.List(ctx, s, f)
}

func (k *Desk) look(ctx context.Context, id custody.PackageID) (release.Package, Asker, error) {
	p, err := k.Packages.ByID(ctx, id)
	if err != nil {
		return p, Asker{}, err
	}
	asker, err := k.Requests.Asker(ctx, p.Request)
	return p, asker, err
}

// refuse records that somebody came for a package who is not who asked, and returns why. What they gave is not repeated.
func (k *Desk) refuse(ctx context.Context, g access.Grant, p release.Package, refusal error) error {
	ev, err := custody.NewEvent(custody.EventActRefused, k.Clock.Now(), g.Actor().String(), "", string(p.Request),
		refusalEntry{Action: access.PackageHandOver, Package: p.ID, Number: p.Number, Reason: custody.PublicText(refusal)})
	if err == nil {
		err = k.Diary.Append(ctx, ev)
	}
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, "this stays closed while the diary cannot be written: try again")
	}
	return refusal
}

// allowed reports with Denied that a Grant is of none of the acts under which receipts are recorded.
func allowed(g access.Grant) error {
	if g.Action() == access.RequestPrepare {
		return g.Allows(access.RequestPrepare)
	}
	return g.Allows(access.PackageHandOver)
}

// about reports with Denied that a Grant does not allow the action on that subject, or does not stand.
func about(g access.Grant, action access.Action, subject string) error {
	if err := g.Allows(action); err != nil {
		return err
	}
	if g.Subject() != subject || subject == "" {
		return custody.Errorf(custody.Denied, "the decision %s is about something else", g.ID())
	}
	return nil
}

// under reports with Denied that a Scope does not show requests.
func under(s access.Scope) error {
	if s.Actor().Known() && s.Action() == access.RequestView && s.Everything() {
		return nil
	}
	return custody.Errorf(custody.Denied, "there is no decision that allows this")
}
