package migrate

import (
	"context"
	"fmt"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// takeBack takes away what stands of revisions that another program began, the
// last one first, where nothing is lost by it, and the copies in gone ahead of
// them. That nothing is lost is known before anything is written. Each thing is taken away by itself: what is cut off can be run
// again.
func (r *Runner) takeBack(ctx context.Context, b *book, found []Partial, gone []Leftover) (did []string, err error) {
	for _, x := range found {
		for _, p := range x.parts {
			why, err := r.keeps(ctx, p)
			if err != nil {
				return nil, err
			}
			if why != "" {
				return nil, dberr.New(dberr.Unsupported, "repair", "what stands of revision "+x.Revision+" cannot be taken back without loss: "+why+"; finish it with repair")
			}
		}
	}
	// A copy of a table goes ahead of the table.
	if did, err = r.remove(ctx, gone); err != nil {
		return did, err
	}
	live, err := r.inspect(ctx, r.o.Engine)
	if err != nil {
		return did, err
	}
	for number, x := range slices.Backward(found) {
		e, err := r.undoing(b, x)
		if err != nil {
			return did, err
		}
		e.number, e.of = len(found)-number, len(found)
		for _, p := range slices.Backward(x.parts) {
			if !p.stands {
				continue
			}
			e.doing("take back " + p.text)
			for _, o := range p.back {
				if err := e.change(ctx, o, live); err != nil {
					return did, dberr.WithOp(err, "take back "+p.text)
				}
			}
		}
		did = append(did, "what stood of revision "+x.Revision+" was taken back")
	}
	return did, nil
}

// undoing is the execution of a revision that is taken back.
func (r *Runner) undoing(b *book, x Partial) (*execution, error) {
	n := slices.IndexFunc(r.in, func(l *lineage) bool { return l.Name == x.Lineage })
	steps, err := r.in[n].graph.Upgrade(b.rows[x.Lineage], x.Revision)
	if err != nil {
		return nil, err
	}
	w, _, err := r.record(aimed{r.in[n], steps[len(steps)-1]})
	return &execution{r: r, w: w, b: b}, err
}

// change makes one operation by itself.
func (x *execution) change(ctx context.Context, o op.Op, live *op.State) error {
	t := x.liveTarget(ctx)
	steps, err := op.Compile(o, live, t)
	if err != nil {
		return err
	}
	for i := range steps {
		if err := steps[i].Resolve(t); err != nil {
			return err
		}
		if err := x.runScripts(ctx, []driver.Script{steps[i].Script}); err != nil {
			return err
		}
	}
	return nil
}

// keeps says what would be lost with a part that stands, or "".
func (r *Runner) keeps(ctx context.Context, p piece) (string, error) {
	switch {
	case !p.stands:
		return "", nil
	case p.final != "":
		return p.final, nil
	case p.table == "":
		return "", nil
	case p.fresh == nil:
		n, err := r.count(ctx, p.table)
		if err != nil || n == 0 {
			return "", err
		}
		return fmt.Sprintf("table %s has %d rows", p.table, n), nil
	}
	holds, err := r.holds(ctx, p.table, p.fresh)
	if err != nil || !holds {
		return "", err
	}
	return "column " + p.table + "." + p.fresh.Name + " holds values", nil
}

// holds reports whether a column has another value than NULL and its default
// in any row.
func (r *Runner) holds(ctx context.Context, table string, c *schema.Column) (bool, error) {
	eng := r.o.Engine
	q := driver.NewBuilder(eng.Dialect()).SQL("SELECT ").Ident(c.Name).SQL(" FROM ").Ident(table).SQL(" WHERE ").Ident(c.Name).SQL(" IS NOT NULL")
	if c.Default == nil {
		q.SQL(" LIMIT 1")
	}
	text, args, err := q.Done()
	if err != nil {
		return false, err
	}
	rows, err := eng.Query(ctx, engine.Statement{Name: "migrate", SQL: text, Args: args})
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var v any
		if err := rows.Scan(&v); err != nil {
			return false, err
		}
		if c.Default == nil || !isDefault(v, c.Default.Value) {
			return true, nil
		}
	}
	return false, rows.Err()
}

// isDefault compares a value as a driver gives it with one that was declared.
func isDefault(v, value any) bool {
	if b, ok := value.(bool); ok {
		switch v := v.(type) {
		case bool:
			return v == b
		case int64:
			return (v != 0) == b
		}
	}
	if raw, ok := v.([]byte); ok {
		v = string(raw)
	}
	return value != nil && fmt.Sprint(v) == fmt.Sprint(value)
}
