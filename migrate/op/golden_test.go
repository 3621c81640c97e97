package op_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine/mysql"
	"github.com/larder-db/larder/engine/postgres"
	"github.com/larder-db/larder/engine/sqlite"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

var update = flag.Bool("update", false, "write the golden files and docs/migrations-engines.md")

// offline are the engines without a connection.
var offline = []struct {
	name, title string
	ddl         driver.DDL
}{
	{"sqlite", "SQLite", sqlite.NewDDL()},
	{"postgresql", "PostgreSQL", postgres.NewDDL()},
	{"mysql", "MySQL", mysql.NewDDL(mysql.MySQL{})},
	{"mariadb", "MariaDB", mysql.NewDDL(mysql.MariaDB{})},
}

// scripts compiles a change without a database.
func scripts(t *testing.T, ddl driver.DDL, c pair) []driver.Script {
	t.Helper()
	s, err := op.NewState(ddl, c.before...)
	if err != nil {
		t.Fatal(err)
	}
	var after []*schema.Table
	for _, tb := range c.after {
		n, err := ddl.Normalize(tb)
		if err != nil {
			t.Fatal(err)
		}
		after = append(after, n)
	}
	var out []driver.Script
	for _, o := range op.Group(op.FromChanges(schema.Diff(s.Tables(), after))) {
		steps, err := op.Compile(o, s, op.Target{DDL: ddl})
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range steps {
			if !st.Script.Empty() {
				out = append(out, st.Script)
			}
		}
	}
	return out
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is out of date; look at what changed and run the test with -update", file)
	}
}

// TestGoldenScripts keeps the text of every change on every engine in view.
func TestGoldenScripts(t *testing.T) {
	cases := autogenCases()
	for _, e := range offline {
		t.Run(e.name, func(t *testing.T) {
			var b strings.Builder
			for _, name := range autogenNames(t) {
				fmt.Fprintf(&b, "==== %s\n", name)
				for _, s := range scripts(t, e.ddl, cases[name]) {
					for _, x := range s.Before {
						fmt.Fprintf(&b, "%s; -- ahead of the transaction\n", x)
					}
					for _, x := range s.Expect {
						fmt.Fprintf(&b, "-- expect: %s\n", x.Query)
					}
					for _, x := range s.Statements {
						fmt.Fprintf(&b, "-- %s (%s)\n%s;\n", x.Comment, x.Lock, x.SQL)
						if x.Probe != "" {
							fmt.Fprintf(&b, "-- probe: %s\n", x.Probe)
						}
					}
					for _, x := range s.Verify {
						fmt.Fprintf(&b, "-- verify: %s\n", x.Query)
					}
					for _, x := range s.After {
						fmt.Fprintf(&b, "%s; -- in the end\n", x)
					}
				}
			}
			compare(t, "testdata/changes."+e.name+".sql", b.String())
		})
	}
}

// cost is what a change costs on an engine, for operators.
func cost(ss []driver.Script) string {
	order := []driver.Lock{driver.NoLock, driver.BriefLock, driver.DataLock, driver.WritersWait, driver.AllWait,
		driver.Copy, driver.Rewrite, driver.RewriteWrite}
	heaviest := driver.NoLock
	for _, s := range ss {
		for _, st := range s.Statements {
			if slices.Index(order, st.Lock) > slices.Index(order, heaviest) {
				heaviest = st.Lock
			}
		}
		if len(s.After) > 0 { // what was switched off comes back
			return "rebuilds the table; writers of the whole database wait"
		}
	}
	return string(heaviest)
}

// TestEnginesPage keeps docs/migrations-engines.md true.
func TestEnginesPage(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# What a change of the schema costs on each engine

Made by the tests of migrate/op; do not edit. Each of these changes is found by a comparison, made, found to be made, and undone, on
each engine; the revision that is generated for it on one engine does the same on all of them. "Nothing is found" is right there: the
database is what was declared. "No difference" says that the engine has no such thing, so that there is nothing to do and nothing to find.

| change | SQLite | PostgreSQL | MySQL | MariaDB |
| --- | --- | --- | --- | --- |
`)
	cases := autogenCases()
	for _, name := range autogenNames(t) {
		fmt.Fprintf(&b, "| %s |", name)
		for _, e := range offline {
			ss := scripts(t, e.ddl, cases[name])
			why := autogenNothing[name][e.name]
			switch {
			case always(name):
				if len(ss) > 0 {
					t.Errorf("%s makes a difference on %s", name, e.title)
				}
				b.WriteString(" nothing is found |")
			case len(ss) == 0 && why == "":
				t.Errorf("%s makes no difference on %s and nothing says why", name, e.title)
			case len(ss) > 0 && why != "":
				t.Errorf("%s makes a difference on %s", name, e.title)
			case len(ss) == 0:
				fmt.Fprintf(&b, " no difference: %s |", why)
			default:
				fmt.Fprintf(&b, " %s |", cost(ss))
			}
		}
		b.WriteString("\n")
	}
	b.WriteString(`
The order of columns is not compared, and a rename is a drop and an add until somebody says that it is a rename.

## What is refused, and what is said

| change | engine | message |
| --- | --- | --- |
`)
	for _, r := range refusals() {
		for _, e := range offline {
			if !slices.Contains(r.engines, e.name) {
				continue
			}
			s, err := op.NewState(e.ddl, r.tables...)
			if err != nil {
				t.Fatal(err)
			}
			ops, err := op.Record(r.ops)
			if err != nil {
				t.Fatal(err)
			}
			err = func() error {
				for _, o := range op.Group(ops) {
					if _, err := op.Compile(o, s, op.Target{DDL: e.ddl}); err != nil {
						return err
					}
				}
				return errors.New("nothing")
			}()
			msg := err.Error()
			if i := strings.LastIndex(msg, ": "); i >= 0 {
				msg = msg[i+2:]
			}
			if !strings.Contains(msg, r.want) {
				t.Errorf("%s on %s: %v", r.what, e.title, err)
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", r.what, e.title, strings.TrimSuffix(msg, " ("+e.name+")"))
		}
	}
	b.WriteString(`
Besides, on SQLite a rebuild is rolled back when a view or trigger that worked would not work any more, and when rows would refer to
rows that do not exist; on every engine a change of type is refused when a value has no place in the new type; and a column that is
NOT NULL and has neither a default nor a Fill is not added to a table with rows. Nothing is changed by a change that is refused.
`)
	compare(t, "../../docs/migrations-engines.md", b.String())
}

type refusal struct {
	what    string
	engines []string
	tables  []*schema.Table
	ops     func(ops *op.Ops)
	want    string
}

func refusals() []refusal {
	all := []string{"sqlite", "postgresql", "mysql", "mariadb"}
	my := []string{"mysql", "mariadb"}
	ts := rich()
	shared := schema.Define("other")
	shared.Integer("id").PrimaryKey()
	mood := schema.Type{Kind: schema.Enum, Name: "mood", Values: []string{"a", "b"}}
	shared.Typed("m", mood).Null()
	user := schema.Define("t")
	user.Integer("id").PrimaryKey()
	user.Typed("m", mood).Null()
	user.Text("long").Null()
	user.BigInt("made").Null()
	user.Integer("twice").Null().Generated("{made} * 2", true)
	return []refusal{
		{"a type that values cannot be brought into", all, ts, func(ops *op.Ops) { ops.AlterColumn("t", "doc").Type(schema.Type{Kind: schema.Date}) }, "Using"},
		{"a column of the primary key is dropped", []string{"sqlite"}, ts, func(ops *op.Ops) { ops.DropColumn("t", "id") }, "give the table another key first"},
		{"the base of a generated column is dropped", []string{"sqlite"}, ts, func(ops *op.Ops) { ops.DropColumn("t", "n") }, "drop it first"},
		{"an enum value is taken away that other columns may have", []string{"postgresql"}, []*schema.Table{user, shared},
			func(ops *op.Ops) {
				ops.AlterColumn("t", "m").Type(schema.Type{Kind: schema.Enum, Name: "mood", Values: []string{"a"}})
			}, "types of their own"},
		{"text without a limit is indexed", my, []*schema.Table{user}, func(ops *op.Ops) { ops.CreateIndex("t", &schema.Index{Parts: []schema.IndexPart{{Column: "long"}}}) }, "Key(n)"},
		{"values are computed anew in a column that another is generated from", my, []*schema.Table{user},
			func(ops *op.Ops) { ops.AlterColumn("t", "made").Type(schema.Type{Kind: schema.DateTime}) },
			"drop it, change the column, add it again"},
	}
}

// TestScriptPutsBack: the settings of the connection are put back also when
// the caller gives up in the middle.
func TestScriptPutsBack(t *testing.T) {
	eng := sqliteWith(t, fixture("WHERE", true))
	before := dump(t, eng)
	s := state(t, eng)
	ctx, cancel := context.WithCancel(t.Context())
	err := eng.OnWriter(t.Context(), func(_ context.Context, conn *sql.Conn) error {
		steps, err := op.Compile(notNull(t)[0], s, op.Target{Dialect: eng.Dialect(), DDL: eng.DDL(), Extras: func(table string) (driver.Extras, error) {
			return eng.DDL().Extras(t.Context(), conn, driver.InspectOptions{}, table)
		}})
		if err != nil {
			return err
		}
		return driver.RunScript(ctx, conn, steps[0].Script, driver.RunOptions{Transactional: true, Each: func(n int, _ driver.ScriptStatement) error {
			if n == 5 {
				cancel()
			}
			return nil
		}})
	})
	if err == nil {
		t.Fatal("no error")
	}
	if got := value(t, eng, `SELECT foreign_keys || ' ' || legacy_alter_table FROM pragma_foreign_keys, pragma_legacy_alter_table`); got != "1 0" {
		t.Errorf("settings: %s", got)
	}
	if after := dump(t, eng); after != before {
		t.Errorf("changed:\n%s", after)
	}
}
