package autogen

import (
	"context"
	"reflect"
	"slices"

	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/rescue"
	"github.com/larder-db/larder/migrate/status"
	"github.com/larder-db/larder/schema"
)

// A comparison is made as one engine holds tables: there, a unique constraint
// may be an index, an enum a check, a constraint without a name may have one.
// A revision runs on every engine, so it is written in the words of the
// declarations: those of the history and those of today.

// declaredOps returns the operations that lead from what the history declares
// to what is declared now, as far as they are about what changes are about,
// and what they start from. It returns nil where they do not lead the database
// there: it may not come from this history, or the history says something in
// SQL of its own.
func (g *Generator) declaredOps(ctx context.Context, before *op.State, renames Renames,
	changes []schema.Change) ([]op.Op, *op.State) {
	h, err := g.set.AsDeclared().Replay(g.m, g.m.Graph.Tips())
	if err != nil {
		return nil, nil
	}
	was := h.State.Clone()
	if err := was.Apply(renames.ops()...); err != nil {
		return nil, nil
	}
	owns := rescue.Owns(g.set, g.m)
	have := slices.DeleteFunc(was.Tables(), func(t *schema.Table) bool { return !owns(t.Name) })
	all := schema.Diff(have, g.m.Tables)
	ignored := func(c schema.Change) bool { return g.m.Ignore != nil && g.m.Ignore(was.Table(c.On()), c) }
	// What is about the same columns is enough, unless an engine has columns
	// of its own for something.
	for _, near := range []func(a, b schema.Change) bool{sameColumns, sameTable} {
		var wanted []schema.Change
		for _, c := range all {
			if slices.ContainsFunc(changes, func(o schema.Change) bool { return near(c, o) }) && !ignored(c) {
				wanted = append(wanted, c)
			}
		}
		ops := append(renames.ops(), firm(op.FromChanges(wanted, have...))...)
		after := before.Clone()
		if err := after.Apply(ops...); err != nil {
			continue
		}
		if left, err := status.Drift(ctx, g.o.Engine, g.set, g.m, after); err == nil && len(left) == 0 {
			return ops, h.State
		}
	}
	return nil, nil
}

// declaredBack is the way back from ops in the words of the history; nil where
// it does not lead the database back.
func declaredBack(before, history *op.State, ops []op.Op) []op.Op {
	back, err := op.Reverse(history, ops)
	if err != nil {
		return nil
	}
	s := before.Clone()
	if s.Apply(ops...) != nil || s.Apply(back...) != nil || len(schema.Diff(s.Tables(), before.Tables())) > 0 {
		return nil
	}
	return back
}

// sameTable reports whether two changes are about one table.
func sameTable(a, b schema.Change) bool { return a.On() == b.On() }

// sameColumns reports whether two changes are about a column, or the whole, of
// one table.
func sameColumns(a, b schema.Change) bool {
	x, y := columnsOf(a), columnsOf(b)
	return sameTable(a, b) && (x == nil || y == nil ||
		slices.ContainsFunc(x, func(n string) bool { return slices.Contains(y, n) }))
}

// columnsOf lists the columns that a change is about; nil is the whole table.
func columnsOf(c schema.Change) []string {
	index := func(i *schema.Index) []string {
		out := slices.Concat(i.Include, i.Where.Columns())
		for _, p := range i.Parts {
			if p.Expr != "" {
				out = append(out, p.Expr.Columns()...)
			} else {
				out = append(out, p.Column)
			}
		}
		return out
	}
	switch c := c.(type) {
	case schema.AddColumn:
		return []string{c.Column.Name}
	case schema.DropColumn:
		return []string{c.Column.Name}
	case schema.AlterColumn:
		return []string{c.To.Name}
	case schema.AddUnique:
		return c.Unique.Columns
	case schema.DropUnique:
		return c.Unique.Columns
	case schema.AddForeignKey:
		return c.ForeignKey.Columns
	case schema.DropForeignKey:
		return c.ForeignKey.Columns
	case schema.AddCheck:
		return c.Check.Expr.Columns()
	case schema.DropCheck:
		return c.Check.Expr.Columns()
	case schema.AddIndex:
		return index(c.Index)
	case schema.DropIndex:
		return index(c.Index)
	}
	return nil
}

// firm takes the guards away that operations from a comparison have for what
// an engine takes away by itself.
func firm(ops []op.Op) []op.Op {
	out := make([]op.Op, len(ops))
	for i, o := range ops {
		v := reflect.New(reflect.TypeOf(o)).Elem()
		v.Set(reflect.ValueOf(o))
		if guard := v.FieldByName("IfExists"); guard.IsValid() {
			guard.SetBool(false)
		}
		out[i] = v.Interface().(op.Op)
	}
	return out
}
