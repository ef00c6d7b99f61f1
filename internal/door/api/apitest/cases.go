package apitest

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/delivery"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Clerk is who prepared the requests with which tests begin.
func (s *Site) Clerk() Person {
	s.tb.Helper()
	return s.worker(&s.clerk, "desk-clerk", identity.Preparer)
}

// Director is who decided them.
func (s *Site) Director() Person {
	s.tb.Helper()
	return s.worker(&s.director, "desk-director", identity.Custodian)
}

// worker is somebody who gave their credentials a moment ago.
func (s *Site) worker(p *Person, login string, role identity.Role) Person {
	s.tb.Helper()
	if p.ID == "" {
		*p = s.Hire(login, identity.StageFull, nil, role)
	} else if _, err := s.Judge.Decide(s.tb.Context(), p.Actor, access.Ask{Action: access.RequestLog}); err != nil || !s.fresh(*p) {
		*p = s.SignIn(*p)
	}
	return *p
}

func (s *Site) fresh(p Person) bool {
	st, err := s.DB.Facts().Standing(s.tb.Context(), p.ID, p.Actor.Session())
	s.must(err)
	return s.Clock.Now() < st.Session.Fresh.Add(access.DecisionFresh-30*time.Second)
}

// May asks the judge for a person, who must be allowed.
func (s *Site) May(p Person, action access.Action, subject string) access.Grant {
	s.tb.Helper()
	g, err := s.Judge.Decide(s.tb.Context(), p.Actor, access.Ask{Action: action, Subject: subject})
	s.must(err)
	return g
}

// Words is what is asked of every request.
const Words = "what happened in the hall at noon"

// Logged logs a request about a camera and a span.
func (s *Site) Logged(kind request.Kind, cam custody.CameraID, span custody.Span) request.File {
	s.tb.Helper()
	in := request.In{Kind: kind, Channel: request.InPerson, Text: Words, Asked: request.Asked{Cameras: []custody.CameraID{cam}, Span: span}}
	if kind == access.LawEnforcement {
		in.Officer = request.Officer{Agency: "Springfield PD", Name: "N. Riviera", Badge: "B-7", Case: "26-1", Offence: "theft", AtSite: true}
	}
	l, err := s.Requests.Log(s.tb.Context(), s.May(s.Clerk(), access.RequestLog, ""), in)
	s.must(err)
	return request.File{Request: l.Request}
}

// Scoped is Logged, with one item of the same camera and span.
func (s *Site) Scoped(kind request.Kind, cam custody.CameraID, span custody.Span) request.File {
	s.tb.Helper()
	f := s.Logged(kind, cam, span)
	f, _, _, err := s.Requests.AddItem(s.tb.Context(), s.May(s.Clerk(), access.RequestPrepare, string(f.ID)), f.ID, cam, span)
	s.must(err)
	return f
}

// ruling is the shortest ruling of an outcome.
func ruling(o access.Outcome) request.Ruling {
	if o == access.Granted {
		return request.Ruling{Outcome: o}
	}
	return request.Ruling{Outcome: o, Citation: "Iowa Code 22.7(50)"}
}

// Proposed is Scoped, and that outcome is proposed.
func (s *Site) Proposed(kind request.Kind, cam custody.CameraID, span custody.Span, o access.Outcome) request.File {
	s.tb.Helper()
	f := s.Scoped(kind, cam, span)
	if kind == access.LawEnforcement {
		f = s.calledBack(f)
	}
	item := f.Items[0].ID
	f, err := s.Requests.Propose(s.tb.Context(), s.May(s.Clerk(), access.RequestPrepare, string(item)), item, ruling(o))
	s.must(err)
	return f
}

// Agency adds an entry of that name to the directory.
func (s *Site) Agency(name string) request.Agency {
	s.tb.Helper()
	a, err := s.Requests.PutAgency(s.tb.Context(), s.May(s.Director(), access.AgencyManage, ""), request.Agency{Name: name, Phone: "515 555 0100",
		Source: "the city's web site, checked in October"})
	s.must(err)
	return a
}

// Police are the officer's agency, as the directory has it.
func (s *Site) Police() custody.AgencyID {
	s.tb.Helper()
	if s.police.ID == "" {
		s.police = s.Agency("Springfield PD")
	}
	return s.police.ID
}

func (s *Site) calledBack(f request.File) request.File {
	s.tb.Helper()
	f, err := s.Requests.CallBack(s.tb.Context(), s.May(s.Clerk(), access.RequestPrepare, string(f.ID)), f.ID, s.Police(), true, "the dispatcher")
	s.must(err)
	return f
}

// Decided is Proposed, and decided so.
func (s *Site) Decided(kind request.Kind, cam custody.CameraID, span custody.Span, o access.Outcome) request.File {
	s.tb.Helper()
	f := s.Proposed(kind, cam, span, o)
	item := f.Items[0].ID
	f, err := s.Requests.Decide(s.tb.Context(), s.May(s.Director(), access.RequestDecide, string(item)), item, ruling(o))
	s.must(err)
	return f
}

// Building is a package of a granted request that is being made; nothing makes it.
func (s *Site) Building(kind request.Kind, cam custody.CameraID, span custody.Span) release.Package {
	s.tb.Helper()
	f := s.Decided(kind, cam, span, access.Granted)
	p, err := s.DB.Packages().Begin(s.tb.Context(), release.Package{ID: custody.NewPackageID(), Request: f.ID, Ruling: f.Ruling, Begun: s.Clock.Now()})
	s.must(err)
	return p
}

// Failed is Building, which did not succeed.
func (s *Site) Failed(kind request.Kind, cam custody.CameraID, span custody.Span) release.Package {
	s.tb.Helper()
	p := s.Building(kind, cam, span)
	s.must(s.DB.Packages().Change(s.tb.Context(), p.ID, release.Building, release.Failed, "the disk is full", s.event(custody.EventPackageFailed, cam, string(p.Request))))
	return p
}

// Footage and Notice are what lies in the packages of Packed: below data/, and beside it.
const (
	Footage = "this stands for pictures"
	Notice  = "{\"what\":\"this stands for package.json\"}"
)

// Packed is Building, stored in the vault and ready to be handed over. Its bytes are no footage: who checks them finds that.
func (s *Site) Packed(kind request.Kind, cam custody.CameraID, span custody.Span) release.Package {
	s.tb.Helper()
	return s.PackedWith(kind, cam, span, []byte(Footage))
}

// PackedWith is Packed with these bytes as its footage.
func (s *Site) PackedWith(kind request.Kind, cam custody.CameraID, span custody.Span, footage []byte) release.Package {
	s.tb.Helper()
	ctx, p := s.tb.Context(), s.Building(kind, cam, span)
	_, items, err := s.DB.RequestByID(ctx, p.Request)
	s.must(err)
	dir := s.tb.TempDir()
	p.Items = []custody.ItemID{items[0].ID}
	for path, b := range map[string][]byte{"data/viewing/hall.mp4": footage, "package.json": []byte(Notice)} {
		full := filepath.Join(dir, path)
		s.must(os.MkdirAll(filepath.Dir(full), 0o700))
		s.must(os.WriteFile(full, b, 0o600))
		p.Size += int64(len(b))
	}
	sum := sha256.Sum256(footage)
	p.Films = []release.Film{{Path: "data/viewing/hall.mp4", Kind: manifest.Viewing, Codec: "h264", Item: items[0].ID, Camera: cam, Span: span, SHA256: sum}}
	p.Files = []release.File{{Path: "data/viewing/hall.mp4", Size: int64(len(footage)), SHA256: sum},
		{Path: "package.json", Size: int64(len(Notice)), SHA256: sha256.Sum256([]byte(Notice))}}
	packing, err := s.Vault.Pack(p.ID, dir)
	s.must(err)
	key, err := s.Vault.PutPackage(ctx, packing, nil)
	s.must(err)
	p.State, p.Made, p.Verdict, p.Digest = release.Ready, s.Clock.Now(), "AUTHENTIC", sum
	s.must(s.DB.Packages().Finish(ctx, p, key, s.event(custody.EventPackageMade, cam, string(p.Request))))
	return p
}

// HandedOver is a package of an officer's request that the officer took; the receipt is out.
func (s *Site) HandedOver(cam custody.CameraID, span custody.Span) delivery.Delivery {
	s.tb.Helper()
	p := s.Packed(access.LawEnforcement, cam, span)
	d, err := s.Delivery.HandOver(s.tb.Context(), s.May(s.Clerk(), access.PackageHandOver, string(p.ID)), p.ID,
		delivery.In{Way: delivery.Folder, Recipient: "N. Riviera", Agency: "Springfield PD", Badge: "B-7"})
	s.must(err)
	return d.Delivery
}

// Recall recalls a package.
func (s *Site) Recall(id custody.PackageID) {
	s.tb.Helper()
	_, err := s.Delivery.Recall(s.tb.Context(), s.May(s.Director(), access.PackageRecall, string(id)), id, "the wrong minute")
	s.must(err)
}

// Held places a hold without a request.
func (s *Site) Held(cam custody.CameraID, span custody.Span) retention.Held {
	s.tb.Helper()
	h, err := s.Retention.Place(s.tb.Context(), s.May(s.Clerk(), access.HoldPlace, ""), retention.Want{Camera: cam, Span: span, Reason: "a complaint is expected"})
	s.must(err)
	return h
}

// LiftProposed is Held, and the director proposed that it ends.
func (s *Site) LiftProposed(cam custody.CameraID, span custody.Span) retention.Held {
	s.tb.Helper()
	h := s.Held(cam, span)
	h, err := s.Retention.ProposeLift(s.tb.Context(), s.May(s.Director(), access.HoldLift, string(h.ID)), h.ID, "nobody complained")
	s.must(err)
	return h
}
