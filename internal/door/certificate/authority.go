package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

const (
	authorityFile = "authority.pem"     // the certificate, for everybody
	authorityKey  = "authority-key.pem" // 0600
	leafFile      = "site.pem"          // key and certificate, 0600

	day           = 24 * time.Hour
	authorityLife = 3653 * day
	leafLife      = 397 * day
	renewBefore   = 30 * day
	backdate      = time.Hour // for machines whose clock is behind
)

// Authority is the site's own certificate authority, as its directory has it.
type Authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Found makes the authority of a site in dir, which it creates with mode 0700 if need be. It fails with Exists if one is there:
// machines trust it already.
func Found(dir, site string, hosts []string, now custody.Instant) (*Authority, error) {
	if _, err := os.Stat(filepath.Join(dir, authorityFile)); err == nil {
		return nil, custody.Errorf(custody.Exists, "%s has an authority already", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, custody.Wrap(custody.Unavailable, err, "%s cannot be made", dir)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, custody.Wrap(custody.Internal, err, "no key can be made")
	}
	names, addrs, err := sortHosts(hosts)
	if err != nil {
		return nil, err
	}
	begin := now.Time().Add(-backdate)
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{Organization: []string{"Custody"}, CommonName: site + " camera footage authority"},
		NotBefore: begin, NotAfter: now.Time().Add(authorityLife),
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: permittedNames(names), PermittedIPRanges: permittedNetworks(addrs),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, custody.Wrap(custody.Invalid, err, "no authority can be made for these hosts")
	}
	keyPEM, err := encodeKey(key)
	if err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(dir, authorityKey), keyPEM, 0o600); err != nil {
		return nil, err
	}
	// The certificate is what makes the authority exist: it comes last.
	if err := writeFile(filepath.Join(dir, authorityFile), encodeCert(der), 0o644); err != nil {
		return nil, err
	}
	return Open(dir)
}

// Open reads the authority in dir. NotFound if there is none, Corrupt if its parts do not fit.
func Open(dir string) (*Authority, error) {
	certPEM, err := readFile(filepath.Join(dir, authorityFile), false)
	if err != nil {
		return nil, err
	}
	keyPEM, err := readFile(filepath.Join(dir, authorityKey), true)
	if err != nil {
		return nil, err
	}
	cert, err := decodeCert(certPEM)
	if err != nil {
		return nil, custody.Wrap(custody.Corrupt, err, "%s holds no certificate", filepath.Join(dir, authorityFile))
	}
	key, err := decodeKey(keyPEM)
	if err != nil || !key.PublicKey.Equal(cert.PublicKey) || !cert.IsCA {
		return nil, custody.Wrap(custody.Corrupt, orMismatch(err), "%s is not the key of %s", authorityKey, authorityFile)
	}
	return &Authority{dir: dir, cert: cert, key: key}, nil
}

// PEM is the certificate for machines that shall trust the site.
func (a *Authority) PEM() []byte { return encodeCert(a.cert.Raw) }

// Fingerprint is the SHA-256 of the certificate as browsers show it: upper-case hexadecimal pairs with colons.
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.cert.Raw)
	text := strings.ToUpper(hex.EncodeToString(sum[:]))
	var b strings.Builder
	for i := 0; i < len(text); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(text[i : i+2])
	}
	return b.String()
}

// Expires is the authority's end.
func (a *Authority) Expires() custody.Instant { return custody.InstantOf(a.cert.NotAfter) }

// leaf makes a server certificate for the hosts and writes it. Invalid if the authority may not sign for one of them.
func (a *Authority) leaf(hosts []string, now custody.Instant) error {
	names, addrs, err := sortHosts(hosts)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return custody.Wrap(custody.Internal, err, "no key can be made")
	}
	begin, end := now.Time().Add(-backdate), now.Time().Add(leafLife)
	if begin.Before(a.cert.NotBefore) {
		begin = a.cert.NotBefore
	}
	if end.After(a.cert.NotAfter) {
		end = a.cert.NotAfter
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{Organization: []string{"Custody"}, CommonName: hosts[0]},
		NotBefore: begin, NotAfter: end, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: names, IPAddresses: addrs,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return custody.Wrap(custody.Invalid, err, "no certificate can be made for these hosts")
	}
	if err := a.accepts(der, hosts, now); err != nil {
		return err
	}
	keyPEM, err := encodeKey(key)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(a.dir, leafFile), append(keyPEM, encodeCert(der)...), 0o600)
}

// accepts checks a leaf as a browser would.
func (a *Authority) accepts(der []byte, hosts []string, now custody.Instant) error {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return custody.Wrap(custody.Internal, err, "the certificate cannot be read back")
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	for _, host := range hosts {
		if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now.Time(), DNSName: host}); err != nil {
			return custody.Wrap(custody.Invalid, err, "the site's authority cannot vouch for %s now: an authority is good for ten years, for the hosts it was founded with, and for local names and addresses; found a new one in an empty directory", host)
		}
	}
	return nil
}

func permittedNames(hosts []string) []string {
	out := append([]string{"localhost", "lan", "local", "internal", "home.arpa"}, hosts...)
	slices.Sort(out)
	return slices.Compact(out)
}

func permittedNetworks(addrs []net.IP) []*net.IPNet {
	var out []*net.IPNet
	for _, text := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "::1/128", "fe80::/10", "fc00::/7"} {
		p := netip.MustParsePrefix(text)
		out = append(out, &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())})
	}
	for _, ip := range addrs {
		out = append(out, &net.IPNet{IP: ip, Mask: net.CIDRMask(8*len(ip), 8*len(ip))})
	}
	return out
}

// sortHosts splits hosts into names and addresses. Invalid if there are none or one is neither.
func sortHosts(hosts []string) (names []string, addrs []net.IP, err error) {
	if len(hosts) == 0 {
		return nil, nil, custody.Errorf(custody.Invalid, "a certificate needs at least one host")
	}
	for _, h := range hosts {
		if a, err := netip.ParseAddr(strings.Trim(h, "[]")); err == nil {
			addrs = append(addrs, a.Unmap().WithZone("").AsSlice())
			continue
		}
		if h == "" || len(h) > 253 || h != strings.ToLower(h) || strings.ContainsAny(h, " /:*_@") || strings.HasPrefix(h, ".") {
			return nil, nil, custody.Errorf(custody.Invalid, "%q is not a host name in lower case or an address", h)
		}
		names = append(names, h)
	}
	return names, addrs, nil
}

func serial() *big.Int {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand, Go 1.24)
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b[:])
}

func encodeCert(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, custody.Wrap(custody.Internal, err, "the key cannot be written")
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
