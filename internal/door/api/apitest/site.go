package apitest

import (
	"context"
	"crypto/ed25519"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/delivery"
	"github.com/footage-custody/custody/internal/desk/inspection"
	"github.com/footage-custody/custody/internal/desk/office"
	"github.com/footage-custody/custody/internal/desk/render"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/desk/retention"
	"github.com/footage-custody/custody/internal/desk/viewing"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/door/gate"
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

// Site is a site in this process, with an HTTP address.
type Site struct {
	tb       testing.TB
	DB       *db.DB
	Ring     *keys.Ring
	Clock    *identitytest.Clock
	Judge    *access.Judge
	Identity *identity.Register
	Cameras  *camera.Registry
	Office   *office.Office
	Vault    *vault.Vault

	Requests  *request.Desk
	Archive   *request.Archive
	Retention *retention.Desk
	Delivery  *delivery.Desk

	Door     *gate.Door
	Operator identity.Actor
	Log      *Journal // what the gate logged
	URL      string
	Faint    func()          // if set, the health of cameras is asked by calling it first
	filmed   map[string]Fact // by payload

	clerk, director Person // who work on the requests with which tests begin
	police          request.Agency
}

// New opens a site where a second factor is required, closed when the test ends; change may alter how people sign in.
func New(tb testing.TB, change ...func(*identity.Options)) *Site {
	tb.Helper()
	s := &Site{tb: tb, Clock: identitytest.NewClock(), DB: dbtest.Open(tb, dbtest.SQLite(tb)), Log: &Journal{}, filmed: map[string]Fact{}}
	s.keys()
	diary := audit.NewLog(s.DB)
	s.Judge = access.NewJudge(s.DB.Facts(), diary, s.Clock)
	s.Cameras = camera.NewRegistry(s.DB, s.Ring, s.Clock)
	server := httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	s.URL = "http://localhost:" + port
	var err error
	signIn := identity.Options{Store: s.DB, Keys: s.Ring, Clock: s.Clock, Diary: diary, Policy: policy{s.DB.Facts()},
		SecondFactor: identity.Required, Origin: s.URL, SiteName: "Test Library", Hash: identitytest.Cheap()}
	for _, f := range change {
		f(&signIn)
	}
	s.Identity, err = identity.NewRegister(signIn)
	s.must(err)
	rules := access.NewRules(s.DB.Facts(), s.DB, s.Clock)
	s.Office = office.New(office.Parts{Staff: s.Identity, Cameras: s.Cameras, Rules: rules, Facts: s.DB.Facts(), Prober: prober{}, Clock: s.Clock})
	room := inspection.NewRoom(inspection.Parts{Site: "test-library", Store: s.DB, Watching: watching{s.DB}, People: s.Office, Diary: diary,
		Keys: func() []ed25519.PublicKey { return s.Ring.LogKeys() }, Clock: s.Clock})
	origin, err := url.Parse(s.URL)
	s.must(err)
	s.Door, err = gate.New(gate.Options{Identity: s.Identity, Judge: s.Judge, Clock: s.Clock, Canonical: origin,
		Log: slog.New(slog.NewTextHandler(s.Log, nil)), Limits: gate.Limits{Requests: 256, RequestsPerAddress: 256}})
	s.must(err)
	services := api.Services{Site: api.SiteInfo{Name: "Test Library", Zone: "America/Chicago", SecondFactorRequired: true, Passkeys: true},
		Identity: s.Identity, Judge: s.Judge, Viewing: s.desk(), Office: s.Office, Inspection: room, Health: health{s}, Clock: s.Clock}
	s.desks(&services)
	s.must(api.Register(s.Door, services))
	s.Door.Seal()
	server.Config.Handler = s.Door.Handler()
	server.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelError)
	server.Start()
	tb.Cleanup(server.Close)
	return s
}

// Journal keeps what is logged. It is safe for concurrent use.
type Journal struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (j *Journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

// Tail is the end of it, at most n bytes.
func (j *Journal) Tail(n int) string {
	text := j.String()
	return text[max(0, len(text)-n):]
}

// String is everything so far.
func (j *Journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (s *Site) must(err error) {
	s.tb.Helper()
	if err != nil {
		s.tb.Fatal(err)
	}
}

func (s *Site) keys() {
	site, err := keys.InitSiteKey(filepath.Join(s.tb.TempDir(), "site.key"))
	s.must(err)
	s.Ring, err = keys.LoadRing(s.tb.Context(), s.DB, site, s.Clock)
	s.must(err)
	s.tb.Cleanup(s.Ring.Close)
	for _, p := range keys.Purposes() {
		s.must(s.Ring.Ensure(s.tb.Context(), p, "operator"))
	}
	s.Operator, err = identity.Operator(s.Ring)
	s.must(err)
}

// desk is the viewing desk over a real vault.
func (s *Site) desk() *viewing.Desk {
	objects, err := disk.Open(filepath.Join(s.tb.TempDir(), "objects"), disk.Options{Create: true})
	s.must(err)
	s.Vault, err = vault.Open(vault.Options{Dir: filepath.Join(s.tb.TempDir(), "spool"), Disk: vault.OSDisk{}, Keys: s.Ring, Objects: objects, Catalog: s.DB,
		Clock: s.Clock, Durability: vault.PerSegment, Record: true, ThumbDir: filepath.Join(s.tb.TempDir(), "thumbs")})
	s.must(err)
	s.tb.Cleanup(func() { _ = s.Vault.Close() })
	pictures, err := render.New(s.tb.Context(), render.Options{})
	s.must(err)
	d := viewing.NewDesk(viewing.Parts{Judge: s.Judge, Vault: s.Vault, Store: s.DB, History: s.DB.History(), Streams: streams{s.Cameras}, Renderer: pictures,
		Clock: s.Clock, Log: slog.New(slog.DiscardHandler)}, viewing.Options{})
	s.must(d.Start(s.tb.Context()))
	s.tb.Cleanup(d.Stop)
	return d
}

// policy is the settings' policy.
type policy struct{ access.Facts }

func (p policy) Policy(ctx context.Context) (string, int, error) {
	s, err := p.Settings(ctx)
	return s.PolicyVersion, s.AcknowledgeDays, err
}

// streams tells the desk which streams a camera has.
type streams struct{ *camera.Registry }

func (r streams) Streams(ctx context.Context, id custody.CameraID) ([]viewing.StreamInfo, error) {
	c, err := r.Find(ctx, string(id))
	var out []viewing.StreamInfo
	for _, st := range c.Streams {
		out = append(out, viewing.StreamInfo{ID: st.ID, Role: st.Role})
	}
	return out, err
}

// watching tells the inspection who was leased what, and why.
type watching struct{ store viewing.Store }

func (w watching) Looks(ctx context.Context, scope access.Scope, id custody.CameraID, span custody.Span, limit int) ([]inspection.Look, error) {
	looks, err := w.store.Looks(ctx, scope, id, span, limit)
	var out []inspection.Look
	for _, l := range looks {
		out = append(out, inspection.Look{Viewing: l.Viewing, Staff: l.Staff, Minute: l.Minute, Kind: l.Kind, Served: l.Served})
	}
	return out, err
}

func (w watching) Purpose(ctx context.Context, id custody.ViewingID) (inspection.Purpose, error) {
	v, err := w.store.ViewingByID(ctx, id)
	return inspection.Purpose{Basis: v.Basis, Reference: v.Reference, Text: v.Text}, err
}

// prober finds a camera at every address.
type prober struct{}

func (prober) Probe(context.Context, office.Target) (office.Probe, error) {
	return office.Probe{OK: true, Codec: "avc1.64001f", Width: 1920, Height: 1080}, nil
}

// health is that of a site that records nothing.
type health struct{ s *Site }

func (h health) Cameras(context.Context) (map[custody.CameraID]api.CameraHealth, error) {
	if h.s.Faint != nil {
		h.s.Faint()
	}
	return nil, nil
}

func (health) Recorder(context.Context) (api.RecorderHealth, error) {
	return api.RecorderHealth{Clock: "ok"}, nil
}
