package arch

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Breach is one place where the house breaks a law.
type Breach struct {
	Path string
	Line int // 0 for the whole file or directory
	Text string
}

// String writes the breach like a compiler's message.
func (b Breach) String() string {
	if b.Line == 0 {
		return fmt.Sprintf("%s: %s", b.Path, b.Text)
	}
	return fmt.Sprintf("%s:%d: %s", b.Path, b.Line, b.Text)
}

// source is one parsed Go file.
type source struct {
	path  string
	dir   string
	test  bool // a _test.go file, or any file of a test room
	lines int
	file  *ast.File
	fset  *token.FileSet
}

func (s *source) breach(at token.Pos, format string, args ...any) Breach {
	return Breach{s.path, s.fset.Position(at).Line, fmt.Sprintf(format, args...)}
}

// tree is a repository as the laws see it.
type tree struct {
	top     []string // entries of the root
	sources []*source
	texts   map[string][]byte // scripts and statements, by path
}

// Check applies every law to the repository in fsys and returns the breaches in order of path and line.
func Check(fsys fs.FS) ([]Breach, error) {
	t, err := read(fsys)
	if err != nil {
		return nil, err
	}
	breaches := t.checkTop()
	for _, law := range []func(*source) []Breach{
		checkImports, checkSize, checkName, checkGlobals, checkWords, checkSkips, checkClock,
	} {
		for _, s := range t.sources {
			breaches = append(breaches, law(s)...)
		}
	}
	breaches = append(breaches, t.checkAssignments()...)
	breaches = append(breaches, t.checkPackageComments()...)
	breaches = append(breaches, t.checkTexts()...)
	slices.SortStableFunc(breaches, func(a, b Breach) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	return breaches, nil
}

// read parses every Go file outside testdata, node_modules and dot directories.
func read(fsys fs.FS) (*tree, error) {
	top, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	t := &tree{texts: map[string][]byte{}}
	for _, e := range top {
		t.top = append(t.top, e.Name())
	}
	return t, fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && name != "." && leftOut(e.Name()):
			return fs.SkipDir
		case e.IsDir():
			return nil
		case path.Ext(name) == ".go":
			return t.readGo(fsys, name)
		case slices.Contains([]string{".sh", ".sql"}, path.Ext(name)) || e.Name() == "Makefile":
			t.texts[name], err = fs.ReadFile(fsys, name)
		}
		return err
	})
}

func leftOut(dir string) bool {
	return dir == "testdata" || dir == "node_modules" || dir == "bin" || strings.HasPrefix(dir, ".")
}

func (t *tree) readGo(fsys fs.FS, name string) error {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ParseComments)
	if err != nil {
		return err
	}
	dir := path.Dir(name)
	t.sources = append(t.sources, &source{
		path: name, dir: dir, test: strings.HasSuffix(name, "_test.go") || isTestRoom(dir),
		lines: bytes.Count(text, []byte{'\n'}), file: file, fset: fset,
	})
	return nil
}
