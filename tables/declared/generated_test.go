package declared_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/gogen"
	"github.com/larder-db/larder/tables/declared"
)

// words are those of Open WebUI's names that Go writes in another way.
var words = map[string]string{"chatidtag": "ChatIDTag", "mfa": "MFA", "oauth": "OAuth", "rrule": "RRule",
	"scim": "SCIM"}

// hidden are the columns that no answer has.
var hidden = []string{"auth.password", "auth.mfa", "auth.session_stamp"}

// generated is what is made of the declarations: a file for each of theirs.
var generated = []struct {
	dir string
	gogen.Options
}{
	{"..", gogen.Options{
		Package: "tables", Parts: []gogen.Part{gogen.Columns}, Declared: "github.com/larder-db/larder/tables/declared",
	}},
	{"../../model", gogen.Options{Package: "model", Parts: []gogen.Part{gogen.Rows}}},
}

// Packages tables and model say what the declarations say.
func TestTheGeneratedFilesAreTrue(t *testing.T) {
	byFile := tablesByFile(t)
	for _, g := range generated {
		o := g.Options
		o.Of, o.Words = "the declarations in package tables/declared", words
		there, err := filepath.Glob(filepath.Join(g.dir, "*_gen.go"))
		if err != nil {
			t.Fatal(err)
		}
		superfluous := map[string]bool{}
		for _, path := range there {
			superfluous[path] = true
		}
		for name, list := range byFile {
			o.Hidden = hiddenIn(list)
			want, err := gogen.Source(list, o)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(g.dir, strings.TrimSuffix(name, ".go")+"_gen.go")
			delete(superfluous, path)
			have, err := os.ReadFile(path)
			switch {
			case err == nil && bytes.Equal(have, want):
			case *update:
				if err := os.WriteFile(path, want, 0o644); err != nil {
					t.Fatal(err)
				}
			default:
				t.Errorf("%s is not what the declarations say; run go test ./tables/declared -update", path)
			}
		}
		for path := range superfluous {
			if !*update {
				t.Errorf("%s has no declarations; run go test ./tables/declared -update", path)
			} else if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func hiddenIn(list []*schema.Table) []string {
	var out []string
	for _, h := range hidden {
		for _, tab := range list {
			if strings.HasPrefix(h, tab.Name+".") {
				out = append(out, h)
			}
		}
	}
	return out
}

// tablesByFile says which tables each file of this package declares, in order.
func tablesByFile(t *testing.T) map[string][]*schema.Table {
	t.Helper()
	byName := map[string]*schema.Table{}
	for _, tab := range declared.All() {
		byName[tab.Name] = tab
	}
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]*schema.Table{}
	n := 0
	for _, path := range paths {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(x ast.Node) bool {
			c, ok := x.(*ast.CallExpr)
			if !ok || len(c.Args) != 2 {
				return true
			}
			if fn, ok := c.Fun.(*ast.Ident); !ok || fn.Name != "define" {
				return true
			}
			lit, ok := c.Args[0].(*ast.BasicLit)
			if !ok {
				return true
			}
			tab := byName[strings.Trim(lit.Value, `"`)]
			if tab == nil {
				t.Errorf("%s declares %s, which All does not list", path, lit.Value)
				return true
			}
			out[path] = append(out[path], tab)
			n++
			return true
		})
	}
	if n != len(byName) {
		t.Errorf("the files declare %d tables, All lists %d", n, len(byName))
	}
	return out
}
