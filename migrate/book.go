package migrate

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/revision"
	"github.com/larder-db/larder/schema"
)

// The tables of the runner. They are made when they are needed, and never
// count as a difference.
const (
	appliedTable = "larder_migration_applied"
	journalTable = "larder_migration_journal"
	// unfinishedTable is there while package fresh creates tables step by step.
	unfinishedTable = "larder_unfinished"
)

func appliedDefinition() *schema.Table {
	t := schema.Define(appliedTable).Describe("which revisions were applied, and what they were then.")
	t.String("lineage", 64)
	t.String("revision", 32)
	t.String("checksum", 64).Doc("of what the revision records; see package migrate")
	t.BigInt("applied_at").Unit(schema.Seconds)
	t.BigInt("duration_ms")
	t.Text("build").Doc("the program that applied it")
	return t.Primary(appliedTable+"_pkey", "lineage", "revision")
}

func journalDefinition() *schema.Table {
	t := schema.Define(journalTable).Describe("where a revision stands that cannot be one transaction; empty when none is under way.")
	t.String("lineage", 64)
	t.String("revision", 32)
	t.Integer("position").Doc("which operation of the revision, from 0")
	t.String("direction", 16)
	t.Text("operation").Doc("one line for people")
	t.String("checksum", 64).Doc("of the operation")
	t.String("state", 16).Doc("begun, failed or done")
	t.Integer("statement").Doc("how many statements of the operation stand; the next one may, when it was begun")
	t.Integer("statements").Doc("how many it has")
	t.Text("script").Null().Doc("the statements, where they depend on what was there before")
	t.Text("tables").Null().Doc("the tables it changes, as they were before")
	t.Text("place").Null().Doc("where a batched data step goes on")
	t.BigInt("rows_done")
	t.BigInt("rows_total")
	t.String("error_code", 32).Null()
	t.BigInt("begun_at").Unit(schema.Seconds)
	t.BigInt("changed_at").Unit(schema.Seconds)
	return t.Primary(journalTable+"_pkey", "lineage", "revision", "position")
}

// execer runs statements: an engine, a transaction, or a connection.
type execer interface {
	Exec(ctx context.Context, st engine.Statement) (engine.Result, error)
}

// connExecer runs statements on one connection.
type connExecer struct {
	eng  *engine.Engine
	conn *sql.Conn
}

func (c connExecer) Exec(ctx context.Context, st engine.Statement) (engine.Result, error) {
	res, err := c.conn.ExecContext(ctx, st.SQL, st.Args...)
	if err != nil {
		return engine.Result{}, c.eng.Classify(ctx, st.Name, err)
	}
	n, err := res.RowsAffected()
	return engine.Result{Rows: n}, c.eng.Classify(ctx, st.Name, err)
}

// inspector reads tables: an engine or a transaction.
type inspector interface {
	Inspect(ctx context.Context, o driver.InspectOptions) ([]*schema.Table, error)
}

// book is what a database says about migrations.
type book struct {
	rows    map[string][]string // by lineage: the version table, sorted
	has     map[string]bool     // tables of the runner that exist, and version tables
	applied map[string]string   // "lineage/revision" to checksum
	journal []entry             // by lineage, revision and position
}

// entry is a row of the journal.
type entry struct {
	lineage, revision string
	position          int
	direction         string
	operation         string
	checksum          string
	state             string
	statement         int
	statements        int
	script            string
	tables            string
	place             string
	done, total       int64
	errorCode         string
}

// States of an entry.
const (
	stateBegun  = "begun"
	stateFailed = "failed" // the statement under way has had no effect
	stateDone   = "done"
)

// read reads what the database says.
func (r *Runner) read(ctx context.Context, q engine.Queryer, in inspector) (*book, error) {
	names := map[string][]string{"": {appliedTable, journalTable, unfinishedTable}} // by schema
	for _, l := range r.all {
		names[l.VersionSchema] = append(names[l.VersionSchema], l.VersionTable)
	}
	b := &book{rows: map[string][]string{}, has: map[string]bool{}, applied: map[string]string{}}
	tables := map[string]*schema.Table{}
	for _, where := range slices.Sorted(maps.Keys(names)) {
		found, err := in.Inspect(ctx, driver.InspectOptions{Schema: where, Tables: func(name string) bool { return slices.Contains(names[where], name) }})
		if err != nil {
			return nil, dberr.WithOp(err, "read the version")
		}
		for _, t := range found {
			key := place{where, t.Name}.String()
			b.has[key], tables[key] = true, t
		}
	}
	var err error
	for _, l := range r.all {
		at := l.version()
		if !b.has[at.String()] {
			continue
		}
		if tables[at.String()].Column("version_num") == nil {
			return nil, dberr.New(dberr.SchemaMismatch, "read the version", "table "+at.String()+" has no column version_num, so it is not a version table; name another one for lineage "+l.Name)
		}
		if b.rows[l.Name], err = versionRows(ctx, q, at); err != nil {
			return nil, err
		}
	}
	if b.has[appliedTable] {
		err := each(ctx, q, place{table: appliedTable}, []string{"lineage", "revision", "checksum"}, nil, func(rows *engine.Rows) error {
			var l, rev, sum string
			err := rows.Scan(&l, &rev, &sum)
			b.applied[l+"/"+rev] = sum
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if b.has[journalTable] {
		if b.journal, err = readJournal(ctx, q); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func versionRows(ctx context.Context, q engine.Queryer, table place) ([]string, error) {
	var out []string
	err := each(ctx, q, table, []string{"version_num"}, []string{"version_num"}, func(rows *engine.Rows) error {
		var id string
		err := rows.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, err
}

func readJournal(ctx context.Context, q engine.Queryer) ([]entry, error) {
	var out []entry
	columns := []string{"lineage", "revision", "position", "direction", "operation", "checksum", "state", "statement", "statements",
		"script", "tables", "place", "rows_done", "rows_total", "error_code"}
	err := each(ctx, q, place{table: journalTable}, columns, []string{"lineage", "revision", "position"}, func(rows *engine.Rows) error {
		var e entry
		var script, tables, place, code sql.NullString
		err := rows.Scan(&e.lineage, &e.revision, &e.position, &e.direction, &e.operation, &e.checksum, &e.state, &e.statement, &e.statements,
			&script, &tables, &place, &e.done, &e.total, &code)
		e.script, e.tables, e.place, e.errorCode = script.String, tables.String, place.String, code.String
		out = append(out, e)
		return err
	})
	return out, err
}

// each reads columns of a table, row by row.
func each(ctx context.Context, q engine.Queryer, table place, columns, order []string, f func(rows *engine.Rows) error) error {
	b := driver.NewBuilder(q.Dialect()).SQL("SELECT ")
	idents(b, columns)
	table.write(b.SQL(" FROM "))
	if len(order) > 0 {
		b.SQL(" ORDER BY ")
		idents(b, order)
	}
	text, args, err := b.Done()
	if err != nil {
		return err
	}
	rows, err := q.Query(ctx, engine.Statement{Name: "migrate", SQL: text, Args: args})
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func idents(b *driver.Builder, names []string) {
	b.List(len(names), func(i int) { b.Ident(names[i]) })
}

// statement ends b.
func statement(b *driver.Builder) (engine.Statement, error) {
	text, args, err := b.Done()
	return engine.Statement{Name: "migrate", SQL: text, Args: args, Write: true}, err
}

func run(ctx context.Context, x execer, b *driver.Builder) (int64, error) {
	st, err := statement(b)
	if err != nil {
		return 0, err
	}
	res, err := x.Exec(ctx, st)
	return res.Rows, err
}

// ensure makes those of the tables that are not there. It is called with the
// lock held.
func (b *book) ensure(ctx context.Context, x execer, ddl driver.DDL, tables ...*schema.Table) error {
	for _, t := range tables {
		if b.has[t.Name] {
			continue
		}
		sts, err := ddl.CreateTables(t)
		if err != nil {
			return err
		}
		for _, s := range sts {
			if _, err := x.Exec(ctx, engine.Statement{Name: "migrate", SQL: s, Write: true}); err != nil {
				return dberr.WithOp(err, "create "+t.Name)
			}
		}
	}
	return nil
}

// made says that ensure took effect.
func (b *book) made(tables ...*schema.Table) {
	for _, t := range tables {
		b.has[t.Name] = true
	}
}

// rowChange writes one change of a version table. literal is for scripts.
func rowChange(d driver.Dialect, table place, c revision.RowChange, arg func(b *driver.Builder, v string)) *driver.Builder {
	b := driver.NewBuilder(d)
	const column = "version_num"
	switch c.Kind {
	case revision.Insert:
		table.write(b.SQL("INSERT INTO "))
		b.SQL(" (").Ident(column).SQL(") VALUES (")
		arg(b, c.To)
		b.SQL(")")
	case revision.Update:
		table.write(b.SQL("UPDATE "))
		b.SQL(" SET ").Ident(column).SQL(" = ")
		arg(b, c.To)
		b.SQL(" WHERE ").Ident(column).SQL(" = ")
		arg(b, c.From)
	case revision.Delete:
		table.write(b.SQL("DELETE FROM "))
		b.SQL(" WHERE ").Ident(column).SQL(" = ")
		arg(b, c.From)
	case revision.Purge:
		table.write(b.SQL("DELETE FROM "))
	}
	return b
}

func bound(b *driver.Builder, v string) { b.Arg(v) }

// changeRows runs the changes of a version table and looks at what each did.
func changeRows(ctx context.Context, d driver.Dialect, x execer, table place, changes []revision.RowChange) error {
	for _, c := range changes {
		n, err := run(ctx, x, rowChange(d, table, c, bound))
		if err != nil {
			return dberr.WithOp(err, "record the version")
		}
		if c.Kind != revision.Purge && n != 1 {
			return dberr.New(dberr.Conflict, "record the version", "table "+table.String()+" was changed by somebody else while the migration ran ("+c.String()+" did not find one row); nothing of this revision was kept, look at it and run again")
		}
	}
	return nil
}

// recordApplied keeps what was applied.
func (r *Runner) recordApplied(ctx context.Context, d driver.Dialect, x execer, l *lineage, id, checksum string, took time.Duration) error {
	if err := forgetApplied(ctx, d, x, l, id); err != nil {
		return err
	}
	columns := []string{"lineage", "revision", "checksum", "applied_at", "duration_ms", "build"}
	values := []any{l.Name, id, checksum, r.o.Now().Unix(), took.Milliseconds(), r.o.Build}
	_, err := run(ctx, x, insert(d, appliedTable, columns, values))
	return err
}

func forgetApplied(ctx context.Context, d driver.Dialect, x execer, l *lineage, id string) error {
	b := driver.NewBuilder(d).SQL("DELETE FROM ").Ident(appliedTable).SQL(" WHERE ").Ident("lineage").SQL(" = ").Arg(l.Name).
		SQL(" AND ").Ident("revision").SQL(" = ").Arg(id)
	_, err := run(ctx, x, b)
	return err
}

func insert(d driver.Dialect, table string, columns []string, values []any) *driver.Builder {
	b := driver.NewBuilder(d).SQL("INSERT INTO ").Ident(table).SQL(" (")
	idents(b, columns)
	b.SQL(") VALUES (").List(len(values), func(i int) { b.Arg(values[i]) })
	return b.SQL(")")
}

// addEntry writes a new row of the journal.
func (r *Runner) addEntry(ctx context.Context, d driver.Dialect, x execer, e entry) error {
	now := r.o.Now().Unix()
	columns := []string{"lineage", "revision", "position", "direction", "operation", "checksum", "state", "statement", "statements",
		"script", "tables", "place", "rows_done", "rows_total", "error_code", "begun_at", "changed_at"}
	values := []any{e.lineage, e.revision, int64(e.position), e.direction, e.operation, e.checksum, e.state, int64(e.statement), int64(e.statements),
		null(e.script), null(e.tables), null(e.place), e.done, e.total, null(e.errorCode), now, now}
	_, err := run(ctx, x, insert(d, journalTable, columns, values))
	return err
}

// moveEntry updates what changes in a row of the journal.
func (r *Runner) moveEntry(ctx context.Context, d driver.Dialect, x execer, e entry) error {
	b := driver.NewBuilder(d).SQL("UPDATE ").Ident(journalTable).SQL(" SET ")
	set := func(first bool, column string, v any) {
		if !first {
			b.SQL(", ")
		}
		b.Ident(column).SQL(" = ").Arg(v)
	}
	set(true, "state", e.state)
	set(false, "statement", int64(e.statement))
	set(false, "statements", int64(e.statements))
	set(false, "place", null(e.place))
	set(false, "rows_done", e.done)
	set(false, "rows_total", e.total)
	set(false, "error_code", null(e.errorCode))
	set(false, "changed_at", r.o.Now().Unix())
	b.SQL(" WHERE ").Ident("lineage").SQL(" = ").Arg(e.lineage).SQL(" AND ").Ident("revision").SQL(" = ").Arg(e.revision).
		SQL(" AND ").Ident("position").SQL(" = ").Arg(int64(e.position))
	n, err := run(ctx, x, b)
	if err == nil && n != 1 {
		err = dberr.New(dberr.Conflict, "journal", "the journal of revision "+e.revision+" was changed by somebody else while it ran; look at "+journalTable+" and run again")
	}
	return err
}

// rewriteEntry updates what a row of the journal says is to be run.
func (r *Runner) rewriteEntry(ctx context.Context, d driver.Dialect, x execer, e entry) error {
	b := driver.NewBuilder(d).SQL("UPDATE ").Ident(journalTable).SQL(" SET ").Ident("script").SQL(" = ").Arg(null(e.script)).
		SQL(", ").Ident("statements").SQL(" = ").Arg(int64(e.statements)).
		SQL(" WHERE ").Ident("lineage").SQL(" = ").Arg(e.lineage).SQL(" AND ").Ident("revision").SQL(" = ").Arg(e.revision).
		SQL(" AND ").Ident("position").SQL(" = ").Arg(int64(e.position))
	_, err := run(ctx, x, b)
	return err
}

// removeEntries deletes rows of the journal: those of a revision from a
// position on.
func removeEntries(ctx context.Context, d driver.Dialect, x execer, lineage, id string, from int) error {
	b := driver.NewBuilder(d).SQL("DELETE FROM ").Ident(journalTable).SQL(" WHERE ").Ident("lineage").SQL(" = ").Arg(lineage).
		SQL(" AND ").Ident("revision").SQL(" = ").Arg(id).SQL(" AND ").Ident("position").SQL(" >= ").Arg(int64(from))
	_, err := run(ctx, x, b)
	return err
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// of returns the entries of a revision, in order of position.
func (b *book) of(lineage, id string) []entry {
	var out []entry
	for _, e := range b.journal {
		if e.lineage == lineage && e.revision == id {
			out = append(out, e)
		}
	}
	return out
}

// halfway returns what is half applied, as "lineage/revision", once each.
func (b *book) halfway() []entry {
	var out []entry
	for _, e := range b.journal {
		if n := len(out); n == 0 || out[n-1].lineage != e.lineage || out[n-1].revision != e.revision {
			out = append(out, e)
		}
	}
	return out
}

// decodeTables reads tables as the journal keeps them.
func decodeTables(s string) ([]*schema.Table, error) {
	if s == "" {
		return nil, nil
	}
	var out []*schema.Table
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		return nil, &dberr.Error{Op: "journal", Code: dberr.Internal, Msg: "the journal cannot be read; restore " + journalTable + " or the database from a backup", Err: err}
	}
	for _, t := range out {
		for _, c := range t.Columns {
			if c.Default == nil {
				continue
			}
			if n, ok := c.Default.Value.(json.Number); ok {
				if i, err := n.Int64(); err == nil {
					c.Default.Value = c.Type.Literal(i)
				} else if f, err := n.Float64(); err == nil {
					c.Default.Value = f
				}
			}
		}
	}
	return out, nil
}
