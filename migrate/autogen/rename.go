package autogen

import (
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/op"
)

// Renames are names that were changed: what no comparison can tell from
// something that went and something else that came.
type Renames struct {
	Tables  []Rename
	Columns []Rename // of Table, by the name that it has afterwards
}

// Rename is one of them.
type Rename struct{ Table, From, To string }

// ParseTableRename reads "from:to".
func ParseTableRename(s string) (Rename, error) {
	from, to, ok := strings.Cut(s, ":")
	if !ok || from == "" || to == "" {
		return Rename{}, dberr.New(dberr.Invalid, "rename", "a renamed table is written old:new")
	}
	return Rename{From: from, To: to}, nil
}

// ParseColumnRename reads "table.from:to".
func ParseColumnRename(s string) (Rename, error) {
	left, to, ok := strings.Cut(s, ":")
	table, from, dot := strings.Cut(left, ".")
	if !ok || !dot || table == "" || from == "" || to == "" {
		return Rename{}, dberr.New(dberr.Invalid, "rename", "a renamed column is written table.old:new")
	}
	return Rename{Table: table, From: from, To: to}, nil
}

func (r Renames) ops() []op.Op {
	var out []op.Op
	for _, t := range r.Tables {
		out = append(out, op.RenameTable{From: t.From, To: t.To, Owned: true})
	}
	for _, c := range r.Columns {
		out = append(out, op.RenameColumn{Table: c.Table, From: c.From, To: c.To, Owned: true})
	}
	return out
}
