package sqlite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/schema"
)

// Dialect writes SQLite's SQL. It is comparable: two of them that are equal
// write the same.
type Dialect struct{ version string }

// NewDialect is the dialect of a version of SQLite: "3.54.1".
func NewDialect(version string) Dialect { return Dialect{version: version} }

var statementFeatures = []driver.Feature{
	driver.InsertReturning, driver.UpdateReturning, driver.DeleteReturning, driver.CopyIn,
	driver.Windows, driver.RecursiveCTE, driver.UpsertTarget, driver.SetOperations, driver.JSONExact,
	driver.SelfSubquery, driver.UpdateFrom, driver.WriteCTE, driver.SetAtOnce, driver.PipesConcat, driver.LooseColumns,
	driver.FullJoin, driver.ValuesTable,
}

func (Dialect) Engine() string { return "sqlite" }

func (Dialect) Has(f driver.Feature) bool {
	return hasTableFeature(f) || slices.Contains(statementFeatures, f)
}

func (Dialect) Limits() driver.Limits { return driver.Limits{BindArgs: 32766} }

func (Dialect) AppendIdent(b []byte, name string) ([]byte, error) {
	if name == "" || strings.IndexByte(name, 0) >= 0 {
		return b, dberr.New(dberr.Invalid, "identifier", "a name is empty or holds NUL; give it another")
	}
	return driver.AppendQuoted(b, name, '"'), nil
}

func (Dialect) AppendPlaceholder(b []byte, _ int) []byte { return append(b, '?') }

func (Dialect) AppendString(b []byte, s string) ([]byte, error) {
	if err := value.CheckText(s); err != nil {
		return b, err
	}
	return driver.AppendQuoted(b, s, '\''), nil
}

func (Dialect) AppendBytes(b, v []byte) []byte { return driver.AppendHex(b, v) }

func (Dialect) Encode(ty schema.Type, v any) (any, error) {
	x, err := value.Encode(ty, v, value.Limits{NaN: true, Years: true})
	if err != nil {
		return nil, dberr.WithEngine(err, "sqlite")
	}
	switch v := x.(type) {
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case string:
		switch ty.Kind {
		case schema.Numeric:
			return storedDecimal(v), nil
		case schema.JSON, schema.JSONB:
			if bareNumber(v) {
				return []byte(v), nil
			}
		}
		return x, nil
	default:
		return textTime(ty, x), nil
	}
}

// bareNumber reports whether a text is a number that a column declared JSON,
// which prefers numbers to text, would round or spell in another way.
// Such a one is bound as bytes, which stay as they are.
func bareNumber(s string) bool {
	c := strings.TrimLeft(s, " \t\r\n")
	if c == "" || c[0] != '-' && (c[0] < '0' || c[0] > '9') {
		return false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return err != nil || strconv.FormatInt(n, 10) != s
}

func (Dialect) Cast(b *driver.Builder, e driver.Expr, ty schema.Type) {
	switch from := driver.TypeOf(e); {
	case from.Kind == schema.Numeric && (ty.Kind.IsText() || ty.Kind == schema.Enum) && !b.Script():
		b.SQL("larder_decimal_text(").Expr(e).SQL(", " + strconv.Itoa(from.Scale) + ")")
		return
	case castTime(b, e, from.Kind, ty.Kind):
		return
	case ty.Kind == schema.Numeric && !b.Script():
		b.SQL("larder_decimal_plain(").Expr(e).SQL(")")
		return
	}
	b.SQL("CAST(").Expr(e).SQL(" AS ")
	switch ty.Kind {
	case schema.Integer, schema.BigInt, schema.SmallInt, schema.Boolean:
		b.SQL("INTEGER")
	case schema.Float:
		b.SQL("REAL")
	case schema.Bytes:
		b.SQL("BLOB")
	default:
		b.SQL("TEXT")
	}
	b.SQL(")")
}

func (Dialect) Comparable(b *driver.Builder, e driver.Expr, ty schema.Type) {
	switch ty.Kind {
	case schema.Numeric:
		// Some decimals are text, whose order is not that of numbers.
		b.SQL("larder_decimal(").Expr(e).SQL(")")
	case schema.DateTime:
		b.SQL("larder_instant(").Expr(e).SQL(")")
	default:
		b.Expr(e)
	}
}

func (Dialect) Like(b *driver.Builder, e, pattern driver.Expr, escape rune) {
	// LIKE itself takes no notice of the case of ASCII letters.
	b.SQL("larder_like(").Expr(e).SQL(", ").Expr(pattern).SQL(", ")
	if escape == 0 {
		b.SQL("'')")
		return
	}
	b.Arg(string(escape)).SQL(")")
}

func (Dialect) MatchFold(b *driver.Builder, e driver.Expr, text string, at driver.Anchor) {
	b.SQL("larder_match_fold(").Expr(e).SQL(", ").Arg(text).SQL(fmt.Sprintf(", %d)", at))
}

func (Dialect) Lower(b *driver.Builder, e driver.Expr) {
	b.SQL("larder_lower(").Expr(e).SQL(")")
}

func (Dialect) Length(b *driver.Builder, e driver.Expr) {
	b.SQL("length(").Expr(e).SQL(")")
}

func (Dialect) Concat(b *driver.Builder, parts []driver.Expr) {
	b.SQL("(")
	for i, p := range parts {
		if i > 0 {
			b.SQL(" || ")
		}
		b.Expr(p)
	}
	b.SQL(")")
}

func (Dialect) Regexp(b *driver.Builder, e driver.Expr, pattern string) {
	b.SQL("larder_regexp(").Expr(e).SQL(", ").Arg(pattern).SQL(")")
}

func (Dialect) Upsert(b *driver.Builder, u driver.Upsert) { driver.OnConflict(b, u) }

func (Dialect) Excluded(b *driver.Builder, column string) { driver.OnConflictExcluded(b, column) }

// Lock writes nothing: a write transaction has the whole database.
func (Dialect) Lock(*driver.Builder, driver.LockMode) {}

func (Dialect) Limit(b *driver.Builder, limit, offset driver.Expr) {
	b.SQL(" LIMIT ")
	if limit == nil {
		b.SQL("-1")
	} else {
		b.Expr(limit)
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
		b.SQL(" IS ").Expr(c).SQL(")")
	} else {
		b.SQL(" IS NOT ").Expr(c).SQL(")")
	}
}

func (Dialect) DefaultRow(b *driver.Builder) { b.SQL("DEFAULT VALUES") }

func (Dialect) InArray(b *driver.Builder, e driver.Expr, _ schema.Type, array any, not bool) {
	b.Expr(e)
	if not {
		b.SQL(" NOT")
	}
	b.SQL(" IN (SELECT value FROM json_each(").Arg(array).SQL("))")
}

func (Dialect) TupleIn(b *driver.Builder, left []driver.Expr, rows [][]driver.Expr, not bool) {
	driver.WriteTupleIn(b, left, rows, not, "VALUES ")
}

// SingleValue has a function look at all rows: SQLite by itself takes the first
// of several. The query is the second part of a union, which gives its column a name.
func (Dialect) SingleValue(b *driver.Builder, query driver.Expr) {
	if b.Script() {
		driver.WriteSubquery(b, query)
		return
	}
	b.SQL("(SELECT larder_single(larder_value) FROM (SELECT NULL AS larder_value WHERE 0 UNION ALL SELECT * FROM (").
		Expr(query).SQL(")))")
}

func (Dialect) LastIdentity(b *driver.Builder) { b.SQL("last_insert_rowid()") }

func (Dialect) Materialized(b *driver.Builder, query driver.Expr) { b.Expr(query) }
