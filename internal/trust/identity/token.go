package identity

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/footage-custody/custody/internal/custody"
)

const (
	tokenType = "custody+jwt"
	audience  = "custody"
	maxToken  = 2 << 10
)

// claims say whose session it is and for how long the token is good; never what its holder may do (CONTRACTS 13).
type claims struct {
	jwt.RegisteredClaims
	Session custody.SessionID `json:"sid"`
}

var errToken = errors.New("the token is not one that this site signed, or its time is over")

// issue signs a token for a session.
func (r *Register) issue(s Session) (Secret, error) {
	kid, signer, err := r.keys.TokenSigner()
	if err != nil {
		return "", err
	}
	now := r.clock.Now().Time()
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: r.origin, Audience: jwt.ClaimStrings{audience}, Subject: string(s.Staff), ID: rand.Text(),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(TokenLife)),
		},
		Session: s.ID,
	})
	t.Header = header(string(kid))
	text, err := t.SignedString(signer)
	return Secret(text), custody.Wrap(custody.Internal, err, "the session's token could not be signed")
}

func header(kid string) map[string]any {
	return map[string]any{"alg": jwt.SigningMethodEdDSA.Alg(), "kid": kid, "typ": tokenType}
}

// read verifies a token (RFC 8725): bounded, of exactly the form that issue writes, signed by a key of our own table, and good
// now. Every failure is errToken with no more said, or Unavailable when the keys are closed.
func (r *Register) read(token Secret) (claims, error) {
	if len(token) > maxToken {
		return claims{}, errToken
	}
	parts := strings.Split(string(token), ".")
	if len(parts) != 3 || strings.ContainsAny(string(token), "\r\n") { // which Go's base64 passes over, strict or not
		return claims{}, errToken
	}
	kid, ok := headerOf(parts[0])
	if !ok {
		return claims{}, errToken
	}
	key, err := r.keys.TokenKey(kid)
	if custody.KindOf(err) == custody.Unavailable {
		return claims{}, err
	}
	if err != nil {
		return claims{}, errToken
	}
	var c claims
	_, err = r.parser().ParseWithClaims(string(token), &c, func(*jwt.Token) (any, error) { return key, nil })
	if err != nil || c.IssuedAt == nil || c.NotBefore == nil || c.ID == "" || !c.written(parts[1]) {
		return claims{}, errToken
	}
	if len(c.Audience) != 1 || c.ExpiresAt.Sub(c.IssuedAt.Time) != TokenLife {
		return claims{}, errToken
	}
	if !custody.ValidID("stf_", c.Subject) || !custody.ValidID("ses_", string(c.Session)) {
		return claims{}, errToken
	}
	return c, nil
}

func (r *Register) parser() *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithStrictDecoding(),
		jwt.WithIssuer(r.origin), jwt.WithAudience(audience), jwt.WithIssuedAt(), jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(),
		jwt.WithTimeFunc(func() time.Time { return r.clock.Now().Time() }),
	)
}

// headerOf finds the key's name in a header that is, to the byte, one that issue writes: no other algorithm or type, no jku,
// jwk, x5u or crit, nothing said twice.
func headerOf(part string) (custody.KeyID, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return "", false
	}
	var h struct {
		KeyID string `json:"kid"`
	}
	if json.Unmarshal(raw, &h) != nil || !custody.ValidID("key_", h.KeyID) {
		return "", false
	}
	ours, err := json.Marshal(header(h.KeyID))
	return custody.KeyID(h.KeyID), err == nil && bytes.Equal(raw, ours)
}

// written reports whether the payload is what these claims are written as: nothing more, nothing twice.
func (c claims) written(part string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return false
	}
	ours, err := json.Marshal(c)
	return err == nil && bytes.Equal(raw, ours)
}
