package manifest

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/keys/keystest"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/object/disk"
)

const noon = custody.Instant(1_793_707_200_000_000) // 2026-11-03T12:00:00Z

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// stage is a recorded camera and a site's log: the real builder, vault and disk store; ten pictures a second, a group of ten, and if
// sound is set fifty sound frames a second.
type stage struct {
	tb       testing.TB
	now      custody.Instant
	ring     *keys.Ring
	vault    *vault.Vault
	rows     []media.SegmentRow
	run      media.RunHeader
	payloads map[[32]byte][]byte // by digest

	log, signing ed25519.PrivateKey
	origin       string
	events       []custody.Event
	salts        []seal.Salt
	tree         *seal.Tree
	reorder      bool
}

func (s *stage) Now() custody.Instant                           { return s.now }
func (s *stage) Reading() custody.ClockReading                  { return custody.ClockReading{Now: s.now} }
func (s *stage) Append(context.Context, ...custody.Event) error { return nil }
func (s *stage) Segment(_ context.Context, id custody.SegmentID) (media.SegmentRow, error) {
	for _, r := range s.rows {
		if r.ID == id {
			return r, nil
		}
	}
	return media.SegmentRow{}, custody.Errorf(custody.NotFound, "no row")
}
func (s *stage) Segments(context.Context, custody.StreamID, custody.Span) iter.Seq2[media.SegmentRow, error] {
	return func(func(media.SegmentRow, error) bool) {}
}
func (s *stage) Gaps(context.Context, custody.StreamID, custody.Span) iter.Seq2[media.Gap, error] {
	return func(func(media.Gap, error) bool) {}
}
func (s *stage) Run(context.Context, custody.RunID) (media.RunHeader, error) { return s.run, nil }

func newStage(tb testing.TB, sound bool) *stage {
	s := &stage{tb: tb, now: noon, payloads: map[[32]byte][]byte{}, tree: &seal.Tree{}, origin: must(seal.Origin("library.example", 1))}
	_, s.log, _ = ed25519.GenerateKey(rand.Reader)
	_, s.signing, _ = ed25519.GenerateKey(rand.Reader)
	s.ring = keystest.Ring(tb, s)
	store, err := disk.Open(filepath.Join(tb.TempDir(), "objects"), disk.Options{Create: true})
	if err != nil {
		tb.Fatal(err)
	}
	s.vault, err = vault.Open(vault.Options{Dir: filepath.Join(tb.TempDir(), "spool"), Keys: s.ring, Objects: store, Catalog: s, Clock: s,
		Durability: vault.PerSegment, Record: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.vault.Close() })
	camera := custody.NewCameraID()
	s.run = media.RunHeader{Run: custody.NewRunID(), Stream: custody.NewStreamID(), Camera: camera, Started: noon, SDP: []byte("v=0\r\n"),
		RemoteAddr: "192.0.2.7:554", Transport: "tcp", Reason: "connect", Tracks: []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromStream,
			PPS: [][]byte{{0x68, 0xce, 0x3c, 0x80}},
			SPS: [][]byte{{0x67, 0x42, 0xc0, 0x0a, 0xda, 0x05, 0x07, 0xe8, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x05, 0x23, 0xc4, 0x89, 0xe0}}}}}
	if sound {
		s.run.Tracks = append(s.run.Tracks, media.Track{ID: 2, Codec: media.Opus, Timescale: 48000, Channels: 1, Source: media.FromSDP})
	}
	pub := s.signing.Public().(ed25519.PublicKey)
	s.event(custody.EventKeyCreated, "", "key_1", map[string]any{"purpose": "package-signing", "public": []byte(pub)})
	return s
}

func (s *stage) event(t custody.EventType, camera custody.CameraID, subject string, detail any) int {
	e := must(custody.NewEvent(t, s.now, "system", camera, subject, detail))
	var salt seal.Salt
	rand.Read(salt[:])
	s.events, s.salts = append(s.events, e), append(s.salts, salt)
	s.tree.Add(seal.EventLeaf(t, salt, e.Body))
	return len(s.events) - 1
}

// unit makes unit n of a track; size is what its payload takes, about.
func (s *stage) unit(track uint8, n int64, size int) (media.Unit, []byte) {
	step, every := int64(9000), 100*time.Millisecond
	kind, key := byte(0x41), byte(0x65)
	if s.run.Tracks[0].Codec == media.H265 {
		kind, key = 1<<1, 19<<1
	}
	var sets []byte
	u := media.Unit{Track: track, Seq: uint64(n)}
	if track == 2 {
		step, every, kind = 960, 20*time.Millisecond, 0x10
		u.Flags = media.RandomAccess
	} else if n%10 == 0 {
		kind, u.Flags = key, media.RandomAccess|media.HasParams
		for _, set := range slices.Concat(s.run.Tracks[0].VPS, s.run.Tracks[0].SPS, s.run.Tracks[0].PPS) {
			sets = append(binary.BigEndian.AppendUint32(sets, uint32(len(set))), set...)
		}
	}
	u.DTS, u.PTS = n*step, n*step
	if s.reorder && track == 1 && n%10 != 0 && n%10 != 9 { // 0 2 1 4 3 ...
		u.PTS += (n%2*2 - 1) * step
		u.DTS -= step
	}
	u.RTP, u.Receipt = uint32(u.PTS)+4_294_900_000, noon+custody.Instant(n*every.Microseconds())
	nal := make([]byte, size)
	rand.Read(nal)
	nal[0] = kind
	b := append(binary.BigEndian.AppendUint32(sets, uint32(size)), nal...)
	u.Size = uint32(len(b))
	s.payloads[sha256.Sum256(b)] = b
	return u, b
}

// record films seconds of footage and settles a segment after each ten seconds.
func (s *stage) record(seconds, size int) {
	b := media.NewBuilder(s.run.Tracks, func(n int) *media.Buffer {
		return &media.Buffer{Mem: make([]byte, n), Start: media.Headroom, End: media.Headroom}
	}, 0)
	var ready []*media.Fragment
	take := func(f *media.Fragment, err error) {
		if err != nil {
			s.tb.Fatal(err)
		}
		if f != nil {
			ready = append(ready, f)
		}
	}
	number := uint32(0)
	for n := range int64(10 * seconds) {
		take(b.Append(s.unit(1, n, size)))
		for k := range int64(5 * (len(s.run.Tracks) - 1)) {
			take(b.Append(s.unit(2, 5*n+k, 40)))
		}
		if len(ready) >= 5 && n%100 == 0 {
			s.settle(number, ready)
			ready, number = nil, number+1
		}
	}
	take(b.Close(), nil)
	s.settle(number, ready)
}

// settle seals one segment and enters it in the log, as the recorder does.
func (s *stage) settle(number uint32, fragments []*media.Fragment) {
	ctx := context.Background()
	w := must(s.vault.Begin(ctx, vault.SegmentHead{ID: custody.NewSegmentID(), Run: s.run, Number: number, Init: must(media.InitSection(s.run.Tracks))}))
	for _, f := range fragments {
		if err := w.Append(ctx, f); err != nil {
			s.tb.Fatal(err)
		}
	}
	p := must(w.Close(vault.SegmentEnd{}))
	row := must(p.Seal(ctx))
	s.now = row.Span.End + 2_000_000
	row.SealedAt = s.now
	if err := p.Store(ctx); err != nil {
		s.tb.Fatal(err)
	}
	s.rows = append(s.rows, row)
	s.event(custody.EventSegmentSealed, row.Camera, string(row.ID), map[string]any{
		"stream": row.Stream, "run": row.Run, "number": row.Number, "start_us": row.Span.Start, "end_us": row.Span.End, "media_ticks": row.MediaTicks,
		"timescale": row.Timescale, "units": row.Units, "leaves": row.Leaves, "root": fmt.Sprintf("%x", row.Root),
		"object_size": row.ObjectSize, "object_sha256": fmt.Sprintf("%x", row.ObjectDigest), "key": row.KeyID,
	})
	if err := p.Drop(); err != nil {
		s.tb.Fatal(err)
	}
}

func (s *stage) logged(n int) *Logged {
	return &Logged{Index: uint64(n), Type: s.events[n].Type, Salt: Salt(s.salts[n]), Body: s.events[n].Body,
		Proof: must(seal.ProveInclusion(s.tree.Size(), uint64(n), s.tree))}
}

func (s *stage) sealedEvent(id custody.SegmentID) *Logged {
	n := slices.IndexFunc(s.events, func(e custody.Event) bool {
		return e.Subject == string(id) && e.Type == custody.EventSegmentSealed
	})
	return s.logged(n)
}

// tables are the vault's evidence about a segment.
func (s *stage) tables(row media.SegmentRow) []vault.UnitTable {
	operator := must(identity.Operator(s.ring))
	g := must(access.NewJudge(accesstest.Unstaffed{}, s, s).Decide(context.Background(), operator,
		access.Ask{Action: access.FootageExport, Camera: row.Camera, Span: row.Span, Purpose: "a test"}))
	return must(s.vault.Units(context.Background(), g, row.ID))
}

// disclosure is one unit on its way into a package.
type disclosure struct {
	unit    Unit
	media   media.Unit
	wall    custody.Instant
	payload []byte
}

// unitsOf are the leaves of a segment's units, the units that keep accepts, and what those disclose.
func (s *stage) unitsOf(row media.SegmentRow, keep func(media.Unit, custody.Instant) bool) (leaves []seal.Hash, shown []*Unit, kept []disclosure) {
	wrapped := must(s.ring.UnwrapSegment(row.ID, row.KeyID, row.WrappedKey))
	leaf := must(keys.DeriveSegmentKeys(keys.KeyOf(wrapped))).Leaf.Bytes()
	for _, t := range s.tables(row) {
		for i, m := range t.Units {
			u := Unit{Track: m.Track, Seq: m.Seq, RTP: m.RTP, Receipt: m.Receipt, Flags: uint8(m.Flags), Salt: seal.UnitSalt(leaf, m.Track, m.Seq), Payload: t.Digests[i]}
			wall := media.TrackWall(t.Fragment, 90000, s.run.Tracks[m.Track-1].Timescale, m.PTS)
			leaves = append(leaves, u.Leaf())
			if !keep(m, wall) {
				shown = append(shown, nil)
				continue
			}
			shown = append(shown, &u)
			kept = append(kept, disclosure{u, m, wall, s.payloads[t.Digests[i]]})
		}
	}
	return leaves, shown, kept
}

// film writes the units as an original: the run's init section and a fragment a unit.
func (s *stage) film(units []disclosure, tracks int) []byte {
	slices.SortStableFunc(units, func(a, b disclosure) int {
		return cmp.Or(cmp.Compare(a.media.Receipt/1_000_000, b.media.Receipt/1_000_000), cmp.Compare(a.media.Track, b.media.Track))
	})
	b := must(media.InitSection(s.run.Tracks[:tracks]))
	for i, u := range units {
		track := s.run.Tracks[u.media.Track-1]
		duration := uint32(9000)
		if u.media.Track == 2 {
			duration = 960
		}
		base := u.media.DTS + media.Rescale(2, track.Timescale, 1)
		b = media.AppendUnitFragment(b, uint32(i+1), track, u.media, base, duration, u.payload)
	}
	return b
}

// bytesOf opens bytes as a file of a package.
func bytesOf(path string, b []byte) Data {
	return Data{Path: path, Size: int64(len(b)), Write: func(w io.Writer) error { _, err := w.Write(b); return err }}
}
