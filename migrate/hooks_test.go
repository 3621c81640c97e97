package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// breaks fails with its last operation.
var breaks = migrate.Revision{ID: "ff6666666666", Down: []string{"ba3333333333"}, Doc: "breaks", Upgrade: func(ops *op.Ops) {
	ops.AddColumn("users", op.Text("bio").Null())
	ops.Execute("INSERT INTO {users} ({id}, {email}) SELECT {id}, {email} FROM {users}").NoReverse()
}}

// TestOneTransaction: all revisions of a run, or none of them.
func TestOneTransaction(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		r := func(revs ...migrate.Revision) *migrate.Runner {
			return runnerWith(t, migrate.Options{Engine: eng, OneTransaction: true,
				Lineages: []migrate.Lineage{{Revisions: revs}}})
		}
		if !eng.Dialect().Has(schema.TransactionalDDL) {
			_, err := r(line()...).Upgrade(t.Context(), "head")
			if dberr.CodeOf(err) != dberr.Unsupported || !strings.Contains(err.Error(), "--one-transaction") {
				t.Errorf("got %v", err)
			}
			if got := tables(t, eng); len(got) != 0 {
				t.Errorf("it made %v", got)
			}
			return
		}
		rep, err := r(append(line(), breaks)...).Upgrade(t.Context(), "head")
		var s *migrate.StoppedError
		if !errors.As(err, &s) || s.Revision != breaks.ID || len(rep.Ran) != 0 {
			t.Fatalf("got %v, ran %v", err, rep.Ran)
		}
		if got := tables(t, eng); len(got) != 0 {
			t.Errorf("after a failure there is %v", got)
		}
		all := append(line(), rebuiltInPlace)
		if rep := upgrade(t, r(all...), "head"); len(rep.Ran) != 4 || rep.Ran[3].Revision != rebuiltInPlace.ID {
			t.Errorf("ran %v", rep.Ran)
		}
		if got := rows(t, r(all...)); !slices.Equal(got, []string{rebuiltInPlace.ID}) {
			t.Errorf("at %v", got)
		}
		if n := one[int](t, eng, "SELECT count(*) FROM larder_migration_applied"); n != 4 {
			t.Errorf("%d revisions are recorded", n)
		}
		f, err := r(all...).Check(t.Context())
		if err != nil || !f.OK() {
			t.Errorf("check %+v %v", f, err)
		}
		downgrade(t, r(all...), "base")
		batched := migrate.Revision{ID: "b1", Down: []string{rebuiltInPlace.ID}, Upgrade: func(ops *op.Ops) {
			ops.Data("think", func(context.Context, *op.Data) error { return nil }).Batched().NoReverse()
		}}
		before := tables(t, eng)
		if _, err := r(append(all, batched)...).Upgrade(t.Context(), "head"); dberr.CodeOf(err) != dberr.Unsupported ||
			!strings.Contains(err.Error(), "b1") {
			t.Errorf("with a batched step: %v", err)
		}
		if got := tables(t, eng); !slices.Equal(got, before) {
			t.Errorf("with a batched step it made %v", got)
		}
	})
}

// rebuiltInPlace makes SQLite rebuild tables that others refer to.
var rebuiltInPlace = migrate.Revision{ID: "cd4444444444", Down: []string{"ba3333333333"}, Upgrade: func(ops *op.Ops) {
	ops.AlterColumn("users", "name").Default("nobody")
	ops.AddCheck("posts", "ck_posts_body", "{body} <> ''")
}}

// TestOnVersion: what the program does with a change of the version stands or
// falls with it.
func TestOnVersion(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		execute(t, eng, "CREATE TABLE larder_seen (what varchar(200))")
		refuse := ""
		o := migrate.Options{Engine: eng, Lineages: []migrate.Lineage{{Revisions: line()}}, OnVersion: func(ctx context.Context, q engine.Queryer, v migrate.VersionChange) error {
			if _, err := op.Run(ctx, q, "INSERT INTO {larder_seen} ({what}) VALUES (?)",
				fmt.Sprint(v.Lineage, v.Revision, v.Up, v.Stamp, v.Before, v.After)); err != nil {
				return err
			}
			if refuse == v.Revision {
				return errors.New("not now")
			}
			return nil
		}}
		refuse = "ab2222222222"
		r := runnerWith(t, o)
		if _, err := r.Upgrade(t.Context(), "head"); err == nil || !strings.Contains(err.Error(), "not now") {
			t.Fatalf("got %v", err)
		}
		if got := rows(t, r); !slices.Equal(got, []string{"aa1111111111"}) {
			t.Errorf("at %v", got)
		}
		if n := one[int](t, eng, "SELECT count(*) FROM larder_seen"); n != 1 {
			t.Errorf("%d changes were seen", n)
		}
		if eng.Dialect().Has(schema.TransactionalDDL) && slices.Contains(tables(t, eng), "posts") {
			t.Error("the revision stands")
		}
		refuse = "nothing"
		upgrade(t, r, "head")
		downgrade(t, r, "-1")
		if _, err := r.Stamp(t.Context(), false, "head"); err != nil {
			t.Fatal(err)
		}
		var got []string
		rows, err := op.Get(t.Context(), eng, "SELECT {what} FROM {larder_seen}")
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			got = append(got, row.Text("what"))
		}
		slices.Sort(got)
		want := []string{
			"mainfalse true [ab2222222222] [ba3333333333]", "mainaa1111111111true false [] [aa1111111111]", "mainab2222222222true false [aa1111111111] [ab2222222222]",
			"mainba3333333333false false [ba3333333333] [ab2222222222]", "mainba3333333333true false [ab2222222222] [ba3333333333]",
		}
		slices.Sort(want)
		for i := range got {
			got[i] = strings.ReplaceAll(got[i], " ", "")
		}
		for i := range want {
			want[i] = strings.ReplaceAll(want[i], " ", "")
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("seen\n%s\nwanted\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// TestArgs: a data step knows what its caller has set.
func TestArgs(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		for _, batched := range []bool{false, true} {
			step := migrate.Revision{ID: "a1", Upgrade: func(ops *op.Ops) {
				ops.CreateTable(usersTable())
				s := ops.Data("set the tenant", func(ctx context.Context, d *op.Data) error {
					name, ok := d.Arg("tenant")
					if _, other := d.Arg("nothing"); other || !ok {
						return errors.New("tenant is missing")
					}
					_, err := op.Run(ctx, d, "INSERT INTO {users} ({id}, {email}) VALUES ('u', ?)", name)
					return err
				})
				s.NoReverse()
				if batched {
					s.Batched()
				}
			}}
			r := runnerWith(t, migrate.Options{Engine: eng, Args: map[string]string{"tenant": "a=b, ü"},
				Lineages: []migrate.Lineage{{Revisions: []migrate.Revision{step}}}})
			upgrade(t, r, "head")
			if s := one[string](t, eng, "SELECT email FROM users"); s != "a=b, ü" {
				t.Errorf("got %q", s)
			}
			execute(t, eng, "DELETE FROM users")
			if _, err := r.Stamp(t.Context(), true, "base"); err != nil {
				t.Fatal(err)
			}
			execute(t, eng, "DROP TABLE users")
		}
	})
}

// TestCompare: the program has the last word on facets of columns.
func TestCompare(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		upgrade(t, runner(t, eng, line()...), "head")
		l := withTables(func(users, posts *schema.Table) {
			users.Column("email").Type.Length = 250
			users.Column("name").Default = &schema.Default{Value: "x"}
		})
		if f := checked(t, eng, l); len(f.Differences) != 2 {
			t.Fatalf("differences %+v", f.Differences)
		}
		l.Compare = func(c migrate.Comparison) migrate.Verdict {
			switch {
			case c.Table == "users" && c.Facet == schema.TypeFacet && c.Declared.Name == "email":
				if !c.Differs || c.Live.Type.Length != 200 || c.Declared.Type.Length != 250 {
					t.Errorf("asked about %+v", c)
				}
				return migrate.Equal
			case c.Table == "posts" && c.Facet == schema.NullFacet && c.Declared.Name == "body":
				return migrate.Different
			}
			return migrate.Undecided
		}
		f := checked(t, eng, l)
		if len(f.Differences) != 2 || !strings.Contains(f.Differences[0].Text, "posts.body: nullable") ||
			!strings.Contains(f.Differences[1].Text, "users.name: default") {
			t.Errorf("differences %+v", f.Differences)
		}
	})
}

// TestRevise changes, empties and drops revisions that are about to be written.
func TestRevise(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		upgrade(t, runner(t, eng, line()...), "head")
		l := withTables(func(users, posts *schema.Table) {
			users.Text("bio").Null()
			posts.Text("extra").Null()
		})
		gen := func(revise func(d *migrate.Directive) error) *autogen.Revision {
			t.Helper()
			l.Revise = revise
			r := generator(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}}, autogen.Layout{})
			g, err := r.Autogenerate(t.Context(), autogen.Draft{ID: "n1", Doc: "more"}, autogen.Renames{})
			if err != nil {
				t.Fatal(err)
			}
			return g
		}
		on := func(table string) func(op.Op) bool { return func(o op.Op) bool { return o.On() == table } }
		g := gen(func(d *migrate.Directive) error {
			d.Upgrade = slices.DeleteFunc(d.Upgrade, on("posts"))
			d.Revision.Doc, d.Revision.Labels = "only users", []string{"people"}
			return nil
		})
		if g.File != "n1_only_users.go" || len(g.Changes) != 1 || strings.Contains(string(g.Source), "posts") ||
			!strings.Contains(string(g.Source), `ops.DropColumn("users", "bio")`) ||
			!strings.Contains(string(g.Source), `[]string{"people"}`) {
			t.Errorf("%s\n%s", g.File, g.Source)
		}
		g = gen(func(d *migrate.Directive) error { d.Downgrade = []op.Op{}; return nil })
		if len(g.Changes) != 2 || strings.Contains(string(g.Source), "DropColumn") {
			t.Errorf("with a way back of its own:\n%s", g.Source)
		}
		if g := gen(func(d *migrate.Directive) error { d.Upgrade = nil; return nil }); g != nil {
			t.Errorf("emptied:\n%s", g.Source)
		}
		if g := gen(func(d *migrate.Directive) error { d.Drop = d.Compared; return nil }); g != nil {
			t.Errorf("dropped:\n%s", g.Source)
		}
		// An empty revision can be filled, too.
		l.Revise = func(d *migrate.Directive) error {
			d.Upgrade = append(d.Upgrade, op.DropColumn{Table: "users", Column: "name"})
			return nil
		}
		r := generator(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}}, autogen.Layout{})
		g, err := r.Empty(autogen.Draft{ID: "n1"})
		if err != nil || len(g.Loss) != 1 ||
			!strings.Contains(string(g.Source), `ops.AddColumn("users", op.Text("name").Null())`) {
			t.Errorf("%v\n%s", err, g.Source)
		}
		l.Revise = func(*migrate.Directive) error { return errors.New("not on a Friday") }
		r = generator(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}}, autogen.Layout{})
		if _, err := r.Empty(autogen.Draft{}); err == nil || !strings.Contains(err.Error(), "Friday") {
			t.Errorf("got %v", err)
		}
	})
}

// TestAutogenerateWithoutADatabase compares with the history, and finds on
// every engine what a comparison with a database finds.
func TestAutogenerateWithoutADatabase(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		g1 := migrate.Revision{ID: "g1", Upgrade: func(ops *op.Ops) {
			for _, x := range declaredBefore() {
				ops.CreateTable(x)
			}
		}}
		upgrade(t, runner(t, eng, g1), "head")
		renames := autogen.Renames{Columns: []autogen.Rename{{Table: "user", From: "full name", To: "name"}}}
		gen := func(o migrate.Options, tables []*schema.Table) *autogen.Revision {
			t.Helper()
			o.Lineages = []migrate.Lineage{{Revisions: []migrate.Revision{g1}, Tables: tables}}
			r := generator(t, o, autogen.Layout{})
			x := renames
			if len(tables) > 0 && tables[0].Column("full name") != nil {
				x = autogen.Renames{}
			}
			g, err := r.Autogenerate(t.Context(), autogen.Draft{ID: "g2"}, x)
			if err != nil {
				t.Fatal(err)
			}
			if g == nil {
				return nil
			}
			var script strings.Builder
			if err := r.Script(&script, g); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(script.String(), "-- Running upgrade g1 -> g2") ||
				!strings.Contains(script.String(), "ix_user_lower") && eng.Dialect().Has(schema.ExpressionIndex) {
				t.Errorf("script\n%s", script.String())
			}
			return g
		}
		off := migrate.Options{Target: &migrate.Target{Dialect: eng.Dialect(), DDL: eng.DDL()}}
		if g := gen(off, declaredBefore()); g != nil {
			t.Errorf("without a difference:\n%s", g.Source)
		}
		a, b := gen(off, declaredAfter()), gen(migrate.Options{Engine: eng}, declaredAfter())
		if string(a.Source) != string(b.Source) {
			t.Errorf("without a database:\n%s\nwith one:\n%s", a.Source, b.Source)
		}
	})
}

// TestLayout: names and templates of files.
func TestLayout(t *testing.T) {
	at := time.Date(2026, 3, 9, 23, 5, 7, 0, time.UTC)
	o := migrate.Options{Now: func() time.Time { return at }, Lineages: []migrate.Lineage{{Revisions: line()}}}
	for _, c := range []struct {
		layout autogen.Layout
		doc    string
		file   string
		source string // a part of it
		fails  string
	}{
		{autogen.Layout{}, "Add Größe, quickly", "n1_add_gr_e_quickly.go", "// Revn1 is a revision: Add Größe, quickly.", ""},
		{autogen.Layout{File: "{year}{month}{day}_{hour}{minute}{second}_{rev}"}, "x", "20260309_230507_n1.go", "", ""},
		{autogen.Layout{File: "{epoch}-{rev}-{slug}"}, "a b", "1773097507-n1-a_b.go", "", ""},
		{autogen.Layout{File: "{year}{month}{day}_{rev}", Zone: time.FixedZone("east", 3600)}, "x", "20260310_n1.go", "", ""},
		{autogen.Layout{File: "{slug}_{rev}"}, "…", "n1.go", "", ""},
		{autogen.Layout{File: "{rev}_{slug}"}, "only for windows", "n1_only_for_windows_rev.go", "", ""},
		{autogen.Layout{Slug: 10}, "one two three", "n1_one_two.go", "", ""},
		{autogen.Layout{Slug: 200}, strings.Repeat("word ", 30), "n1_" + strings.TrimSuffix(strings.Repeat("word_", 30), "_") + ".go", "", ""},
		{autogen.Layout{File: "{slug}"}, "x", "", "", "{rev}"},
		{autogen.Layout{File: "sub/{rev}"}, "x", "", "", "sub/{rev}"},
		{autogen.Layout{File: "{rev}_{week}"}, "x", "", "", "{week}"},
		{autogen.Layout{Template: autogen.DefaultTemplate + "\n// by {{.Data.author}} on {{.Created.Format \"2006-01-02\"}}\n", Data: map[string]any{"author": "Ada"}}, "two\nlines", "n1_two.go", "// by Ada on 2026-03-09", ""},
		{autogen.Layout{Template: "package {{.Package}}\n{{.Nothing}}"}, "x", "", "", "Nothing"},
		{autogen.Layout{Template: "package {{.Package}}\nfunc {"}, "x", "", "", "template"},
		{autogen.Layout{Template: "{{"}, "x", "", "", "template"},
		{autogen.Layout{Package: "my-package"}, "x", "", "", "my-package"},
	} {
		g, err := generator(t, o, c.layout).Empty(autogen.Draft{ID: "n1", Doc: c.doc})
		switch {
		case c.fails != "":
			if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%+v: %v", c.layout, err)
			}
		case err != nil:
			t.Errorf("%+v: %v", c.layout, err)
		case g.File != c.file || !strings.Contains(string(g.Source), c.source):
			t.Errorf("%+v: %s\n%s", c.layout, g.File, g.Source)
		}
	}
}

// TestRender: the program's own words for an operation.
func TestRender(t *testing.T) {
	eng := enginetest.Open(t, testdb.New(t, testdb.SQLite).URL, engine.Options{})
	upgrade(t, runner(t, eng, line()...), "head")
	l := withTables(func(users, posts *schema.Table) { users.Text("bio").Null(); users.Text("more").Null() })
	l.Render = func(o op.Op) (string, []string, bool) {
		if a, ok := o.(op.AddColumn); ok && a.Column.Name == "bio" {
			return "words.Add(ops, " + fmt.Sprintf("%q", a.Table) + ")", []string{"example.com/words"}, true
		}
		return "", nil, false
	}
	g, err := generator(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}}, autogen.Layout{}).
		Autogenerate(t.Context(), autogen.Draft{}, autogen.Renames{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\t\"example.com/words\"\n", `words.Add(ops, "users")`,
		`ops.AddColumn("users", op.Text("more").Null())`, `ops.DropColumn("users", "bio")`} {
		if !strings.Contains(string(g.Source), want) {
			t.Errorf("%q is not in\n%s", want, g.Source)
		}
	}
}

// TestSchemas runs one history over three schemas, or databases, of a server:
// each is by itself, and none sees the others' tables.
func TestSchemas(t *testing.T) {
	eachTenants(t, func(t *testing.T, open func(name string) *engine.Engine) {
		l := withTables(nil)
		for _, name := range []string{"tenant_a", "tenant b", "Tenant\"ü"} {
			eng := open(name)
			r := runnerWith(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}})
			if got := rows(t, r); len(got) != 0 {
				t.Errorf("%s is at %v before it is touched", name, got)
			}
			upgrade(t, r, "head")
			if name == "tenant b" {
				downgrade(t, r, "-1")
			}
		}
		for name, want := range map[string]string{"tenant_a": "ba3333333333", "tenant b": "ab2222222222",
			"Tenant\"ü": "ba3333333333"} {
			eng := open(name)
			r := runnerWith(t, migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}})
			if got := rows(t, r); !slices.Equal(got, []string{want}) {
				t.Errorf("%s is at %v", name, got)
			}
			f, err := r.Check(t.Context())
			if err != nil || f.OK() != (want == "ba3333333333") || len(f.Differences) > 0 {
				t.Errorf("%s: %+v %v", name, f, err)
			}
			own := slices.DeleteFunc(tables(t, eng), func(n string) bool { return strings.HasPrefix(n, "larder_") })
			if want := []string{"alembic_version", "posts", "users"}; !slices.Equal(own, want) {
				t.Errorf("%s has the tables %v", name, own)
			}
		}
	})
}

// eachTenants runs fn per engine with a function that opens a tenant: a schema
// where a database has several, else a database.
func eachTenants(t *testing.T, fn func(t *testing.T, open func(name string) *engine.Engine)) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		urls := map[string]string{}
		fn(t, func(name string) *engine.Engine {
			o := engine.Options{}
			_, known := urls[name]
			switch {
			case known:
			case db.Engine == testdb.PostgreSQL:
				urls[name] = db.URL
				eng := enginetest.Open(t, db.URL, engine.Options{})
				execute(t, eng, "CREATE SCHEMA "+quoted(t, eng, name))
			default:
				urls[name] = testdb.New(t, db.Engine).URL
			}
			if db.Engine == testdb.PostgreSQL {
				o.Schema = name
			}
			return enginetest.Open(t, urls[name], o)
		})
	})
}

func quoted(t testing.TB, eng *engine.Engine, name string) string {
	t.Helper()
	b, err := eng.Dialect().AppendIdent(nil, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
