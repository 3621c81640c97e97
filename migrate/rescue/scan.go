package rescue

import (
	"maps"
	"slices"
	"strings"

	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// halfDoneScan goes through a history and compares each revision with the database.
type halfDoneScan struct {
	set  *history.Set
	owns func(table string) bool
	base *op.State // at the recorded revisions
	now  *op.State // as far as it has come
	live *op.State

	parts   []Part
	renamed map[string]bool // "table" and "table.column" that got another name in the revision under way
	passing map[string]bool // tables that come and go within it
}

// revision lists the parts of the next revision, in the order in which they
// are made as far as that is known.
func (k *halfDoneScan) revision(st history.Step) ([]Part, error) {
	ops, err := k.set.Up(st.Member, st.ID())
	if err != nil {
		return nil, err
	}
	before := k.now.Clone()
	k.parts, k.renamed, k.passing = nil, map[string]bool{}, map[string]bool{}
	for o := range op.All(ops) {
		k.rename(o)
		if err := k.now.Apply(o); err != nil {
			return nil, err
		}
		if c, ok := o.(op.CreateTable); ok && before.Table(c.Table.Name) == nil {
			k.passing[c.Table.Name] = true
		}
	}
	for _, t := range k.now.Tables() {
		delete(k.passing, t.Name)
		was := before.Table(t.Name)
		if was == t || !k.owns(t.Name) {
			continue // tables are replaced, never changed
		}
		if was == nil || k.renamed[t.Name] {
			k.newTable(t)
			continue
		}
		for _, c := range schema.Diff([]*schema.Table{was}, []*schema.Table{t}) {
			k.change(c)
		}
	}
	for _, t := range before.Tables() {
		if k.now.Table(t.Name) == nil && k.owns(t.Name) && !k.renamed[t.Name] && k.base.Table(t.Name) != nil {
			k.parts = append(k.parts, Part{Text: "the removal of table " + t.Name, Present: k.live.Table(t.Name) == nil,
				Final: "table " + t.Name + " is gone, with what it held"})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(k.passing)) {
		if k.live.Table(name) != nil && k.base.Table(name) == nil && k.owns(name) {
			k.parts = append(k.parts, Part{Text: "table " + name, Present: true, Table: name,
				Back: []op.Op{op.DropTable{Name: name}}})
		}
	}
	return k.parts, nil
}

// rename looks at an operation that gives something another name. Under the
// old name, something else may come.
func (k *halfDoneScan) rename(o op.Op) {
	switch o := o.(type) {
	case op.RenameTable:
		if k.base.Table(o.From) == nil || k.base.Table(o.To) != nil || k.now.Table(o.From) == nil || !k.owns(o.From) {
			return
		}
		k.renamed[o.From], k.renamed[o.To] = true, true
		k.parts = append(k.parts, Part{Text: "the renaming of table " + o.From + " to " + o.To,
			Present: k.live.Table(o.To) != nil,
			Back:    []op.Op{op.RenameTable{From: o.To, To: o.From}}})
	case op.RenameColumn:
		base, live := k.base.Table(o.Table), k.live.Table(o.Table)
		if base == nil || live == nil || base.Column(o.To) != nil && base.Column(o.From) == nil || !k.owns(o.Table) {
			return
		}
		to := live.Column(o.To) != nil
		switch {
		case base.Column(o.From) == nil && live.Column(o.From) != nil:
			// What another program works with; this history never makes it.
			k.parts = append(k.parts, Part{Text: "column " + o.Table + "." + o.From, Present: true, Table: o.Table,
				Column: &schema.Column{Name: o.From},
				Back:   []op.Op{op.DropColumn{Table: o.Table, Column: o.From}}})
		case base.Column(o.From) != nil && base.Column(o.To) == nil:
			k.renamed[o.Table+"."+o.From], k.renamed[o.Table+"."+o.To] = true, true
			k.parts = append(k.parts, Part{Text: "the renaming of column " + o.Table + "." + o.From + " to " + o.To, Present: to,
				Back: []op.Op{op.RenameColumn{Table: o.Table, From: o.To, To: o.From}}})
			if c := live.Column(o.From); to && c != nil {
				k.parts = append(k.parts, Part{Text: "column " + o.Table + "." + o.From, Present: true, Table: o.Table,
					Column: &schema.Column{Name: o.From},
					Back:   []op.Op{op.DropColumn{Table: o.Table, Column: o.From}}})
			}
		}
	}
}

// newTable is a table that the revision makes, or makes anew under a name that
// another one had.
func (k *halfDoneScan) newTable(t *schema.Table) {
	if k.renamed[t.Name] && k.base.Table(t.Name) == nil {
		return // it is there by its renaming
	}
	live := k.live.Table(t.Name)
	p := Part{Text: "table " + t.Name, Present: live != nil, Table: t.Name, Back: []op.Op{op.DropTable{Name: t.Name}}}
	if base := k.base.Table(t.Name); base != nil {
		if !k.renamed[t.Name] {
			return // an earlier revision of those ahead takes it away first
		}
		// The one that had the name has none of the new one's columns.
		p.Present = live != nil && slices.ContainsFunc(t.Columns,
			func(c *schema.Column) bool { return base.Column(c.Name) == nil && live.Column(c.Name) != nil })
	}
	k.parts = append(k.parts, p)
	if !p.Present {
		return
	}
	for _, c := range t.Columns {
		if live.Column(c.Name) == nil && c.Generated == nil {
			k.parts = append(k.parts, Part{Text: "column " + t.Name + "." + c.Name})
		}
	}
	for _, i := range t.Indexes {
		if live.IndexNamed(i.Name) == nil && !implied(t, i) {
			k.parts = append(k.parts, Part{Text: "index " + i.Name + " on " + t.Name})
		}
	}
}

// implied reports whether an index comes with a foreign key or a generated
// column of the engine.
func implied(t *schema.Table, i *schema.Index) bool {
	return slices.ContainsFunc(t.ForeignKeys, func(f *schema.ForeignKey) bool { return f.Name == i.Name })
}

// change is one change of a table that is there before the revision. What the
// recorded revisions have already says nothing: it may go on the way and come
// back.
func (k *halfDoneScan) change(c schema.Change) {
	table := c.On()
	base, live := k.base.Table(table), k.live.Table(table)
	if base == nil {
		base = &schema.Table{Name: table} // one of the revisions ahead makes it
	}
	if live == nil {
		live = &schema.Table{Name: table}
	}
	add := func(p Part) { k.parts = append(k.parts, p) }
	switch c := c.(type) {
	case schema.AddColumn:
		if name := c.Column.Name; c.Column.Generated == nil && base.Column(name) == nil && !k.renamed[table+"."+name] {
			is := live.Column(name)
			add(Part{Text: "column " + table + "." + name, Present: is != nil &&
				typeFamily(is.Type.Kind) == typeFamily(c.Column.Type.Kind), Table: table, Column: c.Column,
				Back: []op.Op{op.DropColumn{Table: table, Column: name}}})
		}
	case schema.DropColumn:
		if name := c.Column.Name; c.Column.Generated == nil && base.Column(name) != nil && len(live.Columns) > 0 &&
			!k.renamed[table+"."+name] {
			add(Part{Text: "the removal of column " + table + "." + name, Present: live.Column(name) == nil,
				Final: "column " + table + "." + name + " is gone, with what it held"})
		}
	case schema.AlterColumn:
		k.alter(c, base, live)
	case schema.AlterPrimaryKey:
		if base.Column(leading(c.To)) == nil || sameKey(base.PrimaryKey, c.To) {
			return
		}
		p := Part{Text: "the primary key of table " + table, Present: c.To != nil && sameKey(live.PrimaryKey, c.To)}
		if p.Present {
			p.Back = []op.Op{op.SetPrimaryKey{Table: table, Key: base.PrimaryKey}}
		}
		add(p)
	case schema.AddIndex:
		if base.IndexNamed(c.Index.Name) == nil && !implied(c.Table, c.Index) {
			add(Part{Text: "index " + c.Index.Name + " on " + table, Present: live.IndexNamed(c.Index.Name) != nil,
				Back: []op.Op{op.DropIndex{Table: table, Name: c.Index.Name}}})
		}
	default:
		k.constraint(c, base, live)
	}
}

// typeFamily is what kinds of values are that people, and other programs, declare in
// several ways. A column with values of another family is another column.
func typeFamily(k schema.Kind) schema.Kind {
	switch k {
	case schema.String, schema.JSON, schema.JSONB, schema.UUID, schema.Enum:
		return schema.Text
	case schema.SmallInt, schema.BigInt, schema.Boolean, schema.Float, schema.Numeric:
		return schema.Integer
	case schema.Date:
		return schema.DateTime
	}
	return k
}

// leading is a column of a key.
func leading(k *schema.PrimaryKey) string {
	if k == nil || len(k.Columns) == 0 {
		return ""
	}
	return k.Columns[0]
}

func sameKey(a, b *schema.PrimaryKey) bool {
	if a == nil || b == nil {
		return a == b
	}
	return slices.Equal(a.Columns, b.Columns)
}

// alter looks at the kind of a column's values; that it can be NULL, or has a
// default, differs too easily to say who has been there.
func (k *halfDoneScan) alter(c schema.AlterColumn, base, live *schema.Table) {
	name := c.Table.Name + "." + c.To.Name
	was, is := base.Column(c.To.Name), live.Column(c.To.Name)
	if c.From.Type.Kind == c.To.Type.Kind || was == nil || was.Type.Kind == c.To.Type.Kind {
		return
	}
	p := Part{Text: "the type of column " + name, Present: is != nil && is.Type.Kind == c.To.Type.Kind}
	if k.renamed[name] {
		// Seen with its renaming, unless that is over.
		if slices.ContainsFunc(k.parts, func(o Part) bool { return o.Present && o.Text == "column "+name }) {
			return
		}
	}
	if p.Present {
		p.Final = "the values of column " + name + " have another type by now"
	}
	k.parts = append(k.parts, p)
}

func (k *halfDoneScan) constraint(c schema.Change, base, live *schema.Table) {
	table := c.On()
	add := func(p Part) { k.parts = append(k.parts, p) }
	switch c := c.(type) {
	case schema.AddUnique:
		if uniqueOver(base, c.Unique.Columns) != nil {
			return
		}
		p := Part{Text: "the unique constraint " + called(c.Unique.Name, c.Unique.Columns) + " of table " + table}
		if u := uniqueOver(live, c.Unique.Columns); u != nil {
			p.Present, p.Back = true, []op.Op{op.DropUnique{Table: table, Name: u.Name, Columns: u.Columns}}
		}
		add(p)
	case schema.AddForeignKey:
		if foreignOver(base, c.ForeignKey) != nil {
			return
		}
		p := Part{Text: "the foreign key " + called(c.ForeignKey.Name, c.ForeignKey.Columns) + " of table " + table}
		if f := foreignOver(live, c.ForeignKey); f != nil {
			p.Present, p.Back = true, []op.Op{op.DropForeignKey{Table: table, Name: f.Name, Columns: f.Columns}}
		}
		add(p)
	case schema.AddCheck:
		if c.Check.Name == "" || checkNamed(base, c.Check.Name) != nil {
			return
		}
		p := Part{Text: "the check " + c.Check.Name + " of table " + table}
		if h := checkNamed(live, c.Check.Name); h != nil {
			p.Present, p.Back = true, []op.Op{op.DropCheck{Table: table, Name: h.Name, Expr: h.Expr}}
		}
		add(p)
	}
}

// called is what a constraint is known by.
func called(name string, columns []string) string {
	if name != "" {
		return name
	}
	return "(" + strings.Join(columns, ", ") + ")"
}

func uniqueOver(t *schema.Table, columns []string) *schema.Unique {
	n := slices.IndexFunc(t.Uniques, func(u *schema.Unique) bool { return slices.Equal(u.Columns, columns) })
	if n < 0 {
		return nil
	}
	return t.Uniques[n]
}

func foreignOver(t *schema.Table, f *schema.ForeignKey) *schema.ForeignKey {
	n := slices.IndexFunc(t.ForeignKeys, func(o *schema.ForeignKey) bool {
		return o.RefTable == f.RefTable && slices.Equal(o.Columns, f.Columns)
	})
	if n < 0 {
		return nil
	}
	return t.ForeignKeys[n]
}

func checkNamed(t *schema.Table, name string) *schema.Check {
	n := slices.IndexFunc(t.Checks, func(k *schema.Check) bool { return k.Name == name })
	if n < 0 {
		return nil
	}
	return t.Checks[n]
}
