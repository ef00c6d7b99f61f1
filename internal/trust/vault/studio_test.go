package vault_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// studio is a camera of ten pictures a second and what a recorder does with it, step by step: the real builder, a real spool. Every
// payload is different and says its number.
type studio struct {
	*world
	v       *vault.Vault
	tap     *vault.Tap
	head    vault.SegmentHead
	group   int // pictures in a group
	size    int // bytes of a picture
	sound   bool
	ahead   int               // how many pictures' time the sound comes ahead of them
	step    time.Duration     // of the clock between pictures: 100 ms
	queue   []*media.Fragment // closed and not yet in the spool
	hold    bool              // leave them there
	builder *media.Builder
	wr      vault.Writer
	seq     uint64
	sent    []vault.LiveUnit // of the current run, in order of arrival
}

func newStudio(tb testing.TB, group, size int) *studio {
	s := &studio{world: newWorld(tb), group: group, size: size, step: 100 * time.Millisecond}
	s.v = s.open()
	camera, stream := custody.NewCameraID(), custody.NewStreamID()
	s.tap = s.v.Live(camera, stream)
	s.head.Run = media.RunHeader{Stream: stream, Camera: camera}
	s.run()
	tb.Cleanup(func() {
		s.tap.Close()
		s.cut()
	})
	return s
}

// run begins another run.
func (s *studio) run() {
	s.cut()
	video := media.Track{ID: 1, Codec: media.H264, Timescale: 90000, SPS: [][]byte{{0x67}}, PPS: [][]byte{{0x68}}}
	tracks := []media.Track{video}
	if s.sound {
		tracks = append(tracks, media.Track{ID: 2, Codec: media.Opus, Timescale: 48000, Channels: 1})
	}
	s.head.Run.Run, s.head.Run.Tracks, s.head.Run.Started = custody.NewRunID(), tracks, s.Now()
	s.head.Init, s.head.Number, s.seq, s.sent = []byte("init of "+s.head.Run.Run), 0, 0, nil
	s.builder = media.NewBuilder(tracks, func(n int) *media.Buffer {
		return &media.Buffer{Mem: make([]byte, n), Start: media.Headroom, End: media.Headroom}
	}, 0)
	s.tap.Begin(s.head.Run, s.head.Init)
}

// cut ends the run, if there is one, and settles its segment.
func (s *studio) cut() {
	if s.builder == nil {
		return
	}
	if f := s.builder.Close(); f != nil {
		s.queue = append(s.queue, f)
	}
	s.builder = nil
	s.tap.End()
	s.hold = false
	s.spool()
	s.segment(vault.SegmentEnd{})
}

// segment ends the segment and settles it.
func (s *studio) segment(end vault.SegmentEnd) {
	if s.wr == nil {
		return
	}
	if p := must(s.wr.Close(end)); p != nil {
		s.settle(p)
	}
	s.wr = nil
}

// film sends n pictures, and their sound.
func (s *studio) film(n int) {
	s.tb.Helper()
	for range n {
		s.mu.Lock()
		s.now = s.now.Add(s.step)
		s.mu.Unlock()
		u := media.Unit{Track: 1, Seq: s.seq, PTS: int64(s.seq) * 9000, DTS: int64(s.seq) * 9000, Receipt: s.Now()}
		if s.seq%uint64(s.group) == 0 {
			u.Flags = media.RandomAccess
		}
		s.unit(u, s.size)
		if s.sound {
			heard := int64(s.seq) + int64(s.ahead)
			u := media.Unit{Track: 2, Flags: media.RandomAccess, Seq: s.seq, PTS: heard * 4800, DTS: heard * 4800, Receipt: s.Now().Add(time.Duration(s.ahead) * s.step)}
			s.unit(u, 20)
		}
		s.seq++
	}
}

func (s *studio) unit(u media.Unit, size int) {
	s.tb.Helper()
	payload := bytes.Repeat([]byte{u.Track, byte(u.Seq), byte(u.Seq >> 8)}, (size+2)/3)[:size]
	binary.BigEndian.PutUint32(payload, uint32(size-4))
	u.Size = uint32(size)
	f, err := s.builder.Append(u, payload)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.sent = append(s.sent, vault.LiveUnit{Unit: u, Payload: bytes.Clone(payload)})
	if s.tap.Watched() {
		s.tap.Publish(s.builder, u, payload)
	}
	clear(payload)
	if f != nil {
		s.queue = append(s.queue, f)
	}
	if !s.hold {
		s.spool()
	}
}

// spool appends what waits.
func (s *studio) spool() {
	s.tb.Helper()
	for _, f := range s.queue {
		if s.wr == nil {
			s.head.ID = custody.NewSegmentID()
			s.wr = must(s.v.Begin(context.Background(), s.head))
			s.head.Number++
		}
		if err := s.wr.Append(context.Background(), f); err != nil {
			s.tb.Fatal(err)
		}
	}
	s.queue = nil
}

func (s *studio) live() access.Grant {
	s.tb.Helper()
	return s.grant(s.head.Run.Camera, access.FootageLive, custody.Span{Start: s.Now(), End: s.Now().Add(time.Hour)})
}

func (s *studio) subscribe() vault.Feed {
	s.tb.Helper()
	f, err := s.v.Subscribe(s.tb.Context(), s.live(), s.head.Run.Stream)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(f.Close)
	return f
}

// next takes what there is, which must be there at once.
func (s *studio) next(f vault.Feed) vault.LiveUnits {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(s.tb.Context(), 5*time.Second)
	defer cancel()
	got, err := f.Next(ctx)
	if err != nil {
		s.tb.Fatal(err)
	}
	return got
}

// wantFrom checks that the units are what was sent of the run, without a hole, from picture n to the last.
func (s *studio) wantFrom(got vault.LiveUnits, n uint64) {
	s.tb.Helper()
	want := s.sent
	for want[0].Track != 1 || want[0].Seq != n {
		want = want[1:]
	}
	if got.Run.Run != s.head.Run.Run || string(got.Init) != string(s.head.Init) || len(got.Units) != len(want) {
		s.tb.Fatalf("run %s, %d units from %d; want run %s, %d units from picture %d", got.Run.Run, len(got.Units), got.Units[0].Seq, s.head.Run.Run, len(want), n)
	}
	if u := got.Units[0]; u.Track != 1 || u.Flags&media.RandomAccess == 0 {
		s.tb.Fatalf("it begins with unit %d of track %d, which is no random access unit", u.Seq, u.Track)
	}
	for i, u := range got.Units {
		if u.Unit != want[i].Unit || !bytes.Equal(u.Payload, want[i].Payload) {
			s.tb.Fatalf("unit %d is not what was sent", i)
		}
		if u.Wall != u.Receipt {
			s.tb.Fatalf("unit %d of track %d: its wall time is %s, it was received without delay at %s", u.Seq, u.Track, u.Wall, u.Receipt)
		}
	}
}

// wantRecorded checks that every picture of the run that was cut just now lies in the store.
func (s *studio) wantRecorded() {
	s.tb.Helper()
	g := s.grant(s.head.Run.Camera, access.FootageExport, custody.Span{Start: s.head.Run.Started.Add(-time.Hour), End: s.Now().Add(time.Hour)})
	var n uint64
	for _, table := range must(s.v.Units(s.tb.Context(), g, s.head.ID)) {
		for _, u := range table.Units {
			if u.Track == 1 && u.Seq != n {
				s.tb.Fatalf("picture %d is followed by %d", n-1, u.Seq)
			}
			n = u.Seq + 1
		}
	}
	if n != s.seq {
		s.tb.Fatalf("%d pictures of %d are recorded", n, s.seq)
	}
}
