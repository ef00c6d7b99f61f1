package recorder_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/station/stationtest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/disk"
)

// A baseline 176x144 SPS and its PPS, made by an encoder, and the same at another level.
var (
	watchSPS = []byte{0x67, 0x42, 0xc0, 0x0a, 0xd9, 0x0b, 0x13, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x01, 0x40, 0xf1, 0x22, 0x6a}
	otherSPS = []byte{0x67, 0x42, 0xc0, 0x0b, 0xd9, 0x0b, 0x13, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x01, 0x40, 0xf1, 0x22, 0x6a}
	watchPPS = []byte{0x68, 0xcb, 0x83, 0xcb, 0x20}
)

// set is a recorder with its real rooms - spool, disk store, SQLite - and a camera of ten pictures a second whose groups have twenty.
type set struct {
	t        *testing.T
	clock    *stationtest.Clock
	ring     *keys.Ring
	vault    *vault.Vault
	recorder *recorder.Recorder
	stream   *recorder.Stream
	yard     *dbtest.Yard
	sps      []byte
	rtp      uint32
	frame    int
	sent     [][32]byte              // digests of all payloads
	shown    map[int]custody.Instant // wall times of those that were shown
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

type silent struct{}

func (silent) Raise(recorder.AlarmKind, string, string) {}
func (silent) Clear(recorder.AlarmKind, string)         {}

func newSet(t *testing.T) *set {
	s := &set{t: t, clock: stationtest.NewClock(must(custody.ParseInstant("2026-11-03T12:00:00Z"))), sps: watchSPS, shown: map[int]custody.Instant{}}
	dir := t.TempDir()
	d := dbtest.Open(t, dbtest.SQLite(t))
	site := must(keys.InitSiteKey(filepath.Join(dir, "site.key")))
	s.ring = must(keys.LoadRing(t.Context(), d, site, s.clock))
	must(s.ring.Create(t.Context(), keys.SegmentWrap, "operator"))
	s.yard = dbtest.NewYard(t, d, "Yard")
	o := must(disk.Open(filepath.Join(dir, "objects"), disk.Options{Create: true}))
	s.vault = must(vault.Open(vault.Options{Dir: filepath.Join(dir, "spool"), Keys: s.ring, Objects: o, Catalog: d, Clock: s.clock,
		Durability: vault.PerSegment, Record: true}))
	s.recorder = recorder.New(recorder.Parts{Spool: s.vault, Index: d, Clock: s.clock, Alarms: silent{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Free: func() (uint64, error) { return 1 << 40, nil }, Used: func() uint64 { return 0 }}, recorder.Options{})
	if err := s.recorder.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.stream = must(s.recorder.Open(t.Context(), s.yard.Camera.ID, s.yard.Stream()))
	t.Cleanup(func() {
		s.recorder.Stop(time.Minute)
		if err := s.vault.Close(); err != nil {
			t.Error(err)
		}
		s.ring.Close()
	})
	return s
}

func (s *set) connect() {
	s.stream.Start(media.RunHeader{Camera: s.yard.Camera.ID, Stream: s.yard.Stream(), SDP: []byte("v=0\r\n"), RemoteAddr: "192.0.2.1:554", Transport: "tcp",
		Tracks: []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromSDP, SPS: [][]byte{s.sps}, PPS: [][]byte{watchPPS}}}})
}

// film sends n pictures; those that begin a group carry the parameter sets.
func (s *set) film(n int) {
	for range n {
		s.clock.Advance(100 * time.Millisecond)
		s.rtp += 9000
		var payload []byte
		slice := byte(0x41)
		if s.frame%20 == 0 {
			slice = 0x65
			for _, nal := range [][]byte{s.sps, watchPPS} {
				payload = append(binary.BigEndian.AppendUint32(payload, uint32(len(nal))), nal...)
			}
		}
		nal := fmt.Appendf([]byte{slice, 0x9a}, "picture %d", s.frame) // a P slice, unless it is an IDR
		payload = append(binary.BigEndian.AppendUint32(payload, uint32(len(nal))), nal...)
		s.sent = append(s.sent, sha256.Sum256(payload))
		s.stream.Unit(media.Unit{Track: 1, RTP: s.rtp, Receipt: s.clock.Now()}, payload)
		clear(payload)
		s.frame++
	}
}

func (s *set) grant(action access.Action) access.Grant {
	s.t.Helper()
	now := s.clock.Now()
	return accesstest.Allowed(s.t, must(identity.Operator(s.ring)), s.clock, access.Ask{Action: action, Camera: s.yard.Camera.ID,
		Span: custody.Span{Start: now.Add(-time.Hour), End: now.Add(time.Hour)}, Purpose: "a test", Basis: access.Reason})
}

func (s *set) watch() vault.Feed {
	s.t.Helper()
	f := must(s.vault.Subscribe(s.t.Context(), s.grant(access.FootageLive), s.yard.Stream()))
	s.t.Cleanup(f.Close)
	return f
}

// wantShown takes what the feed has and checks that it is the pictures sent from number first to the last.
func (s *set) wantShown(f vault.Feed, first int) vault.LiveUnits {
	s.t.Helper()
	got, err := f.Next(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if len(got.Units) != s.frame-first || got.Skipped {
		s.t.Fatalf("%d pictures from %d on, skipped %v; %d were sent", len(got.Units), first, got.Skipped, s.frame)
	}
	for i, u := range got.Units {
		if sha256.Sum256(u.Payload) != s.sent[first+i] || (u.Flags&media.RandomAccess != 0) != ((first+i)%20 == 0) {
			s.t.Fatalf("picture %d is not what was sent", first+i)
		}
		s.shown[first+i] = u.Wall
	}
	return got
}

func TestWatchersSeeWhatIsRecordedAsItIs(t *testing.T) {
	s := newSet(t)
	s.connect()
	s.film(57)
	f := s.watch()
	s.film(1)
	first := s.wantShown(f, 40)
	s.film(5)
	s.wantShown(f, 58)
	s.film(17)
	s.wantShown(f, 63)
	s.sps = otherSPS // the camera was reconfigured
	s.film(3)
	changed := s.wantShown(f, 80)
	if changed.Run.Run == first.Run.Run || changed.Run.Reason != "parameters" || string(changed.Init) == string(first.Init) {
		t.Fatal("a parameter change is no new run", changed.Run.Reason)
	}
	s.film(37)
	s.wantShown(f, 83)
	s.stream.Stop(s.clock.Now(), media.GapSilent, "no picture for 5 s")
	s.clock.Advance(5 * time.Second)
	s.connect()
	s.film(20)
	if again := s.wantShown(f, 120); again.Run.Run == changed.Run.Run {
		t.Fatal("another session is no new run")
	}
	s.wantRecorded()
}

// wantRecorded stops the recorder and checks that everything is recorded as it was sent, at the time at which it was shown.
func (s *set) wantRecorded() {
	s.t.Helper()
	s.recorder.Stop(time.Minute)
	g := s.grant(access.FootageRead)
	n := 0
	for _, p := range must(s.vault.Pieces(s.t.Context(), g, s.yard.Stream(), custody.Span{Start: s.clock.Now().Add(-time.Hour), End: s.clock.Now()})) {
		for _, table := range must(s.vault.Units(s.t.Context(), g, p.Segment)) {
			for i, u := range table.Units {
				if table.Digests[i] != s.sent[n] {
					s.t.Fatalf("picture %d is not recorded as it was sent", n)
				}
				if at, ok := s.shown[n]; ok && at != media.UnitWall(table.Fragment, 90000, u.PTS) {
					s.t.Errorf("picture %d was shown as of %s and is recorded as of %s", n, at, media.UnitWall(table.Fragment, 90000, u.PTS))
				}
				n++
			}
		}
	}
	if n != s.frame {
		s.t.Fatalf("%d pictures of %d are recorded", n, s.frame)
	}
}

func TestFiftyWatchersWhoNeverReadHarmNothing(t *testing.T) {
	s := newSet(t)
	s.connect()
	s.film(5)
	for range 50 {
		s.watch()
	}
	for range 60 {
		s.film(20)
		if err := s.stream.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s.wantRecorded()
}
