package migrate

import (
	"context"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/schema"
)

// VersionTable declares the version table of that name in the shape that
// Alembic gives it: one row per head, none for an empty database.
func VersionTable(name string) *schema.Table {
	t := schema.Define(name).Describe("the revisions at which the database is.")
	t.String("version_num", 32).Doc("id of a revision")
	return t.Primary(name+"_pkc", "version_num")
}

// place is where a table is: in the schema that the engine works in, or in
// another one that is named.
type place struct{ schema, table string }

func (p place) write(b *driver.Builder) {
	if p.schema != "" {
		b.Ident(p.schema).SQL(".")
	}
	b.Ident(p.table)
}

// String is the name for messages, and the key in a book.
func (p place) String() string {
	if p.schema == "" {
		return p.table
	}
	return p.schema + "." + p.table
}

// version is where the version table of a lineage is.
func (l *lineage) version() place { return place{l.VersionSchema, l.VersionTable} }

// create returns the statements that make a version table.
func (p place) create(d driver.Dialect, ddl driver.DDL) ([]string, error) {
	if p.schema == "" {
		return ddl.CreateTables(VersionTable(p.table))
	}
	t := VersionTable(p.table)
	c := t.Columns[0]
	ty, err := ddl.TypeName(c.Type)
	if err != nil {
		return nil, err
	}
	b := driver.NewBuilder(d).SQL("CREATE TABLE ")
	p.write(b)
	b.SQL(" (").Ident(c.Name).SQL(" " + ty + " NOT NULL, CONSTRAINT ").Ident(t.PrimaryKey.Name).SQL(" PRIMARY KEY (").Ident(c.Name).SQL("))")
	text, _, err := b.Done()
	return []string{text}, err
}

// ensureVersion makes the version table, if it is not there. It is called with
// the lock held.
func (b *book) ensureVersion(ctx context.Context, x execer, t Target, p place) error {
	if b.has[p.String()] {
		return nil
	}
	sts, err := p.create(t.Dialect, t.DDL)
	if err != nil {
		return err
	}
	for _, s := range sts {
		if _, err := x.Exec(ctx, engine.Statement{Name: "migrate", SQL: s, Write: true}); err != nil {
			return dberr.WithOp(err, "create "+p.String())
		}
	}
	return nil
}

// checkSchemas refuses version tables in another schema where there are none.
func checkSchemas(t *Target, ls []*lineage) error {
	for _, l := range ls {
		if l.VersionSchema != "" && t != nil && !t.Dialect.Has(driver.Schemas) {
			return dberr.New(dberr.Unsupported, "migrations", "lineage "+l.Name+" has its version table in the schema "+l.VersionSchema+", and this engine has no schemas; leave VersionSchema empty for it")
		}
	}
	return nil
}
