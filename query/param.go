package query

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Parameter is a place in a prepared statement that takes its value when the
// statement is run.
type Parameter[T any] struct {
	Expr[T]
	p *param
}

// Param makes a parameter. In a statement, the same name is the same parameter.
func Param[T any](name string) Parameter[T] {
	p := &param{name: name, t: reflect.TypeFor[T]()}
	ty := typeFor[T]()
	return Parameter[T]{Expr: Expr[T]{ty: ty, n: slot{p: p, ty: ty}}, p: p}
}

func (p Parameter[T]) typed(ty schema.Type, of string) driver.Expr {
	return slot{p: p.p, ty: ty, of: of}
}

// parameter is a Parameter of any type.
type parameter interface {
	typed(ty schema.Type, of string) driver.Expr
}

type param struct {
	name string
	t    reflect.Type
	// own, when it is not nil, gives the value: nobody else does.
	own func() any
	// list says that it takes a list of values, which is bound as one.
	list bool
}

// given is the values that parameters of their own have in one run.
type given map[*param]any

func (g *given) of(p *param) any {
	v, ok := (*g)[p]
	if !ok {
		v = p.own()
		if *g == nil {
			*g = given{}
		}
		(*g)[p] = v
	}
	return v
}

// slot is a parameter at one place: it is bound as that place's column type.
type slot struct {
	p  *param
	ty schema.Type
	of string
}

func (s slot) WriteSQL(b *driver.Builder) {
	if s.p.own != nil && b.Script() {
		bound(b, s.ty, s.of, s.p.own())
		return
	}
	b.Arg(s)
}

// signature is the parameters of a statement in the order in which they first
// appear, those left out that give their value themselves.
func signature(args []any) []*param {
	var out []*param
	for _, a := range args {
		s, ok := a.(slot)
		if !ok || s.p.own != nil {
			continue
		}
		known := false
		for _, p := range out {
			known = known || p.name == s.p.name
		}
		if !known {
			out = append(out, s.p)
		}
	}
	return out
}

// fill puts values, which are in the order of params, into the places of
// parameters. at has those places where they are known, and own what parameters
// give themselves in this run.
func fill(d driver.Dialect, args []any, at []int, params []*param, values []any, own *given) ([]any, error) {
	out := make([]any, len(args))
	for i, a := range args {
		s, ok := a.(slot)
		if !ok {
			out[i] = a
			continue
		}
		var value any
		switch {
		case s.p.own != nil:
			value = own.of(s.p)
		case at != nil:
			value = values[at[i]]
		default:
			value = values[slices.IndexFunc(params, func(p *param) bool { return p.name == s.p.name })]
		}
		v, err := s.encode(d, value)
		if err != nil {
			return nil, named(err, s.of)
		}
		out[i] = v
	}
	return out, nil
}

// encode is a value of the parameter as it is bound.
func (s slot) encode(d driver.Dialect, v any) (any, error) {
	if s.p.list {
		return jsonList(d, s.ty, v)
	}
	return encode(d, s.ty, v)
}

func badParams(name, msg string) error { return dberr.New(dberr.Invalid, name, msg) }

// match checks values against parameters.
func match(name string, params []*param, values []any) error {
	if len(values) != len(params) {
		return badParams(name, fmt.Sprintf("the statement takes %d values (%s) and was given %d", len(params),
			paramNames(params), len(values)))
	}
	for i, v := range values {
		if v == nil {
			continue
		}
		t := reflect.TypeOf(v)
		if t == params[i].t || params[i].t.Kind() == reflect.Interface {
			continue
		}
		if t.Kind() == reflect.Pointer && t.Elem() == params[i].t {
			continue
		}
		return badParams(name, fmt.Sprintf("parameter %s takes %s, not %s", params[i].name, params[i].t, t))
	}
	return nil
}

func paramNames(params []*param) string {
	s := ""
	for i, p := range params {
		if i > 0 {
			s += ", "
		}
		s += p.name
	}
	return s
}
