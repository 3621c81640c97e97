package drivertest

import (
	"maps"
	"slices"
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
	ctx := t.Context()
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
	conn, err := s.db.Writer.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	if a.Extras, err = s.db.DDL.Extras(ctx, conn, driver.InspectOptions{}, from.Name); err != nil {
		t.Fatal(err)
	}
	script, err := s.db.DDL.Change(a)
	if err != nil {
		t.Fatalf("%s: %v", from.Name, err)
	}
	last := ""
	err = driver.RunScript(ctx, conn, script, driver.RunOptions{
		Begin:         s.db.Begin,
		Transactional: s.db.Dialect.Has(schema.TransactionalDDL),
		Each:          func(_ int, st driver.ScriptStatement) error { last = st.SQL; return nil },
	})
	if err != nil {
		t.Fatalf("%s: %v\nat %s", from.Name, err, last)
	}
}
