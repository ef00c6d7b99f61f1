package viewing_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/trust/access"
)

// theatre is a stage with footage of every awkward kind on three cameras, in the ten minutes from noon.
func theatre(t *testing.T) (*stage, []custody.CameraID) {
	s := newStage(t)
	cams := []custody.CameraID{s.camera(), s.camera(), s.camera()}
	s.film(cams[0], shape{start: noon.Add(-30 * time.Second), pictures: 2400, group: 20, segment: 10})                     // regular, 4 minutes
	s.film(cams[0], shape{start: noon.Add(4 * time.Minute), pictures: 900, group: 20, segment: 30})                        // after a gap
	s.film(cams[1], shape{start: noon.Add(13*time.Second + 377*time.Millisecond), pictures: 3000, group: 250, segment: 7}) // long groups: continuations
	s.film(cams[2], shape{start: noon.Add(-time.Minute + 1), pictures: 1800, group: 33, segment: 11})                      // groups beside fragments
	s.film(cams[2], shape{start: noon.Add(3*time.Minute + 5*time.Second + 1), pictures: 40, group: 1000, segment: 1})      // tiny
	return s, cams
}

// grants draws a span and says what CONTRACTS 6 makes of it.
func grants(r *rand.Rand) (ask, granted custody.Span) {
	ask.Start = noon.Add(time.Duration(r.Int64N(int64(6*time.Minute))) - time.Minute)
	ask.End = ask.Start.Add(time.Duration(1+r.Int64N(int64(3*time.Minute)))) + 1
	const minute = 60_000_000
	granted = custody.Span{Start: ask.Start - ask.Start%minute, End: ask.End + (minute-ask.End%minute)%minute}
	return ask, granted
}

// TestNotOneByteOutside is the interval oracle of CONTRACTS 6: random decisions, random requests, and every unit that comes back is held
// against where it was really filmed.
func TestNotOneByteOutside(t *testing.T) {
	s, cams := theatre(t)
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	ann, ben := s.person(), s.person()
	closed := custody.Span{Start: noon.Add(90 * time.Second), End: noon.Add(100 * time.Second)}
	viewer := s.Person(t, "viewer")
	s.Restrict(cams[0], closed, access.RestrictSealed)
	served := 0
	for range 40 {
		ask, granted := grants(r)
		cam, actor := cams[r.IntN(3)], []access.Actor{ann, viewer}[r.IntN(2)]
		o := s.open(actor, ask, cam)
		if o.Admissions[0].Granted != granted {
			t.Fatalf("asked %s, granted %s, want %s", ask, o.Admissions[0].Granted, granted)
		}
		for range 12 {
			served += s.tryOne(r, actor, ben, o, cam, cams, granted, closed)
		}
		if err := s.desk.Close(t.Context(), actor, o.ID); err != nil {
			t.Fatal(err)
		}
		_, err := s.media(actor, o.ID, cam, s.rows[0].ID, "0-0")
		s.wants(custody.Denied, err, "after the end")
	}
	if served < 1000 {
		t.Errorf("only %d units were served: the test looks at nothing", served)
	}
}

// tryOne makes one random request and holds the answer against the oracle; it returns how many units came back.
func (s *stage) tryOne(r *rand.Rand, actor, other access.Actor, o viewing.Opened, cam custody.CameraID, cams []custody.CameraID, granted, closed custody.Span) int {
	row := s.rows[r.IntN(len(s.rows))]
	first := r.Uint32N(14)
	name := fmt.Sprintf("%d-%d", first, first+r.Uint32N(3))
	if r.IntN(3) == 0 {
		name += fmt.Sprintf("+%d", 1+r.Uint32N(20))
	}
	if x, err := s.desk.Index(s.t.Context(), actor, o.ID, viewing.Request{Camera: cam, Span: granted}); err == nil && len(x.Parts) > 0 && r.IntN(2) == 0 {
		p := x.Parts[r.IntN(len(x.Parts))]
		row.ID, name = p.Segment, p.Name()
	}
	as, at := actor, cam
	switch r.IntN(6) {
	case 0:
		as = other
	case 1:
		at = cams[r.IntN(3)]
	}
	b, err := s.media(as, o.ID, at, row.ID, name)
	if err != nil {
		if custody.KindOf(err) != custody.NotFound {
			s.t.Errorf("%s %s: %v, want NotFound", row.ID, name, err)
		}
		return 0
	}
	facts := s.units(b)
	for _, f := range facts {
		overlaps := custody.Span{Start: f.fragment.WallStart, End: f.fragment.WallEnd}.Overlaps(closed)
		look := viewing.Look{Viewing: o.ID, Staff: actor.Staff(), Camera: cam, Minute: f.wall - f.wall%60_000_000, Kind: viewing.KindRecorded}
		switch {
		case as != actor || at != cam || f.camera != cam:
			s.t.Fatalf("another's footage was served")
		case !granted.Contains(f.fragment.WallStart):
			s.t.Fatalf("a fragment that starts at %s was served under %s", f.fragment.WallStart, granted)
		case overlaps && cam == cams[0] && s.isClosed(actor):
			s.t.Fatalf("a fragment at %s was served although %s is closed", f.fragment.WallStart, closed)
		case !s.books.leased(look):
			s.t.Fatalf("a byte of %s left without its look", look.Minute)
		}
	}
	return len(facts)
}

// isClosed reports whether restrictions hold for the actor: for everybody but a custodian.
func (s *stage) isClosed(a access.Actor) bool {
	st := must(s.Standing(s.t.Context(), a.Staff(), a.Session()))
	for _, g := range st.Roles {
		if g.Role == "custodian" {
			return false
		}
	}
	return true
}

// TestTheIndexNamesEverythingThatCanBeShown: each part is served under its own name, begins at a random access unit, and its sample
// times are those of the camera.
func TestTheIndexNamesEverythingThatCanBeShown(t *testing.T) {
	s, cams := theatre(t)
	ann := s.person()
	span := custody.Span{Start: noon.Add(-time.Minute), End: noon.Add(6 * time.Minute)}
	o := s.open(ann, span, cams...)
	for _, cam := range cams {
		x := must(s.desk.Index(t.Context(), ann, o.ID, viewing.Request{Camera: cam, Span: span}))
		shown := 0
		for _, p := range x.Parts {
			facts := s.units(must(s.media(ann, o.ID, cam, p.Segment, p.Name()+".m4s")))
			if len(facts) != len(p.Wall) || !facts[0].fragment.RandomAccess {
				t.Fatalf("part %s: %d units, %d in the index, random access %v", p.Name(), len(facts), len(p.Wall), facts[0].fragment.RandomAccess)
			}
			for i, f := range facts {
				if f.wall != p.Wall[i] || p.PTS[i] != int64(i)*9000 {
					t.Fatalf("picture %d of %s: at %s (%d ticks), want %s", i, p.Name(), p.Wall[i], p.PTS[i], f.wall)
				}
			}
			shown += len(facts)
		}
		filmed := 0
		for _, f := range s.truth {
			if f.camera == cam {
				filmed++
			}
		}
		if shown != filmed {
			t.Errorf("%d of %d pictures can be reached", shown, filmed)
		}
	}
}
