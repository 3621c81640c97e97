package query

import (
	"testing"

	"github.com/larder-db/larder/schema"
)

// TestOneLooksForNoSecondRow: where keys allow one row only, One does not ask the
// database for another, which would cost a step of the statement each time.
func TestOneLooksForNoSecondRow(t *testing.T) {
	tab, more := schema.Define("things"), schema.Define("parts")
	id, of := Col[int64](tab.BigInt("id").PrimaryKey()), Col[int64](tab.BigInt("part_id"))
	part := Col[int64](more.BigInt("id").PrimaryKey())
	for what, c := range map[string]struct {
		st   SelectStmt
		rows int
	}{
		"a key":                       {Select(id).From(tab).Where(id.Eq(1)), 1},
		"a key by a parameter":        {Select(id).From(tab).Where(id.EqTo(Param[int64]("id"))), 1},
		"a key and a joined key":      {Select(id).From(tab).Join(more, part.EqTo(of)).Where(id.Eq(1)), 1},
		"the other way round":         {Select(id).From(tab).LeftJoin(more, of.EqTo(part)).Where(id.Eq(1)), 1},
		"a joined column of no key":   {Select(part).From(more).Join(tab, of.EqTo(part)).Where(part.Eq(1)), 2},
		"a key and another's column":  {Select(id).From(tab).Where(id.EqTo(of)), 2},
		"a key under another's alias": {Select(id).From(tab).Join(more, part.Of(As(more, "m")).EqTo(of)).Where(id.Eq(1)), 2},
	} {
		if got := most(c.st); got != c.rows {
			t.Errorf("%s: %d rows, want %d", what, got, c.rows)
		}
	}
}
