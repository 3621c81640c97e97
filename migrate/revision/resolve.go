package revision

import "slices"

// state is what a database has.
type state struct {
	rows    []int32 // the version table, in the order given
	applied []bool  // rows and all they need
	users   []int32 // per revision, how many applied ones need it
}

// state checks the rows of a version table against the graph.
func (g *Graph) state(current []string) (*state, error) {
	s := &state{rows: make([]int32, 0, len(current)), users: make([]int32, len(g.revs))}
	for _, id := range current {
		i, ok := g.byID[id]
		if !ok {
			return nil, &NotFound{ID: id, Recorded: true}
		}
		if slices.Contains(s.rows, i) {
			return nil, &Overlap{Lower: id, Upper: id, Recorded: true}
		}
		s.rows = append(s.rows, i)
	}
	s.applied = g.closure(g.needs, s.rows...)
	for i, on := range s.applied {
		if on {
			for _, p := range g.needs.of(int32(i)) {
				s.users[p]++
			}
		}
	}
	if lower, upper, ok := g.overlap(s.rows, s.users); ok {
		return nil, &Overlap{Lower: lower, Upper: upper, Recorded: true}
	}
	return s, nil
}

// overlap finds a revision of set that another one of set needs. users counts
// as in state, for the closure of set; nil has it counted here.
func (g *Graph) overlap(set []int32, users []int32) (lower, upper string, found bool) {
	for n, i := range set {
		if slices.Contains(set[:n], i) {
			return g.revs[i].ID, g.revs[i].ID, true
		}
		if users != nil && users[i] == 0 {
			continue
		}
		above := g.closure(g.users, i)
		for _, j := range set {
			if j != i && above[j] {
				return g.revs[i].ID, g.revs[j].ID, true
			}
		}
	}
	return "", "", false
}

// branchPoint returns the revision that gives a branch its name: the one with
// the label, or any revision by its id or the beginning of that.
func (g *Graph) branchPoint(branch string) (int32, error) {
	if i, ok := g.exact(branch); ok {
		return i, nil
	}
	found := g.prefixed(branch)
	switch {
	case len(found) == 0 || reserved(branch):
		return 0, &NotFound{ID: branch, Branch: true, Nearest: g.nearest(branch)}
	case len(found) > 1:
		return 0, &Ambiguous{Prefix: branch, Candidates: g.ids(found)}
	}
	return found[0], nil
}

// lineage marks the revisions above and below the one that names a branch.
func (g *Graph) lineage(branch string) ([]bool, error) {
	i, err := g.branchPoint(branch)
	if err != nil {
		return nil, err
	}
	return g.related(i, g.down, g.next), nil
}

// topmost leaves out of at what others of at need.
func (g *Graph) topmost(at []int32) []int32 {
	if len(at) < 2 {
		return at
	}
	var below []int32
	for _, i := range at {
		below = append(below, g.needs.of(i)...)
	}
	needed := g.closure(g.needs, below...)
	var out []int32
	for _, i := range at {
		if !needed[i] {
			out = append(out, i)
		}
	}
	return out
}

// resolver finds what symbols mean.
type resolver struct {
	g       *Graph
	s       *state // nil where there is no database to be relative to
	assumed bool   // s is the other end of a range
	clip    bool   // a count that leads over the end stops there
}

// countingFrom lets bare counts start at the given revisions.
func (r resolver) countingFrom(at []int32) resolver {
	r.s, r.assumed = &state{rows: at, applied: r.g.closure(r.g.needs, at...)}, true
	return r
}

// at returns the revisions a symbol names; none means base.
func (r resolver) at(s symbol) ([]int32, error) {
	var branch []bool
	if s.branch != "" {
		var err error
		if branch, err = r.g.lineage(s.branch); err != nil {
			return nil, err
		}
	}
	if !s.relative || s.rel == 0 {
		return r.named(s, branch)
	}
	start, err := r.start(s, branch)
	if err != nil {
		return nil, err
	}
	if s.rel > 0 {
		return r.up(s, start, branch)
	}
	return r.below(s, start)
}

func (r resolver) named(s symbol, branch []bool) ([]int32, error) {
	g := r.g
	switch s.name {
	case "base":
		return nil, nil
	case "head":
		heads := filter(g.heads(), branch)
		if len(heads) > 1 {
			return nil, &MultipleHeads{Argument: s.text, Heads: g.ids(heads)}
		}
		return heads, nil
	case "heads":
		if branch != nil {
			return g.topmost(filter(g.heads(), branch)), nil
		}
		return g.tips(), nil
	case "current":
		if r.s == nil {
			return nil, &BadSymbol{Symbol: s.text, Problem: "depends on a database, and none is asked here; give an id, a label, head or base"}
		}
		return filter(r.s.rows, branch), nil
	}
	i, ok := g.exact(s.name)
	if !ok {
		all := g.prefixed(s.name)
		found := filter(all, branch)
		switch {
		case len(found) > 1:
			return nil, &Ambiguous{Prefix: s.name, Candidates: g.ids(found)}
		case len(found) == 1:
			i = found[0]
		case len(all) == 1:
			i = all[0] // refused below, by its id
		default:
			return nil, &NotFound{ID: s.name, Nearest: g.nearest(s.name)}
		}
	}
	if branch != nil && !branch[i] {
		return nil, &NotOnBranch{ID: g.revs[i].ID, Branch: s.branch}
	}
	return []int32{i}, nil
}

// start finds the one revision from which a relative symbol counts; none
// means base.
func (r resolver) start(s symbol, branch []bool) ([]int32, error) {
	g := r.g
	if s.name != "" && s.name != "current" {
		named := s
		named.rel, named.relative = 0, false
		found, err := r.named(named, branch)
		if err == nil && len(found) > 1 {
			err = &MultipleHeads{Argument: s.text, Heads: g.ids(found)}
		}
		return found, err
	}
	if r.s == nil {
		return nil, &BadSymbol{Symbol: s.text, Problem: "is relative to a database, and none is asked here; count from an id, head or base, as in head-1"}
	}
	found := filter(r.s.rows, branch)
	if branch != nil && len(found) == 0 {
		found = r.onBranch(branch, s.rel > 0)
	}
	if len(found) > 1 {
		return nil, &MultipleHeads{Argument: s.text, Heads: g.ids(found), Current: !r.assumed}
	}
	return found, nil
}

// onBranch finds where a branch stands that has no row of its own, because
// revisions of other branches stand above it. Going up that may be the point
// where the branch leaves the others; going down it may not, because undoing
// it would undo them.
func (r resolver) onBranch(branch []bool, up bool) []int32 {
	g := r.g
	return g.pick(func(i int32) bool {
		if !r.s.applied[i] || !branch[i] {
			return false
		}
		for _, c := range g.next.of(i) {
			if r.s.applied[c] && (branch[c] || !up) {
				return false
			}
		}
		return true
	})
}

// up follows children.
func (r resolver) up(s symbol, start []int32, branch []bool) ([]int32, error) {
	g, at := r.g, start
	for got := range s.rel {
		var ways []int32
		if len(at) == 0 {
			ways = filter(g.bases(), branch)
		} else {
			ways = filter(g.next.of(at[0]), branch)
		}
		switch {
		case len(ways) == 0 && r.clip:
			return at, nil
		case len(ways) == 0:
			return nil, &NotEnough{Argument: s.text, Asked: s.rel, Got: got}
		case len(ways) > 1:
			from := "base"
			if len(at) > 0 {
				from = g.revs[at[0]].ID
			}
			return nil, &Fork{Argument: s.text, At: from, Choices: g.ids(ways), Up: true}
		}
		at = ways
	}
	return at, nil
}

// below follows parents; none means base.
func (r resolver) below(s symbol, start []int32) ([]int32, error) {
	last, err := r.lowest(s, start)
	if err != nil || last < 0 {
		return nil, err
	}
	parents := r.g.down.of(last)
	if len(parents) > 1 {
		return nil, &Fork{Argument: s.text, At: r.g.revs[last].ID, Choices: r.g.ids(parents)}
	}
	return parents, nil
}

// lowest returns the last of the s.rel revisions at and below start. It is -1
// when r clips and there are fewer.
func (r resolver) lowest(s symbol, start []int32) (int32, error) {
	g, asked := r.g, -s.rel
	at, last := start, int32(-1)
	for got := range asked {
		switch {
		case len(at) == 0 && r.clip:
			return -1, nil
		case len(at) == 0:
			return -1, &NotEnough{Argument: s.text, Asked: asked, Got: got}
		case len(at) > 1:
			return -1, &Fork{Argument: s.text, At: g.revs[last].ID, Choices: g.ids(at)}
		}
		last = at[0]
		at = g.down.of(last)
	}
	return last, nil
}

// Resolve returns the ids that symbol names in a database with the rows
// current: several for "heads" or "current", none for base. Relative symbols
// count from current. Ranges are refused; [Graph.History] takes those.
//
// The error is a *dberr.Error, code invalid, around a [*BadSymbol],
// [*NotFound], [*Ambiguous], [*NotOnBranch], [*MultipleHeads], [*Fork],
// [*NotEnough] or [*Overlap].
func (g *Graph) Resolve(current []string, symbol string) ([]string, error) {
	const op = "resolve"
	sym, err := parseSymbol(symbol)
	if err != nil {
		return nil, failure(op, err)
	}
	s, err := g.state(current)
	if err != nil {
		return nil, failure(op, err)
	}
	at, err := resolver{g: g, s: s}.at(sym)
	if err != nil {
		return nil, failure(op, err)
	}
	return g.ids(at), nil
}
