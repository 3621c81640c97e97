package schema

import (
	"reflect"
	"slices"
	"strings"
)

// Diff returns what has to be done to turn from into to, in an order in which
// it can be done: what refers to others goes first and comes last. The same
// input gives the same list. Both sides must be in the normal form of one
// engine, as Normalize and Inspect give it; there is no difference that is not
// reported except the order of columns, which no statement can change. A table
// that could not be read, on either side, is left alone.
//
// Tables, columns, indexes and named constraints are matched by name, unnamed
// ones by what they say. A new name is a drop and an add: that it was a rename
// is something only people know.
func Diff(from, to []*Table) []Change {
	d := differ{}
	from, to = readable(from, to), readable(to, from)
	old, new := byName(from), byName(to)
	gone := pick(from, func(t *Table) bool { return new[t.Name] == nil })
	come := pick(to, func(t *Table) bool { return old[t.Name] == nil })
	sorted, _ := Sorted(gone)
	for _, t := range slices.Backward(sorted) {
		d.dropTables = append(d.dropTables, DropTable{t})
	}
	sorted, _ = Sorted(come)
	for _, t := range sorted {
		d.addTables = append(d.addTables, AddTable{t})
	}
	for _, t := range pick(to, func(t *Table) bool { return old[t.Name] != nil }) {
		d.table(old[t.Name], t)
	}
	return slices.Concat(d.dropForeign, d.dropIndexes, d.dropUniques, d.dropChecks, d.dropTables, d.addTables, d.comments,
		d.dropColumns, d.addColumns, d.alterColumns, d.generated, d.keys,
		d.addUniques, d.addChecks, d.addIndexes, d.addForeign)
}

type differ struct {
	dropForeign, dropIndexes, dropUniques, dropChecks, dropTables []Change
	addTables, comments, dropColumns, addColumns, alterColumns    []Change
	// New and changed: what they are made of has its type by then.
	generated                                           []Change
	keys, addUniques, addChecks, addIndexes, addForeign []Change
}

func byName(ts []*Table) map[string]*Table {
	m := make(map[string]*Table, len(ts))
	for _, t := range ts {
		m[t.Name] = t
	}
	return m
}

// pick returns the tables that are wanted, in order of name.
func pick(ts []*Table, want func(*Table) bool) []*Table {
	var out []*Table
	for _, t := range ts {
		if want(t) {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b *Table) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (d *differ) table(a, b *Table) {
	if a.Comment != b.Comment {
		d.comments = append(d.comments, CommentTable{b, a.Comment, b.Comment})
	}
	for _, c := range generatedFirst(a.Columns) {
		if b.Column(c.Name) == nil {
			d.dropColumns = append(d.dropColumns, DropColumn{a, c})
		}
	}
	for _, c := range b.Columns {
		was := a.Column(c.Name)
		add, alter := &d.addColumns, &d.alterColumns
		if c.Generated != nil {
			add, alter = &d.generated, &d.generated
		}
		if was == nil {
			*add = append(*add, AddColumn{b, c})
		} else if f := facets(was, c); len(f) > 0 {
			*alter = append(*alter, AlterColumn{b, was, c, f})
		}
	}
	if !reflect.DeepEqual(a.PrimaryKey, b.PrimaryKey) {
		d.keys = append(d.keys, AlterPrimaryKey{b, a.PrimaryKey, b.PrimaryKey})
	}
	match(a.Uniques, b.Uniques, (*Unique).String,
		func(u *Unique) { d.dropUniques = append(d.dropUniques, DropUnique{a, u}) },
		func(u *Unique) { d.addUniques = append(d.addUniques, AddUnique{b, u}) })
	match(a.ForeignKeys, b.ForeignKeys, (*ForeignKey).String,
		func(f *ForeignKey) { d.dropForeign = append(d.dropForeign, DropForeignKey{a, f}) },
		func(f *ForeignKey) { d.addForeign = append(d.addForeign, AddForeignKey{b, f}) })
	match(a.Checks, b.Checks, (*Check).String,
		func(k *Check) { d.dropChecks = append(d.dropChecks, DropCheck{a, k}) },
		func(k *Check) { d.addChecks = append(d.addChecks, AddCheck{b, k}) })
	match(a.Indexes, b.Indexes, (*Index).String,
		func(i *Index) { d.dropIndexes = append(d.dropIndexes, DropIndex{a, i}) },
		func(i *Index) { d.addIndexes = append(d.addIndexes, AddIndex{b, i}) })
}

// generatedFirst returns the columns with those that are made of others in front.
func generatedFirst(cs []*Column) []*Column {
	cs = slices.Clone(cs)
	slices.SortStableFunc(cs, func(a, b *Column) int {
		switch {
		case (a.Generated == nil) == (b.Generated == nil):
			return 0
		case a.Generated != nil:
			return -1
		}
		return 1
	})
	return cs
}

// match drops what only a has and adds what only b has. Two that are equal in
// every field are the same; an item that stands twice counts twice.
func match[T any](a, b []*T, text func(*T) string, drop, add func(*T)) {
	byText := func(s []*T) []*T {
		s = slices.Clone(s)
		slices.SortStableFunc(s, func(x, y *T) int { return strings.Compare(text(x), text(y)) })
		return s
	}
	rest := byText(b)
	for _, x := range byText(a) {
		if n := slices.IndexFunc(rest, func(y *T) bool { return same(x, y) }); n >= 0 {
			rest = slices.Delete(rest, n, n+1)
		} else {
			drop(x)
		}
	}
	for _, y := range rest {
		add(y)
	}
}

// same is equality in every field, where no list and an empty one are equal.
func same(a, b any) bool {
	x, y := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for i := range x.NumField() {
		f, g := x.Field(i), y.Field(i)
		if f.Kind() == reflect.Slice && f.Len() == 0 && g.Len() == 0 {
			continue
		}
		if !reflect.DeepEqual(f.Interface(), g.Interface()) {
			return false
		}
	}
	return true
}

func facets(a, b *Column) []Facet {
	var out []Facet
	add := func(f Facet, differs bool) {
		if differs {
			out = append(out, f)
		}
	}
	add(TypeFacet, !sameType(a.Type, b.Type))
	add(NullFacet, a.Nullable != b.Nullable)
	add(DefaultFacet, !sameDefault(a.Default, b.Default))
	add(GeneratedFacet, !reflect.DeepEqual(a.Generated, b.Generated))
	add(IdentityFacet, !reflect.DeepEqual(a.Identity, b.Identity))
	add(CollationFacet, a.Collation != b.Collation)
	add(CommentFacet, a.Comment != b.Comment)
	return out
}

// sameType compares the engine's spellings where both have one.
func sameType(a, b Type) bool {
	if a.Raw != "" && b.Raw != "" {
		return a.Raw == b.Raw && slices.Equal(a.Values, b.Values)
	}
	a.Codec, b.Codec = nil, nil
	return same(&a, &b)
}

// sameDefault reports whether two defaults give the same value.
func sameDefault(a, b *Default) bool {
	if a != nil && b != nil && a.now() && b.now() {
		return true
	}
	return reflect.DeepEqual(a, b)
}

func (d *Default) now() bool { return d.Expr == Now || d.Expr == NowSeconds }
