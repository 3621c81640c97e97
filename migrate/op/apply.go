package op

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
)

// What the operations do to a state, whose tables are replaced, not changed.

func mismatch(format string, args ...any) error {
	return dberr.New(dberr.SchemaMismatch, "migrate", fmt.Sprintf(format, args...))
}

// on gives f a copy of the table to change.
func (s *State) on(table string, f func(t *schema.Table) error) error {
	t, err := s.need(table)
	if err != nil {
		return err
	}
	t = t.Clone()
	if err := f(t); err != nil {
		return err
	}
	s.tables[table] = t
	return nil
}

func (o CreateTable) apply(s *State) error {
	if err := readable(expressions(o.Table)...); err != nil {
		return err
	}
	if s.tables[o.Table.Name] != nil {
		return mismatch("table %s exists already", o.Table.Name)
	}
	s.tables[o.Table.Name] = o.Table.Clone()
	return nil
}

func (o DropTable) apply(s *State) error {
	if _, err := s.need(o.Name); err != nil {
		return err
	}
	delete(s.tables, o.Name)
	return nil
}

func (o RenameTable) apply(s *State) error {
	t, err := s.need(o.From)
	if err != nil {
		return err
	}
	if s.tables[o.To] != nil {
		return mismatch("table %s exists already", o.To)
	}
	t = t.Clone()
	t.Name = o.To
	delete(s.tables, o.From)
	s.tables[o.To] = t
	for name, r := range s.tables {
		if slices.ContainsFunc(r.ForeignKeys, func(f *schema.ForeignKey) bool { return f.Refers(o.From) }) {
			r = r.Clone()
			for _, f := range r.ForeignKeys {
				if f.Refers(o.From) {
					f.RefTable = o.To
				}
			}
			s.tables[name] = r
		}
	}
	return nil
}

func (o AddColumn) apply(s *State) error {
	exprs := []schema.Expr{o.Fill}
	if g := o.Column.Generated; g != nil {
		exprs = append(exprs, g.Expr)
	}
	if err := readable(exprs...); err != nil {
		return err
	}
	return s.on(o.Table, func(t *schema.Table) error {
		if t.Column(o.Column.Name) != nil {
			return mismatch("column %s.%s exists already; use IfNotExists where that is fine", o.Table, o.Column.Name)
		}
		if n := t.Unknown(o.Fill); n != "" {
			return mismatch("the value that fills column %s.%s refers to column %q, which the table does not have", o.Table,
				o.Column.Name, n)
		}
		t.Columns = append(t.Columns, o.Column.Clone())
		return nil
	})
}

func (o DropColumn) apply(s *State) error {
	return s.on(o.Table, func(t *schema.Table) error {
		if t.Column(o.Column) == nil {
			return mismatch("there is no column %s.%s; use IfExists where that is fine", o.Table, o.Column)
		}
		if pk := t.PrimaryKey; pk != nil && slices.Contains(pk.Columns, o.Column) {
			return dberr.New(dberr.Invalid, "migrate",
				"column "+o.Table+"."+o.Column+" is part of the primary key; give the table another key first")
		}
		for _, c := range t.Columns {
			if c.Generated != nil && c.Name != o.Column && names(c.Generated.Expr, o.Column) {
				return dberr.New(dberr.Invalid, "migrate",
					"column "+o.Table+"."+c.Name+" is generated from "+o.Column+"; drop it first")
			}
		}
		t.Columns = slices.DeleteFunc(t.Columns, func(c *schema.Column) bool { return c.Name == o.Column })
		t.Uniques = slices.DeleteFunc(t.Uniques, func(u *schema.Unique) bool { return slices.Contains(u.Columns, o.Column) })
		t.ForeignKeys = slices.DeleteFunc(t.ForeignKeys,
			func(f *schema.ForeignKey) bool { return slices.Contains(f.Columns, o.Column) })
		t.Checks = slices.DeleteFunc(t.Checks, func(k *schema.Check) bool { return names(k.Expr, o.Column) })
		t.Indexes = slices.DeleteFunc(t.Indexes, func(i *schema.Index) bool { return indexUses(i, o.Column) })
		for _, v := range t.Variants {
			v.Order = slices.DeleteFunc(v.Order, func(n string) bool { return n == o.Column })
		}
		return nil
	})
}

func (o RenameColumn) apply(s *State) error {
	err := s.on(o.Table, func(t *schema.Table) error {
		if t.Column(o.From) == nil {
			return mismatch("there is no column %s.%s", o.Table, o.From)
		}
		if t.Column(o.To) != nil {
			return mismatch("column %s.%s exists already", o.Table, o.To)
		}
		renameColumn(t, o.From, o.To)
		return nil
	})
	if err != nil {
		return err
	}
	for name, r := range s.tables {
		hit := func(f *schema.ForeignKey) bool {
			return f.Refers(o.Table) && slices.Contains(f.RefColumns, o.From)
		}
		if !slices.ContainsFunc(r.ForeignKeys, hit) {
			continue
		}
		r = r.Clone()
		for _, f := range r.ForeignKeys {
			if !hit(f) {
				continue
			}
			for i, n := range f.RefColumns {
				if n == o.From {
					f.RefColumns[i] = o.To
				}
			}
		}
		s.tables[name] = r
	}
	return nil
}

func (o AlterColumn) apply(s *State) error {
	if err := readable(o.Using); err != nil {
		return err
	}
	return s.on(o.Table, func(t *schema.Table) error {
		n := slices.IndexFunc(t.Columns, func(c *schema.Column) bool { return c.Name == o.Column })
		if n < 0 {
			return mismatch("there is no column %s.%s", o.Table, o.Column)
		}
		if len(o.Facets) == 0 {
			return dberr.New(dberr.Invalid, "migrate", "AlterColumn of "+o.Table+"."+o.Column+" does not say what changes")
		}
		if n := t.Unknown(o.Using); n != "" {
			return mismatch("what column %s.%s is converted from refers to column %q, which the table does not have",
				o.Table, o.Column, n)
		}
		c, to := t.Columns[n], o.To.Clone()
		for _, f := range o.Facets {
			switch f {
			case schema.TypeFacet:
				if to.Type.KeyLength == 0 && to.Type.Kind == c.Type.Kind && to.Type.Raw == "" {
					to.Type.KeyLength = c.Type.KeyLength
				}
				c.Type = to.Type
			case schema.NullFacet:
				c.Nullable = to.Nullable
			case schema.DefaultFacet:
				c.Default = to.Default
			case schema.GeneratedFacet:
				c.Generated = to.Generated
			case schema.IdentityFacet:
				c.Identity = to.Identity
			case schema.CollationFacet:
				c.Collation = to.Collation
			case schema.CommentFacet:
				c.Comment = to.Comment
			}
		}
		return nil
	})
}

func (o CreateIndex) apply(s *State) error {
	if err := readable(indexExpressions(o.Index)...); err != nil {
		return err
	}
	return s.on(o.Table, func(t *schema.Table) error {
		if t.IndexNamed(o.Index.Name) != nil {
			return mismatch("table %s has an index %s already; use IfNotExists where that is fine", o.Table, o.Index.Name)
		}
		t.Indexes = append(t.Indexes, o.Index.Clone())
		return nil
	})
}

func (o DropIndex) apply(s *State) error {
	return s.on(o.Table, func(t *schema.Table) error {
		if t.IndexNamed(o.Name) == nil {
			return mismatch("table %s has no index %s; use IfExists where that is fine", o.Table, o.Name)
		}
		t.Indexes = slices.DeleteFunc(t.Indexes, func(i *schema.Index) bool { return i.Name == o.Name })
		return nil
	})
}

func (o AddUnique) apply(s *State) error {
	return s.on(o.Table, func(t *schema.Table) error {
		if o.Unique.Name != "" && findUnique(t, o.Unique.Name, nil).found() {
			return mismatch("table %s has a unique constraint %s already", o.Table, o.Unique.Name)
		}
		u := *o.Unique
		u.Columns = slices.Clone(u.Columns)
		t.Uniques = append(t.Uniques, &u)
		return nil
	})
}

// uniqueAt is where a unique constraint is: some engines keep it as an index.
type uniqueAt struct {
	unique *schema.Unique
	index  *schema.Index
}

func (u uniqueAt) found() bool { return u.unique != nil || u.index != nil }

// findUnique looks for a unique constraint by name, then by columns.
func findUnique(t *schema.Table, name string, columns []string) uniqueAt {
	for _, u := range t.Uniques {
		if name != "" && u.Name == name {
			return uniqueAt{unique: u}
		}
	}
	for _, i := range t.Indexes {
		if name != "" && i.Name == name && i.Unique {
			return uniqueAt{index: i}
		}
	}
	if len(columns) == 0 {
		return uniqueAt{}
	}
	if u := unnamed(t.Uniques, func(u *schema.Unique) (bool, bool) {
		return slices.Equal(u.Columns, columns) && (name == "" || u.Name == ""), u.Name == "" ||
			byRule(u.Name, t.Name, u.Columns, "key")
	}); u != nil {
		return uniqueAt{unique: u}
	}
	if name != "" {
		return uniqueAt{}
	}
	return uniqueAt{index: unnamed(t.Indexes, func(i *schema.Index) (bool, bool) {
		over := slices.EqualFunc(i.Parts, columns, func(p schema.IndexPart, c string) bool {
			return p == schema.IndexPart{Column: c}
		})
		return i.Unique && i.Where == "" && over, byRule(i.Name, t.Name, columns, "key")
	})}
}

func (o DropUnique) apply(s *State) error {
	return s.on(o.Table, func(t *schema.Table) error {
		at := findUnique(t, o.Name, o.Columns)
		if !at.found() {
			return mismatch("table %s has no unique constraint %s", o.Table, label(o.Name, o.Columns))
		}
		t.Uniques = slices.DeleteFunc(t.Uniques, func(u *schema.Unique) bool { return u == at.unique })
		t.Indexes = slices.DeleteFunc(t.Indexes, func(i *schema.Index) bool { return i == at.index })
		return nil
	})
}

func (o AddForeignKey) apply(s *State) error {
	return s.on(o.Table, func(t *schema.Table) error {
		if o.ForeignKey.Name != "" && findForeign(t, o.ForeignKey.Name, nil) != nil {
			return mismatch("table %s has a foreign key %s already", o.Table, o.ForeignKey.Name)
		}
		f := *o.ForeignKey
		f.Columns, f.RefColumns = slices.Clone(f.Columns), slices.Clone(f.RefColumns)
		t.ForeignKeys = append(t.ForeignKeys, &f)
		return nil
	})
}

// findForeign looks for a foreign key by name, then by columns.
func findForeign(t *schema.Table, name string, columns []string) *schema.ForeignKey {
	for _, f := range t.ForeignKeys {
		if name != "" && f.Name == name {
			return f
		}
	}
	return unnamed(t.ForeignKeys, func(f *schema.ForeignKey) (bool, bool) {
		return len(columns) > 0 && slices.Equal(f.Columns, columns) && (name == "" || f.Name == ""), f.Name == "" ||
			byRule(f.Name, t.Name, f.Columns, "fkey")
	})
}

// unnamed picks what a change means that has no name: of all that fit, the last
// without one, or with one that an engine has given, else the first.
func unnamed[T any](all []*T, look func(*T) (fits, unnamed bool)) *T {
	var first, last *T
	for _, x := range all {
		fits, without := look(x)
		if fits && without {
			last = x
		}
		if fits && first == nil {
			first = x
		}
	}
	return cmp.Or(last, first)
}

func (o DropForeignKey) apply(s *State) error {
	return s.on(o.Table, func(t *schema.Table) error {
		gone := findForeign(t, o.Name, o.Columns)
		if gone == nil {
			return mismatch("table %s has no foreign key %s", o.Table, label(o.Name, o.Columns))
		}
		t.ForeignKeys = slices.DeleteFunc(t.ForeignKeys, func(f *schema.ForeignKey) bool { return f == gone })
		return nil
	})
}

func (o AddCheck) apply(s *State) error {
	if err := readable(o.Check.Expr); err != nil {
		return err
	}
	return s.on(o.Table, func(t *schema.Table) error {
		if o.Check.Name != "" && findCheck(t, o.Check.Name, "") != nil {
			return mismatch("table %s has a check %s already", o.Table, o.Check.Name)
		}
		k := *o.Check
		t.Checks = append(t.Checks, &k)
		return nil
	})
}

// findCheck looks for a check by name, then by expression.
func findCheck(t *schema.Table, name string, e schema.Expr) *schema.Check {
	for _, k := range t.Checks {
		if name != "" && k.Name == name {
			return k
		}
	}
	return unnamed(t.Checks, func(k *schema.Check) (bool, bool) {
		return e != "" && k.Expr == e && (name == "" || k.Name == ""), k.Name == "" || checkByRule(t.Name, k)
	})
}

// check looks for a check of a table of this state: by name, by its expression
// as it is written, or as the engine holds it.
func (s *State) check(t *schema.Table, name string, e schema.Expr) *schema.Check {
	if k := findCheck(t, name, e); k != nil || e == "" || s.ddl == nil {
		return k
	}
	held := func(checks ...*schema.Check) []*schema.Check {
		probe := t.Clone()
		probe.Uniques, probe.ForeignKeys, probe.Indexes, probe.Checks = nil, nil, nil, checks
		n, err := s.ddl.Normalize(probe)
		if err != nil {
			return nil
		}
		return n.Checks
	}
	others := held() // what stands in for something that the engine lacks
	for _, k := range held(&schema.Check{Expr: e}) {
		if !slices.ContainsFunc(others, func(o *schema.Check) bool { return *o == *k }) {
			return findCheck(t, name, k.Expr)
		}
	}
	return nil
}

func (o DropCheck) apply(s *State) error {
	return s.on(o.Table, func(t *schema.Table) error {
		gone := s.check(t, o.Name, o.Expr)
		if gone == nil {
			return mismatch("table %s has no check %s", o.Table, o.Name)
		}
		t.Checks = slices.DeleteFunc(t.Checks, func(k *schema.Check) bool { return k == gone })
		return nil
	})
}

func (o SetPrimaryKey) apply(s *State) error {
	return s.on(o.Table, func(t *schema.Table) error {
		if o.Key == nil {
			t.PrimaryKey = nil
			return nil
		}
		k := *o.Key
		k.Columns = slices.Clone(k.Columns)
		t.PrimaryKey = &k
		return nil
	})
}

func (o SetComment) apply(s *State) error {
	return s.on(o.Table, func(t *schema.Table) error { t.Comment = o.Comment; return nil })
}

func (o BulkInsert) apply(s *State) error {
	_, err := s.need(o.Table)
	return err
}

func (o OutsideTx) apply(s *State) error { return s.Apply(o.Ops...) }

func (o Batch) apply(s *State) error { return s.Apply(o.Ops...) }
