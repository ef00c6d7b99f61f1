package apitest

import (
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Broadcast is a camera that films now, one picture at a time.
type Broadcast struct {
	s    *Site
	reel Reel
	b    *media.Builder
	tap  *vault.Tap
	next int
}

// OnAir begins to show a reel live; nothing of it is recorded.
func (s *Site) OnAir(r Reel) *Broadcast {
	s.tb.Helper()
	o := &Broadcast{s: s, reel: r, b: newBuilder(r.Track), tap: s.Vault.Live(r.Camera, s.Stream(r.Camera))}
	init, err := media.InitSection([]media.Track{r.Track})
	s.must(err)
	o.tap.Begin(media.RunHeader{Run: custody.NewRunID(), Stream: s.Stream(r.Camera), Camera: r.Camera, Started: r.Start, SDP: []byte("v=0\r\n"),
		Tracks: []media.Track{r.Track}}, init)
	s.tb.Cleanup(o.tap.Close)
	return o
}

// At is when picture i is filmed.
func (o *Broadcast) At(i int) custody.Instant {
	return o.reel.Start.Add(time.Duration(i) * o.reel.Step)
}

// Watched reports whether anybody watches.
func (o *Broadcast) Watched() bool { return o.tap.Watched() }

// Show shows the next n pictures.
func (o *Broadcast) Show(n int) {
	o.s.tb.Helper()
	for range n {
		u := o.s.unit(o.reel, o.next)
		_, err := o.b.Append(u, o.reel.Pictures[o.next])
		o.s.must(err)
		if o.tap.Watched() {
			o.tap.Publish(o.b, u, o.reel.Pictures[o.next])
		}
		o.next++
	}
}
