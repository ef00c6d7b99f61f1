package manifest

import (
	"archive/zip"
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestBagsByTheRFC holds whole packages against RFC 8493 by a check that knows nothing else.
func TestBagsByTheRFC(t *testing.T) {
	other := newSecond(t)
	dir := filepath.Join(t.TempDir(), "package")
	all := exhibits(t)
	for _, x := range all {
		x.files.lay(t, dir)
		if o := other.ask(t, "bag:"+dir, ""); o.Bag == nil || len(o.Bag) > 0 {
			t.Errorf("%s: %q", x.name, o.Bag)
		}
	}
	for name, change := range map[string]func(bag){
		"Payload-Oxum is wrong":          func(b bag) { b[fileBagInfo] = bytes.Replace(b[fileBagInfo], []byte("Oxum: "), []byte("Oxum: 1"), 1) },
		"no bagit.txt":                   func(b bag) { delete(b, fileBagit) },
		"no payload manifest":            func(b bag) { delete(b, fileManifest) },
		"lists what is not there":        func(b bag) { delete(b, filePage) },
		"does not list data/original/x":  func(b bag) { b["data/original/x"] = nil },
		"has another digest of custody":  func(b bag) { b[fileCustody] = append(b[fileCustody], '\n') },
		"lists twice":                    func(b bag) { b[fileManifest] = bytes.Repeat(b[fileManifest], 2) },
		"a percent sign that is not":     func(b bag) { b[fileManifest] = append(b[fileManifest], strings.Repeat("0", 64)+"  data/100%\n"...) },
		"leads out of the bag":           func(b bag) { b[fileManifest] = append(b[fileManifest], strings.Repeat("0", 64)+"  data/../x\n"...) },
		"bagit.txt does not have its tw": func(b bag) { b[fileBagit] = []byte("BagIt-Version: 1.0\n") },
	} {
		bad := maps.Clone(all[0].files)
		change(bad)
		bad.lay(t, dir)
		if o := other.ask(t, "bag:"+dir, ""); !strings.Contains(strings.Join(o.Bag, "\n"), name) {
			t.Errorf("%s: %q", name, o.Bag)
		}
	}
}

// lay writes a package as a folder in place of what was there.
func (b bag) lay(tb testing.TB, dir string) {
	tb.Helper()
	if err := os.RemoveAll(dir); err != nil {
		tb.Fatal(err)
	}
	for name, content := range b {
		put(tb, dir, name, content)
	}
}

// pack writes a package as a zip file, the names in order.
func (b bag) pack(tb testing.TB, path, around string, method uint16) {
	tb.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(b)) {
		must(must(z.CreateHeader(&zip.FileHeader{Name: around + name, Method: method})).Write(b[name]))
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		tb.Fatal(err)
	}
}
