package vault_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/keys/keystest"
	"github.com/footage-custody/custody/internal/trust/vault"
)

var noon = must(custody.ParseInstant("2026-11-03T12:00:00Z"))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// world is everything around a vault that outlives a crash of its process, and the station clock.
type world struct {
	tb      testing.TB
	dir     string
	disk    vault.Disk
	ring    *keys.Ring
	objects *objects
	catalog *catalog
	durable vault.Durability

	mu  sync.Mutex
	now custody.Instant
}

func newWorld(tb testing.TB) *world {
	w := &world{tb: tb, dir: filepath.Join(tb.TempDir(), "spool"), disk: vault.OSDisk{}, durable: vault.PerSegment, now: noon}
	w.ring = keystest.Ring(tb, w)
	w.objects = &objects{w: w, held: map[string][]byte{}}
	w.catalog = &catalog{rows: map[custody.SegmentID]media.SegmentRow{}}
	return w
}

func (w *world) Now() custody.Instant {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}
func (w *world) Reading() custody.ClockReading                  { return custody.ClockReading{Now: w.Now()} }
func (w *world) Append(context.Context, ...custody.Event) error { return nil }
func (w *world) options() vault.Options {
	return vault.Options{
		Dir: w.dir, Disk: w.disk, Keys: w.ring, Objects: w.objects, Catalog: w.catalog, Clock: w,
		Durability: w.durable, Record: true,
	}
}

func (w *world) open() *vault.Vault {
	w.tb.Helper()
	v, err := vault.Open(w.options())
	if err != nil {
		w.tb.Fatal(err)
	}
	w.tb.Cleanup(func() { _ = v.Close() })
	return v
}

// grant asks the real judge.
func (w *world) grant(camera custody.CameraID, action access.Action, span custody.Span) access.Grant {
	w.tb.Helper()
	operator := must(identity.Operator(w.ring))
	g, err := access.NewJudge(accesstest.Unstaffed{}, w, w).Decide(w.tb.Context(), operator, access.Ask{Action: action, Camera: camera, Span: span, Purpose: "a test"})
	if err != nil {
		w.tb.Fatal(err)
	}
	return g
}

// objects is an honest object store that keeps whole objects and can be told to fail.
type objects struct {
	w    *world
	mu   sync.Mutex
	held map[string][]byte
	fail error
	// locked are the objects that the store itself keeps from being removed.
	locked map[string]bool
	lie    func([]byte) []byte // what reads return instead
}

func (o *objects) get(key string) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b, ok := o.held[key]
	if !ok {
		return nil, custody.Errorf(custody.NotFound, "no object %s", key)
	}
	if o.lie != nil {
		b = o.lie(bytes.Clone(b))
	}
	return b, o.fail
}

func (o *objects) Put(_ context.Context, key string, src vault.Source) error {
	return o.put(key, src, false)
}

func (o *objects) Replace(_ context.Context, key string, src vault.Source) error {
	return o.put(key, src, true)
}

func (o *objects) put(key string, src vault.Source, over bool) error {
	f, err := o.w.disk.Open(src.Path)
	if err != nil {
		return custody.Wrap(custody.Unavailable, err, "the source could not be opened")
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, 0, src.Size+1))
	if err != nil || int64(len(b)) != src.Size || sha256.Sum256(b) != src.Digest {
		return custody.Errorf(custody.Corrupt, "the source is not what it says")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return o.fail
	}
	if old, ok := o.held[key]; ok && !over && !bytes.Equal(old, b) {
		return custody.Errorf(custody.Exists, "other bytes under %s", key)
	}
	o.held[key] = b
	return nil
}

func (o *objects) Stat(_ context.Context, key string) (vault.Stat, error) {
	b, err := o.get(key)
	return vault.Stat{Key: key, Size: int64(len(b))}, err
}

func (o *objects) ReadAt(_ context.Context, key string, p []byte, off int64) error {
	b, err := o.get(key)
	if err == nil && (off < 0 || off+int64(len(p)) > int64(len(b))) {
		return custody.Errorf(custody.Corrupt, "a short object")
	}
	if err == nil {
		copy(p, b[off:])
	}
	return err
}

func (o *objects) Open(_ context.Context, key string) (io.ReadCloser, error) {
	b, err := o.get(key)
	return io.NopCloser(bytes.NewReader(b)), err
}

func (o *objects) List(context.Context) iter.Seq2[vault.Stat, error] {
	return func(yield func(vault.Stat, error) bool) {
		for _, k := range slices.Sorted(maps.Keys(o.held)) {
			if !yield(vault.Stat{Key: k, Size: int64(len(o.held[k]))}, nil) {
				return
			}
		}
	}
}

func (o *objects) Purge(_ context.Context, key string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.locked[key] {
		return custody.Errorf(custody.Denied, "the object %s is locked", key)
	}
	delete(o.held, key)
	return o.fail
}

func (o *objects) Hold(_ context.Context, key string, on bool) error {
	if _, err := o.get(key); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.locked == nil {
		o.locked = map[string]bool{}
	}
	o.locked[key] = on
	return nil
}

// catalog holds committed rows.
type catalog struct {
	mu   sync.Mutex
	rows map[custody.SegmentID]media.SegmentRow
	// tombs are of those that were disposed of.
	tombs map[custody.SegmentID]vault.Tombstone
	// answered, if set, is called once when a row was read and its reader has not heard of it yet.
	answered func()
}

func (c *catalog) Tombstone(_ context.Context, id custody.SegmentID) (vault.Tombstone, error) {
	if t, ok := c.tombs[id]; ok {
		return t, nil
	}
	return vault.Tombstone{}, custody.Errorf(custody.NotFound, "no tombstone of %s", id)
}

func (c *catalog) commit(row media.SegmentRow) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.rows[row.ID]; !ok {
		c.rows[row.ID] = row
	}
}

func (c *catalog) Segment(_ context.Context, id custody.SegmentID) (media.SegmentRow, error) {
	c.mu.Lock()
	row, ok := c.rows[id]
	answered := c.answered
	c.answered = nil
	c.mu.Unlock()
	if answered != nil {
		answered()
	}
	if ok {
		return row, nil
	}
	return media.SegmentRow{}, custody.Errorf(custody.NotFound, "no row %s", id)
}

func (c *catalog) Segments(_ context.Context, stream custody.StreamID, span custody.Span) iter.Seq2[media.SegmentRow, error] {
	c.mu.Lock()
	defer c.mu.Unlock()
	var rows []media.SegmentRow
	for _, row := range c.rows {
		if row.Stream == stream && row.Span.Overlaps(span) {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b media.SegmentRow) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	return func(yield func(media.SegmentRow, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (c *catalog) Gaps(context.Context, custody.StreamID, custody.Span) iter.Seq2[media.Gap, error] {
	return func(func(media.Gap, error) bool) {}
}

func (c *catalog) Run(context.Context, custody.RunID) (media.RunHeader, error) {
	return media.RunHeader{}, custody.Errorf(custody.NotFound, "no run")
}

// take is one segment as a recorder would write it: the head, and the fragments in the clear.
type take struct {
	head      vault.SegmentHead
	fragments [][]byte
	rnd       *rand.Rand
	seq       uint64
	tick      int64
	size      int // of one unit, about
}

func newTake(start custody.Instant, size int) *take {
	return &take{rnd: rand.New(rand.NewPCG(uint64(start), 7)), size: size, head: vault.SegmentHead{
		ID: custody.NewSegmentID(), Number: 3, Init: []byte("ftyp and moov"),
		Run: media.RunHeader{
			Run: custody.NewRunID(), Stream: custody.NewStreamID(), Camera: custody.NewCameraID(), Started: start,
			SDP: []byte("v=0\r\n"), RemoteAddr: "192.0.2.1:554", Transport: "tcp", Reason: "connect",
			Tracks: []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromSDP, SPS: [][]byte{{0x67}}, PPS: [][]byte{{0x68}}}},
		},
	}}
}

// next makes the next fragment of two seconds. room is what the buffer keeps free behind the content.
func (t *take) next(room int) *media.Fragment {
	n := int64(len(t.fragments))
	f := &media.Fragment{Info: media.FragmentInfo{
		WallStart: t.head.Run.Started + custody.Instant(n*2e6), FirstTick: t.tick, MediaTicks: 180000,
		ClockError: time.Duration(n) * time.Millisecond, RandomAccess: true,
	}}
	content := []byte("\x00\x00\x00\x18moofof sixteen more.....mdat")
	for i := range int64(3) {
		payload := make([]byte, t.size/2+t.rnd.IntN(t.size))
		for j := range payload {
			payload[j] = byte(t.rnd.Uint32())
		}
		f.Units = append(f.Units, media.Unit{
			Track: 1, Seq: t.seq, RTP: uint32(t.tick + i*6000), PTS: t.tick + i*6000, DTS: t.tick + i*6000,
			Receipt: f.Info.WallStart + custody.Instant(i*66_666), Size: uint32(len(payload)),
		})
		f.Digests = append(f.Digests, sha256.Sum256(payload))
		content = append(content, payload...)
		t.seq++
	}
	binary.BigEndian.PutUint32(content[24:], uint32(len(content)-24))
	t.tick += 180000
	t.fragments = append(t.fragments, bytes.Clone(content))
	mem := make([]byte, media.Headroom+len(content)+room)
	copy(mem[media.Headroom:], content)
	f.Buffer = &media.Buffer{Mem: mem, Start: media.Headroom, End: media.Headroom + len(content)}
	return f
}

// span is that of the fragments so far.
func (t *take) span() custody.Span {
	return custody.Span{Start: t.head.Run.Started, End: t.head.Run.Started + custody.Instant(len(t.fragments))*2e6}
}
