package migrate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrate/revision"
	"github.com/larder-db/larder/schema"
)

// Partial is a revision that another program began and did not finish: parts of
// it are in the database, and the version table does not have it. What this
// program begins itself is in its journal; see [Halfway].
type Partial struct {
	Lineage  string   `json:"lineage"`
	Current  []string `json:"current"` // where the version table says the database is; empty at base
	Revision string   `json:"revision"`
	Doc      string   `json:"doc,omitempty"`
	Stands   []string `json:"stands"`  // what of it is there, one phrase each: "table notes", "column users.bio"
	Missing  []string `json:"missing"` // what is not; empty when all of its schema is there

	parts []piece
}

// mostNamed is how many things a sentence lists.
const mostNamed = 12

// String is one sentence: what is there, what is not, and the way out.
func (x Partial) String() string {
	at := "base"
	if len(x.Current) > 0 {
		at = strings.Join(x.Current, ", ")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "another program was cut off in revision %s (%s): the database is recorded at %s and has ", x.Revision, x.Lineage, at)
	if len(x.Missing) == 0 {
		fmt.Fprintf(&b, "all of its schema (%s)", few(x.Stands))
	} else {
		fmt.Fprintf(&b, "%s; missing: %s", few(x.Stands), few(x.Missing))
	}
	b.WriteString("; finish it with repair or upgrade, or take it back with repair --undo")
	return b.String()
}

func few(phrases []string) string {
	if n := len(phrases) - mostNamed; n > 0 {
		return strings.Join(phrases[:mostNamed], ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(phrases, ", ")
}

// piece is something that a revision makes or takes away.
type piece struct {
	text   string
	stands bool
	// back takes it away again, where it stands.
	back []op.Op
	// table, and column in it, must hold nothing for that; empty when it does
	// not matter. fresh is the column as the revision makes it.
	table string
	fresh *schema.Column
	// final says why nothing brings back what was there before.
	final string
}

// partial looks for revisions that are not recorded and of which parts are in
// the database. The schema that the history makes up to the recorded
// revisions, and from there on, is worked out from what revisions record; live
// is the only thing that was read. A history that cannot be followed that way
// has no findings.
func (r *Runner) partial(b *book, live *op.State) []Partial {
	var out []Partial
	for _, l := range r.in {
		// Without a version table nobody has begun anything: tables are then
		// those of a time before the history.
		ours := slices.ContainsFunc(b.journal, func(e entry) bool { return e.lineage == l.Name })
		if ours || !b.has[l.version().String()] {
			continue
		}
		steps, err := l.graph.Upgrade(b.rows[l.Name], "heads")
		if err != nil || len(steps) == 0 {
			continue
		}
		from, err := r.replay(*r.o.Target, l, b.rows[l.Name])
		if err != nil {
			continue
		}
		look := &looking{up: func(id string) ([]op.Op, error) { return r.up(l, id) }, owns: r.owns(l), base: from.State, now: from.State.Clone(), live: live}
		for _, st := range steps {
			parts, err := look.revision(st)
			if err != nil {
				break
			}
			if x := partialOf(parts); x != nil {
				x.Lineage, x.Current, x.Revision, x.Doc = l.Name, slices.Clone(b.rows[l.Name]), st.Revision.ID, st.Revision.Doc
				out = append(out, *x)
			}
		}
	}
	return out
}

// partialOf is nil when no piece stands.
func partialOf(parts []piece) *Partial {
	x := &Partial{Stands: []string{}, Missing: []string{}, parts: parts}
	for _, p := range parts {
		if p.stands {
			x.Stands = append(x.Stands, p.text)
		} else {
			x.Missing = append(x.Missing, p.text)
		}
	}
	if len(x.Stands) == 0 {
		return nil
	}
	return x
}

// looking goes through a history and compares each revision with the database.
type looking struct {
	up   func(id string) ([]op.Op, error) // what a revision records
	owns func(table string) bool
	base *op.State // at the recorded revisions
	now  *op.State // as far as it has come
	live *op.State

	parts   []piece
	renamed map[string]bool // "table" and "table.column" that got another name in the revision under way
	passing map[string]bool // tables that come and go within it
}

// revision lists the parts of the next revision, in the order in which they
// are made as far as that is known.
func (k *looking) revision(st revision.Step) ([]piece, error) {
	ops, err := k.up(st.Revision.ID)
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
			k.parts = append(k.parts, piece{text: "the removal of table " + t.Name, stands: k.live.Table(t.Name) == nil, final: "table " + t.Name + " is gone, with what it held"})
		}
	}
	for _, name := range sorted(k.passing) {
		if k.live.Table(name) != nil && k.base.Table(name) == nil && k.owns(name) {
			k.parts = append(k.parts, piece{text: "table " + name, stands: true, table: name, back: []op.Op{op.DropTable{Name: name}}})
		}
	}
	return k.parts, nil
}

// rename looks at an operation that gives something another name. Under the
// old name, something else may come.
func (k *looking) rename(o op.Op) {
	switch o := o.(type) {
	case op.RenameTable:
		if k.base.Table(o.From) == nil || k.base.Table(o.To) != nil || k.now.Table(o.From) == nil || !k.owns(o.From) {
			return
		}
		k.renamed[o.From], k.renamed[o.To] = true, true
		k.parts = append(k.parts, piece{text: "the renaming of table " + o.From + " to " + o.To, stands: k.live.Table(o.To) != nil,
			back: []op.Op{op.RenameTable{From: o.To, To: o.From}}})
	case op.RenameColumn:
		base, live := k.base.Table(o.Table), k.live.Table(o.Table)
		if base == nil || live == nil || base.Column(o.To) != nil && base.Column(o.From) == nil || !k.owns(o.Table) {
			return
		}
		to := live.Column(o.To) != nil
		switch {
		case base.Column(o.From) == nil && live.Column(o.From) != nil:
			// What another program works with; this history never makes it.
			k.parts = append(k.parts, piece{text: "column " + o.Table + "." + o.From, stands: true, table: o.Table, fresh: &schema.Column{Name: o.From},
				back: []op.Op{op.DropColumn{Table: o.Table, Column: o.From}}})
		case base.Column(o.From) != nil && base.Column(o.To) == nil:
			k.renamed[o.Table+"."+o.From], k.renamed[o.Table+"."+o.To] = true, true
			k.parts = append(k.parts, piece{text: "the renaming of column " + o.Table + "." + o.From + " to " + o.To, stands: to,
				back: []op.Op{op.RenameColumn{Table: o.Table, From: o.To, To: o.From}}})
			if c := live.Column(o.From); to && c != nil {
				k.parts = append(k.parts, piece{text: "column " + o.Table + "." + o.From, stands: true, table: o.Table, fresh: &schema.Column{Name: o.From},
					back: []op.Op{op.DropColumn{Table: o.Table, Column: o.From}}})
			}
		}
	}
}

// newTable is a table that the revision makes, or makes anew under a name that
// another one had.
func (k *looking) newTable(t *schema.Table) {
	if k.renamed[t.Name] && k.base.Table(t.Name) == nil {
		return // it is there by its renaming
	}
	live := k.live.Table(t.Name)
	p := piece{text: "table " + t.Name, stands: live != nil, table: t.Name, back: []op.Op{op.DropTable{Name: t.Name}}}
	if base := k.base.Table(t.Name); base != nil {
		if !k.renamed[t.Name] {
			return // an earlier revision of those ahead takes it away first
		}
		// The one that had the name has none of the new one's columns.
		p.stands = live != nil && slices.ContainsFunc(t.Columns, func(c *schema.Column) bool { return base.Column(c.Name) == nil && live.Column(c.Name) != nil })
	}
	k.parts = append(k.parts, p)
	if !p.stands {
		return
	}
	for _, c := range t.Columns {
		if live.Column(c.Name) == nil && c.Generated == nil {
			k.parts = append(k.parts, piece{text: "column " + t.Name + "." + c.Name})
		}
	}
	for _, i := range t.Indexes {
		if live.IndexNamed(i.Name) == nil && !implied(t, i) {
			k.parts = append(k.parts, piece{text: "index " + i.Name + " on " + t.Name})
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
func (k *looking) change(c schema.Change) {
	table := c.On()
	base, live := k.base.Table(table), k.live.Table(table)
	if base == nil {
		base = &schema.Table{Name: table} // one of the revisions ahead makes it
	}
	if live == nil {
		live = &schema.Table{Name: table}
	}
	add := func(p piece) { k.parts = append(k.parts, p) }
	switch c := c.(type) {
	case schema.AddColumn:
		if name := c.Column.Name; c.Column.Generated == nil && base.Column(name) == nil && !k.renamed[table+"."+name] {
			is := live.Column(name)
			add(piece{text: "column " + table + "." + name, stands: is != nil && sort(is.Type.Kind) == sort(c.Column.Type.Kind), table: table, fresh: c.Column,
				back: []op.Op{op.DropColumn{Table: table, Column: name}}})
		}
	case schema.DropColumn:
		if name := c.Column.Name; c.Column.Generated == nil && base.Column(name) != nil && len(live.Columns) > 0 && !k.renamed[table+"."+name] {
			add(piece{text: "the removal of column " + table + "." + name, stands: live.Column(name) == nil,
				final: "column " + table + "." + name + " is gone, with what it held"})
		}
	case schema.AlterColumn:
		k.alter(c, base, live)
	case schema.AlterPrimaryKey:
		if base.Column(leading(c.To)) == nil || sameKey(base.PrimaryKey, c.To) {
			return
		}
		p := piece{text: "the primary key of table " + table, stands: c.To != nil && sameKey(live.PrimaryKey, c.To)}
		if p.stands {
			p.back = []op.Op{op.SetPrimaryKey{Table: table, Key: base.PrimaryKey}}
		}
		add(p)
	case schema.AddIndex:
		if base.IndexNamed(c.Index.Name) == nil && !implied(c.Table, c.Index) {
			add(piece{text: "index " + c.Index.Name + " on " + table, stands: live.IndexNamed(c.Index.Name) != nil, back: []op.Op{op.DropIndex{Table: table, Name: c.Index.Name}}})
		}
	default:
		k.constraint(c, base, live)
	}
}

// sort is what kinds of values are that people, and other programs, declare in
// several ways. A column with values of another sort is another column.
func sort(k schema.Kind) schema.Kind {
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
func (k *looking) alter(c schema.AlterColumn, base, live *schema.Table) {
	name := c.Table.Name + "." + c.To.Name
	was, is := base.Column(c.To.Name), live.Column(c.To.Name)
	if c.From.Type.Kind == c.To.Type.Kind || was == nil || was.Type.Kind == c.To.Type.Kind {
		return
	}
	p := piece{text: "the type of column " + name, stands: is != nil && is.Type.Kind == c.To.Type.Kind}
	if k.renamed[name] {
		// Seen with its renaming, unless that is over.
		if slices.ContainsFunc(k.parts, func(o piece) bool { return o.stands && o.text == "column "+name }) {
			return
		}
	}
	if p.stands {
		p.final = "the values of column " + name + " have another type by now"
	}
	k.parts = append(k.parts, p)
}

func (k *looking) constraint(c schema.Change, base, live *schema.Table) {
	table := c.On()
	add := func(p piece) { k.parts = append(k.parts, p) }
	switch c := c.(type) {
	case schema.AddUnique:
		if uniqueOver(base, c.Unique.Columns) != nil {
			return
		}
		p := piece{text: "the unique constraint " + called(c.Unique.Name, c.Unique.Columns) + " of table " + table}
		if u := uniqueOver(live, c.Unique.Columns); u != nil {
			p.stands, p.back = true, []op.Op{op.DropUnique{Table: table, Name: u.Name, Columns: u.Columns}}
		}
		add(p)
	case schema.AddForeignKey:
		if foreignOver(base, c.ForeignKey) != nil {
			return
		}
		p := piece{text: "the foreign key " + called(c.ForeignKey.Name, c.ForeignKey.Columns) + " of table " + table}
		if f := foreignOver(live, c.ForeignKey); f != nil {
			p.stands, p.back = true, []op.Op{op.DropForeignKey{Table: table, Name: f.Name, Columns: f.Columns}}
		}
		add(p)
	case schema.AddCheck:
		if c.Check.Name == "" || checkNamed(base, c.Check.Name) != nil {
			return
		}
		p := piece{text: "the check " + c.Check.Name + " of table " + table}
		if h := checkNamed(live, c.Check.Name); h != nil {
			p.stands, p.back = true, []op.Op{op.DropCheck{Table: table, Name: h.Name, Expr: h.Expr}}
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

// finish runs the revisions up to the last one of each lineage that was begun.
// It says what it did, one sentence each.
func (r *Runner) finish(ctx context.Context, b *book, found []Partial) (did []string, err error) {
	last := map[string]string{}
	for _, x := range found {
		last[x.Lineage] = x.Revision
	}
	var steps []aimed
	for _, l := range r.in {
		if last[l.Name] == "" {
			continue
		}
		ahead, err := l.graph.Upgrade(b.rows[l.Name], last[l.Name])
		if err != nil {
			return nil, err
		}
		for _, st := range ahead {
			steps = append(steps, aimed{l, st})
		}
	}
	rep := &Report{}
	err = r.runAll(ctx, rep, b, steps, false)
	if rep.Snapshot != "" {
		did = append(did, "the database was copied to "+rep.Snapshot)
	}
	did = append(did, rep.Removed...)
	for _, ran := range rep.Ran {
		n := slices.IndexFunc(found, func(x Partial) bool { return x.Lineage == ran.Lineage && x.Revision == ran.Revision })
		switch {
		case n < 0:
			did = append(did, "revision "+ran.Revision+" was applied: it comes before one that another program began")
		case len(found[n].Missing) == 0:
			did = append(did, "revision "+ran.Revision+" was finished: its schema was there already")
		default:
			did = append(did, "revision "+ran.Revision+" was finished: parts of it were there already")
		}
	}
	return did, err
}
