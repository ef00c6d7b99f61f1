package sitetest

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/objecttest"
)

// stopsWithin is the promise: so long after a change nothing more leaves.
const stopsWithin = 5 * time.Second

// TestEverythingStopsWhenAChangeIsMade: somebody plays HLS, downloads and watches live when what allows it is taken away, through the API or
// by a command in another process. Everything of theirs ends within five seconds; everybody else goes on.
func TestEverythingStopsWhenAChangeIsMade(t *testing.T) {
	t.Parallel()
	t.Run("SQLite and disk", func(t *testing.T) {
		t.Parallel()
		everythingStops(t, Options{}, Scaled(slices.DeleteFunc(changes(), func(c change) bool { return c.long }), changes()))
	})
	t.Run("PostgreSQL and S3", func(t *testing.T) {
		t.Parallel()
		everythingStops(t, Options{Postgres: dbtest.Server(t), S3: objecttest.StartGateway(t)},
			Scaled(slices.DeleteFunc(changes(), func(c change) bool { return !c.command || c.long }), changes()))
	})
}

// change takes away what allows somebody to look.
type change struct {
	name    string
	command bool // made by a command, in a process of its own
	long    bool // for a full run
	make    func(*revoking, *playing)
	undo    func(*revoking)
	status  int                  // of HLS afterwards (CONTRACTS 16)
	code    websocket.StatusCode // of the socket; or 4403, if the viewing is over first
}

func changes() []change {
	return []change{
		{"disabled", true, false, func(r *revoking, y *playing) { r.site.Must("staff", "disable", y.p.Login) }, nil, http.StatusUnauthorized, 4401},
		{"signed out by a command", true, true, func(r *revoking, y *playing) { r.site.Must("staff", "sign-out", y.p.Login) }, nil, http.StatusUnauthorized, 4401},
		{"signed out", false, true, func(_ *revoking, y *playing) { y.p.Delete("/api/session").OK() }, nil, http.StatusUnauthorized, 4401},
		{"disabled in the application", false, true, func(r *revoking, y *playing) {
			r.boss.Do(http.MethodPatch, "/api/staff/"+string(y.p.ID), map[string]any{"enabled": false, "version": r.boss.member(y.p.ID).Version}).OK()
		}, nil, http.StatusUnauthorized, 4401},
		{"role revoked", false, false, func(r *revoking, y *playing) {
			for _, g := range r.boss.member(y.p.ID).Roles {
				r.boss.Delete("/api/staff/" + string(y.p.ID) + "/roles/" + g.ID).OK()
			}
		}, nil, http.StatusForbidden, 4403},
		{"assignment taken", false, false, func(r *revoking, y *playing) {
			r.boss.Do(http.MethodPatch, "/api/staff/"+string(y.p.ID), map[string]any{"all_cameras": false, "cameras": []string{},
				"version": r.boss.member(y.p.ID).Version}).OK()
		}, nil, http.StatusNotFound, 4404},
		{"class changed", false, true, func(r *revoking, _ *playing) { r.classify("library-record") },
			func(r *revoking) { r.classify("public-area") }, http.StatusForbidden, 4403},
		{"restriction placed", false, false, (*revoking).restrict, nil, http.StatusForbidden, 4403},
	}
}

// revoking is a site where people watch: ann the camera that changes are about, ben the other one.
type revoking struct {
	t          *testing.T
	farm       *simcam.Farm
	site       *Site
	stored     *Stored
	p          *Process
	boss, ben  *Person
	kept, lost custody.CameraID
	slowest    time.Duration
}

func everythingStops(t *testing.T, o Options, all []change) {
	t.Helper()
	o.Web = true
	r := &revoking{t: t, farm: Farm(t, simcam.Options{Count: 2, Profile: simcam.Bench, Ledger: 1 << 18, Now: time.Now}), site: New(t, o)}
	r.site.Add(r.farm.Cameras()...)
	r.stored, r.p = r.site.Open(), r.site.Serve()
	r.kept, r.lost = r.site.ID(r.farm.Cameras()[0]), r.site.ID(r.farm.Cameras()[1])
	r.boss, r.ben = r.site.Hire("boss", "administrator,custodian"), r.site.Hire("ben", "staff")
	anns := make([]*Person, len(all))
	for i := range all {
		anns[i] = r.site.Hire("ann"+string(rune('a'+i)), "staff")
	}
	WaitUntil(t, time.Minute, "there are 8 MiB to download", func() bool { return Sent(r.farm.Cameras()[1]) > 15*17 })
	calm := play(t, r.ben, r.ben.Watch(r.kept, Ago(time.Minute)), r.ben.WatchLive(r.kept))
	var brief *playing
	if Full() { // a viewing lasts a minute at least
		brief = r.expiring()
	}
	for i, c := range all {
		ann := anns[i]
		y := play(t, ann, ann.Watch(r.lost, Ago(time.Minute)), ann.WatchLive(r.lost))
		c.make(r, y)
		r.ended(c, y, time.Now())
		if calm.goesOn(); c.undo != nil {
			c.undo(r)
		}
	}
	if brief != nil {
		r.expires(brief)
	}
	calm.goesOn()
	calm.end()
	t.Logf("the longest that anything went on: %v", r.slowest.Round(time.Millisecond))
	Still(t, r.farm.Cameras())
	r.p.Stop()
	for _, c := range r.farm.Cameras() {
		Whole(t, r.stored, r.farm, c, 0)
	}
}

// ended proves that everything stopped in time, and in the right words.
func (r *revoking) ended(c change, y *playing, since time.Time) {
	r.t.Helper()
	footage, ended := y.endsAll(since)
	y.end()
	r.slowest = max(r.slowest, footage, ended)
	if footage > stopsWithin || ended > stopsWithin {
		r.t.Errorf("%s: footage came for %v, the last way ended after %v", c.name, footage, ended)
	}
	over := y.over()
	// Who has lost the camera may also be told that the viewing, which they know of, is over.
	if got := over["hls"].status; got != c.status && (c.status != http.StatusNotFound || got != http.StatusForbidden) {
		r.t.Errorf("%s: HLS ended with %d, want %d: %s", c.name, over["hls"].status, c.status, over["hls"].why)
	}
	code := websocket.StatusCode(over["live"].status)
	if code != c.code && (c.code == 4403 || code != 4403) {
		r.t.Errorf("%s: the socket was closed with %d, want %d: %s", c.name, code, c.code, over["live"].why)
	}
	r.recorded(c.name, y, viewing.WhyRevoked, since)
}

// recorded proves that the diary says how the viewings ended, and that their decisions were undone.
func (r *revoking) recorded(name string, y *playing, why string, since time.Time) {
	r.t.Helper()
	WaitUntil(r.t, 10*time.Second, name+": both viewings are closed in the diary", func() bool {
		closed := 0
		for _, e := range r.stored.Diary(custody.EventViewingClosed) {
			var d struct{ Detail struct{ Why string } }
			if err := json.Unmarshal(e.Body, &d); err != nil {
				r.t.Fatal(err)
			}
			if (e.Subject == string(y.recorded.Viewing) || e.Subject == string(y.live.Viewing)) && d.Detail.Why == why {
				closed++
			}
		}
		return closed == 2
	})
	if why != viewing.WhyRevoked {
		return
	}
	revoked := 0
	for _, e := range r.stored.Diary(custody.EventFootageRevoked) {
		if e.Actor == string(y.p.ID) && e.Camera == r.lost {
			revoked++
		}
	}
	if revoked < 2 {
		r.t.Errorf("%s: %d decisions are said to be revoked, want that to read and that to watch live", name, revoked)
	}
}

// classify gives the camera of ann another class.
func (r *revoking) classify(class string) {
	r.t.Helper()
	r.boss.Do(http.MethodPut, "/api/admin/cameras/"+string(r.lost)+"/class", map[string]any{"class": class, "version": r.boss.camera(r.lost).Version}).OK()
}

// restrict seals everything of the camera from an hour ago until tomorrow.
func (r *revoking) restrict(*playing) {
	r.t.Helper()
	now := custody.InstantOf(time.Now())
	r.boss.Post("/api/restrictions", map[string]any{"camera": r.lost, "from": now.Add(-time.Hour).String(), "to": now.Add(24 * time.Hour).String(),
		"kind": "sealed", "reason": "counsel advised it"}).OK()
}

// expiring plays in viewings of one minute.
func (r *revoking) expiring() *playing {
	r.t.Helper()
	eve := r.site.Hire("eve", "staff")
	about := map[string]any{"basis": "incident", "reference": "2026-14", "text": "a bicycle was taken", "cameras": []string{string(r.kept)}, "minutes": 1}
	span := Ago(time.Minute)
	recorded := eve.ViewFor(copied(about, "from", span.Start.String(), "to", span.End.String())).Granted()
	return play(r.t, eve, recorded, eve.ViewFor(copied(about, "live", true)).Granted())
}

// expires proves that the viewings of one minute ended with it.
func (r *revoking) expires(y *playing) {
	r.t.Helper()
	var recorded, live struct {
		ExpiresAt string `json:"expires_at"`
	}
	y.p.Get("/api/viewings/" + string(y.recorded.Viewing)).Into(&recorded)
	y.p.Get("/api/viewings/" + string(y.live.Viewing)).Into(&live)
	first, err1 := custody.ParseInstant(recorded.ExpiresAt)
	last, err2 := custody.ParseInstant(live.ExpiresAt)
	if err1 != nil || err2 != nil {
		r.t.Fatal(err1, err2)
	}
	WaitUntil(r.t, 90*time.Second, "HLS and live have expired", func() bool {
		over := y.over()
		return !over["hls"].ended.IsZero() && !over["live"].ended.IsZero()
	})
	y.end()
	over := y.over()
	hls, socket := over["hls"], over["live"]
	r.t.Logf("expired: HLS %d %v after its end, live %d %v after its own", hls.status, hls.ended.Sub(first.Time()), socket.status, socket.ended.Sub(last.Time()))
	if hls.status != http.StatusForbidden || socket.status != 4403 || hls.last.After(first.Time().Add(time.Second)) || socket.last.After(last.Time().Add(2*time.Second)) {
		r.t.Errorf("expired: %+v, %+v", hls, socket)
	}
	r.recorded("expired", y, viewing.WhyExpired, last.Time())
}
