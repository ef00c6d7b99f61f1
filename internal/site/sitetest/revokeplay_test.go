package sitetest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
)

// playing is somebody who watches one camera in every lasting way at once: HLS, one long download that is taken slowly, and live.
type playing struct {
	t              *testing.T
	p              *Person
	recorded, live Watching
	stop           context.CancelFunc
	wait           sync.WaitGroup

	mu   sync.Mutex
	ways map[string]*course
}

// course is how one way went.
type course struct {
	bytes  int64
	last   time.Time // when footage came
	ended  time.Time // when the site ended it; zero while it goes on
	status int       // with which answer, or close code; 0 for a connection that broke off
	why    string
}

const (
	slowly   = 150 << 10 // bytes a second that the download takes
	slowPipe = 64 << 10  // bytes that its socket holds
)

// play begins and returns when footage has come by every way.
func play(t *testing.T, p *Person, recorded, live Watching) *playing {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	y := &playing{t: t, p: p, recorded: recorded, live: live, stop: stop, ways: map[string]*course{"hls": {}, "download": {}, "live": {}}}
	t.Cleanup(y.end)
	parts := recorded.Index().Parts
	for name, way := range map[string]func(context.Context) (int, string){
		"hls": y.hls, "download": func(ctx context.Context) (int, string) { return y.download(ctx, longest(parts)) }, "live": y.watch,
	} {
		y.wait.Go(func() {
			status, why := way(ctx)
			if ctx.Err() != nil {
				return
			}
			y.mu.Lock()
			defer y.mu.Unlock()
			y.ways[name].ended, y.ways[name].status, y.ways[name].why = time.Now(), status, why
		})
	}
	WaitUntil(t, 20*time.Second, p.Login+" has footage by every way", func() bool {
		y.mu.Lock()
		defer y.mu.Unlock()
		return y.ways["hls"].bytes > 0 && y.ways["download"].bytes > 2*slowPipe && y.ways["live"].bytes > 0
	})
	return y
}

func (y *playing) end() { y.stop(); y.wait.Wait() }

func (y *playing) came(way string, n int) {
	if n <= 0 {
		return
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.ways[way].bytes += int64(n)
	y.ways[way].last = time.Now()
}

// over are the ways that the site has ended.
func (y *playing) over() map[string]course {
	y.mu.Lock()
	defer y.mu.Unlock()
	out := map[string]course{}
	for name, c := range y.ways {
		if !c.ended.IsZero() {
			out[name] = *c
		}
	}
	return out
}

// longest names as many consecutive fragments of one segment as there are.
func longest(parts []api.IndexPart) string {
	first, last := map[string]int{}, map[string]int{}
	best := ""
	for _, p := range parts {
		if p.Growing {
			continue
		}
		if _, ok := first[p.Segment]; !ok {
			first[p.Segment] = p.First
		}
		last[p.Segment] = p.Last
		if best == "" || last[p.Segment]-first[p.Segment] > last[best]-first[best] {
			best = p.Segment
		}
	}
	return fmt.Sprintf("media/%s/%d-%d.m4s", best, first[best], last[best])
}

// hls asks for the playlist and then for a fragment of it, like a player with no buffer at all.
func (y *playing) hls(ctx context.Context) (int, string) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	playlist := y.recorded.Path("playlist.m3u8", "from_us", micros(y.recorded.Span.Start), "to_us", micros(y.recorded.Span.End))
	for i := 0; ctx.Err() == nil; i++ {
		status, text, err := y.fetch(ctx, playlist)
		if err != nil || status != http.StatusOK {
			return status, text
		}
		var media []string
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "media/") {
				media = append(media, strings.TrimSpace(line))
			}
		}
		if len(media) == 0 { // as it is while a decision falls
			<-tick.C
			continue
		}
		status, text, err = y.fetch(ctx, y.recorded.Path(media[i%len(media)]))
		if err != nil && status == http.StatusOK { // broken off in its midst: the next answer says why
			continue
		}
		if err != nil || status != http.StatusOK {
			return status, text
		}
		y.came("hls", len(text))
		<-tick.C
	}
	return 0, "stopped"
}

func (y *playing) fetch(ctx context.Context, path string) (status int, text string, err error) {
	res, err := y.p.Ask(ctx, http.MethodGet, path, nil)
	if err != nil {
		return 0, err.Error(), err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

// download takes one long range slowly, through a socket that holds little.
func (y *playing) download(ctx context.Context, path string) (int, string) {
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err == nil {
			err = c.(*net.TCPConn).SetReadBuffer(slowPipe)
		}
		return c, err
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial, ReadBufferSize: 4 << 10}}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, y.p.s.URL()+y.recorded.Path(path), nil)
	if err != nil {
		return 0, err.Error()
	}
	r.Header.Set("Authorization", "Bearer "+y.p.Token())
	r.Header.Set("Range", "bytes=0-")
	res, err := client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusPartialContent {
		return res.StatusCode, res.Status
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		n, err := io.CopyN(io.Discard, res.Body, slowly/10)
		y.came("download", int(n))
		if err == io.EOF {
			return http.StatusOK, fmt.Sprintf("the whole of %s", res.Header.Get("Content-Range"))
		}
		if err != nil {
			return 0, err.Error()
		}
		<-tick.C
	}
}

// watch reads live pictures until the site closes the socket.
func (y *playing) watch(ctx context.Context) (int, string) {
	l, status, err := y.live.AskLive(ctx, "Origin", y.p.s.URL())
	if err != nil {
		return status, err.Error()
	}
	defer l.Close()
	var end LiveMessage
	for {
		m, err := l.Next(ctx)
		if err != nil {
			return int(websocket.CloseStatus(err)), fmt.Sprintf("%v, after %q %d", err, end.Type, end.Status)
		}
		if end = m; m.Type == "" {
			y.came("live", len(m.Data))
		}
	}
}

// goesOn fails the test if the site ended anything, or nothing has come lately.
func (y *playing) goesOn() {
	y.t.Helper()
	for name, c := range y.over() {
		if name != "download" || c.status != http.StatusOK {
			y.t.Errorf("%s, whom nobody meant: %s ended with %d: %s", y.p.Login, name, c.status, c.why)
		}
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, name := range []string{"hls", "live"} {
		if since := time.Since(y.ways[name].last); since > 5*time.Second {
			y.t.Errorf("%s, whom nobody meant: no footage by %s for %v", y.p.Login, name, since)
		}
	}
}

// endsAll waits until the site has ended every way, and returns how long after the change the last footage came and the last way ended.
func (y *playing) endsAll(since time.Time) (footage, ended time.Duration) {
	y.t.Helper()
	WaitUntil(y.t, 30*time.Second, "the site has ended every way of "+y.p.Login, func() bool { return len(y.over()) == 3 })
	for name, c := range y.over() {
		footage, ended = max(footage, c.last.Sub(since)), max(ended, c.ended.Sub(since))
		y.t.Logf("%s: %s ended with %d %v after the change, the last footage came %v after it: %.160s", y.p.Login, name, c.status,
			c.ended.Sub(since).Round(time.Millisecond), c.last.Sub(since).Round(time.Millisecond), c.why)
		if name == "download" && c.status != 0 {
			y.t.Errorf("the download was not broken off: %d %s", c.status, c.why)
		}
	}
	return footage, ended
}

// camera is a registered camera's class and version.
func (p *Person) camera(id custody.CameraID) (c api.RegisteredCamera) {
	p.s.t.Helper()
	var all api.RegisteredCameras
	p.Get("/api/admin/cameras").Into(&all)
	for _, c = range all.Cameras {
		if c.ID == string(id) {
			return c
		}
	}
	p.s.t.Fatalf("there is no camera %s", id)
	return c
}

// member is another member of staff.
func (p *Person) member(id custody.StaffID) (m api.StaffMember) {
	p.s.t.Helper()
	p.Get("/api/staff/" + string(id)).Into(&m)
	return m
}
