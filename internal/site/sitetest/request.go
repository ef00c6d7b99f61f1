package sitetest

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/proof/manifest"
)

// Stretch is one camera and the span that is wanted of it.
type Stretch struct {
	Camera custody.CameraID
	Span   custody.Span
}

// Officer is who asks in stories of law enforcement, of an agency that is in no directory before Lists.
func Officer() map[string]any {
	return map[string]any{"agency": "Springfield PD", "name": "N. Riviera", "badge": "B-7", "case": "26-1144", "offence": "theft of a bicycle", "at_site": true}
}

// Asks is a request of law enforcement about a camera around a span, as a clerk types it.
func Asks(at Stretch) map[string]any {
	return map[string]any{"kind": "law-enforcement", "channel": "in-person", "text": "I need the camera at the door, for a theft", "officer": Officer(),
		"asked": map[string]any{"cameras": []string{string(at.Camera)}, "from": at.Span.Start.String(), "to": at.Span.End.String()}}
}

// AsksOpenly is one of open records, by somebody who gives no name.
func AsksOpenly(at Stretch) map[string]any {
	body := Asks(at)
	body["kind"], body["text"] = "open-records", "the recording of the door, please"
	delete(body, "officer")
	return body
}

// Logs logs a request.
func (p *Person) Logs(body map[string]any) api.Logged {
	p.s.t.Helper()
	var out api.Logged
	p.Post("/api/requests", body).WantsStatus(http.StatusCreated).Into(&out)
	return out
}

// Lists puts the officer's agency into the directory and returns its id.
func (p *Person) Lists() string {
	p.s.t.Helper()
	var a api.Agency
	p.Post("/api/agencies", map[string]any{"name": "Springfield PD", "phone": "515 555 0100", "source": "the city's web site, checked in October"}).Into(&a)
	return a.ID
}

// Request reads a request.
func (p *Person) Request(id string) api.Request {
	p.s.t.Helper()
	var out api.Request
	p.Get("/api/requests/" + id).Into(&out)
	return out
}

// CallsBack records that the officer was reached by the number of an agency.
func (p *Person) CallsBack(id, agency string) api.Request {
	p.s.t.Helper()
	var out api.Request
	p.Post("/api/requests/"+id+"/call-back", map[string]any{"agency": agency, "reached": true, "spoke": "the dispatcher"}).Into(&out)
	return out
}

// Adds adds items to a request.
func (p *Person) Adds(r api.Request, items ...Stretch) api.Request {
	p.s.t.Helper()
	for _, at := range items {
		version, id := r.Version, r.ID
		r = api.Request{}
		p.Post("/api/requests/"+id+"/items", map[string]any{"camera": at.Camera, "from": at.Span.Start.String(), "to": at.Span.End.String(), "version": version}).Into(&r)
	}
	return r
}

// Proposes proposes an outcome for each item in turn.
func (p *Person) Proposes(r api.Request, outcomes ...string) api.Request {
	p.s.t.Helper()
	return p.rules("propose", r, outcomes)
}

// Decides decides each item in turn, after signing in again.
func (p *Person) Decides(r api.Request, outcomes ...string) api.Request {
	p.s.t.Helper()
	p.Confirms()
	return p.rules("decide", r, outcomes)
}

// Confirms gives the credentials again.
func (p *Person) Confirms() {
	p.s.t.Helper()
	p.Post("/api/session/confirm", map[string]any{"password": p.Password, "code": p.Code()}).OK()
}

func (p *Person) rules(act string, r api.Request, outcomes []string) (out api.Request) {
	p.s.t.Helper()
	p.Post("/api/requests/"+r.ID+"/"+act, Rulings(r, outcomes...)).Into(&out)
	return out
}

// Rulings are what is proposed or decided about each item in turn, as the lines take it.
func Rulings(r api.Request, outcomes ...string) map[string]any {
	var items []map[string]any
	for i, o := range outcomes {
		item := map[string]any{"item": r.Items[i].ID, "outcome": o}
		if o != "grant" {
			item["citation"], item["reason"] = "Iowa Code 22.7(50)", "it shows how the doors are secured"
		}
		items = append(items, item)
	}
	return map[string]any{"items": items, "version": r.Version}
}

// packedWithin is how long a story waits for its package: settling, rendering and checking on a busy machine.
const packedWithin = 90 * time.Second

// Waits waits until the request's last package is ready, and returns it.
func (p *Person) Waits(id string) (out api.Package) {
	p.s.t.Helper()
	WaitUntil(p.s.t, packedWithin, "the package is ready", func() bool {
		r := p.Request(id)
		if len(r.Packages) == 0 {
			return false
		}
		if out = r.Packages[len(r.Packages)-1]; out.State == "failed" {
			p.s.t.Fatalf("the package failed: %s", out.Why)
		}
		return out.State == "ready"
	})
	return out
}

// HandsOver records that the officer took a package and signed for it.
func (p *Person) HandsOver(pkg string) api.Delivery {
	p.s.t.Helper()
	var d api.Delivery
	p.Post("/api/packages/"+pkg+"/deliveries", map[string]any{"way": "folder", "recipient": "N. Riviera", "agency": "Springfield PD", "badge": "B-7", "signed_by": "N. Riviera"}).Into(&d)
	return d
}

// Downloads takes a package out and unpacks it; it returns the folder that holds bagit.txt, and the archive.
func (p *Person) Downloads(pkg string) (folder, archive string) {
	p.s.t.Helper()
	a := p.Get("/api/packages/" + pkg + "/zip").OK()
	dir := p.s.t.TempDir()
	archive = filepath.Join(dir, "package.zip")
	if err := os.WriteFile(archive, a.Body, 0o600); err != nil {
		p.s.t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(a.Body), int64(len(a.Body)))
	if err != nil {
		p.s.t.Fatalf("the archive of %d bytes cannot be opened: %v", len(a.Body), err)
	}
	for _, f := range r.File {
		top, _, _ := strings.Cut(f.Name, "/")
		folder = filepath.Join(dir, top)
		if err := unpack(f, dir); err != nil {
			p.s.t.Fatal(err)
		}
	}
	return folder, archive
}

func unpack(f *zip.File, dir string) error {
	if f.Method != zip.Store || !filepath.IsLocal(f.Name) {
		return custody.Errorf(custody.Corrupt, "the archive has an entry %q of method %d", f.Name, f.Method)
	}
	full := filepath.Join(dir, filepath.FromSlash(f.Name))
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(full, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// LogKeys are the keys of the site's log, as anybody can ask for them.
func (s *Site) LogKeys() (keys []string) {
	s.t.Helper()
	var out api.LogKeys
	s.As(nil).Get("/api/log/keys").Into(&out)
	for _, k := range out.Keys {
		keys = append(keys, k.Key)
	}
	return keys
}

// Verify runs custody-verify on a package with these keys, and returns its report and its exit code.
func Verify(t testing.TB, path string, keys ...string) (report manifest.Report, code int) {
	t.Helper()
	args := []string{path, "--json"}
	for _, k := range keys {
		args = append(args, "--key-text", k)
	}
	cmd := exec.Command(Verifier(t), args...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("custody-verify says %s%s (%v)", out.Bytes(), said.Bytes(), err)
	}
	return report, cmd.ProcessState.ExitCode()
}
