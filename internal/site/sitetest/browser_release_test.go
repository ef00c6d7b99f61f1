package sitetest

import (
	"archive/zip"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/manifest"
	"github.com/footage-custody/custody/internal/site/config"
)

// played is what a page with nothing but a video saw of one film.
type played struct {
	Film     string  `json:"film"`
	Error    string  `json:"error"`
	Painted  int     `json:"painted"`  // pictures while it played
	Duration float64 `json:"duration"` // seconds
	Seeks    []struct {
		To    float64 `json:"to"`    // seconds
		Shown float64 `json:"shown"` // time of the picture that was painted
	} `json:"seeks"`
}

// TestBrowserReleases lets two people release footage in the real application on a real site, with the mouse and by keyboard alone.
// What the browser downloaded is then verified by the recipient's program and played by programs that know nothing of the site.
func TestBrowserReleases(t *testing.T) {
	tools := findPlayers(t)
	farm := Farm(t, simcam.Options{Cameras: []simcam.CameraSpec{{Path: "door", Profile: simcam.H264B}, {Path: "annex", Profile: simcam.H265Plain}}})
	s := New(t, Options{Web: true, Edit: func(c *config.Config) { c.Site.Zone = zoneAwayFromMidnight() }})
	s.Add(farm.Cameras()...)
	p := s.Serve()
	b := browsing{URL: s.URL(), Zone: s.Conf.Site.Zone, Cameras: map[string]custody.CameraID{}, People: map[string]visitor{},
		Stories: stories{Thorough: Full(), Sides: [][]string{{"releases"}, {"releasesByKeyboard"}}}}
	if only := os.Getenv("CUSTODY_STORIES"); only != "" {
		b.Stories.Sides = [][]string{strings.Split(only, ",")}
	}
	for _, c := range farm.Cameras() {
		b.Cameras[CameraName(c)] = s.ID(c)
	}
	WaitUntil(t, 20*time.Second, "every camera is being recorded", func() bool {
		return !slices.ContainsFunc(farm.Cameras(), func(c *simcam.Camera) bool { return Sent(c) < 15 })
	})
	b.Began = custody.InstantOf(time.Now())
	for login, as := range map[string]string{"clerk": "staff", "clerk2": "staff", "director": "custodian", "director2": "custodian"} {
		s.Hire(login, as)
		b.People[login] = visitor{login, Password, ""}
	}
	WaitUntil(t, 20*time.Second, "ten seconds are recorded", func() bool { return time.Since(b.Began.Time()) > 10*time.Second })
	p.Stop() // which seals what is being recorded: a package is made of what is stored
	p = s.Serve()

	downloads := t.TempDir()
	var bag string
	saw := browse(t, b, func(what, about string) any {
		switch what {
		case "path":
			return filepath.Join(downloads, filepath.Base(about))
		case "package":
			bag = unpacked(t, about)
			s.verifies(about)
			return map[string]any{"base": cinema(t, bag), "films": watchable(films(t, bag))}
		}
		return nil
	})
	p.Stop()
	if bag == "" {
		return
	}
	for _, film := range films(t, bag) {
		frames := countFrames(t, filepath.Join(bag, film))
		if t.Logf("%s: %d pictures", film, frames); frames == 0 {
			t.Errorf("%s holds no picture", film)
		}
		tools.play(t, filepath.Join(bag, film), frames)
	}
	judgePlayed(t, bag, saw.Played)
}

// verifies runs the recipient's program on a package, with the key that the site shows to everybody.
func (s *Site) verifies(path string) {
	s.t.Helper()
	if report, code := Verify(s.t, path, s.LogKeys()...); code != 0 || report.Verdict != manifest.Authentic {
		s.t.Errorf("custody-verify ends with %d:\n%s", code, report.Text())
	}
}

// unpacked is what a recipient does with an archive: the folder that holds bagit.txt.
func unpacked(t *testing.T, path string) (bag string) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	dir := t.TempDir()
	for _, f := range z.File {
		if err := unpack(f, dir); err != nil {
			t.Fatal(err)
		}
		if filepath.Base(f.Name) == "bagit.txt" {
			bag = filepath.Join(dir, filepath.Dir(f.Name))
		}
	}
	if bag == "" {
		t.Fatalf("%s holds no bagit.txt", path)
	}
	return bag
}

// films are the files of a package that play, relative to it.
func films(t *testing.T, bag string) (out []string) {
	t.Helper()
	for _, kind := range []string{"original", "viewing"} {
		found, err := filepath.Glob(filepath.Join(bag, "data", kind, "*.mp4"))
		if err != nil || len(found) == 0 {
			t.Fatalf("there is no film in data/%s (%v)", kind, err)
		}
		for _, path := range found {
			out = append(out, filepath.Join("data", kind, filepath.Base(path)))
		}
	}
	return out
}

// watchable leaves out what Chromium cannot play: H.265 as the camera sent it. The copy for viewing is there for that.
func watchable(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(film string) bool {
		return strings.Contains(film, "original") && strings.Contains(film, "annex")
	})
}

// cinema serves a package with ranges, and each of its films in a page of its own. It returns its address.
func cinema(t *testing.T, bag string) string {
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(bag)))
	mux.HandleFunc("/play", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<!DOCTYPE html><title>A film</title><video controls muted preload=auto src=\"/%s\"></video>", html.EscapeString(r.FormValue("film")))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// judgePlayed holds what the browser saw against what the films hold. While it plays on a busy machine it may leave out pictures; where it
// was told to go it shows the picture of that time.
func judgePlayed(t *testing.T, bag string, all []played) {
	t.Helper()
	if want := len(watchable(films(t, bag))); len(all) != want {
		t.Errorf("the browser played %d films of %d", len(all), want)
	}
	for _, p := range all {
		frames := countFrames(t, filepath.Join(bag, p.Film))
		t.Logf("Chromium: %s: %d pictures painted of %d, %.2f s, seeks %v", p.Film, p.Painted, frames, p.Duration, p.Seeks)
		if p.Error != "" || p.Painted < frames/3 || p.Painted > frames+1 {
			t.Errorf("Chromium painted %d pictures of %d of %s: %s", p.Painted, frames, p.Film, p.Error)
		}
		for _, s := range p.Seeks {
			if late := s.To - s.Shown; late < -0.01 || late > 2.5/15 {
				t.Errorf("%s: asked for %.3f s, Chromium shows the picture of %.3f s", p.Film, s.To, s.Shown)
			}
		}
	}
}
