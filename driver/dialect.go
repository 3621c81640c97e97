package driver

import "github.com/larder-db/larder/schema"

// Feature is something that an engine has or has not.
type Feature = schema.Feature

// Features that change how statements are written, each of which somebody asks
// for. Those that change tables are in package schema. What a statement needs
// and the engine lacks is emulated, or a dberr.Unsupported error that says what;
// drivertest proves both ways.
const (
	InsertReturning Feature = "insert returning" // INSERT ... RETURNING
	UpdateReturning Feature = "update returning" // UPDATE ... RETURNING
	DeleteReturning Feature = "delete returning" // DELETE ... RETURNING
	CopyIn          Feature = "copy in"          // there is a faster way in for many rows than INSERT of several (Dialect is a BulkLoader)
	ServerProcess   Feature = "server"           // there is a server that can go away and come back
	Schemas         Feature = "schemas"          // a table can be named with the schema, or database of the server, that it is in
	Windows         Feature = "window functions"
	RecursiveCTE    Feature = "recursive cte"
	UpsertTarget    Feature = "upsert target"  // an upsert is decided by its target key alone; without it by any unique key
	SetOperations   Feature = "set operations" // EXCEPT and INTERSECT; UNION is everywhere
	JSONExact       Feature = "json exact"     // numbers in JSON are exact in documents of every length; without it in those up to 65,536 characters
	SelfSubquery    Feature = "self subquery"  // a statement that writes a table may read it in a subquery
	PipesConcat     Feature = "|| joins texts"
	UpsertOnce      Feature = "upsert once"     // an upsert of several rows with one key is an error; without it the later ones change the earlier
	NarrowIntegers  Feature = "narrow integers" // the sum of two integers of 32 bits has 32 bits; without it 64
	HavingLabels    Feature = "having labels"   // HAVING knows an expression that GROUP BY has by its name in the result alone
	UpdateFrom      Feature = "update from"     // UPDATE t SET ... FROM other; without it UPDATE t, other SET t.c = ...
	DeleteUsing     Feature = "delete using"    // DELETE FROM t USING other
	DeleteJoined    Feature = "delete joined"   // DELETE t FROM t, other
	WriteCTE        Feature = "write cte"       // WITH in front of UPDATE and DELETE
	LooseColumns    Feature = "loose columns"   // a column takes numbers beyond its range and scale, to which Stored keeps
	FullJoin        Feature = "full join"       // FULL JOIN on conditions of which one is an equality; without it a LEFT JOIN from either side
	ValuesTable     Feature = "values table"    // VALUES (...), (...) is a table; without it, and without RowsOfValues, a UNION ALL is one
	RowsOfValues    Feature = "rows of values"  // VALUES ROW(...), ROW(...) is a table
	SetAtOnce       Feature = "set at once"     // UPDATE ... SET a = b, b = a swaps; without it a later assignment sees an earlier one
)

// Limits of an engine. 0 is unlimited.
type Limits struct {
	BindArgs   int // placeholders in one statement
	IdentBytes int // bytes of an identifier
	IdentChars int // characters of an identifier
	KeyBytes   int // bytes of an index key
	Packet     int // bytes of one statement with its values, as the server is set up
}

// Dialect writes the SQL that differs between engines. It is a value without
// I/O and may be shared.
type Dialect interface {
	// Engine names the engine and flavour, for messages and metrics:
	// "sqlite", "postgresql", "mysql", "mariadb". Nothing may branch on it.
	Engine() string
	Has(f Feature) bool
	Limits() Limits

	Lexer
	Values
	Decimals
	JSON
	TextMatch
	Functions
	Clauses
}

// Lexer writes names and placeholders.
type Lexer interface {
	// AppendIdent appends name, quoted. A name that the engine would cut, or
	// that is empty or holds NUL, is an error that names the limit.
	AppendIdent(b []byte, name string) ([]byte, error)
	// AppendPlaceholder appends the n-th placeholder, counted from 1.
	AppendPlaceholder(b []byte, n int) []byte
	// AppendString appends s as a literal, for DDL and offline SQL only.
	AppendString(b []byte, s string) ([]byte, error)
	// AppendBytes appends v as a literal, for offline SQL only.
	AppendBytes(b []byte, v []byte) []byte
}

// Values brings Go values into the form that the driver stores exactly, and
// says what the engine cannot hold.
type Values interface {
	// Encode returns the value to bind for a column of type ty. It refuses by
	// name what the engine cannot hold: NUL in text where the engine has no
	// NUL, text over the packet limit, a number out of range.
	Encode(ty schema.Type, v any) (any, error)
	// Cast writes e converted to ty.
	Cast(b *Builder, e Expr, ty schema.Type)
	// Comparable writes e, of type ty, so that = and < and ORDER BY compare it
	// by its meaning; that is e itself where the column's type sees to it.
	Comparable(b *Builder, e Expr, ty schema.Type)
	// CompareInstant writes a condition: e, an instant, stands to v, which is
	// bound, as op says, one of =, <>, <, <=, > and >=. It holds also for an
	// instant that another program has spelled in its own way.
	CompareInstant(b *Builder, e Expr, op string, v Expr)
	// InstantIn writes a condition: e, an instant, is (or is not) one of values,
	// which are bound. There is at least one.
	InstantIn(b *Builder, e Expr, values []Expr, not bool)
}

// Decimals calculates with exact decimals: what it writes is exact, whatever
// number of digits the operands have, and NULL where an operand is. A type with
// a precision is that of a column, or of what was calculated from one.
type Decimals interface {
	// Arithmetic writes "a op c", op being one of +, - and *.
	Arithmetic(b *Builder, op string, a, c Typed)
	// DecimalSum writes the sum of e over the rows of a group. over, which writes
	// the window or nothing, follows the call.
	DecimalSum(b *Builder, e Typed, over func())
	// DecimalExtreme writes the least or the greatest value; fn is MIN or MAX.
	DecimalExtreme(b *Builder, fn string, e Typed, over func())
	// AsDecimal writes e, a decimal, so that equal numbers are one wherever rows are
	// compared: to DISTINCT, GROUP BY, UNION and IN.
	AsDecimal(b *Builder, e Typed)
	// Quotient writes a / c, a decimal by a whole number, rounded to scale digits
	// behind the point, halves away from zero; NULL where c is 0.
	Quotient(b *Builder, a, c Expr, scale int)
	// Stored writes e as the value of a column of type ty, which is of decimals or
	// of whole numbers: a decimal is rounded to its scale, halves away from zero,
	// and a number that does not fit the column is an error.
	Stored(b *Builder, e Expr, ty schema.Type)
}

// Typed is an [Expr] that knows its type. A dialect asks for it where the same
// operation is written in two ways, for example over JSON and JSONB.
type Typed interface {
	Expr
	SQLType() schema.Type
}

// JSONType is the type that a member of a document is read as.
type JSONType string

// The typed readers. A member that is absent, JSON null, or of another type
// that cannot be read as asked, is SQL NULL; AsJSON gives JSON null as 'null'.
const (
	AsText    JSONType = "text"    // strings unquoted, other values as JSON text
	AsInteger JSONType = "integer" // 64 bits
	AsFloat   JSONType = "float"
	AsNumeric JSONType = "numeric" // exact
	AsBool    JSONType = "bool"
	AsJSON    JSONType = "json" // the member's JSON text
)

// ElementColumn is a column of the table that JSONEach makes.
type ElementColumn int

// The columns of elements.
const (
	ElementKey      ElementColumn = iota // the object key; NULL for elements of an array
	ElementValue                         // JSON text
	ElementPosition                      // from 0
)

// Path leads to a member of a document: string elements are exact object keys,
// int elements are array positions. There is no path language: any key can be
// reached, whatever characters it has.
type Path []any

// JSON operations over a JSON column or expression. An absent member is SQL
// NULL, never an error, and no operation fails on a document of another shape.
type JSON interface {
	// JSONGet writes the member at p read as ty.
	JSONGet(b *Builder, doc Expr, p Path, ty JSONType)
	// JSONHas writes a condition: the member at p exists, even as JSON null.
	JSONHas(b *Builder, doc Expr, p Path)
	// JSONKind writes the type of the member at p as text: 'object', 'array',
	// 'string', 'number', 'bool', 'null', or SQL NULL when it is absent.
	JSONKind(b *Builder, doc Expr, p Path)
	// JSONLength writes the number of elements of the array, or members of the
	// object, at p; SQL NULL for anything else.
	JSONLength(b *Builder, doc Expr, p Path)
	// JSONHasElement writes a condition: the array at p has an element equal
	// to v, a string, int64, float64, bool or nil.
	JSONHasElement(b *Builder, doc Expr, p Path, v any)
	// JSONContains writes a condition: the member at p contains the document in
	// the JSON text, in the sense of PostgreSQL's @>.
	JSONContains(b *Builder, doc Expr, p Path, document string)
	// JSONEach writes a table of the elements of the array, or the members of
	// the object, at p, as a FROM item called alias that may refer to the items
	// before it. Its columns are written by JSONElement only.
	JSONEach(b *Builder, doc Expr, p Path, alias string)
	// JSONElement writes a column of the table that JSONEach made of the same
	// document and path.
	JSONElement(b *Builder, doc Expr, p Path, alias string, c ElementColumn)
	// JSONSet writes doc with the member at p set to value, a JSON text
	// expression. Missing parents that are objects are made, and a doc that is
	// SQL NULL counts as an empty object; a path through a scalar, or past the
	// end of an array by more than one, leaves doc as it is.
	JSONSet(b *Builder, doc Expr, p Path, value Expr)
	// JSONRemove writes doc without the member at p.
	JSONRemove(b *Builder, doc Expr, p Path)
	// JSONLet writes what use writes over a document that stands for doc, which
	// itself is written once: for a change of what a change has made. name is
	// the statement's own.
	JSONLet(b *Builder, doc Typed, name string, use func(doc Typed))
}

// TextMatch compares text beyond equality, which is by bytes everywhere.
type TextMatch interface {
	// Like writes a case-sensitive LIKE. pattern is bound; escape is 0 for none.
	Like(b *Builder, e, pattern Expr, escape rune)
	// MatchFold writes a condition: e contains the text at the place that at
	// names, without regard to case in the sense of Unicode simple folding.
	// The text is not a pattern.
	MatchFold(b *Builder, e Expr, text string, at Anchor)
	// Lower writes e in lower case, Unicode.
	Lower(b *Builder, e Expr)
	// Length writes the number of characters of e.
	Length(b *Builder, e Expr)
	// Concat writes its texts one after another; NULL when one of them is.
	Concat(b *Builder, parts []Expr)
	// Regexp writes a condition: e matches the regular expression; the syntax
	// is what all engines share (POSIX extended, no back references).
	Regexp(b *Builder, e Expr, pattern string)
}

// Anchor says where in a string a text is looked for.
type Anchor int

// The anchors.
const (
	Anywhere Anchor = iota
	AtStart
	AtEnd
	Whole
)

// Upsert describes what to do when an INSERT meets a row with the same key.
type Upsert struct {
	Target []string // the columns of the unique key that decides; required, unless Parts are given
	// Parts are those of a unique index that decides when one of them is an
	// expression, written as in its declaration.
	Parts []Expr
	// Partial, if not nil, is the predicate of a unique index over a part of the rows.
	Partial Expr
	// Update lists columns that take the new row's value; none is "do nothing".
	Update []string
	// Set lists further assignments; Expr may refer to the new row by
	// Clauses.Excluded and to the stored one by its column.
	Set []Assignment
	// Where, if not nil, updates only rows for which it holds.
	Where Expr
	// Table is the table that is inserted into.
	Table string
}

// Assignment sets a column.
type Assignment struct {
	Column string
	Value  Expr
}

// LockMode says how rows that a SELECT reads are locked.
type LockMode struct {
	Share      bool // FOR SHARE instead of FOR UPDATE
	NoWait     bool
	SkipLocked bool
}

// Clauses writes parts of statements.
type Clauses interface {
	// Upsert writes the clause that follows INSERT ... VALUES.
	Upsert(b *Builder, u Upsert)
	// Excluded writes the value that the row being inserted has for a column.
	Excluded(b *Builder, column string)
	// Lock writes the locking clause at the end of a SELECT; nothing where a
	// write transaction locks the whole database.
	Lock(b *Builder, m LockMode)
	// Limit writes LIMIT and OFFSET; nil is none.
	Limit(b *Builder, limit, offset Expr)
	// OrderNulls writes one ORDER BY item with NULLs where they are asked for.
	OrderNulls(b *Builder, e Expr, desc, nullsFirst bool)
	// DistinctFrom writes "a is distinct from c" (or is not): NULL-safe comparison.
	DistinctFrom(b *Builder, a, c Expr, not bool)
	// DefaultRow writes the rest of an INSERT with no columns.
	DefaultRow(b *Builder)
	// InArray writes a condition: e, of type ty, is (or is not) an element of
	// the JSON array in array, a text that is bound as one value, or what stands
	// for one: for lists over the limit of placeholders, and of any length. ty is a text, integer or UUID type.
	InArray(b *Builder, e Expr, ty schema.Type, array any, not bool)
	// TupleIn writes a condition: the row of left is (or is not) one of rows.
	// There is at least one row.
	TupleIn(b *Builder, left []Expr, rows [][]Expr, not bool)
	// Materialized writes a subquery, which is not correlated, so that its rows
	// are found before the statement around it writes anything. It is asked for
	// only without SelfSubquery.
	Materialized(b *Builder, query Expr)
	// SingleValue writes query, of one column, as a value in parentheses: NULL
	// without a row, and an error of the code dberr.Invalid with several.
	SingleValue(b *Builder, query Expr)
	// LastIdentity writes the number that the server gave to the row that this
	// connection inserted last. It is asked for only without InsertReturning.
	LastIdentity(b *Builder)
}
