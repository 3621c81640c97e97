package migrate

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/revision"
)

// SQL writes the script that leads from one revision to another, without a
// database: from is where the database will be ("base" for an empty one), to
// where the script brings it. The statements are those of Options.Target or of
// the Engine, made for the schema that the history makes by itself: what a
// database has beyond it, the script does not know.
//
// A data step in Go cannot be written as a script, and is an error that names
// the revision.
func (r *Runner) SQL(ctx context.Context, w io.Writer, d Direction, from, to string) error {
	if r.o.Target == nil {
		return dberr.New(dberr.Invalid, "script", "a script is written for one engine; give the runner an Engine or a Target")
	}
	ls, err := r.scriptLineages(d, from, to)
	if err != nil {
		return err
	}
	s := &script{r: r, w: w, t: op.Target{Dialect: r.o.Target.Dialect, DDL: r.o.Target.DDL, Literal: true}}
	for _, l := range ls {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.lineage(l, d, from, to); err != nil {
			return err
		}
	}
	return s.err
}

// scriptLineages chooses the lineages that both ends are about.
func (r *Runner) scriptLineages(d Direction, from, to string) ([]*lineage, error) {
	ls, err := r.aim(nil, to)
	if err != nil {
		return nil, err
	}
	if from != "" && from != "base" {
		other, err := r.aim(nil, from)
		if err != nil {
			return nil, err
		}
		if len(other) < len(ls) {
			ls = other
		}
	}
	if d == Down {
		ls = slices.Clone(ls)
		slices.Reverse(ls)
	}
	return ls, nil
}

type script struct {
	r   *Runner
	w   io.Writer
	t   op.Target
	err error
}

func (s *script) line(format string, args ...any) {
	if s.err == nil {
		_, s.err = fmt.Fprintf(s.w, format+"\n", args...)
	}
}

func (s *script) statement(sql string) { s.line("%s;\n", strings.TrimRight(sql, " \t\r\n;")) }

// lineage writes the script of one lineage.
func (s *script) lineage(l *lineage, d Direction, from, to string) error {
	if l.graph.Len() == 0 && len(s.r.in) > 1 {
		return nil
	}
	if from == "" {
		from = "base"
	}
	rows, err := l.graph.Resolve(nil, from)
	if err != nil {
		return err
	}
	find := l.graph.Upgrade
	if d == Down {
		find = l.graph.Downgrade
	}
	steps, err := find(rows, to)
	if err != nil {
		return err
	}
	st, err := s.r.replay(*s.r.o.Target, l, rows)
	if err != nil {
		return err
	}
	if len(rows) == 0 && len(steps) > 0 {
		sts, err := l.version().create(s.t.Dialect, s.t.DDL)
		if err != nil {
			return err
		}
		for _, text := range sts {
			s.statement(text)
		}
	}
	for _, step := range steps {
		if err := s.step(st, aimed{l, step}); err != nil {
			return err
		}
	}
	return s.err
}

// step writes one revision.
func (s *script) step(st *state, a aimed) error {
	w, _, err := s.r.record(a)
	if err != nil {
		return err
	}
	s.line("-- Running %s", a.step)
	s.line("")
	var parts []part
	for _, u := range w.units {
		steps, err := op.Compile(u.op, st.State, s.t)
		if err != nil {
			return dberr.WithOp(err, "revision "+w.id())
		}
		for i := range steps {
			if data, ok := u.op.(op.DataStep); ok {
				return dberr.New(dberr.Unsupported, "script", "revision "+w.id()+" has the data step "+data.Name+", which is code and cannot be written as a script; run this revision online, and write scripts for what is before and behind it")
			}
			w.note(u, &steps[i])
			parts = append(parts, partsOf(u, steps[i])...)
		}
	}
	parts = append(parts, s.record(a)...)
	s.write(w, parts)
	return s.err
}

// part is a statement of a script.
type part struct {
	sql     string
	comment string
	outside bool
}

func partsOf(u unit, st op.Step) []part {
	var out []part
	for _, one := range st.Script.Statements {
		out = append(out, part{one.SQL, one.Comment, one.OutsideTx || u.outside})
	}
	for _, one := range st.Statements {
		out = append(out, part{sql: one.SQL, outside: u.outside})
	}
	if st.Note != "" && len(out) == 0 {
		out = append(out, part{comment: st.Op.String() + ": " + st.Note})
	}
	return out
}

// record writes the changes of the version table.
func (s *script) record(a aimed) []part {
	d := s.t.Dialect
	literal := func(b *driver.Builder, v string) {
		text, err := d.AppendString(nil, v)
		if err != nil {
			b.Fail(err)
			return
		}
		b.SQL(string(text))
	}
	var out []part
	for _, c := range a.step.Rows {
		text, _, err := rowChange(d, a.l.version(), c, literal).Done()
		if err != nil && s.err == nil {
			s.err = err
		}
		out = append(out, part{sql: text})
	}
	return out
}

// write puts the statements of a revision into transactions where the engine
// has them for schema statements.
func (s *script) write(w *work, parts []part) {
	for _, text := range w.setup {
		s.statement(text)
	}
	open := false
	transactional := s.r.transactional()
	set := func(want bool) {
		if want = want && transactional; want == open {
			return
		}
		if open = want; want {
			s.statement("BEGIN")
		} else {
			s.statement("COMMIT")
		}
	}
	for _, p := range parts {
		if p.comment != "" {
			s.line("-- %s", strings.ReplaceAll(p.comment, "\n", " "))
		}
		if p.sql == "" {
			continue
		}
		set(!p.outside)
		s.statement(p.sql)
	}
	set(false)
	for _, text := range w.reset {
		s.statement(text)
	}
}

// StampSQL writes the script of a stamp, as for [Runner.SQL].
func (r *Runner) StampSQL(w io.Writer, from, to string) error {
	if r.o.Target == nil {
		return dberr.New(dberr.Invalid, "script", "a script is written for one engine; give the runner an Engine or a Target")
	}
	s := &script{r: r, w: w, t: op.Target{Dialect: r.o.Target.Dialect, DDL: r.o.Target.DDL, Literal: true}}
	ls, err := r.scriptLineages(Up, from, to)
	if err != nil {
		return err
	}
	for _, l := range ls {
		if l.graph.Len() == 0 && len(r.in) > 1 {
			continue
		}
		var rows []string
		if from != "" {
			if rows, err = l.graph.Resolve(nil, from); err != nil {
				return err
			}
		}
		changes, err := l.graph.Stamp(rows, to)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			sts, err := l.version().create(s.t.Dialect, s.t.DDL)
			if err != nil {
				return err
			}
			for _, text := range sts {
				s.statement(text)
			}
		}
		for _, p := range s.record(aimed{l, revision.Step{Rows: changes}}) {
			s.statement(p.sql)
		}
	}
	return s.err
}

// EnsureVersionSQL writes the statements that make the version tables.
func (r *Runner) EnsureVersionSQL(w io.Writer) error {
	if r.o.Target == nil {
		return dberr.New(dberr.Invalid, "script", "a script is written for one engine; give the runner an Engine or a Target")
	}
	s := &script{r: r, w: w}
	for _, l := range r.in {
		sts, err := l.version().create(r.o.Target.Dialect, r.o.Target.DDL)
		if err != nil {
			return err
		}
		for _, text := range sts {
			s.statement(text)
		}
	}
	return s.err
}
