package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
)

// Checked is what became of the examination of a table.
type Checked struct {
	Table  string   `json:"table"`
	Rows   int64    `json:"rows"`
	Blocks uint32   `json:"blocks"`
	Sum    string   `json:"sum"`
	Damage []string `json:"damage,omitempty"` // one sentence for each block; none when it is whole
}

// Verify reads everything and says of each table which of its blocks are
// damaged. Damage that keeps the file from being opened at all is [Open]'s
// error.
func (a *Archive) Verify(ctx context.Context) ([]Checked, error) {
	var out []Checked
	for i := range a.parts {
		c, err := a.check(ctx, &a.parts[i])
		out = append(out, c)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

func (a *Archive) check(ctx context.Context, p *part) (Checked, error) {
	c := Checked{Table: p.table.Name, Blocks: p.end.Blocks, Sum: p.end.Sum}
	types := make([]schema.Type, len(p.table.Columns))
	for i, col := range p.table.Columns {
		types[i] = col.Type
	}
	sum := canon.NewSummer(types)
	var total canon.Sum
	at := p.first
	for n := uint32(1); n <= p.end.Blocks; n++ {
		if err := ctx.Err(); err != nil {
			return c, &dberr.Error{Op: "archive", Code: dberr.Canceled, Err: err}
		}
		raw, next, err := a.block(at, p.table.Name, n)
		if err == nil {
			err = a.rows(raw, p.table, sum, &total, &c.Rows)
		}
		if err != nil {
			c.Damage = append(c.Damage, sentence(err, blockName(p.table.Name, n)))
		}
		if next == 0 {
			break // where the next one begins nobody knows
		}
		at = next
	}
	if c.Damage == nil && (c.Rows != p.end.Rows || total.String() != p.end.Sum) {
		c.Damage = append(c.Damage,
			fmt.Sprintf("table %s has %d rows, and %d were written; or they are others", p.table.Name, c.Rows, p.end.Rows))
	}
	return c, nil
}

func sentence(err error, what string) string {
	var e *dberr.Error
	if errors.As(err, &e) && e.Msg != "" {
		return e.Msg
	}
	return what + " cannot be read"
}

// rows adds up the rows of a block.
func (a *Archive) rows(raw []byte, t *schema.Table, sum *canon.Summer, total *canon.Sum, n *int64) error {
	row := make([]any, 0, len(t.Columns))
	for line := range bytes.Lines(raw) {
		var err error
		if row, err = parseRow(row[:0], line); err != nil || len(row) != len(t.Columns) {
			return errors.New("a row cannot be read")
		}
		for i, c := range t.Columns {
			row[i], _ = canon.Read(c.Type, row[i])
		}
		total.Add(sum.Row(row))
		*n++
	}
	return nil
}
