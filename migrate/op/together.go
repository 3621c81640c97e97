package op

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/larder-db/larder/schema"
)

// Together puts operations on one table beside each other where that changes
// nothing but the order in which it is done, so that [Group] makes one of them:
// an engine that has to rebuild a table to change it rebuilds it once. What
// moves rows, and what may see the other side of a move, stays where it is.
func Together(ops []Op) []Op {
	var out []Op
	for _, o := range flat(ops) {
		out = place(out, o)
	}
	return out
}

// place appends an operation, or puts it behind the last one on its table.
func place(out []Op, o Op) []Op {
	if !joins(o) {
		return append(out, o)
	}
	last := -1
	for i := len(out) - 1; i >= 0; i-- {
		if joins(out[i]) && out[i].On() == o.On() {
			last = i
			break
		}
	}
	if last < 0 || last == len(out)-1 {
		return append(out, o)
	}
	between := out[last+1:]
	if !slices.ContainsFunc(between, func(x Op) bool { return !swaps(x, o) }) {
		return slices.Insert(out, last+1, o)
	}
	// Or those before it come down to it.
	first := last
	for first > 0 && joins(out[first-1]) && out[first-1].On() == o.On() {
		first--
	}
	for _, x := range between {
		for _, a := range out[first : last+1] {
			if !swaps(a, x) {
				return append(out, o)
			}
		}
	}
	return slices.Concat(out[:first], between, out[first:last+1], []Op{o})
}

// swaps reports whether b, which stands behind a, may as well be done before it.
func swaps(a, b Op) bool {
	for x := range All([]Op{a}) {
		for y := range All([]Op{b}) {
			if !swapsOne(x, y) {
				return false
			}
		}
	}
	return true
}

func swapsOne(a, b Op) bool {
	if !movable(a) || !movable(b) {
		return false
	}
	if r, ok := a.(RenameColumn); ok && r.Table == b.On() {
		return !mentions(b, r.From) && !mentions(b, r.To)
	}
	if r, ok := b.(RenameColumn); ok && r.Table == a.On() {
		return !mentions(a, r.From) && !mentions(a, r.To)
	}
	if a.On() == b.On() {
		return false
	}
	if n := indexName(a); n != "" && n == indexName(b) {
		return false // one gives up the name that the other takes
	}
	return (!refers(b, a.On()) || !shapesKeys(a)) && (!refers(a, b.On()) || !shapesKeys(b))
}

// movable operations change one table, or make or drop one.
func movable(o Op) bool {
	switch o.(type) {
	case CreateTable, DropTable, RenameColumn:
		return true
	}
	return joins(o)
}

// refers reports whether an operation is, or may be, about a foreign key to a
// table.
func refers(o Op, table string) bool {
	switch o := o.(type) {
	case AddForeignKey:
		return o.ForeignKey.RefTable == table
	case CreateTable:
		return slices.ContainsFunc(o.Table.ForeignKeys, func(f *schema.ForeignKey) bool { return f.RefTable == table })
	case DropForeignKey, DropTable:
		return true // where they lead is not said
	}
	return false
}

// shapesKeys reports whether an operation may give or take what a foreign key
// to the table needs.
func shapesKeys(o Op) bool {
	switch o := o.(type) {
	case AddCheck, DropCheck, SetComment, AddForeignKey, DropForeignKey:
		return false
	case AlterColumn:
		return slices.Contains(o.Facets, schema.TypeFacet) || slices.Contains(o.Facets, schema.CollationFacet)
	case CreateIndex:
		return o.Index.Unique
	}
	return true
}

func indexName(o Op) string {
	switch o := o.(type) {
	case CreateIndex:
		return o.Index.Name
	case DropIndex:
		return o.Name
	}
	return ""
}

// mentions reports whether a name stands anywhere in an operation, inside of
// expressions and other names, too.
func mentions(o Op, name string) bool {
	text, err := json.Marshal(o)
	if err != nil {
		return true
	}
	part, err := json.Marshal(name)
	return err != nil || strings.Contains(string(text), strings.Trim(string(part), `"`))
}
