package camera_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/media"
	"github.com/footage-custody/custody/internal/trust/access"
)

func TestAddMovesTheLoginOutOfTheURL(t *testing.T) {
	s, r, op, _ := newRegistry(t)
	a := must(camera.NewAddition(camera.Input{Name: "Front door", Audio: true, Transport: "udp",
		URL: "rtsp://admin:s%40cret@192.0.2.7:8554/main?x=1", SubURL: "rtsp://192.0.2.7:8554/sub"}))
	c := must(r.Add(t.Context(), op.adds(), a))
	stored := must(r.Find(t.Context(), "Front door"))
	if d := cmp.Diff(c, stored); d != "" {
		t.Fatalf("stored (-returned +stored):\n%s", d)
	}
	if len(c.Streams) != 2 || c.Streams[0].URL != "rtsp://192.0.2.7:8554/main?x=1" || c.Streams[1].URL != "rtsp://192.0.2.7:8554/sub" ||
		c.Streams[0].Role != media.Main || c.Streams[1].Role != media.Sub || c.Streams[0].Transport != "udp" || !c.Enabled || !c.Audio || c.Added == 0 {
		t.Errorf("registered %+v", c)
	}
	for _, st := range c.Streams {
		if login := must(r.Credentials(st)); login.User() != "admin" || login.Password() != "s@cret" {
			t.Errorf("%s: user %q", st.Role, login.User())
		}
	}
	moved := c.Streams[0]
	moved.ID = c.Streams[1].ID
	_, err := r.Credentials(moved)
	wants(t, "a secret moved to another stream", err, custody.Corrupt)
	if len(s.events) != 1 || s.events[0].Type != custody.EventCameraAdded || s.events[0].Actor != "operator" || s.events[0].Camera != c.ID {
		t.Errorf("recorded %+v", s.events)
	}
	_, err = r.Add(t.Context(), op.adds(), a)
	wants(t, "the same name", err, custody.Exists)
	_, err = r.Add(t.Context(), op.adds(), camera.Addition{})
	wants(t, "the zero addition", err, custody.Invalid)
}

func TestALoginIsNotSharedWithAnotherHost(t *testing.T) {
	_, r, op, _ := newRegistry(t)
	c := must(r.Add(t.Context(), op.adds(), must(camera.NewAddition(camera.Input{Name: "a", URL: "rtsp://u:p@192.0.2.7/", SubURL: "rtsp://192.0.2.8/"}))))
	if !must(r.Credentials(c.Streams[1])).None() {
		t.Error("the main stream's login would be sent to another host")
	}
	both := must(r.Add(t.Context(), op.adds(), must(camera.NewAddition(camera.Input{Name: "b", User: "u", Password: "p", URL: "rtsps://192.0.2.7/", SubURL: "rtsps://192.0.2.8/"}))))
	if must(r.Credentials(both.Streams[1])).Password() != "p" || both.Streams[1].Transport != "tcp" {
		t.Error("a login given for both streams is not used for both")
	}
}

func TestInputsThatAreRefused(t *testing.T) {
	good := camera.Input{Name: "Yard", URL: "rtsp://192.0.2.7/"}
	for name, change := range map[string]func(*camera.Input){
		"name: none":                 func(in *camera.Input) { in.Name = "" },
		"name: long":                 func(in *camera.Input) { in.Name = strings.Repeat("é", 81) },
		"name: control":              func(in *camera.Input) { in.Name = "a\x1bb" },
		"name: space":                func(in *camera.Input) { in.Name = " Yard" },
		"name: not text":             func(in *camera.Input) { in.Name = "\xff" },
		"url: none":                  func(in *camera.Input) { in.URL = "" },
		"url: http":                  func(in *camera.Input) { in.URL = "http://192.0.2.7/" },
		"url: no scheme":             func(in *camera.Input) { in.URL = "192.0.2.7/stream" },
		"url: no host":               func(in *camera.Input) { in.URL = "rtsp:///stream" },
		"url: only a port":           func(in *camera.Input) { in.URL = "rtsp://:554/stream" },
		"url: opaque":                func(in *camera.Input) { in.URL = "rtsp:192.0.2.7" },
		"url: port 0":                func(in *camera.Input) { in.URL = "rtsp://192.0.2.7:0/" },
		"url: port big":              func(in *camera.Input) { in.URL = "rtsp://192.0.2.7:65536/" },
		"url: port empty":            func(in *camera.Input) { in.URL = "rtsp://192.0.2.7:/" },
		"url: control":               func(in *camera.Input) { in.URL = "rtsp://192.0.2.7/\r\nX: y" },
		"url: space":                 func(in *camera.Input) { in.URL = "rtsp://192.0.2.7/a b" },
		"url: fragment":              func(in *camera.Input) { in.URL = "rtsp://192.0.2.7/#x" },
		"url: long":                  func(in *camera.Input) { in.URL += strings.Repeat("x", camera.MaxURL) },
		"url: password in query":     func(in *camera.Input) { in.URL += "?user=a&Password=b" },
		"url: password in path":      func(in *camera.Input) { in.URL += "user=a_password=b_channel=1" },
		"url: password in disguise":  func(in *camera.Input) { in.URL += "?pass%77ord=b" },
		"url: tls by udp":            func(in *camera.Input) { in.URL, in.Transport = "rtsps://192.0.2.7/", "udp" },
		"url: transport":             func(in *camera.Input) { in.Transport = "http" },
		"url: login twice":           func(in *camera.Input) { in.URL, in.User = "rtsp://a:b@192.0.2.7/", "a" },
		"url: password alone":        func(in *camera.Input) { in.URL = "rtsp://:b@192.0.2.7/" },
		"sub_url: http":              func(in *camera.Input) { in.SubURL = "http://192.0.2.7/" },
		"user, password: no user":    func(in *camera.Input) { in.Password = "b" },
		"user, password: colon":      func(in *camera.Input) { in.User = "a:b" },
		"user, password: control":    func(in *camera.Input) { in.User, in.Password = "a", "b\n" },
		"user, password: long":       func(in *camera.Input) { in.User, in.Password = "a", strings.Repeat("b", 257) },
		"user, password: long user":  func(in *camera.Input) { in.User = strings.Repeat("b", 257) },
		"user, password: not text":   func(in *camera.Input) { in.User = "\xff" },
		"url: a host of two colons:": func(in *camera.Input) { in.URL = "rtsp://a:b:c/" },
	} {
		in := good
		change(&in)
		_, err := camera.NewAddition(in)
		wants(t, name, err, custody.Invalid)
		if field, _, _ := strings.Cut(name, ":"); err != nil && !strings.Contains(err.Error(), "\n"+field+": ") {
			t.Errorf("%s: the error does not name the field: %v", name, err)
		}
	}
	_, err := camera.NewAddition(camera.Input{SubURL: "x", Password: "y"})
	if n := strings.Count(custody.PublicText(err), "\n"); n != 4 {
		t.Errorf("%d of 4 problems are reported: %v", n, err)
	}
}

func TestChangesAreRecordedOnce(t *testing.T) {
	s, r, op, _ := newRegistry(t)
	c := must(r.Add(t.Context(), op.adds(), must(camera.NewAddition(camera.Input{Name: "Yard", URL: "rtsp://u:p@192.0.2.7/"}))))
	login := must(camera.NewCredentials("u2", "p2"))
	update := func(in camera.UpdateInput) error {
		_, err := r.Update(t.Context(), op.manages(c.ID), c.ID, in)
		return err
	}
	for _, step := range []struct {
		name string
		do   func() error
		typ  custody.EventType
		want string
	}{
		{"disable", func() error { return update(camera.UpdateInput{Enabled: new(false)}) }, custody.EventCameraChanged, `"detail":{"enabled":false}`},
		{"disable again", func() error { return update(camera.UpdateInput{Enabled: new(false)}) }, "", ""},
		{"audio", func() error { return update(camera.UpdateInput{Audio: new(true)}) }, custody.EventCameraChanged, `"detail":{"audio":true}`},
		{"audio again", func() error { return update(camera.UpdateInput{Audio: new(true)}) }, "", ""},
		{"login", func() error { return r.SetCredentials(t.Context(), op.manages(c.ID), c.ID, login) }, custody.EventCameraChanged, `"detail":{"credentials":true}`},
		{"no login", func() error { return r.SetCredentials(t.Context(), op.manages(c.ID), c.ID, camera.Credentials{}) }, custody.EventCameraChanged, `"detail":{"credentials":false}`},
		{"login back", func() error { return r.SetCredentials(t.Context(), op.manages(c.ID), c.ID, login) }, custody.EventCameraChanged, `"detail":{"credentials":true}`},
		{"remove", func() error { return r.Remove(t.Context(), op.manages(c.ID), c.ID) }, custody.EventCameraRemoved, `"subject"`},
	} {
		before := len(s.events)
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		fresh := s.events[before:]
		if step.typ == "" && len(fresh) != 0 || step.typ != "" && (len(fresh) != 1 || fresh[0].Type != step.typ || !strings.Contains(string(fresh[0].Body), step.want)) {
			t.Errorf("%s: recorded %v", step.name, fresh)
		}
		if step.name == "login back" {
			if got := must(r.Credentials(must(r.Find(t.Context(), "Yard")).Streams[0])); got.User() != "u2" || got.Password() != "p2" {
				t.Errorf("the login is that of %q", got.User())
			}
		}
	}
	gone := must(r.Find(t.Context(), string(c.ID)))
	if gone.Removed == 0 || gone.Enabled || len(gone.Streams) != 1 || gone.Streams[0].Secret != nil || gone.Streams[0].SecretKey != "" {
		t.Errorf("removed: %+v", gone)
	}
	_, err := r.Find(t.Context(), "Yard")
	wants(t, "find by name", err, custody.NotFound)
	wants(t, "remove again", r.Remove(t.Context(), op.manages(c.ID), c.ID), custody.NotFound)
	if _, err := r.Add(t.Context(), op.adds(), must(camera.NewAddition(camera.Input{Name: "Yard", URL: "rtsp://192.0.2.7/"}))); err != nil {
		t.Errorf("the name is not free again: %v", err)
	}
}

func TestADecisionChangesWhatItIsAboutOnce(t *testing.T) {
	s, r, op, _ := newRegistry(t)
	a := must(camera.NewAddition(camera.Input{Name: "Yard", URL: "rtsp://192.0.2.7/"}))
	c := must(r.Add(t.Context(), op.adds(), a))
	other := must(r.Add(t.Context(), op.adds(), must(camera.NewAddition(camera.Input{Name: "Door", URL: "rtsp://192.0.2.8/"}))))
	for name, g := range map[string]access.Grant{"no decision": {}, "another camera": op.manages(other.ID), "no camera": op.adds(), "another act": op.may(access.CameraView, c.ID)} {
		_, upErr := r.Update(t.Context(), g, c.ID, camera.UpdateInput{Enabled: new(false)})
		_, classErr := r.SetClass(t.Context(), g, c.ID, camera.ClassInput{Class: access.StaffArea})
		for act, err := range map[string]error{"update": upErr, "class": classErr, "remove": r.Remove(t.Context(), g, c.ID),
			"login": r.SetCredentials(t.Context(), g, c.ID, camera.Credentials{})} {
			wants(t, fmt.Sprintf("%s under %s", act, name), err, custody.Denied)
		}
		if name != "no camera" {
			_, addErr := r.Add(t.Context(), g, a)
			_, allErr := r.AddAll(t.Context(), g, []camera.Addition{a})
			wants(t, "add under "+name, addErr, custody.Denied)
			wants(t, "add all under "+name, allErr, custody.Denied)
		}
	}
	wants(t, "removal under the right to classify", r.Remove(t.Context(), op.may(access.CameraClassify, c.ID), c.ID), custody.Denied)
	g := op.manages(c.ID)
	changed, err := r.Update(t.Context(), g, c.ID, camera.UpdateInput{Enabled: new(false)})
	if err != nil || changed.Enabled || changed.Version != 2 {
		t.Fatalf("%+v (%v)", changed, err)
	}
	_, err = r.Update(t.Context(), g, c.ID, camera.UpdateInput{Enabled: new(true)})
	wants(t, "the same decision again", err, custody.Conflict)
	_, err = r.Update(t.Context(), op.manages(c.ID), c.ID, camera.UpdateInput{Enabled: new(true), Version: 1})
	wants(t, "a page that is out of date", err, custody.Conflict)
	if len(s.events) != 3 {
		t.Errorf("%d events", len(s.events))
	}
}

func TestAListIsAddedWholeOrItsTakenNamesAreNamed(t *testing.T) {
	s, r, op, _ := newRegistry(t)
	list := must(camera.ParseCSV(strings.NewReader("name,url\na,rtsp://192.0.2.1/\nb,rtsp://192.0.2.2/\nc,rtsp://192.0.2.3/\n")))
	must(r.Add(t.Context(), op.adds(), list[0]))
	must(r.Add(t.Context(), op.adds(), list[2]))
	_, err := r.AddAll(t.Context(), op.adds(), list)
	wants(t, "two names taken", err, custody.Exists)
	if text := custody.PublicText(err); !strings.Contains(text, `"a"`) || !strings.Contains(text, `"c"`) || strings.Contains(text, `"b"`) || len(s.events) != 2 {
		t.Errorf("%d events, %s", len(s.events), text)
	}
	if added, err := r.AddAll(t.Context(), op.adds(), list[1:2]); err != nil || len(added) != 1 || added[0].Name != "b" {
		t.Errorf("%v (%v)", added, err)
	}
}

// TestAPasswordNeverShows is the canary: every road that a password takes, and everything that could say it.
func TestAPasswordNeverShows(t *testing.T) {
	const canary = "CaNaRy"
	var said strings.Builder
	log := slog.New(slog.NewJSONHandler(&said, nil))
	say := func(things ...any) {
		for _, v := range things {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				fmt.Fprintf(&said, verb+"\n", v)
			}
			if b, err := json.Marshal(v); err == nil {
				said.Write(b)
			}
			log.Info("said", "v", v)
			if err, ok := v.(error); ok {
				for ; err != nil; err = errors.Unwrap(err) {
					fmt.Fprintln(&said, err, custody.PublicText(err))
				}
			}
		}
	}
	s, r, op, ring := newRegistry(t)
	for i, in := range []camera.Input{
		{Name: "a", URL: "rtsp://u:" + canary + "@192.0.2.1/"}, {Name: "b", URL: "rtsp://192.0.2.1/", User: "u", Password: canary},
		{Name: "c", URL: "rtsp://u:" + canary + "%zz@192.0.2.1/"}, {Name: "d", URL: "http://u:" + canary + "@192.0.2.1/"},
		{Name: "e", URL: "rtsp://u:" + canary + "@192.0.2.1:99999/"}, {Name: "f", URL: canary}, {Name: "g", URL: "rtsp://192.0.2.1/?pwd=" + canary},
		{Name: "h", URL: "rtsp://192.0.2.1/", Password: canary}, {Name: "i", URL: "rtsp://u:" + canary + "@[::1/"}, {Name: "j", URL: "rtsp://192.0.2.1/", Transport: canary},
	} {
		a, err := camera.NewAddition(in)
		say(in, &in, a, &a)
		if err != nil {
			say(err)
			continue
		}
		c, err := r.Add(t.Context(), op.adds(), a)
		login, lerr := r.Credentials(c.Streams[0])
		if err != nil || lerr != nil || login.Password() != canary {
			t.Fatalf("camera %d: %v, %v", i, err, lerr)
		}
		type wrapped struct{ hidden camera.Credentials }
		say(c, c.Streams, login, &login, wrapped{login}, &wrapped{login})
	}
	for _, list := range canaryLists(canary) {
		_, err := camera.ParseCSV(strings.NewReader(list))
		_, yerr := camera.ParseYAML(strings.NewReader(list))
		say(err, yerr)
	}
	ring.Close()
	cams := must(r.List(context.Background()))
	_, err := r.Credentials(cams[0].Streams[0])
	say(err, s.cams)
	for _, e := range s.events {
		said.Write(e.Body)
	}
	text := strings.ToLower(said.String())
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), "67 97 78"} {
		if at := strings.Index(text, strings.ToLower(form)); at >= 0 {
			t.Errorf("the password shows: %q", text[max(0, at-100):at+40])
		}
	}
	if len(s.events) != 2 || !strings.Contains(text, "[redacted]") {
		t.Errorf("%d cameras were added, %d bytes said", len(s.events), len(text))
	}
}

// canaryLists puts the password in every wrong place of a list.
func canaryLists(c string) []string {
	row := "name,url,user,password\n"
	return []string{
		row + "a,rtsp://192.0.2.1/,u," + c + ",\n", row + "a,rtsp://192.0.2.1/," + c + ":,x\n", row + c + "\n", row + "a,\"" + c + "\n", c + "," + c + "\n",
		row + "a," + c + ",u,p\n", row + "a,rtsp://u:" + c + "@/,,\n", "name,url,audio\na,rtsp://192.0.2.1/," + c + "\n", "name,url," + c + "\n",
		"cameras:\n- name: a\n  password:" + c + "\n", "cameras:\n- name: a\n  password: *" + c + "\n", "cameras:\n- name: a\n  password: &" + c + "\n",
		"cameras:\n- name: a\n  password: !" + c + " x\n", "cameras:\n- {name: a, url: 'rtsp://u:" + c + "@', password: [" + c + "]}\n", "cameras:\n- " + c + "\n", c,
		"cameras:\n- name: a\n  password: @" + c + "\n", "cameras:\n- name: a\n  password: \"\\" + c + "\"\n", "cameras:\n- name: a\n  password: %" + c + "\n", c + ": 1\n",
		"cameras:\n- name: a\n  audio: " + c + "\n  " + c + ": 1\n", "%" + c + "\n---\n", "cameras:\n- <<: {password: " + c + "}\n", "a: b: " + c + "\n",
	}
}
