package migrate

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/larder-db/larder/schema"
)

// Findings are what [Runner.Check] found out of order.
type Findings struct {
	Behind      []Behind     `json:"behind,omitempty"`      // lineages that have revisions to apply
	Differences []Difference `json:"differences,omitempty"` // what separates the database from the declared tables
	Edited      []string     `json:"edited,omitempty"`      // revisions that were changed after they were applied, as "lineage/id"
	Halfway     []Halfway    `json:"halfway,omitempty"`     // revisions that stand half done
	Partial     []Partial    `json:"partial,omitempty"`     // revisions that another program began
	Leftovers   []Leftover   `json:"leftovers,omitempty"`   // copies of tables that another program left
	Unfinished  bool         `json:"unfinished,omitempty"`  // the database was being created when that was cut off
}

// Behind is a lineage that has revisions to apply.
type Behind struct {
	Lineage string   `json:"lineage"`
	Current []string `json:"current"`
	Heads   []string `json:"heads"`
	Pending int      `json:"pending"`
}

// Difference is one thing that has to be done to make the database what the
// declared tables say.
type Difference struct {
	Lineage string        `json:"lineage"`
	Table   string        `json:"table"`
	Text    string        `json:"change"`
	Change  schema.Change `json:"-"`
}

// Halfway is a revision that stands half done.
type Halfway struct {
	Lineage   string   `json:"lineage"`
	Revision  string   `json:"revision"`
	Direction string   `json:"direction"`
	Stands    []string `json:"stands"`          // operations that are done, in order
	At        string   `json:"at"`              // the operation it stopped at; empty when all are done
	Error     string   `json:"error,omitempty"` // the code of the failure, where one was written down
}

// OK reports whether nothing is out of order.
func (f *Findings) OK() bool {
	return len(f.Behind) == 0 && len(f.Differences) == 0 && len(f.Edited) == 0 && len(f.Halfway) == 0 && len(f.Partial) == 0 && len(f.Leftovers) == 0 && !f.Unfinished
}

// WriteText prints the findings for people, a line each; nothing when there
// are none.
func (f *Findings) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, x := range f.Behind {
		at := "base"
		if len(x.Current) > 0 {
			at = strings.Join(x.Current, ", ")
		}
		fmt.Fprintf(&b, "behind: %s is at %s and the head is %s; %d to apply with upgrade\n", x.Lineage, at, strings.Join(x.Heads, ", "), x.Pending)
	}
	for _, x := range f.Halfway {
		fmt.Fprintf(&b, "half done: the %s of revision %s (%s), %d operations stand", x.Direction, x.Revision, x.Lineage, len(x.Stands))
		if x.At != "" {
			fmt.Fprintf(&b, ", stopped at %q", x.At)
		}
		b.WriteString("; finish it with repair, or undo it with repair --undo\n")
	}
	for _, x := range f.Partial {
		fmt.Fprintf(&b, "partial: %s\n", x)
	}
	for _, x := range f.Leftovers {
		fmt.Fprintf(&b, "leftover: %s", x)
		if x.Safe() {
			b.WriteString("; repair removes it, and so does the next upgrade")
		}
		b.WriteByte('\n')
	}
	if f.Unfinished {
		b.WriteString("half done: the database was being created when that was cut off; start the program that creates it again\n")
	}
	for _, x := range f.Edited {
		fmt.Fprintf(&b, "edited: revision %s is not what it was when it was applied; write a new revision instead, or accept it with repair --accept-edits\n", x)
	}
	for _, x := range f.Differences {
		fmt.Fprintf(&b, "drift: to %s\n", x.Text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Check compares the database with what this program knows: whether all
// revisions are applied, none is half done, was begun by another program or was
// edited afterwards, and the tables are those that the lineages declare. It
// writes nothing. The tables of a lineage that is behind are not compared with
// the declared ones.
func (r *Runner) Check(ctx context.Context) (*Findings, error) {
	eng, err := r.eng()
	if err != nil {
		return nil, err
	}
	b, err := r.read(ctx, eng, eng)
	if err != nil {
		return nil, err
	}
	if err := r.known(b); err != nil {
		return nil, err
	}
	f := &Findings{Unfinished: b.has[unfinishedTable]}
	pos, err := r.positions(b)
	if err != nil {
		return nil, err
	}
	behind := map[string]bool{}
	for _, p := range pos {
		if p.Pending > 0 {
			f.Behind = append(f.Behind, Behind{Lineage: p.Lineage, Current: p.Rows, Heads: p.Heads, Pending: p.Pending})
			behind[p.Lineage] = true
		}
	}
	f.Halfway = r.halfwayOf(b)
	if !f.Unfinished {
		live, err := r.inspect(ctx, eng)
		if err != nil {
			return nil, err
		}
		f.Partial = r.partial(b, live)
		if f.Leftovers, err = r.leftovers(ctx, live); err != nil {
			return nil, err
		}
	}
	if f.Edited, err = r.edited(b); err != nil {
		return nil, err
	}
	for _, l := range r.in {
		if behind[l.Name] || len(l.Tables) == 0 {
			continue
		}
		changes, err := r.drift(ctx, l)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			f.Differences = append(f.Differences, Difference{Lineage: l.Name, Table: c.On(), Text: c.String(), Change: c})
		}
	}
	return f, nil
}

func (r *Runner) halfwayOf(b *book) []Halfway {
	var out []Halfway
	for _, h := range b.halfway() {
		x := Halfway{Lineage: h.lineage, Revision: h.revision, Direction: h.direction, Stands: []string{}}
		for _, e := range b.of(h.lineage, h.revision) {
			if e.state == stateDone {
				x.Stands = append(x.Stands, e.operation)
				continue
			}
			x.At, x.Error = e.operation, e.errorCode
		}
		out = append(out, x)
	}
	return out
}

// edited lists the revisions whose checksum is not the one that was kept.
func (r *Runner) edited(b *book) ([]string, error) {
	var out []string
	for _, l := range r.in {
		for rev := range l.graph.All() {
			kept, ok := b.applied[l.Name+"/"+rev.ID]
			if !ok {
				continue // applied by somebody who kept none
			}
			sum, err := l.checksum(rev.ID)
			if err != nil {
				return nil, err
			}
			if sum != kept {
				out = append(out, l.Name+"/"+rev.ID)
			}
		}
	}
	return out, nil
}

// owns reports whether a table of the database counts for a lineage.
func (r *Runner) owns(l *lineage) func(name string) bool {
	declared := func(l *lineage, name string) bool {
		return slices.ContainsFunc(l.Tables, func(t *schema.Table) bool { return t.Name == name })
	}
	return func(name string) bool {
		switch {
		case r.ours(name), isCopy(name):
			return false
		case declared(l, name):
			return true
		case l.Owns != nil:
			return l.Owns(name)
		case strings.HasPrefix(name, "larder_"):
			return false
		}
		return !slices.ContainsFunc(r.all, func(o *lineage) bool { return o != l && (declared(o, name) || o.Owns != nil && o.Owns(name)) })
	}
}

// drift is what has to be done to make the database what a lineage declares.
func (r *Runner) drift(ctx context.Context, l *lineage) ([]schema.Change, error) {
	live, err := r.live(ctx, l)
	if err != nil {
		return nil, err
	}
	return r.differences(l, live, Renames{})
}
