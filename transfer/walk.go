package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
	"github.com/larder-db/larder/transfer/policy"
)

// walk goes over the rows of a source on their way into a target: each row is
// judged once, and what becomes of it is counted.
type walk struct {
	o       *Options
	src     Source
	dialect driver.Dialect
	route   *route
	keys    *policy.Keys
	stage   Stage
	// lenient goes on behind rows that are refused, and counts them.
	lenient bool

	lines io.WriteCloser // the quarantine file, once there is a line
	begun time.Time
	shown time.Time
	rows  int64
	bytes int64
	total int64
}

// sent is a row on its way; its slices belong to whoever gets it.
type sent struct {
	bind  []any // as the target's driver takes the values
	bytes int
	sum   canon.Sum
	key   canon.Sum
	row   []any // of a run that follows, the values
}

func newWalk(ctx context.Context, src Source, d driver.Dialect, target []*schema.Table, stage Stage,
	o *Options) (*walk, error) {
	if err := o.Rules.Check(); err != nil {
		return nil, err
	}
	r, err := routeOf(src.Tables(), target, o)
	if err != nil {
		return nil, err
	}
	var tables []*schema.Table
	for _, w := range r.ways {
		tables = append(tables, w.target)
	}
	w := &walk{o: o, src: src, dialect: d, route: r, keys: policy.NewKeys(tables), stage: stage, begun: time.Now()}
	if stage != Examining && o.Quarantine == nil {
		for c, a := range o.Rules {
			if a != policy.Fail && a != "" {
				return nil, dberr.New(dberr.Invalid, name, fmt.Sprintf("rows may stay behind or be changed (%s: %s), and there is no quarantine file for them; name one", c, a))
			}
		}
	}
	if o.Progress != nil {
		for _, x := range r.ways {
			n, err := src.Count(ctx, x.source)
			if err != nil {
				return nil, err
			}
			w.total += max(n, 0)
		}
	}
	return w, nil
}

// ahead learns the keys of tables that are referred to before their turn.
func (k *walk) ahead(ctx context.Context) error {
	for _, w := range k.route.ways {
		if !k.route.first[w.target.Name] {
			continue
		}
		j := k.judge(w)
		var row []any
		for raw, err := range k.src.Rows(ctx, w.source) {
			if err != nil {
				return err
			}
			row = w.mapped(row, raw)
			j.Remember(row)
		}
	}
	return nil
}

// settle takes the rows that stay behind out of the keys of a table that refers to
// itself, and then those that refer to them, until none is left: what becomes of
// a row may hang on one that comes after it.
func (k *walk) settle(ctx context.Context, w *way) error {
	skip := slices.Contains(slices.Collect(maps.Values(k.o.Rules)), policy.Skip)
	itself := func(f *schema.ForeignKey) bool { return f.RefTable == w.target.Name }
	if !slices.ContainsFunc(w.target.ForeignKeys, itself) || !skip {
		return nil
	}
	for known := -1; known != k.keys.Len(w.target.Name); {
		known = k.keys.Len(w.target.Name)
		j := k.judge(w)
		var row []any
		for raw, err := range k.src.Rows(ctx, w.source) {
			if err != nil {
				return err
			}
			row = w.mapped(row, raw)
			j.Row(row)
		}
	}
	return nil
}

func (k *walk) judge(w *way) *policy.Judge {
	return policy.NewJudge(k.o.Rules, k.dialect, policy.Table{Target: w.target, Keys: k.keys})
}

// table goes over one table. each gets the rows that go; number counts those
// of the source, from 1.
func (k *walk) table(ctx context.Context, w *way, each func(number int64, s sent) error) error {
	if err := k.settle(ctx, w); err != nil {
		return err
	}
	j := k.judge(w)
	sum := canon.NewSummer(w.types)
	waiting := w.waiting()
	r := w.report
	var row []any
	for raw, err := range k.src.Rows(ctx, w.source) {
		if err != nil {
			return err
		}
		r.Read++
		row = w.mapped(row, raw)
		v := j.Row(row)
		k.extra(w, raw, &v)
		if len(v.Problems) > 0 {
			if err := k.problem(w, raw, &v); err != nil {
				return err
			}
		}
		size := sizeOf(raw)
		k.progress(w.target.Name, size)
		r.Bytes += int64(size)
		if v.Fate != policy.Goes {
			if err := each(r.Read, sent{}); err != nil {
				return err
			}
			continue
		}
		s := sent{bytes: size, sum: sum.Row(v.Row)}
		s.key = w.keySum(sum, v.Row, s.sum)
		w.digest.add(s.key, s.sum)
		r.Written++
		if k.stage == Following {
			s.row = slices.Clone(v.Row)
		}
		s.bind = append(make([]any, 0, len(v.Bind)), v.Bind...)
		if size >= largeRow { // not to be kept beside the next one
			clear(v.Row)
			clear(v.Bind)
			clear(row)
		}
		for _, i := range waiting {
			s.bind[i] = nil
		}
		if err := each(r.Read, s); err != nil {
			return err
		}
	}
	r.Sum = w.digest.sum().String()
	return nil
}

// keySum is the checksum of a row's key; that of the row where it has none.
func (w *way) keySum(s *canon.Summer, row []any, all canon.Sum) canon.Sum {
	if len(w.key) == 0 {
		return all
	}
	return s.Key(row, w.key)
}

// extra finds values of columns that the target does not have.
func (k *walk) extra(w *way, raw []any, v *policy.Verdict) {
	for _, i := range w.extra {
		if raw[i] == nil {
			continue
		}
		a := k.o.Rules.For(canon.Unknown)
		v.Problems = append(v.Problems, policy.Problem{Class: canon.Unknown, Column: w.source.Columns[i].Name,
			Why: "the target has no such column", Action: a})
		if a == policy.Fail {
			v.Fate = policy.Refuse
		}
	}
}

// problem counts a row that is not in order, writes its line, and ends the walk
// where it is refused.
func (k *walk) problem(w *way, raw []any, v *policy.Verdict) error {
	r := w.report
	for _, p := range v.Problems {
		r.Problems[p.Class]++
	}
	line := policy.LineOf(w.source, raw, v.Fate, v.Problems)
	switch v.Fate {
	case policy.Refuse:
		if !k.lenient {
			return refused(&line, r.Read)
		}
		r.Refused++
	case policy.Stays:
		r.Skipped++
	case policy.Goes:
		r.Repaired++
	}
	const most = 20
	if k.stage == Examining || len(r.Rows) < most {
		r.Rows = append(r.Rows, RowReport{Key: line.KeyText(), Number: r.Read, Problems: v.Problems})
	}
	if v.Fate == policy.Refuse {
		return nil
	}
	return k.write(&line)
}

// refused says which row ends a run, and why.
func refused(l *policy.Line, number int64) error {
	row := l.KeyText()
	if row == "" {
		row = fmt.Sprintf("number %d", number)
	}
	p := l.Problems[0]
	for _, x := range l.Problems {
		if x.Action == policy.Fail {
			p = x
			break
		}
	}
	column := ""
	if p.Column != "" {
		column = ", column " + p.Column
	}
	var ways []string
	for _, a := range policy.Actions(p.Class) {
		if a != policy.Fail {
			ways = append(ways, string(a))
		}
	}
	return dberr.New(dberr.Invalid, name,
		fmt.Sprintf("table %s, row %s%s: %s; mend it in the source, or choose what becomes of such rows (%s: %s)",
			l.Table, row, column, p.Why, p.Class, strings.Join(ways, " or ")))
}

// write adds a line to the quarantine file.
func (k *walk) write(l *policy.Line) error {
	if k.o.Quarantine == nil || k.stage != Copying && k.stage != Following {
		return nil
	}
	if k.lines == nil {
		f, err := k.o.Quarantine()
		if err != nil {
			return err
		}
		k.lines = f
	}
	return l.Write(k.lines)
}

// close closes the quarantine file.
func (k *walk) close(err error) error {
	if k.lines == nil {
		return err
	}
	if cerr := k.lines.Close(); cerr != nil {
		err = errors.Join(err, policy.Unwritten(cerr))
	}
	k.lines = nil
	return err
}

// strangers goes over the tables that the target does not have.
func (k *walk) strangers(ctx context.Context) ([]*TableReport, error) {
	if len(k.route.unknown) == 0 {
		return nil, nil
	}
	a := k.o.Rules.For(canon.Unknown)
	if a == policy.Fail && !k.lenient {
		return nil, dberr.New(dberr.SchemaMismatch, name, fmt.Sprintf("the target does not have these tables: %s; choose the tables to move, or have them skipped (%s: skip)",
			names(k.route.unknown), canon.Unknown))
	}
	var out []*TableReport
	for _, t := range k.route.unknown {
		r := &TableReport{Table: t.Name, Problems: map[canon.Class]int64{}}
		out = append(out, r)
		problem := []policy.Problem{{Class: canon.Unknown, Why: "the target has no such table", Action: a}}
		for raw, err := range k.src.Rows(ctx, t) {
			if err != nil {
				return out, err
			}
			r.Read++
			r.Problems[canon.Unknown]++
			if a == policy.Fail {
				r.Refused++
				continue
			}
			r.Skipped++
			line := policy.LineOf(t, raw, policy.Stays, problem)
			if err := k.write(&line); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// showEvery is how often progress is told.
const showEvery = 250 * time.Millisecond

func (k *walk) progress(table string, size int) {
	k.rows++
	k.bytes += int64(size)
	if k.o.Progress == nil || k.rows%64 != 0 && size < 1<<20 {
		return
	}
	now := time.Now()
	if now.Sub(k.shown) < showEvery {
		return
	}
	k.shown = now
	k.o.Progress(Progress{Stage: k.stage, Table: table, Rows: k.rows, Total: k.total, Bytes: k.bytes,
		Elapsed: now.Sub(k.begun)})
}

// done tells the end of a stage.
func (k *walk) done() {
	if k.o.Progress != nil {
		k.o.Progress(Progress{Stage: k.stage, Rows: k.rows, Total: k.rows, Bytes: k.bytes, Elapsed: time.Since(k.begun)})
	}
}

// sizeOf is about how many bytes the values of a row have.
func sizeOf(row []any) int {
	n := 0
	for _, v := range row {
		switch x := v.(type) {
		case string:
			n += len(x)
		case []byte:
			n += len(x)
		default:
			n += 8
		}
	}
	return n
}

// Examine goes over a source without writing anything, and reports what a run
// with the same options would do: which rows would go, and each row that does
// not fit the target as it is. Rows whose class has no rule are counted as
// refused; they would end the run.
func Examine(ctx context.Context, src Source, d driver.Dialect, o Options) (*Report, error) {
	k, err := newWalk(ctx, src, d, stored(o.Target), Examining, &o)
	if err != nil {
		return nil, err
	}
	k.lenient = true
	rep, err := k.readAll(ctx)
	if err != nil {
		return nil, err
	}
	k.done()
	rep.Elapsed = time.Since(k.begun)
	return rep, nil
}

// readAll reads every table to its end and sends nothing on.
func (k *walk) readAll(ctx context.Context) (*Report, error) {
	if err := k.ahead(ctx); err != nil {
		return nil, err
	}
	rep := &Report{Left: k.route.left}
	strange, err := k.strangers(ctx)
	rep.Tables = append(rep.Tables, strange...)
	if err != nil {
		return nil, err
	}
	for _, w := range k.route.ways {
		rep.Tables = append(rep.Tables, w.report)
		if err := k.table(ctx, w, func(int64, sent) error { return nil }); err != nil {
			return nil, err
		}
	}
	return rep, nil
}
