package sitetest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// Password is what people of tests choose.
const Password = "heron crosses the quiet meadow"

const cookieName = "__Host-custody"

// Person is a member of staff who talks to the front door: as a program does, with a Bearer token, or as a browser does, with
// the cookie. Tokens are renewed as the site renews them. It is safe for concurrent use.
type Person struct {
	ID       custody.StaffID
	Login    string
	Password string

	s       *Site
	client  *http.Client
	browser bool

	mu    sync.Mutex
	token string
	csrf  string
	totp  string // base32; empty without a second factor
	step  int64  // of the last one-time code that was used
}

var invitation = regexp.MustCompile(`/join#(\S+)`)

// Invite adds a member of staff at the command line and returns the token of the link. As is a bundle (staff, custodian,
// installer), or fine roles with commas between them. Without cameras, every one is assigned.
func (s *Site) Invite(login, as string, cameras ...string) (token string) {
	s.t.Helper()
	args := []string{"staff", "add", login, "--name", strings.ToUpper(login[:1]) + login[1:]}
	if identity.Bundle(as).Roles() != nil {
		args = append(args, "--as", as)
	} else {
		args = append(args, "--role", as)
	}
	for _, name := range cameras {
		args = append(args, "--camera", name)
	}
	out := s.Must(args...)
	m := invitation.FindStringSubmatch(out)
	if m == nil {
		s.t.Fatalf("custody staff add shows no link:\n%s", out)
	}
	return m[1]
}

// Hire is Invite, and the person uses the link, sets up a second factor if the site wants one, and acknowledges the policy. The
// front door must be open.
func (s *Site) Hire(login, as string, cameras ...string) *Person {
	s.t.Helper()
	p := &Person{Login: login, Password: Password, s: s, client: s.newClient()}
	token := s.Invite(login, as, cameras...)
	var in api.SignedIn
	p.Post("/api/invitation", map[string]any{"token": token, "password": p.Password, "client": "api"}).Into(&in)
	p.ID, p.token = custody.StaffID(in.Session.Staff.ID), in.Token
	if in.Session.Stage == string(identity.StageEnrol) {
		p.Enrol()
	}
	p.Acknowledge()
	return p
}

// newClient connects anew for every person, so that what one has open never carries another's request.
func (s *Site) newClient() *http.Client {
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	s.t.Cleanup(c.CloseIdleConnections)
	return c
}

// Enrol sets up one-time codes.
func (p *Person) Enrol() {
	p.s.t.Helper()
	var e api.Enrolment
	p.Post("/api/me/totp", nil).Into(&e)
	p.mu.Lock()
	p.totp = e.Secret
	p.mu.Unlock()
	p.Do(http.MethodPut, "/api/me/totp", map[string]any{"code": p.Code()}).OK()
}

// Acknowledge acknowledges the policy that stands.
func (p *Person) Acknowledge() {
	p.s.t.Helper()
	p.Post("/api/me/acknowledgement", map[string]any{"version": p.Session().Policy.Version}).OK()
}

// Session is the person's own session.
func (p *Person) Session() api.Session {
	p.s.t.Helper()
	var out api.Session
	p.Get("/api/session").Into(&out)
	return out
}

// SignIn signs in anew with everything that the person has; the session before stays open.
func (p *Person) SignIn() {
	p.s.t.Helper()
	p.mu.Lock()
	p.token, p.csrf = "", ""
	p.mu.Unlock()
	client := "api"
	if p.browser {
		client = "browser"
	}
	var in api.SignedIn
	p.Post("/api/sign-in", map[string]any{"login": p.Login, "password": p.Password, "code": p.Code(), "client": client}).Into(&in)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.csrf = in.Session.CSRF
	if in.Token != "" {
		p.token = in.Token
	}
}

// Again is the same person in another session.
func (p *Person) Again() *Person { p.s.t.Helper(); return p.another(p.browser) }

// Browser is the same person in a session of their own that a browser holds: cookie, CSRF value and the site's origin.
func (p *Person) Browser() *Person { p.s.t.Helper(); return p.another(true) }

func (p *Person) another(browser bool) *Person {
	p.s.t.Helper()
	p.mu.Lock()
	q := &Person{ID: p.ID, Login: p.Login, Password: p.Password, s: p.s, client: p.s.newClient(), browser: browser, totp: p.totp, step: p.step}
	p.mu.Unlock()
	q.SignIn()
	p.mu.Lock()
	p.step = q.step
	p.mu.Unlock()
	return q
}

// Token is what the person holds: the JWT of the cookie or of the Authorization header.
func (p *Person) Token() string { p.mu.Lock(); defer p.mu.Unlock(); return p.token }

// TOTP is the secret of the person's one-time codes in base32; empty without.
func (p *Person) TOTP() string { p.mu.Lock(); defer p.mu.Unlock(); return p.totp }

// Get asks.
func (p *Person) Get(path string) Answer { p.s.t.Helper(); return p.Do(http.MethodGet, path, nil) }

// Post tells; body is marshalled as JSON unless it is nil or bytes.
func (p *Person) Post(path string, body any) Answer {
	p.s.t.Helper()
	return p.Do(http.MethodPost, path, body)
}

// Delete ends.
func (p *Person) Delete(path string) Answer {
	p.s.t.Helper()
	return p.Do(http.MethodDelete, path, nil)
}

// Do sends a request and reads the whole answer; headers are names and values in turn, and replace the usual ones.
func (p *Person) Do(method, path string, body any, headers ...string) Answer {
	p.s.t.Helper()
	res, err := p.Ask(p.s.t.Context(), method, path, body, headers...)
	if err != nil {
		p.s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.s.t.Fatalf("%s %s: the answer %d breaks off after %d bytes: %v", method, path, res.StatusCode, len(text), err)
	}
	return Answer{t: p.s.t, asked: p.Login + ": " + method + " " + path, Status: res.StatusCode, Header: res.Header, Body: text}
}

// Ask is Do for a caller who reads the answer as it comes, from any goroutine, and judges errors itself. Close the body.
func (p *Person) Ask(ctx context.Context, method, path string, body any, headers ...string) (*http.Response, error) {
	raw, isRaw := body.([]byte)
	if body != nil && !isRaw {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, p.s.URL()+path, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	p.sign(r)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := p.client.Do(r)
	if err == nil {
		p.renew(res)
	}
	return res, err
}

// sign says who asks.
func (p *Person) sign(r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.browser {
		if p.token != "" {
			r.Header.Set("Authorization", "Bearer "+p.token)
		}
		return
	}
	r.Header.Set("Origin", p.s.URL())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if p.token != "" {
		r.Header.Set("Cookie", cookieName+"="+p.token)
		r.Header.Set("X-CSRF", p.csrf)
	}
}

// renew keeps the token that an answer brings.
func (p *Person) renew(res *http.Response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if token := res.Header.Get("X-Token"); token != "" && !p.browser {
		p.token = token
	}
	for _, c := range res.Cookies() {
		if c.Name == cookieName && p.browser {
			p.token = c.Value
		}
	}
}

// Code is a one-time code that was not used yet; empty without a second factor. It may have to wait for one.
func (p *Person) Code() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.totp == "" {
		return ""
	}
	const length = 30
	p.step = max(p.step+1, time.Now().Unix()/length-1)
	if early := time.Until(time.Unix((p.step-1)*length, 0)); early > 0 { // the site takes the next one already
		<-time.After(early)
	}
	return totpCode(p.totp, p.step)
}
