package postgres

import (
	"context"
	"database/sql"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/ddltext"
	"github.com/larder-db/larder/schema"
)

// printed makes a table in normal form as a temporary one, reads it, and takes
// it back: the server resolves types and operators in expressions, and gives
// defaults in a spelling of its own, as no rule for texts can.
func printed(ctx context.Context, conn *sql.Conn, t *schema.Table) (_ *schema.Table, err error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // nothing of it is to stay; a connection that is lost takes it along
	c := t.Clone()
	c.Schema, c.ForeignKeys, c.Comment = "pg_temp", nil, ""
	for _, col := range c.Columns {
		col.Identity, col.Comment = nil, ""
	}
	for _, i := range c.Indexes {
		i.Comment = ""
	}
	statements, err := NewDDL().text.CreateTables([]*schema.Table{c})
	if err != nil {
		return nil, err
	}
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return nil, err
		}
	}
	var where string
	err = driver.EachRow(ctx, tx, func(rows *sql.Rows) error { return rows.Scan(&where) },
		"SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = pg_catalog.pg_my_temp_schema()")
	if err != nil {
		return nil, err
	}
	read, err := NewInspector().
		Inspect(ctx, tx, driver.InspectOptions{Schema: where, Tables: func(n string) bool { return n == t.Name }})
	if err != nil {
		return nil, err
	}
	if len(read) != 1 {
		return nil, dberr.New(dberr.Internal, "inspect", "table "+t.Name+" was made and is not there")
	}
	if err := read[0].Readable(); err != nil {
		return nil, err
	}
	normal, err := ddltext.NormalizeAll(NewDDL(), read)
	if err != nil {
		return nil, err
	}
	return normal[0], nil
}
