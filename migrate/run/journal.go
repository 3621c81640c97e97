package run

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/plan"
	"github.com/larder-db/larder/schema"
)

// tablesBefore is what the journal keeps of the tables of a group.
type tablesBefore struct {
	Names  []string        // before and after
	Before []*schema.Table // those that were there
}

// entry is what the journal says of a group when it begins.
func (x *execution) entry(g plan.Group, state ledger.EntryState) ledger.Entry {
	return ledger.Entry{Lineage: x.rev.Member.Name, Revision: x.rev.ID(), Position: g.Position,
		Direction: x.rev.Direction.String(),
		Operation: g.Op.String(), Checksum: g.Checksum, State: state}
}

// encodeTables writes down the tables of a group as they are before it.
func encodeTables(g plan.Group, before *op.State) (ledger.Optional, error) {
	t := tablesBefore{Names: g.Tables()}
	for _, n := range t.Names {
		if was := before.Table(n); was != nil {
			t.Before = append(t.Before, was)
		}
	}
	b, err := json.Marshal(t)
	return ledger.Optional(b), err
}

func (t tablesBefore) with(names []string) tablesBefore {
	for _, n := range names {
		if !slices.Contains(t.Names, n) {
			t.Names = append(slices.Clone(t.Names), n)
		}
	}
	return t
}

// unreadable is the error of a journal that is not what this package writes.
func unreadable(err error) error {
	return &dberr.Error{Op: "journal", Code: dberr.Internal, Err: err,
		Msg: "the journal cannot be read; restore " + ledger.JournalTable + " or the database from a backup"}
}

// decodeTables reads what encodeTables wrote.
func decodeTables(s ledger.Optional) (tablesBefore, error) {
	var t tablesBefore
	if s == "" {
		return t, nil
	}
	dec := json.NewDecoder(strings.NewReader(string(s)))
	dec.UseNumber()
	if err := dec.Decode(&t); err != nil {
		return tablesBefore{}, unreadable(err)
	}
	for _, table := range t.Before {
		for _, c := range table.Columns {
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
	return t, nil
}
