package viewing_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"io"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys/keystest"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object/disk"
)

var noon = must(custody.ParseInstant("2026-11-03T12:00:00Z"))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// stage is a site with the real judge, the real vault on a real disk, and a desk.
type stage struct {
	*accesstest.Site
	t     *testing.T
	v     *vault.Vault
	desk  *viewing.Desk
	books *books
	parts viewing.Parts

	mu      sync.Mutex
	rows    []media.SegmentRow
	streams map[custody.CameraID]custody.StreamID
	gaps    []media.Gap
	truth   map[string]fact // by payload
	initOf  func(media.RunHeader) []byte
}

// fact is where a unit really lies.
type fact struct {
	camera   custody.CameraID
	segment  custody.SegmentID
	fragment media.FragmentInfo
	wall     custody.Instant
}

func newStage(t *testing.T) *stage {
	s := &stage{Site: accesstest.New(noon.Add(time.Hour)), t: t, streams: map[custody.CameraID]custody.StreamID{}, truth: map[string]fact{},
		initOf: func(r media.RunHeader) []byte { return []byte("init of " + r.Run) }}
	dir := t.TempDir()
	var err error
	s.v, err = vault.Open(vault.Options{Dir: filepath.Join(dir, "spool"), Keys: keystest.Ring(t, s), Objects: must(disk.Open(filepath.Join(dir, "objects"), disk.Options{Create: true})),
		Catalog: s, Clock: s, Durability: vault.PerSegment, Record: true, ThumbDir: filepath.Join(dir, "thumbs")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.v.Close() })
	s.books = &books{site: s.Site, viewings: map[custody.ViewingID]viewing.Viewing{}, looks: map[viewing.Look]bool{}}
	s.parts = viewing.Parts{Judge: s.Judge(), Vault: s.v, Store: s.books, History: s, Streams: s, Renderer: painter{}, Clock: s,
		Log: slog.New(slog.DiscardHandler)}
	s.desk = viewing.NewDesk(s.parts, viewing.Options{Lease: time.Second})
	return s
}

// camera adds a camera.
func (s *stage) camera() custody.CameraID {
	c := s.AddCamera(access.PublicArea)
	s.streams[c] = custody.NewStreamID()
	return c
}

// person is a custodian, who may look at anything.
func (s *stage) person() access.Actor { return s.Person(s.t, identity.Viewer, identity.Custodian) }

// open opens a recorded viewing.
func (s *stage) open(actor access.Actor, span custody.Span, cameras ...custody.CameraID) viewing.Opened {
	s.t.Helper()
	o, err := s.desk.Open(s.t.Context(), actor, viewing.Ask{Basis: access.Incident, Text: "a bicycle was stolen", Cameras: cameras, Span: span})
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

func (s *stage) Segment(_ context.Context, id custody.SegmentID) (media.SegmentRow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rows {
		if r.ID == id {
			return r, nil
		}
	}
	return media.SegmentRow{}, custody.Errorf(custody.NotFound, "no segment %s", id)
}

func (s *stage) Segments(_ context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.SegmentRow, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := slices.Clone(s.rows)
	slices.SortFunc(rows, func(a, b media.SegmentRow) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	return func(yield func(media.SegmentRow, error) bool) {
		for _, r := range rows {
			if r.Stream == stream && r.Span.Overlaps(span) && !yield(r, nil) {
				return
			}
		}
	}
}

func (s *stage) Gaps(_ context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.Gap, error] {
	return func(yield func(media.Gap, error) bool) {
		for _, g := range s.gaps {
			if g.Stream == stream && g.Span.Overlaps(span) && !yield(g, nil) {
				return
			}
		}
	}
}

func (s *stage) Run(context.Context, custody.RunID) (media.RunHeader, error) {
	return media.RunHeader{}, custody.Errorf(custody.NotFound, "no run")
}

// Timeline tells about what is settled.
func (s *stage) Timeline(_ context.Context, _ access.Scope, cameras []custody.CameraID, span custody.Span, _ time.Duration) ([]viewing.Track, error) {
	var out []viewing.Track
	for _, c := range cameras {
		t := viewing.Track{Camera: c, Streams: []custody.StreamID{s.streams[c]}}
		for row := range s.Segments(context.Background(), s.streams[c], span) {
			if n := len(t.Recorded); n > 0 && t.Recorded[n-1].End == row.Span.Start {
				t.Recorded[n-1].End = row.Span.End
			} else {
				t.Recorded = append(t.Recorded, row.Span.Intersect(span))
			}
		}
		out = append(out, t)
	}
	return out, nil
}

func (s *stage) Roll(context.Context, custody.Instant) (bool, error) { return false, nil }

func (s *stage) Streams(_ context.Context, c custody.CameraID) ([]viewing.StreamInfo, error) {
	return []viewing.StreamInfo{{ID: s.streams[c], Role: media.Main}}, nil
}

// shape says how a run is filmed: ten pictures a second.
type shape struct {
	start    custody.Instant
	pictures int
	group    int // pictures from one random access unit to the next
	segment  int // fragments in a segment; the last of a run may have fewer
}

// film records one run through the real builder and the real vault. Every payload is different.
func (s *stage) film(camera custody.CameraID, sh shape) media.RunHeader {
	s.t.Helper()
	run, fragments := s.expose(camera, sh)
	for n := uint32(0); len(fragments) > 0; n++ {
		k := min(sh.segment, len(fragments))
		s.seal(run, n, fragments[:k], k < len(fragments) && !fragments[k].Info.RandomAccess)
		fragments = fragments[k:]
	}
	return run
}

// expose is a run before it is recorded.
func (s *stage) expose(camera custody.CameraID, sh shape) (media.RunHeader, []*media.Fragment) {
	s.t.Helper()
	run := media.RunHeader{Run: custody.NewRunID(), Stream: s.streams[camera], Camera: camera, Started: sh.start, SDP: []byte("v=0\r\n"), Transport: "tcp", Reason: "connect",
		Tracks: []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromStream, SPS: [][]byte{{0x67, 0x64, 0, 0x1f}}, PPS: [][]byte{{0x68}}}}}
	b := media.NewBuilder(run.Tracks, func(n int) *media.Buffer {
		return &media.Buffer{Mem: make([]byte, n), Start: media.Headroom, End: media.Headroom}
	}, 0)
	var fragments []*media.Fragment
	for i := range sh.pictures {
		u := media.Unit{Track: 1, Seq: uint64(i), PTS: int64(i) * 9000, DTS: int64(i) * 9000, Receipt: sh.start.Add(time.Duration(i) * 100 * time.Millisecond)}
		if i%sh.group == 0 {
			u.Flags = media.RandomAccess
		}
		payload := binary.BigEndian.AppendUint32(nil, 40)
		payload = append(append(payload, run.Run...), make([]byte, 10)...)[:44]
		binary.BigEndian.PutUint32(payload[36:], uint32(i))
		u.Size = uint32(len(payload))
		if f := must(b.Append(u, payload)); f != nil {
			fragments = append(fragments, f)
		}
	}
	if f := b.Close(); f != nil {
		fragments = append(fragments, f)
	}
	return run, fragments
}

// seal stores one segment and remembers what lies where.
func (s *stage) seal(run media.RunHeader, number uint32, fragments []*media.Fragment, continuation bool) {
	s.t.Helper()
	ctx := s.t.Context()
	id := custody.NewSegmentID()
	w, err := s.v.Begin(ctx, vault.SegmentHead{ID: id, Run: run, Number: number, Init: s.initOf(run)})
	if err != nil {
		s.t.Fatal(err)
	}
	for i, f := range fragments {
		body := bytes.Clone(f.Buffer.Bytes())
		samples := must(media.ReadFragment(body))[0].Samples
		for j, u := range f.Units {
			at := samples[j]
			info := f.Info
			info.Number = uint32(i)
			s.truth[string(body[at.At:at.At+at.Size])] = fact{run.Camera, id, info, media.UnitWall(f.Info, 90000, u.PTS)}
		}
		if err := w.Append(ctx, f); err != nil {
			s.t.Fatal(err)
		}
	}
	p, err := w.Close(vault.SegmentEnd{Continuation: continuation})
	if err != nil {
		s.t.Fatal(err)
	}
	s.settle(p)
}

// settle stores a closed segment.
func (s *stage) settle(p vault.Pending) {
	s.t.Helper()
	ctx := s.t.Context()
	row := must(p.Seal(ctx))
	if err := p.Store(ctx); err != nil {
		s.t.Fatal(err)
	}
	row.SealedAt = s.Now()
	s.mu.Lock()
	s.rows = append(s.rows, row)
	s.mu.Unlock()
	if err := p.Drop(); err != nil {
		s.t.Fatal(err)
	}
}

// units lists what is in the bytes of a Clip.
func (s *stage) units(b []byte) []fact {
	s.t.Helper()
	var out []fact
	for len(b) > 0 {
		n := int(binary.BigEndian.Uint32(b))
		n += int(binary.BigEndian.Uint32(b[n:]))
		for _, track := range must(media.ReadFragment(b[:n])) {
			for _, u := range track.Samples {
				f, ok := s.truth[string(b[u.At:u.At+u.Size])]
				if !ok {
					s.t.Fatal("a unit that nobody filmed")
				}
				out = append(out, f)
			}
		}
		b = b[n:]
	}
	return out
}

// media asks for a part and reads it whole.
func (s *stage) media(actor access.Actor, id custody.ViewingID, camera custody.CameraID, segment custody.SegmentID, name string) ([]byte, error) {
	c, err := s.desk.Media(s.t.Context(), actor, id, camera, segment, name)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	b, err := io.ReadAll(c)
	if err == nil && int64(len(b)) != c.Size() {
		s.t.Errorf("%d bytes, want %d", len(b), c.Size())
	}
	return b, err
}

func (s *stage) wants(k custody.Kind, err error, what string) {
	s.t.Helper()
	if err == nil || custody.KindOf(err) != k {
		s.t.Errorf("%s: %v, want %v", what, err, k)
	}
}

// painter answers with what it was asked: the renderer itself has tests of its own.
type painter struct{}

func (painter) Still(_ context.Context, fmp4 []byte, at int64, width int) ([]byte, error) {
	return fmp4, nil
}
func (painter) Transcode(_ context.Context, fmp4 []byte) ([]byte, error) { return fmp4, nil }

// books is an honest Store in memory whose Lease can be made slow, or fail. Its events are the site's.
type books struct {
	site *accesstest.Site

	mu       sync.Mutex
	viewings map[custody.ViewingID]viewing.Viewing
	looks    map[viewing.Look]bool // without Leased and Served
	unserved []viewing.Look
	hold     chan struct{} // Lease waits until it is closed
	asked    int           // calls of Lease
}

func bare(l viewing.Look) viewing.Look { l.Leased, l.Served = 0, false; return l }

func (b *books) OpenViewing(ctx context.Context, v viewing.Viewing, evs ...custody.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.viewings[v.ID] = v
	return b.site.Append(ctx, evs...)
}

func (b *books) CloseViewing(ctx context.Context, id custody.ViewingID, at custody.Instant, why string, unserved []viewing.Look, evs ...custody.Event) error {
	if err := b.site.Append(ctx, evs...); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.viewings[id]
	v.Closed, v.Why = at, why
	b.viewings[id] = v
	b.unserved = append(b.unserved, unserved...)
	return nil
}

func (b *books) Lease(ctx context.Context, looks []viewing.Look, evs ...custody.Event) error {
	b.mu.Lock()
	hold := b.hold
	b.asked++
	b.mu.Unlock()
	if hold != nil {
		<-hold
	}
	if err := b.site.Append(ctx, evs...); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range looks {
		b.looks[bare(l)] = true
	}
	return nil
}

func (b *books) leased(l viewing.Look) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.looks[l]
}

func (b *books) ViewingByID(_ context.Context, id custody.ViewingID) (viewing.Viewing, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v, ok := b.viewings[id]
	if !ok {
		return v, custody.Errorf(custody.NotFound, "no viewing")
	}
	return v, nil
}

func (b *books) Viewings(context.Context, access.Scope, custody.Instant, int) ([]viewing.Viewing, error) {
	return nil, nil
}

func (b *books) OpenViewings(context.Context) (out []viewing.Viewing, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, v := range b.viewings {
		if v.Closed == 0 {
			out = append(out, v)
		}
	}
	return out, nil
}

func (b *books) Looks(context.Context, access.Scope, custody.CameraID, custody.Span, int) ([]viewing.Look, error) {
	return nil, nil
}
