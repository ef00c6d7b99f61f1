package arch

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// readsClock reports whether a room may read the machine's clock: who makes the station clock, who measures
// how long something took, the simulated camera, whose clock is its own, and the client of the real ones, for its
// sockets' deadlines and watchdogs: its evidence comes from the custody.Clock it is given.
func readsClock(dir string) bool {
	for _, d := range []string{"cmd", "internal/site/station", "internal/site/lifecycle", "internal/site/metrics", "internal/site/sitetest",
		"internal/capture/simcam", "internal/capture/ingest"} {
		if covers(d, dir) {
			return true
		}
	}
	return false
}

// checkClock: time is evidence, so it is injected (custody.Clock). The one use left to everybody is a
// socket's deadline.
func checkClock(s *source) []Breach {
	if s.test || readsClock(s.dir) {
		return nil
	}
	var out []Breach
	ast.Inspect(s.file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && setsDeadline(call) {
			return false
		}
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && sel.Sel.Name == "Now" {
			out = append(out, s.breach(sel.Pos(), "time.Now: take a custody.Clock"))
		}
		return true
	})
	return out
}

func setsDeadline(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && slices.Contains([]string{"SetDeadline", "SetReadDeadline", "SetWriteDeadline"}, sel.Sel.Name)
}

// checkAssignments: a package-level variable is set where it is declared and nowhere else. Names that a
// function declares itself are its own.
func (t *tree) checkAssignments() []Breach {
	globals := map[string]map[string]bool{} // directory, name
	for _, s := range t.sources {
		if globals[s.dir] == nil {
			globals[s.dir] = map[string]bool{}
		}
		for _, d := range s.file.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
				for _, spec := range g.Specs {
					for _, name := range spec.(*ast.ValueSpec).Names {
						globals[s.dir][name.Name] = name.Name != "_"
					}
				}
			}
		}
	}
	var out []Breach
	for _, s := range t.sources {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				out = append(out, s.assignments(f, globals[s.dir])...)
			}
		}
	}
	return out
}

func (s *source) assignments(f *ast.FuncDecl, globals map[string]bool) []Breach {
	own := declared(f)
	var out []Breach
	look := func(target ast.Expr) {
		id := root(target)
		if id != nil && globals[id.Name] && !own[id.Name] {
			out = append(out, s.breach(target.Pos(), "%s changes the package's variable %s", f.Name.Name, id.Name))
		}
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, target := range n.Lhs {
				if n.Tok != token.DEFINE {
					look(target)
				}
			}
		case *ast.IncDecStmt:
			look(n.X)
		}
		return true
	})
	return out
}

// root is the variable that an assignment to x[i].y changes.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// declared collects every name that a function declares anywhere: parameters, results, := and var.
func declared(f *ast.FuncDecl) map[string]bool {
	own := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, name := range n.Names {
				own[name.Name] = true
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				own[name.Name] = true
			}
		case *ast.AssignStmt:
			own = addDefined(own, n.Tok, n.Lhs...)
		case *ast.RangeStmt:
			own = addDefined(own, n.Tok, n.Key, n.Value)
		}
		return true
	})
	return own
}

func addDefined(own map[string]bool, tok token.Token, targets ...ast.Expr) map[string]bool {
	for _, e := range targets {
		if id, ok := e.(*ast.Ident); ok && tok == token.DEFINE {
			own[id.Name] = true
		}
	}
	return own
}

// checkPackageComments: the package comment is the design note, in one file of the package.
func (t *tree) checkPackageComments() []Breach {
	notes := map[string]int{}
	var dirs []string
	for _, s := range t.sources {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		if _, seen := notes[s.dir]; !seen {
			notes[s.dir] = 0
			dirs = append(dirs, s.dir)
		}
		want := "Package " + s.file.Name.Name + " "
		if s.file.Name.Name == "main" {
			want = "Command "
		}
		if strings.HasPrefix(s.file.Doc.Text(), want) {
			notes[s.dir]++
		}
	}
	var out []Breach
	for _, dir := range dirs {
		if notes[dir] != 1 {
			out = append(out, Breach{dir, 0, "needs exactly one package comment, in doc.go, that begins with its name"})
		}
	}
	return out
}
