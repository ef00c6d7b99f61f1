package camera_test

import (
	"strings"
	"testing"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

func TestALoginStaysAtItsHost(t *testing.T) {
	s, r, op, _ := newRegistry(t)
	c := must(r.Add(t.Context(), op.adds(), must(camera.NewAddition(camera.Input{Name: "Yard", URL: "rtsp://u:p@192.0.2.7/a"}))))
	login := func(c camera.Camera, i int) string { return must(r.Credentials(c.Streams[i])).Password() }
	change := func(in camera.UpdateInput) camera.Camera {
		t.Helper()
		out, err := r.Update(t.Context(), op.manages(c.ID), c.ID, in)
		if err != nil {
			t.Fatal(err)
		}
		stored := must(r.Find(t.Context(), string(c.ID)))
		if stored.Version != out.Version || len(stored.Streams) != len(out.Streams) {
			t.Errorf("returned %+v, stored %+v", out, stored)
		}
		return stored
	}
	if got := change(camera.UpdateInput{URL: new("rtsp://192.0.2.7/b"), Transport: new("udp")}); got.Streams[0].ID != c.Streams[0].ID ||
		got.Streams[0].URL != "rtsp://192.0.2.7/b" || got.Streams[0].Transport != "udp" || login(got, 0) != "p" {
		t.Errorf("another path: %+v", got)
	}
	if got := change(camera.UpdateInput{SubURL: new("rtsp://192.0.2.7/sub")}); len(got.Streams) != 2 || login(got, 1) != "p" || login(got, 0) != "p" {
		t.Errorf("a sub stream of the same host: %+v", got)
	}
	if got := change(camera.UpdateInput{URL: new("rtsp://192.0.2.66/b")}); login(got, 0) != "" || login(got, 1) != "p" {
		t.Errorf("the login went to another host: %+v", got)
	}
	if got := change(camera.UpdateInput{URL: new("rtsps://u:q@192.0.2.66/b")}); login(got, 0) != "q" || got.Streams[0].Transport != "tcp" {
		t.Errorf("a login of its own: %+v", got)
	}
	if got := change(camera.UpdateInput{SubURL: new("")}); len(got.Streams) != 1 {
		t.Errorf("the sub stream is still there: %+v", got)
	}
	before := len(s.events)
	change(camera.UpdateInput{Name: new("Yard"), SubURL: new(""), Enabled: new(true)})
	_, err := r.Update(t.Context(), op.manages(c.ID), c.ID, camera.UpdateInput{Name: new(" "), Place: new("Toilet"), URL: new("http://x"), Transport: new("pigeon")})
	wants(t, "four things wrong", err, custody.Invalid)
	if n := strings.Count(custody.PublicText(err), "\n"); n != 3 || len(s.events) != before {
		t.Errorf("%d problems: %v; %d events", n, err, len(s.events)-before)
	}
	for _, e := range s.events {
		if strings.Contains(string(e.Body), `"p"`) || strings.Contains(string(e.Body), "u:") {
			t.Errorf("an event shows a login: %s", e.Body)
		}
	}
}

func TestAClassIsChangedUnderItsOwnDecision(t *testing.T) {
	s, r, op, _ := newRegistry(t)
	c := must(r.Add(t.Context(), op.adds(), must(camera.NewAddition(camera.Input{Name: "Desk", Place: "First floor", URL: "rtsp://192.0.2.7/"}))))
	if c.Class != access.PublicArea || c.Place != "First floor" || c.RetentionDays != 0 {
		t.Errorf("a new camera is %+v", c)
	}
	got, err := r.SetClass(t.Context(), op.may(access.CameraClassify, c.ID), c.ID, camera.ClassInput{Class: access.LibraryRecord, RetentionDays: new(14)})
	if err != nil || got.Class != access.LibraryRecord || got.RetentionDays != 14 || got.Version != 2 {
		t.Fatalf("%+v (%v)", got, err)
	}
	if last := string(s.events[len(s.events)-1].Body); !strings.Contains(last, `"class_before":"public-area"`) || !strings.Contains(last, `"retention_days":14`) {
		t.Errorf("recorded %s", last)
	}
	for name, in := range map[string]camera.ClassInput{"class": {Class: "secret"}, "retention": {RetentionDays: new(-1)}, "long retention": {RetentionDays: new(3651)}} {
		_, err := r.SetClass(t.Context(), op.may(access.CameraClassify, c.ID), c.ID, in)
		wants(t, name, err, custody.Invalid)
	}
	_, err = r.SetClass(t.Context(), op.manages(c.ID), c.ID, camera.ClassInput{Class: access.PublicArea})
	wants(t, "the right to manage", err, custody.Denied)
}

func TestNoCameraWherePeopleUndress(t *testing.T) {
	for _, name := range []string{"Restroom", "2nd floor REST ROOM", "rest-room", "Men's room", "Ladies’ room", "Toilets", "bathroom_3", "Family Bathrooms", "washroom", "W.C.", "WC",
		"MensRestroom2", "Staff locker room", "lockerroom", "Changing Room", "dressing-room", "Fitting rooms", "Shower", "Lactation room", "Mother's room",
		"Baño", "ban\u0303o de damas", "BAÑOS", "Aseos", "Vestuario", "vestidores", "Probador 1", "Duchas", "Sala de lactancia", "lavabo", "Sanitarios"} {
		for field, in := range map[string]camera.Input{"name": {Name: name, URL: "rtsp://192.0.2.7/"}, "place": {Name: "Cam", Place: name, URL: "rtsp://192.0.2.7/"}} {
			_, err := camera.NewAddition(in)
			wants(t, field+" "+name, err, custody.Invalid)
			if err != nil && !strings.Contains(custody.PublicText(err), "Iowa Code ch. 27") {
				t.Errorf("%s %q: %v", field, name, err)
			}
		}
	}
	for _, name := range []string{"Restoration room", "Bath Street entrance", "Washington room", "Reading room", "Lockers of the hall", "Dressings shelf", "Showering sparks exhibit",
		"Abanico", "Aseguradora", "Children's room", "Meeting room", "Wcd", "Mensa"} {
		if _, err := camera.NewAddition(camera.Input{Name: name, Place: name, URL: "rtsp://192.0.2.7/"}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestListsCarryPlaceAndClass(t *testing.T) {
	_, r, op, _ := newRegistry(t)
	list := must(camera.ParseCSV(strings.NewReader("name,url,place,class\nDesk,rtsp://192.0.2.1/,\"Hall, left\",library-record\nDoor,rtsp://192.0.2.2/,,\n")))
	cams := must(r.AddAll(t.Context(), op.adds(), list))
	if cams[0].Place != "Hall, left" || cams[0].Class != access.LibraryRecord || cams[1].Class != access.PublicArea {
		t.Errorf("%+v", cams)
	}
	_, err := camera.ParseYAML(strings.NewReader("cameras: [{name: a, url: 'rtsp://192.0.2.1/', class: x, place: Toilets}]"))
	if text := custody.PublicText(err); !strings.Contains(text, "line 1: class:") || !strings.Contains(text, "line 1: place:") {
		t.Error(text)
	}
}

func FuzzUpdate(f *testing.F) {
	f.Add("Yard", "Hall", "rtsp://u:p@192.0.2.7/", "", "tcp")
	f.Add("Baño", "\xff", "rtsps://[::1]:322/x", "rtsp://192.0.2.7/", "udp")
	f.Fuzz(func(t *testing.T, name, place, url, sub, transport string) {
		_, r, op, _ := newRegistry(t)
		c := must(r.Add(t.Context(), op.adds(), must(camera.NewAddition(camera.Input{Name: "Gate", URL: "rtsp://v:secret@192.0.2.1/"}))))
		got, err := r.Update(t.Context(), op.manages(c.ID), c.ID, camera.UpdateInput{Name: &name, Place: &place, URL: &url, SubURL: &sub, Transport: &transport})
		if err != nil {
			if k := custody.KindOf(err); k != custody.Invalid {
				t.Errorf("%v: %v", k, err)
			}
			return
		}
		for _, st := range got.Streams {
			if strings.Contains(st.URL, "@") && strings.Contains(strings.SplitN(st.URL, "/", 4)[2], "@") {
				t.Errorf("user info in %q", st.URL)
			}
			if !strings.Contains(st.URL, "192.0.2.1") && must(r.Credentials(st)).Password() == "secret" {
				t.Errorf("the login went to %q", st.URL)
			}
		}
	})
}
