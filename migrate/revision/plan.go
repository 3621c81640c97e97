package revision

import (
	"fmt"
	"slices"
	"strings"
)

// Direction says which half of a migration a [Step] runs.
type Direction uint8

// The directions.
const (
	Up Direction = iota
	Down
)

// String returns "upgrade" or "downgrade".
func (d Direction) String() string {
	if d == Down {
		return "downgrade"
	}
	return "upgrade"
}

// Kind says what a [RowChange] does.
type Kind uint8

// The kinds of change to the rows of the version table.
const (
	Insert Kind = iota // add the row To
	Update             // turn the row From into To
	Delete             // take the row From away
	Purge              // take every row away, also unknown ones
)

// String returns "insert", "update", "delete" or "purge".
func (k Kind) String() string {
	return [...]string{"insert", "update", "delete", "purge"}[k&3]
}

// RowChange is one change to the version table. Except for a Purge it affects
// exactly one row; a runner that sees another count has met a table that
// somebody else changed, and must stop.
type RowChange struct {
	Kind Kind
	From string // the row that is there before; empty for Insert and Purge
	To   string // the row that is there after; empty for Delete and Purge
}

// String renders a change for logs, as in "update a1 to b2".
func (c RowChange) String() string {
	switch c.Kind {
	case Insert:
		return "insert " + c.To
	case Update:
		return "update " + c.From + " to " + c.To
	case Delete:
		return "delete " + c.From
	}
	return c.Kind.String()
}

// Step is one migration to run, and how the version table changes with it,
// in the same transaction where the engine has one. The slices of the
// revision are the graph's own and must not be written to.
type Step struct {
	Revision  Revision
	Direction Direction
	Rows      []RowChange // at least one, in order
}

// String renders the step for logs, as in "upgrade a1, b1 -> c2, merge".
func (s Step) String() string {
	from, to := parents(s.Revision.Down), s.Revision.ID
	if s.Direction == Down {
		from, to = to, from
	}
	text := s.Direction.String() + " " + from + " -> " + to
	if t := s.Revision.title(); t != "" {
		text += ", " + t
	}
	return text
}

func parents(down []string) string {
	if len(down) == 0 {
		return "<base>"
	}
	return strings.Join(down, ", ")
}

// Upgrade plans the way up from a database whose version table holds current
// to target, oldest revision first. Everything target needs is in the plan,
// dependencies on other branches included; branches it does not need stay
// where they are. There are no steps when target is applied already.
//
// The error is a *dberr.Error, code invalid, as for [Graph.Resolve]. Rows
// that the graph does not know or that contradict each other are refused as
// a [*NotFound] with Recorded or an [*Overlap].
func (g *Graph) Upgrade(current []string, target string) ([]Step, error) {
	steps, err := g.upgrade(current, target)
	if err != nil {
		return nil, failure("upgrade", err)
	}
	return steps, nil
}

func (g *Graph) upgrade(current []string, target string) ([]Step, error) {
	sym, err := parseSymbol(target)
	if err != nil {
		return nil, err
	}
	if sym.rel < 0 && (sym.name == "" || sym.name == "current") {
		return nil, &BadSymbol{Symbol: target, Problem: "leads down; use downgrade for that"}
	}
	s, err := g.state(current)
	if err != nil {
		return nil, err
	}
	at, err := resolver{g: g, s: s}.at(sym)
	if err != nil {
		return nil, err
	}
	todo := g.closure(g.needs, at...)
	for i, on := range s.applied {
		if on {
			todo[i] = false
		}
	}
	order := g.order(todo)
	slices.Reverse(order)
	return g.steps(s, order, Up), nil
}

// Downgrade plans the way down from a database whose version table holds
// current to target, newest revision first. What is undone is all that
// follows target, and all that depends on what is undone; with a branch, as
// in billing@a1 or billing@base, only what follows on that branch. There are
// no steps when nothing applied follows target.
//
// "-1" undoes the only current revision; when that one is a merge, both its
// parents become current. It is refused when the database is at several
// revisions, because which one to undo is then the caller's to say.
//
// The error is that of [Graph.Upgrade], or a [*RangeNotAncestor] when target
// is not applied.
func (g *Graph) Downgrade(current []string, target string) ([]Step, error) {
	steps, err := g.downgrade(current, target)
	if err != nil {
		return nil, failure("downgrade", err)
	}
	return steps, nil
}

func (g *Graph) downgrade(current []string, target string) ([]Step, error) {
	sym, err := parseSymbol(target)
	if err != nil {
		return nil, err
	}
	s, err := g.state(current)
	if err != nil {
		return nil, err
	}
	roots, err := g.undone(s, sym)
	if err != nil {
		return nil, err
	}
	todo := g.closure(g.users, roots...)
	for i, on := range s.applied {
		if !on {
			todo[i] = false
		}
	}
	return g.steps(s, g.order(todo), Down), nil
}

// undone returns the lowest revisions that a downgrade to sym undoes; they
// need not be applied.
func (g *Graph) undone(s *state, sym symbol) ([]int32, error) {
	var branch []bool
	if sym.branch != "" {
		var err error
		if branch, err = g.lineage(sym.branch); err != nil {
			return nil, err
		}
	}
	r := resolver{g: g, s: s}
	if sym.relative && (sym.name == "" || sym.name == "current") {
		if sym.rel >= 0 {
			return nil, &BadSymbol{Symbol: sym.text, Problem: "leads up; use upgrade for that"}
		}
		start, err := r.start(sym, branch)
		if err != nil {
			return nil, err
		}
		last, err := r.lowest(sym, start)
		if err != nil {
			return nil, err
		}
		return []int32{last}, nil
	}
	at, err := r.at(sym)
	switch {
	case err != nil:
		return nil, err
	case sym.name == "current":
		return nil, nil
	case len(at) > 1:
		return nil, &MultipleHeads{Argument: sym.text, Heads: g.ids(at)}
	case len(at) == 0:
		return filter(g.bases(), branch), nil
	case !s.applied[at[0]]:
		return nil, &RangeNotAncestor{Lower: g.revs[at[0]].ID, Upper: g.ids(s.rows), Down: true}
	}
	return filter(g.next.of(at[0]), branch), nil
}

// steps runs order over s and writes down what happens to the rows. What is
// a row follows from the definition alone: applied, and needed by nothing
// that is applied. So only the neighbours of each revision can change.
func (g *Graph) steps(s *state, order []int32, d Direction) []Step {
	if len(order) == 0 {
		return nil
	}
	steps := make([]Step, len(order))
	changes := make([]RowChange, 0, len(order)+len(order)/4)
	var rows []int32
	for n, i := range order {
		rows = rows[:0]
		for _, p := range g.needs.of(i) {
			if d == Down {
				s.users[p]--
			}
			if s.users[p] == 0 {
				rows = append(rows, p)
			}
			if d == Up {
				s.users[p]++
			}
		}
		from := len(changes)
		id := g.revs[i].ID
		switch {
		case len(rows) == 0 && d == Up:
			changes = append(changes, RowChange{Kind: Insert, To: id})
		case len(rows) == 0:
			changes = append(changes, RowChange{Kind: Delete, From: id})
		case d == Up:
			last := len(rows) - 1
			for _, p := range rows[:last] {
				changes = append(changes, RowChange{Kind: Delete, From: g.revs[p].ID})
			}
			changes = append(changes, RowChange{Kind: Update, From: g.revs[rows[last]].ID, To: id})
		default:
			for _, p := range rows[1:] {
				changes = append(changes, RowChange{Kind: Insert, To: g.revs[p].ID})
			}
			changes = append(changes, RowChange{Kind: Update, From: id, To: g.revs[rows[0]].ID})
		}
		steps[n] = Step{Revision: g.revs[i], Direction: d, Rows: changes[from:len(changes):len(changes)]}
	}
	return steps
}

// ApplyRows returns what a version table that holds rows holds after changes.
// It is what a runner checks its statements against, and what a dry run
// shows. It fails, without a code, when a change does not fit the rows; rows
// itself is left as it is.
func ApplyRows(rows []string, changes ...RowChange) ([]string, error) {
	out := slices.Clone(rows)
	for _, c := range changes {
		at := slices.Index(out, c.From)
		switch c.Kind {
		case Purge:
			out = out[:0]
			continue
		case Delete, Update:
			if at < 0 {
				return nil, fmt.Errorf("%s: there is no such row", c)
			}
			if c.Kind == Delete {
				out = slices.Delete(out, at, at+1)
				continue
			}
		}
		if slices.Contains(out, c.To) {
			return nil, fmt.Errorf("%s: there is such a row already", c)
		}
		if c.Kind == Update {
			out[at] = c.To
		} else {
			out = append(out, c.To)
		}
	}
	return out, nil
}
