package mysql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/fold"
	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/schema"
)

// Dialect writes the SQL of MySQL, of MariaDB, and of what descends from them.
// It is comparable: two of them that are equal write the same.
type Dialect struct {
	Flavour
	version int // 80019, 101119
	packet  int // max_allowed_packet; 0 when it is not known
}

// NewDialect is the dialect of a flavour's server of that version, 80400 for
// 8.4.0. maxPacket is the largest packet that the server takes, 0 when it is
// not known.
func NewDialect(f Flavour, version, maxPacket int) Dialect {
	return Dialect{Flavour: f, version: version, packet: maxPacket}
}

// statementFeatures are those of all flavours.
var statementFeatures = []driver.Feature{
	driver.ServerProcess, driver.Windows, driver.RecursiveCTE, driver.Schemas, driver.HavingLabels, driver.DeleteJoined,
}

// Engine is the flavour's name.
func (d Dialect) Engine() string { return d.Name() }

// Has reports whether the server has a feature.
func (d Dialect) Has(f driver.Feature) bool {
	return hasTableFeature(f) || slices.Contains(statementFeatures, f) || d.Flavour.Has(f, d.version)
}

func (d Dialect) Limits() driver.Limits {
	return driver.Limits{BindArgs: 65535, IdentChars: maxName, KeyBytes: maxKey, Packet: d.packet}
}

func (d Dialect) AppendIdent(b []byte, name string) ([]byte, error) {
	switch {
	case name == "" || strings.IndexByte(name, 0) >= 0:
		return b, dberr.New(dberr.Invalid, "identifier", "a name is empty or holds NUL; give it another")
	case len(name) > maxName && utf8.RuneCountInString(name) > maxName:
		e := dberr.New(dberr.TooLarge, "identifier",
			fmt.Sprintf("the name %q has %d characters and the engine takes %d; shorten it", name,
				utf8.RuneCountInString(name), maxName))
		e.Engine = d.Name()
		return b, e
	}
	if strings.IndexFunc(name, func(r rune) bool { return r > 0xFFFF }) >= 0 {
		e := dberr.New(dberr.Unsupported, "identifier",
			fmt.Sprintf("the name %q holds a character beyond U+FFFF, which the engine does not take in names; give it another", name))
		e.Engine = d.Name()
		return b, e
	}
	return driver.AppendQuoted(b, name, '`'), nil
}

func (Dialect) AppendPlaceholder(b []byte, _ int) []byte { return append(b, '?') }

// AppendString appends a literal.
func (Dialect) AppendString(b []byte, s string) ([]byte, error) {
	if err := value.CheckText(s); err != nil {
		return b, err
	}
	return appendText(b, s), nil
}

func (Dialect) AppendBytes(b, v []byte) []byte { return driver.AppendHex(b, v) }

// statementRoom is what a statement needs of a packet beside its largest value.
const statementRoom = 64 << 10

func (d Dialect) Encode(ty schema.Type, v any) (any, error) {
	l := value.Limits{Length: true, KeyLength: true, IntRange: true, Years: true, NaN: true, Inf: true, Depth: d.depth(),
		Double: true, Whole: maxWhole, Fraction: maxFraction}
	if d.packet > statementRoom {
		l.Bytes = d.packet - statementRoom
	}
	x, err := value.Encode(ty, v, l)
	if err != nil {
		return nil, dberr.WithEngine(err, d.Name())
	}
	// The driver would send the zero time.Time, which is a date, as 0000-00-00.
	if t, ok := x.(time.Time); ok {
		if ty.Kind == schema.Date {
			return t.Format("2006-01-02"), nil
		}
		return t.Format("2006-01-02 15:04:05.000000"), nil
	}
	return x, nil
}

// collate writes the collation under which text compares by its bytes.
func (d Dialect) collate(b *driver.Builder) {
	b.SQL(" COLLATE " + d.collation())
}

func (d Dialect) Cast(b *driver.Builder, e driver.Expr, ty schema.Type) {
	var as string
	switch ty.Kind {
	case schema.SmallInt, schema.Integer, schema.BigInt, schema.Boolean:
		as = "SIGNED"
	case schema.Float:
		as = "DOUBLE"
	case schema.Numeric:
		as = "DECIMAL(65,30)"
	case schema.Date:
		as = "DATE"
	case schema.Time:
		as = "TIME(6)"
	case schema.DateTime:
		as = "DATETIME(6)"
	case schema.Bytes:
		as = "BINARY"
	case schema.JSON, schema.JSONB:
		b.Expr(e)
		return
	default:
		d.castText(b, e)
		return
	}
	b.SQL("CAST(").Expr(e).SQL(" AS " + as + ")")
}

// castText writes e as a text; a decimal with the digits that its type asks for,
// an instant and a time of day with six of the second's fraction.
func (d Dialect) castText(b *driver.Builder, e driver.Expr) {
	char := func(b *driver.Builder, e driver.Expr) {
		b.SQL("(CAST(").Expr(e).SQL(" AS CHAR CHARACTER SET utf8mb4)")
		d.collate(b)
		b.SQL(")")
	}
	switch from := driver.TypeOf(e); from.Kind {
	case schema.Numeric:
		driver.WriteDecimalText(b, driver.ExprFunc(func(b *driver.Builder) { d.operand(b, e.(driver.Typed)) }),
			min(from.Scale, maxFraction), func(b *driver.Builder, e driver.Expr, digits int) {
				if digits < 0 {
					char(b, e)
					return
				}
				char(b, driver.ExprFunc(func(b *driver.Builder) {
					b.SQL("CAST(").Expr(e).SQL(" AS DECIMAL(65," + strconv.Itoa(digits) + "))")
				}))
			})
	case schema.DateTime, schema.Time:
		char(b, driver.ExprFunc(func(b *driver.Builder) { d.Cast(b, driver.ExprFunc(e.WriteSQL), from) }))
	default:
		char(b, e)
	}
}

// Comparable of a decimal that is text is its value to 30 digits behind the
// point and 35 before it; larger numbers are NULL, not the largest decimal.
func (Dialect) Comparable(b *driver.Builder, e driver.Expr, ty schema.Type) {
	if ty.Kind != schema.Numeric || ty.Precision > 0 {
		b.Expr(e)
		return
	}
	b.SQL("(CASE WHEN ").Expr(e).SQL(" REGEXP '^[-]?0*[0-9]{0,35}([.][0-9]*)?([eE][-][0-9]+)?$' OR ").Expr(e).
		SQL(" REGEXP '^[-]?0*[0-9]{1,25}([.][0-9]*)?([eE][+]?0*[0-9])?$' THEN CAST(").Expr(e).SQL(" AS DECIMAL(65,30)) END)")
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
	s := "\x01" // none means the backslash to MySQL; U+0001 stands in no text that anybody looks for
	if escape != 0 {
		s = string(escape)
	}
	t, err := b.Dialect().AppendString(nil, s)
	if err != nil {
		b.Fail(err)
		return
	}
	b.SQL(string(t) + ")")
}

func (d Dialect) MatchFold(b *driver.Builder, e driver.Expr, text string, at driver.Anchor) {
	pattern := fold.Pattern(text)
	if at == driver.AtStart || at == driver.Whole {
		pattern = `\A` + pattern
	}
	if at == driver.AtEnd || at == driver.Whole {
		pattern += `\z` // $ would match before a line feed at the end
	}
	if pattern == "" {
		b.SQL("(").Expr(e).SQL(" = ").Expr(e).SQL(")") // NULL where there is no text
		return
	}
	d.Regexp(b, e, pattern)
}

func (d Dialect) Regexp(b *driver.Builder, e driver.Expr, pattern string) {
	d.regexp(b, e, pattern)
}

func (d Dialect) Lower(b *driver.Builder, e driver.Expr) {
	b.SQL("(LOWER(").Expr(e).SQL(")")
	d.collate(b)
	b.SQL(")")
}

// Length is not LENGTH, which counts bytes.
func (Dialect) Length(b *driver.Builder, e driver.Expr) {
	b.SQL("CHAR_LENGTH(").Expr(e).SQL(")")
}

func (Dialect) Concat(b *driver.Builder, parts []driver.Expr) {
	b.SQL("CONCAT(")
	b.List(len(parts), func(i int) { b.Expr(parts[i]) })
	b.SQL(")")
}

// Upsert is decided by whatever unique key is in conflict. Who writes it sees
// to it that there is no other than the target.
func (d Dialect) Upsert(b *driver.Builder, u driver.Upsert) {
	if u.Where != nil {
		e := dberr.New(dberr.Unsupported, u.Table, "a conditional upsert is not something this engine has in one statement")
		e.Engine = d.Name()
		b.Fail(e)
		return
	}
	b.SQL(" ON DUPLICATE KEY UPDATE ")
	if len(u.Update)+len(u.Set) == 0 {
		if len(u.Target) == 0 {
			b.Fail(dberr.New(dberr.Invalid, u.Table, "an upsert names the columns of its key"))
			return
		}
		b.Ident(u.Target[0]).SQL(" = ").Ident(u.Table).SQL(".").Ident(u.Target[0])
		return
	}
	b.List(len(u.Update)+len(u.Set), func(i int) {
		if i < len(u.Update) {
			b.Ident(u.Update[i]).SQL(" = VALUES(").Ident(u.Update[i]).SQL(")")
			return
		}
		a := u.Set[i-len(u.Update)]
		b.Ident(a.Column).SQL(" = ").Expr(a.Value)
	})
}

func (Dialect) Excluded(b *driver.Builder, column string) {
	b.SQL("VALUES(").Ident(column).SQL(")")
}

func (d Dialect) Lock(b *driver.Builder, m driver.LockMode) {
	if m.Share {
		b.SQL(d.shareLock())
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
	b.SQL(" LIMIT ")
	if limit == nil {
		b.SQL("18446744073709551615")
	} else {
		b.Expr(limit)
	}
	if offset != nil {
		b.SQL(" OFFSET ").Expr(offset)
	}
}

func (Dialect) OrderNulls(b *driver.Builder, e driver.Expr, desc, nullsFirst bool) {
	b.SQL("(").Expr(e).SQL(" IS NULL)")
	if nullsFirst {
		b.SQL(" DESC")
	}
	b.SQL(", ").Expr(e)
	if desc {
		b.SQL(" DESC")
	}
}

func (Dialect) DistinctFrom(b *driver.Builder, a, c driver.Expr, not bool) {
	if !not {
		b.SQL("NOT ")
	}
	b.SQL("(").Expr(a).SQL(" <=> ").Expr(c).SQL(")")
}

func (Dialect) DefaultRow(b *driver.Builder) { b.SQL("() VALUES ()") }

func (d Dialect) InArray(b *driver.Builder, e driver.Expr, ty schema.Type, array any, not bool) {
	b.Expr(e)
	if not {
		b.SQL(" NOT")
	}
	b.SQL(" IN (SELECT larder_v.v FROM JSON_TABLE(").Arg(array).SQL(", '$[*]' COLUMNS (v ")
	switch ty.Kind {
	case schema.SmallInt, schema.Integer, schema.BigInt:
		b.SQL("BIGINT")
	default:
		b.SQL("LONGTEXT CHARACTER SET utf8mb4")
		d.collate(b)
	}
	b.SQL(" PATH '$')) AS larder_v)")
}

func (Dialect) TupleIn(b *driver.Builder, left []driver.Expr, rows [][]driver.Expr, not bool) {
	driver.WriteTupleIn(b, left, rows, not, "")
}

// SingleValue is the query: the server sees to it.
func (Dialect) SingleValue(b *driver.Builder, query driver.Expr) { driver.WriteSubquery(b, query) }

func (Dialect) LastIdentity(b *driver.Builder) { b.SQL("LAST_INSERT_ID()") }

// Materialized keeps the optimizer from merging the derived table, which would
// read the table that is written.
func (Dialect) Materialized(b *driver.Builder, query driver.Expr) {
	name := "larder_" + strconv.Itoa(b.Len())
	b.SQL("SELECT /*+ NO_MERGE(" + name + ") */ * FROM (").Expr(query).SQL(") AS " + name)
}
