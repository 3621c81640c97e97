package op

import (
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/schema"
)

// Op is one operation: one of the types of this package. String is one line
// for people: "add column users.bio text null".
type Op interface {
	fmt.Stringer
	// On is the table that is changed, by the name it has before; empty when
	// it is not one table.
	On() string

	apply(s *State) error
	reverse(before *State) (Op, error)
	loss(before *State) []string
}

// guarded operations may find that there is nothing to do.
type guarded interface {
	// idle returns why there is nothing to do, or "".
	idle(s *State) string
}

// structural operations change one table and nothing else.
type structural interface {
	Op
	structural()
}

// schemaOp makes an operation structural.
type schemaOp struct{}

func (schemaOp) structural() {}

// lossless operations destroy nothing that their reversal does not bring back.
type lossless struct{}

func (lossless) loss(*State) []string { return nil }

// CreateTable creates a table with its keys and indexes. Names that are left
// out are the engine's to invent.
type CreateTable struct {
	schemaOp
	lossless

	Table       *schema.Table
	IfNotExists bool
}

// DropTable drops a table with its rows.
type DropTable struct {
	schemaOp

	Name     string
	IfExists bool
	Moved    bool // its rows are somewhere else by then, so that none is destroyed
}

// RenameTable gives a table another name. What refers to it follows; its
// constraints, indexes and sequences keep their names, unless Owned.
type RenameTable struct {
	schemaOp
	lossless

	From, To string
	IfExists bool // nothing happens when From does not exist, or To does
	Owned    bool // names that were made of From, because none was declared, are made of To
}

// AddColumn adds a column behind the others.
type AddColumn struct {
	schemaOp
	lossless

	Table  string
	Column *schema.Column
	// Fill gives the value in rows that exist, over their other columns; empty
	// leaves them the default. A column that is NOT NULL without a default
	// needs it unless the table is empty.
	Fill        schema.Expr
	IfNotExists bool
}

// DropColumn drops a column with the indexes, unique constraints, foreign keys
// and checks that it is part of.
type DropColumn struct {
	schemaOp

	Table, Column string
	IfExists      bool
	Moved         bool // its values are somewhere else by then, so that none is destroyed
}

// RenameColumn gives a column another name. What refers to it follows.
type RenameColumn struct {
	schemaOp
	lossless

	Table, From, To string
	IfExists        bool // nothing happens when From does not exist, or To does
	Owned           bool // names that were made of From, because none was declared, are made of To
}

// AlterColumn changes facets of a column; the others stay.
type AlterColumn struct {
	schemaOp

	Table, Column string
	Facets        []schema.Facet
	To            schema.Column // its fields of the Facets count
	// Using gives the new value when the type changes, as an expression over
	// the old row; empty is the engine's rule for the pair of types.
	Using schema.Expr
	// Back is Using for the way back.
	Back     schema.Expr
	IfExists bool
}

// CreateIndex creates an index.
type CreateIndex struct {
	schemaOp
	lossless

	Table       string
	Index       *schema.Index
	IfNotExists bool
	// Concurrently keeps nobody out where the engine can do that; it then runs
	// outside of a transaction.
	Concurrently bool
}

// DropIndex drops an index.
type DropIndex struct {
	schemaOp
	lossless

	Table, Name  string
	IfExists     bool
	Concurrently bool
}

// AddUnique adds a unique constraint.
type AddUnique struct {
	schemaOp
	lossless

	Table       string
	Unique      *schema.Unique
	IfNotExists bool
}

// DropUnique drops a unique constraint: the one of that name, or, where
// constraints have no names, the one over the columns.
type DropUnique struct {
	schemaOp
	lossless

	Table, Name string
	Columns     []string
	IfExists    bool
}

// AddForeignKey adds a foreign key.
type AddForeignKey struct {
	schemaOp
	lossless

	Table       string
	ForeignKey  *schema.ForeignKey
	IfNotExists bool
}

// DropForeignKey drops a foreign key: the one of that name, or, where
// constraints have no names, the one over the columns.
type DropForeignKey struct {
	schemaOp
	lossless

	Table, Name string
	Columns     []string
	IfExists    bool
}

// AddCheck adds a check.
type AddCheck struct {
	schemaOp
	lossless

	Table       string
	Check       *schema.Check
	IfNotExists bool
}

// DropCheck drops a check: the one of that name, or, where constraints have no
// names, the one with the expression.
type DropCheck struct {
	schemaOp
	lossless

	Table, Name string
	Expr        schema.Expr
	IfExists    bool
}

// SetPrimaryKey gives a table a primary key in place of the one it has; nil
// takes it away.
type SetPrimaryKey struct {
	schemaOp
	lossless

	Table string
	Key   *schema.PrimaryKey
	// IfMissing: nothing happens when there is no such table, or it has a
	// primary key.
	IfMissing bool
}

// SetComment describes a table in the database, where the engine keeps
// comments.
type SetComment struct {
	schemaOp
	lossless

	Table, Comment string
}

// BulkInsert inserts rows that the author has written down.
type BulkInsert struct {
	lossless

	Table   string
	Columns []string
	Rows    [][]any
}

// OutsideTx is a block of operations that run outside of a transaction, where
// the engine has transactional DDL; each of them stands when the next one fails.
type OutsideTx struct{ Ops []Op }

// Batch is a group of operations on one table that are made together: one
// rebuild where the engine has to rebuild.
type Batch struct {
	schemaOp

	Table string
	Ops   []Op
}

func (o CreateTable) On() string    { return o.Table.Name }
func (o DropTable) On() string      { return o.Name }
func (o RenameTable) On() string    { return o.From }
func (o AddColumn) On() string      { return o.Table }
func (o DropColumn) On() string     { return o.Table }
func (o RenameColumn) On() string   { return o.Table }
func (o AlterColumn) On() string    { return o.Table }
func (o CreateIndex) On() string    { return o.Table }
func (o DropIndex) On() string      { return o.Table }
func (o AddUnique) On() string      { return o.Table }
func (o DropUnique) On() string     { return o.Table }
func (o AddForeignKey) On() string  { return o.Table }
func (o DropForeignKey) On() string { return o.Table }
func (o AddCheck) On() string       { return o.Table }
func (o DropCheck) On() string      { return o.Table }
func (o SetPrimaryKey) On() string  { return o.Table }
func (o SetComment) On() string     { return o.Table }
func (o BulkInsert) On() string     { return o.Table }
func (o OutsideTx) On() string      { return "" }
func (o Batch) On() string          { return o.Table }

func (o CreateTable) String() string {
	return fmt.Sprintf("create table %s (%d columns)%s", o.Table.Name, len(o.Table.Columns),
		when(o.IfNotExists, " if it does not exist"))
}
func (o DropTable) String() string {
	return "drop table " + o.Name + when(o.IfExists, " if it exists")
}
func (o RenameTable) String() string {
	return "rename table " + o.From + " to " +
		o.To + when(o.Owned, " with what is named after it") + when(o.IfExists, " if that is still to be done")
}
func (o AddColumn) String() string {
	return "add column " + o.Table + "." + o.Column.String() + when(o.IfNotExists, " if it does not exist")
}
func (o DropColumn) String() string {
	return "drop column " + o.Table + "." + o.Column + when(o.IfExists, " if it exists")
}
func (o RenameColumn) String() string {
	return "rename column " + o.Table + "." + o.From + " to " +
		o.To + when(o.Owned, " with what is named after it") + when(o.IfExists, " if that is still to be done")
}
func (o AlterColumn) String() string {
	parts := make([]string, len(o.Facets))
	for i, f := range o.Facets {
		parts[i] = facetText(f, &o.To)
	}
	return "alter column " + o.Table + "." + o.Column + ": " +
		strings.Join(parts, ", ") + when(o.IfExists, " if it exists")
}
func (o CreateIndex) String() string {
	return "create " + o.Index.String() + " on " +
		o.Table + when(o.Concurrently, " concurrently") + when(o.IfNotExists, " if it does not exist")
}
func (o DropIndex) String() string {
	return "drop index " + o.Name + " of " +
		o.Table + when(o.Concurrently, " concurrently") + when(o.IfExists, " if it exists")
}
func (o AddUnique) String() string {
	return "add " + o.Unique.String() + " to " + o.Table + when(o.IfNotExists, " if it does not exist")
}
func (o DropUnique) String() string {
	return "drop unique constraint " + label(o.Name, o.Columns) + " of " + o.Table + when(o.IfExists, " if it exists")
}
func (o AddForeignKey) String() string {
	return "add " + o.ForeignKey.String() + " to " + o.Table + when(o.IfNotExists, " if it does not exist")
}
func (o DropForeignKey) String() string {
	return "drop foreign key " + label(o.Name, o.Columns) + " of " + o.Table + when(o.IfExists, " if it exists")
}
func (o AddCheck) String() string {
	return "add " + o.Check.String() + " to " + o.Table + when(o.IfNotExists, " if it does not exist")
}
func (o DropCheck) String() string {
	if o.Name == "" {
		return "drop check (" + string(o.Expr) + ") of " + o.Table + when(o.IfExists, " if it exists")
	}
	return "drop check " + o.Name + " of " + o.Table + when(o.IfExists, " if it exists")
}
func (o SetPrimaryKey) String() string {
	if o.Key == nil {
		return "drop primary key of " + o.Table
	}
	return "set primary key of " + o.Table + " to " + o.Key.String() + when(o.IfMissing, " if it has none")
}
func (o SetComment) String() string {
	return fmt.Sprintf("comment on table %s: %q", o.Table, o.Comment)
}
func (o BulkInsert) String() string {
	return fmt.Sprintf("insert %d rows into %s", len(o.Rows), o.Table)
}
func (o OutsideTx) String() string { return "outside of a transaction: " + list(o.Ops) }
func (o Batch) String() string {
	return "change table " + o.Table + ": " + list(o.Ops)
}

func list(ops []Op) string {
	parts := make([]string, len(ops))
	for i, o := range ops {
		parts[i] = o.String()
	}
	return strings.Join(parts, "; ")
}

func when(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

func label(name string, columns []string) string {
	if name != "" {
		return name
	}
	return "(" + strings.Join(columns, ", ") + ")"
}

func facetText(f schema.Facet, c *schema.Column) string {
	switch f {
	case schema.TypeFacet:
		return "type " + c.Type.String()
	case schema.NullFacet:
		if c.Nullable {
			return "null"
		}
		return "not null"
	case schema.DefaultFacet:
		return "default " + c.Default.String()
	case schema.GeneratedFacet:
		return "generated " + c.Generated.String()
	case schema.CommentFacet:
		return fmt.Sprintf("comment %q", c.Comment)
	}
	return string(f)
}

// Count returns how many operations the list has, those inside of others
// counted instead of the ones that hold them.
func Count(ops []Op) int {
	n := 0
	for o := range All(ops) {
		_ = o
		n++
	}
	return n
}

// All goes through the operations of a list, those inside of a Batch, an
// OutsideTx or a Composite in place of these.
func All(ops []Op) func(yield func(Op) bool) {
	return func(yield func(Op) bool) { all(ops, true, yield) }
}

// whole is All with each Composite and OutsideTx as one.
func whole(ops []Op) func(yield func(Op) bool) {
	return func(yield func(Op) bool) { all(ops, false, yield) }
}

func all(ops []Op, parts bool, yield func(Op) bool) bool {
	return !slices.ContainsFunc(ops, func(o Op) bool {
		switch o := o.(type) {
		case Batch:
			return !all(o.Ops, parts, yield)
		case OutsideTx:
			if parts {
				return !all(o.Ops, parts, yield)
			}
		case Composite:
			if parts {
				return !all(o.Ops, parts, yield)
			}
		}
		return !yield(o)
	})
}
