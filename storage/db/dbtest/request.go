package dbtest

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
)

// Desk is a clerk and a director with two cameras: what requests need.
type Desk struct {
	Clerk, Director custody.StaffID
	Yard, Gate      *Yard
}

// NewDesk stores the people and cameras of a desk.
func NewDesk(t testing.TB, d *db.DB) *Desk {
	t.Helper()
	return &Desk{NewStaff(t, d, "clerk", identity.Preparer).ID, NewStaff(t, d, "director", identity.Custodian).ID, NewYard(t, d, "Yard"), NewYard(t, d, "Gate")}
}

// NewRequest makes a request of the desk about the yard's first minutes, not stored, with the hold that follows from it.
func (k *Desk) NewRequest(kind request.Kind) (request.Request, []custody.Hold) {
	r := request.Request{ID: custody.NewRequestID(), Kind: kind, State: request.Received, Since: At(100), Channel: request.InPerson, Received: At(90), Logged: At(100),
		LoggedBy: k.Clerk, Text: "the yard, please", PickUp: "ABCDEFGH", Due: At(864000), Version: 1,
		Asked: request.Asked{Cameras: []custody.CameraID{k.Yard.Camera.ID}, Span: custody.Span{Start: At(0), End: At(60)}}}
	return r, []custody.Hold{{ID: custody.NewHoldID(), Request: r.ID, Camera: k.Yard.Camera.ID, Span: custody.Span{Start: At(-1800), End: At(1860)}, Reason: "asked for",
		By: "system", Placed: At(100), Review: At(7776100)}}
}

// Logged stores a request of the desk.
func (k *Desk) Logged(t testing.TB, d *db.DB, kind request.Kind) request.Request {
	t.Helper()
	r, holds := k.NewRequest(kind)
	stored, err := d.LogRequest(t.Context(), request.Logging{Request: r, Holds: holds, Year: 2026}, func(r request.Request) ([]custody.Event, error) {
		return []custody.Event{Event(t, custody.EventRequestLogged, string(r.ID))}, nil
	})
	must(t, err)
	return stored
}

// Item makes an item of the yard's first minute, not stored.
func (k *Desk) Item(r request.Request, place int, stage request.Stage) request.Item {
	it := request.Item{ID: custody.NewItemID(), Request: r.ID, Place: place, Camera: k.Yard.Camera.ID, Span: custody.Span{Start: At(0), End: At(60)}, Stage: stage}
	if stage == access.Proposed || stage == access.Decided {
		it.Proposal = request.Proposal{Outcome: access.Granted, By: k.Clerk, At: At(200)}
	}
	if stage == access.Decided {
		it.Decision = request.Decision{Outcome: access.Granted, By: k.Director, At: At(300), Lapses: At(300 + 30*86400)}
	}
	return it
}

func changed(t testing.TB, d *db.DB, r request.Request, items ...request.Item) (request.Request, error) {
	t.Helper()
	return d.Change(t.Context(), request.Changing{Request: r, Items: items}, Event(t, custody.EventRequestChanged, string(r.ID)))
}

// fillRequests stores something in every table of requests.
func fillRequests(t testing.TB, d *db.DB) {
	t.Helper()
	ctx := t.Context()
	k := &Desk{NewStaff(t, d, "clerk", identity.Preparer).ID, NewStaff(t, d, "director", identity.Custodian).ID, NewYard(t, d, "Desk"), nil}
	a, err := d.PutAgency(ctx, request.Agency{ID: custody.NewAgencyID(), Name: "Springfield PD", Phone: "555 0100", Source: "city web page"}, Event(t, custody.EventAgencyChanged, "a"))
	must(t, err)
	r := k.Logged(t, d, access.LawEnforcement)
	r.Concerned, r.State, r.Ruling = []custody.StaffID{NewStaff(t, d, "zoe", identity.Viewer).ID}, request.Decided, 1
	r.CallBack = request.CallBack{Agency: a.ID, Number: a.Phone, Reached: true, By: k.Clerk, At: At(150)}
	r, err = d.Change(ctx, request.Changing{Request: r, Items: []request.Item{k.Item(r, 1, access.Decided), k.Item(r, 2, access.Ended)},
		Note: &request.Note{Request: r.ID, Text: "a note", By: k.Clerk, At: At(160)}}, Event(t, custody.EventItemDecided, string(r.ID)))
	must(t, err)
	content := random(3 << 20)
	must(t, d.AddAttachment(ctx, request.Attachment{ID: custody.NewAttachmentID(), Request: r.ID, Name: "subpoena.pdf", Size: int64(len(content)),
		SHA256: sha256.Sum256(content), By: k.Clerk, At: At(170)}, content, Event(t, custody.EventRequestAttached, string(r.ID))))
}

func requestRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	k := NewDesk(t, d)
	r := k.Logged(t, d, access.LawEnforcement)
	if r.Number != "REQ-2026-0001" || r.Version != 1 {
		t.Fatalf("the first request: %+v", r)
	}
	if second := k.Logged(t, d, access.OpenRecords); second.Number != "REQ-2026-0002" {
		t.Errorf("the second is %s", second.Number)
	}
	got, items, err := d.RequestByID(ctx, r.ID)
	if err != nil || len(items) != 0 || cmp.Diff(r, got) != "" {
		t.Error(err, items, cmp.Diff(r, got))
	}
	a, err := d.PutAgency(ctx, request.Agency{ID: custody.NewAgencyID(), Name: "Springfield PD", Phone: "555 0100", Source: "web"}, Event(t, custody.EventAgencyChanged, "a"))
	must(t, err)
	r.State, r.Since, r.Received, r.Late, r.Inspect, r.ReadBack = request.Scoped, At(110), At(80), "was ill", true, true
	r.Requester = request.Requester{Name: "Zoë", Contact: "zoe@example.org\nor by telephone"}
	r.Officer = request.Officer{Agency: "Springfield PD", Name: "N. Riviera", Badge: "7", Case: "26-1", Offence: "theft", AtSite: true}
	r.Asked = request.Asked{Cameras: []custody.CameraID{k.Gate.Camera.ID, k.Yard.Camera.ID}}
	r.Concerned = []custody.StaffID{k.Director}
	r.CallBack = request.CallBack{Agency: a.ID, Number: a.Phone, Reached: true, Spoke: "dispatch", By: k.Clerk, At: At(105)}
	item := k.Item(r, 1, access.Scoped)
	next, err := changed(t, d, r, item)
	must(t, err)
	r.Version++
	for name, read := range map[string]func() (request.Request, []request.Item, error){
		"by id":     func() (request.Request, []request.Item, error) { return d.RequestByID(ctx, r.ID) },
		"by item":   func() (request.Request, []request.Item, error) { return d.RequestByItem(ctx, item.ID) },
		"by number": func() (request.Request, []request.Item, error) { return d.RequestByNumber(ctx, r.Number) },
	} {
		if got, items, err := read(); err != nil || cmp.Diff(r, got) != "" || cmp.Diff([]request.Item{item}, items) != "" || cmp.Diff(next, got) != "" {
			t.Error(name, err, cmp.Diff(r, got), cmp.Diff([]request.Item{item}, items))
		}
	}
	stale := r
	stale.Version--
	_, err = changed(t, d, stale)
	wantKind(t, err, custody.Conflict)
	stale.ID = custody.NewRequestID()
	_, err = changed(t, d, stale)
	wantKind(t, err, custody.NotFound)
	r.CallBack = request.CallBack{} // the officer is another
	r, err = changed(t, d, r)
	must(t, err)
	if got, _, err := d.RequestByID(ctx, r.ID); err != nil || got.CallBack != (request.CallBack{}) {
		t.Errorf("the call-back still counts: %+v %v", got.CallBack, err)
	}
	if all, err := d.CallBacks(ctx, r.ID); err != nil || len(all) != 1 || all[0].Spoke != "dispatch" {
		t.Errorf("attempts: %+v %v", all, err)
	}
	if holds, err := d.HoldsOf(ctx, r.ID); err != nil || len(holds) != 1 || holds[0].Request != r.ID {
		t.Errorf("holds: %+v %v", holds, err)
	}
	_, _, err = d.RequestByNumber(ctx, "REQ-2026-9999")
	wantKind(t, err, custody.NotFound)
}

// requestRefusals: what no program may store, whoever asks; nothing of a refused change stays.
func requestRefusals(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	k := NewDesk(t, d)
	r := k.Logged(t, d, access.OpenRecords)
	h, err := d.Head(ctx)
	must(t, err)
	for name, x := range map[string]struct {
		alter func(*request.Request, *request.Item)
		kind  custody.Kind
	}{
		"decided by who proposed":  {func(_ *request.Request, i *request.Item) { i.Decision.By = i.Proposal.By }, custody.Denied},
		"decided by the concerned": {func(r *request.Request, i *request.Item) { r.Concerned = []custody.StaffID{i.Decision.By} }, custody.Denied},
		"without a proposal":       {func(_ *request.Request, i *request.Item) { i.Proposal = request.Proposal{} }, custody.Invalid},
		"without a decision":       {func(_ *request.Request, i *request.Item) { i.Decision = request.Decision{} }, custody.Invalid},
		"scoped with a decision":   {func(_ *request.Request, i *request.Item) { i.Stage = access.Scoped }, custody.Invalid},
		"denied without citation":  {func(_ *request.Request, i *request.Item) { i.Decision.Outcome = access.Refused }, custody.Invalid},
		"no such outcome":          {func(_ *request.Request, i *request.Item) { i.Decision.Outcome = "maybe" }, custody.Invalid},
		"no such camera":           {func(_ *request.Request, i *request.Item) { i.Camera = custody.NewCameraID() }, custody.NotFound},
		"no such person":           {func(_ *request.Request, i *request.Item) { i.Decision.By = custody.NewStaffID() }, custody.NotFound},
		"an empty span":            {func(_ *request.Request, i *request.Item) { i.Span.End = i.Span.Start }, custody.Invalid},
		"place 65":                 {func(_ *request.Request, i *request.Item) { i.Place = 65 }, custody.Invalid},
		"lapsed when made":         {func(_ *request.Request, i *request.Item) { i.Decision.Lapses = i.Decision.At }, custody.Invalid},
		"out and undecided": {func(_ *request.Request, i *request.Item) {
			i.Stage, i.Decision, i.Out = access.Proposed, request.Decision{}, At(400)
		}, custody.Invalid},
		"closed without an end": {func(r *request.Request, _ *request.Item) { r.State = request.Closed }, custody.Invalid},
		"an end while open": {func(r *request.Request, _ *request.Item) {
			r.Ended, r.Closing, r.Why = At(500), request.Released, "w"
		}, custody.Invalid},
		"no such state": {func(r *request.Request, _ *request.Item) { r.State = "lost" }, custody.Invalid},
	} {
		bad, item := r, k.Item(r, 1, access.Decided)
		bad.State = request.Decided
		x.alter(&bad, &item)
		if _, err := changed(t, d, bad, item); err == nil || custody.KindOf(err) != x.kind {
			t.Errorf("%s: %v, want %v", name, err, x.kind)
		}
	}
	wantSize(t, d, h.Size)
	if got, items, err := d.RequestByID(ctx, r.ID); err != nil || cmp.Diff(r, got) != "" || len(items) != 0 {
		t.Error(err, cmp.Diff(r, got), items)
	}
	bad, holds := k.NewRequest(access.OpenRecords)
	fill := func(request.Request) ([]custody.Event, error) { return nil, nil }
	_, err = d.LogRequest(ctx, request.Logging{Request: bad, Year: 2026}, fill)
	wantKind(t, err, custody.Invalid) // nothing is held
	holds[0].Camera = custody.NewCameraID()
	_, err = d.LogRequest(ctx, request.Logging{Request: bad, Holds: holds, Year: 2026}, fill)
	wantKind(t, err, custody.NotFound)
	if next := k.Logged(t, d, access.OpenRecords); next.Number != "REQ-2026-0002" {
		t.Errorf("a request that was refused left a hole: %s", next.Number)
	}
	if _, err := d.Change(ctx, request.Changing{Request: r}); custody.KindOf(err) != custody.Invalid {
		t.Errorf("a change without an entry: %v", err)
	}
}

// decisionRows: a decision is superseded, never deleted, and the judge sees the one that stands.
func decisionRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	k := NewDesk(t, d)
	r := k.Logged(t, d, access.OpenRecords)
	item := k.Item(r, 1, access.Decided)
	r.State, r.Ruling = request.Decided, 1
	r, err := changed(t, d, r, item)
	must(t, err)
	wants := delegations(t, d, k.Clerk, string(k.Director), 200)
	m, err := d.Facts().Matter(ctx, string(item.ID))
	want := access.MatterFacts{Request: r.ID, Kind: access.OpenRecords, Open: true, Stage: access.Decided, Camera: item.Camera, Span: item.Span,
		Outcome: access.Granted, Lapses: item.Decision.Lapses, Proposer: k.Clerk, Deputy: wants}
	if err != nil || cmp.Diff(want, m) != "" {
		t.Error(err, cmp.Diff(want, m))
	}
	again := item
	again.Decision = request.Decision{Outcome: access.Refused, Citation: "22.7(13)", Reason: "a screen", By: k.Director, At: At(400), Lapses: At(9e6)}
	r, err = changed(t, d, r, again)
	must(t, err)
	again.Stage, again.Decision, again.Proposal = access.Scoped, request.Decision{}, request.Proposal{}
	again.Camera = k.Gate.Camera.ID
	r.State = request.Scoped
	_, err = changed(t, d, r, again)
	must(t, err)
	all, err := d.Rulings(ctx, r.ID)
	must(t, err)
	if len(all) != 2 || all[0].Outcome != access.Granted || all[1].Outcome != access.Refused || all[0].Superseded == 0 || all[1].Superseded == 0 ||
		all[0].Place != 1 || all[1].Place != 2 || all[1].Camera != k.Yard.Camera.ID || all[1].Proposer != k.Clerk {
		t.Errorf("rulings: %+v", all)
	}
	if m, err = d.Facts().Matter(ctx, string(item.ID)); err != nil || m.Stage != access.Scoped || m.Outcome != "" || m.Camera != k.Gate.Camera.ID || m.Proposer != "" {
		t.Errorf("facts of an item whose scope changed: %+v %v", m, err)
	}
	for _, id := range []string{string(custody.NewRequestID()), string(custody.NewItemID()), string(custody.NewHoldID()), string(custody.NewPackageID()), "itm_", "x"} {
		_, err := d.Facts().Matter(ctx, id)
		wantKind(t, err, custody.NotFound)
	}
	concerning(t, d, k)
	if m, err := d.Facts().RequestNumbered(ctx, r.Number); err != nil || m.Request != r.ID || !m.Open || m.Stage != "" {
		t.Errorf("by number: %+v %v", m, err)
	}
}

// requestPapers: attachments, notes, and what was released before.
func requestPapers(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	k := NewDesk(t, d)
	r := k.Logged(t, d, access.OpenRecords)
	content := random(2<<20 + 1)
	for i := range request.MaxAttachments + 1 {
		a := request.Attachment{ID: custody.NewAttachmentID(), Request: r.ID, Name: fmt.Sprint(i), Size: int64(len(content)), SHA256: sha256.Sum256(content), By: k.Clerk, At: At(float64(i))}
		err := d.AddAttachment(ctx, a, content, Event(t, custody.EventRequestAttached, string(r.ID)))
		if i == request.MaxAttachments {
			wantKind(t, err, custody.Exhausted)
			break
		}
		must(t, err)
		if got, b, err := d.Attachment(ctx, a.ID); err != nil || got != a || string(b) != string(content) {
			t.Fatalf("attachment %d: %+v, %d bytes, %v", i, got, len(b), err)
		}
	}
	if as, err := d.Attachments(ctx, r.ID); err != nil || len(as) != request.MaxAttachments || as[3].Name != "3" {
		t.Errorf("%d attachments, %v", len(as), err)
	}
	for i := range 3 {
		must(t, d.AddNote(ctx, request.Note{Request: r.ID, Text: fmt.Sprint("note ", i), By: k.Clerk, At: At(1)}, Event(t, custody.EventRequestNoted, string(r.ID))))
	}
	wantKind(t, d.AddNote(ctx, request.Note{Request: custody.NewRequestID(), Text: "n", By: k.Clerk, At: At(1)}), custody.NotFound)
	if ns, err := d.Notes(ctx, r.ID); err != nil || len(ns) != 3 || ns[2].Place != 3 || ns[2].Text != "note 2" {
		t.Errorf("notes: %+v %v", ns, err)
	}
	if got, _, err := d.RequestByID(ctx, r.ID); err != nil || got.Version != r.Version {
		t.Errorf("papers changed the version: %d, %v", got.Version, err)
	}
	releasedBefore(t, d, k, r)
}

// directoryRows: agencies are listed by name, and compared and swapped.
func directoryRows(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	pd, err := d.PutAgency(ctx, request.Agency{ID: custody.NewAgencyID(), Name: "police", Phone: "555 0100", Source: "web"}, Event(t, custody.EventAgencyChanged, "a"))
	must(t, err)
	sheriff, err := d.PutAgency(ctx, request.Agency{ID: custody.NewAgencyID(), Name: "Sheriff", Phone: "555 0101", Source: "web"}, Event(t, custody.EventAgencyChanged, "b"))
	must(t, err)
	pd.Phone = "555 0199"
	pd, err = d.PutAgency(ctx, pd, Event(t, custody.EventAgencyChanged, "a"))
	must(t, err)
	stale := pd
	stale.Version--
	_, err = d.PutAgency(ctx, stale)
	wantKind(t, err, custody.Conflict)
	if all, err := d.Agencies(ctx); err != nil || cmp.Diff([]request.Agency{pd, sheriff}, all) != "" {
		t.Error(err, cmp.Diff([]request.Agency{pd, sheriff}, all))
	}
}

// releasedBefore: what was handed over is told to whoever asks for the same again.
func releasedBefore(t *testing.T, d *db.DB, k *Desk, r request.Request) {
	t.Helper()
	ctx := t.Context()
	out := k.Item(r, 1, access.Decided)
	out.Out = At(500)
	_, err := changed(t, d, r, out)
	must(t, err)
	other := k.Logged(t, d, access.OpenRecords)
	for _, x := range []struct {
		from, to float64
		want     int
	}{{0, 1, 1}, {59, 90, 1}, {60, 90, 0}, {-9, 0, 0}, {5, 5, 0}} {
		got, err := d.Overlapping(ctx, other.ID, out.Camera, custody.Span{Start: At(x.from), End: At(x.to)})
		if err != nil || len(got) != x.want || x.want == 1 && got[0].Number != "REQ-2026-0001/1" {
			t.Errorf("[%v,%v): %+v %v", x.from, x.to, got, err)
		}
	}
	if got, err := d.Overlapping(ctx, r.ID, out.Camera, out.Span); err != nil || len(got) != 0 {
		t.Errorf("a request overlaps itself: %+v %v", got, err)
	}
}

// requestRaces: 50 at once propose, decide, rescope and close from what they have read: exactly one has its way each time, and no version is
// skipped or given twice.
func requestRaces(t *testing.T, c db.Config) {
	d, ctx := Open(t, c), t.Context()
	k := NewDesk(t, d)
	r := k.Logged(t, d, access.OpenRecords)
	item := k.Item(r, 1, access.Proposed)
	r.State = request.Proposed
	r, err := changed(t, d, r, item)
	must(t, err)
	for range 5 {
		now, items, err := d.RequestByID(ctx, r.ID)
		must(t, err)
		var won atomic.Int32
		var group sync.WaitGroup
		for i := range 50 {
			next, it := now, items[0]
			next.State, next.Ended, next.Closing, next.Why = request.Scoped, 0, "", ""
			it.Stage, it.Decision = access.Scoped, request.Decision{}
			switch i % 4 {
			case 0:
				it = k.Item(r, 1, access.Decided)
				it.ID = items[0].ID
				next.State = request.Decided
			case 1:
				it = k.Item(r, 1, access.Proposed)
				it.ID = items[0].ID
				next.State = request.Proposed
			case 2:
				it.Proposal, it.Span.End = request.Proposal{}, it.Span.End.Add(time.Second)
			case 3:
				it.Stage = access.Ended
				next.State, next.Ended, next.Closing, next.Why = request.Closed, At(900), request.Withdrawn, "w"
			}
			ev := Event(t, custody.EventRequestChanged, string(r.ID))
			group.Go(func() {
				got, err := d.Change(ctx, request.Changing{Request: next, Items: []request.Item{it}}, ev)
				switch {
				case err == nil && got.Version == now.Version+1:
					won.Add(1)
				case err == nil || custody.KindOf(err) != custody.Conflict:
					t.Errorf("version %d: %v", got.Version, err)
				}
			})
		}
		group.Wait()
		after, _, err := d.RequestByID(ctx, r.ID)
		if err != nil || won.Load() != 1 || after.Version != now.Version+1 {
			t.Fatalf("%d had their way, version %d after %d, %v", won.Load(), after.Version, now.Version, err)
		}
	}
	numbersWithoutHoles(t, d, k)
}

// numbersWithoutHoles logs from many sides at once.
func numbersWithoutHoles(t *testing.T, d *db.DB, k *Desk) {
	t.Helper()
	seen := sync.Map{}
	var group sync.WaitGroup
	for range 50 {
		r, holds := k.NewRequest(access.OpenRecords)
		ev := Event(t, custody.EventRequestLogged, string(r.ID))
		group.Go(func() {
			got, err := d.LogRequest(t.Context(), request.Logging{Request: r, Holds: holds, Year: 2027}, func(request.Request) ([]custody.Event, error) {
				return []custody.Event{ev}, nil
			})
			if _, twice := seen.LoadOrStore(got.Number, true); err != nil || twice {
				t.Errorf("%s, given before: %v, %v", got.Number, twice, err)
			}
		})
	}
	group.Wait()
	for i := range 50 {
		if _, ok := seen.Load(request.FormatNumber(2027, i+1)); !ok {
			t.Errorf("no request has the place %d", i+1)
		}
	}
}
