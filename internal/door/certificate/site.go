package certificate

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// Site is the source whose certificate the site's own authority signs.
type Site struct {
	holder
	authority *Authority
	hosts     []string
	clock     custody.Clock
}

// NewSite returns the source for hosts, names or addresses, the first being the canonical one. The certificate is made now if there is none,
// if it ends within 30 days or if the hosts have changed. NotFound if dir has no authority: custody init makes it.
func NewSite(dir string, hosts []string, clock custody.Clock, log *slog.Logger) (*Site, error) {
	a, err := Open(dir)
	if err != nil {
		return nil, err
	}
	s := &Site{authority: a, hosts: slices.Clone(hosts), clock: clock, holder: holder{log: log}}
	if err := s.look(); err != nil {
		return nil, err
	}
	s.watch(interval, s.look)
	return s, nil
}

// Authority is the site's authority.
func (s *Site) Authority() *Authority { return s.authority }

// look loads the certificate in the directory and renews it if it is time.
func (s *Site) look() error {
	name := filepath.Join(s.authority.dir, leafFile)
	cert, err := s.load(name)
	if err == nil && !s.due(cert.Leaf) {
		s.current.Store(cert)
		return nil
	}
	if err := s.authority.leaf(s.hosts, s.clock.Now()); err != nil {
		return err
	}
	if cert, err = s.load(name); err != nil {
		return err
	}
	s.current.Store(cert)
	s.log.Info("the site certificate was renewed", "until", custody.InstantOf(cert.Leaf.NotAfter).String(), "hosts", strings.Join(s.hosts, " "))
	return nil
}

func (s *Site) load(name string) (*tls.Certificate, error) {
	content, err := readFile(name, true)
	if err != nil {
		return nil, err
	}
	return pair(content, content)
}

// due reports whether a certificate must be replaced. One that ends with the authority is good until then: nothing better
// can be made.
func (s *Site) due(leaf *x509.Certificate) bool {
	now := s.clock.Now().Time()
	names, addrs, err := sortHosts(s.hosts)
	if err != nil {
		return true
	}
	for _, host := range s.hosts {
		if leaf.VerifyHostname(host) != nil {
			return true
		}
	}
	other := len(names) != len(leaf.DNSNames) || len(addrs) != len(leaf.IPAddresses) || leaf.CheckSignatureFrom(s.authority.cert) != nil
	ending := now.Add(renewBefore).After(leaf.NotAfter) && leaf.NotAfter.Before(s.authority.cert.NotAfter)
	return other || ending || now.Before(leaf.NotBefore)
}

// pair reads a chain and its key, and demands that they fit.
func pair(certPEM, keyPEM []byte) (*tls.Certificate, error) {
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, custody.Wrap(custody.Invalid, err, "the certificate and its key do not fit, or one of them is not PEM")
	}
	if cert.Leaf == nil {
		if cert.Leaf, err = x509.ParseCertificate(cert.Certificate[0]); err != nil {
			return nil, custody.Wrap(custody.Invalid, err, "the certificate cannot be read")
		}
	}
	return &cert, nil
}

var errMismatch = errors.New("they do not fit")

func orMismatch(err error) error {
	if err == nil {
		return errMismatch
	}
	return err
}

func decodeCert(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("no PEM block of a certificate")
	}
	return x509.ParseCertificate(block.Bytes)
}

func decodeKey(text []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errors.New("no PEM block of a key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("the key is not for ECDSA")
	}
	return ec, nil
}

// Files is the source whose certificate somebody else puts into two files.
type Files struct {
	holder
	cert, key string
	clock     custody.Clock
}

// NewFiles returns the source for a chain (leaf first) and its key, both PEM. They are read again every minute; a certificate
// that does not fit its key, cannot be read or is over never takes the place of the one in use. An expired one is served only
// if there was no other at the beginning, with a complaint: a door that says what is wrong is better than none.
func NewFiles(cert, key string, clock custody.Clock, log *slog.Logger) (*Files, error) {
	return newFiles(cert, key, clock, log, interval)
}

func newFiles(cert, key string, clock custody.Clock, log *slog.Logger, every time.Duration) (*Files, error) {
	f := &Files{cert: cert, key: key, clock: clock, holder: holder{log: log}}
	first, err := f.load()
	if err != nil {
		return nil, err
	}
	f.current.Store(first)
	f.complain(f.look())
	f.watch(every, f.look)
	return f, nil
}

func (f *Files) load() (*tls.Certificate, error) {
	certPEM, err := readFile(f.cert, false)
	if err != nil {
		return nil, err
	}
	keyPEM, err := readFile(f.key, true)
	if err != nil {
		return nil, err
	}
	return pair(certPEM, keyPEM)
}

func (f *Files) look() error {
	next, err := f.load()
	if err != nil {
		return err
	}
	now := f.clock.Now().Time()
	if now.After(next.Leaf.NotAfter) || now.Before(next.Leaf.NotBefore) {
		return custody.Errorf(custody.Invalid, "%s is good from %s to %s only", f.cert, custody.InstantOf(next.Leaf.NotBefore), custody.InstantOf(next.Leaf.NotAfter))
	}
	if !slices.EqualFunc(f.current.Load().Certificate, next.Certificate, slices.Equal) {
		f.log.Info("the certificate was replaced", "until", custody.InstantOf(next.Leaf.NotAfter).String())
	}
	f.current.Store(next)
	return nil
}
