package ddltext

import (
	"reflect"
	"slices"

	"github.com/larder-db/larder/schema"
)

// Renamed is a constraint or an index that stays what it is under another name.
type Renamed struct {
	From, To string
	Index    *schema.Index // as it is to be; nil for a constraint
	Change   schema.Change // that adds it, for people
}

// Renames finds, among the changes of a table, what goes and comes with another
// name only, and returns the changes that are left. names are those that the
// table has before: one of them is not taken while it is in use.
func Renames(changes []schema.Change, names map[string]bool) (out []Renamed, rest []schema.Change) {
	rest = slices.Clone(changes)
	for _, add := range changes {
		to := renamedTo(add)
		if to == "" || names[to] {
			continue
		}
		n := slices.IndexFunc(rest, func(drop schema.Change) bool { return becomes(drop, add) })
		if n < 0 {
			continue
		}
		r := Renamed{From: renamedTo(rest[n].Reverse()), To: to, Change: add}
		if i, ok := add.(schema.AddIndex); ok {
			r.Index = i.Index
		}
		out = append(out, r)
		rest = slices.Delete(rest, n, n+1)
		rest = slices.DeleteFunc(rest, func(c schema.Change) bool { return reflect.DeepEqual(c, add) })
	}
	return out, rest
}

// renamedTo is the name of what a change adds; "" for other changes.
func renamedTo(c schema.Change) string {
	switch c := c.(type) {
	case schema.AddUnique:
		return c.Unique.Name
	case schema.AddForeignKey:
		return c.ForeignKey.Name
	case schema.AddCheck:
		return c.Check.Name
	case schema.AddIndex:
		return c.Index.Name
	}
	return ""
}

// becomes reports whether what one change drops is what another adds, but for
// the name.
func becomes(drop, add schema.Change) bool {
	switch d := drop.(type) {
	case schema.DropUnique:
		a, ok := add.(schema.AddUnique)
		return ok && slices.Equal(a.Unique.Columns, d.Unique.Columns)
	case schema.DropForeignKey:
		a, ok := add.(schema.AddForeignKey)
		return ok && alike(*a.ForeignKey, *d.ForeignKey, func(f *schema.ForeignKey) { f.Name = "" })
	case schema.DropCheck:
		a, ok := add.(schema.AddCheck)
		return ok && a.Check.Expr == d.Check.Expr
	case schema.DropIndex:
		a, ok := add.(schema.AddIndex)
		return ok && alike(*a.Index, *d.Index, func(i *schema.Index) { i.Name = "" })
	}
	return false
}

// alike reports whether two values are the same when both lack their name.
func alike[T any](a, b T, unname func(*T)) bool {
	unname(&a)
	unname(&b)
	return reflect.DeepEqual(a, b)
}
