package op

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// An engine that lacks something has something else in its place: a generated
// column for an indexed expression, a check for an enum, an index for a foreign
// key, numbering that comes with a kind of key. In its normal form a table shows
// these; before it is changed they are taken back, so that they follow what they
// stand for, and its normal form afterwards has them again where they belong.

// relax returns a copy of t without stand-ins. Each taker reports whether it
// took any. Where taking them back and
// making them anew would not give t again, they were not made by rule, and t
// stays as it is.
func (s *State) relax(t *schema.Table) (*schema.Table, error) {
	return s.take(t, t.Clone(), takeColumns, takeEnums, takeIdentity, s.takeIndexes)
}

// unname returns a copy of a relaxed table without the names that were made by
// rule, so that they follow what they were made of. t is its normal form.
func (s *State) unname(t, relaxed *schema.Table) (*schema.Table, error) {
	return s.take(t, relaxed.Clone(), takeKeyName, takeUniqueNames, takeForeignNames, takeCheckNames, takeTypeNames)
}

// take takes from c what its normal form, which is t, has again by rule.
func (s *State) take(t, c *schema.Table, takers ...func(*schema.Table) (bool, error)) (*schema.Table, error) {
	if s.ddl == nil {
		return c, nil
	}
	for _, take := range takers {
		without := c.Clone()
		switch taken, err := take(without); {
		case err != nil:
			return nil, err
		case !taken:
			continue
		}
		again, err := s.ddl.Normalize(without)
		if err == nil && len(schema.Diff([]*schema.Table{t}, []*schema.Table{again})) == 0 {
			c = without
		}
	}
	return c, nil
}

// settle brings a table that was relaxed and changed into normal form, with
// its columns where they were before.
func (s *State) settle(before, t *schema.Table) (*schema.Table, error) {
	if s.ddl == nil {
		return t, t.Validate()
	}
	n, err := s.ddl.Normalize(t)
	if err != nil {
		return nil, err
	}
	at := func(c *schema.Column) int {
		if i := slices.IndexFunc(before.Columns, func(b *schema.Column) bool { return b.Name == c.Name }); i >= 0 {
			return i
		}
		return len(before.Columns)
	}
	slices.SortStableFunc(n.Columns, func(a, b *schema.Column) int { return at(a) - at(b) })
	return n, nil
}

// namesStandIn reports whether the operation is about something of t that was
// taken back: it comes from a comparison of normal forms, or was written by
// somebody who looked at the live table.
func namesStandIn(o Op, t, relaxed *schema.Table) bool {
	column := func(n string) bool { return t.Column(n) != nil && relaxed.Column(n) == nil }
	check := func(n string) bool { return findCheck(t, n, "") != nil && findCheck(relaxed, n, "") == nil }
	switch o := o.(type) {
	case DropColumn:
		return column(o.Column)
	case AlterColumn:
		return column(o.Column)
	case AddCheck:
		return check(o.Check.Name)
	case DropCheck:
		return check(o.Name)
	case CreateIndex:
		return slices.ContainsFunc(o.Index.Parts, func(p schema.IndexPart) bool { return column(p.Column) })
	case DropIndex:
		return t.IndexNamed(o.Name) != nil && relaxed.IndexNamed(o.Name) == nil
	}
	return false
}

// takeColumns puts the expressions back into indexes over generated columns
// that were made for an index. Another index over the same expression shares
// the column.
func takeColumns(t *schema.Table) (bool, error) {
	made, own := map[string]schema.Expr{}, map[string]int{}
	for _, i := range t.Indexes {
		for n, p := range i.Parts {
			if c := t.Column(p.Column); c != nil && c.Generated != nil &&
				c.Name == schema.InventName(i.Name, nil, "k"+strconv.Itoa(n+1)) {
				made[c.Name], own[i.Name] = c.Generated.Expr, 1
			}
		}
	}
	if len(made) == 0 {
		return false, nil
	}
	// The one that a column is named after comes first, so that it is named
	// after the same one when it is made again.
	slices.SortStableFunc(t.Indexes, func(a, b *schema.Index) int { return cmp.Compare(own[b.Name], own[a.Name]) })
	for _, i := range t.Indexes {
		for n := range i.Parts {
			if p := &i.Parts[n]; made[p.Column] != "" {
				p.Column, p.Expr = "", made[p.Column]
			}
		}
	}
	t.Columns = slices.DeleteFunc(t.Columns, func(c *schema.Column) bool { return made[c.Name] != "" })
	return true, nil
}

// takeIdentity takes back numbering that a key has by being one.
func takeIdentity(t *schema.Table) (taken bool, err error) {
	for _, c := range t.Columns {
		if c.Identity != nil && *c.Identity == (schema.Identity{}) {
			c.Identity, taken = nil, true
		}
	}
	return taken, nil
}

// takeEnums makes enums of text columns with the check that stands for one.
func takeEnums(t *schema.Table) (bool, error) {
	checks := len(t.Checks)
	t.Checks = slices.DeleteFunc(t.Checks, func(k *schema.Check) bool {
		for _, c := range t.Columns {
			if c.Type.Kind != schema.String || k.Name != schema.InventName(t.Name, []string{c.Name}, "enum") {
				continue
			}
			if values, ok := enumValues(string(k.Expr), c.Name); ok {
				c.Type = schema.Type{Kind: schema.Enum, Values: values}
				return true
			}
		}
		return false
	})
	return len(t.Checks) < checks, nil
}

// enumValues reads "{column} IN ('a', 'b')".
func enumValues(e, column string) ([]string, bool) {
	rest, ok := strings.CutPrefix(e, sqltext.Name(column)+" IN (")
	if !ok {
		return nil, false
	}
	toks, err := sqltext.Lex(rest, sqltext.Rules{})
	if err != nil || len(toks)%2 != 0 {
		return nil, false
	}
	var out []string
	for i := 0; i < len(toks); i += 2 {
		end := ","
		if i+2 == len(toks) {
			end = ")"
		}
		if toks[i].Kind != sqltext.Str || !toks[i+1].IsOp(end) {
			return nil, false
		}
		out = append(out, toks[i].Text)
	}
	return out, len(out) > 0
}

// takeIndexes removes the indexes that the engine adds for foreign keys.
func (s *State) takeIndexes(t *schema.Table) (taken bool, err error) {
	for _, f := range t.ForeignKeys {
		n := slices.IndexFunc(t.Indexes, func(i *schema.Index) bool {
			return i.Name == f.Name && !i.Unique && i.Method == "" && i.Comment == "" &&
				slices.EqualFunc(i.Parts, f.Columns, func(p schema.IndexPart, c string) bool {
					return p == schema.IndexPart{Column: c}
				})
		})
		if n < 0 {
			continue
		}
		// Whether the engine adds one is the engine's to say.
		bare := &schema.Table{Name: t.Name, Columns: t.Columns, ForeignKeys: []*schema.ForeignKey{f}}
		made, err := s.ddl.Normalize(bare)
		if err != nil {
			return false, err
		}
		if made.IndexNamed(f.Name) != nil {
			t.Indexes, taken = slices.Delete(t.Indexes, n, n+1), true
		}
	}
	return taken, nil
}
