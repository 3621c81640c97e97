package fresh

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/revision"
	"github.com/larder-db/larder/schema"
)

// most is how many names an error message lists.
const most = 5

// version is the version table of the history.
var version = ledger.TableRef{Table: history.DefaultVersionTable}

// Create makes the tables and the version table, and stamps it with the
// revisions. It takes the lock of migrations and waits for whoever holds it.
//
// Where schema statements are transactional, everything happens in one
// transaction: a failure leaves nothing behind. Elsewhere a creation that was
// cut off is taken up by the next call.
//
// A database that has one of the tables already is a dberr.AlreadyExists error
// that names them, and nothing is changed.
func Create(ctx context.Context, eng *engine.Engine, tables []*schema.Table, stamp []string) error {
	err := eng.WithLock(ctx, ledger.LockName, engine.LockOptions{}, func(ctx context.Context) error {
		return create(ctx, eng, tables, stamp)
	})
	return dberr.WithOp(err, "create the database")
}

// CreateLocked is [Create] for a caller that holds the lock of migrations, ledger.LockName.
func CreateLocked(ctx context.Context, eng *engine.Engine, tables []*schema.Table, stamp []string) error {
	return dberr.WithOp(create(ctx, eng, tables, stamp), "create the database")
}

func create(ctx context.Context, eng *engine.Engine, tables []*schema.Table, stamp []string) error {
	c := creation{eng: eng, tables: append(slices.Clone(tables), ledger.VersionTable(version.Table)), stamp: stamp}
	if eng.Dialect().Has(schema.TransactionalDDL) {
		return c.atOnce(ctx)
	}
	return c.stepwise(ctx)
}

type creation struct {
	eng    *engine.Engine
	tables []*schema.Table
	stamp  []string
}

// existing returns those of the names that are tables of the database.
func (c *creation) existing(ctx context.Context, names ...string) ([]string, error) {
	found, err := c.eng.Inspect(ctx, driver.InspectOptions{Tables: func(name string) bool {
		return slices.Contains(names,
			name)
	}})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, t := range found {
		out = append(out, t.Name)
	}
	return out, nil
}

func (c *creation) names() []string {
	var out []string
	for _, t := range c.tables {
		out = append(out, t.Name)
	}
	return out
}

func taken(names []string) error {
	list := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		list += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return dberr.New(dberr.AlreadyExists, "",
		"the database is not empty: it has "+list+"; use an empty one, or upgrade this one")
}

// atOnce creates everything in one transaction.
func (c *creation) atOnce(ctx context.Context) error {
	have, err := c.existing(ctx, c.names()...)
	if err != nil {
		return err
	}
	if len(have) > 0 {
		return taken(have)
	}
	statements, err := c.eng.DDL().CreateTables(c.tables...)
	if err != nil {
		return err
	}
	statements = c.eng.DDL().Batch(statements)
	return c.eng.InTx(ctx, engine.TxOptions{Name: "fresh.Create"}, func(ctx context.Context, tx *engine.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(ctx, engine.Statement{Name: "fresh.Create", SQL: s, Write: true}); err != nil {
				return err
			}
		}
		return c.stamped(ctx, tx)
	})
}

// stepwise creates one table after the other. A table of its own stands there
// until the revisions are stamped, so that a database on which this was cut off
// can be told from one that has tables of these names for another reason.
func (c *creation) stepwise(ctx context.Context) error {
	have, err := c.existing(ctx, append(c.names(), ledger.UnfinishedTable)...)
	if err != nil {
		return err
	}
	resumed := slices.Contains(have, ledger.UnfinishedTable)
	have = slices.DeleteFunc(have, func(name string) bool { return name == ledger.UnfinishedTable })
	switch {
	case !resumed && len(have) > 0:
		return taken(have)
	case !resumed:
		if resumed, err = c.make(ctx, unfinished()); err != nil {
			return err
		}
	}
	if slices.Contains(have, version.Table) {
		switch done, err := c.isStamped(ctx); {
		case err != nil:
			return err
		case done:
			// Only the last step of the earlier creation was cut off.
			if err := c.unmark(ctx); err != nil {
				return err
			}
			return taken(have)
		}
	}
	missing := slices.DeleteFunc(slices.Clone(c.tables),
		func(t *schema.Table) bool { return slices.Contains(have, t.Name) })
	found, err := c.make(ctx, missing...)
	if err != nil {
		return err
	}
	if resumed || found {
		if err := c.compare(ctx); err != nil {
			return err
		}
	}
	err = c.eng.InTx(ctx, engine.TxOptions{Name: "fresh.Create"},
		func(ctx context.Context, tx *engine.Tx) error { return c.stamped(ctx, tx) })
	if err != nil {
		return err
	}
	return c.unmark(ctx)
}

// unfinished declares a table that is there while tables are being created on
// an engine that cannot do so in a transaction.
func unfinished() *schema.Table {
	t := schema.Define(ledger.UnfinishedTable).Describe("there while the tables are being created")
	t.Integer("id").PrimaryKey()
	return t
}

func (c *creation) unmark(ctx context.Context) error {
	t := unfinished()
	s, err := c.eng.DDL().Change(driver.Alteration{Before: t, Changes: []schema.Change{schema.DropTable{Table: t}}})
	if err != nil {
		return err
	}
	for _, st := range s.Statements {
		if err := c.exec(ctx, []string{st.SQL}); err != nil {
			return err
		}
	}
	return nil
}

// isStamped reports whether the version table names a revision.
func (c *creation) isStamped(ctx context.Context) (bool, error) {
	rows, err := version.Rows(ctx, c.eng)
	return len(rows) > 0, err
}

// make creates tables one after the other. The server may still be at the last
// statement of a process that was killed and whose lock is free already: a
// table that turns out to be there is found, not failed on.
func (c *creation) make(ctx context.Context, tables ...*schema.Table) (found bool, err error) {
	if len(tables) == 0 {
		return false, nil
	}
	sorted, late := schema.Sorted(tables)
	if len(late) > 0 {
		// A circle needs its foreign keys added at the end.
		statements, err := c.eng.DDL().CreateTables(tables...)
		if err != nil {
			return false, err
		}
		return false, c.exec(ctx, statements)
	}
	for _, t := range sorted {
		statements, err := c.eng.DDL().CreateTables(t)
		if err != nil {
			return false, err
		}
		if failed := c.exec(ctx, statements); failed != nil {
			have, err := c.existing(ctx, t.Name)
			if err != nil || len(have) == 0 {
				return false, failed
			}
			found = true
		}
	}
	return found, nil
}

func (c *creation) exec(ctx context.Context, statements []string) error {
	for _, s := range c.eng.DDL().Batch(statements) {
		if _, err := c.eng.Exec(ctx, engine.Statement{Name: "fresh.Create", SQL: s, Write: true}); err != nil {
			return err
		}
	}
	return nil
}

// compare makes sure that what an earlier, unfinished creation left is what
// this one would make.
func (c *creation) compare(ctx context.Context) error {
	names := c.names()
	live, err := c.eng.Inspect(ctx, driver.InspectOptions{Tables: func(name string) bool {
		return slices.Contains(names,
			name)
	}})
	if err != nil {
		return err
	}
	for _, t := range live {
		if err := t.Readable(); err != nil {
			return err
		}
	}
	want := make([]*schema.Table, len(c.tables))
	for i, t := range c.tables {
		if want[i], err = c.eng.DDL().Normalize(t); err != nil {
			return err
		}
	}
	if changes := schema.Diff(live, want); len(changes) > 0 {
		return dberr.New(dberr.SchemaMismatch, "",
			fmt.Sprintf("an earlier creation was cut off and left something else than this one makes (%d differences, the first is: %s); use an empty database", len(changes), changes[0]))
	}
	return nil
}

// stamped writes the revisions. Rows of a run that was cut off go first.
func (c *creation) stamped(ctx context.Context, tx *engine.Tx) error {
	changes := []revision.RowChange{{Kind: revision.Purge}}
	for _, id := range c.stamp {
		changes = append(changes, revision.RowChange{Kind: revision.Insert, To: id})
	}
	return version.Change(ctx, tx, changes...)
}
