package postgres

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/fold"
	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/schema"
)

// Dialect writes PostgreSQL's SQL. It is comparable: two of them that are
// equal write the same.
type Dialect struct {
	version int  // server_version_num
	icu     bool // the server has ICU collations
}

// NewDialect is the dialect of a version of the server, as server_version_num
// has it: 150018; icu says whether collations of ICU are there.
func NewDialect(version int, icu bool) Dialect { return Dialect{version: version, icu: icu} }

var statementFeatures = []driver.Feature{
	driver.InsertReturning, driver.UpdateReturning, driver.DeleteReturning, driver.CopyIn,
	driver.ServerProcess, driver.Windows, driver.RecursiveCTE, driver.UpsertTarget,
	driver.SetOperations, driver.JSONExact, driver.SelfSubquery, driver.SetAtOnce, driver.PipesConcat,
	driver.Schemas, driver.NarrowIntegers, driver.UpsertOnce, driver.UpdateFrom, driver.DeleteUsing, driver.WriteCTE,
	driver.FullJoin, driver.ValuesTable,
}

func (Dialect) Engine() string { return "postgresql" }

func (Dialect) Has(f driver.Feature) bool {
	return hasTableFeature(f) || slices.Contains(statementFeatures, f)
}

func (Dialect) Limits() driver.Limits {
	return driver.Limits{BindArgs: 65535, IdentBytes: maxName, KeyBytes: 2704}
}

func (d Dialect) AppendIdent(b []byte, name string) ([]byte, error) {
	switch {
	case name == "" || strings.IndexByte(name, 0) >= 0:
		return b, dberr.New(dberr.Invalid, "identifier", "a name is empty or holds NUL; give it another")
	case len(name) > maxName:
		e := dberr.New(dberr.TooLarge, "identifier",
			fmt.Sprintf("the name %q has %d bytes and the engine keeps %d; shorten it", name, len(name), maxName))
		e.Engine = d.Engine()
		return b, e
	}
	return driver.AppendQuoted(b, name, '"'), nil
}

func (Dialect) AppendPlaceholder(b []byte, n int) []byte {
	return strconv.AppendInt(append(b, '$'), int64(n), 10)
}

// AppendString uses the E form when there is a backslash, which means the same
// whatever standard_conforming_strings is.
func (Dialect) AppendString(b []byte, s string) ([]byte, error) {
	if err := value.CheckText(s); err != nil {
		return b, err
	}
	return appendText(b, s), nil
}

func (Dialect) AppendBytes(b, v []byte) []byte {
	return append(hex.AppendEncode(append(b, "decode('"...), v), "', 'hex')"...)
}

func (Dialect) Encode(ty schema.Type, v any) (any, error) {
	x, err := value.Encode(ty, v, value.Limits{Length: true, IntRange: true})
	if err != nil {
		return nil, dberr.WithEngine(err, "postgresql")
	}
	return x, nil
}

func typeName(ty schema.Type) string {
	switch ty.Kind {
	case schema.SmallInt, schema.Integer, schema.BigInt:
		return "bigint"
	case schema.Boolean:
		return "boolean"
	case schema.Float:
		return "double precision"
	case schema.Numeric:
		return "numeric"
	case schema.Date:
		return "date"
	case schema.Time:
		return "time"
	case schema.DateTime:
		if ty.WithZone {
			return "timestamp with time zone"
		}
		return "timestamp"
	case schema.JSON:
		return "json"
	case schema.JSONB:
		return "jsonb"
	case schema.Bytes:
		return "bytea"
	case schema.UUID:
		return "uuid"
	}
	return "text"
}

func (d Dialect) Cast(b *driver.Builder, e driver.Expr, ty schema.Type) {
	from, text := driver.TypeOf(e), typeName(ty) == "text"
	switch {
	case from.Kind == schema.Numeric && text:
		driver.WriteDecimalText(b, driver.ExprFunc(func(b *driver.Builder) { d.operand(b, e.(driver.Typed)) }), from.Scale,
			func(b *driver.Builder, e driver.Expr, _ int) {
				b.SQL("CAST(").Expr(e).SQL(" AS text)")
			})
		return
	case from.Kind == schema.DateTime && text:
		b.SQL("to_char(")
		timestamp(b, e.(driver.Typed))
		b.SQL(", 'YYYY-MM-DD HH24:MI:SS.US')")
		return
	case from.Kind == schema.Time && text:
		b.SQL("to_char(CAST(").Expr(e).SQL(" AS interval), 'HH24:MI:SS.US')")
		return
	case from.Kind == schema.DateTime && from.WithZone && (ty.Kind == schema.Date || ty.Kind == schema.Time):
		b.SQL("CAST(")
		timestamp(b, e.(driver.Typed))
		b.SQL(" AS " + typeName(ty) + ")")
		return
	case from.Kind.IsText() && ty.Kind == schema.Bytes:
		// A cast would take backslashes for what they mean in the text of bytes.
		b.SQL("convert_to(CAST(").Expr(e).SQL(" AS text), 'UTF8')")
		return
	}
	b.SQL("CAST(").Expr(e).SQL(" AS " + typeName(ty) + ")")
}

func (d Dialect) Comparable(b *driver.Builder, e driver.Expr, ty schema.Type) {
	switch ty.Kind {
	case schema.Numeric:
		if ty.Precision > 0 {
			b.Expr(e)
			return
		}
		d.Cast(b, e, ty)
	case schema.JSON:
		// json has no equality of its own.
		d.Cast(b, e, schema.Type{Kind: schema.Text})
	case schema.JSONB:
		d.Cast(b, e, ty)
	default:
		b.Expr(e)
	}
}

// CompareInstant needs no care: the server has a type for instants.
func (Dialect) CompareInstant(b *driver.Builder, e driver.Expr, op string, v driver.Expr) {
	b.Expr(e).SQL(" " + op + " ").Expr(v)
}

// InstantIn is IN, likewise.
func (Dialect) InstantIn(b *driver.Builder, e driver.Expr, values []driver.Expr, not bool) {
	driver.WriteIn(b, e, values, not)
}

func (Dialect) Like(b *driver.Builder, e, pattern driver.Expr, escape rune) {
	b.SQL("(").Expr(e).SQL(" LIKE ").Expr(pattern).SQL(" ESCAPE ")
	literal(b, escape)
	b.SQL(")")
}

// literal writes the escape character, which cannot be bound; 0 is none.
func literal(b *driver.Builder, escape rune) {
	s := ""
	if escape != 0 {
		s = string(escape)
	}
	t, err := b.Dialect().AppendString(nil, s)
	if err != nil {
		b.Fail(err)
		return
	}
	b.SQL(string(t))
}

func (Dialect) MatchFold(b *driver.Builder, e driver.Expr, text string, at driver.Anchor) {
	pattern := fold.Pattern(text)
	if at == driver.AtStart || at == driver.Whole {
		pattern = `\A` + pattern
	}
	if at == driver.AtEnd || at == driver.Whole {
		pattern += `\Z`
	}
	if pattern == "" {
		b.SQL("(").Expr(e).SQL(" = ").Expr(e).SQL(")") // NULL where there is no text
		return
	}
	// *** says that it is an advanced regular expression whatever it begins with.
	b.SQL("(").Expr(e).SQL(" ~ ").Arg("***:" + pattern).SQL(")")
}

func (d Dialect) Lower(b *driver.Builder, e driver.Expr) {
	b.SQL("lower(").Expr(e)
	if d.icu {
		// Under the C locale lower() knows ASCII only.
		b.SQL(` COLLATE "und-x-icu"`)
	}
	b.SQL(`) COLLATE "C"`)
}

// Length has a text of e: the type of a value that is bound is not known yet.
func (Dialect) Length(b *driver.Builder, e driver.Expr) {
	b.SQL("char_length(CAST(").Expr(e).SQL(" AS text))")
}

func (Dialect) Concat(b *driver.Builder, parts []driver.Expr) {
	b.SQL("(")
	for i, p := range parts {
		if i > 0 {
			b.SQL(" || ")
		}
		b.SQL("CAST(").Expr(p).SQL(" AS text)")
	}
	b.SQL(")")
}

func (Dialect) Regexp(b *driver.Builder, e driver.Expr, pattern string) {
	b.SQL("(").Expr(e).SQL(" ~ ").Arg(pattern).SQL(")")
}

func (Dialect) Upsert(b *driver.Builder, u driver.Upsert) { driver.OnConflict(b, u) }

func (Dialect) Excluded(b *driver.Builder, column string) { driver.OnConflictExcluded(b, column) }

func (Dialect) Lock(b *driver.Builder, m driver.LockMode) {
	if m.Share {
		b.SQL(" FOR SHARE")
	} else {
		b.SQL(" FOR UPDATE")
	}
	switch {
	case m.SkipLocked:
		b.SQL(" SKIP LOCKED")
	case m.NoWait:
		b.SQL(" NOWAIT")
	}
}

func (Dialect) Limit(b *driver.Builder, limit, offset driver.Expr) {
	if limit != nil {
		b.SQL(" LIMIT ").Expr(limit)
	}
	if offset != nil {
		b.SQL(" OFFSET ").Expr(offset)
	}
}

func (Dialect) OrderNulls(b *driver.Builder, e driver.Expr, desc, nullsFirst bool) {
	driver.WriteOrderNulls(b, e, desc, nullsFirst)
}

func (Dialect) DistinctFrom(b *driver.Builder, a, c driver.Expr, not bool) {
	b.SQL("(").Expr(a)
	if not {
		b.SQL(" IS NOT DISTINCT FROM ")
	} else {
		b.SQL(" IS DISTINCT FROM ")
	}
	b.Expr(c).SQL(")")
}

func (Dialect) DefaultRow(b *driver.Builder) { b.SQL("DEFAULT VALUES") }

// InArray makes an array of the list, for which an index can be used.
func (d Dialect) InArray(b *driver.Builder, e driver.Expr, ty schema.Type, array any, not bool) {
	if ty.Kind == schema.Enum {
		d.Cast(b, e, schema.Type{Kind: schema.Text}) // the type that typeName gives its values
	} else {
		b.Expr(e)
	}
	if not {
		b.SQL(" <> ALL")
	} else {
		b.SQL(" = ANY")
	}
	b.SQL(" (ARRAY(SELECT CAST(larder_v.value AS " + typeName(ty) + ") FROM json_array_elements_text(CAST(").Arg(array).
		SQL(" AS json)) AS larder_v))")
}

// inlineRows is the longest list of rows that is written as such: the server
// makes conditions one inside of the other of it, and goes through them for each
// row. A longer one is a table.
const inlineRows = 64

// TupleIn gives the values of such a table their types in its first row.
func (d Dialect) TupleIn(b *driver.Builder, left []driver.Expr, rows [][]driver.Expr, not bool) {
	if len(rows) <= inlineRows {
		driver.WriteTupleIn(b, left, rows, not, "")
		return
	}
	cols, first := slices.Clone(left), slices.Clone(rows[0])
	for i, e := range first {
		t, ok := e.(driver.Typed)
		if !ok {
			continue
		}
		ty := t.SQLType()
		first[i] = driver.ExprFunc(func(b *driver.Builder) { d.Cast(b, e, ty) })
		if ty.Kind == schema.Enum {
			column := left[i]
			cols[i] = driver.ExprFunc(func(b *driver.Builder) { d.Cast(b, column, schema.Type{Kind: schema.Text}) })
		}
	}
	driver.WriteTupleIn(b, cols, append([][]driver.Expr{first}, rows[1:]...), not, "VALUES ")
}

// SingleValue is the query: the server sees to it.
func (Dialect) SingleValue(b *driver.Builder, query driver.Expr) { driver.WriteSubquery(b, query) }

func (Dialect) LastIdentity(b *driver.Builder) { b.SQL("lastval()") }

func (Dialect) Materialized(b *driver.Builder, query driver.Expr) { b.Expr(query) }
