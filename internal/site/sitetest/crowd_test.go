package sitetest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
)

// TestManyWatchWhileManyRecord: fifty viewings play what is being recorded. No frame is lost, every fragment that was handed out has its look
// in the diary, and the diary grows by about one event a second.
func TestManyWatchWhileManyRecord(t *testing.T) {
	cameras, people, length := Scaled(20, 50), 50, Scaled(15*time.Second, 3*time.Minute)
	farm := Farm(t, simcam.Options{Count: cameras, Ledger: 1 << 20, Now: time.Now, Stagger: 2 * time.Second})
	site := New(t, Options{Web: true})
	site.Add(farm.Cameras()...)
	stored, p := site.Open(), site.Serve()
	var crowd []Watching
	for i := range people / 5 { // a session has at most eight open viewings
		who := site.Hire(fmt.Sprintf("viewer%d", i), "staff")
		for j := range 5 {
			crowd = append(crowd, who.Watch(site.idOf(stored, farm.Cameras()[(5*i+j)%cameras]), custody.Span{
				Start: custody.InstantOf(time.Now().Add(-time.Minute)), End: custody.InstantOf(time.Now().Add(length + time.Minute))}))
		}
	}
	before, served := len(stored.Diary(custody.EventFootageServed)), playAll(t, crowd, length)
	looks := looksOf(t, stored)
	for _, s := range served {
		if !looks[s] {
			t.Fatalf("handed out without a look: %s", s)
		}
	}
	grown := len(stored.Diary(custody.EventFootageServed)) - before
	t.Logf("%d viewings took %d fragments of %d cameras in %v; %d looks, %.1f a second", len(crowd), len(served), cameras, length, grown, float64(grown)/length.Seconds())
	// Each viewing leases the minute behind it, the present one, and each that begins meanwhile.
	if most := len(crowd) * (3 + int(length/time.Minute)); grown > most || len(served) < len(crowd) {
		t.Errorf("%d looks for %d viewings and %d fragments, want at most %d", grown, len(crowd), len(served), most)
	}
	Still(t, farm.Cameras())
	p.Stop()
	for _, c := range farm.Cameras() {
		Whole(t, stored, farm, c, 0)
	}
}

// idOf is ID without a process of its own.
func (s *Site) idOf(stored *Stored, c *simcam.Camera) custody.CameraID {
	id, _ := stored.Stream(CameraName(c))
	return id
}

// playAll lets every viewing play the newest fragments and returns the camera-minutes that were handed out.
func playAll(t *testing.T, crowd []Watching, length time.Duration) (served []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	var wrong atomic.Int64
	for _, w := range crowd {
		wg.Go(func() {
			y := &playing{t: t, p: w.p, recorded: w}
			tick := time.NewTicker(2 * time.Second)
			defer tick.Stop()
			for last := ""; ctx.Err() == nil; <-tick.C {
				status, text, err := y.fetch(ctx, w.Path("playlist.m3u8", "from_us", micros(w.Span.Start), "to_us", micros(w.Span.End)))
				line, at := newest(text)
				if err == nil && status == http.StatusOK && line != "" && line != last {
					last = line
					status, _, err = y.fetch(ctx, w.Path(line))
				} else {
					at = 0
				}
				if ctx.Err() == nil && (err != nil || status != http.StatusOK) && wrong.Add(1) < 5 {
					t.Errorf("%s: %d %v %.200s", w.p.Login, status, err, text)
				}
				if err == nil && at != 0 {
					mu.Lock()
					served = append(served, lookName(string(w.Viewing), w.Camera, at, viewing.KindRecorded))
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return served
}

// newest is the last fragment of a playlist and when it begins.
func newest(playlist string) (line string, at custody.Instant) {
	var begins custody.Instant
	var lasts float64
	for l := range strings.Lines(playlist) {
		l = strings.TrimSpace(l)
		if text, ok := strings.CutPrefix(l, "#EXT-X-PROGRAM-DATE-TIME:"); ok {
			when, err := time.Parse(time.RFC3339Nano, text)
			if err == nil {
				begins, lasts = custody.InstantOf(when), 0
			}
		} else if text, ok := strings.CutPrefix(l, "#EXTINF:"); ok {
			begins, lasts = begins.Add(time.Duration(lasts*1e9)), 0
			_, _ = fmt.Sscanf(text, "%g", &lasts)
		} else if strings.HasPrefix(l, "media/") {
			line, at = l, begins
		}
	}
	return line, at
}

func lookName(viewing string, camera custody.CameraID, at custody.Instant, kind string) string {
	return fmt.Sprint(viewing, " ", camera, " ", at-at%60_000_000, " ", kind)
}

// looksOf are the camera-minutes that the diary says were looked at.
func looksOf(t *testing.T, stored *Stored) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, e := range stored.Diary(custody.EventFootageServed) {
		var d struct{ Detail struct{ Minute, Kind string } }
		if err := json.Unmarshal(e.Body, &d); err != nil {
			t.Fatal(err)
		}
		at, err := custody.ParseInstant(d.Detail.Minute)
		if err != nil {
			t.Fatal(err)
		}
		out[lookName(e.Subject, e.Camera, at, d.Detail.Kind)] = true
	}
	return out
}
