package sitetest

import (
	"bytes"
	"encoding/hex"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/storage/db/dbtest"
	"github.com/footage-custody/custody/storage/object/objecttest"
)

// TestTheCommonCaseTakesFiveActs: an officer asks for the camera at the door. Two people hand over what a stranger can check.
func TestTheCommonCaseTakesFiveActs(t *testing.T) {
	t.Parallel()
	t.Run("SQLite and disk", func(t *testing.T) {
		t.Parallel()
		commonCase(t, Options{})
	})
	t.Run("PostgreSQL and S3", func(t *testing.T) {
		t.Parallel()
		commonCase(t, Options{Postgres: dbtest.Server(t), S3: objecttest.StartGateway(t)})
	})
}

func commonCase(t *testing.T, o Options) {
	l := newLibrary(t, o, simcam.CameraSpec{Path: "door"})
	l.stretch(0, 0, 90)
	l.quiet()
	var acts []string
	act := func(what string) { acts = append(acts, what) }

	act("the clerk logs it")
	logged := l.clerk.Logs(Asks(Stretch{l.ids[0], l.sofar()}))
	if logged.Number == "" || len(logged.Holds) != 1 || !logged.Holds[0].Standing || !strings.Contains(logged.Acknowledgement, logged.Number) {
		t.Fatalf("logged: %+v", logged)
	}
	l.next(logged.ID, "call-back")

	act("the clerk records the call-back")
	l.clerk.CallsBack(logged.ID, l.agency)
	l.next(logged.ID, "scope")

	act("the clerk watches and proposes the exact span")
	walls := l.wallsFor(0, logged.Number)
	span := custody.Span{Start: walls[20], End: walls[80]}
	r := l.clerk.Adds(l.clerk.Request(logged.ID), Stretch{l.ids[0], span})
	r = l.clerk.Proposes(r, "grant")
	l.next(logged.ID, "decide")
	l.nobodyElse(r)

	act("the director signs in again and decides")
	l.director.Decides(r, "grant")
	pkg := l.clerk.Waits(logged.ID)
	l.next(logged.ID, "hand-over")
	folder, archive := l.clerk.Downloads(pkg.ID)

	act("the clerk hands it over, and the receipt closes it")
	d := l.clerk.HandsOver(pkg.ID)
	if r = l.clerk.Request(logged.ID); r.State != "closed" || r.Closing != "released" || len(r.Deliveries) != 1 || d.Digest != pkg.Digest || len(acts) != 5 {
		t.Errorf("after %d acts the request is %s (%s) with %d deliveries", len(acts), r.State, r.Closing, len(r.Deliveries))
	}
	l.proved(folder, archive, pkg)
	l.p.Stop()
	l.stored = l.Open()
	l.exact(folder, 0, 0)
	l.told(logged.ID)
}

// next fails the test unless that is what has to happen now.
func (l *library) next(id, act string) {
	l.t.Helper()
	if r := l.clerk.Request(id); r.Next.Act != act {
		l.t.Errorf("next is %q (%s), want %q; the request is %s", r.Next.Act, r.Next.Text, act, r.State)
	}
}

// nobodyElse: who proposed does not decide, and nothing is there to be taken before it is decided.
func (l *library) nobodyElse(r api.Request) {
	l.t.Helper()
	l.clerk.Confirms()
	l.clerk.Post("/api/requests/"+r.ID+"/decide", Rulings(r, "grant")).Wants(custody.Denied)
	if len(r.Packages) != 0 {
		l.t.Errorf("there are packages before anything is decided: %+v", r.Packages)
	}
}

// proved runs the verifier on the folder and the archive, with the site's key, without, and with a stranger's.
func (l *library) proved(folder, archive string, pkg api.Package) {
	l.t.Helper()
	for _, path := range []string{folder, archive} {
		report, code := Verify(l.t, path, l.LogKeys()...)
		if code != 0 || report.Verdict != manifest.Authentic || report.Gaps || len(report.Findings) > 0 || !report.KeyGiven {
			l.t.Errorf("%s: exit code %d, %s: %s", filepath.Base(path), code, report.Title(), report.Text())
		}
	}
	if report, code := Verify(l.t, folder); code != 0 || report.Verdict != manifest.Consistent {
		l.t.Errorf("without a key: exit code %d, %s", code, report.Title())
	}
	tag, err := exec.Command("sha256sum", filepath.Join(folder, "tagmanifest-sha256.txt")).Output()
	if err != nil || !strings.HasPrefix(string(tag), pkg.Digest) {
		l.t.Errorf("the package's digest is %s, that of its list %.64s (%v)", pkg.Digest, tag, err)
	}
	files := 0
	for _, f := range pkg.Files {
		b, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(f.Path)))
		if sum := sha(b); err != nil || f.SHA256 != hex.EncodeToString(sum[:]) || f.Size != int64(len(b)) {
			l.t.Errorf("%s is not what the site says (%v)", f.Path, err)
		}
		files++
	}
	check := exec.Command("sha256sum", "--quiet", "-c", "manifest-sha256.txt")
	check.Dir = folder
	if said, err := check.CombinedOutput(); err != nil || files < 8 {
		l.t.Errorf("sha256sum over %d files: %v %s", files, err, said)
	}
}

// exact holds the films of an item against what the camera sent in its span, picture by picture.
func (l *library) exact(folder string, item, slates int) {
	l.t.Helper()
	p := described(l.t, folder)
	it := p.Items[item]
	span := it.Decided.In()
	cam := slices.Index(l.ids, it.Camera.ID)
	if cam < 0 {
		l.t.Fatalf("item %s is of a camera %s that nobody knows", it.Number, it.Camera.ID)
	}
	spec := l.farm.Cameras()[cam]
	want := wantedOf(l.t, l.stored, l.farm, spec, span)
	if len(want.pictures) < 20 {
		l.t.Fatalf("only %d pictures were sent in the span", len(want.pictures))
	}
	audio := strings.Contains(CameraName(spec), "sound")
	viewings := 0
	for _, r := range it.Renditions {
		if r.Kind == manifest.Viewing {
			viewings++
			viewingHolds(l.t, filepath.Join(folder, filepath.FromSlash(r.Path)), want, span, slates, audio)
		}
	}
	if viewings != 1 {
		l.t.Errorf("item %s has %d viewing renditions", it.Number, viewings)
	}
	originalsHold(l.t, folder, it, want, spec.Codec(), audio)
}

// told: the diary has every act once, by whom it was, and the request's story says the same.
func (l *library) told(id string) {
	l.t.Helper()
	counts := map[custody.EventType]int{}
	for _, e := range l.stored.Diary() {
		if bytes.Contains(e.Body, []byte(id)) || e.Subject == id {
			counts[e.Type]++
		}
	}
	for _, want := range []custody.EventType{custody.EventRequestLogged, custody.EventHoldPlaced, custody.EventCallBackMade, custody.EventItemScoped,
		custody.EventItemProposed, custody.EventItemDecided, custody.EventPackageMade, custody.EventPackageRead, custody.EventPackageHandedOver,
		custody.EventPackageReceipted, custody.EventRequestClosed} {
		if counts[want] != 1 {
			l.t.Errorf("the diary has %d entries of %s about the request, want 1", counts[want], want)
		}
	}
}

// TestAGapIsDeclared unplugs one camera inside the span, changes another's resolution, and denies a third.
func TestAGapIsDeclared(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, Options{}, simcam.CameraSpec{Path: "unplugged"}, simcam.CameraSpec{Path: "resized", Alternates: []simcam.Profile{simcam.H264Large}},
		simcam.CameraSpec{Path: "denied"})
	cams := l.farm.Cameras()
	for i := range cams {
		l.stretch(i, 0, 35)
	}
	at := custody.InstantOf(time.Now())
	cams[1].Do(simcam.Switch{To: 1})
	cams[0].Do(simcam.Refuse{For: 3 * time.Second})
	items := []Stretch{l.around(0, at, 35, 40), l.around(1, at, 35, 40), l.around(2, at, 35, 40)}
	l.quiet()
	r, pkg := l.packed(items, "grant", "grant", "deny")
	if r.Items[2].Decision == nil || r.Items[2].Decision.Outcome != "deny" || len(pkg.Items) != 2 {
		t.Errorf("the third item is %+v; the package has %v", r.Items[2], pkg.Items)
	}
	folder, _ := l.clerk.Downloads(pkg.ID)
	report, code := Verify(t, folder, l.LogKeys()...)
	if code != 0 || report.Verdict != manifest.Authentic || !report.Gaps || len(report.GapList) == 0 {
		t.Errorf("exit code %d: %s", code, report.Text())
	}
	p := described(t, folder)
	if len(p.Items) != 3 || len(p.Items[0].Gaps) == 0 || len(p.Items[1].Gaps) != 0 || len(p.Items[2].Renditions) != 0 || p.Items[2].Citation == "" {
		t.Fatalf("package.json tells of %d items: %+v", len(p.Items), p.Items)
	}
	l.clerk.HandsOver(pkg.ID)
	if r = l.clerk.Request(r.ID); r.Closing != "part-released" {
		t.Errorf("the request closes as %s", r.Closing)
	}
	l.p.Stop()
	l.stored = l.Open()
	l.exact(folder, 0, len(p.Items[0].Gaps))
	l.exact(folder, 1, 0)
}

// TestWhoGivesNoNameBringsTheCode: an open request without a name, taken out by the pick-up code.
func TestWhoGivesNoNameBringsTheCode(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, Options{}, simcam.CameraSpec{Path: "door"})
	at := l.stretch(0, 5, 40)
	l.quiet()
	logged := l.clerk.Logs(AsksOpenly(at))
	r := l.clerk.Adds(l.clerk.Request(logged.ID), at)
	l.director.Decides(l.clerk.Proposes(r, "grant"), "grant")
	pkg := l.clerk.Waits(logged.ID)
	take := func(code string) Answer {
		return l.clerk.Post("/api/packages/"+pkg.ID+"/deliveries", map[string]any{"way": "folder", "pick_up": code, "signed_by": "with a mark"})
	}
	take("AAAAAAAA").Wants(custody.Denied)
	take("").Wants(custody.Invalid)
	var d api.Delivery
	take(strings.ToLower(logged.PickUp)).WantsStatus(http.StatusCreated).Into(&d)
	if r = l.clerk.Request(logged.ID); !d.ByCode || r.State != "closed" {
		t.Errorf("by code: %v; the request is %s", d.ByCode, r.State)
	}
	if text := l.clerk.Get("/api/packages/" + pkg.ID + "/receipt").OK(); !bytes.Contains(text.Body, []byte("pick-up code")) {
		t.Errorf("the receipt: %s", text.Body)
	}
	l.p.Stop()
}
