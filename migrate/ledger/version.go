package ledger

import (
	"context"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/revision"
	"github.com/larder-db/larder/schema"
)

const versionColumn = "version_num"

// VersionTable declares the version table of that name in the shape that
// Alembic gives it: one row per head, none for an empty database.
func VersionTable(name string) *schema.Table {
	t := schema.Define(name).Describe("the revisions at which the database is.")
	t.String(versionColumn, 32).Doc("id of a revision")
	return t.Primary(name+"_pkc", versionColumn)
}

// TableRef names a table: in the schema that the engine works in, or in another
// one.
type TableRef struct{ Schema, Table string }

// VersionOf is where the version table of a lineage is.
func VersionOf(m *history.Member) TableRef { return TableRef{m.VersionSchema, m.VersionTable} }

func (r TableRef) write(b *driver.Builder) *driver.Builder {
	if r.Schema != "" {
		b.Ident(r.Schema).SQL(".")
	}
	return b.Ident(r.Table)
}

// String is the name for messages, and the key in a [Ledger].
func (r TableRef) String() string {
	if r.Schema == "" {
		return r.Table
	}
	return r.Schema + "." + r.Table
}

// Create returns the statements that make a version table.
func (r TableRef) Create(target op.Target) ([]string, error) {
	t := VersionTable(r.Table)
	if r.Schema == "" {
		return target.DDL.CreateTables(t)
	}
	c := t.Columns[0]
	ty, err := target.DDL.TypeName(c.Type)
	if err != nil {
		return nil, err
	}
	b := r.write(driver.NewBuilder(target.Dialect).SQL("CREATE TABLE "))
	b.SQL(" (").Ident(c.Name).SQL(" " + ty + " NOT NULL, CONSTRAINT ").Ident(t.PrimaryKey.Name).SQL(" PRIMARY KEY (").Ident(c.Name).SQL("))")
	text, _, err := b.Done()
	return []string{text}, err
}

// Rows reads a version table, sorted.
func (r TableRef) Rows(ctx context.Context, q engine.Queryer) ([]string, error) {
	b := r.write(driver.NewBuilder(q.Dialect()).SQL("SELECT ").Ident(versionColumn).SQL(" FROM "))
	text, args, err := b.SQL(" ORDER BY ").Ident(versionColumn).Done()
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, engine.Statement{Name: statementName, SQL: text, Args: args})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// change writes one change of the table; value writes an id into it.
func (r TableRef) change(d driver.Dialect, c revision.RowChange, value func(b *driver.Builder, id string)) (string,
	[]any, error) {
	b := driver.NewBuilder(d)
	equals := func(id string) {
		b.Ident(versionColumn).SQL(" = ")
		value(b, id)
	}
	switch c.Kind {
	case revision.Insert:
		r.write(b.SQL("INSERT INTO ")).SQL(" (").Ident(versionColumn).SQL(") VALUES (")
		value(b, c.To)
		b.SQL(")")
	case revision.Update:
		r.write(b.SQL("UPDATE ")).SQL(" SET ")
		equals(c.To)
		b.SQL(" WHERE ")
		equals(c.From)
	case revision.Delete:
		r.write(b.SQL("DELETE FROM ")).SQL(" WHERE ")
		equals(c.From)
	case revision.Purge:
		r.write(b.SQL("DELETE FROM "))
	}
	return b.Done()
}

// Script writes the changes of the table as statements with the values in them.
func (r TableRef) Script(d driver.Dialect, changes []revision.RowChange) ([]string, error) {
	var out []string
	for _, c := range changes {
		text, _, err := r.change(d, c, func(b *driver.Builder, id string) {
			text, err := d.AppendString(nil, id)
			if err != nil {
				b.Fail(err)
			}
			b.SQL(string(text))
		})
		if err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, nil
}

// Change makes the changes of the table and looks at what each did: one that
// does not find its row is dberr.Conflict.
func (r TableRef) Change(ctx context.Context, x Execer, changes ...revision.RowChange) error {
	for _, c := range changes {
		text, args, err := r.change(x.Dialect(), c, func(b *driver.Builder, id string) { b.Arg(id) })
		if err != nil {
			return err
		}
		res, err := x.Exec(ctx, engine.Statement{Name: statementName, SQL: text, Args: args, Write: true})
		if err != nil {
			return dberr.WithOp(err, "record the version")
		}
		if c.Kind != revision.Purge && res.Rows != 1 {
			return dberr.New(dberr.Conflict, "record the version",
				"table "+r.String()+" was changed by somebody else while the migration ran ("+c.String()+
					" did not find one row); nothing of this revision was kept, look at it and run again")
		}
	}
	return nil
}

// EnsureVersion makes a version table, if there is none. It is called with the
// lock held; [Ledger.Made] says that it took effect.
func (l *Ledger) EnsureVersion(ctx context.Context, x Execer, target op.Target, at TableRef) error {
	if l.Exists[at.String()] {
		return nil
	}
	statements, err := at.Create(target)
	if err != nil {
		return err
	}
	return create(ctx, x, at.String(), statements)
}

// Ensure makes those of the tables that do not exist, as EnsureVersion does.
func (l *Ledger) Ensure(ctx context.Context, x Execer, ddl driver.DDL, tables ...*schema.Table) error {
	for _, t := range tables {
		if l.Exists[t.Name] {
			continue
		}
		statements, err := ddl.CreateTables(t)
		if err != nil {
			return err
		}
		if err := create(ctx, x, t.Name, statements); err != nil {
			return err
		}
	}
	return nil
}

func create(ctx context.Context, x Execer, name string, statements []string) error {
	for _, text := range statements {
		if _, err := x.Exec(ctx, engine.Statement{Name: statementName, SQL: text, Write: true}); err != nil {
			return dberr.WithOp(err, "create "+name)
		}
	}
	return nil
}

// Made says that tables exist by now.
func (l *Ledger) Made(names ...string) {
	for _, n := range names {
		l.Exists[n] = true
	}
}
