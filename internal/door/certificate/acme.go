package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/lifecycle"
)

// ACMEOptions are what the source by ACME (RFC 8555) needs.
type ACMEOptions struct {
	Dir       string         // account and certificates; made with mode 0700
	Canonical *url.URL       // https; its host is the one name
	Email     string         // for the authority's warnings; may be empty
	Directory string         // the authority's directory; empty for Let's Encrypt
	Roots     *x509.CertPool // whom the directory's own certificate is checked against; nil for the system's
	Listen    string         // where HTTP-01 is answered, such as :80; empty for TLS-ALPN-01 (RFC 8737) only
	Log       *slog.Logger
}

// ACME is the source that fetches its certificate for one host name, and fetches the next one 30 days before its end.
type ACME struct {
	host    string
	manager *autocert.Manager
	listen  string
	answer  http.Handler // of HTTP-01; nil without Listen
	log     *slog.Logger
	end     context.CancelFunc // ends every request to the directory
	group   *lifecycle.Group

	mu    sync.Mutex
	bound net.Addr
}

// NewACME returns the source. It fails with Invalid if the host is not a name or the directory cannot be made.
func NewACME(o ACMEOptions) (*ACME, error) {
	if o.Canonical == nil || o.Canonical.Scheme != "https" || o.Canonical.Hostname() == "" || net.ParseIP(o.Canonical.Hostname()) != nil {
		return nil, custody.Errorf(custody.Invalid, "a certificate by ACME needs a canonical https address with a host name")
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, custody.Wrap(custody.Invalid, err, "%s cannot be made", o.Dir)
	}
	if err := os.Chmod(o.Dir, 0o700); err != nil {
		return nil, custody.Wrap(custody.Invalid, err, "%s cannot be closed to others", o.Dir)
	}
	life, end := context.WithCancel(context.Background())
	a := &ACME{host: o.Canonical.Hostname(), listen: o.Listen, log: o.Log, end: end}
	a.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(o.Dir), HostPolicy: autocert.HostWhitelist(a.host),
		Email: o.Email, RenewBefore: renewBefore,
		Client: &acme.Client{DirectoryURL: o.Directory, UserAgent: "custody", HTTPClient: &http.Client{
			Timeout: 30 * time.Second,
			Transport: &mortal{life, &http.Transport{
				Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true,
				TLSClientConfig: &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
			}},
		}},
	}
	if o.Listen != "" {
		a.answer = a.manager.HTTPHandler(elsewhere(o.Canonical))
	}
	a.group = a.parts()
	return a, nil
}

// elsewhere shows people who typed the name without https the way, and nobody else anything.
func elsewhere(to *url.URL) http.Handler {
	home := (&url.URL{Scheme: "https", Host: to.Host, Path: "/"}).String()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" || r.Method != http.MethodGet {
			http.Error(w, "use https", http.StatusNotFound)
			return
		}
		http.Redirect(w, r, home, http.StatusPermanentRedirect)
	})
}

func (a *ACME) parts() *lifecycle.Group {
	parts := []lifecycle.Named{{Name: "certificate by ACME", Part: lifecycle.NewTask(a.keep)}}
	if a.answer != nil {
		parts = append([]lifecycle.Named{{Name: "answer of HTTP-01", Part: &answering{acme: a}}}, parts...)
	}
	return lifecycle.NewGroup(0, nil, parts...)
}

// TLSConfig implements Source; it also answers TLS-ALPN-01.
func (a *ACME) TLSConfig() *tls.Config {
	return settings(func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName == "" {
			hello.ServerName = a.host
		}
		return a.manager.GetCertificate(hello)
	}, acme.ALPNProto)
}

// Start answers HTTP-01 if so configured, and begins to fetch the certificate, so that the first visitor need not wait.
func (a *ACME) Start(ctx context.Context) error { return a.group.Start(ctx) }

// Stop ends both, and what is being asked of the authority at the moment.
func (a *ACME) Stop() {
	a.end()
	a.group.Stop()
}

// mortal ends its requests with a life, because the ACME library cannot be told to stop.
type mortal struct {
	life context.Context
	base http.RoundTripper
}

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	detach := context.AfterFunc(m.life, cancel)
	release := func() { detach(); cancel() }
	resp, err := m.base.RoundTrip(r.WithContext(ctx))
	if err != nil {
		release()
		return nil, err
	}
	resp.Body = &lastWords{resp.Body, release}
	return resp, nil
}

type lastWords struct {
	io.ReadCloser
	release func()
}

func (b *lastWords) Close() error {
	defer b.release()
	return b.ReadCloser.Close()
}

// keep asks for the certificate until there is one, and once an hour ever after; the manager renews it when it is time.
func (a *ACME) keep(ctx context.Context) error {
	h := holder{log: a.log}
	for {
		wait := time.Hour
		_, err := a.manager.GetCertificate(&tls.ClientHelloInfo{
			ServerName: a.host, SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256},
			SupportedCurves: []tls.CurveID{tls.CurveP256}, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		})
		h.complain(err)
		if err != nil {
			wait = 10 * time.Minute // authorities count failures by the hour
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// answering is the plain server of HTTP-01.
type answering struct {
	acme   *ACME
	server *http.Server
	done   chan struct{}
}

func (s *answering) Start(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.acme.listen)
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, "web.acme_listen: nothing can listen on %s", s.acme.listen)
	}
	s.acme.mu.Lock()
	s.acme.bound = l.Addr()
	s.acme.mu.Unlock()
	s.server = &http.Server{
		Handler: s.acme.answer, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: 5 * time.Second,
		MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(s.acme.log.Handler(), slog.LevelDebug),
	}
	s.done = make(chan struct{})
	go func() {
		defer close(s.done)
		if err := s.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.acme.log.Error("HTTP-01 is answered no more", "error", err)
		}
	}()
	return nil
}

func (s *answering) Stop() {
	if s.server != nil {
		_ = s.server.Close()
		<-s.done
	}
}

// Bound is where HTTP-01 is answered; nil before Start or without Listen.
func (a *ACME) Bound() net.Addr {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.bound
}
