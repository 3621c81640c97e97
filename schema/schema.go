package schema

import "reflect"

// Table is one table. Columns are in the order in which they are created.
type Table struct {
	Name        string
	Schema      string // where the table is, if not where the connection works; migrations stay in the latter
	Columns     []*Column
	PrimaryKey  *PrimaryKey // nil when the table has none
	Uniques     []*Unique
	ForeignKeys []*ForeignKey
	Checks      []*Check
	Indexes     []*Index
	Comment     string

	// Variants say what is different on engines that have a feature.
	Variants []*Variant

	Doc string // what the table is for; kept out of the database, unlike Comment

	// Notes say what inspection found about the table and nothing here carries,
	// in the order in which it was found: "is partitioned". Tables that differ
	// in them are no different. A declaration has those that are meant to be there,
	// which a check then does not speak of. See [Table.Remarks].
	Notes []string
	// Unreadable says why inspection could not read the table, of which it then
	// knows no more than the name. Empty for all others.
	Unreadable string
}

// Column is one column. It is NOT NULL unless Nullable.
type Column struct {
	Name      string
	Type      Type
	Nullable  bool
	Default   *Default   // nil when the server gives none
	Generated *Generated // nil for an ordinary column
	Identity  *Identity  // nil when the server does not number the rows
	Collation string     // as the engine names it; empty for the engine's binary default
	Comment   string

	Doc  string // what the column holds; kept out of the database, unlike Comment
	Unit Unit   // what an integer counts; empty when it says nothing

	// OnInsert gives the value of a new row, and OnUpdate that of a changed one,
	// when the statement gives none. They are called in the program, once for
	// each row inserted and once for each UPDATE, and may be called at once from
	// several goroutines. The database does not know of them.
	OnInsert func() any `json:"-"`
	OnUpdate func() any `json:"-"`
	// Version counts the changes of a row: each UPDATE that does not set the
	// column adds 1 to it.
	Version bool `json:"-"`
}

// Unit is what an integer column counts, for the documentation and for those
// who convert.
type Unit string

// The units.
const (
	Seconds     Unit = "s"  // since 1970-01-01 UTC
	Nanoseconds Unit = "ns" // since 1970-01-01 UTC
)

// Kind is a family of column types that every engine has.
type Kind string

// The kinds. What each becomes on an engine is written down in docs/engines.md.
const (
	String   Kind = "string"   // VARCHAR: Length characters, or unbounded when 0
	Text     Kind = "text"     // text of any length
	Integer  Kind = "integer"  // 32 bits
	BigInt   Kind = "bigint"   // 64 bits
	SmallInt Kind = "smallint" // 16 bits
	Boolean  Kind = "boolean"
	Float    Kind = "float"   // IEEE 754 double
	Numeric  Kind = "numeric" // exact decimal of Precision digits, Scale of them behind the point
	Date     Kind = "date"
	Time     Kind = "time"     // a time of day, 00:00:00 to 23:59:59.999999, to the microsecond; no date, no zone
	DateTime Kind = "datetime" // UTC, microseconds; WithZone keeps the offset where the engine can
	JSON     Kind = "json"     // the exact text is kept; SQL NULL and JSON null are two things
	JSONB    Kind = "jsonb"    // binary, indexable JSON where the engine has it; the text is not kept
	Bytes    Kind = "bytes"
	UUID     Kind = "uuid"
	Enum     Kind = "enum"  // one of Values
	Other    Kind = "other" // a type of the live database that no kind describes; Raw has its name
)

// IsText reports whether the kind holds text.
func (k Kind) IsText() bool { return k == String || k == Text }

// IsWhole reports whether the kind holds whole numbers.
func (k Kind) IsWhole() bool { return k == Integer || k == BigInt || k == SmallInt }

// Bits is the width of the whole numbers that the kind holds; 0 when it holds none.
func (k Kind) Bits() int {
	switch k {
	case SmallInt:
		return 16
	case Integer:
		return 32
	case BigInt:
		return 64
	}
	return 0
}

// IsNumber reports whether the kind holds numbers.
func (k Kind) IsNumber() bool { return k.IsWhole() || k == Float || k == Numeric }

// Type is a column type.
type Type struct {
	Kind      Kind
	Length    int      // String: characters; 0 is unbounded
	KeyLength int      // String, Text: the most characters a value may have where the column is part of a key and the engine limits keys; 0 when the column is in no key
	Precision int      // Numeric: digits in all. DateTime, Time: digits of the second's fraction, 0 means the engine's full precision
	Scale     int      // Numeric: digits behind the point
	WithZone  bool     // DateTime
	Values    []string // Enum
	Name      string   // Enum: the type's name where enums are types of their own
	Raw       string   // the engine's own spelling; set by inspection, and required for Other
	Codec     *Codec   `json:"-"` // how values of a Go type of one's own are stored; nil for the kind's own. The database does not know of it
}

// Codec turns values of a Go type into such as a column of its kind stores, and
// back. Its functions may be called at once from several goroutines; neither is
// called for NULL.
type Codec struct {
	Go     reflect.Type               // the type of values outside of the database
	Encode func(v any) (any, error)   // from a Go, to what the kind stores
	Decode func(src any) (any, error) // from what the driver reads, to a Go
}

// Default is a column's server default: a literal or an expression.
type Default struct {
	Value any  // string, int64, float64 or bool: a literal. Ignored when Expr is set
	Expr  Expr // for example Now
}

// Now is the default of a column that takes the time of the insert.
const Now Expr = "CURRENT_TIMESTAMP"

// NowSeconds is Now in a table that another program made, where that leaves the
// fraction of the second to the engine: SQLite's CURRENT_TIMESTAMP has none. A
// default of Now has one everywhere. The two are no difference between tables.
const NowSeconds Expr = "CURRENT_TIMESTAMP(0)"

// Expr is an SQL expression that means the same on every engine that has the
// feature it is used with. Identifiers stand in braces and are quoted for the
// engine: "lower({email})", "{timer_at} IS NOT NULL". Braces inside a string
// are text; a closing brace inside a name is doubled.
type Expr string

// Identity lets the server number the rows of a table whose primary key the
// column is: INTEGER PRIMARY KEY, SERIAL, AUTO_INCREMENT.
type Identity struct {
	Sequence string // the name of the sequence where the numbers come from an object of their own; empty lets the engine name it
	NoReuse  bool   // the number of a deleted row never comes back, where the engine makes a difference (SQLite's AUTOINCREMENT)
	Standard string // "ALWAYS" or "BY DEFAULT" for a GENERATED ... AS IDENTITY column where the engine has them; empty for its customary kind
}

// Generated makes a column computed from others of the row.
type Generated struct {
	Expr   Expr
	Stored bool
}

// Variant is what a table is like on engines that have a feature, where it has
// grown there in another way than elsewhere.
type Variant struct {
	Needs   Feature
	KeyName string   // the name of a primary key that has none of its own; empty leaves it
	Order   []string // the columns in another order, those not named behind the others; nil leaves it
}

// PrimaryKey of a table.
type PrimaryKey struct {
	Name    string // empty lets the engine invent one, or leave the key unnamed
	Columns []string
	// Prefix has, for each column, how many of its characters are the key, where
	// an engine can do that; 0 is the whole column. Nil where all are whole.
	Prefix []int
}

// Unique constraint.
type Unique struct {
	Name    string // empty lets the engine invent one, or leave the constraint unnamed
	Columns []string
	Needs   Feature // the constraint exists only where the engine has this; empty is everywhere
}

// Action is what happens to a referring row.
type Action string

// The referential actions; the zero value is the engine's NO ACTION.
const (
	NoAction   Action = ""
	Restrict   Action = "RESTRICT"
	Cascade    Action = "CASCADE"
	SetNull    Action = "SET NULL"
	SetDefault Action = "SET DEFAULT"
)

// ForeignKey constraint.
type ForeignKey struct {
	Name       string // empty lets the engine invent one, or leave the constraint unnamed
	Columns    []string
	RefTable   string
	RefSchema  string // the schema, or database, of RefTable, if not that of the table itself
	RefColumns []string
	OnDelete   Action
	OnUpdate   Action
	Deferrable bool // checked at commit, where the engine can
}

// Check constraint.
type Check struct {
	Name string // empty lets the engine invent one, or leave the constraint unnamed
	Expr Expr
}

// Index of a table. Unique makes it a unique index, which is not a constraint.
type Index struct {
	Name    string
	Unique  bool
	Parts   []IndexPart
	Where   Expr     // partial index; empty for a full one
	Include []string // covering columns, where the engine has them
	Method  string   // access method as the engine names it; empty for its default (B-tree)
	Needs   Feature  // the index exists only where the engine has this; empty is everywhere
	Comment string
}

// IndexPart is a column or an expression of an index.
type IndexPart struct {
	Column string
	Expr   Expr // instead of Column
	Desc   bool
	Prefix int // characters of the column, where only a prefix can be indexed; 0 is the whole column

	// Functional: the index has the expression itself, on an engine (MySQL) on
	// which it otherwise gets a generated column in its place.
	Functional bool

	// Options are an engine's own: a collation, an operator class, where NULLs
	// go. Inspection sets them when they are not what the engine does by itself.
	Options string
}

// Feature names something that an engine has or has not. The ones that concern
// statements rather than tables are declared in package driver.
type Feature string

// Features that change what a table looks like.
const (
	PartialIndex     Feature = "partial index"         // CREATE INDEX ... WHERE
	ExpressionIndex  Feature = "expression index"      // an index part may be an expression
	NativeJSON       Feature = "native JSON type"      // JSON has operators -> and ->> over a type of its own
	RedundantUnique  Feature = "redundant unique"      // an unnamed unique constraint over the columns of the primary key stays beside it
	UnboundedKey     Feature = "unbounded key"         // text of any length can be a key
	TransactionalDDL Feature = "transactional DDL"     // CREATE and ALTER roll back
	Comments         Feature = "comments"              // tables and columns have comments
	Sequences        Feature = "sequences"             // numbering is an object of its own
	DeferrableFK     Feature = "deferrable constraint" // foreign keys can be checked at commit
	NullableKey      Feature = "nullable key column"   // a primary key column may be declared nullable
	ConstraintNames  Feature = "constraint names"      // a constraint without a name is given one
	IncludeColumns   Feature = "covering index"        // an index may INCLUDE columns
	ColumnStorage    Feature = "column storage"        // ALTER COLUMN ... SET STORAGE says whether long values are compressed
	AlterInPlace     Feature = "alter column"          // a column's type can be changed where it stands
)

// Column returns the column of that name, or nil.
func (t *Table) Column(name string) *Column {
	for _, c := range t.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// IndexNamed returns the index of that name, or nil.
func (t *Table) IndexNamed(name string) *Index {
	for _, i := range t.Indexes {
		if i.Name == name {
			return i
		}
	}
	return nil
}
