package transfer

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
	"github.com/larder-db/larder/transfer/policy"
)

// Applied is what became of the lines of a quarantine file.
type Applied struct {
	Inserted int64 `json:"inserted"`
	Present  int64 `json:"present"` // a row with the key is there: an earlier run has put it in, or a repaired one went
	Refused  int64 `json:"refused"`
	// Refusals are sentences, the first twenty; none holds a value but the key.
	Refusals []string `json:"refusals,omitempty"`
}

// ApplyQuarantine puts the rows of a quarantine file into the tables where they
// are missing, after somebody has mended them in the file. Rows whose key is
// there already are left as they are, so that a file may be applied again. A
// row that still does not fit is refused, and the others go on.
func ApplyQuarantine(ctx context.Context, to *engine.Engine, file io.Reader, rules policy.Rules) (*Applied, error) {
	found, err := to.Inspect(ctx, driver.InspectOptions{})
	if err != nil {
		return nil, err
	}
	found = stored(found)
	out := &Applied{}
	for line, err := range policy.ReadLines(file) {
		if err != nil {
			return out, err
		}
		done, err := applyLine(ctx, to, found, &line, rules)
		switch {
		case slices.Contains(refusals, dberr.CodeOf(err)) && err != nil:
			out.Refused++
			const most = 20
			if len(out.Refusals) < most {
				out.Refusals = append(out.Refusals, fmt.Sprintf("table %s, row %s: %v", line.Table, line.KeyText(), err))
			}
		case err != nil:
			return out, err
		case done:
			out.Inserted++
		default:
			out.Present++
		}
	}
	return out, nil
}

// refusals are failures of a row, behind which the next one is tried.
var refusals = []dberr.Code{dberr.Invalid, dberr.ForeignKey, dberr.AlreadyExists, dberr.SchemaMismatch, dberr.Check,
	dberr.NotNull, dberr.TooLarge}

// applyLine puts one row in, and reports whether it was missing.
func applyLine(ctx context.Context, to *engine.Engine, found []*schema.Table, l *policy.Line,
	rules policy.Rules) (bool, error) {
	i := slices.IndexFunc(found, func(t *schema.Table) bool { return t.Name == l.Table })
	if i < 0 {
		return false, dberr.New(dberr.SchemaMismatch, "quarantine", "there is no such table")
	}
	t := found[i].Clone()
	t.Columns = slices.DeleteFunc(t.Columns, func(c *schema.Column) bool { _, has := l.Row[c.Name]; return !has })
	row := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		v, err := canon.ParseLine(l.Row[c.Name])
		if err != nil {
			return false, dberr.New(dberr.Invalid, "quarantine", "column "+c.Name+": "+err.Error())
		}
		row[i] = v
	}
	v := policy.NewJudge(rules, to.Dialect(), policy.Table{Target: t, Keys: policy.NewKeys(nil)}).Row(row)
	if v.Fate != policy.Goes {
		p := v.Problems[len(v.Problems)-1]
		return false, dberr.New(dberr.Invalid, "quarantine", "column "+p.Column+": "+p.Why)
	}
	inserted := false
	err := to.InTx(ctx, engine.TxOptions{Name: name}, func(ctx context.Context, tx *engine.Tx) error {
		inserted = false
		if t.PrimaryKey != nil {
			there, err := hasRow(ctx, tx, t, t.PrimaryKey.Columns, t, t.PrimaryKey.Columns, v.Row)
			if err != nil || there {
				return err
			}
		}
		for _, f := range t.ForeignKeys {
			parent := declaredAs(found, f.RefTable)
			if parent == nil || isNull(t, f.Columns, v.Row) {
				continue
			}
			there, err := hasRow(ctx, tx, parent, f.RefColumns, t, f.Columns, v.Row)
			if err != nil {
				return err
			}
			if !there {
				return dberr.New(dberr.ForeignKey, "quarantine", "the row of "+f.RefTable+" that it refers to is not there")
			}
		}
		var columns []string
		for _, c := range t.Columns {
			columns = append(columns, c.Name)
		}
		_, err := engine.BulkInsert(ctx, tx, t.Name, columns, engine.BulkRows([][]any{slices.Clone(v.Bind)}))
		inserted = err == nil
		return err
	})
	return inserted, err
}

// hasRow reports whether in has a row whose key columns are those of a row of
// table t.
func hasRow(ctx context.Context, tx *engine.Tx, in *schema.Table, key []string, t *schema.Table, columns []string,
	row []any) (bool, error) {
	at := query.Select().From(in).Named(name)
	for i, n := range columns {
		c := slices.IndexFunc(t.Columns, func(c *schema.Column) bool { return c.Name == n })
		if c < 0 {
			return false, dberr.New(dberr.Invalid, "quarantine", "the row has no "+n+", which is part of a key")
		}
		at = at.Columns(query.ColumnOf[any](in, key[i])).Where(query.ColumnOf[any](in, key[i]).Eq(row[c]))
	}
	return query.Found(ctx, tx, at)
}

// isNull reports whether one of the columns of a row is NULL, or not there.
func isNull(t *schema.Table, columns []string, row []any) bool {
	return slices.ContainsFunc(columns, func(n string) bool {
		c := slices.IndexFunc(t.Columns, func(c *schema.Column) bool { return c.Name == n })
		return c < 0 || row[c] == nil
	})
}
