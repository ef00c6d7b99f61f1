package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"slices"
	"strings"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/footage-custody/custody/internal/custody"
)

const (
	codeStep      = 30 // seconds for which a one-time code stands (RFC 6238)
	codeSkew      = 1  // steps that a client's clock may be off, either way
	recoveryCodes = 10
)

// pendingCode is a one-time code secret between its two halves of enrolment.
type pendingCode struct {
	staff  custody.StaffID
	secret Secret // base32
}

// Enrolment is what an authenticator app needs; shown once. URI is what a QR code holds.
type Enrolment struct {
	Secret Secret // base32, for typing in
	URI    Secret // otpauth://
}

// useCode checks the second factor of a member whose password is right. It changes secrets by what is used up.
func (r *Register) useCode(s Staff, secrets *Secrets, code Secret) (method string, changed bool, why refusal, err error) {
	text := strings.Map(func(c rune) rune {
		if c == ' ' || c == '-' {
			return -1
		}
		return c
	}, strings.ToUpper(string(code[:min(len(code), 64)])))
	switch {
	case secrets.TOTP == nil && (s.Passkeys == 0 || !r.required):
		return ByPassword, false, "", nil // there is no second factor, or it was not asked for
	case len(text) == otp.DigitsSix.Length() && secrets.TOTP != nil:
		plain, err := r.keys.OpenSecondFactor(s.ID, secrets.TOTPKey, secrets.TOTP)
		if err != nil {
			return "", false, "", err
		}
		step, ok := matchStep(Secret(plain), text, r.clock.Now())
		if !ok || step <= secrets.TOTPStep {
			return "", false, wrongCode, nil
		}
		secrets.TOTPStep = step
		return ByTOTP, true, "", nil
	}
	sum := sha256.Sum256([]byte(text))
	i := slices.IndexFunc(secrets.Codes, func(c []byte) bool { return subtle.ConstantTimeCompare(c, sum[:]) == 1 })
	if i < 0 {
		return "", false, wrongCode, nil
	}
	secrets.Codes = slices.Delete(slices.Clone(secrets.Codes), i, i+1)
	return ByRecovery, true, "", nil
}

// matchStep finds the time step, among those that count as now, whose code this is.
func matchStep(secret Secret, code string, now custody.Instant) (step int64, ok bool) {
	current := now.Time().Unix() / codeStep
	for s := current - codeSkew; s <= current+codeSkew; s++ {
		at := custody.Instant(s * codeStep * 1_000_000).Time()
		want, err := totp.GenerateCodeCustom(string(secret), at, totp.ValidateOpts{Period: codeStep, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// StartTOTP begins the set-up of one-time codes. The secret waits in memory for ten minutes; starting again replaces it. It
// needs a fresh sign-in, and fails with Conflict if the member has one-time codes already.
func (r *Register) StartTOTP(ctx context.Context, who Actor) (Enrolment, error) {
	s, session, err := r.ownEnrolling(ctx, who)
	if err != nil {
		return Enrolment{}, err
	}
	if s.HasTOTP {
		return Enrolment{}, custody.Errorf(custody.Conflict, "one-time codes are set up already: remove them first")
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: r.site, AccountName: s.Login, Period: codeStep, SecretSize: 20, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return Enrolment{}, custody.Wrap(custody.Internal, err, "the one-time codes could not be made")
	}
	r.codes.put(string(session.ID), string(s.ID), pendingCode{s.ID, Secret(key.Secret())}, r.clock.Now())
	return Enrolment{Secret(key.Secret()), Secret(key.URL())}, nil
}

// FinishTOTP takes a code that the app shows, turns one-time codes on, and returns ten fresh recovery codes, shown once. A
// session that could only enrol is lifted.
func (r *Register) FinishTOTP(ctx context.Context, who Actor, code Secret, address string) ([]Secret, Authentication, error) {
	s, session, err := r.ownEnrolling(ctx, who)
	if err != nil {
		return nil, Authentication{}, err
	}
	pending, ok := r.codes.look(string(session.ID), r.clock.Now())
	if !ok || pending.staff != s.ID {
		return nil, Authentication{}, custody.Errorf(custody.Conflict, "the set-up of one-time codes was not begun, or more than ten minutes ago: begin again")
	}
	step, ok := matchStep(pending.secret, strings.ReplaceAll(string(code), " ", ""), r.clock.Now())
	if !ok {
		return nil, Authentication{}, custody.Errorf(custody.Invalid, "code: this is not the code that the app shows now; compare the clock of the device")
	}
	secrets, err := r.store.Secrets(ctx, s.ID)
	if err != nil {
		return nil, Authentication{}, err
	}
	if secrets.TOTP != nil {
		return nil, Authentication{}, custody.Errorf(custody.Conflict, "one-time codes are set up already: remove them first")
	}
	if secrets.TOTP, secrets.TOTPKey, err = r.keys.SealSecondFactor(s.ID, []byte(pending.secret)); err != nil {
		return nil, Authentication{}, err
	}
	secrets.TOTPStep = step
	var codes []Secret
	codes, secrets.Codes = newCodes()
	if err := r.setSecrets(ctx, who, s, secrets, "one-time codes set up", false); err != nil {
		return nil, Authentication{}, err
	}
	r.codes.take(string(session.ID), r.clock.Now())
	a, err := r.confirm(ctx, who, session, ByTOTP, address, true)
	return codes, a, err
}

// RemoveTOTP turns one-time codes off, against the password and a code. With no passkey left the recovery codes go too, and
// where a second factor is required every session of the member may only enrol again.
func (r *Register) RemoveTOTP(ctx context.Context, who Actor, p Proof) error {
	s, _, err := r.own(ctx, who)
	if err != nil {
		return err
	}
	if !s.HasTOTP {
		return custody.Errorf(custody.Conflict, "one-time codes are not set up")
	}
	ok, err := r.reprove(ctx, s, p, true)
	if err != nil {
		return err
	}
	secrets, err := r.store.Secrets(ctx, s.ID)
	if err != nil {
		return err
	}
	if secrets.Password != ok.secrets.Password {
		return custody.Errorf(custody.Conflict, "the password was changed meanwhile: sign in again")
	}
	secrets.TOTP, secrets.TOTPKey, secrets.TOTPStep = nil, "", 0
	if s.Passkeys == 0 {
		secrets.Codes = nil
	}
	return r.setSecrets(ctx, who, s, secrets, "one-time codes removed", false)
}

// NewRecoveryCodes replaces the recovery codes, against the password and, where one-time codes are set up, a code. The ten
// codes are shown once; each works once in place of a second factor.
func (r *Register) NewRecoveryCodes(ctx context.Context, who Actor, p Proof) ([]Secret, error) {
	s, _, err := r.ownEnrolling(ctx, who)
	if err != nil {
		return nil, err
	}
	if !s.HasTOTP && s.Passkeys == 0 {
		return nil, custody.Errorf(custody.Conflict, "recovery codes stand in for a second factor: set one up first")
	}
	ok, err := r.reprove(ctx, s, p, s.HasTOTP)
	if err != nil {
		return nil, err
	}
	secrets, err := r.store.Secrets(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	if secrets.Password != ok.secrets.Password {
		return nil, custody.Errorf(custody.Conflict, "the password was changed meanwhile: sign in again")
	}
	var codes []Secret
	codes, secrets.Codes = newCodes()
	return codes, r.setSecrets(ctx, who, s, secrets, "recovery codes", false)
}

// newCodes draws ten codes of 80 random bits, in four groups of base32, and their SHA-256.
func newCodes() (shown []Secret, digests [][]byte) {
	for range recoveryCodes {
		var b [10]byte
		rand.Read(b[:]) // never fails (crypto/rand, Go 1.24)
		text := base32.StdEncoding.EncodeToString(b[:])
		sum := sha256.Sum256([]byte(text))
		shown = append(shown, Secret(text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:]))
		digests = append(digests, sum[:])
	}
	return shown, digests
}
