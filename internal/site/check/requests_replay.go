package check

import (
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// files is what the log has said about requests so far: the latest image of each, of each item, and what is only ever added.
type files struct {
	requests map[string]*fileState
	items    map[string]*itemState
	added    []addedRow // agencies excepted: decisions that were superseded, call-backs, notes, papers, packages whose keys were destroyed
	agencies map[string]record
	years    map[int]int // the place of the last request of each year
}

type fileState struct {
	request.Image
	entry        string
	calls, notes int
	disposal     *request.FileDisposalImage // of its file, proposed or carried out; nil if nobody does
}

// addedRow is a row that never changes again, but by the disposal of its request's file.
type addedRow struct {
	record
	request string
	row     any
}

type itemState struct {
	itemRow
	entry   string
	rulings int
	ruling  rulingRow // that stands, if Decision is not nil
}

func newFiles() *files {
	return &files{requests: map[string]*fileState{}, items: map[string]*itemState{}, agencies: map[string]record{}, years: map[int]int{}}
}

func (f *files) records(yield func(record)) {
	for id, r := range f.requests {
		yield(record{kind: "request", id: id, entry: r.entry, fields: fieldsOf(r.Image)})
		if r.disposal != nil {
			yield(record{kind: "disposal", id: id, entry: r.entry, fields: fieldsOf(*r.disposal)})
		}
	}
	for id, i := range f.items {
		yield(record{kind: "item", id: id, entry: i.entry, fields: fieldsOf(i.itemRow)})
		if i.Decision != nil {
			yield(record{kind: "decision", id: numbered(id, i.rulings), entry: i.entry, fields: fieldsOf(i.ruling)})
		}
	}
	for _, r := range f.agencies {
		yield(r)
	}
	for _, r := range f.added {
		yield(r.record)
	}
}

// add notes a row of a request that never changes again.
func (f *files) add(e audit.Entry, kind, id string, v any) {
	f.added = append(f.added, addedRow{record{kind: kind, id: id, entry: entryName(e), fields: fieldsOf(v)}, e.Event.Subject, v})
}

const remedyRequest = "see by the diary who acted, and decide anew what this touches; find out which program wrote the entry and who could run it"

// isRequest reports whether entries of that type say how a request stands.
func isRequest(t custody.EventType) bool {
	return slices.Contains([]custody.EventType{custody.EventRequestLogged, custody.EventRequestChanged, custody.EventRequestMoved, custody.EventRequestAttached,
		custody.EventRequestNoted, custody.EventCallBackMade, custody.EventItemScoped, custody.EventItemProposed, custody.EventItemDecided,
		custody.EventItemWithdrawn, custody.EventRequestClosed, custody.EventRequestReopened, custody.EventDisposalProposed, custody.EventRequestDisposed}, t)
}

// request follows a request and its items.
func (r *replay) request(e audit.Entry, s said) error {
	var d request.Entry
	if err := detailOf(s, &d); err != nil {
		return err
	}
	if d.Request.Number == "" {
		return custody.Errorf(custody.Corrupt, "it does not say how the request stands")
	}
	before, name := r.files.requests[s.Subject], entryName(e)
	flaw := func(invariant, what string) {
		r.found(Finding{invariant, "request", s.Subject, "by the log (" + name + ") " + what, remedyRequest})
	}
	if r.files.disposed(s.Subject) {
		flaw("A4", "changes after its file was disposed of")
	}
	r.files.succeeds(before, d, flaw)
	now := &fileState{Image: d.Request, entry: name}
	if before != nil {
		now.calls, now.notes, now.disposal = before.calls, before.notes, before.disposal
	}
	if d.Request.State != request.Closed {
		now.disposal = nil // reopened: nobody proposes it any more
	}
	r.files.requests[s.Subject] = now
	r.disposing(e, s, d, before, now, flaw)
	for _, it := range d.Items {
		r.files.item(e, s, d, it, flaw)
	}
	if d.Call != nil {
		now.calls++
		r.files.add(e, "call-back", numbered(s.Subject, now.calls), *d.Call)
	}
	if d.Note != nil {
		now.notes++
		r.files.add(e, "note", numbered(s.Subject, now.notes), noteRow{*d.Note, s.Actor, s.At})
	}
	if d.Paper != nil {
		r.files.add(e, "attachment", string(d.Paper.ID), paperRow{s.Subject, *d.Paper, s.Actor, s.At})
	}
	return nil
}

// succeeds proves of an entry that it follows on the one before: a number without a hole, versions one by one, a move that the table has.
func (f *files) succeeds(before *fileState, d request.Entry, flaw func(invariant, what string)) {
	from := request.State("")
	if before == nil {
		year, place, err := request.ParseNumber(d.Request.Number)
		switch {
		case err != nil:
			flaw("I5", "its number is none")
		case place != f.years[year]+1:
			flaw("I5", "its number does not follow on that of the request before it")
		}
		f.years[year] = max(place, f.years[year])
		if d.Request.Version != 1 {
			flaw("I5", "it begins with another version than the first")
		}
	} else {
		from = before.State
		if d.Request.Number != before.Number || d.Request.PickedApart(before.Image) {
			flaw("I5", "what never changes of it - number, kind, channel, when and by whom it was logged - has changed")
		}
		if v := d.Request.Version; v != before.Version && v != before.Version+1 {
			flaw("I5", "a version is missing")
		}
		if d.Request.Ruling < before.Ruling {
			flaw("A2", "its ruling went back")
		}
		if d.Request.Version == before.Version {
			return // the second entry of an act, a note or a paper
		}
		if d.From != from {
			flaw("A2", "it was in another state before than the entry before says")
		}
	}
	if !request.Leads(d.Act, from, d.Request.State) {
		flaw("A2", "it goes from \""+string(from)+"\" to \""+string(d.Request.State)+"\" by "+string(d.Act)+", which the table of states does not have")
	}
}

// item follows one item, and proves that what was decided was proposed before, by somebody else, and by nobody concerned (A2, A3).
func (f *files) item(e audit.Entry, s said, d request.Entry, it request.ItemImage, flaw func(invariant, what string)) {
	before := f.items[string(it.Item)]
	now := &itemState{itemRow: itemRow{custody.RequestID(s.Subject), it}, entry: entryName(e)}
	if before != nil {
		now.rulings, now.ruling = before.rulings, before.ruling
	}
	var was *request.RulingImage
	if before != nil {
		was = before.Decision
	}
	if was != nil && (it.Decision == nil || *it.Decision != *was) {
		old := before.ruling
		old.Superseded = s.At
		f.add(e, "decision", numbered(string(it.Item), before.rulings), old)
	}
	if it.Decision != nil && (was == nil || *it.Decision != *was) {
		now.rulings++
		now.ruling = rulingRow{Camera: it.Camera, Span: it.Span, Decision: it.Decision, Superseded: instant(0)}
		if it.Proposal != nil {
			now.ruling.Proposer = it.Proposal.By
		}
		decided(before, s, d, it, flaw)
	}
	if it.Out != "" && (it.Decision == nil || it.Decision.Outcome != access.Granted) {
		flaw("A2", "the item "+string(it.Item)+" was handed over and is not granted")
	}
	f.items[string(it.Item)] = now
}

// decided proves one decision.
func decided(before *itemState, s said, d request.Entry, it request.ItemImage, flaw func(invariant, what string)) {
	item := "the item " + string(it.Item)
	switch {
	case before == nil || before.Proposal == nil || it.Proposal == nil || *before.Proposal != *it.Proposal:
		flaw("A2", item+" was decided and no entry before proposes it so")
	case before.Camera != it.Camera || before.Span != it.Span:
		flaw("A2", item+" was decided for another camera or span than was proposed")
	}
	if it.Proposal != nil && it.Proposal.By == it.Decision.By {
		flaw("A3", item+" was decided by "+string(it.Decision.By)+", who proposed it")
	}
	if string(it.Decision.By) != s.Actor {
		flaw("A3", item+" was decided in the name of another than who acted")
	}
	if slices.Contains(d.Request.Concerned, it.Decision.By) {
		flaw("A3", item+" was decided by "+string(it.Decision.By)+", whom the request concerns")
	}
}

// agency follows the directory.
func (r *replay) agency(e audit.Entry, s said) error {
	var d request.AgencyEntry
	if err := detailOf(s, &d); err != nil {
		return err
	}
	r.files.agencies[s.Subject] = record{kind: "agency", id: s.Subject, entry: entryName(e), fields: fieldsOf(d)}
	return nil
}
