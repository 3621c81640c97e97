package op

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Ops records operations in the order of the calls. What is wrong with a call
// is kept and comes out of [Record].
type Ops struct {
	list  []Op
	table string // in a batch: the only table there may be
	names *schema.Convention
	err   error
}

// Record runs an Upgrade or Downgrade function and returns what it recorded.
// A nil function records nothing.
func Record(f func(ops *Ops)) ([]Op, error) { return RecordNamed(f, nil) }

// RecordNamed is [Record] with a convention that names what has no name; what
// it leaves without one is named as by Record.
func RecordNamed(f func(ops *Ops), names *schema.Convention) ([]Op, error) {
	if err := names.Validate(); err != nil {
		return nil, err
	}
	ops := &Ops{names: names}
	if f != nil {
		f(ops)
	}
	return ops.list, ops.err
}

// Option changes how an operation meets what it finds.
type Option int

// The options.
const (
	IfNotExists  Option = iota // nothing happens when it exists
	IfExists                   // nothing happens when it does not exist
	Concurrently               // nobody is kept out, where the engine can; outside of a transaction
	Owned                      // constraints, indexes and sequences that were named after a table or column are renamed with it
	Moved                      // rows of a table, or values of a column, are somewhere else by then, so that dropping it destroys none
)

func has(o []Option, want Option) bool { return slices.Contains(o, want) }

func (r *Ops) fail(format string, args ...any) {
	if r.err == nil {
		r.err = dberr.New(dberr.Invalid, "record", fmt.Sprintf(format, args...))
	}
}

// Do records operations that were made by hand.
func (r *Ops) Do(ops ...Op) {
	for _, o := range ops {
		if r.table != "" && o.On() != r.table {
			r.fail("a batch of table %s holds the operation %q; put it outside of the batch", r.table, o)
		}
		r.list = append(r.list, o)
	}
}

// CreateTable records a CreateTable. Option: IfNotExists.
func (r *Ops) CreateTable(t *schema.Table, o ...Option) {
	r.Do(CreateTable{Table: r.names.Apply(t), IfNotExists: has(o, IfNotExists)})
}

// DropTable records a DropTable. Options: IfExists, Moved.
func (r *Ops) DropTable(name string, o ...Option) {
	r.Do(DropTable{Name: name, IfExists: has(o, IfExists), Moved: has(o, Moved)})
}

// RenameTable records a RenameTable. Option: Owned.
func (r *Ops) RenameTable(from, to string, o ...Option) {
	r.Do(RenameTable{From: from, To: to, Owned: has(o, Owned)})
}

// AddColumn records an AddColumn, with the unique constraint and the foreign
// key that the declaration has; they are named by [Name]. Option: IfNotExists.
func (r *Ops) AddColumn(table string, c schema.ColumnDef, o ...Option) *Added {
	at := len(r.list)
	there := has(o, IfNotExists)
	r.Do(AddColumn{Table: table, Column: c.Column, IfNotExists: there})
	for _, u := range c.Table.Uniques {
		u := *u
		u.Name = orName(u.Name, r.names.UniqueName(table, &u), "uq", table, u.Columns)
		r.Do(AddUnique{Table: table, Unique: &u, IfNotExists: there})
	}
	for _, f := range c.Table.ForeignKeys {
		f := *f
		f.Name = orName(f.Name, r.names.ForeignKeyName(table, &f), "fk", table, f.Columns)
		r.Do(AddForeignKey{Table: table, ForeignKey: &f, IfNotExists: there})
	}
	if c.Table.PrimaryKey != nil {
		r.fail("column %s.%s is added as a primary key; add the column, then call SetPrimaryKey", table, c.Name)
	}
	return &Added{r, at}
}

// orName is the name that was given, or the convention's, or that of [Name].
func orName(name, convention, prefix, table string, columns []string) string {
	if name = cmp.Or(name, convention); name != "" {
		return name
	}
	return Name(prefix, table, columns...)
}

// Added is a recorded AddColumn.
type Added struct {
	r  *Ops
	at int
}

// Fill gives the value in rows that exist, as an expression over their other
// columns.
func (a *Added) Fill(e schema.Expr) {
	o := a.r.list[a.at].(AddColumn)
	o.Fill = e
	a.r.list[a.at] = o
}

// DropColumn records a DropColumn. Options: IfExists, Moved.
func (r *Ops) DropColumn(table, column string, o ...Option) {
	r.Do(DropColumn{Table: table, Column: column, IfExists: has(o, IfExists), Moved: has(o, Moved)})
}

// RenameColumn records a RenameColumn. Option: Owned.
func (r *Ops) RenameColumn(table, from, to string, o ...Option) {
	r.Do(RenameColumn{Table: table, From: from, To: to, Owned: has(o, Owned)})
}

// AlterColumn records an AlterColumn; what changes is said by the methods of
// what comes back, and the rest stays.
func (r *Ops) AlterColumn(table, column string) *Altered {
	r.Do(AlterColumn{Table: table, Column: column})
	return &Altered{r, len(r.list) - 1}
}

// Altered is a recorded AlterColumn.
type Altered struct {
	r  *Ops
	at int
}

func (a *Altered) set(f schema.Facet, do func(o *AlterColumn)) *Altered {
	o := a.r.list[a.at].(AlterColumn)
	do(&o)
	if f != "" && !slices.Contains(o.Facets, f) {
		o.Facets = append(slices.Clone(o.Facets), f)
	}
	a.r.list[a.at] = o
	return a
}

// Type changes the type.
func (a *Altered) Type(ty schema.Type) *Altered {
	return a.set(schema.TypeFacet, func(o *AlterColumn) { o.To.Type = ty })
}

// Using gives the values in the new type, as an expression over the old row.
func (a *Altered) Using(e schema.Expr) *Altered {
	return a.set("", func(o *AlterColumn) { o.Using = e })
}

// Back gives the values in the old type when the change is reversed.
func (a *Altered) Back(e schema.Expr) *Altered {
	return a.set("", func(o *AlterColumn) { o.Back = e })
}

// Null lets the column be NULL.
func (a *Altered) Null() *Altered {
	return a.set(schema.NullFacet, func(o *AlterColumn) { o.To.Nullable = true })
}

// NotNull forbids NULL.
func (a *Altered) NotNull() *Altered {
	return a.set(schema.NullFacet, func(o *AlterColumn) { o.To.Nullable = false })
}

// Default sets a literal server default: string, int64, float64 or bool.
func (a *Altered) Default(v any) *Altered {
	return a.set(schema.DefaultFacet, func(o *AlterColumn) { o.To.Default = &schema.Default{Value: v} })
}

// DefaultExpr sets a server default that is an expression.
func (a *Altered) DefaultExpr(e schema.Expr) *Altered {
	return a.set(schema.DefaultFacet, func(o *AlterColumn) { o.To.Default = &schema.Default{Expr: e} })
}

// NoDefault takes the server default away.
func (a *Altered) NoDefault() *Altered {
	return a.set(schema.DefaultFacet, func(o *AlterColumn) { o.To.Default = nil })
}

// Generated changes the expression of a generated column.
func (a *Altered) Generated(e schema.Expr, stored bool) *Altered {
	return a.set(schema.GeneratedFacet,
		func(o *AlterColumn) { o.To.Generated = &schema.Generated{Expr: e, Stored: stored} })
}

// Comment describes the column in the database.
func (a *Altered) Comment(text string) *Altered {
	return a.set(schema.CommentFacet, func(o *AlterColumn) { o.To.Comment = text })
}

// CreateIndex records a CreateIndex. An index without a name gets one by
// [Name]. Options: IfNotExists, Concurrently.
func (r *Ops) CreateIndex(table string, i *schema.Index, o ...Option) {
	i = i.Clone()
	if i.Name == "" {
		i.Name = r.names.IndexName(table, i)
	}
	if i.Name == "" {
		cols := make([]string, len(i.Parts))
		for n, p := range i.Parts {
			if cols[n] = p.Column; p.Expr != "" {
				cols[n] = string(p.Expr)
			}
		}
		i.Name = Name("ix", table, cols...)
	}
	r.Do(CreateIndex{Table: table, Index: i, IfNotExists: has(o, IfNotExists), Concurrently: has(o, Concurrently)})
}

// DropIndex records a DropIndex. Options: IfExists, Concurrently.
func (r *Ops) DropIndex(table, name string, o ...Option) {
	r.Do(DropIndex{Table: table, Name: name, IfExists: has(o, IfExists), Concurrently: has(o, Concurrently)})
}

// AddUnique records an AddUnique; an empty name becomes that of [Name].
func (r *Ops) AddUnique(table, name string, columns ...string) {
	u := &schema.Unique{Columns: columns}
	u.Name = orName(name, r.names.UniqueName(table, u), "uq", table, columns)
	r.Do(AddUnique{Table: table, Unique: u})
}

// DropUnique records a DropUnique: of that name, or over the columns.
func (r *Ops) DropUnique(table, name string, columns ...string) {
	r.Do(DropUnique{Table: table, Name: name, Columns: columns})
}

// AddForeignKey records an AddForeignKey; an empty name becomes that of [Name].
func (r *Ops) AddForeignKey(table string, f schema.ForeignKey) {
	f.Name = orName(f.Name, r.names.ForeignKeyName(table, &f), "fk", table, f.Columns)
	r.Do(AddForeignKey{Table: table, ForeignKey: &f})
}

// DropForeignKey records a DropForeignKey: of that name, or over the columns.
func (r *Ops) DropForeignKey(table, name string, columns ...string) {
	r.Do(DropForeignKey{Table: table, Name: name, Columns: columns})
}

// AddCheck records an AddCheck; an empty name becomes that of [Name], with the
// columns that the expression names.
func (r *Ops) AddCheck(table, name string, e schema.Expr) {
	k := &schema.Check{Expr: e}
	k.Name = orName(name, r.names.CheckName(table, k), "ck", table, e.Columns())
	r.Do(AddCheck{Table: table, Check: k})
}

// DropCheck records a DropCheck.
func (r *Ops) DropCheck(table, name string) { r.Do(DropCheck{Table: table, Name: name}) }

// SetPrimaryKey records a SetPrimaryKey; an empty name is the convention's, or
// the engine's to invent, and no columns take the key away.
func (r *Ops) SetPrimaryKey(table, name string, columns ...string) {
	if len(columns) == 0 {
		r.Do(SetPrimaryKey{Table: table})
		return
	}
	k := &schema.PrimaryKey{Name: name, Columns: columns}
	if name == "" {
		k.Name = r.names.PrimaryKeyName(table, k)
	}
	r.Do(SetPrimaryKey{Table: table, Key: k})
}

// Comment records a SetComment.
func (r *Ops) Comment(table, text string) { r.Do(SetComment{Table: table, Comment: text}) }

// BulkInsert records a BulkInsert. Each row has the values in the order of
// columns.
func (r *Ops) BulkInsert(table string, columns []string, rows ...[]any) {
	for n, row := range rows {
		if len(row) != len(columns) {
			r.fail("row %d of the rows for %s has %d values for %d columns", n+1, table, len(row), len(columns))
			return
		}
	}
	r.Do(BulkInsert{Table: table, Columns: columns, Rows: rows})
}

// Execute records an Execute: one statement, the same on every engine, with
// {names} quoted and each ? bound to an argument; see [Execute] for the rules.
func (r *Ops) Execute(sql string, args ...any) *Executed {
	r.Do(Execute{Text: SQLText{SQL: sql, Args: args}})
	return &Executed{r, len(r.list) - 1}
}

// Executed is a recorded Execute.
type Executed struct {
	r  *Ops
	at int
}

func (x *Executed) set(do func(o *Execute)) *Executed {
	o := x.r.list[x.at].(Execute)
	do(&o)
	x.r.list[x.at] = o
	return x
}

// When gives another text for engines that have a feature; the first one that
// fits counts. An empty text runs nothing there.
func (x *Executed) When(f driver.Feature, sql string, args ...any) *Executed {
	return x.set(func(o *Execute) {
		o.Variants = append(slices.Clone(o.Variants), Variant{Needs: f, Text: SQLText{SQL: sql, Args: args}})
	})
}

// Reverse gives the statement that undoes this one.
func (x *Executed) Reverse(sql string, args ...any) *Executed {
	return x.set(func(o *Execute) { o.Back = &Execute{Text: SQLText{SQL: sql, Args: args}} })
}

// NoReverse says that going back leaves what the statement did, and what is
// lost by it.
func (x *Executed) NoReverse(lost ...string) *Executed {
	return x.set(func(o *Execute) { o.Stays, o.Lost = true, append(slices.Clone(o.Lost), lost...) })
}

// ChangesSchema says that the statement makes or changes tables: what follows
// is planned by looking at the database again.
func (x *Executed) ChangesSchema() *Executed {
	return x.set(func(o *Execute) { o.Schema = true })
}

// Data records a step in Go that runs in the revision's transaction.
func (r *Ops) Data(name string, run func(ctx context.Context, d *Data) error) *Stepped {
	r.Do(DataStep{Name: name, Run: run})
	return &Stepped{r, len(r.list) - 1}
}

// Stepped is a recorded DataStep.
type Stepped struct {
	r  *Ops
	at int
}

func (x *Stepped) set(do func(o *DataStep)) *Stepped {
	o := x.r.list[x.at].(DataStep)
	do(&o)
	x.r.list[x.at] = o
	return x
}

// Batched makes the step commit batch by batch, each together with where it
// stands, so that it goes on from there after an interruption.
func (x *Stepped) Batched() *Stepped { return x.set(func(o *DataStep) { o.Batched = true }) }

// Reverse gives the step that undoes this one.
func (x *Stepped) Reverse(run func(ctx context.Context, d *Data) error) *Stepped {
	return x.set(func(o *DataStep) { o.Back = run })
}

// NoReverse says that going back leaves what the step did, and what is lost by
// it.
func (x *Stepped) NoReverse(lost ...string) *Stepped {
	return x.set(func(o *DataStep) { o.Stays, o.Lost = true, append(slices.Clone(o.Lost), lost...) })
}

// OutsideTx records a block of operations that run outside of a transaction.
func (r *Ops) OutsideTx(f func(ops *Ops)) {
	r.Do(OutsideTx{Ops: r.inner(f)})
}

// Batch records operations on one table that are made together: one rebuild
// where the engine has to rebuild.
func (r *Ops) Batch(table string, f func(ops *Ops)) {
	inner := &Ops{table: table, names: r.names}
	f(inner)
	if inner.err != nil && r.err == nil {
		r.err = inner.err
	}
	for _, o := range inner.list {
		if _, ok := o.(structural); !ok {
			r.fail("a batch of table %s holds %q; a batch changes the table and nothing else", table, o)
			return
		}
	}
	r.Do(Batch{Table: table, Ops: inner.list})
}
