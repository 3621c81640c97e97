package engine

import (
	"context"

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
