package migrate

import (
	"slices"

	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Comparison is one facet of a column that is in the database and in the
// declaration, both as the engine holds them.
type Comparison struct {
	Table          string
	Live, Declared *schema.Column // not to be changed
	Facet          schema.Facet
	Differs        bool // what the comparison says by itself
}

// Verdict is what a program says of a [Comparison].
type Verdict int

// The verdicts.
const (
	Undecided Verdict = iota // the comparison is right
	Equal
	Different
)

// facets are those that a program is asked about.
var facets = []schema.Facet{schema.TypeFacet, schema.NullFacet, schema.DefaultFacet, schema.GeneratedFacet, schema.IdentityFacet, schema.CollationFacet, schema.CommentFacet}

// judge asks the lineage about every column that both sides have.
func (l *lineage) judge(changes []schema.Change, live, declared *op.State) []schema.Change {
	if l.Compare == nil {
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
				switch l.Compare(Comparison{Table: t.Name, Live: from, Declared: c, Facet: f, Differs: differs}) {
				case Equal:
					differs = false
				case Different:
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
