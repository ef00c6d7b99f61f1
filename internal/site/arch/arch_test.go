package arch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

const haste = "FIX" + "ME"

// TestTheHouseKeepsItsLaws is the law at work.
func TestTheHouseKeepsItsLaws(t *testing.T) {
	repository := os.DirFS("../../..")
	breaches, err := Check(repository)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range breaches {
		t.Error(b)
	}
}

// TestEveryLawCanFail runs the laws over small trees that break them. The text before an archive's
// first file lists the breaches that must be found, and no other may be.
func TestEveryLawCanFail(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			breaches, err := Check(treeOf(archive))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range breaches {
				got = append(got, b.String())
			}
			var want []string
			for line := range strings.Lines(string(archive.Comment)) {
				line = strings.TrimSpace(strings.ReplaceAll(line, "HASTE", haste))
				if line != "" && !strings.HasPrefix(line, "#") {
					want = append(want, line)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("breaches (-want +got):\n%s", diff)
			}
		})
	}
}

// treeOf unpacks an archive. "repeat N text" stands for N lines of text, and HASTE for a word of
// haste that no file of ours may hold.
func treeOf(a *txtar.Archive) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range a.Files {
		var text strings.Builder
		for line := range strings.Lines(string(f.Data)) {
			var times int
			var rest string
			if n, err := fmt.Sscanf(line, "repeat %d %s", &times, &rest); n == 2 && err == nil {
				line = strings.Repeat(line[strings.Index(line, rest):], times)
			}
			text.WriteString(strings.ReplaceAll(line, "HASTE", haste))
		}
		fsys[f.Name] = &fstest.MapFile{Data: []byte(text.String())}
	}
	return fsys
}

// TestTheTableKeepsTheWalls holds the table itself against HOUSE.md's walls between storeys.
func TestTheTableKeepsTheWalls(t *testing.T) {
	byName := map[string]room{}
	for _, r := range rooms() {
		if _, twice := byName[r.short()]; twice && r.dir != "cmd/custody" && r.dir != "internal/custody" {
			t.Errorf("two rooms are called %s", r.short())
		}
		if !strings.HasPrefix(r.dir, "cmd/") {
			byName[r.short()] = r
		}
		if r.storey() < 0 {
			t.Errorf("%s is on no storey", r.dir)
		}
		for _, lib := range strings.Fields(r.libs) {
			if _, ok := libraries()[lib]; !ok && lib != "*" {
				t.Errorf("%s may import %s, which libraries does not name", r.dir, lib)
			}
		}
	}
	for _, r := range rooms() {
		for _, name := range strings.Fields(r.may) {
			o, ok := byName[name]
			switch {
			case name == "*":
			case !ok:
				t.Errorf("%s may import %s, which is no room", r.dir, name)
			case o.storey() > r.storey():
				t.Errorf("%s may not lean on %s, which stands above it", r.dir, o.dir)
			case covers("storage", o.dir) || covers("cmd", o.dir):
				t.Errorf("%s may not import %s: only commands join the two halves", r.dir, o.dir)
			case covers("internal/door", r.dir) && slices.Contains([]string{"vault", "ingest", "recorder"}, name):
				t.Errorf("%s is the door: it may not import %s", r.dir, name)
			}
		}
	}
	if cycle := cycleIn(byName); cycle != nil {
		t.Errorf("rooms import each other in a circle: %s", strings.Join(cycle, " -> "))
	}
}

// cycleIn returns a circle among the rooms' lines, nil if there is none.
func cycleIn(byName map[string]room) []string {
	done := map[string]bool{}
	var visit func(name string, road []string) []string
	visit = func(name string, road []string) []string {
		if i := slices.Index(road, name); i >= 0 {
			return append(road[i:], name)
		}
		if done[name] {
			return nil
		}
		for _, next := range strings.Fields(byName[name].may) {
			if cycle := visit(next, append(slices.Clone(road), name)); cycle != nil {
				return cycle
			}
		}
		done[name] = true
		return nil
	}
	for name := range byName {
		if cycle := visit(name, nil); cycle != nil {
			return cycle
		}
	}
	return nil
}
