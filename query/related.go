package query

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/schema"
)

// Related is a relation that is declared once, beside the tables, by foreign
// keys: [HasMany], [HasOne], [BelongsTo], [ManyToMany]. It is given to [AllWith],
// [OneWith] and [Load]. P is the row that it starts at and C the one that it
// leads to; both are structs with db tags, of which P needs those of the key.
//
//	var (
//		UserProjects = query.HasMany(Projects, func(u *User) *[]Project { return &u.Projects }, ProjectOwner)
//		ProjectTags  = query.ManyToMany(Tags, func(p *Project) *[]Tag { return &p.Tags }, TaggedProject, TaggedTag)
//	)
//	users, err := query.AllWith(ctx, eng, query.SelectFrom(Users), UserProjects.OrderBy(ProjectName).With(ProjectTags))
//
// Its methods return changed copies. The columns are read that C has fields for,
// or those that Columns names.
type Related[P, C any] struct {
	sel    SelectStmt
	key    []AnyColumn // the columns of sel that say whose a row is
	parent []string    // the columns of P with the same values
	outer  []Expr[any] // the same, as a statement over P's table has them
	put    func(p *P, cs []*C) error
	next   []Relation[C]
	err    error
}

// HasMany leads to the rows of the table children that refer to P by fk, all
// columns of one foreign key of children. field is where they go: nil when there
// are none.
func HasMany[P, C any](children *schema.Table, field func(*P) *[]C, fk ...AnyColumn) Related[P, C] {
	r := referring[P, C](children, fk)
	r.put = intoList(field)
	return r
}

// HasOne is [HasMany] for at most one row; nil is none, and two are a
// dberr.Invalid error.
func HasOne[P, C any](child *schema.Table, field func(*P) **C, fk ...AnyColumn) Related[P, C] {
	r := referring[P, C](child, fk)
	r.put = intoOne(field, nameOf(r.sel))
	return r
}

// BelongsTo leads to the row of the table target to which P refers by fk, all
// columns of one foreign key of P's table; nil where that is NULL.
func BelongsTo[P, C any](target *schema.Table, field func(*P) **C, fk ...AnyColumn) Related[P, C] {
	r := Related[P, C]{sel: Select(ColumnsFor[C](target)...).From(target).Named(target.Name)}
	f, err := foreignKey(fk)
	if err == nil && f.RefTable != target.Name {
		err = dberr.New(dberr.Invalid, "relation",
			fmt.Sprintf("%s refers to %s, not to %s", fk[0].reference(), f.RefTable, target.Name))
	}
	r.err = err
	if err == nil {
		r.parent = f.Columns
		for i, name := range f.RefColumns {
			r.key = append(r.key, anyColumn{colRef{table: target, col: target.Column(name)}})
			own := fk[0].reference().table
			r.outer = append(r.outer, column[any](colRef{table: own, col: own.Column(f.Columns[i])}).Expr)
		}
	}
	r.put = intoOne(field, target.Name)
	return r
}

// ManyToMany leads to rows of the table target through a table of pairs, whose
// column from refers to P and whose column to refers to target.
func ManyToMany[P, C any](target *schema.Table, field func(*P) *[]C, from, to AnyColumn) Related[P, C] {
	r := referring[P, C](target, []AnyColumn{from})
	f, err := foreignKey([]AnyColumn{to})
	switch {
	case r.err != nil:
	case err != nil:
		r.err = err
	case f.RefTable != target.Name || from.reference().table != to.reference().table:
		r.err = dberr.New(dberr.Invalid, "relation",
			fmt.Sprintf("%s does not lead from %s to %s", to.reference(), from.reference(), target.Name))
	default:
		key := column[any](colRef{table: target, col: target.Column(f.RefColumns[0])})
		r.sel = r.sel.Join(to.reference().table, key.EqTo(column[any](to.reference())))
	}
	r.put = intoList(field)
	return r
}

// referring is a relation to rows that refer to P by fk.
func referring[P, C any](children *schema.Table, fk []AnyColumn) Related[P, C] {
	r := Related[P, C]{sel: Select(ColumnsFor[C](children)...).From(children).Named(children.Name), key: fk}
	f, err := foreignKey(fk)
	if r.err = err; err == nil {
		for _, c := range fk {
			name := f.RefColumns[slices.Index(f.Columns, c.reference().col.Name)]
			outer := Field[any](f.RefTable, name)
			outer.ty = c.reference().col.Type
			r.parent, r.outer = append(r.parent, name), append(r.outer, outer)
		}
	}
	return r
}

// foreignKey is the foreign key over all of the columns.
func foreignKey(cols []AnyColumn) (*schema.ForeignKey, error) {
	if len(cols) == 0 {
		return nil, dberr.New(dberr.Invalid, "relation", "a relation names the columns of its foreign key")
	}
	t := cols[0].reference().table
	for _, f := range t.ForeignKeys {
		if len(f.Columns) != len(cols) {
			continue
		}
		if !slices.ContainsFunc(cols, func(c AnyColumn) bool {
			return c.reference().table != t || !slices.Contains(f.Columns, c.reference().col.Name)
		}) {
			return f, nil
		}
	}
	return nil, dberr.New(dberr.Invalid, "relation", fmt.Sprintf("%s is not declared as a foreign key; add References, or describe the relation with query.Many", cols[0].reference()))
}

func intoList[P, C any](field func(*P) *[]C) func(*P, []*C) error {
	return func(p *P, cs []*C) error {
		var out []C
		for _, c := range cs {
			out = append(out, *c)
		}
		*field(p) = out
		return nil
	}
}

func intoOne[P, C any](field func(*P) **C, name string) func(*P, []*C) error {
	return func(p *P, cs []*C) error {
		switch len(cs) {
		case 0:
			*field(p) = nil
		case 1:
			*field(p) = cs[0]
		default:
			return twoForOne(name)
		}
		return nil
	}
}

// With loads further relations of the rows that this one leads to.
func (r Related[P, C]) With(next ...Relation[C]) Related[P, C] {
	r.next = more(r.next, next...)
	return r
}

// Where leaves out rows for which a condition does not hold.
func (r Related[P, C]) Where(conds ...Cond) Related[P, C] { r.sel = r.sel.Where(conds...); return r }

// OrderBy orders the rows of each P.
func (r Related[P, C]) OrderBy(items ...Ordering) Related[P, C] {
	r.sel = r.sel.OrderBy(items...)
	return r
}

// Limit takes the first n rows of each P.
func (r Related[P, C]) Limit(n int) Related[P, C] { r.sel = r.sel.Limit(n); return r }

// Columns reads these columns instead of all of the table; those of the table of
// pairs of [ManyToMany] are among those that there are.
func (r Related[P, C]) Columns(cols ...Selectable) Related[P, C] {
	r.sel = r.sel.with(func(s *selectState) { s.cols = cols })
	return r
}

// Join adds another table, for Columns, Where and OrderBy.
func (r Related[P, C]) Join(t *schema.Table, on ...Cond) Related[P, C] {
	r.sel = r.sel.Join(t, on...)
	return r
}

// Has holds for rows of P that lead to a row for which the conditions hold, in a
// statement that reads P's table under its own name. A relation of a table to
// itself has none: join an alias.
func (r Related[P, C]) Has(conds ...Cond) Cond {
	if r.err != nil {
		return Cond{n: failed[bool](r.err)}
	}
	on := make([]Cond, len(r.key))
	for i, c := range r.key {
		if called(r.sel.s.from) == r.outer[i].of[:len(r.outer[i].of)-len(r.outer[i].name)-1] {
			return Cond{n: failed[bool](dberr.New(dberr.Invalid, "relation",
				"a relation of a table to itself has no Has; join the table under another name, with query.As"))}
		}
		on[i] = column[any](c.reference()).EqTo(r.outer[i])
	}
	inner := r.sel.with(func(s *selectState) { s.cols, s.order, s.limit = []Selectable{Raw[int64]("1").As("n")}, nil, nil })
	return Exists(inner.Where(on...).Where(conds...))
}

func (r Related[P, C]) load(ctx context.Context, q engine.Queryer, parents []*P) error {
	if r.err != nil {
		return r.err
	}
	keys, types, err := keysOfParents(parents, r.parent)
	if err != nil {
		return err
	}
	at := make(map[*P]int, len(parents))
	for i, p := range parents {
		at[p] = i
	}
	all := relation[P, C, tupleKey]{sel: r.sel, cols: r.key, nodes: r.next, by: tupleForm(r.key, types),
		key: func(p *P) (tupleKey, bool) { k := keys[at[p]]; return k, k != tupleKey{} }}
	byKey, err := all.children(ctx, q, parents)
	if err != nil {
		return err
	}
	for i, p := range parents {
		if err := r.put(p, byKey[keys[i]]); err != nil {
			return err
		}
	}
	return nil
}

// tupleKey is the values of the columns of a key, nil behind them. The zero one
// is none.
type tupleKey [maxKeyColumns]any

const maxKeyColumns = 8

// keysOfParents is the values that the parents have in the columns, and their types.
func keysOfParents[P any](parents []*P, columns []string) ([]tupleKey, []reflect.Type, error) {
	info, err := structOf(reflect.TypeFor[P]())
	if err != nil {
		return nil, nil, err
	}
	if len(columns) > maxKeyColumns {
		return nil, nil, dberr.New(dberr.Invalid, "relation", fmt.Sprintf("a key of %d columns is too long; %d is the most",
			len(columns), maxKeyColumns))
	}
	var index [][]int
	var types []reflect.Type
	for _, name := range columns {
		i, ok := info.byName[name]
		if !ok {
			return nil, nil, dberr.New(dberr.Invalid, "relation", fmt.Sprintf("%s has no field with the db tag %q, by which the relation goes", info.t, name))
		}
		f := info.fields[i]
		t := f.t
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if !t.Comparable() {
			return nil, nil, dberr.New(dberr.Invalid, "relation", fmt.Sprintf("the field of %s with the db tag %q cannot be a key", info.t, name))
		}
		index, types = append(index, f.index), append(types, t)
	}
	keys := make([]tupleKey, len(parents))
parents:
	for i, p := range parents {
		v := reflect.ValueOf(p).Elem()
		var k tupleKey
		for j, x := range index {
			if k[j] = fieldValue(v.FieldByIndex(x)); k[j] == nil {
				continue parents
			}
		}
		keys[i] = k
	}
	return keys, types, nil
}

// tupleForm is that of keys of the columns, whose values have the types.
func tupleForm(cols []AnyColumn, types []reflect.Type) keyForm[tupleKey] {
	return keyForm[tupleKey]{
		split: func(k tupleKey) []any { return k[:len(types)] },
		scan: func() ([]any, func() tupleKey) {
			values := make([]reflect.Value, len(types))
			dest := make([]any, len(types))
			for i, t := range types {
				values[i] = reflect.New(t).Elem()
				dest[i] = destination(values[i], shape{codecs: []*schema.Codec{cols[i].reference().col.Type.Codec}}, 0)
			}
			return dest, func() tupleKey {
				var k tupleKey
				for i, v := range values {
					k[i] = v.Interface()
				}
				return k
			}
		},
	}
}
