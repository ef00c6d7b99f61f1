package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func built() site {
	return site{built: true, files: fstest.MapFS{
		".keep":                   {},
		"index.html":              {Data: []byte("<!doctype html>page")},
		"index.html.gz":           {Data: []byte("page, gzip")},
		"mark.svg":                {Data: []byte("<svg/>")},
		"assets/app-1a2b3c.js":    {Data: []byte("script")},
		"assets/app-1a2b3c.js.gz": {Data: []byte("script, gzip")},
		"assets/app-1a2b3c.js.br": {Data: []byte("script, brotli")},
	}}
}

func ask(s site, method, address, codings string) *http.Response {
	r := httptest.NewRequest(method, address, nil)
	r.Header.Set("Accept-Encoding", codings)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, answer *http.Response) string {
	t.Helper()
	var text strings.Builder
	if err := answer.Write(&text); err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(text.String(), "\r\n\r\n")
	return after
}

func TestThePageAnswersAtEveryRouteAndIsAskedForAnew(t *testing.T) {
	for _, address := range append(Routes(), "/watch/anything", "/setup/done") {
		answer := ask(built(), http.MethodGet, address, "")
		if answer.StatusCode != http.StatusOK || !strings.Contains(body(t, answer), "page") {
			t.Errorf("%s: status %d", address, answer.StatusCode)
		}
		if kept := answer.Header.Get("Cache-Control"); kept != "no-cache" {
			t.Errorf("%s: Cache-Control %q", address, kept)
		}
		if answer.Header.Get("Content-Security-Policy") != Policy {
			t.Errorf("%s: no content security policy", address)
		}
	}
}

func TestAFileWithADigestIsKeptForEverInTheFormTheClientAccepts(t *testing.T) {
	for _, test := range []struct{ codings, coding, text string }{
		{"", "", "script"}, {"gzip", "gzip", "script, gzip"}, {"gzip, deflate, br", "br", "script, brotli"},
		{"br;q=0, gzip;q=0.5", "gzip", "script, gzip"}, {"br;q=0.0", "", "script"}, {"zstd", "", "script"},
	} {
		answer := ask(built(), http.MethodGet, "/assets/app-1a2b3c.js", test.codings)
		if got := answer.Header.Get("Content-Encoding"); got != test.coding || body(t, answer) != test.text {
			t.Errorf("Accept-Encoding %q: served %q", test.codings, got)
		}
		if kept := answer.Header.Get("Cache-Control"); !strings.Contains(kept, "immutable") {
			t.Errorf("Cache-Control %q", kept)
		}
		if kind := answer.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/javascript") {
			t.Errorf("Content-Type %q", kind)
		}
	}
}

func TestWhatTheApplicationDoesNotKnowIsNotFound(t *testing.T) {
	for _, address := range []string{
		"/nothing", "/nothing.js", "/assets", "/assets/", "/assets/gone-1.js", "/.keep", "/index.html.gz",
		"/assets/app-1a2b3c.js.br", "/watching", "/../embed.go", "/assets/..%2f..%2fembed.go", "//watch",
	} {
		if answer := ask(built(), http.MethodGet, address, "gzip, br"); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", address, answer.StatusCode)
		}
	}
	if answer := ask(built(), http.MethodPost, "/", ""); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", answer.StatusCode)
	}
}

func TestABinaryWithoutTheApplicationSaysSo(t *testing.T) {
	answer := ask(site{files: fstest.MapFS{}}, http.MethodGet, "/", "")
	if answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body(t, answer), "run make web") {
		t.Errorf("status %d", answer.StatusCode)
	}
}

func TestTheHandlerServesWhatWasEmbedded(t *testing.T) {
	_, there := App()
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sign-in", nil))
	if want := map[bool]int{true: http.StatusOK, false: http.StatusServiceUnavailable}[there]; w.Code != want {
		t.Errorf("built %v: status %d", there, w.Code)
	}
}
