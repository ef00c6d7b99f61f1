package gate

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The checklist beside the code names only tests that exist, and says something about every line of the standard.
func TestStandardIsKept(t *testing.T) {
	text, err := os.ReadFile("ASVS.md")
	if err != nil {
		t.Fatal(err)
	}
	exists := tests(t)
	name := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`")
	reason := regexp.MustCompile(`\b(not applicable|not a test|held by|there (is|are) no|vetted|Go without|React)`)
	last, lines := "", 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.ContainsAny(cells[1], "0123456789") {
			continue
		}
		id, kept := strings.TrimSpace(cells[1]), cells[3]
		if !before(t, last, id) {
			t.Errorf("%s is out of order after %s", id, last)
		}
		last, lines = id, lines+1
		named := name.FindAllStringSubmatch(kept, -1)
		if len(named) == 0 && !reason.MatchString(kept) {
			t.Errorf("%s has neither a test nor a reason", id)
		}
		for _, n := range named {
			if !exists[n[1]] {
				t.Errorf("%s names %s, which does not exist", id, n[1])
			}
		}
	}
	if lines < 180 {
		t.Errorf("only %d lines of the standard are spoken of", lines)
	}
}

// tests are the names of all tests in the repository.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	root := os.DirFS("../../..")
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && name != "." && (strings.HasPrefix(e.Name(), ".") || e.Name() == "node_modules" || e.Name() == "testdata"):
			return fs.SkipDir
		case e.IsDir() || !strings.HasSuffix(path.Base(name), "_test.go"):
			return nil
		}
		text, err := fs.ReadFile(root, name)
		for _, m := range declared.FindAllSubmatch(text, -1) {
			out[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// before reports whether the id a comes before b, number by number.
func before(t *testing.T, a, b string) bool {
	t.Helper()
	if a == "" {
		return true
	}
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, errX := strconv.Atoi(as[i])
		y, errY := strconv.Atoi(bs[i])
		if err := errors.Join(errX, errY); err != nil {
			t.Fatal(err)
		}
		if x != y {
			return x < y
		}
	}
	return len(as) < len(bs)
}
