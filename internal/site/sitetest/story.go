package sitetest

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
)

// As speaks for a person; for nobody if p is nil.
func (s *Site) As(p *Person) *Person {
	if p == nil {
		return &Person{Login: "nobody", s: s, client: s.newClient()}
	}
	return p
}

// Viewed is what came of asking to look at one camera.
type Viewed struct {
	Answer
	Viewing api.Viewing // the zero Viewing if none was opened

	p *Person
}

// View states a reason and asks to look at one camera.
func (p *Person) View(cam custody.CameraID, span custody.Span) Viewed {
	p.s.t.Helper()
	return p.ViewFor(map[string]any{"basis": "reason", "text": "a wallet was lost at the counter", "cameras": []string{string(cam)},
		"from": span.Start.String(), "to": span.End.String()})
}

// ViewLive is View for what happens now.
func (p *Person) ViewLive(cam custody.CameraID) Viewed {
	p.s.t.Helper()
	return p.ViewFor(map[string]any{"basis": "reason", "text": "is the door locked", "cameras": []string{string(cam)}, "live": true})
}

// ViewFor asks for a viewing with a body of one's own.
func (p *Person) ViewFor(body map[string]any) Viewed {
	p.s.t.Helper()
	v := Viewed{Answer: p.Post("/api/viewings", body), p: p}
	if v.Status == http.StatusCreated {
		v.Into(&v.Viewing)
	}
	return v
}

// Wants fails the test unless the look was refused with that kind: the viewing as a whole, or its first camera.
func (v Viewed) Wants(kind custody.Kind) Viewed {
	v.t.Helper()
	if v.Status != http.StatusCreated {
		v.Answer.Wants(kind)
		return v
	}
	got := "granted"
	if r := v.Viewing.Cameras[0].Refused; r != nil {
		got = map[int]custody.Kind{http.StatusNotFound: custody.NotFound, http.StatusForbidden: custody.Denied}[r.Status].String()
	}
	if got != kind.String() {
		v.t.Fatalf("%s: %s, want %s: %s", v.asked, got, kind, v.Body)
	}
	return v
}

// Granted fails the test unless the first camera may be looked at.
func (v Viewed) Granted() Watching {
	v.t.Helper()
	v.OK()
	cam := v.Viewing.Cameras[0]
	if cam.Granted == nil {
		v.t.Fatalf("%s: refused: %s", v.asked, v.Body)
	}
	from, err := custody.ParseInstant(cam.Granted.From)
	if err != nil {
		v.t.Fatal(err)
	}
	to, err := custody.ParseInstant(cam.Granted.To)
	if err != nil {
		v.t.Fatal(err)
	}
	return Watching{Viewing: custody.ViewingID(v.Viewing.ID), Camera: custody.CameraID(cam.ID), Span: custody.Span{Start: from, End: to}, p: v.p}
}

// Watching is one camera of an open viewing.
type Watching struct {
	Viewing custody.ViewingID
	Camera  custody.CameraID
	Span    custody.Span // as granted, widened to whole minutes

	p *Person
}

// Watch opens a viewing of one camera, or fails the test.
func (p *Person) Watch(cam custody.CameraID, span custody.Span) Watching {
	p.s.t.Helper()
	return p.View(cam, span).Granted()
}

// WatchLive is Watch for what happens now.
func (p *Person) WatchLive(cam custody.CameraID) Watching {
	p.s.t.Helper()
	return p.ViewLive(cam).Granted()
}

// By is the same viewing in somebody else's hands.
func (w Watching) By(p *Person) Watching { w.p = p; return w }

// Path is where something of the viewing's camera is found, such as Path("still"); queries are names and values in turn.
func (w Watching) Path(name string, query ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	path := "/api/viewings/" + string(w.Viewing) + "/cameras/" + string(w.Camera) + "/" + name
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

func (w Watching) window(name string, span custody.Span) Answer {
	w.p.s.t.Helper()
	return w.p.Get(w.Path(name, "from_us", micros(span.Start), "to_us", micros(span.End)))
}

func micros(i custody.Instant) string { return strconv.FormatInt(int64(i), 10) }

// AskIndex asks for the index of a span.
func (w Watching) AskIndex(span custody.Span) Answer {
	w.p.s.t.Helper()
	return w.window("index", span)
}

// Index is the index of everything granted (of its first hour).
func (w Watching) Index() api.Index {
	w.p.s.t.Helper()
	var out api.Index
	w.AskIndex(w.Span).Into(&out)
	return out
}

// Playlist asks for the HLS playlist of everything granted.
func (w Watching) Playlist() Answer { w.p.s.t.Helper(); return w.window("playlist.m3u8", w.Span) }

// Init asks for an init section as the index names it.
func (w Watching) Init(run api.IndexRun) Answer { w.p.s.t.Helper(); return w.p.Get(w.Path(run.Init)) }

// Media asks for the bytes of a part of the index.
func (w Watching) Media(part api.IndexPart) Answer {
	w.p.s.t.Helper()
	return w.p.Get(w.Path(part.Media))
}

// Still asks for the picture of a moment.
func (w Watching) Still(at custody.Instant) Answer {
	w.p.s.t.Helper()
	return w.p.Get(w.Path("still", "at_us", micros(at)))
}

// Thumb asks for the small picture of a moment.
func (w Watching) Thumb(at custody.Instant) Answer {
	w.p.s.t.Helper()
	return w.p.Get(w.Path("thumb", "at_us", micros(at)))
}

// Stop ends the viewing.
func (w Watching) Stop() Answer {
	w.p.s.t.Helper()
	return w.p.Delete("/api/viewings/" + string(w.Viewing))
}

// Live opens the camera's live pictures, or fails the test.
func (w Watching) Live() *Live {
	w.p.s.t.Helper()
	l, status, err := w.AskLive(w.p.s.t.Context())
	if err != nil {
		w.p.s.t.Fatalf("%s: live: %d: %v", w.p.Login, status, err)
	}
	return l
}

// AskLive tries to open the live pictures; status is that of the answer. Headers as in Person.Do.
func (w Watching) AskLive(ctx context.Context, headers ...string) (l *Live, status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.p.s.URL(), nil)
	if err != nil {
		return nil, 0, err
	}
	w.p.sign(r)
	r.Header.Del("Sec-Fetch-Site")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	address := "ws" + strings.TrimPrefix(w.p.s.URL(), "http") + w.Path("live")
	c, res, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPHeader: r.Header, HTTPClient: w.p.client})
	if res != nil {
		status = res.StatusCode
	}
	if err != nil {
		return nil, status, err
	}
	c.SetReadLimit(16 << 20)
	l = &Live{c: c}
	w.p.s.t.Cleanup(l.Close)
	return l, status, nil
}

// Live is a camera's live pictures. One goroutine at a time, but Close may be called by anyone.
type Live struct{ c *websocket.Conn }

// LiveMessage is one message of the socket: what it says of itself, an init section, or one picture.
type LiveMessage struct {
	Type   string `json:"type"` // init, skipped, end; empty for bytes
	Codec  string `json:"codec"`
	Run    string `json:"run"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	WallUS int64  `json:"wall_us"` // of the picture, too
	Status int    `json:"status"`
	Detail string `json:"detail"`

	RandomAccess bool   `json:"-"`
	Data         []byte `json:"-"` // of bytes: an init section (WallUS is 0), or moof and mdat
}

// LiveEnd is the error of a socket that the site closed.
type LiveEnd = websocket.CloseError

// Next waits for a message. When the site closes the socket the error is a LiveEnd with its code.
func (l *Live) Next(ctx context.Context) (LiveMessage, error) {
	kind, b, err := l.c.Read(ctx)
	if err != nil {
		return LiveMessage{}, err
	}
	var m LiveMessage
	switch {
	case kind == websocket.MessageText:
		return m, json.Unmarshal(b, &m)
	case len(b) > 8 && string(b[4:8]) == "ftyp":
		return LiveMessage{Data: b}, nil
	case len(b) < 12:
		return m, fmt.Errorf("a picture of %d bytes", len(b))
	}
	return LiveMessage{WallUS: int64(binary.BigEndian.Uint64(b)), RandomAccess: b[8]&1 != 0, Data: b[12:]}, nil
}

// UntilEnd reads pictures until the site ends them and returns what it said last, how many pictures came and the close code.
func (l *Live) UntilEnd(ctx context.Context) (last LiveMessage, pictures int, code int, err error) {
	for {
		m, err := l.Next(ctx)
		if err != nil {
			return last, pictures, int(websocket.CloseStatus(err)), err
		}
		if m.Type != "" {
			last = m
		} else if m.WallUS != 0 {
			pictures++
		}
	}
}

// Close ends it.
func (l *Live) Close() { _ = l.c.CloseNow() }

// Ago is the span that began so long ago and ends now.
func Ago(d time.Duration) custody.Span {
	now := time.Now()
	return custody.Span{Start: custody.InstantOf(now.Add(-d)), End: custody.InstantOf(now)}
}
