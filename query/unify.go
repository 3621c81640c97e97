package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// The queries of a union, difference or intersection give one kind of value in
// each column. Engines make them one in different ways, or refuse; here it is one
// way, or the column is named.

// unified is the types of the columns of all parts together; the kind of one that
// is not known is empty.
func (c compound) unified() ([]schema.Type, error) {
	var out []schema.Type
	for i, p := range c.parts {
		types := resultTypesOf(p)
		if types == nil {
			continue
		}
		if out == nil {
			out = slices.Clone(types)
			continue
		}
		if len(types) != len(out) {
			return out, dberr.New(dberr.Invalid, nameOf(p), fmt.Sprintf("query %d of the%shas %s and the ones before it have %d; select the same columns in each", i+1, c.op, columnsCounted(len(types)), len(out)))
		}
		for k := range out {
			ty, ok := unify(out[k], types[k])
			if !ok {
				return out, dberr.New(dberr.Invalid, nameOf(p), fmt.Sprintf("column %d of the%s(%s) is of kind %s in query %d and of kind %s before it, which do not go together on every engine; make them one with Cast", k+1, c.op, c.columnName(k), types[k].Kind, i+1, out[k].Kind))
			}
			out[k] = ty
		}
	}
	return out, nil
}

func columnsCounted(n int) string {
	if n == 1 {
		return "1 column"
	}
	return fmt.Sprintf("%d columns", n)
}

func (c compound) columnName(i int) string {
	if names := c.resultColumns(); i < len(names) && names[i] != "" {
		return names[i]
	}
	return "without a name"
}

// unify is the type that values of both have together.
func unify(a, c schema.Type) (schema.Type, bool) {
	known := func(ty schema.Type) bool { return ty.Kind != "" && ty.Kind != schema.Other }
	switch {
	case !known(a):
		return c, true
	case !known(c):
		return a, true
	case a.Kind == schema.Numeric && c.Kind == schema.Numeric:
		return unifyNumbers(a, c), true
	case a.Kind == schema.String && c.Kind == schema.String && a.Length != c.Length:
		return plainT, true
	case oneType(a, c):
		return a, true
	case (isText(a.Kind) || a.Kind == schema.UUID) && (isText(c.Kind) || c.Kind == schema.UUID):
		return plainT, true
	case a.Kind.IsNumber() && c.Kind.IsNumber():
		return unifyNumbers(a, c), true
	case a.Kind == schema.Date && c.Kind == schema.DateTime, a.Kind == schema.DateTime && c.Kind == schema.Date:
		return instantType, true
	}
	return a, false
}

// unifyNumbers is unify for two kinds of numbers.
func unifyNumbers(a, c schema.Type) schema.Type {
	switch {
	case a.Kind == schema.Numeric && c.Kind == schema.Numeric:
		if a.Precision == 0 || c.Precision == 0 {
			return schema.Type{Kind: schema.Numeric}
		}
		a.Precision, a.Scale = max(a.Precision, c.Precision), max(a.Scale, c.Scale)
		return a
	case a.Kind == schema.Float || c.Kind == schema.Float:
		return float
	case a.Kind == schema.Numeric:
		return a
	case c.Kind == schema.Numeric:
		return c
	case a.Kind.Bits() < c.Kind.Bits():
		return c
	}
	return a
}

// become is an item of a SELECT list as a type that it goes together with.
func become(c driver.Expr, ty schema.Type) driver.Expr {
	e, err := converted(c, ty)
	if err != nil {
		return failed[any](err)
	}
	return e
}

// becoming is p with its columns in the types that those of all parts have together;
// strict where an engine takes no narrower one instead, as in a recursive query.
func becoming(p Query, types []schema.Type, strict bool) Query {
	switch q := p.(type) {
	case SelectStmt:
		if q.s == nil || len(q.s.cols) != len(types) {
			return p
		}
		var as []schema.Type
		for i, c := range q.s.cols {
			own := typeOfResult(c, q.s.sources())
			null := isNull(c) && types[i].Kind != schema.Enum
			if own.Kind == "" && !null || own.Kind == schema.Other || !changes(own, types[i], strict) {
				continue
			}
			if as == nil {
				as = make([]schema.Type, len(types))
			}
			as[i] = types[i]
		}
		if as == nil {
			return p
		}
		return q.with(func(n *selectState) { n.as = as })
	case CompoundStmt:
		parts := make([]Query, len(q.c.parts))
		for i, x := range q.c.parts {
			parts[i] = becoming(x, types, strict)
		}
		q.c.parts, q.m = parts, &memo{}
		return q
	}
	return p
}

// changes reports whether a column of type own has to be written in another way to
// be one with those of type ty.
func changes(own, ty schema.Type, strict bool) bool {
	switch {
	case ty.Kind == "" || ty.Kind == schema.Other:
		return false
	case own.Kind.IsNumber() && ty.Kind == schema.Numeric:
		return false // equal numbers are equal to each engine
	case own.Kind == schema.String && ty.Kind == schema.Text, own.Kind.IsWhole() && ty.Kind.IsWhole():
		return strict && own.Kind != ty.Kind
	}
	return !oneType(own, ty)
}

func isNull(c Selectable) bool {
	n, ok := c.(interface{ node() driver.Expr })
	if !ok {
		return false
	}
	t, ok := n.node().(text)
	return ok && strings.EqualFold(string(t), "NULL")
}
