package op

import (
	"fmt"

	"github.com/larder-db/larder/schema"
)

// Loss says what ops destroy that a reversal cannot bring back, in sentences
// for people: "column users.bio with its values". before is the state that
// they are applied to; it is left alone. No loss is nil.
func Loss(before *State, ops []Op) ([]string, error) {
	s := before.Clone()
	var out []string
	for o := range All(ops) {
		if g, ok := o.(guarded); ok && g.idle(s) != "" {
			continue
		}
		out = append(out, o.loss(s)...)
		if err := s.Apply(o); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (o DropTable) loss(*State) []string {
	if o.Moved {
		return nil
	}
	return []string{"table " + o.Name + " with its rows"}
}

func (o DropColumn) loss(s *State) []string {
	if o.Moved {
		return nil
	}
	if t := s.Table(o.Table); t != nil {
		if c := t.Column(o.Column); c != nil && c.Generated != nil {
			return nil
		}
	}
	return []string{"column " + o.Table + "." + o.Column + " with its values"}
}

func (o AlterColumn) loss(s *State) []string {
	t := s.Table(o.Table)
	if t == nil {
		return nil
	}
	c := t.Column(o.Column)
	if c == nil {
		return nil
	}
	for _, f := range o.Facets {
		if f != schema.TypeFacet {
			continue
		}
		if o.Using != "" {
			return []string{"the old values of " + o.Table + "." + o.Column + ", which become " + string(o.Using)}
		}
		if why := narrows(c.Type, o.To.Type); why != "" {
			return []string{fmt.Sprintf("what of %s.%s %s (%s to %s)", o.Table, o.Column, why, c.Type, o.To.Type)}
		}
	}
	return nil
}

// narrows says what does not survive when a becomes b, or "".
func narrows(a, b schema.Type) string {
	rank := map[schema.Kind]int{schema.Boolean: 1, schema.SmallInt: 2, schema.Integer: 3, schema.BigInt: 4}
	switch {
	case rank[a.Kind] > 1 && b.Kind == schema.Boolean:
		return "is more than yes or no"
	case a.Kind == schema.Float && rank[b.Kind] > 0, a.Kind == schema.Numeric && rank[b.Kind] > 0:
		return "stands behind the point"
	case a.Kind == schema.Numeric && b.Kind == schema.Numeric && b.Precision > 0 &&
		(a.Precision == 0 || b.Scale < a.Scale):
		return "stands behind the last digit"
	case a.Kind == schema.Numeric && b.Kind == schema.Float:
		return "a binary fraction cannot hold"
	case a.Kind == schema.DateTime && b.Kind == schema.Date:
		return "is the time of the day"
	case a.Kind == schema.DateTime && b.Kind == schema.Time:
		return "is the date"
	case a.Kind == schema.DateTime && rank[b.Kind] > 0:
		return "is a fraction of a second"
	case a.Kind == schema.DateTime && a.WithZone && b.Kind == schema.DateTime && !b.WithZone:
		return "is an offset from UTC"
	case a.Kind == schema.JSON && b.Kind == schema.JSONB:
		return "is the spelling of the document"
	}
	return ""
}

func (o OutsideTx) loss(s *State) []string {
	l, _ := Loss(s, o.Ops)
	return l
}

func (o Batch) loss(s *State) []string {
	l, _ := Loss(s, o.Ops)
	return l
}
