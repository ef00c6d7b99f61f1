package vault_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// recording is a studio whose footage is settled, the units it sent by run, and a site whose system packages what was granted.
type recording struct {
	*studio
	site  *accesstest.Site
	item  custody.ItemID
	sent  map[custody.RunID][]vault.LiveUnit
	whole custody.Span
	late  bool // not every picture is decoded when it is shown
}

// record films takes of pictures, each a run, ten seconds apart; segments end in the middle of them.
func record(t testing.TB, group int, takes ...int) *recording {
	r := &recording{studio: newStudio(t, group, 60), item: custody.NewItemID(), sent: map[custody.RunID][]vault.LiveUnit{}}
	r.studio.sound = true
	r.whole.Start = r.Now()
	for _, n := range takes {
		r.run()
		r.film(n / 2)
		r.segment(vault.SegmentEnd{})
		r.film(n - n/2)
		r.sent[r.head.Run.Run] = r.studio.sent
		r.studio.sent = nil
		r.cut()
		r.wait(10 * time.Second)
	}
	r.whole.End = r.Now()
	r.site = accesstest.New(r.Now())
	r.site.PutCamera(access.CameraFacts{ID: r.head.Run.Camera, Class: access.PublicArea, Version: 1})
	r.site.Person(t)
	return r
}

// wait moves the clocks.
func (r *recording) wait(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
	if r.site != nil {
		r.site.Advance(d)
	}
}

// granted is the system's decision to copy exactly that span, as the custodian granted it.
func (r *recording) granted(action access.Action, span custody.Span) (access.Grant, error) {
	r.site.PutMatter(string(r.item), access.MatterFacts{Request: custody.NewRequestID(), Kind: access.OpenRecords, Open: true,
		Stage: access.Decided, Camera: r.head.Run.Camera, Span: span, Outcome: access.Granted, Lapses: r.Now().Add(240 * time.Hour)})
	r.wait(2 * time.Second) // so that the judge reads it
	return r.site.Judge().Decide(r.tb.Context(), identity.System(), access.Ask{Action: action, Camera: r.head.Run.Camera, Span: span,
		Subject: string(r.item), Purpose: "a test", Basis: access.OnRequest, Reference: "REQ-2026-0001"})
}

func (r *recording) export(span custody.Span) access.Grant {
	r.tb.Helper()
	g, err := r.granted(access.FootageExport, span)
	if err != nil {
		r.tb.Fatal(err)
	}
	return g
}

// cuts asks for the Cuts, and closes them with the test.
func (r *recording) cuts(g access.Grant) []*vault.Cut {
	r.tb.Helper()
	cuts, err := r.v.Cuts(r.tb.Context(), g, r.head.Run.Stream)
	if err != nil {
		r.tb.Fatal(err)
	}
	for _, c := range cuts {
		r.tb.Cleanup(c.Close)
	}
	return cuts
}

// units are all of a Cut's.
func (r *recording) units(c *vault.Cut) []vault.CutUnit {
	r.tb.Helper()
	var out []vault.CutUnit
	for u, err := range c.Units(r.tb.Context()) {
		if err != nil {
			r.tb.Fatal(err)
		}
		out = append(out, u)
	}
	return out
}

// payloadOf is what the camera sent.
func (r *recording) payloadOf(run custody.RunID, u media.Unit) []byte {
	for _, s := range r.sent[run] {
		if s.Track == u.Track && s.Seq == u.Seq {
			return s.Payload
		}
	}
	return nil
}

// mediaOf is what the mdat boxes of a film hold, one after another.
func mediaOf(tb testing.TB, film []byte) []byte {
	tb.Helper()
	var out []byte
	for len(film) > 0 {
		n := int(binary.BigEndian.Uint32(film))
		if n < 8 || n > len(film) {
			tb.Fatal("a box that cannot be")
		}
		if string(film[4:8]) == "mdat" {
			out = append(out, film[8:n]...)
		}
		film = film[n:]
	}
	return out
}

// reel is what Reel writes.
func (r *recording) reel(c *vault.Cut) []byte {
	r.tb.Helper()
	var b bytes.Buffer
	if err := c.Reel(r.tb.Context(), &b); err != nil {
		r.tb.Fatal(err)
	}
	return b.Bytes()
}

// group sends n pictures of which the first has those flags. An open random access point is shown two pictures later than it is decoded,
// after the two leading pictures behind it, and a picture flagged as leading is one of those. Each arrives when it is shown.
func (r *recording) group(start custody.Instant, flags media.UnitFlags, n int) {
	open := flags&media.Open != 0
	for i := range n {
		shown, f := int64(r.seq), media.UnitFlags(0)
		switch {
		case i == 0 && open:
			f, shown = flags, shown+2
		case flags == media.Leading, i < 3 && open:
			f, shown = media.Leading, shown-1
		case i == 0:
			f = flags
		}
		r.unit(media.Unit{Track: 1, Seq: r.seq, Flags: f, PTS: shown * 9000, DTS: int64(r.seq)*9000 - 18000,
			Receipt: start.Add(time.Duration(shown) * 100 * time.Millisecond)}, 60)
		r.seq++
	}
}
