package identity_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

// phone is an authenticator app.
type phone struct {
	site   *site
	secret identity.Secret
}

func (p phone) code(t testing.TB) identity.Secret {
	t.Helper()
	return identity.Secret(good[string](t)(totp.GenerateCode(string(p.secret), p.site.clock.Now().Time())))
}

// withTOTP sets one-time codes up and moves on to the next code.
func (s *site) withTOTP(t testing.TB, a identity.Authentication) (phone, []identity.Secret) {
	t.Helper()
	e := good[identity.Enrolment](t)(s.StartTOTP(t.Context(), a.Actor))
	if !strings.HasPrefix(string(e.URI), "otpauth://totp/Test%20Library:"+a.Staff.Login+"?") || !strings.Contains(string(e.URI), string(e.Secret)) {
		t.Errorf("the URI is %q", string(e.URI))
	}
	p := phone{s, e.Secret}
	codes, done, err := s.FinishTOTP(t.Context(), a.Actor, p.code(t), here)
	fine(t, err)
	if len(codes) != 10 || !done.Staff.HasTOTP || done.Staff.Codes != 10 || done.Stage == identity.StageEnrol {
		t.Errorf("after the set-up: %d codes, %+v", len(codes), done)
	}
	s.clock.Advance(30 * time.Second)
	return p, codes
}

func TestACodeIsGoodOnce(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	p, _ := s.withTOTP(t, a)
	code := p.code(t)
	if b := good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, code)); b.Session.Method != identity.ByTOTP {
		t.Errorf("signed in by %s", b.Session.Method)
	}
	_, err := s.try(t, "anna", identitytest.Password, code)
	wants(t, "the same code again", err, custody.Denied)
	s.clock.Advance(30 * time.Second)
	_, err = s.try(t, "anna", identitytest.Password, code)
	wants(t, "the last code, within the skew, again", err, custody.Denied)
	good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, " "+p.code(t)[:3]+" "+p.code(t)[3:]))

	s.clock.Advance(5 * time.Minute)
	code = p.code(t)
	var in atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := s.try(t, "anna", identitytest.Password, code); err == nil {
				in.Add(1)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("one code given four times at once opened %d sessions", in.Load())
	}
}

func TestCodesOfOtherTimesAreRefused(t *testing.T) {
	s := newSite(t)
	p, _ := s.withTOTP(t, s.Person(t, "anna", identity.Viewer))
	s.clock.Advance(time.Hour)
	for off, want := range map[time.Duration]bool{-61 * time.Second: false, -30 * time.Second: true, 30 * time.Second: true, 61 * time.Second: false} {
		s.clock.Advance(10 * time.Minute)
		code := good[string](t)(totp.GenerateCode(string(p.secret), s.clock.Now().Add(off).Time()))
		if _, err := s.try(t, "anna", identitytest.Password, identity.Secret(code)); (err == nil) != want {
			t.Errorf("a code %v off: %v", off, err)
		}
	}
}

func TestEachRecoveryCodeWorksOnce(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	_, codes := s.withTOTP(t, a)
	for i, code := range codes {
		s.clock.Advance(time.Minute)
		b := good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, identity.Secret(strings.ToLower(string(code)))))
		if b.Session.Method != identity.ByRecovery || b.Staff.Codes != len(codes)-1-i {
			t.Errorf("by %s, %d codes left", b.Session.Method, b.Staff.Codes)
		}
		_, err := s.try(t, "anna", identitytest.Password, code)
		wants(t, "again", err, custody.Denied)
	}
	if len(s.events(custody.EventCredentialChanged)) < len(codes) {
		t.Error("the use of a recovery code is not written down")
	}
}

func TestASecondFactorThatIsRequiredComesFirst(t *testing.T) {
	s := newSite(t, required)
	s.Hire(t, "anna", identity.Viewer)
	a := good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, ""))
	if a.Stage != identity.StageEnrol {
		t.Fatalf("the session has come to %s", a.Stage)
	}
	_, err := s.Acknowledge(t.Context(), a.Actor, identitytest.PolicyVersion, here)
	wants(t, "acknowledging before", err, custody.Denied)
	confirmed := good[identity.Authentication](t)(s.Confirm(t.Context(), a.Actor, proof(identitytest.Password, "")))
	if confirmed.Stage != identity.StageEnrol {
		t.Error("a password confirmed lifts the stage")
	}
	other := good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, ""))
	p, _ := s.withTOTP(t, a)
	if b := good[identity.Authentication](t)(s.Authenticate(t.Context(), a.Renewed, here)); b.Stage != identity.StageAcknowledge {
		t.Errorf("after the set-up: %s", b.Stage)
	}
	if b := good[identity.Authentication](t)(s.Authenticate(t.Context(), other.Renewed, here)); b.Stage != identity.StageEnrol {
		t.Errorf("another session, that never gave a second factor, has come to %s", b.Stage)
	}
	b := good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, p.code(t)))
	s.clock.Advance(time.Minute)
	fine(t, s.RemoveTOTP(t.Context(), b.Actor, proof(identitytest.Password, p.code(t))))
	if c := good[identity.Authentication](t)(s.Authenticate(t.Context(), b.Renewed, here)); c.Stage != identity.StageEnrol || c.Staff.Codes != 0 {
		t.Errorf("without one: %s, %d codes", c.Stage, c.Staff.Codes)
	}
}

func TestChangesOfCredentialsNeedAFreshSignIn(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	token := s.keep(t, a.Renewed, identity.FreshFor)
	_, err := s.StartTOTP(t.Context(), a.Actor)
	if wants(t, "stale", err, custody.Denied); !identity.NeedsConfirm(err) {
		t.Error("it does not say that confirming helps")
	}
	_, err = s.StartPasskey(t.Context(), a.Actor)
	wants(t, "stale", err, custody.Denied)
	_, err = s.Confirm(t.Context(), a.Actor, proof("wrong wrong wrong", ""))
	wants(t, "wrong", err, custody.Denied)
	good[identity.Authentication](t)(s.Confirm(t.Context(), a.Actor, proof(identitytest.Password, "")))
	s.withTOTP(t, a)
	if !s.alive(t, token) || len(s.events(custody.EventSessionConfirmed)) != 2 {
		t.Error("confirming is not written down")
	}
	_, err = s.StartTOTP(t.Context(), a.Actor)
	wants(t, "a second set-up", err, custody.Conflict)
}

func TestASetUpThatIsNotFinishedChangesNothing(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	_, _, err := s.FinishTOTP(t.Context(), a.Actor, "123456", here)
	wants(t, "not begun", err, custody.Conflict)
	p := phone{s, good[identity.Enrolment](t)(s.StartTOTP(t.Context(), a.Actor)).Secret}
	_, _, err = s.FinishTOTP(t.Context(), a.Actor, "12345", here)
	wants(t, "wrong code", err, custody.Invalid)
	s.keep(t, a.Renewed, 10*time.Minute)
	_, _, err = s.FinishTOTP(t.Context(), a.Actor, p.code(t), here)
	wants(t, "too late", err, custody.Conflict)
	good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, ""))
	_, err = s.NewRecoveryCodes(t.Context(), a.Actor, proof(identitytest.Password, ""))
	wants(t, "recovery codes for nothing", err, custody.Conflict)
}

func TestNewRecoveryCodesReplaceTheOld(t *testing.T) {
	s := newSite(t)
	a := s.Person(t, "anna", identity.Viewer)
	p, old := s.withTOTP(t, a)
	_, err := s.NewRecoveryCodes(t.Context(), a.Actor, proof(identitytest.Password, ""))
	wants(t, "without a code", err, custody.Denied)
	next := good[[]identity.Secret](t)(s.NewRecoveryCodes(t.Context(), a.Actor, proof(identitytest.Password, p.code(t))))
	_, err = s.try(t, "anna", identitytest.Password, old[0])
	wants(t, "an old one", err, custody.Denied)
	good[identity.Authentication](t)(s.try(t, "anna", identitytest.Password, next[0]))
}
