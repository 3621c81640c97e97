package op

import (
	"context"
	"encoding/json"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/schema"
)

// DataStep is a step in Go. It runs in the revision's transaction, or, when it
// is Batched, in transactions of its own, one per batch.
type DataStep struct {
	Name    string
	Run     func(ctx context.Context, d *Data) error
	Batched bool
	Back    func(ctx context.Context, d *Data) error // what undoes it
	Stays   bool                                     // going back leaves what it did
	Lost    []string                                 // what it destroys, in sentences
}

// On is empty: what a function touches is not known.
func (o DataStep) On() string { return "" }

func (o DataStep) String() string {
	return "data step: " + o.Name + when(o.Batched, " (in batches)")
}

func (o DataStep) apply(*State) error { return nil }

func (o DataStep) reverse(*State) (Op, error) {
	switch {
	case o.Back != nil:
		return DataStep{Name: "undo " + o.Name, Run: o.Back, Back: o.Run, Batched: o.Batched}, nil
	case o.Stays:
		return nil, nil
	}
	return nil, irreversible(o, "give it a Reverse, or say NoReverse")
}

func (o DataStep) loss(*State) []string { return o.Lost }

// Progress is how far a data step has come.
type Progress struct {
	Cursor string // where to go on; empty at the start
	Done   int64  // rows that have been read
	Total  int64  // rows in all when the scan began; 0 when it is not known
}

// DataOptions are what the runner gives a data step.
type DataOptions struct {
	// Queryer is the revision's transaction; for a batched step, the engine.
	Queryer engine.Queryer
	// Batched: every chunk of rows is a transaction of its own.
	Batched bool
	// State has the tables as they are when the step begins.
	State *State
	// Cursor is where an earlier run of a batched step ended.
	Cursor string
	// Save keeps the progress, in the transaction of the chunk. It is called
	// for batched steps only and may be nil.
	Save func(ctx context.Context, q engine.Queryer, p Progress) error
	// Progress is told after every chunk; it may be nil.
	Progress func(p Progress)
	// Notice is told what people should know; it may be nil.
	Notice func(text string)
	// Args are what the caller of the migration has set.
	Args map[string]string
}

// Data is what a data step works with. It is a Queryer: statements of package
// query and those of [Run] run in the revision's transaction; in a batched
// step each is one of its own.
//
// A batched step may be run again from the start, with the scans that were
// finished left out and the one under way going on where it was: what it does
// outside of [Data.Rows] must do no harm when it is done twice.
type Data struct {
	engine.Queryer
	o     DataOptions
	scans int // that have begun
	at    cursor
}

// NewData is for runners.
func NewData(o DataOptions) (*Data, error) {
	d := &Data{Queryer: o.Queryer, o: o}
	if o.Cursor != "" {
		if err := json.Unmarshal([]byte(o.Cursor), &d.at); err != nil {
			return nil, &dberr.Error{Op: "data step", Code: dberr.Invalid,
				Msg: "the stored place of the data step cannot be read; run larder migrate repair", Err: err}
		}
	}
	return d, nil
}

// Notice tells people something: what a step has left out, and where it went.
func (d *Data) Notice(text string) {
	if d.o.Notice != nil {
		d.o.Notice(text)
	}
}

// Arg returns what the caller of the migration has set under a name ("-x
// tenant=a" on the command line), and whether anything was. What a step does
// with it is not in the checksum of its revision.
func (d *Data) Arg(name string) (value string, set bool) {
	value, set = d.o.Args[name]
	return value, set
}

// Table returns the table as it is now, in the engine's normal form; nil when
// there is none.
func (d *Data) Table(name string) *schema.Table { return d.o.State.Table(name) }

// cursor is where a batched step stands.
type cursor struct {
	Scan int   `json:"scan"`          // the number of the scan, from 1
	Key  []any `json:"key,omitempty"` // of the last row that was done
	Done int64 `json:"done"`
	Over bool  `json:"over,omitempty"` // the scan is finished
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	return string(b)
}

// Run runs one statement written as [Execute] describes, and returns how many
// rows it matched.
func Run(ctx context.Context, q engine.Queryer, sql string, args ...any) (int64, error) {
	st, err := SQLText{sql, args}.statement(q.Dialect(), "data step", false)
	if err != nil {
		return 0, err
	}
	st.Cache = true
	r, err := q.Exec(ctx, st)
	return r.Rows, err
}

// Get runs one query written as [Execute] describes and returns its rows, all
// of them: it is for small results. Larger ones are read by [Data.Rows].
func Get(ctx context.Context, q engine.Queryer, sql string, args ...any) ([]Row, error) {
	st, err := SQLText{sql, args}.statement(q.Dialect(), "data step", false)
	if err != nil {
		return nil, err
	}
	st.Write = false
	rows, err := q.Query(ctx, st)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	r := newReader(rows.Columns(), nil, &misuse{})
	var out []Row
	for rows.Next() {
		row, _, err := r.read(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}
