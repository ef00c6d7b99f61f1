package camera_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/footage-custody/custody/internal/capture/camera"
	"github.com/footage-custody/custody/internal/custody"
)

const listCSV = "\xef\xbb\xbfname,url,sub_url,user,password,transport,audio,enabled\r\n" +
	"\"Door, front\",rtsp://192.0.2.1/main,rtsp://192.0.2.1/sub,admin,\"pa\"\"ss,0042\",udp,yes,\r\n" +
	"\r\n" +
	"Yard,rtsps://192.0.2.2/,,,,,,false\r\n"

const listYAML = `# the library's cameras
cameras:
  - name: Door, front
    url: rtsp://192.0.2.1/main
    sub_url: rtsp://192.0.2.1/sub
    user: admin
    password: 'pa"ss,0042'
    transport: udp
    audio: yes
  - name: Yard
    url: "rtsps://192.0.2.2/"
    sub_url: ~
    enabled: false
`

func TestBothFormatsReadTheSameList(t *testing.T) {
	for format, list := range map[string][]camera.Addition{
		"csv":  must(camera.ParseCSV(strings.NewReader(listCSV))),
		"yaml": must(camera.ParseYAML(strings.NewReader(listYAML))),
	} {
		_, r, op, _ := newRegistry(t)
		cams := must(r.AddAll(t.Context(), op.adds(), list))
		if len(cams) != 2 || cams[0].Name != "Door, front" || !cams[0].Audio || !cams[0].Enabled || len(cams[0].Streams) != 2 || cams[0].Streams[1].Transport != "udp" ||
			cams[1].Name != "Yard" || cams[1].Enabled || cams[1].Audio || len(cams[1].Streams) != 1 || cams[1].Streams[0].Secret != nil {
			t.Errorf("%s: %+v", format, cams)
		}
		if got := must(r.Credentials(cams[0].Streams[1])); got.User() != "admin" || got.Password() != `pa"ss,0042` {
			t.Errorf("%s: user %q, another password", format, got.User())
		}
	}
	zeros := must(camera.ParseYAML(strings.NewReader("cameras: [{name: 7, url: 'rtsp://192.0.2.1/', user: u, password: 0042}]")))
	_, r, op, _ := newRegistry(t)
	if got := must(r.Credentials(must(r.Add(t.Context(), op.adds(), zeros[0])).Streams[0])); got.Password() != "0042" || zeros[0].Name() != "7" {
		t.Error("a password of digits was read as a number")
	}
}

func TestAllProblemsOfAListAreReportedAtOnce(t *testing.T) {
	const url = "rtsp://192.0.2.1/"
	for _, c := range []struct{ name, csv, yaml, want string }{
		{"csv", "name,url,audio\n,x,\nYard," + url + ",maybe\nYard," + url + ",\nDoor," + url + "\n\"Gate,x\n", "",
			"line 2: name: it must|line 2: url: it must begin|line 3: audio: write true|line 4: name: it is the same as that of line 3|line 5: it has 2 values for 3|line 6: it is not well-formed CSV"},
		{"csv columns", "name,Url,name\n", "", "line 1: column 2 is not known|line 1: column name stands twice|line 1: column url is missing"},
		{"csv empty", "", "", "its first line must name the columns"},
		{"csv without cameras", "name,url\n", "", "it names no camera"},
		{"yaml", "", "cameras:\n- name: Yard\n  url: x\n  colour: red\n- name: Yard\n  url: " + url + "\n  url: " + url + "\n  audio: [1]\n- door\n- &a {name: b}\n- *a\nextra: 1\ncameras: []\n",
			"line 2: url: it must begin|line 4: this field is not known|line 5: name: it is the same as that of line 2|line 7: url: it is given twice|line 8: audio: it must be a single|line 9: a camera must be a mapping|line 10: a camera must be|line 11: a camera must be|line 12: this key is not known|line 13: cameras is given twice"},
		{"yaml syntax", "", "cameras:\n\t- x\n", "line 2: it is not well-formed YAML"},
		{"yaml empty", "", "", "it is empty"},
		{"yaml comment", "", "# nothing\n", "it "},
		{"yaml list", "", "- name: x\n", "line 1: it must begin with cameras"},
		{"yaml scalar", "", "cameras: 3\n", "line 1: cameras must be a list"},
		{"yaml without cameras", "", "cameras: []\n", "it names no camera"},
		{"yaml two documents", "", "cameras: [{name: a, url: " + url + "}]\n---\nx: 1\n", "there is something after the list"},
	} {
		var err error
		if strings.HasPrefix(c.name, "csv") {
			_, err = camera.ParseCSV(strings.NewReader(c.csv))
		} else {
			_, err = camera.ParseYAML(strings.NewReader(c.yaml))
		}
		wants(t, c.name, err, custody.Invalid)
		if err == nil {
			continue
		}
		for _, want := range strings.Split(c.want, "|") {
			if !strings.Contains(custody.PublicText(err), want) {
				t.Errorf("%s: %q is missing from:\n%v", c.name, want, err)
			}
		}
	}
}

func TestListsAreBounded(t *testing.T) {
	big := strings.Repeat("#", camera.MaxList+1)
	many := "name,url\n" + strings.Repeat("a,b\n", camera.MaxCameras+1)
	manyYAML := "cameras: [" + strings.Repeat("a,", camera.MaxCameras+1) + "]"
	wrong := "name,url\n" + strings.Repeat("a,b\n", 300)
	deep := strings.Repeat("[", 200000)
	for name, err := range map[string]error{
		"big csv": second(camera.ParseCSV(strings.NewReader(big))), "big yaml": second(camera.ParseYAML(strings.NewReader(big))),
		"many csv": second(camera.ParseCSV(strings.NewReader(many))), "many yaml": second(camera.ParseYAML(strings.NewReader(manyYAML))),
		"deep yaml": second(camera.ParseYAML(strings.NewReader(deep))), "many problems": second(camera.ParseCSV(strings.NewReader(wrong))),
	} {
		wants(t, name, err, custody.Invalid)
		if err != nil && strings.Count(err.Error(), "\n") > 101 {
			t.Errorf("%s: an error of %d lines", name, strings.Count(err.Error(), "\n"))
		}
	}
	wants(t, "unreadable", second(camera.ParseCSV(iotest.ErrReader(errors.New("gone")))), custody.Unavailable)
}

func second[T any](_ T, err error) error { return err }

func FuzzParseLists(f *testing.F) {
	f.Add(listCSV)
	f.Add(listYAML)
	for _, l := range canaryLists("x") {
		f.Add(l)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) ([]camera.Addition, error){
			func(s string) ([]camera.Addition, error) { return camera.ParseCSV(strings.NewReader(s)) },
			func(s string) ([]camera.Addition, error) { return camera.ParseYAML(strings.NewReader(s)) },
		} {
			list, err := parse(text)
			if err != nil {
				wants(t, "parse", err, custody.Invalid)
				continue
			}
			for _, a := range list {
				if a.Name() == "" {
					t.Fatal("a camera without a name was accepted")
				}
			}
		}
	})
}

func FuzzNewAddition(f *testing.F) {
	f.Add("Yard", "rtsp://u:p@192.0.2.7:554/a?b=c", "rtsps://[2001:db8::1]/", "", "", "udp")
	f.Add("a", "rtsp://@/", "rtsp://%zz", "u", ":", "")
	f.Fuzz(func(t *testing.T, name, main, sub, user, password, transport string) {
		_, err := camera.NewAddition(camera.Input{Name: name, URL: main, SubURL: sub, User: user, Password: password, Transport: transport})
		if err != nil {
			wants(t, "addition", err, custody.Invalid)
		}
	})
}
