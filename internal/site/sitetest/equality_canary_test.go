package sitetest

import (
	"bytes"
	"encoding/base64"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// canary looks for passwords wherever something is written or shown.
type canary struct {
	t       *testing.T
	site    *Site
	process *Process
	forms   [][]byte
}

func newCanary(t *testing.T, site *Site, p *Process, passwords ...string) *canary {
	c := &canary{t: t, site: site, process: p}
	for _, w := range passwords {
		c.forms = append(c.forms, []byte(w), []byte(base64.StdEncoding.EncodeToString([]byte("custody:"+w))))
	}
	return c
}

// look fails the test if the text holds a password.
func (c *canary) look(where string, text []byte) {
	c.t.Helper()
	for _, f := range c.forms {
		if bytes.Contains(text, f) {
			c.t.Errorf("a camera's password stands in %s", where)
		}
	}
}

func (c *canary) command(args ...string) {
	c.t.Helper()
	out, errs, code := c.site.Run(args...)
	if code != 0 || out == "" {
		c.t.Errorf("custody %v: exit code %d: %s", args, code, errs)
	}
	c.look("what a command prints", []byte(out+errs))
}

// whileItRuns looks at what a running site shows: lists, metrics, the command lines and environments of all processes.
func (c *canary) whileItRuns() {
	c.t.Helper()
	c.command("camera", "list")
	c.command("camera", "list", "--json", "--all")
	answer, err := http.Get("http://" + c.process.Metrics() + "/metrics")
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || len(text) == 0 {
		c.t.Errorf("the metrics cannot be read: %v", err)
	}
	c.look("the metrics", text)
	seen := 0
	for _, name := range []string{"cmdline", "environ"} {
		files, err := filepath.Glob("/proc/[0-9]*/" + name)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, f := range files {
			if text, err := os.ReadFile(f); err == nil { // a process may have ended, or be another's
				seen++
				c.look(f, text)
			}
		}
	}
	if seen == 0 {
		c.t.Error("there is no process list to look at")
	}
}

// afterwards looks at what the site leaves: the log, every row, and every file but the password files themselves.
func (c *canary) afterwards(st *Stored) {
	c.t.Helper()
	c.command("camera", "test", "digest")
	c.command("footage", "list", "digest", "--purpose", "a test", "--json")
	c.look("the log", []byte(c.process.Log()))
	var dump bytes.Buffer
	if err := st.DB.Dump(c.t.Context(), &dump); err != nil {
		c.t.Fatal(err)
	}
	if !bytes.Contains(dump.Bytes(), []byte("sets-in-band")) {
		c.t.Error("the dump is no place to look for a password: a camera's name is not found in it")
	}
	c.look("the database", dump.Bytes())
	files := 0
	err := filepath.WalkDir(c.site.Conf.DataDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		c.look(path, text)
		return err
	})
	if err != nil || files == 0 {
		c.t.Errorf("%d files were looked at: %v", files, err)
	}
}
