package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/site/config"
)

// visitor is one signed-in session of a member of staff: a program that comes through the front door with a Bearer token. It is safe
// for concurrent use.
type visitor struct {
	door   *door
	login  string
	client *http.Client

	mu    sync.Mutex
	token string
}

// door is where a site's people come in.
type door struct {
	url    string // without a slash at its end
	listen string
}

// openDoor gives the site a front door that only this machine can reach. Call it before the site is served.
func (s *site) openDoor() (*door, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &door{listen: l.Addr().String()}
	if err := l.Close(); err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(d.listen)
	d.url = "http://localhost:" + port
	s.config.Web.Listen, s.config.Web.URL, s.config.Web.TLS, s.config.Web.SecondFactor = d.listen, d.url, config.TLSNone, config.FactorOptional
	return d, s.write()
}

// stands waits until the door answers.
func (d *door) stands(ctx context.Context, p *process) error {
	client := d.client()
	return until(ctx, time.Minute, "the front door is open", func() (bool, error) {
		r, err := client.Get(d.url + "/api/site")
		if err != nil {
			return false, p.alive()
		}
		return r.StatusCode == http.StatusOK, r.Body.Close()
	})
}

// client connects to the door, whatever the name in its address resolves to.
func (d *door) client() *http.Client {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, d.listen)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 64, DisableCompression: true}}
}

const benchPassword = "a long password that only the benchmark uses"

// hire adds a custodian with every camera, who uses the link and acknowledges the policy. The site must be served.
func (b *bench) hire(ctx context.Context, s *site, d *door, login string) (*visitor, error) {
	var out bytes.Buffer
	p, err := launch(ctx, &out, b.Program, "staff", "add", login, "--name", login, "--as", "custodian", "--config", s.path)
	if err != nil {
		return nil, err
	}
	<-p.ended
	m := regexp.MustCompile(`/join#(\S+)`).FindSubmatch(out.Bytes())
	if p.err != nil || m == nil {
		return nil, fmt.Errorf("no link for a new member of staff: %w", p.failure())
	}
	v := &visitor{door: d, login: login, client: d.client()}
	var in api.SignedIn
	if err := v.call(ctx, http.MethodPost, "/api/invitation", map[string]any{"token": string(m[1]), "password": benchPassword, "client": "api"}, &in); err != nil {
		return nil, err
	}
	v.renew(in.Token)
	return v, v.call(ctx, http.MethodPost, "/api/me/acknowledgement", map[string]any{"version": in.Session.Policy.Version}, nil)
}

// again is the same person in a session of its own.
func (v *visitor) again(ctx context.Context) (*visitor, error) {
	w := &visitor{door: v.door, login: v.login, client: v.door.client()}
	var in api.SignedIn
	err := w.call(ctx, http.MethodPost, "/api/sign-in", map[string]any{"login": v.login, "password": benchPassword, "client": "api"}, &in)
	w.renew(in.Token)
	return w, err
}

// leave gives the connections back; the session stays.
func (v *visitor) leave() { v.client.CloseIdleConnections() }

func (v *visitor) renew(token string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if token != "" {
		v.token = token
	}
}

func (v *visitor) bearer() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return "Bearer " + v.token
}

// do sends a request as this person and fails unless the answer is a good one. Close the body.
func (v *visitor) do(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, v.door.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if b := v.bearer(); b != "Bearer " {
		r.Header.Set("Authorization", b)
	}
	res, err := v.client.Do(r)
	if err != nil {
		return nil, err
	}
	v.renew(res.Header.Get("X-Token"))
	if res.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10))
		return nil, errors.Join(fmt.Errorf("%s %s: %s: %s", method, path, res.Status, text), res.Body.Close())
	}
	return res, nil
}

// call sends JSON and reads JSON; either may be nil.
func (v *visitor) call(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	res, err := v.do(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if out == nil {
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	return json.NewDecoder(res.Body).Decode(out)
}

// fetched is what one GET brought, and when.
type fetched struct {
	bytes       int64
	first, last time.Duration // from the request to the answer's head, and to its end
}

// fetch reads a whole answer through buf, into w if that is not nil.
func fetch(ctx context.Context, get func(context.Context) (*http.Response, error), buf []byte, w io.Writer) (f fetched, err error) {
	began := time.Now()
	res, err := get(ctx)
	if err != nil {
		return f, err
	}
	defer res.Body.Close()
	f.first = time.Since(began)
	for err == nil {
		var n int
		n, err = res.Body.Read(buf)
		f.bytes += int64(n)
		if w != nil && n > 0 {
			if _, werr := w.Write(buf[:n]); werr != nil {
				return f, werr
			}
		}
	}
	f.last = time.Since(began)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return f, err
}

// get fetches a path as this person.
func (v *visitor) get(ctx context.Context, path string, buf []byte, w io.Writer) (fetched, error) {
	return fetch(ctx, func(ctx context.Context) (*http.Response, error) { return v.do(ctx, http.MethodGet, path, nil) }, buf, w)
}

// look opens a viewing of recorded footage, or a live one if the span is empty, and returns its address and its id.
func (v *visitor) look(ctx context.Context, cameras []custody.CameraID, span custody.Span) (string, error) {
	ask := map[string]any{"basis": "reason", "text": "to measure what looking costs", "cameras": cameras, "live": span.Empty()}
	if !span.Empty() {
		ask["from"], ask["to"] = span.Start.String(), span.End.String()
	}
	var out api.Viewing
	if err := v.call(ctx, http.MethodPost, "/api/viewings", ask, &out); err != nil {
		return "", err
	}
	for _, c := range out.Cameras {
		if c.Granted == nil {
			return "", fmt.Errorf("the camera %s was refused: %+v", c.ID, c.Refused)
		}
	}
	return "/api/viewings/" + out.ID, nil
}

// end closes a viewing.
func (v *visitor) end(ctx context.Context, viewing string) error {
	return v.call(ctx, http.MethodDelete, viewing, nil, nil)
}

// of is the address of a camera within a viewing.
func of(viewing string, c custody.CameraID) string { return viewing + "/cameras/" + string(c) + "/" }

// during is the query of a span.
func during(s custody.Span) string {
	return "?" + url.Values{"from_us": {fmt.Sprint(int64(s.Start))}, "to_us": {fmt.Sprint(int64(s.End))}}.Encode()
}

// listed is one line of media in a playlist.
type listed struct {
	uri   string
	start custody.Instant
	took  time.Duration // of playing it
}

// playlist reads what is listed.
func (v *visitor) playlist(ctx context.Context, camera string, span custody.Span) (out []listed, err error) {
	var text bytes.Buffer
	if _, err := v.get(ctx, camera+"playlist.m3u8"+during(span), make([]byte, 64<<10), &text); err != nil {
		return nil, err
	}
	var next listed
	for line := range strings.Lines(text.String()) {
		line = strings.TrimSpace(line)
		if at, ok := strings.CutPrefix(line, "#EXT-X-PROGRAM-DATE-TIME:"); ok {
			t, err := time.Parse(time.RFC3339Nano, at)
			if err != nil {
				return nil, err
			}
			next.start = instant(t)
		} else if long, ok := strings.CutPrefix(line, "#EXTINF:"); ok {
			if next.took, err = time.ParseDuration(strings.TrimSuffix(long, ",") + "s"); err != nil {
				return nil, err
			}
		} else if line != "" && !strings.HasPrefix(line, "#") {
			next.uri = line
			out = append(out, next)
		}
	}
	return out, nil
}
