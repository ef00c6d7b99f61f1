package sitetest

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Secret is one value that may leave by one kind of answer, or by none, and lie nowhere in the clear.
type Secret struct {
	What  string
	Value []byte
}

// Hound looks for secrets wherever something is written or shown. It is safe for concurrent use.
type Hound struct {
	t testing.TB
	s *Site

	mu      sync.Mutex
	secrets []Secret
	heard   []heard
}

// heard is one answer of the front door.
type heard struct {
	where string
	gives string // what kind of secret this answer hands out
	text  []byte
}

// NewHound returns one that knows no secret yet.
func NewHound(s *Site) *Hound { return &Hound{t: s.t, s: s} }

// Learn adds secrets of one kind; empty ones are passed over.
func (h *Hound) Learn(what string, values ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, v := range values {
		if v != "" {
			h.secrets = append(h.secrets, Secret{what, []byte(v)})
		}
	}
}

// Follow hears every answer that the person gets from now on.
func (h *Hound) Follow(p *Person) *Person {
	p.client.Transport = ear{h, p.client.Transport}
	h.Learn("token", p.Token())
	h.Learn("second factor", p.TOTP())
	return p
}

type ear struct {
	h    *Hound
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (e ear) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := e.next.RoundTrip(r)
	if err != nil || res.StatusCode == http.StatusSwitchingProtocols {
		return res, err
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	_ = res.Body.Close() // read to its end
	res.Body = io.NopCloser(bytes.NewReader(text))
	e.h.Learn("token", res.Header.Get("X-Token"))
	for _, c := range res.Cookies() {
		e.h.Learn("token", c.Value)
	}
	head := res.Header.Clone()
	head.Del("X-Token")
	head.Del("Set-Cookie")
	e.h.mu.Lock()
	defer e.h.mu.Unlock()
	e.h.heard = append(e.h.heard, heard{r.Method + " " + r.URL.Path, gives(r), append(fmt.Append(nil, head), text...)})
	return res, nil
}

// gives is what an answer is there to hand out.
func gives(r *http.Request) string {
	switch p := r.URL.Path; {
	case r.Method == http.MethodPost && (p == "/api/sign-in" || p == "/api/invitation"):
		return "token csrf"
	case strings.HasPrefix(p, "/api/session"), p == "/api/me/acknowledgement", p == "/api/me/password":
		return "csrf"
	case r.Method == http.MethodPost && p == "/api/me/totp":
		return "second factor"
	case r.Method == http.MethodPut && p == "/api/me/totp", p == "/api/me/recovery-codes":
		return "recovery"
	case r.Method == http.MethodPost && (p == "/api/staff" || strings.HasSuffix(p, "/invitation")):
		return "invitation"
	}
	return ""
}

// forms are the ways in which a secret might stand somewhere.
func (s Secret) forms() [][]byte {
	std, raw := base64.StdEncoding, base64.RawURLEncoding
	out := [][]byte{s.Value, []byte(hex.EncodeToString(s.Value)), []byte(std.EncodeToString(s.Value)), []byte(raw.EncodeToString(s.Value)),
		[]byte(url.QueryEscape(string(s.Value))), []byte(strconv.Quote(string(s.Value)))}
	switch s.What {
	case "second factor":
		if b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(string(s.Value)); err == nil {
			out = append(out, b, []byte(hex.EncodeToString(b)))
		}
	case "token": // its signature alone is as good as the rest can be guessed
		out = append(out, s.Value[bytes.LastIndexByte(s.Value, '.')+1:])
	case "recovery":
		out = append(out, bytes.ReplaceAll(s.Value, []byte("-"), nil))
	case "camera":
		out = append(out, []byte(std.EncodeToString(append([]byte("custody:"), s.Value...))))
	}
	return out
}

// Look fails the test if the text holds a secret that is not handed out there.
func (h *Hound) Look(where string, text []byte, handed string) {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.secrets {
		if strings.Contains(handed, s.What) {
			continue
		}
		for _, f := range s.forms() {
			if i := bytes.Index(text, f); i >= 0 {
				h.t.Errorf("a secret (%s) stands in %s: %q", s.What, where, text[max(0, i-80):i])
				break
			}
		}
	}
}

// Answers looks through everything that was heard.
func (h *Hound) Answers() int {
	h.t.Helper()
	h.mu.Lock()
	all := h.heard
	h.mu.Unlock()
	for _, a := range all {
		h.Look("the answer to "+a.where, a.text, a.gives)
	}
	return len(all)
}

// Command looks through what a command prints.
func (h *Hound) Command(handed string, args ...string) string {
	h.t.Helper()
	out, errs, code := h.s.Run(args...)
	if code != 0 {
		h.t.Errorf("custody %v: exit code %d: %s", args, code, errs)
	}
	h.Look("what custody "+strings.Join(args, " ")+" prints", []byte(out+errs), handed)
	return out
}

// Processes looks at command line and environment of the process and of everything below it; it returns how many it saw.
func (h *Hound) Processes(p *Process) int {
	h.t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		h.t.Fatal(err)
	}
	parent := map[int]int{}
	for _, dir := range all {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if stat, err := os.ReadFile(dir + "/stat"); err == nil { // a process may have ended
			f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
			parent[pid], _ = strconv.Atoi(f[1])
		}
	}
	seen := 0
	for pid := range parent {
		above := pid
		for above != 0 && above != p.PID() {
			above = parent[above]
		}
		if above == 0 {
			continue
		}
		seen++
		for _, name := range []string{"cmdline", "environ"} {
			if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name)); err == nil {
				h.Look(name+" of a process below", text, "")
			}
		}
	}
	return seen
}

// Files looks at names and bytes of everything below a directory but the named files; it returns how many it read.
func (h *Hound) Files(dir string, but ...string) int {
	h.t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		h.Look("the name of a file", []byte(path), "")
		for _, b := range but {
			if path == b {
				return nil
			}
		}
		text, err := os.ReadFile(path)
		n++
		h.Look(path, text, "")
		return err
	})
	if err != nil {
		h.t.Error(err)
	}
	return n
}
