package transfer

import (
	"io"
	"slices"
	"time"

	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
	"github.com/larder-db/larder/transfer/policy"
)

// Options say what is moved, and how. The zero value moves every table that
// both sides have, and stops at the first row that does not fit.
type Options struct {
	// Tables are the names of those to move; nil is all.
	Tables []string
	// Leave names tables that are neither moved nor missed; nil is none.
	// LedgerTable is always one of them.
	Leave func(table string) bool

	// Part names the part of the source that its rows are, for people; empty is
	// the whole. A run is not taken up with another one.
	Part string

	Rules policy.Rules // what becomes of rows that do not fit
	// Quarantine opens the file that takes a line for each row that stays
	// behind or is repaired, empty. It is called when there is such a row, and
	// again when a run that was taken up begins anew. It is required where
	// Rules have anything but failing.
	Quarantine func() (io.WriteCloser, error)

	// Resume takes up a run that was cut off.
	Resume bool
	// NoVerify leaves out reading the target back.
	NoVerify bool

	// Target are the tables of the target where they do not exist yet, in its
	// normal form: for [Examine]. Nil is what the target has.
	Target []*schema.Table

	// Progress is told how far a run is, a few times a second; nil is nobody.
	Progress func(Progress)
	// BatchBytes is about how much is written in one transaction; 0 is 8 MiB.
	BatchBytes int
}

func (o *Options) batchBytes() int {
	if o.BatchBytes > 0 {
		return o.BatchBytes
	}
	return 8 << 20
}

// moves reports whether a table is one of those to move.
func (o *Options) moves(name string) bool {
	if name == LedgerTable || o.Leave != nil && o.Leave(name) {
		return false
	}
	return o.Tables == nil || slices.Contains(o.Tables, name)
}

// Stage is what a run is doing.
type Stage string

// The stages.
const (
	Copying   Stage = "copying"
	Examining Stage = "examining"
	Verifying Stage = "verifying"
	Following Stage = "following" // reading what has changed since
)

// Progress is how far a run is.
type Progress struct {
	Stage   Stage
	Table   string
	Rows    int64 // so far, of all tables
	Total   int64 // of all tables; 0 is not known
	Bytes   int64 // so far, of values
	Elapsed time.Duration
}

// Rate is rows a second so far.
func (p Progress) Rate() float64 {
	if p.Elapsed <= 0 {
		return 0
	}
	return float64(p.Rows) / p.Elapsed.Seconds()
}

// Left is how long the rest takes at the rate so far; 0 when nobody knows.
func (p Progress) Left() time.Duration {
	if p.Rows == 0 || p.Total <= p.Rows {
		return 0
	}
	return time.Duration(float64(p.Elapsed) * float64(p.Total-p.Rows) / float64(p.Rows))
}

// Report is what a run did, or would do.
type Report struct {
	Tables []*TableReport `json:"tables"`
	// Left are tables of the source that were not moved and of which Leave or
	// Tables knows, and larder's own.
	Left []string `json:"left,omitempty"`
	// Restarted says that a run was taken up and the source had changed since.
	Restarted bool          `json:"restarted,omitempty"`
	Elapsed   time.Duration `json:"elapsed_ns"`
}

// TableReport is what became of the rows of a table.
type TableReport struct {
	Table    string                `json:"table"`
	Read     int64                 `json:"read"`
	Written  int64                 `json:"written"`
	Kept     int64                 `json:"kept,omitempty"` // of those written, by the run that was taken up
	Skipped  int64                 `json:"skipped,omitempty"`
	Repaired int64                 `json:"repaired,omitempty"`
	Refused  int64                 `json:"refused,omitempty"` // of an examination: rows that would end the run
	Bytes    int64                 `json:"bytes"`
	Sum      string                `json:"sum"` // of the rows that were written
	Problems map[canon.Class]int64 `json:"problems,omitempty"`
	// Rows are the first rows with problems, of an examination all of them.
	Rows []RowReport `json:"rows,omitempty"`
	// Differences are what the target has otherwise, at most ten.
	Differences []Difference `json:"differences,omitempty"`
	Verified    bool         `json:"verified"`
}

// RowReport is a row that breaks a rule.
type RowReport struct {
	Key      string           `json:"key,omitempty"`
	Number   int64            `json:"number"` // in the order of reading, from 1
	Problems []policy.Problem `json:"problems"`
}

// Clean reports whether all rows went as they were.
func (r *Report) Clean() bool {
	for _, t := range r.Tables {
		if t.Skipped+t.Repaired+t.Refused > 0 || len(t.Differences) > 0 {
			return false
		}
	}
	return true
}

// Equal reports whether no table was found to differ from its source, but for rows
// that the rules keep back.
func (r *Report) Equal() bool {
	return !slices.ContainsFunc(r.Tables, func(t *TableReport) bool { return len(t.Differences) > 0 })
}

// Totals adds up the tables.
func (r *Report) Totals() TableReport {
	var all TableReport
	all.Problems = map[canon.Class]int64{}
	for _, t := range r.Tables {
		all.Read += t.Read
		all.Written += t.Written
		all.Kept += t.Kept
		all.Skipped += t.Skipped
		all.Repaired += t.Repaired
		all.Refused += t.Refused
		all.Bytes += t.Bytes
		for c, n := range t.Problems {
			all.Problems[c] += n
		}
	}
	return all
}
