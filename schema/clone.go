package schema

import "slices"

// Clone returns a deep copy.
func (t *Table) Clone() *Table {
	c := *t
	c.Columns = cloneAll(t.Columns, (*Column).Clone)
	if t.PrimaryKey != nil {
		pk := *t.PrimaryKey
		pk.Columns, pk.Prefix = slices.Clone(pk.Columns), slices.Clone(pk.Prefix)
		c.PrimaryKey = &pk
	}
	c.Uniques = cloneAll(t.Uniques, func(u *Unique) *Unique {
		v := *u
		v.Columns = slices.Clone(u.Columns)
		return &v
	})
	c.ForeignKeys = cloneAll(t.ForeignKeys, func(f *ForeignKey) *ForeignKey {
		v := *f
		v.Columns, v.RefColumns = slices.Clone(f.Columns), slices.Clone(f.RefColumns)
		return &v
	})
	c.Checks = cloneAll(t.Checks, func(k *Check) *Check { v := *k; return &v })
	c.Indexes = cloneAll(t.Indexes, (*Index).Clone)
	c.Variants = cloneAll(t.Variants, (*Variant).clone)
	c.Notes = slices.Clone(t.Notes)
	return &c
}

// Clone returns a deep copy.
func (c *Column) Clone() *Column {
	v := *c
	v.Type.Values = slices.Clone(c.Type.Values)
	if c.Default != nil {
		d := *c.Default
		v.Default = &d
	}
	if c.Generated != nil {
		g := *c.Generated
		v.Generated = &g
	}
	if c.Identity != nil {
		i := *c.Identity
		v.Identity = &i
	}
	return &v
}

// Clone returns a deep copy.
func (i *Index) Clone() *Index {
	v := *i
	v.Parts, v.Include = slices.Clone(i.Parts), slices.Clone(i.Include)
	return &v
}

func cloneAll[T any](in []*T, clone func(*T) *T) []*T {
	if in == nil {
		return nil
	}
	out := make([]*T, len(in))
	for i, v := range in {
		out[i] = clone(v)
	}
	return out
}

// For returns a copy of t as an engine with the given features has it: what
// needs an absent feature is gone or weakened, and what every engine does in
// the same way is written out. It is the half of an engine's normal form that
// needs no knowledge of the engine.
//
//   - Constraints and indexes whose Needs are not met are left out.
//   - Columns of the primary key are NOT NULL without NullableKey.
//   - INCLUDE columns, comments, names of sequences and the deferral of foreign
//     keys are dropped where there is no such thing.
//   - An unnamed unique constraint over the columns of the primary key goes
//     without RedundantUnique.
//   - Variants whose Needs are met are made, and forgotten.
//
// Partial and expression indexes are left alone: what stands in for them
// differs from engine to engine.
func (t *Table) For(has func(Feature) bool) *Table {
	c := t.Clone()
	met := func(f Feature) bool { return f == "" || has(f) }
	c.Uniques = slices.DeleteFunc(c.Uniques, func(u *Unique) bool { return !met(u.Needs) })
	c.Indexes = slices.DeleteFunc(c.Indexes, func(i *Index) bool { return !met(i.Needs) })
	for _, u := range c.Uniques {
		u.Needs = ""
	}
	for _, i := range c.Indexes {
		i.Needs = ""
		if !has(IncludeColumns) {
			i.Include = nil
		}
		if !has(Comments) {
			i.Comment = ""
		}
		for n := range i.Parts {
			i.Parts[n].Functional = i.Parts[n].Functional && !has(ExpressionIndex)
		}
	}
	if c.PrimaryKey != nil {
		c.Uniques = slices.DeleteFunc(c.Uniques, func(u *Unique) bool {
			return u.Name == "" && !has(RedundantUnique) && slices.Equal(u.Columns, c.PrimaryKey.Columns)
		})
		if !has(NullableKey) {
			for _, n := range c.PrimaryKey.Columns {
				if col := c.Column(n); col != nil {
					col.Nullable = false
				}
			}
		}
	}
	for _, f := range c.ForeignKeys {
		f.Deferrable = f.Deferrable && has(DeferrableFK)
	}
	for _, v := range c.Variants {
		if met(v.Needs) {
			v.apply(c)
		}
	}
	c.Variants = nil
	if !has(Comments) {
		c.Comment = ""
	}
	for _, col := range c.Columns {
		if !has(Comments) {
			col.Comment = ""
		}
		if col.Identity != nil && !has(Sequences) {
			col.Identity.Sequence, col.Identity.Standard = "", ""
		}
	}
	return c
}

func (v *Variant) clone() *Variant {
	c := *v
	c.Order = slices.Clone(v.Order)
	return &c
}

// apply makes t what the variant says.
func (v *Variant) apply(t *Table) {
	if t.PrimaryKey != nil && t.PrimaryKey.Name == "" {
		t.PrimaryKey.Name = v.KeyName
	}
	if v.Order == nil {
		return
	}
	at := func(col *Column) int {
		if i := slices.Index(v.Order, col.Name); i >= 0 {
			return i
		}
		return len(v.Order)
	}
	slices.SortStableFunc(t.Columns, func(a, b *Column) int { return at(a) - at(b) })
}
