package schema

import (
	"fmt"
	"strconv"
	"strings"
)

// Change is one difference between two schemas, as what has to be done to turn
// the one into the other. It is one of the types of this file. String is one
// line for people: "add column note.title text null".
type Change interface {
	fmt.Stringer
	// On is the name of the table that is changed.
	On() string
	// Reverse is the change that undoes this one.
	Reverse() Change
}

// AddTable creates a table with all that belongs to it.
type AddTable struct{ Table *Table }

// DropTable drops a table with all that belongs to it.
type DropTable struct{ Table *Table }

// AddColumn adds a column to a table that exists.
type AddColumn struct {
	Table  *Table // as it is afterwards
	Column *Column
}

// DropColumn drops a column.
type DropColumn struct {
	Table  *Table // as it was before
	Column *Column
}

// Facet is one side of a column that can change by itself.
type Facet string

// The facets of a column.
const (
	TypeFacet      Facet = "type"
	NullFacet      Facet = "nullable"
	DefaultFacet   Facet = "default"
	GeneratedFacet Facet = "generated"
	IdentityFacet  Facet = "identity"
	CollationFacet Facet = "collation"
	CommentFacet   Facet = "comment"
)

// AlterColumn changes a column that stays.
type AlterColumn struct {
	Table    *Table // as it is afterwards
	From, To *Column
	Facets   []Facet // what differs, in the order of the constants; never empty
}

// AlterPrimaryKey adds, drops or replaces the primary key; nil is none.
type AlterPrimaryKey struct {
	Table    *Table // as it is afterwards
	From, To *PrimaryKey
}

// AddUnique adds a unique constraint.
type AddUnique struct {
	Table  *Table
	Unique *Unique
}

// DropUnique drops a unique constraint.
type DropUnique struct {
	Table  *Table
	Unique *Unique
}

// AddForeignKey adds a foreign key.
type AddForeignKey struct {
	Table      *Table
	ForeignKey *ForeignKey
}

// DropForeignKey drops a foreign key.
type DropForeignKey struct {
	Table      *Table
	ForeignKey *ForeignKey
}

// AddCheck adds a check constraint.
type AddCheck struct {
	Table *Table
	Check *Check
}

// DropCheck drops a check constraint.
type DropCheck struct {
	Table *Table
	Check *Check
}

// AddIndex adds an index.
type AddIndex struct {
	Table *Table
	Index *Index
}

// DropIndex drops an index.
type DropIndex struct {
	Table *Table
	Index *Index
}

// CommentTable changes the comment of a table.
type CommentTable struct {
	Table    *Table // as it is afterwards
	From, To string
}

func (c AddTable) On() string        { return c.Table.Name }
func (c DropTable) On() string       { return c.Table.Name }
func (c AddColumn) On() string       { return c.Table.Name }
func (c DropColumn) On() string      { return c.Table.Name }
func (c AlterColumn) On() string     { return c.Table.Name }
func (c AlterPrimaryKey) On() string { return c.Table.Name }
func (c AddUnique) On() string       { return c.Table.Name }
func (c DropUnique) On() string      { return c.Table.Name }
func (c AddForeignKey) On() string   { return c.Table.Name }
func (c DropForeignKey) On() string  { return c.Table.Name }
func (c AddCheck) On() string        { return c.Table.Name }
func (c DropCheck) On() string       { return c.Table.Name }
func (c AddIndex) On() string        { return c.Table.Name }
func (c DropIndex) On() string       { return c.Table.Name }
func (c CommentTable) On() string    { return c.Table.Name }

func (c AddTable) Reverse() Change        { return DropTable(c) }
func (c DropTable) Reverse() Change       { return AddTable(c) }
func (c AddColumn) Reverse() Change       { return DropColumn(c) }
func (c DropColumn) Reverse() Change      { return AddColumn(c) }
func (c AlterColumn) Reverse() Change     { c.From, c.To = c.To, c.From; return c }
func (c AlterPrimaryKey) Reverse() Change { c.From, c.To = c.To, c.From; return c }
func (c AddUnique) Reverse() Change       { return DropUnique(c) }
func (c DropUnique) Reverse() Change      { return AddUnique(c) }
func (c AddForeignKey) Reverse() Change   { return DropForeignKey(c) }
func (c DropForeignKey) Reverse() Change  { return AddForeignKey(c) }
func (c AddCheck) Reverse() Change        { return DropCheck(c) }
func (c DropCheck) Reverse() Change       { return AddCheck(c) }
func (c AddIndex) Reverse() Change        { return DropIndex(c) }
func (c DropIndex) Reverse() Change       { return AddIndex(c) }
func (c CommentTable) Reverse() Change    { c.From, c.To = c.To, c.From; return c }

func (c AddTable) String() string {
	return fmt.Sprintf("add table %s (%d columns)", c.Table.Name, len(c.Table.Columns))
}
func (c DropTable) String() string { return "drop table " + c.Table.Name }
func (c AddColumn) String() string {
	return "add column " + c.Table.Name + "." + c.Column.String()
}
func (c DropColumn) String() string { return "drop column " + c.Table.Name + "." + c.Column.Name }
func (c AlterColumn) String() string {
	parts := make([]string, len(c.Facets))
	for i, f := range c.Facets {
		parts[i] = string(f) + " " + c.From.facet(f) + " -> " + c.To.facet(f)
	}
	return "alter column " + c.Table.Name + "." + c.To.Name + ": " + strings.Join(parts, ", ")
}
func (c AlterPrimaryKey) String() string {
	return "alter primary key of " + c.Table.Name + ": " + c.From.String() + " -> " + c.To.String()
}
func (c AddUnique) String() string  { return "add " + c.Unique.String() + " to " + c.Table.Name }
func (c DropUnique) String() string { return "drop " + c.Unique.String() + " of " + c.Table.Name }
func (c AddForeignKey) String() string {
	return "add " + c.ForeignKey.String() + " to " + c.Table.Name
}
func (c DropForeignKey) String() string {
	return "drop " + c.ForeignKey.String() + " of " + c.Table.Name
}
func (c AddCheck) String() string  { return "add " + c.Check.String() + " to " + c.Table.Name }
func (c DropCheck) String() string { return "drop " + c.Check.String() + " of " + c.Table.Name }
func (c AddIndex) String() string  { return "add " + c.Index.String() + " to " + c.Table.Name }
func (c DropIndex) String() string { return "drop " + c.Index.String() + " of " + c.Table.Name }
func (c CommentTable) String() string {
	return fmt.Sprintf("comment on table %s: %q -> %q", c.Table.Name, c.From, c.To)
}

// String is the type in one word: the engine's spelling where it is known,
// else the kind.
func (ty Type) String() string {
	if ty.Raw != "" {
		return ty.Raw
	}
	switch {
	case ty.Kind == String && ty.Length > 0:
		return fmt.Sprintf("string(%d)", ty.Length)
	case ty.Kind == Numeric && ty.Precision > 0:
		return fmt.Sprintf("numeric(%d,%d)", ty.Precision, ty.Scale)
	}
	return string(ty.Kind)
}

// String is the column as a declaration reads.
func (c *Column) String() string {
	s := c.Name + " " + c.Type.String()
	if c.Nullable {
		s += " null"
	} else {
		s += " not null"
	}
	if c.Default != nil {
		s += " default " + c.Default.String()
	}
	if c.Generated != nil {
		s += " generated " + c.Generated.String()
	}
	return s
}

func (c *Column) facet(f Facet) string {
	switch f {
	case TypeFacet:
		if len(c.Type.Values) > 0 {
			return c.Type.String() + " (" + strings.Join(c.Type.Values, ", ") + ")"
		}
		return c.Type.String()
	case NullFacet:
		if c.Nullable {
			return "null"
		}
		return "not null"
	case DefaultFacet:
		return c.Default.String()
	case GeneratedFacet:
		return c.Generated.String()
	case IdentityFacet:
		if c.Identity == nil {
			return "none"
		}
		return strings.TrimSpace(fmt.Sprintf("numbered %s %s", c.Identity.Standard,
			c.Identity.Sequence) + map[bool]string{true: " without reuse"}[c.Identity.NoReuse])
	case CollationFacet:
		if c.Collation == "" {
			return "none"
		}
		return c.Collation
	case CommentFacet:
		return strconv.Quote(c.Comment)
	}
	return ""
}

// String is the default as SQL has it; "none" for nil.
func (d *Default) String() string {
	switch {
	case d == nil:
		return "none"
	case d.Expr != "":
		return string(d.Expr)
	}
	if s, ok := d.Value.(string); ok {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return fmt.Sprint(d.Value)
}

// String is the expression and how it is kept; "none" for nil.
func (g *Generated) String() string {
	switch {
	case g == nil:
		return "none"
	case g.Stored:
		return "(" + string(g.Expr) + ") stored"
	}
	return "(" + string(g.Expr) + ") virtual"
}

// String names the key and its columns; "none" for nil.
func (k *PrimaryKey) String() string {
	if k == nil {
		return "none"
	}
	parts := make([]string, len(k.Columns))
	for n, c := range k.Columns {
		p := IndexPart{Column: c}
		if n < len(k.Prefix) {
			p.Prefix = k.Prefix[n]
		}
		parts[n] = p.String()
	}
	return named("", k.Name) + "(" + strings.Join(parts, ", ") + ")"
}

// String names the constraint and its columns.
func (u *Unique) String() string {
	return named("unique ", u.Name) + "(" + strings.Join(u.Columns, ", ") + ")"
}

// String names the constraint, its columns and where it points.
func (f *ForeignKey) String() string {
	from, to := strings.Join(f.Columns, ", "), strings.Join(f.RefColumns, ", ")
	table := strings.TrimPrefix(f.RefSchema+"."+f.RefTable, ".")
	s := named("foreign key ", f.Name) + "(" + from + ") -> " + table + "(" + to + ")"
	if f.OnUpdate != NoAction {
		s += " on update " + strings.ToLower(string(f.OnUpdate))
	}
	if f.OnDelete != NoAction {
		s += " on delete " + strings.ToLower(string(f.OnDelete))
	}
	if f.Deferrable {
		s += " deferrable"
	}
	return s
}

// Refers reports whether the key refers to that table of the schema in which
// its own is.
func (f *ForeignKey) Refers(table string) bool { return f.RefSchema == "" && f.RefTable == table }

// String names the constraint and its condition.
func (k *Check) String() string { return named("check ", k.Name) + "(" + string(k.Expr) + ")" }

// String names the index and its parts.
func (i *Index) String() string {
	parts := make([]string, len(i.Parts))
	for n, p := range i.Parts {
		parts[n] = p.String()
	}
	s := "index "
	if i.Unique {
		s = "unique index "
	}
	s = named(s, i.Name) + "(" + strings.Join(parts, ", ") + ")"
	if len(i.Include) > 0 {
		s += " include (" + strings.Join(i.Include, ", ") + ")"
	}
	if i.Method != "" {
		s += " using " + i.Method
	}
	if i.Where != "" {
		s += " where " + string(i.Where)
	}
	return s
}

// String is the part as an index definition has it.
func (p IndexPart) String() string {
	s := p.Column
	if p.Expr != "" {
		s = string(p.Expr)
	}
	if p.Prefix > 0 {
		s += fmt.Sprintf("(%d)", p.Prefix)
	}
	if p.Options != "" {
		s += " " + p.Options
	}
	if p.Desc {
		s += " desc"
	}
	return s
}

func named(what, name string) string {
	if name == "" {
		return what
	}
	return what + name + " "
}
