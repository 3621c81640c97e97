package revision

import (
	"io"
	"slices"
	"strings"
)

// Draft says what a new revision is to be. The zero value follows the only
// head and gets an id of its own.
type Draft struct {
	ID        string    // empty: twelve hexadecimal digits from Random
	Head      []string  // symbols to follow, several for a merge; none: "head"; "base" starts a history of its own
	Splice    bool      // allow a Head that has a successor already, which makes it a branch point
	Labels    []string  // new branch labels
	DependsOn []string  // symbols of revisions that must be applied first
	Doc       string    // what the revision does
	Path      string    // the file it will be written to
	Random    io.Reader // where an id is drawn from; nil: crypto/rand
}

// Next checks a draft and returns the revision to write, with whole ids in
// Down and in DependsOn, except that a label in DependsOn stays a label. The
// graph does not change; give the revision to [New] with the others.
//
// The error is a *dberr.Error, code invalid, around a [*MultipleHeads] when
// there are several heads and none is chosen, a [*NotHead] without Splice, an
// [*Overlap] of parents, a [*BadName] or [*Duplicate] for id and labels, or
// what [Graph.Resolve] says of a symbol.
func (g *Graph) Next(d Draft) (Revision, error) {
	r, err := g.draft(d)
	if err != nil {
		return Revision{}, failure("revision", err)
	}
	return r, nil
}

// Merge is [Graph.Next] for a revision that joins heads; Head defaults to
// "heads" and Doc to a sentence that names them. Fewer than two heads are
// refused as [*TooFew].
func (g *Graph) Merge(d Draft) (Revision, error) {
	if len(d.Head) == 0 {
		d.Head = []string{"heads"}
	}
	r, err := g.draft(d)
	if err == nil && len(r.Down) < 2 {
		err = &TooFew{Heads: r.Down}
	}
	if err != nil {
		return Revision{}, failure("merge", err)
	}
	if r.Doc == "" {
		r.Doc = "merge " + strings.Join(r.Down[:len(r.Down)-1], ", ") + " and " + r.Down[len(r.Down)-1]
	}
	return r, nil
}

func (g *Graph) draft(d Draft) (Revision, error) {
	if len(d.Head) == 0 {
		d.Head = []string{"head"}
	}
	parents, err := g.parents(d)
	if err != nil {
		return Revision{}, err
	}
	r := Revision{ID: d.ID, Down: g.ids(parents), Labels: slices.Clone(d.Labels), Doc: d.Doc, Path: d.Path}
	if len(parents) == 0 {
		r.Down = nil
	}
	if r.DependsOn, err = g.dependencies(d.DependsOn); err != nil {
		return Revision{}, err
	}
	if r.ID == "" {
		if r.ID, err = g.freshID(randomOr(d.Random)); err != nil {
			return Revision{}, err
		}
	}
	// What New would refuse once the revision is written, is refused now.
	if _, err := build(append(slices.Clone(g.revs), r)); err != nil {
		return Revision{}, err
	}
	return r, nil
}

func (g *Graph) parents(d Draft) ([]int32, error) {
	var parents []int32
	base := ""
	for _, h := range d.Head {
		sym, err := parseSymbol(h)
		if err != nil {
			return nil, err
		}
		at, err := resolver{g: g}.at(sym)
		if err != nil {
			return nil, err
		}
		if len(at) == 0 && g.Len() > 0 {
			base = h
		}
		parents = append(parents, at...)
	}
	if base != "" && len(d.Head) > 1 {
		return nil, &BadSymbol{Symbol: base, Problem: "cannot be a parent beside others; leave it out"}
	}
	if lower, upper, ok := g.overlap(parents, nil); ok {
		return nil, &Overlap{Lower: lower, Upper: upper}
	}
	if d.Splice {
		return parents, nil
	}
	for _, i := range parents {
		if children := g.next.of(i); len(children) > 0 {
			return nil, &NotHead{ID: g.revs[i].ID, Next: g.ids(children)}
		}
	}
	return parents, nil
}

func (g *Graph) dependencies(symbols []string) ([]string, error) {
	var out []string
	add := func(name string) {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, d := range symbols {
		// A label keeps saying what is meant when revisions are added below it.
		if _, ok := g.label[d]; ok {
			add(d)
			continue
		}
		sym, err := parseSymbol(d)
		if err != nil {
			return nil, err
		}
		at, err := resolver{g: g}.at(sym)
		if err != nil {
			return nil, err
		}
		if len(at) == 0 {
			return nil, &BadSymbol{Symbol: d, Problem: "is no revision to depend on; name one, or leave it out"}
		}
		for _, i := range at {
			add(g.revs[i].ID)
		}
	}
	return out, nil
}

// freshID draws until an id is free; a good source needs one draw.
func (g *Graph) freshID(random io.Reader) (string, error) {
	const draws = 32
	for range draws {
		id, err := NewID(random)
		if err != nil {
			return "", &NoID{Err: err}
		}
		if _, taken := g.exact(id); !taken {
			return id, nil
		}
	}
	return "", &NoID{}
}
