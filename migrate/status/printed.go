package status

import (
	"context"
	"reflect"
	"slices"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// differences compares declared tables with live ones. Where texts differ, the
// server is asked how it prints what was declared, if it can be.
func differences(ctx context.Context, eng *engine.Engine, live, declared *op.State) ([]schema.Change, error) {
	changes := schema.Diff(live.Tables(), declared.Tables())
	doubtful := map[string]bool{}
	for _, c := range changes {
		if eng != nil && live.Table(c.On()) != nil && declared.Table(c.On()) != nil && byText(c) {
			doubtful[c.On()] = true
		}
	}
	if len(doubtful) == 0 {
		return changes, nil
	}
	var tables []*schema.Table
	for _, t := range declared.Tables() {
		if doubtful[t.Name] {
			printed, err := eng.Printed(ctx, t)
			switch {
			case ctx.Err() != nil:
				return nil, err
			case err == nil && printed != nil: // otherwise the text has to do
				t = spelled(t, printed, live.Table(t.Name))
			}
		}
		tables = append(tables, t)
	}
	return schema.Diff(live.Tables(), tables), nil
}

// byText reports whether a change is one of expressions or literals, which may
// be the same in other words.
func byText(c schema.Change) bool {
	index := func(i *schema.Index) bool {
		text := i.Where != ""
		for _, p := range i.Parts {
			text = text || p.Expr != ""
		}
		return text
	}
	switch c := c.(type) {
	case schema.AlterColumn:
		for _, f := range c.Facets {
			if f == schema.DefaultFacet || f == schema.GeneratedFacet {
				return true
			}
		}
	case schema.AddCheck, schema.DropCheck:
		return true
	case schema.AddIndex:
		return index(c.Index)
	case schema.DropIndex:
		return index(c.Index)
	}
	return false
}

// spelled is t with the defaults and expressions that the live table has, where
// they are what the server makes of t's own.
func spelled(t, printed, live *schema.Table) *schema.Table {
	t = t.Clone()
	for _, c := range t.Columns {
		p, l := printed.Column(c.Name), live.Column(c.Name)
		if p == nil || l == nil {
			continue
		}
		if c.Identity == nil && reflect.DeepEqual(p.Default, l.Default) {
			c.Default = p.Default
		}
		if c.Generated != nil && p.Generated != nil && l.Generated != nil && p.Generated.Expr == l.Generated.Expr {
			c.Generated.Expr = p.Generated.Expr
		}
	}
	for _, k := range t.Checks {
		named := func(o *schema.Check) bool { return o.Name == k.Name }
		p, l := slices.IndexFunc(printed.Checks, named), slices.IndexFunc(live.Checks, named)
		if p >= 0 && l >= 0 && printed.Checks[p].Expr == live.Checks[l].Expr {
			k.Expr = live.Checks[l].Expr
		}
	}
	for _, i := range t.Indexes {
		p, l := printed.IndexNamed(i.Name), live.IndexNamed(i.Name)
		if p == nil || l == nil {
			continue
		}
		if p.Where == l.Where {
			i.Where = l.Where
		}
		if slices.Equal(p.Parts, l.Parts) {
			i.Parts = slices.Clone(l.Parts)
		}
	}
	return t
}
