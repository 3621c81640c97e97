package query

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// ListParameter is a place in a prepared statement that takes a list of values,
// of any length, when the statement is run.
type ListParameter[T any] struct{ p *param }

// ListParam makes a parameter for [Expr.InParam]. It takes a []T; the list is
// bound as one value, so that the text of the statement is the same for each.
//
//	var byIDs = query.Prepare[Note](query.SelectFrom(t).Where(ID.InParam(query.ListParam[string]("ids"))))
//	notes, err := byIDs.All(ctx, eng, []string{"a", "b"})
func ListParam[T any](name string) ListParameter[T] {
	return ListParameter[T]{&param{name: name, t: reflect.TypeFor[[]T](), list: true}}
}

// InParam holds when e equals one of the values of the list; with none, or nil,
// it is false. e is a text, a whole number, a UUID or an enum.
func (e Expr[T]) InParam(p ListParameter[T]) Cond { return inParam(e.n, e.ty, e.of, p.p, false) }

// NotInParam holds when e equals none of the values of the list; with none it is
// true, also for NULL.
func (e Expr[T]) NotInParam(p ListParameter[T]) Cond { return inParam(e.n, e.ty, e.of, p.p, true) }

func inParam(e driver.Expr, ty schema.Type, of string, p *param, not bool) Cond {
	return Cond{n: driver.ExprFunc(func(b *driver.Builder) {
		if !arrayable(ty.Kind) {
			b.Fail(dberr.New(dberr.Invalid, of,
				fmt.Sprintf("a list of %s cannot be a parameter; use In, or texts and whole numbers", ty.Kind)))
			return
		}
		ty := compared(ty)
		b.Dialect().InArray(b, e, ty, slot{p: p, ty: ty, of: of}, not)
	})}
}

// jsonList is a list of values of a column of type ty as the text of a JSON array.
func jsonList(d driver.Dialect, ty schema.Type, list any) (any, error) {
	array := []any{}
	if v := reflect.ValueOf(list); v.IsValid() {
		for v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		for i := range v.Len() {
			x, err := encode(d, ty, v.Index(i).Interface())
			if err != nil {
				return nil, err
			}
			array = append(array, x)
		}
	}
	t, err := json.Marshal(array)
	if err != nil {
		return nil, dberr.New(dberr.Invalid, "", "the list holds a value that JSON cannot spell")
	}
	return string(t), nil
}
