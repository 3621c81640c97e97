package sqlite

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/schema"
)

// dialect writes SQLite's SQL. It is comparable: two of them that are equal
// write the same.
type dialect struct{ version string }

func newDialect(version string) dialect { return dialect{version: version} }

var statementFeatures = []driver.Feature{driver.InsertReturning, driver.UpdateReturning, driver.DeleteReturning,
	driver.CopyIn, driver.SingleWriter, driver.Savepoints, driver.Windows, driver.RecursiveCTE, driver.NullsOrdering,
	driver.DistinctFrom, driver.UpsertTarget, driver.SetOperations, driver.JSONExact, driver.SelfSubquery, driver.SetAtOnce, driver.TupleIn}

func (dialect) Engine() string { return "sqlite" }

func (dialect) Has(f driver.Feature) bool {
	return hasTableFeature(f) || slices.Contains(statementFeatures, f)
}

func (dialect) Limits() driver.Limits { return driver.Limits{BindArgs: 32766} }

func (dialect) AppendIdent(b []byte, name string) ([]byte, error) {
	if name == "" || strings.IndexByte(name, 0) >= 0 {
		return b, dberr.New(dberr.Invalid, "identifier", "a name is empty or holds NUL; give it another")
	}
	b = append(b, '"')
	if strings.IndexByte(name, '"') >= 0 {
		name = strings.ReplaceAll(name, `"`, `""`)
	}
	return append(append(b, name...), '"'), nil
}

func (dialect) AppendPlaceholder(b []byte, _ int) []byte { return append(b, '?') }

func (dialect) AppendString(b []byte, s string) ([]byte, error) {
	if err := value.CheckText(s); err != nil {
		return b, err
	}
	return append(append(append(b, '\''), strings.ReplaceAll(s, "'", "''")...), '\''), nil
}

// Layouts of times as text: what SQLAlchemy writes, so that both read it, and
// so that the order of texts is the order of times.
const (
	dateLayout     = "2006-01-02"
	dateTimeLayout = "2006-01-02 15:04:05.000000"
)

func (dialect) Encode(ty schema.Type, v any) (any, error) {
	x, err := value.Encode(ty, v, value.Limits{NaN: true, Years: true})
	if err != nil {
		return nil, withEngine(err)
	}
	switch x := x.(type) {
	case bool:
		if x {
			return int64(1), nil
		}
		return int64(0), nil
	case string:
		switch ty.Kind {
		case schema.JSON, schema.JSONB, schema.Numeric:
			if bareNumber(x) {
				return []byte(x), nil
			}
		}
		return x, nil
	default:
		return textTime(ty, x), nil
	}
}

// bareNumber reports whether a text is a number that a column declared JSON or
// NUMERIC, which prefer numbers to text, would round or spell in another way.
// Such a one is bound as bytes, which stay as they are.
func bareNumber(s string) bool {
	c := strings.TrimLeft(s, " \t\r\n")
	if c == "" || c[0] != '-' && (c[0] < '0' || c[0] > '9') {
		return false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return err != nil || strconv.FormatInt(n, 10) != s
}

// withEngine adds the engine's name to a refusal.
func withEngine(err error) error {
	var e *dberr.Error
	if errors.As(err, &e) {
		c := *e
		c.Engine = "sqlite"
		return &c
	}
	return err
}

func (dialect) Cast(b *driver.Builder, e driver.Expr, ty schema.Type) {
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

func (dialect) Comparable(b *driver.Builder, e driver.Expr, ty schema.Type) {
	if ty.Kind == schema.Numeric {
		// Decimals are text, whose order is not that of numbers.
		b.SQL("larder_decimal(").Expr(e).SQL(")")
		return
	}
	b.Expr(e)
}

func (dialect) Like(b *driver.Builder, e, pattern driver.Expr, escape rune) {
	// LIKE itself takes no notice of the case of ASCII letters.
	b.SQL("larder_like(").Expr(e).SQL(", ").Expr(pattern).SQL(", ")
	if escape == 0 {
		b.SQL("'')")
		return
	}
	b.Arg(string(escape)).SQL(")")
}

func (dialect) MatchFold(b *driver.Builder, e driver.Expr, text string, at driver.Anchor) {
	b.SQL("larder_match_fold(").Expr(e).SQL(", ").Arg(text).SQL(fmt.Sprintf(", %d)", at))
}

func (dialect) Lower(b *driver.Builder, e driver.Expr) {
	b.SQL("larder_lower(").Expr(e).SQL(")")
}

func (dialect) Concat(b *driver.Builder, parts []driver.Expr) {
	b.SQL("(")
	for i, p := range parts {
		if i > 0 {
			b.SQL(" || ")
		}
		b.Expr(p)
	}
	b.SQL(")")
}

func (dialect) Regexp(b *driver.Builder, e driver.Expr, pattern string) {
	b.SQL("larder_regexp(").Expr(e).SQL(", ").Arg(pattern).SQL(")")
}

func (dialect) Upsert(b *driver.Builder, u driver.Upsert) { driver.OnConflict(b, u) }

func (dialect) Excluded(b *driver.Builder, column string) { driver.OnConflictExcluded(b, column) }

// Lock writes nothing: a write transaction has the whole database.
func (dialect) Lock(*driver.Builder, driver.LockMode) {}

func (dialect) Limit(b *driver.Builder, limit, offset driver.Expr) {
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

func (dialect) OrderNulls(b *driver.Builder, e driver.Expr, desc, nullsFirst bool) {
	driver.WriteOrderNulls(b, e, desc, nullsFirst)
}

func (dialect) DistinctFrom(b *driver.Builder, a, c driver.Expr, not bool) {
	b.SQL("(").Expr(a)
	if not {
		b.SQL(" IS ").Expr(c).SQL(")")
	} else {
		b.SQL(" IS NOT ").Expr(c).SQL(")")
	}
}

func (dialect) DefaultRow(b *driver.Builder) { b.SQL("DEFAULT VALUES") }

func (dialect) InArray(b *driver.Builder, e driver.Expr, _ schema.Type, array string, not bool) {
	b.Expr(e)
	if not {
		b.SQL(" NOT")
	}
	b.SQL(" IN (SELECT value FROM json_each(").Arg(array).SQL("))")
}

func (dialect) TupleIn(b *driver.Builder, left []driver.Expr, rows [][]driver.Expr, not bool) {
	driver.WriteTupleIn(b, left, rows, not, "VALUES ")
}

func (dialect) LastIdentity(b *driver.Builder) { b.SQL("last_insert_rowid()") }

func (dialect) Materialized(b *driver.Builder, query driver.Expr) { b.Expr(query) }
