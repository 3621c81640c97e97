package driver

import (
	"context"

	"github.com/larder-db/larder/schema"
)

// Changer writes the statements that change tables that exist.
type Changer interface {
	// Change returns the script that makes the changes of a. It does no I/O:
	// the same Alteration gives the same script. What the engine cannot do is
	// a dberr.Unsupported error that says what to do instead; nothing that the
	// changes do not name is lost.
	Change(a Alteration) (Script, error)

	// Extras reads what Change needs to know about one table of the live
	// database beyond its schema. A table that does not exist has none.
	Extras(ctx context.Context, q DBTX, o InspectOptions, table string) (Extras, error)

	// ExtrasOf tells as much of it from the schema alone, of which tables are
	// all that is known: for scripts that are written without a database.
	ExtrasOf(tables []*schema.Table, table string) Extras
}

// Alteration is a group of changes of one table that are made together.
type Alteration struct {
	// Before is the table as it is, in normal form; nil when it is created.
	Before *schema.Table
	// After is the table as it is to be, in normal form; nil when it is dropped.
	After *schema.Table
	// Changes lead from Before to After, in the order of schema.Diff. A
	// schema.RenameTable or schema.RenameColumn stands alone.
	Changes []schema.Change
	Extras  Extras

	// Using has, by column whose type changes, the expression over the old row
	// that gives its new value. Without one the engine's rule for the pair of
	// types counts; a pair without a rule is an error that asks for it.
	Using map[string]schema.Expr
	// Fill has, by column that is added, the expression over the old row that
	// gives its value in rows that exist. Without one they take the default.
	Fill map[string]schema.Expr
	// Concurrently makes and drops indexes without keeping writers out, where
	// the engine can; elsewhere it changes nothing.
	Concurrently bool
}

// Extras is what an engine wants to know about a table beyond its schema when
// it changes it. The zero value is right where nothing is known: then Before is
// all there is.
type Extras struct {
	Own any // the engine's own; nobody else looks inside
}

// Script is what has to be run to make a change. Its parts are run in the
// order of the fields; [RunScript] does so.
type Script struct {
	// Before runs on the connection ahead of its transaction.
	Before []string
	// Expect is looked at before the first statement: what must be so for the
	// change to lose nothing.
	Expect []Check
	// Statements make the change.
	Statements []ScriptStatement
	// Verify is looked at behind the last statement, ahead of the commit.
	Verify []Check
	// After always runs on the connection in the end.
	After []string
}

// ScriptStatement is a statement of a script.
type ScriptStatement struct {
	SQL     string
	Comment string // one line for people: what it does
	Lock    Lock
	// OutsideTx: the engine refuses it in a transaction.
	OutsideTx bool
	// Probe is a query that returns a row when the statement has taken effect.
	// It is set for statements that stand outside of a transaction and cannot
	// be run twice; one without can.
	Probe string
	// Undo takes away what the statement may have left when it was cut off
	// without taking effect; it runs ahead of a second try and may be run
	// twice. Empty: it leaves nothing.
	Undo string
}

// Lock says what others have to wait for while a statement runs.
type Lock string

// The locks, from the lightest to the heaviest.
const (
	NoLock       Lock = "reads and writes go on"
	BriefLock    Lock = "locks the table for a moment"
	WritersWait  Lock = "reads the whole table; writers wait"
	DataLock     Lock = "changes rows; they are locked until the commit"
	AllWait      Lock = "reads the whole table; readers and writers wait"
	Rewrite      Lock = "rewrites the table; readers and writers wait"
	Copy         Lock = "copies the table; writers wait"
	RewriteWrite Lock = "copies the table; writers of the whole database wait"
)

// Check is a question to the database whose answer decides whether a script
// may go on.
type Check struct {
	Kind  CheckKind
	Query string
	Msg   string // what is wrong when it fails, and the way out
}

// CheckKind says which answer passes.
type CheckKind int

// The kinds of checks.
const (
	NoRows   CheckKind = iota // the query returns no row
	Prepares                  // the query can be run; what it returns does not matter
	NotMore                   // the query returns names and, last, a count, which may not be higher than before the first statement
)

// Append returns a script that runs s and then more as one: what both want
// around it is done once.
func (s Script) Append(more Script) Script {
	return Script{
		Before:     union(s.Before, more.Before),
		Expect:     union(s.Expect, more.Expect),
		Statements: append(append([]ScriptStatement(nil), s.Statements...), more.Statements...),
		Verify:     union(s.Verify, more.Verify),
		After:      union(s.After, more.After),
	}
}

// Empty reports whether there is nothing to run.
func (s Script) Empty() bool { return len(s.Statements) == 0 }

// SQL returns the texts of the statements.
func (s Script) SQL() []string {
	out := make([]string, len(s.Statements))
	for i, st := range s.Statements {
		out[i] = st.SQL
	}
	return out
}

func union[T comparable](a, b []T) []T {
	var out []T
	seen := map[T]bool{}
	for _, l := range [][]T{a, b} {
		for _, v := range l {
			if !seen[v] {
				seen[v] = true
				out = append(out, v)
			}
		}
	}
	return out
}
