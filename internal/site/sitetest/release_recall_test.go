package sitetest

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
)

// fallsWithin is the promise: so long after a recall nothing more of a package leaves.
const fallsWithin = 2 * time.Second

// TestARecallBreaksOffADownload: a package is being taken out slowly when whoever takes it is disabled, and when it is recalled. What leaves breaks
// off, the diary has it that it left, the answer says who has it, and no line gives a byte of footage any more.
func TestARecallBreaksOffADownload(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, Options{}, simcam.CameraSpec{Path: "door", Profile: simcam.Bench})
	at := l.stretch(0, 10, 130)
	l.gone()
	l.stored = l.Open()
	r, pkg := l.packed([]Stretch{at}, "grant")
	var d api.Delivery
	l.clerk.Post("/api/packages/"+pkg.ID+"/deliveries", map[string]any{"way": "disc", "recipient": "N. Riviera", "agency": "Springfield PD", "badge": "B-7"}).Into(&d)

	temp := l.Hire("temp", "staff")
	takes := l.takes(temp, pkg.ID)
	l.Must("staff", "disable", "temp")
	takes.breaksOff(time.Now(), pkg.Size)

	takes = l.takes(l.clerk, pkg.ID)
	var recalled api.Recalled
	l.director.Post("/api/packages/"+pkg.ID+"/recall", map[string]any{"why": "the wrong minute"}).Into(&recalled)
	takes.breaksOff(time.Now(), pkg.Size)
	if len(recalled.Holders) != 1 || recalled.Holders[0].ID != d.ID || recalled.Holders[0].Recipient != "N. Riviera" || recalled.Number != pkg.Number {
		t.Errorf("the recall names %+v", recalled)
	}
	reads := 0
	for _, e := range l.stored.Diary(custody.EventPackageRead) {
		if bytes.Contains(e.Body, []byte(pkg.Digest)) && (e.Actor == string(l.clerk.ID) || e.Actor == string(temp.ID)) {
			reads++
		}
	}
	if reads != 2 {
		t.Errorf("the diary has %d of the two who began to take it", reads)
	}
	l.givesNothing(r.ID)
	l.clerk.Get("/api/deliveries/" + d.ID + "/recall-letter").OK()
	l.p.Stop()
}

// TestAnUndecidedItemGivesNothing walks every line while an item is scoped, proposed, denied, and decided anew after it was granted.
func TestAnUndecidedItemGivesNothing(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, Options{}, simcam.CameraSpec{Path: "door"})
	at := l.stretch(0, 20, 60)
	l.gone()
	logged := l.clerk.Logs(Asks(at))
	l.clerk.CallsBack(logged.ID, l.agency)
	r := l.clerk.Adds(l.clerk.Request(logged.ID), at)
	l.givesNothing(r.ID)
	r = l.clerk.Proposes(r, "grant")
	l.givesNothing(r.ID)
	r = l.director.Decides(r, "deny")
	l.givesNothing(r.ID)
	r = l.director.Decides(r, "grant")
	pkg := l.clerk.Waits(r.ID)
	l.clerk.Get("/api/packages/" + pkg.ID + "/zip").OK()
	l.director.Decides(l.director.Request(r.ID), "deny")
	l.givesNothing(r.ID)
	l.p.Stop()
}

// taken is a package that somebody takes out slowly, through a socket that holds little.
type taken struct {
	t     *testing.T
	ended chan struct{}
	bytes int64
	last  time.Time // when bytes came
	over  time.Time
	err   error // io.EOF: all of it came
}

// takes begins to take a package and returns when some of it has come.
func (l *library) takes(p *Person, pkg string) *taken {
	l.t.Helper()
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err == nil {
			err = c.(*net.TCPConn).SetReadBuffer(slowPipe)
		}
		return c, err
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial, ReadBufferSize: 4 << 10}}
	l.t.Cleanup(client.CloseIdleConnections)
	req, err := http.NewRequestWithContext(l.t.Context(), http.MethodGet, l.URL()+"/api/packages/"+pkg+"/zip", nil)
	if err != nil {
		l.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.Token())
	res, err := client.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		l.t.Fatalf("taking %s: %v %v", pkg, res, err)
	}
	k, begun := &taken{t: l.t, ended: make(chan struct{})}, make(chan struct{})
	go func() {
		defer close(k.ended)
		defer res.Body.Close()
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			n, err := io.CopyN(io.Discard, res.Body, slowly/10)
			if k.bytes += n; n > 0 {
				k.last = time.Now()
			}
			if k.bytes > 3*slowPipe && begun != nil {
				close(begun)
				begun = nil
			}
			if k.over, k.err = time.Now(), err; err != nil {
				return
			}
			<-tick.C
		}
	}()
	select {
	case <-begun:
	case <-k.ended:
		l.t.Fatalf("the download ended after %d bytes: %v", k.bytes, k.err)
	}
	return k
}

// breaksOff proves that the download ended in its midst, soon after.
func (k *taken) breaksOff(since time.Time, size int64) {
	k.t.Helper()
	select {
	case <-k.ended:
	case <-time.After(time.Minute):
		k.t.Fatal("the download goes on")
	}
	k.t.Logf("broken off %v after it, the last bytes came %v after it, %d of %d came: %v", k.over.Sub(since).Round(time.Millisecond),
		k.last.Sub(since).Round(time.Millisecond), k.bytes, size, k.err)
	if k.err == io.EOF || k.bytes >= size || k.over.Sub(since) > fallsWithin {
		k.t.Errorf("%d of %d bytes came, it ended %v after the change: %v", k.bytes, size, k.over.Sub(since), k.err)
	}
}

// givesNothing walks the lines about a request's items, papers, packages and deliveries. None hands over, and none gives a byte of footage.
func (l *library) givesNothing(id string) {
	l.t.Helper()
	r := l.clerk.Request(id)
	paths := []string{"/api/requests/" + id, "/api/requests/" + id + "/story", "/api/requests/" + id + "/letters/acknowledgement",
		"/api/requests/" + id + "/letters/answer"}
	for _, i := range r.Items {
		paths = append(paths, "/api/requests/"+id+"/items/"+i.ID+"/preview", "/api/packages/"+i.ID+"/zip")
	}
	for _, d := range r.Deliveries {
		paths = append(paths, "/api/deliveries/"+d.ID+"/recall-letter")
	}
	for _, p := range r.Packages {
		one := "/api/packages/" + p.ID
		paths = append(paths, one, one+"/zip", one+"/receipt")
		for _, f := range p.Files {
			paths = append(paths, one+"/documents/"+f.Path, one+"/documents/"+strings.ReplaceAll(f.Path, "/", "%2F"))
		}
		for _, who := range []*Person{l.clerk, l.director, l.As(nil)} {
			for line, body := range map[string]any{"/verify": nil, "/deliveries": map[string]any{"way": "folder", "recipient": "N. Riviera",
				"agency": "Springfield PD", "badge": "B-7", "signed_by": "N. Riviera"}} {
				if a := who.Post(one+line, body); a.Status < 300 {
					l.t.Errorf("%s of %s, which is %s: %d %s", line, p.Number, p.State, a.Status, a.Body)
				}
			}
		}
	}
	for _, who := range []*Person{l.clerk, l.director, l.As(nil)} {
		for _, path := range paths {
			a := who.Get(path)
			zip := strings.HasSuffix(path, "/zip")
			if zip && a.Status < 300 || a.Status < 300 && footage(a.Body) {
				l.t.Errorf("%s gets %d bytes by %s", who.Login, len(a.Body), path)
			}
		}
	}
}

// footage reports whether there are pictures, or an archive, in an answer.
func footage(b []byte) bool {
	for _, mark := range []string{"mdat", "moof", "ftyp", "PK\x03\x04", "\xff\xd8\xff"} {
		if bytes.Contains(b, []byte(mark)) {
			return true
		}
	}
	return false
}
