package query

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// ValuesSource is rows of the program as something to select from, to join and to
// update from. Its columns are read with [Field], by the db tags of the rows.
type ValuesSource struct {
	name string
	cols []valuesColumn
	rows [][]any
	err  error
}

type valuesColumn struct {
	name string
	of   string // the column whose type it has, for messages
	ty   schema.Type
}

// Values makes a source called name of rows: structs with db tags, or values, whose
// one column is called "value". NULL is a nil pointer. All values are bound, so a
// statement takes as many as its engine has placeholders for, and more are a
// dberr.TooLarge error; of no rows it is an empty table.
//
//	prices := query.Values("p", []Price{{ID: 1, Amount: "2.50"}, {ID: 2, Amount: "3"}})
//	query.Update(Products).FromItem(prices).Set(ProductPrice.SetTo(query.Field[query.Decimal]("p", "amount"))).
//		Where(ProductID.EqTo(query.Field[int64]("p", "id")))
func Values[T any](name string, rows []T) ValuesSource {
	v := ValuesSource{name: name}
	t := reflect.TypeFor[T]()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if isValue(t) {
		v.cols = []valuesColumn{{name: "value", ty: typeFor[T]()}}
		for _, r := range rows {
			v.rows = append(v.rows, []any{fieldValue(reflect.ValueOf(&r).Elem())})
		}
		return v
	}
	info, err := structOf(t)
	if err != nil {
		v.err = err
		return v
	}
	for _, f := range info.fields {
		v.cols = append(v.cols, valuesColumn{name: f.name, ty: typeOf(f.t)})
	}
	for _, r := range rows {
		s, _, err := structValue(r)
		if err != nil {
			v.err = err
			return v
		}
		row := make([]any, len(info.fields))
		for i, f := range info.fields {
			row[i] = fieldValue(s.FieldByIndex(f.index))
		}
		v.rows = append(v.rows, row)
	}
	return v
}

// Like gives columns of the source the types of columns of tables that have their
// names: where the Go type does not say all, as of UUIDs, dates and types of one's
// own. A name that the source has not is refused.
func (v ValuesSource) Like(cols ...AnyColumn) ValuesSource {
	v.cols = slices.Clone(v.cols)
	for _, c := range cols {
		ref := c.reference()
		at := slices.IndexFunc(v.cols, func(own valuesColumn) bool { return own.name == ref.col.Name })
		if at < 0 {
			if v.err == nil {
				v.err = dberr.New(dberr.Invalid, v.name,
					fmt.Sprintf("the rows have no column %s, for which %s would give the type; correct the db tag, or leave it out of Like", ref.col.Name, ref))
			}
			continue
		}
		v.cols[at].ty, v.cols[at].of = compared(ref.col.Type), ref.String()
	}
	return v
}

// names is the columns; nil where they are not known, for an error that will be told.
func (v ValuesSource) names() []string {
	if v.err != nil {
		return nil
	}
	out := make([]string, len(v.cols))
	for i, c := range v.cols {
		out[i] = c.name
	}
	return out
}

func (v ValuesSource) scope() (string, func(string) bool, bool) {
	return resultScope(v.name, v.names())
}

// writeSource writes a derived table: where VALUES stands in WITH its columns have
// names on every engine.
func (v ValuesSource) writeSource(b *driver.Builder) {
	if v.err != nil {
		b.Fail(v.err)
		return
	}
	value := func(c valuesColumn, x any) {
		b.Dialect().Cast(b, arg{ty: c.ty, of: c.of, v: x}, c.ty)
	}
	if len(v.rows) == 0 {
		b.SQL("(SELECT ")
		b.List(len(v.cols), func(i int) {
			value(v.cols[i], nil)
			b.SQL(" AS ").Ident(v.cols[i].name)
		})
		b.SQL(" WHERE 1 = 0) AS ").Ident(v.name)
		return
	}
	b.SQL("(WITH ").Ident(v.name).SQL(" (")
	b.List(len(v.cols), func(i int) { b.Ident(v.cols[i].name) })
	begin, row, between, end := "VALUES ", "(", ", ", ")"
	switch {
	case b.Dialect().Has(driver.RowsOfValues):
		row = "ROW("
	case !b.Dialect().Has(driver.ValuesTable):
		begin, row, between, end = "", "SELECT ", unionAll, ""
	}
	b.SQL(") AS (" + begin)
	for i, r := range v.rows {
		if i > 0 {
			b.SQL(between)
		}
		b.SQL(row)
		b.List(len(v.cols), func(j int) { value(v.cols[j], r[j]) })
		b.SQL(end)
	}
	b.SQL(") SELECT * FROM ").Ident(v.name).SQL(") AS ").Ident(v.name)
}
