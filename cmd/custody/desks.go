package main

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/delivery"
	"github.com/footage-custody/custody/internal/desk/letter"
	"github.com/footage-custody/custody/internal/desk/render"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db"
)

// newCalendar counts days as the site's law and its own closed days say.
func newCalendar(c config.Config) (*letter.Calendar, error) {
	r := c.Records
	return letter.NewCalendar(letter.Rules{Zone: c.Site.Location(), Jurisdiction: r.Jurisdiction, Closed: r.Closed, Open: r.Open})
}

func newLetters(c config.Config, days *letter.Calendar) (*letter.Writer, error) {
	r := c.Records
	return letter.New(letter.House{Name: c.Site.Name, Address: r.Address, Contact: r.Contact, Custodian: r.Custodian,
		Jurisdiction: r.Jurisdiction, Fees: r.Fees, Calendar: days})
}

// requestDays is the calendar as requests ask it.
type requestDays struct{ *letter.Calendar }

func (d requestDays) AfterBusinessDays(from custody.Instant, n int) (custody.Instant, []request.DayStep) {
	end, steps := d.Calendar.AfterBusinessDays(from, n)
	return end, requestSteps(steps)
}

func (d requestDays) AfterCalendarDays(from custody.Instant, n int) (custody.Instant, []request.DayStep) {
	end, steps := d.Calendar.AfterCalendarDays(from, n)
	return end, requestSteps(steps)
}

func requestSteps(steps []letter.DayStep) []request.DayStep {
	out := make([]request.DayStep, 0, len(steps))
	for _, s := range steps {
		out = append(out, request.DayStep(s))
	}
	return out
}

// inventory tells requests what there is, before anybody looks: rows and the spool's table, no picture.
type inventory struct {
	db    *db.DB
	vault *vault.Vault
	books *books
}

// maxTombstones is how many disposals one inventory names.
const maxTombstones = 1000

func (v inventory) Inventory(ctx context.Context, id custody.CameraID, span custody.Span) (request.Inventory, error) {
	facts, err := v.db.Facts().Camera(ctx, id)
	if err != nil {
		return request.Inventory{}, err
	}
	cam, err := v.books.registry.Find(ctx, string(id))
	if err != nil {
		return request.Inventory{}, err
	}
	out := request.Inventory{Class: facts.Class}
	spooled := v.vault.InSpool(span)
	for _, st := range cam.Streams {
		if st.Role != media.Main {
			continue
		}
		if err := v.stream(ctx, st.ID, span, &out); err != nil {
			return out, err
		}
		out.Recorded = append(out.Recorded, spooled[st.ID]...)
	}
	out.Recorded = joined(out.Recorded)
	tombs, err := v.db.Disposed(ctx, id, span, maxTombstones)
	if err != nil {
		return out, err
	}
	for _, t := range tombs {
		out.Disposed = append(out.Disposed, request.Disposal{Span: t.Span.Intersect(span), Disposition: t.ID, At: t.At})
	}
	out.Restricted, err = v.db.Facts().Restrictions(ctx, id, span)
	return out, err
}

// stream adds what there is of one stream.
func (v inventory) stream(ctx context.Context, id custody.StreamID, span custody.Span, out *request.Inventory) error {
	for row, err := range v.db.Segments(ctx, id, span) {
		if err != nil {
			return err
		}
		out.Recorded = append(out.Recorded, row.Span.Intersect(span))
	}
	for gap, err := range v.db.Gaps(ctx, id, span) {
		if err != nil {
			return err
		}
		if gap.Span.End == 0 {
			gap.Span.End = v.books.clock.Now()
		}
		if in := gap.Span.Intersect(span); !in.Empty() {
			out.Gaps = append(out.Gaps, request.Gap{Span: in, Cause: string(gap.Cause)})
		}
	}
	return nil
}

// joined sorts spans and joins those that touch or are less than a second apart: pictures of one camera are no further.
func joined(spans []custody.Span) []custody.Span {
	slices.SortFunc(spans, func(a, b custody.Span) int { return cmp.Compare(a.Start, b.Start) })
	var out []custody.Span
	for _, s := range spans {
		if n := len(out); n > 0 && s.Start <= out[n-1].End.Add(time.Second) {
			out[n-1].End = max(out[n-1].End, s.End)
		} else if !s.Empty() {
			out = append(out, s)
		}
	}
	return out
}

func (v inventory) AllCameras(ctx context.Context) (map[custody.CameraID]access.Class, error) {
	all, err := v.db.Facts().Cameras(ctx)
	out := map[custody.CameraID]access.Class{}
	for _, c := range all {
		out[c.ID] = c.Class
	}
	return out, err
}

// askers tells the hand-over who asked.
type askers struct{ db *db.DB }

func (a askers) Asker(ctx context.Context, id custody.RequestID) (delivery.Asker, error) {
	r, _, err := a.db.RequestByID(ctx, id)
	return delivery.Asker{Kind: r.Kind, Number: r.Number, PickUp: r.PickUp, Name: r.Requester.Name, Agency: r.Officer.Agency, Officer: r.Officer.Name,
		Badge: r.Officer.Badge}, err
}

// objectDisk tells how full the disk under the object store is. A service beyond the network has no bounds that we know.
type objectDisk struct{ c config.Objects }

func (o objectDisk) Free(context.Context) (free, total int64, err error) {
	if o.c.Driver != config.Disk {
		return 0, 0, nil
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(filepath.Clean(o.c.Path), &st); err != nil {
		return 0, 0, custody.Wrap(custody.Unavailable, err, "how full the disk is cannot be read")
	}
	return int64(st.Bavail) * int64(st.Bsize), int64(st.Blocks) * int64(st.Bsize), nil
}

// retentionBell is the bell as retention rings it.
type retentionBell struct{ *bell }

func (b retentionBell) Raise(kind, subject, sentence string) { b.raise(kind, subject, sentence) }
func (b retentionBell) Clear(kind, subject string)           { b.clear(kind, subject) }

// backupsLast is how long a key lives on in a backup: one is made a night, and so many are kept.
func backupsLast(c config.Config) retention.Times {
	return retention.Times{Backups: time.Duration(c.Backup.Keep+1) * 24 * time.Hour}
}

// newKeeper looks after holds and carries out the schedules.
func (s *server) newKeeper() *retention.Worker {
	g := retention.Gear{Store: s.db, Judge: s.judge, Vault: s.vault, Alarms: retentionBell{s.bell}, Clock: s.clock, System: identity.System(), Log: s.log,
		Times: backupsLast(s.config), Water: retention.Water{Bytes: 2 * int64(s.config.Spool.MinFreeBytes)}}
	if s.config.Objects.Driver == config.Disk {
		g.Room = objectDisk{s.config.Objects}
	}
	return retention.NewWorker(g)
}

// openDesks joins the rooms of requests, holds and packages. Nothing of them runs yet.
func (s *server) openDesks(to *api.Services, renderer *render.Renderer) (err error) {
	if to.Calendar, err = newCalendar(s.config); err != nil {
		return err
	}
	if to.Letters, err = newLetters(s.config, to.Calendar); err != nil {
		return err
	}
	to.Requests = request.New(request.Parts{Store: s.db, Footage: inventory{s.db, s.vault, s.books}, Calendar: requestDays{to.Calendar}, Clock: s.clock})
	to.Retention = retention.New(retention.Parts{Store: s.db, Clock: s.clock, Backups: backupsLast(s.config), Placed: s.keeper.Wake})
	to.Packer = s.newPacker(renderer, to.Letters, s.checkpoints, staffNames{to.Identity})
	to.Archive = request.NewArchive(request.ArchiveParts{Store: s.db, Calendar: to.Calendar, Clock: s.clock, Years: s.config.Records.RequestFilesYears,
		Backups: backupsLast(s.config).Backups, Disposed: to.Packer.Wake})
	to.Shelf = s.newShelf()
	to.Delivery = delivery.New(delivery.Parts{Store: s.db.Deliveries(), Packages: s.db.Packages(), Requests: askers{s.db}, Diary: s.diary, Clock: s.clock})
	to.Disk = objectDisk{s.config.Objects}
	return nil
}
