package fresh_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/engine/mysql"
	"github.com/larder-db/larder/engine/postgres"
	"github.com/larder-db/larder/engine/sqlite"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/schema"
)

// mutation is a table that differs in one thing from the one that is declared.
type mutation struct {
	what  string
	table *schema.Table
}

// mutations makes every change of one thing that can be made to a table in
// normal form and leaves one that can be created.
func mutations(t *schema.Table, has func(schema.Feature) bool) []mutation {
	var out []mutation
	add := func(what string, change func(t *schema.Table)) {
		c := t.Clone()
		change(c)
		out = append(out, mutation{t.Name + ": " + what, c})
	}
	used := usedColumns(t)
	spare := func(not []string) string {
		for _, c := range t.Columns {
			if !slices.Contains(not, c.Name) && (c.Type.Kind == schema.BigInt || c.Type.Kind == schema.Boolean) &&
				c.Generated == nil {
				return c.Name
			}
		}
		return ""
	}
	inKey := func(name string) bool { return t.PrimaryKey != nil && slices.Contains(t.PrimaryKey.Columns, name) }
	named := has(schema.ConstraintNames)

	add("add column", func(t *schema.Table) {
		t.Columns = append(t.Columns, &schema.Column{Name: "added", Type: schema.Type{Kind: schema.BigInt}, Nullable: true})
	})
	for i, c := range t.Columns {
		if c.Generated != nil {
			continue
		}
		if !used[c.Name] {
			add("drop column "+c.Name, func(t *schema.Table) { t.Columns = slices.Delete(t.Columns, i, i+1) })
			add("rename column "+c.Name, func(t *schema.Table) { t.Columns[i].Name = c.Name + "x" })
			if c.Default == nil && c.Identity == nil {
				add("type of "+c.Name, func(t *schema.Table) {
					k := schema.Text
					if c.Type.Kind == schema.Text {
						k = schema.BigInt
					}
					t.Columns[i].Type = schema.Type{Kind: k}
				})
				add("near type of "+c.Name, func(t *schema.Table) {
					t.Columns[i].Type = schema.Type{Kind: near[c.Type.Kind], Length: 77 * b2i(near[c.Type.Kind] == schema.String)}
				})
			}
		}
		if c.Identity == nil && (!inKey(c.Name) || has(schema.NullableKey)) {
			add("nullable "+c.Name, func(t *schema.Table) { t.Columns[i].Nullable = !c.Nullable })
		}
		switch {
		case c.Identity != nil:
		case c.Default == nil && !used[c.Name]:
			add("add default to "+c.Name, func(t *schema.Table) { t.Columns[i].Default = aDefault(c.Type) })
		case c.Default != nil:
			add("drop default of "+c.Name, func(t *schema.Table) { t.Columns[i].Default = nil })
			if c.Default.Expr == "" {
				add("change default of "+c.Name, func(t *schema.Table) { t.Columns[i].Default = aDefault(c.Type) })
			}
		}
	}
	if pk := t.PrimaryKey; pk != nil && !refersToItself(t) {
		add("drop primary key", func(t *schema.Table) {
			t.PrimaryKey = nil
			for _, c := range t.Columns {
				c.Identity = nil
			}
		})
		if s := spare(pk.Columns); s != "" && t.Column(pk.Columns[0]).Identity == nil {
			add("wider primary key", func(t *schema.Table) { t.PrimaryKey.Columns = append(t.PrimaryKey.Columns, s) })
		}
		if len(pk.Columns) > 1 {
			add("narrower primary key", func(t *schema.Table) { t.PrimaryKey.Columns = t.PrimaryKey.Columns[:1] })
			add("turned primary key", func(t *schema.Table) { slices.Reverse(t.PrimaryKey.Columns) })
		}
		if named && pk.Name != "" {
			add("name of primary key", func(t *schema.Table) { t.PrimaryKey.Name += "x" })
		}
	}
	for i, u := range t.Uniques {
		add("drop "+u.String(), func(t *schema.Table) { t.Uniques = slices.Delete(t.Uniques, i, i+1) })
		if s := spare(u.Columns); s != "" {
			add("wider "+u.String(), func(t *schema.Table) { t.Uniques[i].Columns = append(t.Uniques[i].Columns, s) })
		}
		if len(u.Columns) > 1 {
			add("narrower "+u.String(), func(t *schema.Table) { t.Uniques[i].Columns = u.Columns[1:] })
		}
		if u.Name != "" {
			add("name of "+u.String(), func(t *schema.Table) { t.Uniques[i].Name += "x" })
		}
	}
	if s := spare(nil); s != "" {
		add("add unique", func(t *schema.Table) { t.Unique("added_unique", s) })
		add("add check", func(t *schema.Table) { t.Check("added_check", schema.Expr("{"+s+"} IS NOT NULL")) })
		add("add index", func(t *schema.Table) { t.Index("added_index", s) })
	}
	for i, f := range t.ForeignKeys {
		add("drop "+f.String(), func(t *schema.Table) { t.ForeignKeys = slices.Delete(t.ForeignKeys, i, i+1) })
		add("on delete of "+f.String(), func(t *schema.Table) { t.ForeignKeys[i].OnDelete = schema.NoAction })
		add("on update of "+f.String(), func(t *schema.Table) { t.ForeignKeys[i].OnUpdate = schema.Cascade })
		if f.Name != "" {
			add("name of "+f.String(), func(t *schema.Table) { t.ForeignKeys[i].Name += "x" })
		}
	}
	for i, k := range t.Checks {
		add("drop "+k.String(), func(t *schema.Table) { t.Checks = slices.Delete(t.Checks, i, i+1) })
		add("expression of "+k.String(), func(t *schema.Table) { t.Checks[i].Expr = "(" + k.Expr + ") OR 1 = 2" })
		if k.Name != "" {
			add("name of "+k.String(), func(t *schema.Table) { t.Checks[i].Name += "x" })
		}
	}
	for i, x := range t.Indexes {
		serves := slices.ContainsFunc(t.ForeignKeys,
			func(f *schema.ForeignKey) bool { return len(x.Parts) > 0 && x.Parts[0].Column == f.Columns[0] })
		if !serves || has(schema.PartialIndex) {
			add("drop "+x.String(), func(t *schema.Table) { t.Indexes = slices.Delete(t.Indexes, i, i+1) })
			add("direction of "+x.String(), func(t *schema.Table) { t.Indexes[i].Parts[0].Desc = !x.Parts[0].Desc })
			if len(x.Parts) > 1 {
				add("narrower "+x.String(), func(t *schema.Table) { t.Indexes[i].Parts = x.Parts[1:] })
				add("turned "+x.String(), func(t *schema.Table) { slices.Reverse(t.Indexes[i].Parts) })
			}
		}
		add("name of "+x.String(), func(t *schema.Table) { t.Indexes[i].Name += "x" })
		add("uniqueness of "+x.String(), func(t *schema.Table) { t.Indexes[i].Unique = !x.Unique })
		if has(schema.PartialIndex) {
			where := schema.Expr("")
			if x.Where == "" {
				where = schema.Expr("{" + t.Columns[0].Name + "} IS NOT NULL")
			}
			add("predicate of "+x.String(), func(t *schema.Table) { t.Indexes[i].Where = where })
		}
		if e := string(x.Parts[0].Expr); strings.HasPrefix(e, "lower(") {
			add("expression of "+x.String(),
				func(t *schema.Table) { t.Indexes[i].Parts[0].Expr = schema.Expr("upper(" + e[len("lower("):]) })
		}
	}
	return out
}

// near is a kind that is easily taken for another.
var near = map[schema.Kind]schema.Kind{
	schema.String: schema.String, schema.Text: schema.String, schema.BigInt: schema.Integer, schema.Integer: schema.SmallInt,
	schema.Boolean: schema.SmallInt, schema.JSON: schema.JSONB, schema.Date: schema.DateTime, schema.DateTime: schema.Date,
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func aDefault(ty schema.Type) *schema.Default {
	switch ty.Kind {
	case schema.BigInt, schema.Integer:
		return &schema.Default{Value: int64(41)}
	case schema.Boolean:
		return &schema.Default{Value: false}
	case schema.Date, schema.DateTime:
		return &schema.Default{Value: "2024-02-29"}
	case schema.JSON:
		return &schema.Default{Value: `["x"]`}
	}
	return &schema.Default{Value: "it's"}
}

func usedColumns(t *schema.Table) map[string]bool {
	used := map[string]bool{}
	add := func(cols ...string) {
		for _, c := range cols {
			used[c] = true
		}
	}
	text := ""
	if t.PrimaryKey != nil {
		add(t.PrimaryKey.Columns...)
	}
	for _, u := range t.Uniques {
		add(u.Columns...)
	}
	for _, f := range t.ForeignKeys {
		add(f.Columns...)
	}
	for _, k := range t.Checks {
		text += string(k.Expr)
	}
	for _, i := range t.Indexes {
		text += string(i.Where)
		for _, p := range i.Parts {
			add(p.Column)
			text += string(p.Expr)
		}
	}
	for _, c := range t.Columns {
		if c.Generated != nil {
			text += string(c.Generated.Expr)
		}
	}
	for _, c := range t.Columns {
		if strings.Contains(text, "{"+c.Name+"}") {
			add(c.Name)
		}
	}
	return used
}

func refersToItself(t *schema.Table) bool {
	return slices.ContainsFunc(t.ForeignKeys, func(f *schema.ForeignKey) bool { return f.RefTable == t.Name })
}

// Every change of one thing is seen: by the comparison of declarations, by the
// comparison with a live database that has the change, and, where there is a
// dump to compare with, by the reading of the catalog.
func TestEveryAlterationIsSeen(t *testing.T) {
	inspectors := map[string]driver.Inspector{
		testdb.SQLite: sqlite.NewInspector(), testdb.PostgreSQL: postgres.NewInspector(),
		testdb.MySQL: mysql.NewInspector(mysql.MySQL{}), testdb.MariaDB: mysql.NewInspector(mysql.MariaDB{}),
	}
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		eng := enginetest.Open(t, db.URL, engine.Options{})
		has := eng.Dialect().Has
		// All of them where that takes no time, else some of every kind.
		every, turn, seen := 1, 0, 0
		switch {
		case !has(schema.TransactionalDDL):
			every = 17
		case has(driver.ServerProcess):
			every = 5
		}
		all := normal(t, eng, everything())
		for _, declared := range all {
			m := mutations(declared, has)
			// A type that the engine does not tell from another is no alteration.
			live := slices.DeleteFunc(slices.Clone(m), func(c mutation) bool {
				return len(schema.Diff([]*schema.Table{declared}, normal(t, eng, []*schema.Table{c.table}))) == 0
			})
			if same := len(m) - len(live); same > len(m)/10 {
				t.Errorf("%s: %d of %d alterations do not alter the normal form", declared.Name, same, len(m))
			}
			live = slices.DeleteFunc(live, func(mutation) bool { turn++; return turn%every != 0 })
			seen += aliveWith(t, eng, inspectors[db.Engine], db.Engine, all, declared, live)
		}
		t.Logf("%d alterations of a live database", seen)
		if seen < 100 {
			t.Errorf("only %d alterations were tried", seen)
		}
	})
}

// aliveWith creates each altered table, compares, and puts it away again.
func aliveWith(t *testing.T, eng *engine.Engine, in driver.Inspector, engineName string, all []*schema.Table,
	declared *schema.Table, changed []mutation) int {
	t.Helper()
	referred := reach(all, declared)
	transactional := eng.Dialect().Has(schema.TransactionalDDL)
	only := driver.InspectOptions{Tables: func(name string) bool { return name == declared.Name }}
	err := eng.OnWriter(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		run := func(statements ...string) error {
			for _, s := range statements {
				if _, err := conn.ExecContext(ctx, s); err != nil {
					return err
				}
			}
			return nil
		}
		ddl := func(ts ...*schema.Table) ([]string, error) {
			s, err := eng.DDL().CreateTables(ts...)
			return eng.DDL().Batch(s), err
		}
		if len(referred) > 0 {
			s, err := ddl(referred...)
			if err == nil {
				err = run(s...)
			}
			if err != nil {
				return err
			}
		}
		begin, end := "BEGIN", "ROLLBACK"
		drop := "DROP TABLE " + quoted(eng, declared.Name)
		if !transactional {
			begin, end = "SELECT 1", drop
		}
		around := func(tab *schema.Table, look func() error) error {
			s, err := ddl(tab)
			if err != nil {
				return err
			}
			if err := run(append([]string{begin}, s...)...); err != nil {
				if transactional {
					_ = run(end)
				}
				return err
			}
			if err := look(); err != nil {
				return err
			}
			return run(end)
		}
		var before []string
		if catalogQueries[engineName] != nil {
			err := around(declared, func() (err error) { before, err = catalog(ctx, conn, engineName); return err })
			if err != nil {
				return err
			}
		}
		for _, c := range changed {
			err := around(c.table, func() error {
				live, err := in.Inspect(ctx, conn, only)
				if err != nil {
					return err
				}
				if len(schema.Diff([]*schema.Table{declared}, live)) == 0 {
					t.Errorf("%s: not seen", c.what)
				}
				for _, d := range schema.Diff(normal(t, eng, []*schema.Table{c.table}), live) {
					t.Errorf("%s: the live table differs from what was created: %s", c.what, d)
				}
				if before != nil {
					after, err := catalog(ctx, conn, engineName)
					if err != nil {
						return err
					}
					if slices.Equal(before, after) {
						t.Errorf("%s: not seen in the catalog", c.what)
					}
				}
				return nil
			})
			if err != nil {
				t.Errorf("%s: %v", c.what, err)
			}
		}
		sorted, _ := schema.Sorted(referred)
		for _, r := range slices.Backward(sorted) {
			if err := run("DROP TABLE " + quoted(eng, r.Name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", declared.Name, err)
	}
	return len(changed)
}

// reach returns the tables that t refers to, and those that they refer to.
func reach(all []*schema.Table, t *schema.Table) []*schema.Table {
	var out []*schema.Table
	var visit func(x *schema.Table)
	visit = func(x *schema.Table) {
		for _, f := range x.ForeignKeys {
			for _, r := range all {
				if r.Name == f.RefTable && r != t && !slices.Contains(out, r) {
					out = append(out, r)
					visit(r)
				}
			}
		}
	}
	visit(t)
	return out
}

func quoted(eng *engine.Engine, name string) string {
	b, err := eng.Dialect().AppendIdent(nil, name)
	if err != nil {
		return name
	}
	return string(b)
}
