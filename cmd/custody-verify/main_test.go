package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/footage-custody/custody/internal/proof/manifest"
)

// The package in testdata is the first of its format. It must verify as long as the format's version is 1.
const kept = "testdata/package"

func verify(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = run(context.Background(), args, terminal{out: &o, err: &e})
	return code, o.String(), e.String()
}

// copied is a copy of the kept package, changed.
func copied(t *testing.T, change func(dir string)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "package")
	if err := os.CopyFS(dir, os.DirFS(kept)); err != nil {
		t.Fatal(err)
	}
	change(dir)
	return dir
}

func logKey(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("testdata/log-key")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// flipped changes one byte near the end of a file.
func flipped(t *testing.T, name string) func(string) {
	return func(dir string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)-3] ^= 1
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatAPersonReads(t *testing.T) {
	altered := copied(t, flipped(t, "data/original/front-desk.mp4"))
	incomplete := copied(t, func(dir string) { _ = os.Remove(filepath.Join(dir, "proof", "checkpoint")) })
	other := strings.Replace(logKey(t), "library.example", "museum.example", 1)
	for name, c := range map[string]struct {
		args []string
		code int
	}{
		"authentic":    {[]string{kept, "--key", "testdata/log-key"}, exitGood},
		"key-text":     {[]string{kept, "--key-text", logKey(t)}, exitGood},
		"authentic ":   {[]string{kept, "--key", "testdata/log-key", "--key-text", logKey(t)}, exitGood}, // the key twice
		"consistent":   {[]string{kept}, exitGood},
		"altered":      {[]string{altered, "--key", "testdata/log-key"}, exitNotAuthentic},
		"incomplete":   {[]string{incomplete, "--key", "testdata/log-key"}, exitUnverifiable},
		"list":         {[]string{kept, "--list"}, exitGood},
		"json":         {[]string{kept, "--json", "--key", "testdata/log-key"}, exitGood},
		"json-altered": {[]string{altered, "--json"}, exitNotAuthentic},
		"malformed":    {[]string{kept, "--key-text", other}, exitUsage},
		"no-key-file":  {[]string{kept, "--key", "testdata/no-such-key"}, exitUsage},
		"no-package":   {[]string{"testdata/no-such-package"}, exitUsage},
		"no-zip":       {[]string{"testdata/log-key"}, exitUsage},
		"no-arguments": {nil, exitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := verify(c.args...)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			golden(t, strings.TrimSpace(name), out+errs)
		})
	}
}

// golden compares with testdata/<name>.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; it would hold:\n%s", err, got)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestTheSchemaOfTheReport(t *testing.T) {
	_, out, _ := verify(kept, "--json", "--key", "testdata/log-key")
	var r manifest.Report
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil || r.Schema != manifest.ReportSchema || r.Verdict != manifest.Authentic || !r.Gaps || !r.KeyGiven {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestProgressIsForPeople(t *testing.T) {
	var e bytes.Buffer
	if meter(terminal{err: &e}, true) != nil || meter(terminal{err: &e, progress: true}, false) != nil {
		t.Error("progress is shown where nobody looks")
	}
	show := meter(terminal{err: &e, progress: true}, true)
	for done := int64(0); done <= 1<<30; done += 1 << 20 {
		show(done, 1<<30)
	}
	if n := strings.Count(e.String(), "\r"); n != 101 || !strings.HasSuffix(e.String(), "100 % of 1073 MB") {
		t.Errorf("%d updates, the last %q", n, e.String()[max(0, e.Len()-20):])
	}
	e.Reset()
	show(1, 1000)
	if e.Len() > 0 {
		t.Errorf("a short verification shows progress: %q", e.String())
	}
}
