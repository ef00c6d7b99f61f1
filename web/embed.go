package web

import (
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// files holds the built application; dist/.keep lets the package compile before the first build.
//
//go:embed all:dist
var files embed.FS

// Policy is the content security policy of every page of the application: everything from this site alone, no text
// of a page run as script or style.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; " +
	"media-src 'self' blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; " +
	"frame-ancestors 'none'; worker-src 'self' blob:"

// absent is what a binary built without the application answers.
const absent = "The application was not built into this program: run make web, then build again.\n"

// Routes returns the addresses at which the page answers; an address below one of them is its too.
func Routes() []string {
	return []string{"/", "/sign-in", "/join", "/watch", "/live", "/history", "/account", "/setup", "/requests", "/holds", "/dispositions"}
}

// App returns the built application, rooted at its index.html, and whether it was built. The file system is empty
// but for a place-holder when it was not. Safe for concurrent use.
func App() (fs.FS, bool) {
	app, err := fs.Sub(files, "dist")
	if err != nil {
		return files, false
	}
	_, err = fs.Stat(app, "index.html")
	return app, err == nil
}

// Handler returns the handler that serves the application: its page at Routes, its files at their names, 404 for
// all else, and 503 with the remedy when it was not built. It answers GET and HEAD. Safe for concurrent use.
func Handler() http.Handler {
	app, built := App()
	return site{files: app, built: built}
}

// site serves one built application.
type site struct {
	files fs.FS
	built bool
}

// ServeHTTP answers one request.
func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", Policy)
	head.Set("X-Content-Type-Options", "nosniff")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		head.Set("Allow", "GET, HEAD")
		http.Error(w, "The application answers GET and HEAD only.", http.StatusMethodNotAllowed)
	case !s.built:
		head.Set("Cache-Control", "no-store")
		http.Error(w, absent, http.StatusServiceUnavailable)
	case isRoute(r.URL.Path):
		head.Set("Cache-Control", "no-cache")
		s.send(w, r, "index.html")
	default:
		s.file(w, r)
	}
}

// isRoute reports whether the page answers at this address.
func isRoute(address string) bool {
	for _, route := range Routes() {
		if address == route || route != "/" && strings.HasPrefix(address, route+"/") {
			return true
		}
	}
	return false
}

// file serves one file by its name; what is no file of the application, or only the compressed twin of one, is 404.
func (s site) file(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	info, err := fs.Stat(s.files, name)
	if err != nil || info.IsDir() || strings.HasPrefix(path.Base(name), ".") || encodingOf(name) != "" {
		w.Header().Set("Cache-Control", "no-store")
		http.NotFound(w, r)
		return
	}
	if strings.HasPrefix(name, "assets/") {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	s.send(w, r, name)
}

// send serves the named file, in the smallest form the client accepts that the build laid beside it.
func (s site) send(w http.ResponseWriter, r *http.Request, name string) {
	w.Header().Set("Content-Type", typeOf(name))
	w.Header().Add("Vary", "Accept-Encoding")
	for _, twin := range []string{".br", ".gz"} {
		if !accepts(r.Header.Get("Accept-Encoding"), encodingOf(twin)) {
			continue
		}
		if _, err := fs.Stat(s.files, name+twin); err == nil {
			w.Header().Set("Content-Encoding", encodingOf(twin))
			name += twin
			break
		}
	}
	http.ServeFileFS(w, request(r, name), s.files, name)
}

// request is r under another path: http.ServeFileFS redirects an address that ends in /index.html.
func request(r *http.Request, name string) *http.Request {
	renamed := r.Clone(r.Context())
	renamed.URL.Path = "/" + strings.TrimSuffix(name, "index.html")
	return renamed
}

// encodingOf returns the content coding that a file's last extension stands for, or nothing.
func encodingOf(name string) string {
	switch path.Ext(name) {
	case ".br":
		return "br"
	case ".gz":
		return "gzip"
	}
	return ""
}

// accepts reports whether an Accept-Encoding header names the coding without refusing it (RFC 9110 section 12.5.3).
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			q := strings.TrimSpace(weight)
			return !strings.HasPrefix(q, "q=0") || strings.Trim(q, "q=0.") != ""
		}
	}
	return false
}

// typeOf returns the media type of a file of the application; the machine's own table is not asked, it differs.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	return mime.TypeByExtension(path.Ext(name))
}
