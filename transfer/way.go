package transfer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
)

// way is how the rows of one table go.
type way struct {
	source *schema.Table
	target *schema.Table // with the columns that are written only
	from   []int         // for each column of target, where it stands in source
	extra  []int         // columns of source that the target does not have
	types  []schema.Type // for sums: what both sides keep
	key    []int         // positions of the primary key in target
	late   []*schema.ForeignKey
	report *TableReport
	digest digest
}

// route is all ways, in an order in which rows come after those they refer to.
type route struct {
	ways    []*way
	unknown []*schema.Table // of the source, which the target does not have
	left    []string
	// first are tables whose keys have to be known ahead of all rows.
	first map[string]bool
}

// routeOf finds out which tables go where.
func routeOf(source, target []*schema.Table, o *Options) (*route, error) {
	r := &route{first: map[string]bool{}}
	targets := map[string]*schema.Table{}
	for _, t := range target {
		targets[t.Name] = t
	}
	byName := map[string]*schema.Table{}
	for _, t := range source {
		byName[t.Name] = t
	}
	for _, n := range o.Tables {
		if byName[n] == nil {
			return nil, dberr.New(dberr.NotFound, name, "the source has no table "+n)
		}
	}
	var moved []*schema.Table
	for _, t := range source {
		switch to := targets[t.Name]; {
		case !o.moves(t.Name):
			r.left = append(r.left, t.Name)
		case to == nil:
			r.unknown = append(r.unknown, t)
		default:
			moved = append(moved, to)
		}
	}
	sorted, circular := schema.Sorted(moved)
	for _, t := range sorted {
		w, err := wayOf(byName[t.Name], t)
		if err != nil {
			return nil, err
		}
		for _, f := range t.ForeignKeys {
			if circular[f] == nil && f.RefTable != t.Name {
				continue
			}
			r.first[f.RefTable] = true
			if w.mayWait(f) {
				w.late = append(w.late, f)
			}
		}
		r.ways = append(r.ways, w)
	}
	return r, nil
}

func wayOf(source, target *schema.Table) (*way, error) {
	w := &way{source: source, target: target.Clone(),
		report: &TableReport{Table: target.Name, Problems: map[canon.Class]int64{}}}
	w.target.Columns = nil
	for _, c := range target.Columns {
		at := slices.IndexFunc(source.Columns, func(x *schema.Column) bool { return x.Name == c.Name })
		switch {
		case c.Generated != nil:
		case at >= 0:
			w.target.Columns = append(w.target.Columns, c)
			w.from = append(w.from, at)
			w.types = append(w.types, common(source.Columns[at].Type, c.Type))
		case !c.Nullable && c.Default == nil && c.Identity == nil:
			return nil, dberr.New(dberr.SchemaMismatch, name, fmt.Sprintf(
				"the target needs a value for %s.%s, which the source does not have; bring both to the same revision", target.Name, c.Name))
		}
	}
	for i, c := range source.Columns {
		if c.Generated == nil && target.Column(c.Name) == nil {
			w.extra = append(w.extra, i)
		}
	}
	if k := target.PrimaryKey; k != nil {
		for _, n := range k.Columns {
			if at := slices.IndexFunc(w.target.Columns, func(c *schema.Column) bool { return c.Name == n }); at >= 0 {
				w.key = append(w.key, at)
			}
		}
	}
	return w, nil
}

// common is the type by which values of both sides are compared: where one of
// them keeps the value of JSON and not its text, the value counts.
func common(source, target schema.Type) schema.Type {
	ty := target
	if target.Kind == schema.JSON && source.Kind == schema.JSONB {
		ty.Kind = schema.JSONB
	}
	return ty
}

// mayWait reports whether rows can be written without the reference at first.
func (w *way) mayWait(f *schema.ForeignKey) bool {
	for _, n := range f.Columns {
		c := w.target.Column(n)
		if c == nil || !c.Nullable || w.target.PrimaryKey == nil || slices.Contains(w.target.PrimaryKey.Columns, n) {
			return false
		}
	}
	return true
}

// waiting are the positions of columns that are written when all rows are there.
func (w *way) waiting() []int {
	var out []int
	for i, c := range w.target.Columns {
		if slices.ContainsFunc(w.late, func(f *schema.ForeignKey) bool { return slices.Contains(f.Columns, c.Name) }) {
			out = append(out, i)
		}
	}
	return out
}

// mapped are the values of a row of the source in the order of the target's
// columns; into is used for them.
func (w *way) mapped(into, row []any) []any {
	into = into[:0]
	for _, at := range w.from {
		into = append(into, row[at])
	}
	return into
}

func (w *way) columns() []string {
	out := make([]string, len(w.target.Columns))
	for i, c := range w.target.Columns {
		out[i] = c.Name
	}
	return out
}

// names lists tables for a sentence.
func names(tables []*schema.Table) string {
	var out []string
	for _, t := range tables {
		out = append(out, t.Name)
	}
	const most = 8
	if len(out) > most {
		return strings.Join(out[:most], ", ") + fmt.Sprintf(" and %d more", len(out)-most)
	}
	return strings.Join(out, ", ")
}
