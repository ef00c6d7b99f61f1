package release_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/desk/release"
	"github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/trust/access"
)

// TestADecidedRequestBecomesAPackage is the common case, from the decision to the folder on a stick.
func TestADecidedRequestBecomesAPackage(t *testing.T) {
	s := newSite(t)
	door := s.camera("Door", 3000)
	begun := s.clock.Now()
	s.shoot(3*time.Minute, door.ID)
	s.settle(door.ID)
	span := custody.Span{Start: begun + 30_500_000, End: begun + 150_250_000}
	r, items := s.logged(access.LawEnforcement, decision{door.ID, span, access.Granted})
	p := s.pack(r.ID)
	if p.State != release.Ready || p.Number != r.Number+"-P1" || p.Verdict != "AUTHENTIC" || len(p.Films) != 2 || len(p.Items) != 1 || p.Items[0] != items[0].ID {
		t.Fatalf("%+v", p)
	}
	if now, _ := s.current(r.ID); now.State != request.Available {
		t.Errorf("the request is %s", now.State)
	}
	dir := filepath.Join(s.dir, "stick")
	folder := must(release.NewFolder(dir))
	s.must(s.shelf().Write(t.Context(), s.may(s.clerk, access.PackageHandOver, string(p.ID)), p.ID, folder))
	report := s.verify(dir)
	if report.Verdict != manifest.Authentic || report.Gaps || report.Request != r.Number || len(report.Files) != 2 {
		t.Fatalf("%+v", report)
	}
	for _, f := range report.Files { // ten pictures a second; decoding begins at the first of thirty
		if f.Kind == manifest.Original && (f.Units < 1170 || f.Units > 1200) {
			t.Errorf("the original proves %d pictures", f.Units)
		}
	}
	if left := must(os.ReadDir(filepath.Join(s.dir, "work"))); len(left) != 0 {
		t.Errorf("the work directory holds %v", left)
	}
	s.chain(dir, custody.EventSegmentSealed, custody.EventRequestLogged, custody.EventItemDecided, custody.EventFootageRead)
	var archive bytes.Buffer
	s.must(s.shelf().Write(t.Context(), s.may(s.clerk, access.PackageHandOver, string(p.ID)), p.ID, release.NewZip(&archive, p.Number)))
	file := filepath.Join(s.dir, "package.zip")
	s.must(os.WriteFile(file, archive.Bytes(), 0o600))
	if again := s.verify(file); again.Verdict != manifest.Authentic {
		t.Errorf("the archive: %+v", again)
	}
	if stored := must(s.shelf().Verify(t.Context(), s.may(s.clerk, access.PackageHandOver, string(p.ID)), p.ID, nil)); stored.Verdict != manifest.Consistent {
		t.Errorf("the stored package: %+v", stored)
	}
	if doc := must(s.shelf().Document(t.Context(), s.may(s.clerk, access.RequestView, string(p.ID)), p.ID, "package.json")); !bytes.Contains(doc, []byte(r.Number)) {
		t.Errorf("package.json: %s", doc)
	}
}

// verify checks a folder or an archive with the site's log key.
func (s *site) verify(path string) manifest.Report {
	s.t.Helper()
	src := must(manifest.OpenSource(path))
	defer src.Close()
	r := must(manifest.Verify(context.Background(), src, manifest.Options{LogKeys: []string{s.logKey()}}))
	for _, f := range r.Findings {
		s.t.Errorf("%s: %s", f.Code, f.Text)
	}
	return r
}

// chain checks that custody.jsonl proves entries of these types.
func (s *site) chain(dir string, types ...custody.EventType) {
	s.t.Helper()
	entries := must(manifest.ParseCustody(must(os.ReadFile(filepath.Join(dir, "custody.jsonl")))))
	for _, want := range types {
		found := false
		for _, e := range entries {
			found = found || e.Act == string(want) && e.Event != nil
		}
		if !found {
			s.t.Errorf("custody.jsonl proves no %s", want)
		}
	}
}

// described is package.json of a stored package.
func (s *site) described(p release.Package) manifest.Package {
	s.t.Helper()
	doc := must(s.shelf().Document(s.t.Context(), s.may(s.clerk, access.RequestView, string(p.ID)), p.ID, "package.json"))
	return must(manifest.ParsePackage(doc))
}

// TestAPackageTellsWhatIsMissingAndWhatIsWithheld has two cameras, a gap with its cause, two runs, and items that were not granted.
func TestSituation03And09OneOfTwoCamerasWithAGap(t *testing.T) {
	s := newSite(t)
	door, yard := s.camera("Door", 800), s.camera("Yard", 800)
	begun := s.clock.Now()
	s.shoot(40*time.Second, door.ID, yard.ID)
	s.feeds[door.ID].stream.Stop(s.clock.Now(), media.GapSilent, "no picture from 192.0.2.1")
	s.shoot(15*time.Second, yard.ID)
	s.connect(door.ID)
	s.shoot(40*time.Second, door.ID, yard.ID)
	s.settle(door.ID, yard.ID)
	span := custody.Span{Start: begun + 10_000_000, End: begun + 80_000_000}
	for _, kind := range []access.RequestKind{access.LawEnforcement, access.OpenRecords} {
		r, _ := s.logged(kind, decision{yard.ID, span, access.Refused}, decision{door.ID, span, access.Granted}, decision{yard.ID, span, access.InspectOnly})
		s.elsewhere(r)
		p := s.pack(r.ID)
		if p.State != release.Ready || p.Verdict != "AUTHENTIC WITH GAPS" || len(p.Films) != 3 {
			t.Fatalf("%s: %s %q %q %+v", kind, p.State, p.Why, p.Verdict, p.Films)
		}
		d := s.described(p)
		if len(d.Items) != 3 || d.Items[0].Citation == "" || len(d.Items[0].Renditions)+len(d.Items[2].Renditions) > 0 || d.Items[2].Outcome != manifest.InspectOnly {
			t.Errorf("%s: items %+v", kind, d.Items)
		}
		gaps := d.Items[1].Gaps
		if len(gaps) != 1 || gaps[0].Cause != "camera-silent" || (gaps[0].Event != nil) != (kind == access.LawEnforcement) {
			t.Errorf("%s: gaps %+v", kind, gaps)
		}
		raw := s.whole(p)
		for _, secret := range []string{"192.0.2.1", "rtsp:"} {
			if kind == access.OpenRecords && bytes.Contains(raw, []byte(secret)) {
				t.Errorf("an open-records package says %s", secret)
			}
		}
		if bytes.Contains(raw, []byte("REQ-2026-0999")) {
			t.Errorf("%s: the package names another request", kind)
		}
		if named := d.Decided.Name != "" && d.Prepared.Name != ""; named != (kind == access.LawEnforcement) {
			t.Errorf("%s: persons %+v %+v", kind, d.Prepared, d.Decided)
		}
	}
}

// elsewhere stores an entry about the request that says which other request had this footage before.
func (s *site) elsewhere(r request.Request) {
	s.t.Helper()
	ev := must(custody.NewEvent(custody.EventItemScoped, s.clock.Now(), string(s.clerk.Staff()), "", string(r.ID),
		request.Entry{Act: request.ActAdd, Request: request.ImageOf(r), Earlier: []string{"REQ-2026-0999/1"}}))
	s.must(s.db.AddNote(s.t.Context(), request.Note{Request: r.ID, Text: "it was asked for before", By: s.clerk.Staff(), At: s.clock.Now()}, ev))
}

// whole is every document of a package, with the bodies of the entries that it discloses.
func (s *site) whole(p release.Package) (out []byte) {
	s.t.Helper()
	g := s.may(s.clerk, access.RequestView, string(p.ID))
	for _, f := range p.Files {
		if strings.HasPrefix(f.Path, "data/") {
			continue
		}
		b := must(s.shelf().Document(s.t.Context(), g, p.ID, f.Path))
		out = append(out, b...)
		switch {
		case f.Path == "custody.jsonl":
			for _, e := range must(manifest.ParseCustody(b)) {
				if e.Event != nil {
					out = append(out, e.Event.Body...)
				}
			}
		case strings.HasPrefix(f.Path, "proof/segments/") && strings.HasSuffix(f.Path, ".json"):
			proof := parse[manifest.SegmentProof](s, b)
			out = append(out, proof.Sealed.Body...)
			if proof.Header != nil {
				out = append(out, proof.Header.Bytes...)
			}
		}
	}
	return out
}
