package transfer

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
	"github.com/larder-db/larder/transfer/policy"
)

// Difference is a row that the two sides do not have alike.
type Difference struct {
	Key     string   `json:"key,omitempty"`
	What    string   `json:"what"`              // "missing", "extra" or "other"
	Columns []string `json:"columns,omitempty"` // of a row that is other
}

// String is for people, and holds no value but the key.
func (d Difference) String() string {
	row := "a row"
	if d.Key != "" {
		row = "row " + d.Key
	}
	switch d.What {
	case missing:
		return row + " is missing"
	case surplus:
		return row + " is there and should not be"
	}
	return row + " has other values in " + strings.Join(d.Columns, ", ")
}

const (
	missing = "missing"
	surplus = "extra"
	other   = "other"
)

// Verify compares a source with a database into which it was moved with the
// same options: for each table the number of rows and their checksums, and
// where those differ the rows, field by field, of which it reports the first
// ten. JSON is compared as values with exact numbers, everything else as it
// is. It reads both sides once where they are equal, and writes nothing.
//
// Rows that do not fit the target count as the rules have it; one that would be
// refused is expected to be missing. An error is one of reading; differences
// are in the report, see [Report.Clean].
func Verify(ctx context.Context, src Source, to *engine.Engine, o Options) (*Report, error) {
	begun := time.Now()
	target, err := to.Inspect(ctx, driver.InspectOptions{})
	if err != nil {
		return nil, err
	}
	k, err := newWalk(ctx, src, to.Dialect(), stored(target), Examining, &o)
	if err != nil {
		return nil, err
	}
	k.lenient, k.stage = true, Verifying
	rep, err := k.readAll(ctx)
	if err != nil {
		return nil, err
	}
	err = k.compare(ctx, to)
	rep.Elapsed = time.Since(begun)
	return rep, err
}

// compare reads the target back and compares it with what was sent.
func (k *walk) compare(ctx context.Context, to *engine.Engine) error {
	k.stage, k.begun, k.rows, k.bytes = Verifying, time.Now(), 0, 0
	k.total = 0
	for _, w := range k.route.ways {
		k.total += w.report.Written
	}
	return Snapshot(ctx, to, func(ctx context.Context, there Source) error {
		for _, w := range k.route.ways {
			if err := k.compareTable(ctx, w, there); err != nil {
				return err
			}
		}
		k.done()
		return nil
	})
}

func (k *walk) compareTable(ctx context.Context, w *way, there Source) error {
	var d digest
	err := k.arrived(ctx, w, there, func(_ []any, key, row canon.Sum) error {
		d.add(key, row)
		return nil
	})
	if err != nil {
		return err
	}
	differ := w.digest.differ(&d)
	if len(differ) == 0 && d.rows == w.digest.rows {
		w.report.Verified = true
		return nil
	}
	w.report.Differences, err = k.differences(ctx, w, there, differ)
	w.report.Verified = err == nil && len(w.report.Differences) == 0
	return err
}

// arrived gives the rows that the target has, with the sums of key and row.
func (k *walk) arrived(ctx context.Context, w *way, there Source,
	each func(row []any, key, sum canon.Sum) error) error {
	sum := canon.NewSummer(w.types)
	row := make([]any, len(w.target.Columns))
	for raw, err := range there.Rows(ctx, w.target) {
		if err != nil {
			return err
		}
		k.progress(w.target.Name, sizeOf(raw))
		for i, c := range w.target.Columns {
			row[i], _ = canon.Read(c.Type, raw[i]) // what is of another type differs
		}
		all := sum.Row(row)
		if err := each(row, w.keySum(sum, row, all), all); err != nil {
			return err
		}
		clear(row)
	}
	return nil
}

// Bounds of the search for differences: how many rows of one side are
// remembered, and how many are reported.
const (
	mostSearched = 200_000
	mostReported = 10
)

var errEnough = errors.New("enough")

// differences finds the rows in which two sides differ, in some of the buckets.
func (k *walk) differences(ctx context.Context, w *way, there Source, in map[int]bool) ([]Difference, error) {
	expected := map[canon.Sum]canon.Sum{}
	err := k.expected(ctx, w, func(row []any, key, sum canon.Sum) error {
		if in[bucket(key)] && len(expected) < mostSearched {
			expected[key] = sum
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	whole := len(expected) < mostSearched
	var out []Difference
	changed := map[canon.Sum][]any{}
	err = k.arrived(ctx, w, there, func(row []any, key, sum canon.Sum) error {
		if !in[bucket(key)] {
			return nil
		}
		was, ok := expected[key]
		switch {
		case ok && was == sum:
			delete(expected, key)
		case ok:
			delete(expected, key)
			if len(changed) < mostReported*10 {
				changed[key] = slices.Clone(row)
			}
		case whole && len(out) < mostReported:
			out = append(out, Difference{What: surplus, Key: w.keyText(row)})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = k.expected(ctx, w, func(row []any, key, _ canon.Sum) error {
		if _, gone := expected[key]; gone {
			out = append(out, Difference{What: missing, Key: w.keyText(row)})
		} else if is, ok := changed[key]; ok {
			if columns := w.fields(row, is); len(columns) > 0 {
				out = append(out, Difference{What: other, Key: w.keyText(row), Columns: columns})
			}
		}
		if len(out) >= mostReported {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return out[:min(len(out), mostReported)], err
}

// expected gives the rows that should have arrived, once more.
func (k *walk) expected(ctx context.Context, w *way, each func(row []any, key, sum canon.Sum) error) error {
	j := k.judge(w)
	sum := canon.NewSummer(w.types)
	var row []any
	for raw, err := range k.src.Rows(ctx, w.source) {
		if err != nil {
			return err
		}
		row = w.mapped(row, raw)
		v := j.Row(row)
		if v.Fate != policy.Goes {
			continue
		}
		all := sum.Row(v.Row)
		if err := each(v.Row, w.keySum(sum, v.Row, all), all); err != nil {
			return err
		}
	}
	return nil
}

// fields are the columns in which two rows differ: of JSON, as values.
func (w *way) fields(a, b []any) []string {
	var out []string
	for i, c := range w.target.Columns {
		x, y := a[i], b[i]
		if c.Type.Kind == schema.JSON || c.Type.Kind == schema.JSONB {
			if s, ok := x.(string); ok {
				x = canon.JSON(s)
			}
			if s, ok := y.(string); ok {
				y = canon.JSON(s)
			}
		}
		if tx, ok := x.(time.Time); ok {
			if ty, ok := y.(time.Time); ok && tx.Equal(ty) {
				continue
			}
		}
		if !reflect.DeepEqual(x, y) {
			out = append(out, c.Name)
		}
	}
	return out
}

// keyText is the key of a row for people.
func (w *way) keyText(row []any) string {
	var parts []string
	for _, i := range w.key {
		parts = append(parts, fmt.Sprintf("%s %v", w.target.Columns[i].Name, row[i]))
	}
	return strings.Join(parts, ", ")
}
