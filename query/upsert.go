package query

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/schema"
)

// plan: INSERT with more values than fit one statement, RETURNING where it is
// missing, and upserts that the engine would decide by another key or miscount.
func (s InsertStmt) plan(d driver.Dialect) (steps, error) {
	n := s.s.whole()
	s.s = n
	if n.err != nil {
		return nil, n.err
	}
	wants := len(n.returning) > 0 && !d.Has(driver.InsertReturning)
	if n.upsert != nil {
		key, err := n.conflict()
		if err != nil {
			return nil, err
		}
		native := d.Has(driver.UpsertTarget) ||
			(n.onlyKey(d, key) && len(n.upsert.where) == 0 && n.updates() && n.from == nil)
		switch {
		case !native && n.from != nil:
			return nil, noEmulation(d, n.table, "this upsert from a query", "its rows are not known beforehand")
		case !native:
			return s.upsertSteps(d, key)
		case wants || len(n.returning) > 0 && !d.Has(driver.UpsertTarget):
			return s.rowSteps(d)
		case !d.Has(driver.UpsertTarget):
			return s.countedSteps(d)
		case d.Has(driver.UpsertOnce) && n.updates():
			if parts := n.apart(d, key); len(parts) > 1 {
				return s.partSteps(parts), nil
			}
		}
	} else if wants {
		if n.from != nil {
			return nil, noEmulation(d, n.table, "INSERT ... SELECT ... RETURNING", "the rows are not known beforehand")
		}
		return s.rowSteps(d)
	}
	if max := d.Limits().BindArgs; max > 0 && n.from == nil && len(n.rows)*len(n.cols) > max && len(n.cols) <= max {
		return s.chunkSteps(max / len(n.cols)), nil
	}
	return nil, nil
}

// updates reports whether a conflict changes the stored row.
func (n *insertState) updates() bool { return len(n.upsert.update)+len(n.upsert.set) > 0 }

// onlyKey reports whether the target is the table's one unique key, so that no
// other key can be the one in conflict.
func (n *insertState) onlyKey(d driver.Dialect, key uniqueKey) bool {
	if !key.plain() {
		return false
	}
	target := slices.Clone(key.columns)
	slices.Sort(target)
	same := func(cols []string) bool {
		c := slices.Clone(cols)
		slices.Sort(c)
		return slices.Equal(c, target)
	}
	found := false
	check := func(cols []string) bool {
		if !same(cols) {
			return false
		}
		found = true
		return true
	}
	if pk := n.table.PrimaryKey; pk != nil && !check(pk.Columns) {
		return false
	}
	for _, u := range n.table.Uniques {
		if (u.Needs == "" || d.Has(u.Needs)) && !check(u.Columns) {
			return false
		}
	}
	for _, i := range n.table.Indexes {
		if !i.Unique {
			continue
		}
		var cols []string
		for _, p := range i.Parts {
			if p.Expr != "" {
				return false
			}
			cols = append(cols, p.Column)
		}
		if !check(cols) {
			return false
		}
	}
	return found
}

func (s InsertStmt) chunkSteps(size int) steps {
	return func(ctx context.Context, r *runner) (int64, error) {
		if s.s.upsert == nil && len(s.s.returning) == 0 {
			if rows, ok := s.s.encoded(r.tx.Dialect()); ok {
				names := make([]string, len(s.s.cols))
				for i, c := range s.s.cols {
					names[i] = c.Name
				}
				return engine.BulkInsert(ctx, r.tx, s.s.table.Name, names, rows)
			}
		}
		var total int64
		for part := range slices.Chunk(s.s.rows, size) {
			k, err := s.part(ctx, r, part)
			if err != nil {
				return 0, err
			}
			total += k
		}
		return total, nil
	}
}

// part inserts some of the rows.
func (s InsertStmt) part(ctx context.Context, r *runner, rows [][]driver.Expr) (int64, error) {
	st := s.with(func(n *insertState) { n.rows = rows })
	if len(s.s.returning) > 0 && r.each != nil {
		return int64(len(rows)), r.read(ctx, st, r.each)
	}
	return r.exec(ctx, st)
}

// partSteps inserts parts of the rows one after another, each of them as many at
// a time as fit one statement.
func (s InsertStmt) partSteps(parts [][][]driver.Expr) steps {
	return func(ctx context.Context, r *runner) (int64, error) {
		var total int64
		size := 1 << 20
		if max := r.tx.Dialect().Limits().BindArgs; max > 0 {
			size = max / len(s.s.cols)
		}
		for _, rows := range parts {
			for part := range slices.Chunk(rows, size) {
				k, err := s.part(ctx, r, part)
				if err != nil {
					return 0, err
				}
				total += k
			}
		}
		return total, nil
	}
}

// How many rows countedSteps sends together, and what part of a packet they fill:
// an engine may send values as literals, which are up to twice as long.
const (
	countedRows   = 500
	countedPacket = 4
)

// countedSteps upserts rows, as many at a time as fit one statement, and counts them
// itself: an engine counts a row twice that it changes.
func (s InsertStmt) countedSteps(d driver.Dialect) (steps, error) {
	n := s.s
	given, known := n.encoded(d)
	if !known || len(n.rows) < 2 {
		return s.rowSteps(d)
	}
	limits := d.Limits()
	most, budget := countedRows, limits.Packet/countedPacket
	if limits.BindArgs > 0 {
		most = max(1, min(most, limits.BindArgs/len(n.cols)))
	}
	return func(ctx context.Context, r *runner) (int64, error) {
		send := func(rows [][]driver.Expr) error {
			_, err := r.exec(ctx, s.with(func(m *insertState) { m.rows = rows }))
			return err
		}
		at, from, size := 0, 0, 0
		for row, err := range given {
			if err != nil {
				return 0, err
			}
			bytes := 0
			for _, v := range row {
				switch v := v.(type) {
				case string:
					bytes += len(v)
				case []byte:
					bytes += len(v)
				}
			}
			if at > from && (at-from == most || budget > 0 && size+bytes > budget) {
				if err := send(n.rows[from:at]); err != nil {
					return 0, err
				}
				from, size = at, 0
			}
			at, size = at+1, size+bytes
		}
		return int64(len(n.rows)), send(n.rows[from:])
	}, nil
}

// rowSteps inserts, and reads each row back by a key whose values are known,
// or by the number that the server gave to it.
func (s InsertStmt) rowSteps(d driver.Dialect) (steps, error) {
	n := s.s
	var key []*schema.Column
	identity := false
	if n.upsert != nil {
		u, err := n.conflict()
		if err != nil {
			return nil, err
		}
		for _, name := range u.columns {
			key = append(key, n.table.Column(name))
		}
	} else if len(n.returning) > 0 {
		pk := n.table.PrimaryKey
		if pk == nil {
			return nil, noEmulation(d, n.table, "INSERT ... RETURNING", "the table has no primary key to find the row by")
		}
		for _, name := range pk.Columns {
			c := n.table.Column(name)
			if c.Identity != nil && !slices.Contains(n.cols, c) {
				identity = true
			}
			key = append(key, c)
		}
	}
	// Without an upsert the rows go one by one only when the server numbers them.
	rows := n.rows
	if len(rows) == 0 {
		rows = [][]driver.Expr{nil}
	}
	var finds []Cond
	if len(n.returning) > 0 {
		for _, row := range rows {
			c, err := n.find(d, key, row, identity)
			if err != nil {
				return nil, err
			}
			finds = append(finds, c)
		}
	}
	return func(ctx context.Context, r *runner) (int64, error) {
		for i, row := range rows {
			one := s.with(func(m *insertState) {
				m.returning = nil
				if row != nil {
					m.rows = [][]driver.Expr{row}
				}
			})
			if _, err := r.exec(ctx, one); err != nil {
				return 0, err
			}
			if finds != nil {
				if err := r.give(ctx, Select(n.returning...).Named(n.name).From(n.table).Where(finds[i])); err != nil {
					return 0, err
				}
			}
		}
		return int64(len(rows)), nil
	}, nil
}

// find is the condition that selects the row that was inserted as row.
func (n *insertState) find(d driver.Dialect, key []*schema.Column, row []driver.Expr, identity bool) (Cond, error) {
	conds := make([]Cond, 0, len(key))
	for _, c := range key {
		ref := colRef{table: n.table, col: c}
		at := slices.Index(n.cols, c)
		switch {
		case at < 0 && identity && c.Identity != nil:
			conds = append(conds, Cond{n: binary{a: ref, op: " = ", c: driver.ExprFunc(func(b *driver.Builder) { b.Dialect().LastIdentity(b) })}})
			continue
		case at < 0:
			return Cond{}, noEmulation(d, n.table, "INSERT ... RETURNING",
				fmt.Sprintf("column %s of the key is left to the server", c.Name))
		}
		value := row[at]
		switch v := value.(type) {
		case *cell:
			value = v.arg()
		case arg, slot:
		default:
			return Cond{}, noEmulation(d, n.table, "INSERT ... RETURNING",
				fmt.Sprintf("the value of column %s of the key is an expression", c.Name))
		}
		conds = append(conds, Cond{n: compare(ref, c.Type, " = ", value)})
	}
	return And(conds...), nil
}

// upsertSteps looks for the row that exists under lock, and then updates it or
// inserts the new one.
func (s InsertStmt) upsertSteps(d driver.Dialect, key uniqueKey) (steps, error) {
	n := s.s
	finds := make([]Cond, len(n.rows))
	for i, row := range n.rows {
		c, err := n.findBy(d, key, row)
		if err != nil {
			return nil, err
		}
		finds[i] = c
	}
	return func(ctx context.Context, r *runner) (int64, error) {
		var total int64
		for i, row := range n.rows {
			k, err := s.upsertRow(ctx, r, row, finds[i])
			if err != nil {
				return 0, err
			}
			total += k
			if k > 0 && len(n.returning) > 0 {
				if err := r.give(ctx, Select(n.returning...).Named(n.name).From(n.table).Where(finds[i])); err != nil {
					return 0, err
				}
			}
		}
		return total, nil
	}, nil
}

func (s InsertStmt) upsertRow(ctx context.Context, r *runner, row []driver.Expr, find Cond) (int64, error) {
	n := s.s
	for attempt := 0; ; attempt++ {
		var found []int64
		sel := Select(Raw[int64]("1").As("n")).Named(n.name).From(n.table).Where(find).ForUpdate()
		if err := r.read(ctx, sel, collect(&found, -1)); err != nil {
			return 0, err
		}
		if len(found) > 0 {
			if !n.updates() {
				return 0, nil
			}
			return r.exec(ctx, n.asUpdate(row, find))
		}
		k, err := r.exec(ctx, s.with(func(m *insertState) {
			m.rows, m.upsert, m.returning = [][]driver.Expr{row}, nil, nil
		}))
		// Where a missing row cannot be locked another transaction may have
		// inserted it meanwhile; then it is there now.
		if attempt == 0 && errors.Is(err, dberr.ErrAlreadyExists) {
			continue
		}
		return k, err
	}
}

// asUpdate is what the upsert does to a row that exists.
func (n *insertState) asUpdate(row []driver.Expr, find Cond) UpdateStmt {
	u := Update(n.table).Named(n.name)
	set := make([]Assignment, 0, len(n.upsert.update)+len(n.upsert.set))
	for _, c := range n.upsert.update {
		set = append(set, Assignment{col: c.reference(), value: n.inserted(row, c.reference().col.Name)})
	}
	for _, a := range n.upsert.set {
		o := Assignment{col: a.col, value: n.over(row, a.value)}
		if a.edit != nil {
			o.edit = func(doc Expr[jsonvalue.JSON]) driver.Expr { return n.over(row, a.edit(doc)) }
		}
		set = append(set, o)
	}
	conds := []Cond{find}
	for _, c := range n.upsert.where {
		conds = append(conds, Cond{n: n.over(row, c)})
	}
	return u.Set(set...).Where(conds...)
}

// inserted is the value that the new row has for a column.
func (n *insertState) inserted(row []driver.Expr, column string) driver.Expr {
	for i, c := range n.cols {
		if c.Name == column {
			return row[i]
		}
	}
	return text("NULL")
}

// over writes e with Excluded standing for the values of row.
func (n *insertState) over(row []driver.Expr, e driver.Expr) driver.Expr {
	return driver.ExprFunc(func(b *driver.Builder) {
		b.In(withRow{Dialect: b.Dialect(), n: n, row: row}, e)
	})
}

type withRow struct {
	driver.Dialect
	n   *insertState
	row []driver.Expr
}

func (d withRow) Excluded(b *driver.Builder, column string) { b.Expr(d.n.inserted(d.row, column)) }
