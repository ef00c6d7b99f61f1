package request

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// FloorAfter is how long the file of a request is kept after its closing and after a recall of a package of it, whatever the schedule says:
// the 60 days in which somebody may complain, and 30 more. That a copy came back nobody records; so a recall keeps the file open that long.
const FloorAfter = 90 * 24 * time.Hour

// MaxRemark bounds the remark with which a disposal is proposed, in bytes.
const MaxRemark = 500

// Years counts them in the site's zone; desk/letter implements it.
type Years interface {
	// AfterYears is the end (midnight after) of the day of from, so many years later. The 29 February of a year without is the 1 March.
	AfterYears(from custody.Instant, n int) custody.Instant
}

// ArchiveStore keeps disposals of files; storage/db implements it. Each change commits with its events and raises the request's version.
type ArchiveStore interface {
	// Ended lists closed requests that ended before an instant and whose file was not disposed of, the earliest first, under a scope of
	// access.RequestView; a scope of anything else shows none.
	Ended(ctx context.Context, scope access.Scope, before custody.Instant, limit int) ([]Aged, error)
	// Aged is one request, disposed of or not. NotFound if there is none.
	Aged(ctx context.Context, id custody.RequestID) (Aged, error)
	// ProposeDisposal stores what fill makes of the request as it stands in that transaction.
	ProposeDisposal(ctx context.Context, id custody.RequestID, fill func(Aged) (FileDisposal, []custody.Event, error)) (Aged, error)
	// DisposeFile destroys the words of the request and the keys of its packages, in one transaction with what fill makes of the request as it
	// stands then. fill may be called several times.
	DisposeFile(ctx context.Context, id custody.RequestID, fill func(Aged, Words) (FileDisposal, []custody.Event, error)) (Aged, error)
}

// Aged is a request with what its disposal looks at.
type Aged struct {
	Request
	Holds    int             // that stand for it
	Recalled custody.Instant // when a package of it was last recalled; 0 never
	Disposal FileDisposal    // zero before it is proposed
}

// ArchiveParts are what an Archive works with; all but Disposed are required.
type ArchiveParts struct {
	Store    ArchiveStore
	Calendar Years
	Clock    custody.Clock
	Years    int           // how long files are kept after their closing, 1 to 100
	Backups  time.Duration // how long backups are kept
	// Disposed is told that keys of packages were destroyed, so that their bytes are removed at once. It must not block.
	Disposed func()
}

// Archive is where files of closed requests are disposed of, by two people, after their time. It keeps nothing and is safe for
// concurrent use.
type Archive struct{ p ArchiveParts }

// NewArchive returns the archive over its parts.
func NewArchive(p ArchiveParts) *Archive {
	if p.Disposed == nil {
		p.Disposed = func() {}
	}
	p.Years = min(max(p.Years, 1), 100)
	return &Archive{p}
}

// Years is how long files are kept after their closing, and Authority the schedule that says so, as tombstones name it.
func (a *Archive) Years() int { return a.p.Years }

// Authority is the schedule in words.
func (a *Archive) Authority() string {
	if a.p.Years == 1 {
		return Iowa().FilesAuthority + ": 1 year after closing"
	}
	return fmt.Sprintf("%s: %d years after closing", Iowa().FilesAuthority, a.p.Years)
}

// Due is when a closed request's file is due, the first instant at which it may be disposed of; 0 of one that is open.
func (a *Archive) Due(g Aged) custody.Instant {
	if g.Ended == 0 {
		return 0
	}
	due := max(a.p.Calendar.AfterYears(g.Ended, a.p.Years), g.Ended.Add(FloorAfter))
	if g.Recalled != 0 {
		due = max(due, g.Recalled.Add(FloorAfter))
	}
	return due
}

// Keeps reports with Conflict what stands against the disposal of a request's file now, and nil if nothing does.
func (a *Archive) Keeps(g Aged) error {
	switch due := a.Due(g); {
	case g.Disposed != 0:
		return rests(&g.Request)
	case due == 0:
		return custody.Errorf(custody.Conflict, "the request is %s: only the file of a closed one is disposed of", g.State)
	case a.p.Clock.Now() < due:
		return custody.Errorf(custody.Conflict, "the schedule keeps this file until %s", due)
	case g.Holds > 0:
		return custody.Errorf(custody.Conflict, "%d holds stand for this request: its file is kept until they are lifted", g.Holds)
	}
	return nil
}

// MaxAged is how many files are listed at a time.
const MaxAged = 500

// List lists files whose time is over, the earliest first, under a Scope of request.view; those that something else keeps as well (Keeps says
// what). At most MaxAged.
func (a *Archive) List(ctx context.Context, s access.Scope) ([]Aged, error) {
	if err := under(s); err != nil {
		return nil, err
	}
	now := a.p.Clock.Now()
	all, err := a.p.Store.Ended(ctx, s, now.Add(-FloorAfter), MaxAged)
	var out []Aged
	for _, g := range all {
		if a.p.Calendar.AfterYears(g.Ended, a.p.Years) <= now {
			out = append(out, g)
		}
	}
	return out, err
}

// ByID is one request as its disposal stands, under a Scope of request.view. NotFound if there is none.
func (a *Archive) ByID(ctx context.Context, s access.Scope, id custody.RequestID) (Aged, error) {
	if err := under(s); err != nil {
		return Aged{}, err
	}
	return a.p.Store.Aged(ctx, id)
}

// Propose proposes under a Grant of request.dispose about the request that its file is disposed of, with a remark of 0 to 500 bytes; another
// person carries it out. Errors: Invalid, Denied, NotFound, Conflict (it is not due, something keeps it, it is proposed already, or
// somebody was faster).
func (a *Archive) Propose(ctx context.Context, g access.Grant, id custody.RequestID, why string) (Aged, error) {
	if err := about(g, access.RequestDispose, id); err != nil {
		return Aged{}, err
	}
	trimmed(&why)
	if err := prose("why", why, 0, MaxRemark); err != nil {
		return Aged{}, err
	}
	return a.p.Store.ProposeDisposal(ctx, id, func(f Aged) (FileDisposal, []custody.Event, error) {
		if err := cmp.Or(judged(g, f.Request), a.Keeps(f)); err != nil {
			return FileDisposal{}, nil, err
		}
		if f.Disposal.By != "" {
			return FileDisposal{}, nil, custody.Errorf(custody.Conflict, "somebody proposed this already: another person confirms it, or the request is reopened")
		}
		d := FileDisposal{Request: id, By: g.Actor().Staff(), Proposed: a.p.Clock.Now(), Why: why}
		evs, err := disposing(ActProposeDisposal, g, f.Request, d, nil, d.Proposed)
		return d, evs, err
	})
}

// Confirm destroys the words of the request's file under a Grant of request.dispose-confirm about it, by another person than who proposed
// it, and the keys of its packages; their bytes are removed afterwards. It cannot be undone. Errors as Propose's; Conflict, too, if
// nobody proposed it, or it was proposed of the request before it was reopened.
func (a *Archive) Confirm(ctx context.Context, g access.Grant, id custody.RequestID) (Aged, error) {
	if err := about(g, access.RequestDisposeConfirm, id); err != nil {
		return Aged{}, err
	}
	out, err := a.p.Store.DisposeFile(ctx, id, func(f Aged, w Words) (FileDisposal, []custody.Event, error) {
		if err := cmp.Or(judged(g, f.Request), a.Keeps(f)); err != nil {
			return FileDisposal{}, nil, err
		}
		d := f.Disposal
		switch {
		case d.By == "":
			return FileDisposal{}, nil, custody.Errorf(custody.Conflict, "nobody proposed this: the custodian proposes it first")
		case d.By == g.Actor().Staff():
			return FileDisposal{}, nil, custody.Errorf(custody.Denied, "you proposed this yourself: another person confirms it")
		}
		d.Confirmed, d.At, d.Authority, d.SHA256 = g.Actor().Staff(), a.p.Clock.Now(), a.Authority(), w.Digest()
		d.Final = d.At.Add(a.p.Backups)
		count := w.Counted()
		evs, err := disposing(ActDispose, g, f.Request.Blank(d.At), d, &count, d.At)
		return d, evs, err
	})
	if err == nil {
		a.p.Disposed()
	}
	return out, err
}

// disposing is the entry of an act on a request's disposal.
func disposing(act Act, g access.Grant, r Request, d FileDisposal, count *Destroyed, at custody.Instant) ([]custody.Event, error) {
	from := r.State
	if !Leads(act, from, r.State) {
		return nil, custody.Errorf(custody.Conflict, "the request is %s: that cannot be done with it now", from)
	}
	r.Version++
	ev, err := event(requestRule(act).event, at, g.Actor().String(), "", r, Entry{Act: act, From: from, Disposal: ImageOfFileDisposal(d), Destroyed: count})
	return []custody.Event{ev}, err
}

// rests reports with Conflict that a request's file was disposed of.
func rests(r *Request) error {
	if r.Disposed == 0 {
		return nil
	}
	return custody.Errorf(custody.Conflict, "the file of this request was disposed of on %s: only its tombstone is left", r.Disposed)
}
