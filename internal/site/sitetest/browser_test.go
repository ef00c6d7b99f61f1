package sitetest

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/capture/simcam"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/site/config"
)

// browsing is what a browser is told, in the words of web/test/site.mjs.
type browsing struct {
	URL     string                      `json:"url"`
	Zone    string                      `json:"zone"`
	Cameras map[string]custody.CameraID `json:"cameras"`
	People  map[string]visitor          `json:"people"`
	Stories stories                     `json:"stories"`
	Shots   string                      `json:"shots"` // directory for pictures of every screen; empty for none
	Seeks   int                         `json:"seeks"`
	Steps   int                         `json:"steps"`
	Began   custody.Instant             `json:"began"` // every camera is recorded from then on
}

type stories struct {
	Sides    [][]string `json:"sides"` // each told in turn, all at the same time
	Thorough bool       `json:"thorough"`
}

type visitor struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Token    string `json:"token,omitempty"` // of an invitation
}

// shot is one picture as the browser showed it, with the time that the application said.
type shot struct {
	Camera  custody.CameraID `json:"camera"`
	What    string           `json:"what"`
	Wall    custody.Instant  `json:"wall"`
	Number  int64            `json:"number"`
	Playing bool             `json:"playing"`
	At      float64          `json:"at"` // of live pictures: when it was painted, milliseconds since 1970
}

// seen is what the browser reports.
type seen struct {
	Shots     []shot         `json:"shots"`
	Seeks     []int          `json:"seeks"` // milliseconds from asking to the painted picture
	Live      []shot         `json:"live"`
	FirstLive []int          `json:"firstLive"`
	Faults    []string       `json:"faults"`
	Took      map[string]any `json:"took"`
	Played    []played       `json:"played"`
}

// browse drives Debian's Chromium through the stories and answers what it asks for.
func browse(t *testing.T, b browsing, answer func(what, about string) any) seen {
	t.Helper()
	b.Shots = os.Getenv("CUSTODY_SHOTS")
	web := filepath.Join(filepath.Dir(filepath.Dir(CacheDir(t))), "web")
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join("test", "site.mjs"))
	cmd.Dir = web
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		t.Fatalf("node is needed to drive the browser: %v", err)
	}
	result := converse(t, json.NewEncoder(in), out, b, answer)
	if err := cmd.Wait(); err != nil || result == nil {
		t.Fatalf("the browser's stories broke off: %v\n%s", err, complaint.String())
	}
	for _, fault := range result.Faults {
		t.Error(fault)
	}
	return *result
}

func converse(t *testing.T, in *json.Encoder, out io.Reader, b browsing, answer func(what, about string) any) (result *seen) {
	t.Helper()
	tell := func(v any) {
		if err := in.Encode(v); err != nil {
			t.Error(err)
		}
	}
	tell(b)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		var said struct {
			Ask, About, Note string
			Result           *seen
		}
		if err := json.Unmarshal(lines.Bytes(), &said); err != nil {
			t.Errorf("the browser says %q", lines.Text())
			continue
		}
		switch {
		case said.Ask != "":
			tell(answer(said.Ask, said.About))
		case said.Note != "":
			t.Log(said.Note)
		case said.Result != nil:
			result = said.Result
		}
	}
	return result
}

// act is what happened before the lobby's camera; all times in microseconds.
type act struct {
	Began   custody.Instant `json:"began"`
	Changed custody.Instant `json:"changed"` // another resolution
	Silent  custody.Instant `json:"silent"`
	Again   custody.Instant `json:"again"`
	Ended   custody.Instant `json:"ended"`
}

// playLobby runs the lobby's camera through its film.
func playLobby(lobby *simcam.Camera) <-chan act {
	done := make(chan act, 1)
	go func() {
		after := func(d time.Duration) custody.Instant {
			<-time.After(d)
			return custody.InstantOf(time.Now())
		}
		a := act{Began: after(0)}
		a.Changed = after(7 * time.Second)
		lobby.Do(simcam.Switch{To: 1})
		a.Silent = after(7 * time.Second)
		lobby.Do(simcam.Freeze{For: 7 * time.Second})
		a.Again = after(7 * time.Second)
		a.Ended = after(7 * time.Second)
		done <- a
	}()
	return done
}

// TestBrowser watches the real application on a real site with eyes that know every picture's number.
func TestBrowser(t *testing.T) {
	farm := Farm(t, simcam.Options{Ledger: 200_000, Cameras: []simcam.CameraSpec{
		{Path: "lobby", Profile: simcam.H264Plain, Alternates: []simcam.Profile{simcam.H264Large}},
		{Path: "door", Live: true}, {Path: "annex", Profile: simcam.H265Plain}}})
	s := New(t, Options{Web: true, Edit: func(c *config.Config) { c.Site.Zone = zoneAwayFromMidnight() }})
	s.Add(farm.Cameras()...)
	p := s.Serve()
	b := browsing{URL: s.URL(), Zone: s.Conf.Site.Zone, Cameras: map[string]custody.CameraID{}, Seeks: Scaled(12, 60), Steps: Scaled(20, 40),
		Stories: stories{Thorough: Full(), Sides: Scaled([][]string{{"joins", "live", "keyboard", "recorded"}, {"disabled"}},
			[][]string{{"joins", "live", "keyboard", "disabled", "recorded"}})}}
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
	film := playLobby(farm.Cameras()[0])
	b.People = map[string]visitor{
		"clerk": {"clerk", "four unrelated words here", s.Invite("clerk", "staff")},
		"temp":  {"temp", Password, ""},
	}
	s.Hire("temp", "staff")
	var played *act
	saw := browse(t, b, func(what, about string) any {
		switch what {
		case "film":
			if played == nil {
				a := <-film
				played = &a
			}
			return played
		case "disable":
			s.Must("staff", "disable", about)
			return map[string]any{"at": time.Now().UnixMilli()}
		}
		return nil
	})
	p.Stop()
	judge(t, s.Open(), farm, b, saw)
}

// TestBrowserEnrols sets up a second factor where one is required, and signs in with it.
func TestBrowserEnrols(t *testing.T) {
	s := New(t, Options{Web: true, Edit: func(c *config.Config) { c.Web.SecondFactor = config.FactorRequired }})
	p := s.Serve()
	browse(t, browsing{URL: s.URL(), Zone: s.Conf.Site.Zone, Cameras: map[string]custody.CameraID{}, Stories: stories{Sides: [][]string{{"enrols"}}, Thorough: Full()},
		People: map[string]visitor{"clerk": {"clerk", "four unrelated words here", s.Invite("clerk", "staff")}}}, nil)
	p.Stop()
}

// zoneAwayFromMidnight is a zone in which no day ends while the test runs.
func zoneAwayFromMidnight() string {
	zone := "America/Chicago"
	loc, err := time.LoadLocation(zone)
	if now := time.Now().In(loc); err == nil && (now.Hour() == 23 || now.Hour() == 0) {
		return "America/Los_Angeles"
	}
	return zone
}
