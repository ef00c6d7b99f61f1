package sitetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/door/gate"
)

// Spectator looks at one camera's footage in three viewings, and tries every way to it at once: what a site must refuse while it
// cannot write its diary.
type Spectator struct {
	Seen   Watching // recorded; one part of it was looked at before
	Unseen Watching // the same, of which nothing was looked at yet
	Live   Watching

	t    testing.TB
	p    *Person
	run  api.IndexRun
	part api.IndexPart
}

// NewSpectator waits until the camera has something to show and opens the viewings.
func NewSpectator(t testing.TB, p *Person, cam custody.CameraID) *Spectator {
	t.Helper()
	s := &Spectator{t: t, p: p}
	WaitUntil(t, time.Minute, "there are three parts to look at", func() bool {
		s.Seen = p.Watch(cam, Ago(2*time.Minute))
		x := s.Seen.Index()
		if len(x.Parts) < 4 || x.Parts[2].Growing {
			s.Seen.Stop().OK()
			return false
		}
		s.run, s.part = x.Runs[0], x.Parts[1]
		return true
	})
	s.Unseen, s.Live = p.Watch(cam, Ago(2*time.Minute)), p.WatchLive(cam)
	s.Seen.Media(s.part).OK()
	return s
}

// Person is who looks.
func (s *Spectator) Person() *Person { return s.p }

// Try is what came of one way to footage.
type Try struct {
	Way     string
	Status  int    // of the answer; of a socket that was opened its close code
	Kind    string // of the problem
	Wait    string // Retry-After
	Footage int    // bytes of pictures that came
	Took    time.Duration
	Err     error
}

// String is for a test's log.
func (y Try) String() string {
	return fmt.Sprintf("%s: %d %s, Retry-After %q, %d bytes of footage after %v (%v)", y.Way, y.Status, y.Kind, y.Wait, y.Footage, y.Took.Round(time.Millisecond), y.Err)
}

// tryWithin is how long an answer may take before it counts as none.
const tryWithin = 50 * time.Second

// EveryWay tries all ways to footage that was not looked at before, signing in and opening viewings included.
func (s *Spectator) EveryWay(ctx context.Context) []Try {
	at := fmt.Sprint(s.part.StartUS + 1)
	media := s.Unseen.Path(s.part.Media)
	opening := map[string]any{"basis": "reason", "text": "what happened then", "cameras": []string{string(s.Unseen.Camera)}}
	recorded, live := copied(opening, "from", s.Unseen.Span.Start.String(), "to", s.Unseen.Span.End.String()), copied(opening, "live", true)
	ways := map[string]func(context.Context) Try{
		"media":            s.get(media),
		"range":            s.get(media, "Range", "bytes=0-99"),
		"transcoded":       s.get(media + "?as=h264"),
		"still":            s.get(s.Unseen.Path("still", "at_us", at)),
		"thumb":            s.get(s.Unseen.Path("thumb", "at_us", at)),
		"live":             s.socket,
		"open a viewing":   s.post("/api/viewings", recorded),
		"open a live one":  s.post("/api/viewings", live),
		"sign in":          s.post("/api/sign-in", map[string]any{"login": s.p.Login, "password": s.p.Password, "client": "api"}),
		"sign in, wrongly": s.post("/api/sign-in", map[string]any{"login": s.p.Login, "password": "not this one", "client": "api"}),
	}
	return together(ctx, ways)
}

// Papers tries what belongs to looking and holds no picture.
func (s *Spectator) Papers(ctx context.Context) []Try {
	from, to := micros(s.Unseen.Span.Start), micros(s.Unseen.Span.End)
	return together(ctx, map[string]func(context.Context) Try{
		"playlist": s.get(s.Unseen.Path("playlist.m3u8", "from_us", from, "to_us", to)),
		"index":    s.get(s.Unseen.Path("index", "from_us", from, "to_us", to)),
		"init":     s.get(s.Unseen.Path(s.run.Init)),
	})
}

func copied(m map[string]any, more ...any) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = v
	}
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

func together(ctx context.Context, ways map[string]func(context.Context) Try) (out []Try) {
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for name, way := range ways {
		wg.Go(func() {
			began := time.Now()
			y := way(ctx)
			y.Way, y.Took = name, time.Since(began)
			mu.Lock()
			defer mu.Unlock()
			out = append(out, y)
		})
	}
	wg.Wait()
	return out
}

func (s *Spectator) get(path string, headers ...string) func(context.Context) Try {
	return func(ctx context.Context) Try { return s.try(ctx, http.MethodGet, path, nil, headers...) }
}

func (s *Spectator) post(path string, body any) func(context.Context) Try {
	return func(ctx context.Context) Try { return s.try(ctx, http.MethodPost, path, body) }
}

func (s *Spectator) try(ctx context.Context, method, path string, body any, headers ...string) (y Try) {
	res, err := s.p.Ask(ctx, method, path, body, headers...)
	if err != nil {
		return Try{Err: err}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	y = Try{Status: res.StatusCode, Wait: res.Header.Get("Retry-After"), Err: err}
	if res.Header.Get("Content-Type") == "application/problem+json" {
		var p gate.Problem
		y.Err = json.Unmarshal(text, &p)
		y.Kind = p.Kind
	}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "image/") || bytes.Contains(text, []byte("mdat")) || bytes.Contains(text, []byte("moof")) {
		y.Footage = len(text)
	}
	return y
}

// socket opens the live pictures and reads until the site ends them, or the first picture has come.
func (s *Spectator) socket(ctx context.Context) (y Try) {
	l, status, err := s.Live.AskLive(ctx, "Origin", s.p.s.URL())
	if err != nil {
		return Try{Status: status, Err: err}
	}
	defer l.Close()
	for {
		m, err := l.Next(ctx)
		switch {
		case err != nil:
			return Try{Status: int(websocket.CloseStatus(err)), Err: err}
		case m.WallUS != 0 && m.Type == "":
			return Try{Status: http.StatusOK, Footage: len(m.Data)}
		}
	}
}
