package apitest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

// Person is a member of staff with the token of their session; the zero Person is nobody.
type Person struct {
	ID    custody.StaffID
	Login string
	Token identity.Secret
	Actor access.Actor
	totp  identity.Secret
}

// Decide asks the judge for the operator, who runs the site when no test is about it.
func (s *Site) Decide(ask access.Ask) access.Grant {
	s.tb.Helper()
	g, err := s.Judge.Decide(s.tb.Context(), s.Operator, ask)
	s.must(err)
	return g
}

// Camera adds a camera of that class.
func (s *Site) Camera(name string, class access.Class) custody.CameraID {
	s.tb.Helper()
	c, err := s.Office.AddCamera(s.tb.Context(), s.Decide(access.Ask{Action: access.CameraManage}), camera.Input{Name: name, Class: class, URL: "rtsp://192.0.2.7/" + "main"})
	s.must(err)
	return c.ID
}

// Hire adds a member with those roles and cameras (nil for all), who sets a password, and stops where stage says.
func (s *Site) Hire(login string, stage identity.Stage, cameras []custody.CameraID, roles ...identity.Role) Person {
	s.tb.Helper()
	ctx := s.tb.Context()
	m, link, err := s.Identity.Add(ctx, s.Operator, identity.New{Login: login, Name: login, Roles: roles, AllCameras: cameras == nil, Cameras: cameras})
	s.must(err)
	a, err := s.Identity.Join(ctx, identity.Joining{Token: link.Token, Password: identitytest.Password, Address: "192.0.2.1", Bearer: true})
	s.must(err)
	p := Person{ID: m.ID, Login: login, Token: a.Renewed, Actor: a.Actor}
	if stage == identity.StageEnrol {
		return p
	}
	e, err := s.Identity.StartTOTP(ctx, a.Actor)
	s.must(err)
	p.totp = e.Secret
	_, _, err = s.Identity.FinishTOTP(ctx, a.Actor, p.Code(s), "192.0.2.1")
	s.must(err)
	if stage == identity.StageFull {
		version, _, err := s.Office.Policy(ctx)
		s.must(err)
		_, err = s.Identity.Acknowledge(ctx, a.Actor, version, "192.0.2.1")
		s.must(err)
	}
	return p
}

// Code is the one-time code of the moment; time moves on so that it is a fresh one.
func (p Person) Code(s *Site) identity.Secret {
	if p.totp == "" {
		return ""
	}
	s.Clock.Advance(31 * time.Second)
	return codeOf(p.totp, s.Clock.Now())
}

// SignIn signs the person in anew.
func (s *Site) SignIn(p Person) Person {
	s.tb.Helper()
	a, err := s.Identity.SignIn(s.tb.Context(), identity.Attempt{Login: p.Login, Bearer: true,
		Proof: identity.Proof{Password: identitytest.Password, Code: p.Code(s), Address: "192.0.2.1"}})
	s.must(err)
	p.Token, p.Actor = a.Renewed, a.Actor
	return p
}

// Voice is somebody about to ask for something.
type Voice struct {
	s *Site
	p Person
}

// As speaks for a person.
func (s *Site) As(p Person) Voice { return Voice{s, p} }

// Answer is what came back.
type Answer struct {
	s      *Site
	asked  string
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request; body is marshalled as JSON unless it is nil or bytes.
func (v Voice) Do(method, path string, body any, headers ...string) Answer {
	v.s.tb.Helper()
	var reader io.Reader
	if raw, ok := body.([]byte); ok {
		reader = bytes.NewReader(raw)
	} else if body != nil {
		b, err := json.Marshal(body)
		v.s.must(err)
		reader = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(v.s.tb.Context(), method, v.s.URL+path, reader)
	v.s.must(err)
	if reader != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if v.p.Token != "" {
		r.Header.Set("Authorization", "Bearer "+string(v.p.Token))
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		v.s.tb.Fatalf("%s %s: %v\n%s", method, path, err, v.s.Log)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	v.s.must(err)
	return Answer{v.s, method + " " + path, res.StatusCode, res.Header, b}
}

// Get asks.
func (v Voice) Get(path string) Answer { v.s.tb.Helper(); return v.Do(http.MethodGet, path, nil) }

// View states a reason and opens a viewing of a camera.
func (v Voice) View(cam custody.CameraID, span custody.Span) Answer {
	v.s.tb.Helper()
	return v.Do(http.MethodPost, "/api/viewings", map[string]any{"basis": "reason", "text": "a wallet was lost", "cameras": []string{string(cam)},
		"from": span.Start.String(), "to": span.End.String()})
}

// Wants fails the test unless the answer has that status.
func (a Answer) Wants(status int) Answer {
	a.s.tb.Helper()
	if a.Status != status {
		a.s.tb.Fatalf("%s: %d, want %d: %s", a.asked, a.Status, status, a.Body)
	}
	return a
}

// Into reads the answer's JSON.
func (a Answer) Into(v any) Answer {
	a.s.tb.Helper()
	a.s.must(json.Unmarshal(a.Body, v))
	return a
}

// FirstEvent is the id of the diary's first entry.
func (s *Site) FirstEvent() custody.EventID {
	s.tb.Helper()
	for e, err := range s.DB.Entries(s.tb.Context(), 1, 0, 1) {
		s.must(err)
		return e.Event.ID
	}
	s.tb.Fatal("the diary is empty")
	return ""
}

// Ask sends a request to a line and returns the status; of a WebSocket that was opened, the status with which it says that it ends.
func (v Voice) Ask(l gate.Line, path string, body any) int {
	v.s.tb.Helper()
	if raw, ok := body.([]byte); ok {
		return v.Upload(path, raw).Status
	}
	if !l.Socket {
		return v.Do(l.Method, path, body).Status
	}
	k, status := v.Listen(path)
	if k == nil {
		return status
	}
	defer k.Close()
	var end struct{ Status int }
	k.Word(&end)
	return end.Status
}

// Upload sends bytes as they are.
func (v Voice) Upload(path string, b []byte) Answer {
	v.s.tb.Helper()
	return v.Do(http.MethodPost, path, b, "Content-Type", "application/octet-stream")
}
