package release

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/proof/manifest"
)

// inspect looks through what was written, apart from how it was made: package.json must say of every item what was decided, and of
// footage there must be what was granted and nothing else. It fails with Corrupt; then nothing leaves.
func (b *builder) inspect(dir string, films []Film) error {
	raw, err := os.ReadFile(filepath.Join(dir, packageFile))
	if err != nil {
		return diskError(err)
	}
	p, err := manifest.ParsePackage(raw)
	if err != nil {
		return err
	}
	if p.Request.Number != b.work.Number || p.ID != b.pkg.Number || len(p.Items) != len(b.work.Items) {
		return custody.Errorf(custody.Corrupt, "the package does not tell of the request that it is of")
	}
	paths := map[string]bool{}
	for i, item := range p.Items {
		if err := agrees(&b.work.Items[i], &item, paths); err != nil {
			return err
		}
	}
	return onlyThese(filepath.Join(dir, "data"), paths, films)
}

// agrees compares an item as it is told with the item as it was decided.
func agrees(i *Item, told *manifest.Item, paths map[string]bool) error {
	if told.Number != i.Number || told.Camera.ID != i.Camera || told.Decided.In() != i.Decided || string(told.Outcome) != string(i.Outcome) || told.Citation != i.Citation {
		return custody.Errorf(custody.Corrupt, "item %s is told otherwise than it was decided", i.Number)
	}
	for _, r := range told.Renditions {
		s := r.Span.In()
		if !allowed(*i) || s.Start < i.Decided.Start || s.End > i.Decided.End || s.Empty() {
			return custody.Errorf(custody.Corrupt, "item %s would show more than was decided", i.Number)
		}
		paths[r.Path] = true
	}
	return nil
}

// onlyThese compares the files of footage with the renditions that are told, both ways.
func onlyThese(dir string, paths map[string]bool, films []Film) error {
	found := 0
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name := "data" + filepath.ToSlash(strings.TrimPrefix(path, dir))
		if found++; !paths[name] || !e.Type().IsRegular() || !slices.ContainsFunc(films, func(f Film) bool { return f.Path == name }) {
			return custody.Errorf(custody.Corrupt, "the package holds %s, which nobody decided", name)
		}
		return nil
	})
	if err == nil && (found != len(paths) || found != len(films)) {
		err = custody.Errorf(custody.Corrupt, "the package lacks footage that was decided")
	}
	return diskError(err)
}
