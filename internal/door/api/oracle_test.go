package api_test

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/site/sitetest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/identity"
)

// trial is a site in which random people ask for random bytes, and somebody else says what CONTRACTS 6 gives them.
type trial struct {
	*apitest.Site
	t        *testing.T
	r        *rand.Rand
	people   []*player
	cams     []custody.CameraID
	segments []custody.SegmentID
	shows    []*show
	closed   []access.Restriction
	from     custody.Instant // when the footage begins, about
	filmed   map[custody.CameraID][]apitest.Fact
	desk     custody.CameraID // shows library records
	growing  custody.SegmentID
	pictures int // that were served
	refused  int
}

// player is somebody with a session; two players may be one person.
type player struct {
	apitest.Person
	cams      []custody.CameraID
	custodian bool
}

// show is an open viewing.
type show struct {
	id      string
	by      *player
	cam     custody.CameraID
	granted custody.Span
}

// newTrial films footage of every awkward kind: short and long groups, continuations over segments, a gap, library records, a run that grows.
func newTrial(t *testing.T, seed uint64) *trial {
	s := &trial{Site: apitest.New(t), t: t, r: rand.New(rand.NewPCG(seed, 6)), filmed: map[custody.CameraID][]apitest.Fact{}}
	t.Logf("seed %d", seed)
	hall, yard := s.Camera("Hall", access.PublicArea), s.Camera("Yard", access.PublicArea)
	s.desk = s.Camera("Desk", access.LibraryRecord)
	s.cams = []custody.CameraID{hall, yard, s.desk}
	s.from = s.Clock.Now().Add(-time.Hour)
	for _, f := range []struct {
		cam               custody.CameraID
		at                time.Duration
		n, group, segment int
		growing           bool
	}{
		{hall, -30 * time.Second, 2000, 20, 10, false}, {hall, 4 * time.Minute, 600, 20, 30, false}, {hall, 6*time.Minute + 7*time.Second, 60, 20, 30, true},
		{yard, 13*time.Second + 377*time.Millisecond, 2400, 250, 7, false},
		{s.desk, -time.Minute + time.Microsecond, 1500, 33, 11, false}, {s.desk, 3*time.Minute + 5*time.Second, 40, 1000, 1, false},
	} {
		made := s.Film(apitest.Reel{Camera: f.cam, Start: s.from.Add(f.at), Step: 100 * time.Millisecond, Pictures: apitest.Synthetic(f.n, f.group),
			Track: apitest.SyntheticTrack(), Segment: f.segment, Growing: f.growing})
		if f.growing {
			s.growing = made[len(made)-1]
		}
		s.segments = append(s.segments, made...)
	}
	for _, c := range s.cams {
		s.filmed[c] = s.Filmed(c)
	}
	s.cast(hall)
	return s
}

func (s *trial) cast(hall custody.CameraID) {
	hire := func(login string, cams []custody.CameraID, role identity.Role) *player {
		p := &player{s.Hire(login, identity.StageFull, cams, role), cams, role == identity.Custodian}
		if cams == nil {
			p.cams = s.cams
		}
		s.people = append(s.people, p)
		return p
	}
	clerk := hire("clerk", nil, identity.Viewer)
	hire("porter", []custody.CameraID{hall}, identity.Viewer)
	hire("director", nil, identity.Custodian)
	again := *clerk
	again.Person = s.SignIn(clerk.Person)
	s.people = append(s.people, &again)
}

// do asks as a player and follows the renewal of the token.
func (s *trial) do(p *player, method, path string, body any, headers ...string) apitest.Answer {
	s.t.Helper()
	a := s.As(p.Person).Do(method, path, body, headers...)
	if fresh := a.Header.Get("X-Token"); fresh != "" {
		p.Token = identity.Secret(fresh)
	}
	if a.Status >= 500 {
		s.t.Fatalf("%s %s: %d: %s\n%s", method, path, a.Status, a.Body, s.Log.Tail(4000))
	}
	return a
}

// curtain opens a random viewing and holds the decision against the rules.
func (s *trial) curtain() {
	p, cam := s.people[s.r.IntN(len(s.people))], s.cams[s.r.IntN(len(s.cams))]
	basis := []string{"incident", "reason"}[s.r.IntN(2)]
	const minute = 60_000_000
	span := custody.Span{Start: s.from.Add(-time.Minute + time.Duration(s.r.Int64N(int64(7*time.Minute))))}
	span.End = span.Start.Add(time.Duration(1+s.r.Int64N(int64(3*time.Minute)))) + 1
	want := custody.Span{Start: span.Start - span.Start%minute, End: span.End + (minute-span.End%minute)%minute}
	a := s.do(p, "POST", "/api/viewings", map[string]any{"basis": basis, "text": "a test", "cameras": []string{string(cam)}, "from": span.Start.String(), "to": span.End.String()})
	switch {
	case !slices.Contains(p.cams, cam):
		a.Wants(http.StatusNotFound)
		return
	case cam == s.desk && basis == "reason" && !p.custodian:
		a.Wants(http.StatusForbidden)
		return
	case a.Status == http.StatusForbidden && s.isClosed(p, cam, want):
		return // nothing of it would be left
	}
	var v api.Viewing
	a.Wants(http.StatusCreated).Into(&v)
	if g := v.Cameras[0].Granted; g == nil || g.From != want.Start.String() || g.To != want.End.String() {
		s.t.Fatalf("asked %s, granted %+v, want %s", span, g, want)
	}
	s.shows = append(s.shows, &show{v.ID, p, cam, want})
	if len(s.shows) > 7 {
		i := s.r.IntN(len(s.shows))
		gone := s.shows[i]
		s.do(gone.by, "DELETE", "/api/viewings/"+gone.id, nil).Wants(http.StatusNoContent)
		s.do(gone.by, "GET", s.path(gone, gone.cam)+"media/"+string(s.segments[0])+"/0-0.m4s", nil).Wants(http.StatusForbidden)
		s.shows = slices.Delete(s.shows, i, i+1)
	}
}

func (s *trial) path(w *show, cam custody.CameraID) string {
	return "/api/viewings/" + w.id + "/cameras/" + string(cam) + "/"
}

func (s *trial) isClosed(p *player, cam custody.CameraID, span custody.Span) bool {
	return !p.custodian && slices.ContainsFunc(s.closed, func(r access.Restriction) bool { return r.Camera == cam && r.Span.Overlaps(span) })
}

// allowed is CONTRACTS 6: a fragment is served if it starts inside, and no part of it is closed.
func (s *trial) allowed(w *show, f apitest.Fact) bool {
	return f.Camera == w.cam && w.granted.Contains(f.Fragment.WallStart) &&
		!s.isClosed(w.by, w.cam, custody.Span{Start: f.Fragment.WallStart, End: f.Fragment.WallEnd})
}

// rules seals a span or opens one again; the change has reached every decision three seconds later.
func (s *trial) rules() {
	if len(s.closed) > 2 {
		r := s.closed[0]
		s.closed = s.closed[1:]
		if err := s.Office.Lift(s.t.Context(), s.Decide(access.Ask{Action: access.Restrict, Subject: string(r.ID)}), r.ID); err != nil {
			s.t.Fatal(err)
		}
	} else {
		cam := s.cams[s.r.IntN(len(s.cams))]
		start := s.from.Add(time.Duration(s.r.Int64N(int64(4 * time.Minute))))
		r := access.Restriction{Camera: cam, Span: custody.Span{Start: start, End: start.Add(time.Duration(1+s.r.Int64N(int64(20*time.Second)))) + 1}, Kind: access.RestrictSealed, Reason: "a test"}
		placed, err := s.Office.Restrict(s.t.Context(), s.Decide(access.Ask{Action: access.Restrict, Camera: cam}), r)
		if err != nil {
			s.t.Fatal(err)
		}
		s.closed = append(s.closed, placed)
	}
	s.Clock.Advance(3 * time.Second)
}

// TestNotOneByteOutsideOverHTTP is the interval oracle of CONTRACTS 6 at the front door: random decisions, random requests by random
// people in random spellings while the rules change, and every picture that comes back is held against where it was filmed.
func TestNotOneByteOutsideOverHTTP(t *testing.T) {
	s := newTrial(t, uint64(time.Now().UnixNano()))
	requests := sitetest.Scaled(300, 20_000)
	for n := range requests {
		if n%12 == 0 || len(s.shows) == 0 {
			s.curtain()
		}
		if n%97 == 96 {
			s.rules()
		}
		if len(s.shows) == 0 {
			continue
		}
		w := s.shows[s.r.IntN(len(s.shows))]
		if n%10 == 9 {
			s.list(w)
		} else {
			s.ask(w)
		}
	}
	t.Logf("%d requests: %d pictures served, %d refusals", requests, s.pictures, s.refused)
	if s.pictures < requests || s.refused < requests/10 {
		t.Error("the trial looks at nothing")
	}
}
