package simcam

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// doorman checks the credentials of one connection's requests.
type doorman struct {
	nonce  string
	passed int // since the nonce was made
}

// check returns nil if the request may pass, else the challenges for a 401 answer.
func (d *doorman) check(a Authenticate, q request) (challenges []string) {
	if a.Scheme == AuthNone {
		return nil
	}
	given := q.header["Authorization"]
	ok, stale := false, false
	if a.Scheme == AuthBasic {
		want := "Basic " + base64.StdEncoding.EncodeToString([]byte(a.User+":"+a.Password))
		ok = equal(given, want)
	} else {
		ok = d.nonce != "" && checkDigest(a, d.nonce, given, q.method)
		stale = ok && a.StaleAfter > 0 && d.passed >= a.StaleAfter
	}
	if ok && !stale {
		d.passed++
		return nil
	}
	d.nonce, d.passed = rand.Text(), 0
	switch a.Scheme {
	case AuthBasic:
		return []string{fmt.Sprintf("Basic realm=%q", defaultRealm)}
	case AuthDigestSHA256:
		return []string{fmt.Sprintf("Digest realm=%q, nonce=%q, algorithm=SHA-256, stale=%t", defaultRealm, d.nonce, stale)}
	}
	return []string{fmt.Sprintf("Digest realm=%q, nonce=%q, stale=%t", defaultRealm, d.nonce, stale)}
}

// checkDigest verifies a response without qop (RFC 2617 §3.2.2.1, RFC 7616 §3.4.1).
func checkDigest(a Authenticate, nonce, given, method string) bool {
	rest, ok := strings.CutPrefix(given, "Digest ")
	if !ok {
		return false
	}
	p := digestFields(rest)
	if p["username"] != a.User || p["realm"] != defaultRealm || p["nonce"] != nonce {
		return false
	}
	sum := func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }
	if a.Scheme == AuthDigestSHA256 {
		sum = func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }
	}
	want := sum(sum(a.User+":"+defaultRealm+":"+a.Password) + ":" + nonce + ":" + sum(method+":"+p["uri"]))
	return equal(p["response"], want)
}

// digestFields reads key="value" pairs; no value here contains a comma or a quote.
func digestFields(s string) map[string]string {
	out := map[string]string{}
	for part := range strings.SplitSeq(s, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		out[strings.ToLower(key)] = strings.Trim(value, `"`)
	}
	return out
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
