package sitetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/site/config"
)

// secured gives the site a front door with TLS on a free port.
func secured(t *testing.T, kind string, more func(*config.Config)) *Site {
	t.Helper()
	return New(t, Options{Edit: func(c *config.Config) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		c.Web.Listen, c.Web.URL, c.Web.TLS, c.Web.SecondFactor = l.Addr().String(), "https://localhost:"+port, kind, config.FactorOptional
		if more != nil {
			more(c)
		}
	}})
}

// trusting is a client that believes one certificate file and nothing else.
func trusting(t *testing.T, file string) *http.Client {
	t.Helper()
	text, err := os.ReadFile(file)
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(text) {
		t.Fatalf("%s is no certificate: %v", file, err)
	}
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// TestTheSiteVouchesForItself reaches the front door with nothing but the authority that custody init made.
func TestTheSiteVouchesForItself(t *testing.T) {
	t.Parallel()
	s := secured(t, config.TLSSite, nil)
	s.Serve()
	authority := filepath.Join(s.Conf.DataDir, "tls", "authority.pem")
	client := trusting(t, authority)
	token := s.Invite("clerk", "staff")
	answer, err := client.Post(s.URL()+"/api/invitation", "application/json", strings.NewReader(`{"token":"`+token+`","password":"`+Password+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.ProtoMajor != 2 || answer.TLS.Version != tls.VersionTLS13 {
		t.Errorf("%s, %s, TLS %x", answer.Status, answer.Proto, answer.TLS.Version)
	}
	if hsts := answer.Header.Get("Strict-Transport-Security"); !strings.HasPrefix(hsts, "max-age=63072000") {
		t.Errorf("Strict-Transport-Security: %q", hsts)
	}
	set := answer.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-custody=", "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Strict"} {
		if !strings.Contains(set, want) || strings.Contains(set, "Domain") {
			t.Errorf("the cookie is %s", set)
		}
	}
	if _, err := http.Get(s.URL() + "/api/site"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a stranger's authority vouches for the site: %v", err)
	}
	if info, err := os.Stat(filepath.Join(s.Conf.DataDir, "tls")); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the authority's directory is %v, %v", info.Mode(), err)
	}
	s.onlyModern(t, authority)
}

// onlyModern tries what a careful client would never speak.
func (s *Site) onlyModern(t *testing.T, authority string) {
	text, err := os.ReadFile(authority)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	for name, c := range map[string]*tls.Config{
		"TLS 1.0": {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, "TLS 1.1": {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
		"CBC": {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}},
		"RSA": {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}},
	} {
		c.RootCAs, c.ServerName = roots, "localhost"
		if conn, err := tls.Dial("tcp", s.Conf.Web.Listen, c); err == nil {
			_ = conn.Close()
			t.Errorf("%s is spoken", name)
		}
	}
	plain, err := http.Get("http://" + s.Conf.Web.Listen + "/api/site")
	if err != nil {
		return
	}
	defer plain.Body.Close()
	if plain.StatusCode != http.StatusBadRequest {
		t.Errorf("plain HTTP at the TLS port: %s", plain.Status)
	}
}

// TestOwnCertificateFilesAreFollowed replaces the certificate while the site runs, well and badly.
func TestOwnCertificateFilesAreFollowed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	ownCertificate(t, 1, cert, key)
	s := secured(t, config.TLSFiles, func(c *config.Config) { c.Web.CertFile, c.Web.KeyFile = cert, key })
	p := s.Serve()
	serial := func() int64 {
		conn, err := tls.Dial("tcp", s.Conf.Web.Listen, &tls.Config{InsecureSkipVerify: true, ServerName: "localhost"})
		if err != nil {
			t.Fatalf("%v\n%s", err, p.Log())
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if n := serial(); n != 1 {
		t.Fatalf("certificate %d is shown", n)
	}
	if !Full() { // the files are looked at once a minute; that they are, their own room shows faster
		return
	}
	ownCertificate(t, 2, cert, key)
	WaitUntil(t, 2*time.Minute, "the second certificate is shown", func() bool { return serial() == 2 })
	if err := os.WriteFile(cert, []byte("what is this"), 0o600); err != nil {
		t.Fatal(err)
	}
	WaitUntil(t, 2*time.Minute, "the third is found bad", func() bool { return strings.Contains(p.Log(), "the certificate needs a hand") })
	if n := serial(); n != 2 {
		t.Errorf("after a bad file certificate %d is shown", n)
	}
}

func ownCertificate(t *testing.T, serial int64, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(240 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{keyFile: {Type: "PRIVATE KEY", Bytes: secret}, certFile: {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPlainHTTPStaysOnTheMachine starts sites that would show passwords to the network: they refuse, and name the field.
func TestPlainHTTPStaysOnTheMachine(t *testing.T) {
	t.Parallel()
	s := New(t, Options{Web: true})
	for name, edit := range map[string]func(*config.Web){
		"web.tls":  func(w *config.Web) { w.Listen = "0.0.0.0:0" },
		"web.tls ": func(w *config.Web) { w.Listen = ":8440" },
		"web.url":  func(w *config.Web) { w.URL = "http://custody.library.lan" },
		"web.url ": func(w *config.Web) { w.URL = "https://localhost/path" },
	} {
		c := s.Conf
		edit(&c.Web)
		text, err := c.Marshal(s.Dir)
		if err != nil {
			t.Fatal(err)
		}
		wrong := *s
		wrong.Config = filepath.Join(s.Dir, "wrong.yaml")
		if err := os.WriteFile(wrong.Config, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, errs, code := wrong.Run("serve")
		if code != 2 || !strings.Contains(errs, strings.TrimSpace(name)) {
			t.Errorf("%+v: exit code %d: %s", c.Web, code, errs)
		}
	}
}
