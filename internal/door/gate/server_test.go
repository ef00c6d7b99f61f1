package gate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/certificate"
	"github.com/footage-custody/custody/internal/site/lifecycle"
)

var (
	_ lifecycle.Part   = (*Server)(nil)
	_ lifecycle.Failer = (*Server)(nil)
)

func TestPlainHTTPIsForLoopbackOnly(t *testing.T) {
	d := blank(t)
	d.Seal()
	for _, listen := range []string{":8440", "0.0.0.0:8440", "192.168.1.4:8440", "[::]:8440", "custody.lan:8440", "nonsense"} {
		if _, err := NewServer(d, listen, nil); custody.KindOf(err) != custody.Invalid {
			t.Errorf("%s: %v", listen, err)
		}
	}
	for _, listen := range []string{"127.0.0.1:0", "[::1]:0", "localhost:0", "127.8.8.8:0"} {
		if _, err := NewServer(d, listen, nil); err != nil {
			t.Errorf("%s: %v", listen, err)
		}
	}
	if _, err := NewServer(d, ":0", &tls.Config{}); err != nil {
		t.Errorf("TLS on every address: %v", err)
	}
}

// A door with a certificate of its own authority speaks HTTP/2 and says that plain HTTP is over.
func TestServerSpeaksHTTP2OverTLS(t *testing.T) {
	authority, source := vouched(t)
	u := &url.URL{Scheme: "https", Host: "custody.lan"}
	d, err := New(Options{Identity: &people{}, Judge: &bench{}, Clock: station{}, Canonical: u, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	d.RawOpen(Open{ID: "site", Method: "GET", Path: "/api/site", Why: "a test"}, func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, r.Proto)
		return err
	})
	d.Seal()
	s, err := NewServer(d, "127.0.0.1:0", source.TLSConfig())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM())
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", s.Addr().String())
		},
	}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Get("https://custody.lan/api/site")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); string(b) != "HTTP/2.0" || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%q %v", b, resp.Header)
	}
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = io.WriteString(c, "GET /api/site HTTP/1.1\r\nHost: custody.lan\r\n\r\n")
	if b, _ := io.ReadAll(c); len(b) > 40 && string(b[:15]) == "HTTP/1.1 200 OK" {
		t.Errorf("plain HTTP on the TLS port: %q", b)
	}
}

func vouched(t *testing.T) (*certificate.Authority, certificate.Source) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tls")
	now := custody.InstantOf(time.Now())
	a, err := certificate.Found(dir, "Riverside Library", []string{"custody.lan"}, now)
	if err != nil {
		t.Fatal(err)
	}
	source, err := certificate.NewSite(dir, []string{"custody.lan"}, today(now), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return a, source
}

type today custody.Instant

func (d today) Now() custody.Instant          { return custody.Instant(d) }
func (d today) Reading() custody.ClockReading { return custody.ClockReading{Now: d.Now()} }

func TestStopWaitsForRequestsUnderWay(t *testing.T) {
	release := make(chan struct{})
	p := opened(t, nil, func(p *place, d *Door) {
		d.RawOpen(Open{ID: "slow", Method: "GET", Path: "/api/slow", Why: "a test"}, func(w http.ResponseWriter, r *http.Request) error {
			p.reached <- "slow"
			<-release
			_, err := io.WriteString(w, "finished")
			return err
		})
	})
	var asking, stopping sync.WaitGroup
	asking.Go(func() {
		if a := p.does("GET", "/api/slow", ""); a.body != "finished" {
			t.Errorf("cut off: %d %q", a.status, a.body)
		}
	})
	<-p.reached
	for range 2 {
		stopping.Go(p.server.Stop)
	}
	for { // the door is shut for others while one is still inside
		c, err := net.Dial("tcp", p.server.Addr().String())
		if err != nil {
			break
		}
		_ = c.Close()
	}
	close(release)
	asking.Wait()
	stopping.Wait()
	if err := p.server.Err(); err != nil {
		t.Errorf("a stopped server has failed: %v", err)
	}
}

func TestServerThatCannotListenSaysSo(t *testing.T) {
	p := opened(t, nil, nil)
	second, err := NewServer(p.door, p.server.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(t.Context()); custody.KindOf(err) != custody.Unavailable {
		t.Errorf("%v", err)
	}
	second.Stop()
	unstarted, err := NewServer(p.door, "127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	unstarted.Stop()
	if unstarted.Start(t.Context()) == nil {
		t.Error("a stopped server starts again")
	}
}
