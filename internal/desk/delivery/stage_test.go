package delivery_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/delivery"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
)

// stage is a delivery desk over a real database, with the real judge and two people.
type stage struct {
	*testing.T
	*delivery.Desk
	site            *accesstest.Site // the clock, and where people signed in
	db              *db.DB
	books           *dbtest.Desk
	judge           *access.Judge
	clerk, director access.Actor
	diary           *diary
}

// diary is the log, which a test may break.
type diary struct {
	delivery.Diary
	broken error
}

func (d *diary) Append(ctx context.Context, evs ...custody.Event) error {
	if d.broken != nil {
		return d.broken
	}
	return d.Diary.Append(ctx, evs...)
}

// askers tells who asked, as the command joins it.
type askers struct{ *db.DB }

func (a askers) Asker(ctx context.Context, id custody.RequestID) (delivery.Asker, error) {
	r, _, err := a.RequestByID(ctx, id)
	return delivery.Asker{Kind: r.Kind, Number: r.Number, PickUp: r.PickUp, Name: r.Requester.Name, Agency: r.Officer.Agency, Officer: r.Officer.Name, Badge: r.Officer.Badge}, err
}

func newStage(t *testing.T) *stage {
	t.Helper()
	d := dbtest.Open(t, dbtest.SQLite(t))
	s := &stage{T: t, site: accesstest.New(dbtest.At(450)), db: d, books: dbtest.NewDesk(t, d)}
	log := audit.NewLog(d)
	s.diary = &diary{Diary: log}
	s.judge = access.NewJudge(d.Facts(), log, s.site)
	s.clerk, s.director = s.employ("carla", identity.Preparer), s.employ("dana", identity.Custodian)
	s.books.Clerk, s.books.Director = s.clerk.Staff(), s.director.Staff()
	s.Desk = delivery.New(delivery.Parts{Store: d.Deliveries(), Packages: d.Packages(), Requests: askers{d}, Diary: s.diary, Clock: s.site})
	return s
}

// employ stores somebody who is signed in.
func (s *stage) employ(login string, role identity.Role) access.Actor {
	s.Helper()
	a, ctx, now := s.site.Person(s, role), s.Context(), s.site.Now()
	settings, err := s.db.Facts().Settings(ctx)
	s.must(err)
	s.must(s.db.AddStaff(ctx, identity.Staff{ID: a.Staff(), Login: login, Name: login, Enabled: true, AllCameras: true, Added: now, Acknowledged: now, Policy: settings.PolicyVersion},
		[]identity.RoleGrant{{ID: custody.NewRoleGrantID(), Staff: a.Staff(), Role: role, From: now, At: now, By: "operator"}}, nil))
	s.must(s.db.OpenSession(ctx, identity.Session{ID: a.Session(), Staff: a.Staff(), Opened: now, Seen: now, Fresh: now, Expires: now.Add(12 * 3600e9), Idle: now.Add(12 * 3600e9),
		Method: identity.ByPassword, Address: "192.0.2.7"}))
	return a
}

func (s *stage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *stage) wants(err error, k custody.Kind) {
	s.Helper()
	if err == nil || custody.KindOf(err) != k {
		s.Fatalf("got %v (%v), want an error of kind %v", err, custody.KindOf(err), k)
	}
}

// packed stores a request with one granted item and its package.
func (s *stage) packed(kind request.Kind, alter func(*request.Request)) release.Package {
	s.Helper()
	r := s.books.Logged(s, s.db, kind)
	if alter != nil {
		alter(&r)
	}
	r.State, r.Ruling = request.Decided, 1
	_, err := s.db.Change(s.Context(), request.Changing{Request: r, Items: []request.Item{s.books.Item(r, 1, access.Decided)}}, dbtest.Event(s, custody.EventItemDecided, string(r.ID)))
	s.must(err)
	return s.books.Pack(s, s.db, r.ID)
}

// police is a request of an officer, packed.
func (s *stage) police() release.Package {
	s.Helper()
	return s.packed(access.LawEnforcement, func(r *request.Request) {
		r.Officer = request.Officer{Agency: "Springfield PD", Name: "N. Riviera", Badge: "B-7", Case: "26-1", Offence: "theft", AtSite: true}
		id := custody.NewAgencyID()
		_, err := s.db.PutAgency(s.Context(), request.Agency{ID: id, Name: "Springfield PD " + string(id), Phone: "+1 641 555 0100", Source: "a test"}, dbtest.Event(s, custody.EventAgencyChanged, string(id)))
		s.must(err)
		r.CallBack = request.CallBack{Agency: id, Number: "+1 641 555 0100", Reached: true, By: s.clerk.Staff(), At: s.site.Now()}
	})
}

// officer is what the clerk states when that officer comes.
func officer() delivery.In {
	return delivery.In{Way: delivery.Folder, Recipient: "N. Riviera", Agency: "Springfield PD", Badge: "B-7"}
}

// may asks the judge, who must allow it.
func (s *stage) may(a access.Actor, action access.Action, subject string) access.Grant {
	s.Helper()
	g, err := s.judge.Decide(s.Context(), a, access.Ask{Action: action, Subject: subject})
	s.must(err)
	return g
}

func (s *stage) scope() access.Scope {
	s.Helper()
	sc, err := s.judge.Scope(s.Context(), s.clerk, access.RequestView)
	s.must(err)
	return sc
}

func (s *stage) handOver(p release.Package, in delivery.In) (delivery.Done, error) {
	s.Helper()
	return s.HandOver(s.Context(), s.may(s.clerk, access.PackageHandOver, string(p.ID)), p.ID, in)
}

func (s *stage) recall(p release.Package, why string) (delivery.Recalled, error) {
	s.Helper()
	return s.Recall(s.Context(), s.may(s.director, access.PackageRecall, string(p.ID)), p.ID, why)
}

func (s *stage) request(id custody.RequestID) request.Request {
	s.Helper()
	r, _, err := s.db.RequestByID(s.Context(), id)
	s.must(err)
	return r
}

// told are the bodies of the diary's entries of a type.
func (s *stage) told(typ custody.EventType) []string {
	s.Helper()
	h, err := s.db.Head(s.Context())
	s.must(err)
	var out []string
	for e, err := range s.db.Entries(s.Context(), h.Epoch, 0, h.Size) {
		s.must(err)
		if e.Event.Type == typ {
			out = append(out, string(e.Event.Body))
		}
	}
	return out
}

// detail reads the detail of an entry.
func detail[T any](t *testing.T, body string) T {
	t.Helper()
	var b struct{ Detail T }
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		t.Fatal(err)
	}
	return b.Detail
}
