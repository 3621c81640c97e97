package migratetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// AllRegistered asserts that every table that is declared with schema.Define
// below the directories is one of the lineages' tables: nobody declared a
// table and forgot to list it, so that no comparison ever sees it. Tests,
// revisions and testdata are not looked at; neither are names that are not
// written out.
func AllRegistered(t testing.TB, k Kit, dirs ...string) {
	t.Helper()
	listed := map[string]bool{}
	for _, l := range k.Lineages {
		for _, table := range l.Tables {
			if listed[table.Name] {
				t.Errorf("table %s is listed twice", table.Name)
			}
			listed[table.Name] = true
		}
	}
	for _, dir := range dirs {
		declared, err := declarations(dir)
		if err != nil {
			t.Fatalf("the source of the declared tables: %v", err)
		}
		for _, name := range slices.Sorted(maps.Keys(declared)) {
			if !listed[name] {
				t.Errorf("table %s is declared at %s and is none of the lineages' tables; list it", name, declared[name])
			}
		}
	}
}

// declarations finds the tables that are declared below a directory, each with
// the place.
func declarations(dir string) (map[string]string, error) {
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if revisionLiteral(n) {
				return false
			}
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Define" {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); !ok || x.Name != "schema" {
				return true
			}
			if lit, ok := call.Args[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if name, err := strconv.Unquote(lit.Value); err == nil && name != "" {
					out[name] = fset.Position(call.Pos()).String()
				}
			}
			return true
		})
		return nil
	})
	return out, err
}

// revisionLiteral reports a migrate.Revision, which declares the tables of its
// own time.
func revisionLiteral(n ast.Node) bool {
	lit, ok := n.(*ast.CompositeLit)
	if !ok {
		return false
	}
	sel, ok := lit.Type.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Revision"
}
