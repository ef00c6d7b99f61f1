package dbtest

import (
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
)

// Secret stands in everything that people said of a request of Aged.
const Secret = "Marge Bouvier"

// Aged stores a closed request in whose every word Secret stands: with a proposal and two decisions, a call-back, a note, a paper, a package
// that was handed over to somebody who signed.
func (k *Desk) Aged(t testing.TB, d *db.DB) request.Request {
	t.Helper()
	ctx := t.Context()
	a, err := d.PutAgency(ctx, request.Agency{ID: custody.NewAgencyID(), Name: "PD " + string(custody.NewAgencyID()), Phone: "555 0100", Source: "web"}, Event(t, custody.EventAgencyChanged, "a"))
	must(t, err)
	r, holds := k.NewRequest(access.LawEnforcement)
	r.Text, r.Late = Secret+" saw it", Secret+" was ill"
	holds[0].Lapses = At(600)
	r, err = d.LogRequest(ctx, request.Logging{Request: r, Holds: holds, Year: 2026}, func(r request.Request) ([]custody.Event, error) {
		return []custody.Event{Event(t, custody.EventRequestLogged, string(r.ID))}, nil
	})
	must(t, err)
	r.Requester = request.Requester{Name: Secret, Contact: Secret + " by hand"}
	r.Officer = request.Officer{Agency: Secret + " PD", Name: Secret, Badge: Secret, Case: Secret, Offence: Secret, AtSite: true}
	r.CallBack = request.CallBack{Agency: a.ID, Number: a.Phone, Reached: true, Spoke: Secret, By: k.Clerk, At: At(150)}
	it := k.Item(r, 1, access.Decided)
	it.Proposal.Reason, it.Decision.Reason = Secret, Secret
	r.State, r.Ruling = request.Decided, 1
	r, err = d.Change(ctx, request.Changing{Request: r, Items: []request.Item{it}, Note: &request.Note{Request: r.ID, Text: Secret, By: k.Clerk, At: At(160)}},
		Event(t, custody.EventItemDecided, string(r.ID)))
	must(t, err)
	it.Decision.At, it.Decision.Reason = At(301), Secret+" again"
	r.Ruling++
	_, err = changed(t, d, r, it)
	must(t, err)
	content := []byte(Secret)
	must(t, d.AddAttachment(ctx, request.Attachment{ID: custody.NewAttachmentID(), Request: r.ID, Name: Secret, Size: int64(len(content)),
		SHA256: sha256.Sum256(content), By: k.Clerk, At: At(170)}, content, Event(t, custody.EventRequestAttached, string(r.ID))))
	p := k.Pack(t, d, r.ID)
	given := Signed(k.Handing(p, 500), 510)
	given.Recipient, given.Agency, given.Badge, given.SignedBy = Secret, Secret, Secret, Secret
	_, err = d.Deliveries().Add(ctx, given, 0, Event(t, custody.EventPackageHandedOver, string(r.ID)))
	must(t, err)
	r, _, err = d.RequestByID(ctx, r.ID)
	must(t, err)
	if r.State != request.Closed {
		t.Fatalf("the request is %s", r.State)
	}
	r.Why = Secret // as a custodian says who closes
	r, err = changed(t, d, r)
	must(t, err)
	return r
}

// ProposedDisposal stores a proposal of the director's.
func (k *Desk) ProposedDisposal(t testing.TB, d *db.DB, id custody.RequestID) (request.Aged, error) {
	ev := Event(t, custody.EventDisposalProposed, string(id))
	return d.ProposeDisposal(t.Context(), id, func(request.Aged) (request.FileDisposal, []custody.Event, error) {
		return request.FileDisposal{Request: id, By: k.Director, Proposed: At(9000), Why: "old"}, []custody.Event{ev}, nil
	})
}

// Carried carries a proposal out, by the clerk.
func (k *Desk) Carried(t testing.TB, d *db.DB, id custody.RequestID) (request.Aged, request.Words, error) {
	var words request.Words
	ev := Event(t, custody.EventRequestDisposed, string(id))
	g, err := d.DisposeFile(t.Context(), id, func(g request.Aged, w request.Words) (request.FileDisposal, []custody.Event, error) {
		if g.Disposal.By == "" || g.Disposed != 0 {
			return request.FileDisposal{}, nil, custody.Errorf(custody.Conflict, "not now")
		}
		words = w
		x := g.Disposal
		x.Confirmed, x.At, x.Authority, x.SHA256, x.Final = k.Clerk, At(9100), "a schedule", w.Digest(), At(9200)
		return x, []custody.Event{ev}, nil
	})
	return g, words, err
}

// disposalRows: the words go and nothing else, once, and only so.
func disposalRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	k := NewDesk(t, d)
	r, other := k.Aged(t, d), k.Aged(t, d)
	scope := everything(t, access.RequestView)
	if due, err := d.Ended(ctx, scope, At(1e6), 10); err != nil || len(due) != 2 || due[0].Holds != 1 {
		t.Fatalf("due: %+v %v", due, err)
	}
	if none, err := d.Ended(ctx, access.Scope{}, At(1e6), 10); err != nil || len(none) != 0 {
		t.Errorf("a scope of nothing shows %v %v", none, err)
	}
	_, _, err := k.Carried(t, d, r.ID)
	wantKind(t, err, custody.Conflict) // nobody proposed it
	judged, err := d.Facts().Generation(ctx)
	must(t, err)
	g, err := k.ProposedDisposal(t, d, r.ID)
	must(t, err)
	if after, err := d.Facts().Generation(ctx); err != nil || after <= judged {
		t.Errorf("a proposal raised no generation: %d %v", after, err)
	}
	if m, err := d.Facts().Matter(ctx, string(r.ID)); err != nil || m.Proposer != k.Director || m.Disposed || g.Version != r.Version+1 {
		t.Errorf("what the rules know: %+v %v", m, err)
	}
	_, err = k.ProposedDisposal(t, d, r.ID)
	wantKind(t, err, custody.Exists)
	before, items, err := d.RequestByID(ctx, r.ID)
	must(t, err)
	packages, err := d.Packages().Of(ctx, r.ID)
	must(t, err)
	g, words, err := k.Carried(t, d, r.ID)
	must(t, err)
	if !strings.Contains(words.Text, Secret) || g.Disposal.SHA256 != words.Digest() || len(words.Decisions) != 2 || len(words.Packages) != 1 || !words.Packages[0].Kept {
		t.Errorf("what was destroyed: %+v", words)
	}
	after, left, err := d.RequestByID(ctx, r.ID)
	want := before.Blank(At(9100))
	want.Version++
	items[0].Proposal.Reason, items[0].Decision.Reason = "", ""
	if err != nil || cmp.Diff(want, after) != "" || cmp.Diff(items, left) != "" || len(after.Worded()) != 0 {
		t.Error(err, cmp.Diff(want, after), cmp.Diff(items, left), after.Worded())
	}
	whatStays(t, d, r.ID, packages[0])
	if m, err := d.Facts().Matter(ctx, string(r.ID)); err != nil || !m.Disposed || m.Open {
		t.Errorf("what the rules know: %+v %v", m, err)
	}
	if now, _, err := d.RequestByID(ctx, other.ID); err != nil || cmp.Diff(other, now) != "" {
		t.Error("another request changed", err, cmp.Diff(other, now))
	}
	if due, err := d.Ended(ctx, scope, At(1e6), 10); err != nil || len(due) != 1 || due[0].ID != other.ID {
		t.Errorf("due: %+v %v", due, err)
	}
	nothingMore(t, d, k, after, left[0])
}

// whatStays holds what is left against what has to be.
func whatStays(t *testing.T, d *db.DB, id custody.RequestID, before release.Package) {
	t.Helper()
	ctx := t.Context()
	notes, err := d.Notes(ctx, id)
	must(t, err)
	papers, err := d.Attachments(ctx, id)
	must(t, err)
	calls, err := d.CallBacks(ctx, id)
	must(t, err)
	given, err := d.Deliveries().Of(ctx, id)
	must(t, err)
	rulings, err := d.Rulings(ctx, id)
	must(t, err)
	if len(notes) != 1 || notes[0].Text != request.Gone || len(papers) != 1 || papers[0].Name != request.Gone || papers[0].SHA256 != sha256.Sum256([]byte(Secret)) {
		t.Errorf("notes and papers: %+v %+v", notes, papers)
	}
	if len(calls) != 1 || calls[0].Spoke != "" || calls[0].Number == "" || len(given) != 1 || given[0].Recipient != request.Gone || given[0].SignedBy != request.Gone ||
		given[0].Agency != "" || given[0].Digest != before.Digest || given[0].Signed == 0 {
		t.Errorf("calls and hand-overs: %+v %+v", calls, given)
	}
	if len(rulings) != 2 || rulings[0].Reason != "" || rulings[1].Reason != "" || rulings[1].Outcome != access.Granted {
		t.Errorf("decisions: %+v", rulings)
	}
	if _, b, err := d.Attachment(ctx, papers[0].ID); err != nil || len(b) != 0 {
		t.Errorf("the paper has %d bytes, %v", len(b), err)
	}
	now, err := d.Packages().ByID(ctx, before.ID)
	if err != nil || now.Digest != before.Digest || len(now.Files) != len(before.Files) || now.Report.Verdict != "" || now.Verdict != before.Verdict {
		t.Errorf("the package: %+v %v", now, err)
	}
	_, err = d.Packages().Key(ctx, before.ID)
	wantKind(t, err, custody.NotFound)
	if ids, err := d.Packages().Leftovers(ctx, At(1), 10); err != nil || len(ids) != 1 || ids[0] != before.ID {
		t.Errorf("to be removed: %v %v", ids, err)
	}
	must(t, d.Packages().Tried(ctx, before.ID, At(2), false))
	if ids, err := d.Packages().Leftovers(ctx, At(2), 10); err != nil || len(ids) != 0 {
		t.Errorf("tried a moment ago: %v %v", ids, err)
	}
	must(t, d.Packages().Tried(ctx, before.ID, At(3), true))
	must(t, d.Packages().Tried(ctx, before.ID, At(4), true))
	if ids, err := d.Packages().Leftovers(ctx, At(9), 10); err != nil || len(ids) != 0 {
		t.Errorf("removed: %v %v", ids, err)
	}
}

// nothingMore: no store puts anything into a file that was disposed of.
func nothingMore(t *testing.T, d *db.DB, k *Desk, r request.Request, it request.Item) {
	t.Helper()
	ctx := t.Context()
	_, _, err := k.Carried(t, d, r.ID)
	wantKind(t, err, custody.Conflict)
	open := r
	open.State, open.Ended, open.Closing = request.Decided, 0, ""
	worded := r
	worded.Requester.Name = "Ann"
	for name, bad := range map[string]request.Request{"reopened": open, "with words": worded, "as it is": r} {
		if _, err := changed(t, d, bad); custody.KindOf(err) != custody.Denied {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = changed(t, d, r, it)
	wantKind(t, err, custody.Denied)
	wantKind(t, d.AddNote(ctx, request.Note{Request: r.ID, Text: "n", By: k.Clerk, At: At(1)}, Event(t, custody.EventRequestNoted, "n")), custody.Denied)
	content := []byte("x")
	wantKind(t, d.AddAttachment(ctx, request.Attachment{ID: custody.NewAttachmentID(), Request: r.ID, Name: "n", Size: 1, SHA256: sha256.Sum256(content),
		By: k.Clerk, At: At(1)}, content, Event(t, custody.EventRequestAttached, "a")), custody.Denied)
	given, err := d.Deliveries().Of(ctx, r.ID)
	must(t, err)
	recall, ev := k.Recalling(t, release.Package{ID: given[0].Package, Request: r.ID}, 9300)
	_, err = d.Deliveries().Recall(ctx, recall, ev)
	if err == nil {
		t.Error("a package of it was recalled")
	}
}

// disposalRaces: 50 at once propose, then confirm while others reopen: one has its way, and what was reopened keeps its words.
func disposalRaces(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	k := NewDesk(t, d)
	for range 3 {
		r := k.Aged(t, d)
		var proposed, carried, reopened atomic.Int32
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				if _, err := k.ProposedDisposal(t, d, r.ID); err == nil {
					proposed.Add(1)
				}
			})
		}
		group.Wait()
		now, _, err := d.RequestByID(ctx, r.ID)
		must(t, err)
		for i := range 50 {
			group.Go(func() {
				if i%10 == 0 {
					open := now
					open.State, open.Ended, open.Closing, open.Why = request.Decided, 0, "", ""
					if _, err := changed(t, d, open); err == nil {
						reopened.Add(1)
					}
				} else if _, _, err := k.Carried(t, d, r.ID); err == nil {
					carried.Add(1)
				}
			})
		}
		group.Wait()
		g, err := d.Aged(ctx, r.ID)
		if must(t, err); proposed.Load() != 1 || carried.Load()+reopened.Load() != 1 {
			t.Fatalf("%d proposed, %d carried it out, %d reopened", proposed.Load(), carried.Load(), reopened.Load())
		}
		if gone := len(g.Worded()) == 0; gone != (carried.Load() == 1) || gone != (g.Disposed != 0) || !gone && g.Disposal != (request.FileDisposal{}) {
			t.Errorf("%+v", g)
		}
	}
}

// disposalFaults: what is not committed leaves every word, and a process that ends in between goes on from there.
func disposalFaults(t *testing.T, c db.Config) {
	var before, after error
	c.Faults = &db.Faults{BeforeCommit: func(int) error { return before }, AfterCommit: func(int) error { return after }}
	d, ctx := Open(t, c), t.Context()
	k := NewDesk(t, d)
	r := k.Aged(t, d)
	_, err := k.ProposedDisposal(t, d, r.ID)
	must(t, err)
	h, err := d.Head(ctx)
	must(t, err)
	before = errors.New("the disk said no")
	_, _, err = k.Carried(t, d, r.ID)
	wantKind(t, err, custody.Unavailable)
	wantSize(t, d, h.Size)
	if g, err := d.Aged(ctx, r.ID); err != nil || g.Disposal.Done() || g.Requester.Name != Secret {
		t.Fatalf("%+v %v", g, err)
	}
	before, after = nil, errors.New("the acknowledgement was lost")
	_, _, err = k.Carried(t, d, r.ID)
	must(t, err)
	wantSize(t, d, h.Size+1)
	if g, err := d.Aged(ctx, r.ID); err != nil || !g.Disposal.Done() || len(g.Worded()) != 0 {
		t.Fatalf("%+v %v", g, err)
	}
}

// everything is a Scope of everything of an action.
func everything(t testing.TB, action access.Action) access.Scope {
	t.Helper()
	site := accesstest.New(At(0))
	s, err := site.Judge().Scope(t.Context(), site.Person(t, identity.Custodian), action)
	must(t, err)
	return s
}

// fillDisposals stores a file that was disposed of.
func fillDisposals(t testing.TB, d *db.DB) {
	t.Helper()
	k := &Desk{NewStaff(t, d, "keeper", identity.Preparer).ID, NewStaff(t, d, "destroyer", identity.Custodian).ID, NewYard(t, d, "Archive"), nil}
	r := k.Aged(t, d)
	_, err := k.ProposedDisposal(t, d, r.ID)
	must(t, err)
	_, _, err = k.Carried(t, d, r.ID)
	must(t, err)
}
