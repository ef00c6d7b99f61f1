package apitest

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/vault"
)

// Reel is one run of a camera: its pictures and how they were filmed.
type Reel struct {
	Camera   custody.CameraID
	Start    custody.Instant
	Step     time.Duration // from one picture to the next
	Pictures [][]byte      // access units, every one different
	Track    media.Track
	Segment  int  // fragments in a segment; the last may have fewer
	Growing  bool // the last segment is still being written
}

// Fact is where one filmed picture really lies.
type Fact struct {
	Number   int // of the picture in its reel
	Camera   custody.CameraID
	Run      custody.RunID
	Segment  custody.SegmentID
	Fragment media.FragmentInfo
	Ticks    int64 // presentation time as the boxes count it
	Wall     custody.Instant
}

// Timescale is that of every reel.
const Timescale = 90000

// Synthetic are n pictures that nobody can decode, every one different; the random access units among them are one in group.
func Synthetic(n, group int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		nal := append([]byte{0x41}, custody.NewSegmentID()...)
		if i%group == 0 {
			nal[0] = 0x65
		}
		out[i] = append(binary.BigEndian.AppendUint32(nil, uint32(len(nal))), nal...)
	}
	return out
}

// SyntheticTrack is the track of Synthetic pictures.
func SyntheticTrack() media.Track {
	return media.Track{ID: 1, Codec: media.H264, Timescale: Timescale, Source: media.FromStream, PPS: [][]byte{{0x68, 0xce, 0x3c, 0x80}},
		SPS: [][]byte{{0x67, 0x42, 0xc0, 0x0a, 0xda, 0x05, 0x07, 0xe8, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x05, 0x23, 0xc4, 0x89, 0xe0}}}
}

// Film records a reel through the real builder, vault and database, and remembers where every picture lies. It returns the segments.
func (s *Site) Film(r Reel) []custody.SegmentID {
	s.tb.Helper()
	run := media.RunHeader{Run: custody.NewRunID(), Stream: s.Stream(r.Camera), Camera: r.Camera, Started: r.Start, SDP: []byte("v=0\r\n"), RemoteAddr: "192.0.2.7:554",
		Transport: "tcp", Reason: "connect", Tracks: []media.Track{r.Track}}
	s.must(s.DB.StartRun(s.tb.Context(), run, s.event(custody.EventRunStarted, r.Camera, string(run.Run))))
	init, err := media.InitSection(run.Tracks)
	s.must(err)
	fragments := s.build(r)
	var out []custody.SegmentID
	for n := uint32(0); len(fragments) > 0; n++ {
		k := min(r.Segment, len(fragments))
		last := k == len(fragments)
		head := vault.SegmentHead{ID: custody.NewSegmentID(), Run: run, Number: n, Init: init}
		s.spool(head, fragments[:k], r.Growing && last, !last && !fragments[k].Info.RandomAccess)
		out, fragments = append(out, head.ID), fragments[k:]
	}
	return out
}

// Stream is the camera's main stream.
func (s *Site) Stream(id custody.CameraID) custody.StreamID {
	s.tb.Helper()
	c, err := s.Cameras.Find(s.tb.Context(), string(id))
	s.must(err)
	return c.Streams[0].ID
}

// Gap records that nothing was filmed.
func (s *Site) Gap(id custody.CameraID, span custody.Span, cause media.GapCause) {
	s.tb.Helper()
	g := media.Gap{ID: custody.NewGapID(), Camera: id, Stream: s.Stream(id), Span: span, Cause: cause}
	s.must(s.DB.AddGap(s.tb.Context(), g, s.event(custody.EventGapClosed, id, string(g.ID))))
}

func (s *Site) event(t custody.EventType, id custody.CameraID, subject string) custody.Event {
	s.tb.Helper()
	ev, err := custody.NewEvent(t, s.Clock.Now(), "system", id, subject, nil)
	s.must(err)
	return ev
}

func newBuilder(t media.Track) *media.Builder {
	return media.NewBuilder([]media.Track{t}, func(n int) *media.Buffer {
		return &media.Buffer{Mem: make([]byte, n), Start: media.Headroom, End: media.Headroom}
	}, 0)
}

// unit describes picture i of a reel.
func (s *Site) unit(r Reel, i int) media.Unit {
	s.tb.Helper()
	flags, _, err := media.Inspect(r.Track.Codec, r.Pictures[i])
	s.must(err)
	at := int64(i) * int64(r.Step) * Timescale / int64(time.Second)
	return media.Unit{Track: 1, Flags: flags, Seq: uint64(i), RTP: uint32(at), PTS: at, DTS: at, Size: uint32(len(r.Pictures[i])),
		Receipt: r.Start.Add(time.Duration(i) * r.Step)}
}

func (s *Site) build(r Reel) []*media.Fragment {
	s.tb.Helper()
	b := newBuilder(r.Track)
	var out []*media.Fragment
	for i := range r.Pictures {
		f, err := b.Append(s.unit(r, i), r.Pictures[i])
		s.must(err)
		if f != nil {
			out = append(out, f)
		}
	}
	if f := b.Close(); f != nil {
		out = append(out, f)
	}
	return out
}

// spool writes one segment and, unless it grows, settles it as the recorder does.
func (s *Site) spool(head vault.SegmentHead, fragments []*media.Fragment, growing, continuation bool) {
	s.tb.Helper()
	ctx := s.tb.Context()
	w, err := s.Vault.Begin(ctx, head)
	s.must(err)
	for i, f := range fragments {
		s.remember(head, uint32(i), f)
		s.must(w.Append(ctx, f))
	}
	if growing {
		return
	}
	p, err := w.Close(vault.SegmentEnd{Continuation: continuation})
	s.must(err)
	row, err := p.Seal(ctx)
	s.must(err)
	s.must(p.Store(ctx))
	row.SealedAt = s.Clock.Now()
	s.must(s.DB.CommitSegment(ctx, row, s.event(custody.EventSegmentSealed, row.Camera, string(row.ID))))
	s.must(p.Drop())
}

func (s *Site) remember(head vault.SegmentHead, number uint32, f *media.Fragment) {
	s.tb.Helper()
	body := bytes.Clone(f.Buffer.Bytes())
	tracks, err := media.ReadFragment(body)
	s.must(err)
	info := f.Info
	info.Number = number
	for i, u := range f.Units {
		at := tracks[0].Samples[i]
		s.filmed[string(body[at.At:at.At+at.Size])] = Fact{int(u.Seq), head.Run.Camera, head.Run.Run, head.ID, info, at.PTS, media.UnitWall(f.Info, Timescale, u.PTS)}
	}
}

// Filmed is everything that was filmed of a camera, in time order.
func (s *Site) Filmed(id custody.CameraID) []Fact {
	var out []Fact
	for _, f := range s.filmed {
		if f.Camera == id {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b Fact) int { return int(a.Wall - b.Wall) })
	return out
}

// Pictures reads fragments - moof and mdat, one after another - and says of each picture in them where it really lies. A picture that
// nobody filmed, or that is presented at another time, fails the test.
func (s *Site) Pictures(b []byte) []Fact {
	s.tb.Helper()
	var out []Fact
	for len(b) > 0 {
		n := boxes(b)
		tracks, err := media.ReadFragment(b[:n])
		s.must(err)
		for _, t := range tracks {
			for _, at := range t.Samples {
				f, ok := s.filmed[string(b[at.At:at.At+at.Size])]
				if !ok || f.Ticks != at.PTS {
					s.tb.Fatalf("a picture at tick %d that was filmed at %d, or never (%v)", at.PTS, f.Ticks, ok)
				}
				out = append(out, f)
			}
		}
		b = b[n:]
	}
	return out
}

// boxes is the length of the moof and the mdat that b begins with; all of b if it is too short for them.
func boxes(b []byte) int {
	n := 0
	for range 2 {
		if len(b)-n < 8 {
			return len(b)
		}
		n += int(binary.BigEndian.Uint32(b[n:]))
		if n > len(b) {
			return len(b)
		}
	}
	return n
}
