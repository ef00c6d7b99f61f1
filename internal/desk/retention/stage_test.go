package retention_test

import (
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys/keystest"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/disk"
)

// archive is a small library's: a real judge, a real database, a real vault over a real store. Only the disk's size is played.
type archive struct {
	t       *testing.T
	db      *db.DB
	site    *accesstest.Site // its clock, and who signs people in
	judge   *access.Judge
	objects vault.Objects
	vault   *vault.Vault
	desk    *retention.Desk
	worker  *retention.Worker
	alarms  *bells
	room    *room
	numbers map[custody.CameraID]uint32

	clerk, director, deputy access.Actor
}

// december is when the stories begin. The footage of the fixtures begins on 1 November.
var december = must(custody.ParseInstant("2026-12-15T12:00:00Z"))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// ago is an instant so many days before the stories begin.
func ago(days float64) custody.Instant {
	return december.Add(-time.Duration(days * 24 * float64(time.Hour)))
}

// bells keeps what rings.
type bells struct {
	mu sync.Mutex
	up map[string]string
}

func (b *bells) Raise(kind, subject, sentence string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.up[strings.TrimSpace(kind+" "+subject)] = sentence
}

func (b *bells) Clear(kind, subject string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.up, strings.TrimSpace(kind+" "+subject))
}

func (b *bells) rings(kind, subject string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.up[strings.TrimSpace(kind+" "+subject)]
}

// room is a disk; what is not free beside the objects is others'.
type room struct {
	total, others int64
	dir           string
}

func (r *room) Free(context.Context) (free, total int64, err error) {
	used := r.others
	err = filepath.WalkDir(r.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(d.Name(), "seg_") {
			used += objectSize
		}
		return err
	})
	return r.total - used, r.total, err
}

const objectSize = 64

func newArchive(t *testing.T) *archive {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "objects")
	return archiveOver(t, must(disk.Open(dir, disk.Options{Create: true})), dbtest.SQLite(t), &room{dir: dir})
}

func archiveOver(t *testing.T, o vault.Objects, c db.Config, r *room) *archive {
	t.Helper()
	a := &archive{t: t, db: dbtest.Open(t, c), site: accesstest.New(december), objects: o, alarms: &bells{up: map[string]string{}}, room: r,
		numbers: map[custody.CameraID]uint32{}}
	a.judge = access.NewJudge(a.db.Facts(), audit.NewLog(a.db), a.site)
	a.vault = must(vault.Open(vault.Options{Dir: filepath.Join(t.TempDir(), "spool"), Keys: keystest.Ring(t, a.site), Objects: o, Catalog: a.db,
		Clock: a.site, Durability: vault.PerSegment}))
	a.worker = a.newWorker(a.db, a.vault)
	a.desk = retention.New(retention.Parts{Store: a.db, Clock: a.site, Placed: a.worker.Wake})
	a.clerk, a.director, a.deputy = a.person("clerk", identity.Preparer), a.person("director", identity.Custodian), a.person("deputy", identity.Reviewer)
	return a
}

func (a *archive) newWorker(s retention.Store, v retention.Strongroom) *retention.Worker {
	g := retention.Gear{Store: s, Judge: a.judge, Vault: v, Alarms: a.alarms, Clock: a.site, System: identity.System(),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Times: retention.Times{Backups: 10 * 24 * time.Hour}, Water: retention.Water{Bytes: 1}}
	if a.room != nil {
		g.Room = a.room
	}
	return retention.NewWorker(g)
}

// person is a member of staff who has signed in and acknowledged the policy.
func (a *archive) person(login string, role identity.Role) access.Actor {
	a.t.Helper()
	p := a.site.Person(a.t)
	ctx, now := a.t.Context(), a.site.Now()
	s := identity.Staff{ID: p.Staff(), Login: login, Name: login, Enabled: true, AllCameras: true, Added: now}
	a.must(a.db.AddStaff(ctx, s, []identity.RoleGrant{{ID: custody.NewRoleGrantID(), Staff: s.ID, Role: role, From: now, At: now, By: "operator"}}, nil))
	s.Acknowledged, s.Policy, s.Version = now, "1", 1
	a.must(a.db.UpdateStaff(ctx, s))
	a.must(a.db.OpenSession(ctx, identity.Session{ID: p.Session(), Staff: s.ID, Opened: now, Seen: now, Fresh: now, Expires: now.Add(9000 * time.Hour),
		Idle: now.Add(9000 * time.Hour), Method: "test"}))
	return p
}

func (a *archive) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *archive) wants(err error, kind custody.Kind, says string) {
	a.t.Helper()
	if err == nil || custody.KindOf(err) != kind || !strings.Contains(err.Error(), says) {
		a.t.Errorf("got %v (%v), want %v and %q", err, custody.KindOf(err), kind, says)
	}
}

// camera adds one.
func (a *archive) camera(name string) *dbtest.Yard {
	a.t.Helper()
	return dbtest.NewYard(a.t, a.db, name)
}

// film stores n minutes of footage, with their objects.
func (a *archive) film(y *dbtest.Yard, from custody.Instant, n int) []custody.SegmentID {
	a.t.Helper()
	var ids []custody.SegmentID
	for i := range n {
		start := from.Add(time.Duration(i) * time.Minute)
		row := y.Segment(a.numbers[y.Camera.ID], custody.Span{Start: start, End: start.Add(time.Minute)})
		a.numbers[y.Camera.ID]++
		content := []byte(strings.Repeat(string(row.ID), 3)[:objectSize])
		row.ObjectSize, row.ObjectDigest = objectSize, sha256.Sum256(content)
		path := filepath.Join(a.t.TempDir(), string(row.ID))
		a.must(os.WriteFile(path, content, 0o600))
		a.must(a.objects.Put(a.t.Context(), string(row.ID), vault.Source{Path: path, Size: objectSize, Digest: row.ObjectDigest}))
		a.must(dbtest.Commit(a.t.Context(), a.t, a.db, row))
		ids = append(ids, row.ID)
	}
	return ids
}

// may is the judge's answer; credentials are given anew.
func (a *archive) ask(who access.Actor, action access.Action, subject string, camera ...custody.CameraID) (access.Grant, error) {
	a.t.Helper()
	a.must(a.db.ConfirmSession(a.t.Context(), who.Session(), a.site.Now(), true))
	a.site.Advance(3 * time.Second) // the judge looks again whether anything changed
	return a.judge.Decide(a.t.Context(), who, access.Ask{Action: action, Subject: subject, Camera: append(camera, "")[0]})
}

func (a *archive) may(who access.Actor, action access.Action, subject string) access.Grant {
	a.t.Helper()
	return must(a.ask(who, action, subject))
}

func (a *archive) scope(who access.Actor, action access.Action) access.Scope {
	a.t.Helper()
	return must(a.judge.Scope(a.t.Context(), who, action))
}

func (a *archive) hold(camera custody.CameraID, s custody.Span) retention.Held {
	a.t.Helper()
	return must(a.desk.Place(a.t.Context(), a.may(a.clerk, access.HoldPlace, ""), retention.Want{Camera: camera, Span: s, Reason: "a fall on the stairs"}))
}

// lift ends a hold by the custodian and another person.
func (a *archive) lift(id custody.HoldID) {
	a.t.Helper()
	must(a.desk.ProposeLift(a.t.Context(), a.may(a.director, access.HoldLift, string(id)), id, "the matter is closed"))
	must(a.desk.Confirm(a.t.Context(), a.may(a.deputy, access.HoldConfirm, string(id)), id))
}

func (a *archive) look() { a.t.Helper(); a.must(a.worker.LookAfter(a.t.Context())) }

func (a *archive) carry() retention.Done { a.t.Helper(); return must(a.worker.Carry(a.t.Context())) }

func (a *archive) read(id custody.HoldID) retention.Held {
	a.t.Helper()
	return must(a.desk.Hold(a.t.Context(), a.scope(a.clerk, access.RequestView), id))
}

// there fails unless each of the segments has its key and its object.
func (a *archive) there(ids ...custody.SegmentID) {
	a.t.Helper()
	for _, id := range ids {
		row := must(a.db.Segment(a.t.Context(), id))
		if _, err := a.objects.Stat(a.t.Context(), string(id)); err != nil || len(row.WrappedKey) == 0 {
			a.t.Errorf("%s is gone: key of %d bytes, object %v", row.Span, len(row.WrappedKey), err)
		}
	}
}

// gone fails unless key and object of each are destroyed, and a tombstone says so.
func (a *archive) gone(ids ...custody.SegmentID) {
	a.t.Helper()
	for _, id := range ids {
		row := must(a.db.Segment(a.t.Context(), id))
		_, err := a.objects.Stat(a.t.Context(), string(id))
		if _, tomb := a.db.Tombstone(a.t.Context(), id); custody.KindOf(err) != custody.NotFound || len(row.WrappedKey) != 0 || tomb != nil {
			a.t.Errorf("%s is there: key of %d bytes, object %v, tombstone %v", row.Span, len(row.WrappedKey), err, tomb)
		}
	}
}

// entries counts the log's entries of a type.
func (a *archive) entries(t custody.EventType) (n int) {
	a.t.Helper()
	head := must(a.db.Head(a.t.Context()))
	for e, err := range a.db.Entries(a.t.Context(), head.Epoch, 0, head.Size) {
		a.must(err)
		if e.Event.Type == t {
			n++
		}
	}
	return n
}
