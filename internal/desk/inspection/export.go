package inspection

import (
	"context"
	"io"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// writeEnd bounds how long the closing entry of an export may take when its reader has gone.
const writeEnd = 5 * time.Second

// exported is the detail of audit.exported, before the first byte and after the last.
type exported struct {
	Format  Format            `json:"format"`
	From    string            `json:"from,omitempty"`
	To      string            `json:"to"`
	Actor   string            `json:"actor,omitempty"`
	Type    custody.EventType `json:"type,omitempty"`
	Subject string            `json:"subject,omitempty"`
	Grant   custody.GrantID   `json:"grant"`
	Phase   string            `json:"phase"` // begun, ended, broken
	Entries *int              `json:"entries,omitempty"`
}

// Export writes the entries that q finds, oldest first, up to now, under a Grant of audit.export. It holds one page at a time. The
// diary has audit.exported before the first byte, and again with the count when it has ended; the second is written even if
// w broke or ctx was cancelled. q.Limit and q.After mean nothing here.
func (r *Room) Export(ctx context.Context, g access.Grant, format Format, q Query, w io.Writer) error {
	if err := g.Allows(access.AuditExport); err != nil {
		return err
	}
	if format.ContentType() == "" {
		return custody.Errorf(custody.Invalid, "format must be csv or jsonl")
	}
	q.Limit, q.After = MaxPage, nil
	if err := q.check(); err != nil {
		return err
	}
	if now := r.Clock.Now(); q.To == 0 || q.To > now {
		q.To = now // what is written from now on, this export's own entries too, is not part of it
	}
	d := exported{Format: format, To: q.To.String(), Actor: q.Actor, Type: q.Type, Subject: q.Subject, Grant: g.ID(), Phase: "begun"}
	if q.From != 0 {
		d.From = q.From.String()
	}
	if err := r.record(ctx, g, q.Camera, d); err != nil {
		return err
	}
	n, err := r.stream(ctx, g, format, q, w)
	d.Entries, d.Phase = &n, "ended"
	if err != nil {
		d.Phase = "broken"
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeEnd)
	defer cancel()
	if last := r.record(end, g, q.Camera, d); err == nil {
		err = last
	}
	return err
}

func (r *Room) record(ctx context.Context, g access.Grant, camera custody.CameraID, d exported) error {
	ev, err := custody.NewEvent(custody.EventAuditExported, r.Clock.Now(), g.Actor().String(), camera, "", d)
	if err != nil {
		return err
	}
	return custody.Wrap(custody.Unavailable, r.Diary.Append(ctx, ev), "the diary stays closed while it cannot be written")
}

// stream writes page by page and counts. The Grant is asked again for every page.
func (r *Room) stream(ctx context.Context, g access.Grant, format Format, q Query, w io.Writer) (int, error) {
	called, err := r.People.Names(ctx)
	if err != nil {
		return 0, err
	}
	var out interface {
		begin() error
		entry(Entry) error
	} = sheet{w}
	if format == JSONL {
		out = lines{w}
	}
	if err := out.begin(); err != nil {
		return 0, err
	}
	filter, n := q.filter(), 0
	filter.Descending = false
	for {
		if err := g.Allows(access.AuditExport); err != nil {
			return n, err
		}
		found, err := r.Store.FindEntries(ctx, filter, MaxPage)
		if err != nil {
			return n, err
		}
		for _, e := range found {
			if err := out.entry(names(called).entry(e)); err != nil {
				return n, err
			}
			n++
		}
		if len(found) < MaxPage {
			return n, nil
		}
		filter.After = placeOf(found[len(found)-1])
	}
}
