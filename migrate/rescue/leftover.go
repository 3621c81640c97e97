package rescue

import (
	"context"
	"fmt"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/query"
)

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

// FindLeftovers finds Alembic's copies among the tables, in order of name.
func FindLeftovers(ctx context.Context, q engine.Queryer, live *op.State) ([]Leftover, error) {
	var out []Leftover
	for _, t := range live.Tables() {
		of, copied := copyOf(t.Name)
		if !copied || t.Unreadable != "" {
			continue
		}
		x := Leftover{Table: t.Name, Of: of, Gone: live.Table(of) == nil}
		var err error
		if x.Rows, err = query.Count(ctx, q, query.SelectFrom(t)); err != nil {
			return nil, err
		}
		if x.Rows > 0 && !x.Gone {
			if x.OfRows, err = query.Count(ctx, q, query.SelectFrom(live.Table(of))); err != nil {
				return nil, err
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// SplitLeftovers finds the copies, and parts those that can go from those that
// may hold more than their table.
func SplitLeftovers(ctx context.Context, q engine.Queryer, live *op.State) (safe, unsafe []Leftover, err error) {
	all, err := FindLeftovers(ctx, q, live)
	for _, x := range all {
		if x.Safe() {
			safe = append(safe, x)
		} else {
			unsafe = append(unsafe, x)
		}
	}
	return safe, unsafe, err
}

// Without takes copies out of a state.
func Without(live *op.State, copies []Leftover) error {
	for _, x := range copies {
		if err := live.Apply(op.DropTable{Name: x.Table}); err != nil {
			return err
		}
	}
	return nil
}

// Notes says, for a plan, what other programs left, one sentence each, and
// takes the copies that a run removes out of the state.
func Notes(ctx context.Context, q engine.Queryer, set *history.Set, l *ledger.Ledger, live *op.State) ([]string,
	error) {
	safe, unsafe, err := SplitLeftovers(ctx, q, live)
	if err != nil {
		return nil, err
	}
	if err := Without(live, safe); err != nil {
		return nil, err
	}
	var out []string
	for _, x := range safe {
		out = append(out, x.String()+", and is removed first")
	}
	for _, x := range unsafe {
		out = append(out, x.String())
	}
	for _, x := range FindPartial(set, l, live) {
		out = append(out, x.String())
	}
	return out, nil
}
