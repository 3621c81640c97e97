package migrations_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/schema"
)

// Databases are not all alike: columns stand in another order, constraints
// have other names or none, a unique index stands in for a constraint or for
// the primary key of an old table, columns allow NULL. With the same rows they
// come to the same rows, from each of the revisions, and back.
func TestTablesThatLookOtherwise(t *testing.T) {
	order := ids()
	for _, e := range testdb.Engines() {
		for n := 1; n < len(order); n++ {
			switch {
			case e == testdb.SQLite && skipped(n-2), e == testdb.PostgreSQL && (n%5 != 0 || !everyFixture && n != 30):
				continue
			case e != testdb.SQLite && e != testdb.PostgreSQL && (!everyFixture || n%20 != 10):
				continue
			}
			t.Run(e+"/"+order[n-1], func(t *testing.T) {
				t.Parallel()
				rnd := rand.New(rand.NewPCG(uint64(n), 44))
				plain := enginetest.Open(t, databaseBefore(t, e, n), engine.Options{})
				emptyRows(t, plain)
				other := enginetest.Open(t, testdb.New(t, e).URL, engine.Options{})
				likeButOtherwise(t, plain, other, n < 44, rnd)
				if _, err := runner(t, other, migrations.Options{}, nil).EnsureVersion(t.Context()); err != nil {
					t.Fatal(err)
				}
				run(t, other, "INSERT INTO {alembic_version} ({version_num}) VALUES (?)", order[n-1])
				copyRows(t, plain, other)
				before := content(t, plain, false)
				sameContent(t, "copied", before, content(t, other, false), nil)
				for _, x := range check(t, other).Partial {
					t.Errorf("%s", x)
				}
				upgrade(t, plain, "head")
				upgrade(t, other, "head")
				sameColumns(t, live(t, plain), live(t, other))
				sameContent(t, "at the head", content(t, plain, true), content(t, other, true), nil)
				if everyFixture {
					downgrade(t, plain, order[n-1])
					downgrade(t, other, order[n-1])
					sameContent(t, "back again", content(t, plain, true), content(t, other, true), nil)
				}
			})
		}
	}
}

// likeButOtherwise makes the tables of a database in another one, where they
// look otherwise and hold the same. legacy tables may be without a primary key.
func likeButOtherwise(t testing.TB, from, to *engine.Engine, legacy bool, rnd *rand.Rand) {
	t.Helper()
	oldest := []string{"auth", "chat", "chatidtag", "file", "function", "memory", "model", "tool", "user"}
	tables, _ := schema.Sorted(live(t, from))
	for _, tab := range tables {
		o := tab.Clone()
		o.Columns = slices.DeleteFunc(o.Columns, func(c *schema.Column) bool { return c.Generated != nil })
		o.Indexes = slices.DeleteFunc(o.Indexes, func(i *schema.Index) bool {
			return slices.ContainsFunc(i.Parts, func(p schema.IndexPart) bool { return p.Column != "" && o.Column(p.Column) == nil }) ||
				slices.ContainsFunc(o.ForeignKeys, func(f *schema.ForeignKey) bool { return f.Name == i.Name })
		})
		rnd.Shuffle(len(o.Columns), func(i, j int) { o.Columns[i], o.Columns[j] = o.Columns[j], o.Columns[i] })
		var key []string
		if o.PrimaryKey != nil {
			key = o.PrimaryKey.Columns
			o.PrimaryKey.Name = renamed(o.Name+"_key", rnd)
		}
		for _, c := range o.Columns {
			if !slices.Contains(key, c.Name) && c.Identity == nil && rnd.IntN(2) == 0 {
				c.Nullable = true
			}
		}
		if legacy && slices.Contains(oldest, o.Name) && rnd.IntN(2) == 0 {
			o.PrimaryKey = nil
			o.Indexes = append(o.Indexes, &schema.Index{Name: o.Name + "_id", Unique: true, Parts: []schema.IndexPart{{Column: "id"}}})
		}
		for i, u := range slices.Backward(o.Uniques) {
			switch {
			case rnd.IntN(2) == 0:
				u.Name = renamed(u.Name, rnd)
			case !slices.Equal(u.Columns, key): // of what there are two, there are names for one
				o.Uniques = slices.Delete(o.Uniques, i, i+1)
				x := &schema.Index{Name: fmt.Sprintf("%s_%s_%d", o.Name, u.Columns[0], i), Unique: true}
				for _, c := range u.Columns {
					x.Parts = append(x.Parts, schema.IndexPart{Column: c})
				}
				o.Indexes = append(o.Indexes, x)
			}
		}
		for _, f := range o.ForeignKeys {
			f.Name = renamed(f.Name, rnd)
		}
		if !change(t, to, op.CreateTable{Table: o}) {
			t.Fatalf("%s could not be made", o.Name)
		}
	}
}

// renamed is another name, or none.
func renamed(name string, rnd *rand.Rand) string {
	if name == "" || rnd.IntN(2) == 0 {
		return ""
	}
	return "old_" + name
}

// emptyRows puts a row into each table that has no more than it must.
func emptyRows(t testing.TB, eng *engine.Engine) {
	t.Helper()
	tables, _ := schema.Sorted(live(t, eng))
	for _, tab := range tables {
		var columns, marks []string
		var args []any
		for _, c := range tab.Columns {
			key := tab.PrimaryKey != nil && slices.Contains(tab.PrimaryKey.Columns, c.Name)
			refers := slices.ContainsFunc(tab.ForeignKeys, func(f *schema.ForeignKey) bool { return slices.Contains(f.Columns, c.Name) })
			someone := tab.Name == "channel_member" && c.Name == "user_id" // a user, or later an app
			if c.Nullable && !key && !refers && !someone || c.Default != nil || c.Generated != nil {
				continue
			}
			var v any
			switch c.Type.Kind {
			case schema.String, schema.Text:
				if v = ""; key || refers {
					v = "empty"
				}
				if tab.Name == "chat_message" && c.Name == "id" {
					v = "empty-message"
				}
			case schema.JSON:
				v = "{}"
			case schema.Boolean:
				v = false
			default:
				if v = 0; key {
					v = 1000 // behind the others
				}
			}
			columns, marks, args = append(columns, "{"+c.Name+"}"), append(marks, "?"), append(args, v)
		}
		run(t, eng, fmt.Sprintf("INSERT INTO {%s} (%s) VALUES (%s)", tab.Name, strings.Join(columns, ", "), strings.Join(marks, ", ")), args...)
	}
}

// sameColumns compares names and kinds of columns.
func sameColumns(t testing.TB, want, got []*schema.Table) {
	t.Helper()
	columns := func(tables []*schema.Table) (out []string) {
		for _, tab := range tables {
			for _, c := range tab.Columns {
				if c.Generated == nil {
					out = append(out, tab.Name+"."+c.Name+" "+string(c.Type.Kind))
				}
			}
		}
		slices.Sort(out)
		return out
	}
	for _, c := range minus(columns(want), columns(got)) {
		t.Errorf("there is no %s", c)
	}
	for _, c := range minus(columns(got), columns(want)) {
		t.Errorf("there is a %s", c)
	}
}
