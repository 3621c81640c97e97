package drivertest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Alter checks that an engine changes tables: every table of the suite is made
// with its primary key alone, grows all that it has in one change, and loses
// it again. The tables that it makes are dropped.
func Alter(t *testing.T, db *driver.Database) {
	t.Helper()
	s := schemaSuite{db: db}
	z := zoo()
	for _, name := range slices.Sorted(maps.Keys(z)) {
		t.Run(name, func(t *testing.T) { s.alter(t, z[name]) })
	}
}

// bare is the table with its primary key alone, or its first column.
func bare(t *schema.Table) *schema.Table {
	b := &schema.Table{Name: t.Name}
	keep := []string{t.Columns[0].Name}
	if t.PrimaryKey != nil {
		b.PrimaryKey = t.Clone().PrimaryKey
		keep = t.PrimaryKey.Columns
	}
	for _, c := range t.Columns {
		if slices.Contains(keep, c.Name) {
			b.Columns = append(b.Columns, c.Clone())
		}
	}
	return b
}

func (s schemaSuite) alter(t *testing.T, tables []*schema.Table) {
	full := s.normal(t, tables...)
	var small, unlinked []*schema.Table
	for _, n := range full {
		small = append(small, s.normal(t, bare(n))...)
		u := n.Clone()
		u.ForeignKeys = nil
		unlinked = append(unlinked, s.normal(t, u)...)
	}
	if err := s.create(t.Context(), small...); err != nil {
		t.Fatal(err)
	}
	// Foreign keys come when all tables have their columns, and go first.
	path := [][]*schema.Table{small, unlinked, full, unlinked, small}
	for n := 1; n < len(path); n++ {
		for i := range full {
			s.change(t, path[n-1][i], path[n][i])
		}
		if d := schema.Diff(s.inspect(t, full...), byTableName(path[n])); len(d) > 0 {
			t.Fatalf("after step %d: %v", n, d)
		}
	}
	for i := range full {
		s.change(t, path[len(path)-1][i], nil)
	}
	if left := s.inspect(t, full...); len(left) > 0 {
		t.Errorf("%d tables are left", len(left))
	}
}

func byTableName(ts []*schema.Table) []*schema.Table {
	ts = slices.Clone(ts)
	slices.SortFunc(ts, func(a, b *schema.Table) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return ts
}

// change runs what leads from one table to the other.
func (s schemaSuite) change(t *testing.T, from, to *schema.Table) {
	t.Helper()
	a := driver.Alteration{Before: from, After: to}
	list := func(x *schema.Table) []*schema.Table {
		if x == nil {
			return nil
		}
		return []*schema.Table{x}
	}
	if a.Changes = schema.Diff(list(from), list(to)); len(a.Changes) == 0 {
		return
	}
	s.run(t, a)
}

// run makes the changes of an alteration, with what the engine wants to know
// about the live table.
func (s schemaSuite) run(t *testing.T, a driver.Alteration) {
	t.Helper()
	ctx := t.Context()
	conn, err := s.db.Writer.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	if a.Extras, err = s.db.DDL.Extras(ctx, conn, driver.InspectOptions{}, a.Before.Name); err != nil {
		t.Fatal(err)
	}
	script, err := s.db.DDL.Change(a)
	if err != nil {
		t.Fatalf("%s: %v", a.Before.Name, err)
	}
	last := ""
	err = driver.RunScript(ctx, conn, script, driver.RunOptions{
		Begin:         s.db.Begin,
		Transactional: s.db.Dialect.Has(schema.TransactionalDDL),
		Each:          func(_ int, st driver.ScriptStatement) error { last = st.SQL; return nil },
	})
	if err != nil {
		t.Fatalf("%s: %v\nat %s", a.Before.Name, err, last)
	}
}

// Read inspects one table.
func Read(t *testing.T, db *driver.Database, table string) *schema.Table {
	t.Helper()
	live := schemaSuite{db: db}.inspect(t, &schema.Table{Name: table})
	if len(live) != 1 {
		t.Fatalf("%d tables are called %s", len(live), table)
	}
	return live[0]
}

// Change makes a live table what edit makes of it: what edit does not touch
// stays, and then there is nothing left to do. It returns the table as it is.
func Change(t *testing.T, db *driver.Database, table string, edit func(t *schema.Table)) *schema.Table {
	t.Helper()
	s := schemaSuite{db: db}
	from := Read(t, db, table)
	to := from.Clone()
	edit(to)
	want := s.normal(t, to)
	s.change(t, from, want[0])
	now := Read(t, db, table)
	noChanges(t, "after the change", []*schema.Table{now}, want)
	return now
}

// RenameColumn renames a column of a live table and returns the table as it is.
func RenameColumn(t *testing.T, db *driver.Database, table, from, to string) *schema.Table {
	t.Helper()
	before := Read(t, db, table)
	after := before.Clone()
	after.Column(from).Name = to
	for _, k := range after.Checks {
		k.Expr = schema.Expr(strings.ReplaceAll(string(k.Expr), "{"+from+"}", "{"+to+"}"))
	}
	schemaSuite{db: db}.run(t,
		driver.Alteration{Before: before, After: after, Changes: []schema.Change{schema.RenameColumn{Table: before, From: from, To: to}}})
	return Read(t, db, table)
}

// CreateAgain makes a table that was read anew under another name, and checks
// that the two do not differ.
func CreateAgain(t *testing.T, db *driver.Database, table string) {
	t.Helper()
	s := schemaSuite{db: db}
	was := Read(t, db, table)
	s.drop(t, table)
	if err := s.create(t.Context(), was); err != nil {
		t.Fatal(err)
	}
	noChanges(t, "created again", []*schema.Table{was}, []*schema.Table{Read(t, db, table)})
}

// Exec runs a statement.
func Exec(t *testing.T, db *driver.Database, statements ...string) {
	t.Helper()
	for _, text := range statements {
		exec(t, db.Writer, text)
	}
}
