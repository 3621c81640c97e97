package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// copyPrefix begins the names of the tables into which Alembic copies one that
// it rebuilds. Cut off, it leaves the copy, and fails on it the next time.
const copyPrefix = "_alembic_tmp_"

// Leftover is a table that Alembic left when a rebuild was cut off: the copy of
// a table, which never took its place.
type Leftover struct {
	Table  string `json:"table"`
	Of     string `json:"of"`             // the table that it is a copy of
	Gone   bool   `json:"gone,omitempty"` // there is no such table
	Rows   int64  `json:"rows"`           // how many it has
	OfRows int64  `json:"of_rows"`        // how many the table has; only counted when the copy has some
}

// Safe reports whether the copy holds nothing that the table does not.
func (x Leftover) Safe() bool { return !x.Gone && x.Rows <= x.OfRows }

// String is one sentence.
func (x Leftover) String() string {
	switch {
	case x.Gone:
		return fmt.Sprintf("table %s is what a cut-off rebuild by another program left of table %s, which is gone; if it has the rows, rename it to %s", x.Table, x.Of, x.Of)
	case !x.Safe():
		return fmt.Sprintf("table %s is a copy of table %s that a cut-off rebuild by another program left, and has more rows (%d, not %d); look at them and drop it", x.Table, x.Of, x.Rows, x.OfRows)
	}
	return fmt.Sprintf("table %s is a copy of table %s that a cut-off rebuild by another program left; it holds nothing that %s does not", x.Table, x.Of, x.Of)
}

// isCopy reports whether a table is one of Alembic's.
func isCopy(name string) bool { return strings.HasPrefix(name, copyPrefix) && name != copyPrefix }

// leftovers finds the copies among the tables, in order of name.
func (r *Runner) leftovers(ctx context.Context, live *op.State) ([]Leftover, error) {
	var out []Leftover
	for _, t := range live.Tables() {
		if !isCopy(t.Name) {
			continue
		}
		x := Leftover{Table: t.Name, Of: strings.TrimPrefix(t.Name, copyPrefix)}
		x.Gone = live.Table(x.Of) == nil
		var err error
		if x.Rows, err = r.count(ctx, x.Table); err != nil {
			return nil, err
		}
		if x.Rows > 0 && !x.Gone {
			if x.OfRows, err = r.count(ctx, x.Of); err != nil {
				return nil, err
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// copies parts the copies into those that can go and those that cannot.
func (r *Runner) copies(ctx context.Context, live *op.State) (gone, kept []Leftover, err error) {
	all, err := r.leftovers(ctx, live)
	for _, x := range all {
		if x.Safe() {
			gone = append(gone, x)
		} else {
			kept = append(kept, x)
		}
	}
	return gone, kept, err
}

func (r *Runner) count(ctx context.Context, table string) (int64, error) {
	eng := r.o.Engine
	text, args, err := driver.NewBuilder(eng.Dialect()).SQL("SELECT count(*) FROM ").Ident(table).Done()
	if err != nil {
		return 0, err
	}
	rows, err := eng.Query(ctx, engine.Statement{Name: "migrate", SQL: text, Args: args})
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var n int64
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
	}
	return n, rows.Err()
}

// without takes copies that can go out of the state, and returns them. A copy
// of a table that the recorded revisions have, and that is gone, stops
// everything: it may be all that there is of it.
func (r *Runner) without(ctx context.Context, b *book, live *op.State) (gone []Leftover, err error) {
	gone, kept, err := r.copies(ctx, live)
	if err != nil {
		return nil, err
	}
	for _, x := range kept {
		if x.Gone && r.has(b, x.Of) {
			return nil, dberr.New(dberr.SchemaMismatch, "migrate", x.String()+", and run it again; nothing was changed")
		}
		r.o.Events(Event{Kind: Notice, Text: x.String()})
	}
	for _, x := range gone {
		if err := live.Apply(op.DropTable{Name: x.Table}); err != nil {
			return nil, err
		}
	}
	return gone, nil
}

// others says, for a plan, what another program left, and takes the copies that
// will go out of the state.
func (r *Runner) others(ctx context.Context, b *book, live *op.State) (noted []string, err error) {
	gone, kept, err := r.copies(ctx, live)
	if err != nil {
		return nil, err
	}
	for _, x := range gone {
		if err := live.Apply(op.DropTable{Name: x.Table}); err != nil {
			return nil, err
		}
		noted = append(noted, x.String()+", and is removed first")
	}
	for _, x := range kept {
		noted = append(noted, x.String())
	}
	for _, x := range r.partial(b, live) {
		noted = append(noted, x.String())
	}
	return noted, nil
}

// has reports whether the recorded revisions make a table.
func (r *Runner) has(b *book, table string) bool {
	return slices.ContainsFunc(r.all, func(l *lineage) bool {
		s, err := r.replay(*r.o.Target, l, b.rows[l.Name])
		return err == nil && s.Table(table) != nil
	})
}

// remove drops copies. It says so, one sentence each.
func (r *Runner) remove(ctx context.Context, gone []Leftover) (did []string, err error) {
	for _, x := range gone {
		if err := r.drop(ctx, x.Table); err != nil {
			return did, err
		}
		text := "table " + x.Table + " was removed: a copy of table " + x.Of + " that a cut-off rebuild by another program left"
		r.o.Events(Event{Kind: Notice, Text: text})
		did = append(did, text)
	}
	return did, nil
}

func (r *Runner) drop(ctx context.Context, table string) error {
	eng := r.o.Engine
	found, err := eng.Inspect(ctx, driver.InspectOptions{Tables: func(name string) bool { return name == table }})
	if err != nil || len(found) == 0 {
		return err
	}
	s, err := r.o.Target.DDL.Change(driver.Alteration{Before: found[0], Changes: []schema.Change{schema.DropTable{Table: found[0]}}})
	if err != nil {
		return err
	}
	var failed error // apart from what is wrong with the connection
	err = eng.OnWriter(ctx, func(ctx context.Context, conn *sql.Conn) error {
		failed = driver.RunScript(ctx, conn, s, driver.RunOptions{Transactional: r.transactional(), Fault: func(err error) error { return eng.Classify(ctx, "", err) }})
		return nil
	})
	if err == nil {
		err = failed
	}
	return dberr.WithOp(err, "remove "+table)
}

func sorted(names map[string]bool) []string { return slices.Sorted(maps.Keys(names)) }
