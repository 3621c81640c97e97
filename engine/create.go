package engine

import (
	"context"
	"time"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// CreateTables makes tables, with their keys, constraints and indexes, those that
// others refer to first, and returns how many statements that took. It is for
// tests and small programs: a table that is there already is an error, and what
// changes later is for package migrate. Where the engine has schema statements in
// transactions, all tables are made or none.
func (e *Engine) CreateTables(ctx context.Context, tables ...*schema.Table) (int, error) {
	texts, err := e.DDL().CreateTables(tables...)
	if err != nil {
		return 0, err
	}
	if !e.Dialect().Has(schema.TransactionalDDL) {
		for _, s := range texts {
			if _, err := e.Exec(ctx, Statement{Name: "create tables", SQL: s, Write: true}); err != nil {
				return 0, err
			}
		}
		return len(texts), nil
	}
	err = e.InTx(ctx, TxOptions{Mode: Write, Name: "create tables"}, func(ctx context.Context, tx *Tx) error {
		for _, s := range texts {
			if _, err := tx.Exec(ctx, Statement{Name: "create tables", SQL: s, Write: true}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(texts), nil
}

// Alter runs the statements of one change of a table, one after the other, under
// a name for logs. It is for the few tables that a program makes and drops while
// it runs; what has a history is for package migrate. It stops at the first error:
// outside of a transaction, what ran before stays.
func (e *Engine) Alter(ctx context.Context, name string, a driver.Alteration) error {
	changed, err := e.DDL().Change(a)
	if err != nil {
		return err
	}
	for _, st := range changed.Statements {
		if _, err := e.Exec(ctx, Statement{Name: name, SQL: st.SQL, Write: true}); err != nil {
			return err
		}
	}
	return nil
}

// DropTable drops a table, under a name for logs. One that is not there is
// dberr.SchemaMismatch.
func (e *Engine) DropTable(ctx context.Context, name string, t *schema.Table) error {
	return e.Alter(ctx, name, driver.Alteration{Before: t, Changes: []schema.Change{schema.DropTable{Table: t}}})
}

// AwaitWriters returns when every transaction is over that had written to one of
// the tables when it was called. For each table it waits for not longer than d,
// a few times; then it is dberr.Busy. Those that begin meanwhile may wait for it.
func (e *Engine) AwaitWriters(ctx context.Context, d time.Duration, tables ...string) error {
	for _, t := range tables {
		ident, err := e.Dialect().AppendIdent(nil, t)
		if err != nil {
			return err
		}
		var b driver.LockBound
		if w := e.LockWaits(); w != nil {
			b = w.Writers(string(ident), d)
		}
		o := TxOptions{Name: "await writers", Setup: b.Before, Reset: b.After, Idempotent: true}
		err = e.InTx(ctx, o, func(ctx context.Context, tx *Tx) error {
			for _, s := range b.InTx {
				if _, err := tx.Exec(ctx, Statement{Name: o.Name, SQL: s, Write: true}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
