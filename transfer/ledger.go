package transfer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
)

// LedgerTable stands in a database for as long as one is moved into it, and
// says how far that is.
const LedgerTable = "larder_transfer"

var (
	ledgerDef = schema.Define(LedgerTable).
			Describe("there while a database is being copied or restored into this one.")
	ledgerName    = query.Col[string](ledgerDef.String("name", 191).Doc("a table; empty for the run as a whole"))
	ledgerState   = query.Col[string](ledgerDef.String("state", 16))
	ledgerRead    = query.Col[int64](ledgerDef.BigInt("rows_read").Doc("rows of the source that are dealt with"))
	ledgerWritten = query.Col[int64](ledgerDef.BigInt("rows_written"))
	ledgerSum     = query.Col[string](ledgerDef.String("checksum", 64).Doc("of the rows that were written"))
	ledgerAbout   = query.Col[string](ledgerDef.Text("about").Null().Doc("what the run was told to do"))
	ledgerAt      = query.Col[int64](ledgerDef.BigInt("changed_at").Unit(schema.Seconds))
	_             = ledgerDef.Primary(LedgerTable+"_pkey", "name")
)

// The states of a run, and of a table.
const (
	stateBegun   = "begun"   // the run: tables are being made or filled
	stateCopied  = "copied"  // the run: all rows are there and were compared
	stateMoving  = "moving"  // the run: all rows were there, and it follows the source since
	stateFilling = "filling" // a table
	stateFilled  = "filled"
)

type entry struct {
	Name    string  `db:"name"`
	State   string  `db:"state"`
	Read    int64   `db:"rows_read"`
	Written int64   `db:"rows_written"`
	Sum     string  `db:"checksum"`
	About   *string `db:"about"`
}

// Unfinished is a run that is under way into a database, or was cut off.
type Unfinished struct {
	About  string // what it does: "copy"
	Copied bool   // all rows are there
	Rows   int64  // written so far
}

// LookUnfinished finds the run that is under way into a database; nil when there is none.
func LookUnfinished(ctx context.Context, eng *engine.Engine) (*Unfinished, error) {
	there, err := hasLedger(ctx, eng)
	if err != nil || !there {
		return nil, err
	}
	all, err := entries(ctx, eng)
	if errors.Is(err, dberr.ErrSchemaMismatch) {
		return nil, nil // it was finished since
	}
	if err != nil {
		return nil, err
	}
	u := &Unfinished{}
	for _, e := range all {
		u.Rows += e.Written
		if e.Name == "" {
			u.Copied = e.State == stateCopied || e.State == stateMoving
			u.About, _, _ = strings.Cut(aboutOf(e), "\n")
		}
	}
	return u, nil
}

func aboutOf(e entry) string {
	if e.About == nil {
		return ""
	}
	return *e.About
}

func hasLedger(ctx context.Context, eng *engine.Engine) (bool, error) {
	found, err := eng.Inspect(ctx, driver.InspectOptions{Tables: func(n string) bool { return n == LedgerTable }})
	return len(found) > 0, err
}

func entries(ctx context.Context, q engine.Queryer) ([]entry, error) {
	return query.All[entry](ctx, q, selectEntries().OrderBy(ledgerName))
}

func selectEntries() query.SelectStmt {
	return query.Select(ledgerName, ledgerState, ledgerRead, ledgerWritten, ledgerSum, ledgerAbout).
		From(ledgerDef).Named(name)
}

// makeLedger begins a run.
func makeLedger(ctx context.Context, eng *engine.Engine, about string) error {
	if _, err := eng.CreateTables(ctx, ledgerDef); err != nil {
		return err
	}
	return putEntry(ctx, eng, entry{State: stateBegun, About: &about})
}

// putEntry writes an entry, new or not.
func putEntry(ctx context.Context, q engine.Queryer, e entry) error {
	_, err := query.Exec(ctx, q, query.Insert(ledgerDef).Values(ledgerName.Set(e.Name), ledgerState.Set(e.State),
		ledgerRead.Set(e.Read), ledgerWritten.Set(e.Written), ledgerSum.Set(e.Sum),
		ledgerAbout.SetPtr(e.About), ledgerAt.Set(time.Now().Unix())).
		OnConflict(ledgerName).DoUpdate(ledgerState, ledgerRead, ledgerWritten, ledgerSum, ledgerAbout, ledgerAt).Named(name))
	return err
}

// dropLedger ends a run.
func dropLedger(ctx context.Context, eng *engine.Engine) error {
	return eng.DropTable(ctx, name, ledgerDef)
}

// progress of a table as its entry has it.
type recorded struct {
	read    int64
	written int64
	sum     canon.Sum
	filled  bool
}

func recordOf(e entry) (recorded, error) {
	sum, ok := canon.ParseSum(e.Sum)
	if !ok {
		return recorded{}, dberr.New(dberr.SchemaMismatch, name, fmt.Sprintf("table %s does not say how far %s is; begin anew in an empty database", LedgerTable, e.Name))
	}
	return recorded{read: e.Read, written: e.Written, sum: sum, filled: e.State == stateFilled}, nil
}
