package check_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/site/check"
	"github.com/footage-custody/custody/internal/site/station/stationtest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/access/accesstest"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/disk"
)

// A baseline 176x144 SPS and its PPS, made by an encoder, and the same SPS at 30 frames a second.
var (
	sps   = []byte{0x67, 0x42, 0xc0, 0x0a, 0xd9, 0x0b, 0x13, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x01, 0x40, 0xf1, 0x22, 0x6a}
	sps30 = []byte{0x67, 0x42, 0xc0, 0x0a, 0xd9, 0x0b, 0x13, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x01, 0xe0, 0xf1, 0x22, 0x6a}
	pps   = []byte{0x68, 0xcb, 0x83, 0xcb, 0x20}
)

const origin = "test-library"

// site is a whole site in a directory: everything of it is on disk while it is closed.
type site struct {
	t       testing.TB
	dir     string
	clock   *stationtest.Clock
	streams []custody.StreamID // of the first camera, then of the second
	books   db.Config          // of a database that is elsewhere
	doomed  custody.SegmentID  // is disposed of, and its object is not purged yet

	*rooms // nil while it is closed
}

// rooms are a site's open parts.
type rooms struct {
	db      *db.DB
	ring    *keys.Ring
	objects *disk.Store
	vault   *vault.Vault
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (s *site) path(elem ...string) string { return filepath.Join(append([]string{s.dir}, elem...)...) }

// config is the site's database: a file beside the others, unless it is elsewhere.
func (s *site) config() db.Config {
	if s.books.Driver != "" {
		return s.books
	}
	return db.Config{Driver: db.SQLite, Path: s.path("custody.db")}
}

// newSite makes a site whose database is the given one, which is empty, or a file of its own.
func newSite(t testing.TB, elsewhere ...db.Config) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), books: append(elsewhere, db.Config{})[0], clock: stationtest.NewClock(must(custody.ParseInstant("2026-11-03T12:00:00Z")))}
	for _, d := range []string{"checkpoints", "spool"} {
		s.must(os.Mkdir(s.path(d), 0o700))
	}
	if len(elsewhere) == 0 {
		s.must(os.Rename(dbtest.SQLite(t).Path, s.config().Path))
	}
	site := must(keys.InitSiteKey(s.path("site.key")))
	site.Wipe()
	must(disk.Open(s.path("objects"), disk.Options{Create: true}))
	s.open(true)
	for _, p := range []keys.Purpose{keys.SegmentWrap, keys.Credentials, keys.LogSigning} {
		must(s.ring.Create(t.Context(), p, "operator"))
	}
	return s
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// open opens the site's parts; record takes the spool.
func (s *site) open(record bool) {
	s.t.Helper()
	s.must(s.tryOpen(record))
}

func (s *site) tryOpen(record bool) error {
	ctx := s.t.Context()
	d := must(db.Open(ctx, s.config()))
	site := must(keys.LoadSiteKey(s.path("site.key")))
	defer site.Wipe()
	ring, err := keys.LoadRing(ctx, d, site, s.clock)
	if err != nil {
		s.must(d.Close())
		return err
	}
	o := must(disk.Open(s.path("objects"), disk.Options{}))
	v := must(vault.Open(vault.Options{Dir: s.path("spool"), Keys: ring, Objects: o, Catalog: d, Clock: s.clock,
		Durability: vault.PerSegment, Record: record}))
	s.rooms = &rooms{d, ring, o, v}
	return nil
}

func (s *site) close() {
	s.t.Helper()
	s.must(s.vault.Close())
	s.ring.Close()
	s.must(s.db.Close())
	s.rooms = nil
}

// copied is the same site in another directory, closed.
func (s *site) copied(t testing.TB) *site {
	t.Helper()
	c := &site{t: t, dir: t.TempDir(), clock: s.clock, streams: s.streams, doomed: s.doomed}
	c.must(os.CopyFS(c.dir, os.DirFS(s.dir)))
	c.must(filepath.Walk(c.dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		return os.Chmod(path, 0o600)
	}))
	return c
}

// checked gives the check the database's rows in its own words.
type checked struct{ *db.DB }

func (c checked) AllRuns(ctx context.Context) iter.Seq2[check.Run, error] {
	return func(yield func(check.Run, error) bool) {
		for r, err := range c.DB.AllRuns(ctx) {
			if !yield(check.Run{ID: r.ID, Stream: r.Stream, Camera: r.Camera, Started: r.Started, Text: r.Text}, err) {
				return
			}
		}
	}
}

func (c checked) AllQuarantined(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for q, err := range c.DB.AllQuarantined(ctx) {
			if !yield(q.Key, err) {
				return
			}
		}
	}
}

// PackageByID is one package.
func (c checked) PackageByID(ctx context.Context, id custody.PackageID) (release.Package, error) {
	return c.Packages().ByID(ctx, id)
}

// PackageKey is the key of a package whose bytes are stored.
func (c checked) PackageKey(ctx context.Context, id custody.PackageID) (release.SealedKey, error) {
	return c.Packages().Key(ctx, id)
}

func (c checked) Settings(ctx context.Context) (access.Settings, error) {
	return c.Facts().Settings(ctx)
}

func (s *site) parts() check.Parts {
	return check.Parts{Books: checked{s.db}, Log: s.db, Vault: s.vault, Objects: s.objects, Ring: s.ring, Clock: s.clock, Site: origin,
		Sinks: map[string]audit.CheckpointSink{"the second disk": audit.NewDirSink(s.path("checkpoints"))}}
}

// check runs over the open site.
func (s *site) check(o check.Options) *check.Report {
	s.t.Helper()
	return must(check.Do(s.t.Context(), s.parts(), o))
}

func wantClean(t testing.TB, when string, r *check.Report) {
	t.Helper()
	if !r.Clean() {
		var b strings.Builder
		_ = r.WriteText(&b) // a builder takes everything
		t.Errorf("%s:\n%s", when, b.String())
	}
}

// addCameras registers two cameras, the first with a sub stream and credentials.
func (s *site) addCameras() {
	s.t.Helper()
	operator := must(identity.Operator(s.ring))
	registry := camera.NewRegistry(s.db, s.ring, s.clock)
	for _, in := range []camera.Input{
		{Name: "Door", URL: "rtsp://192.0.2.1/main", SubURL: "rtsp://192.0.2.1/sub", User: "u", Password: "p"},
		{Name: "Yard", URL: "rtsp://192.0.2.2/main", Audio: true},
	} {
		s.clock.Advance(time.Second)
		g := accesstest.Allowed(s.t, operator, s.clock, access.Ask{Action: access.CameraManage})
		c := must(registry.Add(s.t.Context(), g, must(camera.NewAddition(in))))
		for _, st := range c.Streams {
			s.streams = append(s.streams, st.ID)
		}
	}
}

// film is a recorder on the site's parts with a hand on every stream.
type film struct {
	*site
	recorder *recorder.Recorder
	cams     map[custody.StreamID]*cam
}

type cam struct {
	stream *recorder.Stream
	camera custody.CameraID
	id     custody.StreamID
	rtp    uint32
	frame  int
}

type silent struct{}

func (silent) Raise(recorder.AlarmKind, string, string) {}
func (silent) Clear(recorder.AlarmKind, string)         {}

func (s *site) record() *film {
	s.t.Helper()
	f := &film{site: s, cams: map[custody.StreamID]*cam{}}
	f.recorder = recorder.New(recorder.Parts{Spool: s.vault, Index: s.db, Clock: s.clock, Alarms: silent{},
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Free: func() (uint64, error) { return 1 << 40, nil }, Used: func() uint64 { return 0 }}, recorder.Options{})
	s.must(f.recorder.Start(s.t.Context()))
	for _, c := range must(s.db.Cameras(s.t.Context())) {
		for _, st := range c.Streams {
			f.cams[st.ID] = &cam{stream: must(f.recorder.Open(s.t.Context(), c.ID, st.ID)), camera: c.ID, id: st.ID}
		}
	}
	return f
}

func (f *film) connect(ids ...custody.StreamID) {
	for _, id := range ids {
		c := f.cams[id]
		c.stream.Start(media.RunHeader{Camera: c.camera, Stream: id, SDP: []byte("v=0\r\ns=" + string(id)), RemoteAddr: "192.0.2.1:554", Transport: "tcp",
			Tracks: []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromSDP, SPS: [][]byte{sps}, PPS: [][]byte{pps}}}})
	}
}

// shoot lets time pass while the streams send ten pictures a second; params come with the first.
func (f *film) shoot(d time.Duration, params [][]byte, ids ...custody.StreamID) {
	f.t.Helper()
	for i := range int(d / (100 * time.Millisecond)) {
		f.clock.Advance(100 * time.Millisecond)
		for _, id := range ids {
			c := f.cams[id]
			c.rtp += 9000
			c.frame++
			var payload []byte
			if i == 0 {
				for _, set := range params {
					payload = append(binary.BigEndian.AppendUint32(payload, uint32(len(set))), set...)
				}
			}
			nal := fmt.Appendf([]byte{0x65}, "picture %d of %s", c.frame, id)
			payload = append(binary.BigEndian.AppendUint32(payload, uint32(len(nal))), nal...)
			flags := media.RandomAccess
			if c.frame%97 == 0 {
				flags |= media.Damaged
			}
			c.stream.Unit(media.Unit{Track: 1, Flags: flags, RTP: c.rtp, Receipt: f.clock.Now()}, payload)
		}
	}
	for _, id := range ids {
		f.must(f.cams[id].stream.Flush(f.t.Context()))
	}
}

func (f *film) report(id custody.StreamID, offset time.Duration) {
	f.cams[id].stream.Report(media.SenderReport{Track: 1, Camera: f.clock.Now().Add(offset), Receipt: f.clock.Now()})
}

// sign makes a checkpoint of the log as it is and copies it off the box.
func (s *site) sign() {
	s.t.Helper()
	plan := audit.DefaultPlan(origin)
	plan.Sinks = s.parts().Sinks
	c := must(audit.NewCheckpointer(plan, s.db, s.ring, mute{}, s.clock))
	s.must(c.Start(s.t.Context()))
	c.Stop()
}

type mute struct{}

func (mute) Raise(audit.Alarm, string, string) {}
func (mute) Clear(audit.Alarm, string)         {}

// recorded is a closed site with some minutes of three streams, runs that changed, gaps with causes, a rotated key, people
// who looked at some of it, and two checkpoints.
func recorded(t testing.TB, elsewhere ...db.Config) *site {
	t.Helper()
	s := newSite(t, elsewhere...)
	s.addCameras()
	h := s.settle()
	a, b, c := s.streams[0], s.streams[1], s.streams[2]
	begun := s.clock.Now()
	f := s.record()
	f.connect(a, b, c)
	f.shoot(5*time.Second, nil, a, b, c)
	f.report(a, -3*time.Second)
	f.shoot(70*time.Second, nil, a, b, c)
	f.sign()
	f.cams[b].stream.Stop(f.clock.Now(), media.GapSilent, "no picture for 5 s")
	f.shoot(10*time.Second, nil, a, c)
	f.connect(b)
	f.shoot(75*time.Second, [][]byte{sps30, pps}, a, b, c)
	must(s.ring.Rotate(t.Context(), keys.SegmentWrap, "operator"))
	f.shoot(30*time.Second, nil, a, b, c)
	h.glance(h.director)
	f.recorder.Stop(time.Minute)
	span := custody.Span{Start: begun, End: s.clock.Now()}
	s.must(h.desk.Close(t.Context(), h.clerk, h.watch(h.clerk, span).ID))
	h.keep()
	h.watch(h.director, span) // and leaves it open
	s.sign()
	s.close()
	return s
}
