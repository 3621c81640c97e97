package revision

import "slices"

// Stamp plans how a version table that holds current comes to say that the
// database is at targets, without running anything. Each target takes the
// place of the rows above and below it, dependencies included, and rows of
// other branches stay. base takes all rows away, branch@base those of a
// branch and of what depends on it. There are no changes when the table says
// so already.
//
// The error is that of [Graph.Upgrade]; a row that the graph does not know is
// one of them, and [Graph.StampPurged] is the way to be rid of it. Targets
// that contain one another are refused as an [*Overlap].
func (g *Graph) Stamp(current []string, targets ...string) ([]RowChange, error) {
	s, err := g.state(current)
	if err != nil {
		return nil, failure("stamp", err)
	}
	changes, err := g.stamp(s, targets)
	if err != nil {
		return nil, failure("stamp", err)
	}
	return changes, nil
}

// StampPurged is [Graph.Stamp] for a version table whose rows are not to be
// trusted: all of them are taken away first, whatever they are. The first
// change is always a [Purge]. Targets cannot be relative to current.
func (g *Graph) StampPurged(targets ...string) ([]RowChange, error) {
	changes, err := g.stamp(nil, targets)
	if err != nil {
		return nil, failure("stamp", err)
	}
	return append([]RowChange{{Kind: Purge}}, changes...), nil
}

// stamped is one row to write, and the rows it stands for from then on.
type stamped struct {
	row  int32 // -1 when base was asked: no row
	gone []bool
}

// stamp takes a nil s for an empty table that symbols cannot be relative to.
func (g *Graph) stamp(s *state, targets []string) ([]RowChange, error) {
	if len(targets) == 0 {
		return nil, &BadSymbol{Problem: "names no revision; give an id, head, heads or base"}
	}
	var aims []stamped
	var wanted []int32
	for _, t := range targets {
		sym, err := parseSymbol(t)
		if err != nil {
			return nil, err
		}
		at, err := resolver{g: g, s: s}.at(sym)
		if err != nil {
			return nil, err
		}
		found, err := g.replaced(sym, at)
		if err != nil {
			return nil, err
		}
		aims, wanted = append(aims, found...), append(wanted, at...)
	}
	if lower, upper, ok := g.overlap(wanted, nil); ok {
		return nil, &Overlap{Lower: lower, Upper: upper}
	}
	var left []int32 // rows that are in question
	if s != nil {
		left = slices.DeleteFunc(slices.Clone(s.rows), func(i int32) bool { return slices.Contains(wanted, i) })
	}
	var changes []RowChange
	for _, a := range aims {
		old := filter(left, a.gone)
		left = slices.DeleteFunc(left, func(i int32) bool { return a.gone[i] })
		there := a.row < 0 || s != nil && slices.Contains(s.rows, a.row)
		for n, i := range old {
			c := RowChange{Kind: Delete, From: g.revs[i].ID}
			if n == len(old)-1 && !there {
				c.Kind, c.To, there = Update, g.revs[a.row].ID, true
			}
			changes = append(changes, c)
		}
		if !there {
			changes = append(changes, RowChange{Kind: Insert, To: g.revs[a.row].ID})
		}
	}
	return changes, nil
}

// replaced works out which rows give way to the revisions at that sym names.
// A branch only says which revisions are meant: other lines of the same
// branch keep their rows, or they would be run again.
func (g *Graph) replaced(sym symbol, at []int32) ([]stamped, error) {
	aims := make([]stamped, len(at))
	for n, i := range at {
		aims[n] = stamped{row: i, gone: g.related(i, g.needs, g.users)}
	}
	switch {
	case len(at) > 0 || sym.name == "current" && !sym.relative:
		return aims, nil
	case sym.branch == "":
		return []stamped{{row: -1, gone: g.closure(g.next, g.bases()...)}}, nil
	}
	i, err := g.branchPoint(sym.branch)
	if err != nil {
		return nil, err
	}
	return []stamped{{row: -1, gone: g.related(i, g.needs, g.users)}}, nil
}
