package revision

import (
	"fmt"
	"slices"
	"strings"
)

// Entry is a revision with its place in the graph, as lists show it.
type Entry struct {
	ID        string   `json:"id"`
	Down      []string `json:"down,omitempty"`
	DependsOn []string `json:"depends_on,omitempty"` // as declared
	Next      []string `json:"next,omitempty"`       // children, in the order of New
	Labels    []string `json:"labels,omitempty"`     // of the branches it is on, sorted
	Head      bool     `json:"head,omitempty"`       // has no children
	// EffectiveHead is set, beside Head, when another branch depends on this
	// one: the head has no row of its own while that branch is applied.
	EffectiveHead bool   `json:"effective_head,omitempty"`
	BranchPoint   bool   `json:"branchpoint,omitempty"` // has several children
	MergePoint    bool   `json:"mergepoint,omitempty"`  // has several parents
	Current       bool   `json:"current,omitempty"`     // is a row of the version table
	Doc           string `json:"doc,omitempty"`
	Path          string `json:"path,omitempty"`
}

// marks is " (head) (current) (branchpoint) (mergepoint)", as far as they apply.
func (e Entry) marks() string {
	text := ""
	switch {
	case e.EffectiveHead:
		text = " (effective head)"
	case e.Head:
		text = " (head)"
	}
	if e.Current {
		text += " (current)"
	}
	if e.BranchPoint {
		text += " (branchpoint)"
	}
	if e.MergePoint {
		text += " (mergepoint)"
	}
	return text
}

func (e Entry) labels() string {
	if len(e.Labels) == 0 {
		return ""
	}
	return " (" + strings.Join(e.Labels, ", ") + ")"
}

// Short is the line of the command current: "ae1027a6acf0 (head)".
func (e Entry) Short() string { return e.ID + e.marks() }

// Labeled is the line of the commands heads and branches: [Entry.Short] with
// the labels after the id.
func (e Entry) Labeled() string { return e.ID + e.labels() + e.marks() }

// String is the line of the command history, as in
// "1975ea83b712 -> ae1027a6acf0 (billing) (head), add a column".
func (e Entry) String() string {
	from := parents(e.Down)
	if len(e.DependsOn) > 0 {
		from += " (" + strings.Join(e.DependsOn, ", ") + ")"
	}
	text := from + " -> " + e.Labeled()
	if t := (Revision{Doc: e.Doc}).title(); t != "" {
		text += ", " + t
	}
	return text
}

// Verbose is what the commands show and history -v print: several lines, the
// last one ended by a newline. Facts that do not apply have no line.
func (e Entry) Verbose() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Rev: %s%s\n", e.ID, e.marks())
	if e.MergePoint {
		fmt.Fprintf(&b, "Merges: %s\n", parents(e.Down))
	} else {
		fmt.Fprintf(&b, "Parent: %s\n", parents(e.Down))
	}
	fact := func(name string, values []string) {
		if len(values) > 0 {
			fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(values, ", "))
		}
	}
	fact("Also depends on", e.DependsOn)
	if e.BranchPoint {
		fact("Branches into", e.Next)
	}
	fact("Branch names", e.Labels)
	if e.Path != "" {
		fmt.Fprintf(&b, "Path: %s\n", e.Path)
	}
	if doc := strings.TrimSpace(e.Doc); doc != "" {
		b.WriteByte('\n')
		for line := range strings.Lines(doc + "\n") {
			if strings.TrimSpace(line) == "" {
				b.WriteByte('\n')
				continue
			}
			b.WriteString("    " + line)
		}
	}
	return b.String()
}

func (g *Graph) entry(i int32, current []string) Entry {
	r := &g.revs[i]
	head := len(g.next.of(i)) == 0
	return Entry{
		ID: r.ID, Down: slices.Clone(r.Down), DependsOn: slices.Clone(r.DependsOn), Doc: r.Doc, Path: r.Path,
		Next:          g.ids(g.next.of(i)),
		Labels:        slices.Clone(g.carried[i]),
		Head:          head,
		EffectiveHead: head && len(g.users.of(i)) > 0,
		BranchPoint:   len(g.next.of(i)) > 1,
		MergePoint:    len(r.Down) > 1,
		Current:       slices.Contains(current, r.ID),
	}
}

// Entries returns the entries of ids, in their order. Current marks the rows
// of a version table and may be nil. An id that is not in the graph is
// refused as a [*NotFound], with Recorded when it is one of current.
func (g *Graph) Entries(current []string, ids ...string) ([]Entry, error) {
	out := make([]Entry, len(ids))
	for n, id := range ids {
		i, ok := g.byID[id]
		if !ok {
			miss := &NotFound{ID: id, Recorded: slices.Contains(current, id)}
			if !miss.Recorded {
				miss.Nearest = g.nearest(id)
			}
			return nil, failure("show", miss)
		}
		out[n] = g.entry(i, current)
	}
	return out, nil
}

// History returns the entries of a range, newest first: every revision comes
// after all that need it. The range is "a:b", both ends included, where a
// missing end, or an empty range, means base and heads. What lies between are
// the revisions that b needs and that follow a.
//
// A bare "+2" or "-2" counts from the other end of the range, or from
// current when both ends are bare; over the end of the history it stops
// there. Symbols that mean current need rows that the graph knows; otherwise
// current only sets the mark, and nil sets none.
//
// The error is a *dberr.Error, code invalid, as for [Graph.Resolve], or
// around a [*RangeNotAncestor].
func (g *Graph) History(current []string, span string) ([]Entry, error) {
	in, err := g.span(current, span)
	if err != nil {
		return nil, failure("history", err)
	}
	order := g.order(in)
	out := make([]Entry, len(order))
	for n, i := range order {
		out[n] = g.entry(i, current)
	}
	return out, nil
}

func (g *Graph) span(current []string, text string) ([]bool, error) {
	from, to, ok := SplitRange(text)
	switch {
	case text == "":
		from = "base"
	case !ok:
		return nil, &BadSymbol{Symbol: text, Problem: "is no range; write start:end, start: or :end"}
	case from == "":
		from = "base"
	}
	if to == "" {
		to = "heads"
	}
	lowSym, err := parseSymbol(from)
	if err != nil {
		return nil, err
	}
	highSym, err := parseSymbol(to)
	if err != nil {
		return nil, err
	}
	ofBranch := lowSym.name == "base" && !lowSym.relative && lowSym.branch != ""
	if ofBranch && to == "heads" {
		highSym.branch = lowSym.branch
	}
	low, high, err := g.ends(current, lowSym, highSym)
	if err != nil {
		return nil, err
	}
	if ofBranch {
		branch, err := g.lineage(lowSym.branch)
		if err != nil {
			return nil, err
		}
		for _, i := range high {
			if !branch[i] {
				return nil, &NotOnBranch{ID: g.revs[i].ID, Branch: lowSym.branch}
			}
		}
	}
	return g.between(low, high)
}

// between marks the revisions from low up to high; no low means base.
func (g *Graph) between(low, high []int32) ([]bool, error) {
	in := g.closure(g.needs, high...)
	if len(low) == 0 {
		return in, nil
	}
	for _, i := range low {
		if !in[i] {
			return nil, &RangeNotAncestor{Lower: g.revs[i].ID, Upper: g.ids(high)}
		}
	}
	below, above := g.closure(g.needs, low...), g.closure(g.next, low...)
	for i := range in {
		in[i] = in[i] && !below[i] && above[i]
	}
	for _, i := range low {
		in[i] = true
	}
	return in, nil
}

// ends resolves both ends of a range, first the one that the other counts from.
func (g *Graph) ends(current []string, lowSym, highSym symbol) (low, high []int32, err error) {
	r := resolver{g: g, clip: true}
	if lowSym.name == "current" || highSym.name == "current" || lowSym.bare() && highSym.bare() {
		if r.s, err = g.state(current); err != nil {
			return nil, nil, err
		}
	}
	if lowSym.bare() && !highSym.bare() {
		if high, err = r.at(highSym); err != nil {
			return nil, nil, err
		}
		low, err = r.countingFrom(high).at(lowSym)
		return low, high, err
	}
	if low, err = r.at(lowSym); err != nil {
		return nil, nil, err
	}
	if highSym.bare() && !lowSym.bare() {
		r = r.countingFrom(low)
	}
	high, err = r.at(highSym)
	return low, high, err
}
