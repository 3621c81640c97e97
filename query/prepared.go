package query

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
)

// Prepared is a statement that is rendered once per dialect and run many times
// with other values for its parameters:
//
//	var get = query.Prepare[model.Chat](query.SelectFrom(chat.Table).Where(chat.ID.EqTo(query.Param[string]("id"))))
//	c, err := get.One(ctx, eng, id)
//
// Values are given in the order in which the parameters first appear in the
// text, or by name with [By]. It is safe for concurrent use.
type Prepared[T any] struct {
	st    Statement
	shape shape
	m     memo
	most  int // rows that One looks at
	by    atomic.Pointer[byStruct]
	rows  atomic.Int64 // that the last All returned
	idle  sync.Pool    // of *scanner[T], for One and First
}

// Prepare makes a statement ready to be run often. T is what its rows are read
// into; for a statement without rows it can be struct{}.
func Prepare[T any](st Statement) *Prepared[T] {
	p := &Prepared[T]{st: st, most: most(st)}
	if r, ok := st.(Reader); ok {
		p.shape = shapeOf(r)
	}
	return p
}

// Struct gives parameters their values by name; see [By].
type Struct struct{ v any }

// By takes the values of parameters from the fields of a struct whose db tags
// are the names of the parameters. It is given alone.
func By(v any) Struct { return Struct{v} }

// bind makes a binder that fills in values. The order of parameters is that
// of the statement as it is written for an engine that runs it as one.
func (p *Prepared[T]) bind(values []any) binder {
	return func(c *compiled) (engine.Statement, error) {
		st := c.st
		st.Cache = true
		if !c.slots && !c.own && len(values) == 0 {
			return st, nil
		}
		vs, err := p.values(c, values)
		if err != nil {
			return st, err
		}
		var own given
		args, err := fill(c.d, c.st.Args, c.at, c.sig, vs, &own)
		if err != nil {
			return st, withOp(err, c.st.Name)
		}
		st.Args = args
		return st, nil
	}
}

// values is the values of the parameters in their order, checked.
func (p *Prepared[T]) values(c *compiled, values []any) ([]any, error) {
	if len(values) == 1 {
		if s, ok := values[0].(Struct); ok {
			r, info, err := structValue(s.v)
			if err != nil {
				return nil, err
			}
			if way := p.by.Load(); way != nil && way.info == info && way.c == c {
				out := make([]any, len(way.index))
				for i, x := range way.index {
					out[i] = fieldValue(r.FieldByIndex(x))
				}
				return out, nil
			}
			out, err := valuesBy(c.st.Name, c.sig, s.v)
			if err != nil {
				return nil, err
			}
			if err := match(c.st.Name, c.sig, out); err != nil {
				return nil, err
			}
			way := &byStruct{info: info, c: c}
			for _, q := range c.sig {
				way.index = append(way.index, info.fields[info.byName[q.name]].index)
			}
			p.by.Store(way)
			return out, nil
		}
	}
	return values, match(c.st.Name, c.sig, values)
}

// byStruct is the way from a struct's fields to the parameters, as it was last
// gone: their types fit.
type byStruct struct {
	info  *structInfo
	c     *compiled
	index [][]int
}

func valuesBy(name string, params []*param, v any) ([]any, error) {
	r, info, err := structValue(v)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(params))
	for i, p := range params {
		at, ok := info.byName[p.name]
		if !ok {
			return nil, badParams(name, fmt.Sprintf("%s has no field with the db tag %q for that parameter", info.t, p.name))
		}
		out[i] = fieldValue(r.FieldByIndex(info.fields[at].index))
	}
	return out, nil
}

// compile keeps the text with the Prepared, whatever the statement keeps.
func (p *Prepared[T]) compile(d driver.Dialect) (*compiled, error) {
	if c := p.m.get(d); c != nil {
		return c, nil
	}
	c, err := p.st.compile(d)
	if err == nil {
		p.m.put(c)
	}
	return c, err
}

// With is the statement with values for one run, to be given to [ExecAll] among others.
// Values that do not fit are an error of that run, as is a statement that an engine runs
// in steps (dberr.Unsupported): [Prepared.Exec] runs it.
func (p *Prepared[T]) With(values ...any) Statement { return withValues[T]{p, values} }

type withValues[T any] struct {
	p      *Prepared[T]
	values []any
}

func (b withValues[T]) compile(d driver.Dialect) (*compiled, error) {
	c := b.p.m.get(d)
	if c == nil {
		steps, err := planOf(b.p.st, d)
		if err == nil && steps != nil {
			err = dberr.New(dberr.Unsupported, "exec", "the statement goes in steps on this engine; run it by Exec")
		}
		if err != nil {
			return nil, err
		}
		if c, err = b.p.compile(d); err != nil {
			return nil, err
		}
	}
	st, err := b.p.bind(b.values)(c)
	return &compiled{d: d, st: st}, err
}

// Exec runs the statement and returns how many rows it matched; 0 is no error.
// Values that are too few, too many or of another type than their parameters are
// dberr.Invalid; other errors are those of the function [Exec].
func (p *Prepared[T]) Exec(ctx context.Context, q engine.Queryer, values ...any) (int64, error) {
	one, steps, err := p.ready(q, values)
	if err != nil {
		return 0, err
	}
	if steps != nil {
		return inSteps(ctx, q, steps, p.stepBinder(q, values), nil, func() {})
	}
	if len(p.shape.names) > 0 {
		// Somebody wants the rows at other times; here they are counted.
		var n int64
		err := query(ctx, q, one, p.shape, func(rows *engine.Rows, _ shape) error {
			for rows.Next() {
				n++
			}
			return nil
		})
		return n, err
	}
	r, err := q.Exec(ctx, one)
	return r.Rows, err
}

// ready is the statement with its values, or the steps that stand for it.
func (p *Prepared[T]) ready(q engine.Queryer, values []any) (engine.Statement, steps, error) {
	if c := p.m.get(q.Dialect()); c != nil {
		st, err := p.bind(values)(c)
		return st, nil, err
	}
	s, err := planOf(p.st, q.Dialect())
	if err != nil || s != nil {
		return engine.Statement{}, s, err
	}
	c, err := p.compile(q.Dialect())
	if err != nil {
		return engine.Statement{}, nil, err
	}
	st, err := p.bind(values)(c)
	return st, nil, err
}

// stepBinder fills the statements that stand for a prepared one. Each has some
// of its parameters, so that values in order need the order of the whole.
func (p *Prepared[T]) stepBinder(q engine.Queryer, values []any) binder {
	whole, err := order(p.st, q.Dialect())
	var own given
	return func(c *compiled) (engine.Statement, error) {
		st := c.st
		if err != nil || !c.slots && !c.own {
			return st, err
		}
		vs := values
		if len(values) == 1 {
			if s, ok := values[0].(Struct); ok {
				var err error
				if vs, err = valuesBy(st.Name, whole, s.v); err != nil {
					return st, err
				}
			}
		}
		if err := match(st.Name, whole, vs); err != nil {
			return st, err
		}
		args, err := fill(c.d, c.st.Args, nil, whole, vs, &own)
		if err != nil {
			return st, withOp(err, st.Name)
		}
		st.Args = args
		return st, nil
	}
}

// All returns all rows in the order of the statement; none is an empty slice.
// Errors are as of Exec, and come without rows.
func (p *Prepared[T]) All(ctx context.Context, q engine.Queryer, values ...any) ([]T, error) {
	const most = 1024 // rows for which room is made ahead
	out := make([]T, 0, min(p.rows.Load(), most))
	if err := p.read(ctx, q, values, func() { out = out[:0] }, collect(&out, -1)); err != nil {
		return nil, err
	}
	p.rows.Store(int64(len(out)))
	return out, nil
}

// One returns the one row; none is dberr.NotFound, more are dberr.Invalid.
func (p *Prepared[T]) One(ctx context.Context, q engine.Queryer, values ...any) (T, error) {
	return p.single(ctx, q, values, p.most)
}

// First returns the first row; none is dberr.NotFound.
func (p *Prepared[T]) First(ctx context.Context, q engine.Queryer, values ...any) (T, error) {
	return p.single(ctx, q, values, 1)
}

func (p *Prepared[T]) single(ctx context.Context, q engine.Queryer, values []any, max int) (T, error) {
	var one lone[T]
	err := p.read(ctx, q, values, func() { one.n = 0 }, func(rows *engine.Rows, sh shape) error {
		s, err := p.scanner(sh)
		if err != nil {
			return err
		}
		if err := one.read(rows, s, max); err != nil {
			return err
		}
		if p.own(sh) {
			var zero T
			*s.row = zero
			p.idle.Put(s)
		}
		return nil
	})
	return one.result(err, nameOf(p.st))
}

// scanner returns one that an earlier result has left, or a new one: making it is
// most of what a row by its key costs more than the driver alone.
func (p *Prepared[T]) scanner(sh shape) (*scanner[T], error) {
	if p.own(sh) {
		if s, ok := p.idle.Get().(*scanner[T]); ok {
			return s, nil
		}
	}
	return newScanner[T](sh)
}

// own reports whether the shape is the statement's, which is the same each time,
// and neither that of one of its steps nor what only the result has told.
func (p *Prepared[T]) own(sh shape) bool {
	return len(sh.names) > 0 && len(p.shape.names) > 0 && &sh.names[0] == &p.shape.names[0]
}

func (p *Prepared[T]) read(ctx context.Context, q engine.Queryer, values []any,
	restart func(), each func(*engine.Rows, shape) error) error {
	one, steps, err := p.ready(q, values)
	if err != nil {
		return err
	}
	if steps != nil {
		_, err := inSteps(ctx, q, steps, p.stepBinder(q, values), each, restart)
		return err
	}
	return query(ctx, q, one, p.shape, each)
}

// Rows gives the rows one by one, as the function [Rows] does.
func (p *Prepared[T]) Rows(ctx context.Context, q engine.Queryer, values ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		one, steps, err := p.ready(q, values)
		switch {
		case err != nil:
			var zero T
			yield(zero, err)
		case steps != nil:
			all, err := p.All(ctx, q, values...)
			pour(all, err, yield)
		default:
			stream(ctx, q, one, p.shape, yield)
		}
	}
}

// capable is a dialect that is taken to have everything, to see a statement
// whole whose engine runs it in steps.
type capable struct{ driver.Dialect }

func (capable) Has(driver.Feature) bool { return true }

// order is the parameters of a statement in the order of its whole text.
func order(st Statement, d driver.Dialect) ([]*param, error) {
	e, ok := st.(driver.Expr)
	if !ok {
		return nil, nil
	}
	b := driver.NewBuilder(capable{d})
	e.WriteSQL(b)
	_, args, err := b.Done()
	return signature(args), err
}
