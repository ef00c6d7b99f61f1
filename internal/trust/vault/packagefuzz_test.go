package vault

import (
	"bytes"
	"math"
	"testing"

	"github.com/footage-custody/custody/internal/custody"
)

// FuzzPackageTable reads lists of files: what is read is written to the same bytes, and describes a body without holes.
func FuzzPackageTable(f *testing.F) {
	entry := func(path string, size int64) packedEntry { return packedEntry{PackedFile: PackedFile{path, size}} }
	f.Add(appendPackageTable(nil, []packedEntry{entry("a", 0)}, 0))
	f.Add(appendPackageTable(nil, []packedEntry{entry("bagit.txt", 55), entry("data/original/a.mp4", 1<<30)}, 1<<30+55))
	f.Add(appendPackageTable(nil, []packedEntry{entry("data/a.mp4", 1<<20), entry("bagit.txt", 55)}, 1<<20+55))
	f.Add(appendPackageTable(nil, []packedEntry{entry("a", 1), entry("a", 1)}, 2))
	f.Add(appendPackageTable(nil, []packedEntry{entry("../a", 1)}, 1))
	f.Add(appendPackageTable(nil, []packedEntry{entry("a", math.MaxInt64), entry("b", math.MaxInt64)}, -2))
	f.Add(appendPackageTable(nil, nil, 0))
	f.Add(bytes.Repeat([]byte{0xff}, 40))
	f.Fuzz(func(t *testing.T, b []byte) {
		files, body, err := parsePackageTable(b)
		if err != nil {
			if custody.KindOf(err) != custody.Corrupt || files != nil {
				t.Fatal(err)
			}
			return
		}
		next, seen := int64(0), map[string]bool{}
		for _, x := range files {
			if x.offset != next || x.Size < 0 || !validPackedPath(x.Path) {
				t.Fatalf("%+v", x)
			}
			if seen[x.Path] {
				t.Fatalf("%s stands twice", x.Path)
			}
			seen[x.Path], next = true, next+x.Size
		}
		if next != body || !bytes.Equal(appendPackageTable(nil, files, body), b) {
			t.Fatal("read otherwise than it was written")
		}
	})
}

// FuzzPackageFooter reads footers: what is read lies in the object and is written to the same bytes.
func FuzzPackageFooter(f *testing.F) {
	id := [16]byte{1, 2, 3}
	f.Add(packageFooter{28, 100}.append(nil, id), int64(28+100+44))
	f.Add(packageFooter{28 + 3<<20, 28}.append(nil, id), int64(100))
	f.Add(packageFooter{math.MaxInt64 - 10, math.MaxUint32}.append(nil, id), int64(72))
	f.Fuzz(func(t *testing.T, b []byte, size int64) {
		foot, err := parsePackageFooter(b, id, size)
		if err != nil {
			if custody.KindOf(err) != custody.Corrupt {
				t.Fatal(err)
			}
			return
		}
		if foot.table < packageHeaderSize || foot.size() != size || !bytes.Equal(foot.append(nil, id), b) {
			t.Fatalf("%+v of %d bytes", foot, size)
		}
	})
}
