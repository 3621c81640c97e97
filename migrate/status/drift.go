package status

import (
	"context"
	"slices"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/rescue"
	"github.com/larder-db/larder/schema"
)

// Inspect reads all tables but those that the lineages need for themselves.
func Inspect(ctx context.Context, in ledger.Inspector, set *history.Set) (*op.State, error) {
	tables, err := in.Inspect(ctx, driver.InspectOptions{Tables: func(name string) bool {
		return !ledger.Keeps(set,
			name)
	}})
	if err != nil {
		return nil, err
	}
	return op.LiveState(set.Target().DDL, tables...), nil
}

// Live reads the tables of one lineage.
func Live(ctx context.Context, in ledger.Inspector, set *history.Set, m *history.Member) (*op.State, error) {
	tables, err := in.Inspect(ctx, driver.InspectOptions{Tables: rescue.Owns(set, m)})
	if err != nil {
		return nil, err
	}
	return op.LiveState(set.Target().DDL, tables...), nil
}

// Drift is what has to be done to make tables what a lineage declares; nil when
// they are. The database, if one is given, is asked where texts cannot tell.
func Drift(ctx context.Context, eng *engine.Engine, set *history.Set, m *history.Member,
	live *op.State) ([]schema.Change, error) {
	declared, err := op.NewState(set.Target().DDL, m.Tables...)
	if err != nil {
		return nil, err
	}
	changes, err := differences(ctx, eng, live, declared)
	if err != nil {
		return nil, err
	}
	changes = judge(m, changes, live, declared)
	if m.Ignore != nil {
		changes = slices.DeleteFunc(changes, func(c schema.Change) bool { return m.Ignore(live.Table(c.On()), c) })
	}
	return changes, nil
}

// facets are those that a program is asked about.
var facets = []schema.Facet{schema.TypeFacet, schema.NullFacet, schema.DefaultFacet, schema.GeneratedFacet,
	schema.IdentityFacet, schema.CollationFacet, schema.CommentFacet}

// judge asks the lineage about every column that both sides have.
func judge(m *history.Member, changes []schema.Change, live, declared *op.State) []schema.Change {
	if m.Compare == nil {
		return changes
	}
	var out, more []schema.Change
	found := map[[2]string]schema.AlterColumn{}
	for _, c := range changes {
		if a, ok := c.(schema.AlterColumn); ok {
			found[[2]string{a.Table.Name, a.To.Name}] = a
			continue
		}
		out = append(out, c)
	}
	for _, t := range declared.Tables() {
		was := live.Table(t.Name)
		if was == nil {
			continue
		}
		for _, c := range t.Columns {
			from := was.Column(c.Name)
			if from == nil {
				continue
			}
			a := schema.AlterColumn{Table: t, From: from, To: c}
			had := found[[2]string{t.Name, c.Name}]
			for _, f := range facets {
				differs := slices.Contains(had.Facets, f)
				switch m.Compare(history.Comparison{Table: t.Name, Live: from, Declared: c, Facet: f, Differs: differs}) {
				case history.Equal:
					differs = false
				case history.Different:
					differs = true
				}
				if differs {
					a.Facets = append(a.Facets, f)
				}
			}
			if len(a.Facets) > 0 {
				more = append(more, a)
			}
		}
	}
	// Columns change ahead of the keys and indexes over them, as in schema.Diff.
	n := slices.IndexFunc(out, func(c schema.Change) bool {
		switch c.(type) {
		case schema.AlterPrimaryKey, schema.AddUnique, schema.AddCheck, schema.AddIndex, schema.AddForeignKey:
			return true
		}
		return false
	})
	if n < 0 {
		n = len(out)
	}
	return slices.Insert(out, n, more...)
}
