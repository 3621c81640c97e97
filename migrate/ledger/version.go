package ledger

import (
	"context"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/revision"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

const versionColumn = "version_num"

// VersionTable declares the version table of that name in the shape that
// Alembic gives it: one row per head, none for an empty database.
func VersionTable(name string) *schema.Table {
	t, _ := TableRef{Table: name}.table()
	return t
}

// TableRef names a table: in the schema that the engine works in, or in another
// one.
type TableRef struct{ Schema, Table string }

// VersionOf is where the version table of a lineage is.
func VersionOf(m *history.Member) TableRef { return TableRef{m.VersionSchema, m.VersionTable} }

// table declares the version table that r names, and its column.
func (r TableRef) table() (*schema.Table, query.Column[string]) {
	t := schema.Define(r.Table).Describe("the revisions at which the database is.")
	id := query.Col[string](t.String(versionColumn, 32).Doc("id of a revision"))
	t.Schema = r.Schema
	return t.Primary(r.Table+"_pkc", versionColumn), id
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
	t, _ := r.table()
	return target.DDL.CreateTables(t)
}

// Rows reads a version table, sorted.
func (r TableRef) Rows(ctx context.Context, q engine.Queryer) ([]string, error) {
	t, id := r.table()
	return query.All[string](ctx, q, query.Select(id).From(t).OrderBy(id).Named(statementName))
}

// change is the statement that makes one change of the table.
func (r TableRef) change(c revision.RowChange) query.Statement {
	t, id := r.table()
	switch c.Kind {
	case revision.Insert:
		return query.Insert(t).Values(id.Set(c.To))
	case revision.Update:
		return query.Update(t).Set(id.Set(c.To)).Where(id.Eq(c.From))
	case revision.Delete:
		return query.Delete(t).Where(id.Eq(c.From))
	default: // revision.Purge
		return query.Delete(t).AllRows()
	}
}

// Script writes the changes of the table as statements with the values in them.
func (r TableRef) Script(d driver.Dialect, changes []revision.RowChange) ([]string, error) {
	var out []string
	for _, c := range changes {
		text, err := query.Script(r.change(c), d)
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
		n, err := exec(ctx, x, r.change(c))
		if err != nil {
			return dberr.WithOp(err, "record the version")
		}
		if c.Kind != revision.Purge && n != 1 {
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
