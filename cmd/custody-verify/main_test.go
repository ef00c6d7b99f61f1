package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
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
		"unknown-flag": {[]string{kept, "--log-key", "x"}, exitUsage},
		"authentic  ":  {[]string{zipped(t), "--key", "testdata/log-key"}, exitGood}, // the same in a zip file
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

// zipped is the kept package as a zip file, in a folder as people pack them.
func zipped(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "package.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	err = filepath.WalkDir(kept, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(filepath.Dir(kept), path)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		w, err := z.Create(filepath.ToSlash(name))
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	})
	if err := errors.Join(err, z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAStrangerUsesIt runs the program itself where it can write nothing but what the test would see, and reads its exit codes.
func TestAStrangerUsesIt(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "custody-verify")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	empty := t.TempDir()
	dir, key, zip := copied(t, func(string) {}), filepath.Join(t.TempDir(), "key"), zipped(t)
	if err := os.WriteFile(key, []byte(logKey(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	altered := copied(t, flipped(t, "package.json"))
	incomplete := copied(t, func(dir string) { _ = os.Remove(filepath.Join(dir, "signature")) })
	before := inventory(t, dir, empty)
	for _, c := range []struct {
		says string
		code int
		args []string
	}{
		{"AUTHENTIC WITH GAPS\n", exitGood, []string{dir, "--key", key}},
		{"AUTHENTIC WITH GAPS\n", exitGood, []string{zip, "--key", key}},
		{"NOT AUTHENTIC\n", exitNotAuthentic, []string{altered, "--key", key}},
		{"UNVERIFIABLE\n", exitUnverifiable, []string{incomplete, "--key", key}},
		{"", exitUsage, []string{dir, "--no-such-flag"}},
		{"", exitUsage, []string{filepath.Join(dir, "package.json")}},
	} {
		cmd := exec.Command(bin, c.args...)
		cmd.Dir, cmd.Env = empty, []string{"HOME=" + empty, "TMPDIR=" + empty}
		out, _ := cmd.Output()
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.HasPrefix(string(out), c.says) {
			t.Errorf("%s: exit code %d, want %d\n%s", c.args, code, c.code, out)
		}
	}
	if diff := cmp.Diff(before, inventory(t, dir, empty)); diff != "" {
		t.Errorf("it wrote something: %s", diff)
	}
}

// inventory is every file and folder below some folders, with its size and when it was written.
func inventory(t *testing.T, dirs ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := e.Info()
			if err == nil {
				all[path] = fmt.Sprint(info.Size(), info.ModTime())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestItCannotReachANetwork: what is not linked in cannot be used.
func TestItCannotReachANetwork(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 50 {
		t.Fatalf("only %d packages", len(deps))
	}
	for _, dep := range deps {
		if dep == "net" || dep == "net/http" || dep == "crypto/tls" || dep == "os/exec" {
			t.Errorf("the verifier is built with %s", dep)
		}
	}
}
