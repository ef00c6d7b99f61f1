package viewing_test

import (
	"encoding/binary"
	"encoding/json"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// channel is a camera that is being recorded, as far as who watches can tell.
type channel struct {
	s   *stage
	tap *vault.Tap
	run media.RunHeader
	b   *media.Builder
	seq int64
}

func (s *stage) onAir(camera custody.CameraID) *channel {
	c := &channel{s: s, tap: s.v.Live(camera, s.streams[camera]), run: media.RunHeader{Stream: s.streams[camera], Camera: camera}}
	s.t.Cleanup(c.tap.Close)
	c.begin()
	return c
}

func (c *channel) begin() {
	c.run.Run, c.seq = custody.NewRunID(), 0
	c.run.Tracks = []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromStream, SPS: [][]byte{{0x67, 0x64, 0, 0x1f}}, PPS: [][]byte{{0x68}}}}
	c.b = media.NewBuilder(c.run.Tracks, func(n int) *media.Buffer {
		return &media.Buffer{Mem: make([]byte, n), Start: media.Headroom, End: media.Headroom}
	}, 0)
	c.tap.Begin(c.run, []byte("init of "+c.run.Run))
}

// send publishes pictures, ten a second, a random access unit every second.
func (c *channel) send(n int) {
	c.s.t.Helper()
	for range n {
		c.s.Advance(100 * time.Millisecond)
		u := media.Unit{Track: 1, Seq: uint64(c.seq), PTS: c.seq * 9000, DTS: c.seq * 9000, Receipt: c.s.Now(), Size: 8}
		if c.seq%10 == 0 {
			u.Flags = media.RandomAccess
		}
		payload := []byte{0, 0, 0, 4, 1, 2, 3, byte(c.seq)}
		must(c.b.Append(u, payload))
		if c.tap.Watched() {
			c.tap.Publish(c.b, u, payload)
		}
		c.seq++
	}
}

// frames reads until n binary units came, and returns them and the texts before and between.
func frames(t *testing.T, f *viewing.LiveFeed, n int) (bin [][]byte, texts []map[string]any) {
	t.Helper()
	skip := false
	for len(bin) < n {
		ms, err := f.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ms {
			switch {
			case m.Text:
				var v map[string]any
				if err := json.Unmarshal(m.Data, &v); err != nil {
					t.Fatal(err)
				}
				texts = append(texts, v)
				skip = v["type"] == "init"
			case skip: // the init section
				skip = false
			default:
				bin = append(bin, m.Data)
			}
		}
	}
	return bin, texts
}

func TestLiveUnitsComeAsFragmentsOfOneTimeLine(t *testing.T) {
	s := newStage(t)
	cam := s.camera()
	air := s.onAir(cam)
	air.send(15)
	ann := s.person()
	o := must(s.desk.Open(t.Context(), ann, viewing.Ask{Basis: access.Reason, Text: "the door was open", Cameras: []custody.CameraID{cam}, Live: true}))
	f := must(s.desk.Live(t.Context(), ann, o.ID, cam, media.Main))
	defer f.Close()
	air.send(1)
	bin, texts := frames(t, f, 6) // the group that is under way: pictures 10 to 15
	air.send(3)
	more, _ := frames(t, f, 3)
	air.tap.End()
	s.Advance(2 * time.Second)
	air.begin()
	air.send(2)
	next, runs := frames(t, f, 2)
	if len(texts) != 1 || texts[0]["type"] != "init" || texts[0]["codec"] != "avc1.64001f" || len(runs) != 1 || runs[0]["run"] == texts[0]["run"] {
		t.Fatalf("texts %v, then %v", texts, runs)
	}
	zero := int64(texts[0]["wall_us"].(float64))
	var last int64 = -1
	for i, b := range append(append(bin, more...), next...) {
		wall := int64(binary.BigEndian.Uint64(b))
		unit := must(media.ReadFragment(b[12:]))[0].Samples[0]
		if at := unit.PTS * 100 / 9; at-(wall-zero) > 1000 || wall-zero-at > 1000 {
			t.Errorf("unit %d: media time %d µs, wall time %d µs after the beginning", i, at, wall-zero)
		}
		if (b[8] == viewing.FlagRandomAccess) != (i == 0 || i == 9) || unit.DTS <= last {
			t.Errorf("unit %d: flags %d, decode time %d after %d", i, b[8], unit.DTS, last)
		}
		last = unit.DTS
	}
	if !s.books.leased(viewing.Look{Viewing: o.ID, Staff: ann.Staff(), Camera: cam, Minute: minuteOf(zero), Kind: viewing.KindLive}) {
		t.Error("live pictures without a look")
	}
	_, err := s.desk.Index(t.Context(), ann, o.ID, viewing.Request{Camera: cam, Span: custody.Span{Start: noon, End: s.Now()}})
	s.wants(custody.Denied, err, "recorded footage in a live viewing")
}

func minuteOf(us int64) custody.Instant { return custody.Instant(us - us%60_000_000) }

func TestALiveFeedEndsWithItsViewingAndItsDiary(t *testing.T) {
	for name, end := range map[string]struct {
		do   func(*stage, access.Actor, viewing.Opened)
		want custody.Kind
	}{
		"stopped": {func(s *stage, a access.Actor, o viewing.Opened) { _ = s.desk.Close(t.Context(), a, o.ID) }, custody.Denied},
		"role revoked": {func(s *stage, a access.Actor, _ viewing.Opened) {
			s.RevokeRole(a, "viewer")
			s.RevokeRole(a, "custodian")
			s.Advance(2 * time.Second)
		}, custody.Denied},
		"expired": {func(s *stage, _ access.Actor, _ viewing.Opened) { s.Advance(9 * time.Hour) }, custody.Denied},
		"a full diary": {func(s *stage, _ access.Actor, _ viewing.Opened) {
			s.BreakDiary(custody.Errorf(custody.Unavailable, "full"))
		}, custody.Unavailable},
		"not recording": {func(s *stage, _ access.Actor, _ viewing.Opened) {}, custody.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			cam := s.camera()
			air := s.onAir(cam)
			air.send(5)
			ann := s.person()
			o := must(s.desk.Open(t.Context(), ann, viewing.Ask{Basis: access.Reason, Text: "the door was open", Cameras: []custody.CameraID{cam}, Live: true}))
			f := must(s.desk.Live(t.Context(), ann, o.ID, cam, media.Main))
			defer f.Close()
			air.send(1)
			frames(t, f, 6)
			end.do(s, ann, o)
			switch name {
			case "not recording":
				air.tap.Close()
			case "a full diary":
				air.send(620) // into the minute that is not leased
			default:
				air.send(1)
			}
			_, err := f.Next(t.Context())
			s.wants(end.want, err, name)
		})
	}
}

// TestASlowClientGetsNothingLate: what Next returned before the change stays here afterwards.
func TestASlowClientGetsNothingLate(t *testing.T) {
	for name, change := range map[string]func(*stage, access.Actor, viewing.Opened){
		"stopped": func(s *stage, a access.Actor, o viewing.Opened) { _ = s.desk.Close(t.Context(), a, o.ID) },
		"role revoked": func(s *stage, a access.Actor, _ viewing.Opened) {
			s.RevokeRole(a, "viewer")
			s.RevokeRole(a, "custodian")
			s.Advance(2 * time.Second)
		},
		"expired": func(s *stage, _ access.Actor, _ viewing.Opened) { s.Advance(9 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			cam := s.camera()
			air := s.onAir(cam)
			air.send(5)
			ann := s.person()
			o := must(s.desk.Open(t.Context(), ann, viewing.Ask{Basis: access.Reason, Text: "the door was open", Cameras: []custody.CameraID{cam}, Live: true}))
			f := must(s.desk.Live(t.Context(), ann, o.ID, cam, media.Main))
			defer f.Close()
			air.send(1)
			ms := must(f.Next(t.Context()))
			for _, m := range ms {
				if err := f.Stands(m); err != nil {
					t.Fatal(err)
				}
			}
			change(s, ann, o)
			for _, m := range ms {
				s.wants(custody.Denied, f.Stands(m), name)
			}
		})
	}
}
