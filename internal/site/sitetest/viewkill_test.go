package sitetest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/objecttest"
)

// TestWhatLeftBeforeAKillIsInTheDiary: the process dies with SIGKILL the moment the first byte of a fragment, a still or a live
// picture is here. The look at it is in the diary, the viewing is over, and the session is not.
func TestWhatLeftBeforeAKillIsInTheDiary(t *testing.T) {
	t.Parallel()
	t.Run("SQLite and disk", func(t *testing.T) {
		t.Parallel()
		newLastLook(t, Options{}).dies(Scaled(4, 60))
	})
	t.Run("PostgreSQL and S3", func(t *testing.T) {
		t.Parallel()
		newLastLook(t, Options{Postgres: dbtest.Server(t), S3: objecttest.StartGateway(t)}).dies(Scaled(3, 40))
	})
}

// lastLook is somebody who looks at a site that is about to die.
type lastLook struct {
	t      *testing.T
	site   *Site
	stored *Stored
	ann    *Person
	cam    custody.CameraID
	p      *Process
}

func newLastLook(t *testing.T, o Options) *lastLook {
	t.Helper()
	o.Web = true
	farm := Farm(t, simcam.Options{Count: 1, Ledger: 1 << 18, Now: time.Now})
	k := &lastLook{t: t, site: New(t, o)}
	k.site.Add(farm.Cameras()...)
	k.stored, k.p = k.site.Open(), k.site.Serve()
	k.ann, k.cam = k.site.Hire("ann", "staff"), k.site.ID(farm.Cameras()[0])
	WaitUntil(t, time.Minute, "there is something to look at", func() bool {
		w := k.ann.Watch(k.cam, Ago(2*time.Minute))
		defer w.Stop()
		return slices.ContainsFunc(w.Index().Parts, func(p api.IndexPart) bool { return !p.Growing })
	})
	return k
}

func (k *lastLook) dies(rounds int) {
	k.t.Helper()
	for i := range rounds {
		look := []func() (Watching, custody.Instant, string){k.fragment, k.still, k.live}[i%3]
		w, at, kind := look() // with the process killed at the first byte
		k.p = k.site.Serve()
		k.inTheDiary(w, at, kind)
		if k.ann.Session().Stage != "full" {
			k.t.Fatalf("round %d: the session did not outlive the process", i)
		}
		for _, path := range []string{"playlist.m3u8?from_us=1&to_us=2", "index?from_us=1&to_us=2", "still?at_us=1", "thumb?at_us=1",
			"init/" + string(custody.NewSegmentID()) + ".mp4", "media/" + string(custody.NewSegmentID()) + "/0-0.m4s"} {
			k.ann.Get(w.Path(path)).Wants(custody.NotFound)
		}
		if k.t.Failed() {
			k.t.Fatalf("in round %d", i)
		}
	}
	k.p.Stop()
}

// first kills the process as soon as a byte is here.
func (k *lastLook) first(path string) []byte {
	k.t.Helper()
	res, err := k.ann.Ask(k.t.Context(), http.MethodGet, path, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	defer res.Body.Close()
	b := make([]byte, 1)
	if _, err := io.ReadFull(res.Body, b); err != nil || res.StatusCode != http.StatusOK {
		k.t.Fatalf("%s: %d, %v", path, res.StatusCode, err)
	}
	k.p.Kill()
	return b
}

func (k *lastLook) fragment() (Watching, custody.Instant, string) {
	k.t.Helper()
	w := k.ann.Watch(k.cam, Ago(time.Minute))
	part := k.lastPart(w)
	k.first(w.Path(part.Media))
	return w, custody.Instant(part.StartUS), viewing.KindRecorded
}

func (k *lastLook) lastPart(w Watching) (last api.IndexPart) {
	k.t.Helper()
	WaitUntil(k.t, 20*time.Second, "there is a part", func() bool {
		for _, p := range w.Index().Parts {
			if !p.Growing {
				last = p
			}
		}
		return last.Media != ""
	})
	return last
}

func (k *lastLook) still() (Watching, custody.Instant, string) {
	k.t.Helper()
	w := k.ann.Watch(k.cam, Ago(time.Minute))
	at := custody.Instant(k.lastPart(w).StartUS + 1)
	k.first(w.Path("still", "at_us", micros(at)))
	return w, at, viewing.KindStill
}

func (k *lastLook) live() (Watching, custody.Instant, string) {
	k.t.Helper()
	w := k.ann.WatchLive(k.cam)
	l, status, err := w.AskLive(k.t.Context(), "Origin", k.site.URL())
	if err != nil {
		k.t.Fatal(status, err)
	}
	defer l.Close()
	for {
		m, err := l.Next(k.t.Context())
		if err != nil {
			k.t.Fatal(err)
		}
		if m.Type == "" && m.WallUS != 0 {
			k.p.Kill()
			return w, custody.Instant(m.WallUS), viewing.KindLive
		}
	}
}

// inTheDiary proves that the decision and the look were written down, and that the viewing ended with the process.
func (k *lastLook) inTheDiary(w Watching, at custody.Instant, kind string) {
	k.t.Helper()
	var decided, looked, closed bool
	for _, e := range k.stored.Diary(custody.EventFootageRead, custody.EventFootageServed, custody.EventViewingClosed) {
		var d struct {
			Detail struct{ Viewing, Minute, Kind, Why string }
		}
		if err := json.Unmarshal(e.Body, &d); err != nil {
			k.t.Fatal(err)
		}
		switch e.Type {
		case custody.EventFootageRead:
			decided = decided || d.Detail.Viewing == string(w.Viewing) && e.Camera == w.Camera && e.Actor == string(k.ann.ID)
		case custody.EventFootageServed:
			minute := at - at%60_000_000
			looked = looked || e.Subject == string(w.Viewing) && d.Detail.Minute == minute.String() && d.Detail.Kind == kind
		case custody.EventViewingClosed:
			closed = closed || e.Subject == string(w.Viewing) && d.Detail.Why == viewing.WhyRestart
		}
	}
	if !decided || !looked || !closed {
		k.t.Errorf("%s at %s: decided %v, looked at %v, closed %v", kind, at, decided, looked, closed)
	}
	v, err := k.stored.DB.ViewingByID(context.Background(), w.Viewing)
	if err != nil || v.Closed == 0 || v.Why != viewing.WhyRestart {
		k.t.Errorf("the viewing: %s (%v)", fmt.Sprint(v.Closed, v.Why), err)
	}
}
