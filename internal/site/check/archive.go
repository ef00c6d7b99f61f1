package check

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/delivery"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// Tombs is what a check reads about files of requests that were disposed of, ordered by request or package.
type Tombs interface {
	AllDisposals(ctx context.Context) iter.Seq2[request.FileDisposal, error]
	AllGone(ctx context.Context) iter.Seq2[release.Gone, error]
}

// disposed reports whether a request's file was disposed of, by the log.
func (f *files) disposed(id string) bool {
	r := f.requests[id]
	return r != nil && r.disposal != nil && r.disposal.At != ""
}

// disposing follows a proposal and its carrying out: A3, that two people did it, one after the other; A4, that nothing kept the file.
func (r *replay) disposing(e audit.Entry, s said, d request.Entry, before, now *fileState, flaw func(invariant, what string)) {
	if d.Disposal != nil {
		now.disposal = d.Disposal
	}
	if e.Event.Type != custody.EventDisposalProposed && e.Event.Type != custody.EventRequestDisposed || d.Disposal == nil || before == nil {
		if e.Event.Type == custody.EventDisposalProposed || e.Event.Type == custody.EventRequestDisposed || d.Disposal != nil {
			flaw("I5", "it tells of a disposal and does not say which, or of one in another entry")
		}
		return
	}
	x := d.Disposal
	if before.State != request.Closed {
		flaw("A4", "its file was to be disposed of while it was open")
	}
	if slices.Contains(before.Concerned, custody.StaffID(s.Actor)) {
		flaw("A3", "its file was to be disposed of by "+s.Actor+", whom the request concerns")
	}
	if e.Event.Type == custody.EventDisposalProposed {
		if string(x.By) != s.Actor || x.Proposed != s.At || x.At != "" {
			flaw("A3", "the disposal of its file was proposed in the name of another, or carried out by one person")
		}
		return
	}
	was := before.disposal
	switch {
	case was == nil || was.At != "" || was.By != x.By || was.Proposed != x.Proposed || was.Why != x.Why:
		flaw("A3", "its file was disposed of and no entry before proposes it so")
	case x.Confirmed == x.By:
		flaw("A3", "its file was disposed of by "+string(x.By)+", who proposed it")
	}
	if string(x.Confirmed) != s.Actor || x.At != s.At {
		flaw("A3", "its file was disposed of in the name of another than who acted")
	}
	if err := afterFloor(before.Ended, x.At); err != nil {
		flaw("A4", "its file was disposed of "+custody.PublicText(err))
	}
	for _, h := range r.kept.holds {
		if h.Lifted == 0 && string(h.Request) == s.Subject {
			flaw("A4", "its file was disposed of while hold "+string(h.ID)+" stood for it")
		}
	}
	r.files.bury(s.Subject)
	if d.Destroyed != nil {
		for _, id := range d.Destroyed.Packages {
			r.files.add(e, "destroyed package", string(id), goneRow{s.Subject})
		}
	}
}

// afterFloor reports that not even the shortest time had passed.
func afterFloor(ended, at string) error {
	from, err := custody.ParseInstant(ended)
	if err != nil {
		return custody.Errorf(custody.Invalid, "and no entry says when it was closed")
	}
	if then, err := custody.ParseInstant(at); err != nil || then < from.Add(request.FloorAfter) {
		return custody.Errorf(custody.Invalid, "less than 90 days after it was closed")
	}
	return nil
}

// goneRow is the row of a package whose key was destroyed, as the log can tell it.
type goneRow struct {
	Request string `json:"request_id"`
}

// bury takes out of what the rows of a request must hold the words that its disposal took away.
func (f *files) bury(id string) {
	for _, it := range f.items {
		if string(it.Request) != id {
			continue
		}
		it.Proposal, it.Decision = blankRuling(it.Proposal), blankRuling(it.Decision)
		it.ruling.Decision = blankRuling(it.ruling.Decision)
	}
	for i := range f.added {
		a := &f.added[i]
		if a.request != id {
			continue
		}
		switch v := a.row.(type) {
		case rulingRow:
			v.Decision = blankRuling(v.Decision)
			a.fields = fieldsOf(v)
		case request.CallImage:
			a.fields = fieldsOf(v.Blank())
		case noteRow:
			v.Text = v.Text.Blank()
			a.fields = fieldsOf(v)
		case paperRow:
			v.Paper = v.Paper.Blank()
			a.fields = fieldsOf(v)
		}
	}
}

func blankRuling(r *request.RulingImage) *request.RulingImage {
	if r == nil {
		return nil
	}
	b := r.Blank()
	return &b
}

// handed is a hand-over or a receipt by the log, kept until it is known whether its request's file was disposed of.
type handed struct {
	request string
	e       audit.Entry
	d       delivery.Entry
	receipt bool
}

// told emits what the rows of hand-overs and receipts must hold, at the end of the log.
func (r *replay) told() {
	for _, h := range r.out.handed {
		if r.files.disposed(h.request) {
			h.d.Recipient, h.d.Agency, h.d.Badge = request.Gone, "", ""
			if h.d.SignedBy != "" {
				h.d.SignedBy = request.Gone
			}
		}
		rec := deliveryRecord(h.request, h.d)
		if h.receipt {
			rec = receiptRecord(h.d)
		}
		rec.entry = entryName(h.e)
		r.emit(rec, h.e)
	}
}

// worded names the rows of requests that were disposed of in which words are left. Of those that were not the log says what stands there.
type worded struct {
	pass     *pass
	requests map[string]bool // whose file was disposed of, by the rows
	items    map[string]bool // of them
}

func (w *worded) left(kind, id string, columns ...string) {
	w.pass.report.add(Finding{"I5", kind, id, "the file of its request was disposed of, and words are left in: " + strings.Join(columns, ", "),
		"empty it as the disposal should have; find out who put them back, or which program left them"})
}

func (w *worded) request(r *request.Request) {
	if r.Disposed == 0 {
		return
	}
	w.requests[string(r.ID)] = true
	if c := r.Worded(); len(c) > 0 {
		w.left("request", string(r.ID), c...)
	}
}

func (w *worded) item(i *request.Item) {
	if !w.requests[string(i.Request)] {
		return
	}
	w.items[string(i.ID)] = true
	if i.Proposal.Reason != "" {
		w.left("item", string(i.ID), "proposed_reason")
	}
}

// of names one column if words are left in it.
func (w *worded) of(disposed bool, kind, id, column, is, want string) {
	if disposed && is != want {
		w.left(kind, id, column)
	}
}

// destroyed reports whether a package's key was destroyed with its request's file, by the rows, and whether its object may be left: it is
// garbage by our own journal until it is removed.
func (p *pass) destroyed(ctx context.Context, id custody.PackageID) (left, known bool, err error) {
	err = each(p.Books.AllGone(ctx), func(g release.Gone) {
		if g.Package == id {
			left, known = g.Purged == 0, true
		}
	})
	return left, known, err
}

// keylessPackage looks at a package that was made and has no key: a disposal must say why.
func (p *pass) keylessPackage(ctx context.Context, id custody.PackageID) error {
	_, known, err := p.destroyed(ctx, id)
	if err == nil && !known && !p.report.has("package", string(id)) {
		p.report.add(Finding{"I1", "package", string(id), "its key is gone, and no disposal accounts for it",
			"restore the row of its key from a backup, or have the package made anew; find out who could write to the database"})
	}
	return err
}

// tombRecords yields the rows of disposals.
func (p *pass) tombRecords(ctx context.Context, put func(kind, id string, v any)) error {
	err := each(p.Books.AllDisposals(ctx), func(d request.FileDisposal) { put("disposal", string(d.Request), *request.ImageOfFileDisposal(d)) })
	if err == nil {
		err = each(p.Books.AllGone(ctx), func(g release.Gone) { put("destroyed package", string(g.Package), goneRow{string(g.Request)}) })
	}
	return err
}

// wordsLeft looks through every row of the requests whose file was disposed of, by the rows, for words that are left.
func (p *pass) wordsLeft(ctx context.Context) error {
	w := &worded{p, map[string]bool{}, map[string]bool{}}
	err := each(p.Books.AllRequests(ctx), func(r request.Request) { w.request(&r) })
	p.report.count("A3", "files disposed of", uint64(len(w.requests)))
	if err != nil || len(w.requests) == 0 {
		return err
	}
	if err = each(p.Books.AllItems(ctx), func(i request.Item) { w.item(&i) }); err == nil {
		err = each(p.Books.AllRulings(ctx), func(r request.Ruled) {
			w.of(w.items[string(r.Item)], "decision", numbered(string(r.Item), r.Place), "reason", r.Reason, "")
		})
	}
	if err == nil {
		err = each(p.Books.AllCallBacks(ctx), func(c request.Called) {
			w.of(w.requests[string(c.Request)], "call-back", numbered(string(c.Request), c.Place), "spoke", c.Spoke, "")
		})
	}
	if err == nil {
		err = each(p.Books.AllNotes(ctx), func(n request.Note) {
			w.of(w.requests[string(n.Request)], "note", numbered(string(n.Request), n.Place), "text", n.Text, request.Gone)
		})
	}
	if err == nil {
		err = w.papers(ctx)
	}
	if err == nil {
		err = w.handed(ctx)
	}
	return err
}

func (w *worded) papers(ctx context.Context) error {
	for a, err := range w.pass.Books.AllAttachments(ctx) {
		if err != nil || !w.requests[string(a.Request)] {
			if err != nil {
				return err
			}
			continue
		}
		w.of(true, "attachment", string(a.ID), "name", a.Name, request.Gone)
		_, content, err := w.pass.Books.Attachment(ctx, a.ID)
		if err != nil {
			return err
		}
		w.of(len(content) > 0, "attachment", string(a.ID), "request_attachment_part", "its bytes", "")
	}
	return nil
}

// handed looks through what hand-overs and packages say.
func (w *worded) handed(ctx context.Context) error {
	err := each(w.pass.Books.AllDeliveries(ctx), func(d delivery.Delivery) {
		gone := w.requests[string(d.Request)]
		w.of(gone, "delivery", string(d.ID), "recipient", d.Recipient, request.Gone)
		w.of(gone, "delivery", string(d.ID), "agency or badge", d.Agency+d.Badge, "")
		w.of(gone && d.Signed != 0, "delivery", string(d.ID), "signed_by", d.SignedBy, request.Gone)
	})
	if err != nil {
		return err
	}
	return each(w.pass.Books.AllPackages(ctx), func(p release.Package) {
		gone := w.requests[string(p.Request)]
		w.of(gone, "release", string(p.ID), "why", p.Why, "")
		w.of(gone, "release", string(p.ID), "report", string(p.Report.Verdict)+fmt.Sprint(len(p.Report.Findings)), "0")
		if !gone {
			return
		}
		if _, err := w.pass.Books.PackageKey(ctx, p.ID); err == nil {
			w.pass.report.add(Finding{"I5", "release", string(p.ID), "the file of its request was disposed of, and it has a key again: somebody brought it back from a copy",
				"find out who did and what was done with it; then destroy the key again"})
		}
	})
}
