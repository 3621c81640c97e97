package schema

// Define starts a table. Its methods add columns and constraints in the order
// in which they are called, and are meant for declarations at start-up: a
// table that is in use is not changed.
func Define(name string) *Table { return &Table{Name: name} }

// ColumnDef is a column under declaration. It is NOT NULL until Null is called.
type ColumnDef struct {
	*Column
	Table *Table
}

func (t *Table) add(name string, ty Type) ColumnDef {
	c := &Column{Name: name, Type: ty}
	t.Columns = append(t.Columns, c)
	return ColumnDef{Column: c, Table: t}
}

// String adds a VARCHAR column of at most length characters; 0 is unbounded.
func (t *Table) String(name string, length int) ColumnDef {
	return t.add(name, Type{Kind: String, Length: length})
}

// Text adds a column for text of any length.
func (t *Table) Text(name string) ColumnDef { return t.add(name, Type{Kind: Text}) }

// Integer adds a 32-bit integer column.
func (t *Table) Integer(name string) ColumnDef { return t.add(name, Type{Kind: Integer}) }

// BigInt adds a 64-bit integer column.
func (t *Table) BigInt(name string) ColumnDef { return t.add(name, Type{Kind: BigInt}) }

// SmallInt adds a 16-bit integer column.
func (t *Table) SmallInt(name string) ColumnDef { return t.add(name, Type{Kind: SmallInt}) }

// Boolean adds a boolean column.
func (t *Table) Boolean(name string) ColumnDef { return t.add(name, Type{Kind: Boolean}) }

// Float adds a double precision column.
func (t *Table) Float(name string) ColumnDef { return t.add(name, Type{Kind: Float}) }

// Numeric adds an exact decimal column.
func (t *Table) Numeric(name string, precision, scale int) ColumnDef {
	return t.add(name, Type{Kind: Numeric, Precision: precision, Scale: scale})
}

// Date adds a calendar date column.
func (t *Table) Date(name string) ColumnDef { return t.add(name, Type{Kind: Date}) }

// Time adds a column for a time of day, from 00:00:00 to 23:59:59.999999, to the
// microsecond, which has no date and no zone. Its Go type is query.TimeOfDay.
func (t *Table) Time(name string) ColumnDef { return t.add(name, Type{Kind: Time}) }

// DateTime adds a column for an instant in UTC, to the microsecond.
func (t *Table) DateTime(name string) ColumnDef { return t.add(name, Type{Kind: DateTime}) }

// DateTimeTZ adds a column for an instant, of the type that converts between
// time zones where the engine has one (timestamptz); elsewhere it is DateTime.
// Either way it is read in UTC.
func (t *Table) DateTimeTZ(name string) ColumnDef {
	return t.add(name, Type{Kind: DateTime, WithZone: true})
}

// JSON adds a JSON column that keeps the exact text.
func (t *Table) JSON(name string) ColumnDef { return t.add(name, Type{Kind: JSON}) }

// JSONB adds a column for binary JSON, which can be indexed where the engine
// can, and which does not keep the text.
func (t *Table) JSONB(name string) ColumnDef { return t.add(name, Type{Kind: JSONB}) }

// Bytes adds a column for binary data.
func (t *Table) Bytes(name string) ColumnDef { return t.add(name, Type{Kind: Bytes}) }

// UUID adds a UUID column.
func (t *Table) UUID(name string) ColumnDef { return t.add(name, Type{Kind: UUID}) }

// Enum adds a column that holds one of values. typeName is what the type is
// called where enums are types of their own; such a type may be shared by
// columns that list the same values.
func (t *Table) Enum(name, typeName string, values ...string) ColumnDef {
	return t.add(name, Type{Kind: Enum, Name: typeName, Values: values})
}

// Typed adds a column of any type.
func (t *Table) Typed(name string, ty Type) ColumnDef { return t.add(name, ty) }

// Null lets the column be NULL.
func (c ColumnDef) Null() ColumnDef { c.Nullable = true; return c }

// Key says that the column is part of a key and how many characters its values
// have at most, for engines that limit the length of keys.
func (c ColumnDef) Key(length int) ColumnDef { c.Type.KeyLength = length; return c }

// PrimaryKey makes the column the table's primary key.
func (c ColumnDef) PrimaryKey() ColumnDef {
	c.Table.PrimaryKey = &PrimaryKey{Columns: []string{c.Name}}
	return c
}

// Unique adds an unnamed unique constraint over the column.
func (c ColumnDef) Unique() ColumnDef { c.Table.Unique("", c.Name); return c }

// Default gives the column a literal server default: string, int64, float64 or bool.
func (c ColumnDef) Default(v any) ColumnDef { c.Column.Default = &Default{Value: v}; return c }

// DefaultExpr gives the column a server default that is an expression.
func (c ColumnDef) DefaultExpr(e Expr) ColumnDef { c.Column.Default = &Default{Expr: e}; return c }

// OnInsert has Go give the column's value where an INSERT gives none: a new id,
// the time. f is called for each row. The value must be one that the column
// takes; query.Default is the same with the type checked by the compiler.
func (c ColumnDef) OnInsert(f func() any) ColumnDef { c.Column.OnInsert = f; return c }

// OnUpdate has Go give the column's value where an UPDATE sets none. f is called
// once for each statement.
func (c ColumnDef) OnUpdate(f func() any) ColumnDef { c.Column.OnUpdate = f; return c }

// Identity lets the server number the rows.
func (c ColumnDef) Identity() ColumnDef { c.Column.Identity = &Identity{}; return c }

// Generated makes the column computed.
func (c ColumnDef) Generated(e Expr, stored bool) ColumnDef {
	c.Column.Generated = &Generated{Expr: e, Stored: stored}
	return c
}

// Comment describes the column.
func (c ColumnDef) Comment(text string) ColumnDef { c.Column.Comment = text; return c }

// Doc says what the column holds. It stays out of the database.
func (c ColumnDef) Doc(text string) ColumnDef { c.Column.Doc = text; return c }

// Unit says what an integer column counts.
func (c ColumnDef) Unit(u Unit) ColumnDef { c.Column.Unit = u; return c }

// References adds an unnamed foreign key from the column.
func (c ColumnDef) References(table, column string, onDelete Action) ColumnDef {
	f := &ForeignKey{Columns: []string{c.Name}, RefTable: table, RefColumns: []string{column}, OnDelete: onDelete}
	c.Table.ForeignKey(f)
	return c
}

// Describe says what the table is for. It stays out of the database.
func (t *Table) Describe(text string) *Table { t.Doc = text; return t }

// Primary sets a primary key over several columns; an empty name lets the
// engine invent one.
func (t *Table) Primary(name string, columns ...string) *Table {
	t.PrimaryKey = &PrimaryKey{Name: name, Columns: columns}
	return t
}

// Unique adds a unique constraint; an empty name lets the engine invent one.
func (t *Table) Unique(name string, columns ...string) *Unique {
	u := &Unique{Name: name, Columns: columns}
	t.Uniques = append(t.Uniques, u)
	return u
}

// ForeignKey adds a foreign key.
func (t *Table) ForeignKey(fk *ForeignKey) *Table {
	t.ForeignKeys = append(t.ForeignKeys, fk)
	return t
}

// Check adds a check constraint; an empty name lets the engine invent one.
func (t *Table) Check(name string, e Expr) *Check {
	k := &Check{Name: name, Expr: e}
	t.Checks = append(t.Checks, k)
	return k
}

// Index adds an index over columns; a name that ends in " DESC" sorts downwards.
func (t *Table) Index(name string, columns ...string) *Index {
	i := &Index{Name: name}
	for _, c := range columns {
		p := IndexPart{Column: c}
		if n, ok := cutDesc(c); ok {
			p = IndexPart{Column: n, Desc: true}
		}
		i.Parts = append(i.Parts, p)
	}
	t.Indexes = append(t.Indexes, i)
	return i
}

// UniqueIndex adds a unique index over columns, which is not a constraint: it
// can be partial, over expressions, or sorted.
func (t *Table) UniqueIndex(name string, columns ...string) *Index {
	i := t.Index(name, columns...)
	i.Unique = true
	return i
}

func cutDesc(s string) (string, bool) {
	const d = " DESC"
	if len(s) > len(d) && s[len(s)-len(d):] == d {
		return s[:len(s)-len(d)], true
	}
	return s, false
}

// On is what is different on engines that have a feature, to be filled in:
//
//	t.On(schema.AlterInPlace).Order = []string{"id", "settings", "name"}
func (t *Table) On(f Feature) *Variant {
	for _, v := range t.Variants {
		if v.Needs == f {
			return v
		}
	}
	v := &Variant{Needs: f}
	t.Variants = append(t.Variants, v)
	return v
}
