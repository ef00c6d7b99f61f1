package api_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

type object = map[string]any

// smith makes tokens: good ones with the site's own key, and all others.
type smith struct {
	t      *testing.T
	kid    custody.KeyID
	signer crypto.Signer
	header object
	claims object
	own    ed25519.PrivateKey // not the site's
}

func newSmith(t *testing.T, s *apitest.Site, token identity.Secret) *smith {
	m := &smith{t: t}
	var err error
	if m.kid, m.signer, err = s.Ring.TokenSigner(); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(token), ".")
	for i, into := range []*object{&m.header, &m.claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err != nil || d.Decode(into) != nil {
			t.Fatal("the site's own token cannot be read")
		}
	}
	_, m.own, err = ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// with is a copy of base with some fields changed; nil takes one out.
func with(base, change object) object {
	out := maps.Clone(base)
	for k, v := range change {
		if out[k] = v; v == nil {
			delete(out, k)
		}
	}
	return out
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// part writes an object with the names of a token's payload in the order in which the site writes them: it compares to the byte.
func part(o object) string {
	names := slices.Sorted(maps.Keys(o))
	rank := func(name string) int {
		return slices.Index([]string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid"}, name)
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	var out []string
	for _, name := range names {
		k, _ := json.Marshal(name)
		v, _ := json.Marshal(o[name])
		out = append(out, string(k)+":"+string(v))
	}
	return b64([]byte("{" + strings.Join(out, ",") + "}"))
}

// forge signs header and claims.
func (m *smith) forge(header, claims object, sign func(message []byte) []byte) string {
	message := part(header) + "." + part(claims)
	return message + "." + b64(sign([]byte(message)))
}

// signed is forge with the site's own key: only the content is wrong.
func (m *smith) signed(header, claims object) string {
	return m.forge(with(m.header, header), with(m.claims, claims), m.good)
}

func (m *smith) good(message []byte) []byte {
	b, err := m.signer.Sign(rand.Reader, message, crypto.Hash(0))
	if err != nil {
		m.t.Fatal(err)
	}
	return b
}

// raw signs payloads that no encoder writes.
func (m *smith) raw(claims string) string {
	message := part(m.header) + "." + b64([]byte(claims))
	return message + "." + b64(m.good([]byte(message)))
}

// confused are tokens whose algorithm or key is not the site's.
func (m *smith) confused(s *apitest.Site) map[string]string {
	public := m.signer.Public().(ed25519.PublicKey)
	der, _ := x509.MarshalPKIXPublicKey(public)
	mac := func(key []byte) func([]byte) []byte {
		return func(message []byte) []byte { h := hmac.New(sha256.New, key); h.Write(message); return h.Sum(nil) }
	}
	own := func(message []byte) []byte { return ed25519.Sign(m.own, message) }
	none := func([]byte) []byte { return nil }
	rsaKey, err1 := rsa.GenerateKey(rand.Reader, 2048)
	ecKey, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	logSigner, err3 := s.Ring.LogSigner()
	if err1 != nil || err2 != nil || err3 != nil {
		m.t.Fatal(err1, err2, err3)
	}
	sum := func(sign func([]byte) ([]byte, error)) func([]byte) []byte {
		return func(message []byte) []byte { d := sha256.Sum256(message); b, _ := sign(d[:]); return b }
	}
	jwk := object{"kty": "OKP", "crv": "Ed25519", "x": b64(m.own.Public().(ed25519.PublicKey))}
	alg := func(name string) object { return with(m.header, object{"alg": name}) }
	out := map[string]string{
		"none": m.forge(alg("none"), m.claims, none), "None": m.forge(alg("None"), m.claims, none), "none, signed": m.forge(alg("none"), m.claims, m.good),
		"no algorithm": m.forge(with(m.header, object{"alg": nil}), m.claims, m.good), "no signature": m.forge(m.header, m.claims, none),
		"HS256 raw": m.forge(alg("HS256"), m.claims, mac(public)), "HS256 DER": m.forge(alg("HS256"), m.claims, mac(der)),
		"HS256 PEM":   m.forge(alg("HS256"), m.claims, mac(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))),
		"HS256 empty": m.forge(alg("HS256"), m.claims, mac(nil)), "HS256 kid": m.forge(alg("HS256"), m.claims, mac([]byte(m.kid))),
		"RS256":            m.forge(alg("RS256"), m.claims, sum(func(d []byte) ([]byte, error) { return rsa.SignPKCS1v15(rand.Reader, rsaKey, crypto.SHA256, d) })),
		"ES256":            m.forge(alg("ES256"), m.claims, sum(func(d []byte) ([]byte, error) { return ecdsa.SignASN1(rand.Reader, ecKey, d) })),
		"EdDSA by another": m.forge(m.header, m.claims, own),
		"by the log's key": m.forge(m.header, m.claims, func(message []byte) []byte { b, _ := logSigner.Sign(rand.Reader, message, crypto.Hash(0)); return b }),
		"jwk":              m.forge(with(m.header, object{"jwk": jwk}), m.claims, own), "jwk, no kid": m.forge(with(m.header, object{"jwk": jwk, "kid": nil}), m.claims, own),
		"jku": m.forge(with(m.header, object{"jku": s.URL + "/keys"}), m.claims, own), "x5u": m.forge(with(m.header, object{"x5u": s.URL + "/chain"}), m.claims, own),
	}
	for name, kid := range map[string]any{"path": "../../../../dev/null", "sql": "' UNION SELECT 'x'--", "unknown": "key_" + strings.Repeat("a", 26), "empty": "", "number": 7,
		"list": []string{string(m.kid)}, "null byte": string(m.kid) + "\x00", "none": nil} {
		out["kid "+name] = m.forge(with(m.header, object{"kid": kid}), m.claims, own)
		out["kid "+name+", signed"] = m.signed(object{"kid": kid}, nil)
	}
	return out
}

// untrue are tokens that the site's own key signed and that say what it never says.
func (m *smith) untrue(other, ended map[string]any) map[string]string {
	out := map[string]string{
		"crit": m.signed(object{"crit": []string{"exp"}}, nil), "b64": m.signed(object{"b64": false, "crit": []string{"b64"}}, nil),
		"jku beside": m.signed(object{"jku": "https://example.org"}, nil), "x5c": m.signed(object{"x5c": []string{"AAAA"}}, nil), "typ": m.signed(object{"typ": "JWT"}, nil),
		"no typ": m.signed(object{"typ": nil}, nil), "cty": m.signed(object{"cty": "JWT"}, nil), "zip": m.signed(object{"zip": "DEF"}, nil),
		"expired": m.signed(nil, object{"exp": 1}), "no exp": m.signed(nil, object{"exp": nil}), "exp text": m.signed(nil, object{"exp": "9999999999"}),
		"exp far": m.signed(nil, object{"exp": 9999999999}), "exp huge": m.signed(nil, object{"exp": 1e300}), "nbf": m.signed(nil, object{"nbf": 9999999999}), "no nbf": m.signed(nil, object{"nbf": nil}),
		"iat": m.signed(nil, object{"iat": 9999999999}), "no iat": m.signed(nil, object{"iat": nil}), "iss": m.signed(nil, object{"iss": "https://example.org"}),
		"no iss": m.signed(nil, object{"iss": nil}), "aud": m.signed(nil, object{"aud": []string{"other"}}), "no aud": m.signed(nil, object{"aud": nil}),
		"aud more": m.signed(nil, object{"aud": []string{"other", "custody"}}), "no jti": m.signed(nil, object{"jti": nil}),
		"another's sub": m.signed(nil, object{"sub": other["sub"]}), "another's sid": m.signed(nil, object{"sid": other["sid"]}), "no sub": m.signed(nil, object{"sub": nil}),
		"sub operator": m.signed(nil, object{"sub": "operator"}), "sub system": m.signed(nil, object{"sub": "system"}), "sub list": m.signed(nil, object{"sub": []any{m.claims["sub"]}}),
		"no sid": m.signed(nil, object{"sid": nil}), "unknown sid": m.signed(nil, object{"sid": custody.NewSessionID()}), "ended sid": m.signed(nil, object{"sid": ended["sid"]}),
		"roles": m.signed(nil, object{"roles": []string{"custodian"}}), "null": m.raw("null"), "list": m.raw("[]"), "nothing": m.raw(""),
		"deep": m.raw(strings.Repeat("[", 500)), "not UTF-8": m.raw("{\"sub\":\"\xff\"}"),
	}
	text, err := base64.RawURLEncoding.DecodeString(part(m.claims))
	if err != nil {
		m.t.Fatal(err)
	}
	out["twice"] = m.raw(strings.TrimSuffix(string(text), "}") + `,"sub":"` + m.claims["sub"].(string) + `"}`)
	out["trailing"] = m.raw(string(text) + "{}")
	return out
}

// misshapen are good tokens in a form that nobody writes, and things that are none.
func misshapen(good string) map[string]string {
	parts := strings.Split(good, ".")
	last := good[len(good)-1]
	flipped := good[:len(good)-1] + map[bool]string{true: "B", false: "A"}[last == 'A']
	return map[string]string{
		"empty": "", "dots": "..", "two parts": parts[0] + "." + parts[1], "four parts": good + ".AAAA", "padded": good + "==", "flipped": flipped,
		"swapped": parts[1] + "." + parts[0] + "." + parts[2], "lower": strings.ToLower(good), "quoted": `"` + good + `"`, "5 KiB": strings.Repeat("A", 5<<10),
		"3 KiB": good + strings.Repeat("A", 3<<10), "spread": parts[0] + ".\t" + parts[1] + "." + parts[2], "JSON": `{"payload":"` + parts[1] + `"}`,
		"in base64": base64.StdEncoding.EncodeToString([]byte(good)), "percent": strings.ReplaceAll(good, ".", "%2e"),
	}
}

var ofRequest = regexp.MustCompile(`req-[a-z2-7]+`)

// TestForgedTokensOverHTTP brings every kind of bad token to the door, as Bearer, as cookie and to a socket. All get one same answer.
func TestForgedTokensOverHTTP(t *testing.T) {
	s := apitest.New(t)
	hall := s.Camera("Hall", access.PublicArea)
	clerk := s.Hire("clerk", identity.StageFull, nil, identity.Viewer)
	other := newSmith(t, s, s.Hire("other", identity.StageFull, nil, identity.Administrator).Token).claims
	gone := s.Hire("gone", identity.StageFull, nil, identity.Viewer)
	s.As(gone).Do("DELETE", "/api/session", nil).Wants(http.StatusNoContent)
	ended := newSmith(t, s, gone.Token).claims
	clerk = s.SignIn(clerk)
	m := newSmith(t, s, clerk.Token)
	good := m.signed(nil, nil)
	nobody := s.As(apitest.Person{})
	nobody.Do("GET", "/api/session", nil, "Authorization", "Bearer "+good).Wants(http.StatusOK) // what the smith makes is good where nothing is wrong

	all := m.confused(s)
	maps.Copy(all, m.untrue(other, ended))
	maps.Copy(all, misshapen(good))
	answers := map[string]int{}
	before := heap()
	for range 3 {
		for name, token := range all {
			a := nobody.Do("GET", "/api/session", nil, "Authorization", "Bearer "+token)
			if a.Status != http.StatusUnauthorized {
				t.Errorf("Bearer %s: %d %s", name, a.Status, a.Body)
			}
			answers[ofRequest.ReplaceAllString(string(a.Body), "")]++
			a = nobody.Do("GET", "/api/cameras", nil, "Cookie", "__Host-custody="+token)
			if a.Status != http.StatusUnauthorized || bytes.Contains(a.Body, []byte(hall)) {
				t.Errorf("cookie %s: %d %s", name, a.Status, a.Body)
			}
			if _, status := nobody.Listen("/api/viewings/"+string(custody.NewViewingID())+"/cameras/"+string(hall)+"/live", "Cookie", "__Host-custody="+token); status != http.StatusUnauthorized {
				t.Errorf("socket %s: %d", name, status)
			}
		}
	}
	if len(answers) != 2 { // to what is a token, and to what is none
		t.Errorf("the answers differ: %v", answers)
	}
	if after := heap(); after > before+4<<20 {
		t.Errorf("%d attacks left %d KiB behind", 9*len(all), (after-before)>>10)
	}
	for name, token := range all {
		if len(token) > 40 && strings.Contains(s.Log.String(), token) {
			t.Errorf("the log has the token %s", name)
		}
	}
	t.Logf("%d kinds of token", len(all))
}

// heap is what lives after a collection, less what the test itself logs.
func heap() uint64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
