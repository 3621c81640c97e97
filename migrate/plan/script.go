package plan

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/revision"
	"github.com/larder-db/larder/schema"
)

// WriteScript writes the script that leads from one revision to another, for
// the target of the set: from is where the database will be ("base" or empty
// for an empty one), to where the script brings it. The statements are made for
// the schema that the history makes by itself: what a database has beyond it,
// the script does not know.
//
// A data step in Go cannot be written as a script, and is an error that names
// the revision.
func WriteScript(ctx context.Context, w io.Writer, set *history.Set, d history.Direction, from, to string) error {
	s, err := newScript(set, w)
	if err != nil {
		return err
	}
	members, err := membersOf(set, from, to)
	if err != nil {
		return err
	}
	for _, m := range set.InOrder(members, d) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if from == "" {
			from = "base"
		}
		rows, err := m.Graph.Resolve(nil, from)
		if err != nil {
			return err
		}
		steps, err := m.Steps(rows, d, to)
		if err != nil {
			return err
		}
		if err := s.steps(m, rows, steps); err != nil {
			return err
		}
	}
	return s.err
}

// WriteNewRevision is WriteScript for a revision that is not in the history
// yet: from what is ahead of it.
func WriteNewRevision(w io.Writer, set *history.Set, m *history.Member, r history.Revision) error {
	with, more, err := set.Extended(m, r)
	if err != nil {
		return err
	}
	s, err := newScript(with, w)
	if err != nil {
		return err
	}
	rows := m.Graph.Tips()
	steps, err := more.Steps(rows, history.Up, r.ID)
	if err != nil {
		return err
	}
	return s.steps(more, rows, steps)
}

// WriteStampScript writes the script of a stamp, as for [WriteScript].
func WriteStampScript(w io.Writer, set *history.Set, from, to string) error {
	s, err := newScript(set, w)
	if err != nil {
		return err
	}
	members, err := membersOf(set, from, to)
	if err != nil {
		return err
	}
	for _, m := range set.InOrder(members, history.Up) {
		var rows []string
		if from != "" {
			if rows, err = m.Graph.Resolve(nil, from); err != nil {
				return err
			}
		}
		changes, err := m.Graph.Stamp(rows, to)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			s.createVersion(m)
		}
		for _, p := range s.record(m, changes) {
			s.statement(p.sql)
		}
	}
	return s.err
}

// WriteVersionTables writes the statements that make the version tables.
func WriteVersionTables(w io.Writer, set *history.Set) error {
	s, err := newScript(set, w)
	if err != nil {
		return err
	}
	for _, m := range set.Selected() {
		s.createVersion(m)
	}
	return s.err
}

// membersOf chooses the lineages that both ends are about.
func membersOf(set *history.Set, from, to string) ([]*history.Member, error) {
	members, err := set.Select(nil, to)
	if err != nil || from == "" || from == "base" {
		return members, err
	}
	other, err := set.Select(nil, from)
	if err == nil && len(other) < len(members) {
		members = other
	}
	return members, err
}

type script struct {
	set *history.Set
	w   io.Writer
	t   op.Target
	err error
}

func newScript(set *history.Set, w io.Writer) (*script, error) {
	if set.Target() == nil {
		return nil, dberr.New(dberr.Invalid, "script",
			"a script is written for one engine; give the runner an Engine or a Target")
	}
	s := &script{set: set, w: w, t: *set.Target()}
	s.t.Literal = true
	return s, nil
}

func (s *script) line(format string, args ...any) {
	if s.err == nil {
		_, s.err = fmt.Fprintf(s.w, format+"\n", args...)
	}
}

func (s *script) statement(sql string) { s.line("%s;\n", strings.TrimRight(sql, " \t\r\n;")) }

func (s *script) createVersion(m *history.Member) {
	statements, err := ledger.VersionOf(m).Create(s.t)
	if err != nil && s.err == nil {
		s.err = err
	}
	for _, text := range statements {
		s.statement(text)
	}
}

// steps writes revisions of one lineage, from rows on.
func (s *script) steps(m *history.Member, rows []string, steps []history.Step) error {
	st, err := s.set.Replay(m, rows)
	if err != nil {
		return err
	}
	if len(rows) == 0 && len(steps) > 0 {
		s.createVersion(m)
	}
	for _, step := range steps {
		if err := s.step(st, step); err != nil {
			return err
		}
	}
	return s.err
}

// step writes one revision.
func (s *script) step(st *history.State, step history.Step) error {
	r, err := NewRun(s.set, step)
	if err != nil {
		return err
	}
	s.line("-- Running %s", step)
	s.line("")
	var parts []part
	for _, g := range r.Groups {
		steps, err := op.Compile(g.Op, st.State, s.t)
		if err != nil {
			return dberr.WithOp(err, "revision "+r.ID())
		}
		for i := range steps {
			if data, ok := g.Op.(op.DataStep); ok {
				return dberr.New(dberr.Unsupported, "script", "revision "+r.ID()+" has the data step "+data.Name+
					", which is code and cannot be written as a script; run this revision online, and write scripts for what is before and behind it")
			}
			r.note(g, &steps[i])
			parts = append(parts, partsOf(g, steps[i])...)
		}
	}
	parts = append(parts, s.record(step.Member, step.Rows)...)
	s.write(r, parts)
	return s.err
}

// part is a statement of a script.
type part struct {
	sql     string
	comment string
	outside bool
}

func partsOf(g Group, st op.Step) []part {
	var out []part
	for _, one := range st.Script.Statements {
		out = append(out, part{one.SQL, one.Comment, one.OutsideTx || g.OutsideTx})
	}
	for _, one := range st.Statements {
		out = append(out, part{sql: one.SQL, outside: g.OutsideTx})
	}
	if st.Note != "" && len(out) == 0 {
		out = append(out, part{comment: st.Op.String() + ": " + st.Note})
	}
	return out
}

// record writes the changes of the version table.
func (s *script) record(m *history.Member, changes []revision.RowChange) []part {
	statements, err := ledger.VersionOf(m).Script(s.t.Dialect, changes)
	if err != nil && s.err == nil {
		s.err = err
	}
	out := make([]part, len(statements))
	for i, text := range statements {
		out[i].sql = text
	}
	return out
}

// write puts the statements of a revision into transactions where the engine
// has them for schema statements.
func (s *script) write(r *RevisionRun, parts []part) {
	for _, text := range r.Setup {
		s.statement(text)
	}
	open := false
	transactional := s.t.Dialect.Has(schema.TransactionalDDL)
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
	for _, text := range r.Reset {
		s.statement(text)
	}
}
