package status

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/rescue"
	"github.com/larder-db/larder/schema"
)

// Findings are what [Check] found out of order.
type Findings struct {
	Behind      []PendingLineage  `json:"behind,omitempty"`      // lineages that have revisions to apply
	Differences []Difference      `json:"differences,omitempty"` // what separates the database from the declared tables
	Edited      []string          `json:"edited,omitempty"`      // revisions that were changed after they were applied, as "lineage/id"
	HalfApplied []HalfApplied     `json:"halfway,omitempty"`     // revisions that are half applied
	Partial     []rescue.Partial  `json:"partial,omitempty"`     // revisions that another program began
	Leftovers   []rescue.Leftover `json:"leftovers,omitempty"`   // copies of tables that another program left
	Unread      []Remark          `json:"unread,omitempty"`      // declared tables that cannot be read, which nothing is said about
	Notes       []Remark          `json:"notes,omitempty"`       // what is in the tables and not carried; this is in order
	Unfinished  bool              `json:"unfinished,omitempty"`  // the database was being created when that was cut off
}

// PendingLineage is a lineage that has revisions to apply.
type PendingLineage struct {
	Lineage string   `json:"lineage"`
	Current []string `json:"current"`
	Heads   []string `json:"heads"`
	Pending int      `json:"pending"`
}

// Difference is one thing that has to be done to make the database what the
// declared tables say.
type Difference struct {
	Lineage string        `json:"lineage"`
	Table   string        `json:"table"`
	Text    string        `json:"change"`
	Change  schema.Change `json:"-"`
}

// Remark is a sentence about a table of a lineage: see schema.Table.Remarks.
type Remark struct {
	Lineage string `json:"lineage"`
	Table   string `json:"table"`
	Text    string `json:"text"`
}

// HalfApplied is a revision that a run of this kit was cut off in.
type HalfApplied struct {
	Lineage   string   `json:"lineage"`
	Revision  string   `json:"revision"`
	Direction string   `json:"direction"`
	Applied   []string `json:"stands"`          // operations that are done, in order
	At        string   `json:"at"`              // the operation it stopped at; empty when all are done
	Error     string   `json:"error,omitempty"` // the code of the failure, where one was written down
}

// OK reports whether nothing is out of order.
func (f *Findings) OK() bool {
	return len(f.Behind) == 0 && len(f.Differences) == 0 && len(f.Edited) == 0 && len(f.HalfApplied) == 0 &&
		len(f.Partial) == 0 && len(f.Leftovers) == 0 && len(f.Unread) == 0 && !f.Unfinished
}

// WriteText prints the findings for people, a line each; nothing when there
// are none.
func (f *Findings) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, x := range f.Behind {
		at := "base"
		if len(x.Current) > 0 {
			at = strings.Join(x.Current, ", ")
		}
		fmt.Fprintf(&b, "behind: %s is at %s and the head is %s; %d to apply with upgrade\n", x.Lineage, at,
			strings.Join(x.Heads, ", "), x.Pending)
	}
	for _, x := range f.HalfApplied {
		fmt.Fprintf(&b, "half done: the %s of revision %s (%s), %s applied", x.Direction, x.Revision, x.Lineage,
			operations(len(x.Applied)))
		if x.At != "" {
			fmt.Fprintf(&b, "; stopped at %q", x.At)
		}
		b.WriteString("; finish it with repair, or undo it with repair --undo\n")
	}
	for _, x := range f.Partial {
		fmt.Fprintf(&b, "partial: %s\n", x)
	}
	for _, x := range f.Leftovers {
		fmt.Fprintf(&b, "leftover: %s", x)
		if x.Safe() {
			b.WriteString("; repair removes it, and so does the next upgrade")
		}
		b.WriteByte('\n')
	}
	if f.Unfinished {
		b.WriteString("half done: the database was being created when that was cut off; start the program that creates it again\n")
	}
	for _, x := range f.Edited {
		fmt.Fprintf(&b, "edited: revision %s is not what it was when it was applied; write a new revision instead, or accept it with repair --accept-edits\n", x)
	}
	for _, x := range f.Differences {
		fmt.Fprintf(&b, "drift: to %s\n", x.Text)
	}
	for _, x := range f.Unread {
		fmt.Fprintf(&b, "unread: %s\n", x.Text)
	}
	for _, x := range f.Notes {
		fmt.Fprintf(&b, "note: %s\n", x.Text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func operations(n int) string {
	if n == 1 {
		return "1 operation"
	}
	return fmt.Sprintf("%d operations", n)
}

// Check compares the database with what this program knows: whether all
// revisions are applied, none is half done, was begun by another program or was
// edited afterwards, and the tables are those that the lineages declare. One
// that cannot be read does not keep the others from being looked at. The tables of a lineage that is behind are not compared with the declared ones.
func Check(ctx context.Context, eng *engine.Engine, set *history.Set) (*Findings, error) {
	l, err := ledger.ReadKnown(ctx, eng, set)
	if err != nil {
		return nil, err
	}
	f := &Findings{Unfinished: l.Exists[ledger.UnfinishedTable], HalfApplied: halfApplied(l)}
	pos, err := positions(l, set)
	if err != nil {
		return nil, err
	}
	behind := map[string]bool{}
	for i, m := range set.Selected() {
		p := pos[i]
		if m.Optional && len(p.Rows) == 0 {
			behind[m.Name] = true // there is nothing to compare
			continue
		}
		if p.Pending > 0 {
			f.Behind = append(f.Behind, PendingLineage{Lineage: p.Lineage, Current: p.Rows, Heads: p.Heads, Pending: p.Pending})
			behind[p.Lineage] = true
		}
	}
	if !f.Unfinished {
		live, err := Inspect(ctx, eng, set)
		if err != nil {
			return nil, err
		}
		f.Partial = rescue.FindPartial(set, l, live)
		if f.Leftovers, err = rescue.FindLeftovers(ctx, eng, live); err != nil {
			return nil, err
		}
	}
	edited, err := Edited(l, set)
	if err != nil {
		return nil, err
	}
	for _, key := range edited {
		f.Edited = append(f.Edited, key.String())
	}
	for _, m := range set.Selected() {
		if behind[m.Name] || len(m.Tables) == 0 {
			continue
		}
		live, err := Live(ctx, eng, set, m)
		if err != nil {
			return nil, err
		}
		f.remark(m, live)
		changes, err := Drift(ctx, eng, set, m, live)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			f.Differences = append(f.Differences, Difference{Lineage: m.Name, Table: c.On(), Text: c.String(), Change: c})
		}
	}
	return f, nil
}

// remark adds what is to be said about the tables of a lineage. What a declaration
// says of its table, too, is none of it.
func (f *Findings) remark(m *history.Member, live *op.State) {
	for _, t := range live.Tables() {
		declared := m.Declared(t.Name)
		if declared != nil && len(declared.Notes) > 0 {
			t = t.Clone()
			t.Notes = slices.DeleteFunc(t.Notes, func(note string) bool { return slices.Contains(declared.Notes, note) })
		}
		for _, text := range t.Remarks() {
			r := Remark{Lineage: m.Name, Table: t.Name, Text: text}
			if t.Unreadable != "" && declared != nil {
				f.Unread = append(f.Unread, r)
			} else {
				f.Notes = append(f.Notes, r)
			}
		}
	}
}

func halfApplied(l *ledger.Ledger) []HalfApplied {
	var out []HalfApplied
	for _, h := range l.HalfApplied() {
		x := HalfApplied{Lineage: h.Lineage, Revision: h.Revision, Direction: h.Direction, Applied: []string{}}
		for _, e := range l.Entries(h.Lineage, h.Revision) {
			if e.State == ledger.EntryDone {
				x.Applied = append(x.Applied, e.Operation)
				continue
			}
			x.At, x.Error = e.Operation, string(e.ErrorCode)
		}
		out = append(out, x)
	}
	return out
}

// Edited lists the revisions whose checksum is not the one that was kept.
func Edited(l *ledger.Ledger, set *history.Set) ([]ledger.RevisionKey, error) {
	var out []ledger.RevisionKey
	for _, m := range set.Selected() {
		for rev := range m.Graph.All() {
			key := ledger.RevisionKey{Lineage: m.Name, ID: rev.ID}
			kept, ok := l.Applied[key]
			if !ok {
				continue // applied by somebody who kept none
			}
			sum, err := m.Checksum(rev.ID)
			if err != nil {
				return nil, err
			}
			if sum != kept {
				out = append(out, key)
			}
		}
	}
	return out, nil
}
