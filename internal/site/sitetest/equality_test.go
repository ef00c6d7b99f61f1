package sitetest

import (
	"net/url"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/objecttest"
)

// Cameras of every kind record side by side while the connection is forced twice; then what is stored is held against
// what was sent, unit by unit, frame by frame, instant by instant, and every run is written as a file and decoded.
func TestStoredEqualsSent(t *testing.T) {
	t.Run("SQLite and disk", func(t *testing.T) {
		t.Parallel()
		storedEqualsSent(t, Options{})
	})
	t.Run("PostgreSQL and S3", func(t *testing.T) {
		t.Parallel()
		storedEqualsSent(t, Options{Postgres: dbtest.Server(t), S3: objecttest.StartGateway(t)})
	})
}

func storedEqualsSent(t *testing.T, o Options) {
	farm, roles := curtain(t, cast())
	authority := selfSignedOf(t, farm)
	o.Edit = func(c *config.Config) { c.Cameras.CAFile = authority }
	site := New(t, o)
	register(site, roles)
	p := site.Serve()
	whisper := newCanary(t, site, p, basicCanary, digestCanary)
	drops := perform(t, roles, Scaled(18*time.Second, 10*time.Minute))
	whisper.whileItRuns()
	p.Stop()
	st := site.Open()
	for _, r := range roles {
		t.Run(r.name, func(t *testing.T) {
			site, st := site.inside(t, st)
			r.id, r.stream = st.StreamIn(r.camera, r.on)
			r.gaps = st.GapsOf(r.stream)
			r.units = st.UnitsOf(r.id, r.stream)
			r.sessions = sameAsSent(t, r, farm, 1)
			if r.audio != "" {
				sameAsSent(t, r, farm, 2)
			}
			onlyWhatWasAskedFor(t, r, st)
			numbered(t, r)
			watched(t, site, st, r)
			punctual(t, r)
			declared(t, r, st, drops)
			offsets(t, r, st)
		})
	}
	whisper.afterwards(st)
}

// perform lets the cast play for that long, ends every connection twice, once in the middle of a unit, and changes the
// picture's size in between. It returns the instants at which the connections were ended.
func perform(t *testing.T, roles []*role, length time.Duration) []time.Time {
	t.Helper()
	WaitUntil(t, time.Minute, "every camera plays", func() bool {
		for _, r := range roles {
			if Sent(r.cam) == 0 {
				return false
			}
		}
		return true
	})
	var drops []time.Time
	act := length / 6
	for i := range 6 {
		<-time.After(act)
		switch i {
		case 1, 3:
			drops = append(drops, time.Now())
			for _, r := range roles {
				r.cam.Do(simcam.Drop{Reset: true, MidUnit: i == 3})
			}
		case 0, 2, 4:
			for _, r := range roles {
				if r.switches > 0 {
					r.cam.Do(simcam.Switch{To: 1 - i/2%2})
				}
			}
		}
	}
	return drops
}

// sameAsSent is strict: no unit of a session is missing, from its first to the last that was sent before the connection
// was ended; behind it at most the half unit that was being sent. Only the end of the last session, which
// the site ended itself, may lie in the network.
func sameAsSent(t *testing.T, r *role, farm *simcam.Farm, track uint8) []SessionRecord {
	t.Helper()
	sessions := Compare(t, r.units, farm, r.cam, track)
	if len(sessions) != 3 {
		t.Fatalf("track %d: %d sessions, want 3", track, len(sessions))
	}
	for i, s := range sessions {
		switch {
		case len(s.Stored) == 0 || len(s.Missing) > 0:
			t.Errorf("track %d session %d: %d of %d units are stored, %d are missing before the last stored one", track, s.Number, len(s.Stored), len(s.Sent), len(s.Missing))
		case i < 2 && len(s.Tail) > 0:
			t.Errorf("track %d session %d: the last %d of %d units are not stored", track, s.Number, len(s.Tail), len(s.Sent))
		case i == 2 && len(s.Tail) > len(s.Sent)/4:
			t.Errorf("track %d session %d: the last %d of %d units are not stored", track, s.Number, len(s.Tail), len(s.Sent))
		}
		if s.Cut != nil && i != 1 {
			t.Errorf("track %d session %d: half a unit is stored, and none was sent", track, s.Number)
		}
		if want := 1 + r.switches; len(s.Runs) != want {
			t.Errorf("track %d session %d: %d runs, want %d", track, s.Number, len(s.Runs), want)
		}
		for j, u := range s.Stored {
			if u.Flags&media.Damaged != 0 {
				t.Errorf("track %d session %d: frame %d is whole and flagged damaged", track, s.Number, s.Sent[j].Frame)
			}
		}
		t.Logf("track %d session %d: %d units stored, %d under way at its end, half a unit: %v", track, s.Number, len(s.Stored), len(s.Tail), s.Cut != nil)
	}
	return sessions
}

// onlyWhatWasAskedFor: sound is requested and stored exactly if the camera's setting says so, and the run headers tell where
// parameter sets came from.
func onlyWhatWasAskedFor(t *testing.T, r *role, st *Stored) {
	t.Helper()
	want := 1
	if r.audio != "" {
		want = 2
	}
	for _, total := range r.cam.Totals() {
		if int(total.Track) > want {
			t.Errorf("track %d was requested from the camera", total.Track)
		}
	}
	for _, row := range st.SegmentsOf(r.stream) {
		run, err := st.DB.Run(t.Context(), row.Run)
		if err != nil {
			t.Fatal(err)
		}
		if len(run.Tracks) != want || want == 2 && run.Tracks[1].Codec != r.audio {
			t.Errorf("run %s has tracks %v", row.Run, run.Tracks)
		}
		source := media.FromStream
		if at := r.spec.Placement; at == simcam.SetsInSDP || r.audio != "" && at != simcam.SetsInBand { // sound is there before the first picture
			source = media.FromSDP
		}
		if run.Tracks[0].Source != source {
			t.Errorf("run %s: parameter sets are said to come from the %s", row.Run, run.Tracks[0].Source)
		}
	}
}

// numbered: within a run the units of each track are numbered densely from 0, and decode times never fall.
func numbered(t *testing.T, r *role) {
	t.Helper()
	type lane struct {
		run   string
		track uint8
	}
	last := map[lane]Unit{}
	for _, u := range r.units {
		l := lane{string(u.Run), u.Track}
		before, ok := last[l]
		switch {
		case !ok && u.Seq != 0 || ok && u.Seq != before.Seq+1:
			t.Errorf("run %s track %d: unit %d comes after unit %d", u.Run, u.Track, u.Seq, before.Seq)
		case ok && (u.DTS < before.DTS || u.Receipt < before.Receipt):
			t.Errorf("run %s track %d: unit %d goes back in time", u.Run, u.Track, u.Seq)
		}
		last[l] = u
	}
}

// inside is the site as a subtest sees it, whose failures are the subtest's.
func (s *Site) inside(t *testing.T, st *Stored) (*Site, *Stored) {
	site, stored := *s, *st
	site.t, stored.s = t, &site
	return &site, &stored
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
}
