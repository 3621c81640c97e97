package op_test

import (
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
	"github.com/larder-db/larder/migrate/command"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// sourceMain prints what the generated revisions record.
const sourceMain = `package main

import (
	"encoding/json"
	"os"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

func main() {
	out := map[string][2][]op.Op{}
	for _, r := range All() {
		up, err := op.Record(r.Upgrade)
		if err != nil {
			panic(err)
		}
		down, err := op.Record(r.Downgrade)
		if err != nil {
			panic(err)
		}
		out[r.ID] = [2][]op.Op{up, down}
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		panic(err)
	}
}

// All returns the revisions.
func All() []migrate.Revision { return []migrate.Revision{%s} }
`

var spelling = regexp.MustCompile(`"(Raw|Doc)":"(\\.|[^"\\])*",?`)

// said is what operations say, without one engine's spelling of types.
func said(t testing.TB, ops any) string {
	t.Helper()
	if list, ok := ops.([]op.Op); ok {
		ops = essential(list)
	}
	b, err := json.Marshal(ops)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(spelling.ReplaceAllString(string(b), ""), ",}", "}")
}

// mixed are changes that engines hold in words of their own.
func mixed() map[string]pair {
	unnamed := func(t *schema.Table) {
		t.Integer("p_id").Null().References("p", "id", schema.Cascade)
		t.Integer("a").Null()
		t.Check("", "{a} > 0 AND {a} < 10")
		t.String("s", 30).Null().Unique()
		t.Unique("", "s", "a")
	}
	plain := func(t *schema.Table) { t.Integer("p_id").Null(); t.Integer("a").Null(); t.String("s", 30).Null() }
	mood := func(values ...string) func(t *schema.Table) {
		return func(t *schema.Table) {
			t.Typed("m", schema.Type{Kind: schema.Enum, Name: "mood", Values: values}).Null()
		}
	}
	partial := func(where schema.Expr, unique bool) func(t *schema.Table) {
		return func(t *schema.Table) {
			t.String("s", 30).Null()
			t.JSON("j").Null()
			t.Boolean("b").Default(false)
			i := t.Index("ix_t_s", "s DESC")
			i.Where, i.Unique = where, unique
		}
	}
	several := func(t *schema.Table) {
		unnamed(t)
		mood("a", "b")(t)
		i := t.Index("ix_t_lower")
		i.Parts = []schema.IndexPart{{Expr: "lower({s})"}, {Column: "a", Desc: true}}
		t.Text("long").Null().Key(190)
		t.Index("ix_t_long", "long")
	}
	return map[string]pair{
		"without names, added":         one(plain, unnamed),
		"without names, dropped":       one(unnamed, plain),
		"column with a constraint":     one(none, unnamed),
		"enum comes":                   one(none, mood("a", "it's")),
		"enum becomes smaller":         one(mood("a", "b", "c"), mood("a", "b")),
		"enum becomes text":            one(mood("a", "b"), func(t *schema.Table) { t.Text("m").Null() }),
		"unique partial index":         one(partial("", false), partial("{s} IS NOT NULL", true)),
		"unique partial index changes": one(partial("{s} IS NOT NULL", true), partial("{b} = FALSE", true)),
		"several":                      one(plain, several),
		"several, dropped":             one(several, plain),
		"table without names":          {one(nil, nil).before[:1], one(nil, several).after},
		"table without names, dropped": {one(nil, several).after, one(nil, nil).before[:1]},
	}
}

// TestGeneratedRunsEverywhere: what is generated on one engine does the same
// on all of them, there and back.
func TestGeneratedRunsEverywhere(t *testing.T) {
	for name, c := range mixed() {
		for _, e := range offline {
			u, err := dburl.Parse(e.name + "://")
			if err != nil {
				t.Fatal(err)
			}
			target, err := command.TargetFor(engines.All(), u)
			if err != nil {
				t.Fatal(err)
			}
			g, up, down := generated(t, target, "x1", name, c)
			if g == nil {
				t.Errorf("%s on %s: nothing was found", name, e.title)
				continue
			}
			everywhere(t, e.title, name, c, up, down)
		}
	}
}

// essential leaves of a changed column what changes.
func essential(ops []op.Op) []op.Op {
	out := []op.Op{}
	for _, o := range ops {
		if a, ok := o.(op.AlterColumn); ok && !slices.Contains(a.Facets, schema.IdentityFacet) {
			to := schema.Column{}
			for _, f := range a.Facets {
				switch f {
				case schema.TypeFacet:
					to.Type = a.To.Type
				case schema.NullFacet:
					to.Nullable = a.To.Nullable
				case schema.DefaultFacet:
					to.Default = a.To.Default
				case schema.GeneratedFacet:
					to.Generated = a.To.Generated
				case schema.CommentFacet:
					to.Comment = a.To.Comment
				}
			}
			a.To = to
			o = a
		}
		out = append(out, o)
	}
	return out
}

// TestSourceSaysTheSame: for every change, the Go source of a generated
// revision compiles, is formatted, and records what was found, and the way
// back, on every engine.
func TestSourceSaysTheSame(t *testing.T) {
	if err := os.MkdirAll("testdata", 0o750); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("testdata", "src") // inside of the module, for what imports it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	cases := autogenCases()
	want := map[string][2]string{}
	var names []string
	for _, e := range offline {
		u, err := dburl.Parse(e.name + "://")
		if err != nil {
			t.Fatal(err)
		}
		target, err := command.TargetFor(engines.All(), u)
		if err != nil {
			t.Fatal(err)
		}
		for n, name := range autogenNames(t) {
			c := cases[name]
			id := fmt.Sprintf("%s_%02d", e.name, n)
			g, up, down := generated(t, target, id, name, c)
			if quiet := always(name) || autogenNothing[name][e.name] != ""; quiet != (g == nil) {
				t.Errorf("%s on %s: generated is %v", name, e.title, g != nil)
			}
			if g == nil {
				continue
			}
			want[id] = [2]string{said(t, up), said(t, down)}
			everywhere(t, e.title, name, c, up, down)
			names = append(names, g.Name)
			if err := os.WriteFile(filepath.Join(dir, g.File), g.Source, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	main, err := format.Source(fmt.Appendf(nil, sourceMain, strings.Join(names, ", ")))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), main, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "gofmt", "-l", dir).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("gofmt: %v %s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "vet", "./"+filepath.ToSlash(dir)).CombinedOutput(); err != nil {
		t.Errorf("go vet: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), "go", "run", "./"+filepath.ToSlash(dir)).Output()
	if err != nil {
		t.Fatalf("the revisions do not run: %v\n%s", err, out)
	}
	var got map[string][2]json.RawMessage
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) || len(want) < 100 {
		t.Errorf("%d revisions of %d", len(got), len(want))
	}
	for id, w := range want {
		for way, text := range w {
			if g := said(t, got[id][way]); g != text {
				t.Errorf("%s: the source records\n%s\nand not\n%s", id, g, text)
			}
		}
	}
}

// generated writes a revision for a change, and returns what it is to record.
func generated(t testing.TB, target *migrate.Target, id, doc string, c pair) (g *autogen.Revision, up, down []op.Op) {
	t.Helper()
	base := migrate.Revision{ID: "base1", Upgrade: func(ops *op.Ops) {
		for _, tb := range c.before {
			ops.CreateTable(tb)
		}
	}}
	n := 0
	l := migrate.Lineage{Revisions: []migrate.Revision{base}, Tables: c.after,
		Revise: func(d *migrate.Directive) error { n = op.Count(d.Upgrade); return nil },
		Render: func(o op.Op) (string, []string, bool) {
			if len(up) < n {
				up = append(up, o)
			} else {
				down = append(down, o)
			}
			return "", nil, false
		}}
	r, err := autogen.New(autogen.Options{Target: target, Lineages: []migrate.Lineage{l},
		Layout: autogen.Layout{Package: "main"}})
	if err != nil {
		t.Fatal(err)
	}
	g, err = r.Autogenerate(t.Context(), autogen.Draft{ID: id, Doc: doc}, autogen.Renames{})
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	return g, up, down
}

// everywhere asserts that what was generated on one engine does on every
// engine what it is for, up and down.
func everywhere(t testing.TB, from, what string, c pair, up, down []op.Op) {
	t.Helper()
	for _, e := range offline {
		s, err := op.NewState(e.ddl, c.before...)
		if err != nil {
			t.Fatal(err)
		}
		before := s.Clone()
		want, err := op.NewState(e.ddl, c.after...)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Apply(up...); err != nil {
			t.Errorf("%s, generated on %s, on %s: %v", what, from, e.title, err)
			continue
		}
		if d := schema.Diff(s.Tables(), want.Tables()); len(d) > 0 {
			t.Errorf("%s, generated on %s, leaves on %s:%s", what, from, e.title, lines(d))
			continue
		}
		if err := s.Apply(down...); err != nil {
			t.Errorf("the way back of %s, generated on %s, on %s: %v", what, from, e.title, err)
			continue
		}
		if d := schema.Diff(s.Tables(), before.Tables()); len(d) > 0 {
			t.Errorf("the way back of %s, generated on %s, leaves on %s:%s", what, from, e.title, lines(d))
		}
	}
}
