package revision

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"strings"
)

// Graph is a checked history. It never changes, so that any number of
// goroutines may use it. Revisions are held in the order in which [New] got
// them, and that order decides wherever the links leave a choice.
type Graph struct {
	revs   []Revision
	byID   map[string]int32
	label  map[string]int32 // to the revision that declares it
	sorted []int32          // by id, to find prefixes

	down  edges // parents
	needs edges // parents, then what it depends on, without repeats
	next  edges // the reverse of down
	users edges // the reverse of needs

	carried [][]string // the labels of the branches a revision is on, sorted
}

// edges is an adjacency list in two slices, whatever the number of nodes.
type edges struct{ from, to []int32 }

func (e edges) of(i int32) []int32 { return e.to[e.from[i]:e.from[i+1]] }

// reversed lists for each node the nodes that list it, in ascending order.
func (e edges) reversed() edges {
	n := len(e.from) - 1
	r := edges{from: make([]int32, n+1), to: make([]int32, len(e.to))}
	for _, t := range e.to {
		r.from[t+1]++
	}
	for i := range n {
		r.from[i+1] += r.from[i]
	}
	at := slices.Clone(r.from)
	for i := range int32(n) {
		for _, t := range e.of(i) {
			r.to[at[t]] = i
			at[t]++
		}
	}
	return r
}

// New checks revisions and links them. No revisions make an empty graph.
//
// The error is a *dberr.Error, code invalid, around a [*BadName],
// [*Duplicate], [*Missing], [*Overlap] or [*CycleDetected].
func New(revs ...Revision) (*Graph, error) {
	g, err := build(revs)
	if err != nil {
		return nil, failure("revisions", err)
	}
	return g, nil
}

func build(revs []Revision) (*Graph, error) {
	g := &Graph{
		revs:  make([]Revision, len(revs)),
		byID:  make(map[string]int32, len(revs)),
		label: map[string]int32{},
	}
	folded := make(map[string]string, len(revs))
	for i, r := range revs {
		if err := checkName(r.ID, false); err != nil {
			return nil, err
		}
		low := strings.ToLower(r.ID)
		if by, taken := folded[low]; taken {
			return nil, &Duplicate{Name: r.ID, By: by}
		}
		folded[low] = r.ID
		r.Down, r.DependsOn, r.Labels = slices.Clone(r.Down), slices.Clone(r.DependsOn), slices.Clone(r.Labels)
		g.revs[i], g.byID[r.ID] = r, int32(i)
	}
	for i := range g.revs {
		for _, l := range g.revs[i].Labels {
			if err := checkName(l, true); err != nil {
				return nil, err
			}
			by, taken := g.label[l]
			if !taken {
				by, taken = g.byID[l]
			}
			if taken {
				return nil, &Duplicate{Name: l, Label: true, By: g.revs[by].ID}
			}
			g.label[l] = int32(i)
		}
	}
	g.sorted = make([]int32, len(revs))
	for i := range g.sorted {
		g.sorted[i] = int32(i)
	}
	slices.SortFunc(g.sorted, func(a, b int32) int { return cmp.Compare(g.revs[a].ID, g.revs[b].ID) })
	if err := g.link(); err != nil {
		return nil, err
	}
	g.carry()
	return g, nil
}

func (g *Graph) link() error {
	n := len(g.revs)
	g.down.from, g.needs.from = make([]int32, 1, n+1), make([]int32, 1, n+1)
	for i := range g.revs {
		r := &g.revs[i]
		for _, id := range r.Down {
			p, ok := g.byID[id]
			if !ok {
				return &Missing{ID: r.ID, Names: id, Nearest: g.nearest(id)}
			}
			if own := g.down.to[g.down.from[i]:]; slices.Contains(own, p) {
				return &Overlap{Lower: id, Upper: id, In: r.ID}
			}
			g.down.to = append(g.down.to, p)
			g.needs.to = append(g.needs.to, p)
		}
		for _, name := range r.DependsOn {
			p, ok := g.exact(name)
			if !ok {
				return &Missing{ID: r.ID, Names: name, Dependency: true, Nearest: g.nearest(name)}
			}
			if own := g.needs.to[g.needs.from[i]:]; !slices.Contains(own, p) {
				g.needs.to = append(g.needs.to, p)
			}
		}
		g.down.from = append(g.down.from, int32(len(g.down.to)))
		g.needs.from = append(g.needs.from, int32(len(g.needs.to)))
	}
	if cycle := g.cycle(g.down); cycle != nil {
		return &CycleDetected{IDs: cycle}
	}
	if cycle := g.cycle(g.needs); cycle != nil {
		return &CycleDetected{IDs: cycle, Dependency: true}
	}
	g.next, g.users = g.down.reversed(), g.needs.reversed()
	return nil
}

// cycle returns the ids along one cycle, nil when there is none.
func (g *Graph) cycle(e edges) []string {
	const (
		unseen = iota
		open
		done
	)
	state := make([]uint8, len(g.revs))
	at := slices.Clone(e.from) // the next edge to follow, per node
	var path []int32
	for root := range int32(len(g.revs)) {
		if state[root] != unseen {
			continue
		}
		path = append(path[:0], root)
		state[root] = open
		for len(path) > 0 {
			i := path[len(path)-1]
			if at[i] == e.from[i+1] {
				state[i], path = done, path[:len(path)-1]
				continue
			}
			p := e.to[at[i]]
			at[i]++
			switch state[p] {
			case unseen:
				state[p], path = open, append(path, p)
			case open:
				return g.ids(path[slices.Index(path, p):])
			}
		}
	}
	return nil
}

// carry spreads labels: up to all descendants, and down as far as the line
// is plain, so that a label set in the middle of a branch names all of it.
func (g *Graph) carry() {
	g.carried = make([][]string, len(g.revs))
	for i := range g.revs {
		for _, l := range g.revs[i].Labels {
			for j, on := range g.closure(g.next, int32(i)) {
				if on {
					g.carried[j] = append(g.carried[j], l)
				}
			}
			for j := int32(i); ; {
				parents := g.down.of(j)
				if len(g.users.of(j)) > 1 || len(parents) != 1 {
					break
				}
				j = parents[0]
				if len(g.users.of(j)) > 1 || len(g.down.of(j)) > 1 {
					break
				}
				g.carried[j] = append(g.carried[j], l)
			}
		}
	}
	for _, labels := range g.carried {
		slices.Sort(labels)
	}
}

// closure marks roots and all that is reached from them.
func (g *Graph) closure(e edges, roots ...int32) []bool {
	in := make([]bool, len(g.revs))
	todo := make([]int32, 0, len(roots)+16)
	for _, r := range roots {
		if !in[r] {
			in[r], todo = true, append(todo, r)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, t := range e.of(i) {
			if !in[t] {
				in[t], todo = true, append(todo, t)
			}
		}
	}
	return in
}

// related marks i with all its ancestors and descendants by the given links.
func (g *Graph) related(i int32, below, above edges) []bool {
	in := g.closure(below, i)
	for j, on := range g.closure(above, i) {
		in[j] = in[j] || on
	}
	return in
}

func (g *Graph) exact(name string) (int32, bool) {
	if i, ok := g.byID[name]; ok {
		return i, true
	}
	i, ok := g.label[name]
	return i, ok
}

// prefixed returns the revisions whose ids begin with prefix, sorted by id.
func (g *Graph) prefixed(prefix string) []int32 {
	lo := sort.Search(len(g.sorted), func(i int) bool { return g.revs[g.sorted[i]].ID >= prefix })
	hi := lo
	for hi < len(g.sorted) && strings.HasPrefix(g.revs[g.sorted[hi]].ID, prefix) {
		hi++
	}
	return g.sorted[lo:hi]
}

func (g *Graph) ids(at []int32) []string {
	out := make([]string, len(at))
	for i, j := range at {
		out[i] = g.revs[j].ID
	}
	return out
}

// where lists the positions that are marked, in order.
func where(in []bool) []int32 {
	var out []int32
	for i, on := range in {
		if on {
			out = append(out, int32(i))
		}
	}
	return out
}

// filter returns those of at that are marked; a nil mark lets all through.
func filter(at []int32, in []bool) []int32 {
	if in == nil {
		return at
	}
	var out []int32
	for _, i := range at {
		if in[i] {
			out = append(out, i)
		}
	}
	return out
}

func (g *Graph) pick(ok func(i int32) bool) []int32 {
	var out []int32
	for i := range int32(len(g.revs)) {
		if ok(i) {
			out = append(out, i)
		}
	}
	return out
}

func (g *Graph) heads() []int32 {
	return g.pick(func(i int32) bool { return len(g.next.of(i)) == 0 })
}

func (g *Graph) tips() []int32 {
	return g.pick(func(i int32) bool { return len(g.users.of(i)) == 0 })
}

func (g *Graph) bases() []int32 {
	return g.pick(func(i int32) bool { return len(g.down.of(i)) == 0 })
}

// Len is the number of revisions.
func (g *Graph) Len() int { return len(g.revs) }

// All yields every revision in the order of [New]. The slices in them are
// the graph's own and must not be written to.
func (g *Graph) All() iter.Seq[Revision] { return slices.Values(g.revs) }

// Get returns the revision with exactly this id, and whether there is one.
func (g *Graph) Get(id string) (Revision, bool) {
	i, ok := g.byID[id]
	if !ok {
		return Revision{}, false
	}
	return g.revs[i], true
}

// Heads returns the ids without children, in the order of [New]. A head on
// which another branch depends is among them; [Graph.Tips] leaves it out.
func (g *Graph) Heads() []string { return g.ids(g.heads()) }

// Tips returns the ids that no revision needs, neither as parent nor as
// dependency: what the version table holds when everything is applied, and
// what the symbol "heads" means.
func (g *Graph) Tips() []string { return g.ids(g.tips()) }

// Bases returns the ids without parents, in the order of [New].
func (g *Graph) Bases() []string { return g.ids(g.bases()) }

// BranchPoints returns the ids with several children, in the order of [New].
func (g *Graph) BranchPoints() []string {
	return g.ids(g.pick(func(i int32) bool { return len(g.next.of(i)) > 1 }))
}

// MergePoints returns the ids with several parents, in the order of [New].
func (g *Graph) MergePoints() []string {
	return g.ids(g.pick(func(i int32) bool { return len(g.down.of(i)) > 1 }))
}

// Ancestors returns what must be applied before ids can be, dependencies
// included and ids themselves left out, in the order of [New].
func (g *Graph) Ancestors(ids ...string) ([]string, error) {
	return g.reach("ancestors", g.needs, ids)
}

// Descendants returns what must be undone before ids can be, revisions that
// depend on them included and ids themselves left out, in the order of [New].
func (g *Graph) Descendants(ids ...string) ([]string, error) {
	return g.reach("descendants", g.users, ids)
}

func (g *Graph) reach(op string, e edges, ids []string) ([]string, error) {
	roots := make([]int32, len(ids))
	for n, id := range ids {
		i, ok := g.byID[id]
		if !ok {
			return nil, failure(op, &NotFound{ID: id, Nearest: g.nearest(id)})
		}
		roots[n] = i
	}
	in := g.closure(e, roots...)
	for _, r := range roots {
		in[r] = false
	}
	return g.ids(where(in)), nil
}

// Branch returns the revisions above and below the one that branch, a label
// or an id, names, and that one: the revisions that "branch@" narrows to. They
// come in the order of [New]. Dependencies do not extend a branch.
func (g *Graph) Branch(branch string) ([]string, error) {
	in, err := g.lineage(branch)
	if err != nil {
		return nil, failure("branch", err)
	}
	return g.ids(where(in)), nil
}

// Applied returns all revisions that a database with the rows current has,
// in the order of [New]. The error is that of [Graph.Upgrade] for its rows.
func (g *Graph) Applied(current []string) ([]string, error) {
	s, err := g.state(current)
	if err != nil {
		return nil, failure("current", err)
	}
	return g.ids(where(s.applied)), nil
}

// CheckHeads returns nil when nothing is left to apply, else a *dberr.Error
// around a [*NotAtHeads].
func (g *Graph) CheckHeads(current []string) error {
	s, err := g.state(current)
	if err != nil {
		return failure("current", err)
	}
	pending := 0
	for _, on := range s.applied {
		if !on {
			pending++
		}
	}
	if pending == 0 {
		return nil
	}
	return failure("current", &NotAtHeads{Current: slices.Clone(current), Heads: g.Tips(), Pending: pending})
}
