package apitest

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/delivery"
	"github.com/footage-custody/custody/internal/desk/letter"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// desks are the rooms of requests, holds, schedules and packages. Nothing of them runs: no package is made here, and nothing disposed of.
func (s *Site) desks(to *api.Services) {
	zone, err := time.LoadLocation("America/Chicago")
	s.must(err)
	to.Calendar, err = letter.NewCalendar(letter.Rules{Zone: zone, Jurisdiction: letter.IowaLibrary})
	s.must(err)
	to.Letters, err = letter.New(letter.House{Name: "Test Library", Jurisdiction: letter.IowaLibrary, Calendar: to.Calendar})
	s.must(err)
	diary := audit.NewLog(s.DB)
	s.Requests = request.New(request.Parts{Store: s.DB, Footage: footage{s}, Calendar: days{to.Calendar}, Clock: s.Clock})
	s.Retention = retention.New(retention.Parts{Store: s.DB, Clock: s.Clock, Backups: retention.Times{Backups: 14 * 24 * time.Hour}})
	s.Archive = request.NewArchive(request.ArchiveParts{Store: s.DB, Calendar: to.Calendar, Clock: s.Clock, Years: 5, Backups: 14 * 24 * time.Hour})
	to.Archive = s.Archive
	packer := release.NewPacker(release.Parts{Store: s.DB.Packages(), Judge: s.Judge, System: identity.System(), Vault: s.Vault, Index: s.DB, Cameras: cameras{s},
		Alarms: quiet{}, Clock: s.Clock, Log: slog.New(slog.DiscardHandler)}, release.Options{Dir: filepath.Join(s.tb.TempDir(), "work"), Zone: zone})
	to.Requests, to.Retention, to.Packer, to.Disk = s.Requests, s.Retention, packer, disk0{}
	to.Shelf = release.NewShelf(s.DB.Packages(), s.Vault, diary, s.Clock)
	s.Delivery = delivery.New(delivery.Parts{Store: s.DB.Deliveries(), Packages: s.DB.Packages(), Requests: askers{s}, Diary: diary, Clock: s.Clock})
	to.Delivery = s.Delivery
}

// quiet rings for nobody.
type quiet struct{}

func (quiet) Raise(string) {}
func (quiet) Clear()       {}

// days is the calendar as requests ask it.
type days struct{ *letter.Calendar }

func (d days) AfterBusinessDays(from custody.Instant, n int) (custody.Instant, []request.DayStep) {
	end, steps := d.Calendar.AfterBusinessDays(from, n)
	return end, stepsOf(steps)
}

func (d days) AfterCalendarDays(from custody.Instant, n int) (custody.Instant, []request.DayStep) {
	end, steps := d.Calendar.AfterCalendarDays(from, n)
	return end, stepsOf(steps)
}

func stepsOf(steps []letter.DayStep) (out []request.DayStep) {
	for _, s := range steps {
		out = append(out, request.DayStep(s))
	}
	return out
}

// footage is everywhere, always, without gaps: what requests are told before anybody looks.
type footage struct{ s *Site }

func (f footage) Inventory(ctx context.Context, id custody.CameraID, span custody.Span) (request.Inventory, error) {
	c, err := f.s.DB.Facts().Camera(ctx, id)
	if err != nil {
		return request.Inventory{}, err
	}
	restricted, err := f.s.DB.Facts().Restrictions(ctx, id, span)
	return request.Inventory{Class: c.Class, Recorded: []custody.Span{span}, Restricted: restricted}, err
}

func (f footage) AllCameras(ctx context.Context) (map[custody.CameraID]access.Class, error) {
	all, err := f.s.DB.Facts().Cameras(ctx)
	out := map[custody.CameraID]access.Class{}
	for _, c := range all {
		out[c.ID] = c.Class
	}
	return out, err
}

// cameras tells what a package says of one.
type cameras struct{ s *Site }

func (c cameras) Camera(ctx context.Context, id custody.CameraID) (release.Camera, error) {
	cam, err := c.s.Cameras.Find(ctx, string(id))
	out := release.Camera{Name: cam.Name, Place: cam.Place}
	for _, st := range cam.Streams {
		if st.Role == media.Main {
			out.Main = append(out.Main, st.ID)
		}
	}
	return out, err
}

// askers tells who asked.
type askers struct{ s *Site }

func (a askers) Asker(ctx context.Context, id custody.RequestID) (delivery.Asker, error) {
	r, _, err := a.s.DB.RequestByID(ctx, id)
	return delivery.Asker{Kind: r.Kind, Number: r.Number, PickUp: r.PickUp, Name: r.Requester.Name, Agency: r.Officer.Agency, Officer: r.Officer.Name, Badge: r.Officer.Badge}, err
}

// disk0 is a store without bounds.
type disk0 struct{}

func (disk0) Free(context.Context) (int64, int64, error) { return 0, 0, nil }
