package plan

import (
	"slices"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Group is what is run, and written down in the journal, as one: an operation,
// or neighbours that are made together.
type Group struct {
	Op        op.Op
	Position  int  // among the groups of its revision, from 0
	OutsideTx bool // written in an OutsideTx block
	Checksum  string
}

// groups cuts the operations of a revision for an engine. One that rebuilds a
// table to change it does so once for what can be made together.
func groups(ops []op.Op, t *op.Target) []Group {
	var out []Group
	add := func(o op.Op, outside bool) {
		out = append(out, Group{Op: o, Position: len(out), OutsideTx: outside, Checksum: history.ChecksumOps(o)})
	}
	group := op.Group
	if t != nil && !t.Dialect.Has(schema.AlterInPlace) {
		group = func(ops []op.Op) []op.Op { return op.Group(op.Together(ops)) }
	}
	for _, o := range group(ops) {
		if block, ok := o.(op.OutsideTx); ok {
			for _, inner := range group(block.Ops) {
				add(inner, true)
			}
			continue
		}
		add(o, false)
	}
	return out
}

// batched reports whether the group is a data step that commits as it goes.
func (g Group) batched() bool {
	d, ok := g.Op.(op.DataStep)
	return ok && d.Batched
}

// Tables are the names of the tables that the group changes, before and after.
func (g Group) Tables() []string {
	var out []string
	add := func(n string) {
		if n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for o := range op.All([]op.Op{g.Op}) {
		add(o.On())
		if rename, ok := o.(op.RenameTable); ok {
			add(rename.To)
		}
	}
	return out
}

// Renames reports whether the group gives something another name.
func (g Group) Renames() bool {
	for o := range op.All([]op.Op{g.Op}) {
		switch o.(type) {
		case op.RenameTable, op.RenameColumn:
			return true
		}
	}
	return false
}

// RevisionRun is a revision that is about to run.
type RevisionRun struct {
	history.Step
	Ops    []op.Op
	Groups []Group

	// What has to be known before its transaction begins. The plan finds it
	// out; what the plan could not see is found when it runs.
	Setup, Reset []string
	Verify       []driver.Check // that count what may not become more
	OutsideTx    map[int]bool   // positions of groups that run outside of a transaction
}

// NewRun works out what a revision does in the direction of its step.
func NewRun(set *history.Set, st history.Step) (*RevisionRun, error) {
	ops, err := set.Operations(st)
	if err != nil {
		return nil, err
	}
	r := &RevisionRun{Step: st, Ops: ops, Groups: groups(ops, set.Target()), OutsideTx: map[int]bool{}}
	for _, g := range r.Groups {
		r.OutsideTx[g.Position] = g.OutsideTx || g.batched()
	}
	return r, nil
}

// note remembers what a compiled step wants of the way it is run.
func (r *RevisionRun) note(g Group, st *op.Step) {
	if st.OutsideTx {
		r.OutsideTx[g.Position] = true
	}
	r.Surround(st.Script)
}

// Surround adds what a script wants outside of the transaction, and reports
// whether any of it is new.
func (r *RevisionRun) Surround(s driver.Script) bool {
	fresh := false
	add := func(list *[]string, texts []string) {
		for _, t := range texts {
			if !slices.Contains(*list, t) {
				*list, fresh = append(*list, t), true
			}
		}
	}
	add(&r.Setup, s.Before)
	add(&r.Reset, s.After)
	for _, c := range s.Verify {
		if c.Kind == driver.NotMore && !slices.Contains(r.Verify, c) {
			r.Verify, fresh = append(r.Verify, c), true
		}
	}
	return fresh
}

// Segment is a run of groups in one transaction, or one group outside of any.
type Segment struct {
	Groups    []Group
	OutsideTx bool
}

// Segments cuts the groups from a position on. There is always one that is in
// a transaction at the end: it has the version row.
func (r *RevisionRun) Segments(from int) []Segment {
	var out []Segment
	for _, g := range r.Groups {
		if g.Position < from {
			continue
		}
		n := len(out)
		switch {
		case r.OutsideTx[g.Position]:
			out = append(out, Segment{Groups: []Group{g}, OutsideTx: true})
		case n == 0 || out[n-1].OutsideTx:
			out = append(out, Segment{Groups: []Group{g}})
		default:
			out[n-1].Groups = append(out[n-1].Groups, g)
		}
	}
	if n := len(out); n == 0 || out[n-1].OutsideTx {
		out = append(out, Segment{})
	}
	return out
}
