package identity_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
	"github.com/footage-custody/custody/internal/trust/keys"
)

var b64 = base64.RawURLEncoding

// forge signs whatever it is given with the site's own token key: what follows must hold even against that.
func (s *site) forge(t testing.TB, header, payload string) identity.Secret {
	t.Helper()
	_, signer, err := s.Keys.TokenSigner()
	fine(t, err)
	head := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
	sig, err := signer.Sign(nil, []byte(head), crypto.Hash(0))
	fine(t, err)
	return identity.Secret(head + "." + b64.EncodeToString(sig))
}

type claim struct {
	Iss string   `json:"iss,omitempty"`
	Sub string   `json:"sub,omitempty"`
	Aud []string `json:"aud,omitempty"`
	Exp int64    `json:"exp,omitempty"`
	Nbf int64    `json:"nbf,omitempty"`
	Iat int64    `json:"iat,omitempty"`
	Jti string   `json:"jti,omitempty"`
	Sid string   `json:"sid"`
}

func (s *site) claims(a identity.Authentication) claim {
	now := s.clock.Now().Time().Unix()
	return claim{identitytest.Origin, string(a.Staff.ID), []string{"custody"}, now + 300, now, now, "J", string(a.Session.ID)}
}

func (s *site) header(t testing.TB) string {
	t.Helper()
	kid, _, err := s.Keys.TokenSigner()
	fine(t, err)
	return fmt.Sprintf(`{"alg":"EdDSA","kid":%q,"typ":"custody+jwt"}`, kid)
}

func text(c claim) string { b, _ := json.Marshal(c); return string(b) }

func TestTheForgeWritesAGoodToken(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	if !s.alive(t, s.forge(t, s.header(t), text(s.claims(a)))) {
		t.Fatal("the tests below prove nothing: the unspoilt forgery is refused")
	}
}

func TestClaimsAreRequiredAndExact(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	other := s.Person(t, "berta", identity.Viewer)
	for name, spoil := range map[string]func(*claim){
		"expired": func(c *claim) { c.Exp = c.Iat }, "no exp": func(c *claim) { c.Exp = 0 },
		"nbf in the future": func(c *claim) { c.Nbf += 60 }, "no nbf": func(c *claim) { c.Nbf = 0 },
		"iat in the future": func(c *claim) { c.Iat += 60 }, "no iat": func(c *claim) { c.Iat = 0 },
		"other issuer": func(c *claim) { c.Iss = "https://evil.example" }, "no issuer": func(c *claim) { c.Iss = "" },
		"other audience": func(c *claim) { c.Aud = []string{"portal"} }, "two audiences": func(c *claim) { c.Aud = []string{"custody", "x"} },
		"no audience": func(c *claim) { c.Aud = nil }, "no subject": func(c *claim) { c.Sub = "" }, "no jti": func(c *claim) { c.Jti = "" },
		"operator": func(c *claim) { c.Sub = "operator" }, "another's subject": func(c *claim) { c.Sub = string(other.Staff.ID) },
		"another's session": func(c *claim) { c.Sid = string(other.Session.ID) }, "no session": func(c *claim) { c.Sid = "" },
		"unknown session": func(c *claim) { c.Sid = string(custody.NewSessionID()) },
	} {
		c := s.claims(a)
		spoil(&c)
		if s.alive(t, s.forge(t, s.header(t), text(c))) {
			t.Errorf("%s: let in", name)
		}
	}
	whole := text(s.claims(a))
	for name, payload := range map[string]string{
		"sub twice":    strings.Replace(whole, `"sub":`, `"sub":"stf_x","sub":`, 1),
		"sid twice":    strings.TrimSuffix(whole, "}") + `,"sid":"` + string(a.Session.ID) + `"}`,
		"a role":       strings.TrimSuffix(whole, "}") + `,"role":"administrator"}`,
		"white space":  " " + whole,
		"aud a string": strings.Replace(whole, `["custody"]`, `"custody"`, 1),
		"exp a string": strings.Replace(whole, `"exp":`, `"exp":"9","x":`, 1),
		"no object":    `[]`, "null": `null`, "empty": ``,
	} {
		if s.alive(t, s.forge(t, s.header(t), payload)) {
			t.Errorf("%s: let in", name)
		}
	}
}

func TestHeadersAreOursToTheByte(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	payload, whole := text(s.claims(a)), s.header(t)
	kid, signer, err := s.Keys.TokenSigner()
	fine(t, err)
	for name, header := range map[string]string{
		"none":          strings.Replace(whole, "EdDSA", "none", 1),
		"NONE":          strings.Replace(whole, "EdDSA", "NonE", 1),
		"HS256":         strings.Replace(whole, "EdDSA", "HS256", 1),
		"RS256":         strings.Replace(whole, "EdDSA", "RS256", 1),
		"no alg":        fmt.Sprintf(`{"kid":%q,"typ":"custody+jwt"}`, kid),
		"no kid":        `{"alg":"EdDSA","typ":"custody+jwt"}`,
		"traversal":     strings.Replace(whole, string(kid), "../../etc/passwd", 1),
		"unknown kid":   strings.Replace(whole, string(kid), string(custody.NewKeyID()), 1),
		"kid an object": strings.Replace(whole, `"`+string(kid)+`"`, `{"a":1}`, 1),
		"jku":           strings.TrimSuffix(whole, "}") + `,"jku":"https://evil.example/keys"}`,
		"jwk":           strings.TrimSuffix(whole, "}") + `,"jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"}}`,
		"x5u":           strings.TrimSuffix(whole, "}") + `,"x5u":"https://evil.example"}`,
		"crit":          strings.TrimSuffix(whole, "}") + `,"crit":["exp"]}`,
		"b64":           strings.TrimSuffix(whole, "}") + `,"b64":false}`,
		"JWT":           strings.Replace(whole, "custody+jwt", "JWT", 1),
		"at+jwt":        strings.Replace(whole, "custody+jwt", "at+jwt", 1),
		"kid twice":     strings.Replace(whole, `"kid":`, `"kid":"x","kid":`, 1),
		"white space":   strings.Replace(whole, ":", ": ", 1),
	} {
		if s.alive(t, s.forge(t, header, payload)) {
			t.Errorf("%s: let in", name)
		}
	}
	// HS256 keyed with the public key, in every form in which a library might take it.
	head := b64.EncodeToString([]byte(strings.Replace(whole, "EdDSA", "HS256", 1))) + "." + b64.EncodeToString([]byte(payload))
	public := signer.Public().(ed25519.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(public)
	fine(t, err)
	for _, key := range [][]byte{public, der, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), {}} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(head))
		if s.alive(t, identity.Secret(head+"."+b64.EncodeToString(mac.Sum(nil)))) {
			t.Error("HS256 under the public key: let in")
		}
	}
}

func TestTokensAreOfOneShape(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	token := string(a.Renewed)
	parts := strings.Split(token, ".")
	last := parts[2][:len(parts[2])-1]
	for name, bad := range map[string]string{
		"empty": "", "dots": "..", "two parts": parts[0] + "." + parts[1], "four parts": token + ".x", "five parts": "a.b.c.d.e",
		"no signature": parts[0] + "." + parts[1] + ".", "padded": token + "=", "other bits": last + "_", "spaces": " " + token,
		"line end": token + "\n", "bearer": "Bearer " + token, "NUL": token + "\x00", "standard alphabet": strings.ReplaceAll(token, "_", "/") + "/",
		"signature of another": parts[0] + "." + parts[1] + "." + strings.Split(string(s.Person(t, "berta").Renewed), ".")[2],
	} {
		if s.alive(t, identity.Secret(bad)) {
			t.Errorf("%s: let in", name)
		}
	}
	if !s.alive(t, a.Renewed) {
		t.Error("the good token is refused")
	}
}

func TestAnOversizedTokenCostsNothing(t *testing.T) {
	s := newSite(t)
	huge := identity.Secret(strings.Repeat("a.", 1<<19))
	long := identity.Secret(strings.Repeat("a", 1<<20))
	for _, token := range []identity.Secret{huge, long} {
		bytes := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for range min(b.N, 100) {
				if s.alive(b, token) {
					b.Fatal("let in")
				}
			}
		}).AllocedBytesPerOp()
		if bytes > 1024 {
			t.Errorf("a token of 1 MiB allocates %d bytes", bytes)
		}
	}
}

func TestTokensOutliveARotationOfTheirKey(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	_, err := s.Keys.Rotate(t.Context(), keys.TokenSigning, "operator")
	fine(t, err)
	s.clock.Advance(2 * time.Minute)
	next, err := s.Authenticate(t.Context(), a.Renewed, here)
	fine(t, err)
	if next.Renewed == "" || strings.Split(string(next.Renewed), ".")[0] == strings.Split(string(a.Renewed), ".")[0] {
		t.Error("the fresh token is not signed by the next key")
	}
	if !s.alive(t, next.Renewed) {
		t.Error("the fresh token is refused")
	}
}

func FuzzAuthenticate(f *testing.F) {
	s := newSite(f)
	a := s.Person(f, "anna", identity.Viewer)
	f.Add(string(a.Renewed))
	f.Add(string(s.forge(f, s.header(f), text(s.claims(a)))))
	f.Add(string(s.forge(f, `{"alg":"none"}`, `{}`)))
	f.Add("..")
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		got, err := s.Authenticate(t.Context(), identity.Secret(token), here)
		if err != nil && custody.KindOf(err) != custody.Denied {
			t.Errorf("%v, want Denied", err)
		}
		if err == nil && got.Actor != a.Actor {
			t.Errorf("it is %v", got.Actor)
		}
	})
}
