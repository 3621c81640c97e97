package tables_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables"
)

func TestTablesAreInOrder(t *testing.T) {
	all := tables.All()
	if len(all) != 47 {
		t.Errorf("%d tables, want 47", len(all))
	}
	seen := map[string]bool{}
	for _, tab := range all {
		if err := tab.Validate(); err != nil {
			t.Error(err)
		}
		if seen[tab.Name] {
			t.Errorf("table %s is declared twice", tab.Name)
		}
		seen[tab.Name] = true
		for _, f := range tab.ForeignKeys {
			if !seen[f.RefTable] {
				t.Errorf("%s stands before %s, to which it refers", tab.Name, f.RefTable)
			}
		}
		if tables.Named(tab.Name) != tab {
			t.Errorf("Named(%q) is not the table", tab.Name)
		}
		if tab.PrimaryKey == nil {
			t.Errorf("table %s has no primary key", tab.Name)
		}
	}
	if tables.Named("nothing") != nil {
		t.Error("Named finds a table that is not there")
	}
	if _, late := schema.Sorted(all); len(late) != 0 {
		t.Errorf("%d foreign keys run in a circle", len(late))
	}
}

// Every column says what it holds, and every column that is part of a key says
// how long its values may be where that matters.
func TestColumnsAreDescribed(t *testing.T) {
	for _, tab := range tables.All() {
		if tab.Doc == "" {
			t.Errorf("table %s is not described", tab.Name)
		}
		keys := map[string]bool{}
		add := func(cols ...string) {
			for _, c := range cols {
				keys[c] = true
			}
		}
		add(tab.PrimaryKey.Columns...)
		for _, u := range tab.Uniques {
			add(u.Columns...)
		}
		for _, f := range tab.ForeignKeys {
			add(f.Columns...)
		}
		for _, i := range tab.Indexes {
			for _, p := range i.Parts {
				add(p.Column)
				if strings.HasPrefix(string(p.Expr), "lower(") {
					add("email")
				}
			}
		}
		for _, c := range tab.Columns {
			if c.Doc == "" {
				t.Errorf("column %s.%s is not described", tab.Name, c.Name)
			}
			if text := c.Type.Kind == schema.String ||
				c.Type.Kind == schema.Text; text && keys[c.Name] != (c.Type.KeyLength > 0) {
				t.Errorf("column %s.%s: part of a key is %v, key length is %d", tab.Name, c.Name, keys[c.Name], c.Type.KeyLength)
			}
			if strings.HasSuffix(c.Name, "_at") && c.Type.Kind == schema.BigInt && c.Unit == "" {
				t.Errorf("column %s.%s is a time without a unit", tab.Name, c.Name)
			}
		}
	}
}

// The typed columns of a table are its columns, each under the name that
// belongs to it.
func TestTypedColumnsMatch(t *testing.T) {
	for _, v := range []any{tables.User, tables.Chat, tables.ChatMessage, tables.Config, tables.ConfigOld,
		tables.ChannelMember, tables.AccessGrant} {
		r := reflect.ValueOf(v)
		tab := r.FieldByName("Table").Interface().(*schema.Table)
		var names []string
		for i := range r.NumField() {
			if r.Type().Field(i).Name == "Table" {
				continue
			}
			names = append(names, r.Field(i).MethodByName("Name").Call(nil)[0].String())
			want := strings.ToLower(strings.ReplaceAll(names[len(names)-1], "_", ""))
			if got := strings.ToLower(r.Type().Field(i).Name); got != want {
				t.Errorf("%s.%s is the column %s", r.Type().Name(), r.Type().Field(i).Name, names[len(names)-1])
			}
		}
		var want []string
		for _, c := range tab.Columns {
			want = append(want, c.Name)
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s has the typed columns %v, want %v", tab.Name, names, want)
		}
	}
}
