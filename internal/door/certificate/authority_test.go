package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// hand is a clock driven by hand.
type hand struct {
	mu  sync.Mutex
	now custody.Instant
}

func newHand() *hand { return &hand{now: custody.InstantOf(time.Now())} }

func (h *hand) Now() custody.Instant { h.mu.Lock(); defer h.mu.Unlock(); return h.now }
func (h *hand) Reading() custody.ClockReading {
	return custody.ClockReading{Now: h.Now()}
}
func (h *hand) advance(d time.Duration) { h.mu.Lock(); defer h.mu.Unlock(); h.now = h.now.Add(d) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func found(t *testing.T, clock *hand, hosts ...string) (*Authority, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tls")
	a, err := Found(dir, "Riverside Library", hosts, clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return a, dir
}

// handshake connects over a real socket and returns what the server showed.
func handshake(t *testing.T, server *tls.Config, roots *x509.CertPool, name string, client *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var serving sync.WaitGroup
	defer serving.Wait()
	serving.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		_ = tls.Server(c, server).Handshake()
	})
	if client == nil {
		client = &tls.Config{}
	}
	client.RootCAs, client.ServerName = roots, name
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", l.Addr().String(), client)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer c.Close()
	return c.ConnectionState(), nil
}

func pool(a *Authority) *x509.CertPool {
	p := x509.NewCertPool()
	p.AppendCertsFromPEM(a.PEM())
	return p
}

func TestSiteCertificateIsTrustedByWhoTrustsTheAuthority(t *testing.T) {
	clock := newHand()
	hosts := []string{"custody.riverside.example", "localhost", "192.168.7.4", "::1"}
	a, dir := found(t, clock, hosts...)
	s, err := NewSite(dir, hosts, clock, quiet())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range hosts {
		state, err := handshake(t, s.TLSConfig(), pool(a), host, &tls.Config{NextProtos: []string{"h2"}})
		if err != nil || state.Version != tls.VersionTLS13 || state.NegotiatedProtocol != "h2" {
			t.Errorf("%s: %v, version %x, protocol %q", host, err, state.Version, state.NegotiatedProtocol)
		}
	}
	if _, err := handshake(t, s.TLSConfig(), x509.NewCertPool(), "localhost", nil); err == nil {
		t.Error("a client that does not trust the authority was content")
	}
	if _, err := handshake(t, s.TLSConfig(), pool(a), "bank.example", nil); err == nil {
		t.Error("the certificate is good for a stranger's name")
	}
	if n := len(a.Fingerprint()); n != 95 {
		t.Errorf("the fingerprint %q has %d characters", a.Fingerprint(), n)
	}
}

func TestTLSRefusesOldVersionsAndWeakSuites(t *testing.T) {
	clock := newHand()
	a, dir := found(t, clock, "localhost")
	s, err := NewSite(dir, []string{"localhost"}, clock, quiet())
	if err != nil {
		t.Fatal(err)
	}
	for name, client := range map[string]*tls.Config{
		"TLS 1.1":   {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
		"CBC suite": {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}},
	} {
		if _, err := handshake(t, s.TLSConfig(), pool(a), "localhost", client); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := handshake(t, s.TLSConfig(), pool(a), "localhost", &tls.Config{MaxVersion: tls.VersionTLS12}); err != nil {
		t.Errorf("TLS 1.2: %v", err)
	}
}

func TestAuthorityCannotVouchForStrangers(t *testing.T) {
	clock := newHand()
	_, dir := found(t, clock, "custody.riverside.example")
	for _, host := range []string{"bank.example", "8.8.8.8", "riverside.example"} {
		if _, err := NewSite(dir, []string{host}, clock, quiet()); custody.KindOf(err) != custody.Invalid {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, host := range []string{"custody.lan", "10.1.2.3", "camera-desk.custody.riverside.example"} {
		if _, err := NewSite(dir, []string{host}, clock, quiet()); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestAuthorityIsFoundedOnce(t *testing.T) {
	clock := newHand()
	a, dir := found(t, clock, "localhost")
	if _, err := Found(dir, "Riverside Library", []string{"localhost"}, clock.Now()); custody.KindOf(err) != custody.Exists {
		t.Errorf("a second founding: %v", err)
	}
	again, err := Open(dir)
	if err != nil || again.Fingerprint() != a.Fingerprint() {
		t.Errorf("reopened: %v", err)
	}
	if life := a.Expires().Sub(clock.Now()); life < 10*365*day || life > 3660*day {
		t.Errorf("the authority lives %v", life)
	}
	if _, err := Open(t.TempDir()); custody.KindOf(err) != custody.NotFound {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := Found(filepath.Join(t.TempDir(), "x"), "s", nil, clock.Now()); custody.KindOf(err) != custody.Invalid {
		t.Errorf("no host: %v", err)
	}
}

func TestKeysAreForTheirOwnerOnly(t *testing.T) {
	clock := newHand()
	_, dir := found(t, clock, "localhost")
	if _, err := NewSite(dir, []string{"localhost"}, clock, quiet()); err != nil {
		t.Fatal(err)
	}
	want := map[string]os.FileMode{authorityFile: 0o644, authorityKey: 0o600, leafFile: 0o600}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(want) {
		t.Fatalf("%v, %v", entries, err)
	}
	for name, mode := range want {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, authorityKey), 0o604); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); custody.KindOf(err) != custody.Denied || !strings.Contains(custody.PublicText(err), "chmod 0600") {
		t.Errorf("a key that others may read: %v", err)
	}
}

func TestSiteCertificateIsRenewedBeforeItsEnd(t *testing.T) {
	clock := newHand()
	_, dir := found(t, clock, "localhost")
	s, err := NewSite(dir, []string{"localhost"}, clock, quiet())
	if err != nil {
		t.Fatal(err)
	}
	first := s.current.Load().Leaf
	if life := first.NotAfter.Sub(clock.Now().Time()); life > leafLife || life < leafLife-time.Hour {
		t.Errorf("the leaf lives %v", life)
	}
	clock.advance(leafLife - renewBefore - time.Hour)
	if err := s.look(); err != nil || s.current.Load().Leaf.SerialNumber.Cmp(first.SerialNumber) != 0 {
		t.Errorf("renewed too early, or %v", err)
	}
	clock.advance(2 * time.Hour)
	if err := s.look(); err != nil || s.current.Load().Leaf.SerialNumber.Cmp(first.SerialNumber) == 0 {
		t.Errorf("not renewed in time, or %v", err)
	}
	second := s.current.Load().Leaf
	if err := s.look(); err != nil || s.current.Load().Leaf.SerialNumber.Cmp(second.SerialNumber) != 0 {
		t.Errorf("renewed again at once, or %v", err)
	}
	clock.advance(authorityLife - leafLife - 20*day)
	if err := s.look(); err != nil || !s.current.Load().Leaf.NotAfter.Equal(s.authority.cert.NotAfter) {
		t.Errorf("the last leaf does not end with the authority: %v", err)
	}
}

func TestSiteCertificateFollowsTheHosts(t *testing.T) {
	clock := newHand()
	_, dir := found(t, clock, "localhost")
	one, err := NewSite(dir, []string{"localhost", "desk.lan"}, clock, quiet())
	if err != nil {
		t.Fatal(err)
	}
	two, err := NewSite(dir, []string{"localhost"}, clock, quiet())
	if err != nil {
		t.Fatal(err)
	}
	a, b := one.current.Load().Leaf, two.current.Load().Leaf
	if a.SerialNumber.Cmp(b.SerialNumber) == 0 || b.VerifyHostname("desk.lan") == nil {
		t.Error("a host that was taken away is still vouched for")
	}
}

func TestDamagedLeafIsReplaced(t *testing.T) {
	clock := newHand()
	_, dir := found(t, clock, "localhost")
	if err := os.WriteFile(filepath.Join(dir, leafFile), []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewSite(dir, []string{"localhost"}, clock, quiet()); err != nil {
		t.Errorf("a torn leaf: %v", err)
	}
}
