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

// twoWays are declarations before and after; the change is made in both directions.
type twoWays struct {
	name          string
	before, after func() []*schema.Table
}

// keyed declares a table with an integer key.
func keyed(name string) *schema.Table {
	t := schema.Define(name)
	t.Integer("id").PrimaryKey()
	return t
}

func dependencies() []twoWays {
	nothing := func() []*schema.Table { return []*schema.Table{keyed("other")} }
	circle := func(names ...string) func() []*schema.Table {
		return func() []*schema.Table {
			out := []*schema.Table{keyed("other")}
			for i, n := range names {
				t := keyed(n)
				t.Integer("next").Null().References(names[(i+1)%len(names)], "id", schema.Cascade)
				t.Integer("self").Null().References(n, "id", schema.NoAction)
				out = append(out, t)
			}
			return out
		}
	}
	// child refers to a column of parent that is a key only since then.
	withCode := func(child bool) func() []*schema.Table {
		return func() []*schema.Table {
			parent := keyed("parent")
			if !child {
				return []*schema.Table{parent}
			}
			parent.String("code", 20).Null()
			parent.Unique("uq_parent_code", "code")
			c := keyed("child")
			c.String("code", 20).Null().References("parent", "code", schema.NoAction)
			return []*schema.Table{parent, c}
		}
	}
	// family has keys of a type, and columns that refer to them, also to themselves.
	family := func(key func(t *schema.Table, name string) schema.ColumnDef) func() []*schema.Table {
		return func() []*schema.Table {
			p, c, g := schema.Define("p"), schema.Define("c"), schema.Define("g")
			key(p, "id").PrimaryKey()
			key(p, "up").Null().References("p", "id", schema.NoAction)
			key(c, "id").PrimaryKey()
			key(c, "pid").References("p", "id", schema.Cascade)
			c.Index("ix_c_pid", "pid")
			key(g, "id").PrimaryKey()
			key(g, "cid").Null().References("c", "id", schema.SetNull)
			return []*schema.Table{p, c, g}
		}
	}
	small, big := family((*schema.Table).Integer), family((*schema.Table).BigInt)
	short := family(func(t *schema.Table, name string) schema.ColumnDef { return t.String(name, 20) })
	long := family(func(t *schema.Table, name string) schema.ColumnDef { return t.String(name, 40) })
	// state is a column of an enum, with a default and a second table that want its values.
	state := func(values []string, standard string, second bool) func() []*schema.Table {
		return func() []*schema.Table {
			ty := schema.Type{Kind: schema.Enum, Name: "job_state", Values: values}
			j := keyed("job")
			j.Typed("state", ty).Default(standard)
			tables := []*schema.Table{j, keyed("log")}
			if second {
				i := j.Index("ix_job_open", "id")
				i.Where = schema.Expr("{state} = '" + strings.ReplaceAll(standard, "'", "''") + "'")
				j.Check("ck_job_state", "{state} <> 'done' OR {id} > 0")
				j.Check("ck_job_known", "{state} IN ('new', 'done', 'queued', 'it''s')")
				tables[1].Typed("state", schema.Type{Kind: schema.Enum, Name: "log_state", Values: values}).Default(standard)
			}
			return tables
		}
	}
	return []twoWays{
		{"an enum grows and its new value is used", state([]string{"new", "done"}, "new", false), state([]string{"new", "queued", "done", "it's"}, "it's", true)},
		{"keys become wider", small, big},
		{"keys become longer", short, long},
		{"two tables in a circle", nothing, circle("p", "c")},
		{"three tables in a circle", nothing, circle("b", "c", "a")},
		{"a table joins a circle", circle("b", "c"), circle("b", "a", "c")},
		{"a new table refers to a new key of an old one", withCode(false), withCode(true)},
	}
}

// TestGeneratedRevisionsRun: what is generated for a change runs on the server,
// there and back, and leaves no difference; so does what is generated for the
// change back.
func TestGeneratedRevisionsRun(t *testing.T) {
	for _, c := range dependencies() {
		for _, way := range []twoWays{c, {c.name + ", and back", c.after, c.before}} {
			t.Run(strings.ReplaceAll(way.name, " ", "_"), func(t *testing.T) {
				enginetest.Each(t, func(t *testing.T, eng *engine.Engine) { generatedRuns(t, eng, way) })
			})
		}
	}
}

func generatedRuns(t *testing.T, eng *engine.Engine, c twoWays) {
	t.Helper()
	revs := []migrate.Revision{{ID: "g1", Upgrade: func(ops *op.Ops) {
		ops.Do(op.FromChanges(schema.Diff(nil, c.before()))...)
	}}}
	upgrade(t, runner(t, eng, revs...), "head")
	l := migrate.Lineage{Revisions: revs, Tables: c.after()}
	var up []op.Op
	l.Revise = func(d *migrate.Directive) error { up = d.Upgrade; return nil }
	o := migrate.Options{Engine: eng, Lineages: []migrate.Lineage{l}}
	g, err := generator(t, o, autogen.Layout{}).Autogenerate(t.Context(), autogen.Draft{ID: "g2"}, autogen.Renames{})
	if err != nil || g == nil {
		t.Fatalf("generated %v: %v", g, err)
	}
	l.Revise = nil
	l.Revisions = append(revs,
		migrate.Revision{ID: "g2", Down: []string{"g1"}, Upgrade: func(ops *op.Ops) { ops.Do(up...) }})
	r := runner(t, eng, l.Revisions...)
	upgrade(t, r, "head")
	if f := checked(t, eng, l); !f.OK() {
		t.Errorf("left: %+v", f)
	}
	downgrade(t, r, "g1")
	upgrade(t, r, "head")
}

// A value that a revision adds to an enum can be used by the steps behind it.
func TestANewValueIsUsedAtOnce(t *testing.T) {
	mood := func(values ...string) schema.Type {
		return schema.Type{Kind: schema.Enum, Name: "mood", Values: values}
	}
	revs := func() []migrate.Revision {
		return []migrate.Revision{{ID: "g1", Upgrade: func(ops *op.Ops) {
			u := keyed("u")
			u.Typed("m", mood("good", "bad")).Default("good")
			ops.CreateTable(u)
			ops.Execute("INSERT INTO {u} ({id}) VALUES (1)").NoReverse()
		}}, {ID: "g2", Down: []string{"g1"}, Upgrade: func(ops *op.Ops) {
			ops.AlterColumn("u", "m").Type(mood("good", "so so", "bad"))
			ops.Execute("UPDATE {u} SET {m} = 'so so'").NoReverse()
		}, Irreversible: "rows have the new value"}}
	}
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		upgrade(t, runner(t, eng, revs()...), "g1")
		upgrade(t, runner(t, eng, revs()...), "head")
		if got := one[string](t, eng, "SELECT m FROM u"); got != "so so" {
			t.Errorf("the row has %q", got)
		}
	})
	// All at once, in one transaction where the engine has one around them.
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		upgrade(t, runner(t, eng, revs()...), "head")
		if got := one[string](t, eng, "SELECT m FROM u"); got != "so so" {
			t.Errorf("at once: the row has %q", got)
		}
	})
}
