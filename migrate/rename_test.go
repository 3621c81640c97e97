package migrate_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// owner is a table with all that is named after a table or its columns.
func owner(name, column string) []*schema.Table {
	g := keyed("grp")
	t := schema.Define(name)
	t.Integer("id").Identity().PrimaryKey()
	t.String(column, 40).Unique()
	t.Integer("age").Null()
	t.Check("", "{age} > 0")
	t.Integer("grp_id").Null().References("grp", "id", schema.Cascade)
	t.Enum("state", "", "new", "done").Default("new")
	t.JSON("prefs").Null()
	t.Index("ix_lower_"+name, "age")
	i := t.Index("ix_fold_" + name)
	i.Parts = []schema.IndexPart{{Expr: schema.Expr("lower({" + column + "})")}}
	post := keyed("post")
	post.Integer("by").Null().References(name, "id", schema.Cascade)
	return []*schema.Table{g, t, post}
}

// TestARenameIsOneEverywhere: a rename that is written on one engine leaves no
// difference on any, keeps the rows, their numbers and what was named after the
// table, and goes back.
func TestARenameIsOneEverywhere(t *testing.T) {
	first := []migrate.Revision{{ID: "g1",
		Upgrade: func(ops *op.Ops) { ops.Do(op.FromChanges(schema.Diff(nil, owner("u", "name")))...) }}}
	written := map[string]string{}
	ways := map[string][]op.Op{}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		upgrade(t, runner(t, eng, first...), "head")
		l := migrate.Lineage{Revisions: first, Tables: owner("people", "full_name"), Revise: func(d *migrate.Directive) error {
			ways[t.Name()] = d.Upgrade
			return nil
		}}
		o := migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}}
		g, err := generator(t, o, autogen.Layout{}).Autogenerate(t.Context(), autogen.Draft{ID: "g2"}, autogen.Renames{
			Tables: []autogen.Rename{{From: "u", To: "people"}}, Columns: []autogen.Rename{{Table: "people", From: "name", To: "full_name"}}})
		if err != nil || g == nil {
			t.Fatalf("generated %v: %v", g, err)
		}
		if !strings.Contains(string(g.Source), `ops.RenameTable("u", "people", op.Owned)`) {
			t.Errorf("written\n%s", g.Source)
		}
		_, body, _ := strings.Cut(string(g.Source), "Upgrade: func")
		written[t.Name()] = body
		for _, other := range written {
			if body != other {
				t.Errorf("another engine wrote\n%s\nthis one\n%s", other, body)
			}
		}
	})
	for from, up := range ways {
		revs := append(first[:1:1],
			migrate.Revision{ID: "g2", Down: []string{"g1"}, Upgrade: func(ops *op.Ops) { ops.Do(up...) }})
		enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
			r := runner(t, eng, revs...)
			upgrade(t, r, "g1")
			before, err := r.Check(t.Context())
			if err != nil || before == nil {
				t.Fatal(err)
			}
			for _, s := range []string{"INSERT INTO {grp} ({id}) VALUES (1)",
				"INSERT INTO {u} ({name}, {age}, {grp_id}) VALUES ('a', 1, 1)",
				"INSERT INTO {u} ({name}, {age}, {grp_id}) VALUES ('b', 2, 1)", "INSERT INTO {post} ({id}, {by}) VALUES (1, 2)"} {
				if _, err := op.Run(t.Context(), eng, s); err != nil {
					t.Fatal(err)
				}
			}
			plan, err := r.Plan(t.Context(), migrate.Up, "head")
			if err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			if err := plan.WriteText(&text); err != nil {
				t.Fatal(err)
			}
			if eng.Dialect().Has(schema.Sequences) {
				for _, bad := range []string{"DROP SEQUENCE", "CREATE SEQUENCE", "CREATE INDEX", "CREATE UNIQUE", "DROP CONSTRAINT",
					"ADD CONSTRAINT", "CREATE TYPE"} {
					if strings.Contains(text.String(), bad) {
						t.Errorf("from %s: made anew:\n%s", from, text.String())
						break
					}
				}
			}
			upgrade(t, r, "head")
			l := migrate.Lineage{Revisions: revs, Tables: owner("people", "full_name")}
			if f := checked(t, eng, l); !f.OK() {
				t.Errorf("from %s: left: %+v", from, f)
			}
			if _, err := op.Run(t.Context(), eng, "INSERT INTO {people} ({full_name}) VALUES ('c')"); err != nil {
				t.Fatal(err)
			}
			if got := one[string](t, eng, "SELECT full_name FROM people WHERE id = 3"); got != "c" {
				t.Errorf("the third is %q", got)
			}
			if _, err := op.Run(t.Context(), eng, "INSERT INTO {people} ({full_name}) VALUES ('c')"); err == nil {
				t.Error("a name stands twice")
			}
			downgrade(t, r, "g1")
			if f := checked(t, eng, migrate.Lineage{Revisions: revs[:1], Tables: owner("u", "name")}); !f.OK() {
				t.Errorf("from %s: back: %+v", from, f)
			}
			upgrade(t, r, "head")
		})
	}
}
