package op

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// Scan says which rows a data step goes through.
type Scan struct {
	Table   string
	Columns []string // besides the key
	// Key is a unique key, in the order of which the rows come; nil is the
	// primary key. Its columns are text or integers.
	Key []string
	// Where narrows the rows, as [Execute] describes it. A row that stops
	// to match because of what the step does is not seen again in any case.
	Where string
	Args  []any
	// Size is how many rows a chunk has at most; 0 is 500.
	Size int
	// Bytes is about how much a chunk holds at most, whatever the number of
	// rows; 0 is 8 MiB. One row is always read.
	Bytes int
}

// Values are columns and what they are set to.
type Values map[string]any

// Chunk is some rows of a scan. It is a Queryer: what runs on it is committed
// together with the chunk.
type Chunk struct {
	engine.Queryer
	Rows []Row
	d    *Data
	tbl  *schema.Table
}

// Rows gives the rows of a table to fn, chunk by chunk, in the order of the
// key, holding one chunk in memory. In a batched step a chunk is a transaction,
// which is run again when it meets a conflict: fn keeps nothing outside of the
// database. Rows that are inserted behind the place where the scan stands are
// seen as well.
func (d *Data) Rows(ctx context.Context, s Scan, fn func(ctx context.Context, c *Chunk) error) error {
	d.scans++
	if d.at.Scan > d.scans || d.at.Scan == d.scans && d.at.Over {
		return nil
	}
	t := d.Table(s.Table)
	if t == nil {
		return dberr.New(dberr.SchemaMismatch, "data step", "there is no table "+s.Table)
	}
	p := &pass{d: d, s: s, t: t, fn: fn}
	if err := p.check(); err != nil {
		return err
	}
	at := cursor{Scan: d.scans}
	if d.at.Scan == d.scans {
		at = d.at
	}
	total, err := p.count(ctx, at)
	if err != nil {
		return err
	}
	for !at.Over {
		if at, err = p.step(ctx, at, total); err != nil {
			return err
		}
		d.at = at
		if d.o.Progress != nil {
			d.o.Progress(Progress{Cursor: at.String(), Done: at.Done, Total: total})
		}
	}
	return nil
}

// pass is one scan under way.
type pass struct {
	d  *Data
	s  Scan
	t  *schema.Table
	fn func(ctx context.Context, c *Chunk) error
}

func (p *pass) check() error {
	if len(p.s.Key) == 0 {
		if p.t.PrimaryKey == nil {
			return dberr.New(dberr.Invalid, "data step",
				"table "+p.t.Name+" has no primary key; name the columns of a unique key in Scan.Key")
		}
		p.s.Key = p.t.PrimaryKey.Columns
	}
	for _, n := range slices.Concat(p.s.Key, p.s.Columns) {
		if err := needColumn(p.t, n); err != nil {
			return err
		}
	}
	if p.s.Size <= 0 {
		p.s.Size = 500
	}
	if p.s.Bytes <= 0 {
		p.s.Bytes = 8 << 20
	}
	return nil
}

// count asks how many rows there are, when somebody wants to know.
func (p *pass) count(ctx context.Context, at cursor) (int64, error) {
	if p.d.o.Progress == nil {
		return 0, nil
	}
	n, err := query.One[int64](ctx, p.d,
		query.Select(query.CountAll().As("n")).Named("data step").From(p.t).Where(p.where(cursor{})...))
	return max(n, at.Done), err
}

// where is the condition: what the author asked for, behind the cursor.
func (p *pass) where(at cursor) []query.Cond {
	var out []query.Cond
	if p.s.Where != "" {
		out = append(out, query.RawCond(schema.Expr(p.s.Where), p.s.Args...))
	}
	if at.Key == nil {
		return out
	}
	var behind []query.Cond
	for i, n := range p.s.Key {
		same := rowIs(p.t, p.s.Key[:i], func(j int) any { return at.Key[j] })
		behind = append(behind, query.And(append(same, query.ColumnOf[any](p.t, n).Gt(at.Key[i]))...))
	}
	return append(out, query.Or(behind...))
}

// step does one chunk and returns where the scan stands then.
func (p *pass) step(ctx context.Context, at cursor, total int64) (next cursor, err error) {
	if !p.d.o.Batched {
		return p.chunk(ctx, p.d.Queryer, at)
	}
	err = p.d.InTx(ctx, engine.TxOptions{Name: "data step"}, func(ctx context.Context, tx *engine.Tx) error {
		n, err := p.chunk(ctx, tx, at)
		if err != nil {
			return err
		}
		next = n
		if p.d.o.Save == nil {
			return nil
		}
		return p.d.o.Save(ctx, tx, Progress{Cursor: n.String(), Done: n.Done, Total: total})
	})
	return next, err
}

func (p *pass) chunk(ctx context.Context, q engine.Queryer, at cursor) (cursor, error) {
	bad := &misuse{}
	rows, over, err := p.read(ctx, q, at, bad)
	if err != nil {
		return at, err
	}
	if len(rows) > 0 {
		if err := p.fn(ctx, &Chunk{Queryer: q, Rows: rows, d: p.d, tbl: p.t}); err != nil {
			return at, err
		}
		if bad.err != nil {
			return at, bad.err
		}
		if at.Key, err = p.key(rows[len(rows)-1]); err != nil {
			return at, err
		}
		at.Done += int64(len(rows))
	}
	at.Over = over
	return at, nil
}

// read reads the rows behind the cursor; over says that there are no more.
func (p *pass) read(ctx context.Context, q engine.Queryer, at cursor, bad *misuse) (out []Row, over bool, err error) {
	columns := slices.Clone(p.s.Key)
	for _, c := range p.s.Columns {
		if !slices.Contains(columns, c) {
			columns = append(columns, c)
		}
	}
	sel := query.Select().From(p.t).Where(p.where(at)...).Limit(p.s.Size).ForUpdate()
	for _, n := range columns {
		sel = sel.Columns(query.ColumnOf[any](p.t, n))
	}
	for _, n := range p.s.Key {
		sel = sel.OrderBy(query.ColumnOf[any](p.t, n))
	}
	st, err := statement(sel, q.Dialect(), "data step", false)
	if err != nil {
		return nil, false, err
	}
	st.Cache = true
	// Rows are locked where the engine can: that makes it a write.
	rows, err := q.Query(ctx, st)
	if err != nil {
		return nil, false, err
	}
	r := newReader(columns, p.t, bad)
	r.key = p.s.Key
	size, more := 0, false
	for rows.Next() {
		row, n, err := r.read(rows)
		if err != nil {
			rows.Close()
			return nil, false, err
		}
		out = append(out, row)
		if size += n; size >= p.s.Bytes {
			more = true
			break
		}
	}
	if err := rows.Close(); err != nil {
		return nil, false, err
	}
	return out, !more && len(out) < p.s.Size, nil
}

// key is the key of a row in a form that JSON keeps.
func (p *pass) key(r Row) ([]any, error) {
	out := make([]any, len(p.s.Key))
	for i, n := range p.s.Key {
		if r.Null(n) {
			return nil, dberr.New(dberr.Invalid, "data step", fmt.Sprintf("a row of table %s has no value in %s, which is part of the key it is read by; choose another Scan.Key", p.t.Name, n))
		}
		switch p.t.Column(n).Type.Kind {
		case schema.Integer, schema.BigInt, schema.SmallInt:
			// SQLite keeps any value in any column.
			if v, ok := r.value(n).(int64); ok {
				out[i] = v
				continue
			}
			out[i] = r.Text(n)
		case schema.String, schema.Text, schema.UUID:
			out[i] = r.Text(n)
		default:
			return nil, dberr.New(dberr.Unsupported, "data step", fmt.Sprintf("column %s.%s cannot be part of the key of a scan; use a key of text or integers", p.t.Name, n))
		}
	}
	return out, nil
}

// Update sets columns of a row of the chunk.
func (c *Chunk) Update(ctx context.Context, r Row, set Values) error {
	if len(set) == 0 {
		return nil
	}
	u := query.Update(c.tbl)
	for _, n := range slices.Sorted(maps.Keys(set)) {
		if err := needColumn(c.tbl, n); err != nil {
			return err
		}
		u = u.Set(query.ColumnOf[any](c.tbl, n).Set(set[n]))
	}
	return c.run(ctx, u.Where(c.row(r)...))
}

// Delete deletes a row of the chunk.
func (c *Chunk) Delete(ctx context.Context, r Row) error {
	return c.run(ctx, query.Delete(c.tbl).Where(c.row(r)...))
}

// row holds for the row of the chunk.
func (c *Chunk) row(r Row) []query.Cond {
	return rowIs(c.tbl, r.key, func(i int) any { return r.value(r.key[i]) })
}

func (c *Chunk) run(ctx context.Context, s query.Statement) error {
	st, err := statement(s, c.Dialect(), "data step", false)
	if err != nil {
		return err
	}
	st.Cache = true
	_, err = c.Exec(ctx, st)
	return err
}

func needColumn(t *schema.Table, column string) error {
	if t.Column(column) == nil {
		return dberr.New(dberr.SchemaMismatch, "data step", "table "+t.Name+" has no column "+column)
	}
	return nil
}

// Insert inserts a row into any table.
func (c *Chunk) Insert(ctx context.Context, table string, row Values) error {
	t := c.d.Table(table)
	if t == nil {
		return dberr.New(dberr.SchemaMismatch, "data step", "there is no table "+table)
	}
	columns := slices.Sorted(maps.Keys(row))
	values := make([]any, len(columns))
	for i, n := range columns {
		values[i] = row[n]
	}
	sts, err := insert(c.Dialect(), t, columns, [][]any{values}, false)
	if err != nil {
		return err
	}
	for _, st := range sts {
		st.Cache = true
		if _, err := c.Exec(ctx, st); err != nil {
			return err
		}
	}
	return nil
}

// insert writes the rows into as few statements as the engine takes.
func insert(d driver.Dialect, t *schema.Table, columns []string, rows [][]any,
	literal bool) ([]engine.Statement, error) {
	most := 200
	if n := d.Limits().BindArgs; n > 0 {
		most = max(1, min(most, n/max(1, len(columns))))
	}
	for _, n := range columns {
		if t.Column(n) == nil {
			return nil, dberr.New(dberr.SchemaMismatch, "insert", "table "+t.Name+" has no column "+n)
		}
	}
	var out []engine.Statement
	for part := range slices.Chunk(rows, most) {
		ins := query.Insert(t)
		for _, row := range part {
			values := make([]query.Assignment, len(columns))
			for i, n := range columns {
				values[i] = query.ColumnOf[any](t, n).Set(row[i])
			}
			ins = ins.Values(values...)
		}
		st, err := statement(ins, d, "insert", literal)
		if err != nil {
			return nil, err
		}
		out = append(out, st)
	}
	return out, nil
}

// UnmarshalJSON reads numbers of a key as integers.
func (c *cursor) UnmarshalJSON(b []byte) error {
	type plain cursor
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	var raw struct {
		Key []json.RawMessage `json:"key"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	for i, r := range raw.Key {
		var n int64
		if err := json.Unmarshal(r, &n); err == nil {
			p.Key[i] = n
		}
	}
	*c = cursor(p)
	return nil
}
