package release_test

import (
	"context"
	"crypto"
	"encoding/binary"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/capture/recorder"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/site/station/stationtest"
	"github.com/footage-custody/custody/internal/trust/access"
	"github.com/footage-custody/custody/internal/trust/audit"
	"github.com/footage-custody/custody/internal/trust/identity"
	"github.com/footage-custody/custody/internal/trust/identity/identitytest"
	"github.com/footage-custody/custody/internal/trust/keys"
	"github.com/footage-custody/custody/internal/trust/vault"
	"github.com/footage-custody/custody/storage/db"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/disk"
)

// A baseline 176x144 SPS and its PPS, made by an encoder.
var (
	sps = []byte{0x67, 0x42, 0xc0, 0x0a, 0xd9, 0x0b, 0x13, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x01, 0x40, 0xf1, 0x22, 0x6a}
	pps = []byte{0x68, 0xcb, 0x83, 0xcb, 0x20}
)

const origin = "test-library"

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// site is a whole site on real parts, but for the cameras and ffmpeg.
type site struct {
	t        testing.TB
	dir      string
	clock    *stationtest.Clock
	db       *db.DB
	ring     *keys.Ring
	vault    *vault.Vault
	judge    *access.Judge
	diary    *audit.Log
	operator access.Actor
	recorder *recorder.Recorder
	cameras  []camera.Camera
	feeds    map[custody.CameraID]*feed
	clerk    access.Actor
	director access.Actor

	renderer *fakeRenderer
	footage  release.Footage // the vault, or around it
	store    release.Store   // the database, or around it
	alarms   *bell
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), clock: stationtest.NewClock(must(custody.ParseInstant("2026-11-03T12:00:00Z"))), feeds: map[custody.CameraID]*feed{}, alarms: &bell{}}
	ctx := context.Background()
	s.db = must(db.Open(ctx, dbtest.SQLite(t)))
	t.Cleanup(func() { _ = s.db.Close() })
	key := must(keys.InitSiteKey(filepath.Join(s.dir, "site.key")))
	s.ring = must(keys.LoadRing(ctx, s.db, key, s.clock))
	key.Wipe()
	t.Cleanup(s.ring.Close)
	for _, p := range []keys.Purpose{keys.SegmentWrap, keys.Credentials, keys.LogSigning, keys.TokenSigning, keys.SecondFactor, keys.PackageSigning, keys.PackageWrap} {
		must(s.ring.Create(ctx, p, "operator"))
	}
	objects := must(disk.Open(filepath.Join(s.dir, "objects"), disk.Options{Create: true}))
	s.must(os.Mkdir(filepath.Join(s.dir, "spool"), 0o700))
	s.vault = must(vault.Open(vault.Options{Dir: filepath.Join(s.dir, "spool"), Keys: s.ring, Objects: objects, Catalog: s.db, Clock: s.clock,
		Durability: vault.PerSegment, Record: true}))
	t.Cleanup(func() { _ = s.vault.Close() })
	s.diary = audit.NewLog(s.db)
	s.judge = access.NewJudge(s.db.Facts(), s.diary, s.clock)
	s.operator = must(identity.Operator(s.ring))
	s.footage, s.store, s.renderer = s.vault, s.db.Packages(), &fakeRenderer{}
	s.hire()
	s.recorder = recorder.New(recorder.Parts{Spool: s.vault, Index: s.db, Clock: s.clock, Alarms: silent{}, Log: slog.New(slog.DiscardHandler),
		Free: func() (uint64, error) { return 1 << 40, nil }, Used: func() uint64 { return 0 }}, recorder.Options{})
	s.must(s.recorder.Start(ctx))
	t.Cleanup(func() { s.recorder.Stop(time.Minute) })
	return s
}

type silent struct{}

func (silent) Raise(recorder.AlarmKind, string, string) {}
func (silent) Clear(recorder.AlarmKind, string)         {}

type policyOf struct{ access.Facts }

func (p policyOf) Policy(ctx context.Context) (string, int, error) {
	st, err := p.Settings(ctx)
	return st.PolicyVersion, st.AcknowledgeDays, err
}

// hire adds a clerk, who prepares, and a director, who decides, both signed in.
func (s *site) hire() {
	ctx := s.t.Context()
	register := must(identity.NewRegister(identity.Options{Store: s.db, Keys: s.ring, Clock: s.clock, Diary: s.diary, Policy: policyOf{s.db.Facts()},
		SecondFactor: identity.Optional, Origin: identitytest.Origin, Hash: identitytest.Cheap()}))
	for _, n := range []identity.New{{Login: "clerk", Name: "Chris", Roles: []identity.Role{identity.Preparer}, AllCameras: true},
		{Login: "director", Name: "Dana", Bundle: identity.BundleCustodian, AllCameras: true}} {
		s.clock.Advance(time.Second)
		_, link, err := register.Add(ctx, s.operator, n)
		s.must(err)
		joined := must(register.Join(ctx, identity.Joining{Token: link.Token, Password: identitytest.Password, Address: "192.0.2.9"}))
		s.clock.Advance(time.Second)
		in := must(register.Acknowledge(ctx, joined.Actor, must(s.db.Facts().Settings(ctx)).PolicyVersion, "192.0.2.9")).Actor
		if n.Login == "clerk" {
			s.clerk = in
		} else {
			s.director = in
		}
	}
}

// feed is one camera's stream under way.
type feed struct {
	stream *recorder.Stream
	camera camera.Camera
	rtp    uint32
	n      int
	size   int
	early  int // pictures of a group that are shown ahead of the one that it begins with
}

// camera adds a camera whose pictures take about size bytes, and connects it.
func (s *site) camera(name string, size int) camera.Camera {
	s.t.Helper()
	registry := camera.NewRegistry(s.db, s.ring, s.clock)
	s.clock.Advance(time.Second)
	g := must(s.judge.Decide(s.t.Context(), s.operator, access.Ask{Action: access.CameraManage}))
	c := must(registry.Add(s.t.Context(), g, must(camera.NewAddition(camera.Input{Name: name, Place: "Main hall", URL: "rtsp://192.0.2.1/" + name}))))
	f := &feed{camera: c, size: size, stream: must(s.recorder.Open(s.t.Context(), c.ID, c.Streams[0].ID))}
	s.cameras, s.feeds[c.ID] = append(s.cameras, c), f
	s.connect(c.ID)
	return c
}

func (s *site) connect(id custody.CameraID) {
	f := s.feeds[id]
	f.n = 0
	f.stream.Start(media.RunHeader{Camera: id, Stream: f.camera.Streams[0].ID, SDP: []byte("v=0\r\n"), RemoteAddr: "192.0.2.1:554", Transport: "tcp",
		Tracks: []media.Track{{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromStream, SPS: [][]byte{sps}, PPS: [][]byte{pps}}}})
}

// shoot lets time pass while cameras send ten pictures a second, in groups of thirty.
func (s *site) shoot(d time.Duration, ids ...custody.CameraID) {
	s.t.Helper()
	for range int(d / (100 * time.Millisecond)) {
		s.clock.Advance(100 * time.Millisecond)
		for _, id := range ids {
			f := s.feeds[id]
			u, payload := f.picture(s.clock.Now())
			f.stream.Unit(u, payload)
		}
	}
	for _, id := range ids {
		s.must(s.feeds[id].stream.Flush(s.t.Context()))
	}
}

// picture makes the next picture: its content is random, of the camera's size.
func (f *feed) picture(now custody.Instant) (media.Unit, []byte) {
	f.rtp += 9000
	var payload []byte
	u := media.Unit{Track: 1, RTP: f.rtp, Receipt: now}
	kind := byte(0x41)
	switch in := f.n % 30; {
	case in == 0:
		u.RTP += uint32(f.early) * 9000
	case in <= f.early:
		u.RTP, u.Flags = u.RTP-9000, media.Leading
	}
	if f.n%30 == 0 {
		kind, u.Flags = 0x65, media.RandomAccess|media.HasParams
		for _, set := range [][]byte{sps, pps} {
			payload = append(binary.BigEndian.AppendUint32(payload, uint32(len(set))), set...)
		}
	}
	f.n++
	nal := make([]byte, max(f.size, 16))
	nal[0] = kind
	binary.BigEndian.PutUint64(nal[1:], uint64(f.rtp))
	for i := 9; i < len(nal); i++ {
		nal[i] = byte(i*7) ^ byte(f.rtp>>8)
	}
	return u, append(binary.BigEndian.AppendUint32(payload, uint32(len(nal))), nal...)
}

// settle ends what is being recorded and waits until it is stored.
func (s *site) settle(ids ...custody.CameraID) {
	s.t.Helper()
	for _, id := range ids {
		s.feeds[id].stream.Stop(s.clock.Now(), media.GapSilent, "no picture for 5 s from 192.0.2.1")
	}
	until(s.t, func() bool {
		for _, id := range ids {
			s.must(s.feeds[id].stream.Flush(s.t.Context()))
		}
		return len(s.vault.InSpool(custody.Span{Start: 1, End: s.clock.Now()})) == 0
	})
}

// until returns when ok is true, and fails the test if that takes a minute and a half.
func until(t testing.TB, ok func() bool) {
	t.Helper()
	deadline := time.After(90 * time.Second)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatal("it did not happen in a minute and a half")
		case <-look.C:
		}
	}
}

// bell is the alarm of packages.
type bell struct {
	mu   sync.Mutex
	rung string
}

func (b *bell) Raise(sentence string) { b.mu.Lock(); defer b.mu.Unlock(); b.rung = sentence }
func (b *bell) Clear()                { b.mu.Lock(); defer b.mu.Unlock(); b.rung = "" }
func (b *bell) now() string           { b.mu.Lock(); defer b.mu.Unlock(); return b.rung }

// fakeRenderer makes no film, but one that can be read: what it is given it keeps.
type fakeRenderer struct {
	mu    sync.Mutex
	reels []release.Reel
	bytes []int
	fail  error
	hold  chan struct{} // waits for it, if not nil
}

func (r *fakeRenderer) Tool() manifest.Tool { return manifest.Tool{Name: "renderer", Version: "1"} }

func (r *fakeRenderer) Viewing(ctx context.Context, reel release.Reel, _ string, w io.Writer, progress func(done, total int64)) (release.Rendered, error) {
	var n counter
	for _, p := range reel.Pieces {
		if err := p.Media(ctx, &n); err != nil {
			return release.Rendered{}, err
		}
	}
	r.mu.Lock()
	r.reels, r.bytes = append(r.reels, reel), append(r.bytes, int(n))
	fail, hold := r.fail, r.hold
	r.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return release.Rendered{}, ctx.Err()
		}
	}
	progress(1, 1)
	if fail != nil {
		return release.Rendered{}, fail
	}
	init, err := media.InitSection([]media.Track{{ID: 1, Codec: media.H264, Timescale: 90000, Source: media.FromStream, SPS: [][]byte{sps}, PPS: [][]byte{pps}}})
	if err != nil {
		return release.Rendered{}, err
	}
	_, err = w.Write(init)
	return release.Rendered{Pictures: 1, Codec: "h264"}, err
}

type counter int

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }

// names are what the staff are called.
type names struct{}

func (names) Name(context.Context, custody.StaffID) (string, error) { return "Somebody", nil }

// registry tells about cameras.
type registry struct{ s *site }

func (r registry) Camera(_ context.Context, id custody.CameraID) (release.Camera, error) {
	for _, c := range r.s.cameras {
		if c.ID == id {
			return release.Camera{Name: c.Name, Place: c.Place, Main: []custody.StreamID{c.Streams[0].ID}}, nil
		}
	}
	return release.Camera{}, custody.Errorf(custody.NotFound, "no camera")
}

// packer is a packer of the site's parts, not running.
func (s *site) packer() *release.Packer {
	zone := must(time.LoadLocation("America/Chicago"))
	return release.NewPacker(release.Parts{Store: s.store, Judge: s.judge, System: identity.System(), Vault: s.footage, Index: s.db, Cameras: registry{s}, People: names{},
		Diary: release.NewTeller(origin, logOf{s}, names{}), Renderer: s.renderer, Alarms: s.alarms, Clock: s.clock, Log: slog.New(slog.DiscardHandler),
		Signer: func() (custody.KeyID, crypto.Signer, error) { return s.ring.PackageSigner() }},
		release.Options{Dir: filepath.Join(s.dir, "work"), Site: manifest.Site{Name: "Example Public Library", Zone: "America/Chicago"}, Zone: zone,
			Tool: manifest.Tool{Name: "custody", Version: "test"}, Look: 10 * time.Millisecond})
}

// pack runs a packer until the request has a package that is neither building nor missing, and returns it.
func (s *site) pack(id custody.RequestID) release.Package {
	s.t.Helper()
	k := s.packer()
	s.must(k.Start(s.t.Context()))
	defer k.Stop()
	return s.last(id, release.Ready, release.Failed)
}

// last waits until the request's last package is in one of the states.
func (s *site) last(id custody.RequestID, states ...release.State) (p release.Package) {
	s.t.Helper()
	until(s.t, func() bool {
		all := must(s.db.Packages().Of(s.t.Context(), id))
		if len(all) == 0 {
			return false
		}
		p = all[len(all)-1]
		for _, want := range states {
			if p.State == want {
				return true
			}
		}
		return false
	})
	return p
}

// may asks the judge for an act about something.
func (s *site) may(who access.Actor, action access.Action, subject string) access.Grant {
	s.t.Helper()
	s.clock.Advance(time.Second)
	return must(s.judge.Decide(s.t.Context(), who, access.Ask{Action: action, Subject: subject}))
}

func (s *site) shelf() *release.Shelf {
	return release.NewShelf(s.db.Packages(), s.vault, s.diary, s.clock)
}

// logKey is the public key of the site's log as somebody outside has it.
func (s *site) logKey() string {
	return must(seal.VerifierKey(must(seal.Origin(origin, 1)), s.ring.LogKeys()[0]))
}

func parse[T any](s *site, b []byte) (v T) {
	s.t.Helper()
	s.must(json.Unmarshal(b, &v))
	return v
}
