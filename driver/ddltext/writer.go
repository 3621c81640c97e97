package ddltext

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// Part is a group of constraints in a CREATE TABLE statement.
type Part int

// The parts, which stand behind the columns.
const (
	PrimaryKey Part = iota
	Uniques
	Checks
	ForeignKeys
	Indexes // inside of CREATE TABLE, for an engine without statements of their own
)

// Writer writes the statements that make tables, of tables in normal form. Its
// fields are what differs between engines; a hook that is nil writes nothing.
type Writer struct {
	Ident func(name string) string // quotes a name, which Normalize has checked
	Text  func(s string) string    // quotes a text

	// CheckName, if not nil, refuses names in expressions that the engine would
	// cut. Those outside of expressions have been checked by Normalize.
	CheckName func(name string) error

	Type        func(c *schema.Column) (string, error) // the type of a column, quoted where it has to be; empty for none
	Constraints []Part                                 // in the order in which they are written

	False, True string                                  // how a default spells them
	Special     func(c *schema.Column) string           // a default that is an expression, in words of its own: schema.Now; empty for none
	Literal     func(c *schema.Column, s string) string // a text as a default, where Text alone will not do

	// Identity writes what numbers the rows, in the place of a default.
	Identity func(c *schema.Column) string
	// Numbered writes all that follows the type of a column which is its
	// table's primary key by the clause that numbers the rows.
	Numbered func(t *schema.Table, c *schema.Column) string

	// PipesCall: || does not join texts; CONCAT does.
	PipesCall bool
	// NullFirst: NULL and NOT NULL are both written, ahead of the default.
	NullFirst bool
	// BareGenerated: generated columns take no NOT NULL.
	BareGenerated bool
	// BareIndexExpr: an indexed expression stands without parentheses.
	BareIndexExpr bool
	// InlineComment: a comment is a clause of what it is about.
	InlineComment bool
	// CommentOn: a comment is a statement of its own.
	CommentOn bool
	// KnowsLater: a foreign key may name a table that does not exist yet.
	KnowsLater bool

	Around func(t *schema.Table) (before, behind []string) // further statements around CREATE TABLE
	Items  func(t *schema.Table) []string                  // further constraints, behind the others
	Tail   func(t *schema.Table) string                    // what follows the closing parenthesis
}

// NowAs is a [Writer.Special] for an engine that spells the time of the insert
// in one way.
func NowAs(text string) func(c *schema.Column) string {
	return func(c *schema.Column) string {
		if c.Default.Expr == schema.Now {
			return text
		}
		return ""
	}
}

// CreateTables writes the statements that make tables in normal form, in an
// order that works whatever the order of the arguments.
func (w *Writer) CreateTables(normal []*schema.Table) ([]string, error) {
	var out, later []string
	sorted, late := schema.Sorted(normal)
	if w.KnowsLater {
		late = nil
	}
	for _, t := range sorted {
		var before, behind []string
		if w.Around != nil {
			before, behind = w.Around(t)
		}
		create, err := w.table(t, late)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, before...), create), behind...)
		for _, f := range t.ForeignKeys {
			if late[f] != nil {
				later = append(later, "ALTER TABLE "+w.name(t)+" ADD "+w.ForeignKey(f))
			}
		}
		for _, i := range t.Indexes {
			if w.writes(Indexes) {
				break
			}
			s, err := w.Index(t, i)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
			if w.CommentOn && i.Comment != "" {
				out = append(out, w.Comment("INDEX "+w.Ident(i.Name), i.Comment))
			}
		}
		if w.CommentOn {
			out = append(out, w.comments(t)...)
		}
	}
	return append(out, later...), nil
}

func (w *Writer) name(t *schema.Table) string {
	if t.Schema != "" {
		return w.Ident(t.Schema) + "." + w.Ident(t.Name)
	}
	return w.Ident(t.Name)
}

func (w *Writer) writes(p Part) bool {
	for _, c := range w.Constraints {
		if c == p {
			return true
		}
	}
	return false
}

func (w *Writer) comments(t *schema.Table) []string {
	var out []string
	if t.Comment != "" {
		out = append(out, w.Comment("TABLE "+w.name(t), t.Comment))
	}
	for _, c := range t.Columns {
		if c.Comment != "" {
			out = append(out, w.Comment("COLUMN "+w.name(t)+"."+w.Ident(c.Name), c.Comment))
		}
	}
	return out
}

// Comment writes COMMENT ON for an object, whose kind and quoted name are
// given; an empty text takes the comment away.
func (w *Writer) Comment(object, text string) string {
	if text == "" {
		return "COMMENT ON " + object + " IS NULL"
	}
	return "COMMENT ON " + object + " IS " + w.Text(text)
}

// Table writes CREATE TABLE with all foreign keys.
func (w *Writer) Table(t *schema.Table) (string, error) { return w.table(t, nil) }

// table leaves out the foreign keys that come later.
func (w *Writer) table(t *schema.Table, late map[*schema.ForeignKey]*schema.Table) (string, error) {
	var items []string
	numbered := false
	for _, c := range t.Columns {
		s, err := w.Column(t, c)
		if err != nil {
			return "", err
		}
		items = append(items, s)
		numbered = numbered || w.Numbered != nil && w.Numbered(t, c) != ""
	}
	for _, part := range w.Constraints {
		switch part {
		case PrimaryKey:
			if t.PrimaryKey != nil && !numbered {
				items = append(items, w.PrimaryKey(t.PrimaryKey))
			}
		case Uniques:
			for _, u := range t.Uniques {
				items = append(items, w.Unique(u))
			}
		case Checks:
			for _, k := range t.Checks {
				s, err := w.Check(k)
				if err != nil {
					return "", err
				}
				items = append(items, s)
			}
		case ForeignKeys:
			for _, f := range t.ForeignKeys {
				if late[f] == nil {
					items = append(items, w.ForeignKey(f))
				}
			}
		case Indexes:
			for _, i := range t.Indexes {
				s, err := w.Key(i)
				if err != nil {
					return "", err
				}
				items = append(items, s)
			}
		}
	}
	if w.Items != nil {
		items = append(items, w.Items(t)...)
	}
	s := "CREATE TABLE " + w.name(t) + " (\n\t" + strings.Join(items, ",\n\t") + "\n)"
	if w.Tail != nil {
		s += w.Tail(t)
	}
	if w.InlineComment && t.Comment != "" {
		s += " COMMENT=" + w.Text(t.Comment)
	}
	return s, nil
}

// Column writes the definition of a column.
func (w *Writer) Column(t *schema.Table, c *schema.Column) (string, error) {
	s := w.Ident(c.Name)
	ty, err := w.Type(c)
	if err != nil {
		return "", err
	}
	if ty != "" {
		s += " " + ty
	}
	if w.Numbered != nil {
		if key := w.Numbered(t, c); key != "" {
			return s + key, nil
		}
	}
	if c.Collation != "" {
		s += " COLLATE " + w.Ident(c.Collation)
	}
	null := ""
	if !c.Nullable {
		null = " NOT NULL"
	}
	if w.NullFirst && c.Generated == nil {
		if c.Nullable {
			null = " NULL"
		}
		s, null = s+null, ""
	}
	value, err := w.value(c)
	if err != nil {
		return "", err
	}
	s += value
	if c.Generated == nil || !w.BareGenerated {
		s += null
	}
	if w.InlineComment && c.Comment != "" {
		s += " COMMENT " + w.Text(c.Comment)
	}
	return s, nil
}

// value writes where the values of a column come from.
func (w *Writer) value(c *schema.Column) (string, error) {
	s := ""
	if c.Identity != nil && w.Identity != nil {
		s += w.Identity(c)
	}
	if c.Default != nil {
		d, err := w.Default(c)
		if err != nil {
			return "", err
		}
		s += " DEFAULT " + d
	}
	if c.Generated != nil {
		g, err := w.Generated(c.Generated)
		if err != nil {
			return "", err
		}
		s += " " + g
	}
	return s, nil
}

// Generated writes the clause of a generated column.
func (w *Writer) Generated(g *schema.Generated) (string, error) {
	e, err := w.Expr(g.Expr)
	if err != nil {
		return "", err
	}
	kind := ") VIRTUAL"
	if g.Stored {
		kind = ") STORED"
	}
	return "GENERATED ALWAYS AS (" + e + kind, nil
}

// Default writes the default of a column, without the word.
func (w *Writer) Default(c *schema.Column) (string, error) {
	d := c.Default
	if d.Expr != "" {
		if s := w.Special(c); s != "" {
			return s, nil
		}
		e, err := w.Expr(d.Expr)
		return "(" + e + ")", err
	}
	switch v := d.Value.(type) {
	case bool:
		if v {
			return w.True, nil
		}
		return w.False, nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case string:
		switch {
		case strings.ContainsRune(v, 0):
			return "", dberr.New(dberr.Invalid, "default", "a default cannot hold NUL")
		case w.Literal != nil:
			return w.Literal(c, v), nil
		}
		return w.Text(v), nil
	}
	return "", dberr.New(dberr.Invalid, "default", fmt.Sprintf("a default cannot be a %T; use a string, a number or a bool", d.Value))
}

// Columns writes a list of names in parentheses.
func (w *Writer) Columns(names []string) string { return w.columns(names, nil) }

func (w *Writer) columns(names []string, prefix []int) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = w.Ident(n)
		if i < len(prefix) && prefix[i] > 0 {
			quoted[i] += "(" + strconv.Itoa(prefix[i]) + ")"
		}
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}

func (w *Writer) named(name string) string {
	if name == "" {
		return ""
	}
	return "CONSTRAINT " + w.Ident(name) + " "
}

// PrimaryKey writes the constraint.
func (w *Writer) PrimaryKey(k *schema.PrimaryKey) string {
	return w.named(k.Name) + "PRIMARY KEY " + w.columns(k.Columns, k.Prefix)
}

// Unique writes the constraint.
func (w *Writer) Unique(u *schema.Unique) string {
	return w.named(u.Name) + "UNIQUE " + w.Columns(u.Columns)
}

// Check writes the constraint.
func (w *Writer) Check(k *schema.Check) (string, error) {
	e, err := w.Expr(k.Expr)
	return w.named(k.Name) + "CHECK (" + e + ")", err
}

// ForeignKey writes the constraint.
func (w *Writer) ForeignKey(f *schema.ForeignKey) string {
	return w.named(f.Name) + "FOREIGN KEY " + w.Columns(f.Columns) + " " + w.references(f)
}

// References writes the constraint as a clause of its only column.
func (w *Writer) References(f *schema.ForeignKey) string { return w.named(f.Name) + w.references(f) }

func (w *Writer) references(f *schema.ForeignKey) string {
	s := "REFERENCES "
	if f.RefSchema != "" {
		s += w.Ident(f.RefSchema) + "."
	}
	s += w.Ident(f.RefTable) + " " + w.Columns(f.RefColumns)
	if f.OnUpdate != schema.NoAction {
		s += " ON UPDATE " + string(f.OnUpdate)
	}
	if f.OnDelete != schema.NoAction {
		s += " ON DELETE " + string(f.OnDelete)
	}
	if f.Deferrable {
		s += " DEFERRABLE INITIALLY DEFERRED"
	}
	return s
}

// Index writes CREATE INDEX.
func (w *Writer) Index(t *schema.Table, i *schema.Index) (string, error) {
	s := "CREATE INDEX "
	if i.Unique {
		s = "CREATE UNIQUE INDEX "
	}
	s += w.Ident(i.Name) + " ON " + w.name(t)
	if i.Method != "" {
		s += " USING " + w.Ident(i.Method)
	}
	parts, err := w.parts(i)
	if err != nil {
		return "", err
	}
	s += " " + parts
	if len(i.Include) > 0 {
		s += " INCLUDE " + w.Columns(i.Include)
	}
	if i.Where != "" {
		e, err := w.Expr(i.Where)
		if err != nil {
			return "", err
		}
		s += " WHERE " + e
	}
	return s, nil
}

// Key writes an index as a clause of CREATE or ALTER TABLE.
func (w *Writer) Key(i *schema.Index) (string, error) {
	s := "KEY "
	switch {
	case i.Unique:
		s = "UNIQUE KEY "
	case i.Method == "fulltext" || i.Method == "spatial":
		s = strings.ToUpper(i.Method) + " KEY "
	}
	parts, err := w.parts(i)
	if err != nil {
		return "", err
	}
	s += w.Ident(i.Name) + " " + parts
	if i.Method == "hash" {
		s += " USING HASH"
	}
	if w.InlineComment && i.Comment != "" {
		s += " COMMENT " + w.Text(i.Comment)
	}
	return s, nil
}

// parts writes the columns and expressions of an index.
func (w *Writer) parts(i *schema.Index) (string, error) {
	parts := make([]string, len(i.Parts))
	for n, p := range i.Parts {
		s := w.Ident(p.Column)
		if p.Expr != "" {
			e, err := w.Expr(p.Expr)
			if err != nil {
				return "", err
			}
			if s = e; !w.BareIndexExpr {
				s = "(" + e + ")"
			}
		}
		if p.Prefix > 0 {
			s += "(" + strconv.Itoa(p.Prefix) + ")"
		}
		before, after := splitOptions(p.Options)
		s += before
		if p.Desc {
			s += " DESC"
		}
		parts[n] = s + after
	}
	return "(" + strings.Join(parts, ", ") + ")", nil
}

// splitOptions parts what stands ahead of ASC or DESC from what stands behind,
// each with a space at its head unless it is empty.
func splitOptions(o string) (before, after string) {
	if i := strings.Index(o, "NULLS "); i >= 0 {
		o, after = strings.TrimSpace(o[:i]), " "+o[i:]
	}
	if o != "" {
		before = " " + o
	}
	return before, after
}

// Enum writes the values of an enum type, quoted, with commas between them.
func (w *Writer) Enum(values []string, comma string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = w.Text(v)
	}
	return strings.Join(quoted, comma)
}

// Expr writes a portable expression in the engine's own quotation marks.
func (w *Writer) Expr(e schema.Expr) (string, error) {
	s, err := sqltext.Render(string(e), w.PipesCall,
		func(name string) (string, error) {
			if w.CheckName == nil {
				return w.Ident(name), nil
			}
			return w.Ident(name), w.CheckName(name)
		},
		func(text string) (string, error) { return w.Text(text), nil })
	if err != nil && dberr.CodeOf(err) == dberr.Internal {
		return "", dberr.New(dberr.Invalid, "expression", "the expression cannot be read: "+err.Error())
	}
	return s, err
}
