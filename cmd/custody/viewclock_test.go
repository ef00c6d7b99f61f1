package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/sitetest"
)

// TestWhatExpiredStaysExpiredWhateverTheClockSays: the wall clock leaps forward, and what is over then is refused at once; then it is set
// back a day, and nothing comes back: neither a viewing with its decision nor a session with its token.
func TestWhatExpiredStaysExpiredWhateverTheClockSays(t *testing.T) {
	t.Parallel()
	wall := &steppedWall{}
	b, look := besetFront(t, seams{clock: wall.sources(t)})
	ann, span := look.Person(), sitetest.Ago(time.Minute)
	brief := ann.ViewFor(map[string]any{"basis": "incident", "text": "a bicycle was taken", "cameras": []string{string(look.Seen.Camera)},
		"from": span.Start.String(), "to": span.End.String(), "minutes": 1}).Granted()
	part := look.Seen.Index().Parts[0]
	brief.Media(part).OK()

	b.leap(wall, 2*time.Minute) // the viewing is over, the session is not
	brief.Media(part).Wants(custody.Denied)
	look.Seen.Media(part).OK()
	wall.step(-24 * time.Hour)
	b.noticed()
	brief.Media(part).Wants(custody.Denied)
	brief.Playlist().Wants(custody.Denied)
	look.Seen.Media(part).OK()

	old, stale := ann.Again(), look.Seen
	b.leap(wall, 24*time.Hour+2*time.Hour+5*time.Minute) // now the session is too
	for range 2 {
		ann.Get("/api/session").WantsSignIn()
		old.Get("/api/session").WantsSignIn()
		stale.Media(part).WantsSignIn()
		stale.Playlist().WantsSignIn()
		if _, status, err := look.Live.AskLive(t.Context(), "Origin", b.config.Web.URL); err == nil || status != http.StatusUnauthorized {
			t.Errorf("live: %d, %v", status, err)
		}
		wall.step(-24 * time.Hour)
		b.noticed()
	}
	ann.SignIn()
	stale.Media(part).Wants(custody.NotFound) // a viewing of another session
	brief.Media(part).Wants(custody.NotFound)
	b.stop()
}

// leap steps the wall clock forward and waits until the station follows.
func (b *beset) leap(wall *steppedWall, by time.Duration) {
	b.t.Helper()
	before := b.clock.Now()
	wall.step(by)
	until(b.t, 20*time.Second, "the clock has followed", func() bool { return b.clock.Now().Sub(before) > min(by, 2*time.Hour)-10*time.Second })
}

// noticed waits until the station knows that the wall clock was set back.
func (b *beset) noticed() {
	b.t.Helper()
	until(b.t, 20*time.Second, "the step back is noticed", func() bool { return b.clock.State().Offset < -23*time.Hour })
}
