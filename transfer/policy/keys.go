package policy

import (
	"slices"
	"strings"

	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
)

// keySet is a set of keys, as checksums of eight bytes.
type keySet map[uint64]struct{}

// Keys remembers the keys of tables that others refer to, so that a row whose
// parent is missing, or stayed behind, is found. It holds about 20 bytes for
// each row of such a table.
type Keys struct{ of map[string]keySet } // by table and columns

// Len is how many keys of a table are known.
func (k *Keys) Len(table string) int {
	n := 0
	for name, set := range k.of {
		if strings.HasPrefix(name, table+"\x00") {
			n += len(set)
		}
	}
	return n
}

// NewKeys returns a memory for the keys that foreign keys of tables refer to.
func NewKeys(tables []*schema.Table) *Keys {
	k := &Keys{of: map[string]keySet{}}
	for _, t := range tables {
		for _, f := range t.ForeignKeys {
			k.of[keyName(f.RefTable, f.RefColumns)] = keySet{}
		}
	}
	return k
}

func keyName(table string, columns []string) string {
	return table + "\x00" + strings.Join(columns, "\x00")
}

// Forget empties the keys of a table, which is about to be read again.
func (k *Keys) Forget(table string) {
	for name := range k.of {
		if strings.HasPrefix(name, table+"\x00") {
			k.of[name] = keySet{}
		}
	}
}

// kept are the sets of one table with the positions of their columns.
type kept struct {
	set     keySet
	columns []int
}

func (k *Keys) kept(t *schema.Table) []kept {
	var out []kept
	for name, set := range k.of {
		parts := strings.Split(name, "\x00")
		if parts[0] != t.Name {
			continue
		}
		if at := positions(t, parts[1:]); at != nil {
			out = append(out, kept{set, at})
		}
	}
	return out
}

// positions are where columns stand in a table; nil where one is missing.
func positions(t *schema.Table, columns []string) []int {
	var out []int
	for _, c := range columns {
		at := slices.IndexFunc(t.Columns, func(x *schema.Column) bool { return x.Name == c })
		if at < 0 {
			return nil
		}
		out = append(out, at)
	}
	return out
}

// reference is a foreign key of a table that is judged.
type reference struct {
	fk      *schema.ForeignKey
	set     keySet
	columns []int
}

// uniqueKey is a key that the target has only once. A source may have it twice,
// though it has the same key: SQLite tells a text from the same bytes as a blob,
// and repairs make different values alike.
type uniqueKey struct {
	name    string
	columns []int
	folded  bool // compared without regard to case
	seen    keySet
}

// uniques are the unique keys of a target.
func uniques(target *schema.Table) []uniqueKey {
	var out []uniqueKey
	for _, u := range uniqueColumns(target) {
		if at := positions(target, u); at != nil {
			out = append(out, uniqueKey{name: strings.Join(u, ", "), columns: at, seen: keySet{}})
		}
	}
	for _, i := range target.Indexes {
		if !i.Unique || len(i.Parts) != 1 || i.Parts[0].Expr == "" {
			continue
		}
		columns := i.Parts[0].Expr.Columns()
		folded := strings.Contains(strings.ToLower(string(i.Parts[0].Expr)), "lower(")
		if at := positions(target, columns); folded && len(at) == 1 {
			out = append(out, uniqueKey{name: columns[0], columns: at, folded: true, seen: keySet{}})
		}
	}
	return out
}

// of is the checksum of a row's key; false when part of it is NULL.
func (u *uniqueKey) of(s *canon.Summer, row []any) (uint64, bool) {
	if u.folded {
		row = slices.Clone(row)
		if text, ok := row[u.columns[0]].(string); ok {
			row[u.columns[0]] = strings.ToLower(text)
		}
	}
	return keyOf(s, row, u.columns)
}

// taken reports whether another row has the key of this one.
func (u *uniqueKey) taken(s *canon.Summer, row []any) bool {
	sum, ok := u.of(s, row)
	_, taken := u.seen[sum]
	return ok && taken
}

// uniqueColumns are the keys of a table that consist of whole columns and hold
// for all rows.
func uniqueColumns(t *schema.Table) [][]string {
	var out [][]string
	if t.PrimaryKey != nil {
		out = append(out, t.PrimaryKey.Columns)
	}
	for _, u := range t.Uniques {
		out = append(out, u.Columns)
	}
	for _, i := range t.Indexes {
		if !i.Unique || i.Where != "" {
			continue
		}
		var columns []string
		for _, p := range i.Parts {
			if p.Expr != "" || p.Prefix != 0 {
				columns = nil
				break
			}
			columns = append(columns, p.Column)
		}
		if columns != nil {
			out = append(out, columns)
		}
	}
	return out
}

// keyOf is the checksum of a key; false when part of it is NULL.
func keyOf(s *canon.Summer, row []any, columns []int) (uint64, bool) {
	for _, c := range columns {
		if row[c] == nil {
			return 0, false
		}
	}
	return s.Key(row, columns)[0], true
}
