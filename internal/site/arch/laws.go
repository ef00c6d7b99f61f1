package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The measures of the house. Generated files are exempt, test functions from the second.
const (
	MaxFileLines = 400
	MaxFuncLines = 60
)

// checkTop: the top level is fixed. Dotfiles are free; bin is what make builds.
func (t *tree) checkTop() []Breach {
	allowed := []string{"cmd", "internal", "web", "storage", "deploy", "bin", "go.mod", "go.sum", "Makefile", "README.md", "LICENSE"}
	var out []Breach
	for _, name := range t.top {
		if !slices.Contains(allowed, name) && !strings.HasPrefix(name, ".") {
			out = append(out, Breach{name, 0, "does not belong at the top level"})
		}
	}
	return out
}

// checkImports: a room imports what its line allows. Test code may stand on any room's real parts, but not
// on a command; no room's production code stands on test code (the command that runs a demo does).
func checkImports(s *source) []Breach {
	home, ok := roomOf(s.dir)
	if !ok {
		return []Breach{{s.path, 0, "is in no room: a new room needs a line in internal/site/arch/rooms.go"}}
	}
	var out []Breach
	for _, spec := range s.file.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has refused it already
		}
		if complaint := s.complain(home, importPath); complaint != "" {
			out = append(out, s.breach(spec.Pos(), "%s %s", home.short(), complaint))
		}
	}
	return out
}

// complain says why s may not import a path; empty if it may.
func (s *source) complain(home room, importPath string) string {
	dir, ours := strings.CutPrefix(importPath, module+"/")
	if !ours {
		forTests := s.test && slices.ContainsFunc(inTests(), func(m string) bool { return covers(m, importPath) })
		if forTests || home.admitsLibrary(importPath) {
			return ""
		}
		return "may not import the library " + importPath
	}
	other, known := roomOf(dir)
	switch {
	case !known:
		return "imports " + dir + ", which is no room"
	case s.test && !covers("cmd", dir):
		return ""
	case isTestRoom(dir) && home.may != "*":
		return "may not import " + dir + " outside its tests"
	case !home.admits(other):
		return "may not import " + other.short()
	}
	return ""
}

// checkSize: what does not fit on a few screens is two things.
func checkSize(s *source) []Breach {
	if ast.IsGenerated(s.file) {
		return nil
	}
	var out []Breach
	if s.lines > MaxFileLines {
		out = append(out, Breach{s.path, 0, fmt.Sprintf("has %d lines, more than %d", s.lines, MaxFileLines)})
	}
	for _, d := range s.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		if n := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1; n > MaxFuncLines {
			out = append(out, s.breach(f.Pos(), "%s has %d lines, more than %d", f.Name.Name, n, MaxFuncLines))
		}
	}
	return out
}

// checkName: a package is called after what it owns.
func checkName(s *source) []Breach {
	vague := []string{"util", "utils", "common", "model", "models", "service", "services", "manager", "helper", "helpers", "misc", "base", "types"}
	name := strings.TrimSuffix(s.file.Name.Name, "_test")
	if slices.Contains(vague, name) || slices.Contains(vague, path.Base(s.dir)) {
		return []Breach{s.breach(s.file.Name.Pos(), "package %s: call it after what it owns", name)}
	}
	return nil
}

// checkGlobals: constructors, not init; values, not shared variables. An exported variable may only be
// an error to compare with, or an embedded file system.
func checkGlobals(s *source) []Breach {
	var out []Breach
	for _, d := range s.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == "init" && d.Recv == nil {
				out = append(out, s.breach(d.Pos(), "func init: let a constructor return a finished value"))
			}
		case *ast.GenDecl:
			if d.Tok == token.VAR {
				out = append(out, s.checkVars(d)...)
			}
		}
	}
	return out
}

func (s *source) checkVars(d *ast.GenDecl) []Breach {
	var out []Breach
	for _, spec := range d.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for _, name := range v.Names {
			switch {
			case name.IsExported() && !strings.HasPrefix(name.Name, "Err"):
				out = append(out, s.breach(name.Pos(), "exported variable %s: others could change it; return it from a function", name.Name))
			case sharesState(v.Type) || slices.ContainsFunc(v.Values, makesState):
				out = append(out, s.breach(name.Pos(), "variable %s is global state: put it into a value that somebody owns", name.Name))
			}
		}
	}
	return out
}

// sharesState reports whether a type is made to be changed: sync, atomic, a channel.
func sharesState(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.ChanType:
		return true
	case *ast.StarExpr:
		return sharesState(t.X)
	case *ast.IndexExpr: // atomic.Pointer[T]
		return sharesState(t.X)
	case *ast.SelectorExpr:
		pkg, ok := t.X.(*ast.Ident)
		return ok && (pkg.Name == "sync" || pkg.Name == "atomic")
	}
	return false
}

// makesState reports whether an initial value is one: sync.Pool{...}, &sync.Mutex{}, make(...), new(...).
func makesState(v ast.Expr) bool {
	switch v := v.(type) {
	case *ast.UnaryExpr:
		return makesState(v.X)
	case *ast.CompositeLit:
		return sharesState(v.Type)
	case *ast.CallExpr:
		f, ok := v.Fun.(*ast.Ident)
		return ok && (f.Name == "make" || f.Name == "new")
	}
	return false
}

func unfinished() *regexp.Regexp { return regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`) }

// checkWords: what is not done is an issue, not a comment.
func checkWords(s *source) []Breach {
	var out []Breach
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			if word := unfinished().FindString(c.Text); word != "" {
				out = append(out, s.breach(c.Pos(), "%s: do it, or open an issue", word))
			}
		}
	}
	return out
}

// checkTexts is checkWords for scripts and statements.
func (t *tree) checkTexts() []Breach {
	var out []Breach
	for _, name := range slices.Sorted(maps.Keys(t.texts)) {
		for i, line := range strings.Split(string(t.texts[name]), "\n") {
			if word := unfinished().FindString(line); word != "" {
				out = append(out, Breach{name, i + 1, word + ": do it, or open an issue"})
			}
		}
	}
	return out
}

// checkSkips: a test that may be skipped proves nothing; its real parts are there, or it fails.
func checkSkips(s *source) []Breach {
	var out []Breach
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || !slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name) {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && slices.Contains([]string{"t", "b", "f", "tb"}, x.Name) {
			out = append(out, s.breach(sel.Pos(), "a test is never skipped"))
		}
		return true
	})
	return out
}
