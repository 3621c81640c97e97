package query

import (
	"context"
	"fmt"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/schema"
)

// steps runs a statement as several on an engine that cannot run it as one.
// They run in one transaction, so that nobody sees them half done.
type steps func(ctx context.Context, r *runner) (int64, error)

// planner is a statement that some engines run in steps.
type planner interface {
	// plan returns nil when d runs the statement as one.
	plan(d driver.Dialect) (steps, error)
}

func planOf(st Statement, d driver.Dialect) (steps, error) {
	if p, ok := st.(planner); ok {
		return p.plan(d)
	}
	return nil, nil
}

// runner runs the parts of a statement that goes in steps.
type runner struct {
	tx   *engine.Tx
	bind binder
	each func(*engine.Rows, shape) error // nil when nobody asked for rows
}

func inSteps(ctx context.Context, q engine.Queryer, s steps, bind binder,
	each func(*engine.Rows, shape) error, restart func()) (int64, error) {
	var n int64
	err := q.InTx(ctx, engine.TxOptions{Mode: engine.Write}, func(ctx context.Context, tx *engine.Tx) error {
		restart()
		var err error
		n, err = s(ctx, &runner{tx: tx, bind: bind, each: each})
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

func (r *runner) exec(ctx context.Context, st Statement) (int64, error) {
	one, err := ready(r.tx.Dialect(), st, r.bind)
	if err != nil {
		return 0, err
	}
	res, err := r.tx.Exec(ctx, one)
	return res.Rows, err
}

func (r *runner) read(ctx context.Context, st Reader, each func(*engine.Rows, shape) error) error {
	one, err := ready(r.tx.Dialect(), st, r.bind)
	if err != nil {
		return err
	}
	return query(ctx, r.tx, one, shapeOf(st), each)
}

// give hands the rows that a select finds to who asked for them.
func (r *runner) give(ctx context.Context, sel SelectStmt) error {
	if r.each == nil {
		return nil
	}
	return r.read(ctx, sel, r.each)
}

// keyChunk is how many rows are named by their keys in one statement.
const keyChunk = 400

// primary is the primary key of t as columns, or nil.
func primary(t *schema.Table) []AnyColumn {
	if t.PrimaryKey == nil {
		return nil
	}
	out := make([]AnyColumn, len(t.PrimaryKey.Columns))
	for i, name := range t.PrimaryKey.Columns {
		out[i] = anyColumn{colRef{table: t, col: t.Column(name)}}
	}
	return out
}

// keysOf locks the rows that where selects and returns their primary keys.
func (r *runner) keysOf(ctx context.Context, name string, t *schema.Table, where []Cond) ([][]any, error) {
	key := primary(t)
	sel := Select().Named(name).From(t).Where(where...).ForUpdate()
	for _, c := range key {
		sel = sel.Columns(c)
	}
	var keys [][]any
	err := r.read(ctx, sel, func(rows *engine.Rows, _ shape) error {
		dest := make([]any, len(key))
		for rows.Next() {
			row := make([]any, len(key))
			for i := range dest {
				dest[i] = &row[i]
			}
			if err := rows.Scan(dest...); err != nil {
				return err
			}
			for i, v := range row {
				if b, ok := v.([]byte); ok && key[i].reference().col.Type.Kind != schema.Bytes {
					row[i] = string(b)
				}
			}
			keys = append(keys, row)
		}
		return nil
	})
	return keys, err
}

func keyIn(t *schema.Table, keys [][]any) Cond {
	key := primary(t)
	if len(key) == 1 {
		ref := key[0].reference()
		vals := make([]any, len(keys))
		for i, k := range keys {
			vals[i] = k[0]
		}
		return column[any](ref).In(vals...)
	}
	return Tuple(key...).In(keys...)
}

// plan: UPDATE ... RETURNING where it is missing, and an update of nothing.
func (s UpdateStmt) plan(d driver.Dialect) (steps, error) {
	n := s.s
	if n.err != nil {
		return nil, n.err
	}
	if err := meansRows("UPDATE", n.table, n.where, n.all); err != nil {
		return nil, err
	}
	if len(n.others.from)+len(n.others.ctes) > 0 {
		return nil, nil
	}
	if len(n.set) == 0 {
		return func(ctx context.Context, r *runner) (int64, error) {
			if len(n.returning) > 0 {
				if err := r.give(ctx, Select(n.returning...).Named(n.name).From(n.table).Where(n.where...)); err != nil {
					return 0, err
				}
			}
			var count []int64
			err := r.read(ctx, Select(CountAll().As("n")).Named(n.name).From(n.table).Where(n.where...), collect(&count, 1))
			if err != nil {
				return 0, err
			}
			return count[0], nil
		}, nil
	}
	if len(n.returning) == 0 || d.Has(driver.UpdateReturning) {
		return nil, nil
	}
	if n.table.PrimaryKey == nil {
		return nil, noEmulation(d, n.table, "UPDATE ... RETURNING", "the table has no primary key to find the rows by")
	}
	for _, a := range n.set {
		if slices.Contains(n.table.PrimaryKey.Columns, a.col.col.Name) {
			return nil, noEmulation(d, n.table, "UPDATE ... RETURNING",
				"the statement changes the primary key, by which the rows would be found")
		}
	}
	return func(ctx context.Context, r *runner) (int64, error) {
		keys, err := r.keysOf(ctx, n.name, n.table, n.where)
		if err != nil {
			return 0, err
		}
		for part := range slices.Chunk(keys, keyChunk) {
			in := keyIn(n.table, part)
			if _, err := r.exec(ctx, s.with(func(u *updateState) { u.where, u.returning = []Cond{in}, nil })); err != nil {
				return 0, err
			}
			if err := r.give(ctx, Select(n.returning...).Named(n.name).From(n.table).Where(in)); err != nil {
				return 0, err
			}
		}
		return int64(len(keys)), nil
	}, nil
}

// plan: DELETE ... RETURNING where it is missing.
func (s DeleteStmt) plan(d driver.Dialect) (steps, error) {
	n := s.s
	if len(n.returning) == 0 || d.Has(driver.DeleteReturning) || len(n.others.from)+len(n.others.ctes) > 0 {
		return nil, nil
	}
	if err := meansRows("DELETE", n.table, n.where, n.all); err != nil {
		return nil, err
	}
	if n.table.PrimaryKey == nil {
		return nil, noEmulation(d, n.table, "DELETE ... RETURNING", "the table has no primary key to find the rows by")
	}
	return func(ctx context.Context, r *runner) (int64, error) {
		keys, err := r.keysOf(ctx, n.name, n.table, n.where)
		if err != nil {
			return 0, err
		}
		for part := range slices.Chunk(keys, keyChunk) {
			in := keyIn(n.table, part)
			if err := r.give(ctx, Select(n.returning...).Named(n.name).From(n.table).Where(in)); err != nil {
				return 0, err
			}
			if _, err := r.exec(ctx, s.with(func(u *deleteState) { u.where, u.returning = []Cond{in}, nil })); err != nil {
				return 0, err
			}
		}
		return int64(len(keys)), nil
	}, nil
}

func noEmulation(d driver.Dialect, t *schema.Table, what, why string) error {
	e := dberr.New(dberr.Unsupported, t.Name,
		fmt.Sprintf("%s is not something this engine has, and %s; select the rows in a transaction of your own", what, why))
	e.Engine = d.Engine()
	return e
}
