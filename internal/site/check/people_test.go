package check_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // one-time codes (RFC 6238)
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
	"github.com/footage-custody/custody/internal/trust/keys"
)

// house is a site's people at work: the real register, the real judge, the real desk.
type house struct {
	*site
	register *identity.Register
	judge    *access.Judge
	rules    *access.Rules
	cameras  *camera.Registry
	desk     *viewing.Desk
	operator identity.Actor
	director identity.Actor
	clerk    identity.Actor
}

type policyOf struct{ access.Facts }

func (p policyOf) Policy(ctx context.Context) (string, int, error) {
	s, err := p.Settings(ctx)
	return s.PolicyVersion, s.AcknowledgeDays, err
}

type streamsOf struct{ *camera.Registry }

func (r streamsOf) Streams(ctx context.Context, id custody.CameraID) (out []viewing.StreamInfo, err error) {
	c, err := r.Find(ctx, string(id))
	for _, s := range c.Streams {
		out = append(out, viewing.StreamInfo{ID: s.ID, Role: s.Role})
	}
	return out, err
}

type blank struct{}

func (blank) Still(context.Context, []byte, int64, int) ([]byte, error) { return []byte("jpeg"), nil }
func (blank) Transcode(context.Context, []byte) ([]byte, error)         { return []byte("mp4"), nil }

// staffed opens the rooms of people of the open site.
func (s *site) staffed() *house {
	s.t.Helper()
	for _, p := range []keys.Purpose{keys.TokenSigning, keys.SecondFactor} {
		s.must(s.ring.Ensure(s.t.Context(), p, "operator"))
	}
	diary := audit.NewLog(s.db)
	h := &house{site: s, judge: access.NewJudge(s.db.Facts(), diary, s.clock), rules: access.NewRules(s.db.Facts(), s.db, s.clock),
		cameras: camera.NewRegistry(s.db, s.ring, s.clock), operator: must(identity.Operator(s.ring))}
	h.register = must(identity.NewRegister(identity.Options{Store: s.db, Keys: s.ring, Clock: s.clock, Diary: diary, Policy: policyOf{s.db.Facts()},
		SecondFactor: identity.Optional, Origin: identitytest.Origin, Hash: identitytest.Cheap()}))
	h.desk = viewing.NewDesk(viewing.Parts{Judge: h.judge, Vault: s.vault, Store: s.db, History: s.db.History(), Streams: streamsOf{h.cameras},
		Renderer: blank{}, Clock: s.clock, Log: slog.New(slog.DiscardHandler)}, viewing.Options{})
	return h
}

// tick lets a second pass, so that no two instants are the same.
func (h *house) tick() { h.clock.Advance(time.Second) }

// hire adds a member who joins, reads the policy, and is signed in.
func (h *house) hire(n identity.New) identity.Actor {
	h.t.Helper()
	h.tick()
	_, link, err := h.register.Add(h.t.Context(), h.operator, n)
	h.must(err)
	h.tick()
	joined := must(h.register.Join(h.t.Context(), identity.Joining{Token: link.Token, Password: identitytest.Password, Address: "192.0.2.9"}))
	h.tick()
	return must(h.register.Acknowledge(h.t.Context(), joined.Actor, must(h.db.Facts().Settings(h.t.Context())).PolicyVersion, "192.0.2.9")).Actor
}

func (h *house) may(who identity.Actor, ask access.Ask) access.Grant {
	h.t.Helper()
	h.tick()
	return must(h.judge.Decide(h.t.Context(), who, ask))
}

// settle makes the small library of these tests: a director with every kind of credential, a clerk with one camera, somebody who
// left, somebody who is invited, roles for a time and taken back, restrictions and settings.
func (s *site) settle() *house {
	s.t.Helper()
	h, ctx := s.staffed(), s.t.Context()
	cams := must(s.db.Cameras(ctx))
	h.director = h.hire(identity.New{Login: "director", Name: "Dana", Bundle: identity.BundleCustodian, Roles: []identity.Role{identity.Administrator}, AllCameras: true})
	h.clerk = h.hire(identity.New{Login: "clerk", Name: "Chris", Bundle: identity.BundleStaff, Cameras: []custody.CameraID{cams[0].ID}})
	left := h.hire(identity.New{Login: "leaver", Name: "Lee", Bundle: identity.BundleStaff})
	h.tick()
	no, none := false, []custody.CameraID{}
	member, _, err := h.register.Member(ctx, left.Staff())
	s.must(err)
	must(h.register.Change(ctx, h.director, left.Staff(), identity.Change{Enabled: &no, Cameras: &none, Version: member.Version}))
	h.tick()
	_, _, err = h.register.Add(ctx, h.operator, identity.New{Login: "newcomer", Name: "Nora", Roles: []identity.Role{identity.Auditor}})
	s.must(err)
	h.secondFactors()
	h.requests() // while the clerk is nobody's delegate
	h.tick()
	given := must(h.register.GrantRoles(ctx, h.director, h.clerk.Staff(), identity.Give{Roles: []identity.Role{identity.Custodian, identity.Auditor},
		Until: s.clock.Now().Add(30 * 24 * time.Hour), Reason: "the director is away"}, 0))
	h.tick()
	s.must(h.register.RevokeRole(ctx, h.director, h.clerk.Staff(), given[1].ID))
	h.rule(cams[0].ID)
	return h
}

// secondFactors gives the director one-time codes, recovery codes, and a passkey.
func (h *house) secondFactors() {
	h.t.Helper()
	ctx := h.t.Context()
	h.tick()
	e := must(h.register.StartTOTP(ctx, h.director))
	_, _, err := h.register.FinishTOTP(ctx, h.director, code(e.Secret, h.clock.Now()), "192.0.2.9")
	h.must(err)
	h.tick()
	// As identity stores it after a ceremony, which needs a browser.
	p := identity.Passkey{ID: []byte("a credential"), Staff: h.director.Staff(), Label: "phone", Record: []byte(`{"publicKey":"AAEC","signCount":1}`), Added: h.clock.Now()}
	h.must(h.db.PutPasskey(ctx, p, must(custody.NewEvent(custody.EventCredentialChanged, p.Added, h.director.String(), "", string(p.Staff),
		map[string]any{"what": "passkey added", "passkey": map[string]string{"id": p.Name(), "label": p.Label, "commitment": p.Commit()}}))))
	p.Used, p.Record = p.Added+5, []byte(`{"publicKey":"AAEC","signCount":2}`)
	h.must(h.db.PutPasskey(ctx, p))
}

// code is the one-time code of an instant.
func code(secret identity.Secret, at custody.Instant) identity.Secret {
	key := must(base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(string(secret)))
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Time().Unix()/30)))
	sum := mac.Sum(nil)
	return identity.Secret(fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1_000_000))
}

// rule changes everything that the rules look at.
func (h *house) rule(cam custody.CameraID) {
	h.t.Helper()
	ctx := h.t.Context()
	settings := must(h.db.Facts().Settings(ctx))
	settings.ViewerAgeDays, settings.PolicyText, settings.SetUp = 14, settings.PolicyText+"\nAsk if in doubt.", h.clock.Now()
	must(h.rules.SetSettings(ctx, h.may(h.director, access.Ask{Action: access.SettingManage}), settings))
	long := custody.Span{Start: h.clock.Now().Add(-48 * time.Hour), End: h.clock.Now().Add(-24 * time.Hour)}
	for range 2 {
		placed := must(h.rules.PlaceRestriction(ctx, h.may(h.director, access.Ask{Action: access.Restrict}),
			access.Restriction{Camera: cam, Span: long, Kind: access.RestrictSealed, Reason: "counsel's advice"}))
		if long.Start++; long.Start%2 == 0 {
			h.must(h.rules.LiftRestriction(ctx, h.may(h.director, access.Ask{Action: access.Restrict, Subject: string(placed.ID)}), placed.ID))
		}
	}
	days, place := 60, "by the door"
	must(h.cameras.SetClass(ctx, h.may(h.director, access.Ask{Action: access.CameraClassify, Camera: cam}), cam, camera.ClassInput{Class: access.StaffArea, RetentionDays: &days}))
	must(h.cameras.Update(ctx, h.may(h.director, access.Ask{Action: access.CameraManage, Camera: cam}), cam, camera.UpdateInput{Place: &place}))
}

// open opens a viewing of the first camera.
func (h *house) open(who identity.Actor, live bool, span custody.Span) viewing.Opened {
	h.t.Helper()
	return must(h.desk.Open(h.t.Context(), who, viewing.Ask{Basis: access.OnRequest, Reference: "REQ-2026-0001", Text: "a bicycle was stolen", Live: live,
		Cameras: []custody.CameraID{must(h.db.Cameras(h.t.Context()))[0].ID}, Span: span}))
}

// watch looks at some recorded minutes, as a browser would.
func (h *house) watch(who identity.Actor, span custody.Span) viewing.Opened {
	h.t.Helper()
	ctx, o := h.t.Context(), h.open(who, false, span)
	x := must(h.desk.Index(ctx, who, o.ID, viewing.Request{Camera: o.Cameras[0], Span: span}))
	if len(x.Parts) < 3 {
		h.t.Fatalf("%d parts to look at", len(x.Parts))
	}
	for _, part := range []viewing.Part{x.Parts[0], x.Parts[len(x.Parts)/2], x.Parts[len(x.Parts)-1]} {
		c := must(h.desk.Media(ctx, who, o.ID, o.Cameras[0], part.Segment, part.Name()))
		must(io.Copy(io.Discard, c))
		h.must(c.Close())
	}
	must(h.desk.Still(ctx, who, o.ID, o.Cameras[0], x.Parts[1].Span.Start, 320))
	return o
}

// glance opens a live look and closes it before a picture came.
func (h *house) glance(who identity.Actor) {
	h.t.Helper()
	o := h.open(who, true, custody.Span{})
	feed := must(h.desk.Live(h.t.Context(), who, o.ID, o.Cameras[0], media.Main))
	feed.Close()
	h.must(h.desk.Close(h.t.Context(), who, o.ID))
}
