package api_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/site/sitetest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
)

// guess is one thing to ask for that one may not learn about.
type guess struct {
	name string
	ask  func() apitest.Answer
}

// enough answers have medians that say something.
const enough = 40

// unheard is a difference that no network lets through: ids have 128 random bits, so that nobody can guess at one often enough to hear it.
const unheard = 100 * time.Microsecond

// alike asks each guess n times, in random order, and fails the test unless all have the same status and body (but the request's number)
// and, at full length, medians within 5 %. A machine that is busy beside tells times apart that are the same; what really differs does so
// every time, so a second and a third look is taken. Of a handful of answers only what they say is compared.
func alike(t *testing.T, status, n int, guesses ...guess) {
	t.Helper()
	var medians []time.Duration
	for range 3 {
		medians = timed(t, status, n, guesses)
		least, most := slices.Min(medians), slices.Max(medians)
		t.Logf("medians of %d: %v", n, medians)
		if n < enough || most <= least+max(sitetest.Scaled(9*least, least/20), unheard) {
			return
		}
	}
	t.Errorf("the answers take %v", medians)
}

// timed is the median of each guess.
func timed(t *testing.T, status, n int, guesses []guess) (medians []time.Duration) {
	t.Helper()
	took := make([][]time.Duration, len(guesses))
	want := ""
	for range n {
		for _, i := range rand.Perm(len(guesses)) {
			begin := time.Now()
			a := guesses[i].ask()
			took[i] = append(took[i], time.Since(begin))
			got := fmt.Sprint(a.Status, a.Header.Get("Content-Type"), a.Header.Values("Www-Authenticate"), ofRequest.ReplaceAllString(string(a.Body), ""))
			if want == "" {
				want = got
			}
			if a.Status != status || got != want {
				t.Fatalf("%s: %d %s, want %s", guesses[i].name, a.Status, got, want)
			}
		}
	}
	for i := range guesses {
		slices.Sort(took[i])
		medians = append(medians, took[i][n/2])
	}
	return medians
}

// TestAllRefusedSignInsLookAlike guesses at unknown, disabled and real people, with the real cost of a password. Time moves on between
// guesses, so that none is throttled; throttled ones look alike too.
func TestAllRefusedSignInsLookAlike(t *testing.T) {
	s := apitest.New(t, func(o *identity.Options) {
		if sitetest.Full() {
			o.Hash = identity.HashCost{} // the real one
		}
	})
	known, other := s.Hire("known", identity.StageFull, nil, identity.Viewer), s.Hire("other", identity.StageFull, nil, identity.Viewer)
	_, link, err := s.Identity.Add(t.Context(), s.Operator, identity.New{Login: "invited", Name: "Invited", Roles: []identity.Role{identity.Viewer}, AllCameras: true})
	if err != nil || link.Token == "" {
		t.Fatal(err)
	}
	gone := s.Hire("gone", identity.StageFull, nil, identity.Viewer)
	s.Hire("admin", identity.StageFull, nil, identity.Administrator)
	m, _, err := s.Identity.Member(t.Context(), gone.ID)
	if err == nil {
		_, err = s.Identity.Change(t.Context(), s.Operator, gone.ID, identity.Change{Enabled: new(bool), Version: m.Version})
	}
	if err != nil {
		t.Fatal(err)
	}
	nobody := s.As(apitest.Person{})
	sign := func(login, password, code string) func() apitest.Answer {
		return func() apitest.Answer {
			s.Clock.Advance(25 * time.Hour) // what was guessed yesterday is forgotten
			return nobody.Do("POST", "/api/sign-in", object{"login": login, "password": password, "code": code})
		}
	}
	alike(t, http.StatusUnauthorized, 2,
		guess{"unknown", sign("unknown", identitytest.Password, "123456")}, guess{"impossible", sign("No Such Login!", identitytest.Password, "123456")},
		guess{"wrong password", sign(known.Login, "another password", "123456")}, guess{"wrong code", sign(other.Login, identitytest.Password, "000000")},
		guess{"no code", sign(other.Login, identitytest.Password, "")}, guess{"disabled", sign("gone", identitytest.Password, "123456")},
		guess{"no password yet", sign("invited", identitytest.Password, "123456")}, guess{"long", sign(known.Login, strings.Repeat("p", 1000), "123456")})
	alike(t, http.StatusUnauthorized, sitetest.Scaled(40, 500), guess{"unknown", sign("unknown", identitytest.Password, "123456")},
		guess{"wrong password", sign(known.Login, "another password", "123456")}, guess{"wrong code", sign(other.Login, identitytest.Password, "000000")},
		guess{"disabled", sign("gone", identitytest.Password, "123456")})
	throttled := map[string]bool{}
	s.Clock.Advance(25 * time.Hour)
	for _, login := range []string{known.Login, "unknown", "gone", "invited"} {
		var a apitest.Answer
		for range 6 { // the address itself is throttled after twenty
			a = nobody.Do("POST", "/api/sign-in", object{"login": login, "password": "wrong", "code": "1"})
		}
		throttled[fmt.Sprint(a.Status, a.Header.Get("Retry-After"), ofRequest.ReplaceAllString(string(a.Body), ""))] = true
		s.Clock.Advance(25 * time.Hour)
	}
	if len(throttled) != 1 {
		t.Errorf("throttled people differ: %v", throttled)
	}
}

// TestWhatIsNotYoursLooksLikeNothing asks for what exists and what does not.
func TestWhatIsNotYoursLooksLikeNothing(t *testing.T) {
	many := sitetest.Scaled(40, 500)
	c := newCinema(t)
	yard := c.Camera("Yard", access.PublicArea)
	porter := c.As(c.Hire("porter", identity.StageFull, []custody.CameraID{yard}, identity.Viewer))
	auditor := c.As(c.Hire("auditor", identity.StageFull, nil, identity.Auditor))
	path := watch(c.clerk, c.hall, c.minute())
	theirs := strings.Split(path, "/")[3]
	own := watch(porter, yard, c.minute())
	late := watch(c.clerk, c.hall, custody.Span{Start: c.minute().End.Add(time.Minute), End: c.minute().End.Add(2 * time.Minute)})
	segment := c.index(path).Parts[0].Segment
	get := func(v apitest.Voice, format string, args ...any) func() apitest.Answer {
		return func() apitest.Answer { return v.Get(fmt.Sprintf(format, args...)) }
	}
	t.Run("cameras", func(t *testing.T) {
		alike(t, http.StatusNotFound, many, guess{"another's", func() apitest.Answer { return porter.View(c.hall, c.minute()) }},
			guess{"none", func() apitest.Answer { return porter.View(custody.NewCameraID(), c.minute()) }})
	})
	end := func(id string) func() apitest.Answer {
		return func() apitest.Answer { return porter.Do("DELETE", "/api/viewings/"+id, nil) }
	}
	t.Run("viewings", func(t *testing.T) {
		alike(t, http.StatusNotFound, many, guess{"another's", get(porter, "/api/viewings/%s", theirs)}, guess{"none", get(porter, "/api/viewings/%s", custody.NewViewingID())})
		alike(t, http.StatusNotFound, many, guess{"another's", end(theirs)}, guess{"none", end(string(custody.NewViewingID()))})
	})
	for _, format := range []string{"%smedia/%s/0-0.m4s", "%sinit/%s.mp4"} {
		t.Run("segments", func(t *testing.T) {
			alike(t, http.StatusNotFound, many, guess{"another's", get(porter, format, own, segment)}, guess{"none", get(porter, format, own, custody.NewSegmentID())})
			alike(t, http.StatusNotFound, many, guess{"of another time", get(c.clerk, format, late, segment)}, guess{"none", get(c.clerk, format, late, custody.NewSegmentID())})
		})
	}
	t.Run("staff", func(t *testing.T) {
		var me api.Session
		c.clerk.Get("/api/session").Wants(http.StatusOK).Into(&me)
		alike(t, http.StatusForbidden, many, guess{"a member", get(porter, "/api/staff/%s", me.Staff.ID)}, guess{"none", get(porter, "/api/staff/%s", custody.NewStaffID())})
	})
	t.Run("events", func(t *testing.T) {
		alike(t, http.StatusForbidden, many, guess{"one", get(porter, "/api/audit/%s/proof", c.FirstEvent())}, guess{"none", get(porter, "/api/audit/%s/proof", custody.NewEventID())})
	})
	t.Run("watchers", func(t *testing.T) {
		at := "&from=" + c.from.String() + "&to=" + c.from.Add(time.Minute).String()
		auditor.Get("/api/audit/watchers?camera=" + string(c.hall) + at).Wants(http.StatusOK)
		alike(t, http.StatusForbidden, many, guess{"another's", get(porter, "/api/audit/watchers?camera=%s%s", c.hall, at)}, guess{"none", get(porter, "/api/audit/watchers?camera=%s%s", custody.NewCameraID(), at)})
	})
}
