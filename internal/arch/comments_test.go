package arch_test

import (
	"go/ast"
	"strings"
	"testing"
)

// uncommented is where exported names need no comment of their own: programs and
// tests, and engines, whose methods are described by the interfaces of package driver.
var uncommented = []string{"internal/", "cmd/", "cloud/cmd/", "examples/", "bench", "migrations", "engine/sqlite",
	"engine/postgres", "engine/mysql"}

// TestExportedNamesHaveComments: who reads the documentation of a package finds a
// sentence at every name.
func TestExportedNamesHaveComments(t *testing.T) {
	names := 0
files:
	for _, f := range goFiles(t) {
		for _, p := range uncommented {
			if f.test || f.pkg == p || strings.HasPrefix(f.pkg, p) {
				continue files
			}
		}
		for _, d := range f.ast.Decls {
			for name, doc := range exportedIn(d) {
				if names++; strings.TrimSpace(doc) == "" {
					t.Errorf("%s: %s has no comment", f.path, name)
				}
			}
		}
	}
	if names < 1000 {
		t.Errorf("only %d names were looked at", names)
	}
}

// exportedIn is the exported names of a declaration, with what is said about each.
func exportedIn(d ast.Decl) map[string]string {
	out := map[string]string{}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if owner, ok := receiver(d); d.Name.IsExported() && ok && !described[d.Name.Name] {
			out[owner+d.Name.Name] = d.Doc.Text()
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					out[s.Name.Name] = d.Doc.Text() + s.Doc.Text() + s.Comment.Text()
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() {
						out[n.Name] = d.Doc.Text() + s.Doc.Text() + s.Comment.Text()
					}
				}
			}
		}
	}
	return out
}

// described are methods of interfaces that say for all of them what they do: of the
// standard library, and of changes and operations.
var described = map[string]bool{"Error": true, "Unwrap": true, "Is": true, "String": true, "On": true, "Reverse": true}

// receiver is the type of a method, with a point behind it; empty for a function,
// and false for a type that nobody else sees.
func receiver(f *ast.FuncDecl) (owner string, exported bool) {
	if f.Recv == nil {
		return "", true
	}
	t := f.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name + ".", x.IsExported()
		default:
			return "", false
		}
	}
}
