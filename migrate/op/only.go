package op

import (
	"strings"

	"github.com/larder-db/larder/driver"
)

// Only is a block of operations for the engines that have a feature, or for
// those that lack it. Once it is known which engine it is for, [For] puts the
// operations in its place, or nothing. It may hold a Batch, and is no part of one.
type Only struct {
	Feature driver.Feature
	Lacking bool // for the engines that lack it
	Ops     []Op
}

// Having records a block of operations for engines that have a feature.
func (r *Ops) Having(f driver.Feature, record func(ops *Ops)) {
	r.Do(Only{Feature: f, Ops: r.inner(record)})
}

// Lacking records a block of operations for engines that lack a feature.
func (r *Ops) Lacking(f driver.Feature, record func(ops *Ops)) {
	r.Do(Only{Feature: f, Lacking: true, Ops: r.inner(record)})
}

// For returns what of the operations is for an engine.
func For(d driver.Dialect, ops []Op) []Op {
	var out []Op
	for _, o := range ops {
		switch o := o.(type) {
		case Only:
			if d.Has(o.Feature) != o.Lacking {
				out = append(out, For(d, o.Ops)...)
			}
			continue
		case OutsideTx:
			o.Ops = For(d, o.Ops)
			out = append(out, o)
			continue
		case Composite:
			o.Ops, o.back = For(d, o.Ops), For(d, o.back)
			out = append(out, o)
			continue
		}
		out = append(out, o)
	}
	return out
}

// On is empty: it may be about several tables.
func (o Only) On() string { return "" }

func (o Only) String() string {
	var parts []string
	for _, p := range o.Ops {
		parts = append(parts, p.String())
	}
	verb := "has "
	if o.Lacking {
		verb = "lacks "
	}
	return "where the engine " + verb + string(o.Feature) + ": " + strings.Join(parts, "; ")
}

func (o Only) apply(*State) error { return o.open() }

func (o Only) reverse(*State) (Op, error) { return nil, o.open() }

func (o Only) open() error {
	return mismatch("which engine is it for? op.For tells %q", o)
}

func (o Only) loss(s *State) []string {
	l, _ := Loss(s, o.Ops)
	return l
}
