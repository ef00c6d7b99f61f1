package dbtest

import (
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/delivery"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
)

// Packed stores a request of the desk with one granted item, and its package, ready to be handed over.
func (k *Desk) Packed(t testing.TB, d *db.DB, kind request.Kind) release.Package {
	t.Helper()
	r := k.Logged(t, d, kind)
	r.State, r.Ruling = request.Decided, r.Ruling+1
	r, err := changed(t, d, r, k.Item(r, 1, access.Decided))
	must(t, err)
	return k.Pack(t, d, r.ID)
}

// Pack stores a package of everything that is granted of a request, ready to be handed over. Nothing lies in the vault.
func (k *Desk) Pack(t testing.TB, d *db.DB, id custody.RequestID) release.Package {
	t.Helper()
	ctx := t.Context()
	r, items, err := d.RequestByID(ctx, id)
	must(t, err)
	p, err := d.Packages().Begin(ctx, release.Package{ID: custody.NewPackageID(), Request: id, Ruling: r.Ruling, Begun: At(400)})
	must(t, err)
	p.Made, p.Verdict, p.Digest = At(410), "AUTHENTIC", sha256.Sum256([]byte(p.ID))
	for _, it := range items {
		if it.Decision.Outcome == access.Granted {
			p.Items = append(p.Items, it.ID)
			p.Films = append(p.Films, release.Film{Path: "data/original/" + string(it.ID) + ".mp4", Kind: manifest.Original, Codec: "h264", Item: it.ID,
				Camera: it.Camera, Span: it.Span, SHA256: p.Digest})
		}
	}
	p.Files, p.Size = []release.File{{Path: "package.json", Size: 7, SHA256: p.Digest}}, 7
	p.State = release.Ready
	must(t, d.Packages().Finish(ctx, p, release.SealedKey{KeyID: k.Yard.Key.ID, Wrapped: random(60), Size: 9, Digest: p.Digest},
		Event(t, custody.EventPackageMade, string(id))))
	return p
}

// Handing makes a hand-over of a package by the clerk, not stored.
func (k *Desk) Handing(p release.Package, at float64) delivery.Delivery {
	return delivery.Delivery{ID: custody.NewDeliveryID(), Package: p.ID, Request: p.Request, Number: p.Number, Digest: p.Digest, Way: delivery.Folder,
		Recipient: "N. Riviera", Agency: "Springfield PD", Badge: "7", By: k.Clerk, At: At(at)}
}

// Signed is the hand-over with its receipt.
func Signed(d delivery.Delivery, at float64) delivery.Delivery {
	d.Signed, d.SignedBy, d.Noted = At(at), "N. Riviera", d.By
	return d
}

// HandedOver is the entry of a hand-over.
func HandedOver(t testing.TB, d delivery.Delivery) custody.Event {
	t.Helper()
	e, err := custody.NewEvent(custody.EventPackageHandedOver, d.At, string(d.By), "", string(d.Request), delivery.EntryOf(d))
	must(t, err)
	return e
}

// Receipted is the entry of its receipt.
func Receipted(t testing.TB, d delivery.Delivery) custody.Event {
	t.Helper()
	e, err := custody.NewEvent(custody.EventPackageReceipted, d.Signed, string(d.By), "", string(d.Request), delivery.EntryOf(d))
	must(t, err)
	return e
}

// Recalling makes a recall of a package by the director, not stored, and its entry.
func (k *Desk) Recalling(t testing.TB, p release.Package, at float64) (delivery.Recall, custody.Event) {
	t.Helper()
	r := delivery.Recall{Package: p.ID, Request: p.Request, Why: "the wrong minute", By: k.Director, At: At(at)}
	e, err := custody.NewEvent(custody.EventPackageRecalled, r.At, string(r.By), "", string(r.Request), delivery.RecallEntry{Package: p.ID, Number: p.Number, Why: r.Why, By: r.By})
	must(t, err)
	return r, e
}

// fillDeliveries stores a hand-over that was signed for and recalled.
func fillDeliveries(t testing.TB, d *db.DB) {
	t.Helper()
	k := &Desk{NewStaff(t, d, "giver", identity.Preparer).ID, NewStaff(t, d, "recaller", identity.Custodian).ID, NewYard(t, d, "Counter"), nil}
	p := k.Packed(t, d, access.OpenRecords)
	x := Signed(k.Handing(p, 500), 510)
	_, err := d.Deliveries().Add(t.Context(), x, 0, HandedOver(t, x))
	must(t, err)
	r, ev := k.Recalling(t, p, 600)
	_, err = d.Deliveries().Recall(t.Context(), r, ev)
	must(t, err)
}

func stateOf(t testing.TB, d *db.DB, id custody.RequestID) request.State {
	t.Helper()
	r, _, err := d.RequestByID(t.Context(), id)
	must(t, err)
	return r.State
}

func deliveryRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	s, k := d.Deliveries(), NewDesk(t, d)
	p := k.Packed(t, d, access.LawEnforcement)
	if got := stateOf(t, d, p.Request); got != request.Available {
		t.Fatalf("with its package ready the request is %s", got)
	}
	first, second := k.Handing(p, 500), k.Handing(p, 520) // the defence comes for the same package: situation 30
	second.Recipient, second.Badge, second.Way = "L. Hutz", "11", delivery.Disc
	if closed, err := s.Add(ctx, first, 0, HandedOver(t, first)); err != nil || closed {
		t.Fatal(closed, err)
	}
	if got := stateOf(t, d, p.Request); got != request.Delivered {
		t.Errorf("handed over, the request is %s", got)
	}
	if closed, err := s.Add(ctx, second, 0, HandedOver(t, second)); err != nil || closed {
		t.Fatal(closed, err)
	}
	if all, err := s.Of(ctx, p.Request); err != nil || cmp.Diff([]delivery.Delivery{first, second}, all) != "" {
		t.Error(err, cmp.Diff([]delivery.Delivery{first, second}, all))
	}
	first = Signed(first, 530)
	if closed, err := s.Sign(ctx, first, Receipted(t, first)); err != nil || closed {
		t.Errorf("one receipt of two is out, closed %v: %v", closed, err)
	}
	_, err := s.Sign(ctx, first, Receipted(t, first))
	wantKind(t, err, custody.Conflict)
	stray := Signed(k.Handing(p, 500), 530)
	_, err = s.Sign(ctx, stray, Receipted(t, stray))
	wantKind(t, err, custody.NotFound)
	h, err := d.Head(ctx)
	must(t, err)
	second = Signed(second, 540)
	if closed, err := s.Sign(ctx, second, Receipted(t, second)); err != nil || !closed {
		t.Errorf("nothing is out any more, closed %v: %v", closed, err)
	}
	wantSize(t, d, h.Size+2) // the receipt, and the request's closing by the system
	r, items, err := d.RequestByID(ctx, p.Request)
	if err != nil || r.State != request.Closed || r.Closing != request.Released || r.Ended != At(540) || items[0].Out != At(500) {
		t.Errorf("the receipt closes it: %+v %+v %v", r, items, err)
	}
	if got, err := s.ByID(ctx, second.ID); err != nil || cmp.Diff(second, got) != "" {
		t.Error(err, cmp.Diff(second, got))
	}
	if got := all(t, d.AllDeliveries(ctx)); len(got) != 2 {
		t.Errorf("%d hand-overs, want 2", len(got))
	}
	_, err = s.ByID(ctx, custody.NewDeliveryID())
	wantKind(t, err, custody.NotFound)
	var nobody access.Scope
	if got, err := s.List(ctx, nobody, delivery.Filter{}); err != nil || len(got) != 0 {
		t.Errorf("the empty scope shows %+v, %v", got, err)
	}
}

// deliveryRefusals: what no program may store, whoever asks; nothing of a refused hand-over stays.
func deliveryRefusals(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	s, k := d.Deliveries(), NewDesk(t, d)
	p, other := k.Packed(t, d, access.LawEnforcement), k.Packed(t, d, access.OpenRecords)
	h, err := d.Head(ctx)
	must(t, err)
	r, _, err := d.RequestByID(ctx, p.Request)
	must(t, err)
	for name, x := range map[string]struct {
		alter   func(*delivery.Delivery)
		version int64
		kind    custody.Kind
	}{
		"no id":               {func(x *delivery.Delivery) { x.ID = "" }, 0, custody.Invalid},
		"no such way":         {func(x *delivery.Delivery) { x.Way = "pigeon" }, 0, custody.Invalid},
		"nobody":              {func(x *delivery.Delivery) { x.Recipient, x.Agency, x.Badge = "", "", "" }, 0, custody.Invalid},
		"agency alone":        {func(x *delivery.Delivery) { x.Badge = "" }, 0, custody.Invalid},
		"agency by code":      {func(x *delivery.Delivery) { x.ByCode = true }, 0, custody.Invalid},
		"a long name":         {func(x *delivery.Delivery) { x.Recipient = strings.Repeat("n", 201) }, 0, custody.Invalid},
		"not text":            {func(x *delivery.Delivery) { x.Recipient = "\xff" }, 0, custody.Invalid},
		"signed too early":    {func(x *delivery.Delivery) { *x = Signed(*x, 499) }, 0, custody.Invalid},
		"signed by nobody":    {func(x *delivery.Delivery) { x.Signed = At(501) }, 0, custody.Invalid},
		"no such clerk":       {func(x *delivery.Delivery) { x.By = custody.NewStaffID() }, 0, custody.NotFound},
		"no such package":     {func(x *delivery.Delivery) { x.Package = custody.NewPackageID() }, 0, custody.NotFound},
		"another's package":   {func(x *delivery.Delivery) { x.Package = other.ID }, 0, custody.Conflict},
		"no such request":     {func(x *delivery.Delivery) { x.Request = custody.NewRequestID() }, 0, custody.NotFound},
		"another version":     {func(*delivery.Delivery) {}, r.Version - 1, custody.Conflict},
		"the decision lapsed": {func(x *delivery.Delivery) { x.At = At(300 + 30*86400) }, 0, custody.Conflict},
	} {
		bad := k.Handing(p, 500)
		x.alter(&bad)
		if _, err := s.Add(ctx, bad, x.version, HandedOver(t, bad)); err == nil || custody.KindOf(err) != x.kind {
			t.Errorf("%s: %v, want %v", name, err, x.kind)
		}
	}
	_, err = s.Add(ctx, k.Handing(p, 500), 0)
	wantKind(t, err, custody.Invalid) // no entry
	wantSize(t, d, h.Size)
	if got, err := s.Of(ctx, p.Request); err != nil || len(got) != 0 || stateOf(t, d, p.Request) != request.Available {
		t.Errorf("something of a refused hand-over stayed: %+v %v", got, err)
	}
}

// deliveryDecisions: only the latest package of what is decided now leaves, and what left may leave again.
func deliveryDecisions(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	s, k := d.Deliveries(), NewDesk(t, d)
	p, other := k.Packed(t, d, access.LawEnforcement), k.Packed(t, d, access.OpenRecords)
	r, _, err := d.RequestByID(ctx, p.Request)
	must(t, err)
	good := k.Handing(p, 500)
	if _, err := s.Add(ctx, good, r.Version, HandedOver(t, good)); err != nil {
		t.Error(err)
	}
	late := k.Handing(p, 400+30*86400)
	if _, err := s.Add(ctx, late, 0, HandedOver(t, late)); err != nil {
		t.Errorf("what was handed over before its decision lapsed may be handed over again: %v", err)
	}
	// Another decision about the request: what was packed is not what is decided.
	r, items, err := d.RequestByID(ctx, other.Request)
	must(t, err)
	items[0].Stage, items[0].Decision = access.Proposed, request.Decision{}
	r.State, r.Ruling = request.Proposed, r.Ruling+1
	_, err = changed(t, d, r, items...)
	must(t, err)
	stale := k.Handing(other, 500)
	stale.Agency, stale.Badge = "", ""
	_, err = s.Add(ctx, stale, 0, HandedOver(t, stale))
	wantKind(t, err, custody.Conflict)
	// It is decided again and packed again: the package before it stays in the house, though the request may be handed over.
	r, items, err = d.RequestByID(ctx, other.Request)
	must(t, err)
	items[0] = k.Item(r, 1, access.Decided)
	items[0].ID = other.Items[0]
	r.State, r.Ruling = request.Decided, r.Ruling+1
	_, err = changed(t, d, r, items...)
	must(t, err)
	next := k.Pack(t, d, other.Request)
	_, err = s.Add(ctx, stale, 0, HandedOver(t, stale))
	wantKind(t, err, custody.Conflict)
	stale.Package = next.ID
	if _, err := s.Add(ctx, stale, 0, HandedOver(t, stale)); err != nil {
		t.Error(err)
	}
}

func deliveryRecalls(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	s, k := d.Deliveries(), NewDesk(t, d)
	p := k.Packed(t, d, access.LawEnforcement)
	first, second := Signed(k.Handing(p, 500), 500), k.Handing(p, 520)
	second.At = At(490)
	for _, x := range []delivery.Delivery{second, first} {
		_, err := s.Add(ctx, x, 0, HandedOver(t, x))
		must(t, err)
	}
	// Something is added to the request: it is back with its preparers, and can be recalled all the same.
	r, _, err := d.RequestByID(ctx, p.Request)
	must(t, err)
	r.State = request.Scoped
	_, err = changed(t, d, r, k.Item(r, 2, access.Scoped))
	must(t, err)
	recall, ev := k.Recalling(t, p, 600)
	holders, err := s.Recall(ctx, recall, ev)
	must(t, err)
	first.Recalled, second.Recalled = At(600), At(600)
	if diff := cmp.Diff([]delivery.Delivery{second, first}, holders); diff != "" {
		t.Error(diff)
	}
	if got, err := d.Packages().ByID(ctx, p.ID); err != nil || got.State != release.Recalled || got.Why != recall.Why {
		t.Errorf("the package: %+v %v", got, err)
	}
	if _, items, err := d.RequestByID(ctx, p.Request); err != nil || items[0].Stage != access.Ended || items[0].Out != 0 || items[0].Decision != (request.Decision{}) {
		t.Errorf("what was decided about it: %+v %v", items, err)
	}
	if ruled, err := d.Rulings(ctx, p.Request); err != nil || len(ruled) != 1 || ruled[0].Superseded != At(600) {
		t.Errorf("superseded, not deleted: %+v %v", ruled, err)
	}
	_, err = s.Recall(ctx, recall, ev)
	wantKind(t, err, custody.Conflict)
	again := k.Handing(p, 700)
	_, err = s.Add(ctx, again, 0, HandedOver(t, again))
	wantKind(t, err, custody.Conflict)
	second = Signed(second, 710) // the paper comes back after the recall
	if closed, err := s.Sign(ctx, second, Receipted(t, second)); err != nil || closed {
		t.Errorf("a late receipt: closed %v, %v", closed, err)
	}
	recall.Package = custody.NewPackageID()
	_, err = s.Recall(ctx, recall, ev)
	wantKind(t, err, custody.NotFound)
	closed := k.Packed(t, d, access.LawEnforcement)
	whole := Signed(k.Handing(closed, 500), 500)
	if done, err := s.Add(ctx, whole, 0, HandedOver(t, whole)); err != nil || !done {
		t.Fatal(done, err)
	}
	recall, ev = k.Recalling(t, closed, 600)
	if _, err := s.Recall(ctx, recall, ev); err != nil || stateOf(t, d, closed.Request) != request.Closed {
		t.Errorf("a closed request stays closed when its package is recalled: %v", err)
	}
}

// deliveryRaces: 50 at once hand a package over while it is recalled. Whoever was faster, nothing follows the recall, one recall counts,
// and everybody who has the package is among those who are asked for it.
func deliveryRaces(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	s, k := d.Deliveries(), NewDesk(t, d)
	for range 4 {
		p := k.Packed(t, d, access.LawEnforcement)
		var handedOver, recalls atomic.Int32
		var holders []delivery.Delivery
		var group sync.WaitGroup
		for i := range 50 {
			group.Go(func() {
				if i%10 == 5 {
					r, ev := k.Recalling(t, p, 600)
					got, err := s.Recall(ctx, r, ev)
					if err == nil {
						recalls.Add(1)
						holders = got
					} else if custody.KindOf(err) != custody.Conflict {
						t.Error(err)
					}
					return
				}
				x := k.Handing(p, 500)
				if i%2 == 0 {
					x = Signed(x, 500)
				}
				_, err := s.Add(ctx, x, 0, HandedOver(t, x))
				if err == nil {
					handedOver.Add(1)
				} else if custody.KindOf(err) != custody.Conflict {
					t.Error(err)
				}
			})
		}
		group.Wait()
		got, err := s.Of(ctx, p.Request)
		if err != nil || recalls.Load() != 1 || len(got) != int(handedOver.Load()) || len(holders) != len(got) {
			t.Errorf("%d recalls, %d hand-overs, %d rows, %d told: %v", recalls.Load(), handedOver.Load(), len(got), len(holders), err)
		}
		if slices.ContainsFunc(got, func(x delivery.Delivery) bool { return x.Recalled == 0 }) {
			t.Error("somebody has the package and was not asked for it")
		}
		nothingFollows(t, d, p)
	}
}

// nothingFollows wants no hand-over of a package in the log after its recall.
func nothingFollows(t *testing.T, d *db.DB, p release.Package) {
	t.Helper()
	h, err := d.Head(t.Context())
	must(t, err)
	recalled := false
	for e, err := range d.Entries(t.Context(), h.Epoch, 0, h.Size) {
		must(t, err)
		if e.Event.Subject != string(p.Request) {
			continue
		}
		switch e.Event.Type {
		case custody.EventPackageRecalled:
			recalled = true
		case custody.EventPackageHandedOver:
			if recalled {
				t.Errorf("entry %d hands over what was recalled", e.Index)
			}
		}
	}
	if !recalled {
		t.Error("nothing records the recall")
	}
}
