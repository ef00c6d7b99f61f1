package api_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/footage-custody/custody/internal/custody"
	desk "github.com/footage-custody/custody/internal/desk/request"
	"github.com/footage-custody/custody/internal/door/api"
	"github.com/footage-custody/custody/internal/door/api/apitest"
	"github.com/footage-custody/custody/internal/trust/access"
)

// inert fails the test unless a browser stores an answer and never shows or runs it.
func inert(t *testing.T, a apitest.Answer, contentType, name string) {
	t.Helper()
	for header, want := range map[string]string{"Content-Type": contentType, "Content-Disposition": `attachment; filename="` + name + `"`,
		"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"} {
		if got := a.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("Content-Security-Policy is %q", csp)
	}
}

// TestPapersAreKeptAsTheyCome sends papers of every size and name, and reads them back.
func TestPapersAreKeptAsTheyCome(t *testing.T) {
	b := newBureau(t)
	f, other := b.Logged(access.OpenRecords, b.hall, noon(b.Site)), b.Logged(access.OpenRecords, b.hall, noon(b.Site))
	clerk := b.clerkSays()
	path := "/api/requests/" + string(f.ID) + "/attachments"
	full := bytes.Repeat([]byte("<script>alert(1)</script>\x00\r\n"), desk.MaxAttachment/28+1)[:desk.MaxAttachment]
	for name, c := range map[string]struct {
		bytes  []byte
		stored string
	}{
		"form.pdf":                     {[]byte("%PDF-1.4"), "form.pdf"},
		"scan of the paper.html":       {full, "scan_of_the_paper.html"},
		"../../etc/passwd":             {[]byte("x"), ""},
		"a\"; filename=\"evil.exe":     {[]byte("x"), ""},
		"line\r\nSet-Cookie: a=b":      {[]byte("x"), ""},
		"\u202egnp.exe":                {[]byte("x"), ""},
		"":                             {[]byte("x"), ""},
		strings.Repeat("é", 400) + "x": {[]byte("x"), ""},
	} {
		var paper api.Attachment
		clerk.Upload(path+"?name="+url.QueryEscape(name), c.bytes).Wants(http.StatusOK).Into(&paper)
		sum := sha256.Sum256(c.bytes)
		if paper.SHA256 != hex.EncodeToString(sum[:]) || paper.Size != int64(len(c.bytes)) || paper.Name == "" || len(paper.Name) > 255 {
			t.Errorf("%.40q: %+v", name, paper)
		}
		got := clerk.Get(path + "/" + paper.ID).Wants(http.StatusOK)
		if !bytes.Equal(got.Body, c.bytes) {
			t.Errorf("%.40q came back with other bytes", name)
		}
		disposition := got.Header.Get("Content-Disposition")
		plain := strings.TrimSuffix(strings.TrimPrefix(disposition, `attachment; filename="`), `"`)
		if c.stored != "" && plain != c.stored || strings.ContainsAny(plain, "/\\\"\r\n;") || plain == "" || got.Header.Get("Set-Cookie") != "" {
			t.Errorf("%.40q is stored as %q", name, disposition)
		}
		inert(t, got, "application/octet-stream", plain)
		problem(t, clerk.Get("/api/requests/"+string(other.ID)+"/attachments/"+paper.ID).Wants(http.StatusNotFound))
	}
	problem(t, clerk.Upload(path+"?name=a", append(full, 'x')).Wants(http.StatusRequestEntityTooLarge))
	problem(t, clerk.Upload(path+"?name=a", []byte{}).Wants(http.StatusUnprocessableEntity))
	for _, media := range []string{"application/json", "multipart/form-data; boundary=x", "text/html", "", "application/pdf"} {
		problem(t, clerk.Do("POST", path+"?name=a", []byte("x"), "Content-Type", media).Wants(http.StatusUnsupportedMediaType))
	}
	problem(t, clerk.Upload(path+"?name=a&name=b", []byte("x")).Wants(http.StatusUnprocessableEntity))
}

// TestNobodysBytesAreNotRead offers a paper without a credential, with a wrong one, and to who may not: the site asks for none of it.
func TestNobodysBytesAreNotRead(t *testing.T) {
	b := newBureau(t)
	f := b.Logged(access.OpenRecords, b.hall, noon(b.Site))
	b.Clerk() // whose token must not open it without the header
	for name, size := range map[string]int{"at the limit": desk.MaxAttachment, "above it": desk.MaxAttachment + 1} {
		for who, credential := range map[string]string{"nobody": "", "a wrong token": "Authorization: Bearer a.b.c\r\n"} {
			c, err := net.Dial("tcp", strings.TrimPrefix(strings.Replace(b.URL, "localhost", "127.0.0.1", 1), "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			fmt.Fprintf(c, "POST /api/requests/%s/attachments?name=a HTTP/1.1\r\nHost: %s\r\n%sContent-Type: application/octet-stream\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
				f.ID, strings.TrimPrefix(b.URL, "http://"), credential, size)
			line, err := bufio.NewReader(c).ReadString('\n')
			if want := " 401 "; err != nil || size > desk.MaxAttachment && !strings.Contains(line, " 413 ") || size <= desk.MaxAttachment && !strings.Contains(line, want) {
				t.Errorf("%s, %s: %q %v", who, name, line, err)
			}
		}
	}
}

// TestWhatIsDownloadedIsInert looks at the headers of everything that leaves as a file.
func TestWhatIsDownloadedIsInert(t *testing.T) {
	b := newBureau(t)
	p := b.Packed(access.OpenRecords, b.hall, noon(b.Site))
	clerk := b.clerkSays()
	pkg, one := "/api/packages/"+string(p.ID), "/api/requests/"+string(p.Request)
	a := clerk.Get(pkg + "/documents/package.json").Wants(http.StatusOK)
	if inert(t, a, "application/octet-stream", "package.json"); string(a.Body) != apitest.Notice {
		t.Errorf("the document is %q", a.Body)
	}
	for _, path := range []string{"data/viewing/hall.mp4", "data", "DATA", "data%2Fviewing%2Fhall.mp4", "..%2fpackage.json", "none.txt"} {
		problem(t, clerk.Get(pkg+"/documents/"+path).Wants(http.StatusNotFound))
	}
	for path, name := range map[string]string{one + "/letters/acknowledgement": "acknowledgement", one + "/letters/answer": "answer", pkg + "/receipt": "receipt",
		"/api/dispositions/certificate": "disposal-certificate"} {
		pdf := clerk.Get(path + "?format=pdf").Wants(http.StatusOK)
		if !bytes.HasPrefix(pdf.Body, []byte("%PDF-")) || !strings.Contains(pdf.Header.Get("Content-Disposition"), name+".pdf") {
			t.Errorf("%s as PDF: %s, %.20q", path, pdf.Header.Get("Content-Disposition"), pdf.Body)
		}
		text := clerk.Get(path).Wants(http.StatusOK)
		if !strings.HasPrefix(text.Header.Get("Content-Type"), "text/plain") || text.Header.Get("X-Content-Type-Options") != "nosniff" || len(text.Body) < 200 {
			t.Errorf("%s as text: %s, %d bytes", path, text.Header.Get("Content-Type"), len(text.Body))
		}
		problem(t, clerk.Get(path+"?format=html").Wants(http.StatusUnprocessableEntity))
	}
	problem(t, clerk.Get(one+"/letters/recall").Wants(http.StatusNotFound))
	a = clerk.Get(pkg + "/zip").Wants(http.StatusOK)
	inert(t, a, "application/zip", p.Number+".zip")
}

// TestWhatIsUndecidedHasNoAnswer asks for the letter before everything is decided.
func TestWhatIsUndecidedHasNoAnswer(t *testing.T) {
	b := newBureau(t)
	f := b.Proposed(access.OpenRecords, b.hall, noon(b.Site), access.Refused)
	problem(t, b.clerkSays().Get("/api/requests/"+string(f.ID)+"/letters/answer").Wants(http.StatusConflict))
	f = b.Logged(access.OpenRecords, b.hall, noon(b.Site))
	problem(t, b.clerkSays().Get("/api/requests/"+string(f.ID)+"/letters/answer").Wants(http.StatusConflict))
}

// TestAPackageThatIsNotReadyIsNotTakenOut asks for the bytes of packages in every other state.
func TestAPackageThatIsNotReadyIsNotTakenOut(t *testing.T) {
	b := newBureau(t)
	recalled := b.Packed(access.OpenRecords, b.hall, noon(b.Site))
	b.Recall(recalled.ID)
	for state, id := range map[string]custody.PackageID{"recalled": recalled.ID, "building": b.Building(access.OpenRecords, b.hall, noon(b.Site)).ID,
		"failed": b.Failed(access.OpenRecords, b.hall, noon(b.Site)).ID} {
		clerk, pkg := b.clerkSays(), "/api/packages/"+string(id)
		a := clerk.Get(pkg + "/zip").Wants(http.StatusForbidden)
		if problem(t, a); a.Header.Get("Content-Disposition") != "" {
			t.Errorf("%s: the refusal is a file", state)
		}
		problem(t, clerk.Do("POST", pkg+"/deliveries", object{"way": "folder", "recipient": "somebody", "signed_by": "somebody"}).Wants(http.StatusForbidden))
		problem(t, clerk.Do("POST", pkg+"/verify", nil).Wants(http.StatusForbidden))
		problem(t, clerk.Get(pkg+"/receipt").Wants(http.StatusConflict))
		clerk.Get(pkg).Wants(http.StatusOK)
	}
}

// TestARecallStopsADownload recalls a package while somebody takes it out slowly.
func TestARecallStopsADownload(t *testing.T) {
	b := newBureau(t)
	p := b.PackedWith(access.OpenRecords, b.hall, noon(b.Site), bytes.Repeat([]byte("picture."), 8<<20))
	clerk := b.SignIn(b.Clerk())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.URL+"/api/packages/"+string(p.ID)+"/zip", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+string(clerk.Token))
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.CopyN(io.Discard, res.Body, 1<<20); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
	b.As(b.SignIn(b.Director())).Do("POST", "/api/packages/"+string(p.ID)+"/recall", object{"why": "the wrong minute"}).Wants(http.StatusOK)
	b.Clock.Advance(3 * time.Second) // within which everybody hears of it
	if n, err := io.Copy(io.Discard, res.Body); err == nil || n > p.Size-(16<<20) {
		t.Errorf("%d of %d bytes came after the recall (%v)", n, p.Size, err)
	}
}

// TestLocalTimes asks what the site's clocks show in ordinary and in both daylight-saving nights.
func TestLocalTimes(t *testing.T) {
	b := newBureau(t)
	clerk := b.clerkSays()
	for at, want := range map[string][]string{
		"2026-11-03T14:05":    {"2026-11-03T20:05:00.000000Z"},
		"2026-11-01T01:30":    {"2026-11-01T06:30:00.000000Z", "2026-11-01T07:30:00.000000Z"},
		"2026-11-01T00:59:59": {"2026-11-01T05:59:59.000000Z"},
		"2026-11-01T02:00":    {"2026-11-01T08:00:00.000000Z"},
		"2026-03-08T02:30":    nil,
		"2026-03-08T03:00":    {"2026-03-08T08:00:00.000000Z"},
	} {
		var l api.LocalTimes
		clerk.Get("/api/local-times?at=" + url.QueryEscape(at)).Wants(http.StatusOK).Into(&l)
		var got []string
		for _, i := range l.Instants {
			if got = append(got, i.At); i.Label == "" || custody.Instant(i.AtUS).String() != i.At {
				t.Errorf("%s: %+v", at, i)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || (len(want) == 0) != (l.Nearest != nil) {
			t.Errorf("%s: %v, nearest %v; want %v", at, got, l.Nearest, want)
		}
		if l.Nearest != nil && l.Nearest.At != "2026-03-08T08:00:00.000000Z" {
			t.Errorf("%s: nearest %+v", at, l.Nearest)
		}
	}
	for _, at := range []string{"", canary, "2026-13-01T00:00", "2026-11-01", "2026-11-01T01:30Z", strings.Repeat("1", 41)} {
		problem(t, clerk.Get("/api/local-times?at="+at).Wants(http.StatusUnprocessableEntity))
	}
}

// TestHostileRequests logs what nobody should.
func TestHostileRequests(t *testing.T) {
	b := newBureau(t)
	clerk := b.clerkSays()
	good := object{"kind": "open-records", "channel": "letter", "text": "please"}
	for name, c := range map[string]object{
		"no text": plus(good, "text", ""), "long text": plus(good, "text", strings.Repeat("a", 20001)), "kind": plus(good, "kind", canary), "channel": plus(good, "channel", canary),
		"received": plus(good, "received", canary), "received ahead": plus(good, "received", "2030-01-01T00:00:00Z"), "received long ago": plus(good, "received", "2001-01-01T00:00:00Z"),
		"camera": plus(good, "asked", object{"cameras": []string{canary}}), "no camera of ours": plus(good, "asked", object{"cameras": []string{string(custody.NewCameraID())}}),
		"half a span": plus(good, "asked", object{"cameras": []string{}, "from": "2026-11-01T00:00:00Z"}), "backwards": plus(good, "asked", object{"from": "2026-11-01T00:00:00Z", "to": "2026-10-01T00:00:00Z", "cameras": []string{}}),
		"concerned": plus(good, "concerned", []string{canary}), "number": plus(good, "number", "REQ-2026-0001"), "logged_by": plus(good, "logged_by", canary), "state": plus(good, "state", "decided"),
		"control": plus(good, "text", "a\x00b"), "oral": plus(good, "oral", "yes"), "officer": plus(good, "officer", object{"name": canary}),
	} {
		a := clerk.Do("POST", "/api/requests", c)
		if a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusNotFound {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
			continue
		}
		problem(t, a)
	}
	var list api.Requests
	if clerk.Get("/api/requests").Wants(http.StatusOK).Into(&list); len(list.Requests) != 0 {
		t.Errorf("%d requests were logged", len(list.Requests))
	}
	problem(t, clerk.Get("/api/requests?state="+canary).Wants(http.StatusUnprocessableEntity))
	var logged api.Logged
	clerk.Do("POST", "/api/requests", good).Wants(http.StatusCreated).Into(&logged)
	if logged.Number == "" || logged.PickUp == "" || len(logged.Holds) == 0 || !strings.Contains(logged.Acknowledgement, logged.Number) || !logged.CanView {
		t.Errorf("logged: %+v", logged)
	}
}
