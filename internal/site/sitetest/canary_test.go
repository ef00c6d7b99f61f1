package sitetest

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/site/config"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/objecttest"
)

const (
	lensPassword  = "canary-lens-4d81f2"
	triedPassword = "canary-tried-90aa17"
	nextPassword  = "canary orchard under seven lanterns"
	wrongPassword = "canary wrong giraffe parade"
)

// TestNoSecretIsWrittenAnywhere uses every feature of a site with secrets that would be recognised, and looks for them in logs, answers,
// the diary, exports, metrics, processes, backups, pictures and in every byte that the site keeps.
func TestNoSecretIsWrittenAnywhere(t *testing.T) {
	t.Run("SQLite and S3", func(t *testing.T) {
		t.Parallel()
		noSecretAnywhere(t, Options{S3: objecttest.StartGateway(t)})
	})
	t.Run("PostgreSQL and disk", func(t *testing.T) {
		t.Parallel()
		noSecretAnywhere(t, Options{Postgres: dbtest.Server(t)})
	})
}

// haunt is a site full of secrets.
type haunt struct {
	*Site
	*Hound
	t     *testing.T
	cam   custody.CameraID
	admin *Person
	clerk *Person
}

func noSecretAnywhere(t *testing.T, o Options) {
	login := simcam.Authenticate{Scheme: simcam.AuthDigest, User: "custody", Password: lensPassword}
	farm := Farm(t, simcam.Options{Count: 1, Cameras: []simcam.CameraSpec{{Faults: []simcam.Fault{login}}}})
	o.Web = true
	o.Edit = func(c *config.Config) { c.Web.SecondFactor, c.Log.Level = config.FactorRequired, "debug" }
	s := New(t, o)
	h := &haunt{Site: s, Hound: NewHound(s), t: t}
	h.keys(o)
	lens, open := farm.Cameras()[0], farm.Cameras()[1]
	s.Must("camera", "add", "lens", "--url", lens.URL(), "--user", "custody", "--password-file", s.secret("lens", lensPassword))
	p := s.Serve()
	h.people()
	h.registry(open)
	h.cam = custody.CameraID(h.find("lens"))
	h.look(p)
	h.credentials()
	h.diary(p)
	h.Command("", "backup")
	p.Stop()
	h.afterwards(p)
}

// keys learns what the machine's own secrets are.
func (h *haunt) keys(o Options) {
	h.Learn("camera", lensPassword, triedPassword)
	h.Learn("password", Password, nextPassword, wrongPassword)
	raw, err := os.ReadFile(h.Conf.Keys.SiteKeyFile)
	if err != nil || len(raw) < 32 {
		h.t.Fatalf("the site key: %d bytes, %v", len(raw), err)
	}
	h.Learn("site key", string(raw))
	if o.S3 != nil {
		h.Learn("S3", o.S3.SecretKey)
	}
	if o.Postgres != nil {
		dsn, err := config.ReadSecret(h.Conf.Database.DSNFile)
		if err != nil {
			h.t.Fatal(err)
		}
		h.Learn("DSN", dsn)
	}
}

// people hires staff in every way, and signs in rightly and wrongly.
func (h *haunt) people() {
	link := h.Invite("spare", "staff")
	h.Learn("invitation", link)
	h.admin, h.clerk = h.Follow(h.Hire("admin", "administrator,auditor")), h.Follow(h.Hire("clerk", "staff"))
	var added api.StaffAdded
	h.admin.Post("/api/staff", map[string]any{"login": "guest", "name": "Guest", "bundle": "staff", "all_cameras": true, "cameras": []string{}}).Into(&added)
	_, token, _ := strings.Cut(added.Invitation.Link, "#")
	h.Learn("invitation", token)
	var again api.Invitation
	h.admin.Post("/api/staff/"+added.Staff.ID+"/invitation", nil).Into(&again)
	_, token, _ = strings.Cut(again.Link, "#")
	h.Learn("invitation", token)
	nobody := h.Follow(h.As(nil))
	for _, body := range []map[string]any{
		{"login": "clerk", "password": wrongPassword}, {"login": wrongPassword, "password": Password}, {"login": nextPassword, "password": nextPassword},
		{"login": "clerk", "password": Password, "code": "000000"}, {"login": "clerk", "password": Password, "code": wrongPassword, "passwrod": wrongPassword},
	} {
		if a := nobody.Post("/api/sign-in", body); a.Status < 400 {
			h.t.Errorf("%v signs in", body)
		}
	}
	nobody.Post("/api/invitation", map[string]any{"token": token + "x", "password": nextPassword}).WantsStatus(http.StatusUnauthorized)
	nobody.Post("/api/invitation", map[string]any{"token": link, "password": "short"})
	nobody.Post("/api/sign-in", []byte(`{"login":"clerk","password":"`+wrongPassword)).WantsStatus(http.StatusBadRequest)
	nobody.Get("/api/session?token=" + h.clerk.Token()).WantsStatus(http.StatusBadRequest)
	nobody.Get("/join/" + token)
	nobody.Get("/api/" + h.clerk.Token()).WantsStatus(http.StatusNotFound)
	nobody.Do(http.MethodGet, "/api/session", nil, "Authorization", "Basic "+h.clerk.Token()).WantsSignIn()
	nobody.Do(http.MethodGet, "/api/session", nil, "Authorization", "Bearer "+h.clerk.Token()+"x", "User-Agent", h.clerk.Token()).WantsSignIn()
}

// registry adds and tries cameras with credentials, good and bad.
func (h *haunt) registry(open *simcam.Camera) {
	address := strings.Replace(open.URL(), "rtsp://", "rtsp://custody:"+triedPassword+"@", 1)
	var added api.RegisteredCamera
	h.admin.Post("/api/admin/cameras", map[string]any{"name": "open", "url": address}).Into(&added)
	h.admin.Post("/api/admin/cameras", map[string]any{"name": "open", "url": address, "user": "custody", "password": triedPassword})
	h.admin.Post("/api/admin/cameras", map[string]any{"name": "odd", "url": "http://custody:" + triedPassword + "@192.0.2.1/"})
	h.admin.Post("/api/admin/cameras/test", map[string]any{"url": "rtsp://custody:" + triedPassword + "@127.0.0.1:1/none"}).OK()
	h.admin.Post("/api/admin/cameras/test", map[string]any{"url": open.URL(), "user": "custody", "password": triedPassword}).OK()
	h.admin.Do(http.MethodPut, "/api/admin/cameras/"+added.ID+"/credentials", map[string]any{"user": "custody", "password": triedPassword}).OK()
	h.admin.Post("/api/admin/cameras/"+h.find("lens")+"/test", nil).OK()
	h.admin.Get("/api/admin/cameras").OK()
	h.admin.Get("/api/health").OK()
	h.admin.Get("/api/settings").OK()
	h.admin.Get("/api/staff").OK()
	h.Command("", "camera", "list", "--json", "--all")
	h.Command("", "camera", "test", "lens")
	h.Command("", "staff", "list")
}

func (h *haunt) find(name string) string {
	var all struct{ Cameras []api.RegisteredCamera }
	h.admin.Get("/api/admin/cameras").Into(&all)
	for _, c := range all.Cameras {
		if c.Name == name {
			return c.ID
		}
	}
	h.t.Fatalf("there is no camera %s", name)
	return ""
}

// look watches in every way; while pictures are made the processes below are looked at.
func (h *haunt) look(p *Process) {
	w := h.clerk.Watch(h.cam, Ago(time.Minute))
	WaitUntil(h.t, 30*time.Second, "there are parts to look at", func() bool { return len(w.Index().Parts) > 2 })
	x := w.Index()
	w.Init(x.Runs[0]).OK()
	w.Media(x.Parts[0]).OK()
	w.Playlist().OK()
	var making sync.WaitGroup
	done := make(chan struct{})
	making.Go(func() {
		defer close(done)
		for i := range 4 {
			w.Still(custody.Instant(x.Parts[i%2].StartUS))
			w.Thumb(custody.Instant(x.Parts[i%2].StartUS))
		}
	})
	most := 0
	for working := true; working; {
		most = max(most, h.Processes(p))
		select {
		case <-done:
			working = false
		case <-time.After(10 * time.Millisecond):
		}
	}
	making.Wait()
	if most < 2 {
		h.t.Error("no process that makes a picture was seen")
	}
	w.Stop().OK()
}

// credentials changes everything that a person signs in with.
func (h *haunt) credentials() {
	browser := h.Follow(h.clerk.Browser())
	h.Learn("csrf", browser.Session().CSRF)
	h.Learn("second factor", browser.TOTP())
	live := browser.WatchLive(h.cam).Live()
	if m, err := live.Next(h.t.Context()); err != nil || m.Type != "init" {
		h.t.Errorf("live: %+v, %v", m, err)
	}
	live.Close()
	var codes api.RecoveryCodes
	browser.Post("/api/me/recovery-codes", map[string]any{"password": Password, "code": browser.Code()}).Into(&codes)
	h.Learn("recovery", codes.RecoveryCodes...)
	nobody := h.Follow(h.As(nil))
	nobody.Post("/api/sign-in", map[string]any{"login": "clerk", "password": Password, "code": codes.RecoveryCodes[0], "client": "api"}).OK()
	nobody.Post("/api/sign-in", map[string]any{"login": "clerk", "password": Password, "code": codes.RecoveryCodes[0], "client": "api"}).WantsSignIn()
	browser.Do(http.MethodPut, "/api/me/password", map[string]any{"old": wrongPassword, "new": nextPassword})
	browser.Do(http.MethodPut, "/api/me/password", map[string]any{"old": Password, "new": nextPassword}).OK()
}

// diary reads the diary back in every form.
func (h *haunt) diary(p *Process) {
	for _, path := range []string{"/api/audit?limit=500", "/api/audit/export?format=csv", "/api/audit/export?format=jsonl", "/api/viewings", "/api/log/keys",
		"/api/audit/watchers?camera=" + string(h.cam) + "&from=" + Ago(time.Minute).Start.String() + "&to=" + Ago(0).End.String(), "/api/openapi.json"} {
		h.admin.Get(path).OK()
	}
	answer, err := http.Get("http://" + p.Metrics() + "/metrics")
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || len(text) == 0 {
		h.t.Errorf("the metrics cannot be read: %v", err)
	}
	h.Look("the metrics", text, "")
	h.Look("the log", []byte(p.Log()), "")
	if n := h.Answers(); n < 40 {
		h.t.Errorf("only %d answers were heard", n)
	}
	h.Files(h.Conf.DataDir, h.Conf.Keys.SiteKeyFile) // while the database's own journal is full
}

// afterwards looks at what the site leaves.
func (h *haunt) afterwards(p *Process) {
	h.Look("the log", []byte(p.Log()), "")
	var dump bytes.Buffer
	if err := h.Open().DB.Dump(h.t.Context(), &dump); err != nil {
		h.t.Fatal(err)
	}
	if !bytes.Contains(dump.Bytes(), []byte("lens")) || !strings.Contains(p.Log(), "route=/api/viewings") {
		h.t.Error("these are no places to look for a secret: what must stand there does not")
	}
	h.Look("the database", dump.Bytes(), "")
	backups, err := filepath.Glob(filepath.Join(h.Conf.Backup.Dir, "*"))
	if err != nil || len(backups) == 0 {
		h.t.Errorf("%d backups, %v", len(backups), err)
	}
	if n := h.Files(h.Conf.DataDir, h.Conf.Keys.SiteKeyFile); n < 5 {
		h.t.Errorf("only %d files were looked at", n)
	}
}
