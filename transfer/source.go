package transfer

import (
	"context"
	"iter"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
)

// Source is one moment of a database, or of a file made of one.
type Source interface {
	// Name is for people, without a password.
	Name() string
	// Tables are those that there are, without the columns that a database
	// computes, in order of name.
	Tables() []*schema.Table
	// Count is how many rows a table has; less than 0 where nobody knows.
	Count(ctx context.Context, t *schema.Table) (int64, error)
	// Rows gives the rows of one of Tables in the order of its key, each with
	// the values of all columns, as canon.Raw leaves them. The slice is used
	// again for the next row; what it refers to is not. An error comes last.
	Rows(ctx context.Context, t *schema.Table) iter.Seq2[[]any, error]
}

// name is what statements of this package are called.
const name = "transfer"

// Snapshot calls fn with one moment of a database, which stays what it is for
// as long as fn runs, whatever others write. It is read only. fn runs once.
func Snapshot(ctx context.Context, eng *engine.Engine, fn func(ctx context.Context, src Source) error) error {
	o := engine.TxOptions{Name: name, Mode: engine.Read, Isolation: engine.RepeatableRead, MaxAttempts: 1}
	return eng.InTx(ctx, o, func(ctx context.Context, tx *engine.Tx) error {
		tables, err := tx.Inspect(ctx, driver.InspectOptions{Schema: eng.Schema()})
		if err != nil {
			return err
		}
		for _, t := range tables {
			if err := t.Readable(); err != nil {
				return err
			}
		}
		src := &snapshot{tx: tx, name: eng.URL().String(), tables: stored(tables)}
		// On some engines the moment is that of the first row that is read, and
		// the catalog has none.
		for _, t := range src.tables[:min(1, len(src.tables))] {
			one := query.Select(query.ColumnOf[any](t, t.Columns[0].Name)).From(t).Limit(1).Named(name)
			if _, err := query.Found(ctx, tx, one); err != nil {
				return err
			}
		}
		return fn(ctx, src)
	})
}

type snapshot struct {
	tx     *engine.Tx
	name   string
	tables []*schema.Table
}

// stored are the tables that can be read, without computed columns. An index
// over one is an index over its expression.
func stored(tables []*schema.Table) []*schema.Table {
	out := make([]*schema.Table, 0, len(tables))
	for _, t := range tables {
		if t.Unreadable != "" {
			continue
		}
		c := t.Clone()
		c.Columns = nil
		computed := map[string]schema.Expr{}
		for _, col := range t.Columns {
			if col.Generated == nil {
				c.Columns = append(c.Columns, col)
			} else {
				computed[col.Name] = col.Generated.Expr
			}
		}
		for _, x := range c.Indexes {
			for p := range x.Parts {
				if e, ok := computed[x.Parts[p].Column]; ok {
					x.Parts[p].Column, x.Parts[p].Expr = "", e
				}
			}
		}
		out = append(out, c)
	}
	return out
}

func (s *snapshot) Name() string            { return s.name }
func (s *snapshot) Tables() []*schema.Table { return s.tables }

func (s *snapshot) Count(ctx context.Context, t *schema.Table) (int64, error) {
	return query.One[int64](ctx, s.tx, query.Select(query.CountAll().As("n")).From(t).Named(name))
}

func (s *snapshot) Rows(ctx context.Context, t *schema.Table) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		left := false // nobody wants more, not even an error
		err := s.read(ctx, t, func(row []any) bool {
			left = !yield(row, nil)
			return !left
		})
		if err != nil && !left {
			yield(nil, err)
		}
	}
}

// largeRow is from which size on a row is the last one of its query: what an
// engine keeps of it in memory is given back before the row goes on.
const largeRow = 8 << 20

func (s *snapshot) read(ctx context.Context, t *schema.Table, each func(row []any) bool) error {
	var after []any
	for {
		more, err := s.part(ctx, t, &after, each)
		if err != nil || !more {
			return err
		}
	}
}

// part reads rows behind a key, to the end or to a large row; more says that it
// was not the end.
func (s *snapshot) part(ctx context.Context, t *schema.Table, after *[]any,
	each func(row []any) bool) (more bool, err error) {
	st, err := query.Compile(reading(t, *after), s.tx.Dialect())
	if err != nil {
		return false, err
	}
	rows, err := s.tx.Query(ctx, st)
	if err != nil {
		return false, err
	}
	values := make([]any, len(t.Columns))
	dest := make([]any, len(values))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			rows.Close()
			return false, err
		}
		size := 0
		for i, c := range t.Columns {
			values[i] = canon.Raw(c.Type, values[i])
			size += sizeOf(values[i : i+1])
		}
		if size >= largeRow && keyed(t, values, after) {
			if err := rows.Close(); err != nil {
				return false, err
			}
			// What the engine had of it is gone before the row goes on, and the row
			// before the next one comes, which may be as large: that takes some
			// milliseconds, for eight megabytes at least.
			if err := s.letGo(ctx, t); err != nil {
				return false, err
			}
			runtime.GC() // a pool of buffers gives up at the second one
			debug.FreeOSMemory()
			more = each(values)
			clear(values)
			debug.FreeOSMemory()
			return more, nil
		}
		if !each(values) {
			return false, rows.Close()
		}
	}
	return false, rows.Close()
}

// letGo reads a row of nothing: a driver may hold on to the values that it read
// last, until it reads as many others.
func (s *snapshot) letGo(ctx context.Context, t *schema.Table) error {
	sel := query.Select().From(t).Limit(1).Named(name)
	for _, c := range t.Columns {
		sel = sel.Columns(query.Null[any]().As(c.Name))
	}
	st, err := query.Compile(sel, s.tx.Dialect())
	if err != nil {
		return err
	}
	rows, err := s.tx.Query(ctx, st)
	if err != nil {
		return err
	}
	rows.Next()
	return rows.Close()
}

// keyed remembers the key of a row; false where reading cannot go on behind it.
func keyed(t *schema.Table, row []any, after *[]any) bool {
	if t.PrimaryKey == nil {
		return false
	}
	key := make([]any, 0, len(t.PrimaryKey.Columns))
	for i, c := range t.Columns {
		if !slices.Contains(t.PrimaryKey.Columns, c.Name) {
			continue
		}
		_, err := canon.Read(c.Type, row[i])
		ordered := c.Type.Kind.IsText() || c.Type.Kind.IsWhole()
		if err != nil || row[i] == nil || !ordered {
			return false
		}
	}
	for _, n := range t.PrimaryKey.Columns {
		key = append(key, row[slices.IndexFunc(t.Columns, func(c *schema.Column) bool { return c.Name == n })])
	}
	*after = key
	return true
}

// reading reads the rows of a table in the order of its key, all of them or
// those behind one.
func reading(t *schema.Table, after []any) query.SelectStmt {
	sel := query.Select().From(t).Named(name)
	for _, c := range t.Columns {
		col := query.ColumnOf[any](t, c.Name)
		switch c.Type.Kind {
		case schema.Boolean, schema.Date, schema.DateTime:
			// As it is stored: a driver makes what it likes of a column that is
			// declared a boolean or a time, and of an expression it does not.
			sel = sel.Columns(query.Coalesce(col, query.Null[any]()).As(c.Name))
		case schema.JSON:
			// As text, of which a driver may make fewer copies than of a document.
			sel = sel.Columns(query.AsCompared(col).As(c.Name))
		default:
			sel = sel.Columns(col)
		}
	}
	if t.PrimaryKey == nil {
		return sel
	}
	var behind []query.Cond
	for i, n := range t.PrimaryKey.Columns {
		sel = sel.OrderBy(query.ColumnOf[any](t, n))
		if after == nil {
			continue
		}
		var same []query.Cond
		for j, m := range t.PrimaryKey.Columns[:i] {
			same = append(same, query.ColumnOf[any](t, m).Eq(after[j]))
		}
		behind = append(behind, query.And(append(same, query.ColumnOf[any](t, n).Gt(after[i]))...))
	}
	if after != nil {
		sel = sel.Where(query.Or(behind...))
	}
	return sel
}
