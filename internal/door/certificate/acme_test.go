package certificate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// issuer is an ACME authority of its own (RFC 8555), for one order: it really looks at the challenge, but believes every
// signature of a request.
type issuer struct {
	t         *testing.T
	web       *httptest.Server
	key       *ecdsa.PrivateKey
	root      *x509.Certificate
	challenge string // the only kind it offers
	target    func() string

	mu    sync.Mutex
	proof string // thumbprint of the account's key
	valid bool
	chain []byte
	calls int
}

func newIssuer(t *testing.T, challenge string, target func() string) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(365 * day), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, key: key, root: root, challenge: challenge, target: target}
	i.web = httptest.NewTLSServer(i)
	t.Cleanup(i.web.Close)
	return i
}

func (i *issuer) roots() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(i.web.Certificate())
	return p
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.calls++
	w.Header().Set("Replay-Nonce", fmt.Sprint("nonce", i.calls))
	payload := i.payload(r)
	at := func(p string) string { return i.web.URL + p }
	order := map[string]any{
		"status": "pending", "identifiers": []any{map[string]string{"type": "dns", "value": "custody.riverside.example"}},
		"authorizations": []string{at("/authz")}, "finalize": at("/finalize"),
	}
	if i.valid {
		order["status"] = "ready"
	}
	if i.chain != nil {
		order["status"], order["certificate"] = "valid", at("/cert")
	}
	status := map[bool]string{false: "pending", true: "valid"}[i.valid]
	challenge := map[string]string{"type": i.challenge, "url": at("/challenge"), "token": "a-token", "status": status}
	answer := func(code int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(v)
	}
	switch r.URL.Path {
	case "/directory":
		answer(200, map[string]string{"newNonce": at("/nonce"), "newAccount": at("/account"), "newOrder": at("/order"), "revokeCert": at("/revoke"), "keyChange": at("/change")})
	case "/nonce":
	case "/account":
		w.Header().Set("Location", at("/account/1"))
		answer(201, map[string]string{"status": "valid"})
	case "/order":
		w.Header().Set("Location", at("/order/1"))
		answer(201, order)
	case "/order/1":
		answer(200, order)
	case "/authz":
		answer(200, map[string]any{"status": status, "identifier": map[string]string{"type": "dns", "value": "custody.riverside.example"}, "challenges": []any{challenge}})
	case "/challenge":
		i.valid = i.looked()
		answer(200, challenge)
	case "/finalize":
		i.sign(payload)
		w.Header().Set("Location", at("/order/1"))
		order["status"], order["certificate"] = "valid", at("/cert")
		answer(200, order)
	case "/cert":
		w.Header().Set("Content-Type", "application/pem-certificate-chain")
		_, _ = w.Write(i.chain)
	default:
		http.NotFound(w, r)
	}
}

// payload is what a signed request carries; the account's key is remembered.
func (i *issuer) payload(r *http.Request) []byte {
	var jws struct{ Protected, Payload string }
	if json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&jws) != nil {
		return nil
	}
	head, _ := base64.RawURLEncoding.DecodeString(jws.Protected)
	var protected struct {
		JWK *struct{ X, Y string } `json:"jwk"`
	}
	if json.Unmarshal(head, &protected) == nil && protected.JWK != nil {
		sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}`, protected.JWK.X, protected.JWK.Y))
		i.proof = "a-token." + base64.RawURLEncoding.EncodeToString(sum[:])
	}
	payload, _ := base64.RawURLEncoding.DecodeString(jws.Payload)
	return payload
}

// looked meets the challenge as an authority does: over the network.
func (i *issuer) looked() bool {
	if i.challenge == "http-01" {
		r, err := http.NewRequest(http.MethodGet, "http://"+i.target()+"/.well-known/acme-challenge/a-token", nil)
		if err != nil {
			return false
		}
		r.Host = "custody.riverside.example"
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return string(b) == i.proof
	}
	c, err := tls.Dial("tcp", i.target(), &tls.Config{ServerName: "custody.riverside.example", NextProtos: []string{"acme-tls/1"}, InsecureSkipVerify: true})
	if err != nil {
		return false
	}
	defer c.Close()
	sum := sha256.Sum256([]byte(i.proof))
	for _, ext := range c.ConnectionState().PeerCertificates[0].Extensions {
		if ext.Id.String() == "1.3.6.1.5.5.7.1.31" && bytes.HasSuffix(ext.Value, sum[:]) {
			return true
		}
	}
	return false
}

func (i *issuer) sign(payload []byte) {
	var request struct{ CSR string }
	_ = json.Unmarshal(payload, &request)
	der, _ := base64.RawURLEncoding.DecodeString(request.CSR)
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil || !i.valid {
		i.t.Errorf("finalised without proof or request: %v", err)
		return
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * day),
		DNSNames: csr.DNSNames, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	out, err := x509.CreateCertificate(rand.Reader, leaf, i.root, csr.PublicKey, i.key)
	if err != nil {
		i.t.Error(err)
		return
	}
	i.chain = append(encodeCert(out), encodeCert(i.root.Raw)...)
}

// fetching starts the source against an issuer that offers one kind of challenge, and serves its TLS on a real socket.
func fetching(t *testing.T, challenge string) (*ACME, *issuer, string, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var a *ACME
	i := newIssuer(t, challenge, func() string {
		if challenge == "http-01" {
			return a.Bound().String()
		}
		return l.Addr().String()
	})
	dir := filepath.Join(t.TempDir(), "acme")
	listen := ""
	if challenge == "http-01" {
		listen = "127.0.0.1:0"
	}
	a, err = NewACME(ACMEOptions{
		Dir: dir, Canonical: &url.URL{Scheme: "https", Host: "custody.riverside.example"}, Directory: i.web.URL + "/directory",
		Roots: i.roots(), Listen: listen, Log: quiet(),
	})
	if err != nil {
		t.Fatal(err)
	}
	config := a.TLSConfig()
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(10 * time.Second))
				_ = tls.Server(c, config).Handshake()
			})
		}
	})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Stop(); _ = l.Close(); serving.Wait() })
	return a, i, l.Addr().String(), dir
}

func TestACMEFetchesACertificate(t *testing.T) {
	for _, challenge := range []string{"tls-alpn-01", "http-01"} {
		t.Run(challenge, func(t *testing.T) {
			_, i, addr, dir := fetching(t, challenge)
			roots := x509.NewCertPool()
			roots.AddCert(i.root)
			until(t, "the certificate is there", func() bool {
				c, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: roots, ServerName: "custody.riverside.example"})
				if err == nil {
					_ = c.Close()
				}
				return err == nil
			})
			if c, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: roots, ServerName: "stranger.example"}); err == nil {
				_ = c.Close()
				t.Error("a stranger's name is served")
			}
			info, err := os.Stat(dir)
			if err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("%v, %v", info, err)
			}
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) < 2 {
				t.Errorf("the cache holds %v, %v", entries, err)
			}
			for _, e := range entries {
				if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%s: %v, %v", e.Name(), info, err)
				}
			}
		})
	}
}

func TestACMEAnswersAndRedirectsHomeOnly(t *testing.T) {
	a, _, _, _ := fetching(t, "http-01")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, c := range []struct {
		method, path string
		status       int
	}{{"GET", "/", 308}, {"GET", "/api/session", 404}, {"POST", "/", 404}, {"GET", "/?x=https://evil.example", 308}, {"GET", "//evil.example", 404}} {
		r, err := http.NewRequest(c.method, "http://"+a.Bound().String()+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "evil.example"
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if to := resp.Header.Get("Location"); resp.StatusCode != c.status || to != "" && to != "https://custody.riverside.example/" {
			t.Errorf("%s %s: %d to %q", c.method, c.path, resp.StatusCode, to)
		}
	}
}

func TestACMEStopsWhileTheAuthorityHangs(t *testing.T) {
	hanging := make(chan struct{}, 10)
	release := make(chan struct{})
	web := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hanging <- struct{}{}; <-release }))
	defer web.Close()
	defer close(release)
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	a, err := NewACME(ACMEOptions{Dir: t.TempDir(), Canonical: &url.URL{Scheme: "https", Host: "custody.riverside.example"}, Directory: web.URL, Roots: roots, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-hanging
	begin := time.Now()
	a.Stop()
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("stopping took %v", took)
	}
}

func TestACMENeedsAName(t *testing.T) {
	for _, address := range []string{"https://192.168.1.4", "http://custody.riverside.example", "https://"} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewACME(ACMEOptions{Dir: t.TempDir(), Canonical: u, Log: quiet()}); custody.KindOf(err) != custody.Invalid || !strings.Contains(custody.PublicText(err), "name") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
