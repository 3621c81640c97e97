package ledger

import (
	"context"
	"database/sql"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// statementName is what logs and metrics call statements on these tables.
const statementName = "migrate"

// The table of what was applied.
var (
	appliedDef      = schema.Define(AppliedTable).Describe("which revisions were applied, and what they were then.")
	appliedLineage  = query.Col[string](appliedDef.String("lineage", 64))
	appliedRevision = query.Col[string](appliedDef.String("revision", 32))
	appliedChecksum = query.Col[string](appliedDef.String("checksum",
		64).Doc("of what the revision records; see package migrate"))
	appliedAt       = query.Col[int64](appliedDef.BigInt("applied_at").Unit(schema.Seconds))
	appliedDuration = query.Col[int64](appliedDef.BigInt("duration_ms"))
	appliedBuild    = query.Col[string](appliedDef.Text("build").Doc("the program that applied it"))
	_               = appliedDef.Primary(AppliedTable+"_pkey", "lineage", "revision")
)

// The journal.
var (
	journalDef = schema.Define(JournalTable).
			Describe("where a revision stands that cannot be one transaction; empty when none is under way.")
	journalLineage   = query.Col[string](journalDef.String("lineage", 64))
	journalRevision  = query.Col[string](journalDef.String("revision", 32))
	journalPosition  = query.Col[int](journalDef.Integer("position").Doc("which operation of the revision, from 0"))
	journalDirection = query.Col[string](journalDef.String("direction", 16))
	journalOperation = query.Col[string](journalDef.Text("operation").Doc("one line for people"))
	journalChecksum  = query.Col[string](journalDef.String("checksum", 64).Doc("of the operation"))
	journalState     = query.Col[string](journalDef.String("state", 16).Doc("begun, failed or done"))
	journalStatement = query.Col[int](journalDef.Integer("statement").
				Doc("how many statements of the operation stand; the next one may, when it was begun"))
	journalStatements = query.Col[int](journalDef.Integer("statements").Doc("how many it has"))
	journalScript     = query.Col[string](journalDef.Text("script").Null().
				Doc("the statements, where they depend on what was there before"))
	journalTables = query.Col[string](journalDef.Text("tables").Null().
			Doc("the tables it changes, as they were before"))
	journalCursor    = query.Col[string](journalDef.Text("place").Null().Doc("where a batched data step goes on"))
	journalRowsDone  = query.Col[int64](journalDef.BigInt("rows_done"))
	journalRowsTotal = query.Col[int64](journalDef.BigInt("rows_total"))
	journalErrorCode = query.Col[string](journalDef.String("error_code", 32).Null())
	journalBegunAt   = query.Col[int64](journalDef.BigInt("begun_at").Unit(schema.Seconds))
	journalChangedAt = query.Col[int64](journalDef.BigInt("changed_at").Unit(schema.Seconds))
	_                = journalDef.Primary(JournalTable+"_pkey", "lineage", "revision", "position")
)

// AppliedDefinition declares [AppliedTable].
func AppliedDefinition() *schema.Table { return appliedDef.Clone() }

// JournalDefinition declares [JournalTable].
func JournalDefinition() *schema.Table { return journalDef.Clone() }

// Execer runs statements: an engine, a transaction, or a connection.
type Execer interface {
	Dialect() driver.Dialect
	Exec(ctx context.Context, st engine.Statement) (engine.Result, error)
}

// OnConn runs statements on one connection of an engine.
func OnConn(eng *engine.Engine, conn *sql.Conn) Execer { return connExecer{eng, conn} }

type connExecer struct {
	*engine.Engine
	conn *sql.Conn
}

func (c connExecer) Exec(ctx context.Context, st engine.Statement) (engine.Result, error) {
	res, err := c.conn.ExecContext(ctx, st.SQL, st.Args...)
	if err != nil {
		return engine.Result{}, c.Classify(ctx, st.Name, err)
	}
	n, err := res.RowsAffected()
	return engine.Result{Rows: n}, c.Classify(ctx, st.Name, err)
}

// exec runs a statement and returns how many rows it changed.
func exec(ctx context.Context, x Execer, st query.Statement) (int64, error) {
	text, args, err := query.SQL(st, x.Dialect())
	if err != nil {
		return 0, err
	}
	res, err := x.Exec(ctx, engine.Statement{Name: statementName, SQL: text, Args: args, Write: true})
	return res.Rows, err
}

func (l *Ledger) readApplied(ctx context.Context, q engine.Queryer) error {
	type row struct {
		Lineage  string `db:"lineage"`
		Revision string `db:"revision"`
		Checksum string `db:"checksum"`
	}
	kept := query.Select(appliedLineage, appliedRevision, appliedChecksum).From(appliedDef).Named(statementName)
	for r, err := range query.Rows[row](ctx, q, kept) {
		if err != nil {
			return err
		}
		l.Applied[RevisionKey{r.Lineage, r.Revision}] = r.Checksum
	}
	return nil
}

// Applied is a revision that was applied.
type Applied struct {
	Lineage, Revision string
	Checksum          string // of history.Member.Checksum
	At                time.Time
	Took              time.Duration
	Build             string // the program that applied it
}

// MarkApplied keeps what was applied, in place of what was kept of it before.
func MarkApplied(ctx context.Context, x Execer, a Applied) error {
	if err := ForgetApplied(ctx, x, a.Lineage, a.Revision); err != nil {
		return err
	}
	_, err := exec(ctx, x, query.Insert(appliedDef).Values(appliedLineage.Set(a.Lineage),
		appliedRevision.Set(a.Revision), appliedChecksum.Set(a.Checksum),
		appliedAt.Set(a.At.Unix()), appliedDuration.Set(a.Took.Milliseconds()), appliedBuild.Set(a.Build)))
	return err
}

func isApplied(lineage, id string) query.Cond {
	return query.And(appliedLineage.Eq(lineage), appliedRevision.Eq(id))
}

// ForgetApplied forgets that a revision was applied.
func ForgetApplied(ctx context.Context, x Execer, lineage, id string) error {
	_, err := exec(ctx, x, query.Delete(appliedDef).Where(isApplied(lineage, id)))
	return err
}

// AcceptChecksum keeps another checksum of a revision that was applied.
func AcceptChecksum(ctx context.Context, x Execer, lineage, id, checksum string) error {
	_, err := exec(ctx, x, query.Update(appliedDef).Set(appliedChecksum.Set(checksum)).Where(isApplied(lineage, id)))
	return err
}

// Entry is a row of the journal: an operation of a revision that is under way.
type Entry struct {
	Lineage    string     `db:"lineage"`
	Revision   string     `db:"revision"`
	Position   int        `db:"position"` // which operation, from 0
	Direction  string     `db:"direction"`
	Operation  string     `db:"operation"` // one line for people
	Checksum   string     `db:"checksum"`  // of the operation
	State      EntryState `db:"state"`
	Statement  int        `db:"statement"`  // how many statements have taken effect; the next one may have, when it was begun
	Statements int        `db:"statements"` // how many there are
	Script     Optional   `db:"script"`     // the statements as JSON, where they depend on what was there before
	Tables     Optional   `db:"tables"`     // the tables as JSON, as they were before
	Cursor     Optional   `db:"place"`      // where a batched data step goes on
	Done       int64      `db:"rows_done"`
	Total      int64      `db:"rows_total"`
	ErrorCode  Optional   `db:"error_code"`
}

// EntryState says how far an operation has come.
type EntryState string

// The states.
const (
	EntryBegun  EntryState = "begun"
	EntryFailed EntryState = "failed" // the statement under way has had no effect
	EntryDone   EntryState = "done"
)

// Optional is a text that is NULL in the database when it is empty.
type Optional string

// Scan reads a text or NULL.
func (o *Optional) Scan(src any) error {
	var s sql.NullString
	err := s.Scan(src)
	*o = Optional(s.String)
	return err
}

func (o Optional) ptr() *string {
	if o == "" {
		return nil
	}
	s := string(o)
	return &s
}

func (l *Ledger) readJournal(ctx context.Context, q engine.Queryer) (err error) {
	l.Journal, err = query.All[Entry](ctx, q,
		query.Select(journalLineage, journalRevision, journalPosition, journalDirection, journalOperation, journalChecksum,
			journalState, journalStatement, journalStatements, journalScript, journalTables, journalCursor, journalRowsDone, journalRowsTotal, journalErrorCode).
			From(journalDef).OrderBy(journalLineage, journalRevision, journalPosition).Named(statementName))
	return err
}

// at finds the row of an entry.
func (e Entry) at() query.Cond {
	return query.And(journalLineage.Eq(e.Lineage), journalRevision.Eq(e.Revision), journalPosition.Eq(e.Position))
}

// Add writes a new row of the journal.
func (e Entry) Add(ctx context.Context, x Execer, now time.Time) error {
	_, err := exec(ctx, x, query.Insert(journalDef).Values(journalLineage.Set(e.Lineage),
		journalRevision.Set(e.Revision), journalPosition.Set(e.Position),
		journalDirection.Set(e.Direction), journalOperation.Set(e.Operation), journalChecksum.Set(e.Checksum), journalState.Set(string(e.State)),
		journalStatement.Set(e.Statement), journalStatements.Set(e.Statements), journalScript.SetPtr(e.Script.ptr()), journalTables.SetPtr(e.Tables.ptr()),
		journalCursor.SetPtr(e.Cursor.ptr()), journalRowsDone.Set(e.Done), journalRowsTotal.Set(e.Total), journalErrorCode.SetPtr(e.ErrorCode.ptr()),
		journalBegunAt.Set(now.Unix()), journalChangedAt.Set(now.Unix())))
	return err
}

// Move updates how far an operation has come.
func (e Entry) Move(ctx context.Context, x Execer, now time.Time) error {
	n, err := exec(ctx, x, query.Update(journalDef).Set(journalState.Set(string(e.State)),
		journalStatement.Set(e.Statement), journalStatements.Set(e.Statements),
		journalCursor.SetPtr(e.Cursor.ptr()), journalRowsDone.Set(e.Done), journalRowsTotal.Set(e.Total), journalErrorCode.SetPtr(e.ErrorCode.ptr()),
		journalChangedAt.Set(now.Unix())).Where(e.at()))
	if err == nil && n != 1 {
		err = dberr.New(dberr.Conflict, "journal",
			"the journal of revision "+e.Revision+" was changed by somebody else while it ran; look at "+JournalTable+" and run again")
	}
	return err
}

// Rewrite updates which statements are to be run.
func (e Entry) Rewrite(ctx context.Context, x Execer) error {
	_, err := exec(ctx, x, query.Update(journalDef).Set(journalScript.SetPtr(e.Script.ptr()),
		journalStatements.Set(e.Statements)).Where(e.at()))
	return err
}

// RemoveEntries deletes the rows of a revision from a position on.
func RemoveEntries(ctx context.Context, x Execer, lineage, id string, from int) error {
	_, err := exec(ctx, x, query.Delete(journalDef).Where(journalLineage.Eq(lineage), journalRevision.Eq(id),
		journalPosition.Ge(from)))
	return err
}

// Entries returns those of a revision, in order of position; nil when it is not
// under way.
func (l *Ledger) Entries(lineage, id string) []Entry {
	var out []Entry
	for _, e := range l.Journal {
		if e.Lineage == lineage && e.Revision == id {
			out = append(out, e)
		}
	}
	return out
}

// HalfApplied returns the first entry of each revision that is under way.
func (l *Ledger) HalfApplied() []Entry {
	var out []Entry
	for _, e := range l.Journal {
		if n := len(out); n == 0 || out[n-1].Lineage != e.Lineage || out[n-1].Revision != e.Revision {
			out = append(out, e)
		}
	}
	return out
}
