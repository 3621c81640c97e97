package mysql

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/fold"
	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/schema"
)

// dialect writes the SQL of MySQL and of MariaDB. It is comparable: two of
// them that are equal write the same.
type dialect struct {
	flavour string // dburl.MySQL or dburl.MariaDB
	version int    // 80016, 101119
	packet  int    // max_allowed_packet; 0 when it is not known
}

func newDialect(flavour string, version, maxPacket int) dialect {
	return dialect{flavour: flavour, version: version, packet: maxPacket}
}

func (d dialect) mariadb() bool { return d.flavour == dburl.MariaDB }

var (
	bothFeatures = []driver.Feature{driver.RowLocks, driver.SkipLocked, driver.ServerProcess, driver.Isolation,
		driver.Savepoints, driver.TupleIn, driver.Windows, driver.RecursiveCTE, driver.DecimalType, driver.Schemas}
	mariadbFeatures = []driver.Feature{driver.InsertReturning, driver.DeleteReturning, driver.SetOperations, driver.SelfSubquery, driver.JSONExact}
)

func (d dialect) Engine() string { return d.flavour }

func (d dialect) Has(f driver.Feature) bool {
	switch {
	case hasTableFeature(f), slices.Contains(bothFeatures, f):
		return true
	case d.mariadb():
		return slices.Contains(mariadbFeatures, f)
	}
	return f == driver.SetOperations && d.version >= 80031
}

func (d dialect) Limits() driver.Limits {
	return driver.Limits{BindArgs: 65535, IdentChars: maxName, KeyBytes: maxKey, Packet: d.packet}
}

func (d dialect) AppendIdent(b []byte, name string) ([]byte, error) {
	switch {
	case name == "" || strings.IndexByte(name, 0) >= 0:
		return b, dberr.New(dberr.Invalid, "identifier", "a name is empty or holds NUL; give it another")
	case len(name) > maxName && utf8.RuneCountInString(name) > maxName:
		e := dberr.New(dberr.TooLarge, "identifier", fmt.Sprintf("the name %q has %d characters and the engine takes %d; shorten it", name, utf8.RuneCountInString(name), maxName))
		e.Engine = d.flavour
		return b, e
	}
	if strings.IndexFunc(name, func(r rune) bool { return r > 0xFFFF }) >= 0 {
		e := dberr.New(dberr.Unsupported, "identifier", fmt.Sprintf("the name %q holds a character beyond U+FFFF, which the engine does not take in names; give it another", name))
		e.Engine = d.flavour
		return b, e
	}
	b = append(b, '`')
	if strings.IndexByte(name, '`') >= 0 {
		name = strings.ReplaceAll(name, "`", "``")
	}
	return append(append(b, name...), '`'), nil
}

func (dialect) AppendPlaceholder(b []byte, _ int) []byte { return append(b, '?') }

// AppendString doubles backslashes, which every connection of ours reads as
// escapes: its sql_mode is set.
func (dialect) AppendString(b []byte, s string) ([]byte, error) {
	if err := value.CheckText(s); err != nil {
		return b, err
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "'", "''")
	return append(append(append(b, '\''), s...), '\''), nil
}

// statementRoom is what a statement needs of a packet beside its largest value.
const statementRoom = 64 << 10

func (d dialect) Encode(ty schema.Type, v any) (any, error) {
	l := value.Limits{Length: true, KeyLength: true, IntRange: true, Years: true, NaN: true, Inf: true, Depth: 100}
	if d.mariadb() {
		l.Depth = 32
	}
	if d.packet > statementRoom {
		l.Bytes = d.packet - statementRoom
	}
	x, err := value.Encode(ty, v, l)
	if err != nil {
		var e *dberr.Error
		if errors.As(err, &e) {
			c := *e
			c.Engine = d.flavour
			return nil, &c
		}
		return nil, err
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
func (d dialect) collate(b *driver.Builder) {
	if d.mariadb() {
		b.SQL(" COLLATE utf8mb4_nopad_bin")
	} else {
		b.SQL(" COLLATE utf8mb4_0900_bin")
	}
}

func (d dialect) Cast(b *driver.Builder, e driver.Expr, ty schema.Type) {
	var as string
	switch ty.Kind {
	case schema.SmallInt, schema.Integer, schema.BigInt, schema.Boolean:
		as = "SIGNED"
	case schema.Float:
		// MySQL learnt CAST AS DOUBLE in 8.0.17.
		b.SQL("(").Expr(e).SQL(" + 0e0)")
		return
	case schema.Numeric:
		as = "DECIMAL(65,30)"
	case schema.Date:
		as = "DATE"
	case schema.DateTime:
		as = "DATETIME(6)"
	case schema.Bytes:
		as = "BINARY"
	case schema.JSON, schema.JSONB:
		b.Expr(e)
		return
	default:
		b.SQL("(CAST(").Expr(e).SQL(" AS CHAR CHARACTER SET utf8mb4)")
		d.collate(b)
		b.SQL(")")
		return
	}
	b.SQL("CAST(").Expr(e).SQL(" AS " + as + ")")
}

// Comparable of a decimal that is text is its value to 30 digits behind the
// point and 35 before it; larger numbers are NULL, not the largest decimal.
func (dialect) Comparable(b *driver.Builder, e driver.Expr, ty schema.Type) {
	if ty.Kind != schema.Numeric {
		b.Expr(e)
		return
	}
	b.SQL("(CASE WHEN ").Expr(e).SQL(" REGEXP '^[-]?0*[0-9]{0,35}([.][0-9]*)?([eE][-][0-9]+)?$' OR ").Expr(e).
		SQL(" REGEXP '^[-]?0*[0-9]{1,25}([.][0-9]*)?([eE][+]?0*[0-9])?$' THEN CAST(").Expr(e).SQL(" AS DECIMAL(65,30)) END)")
}

func (dialect) Like(b *driver.Builder, e, pattern driver.Expr, escape rune) {
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

func (d dialect) MatchFold(b *driver.Builder, e driver.Expr, text string, at driver.Anchor) {
	pattern := fold.Pattern(text)
	if at == driver.AtStart || at == driver.Whole {
		pattern = `\A` + pattern
	}
	if at == driver.AtEnd || at == driver.Whole {
		pattern += `\z` // $ would match before a line feed at the end
	}
	if pattern == "" {
		b.SQL("(").Expr(e).SQL(" IS NOT NULL)")
		return
	}
	d.Regexp(b, e, pattern)
}

func (d dialect) Regexp(b *driver.Builder, e driver.Expr, pattern string) {
	if d.mariadb() {
		b.SQL("(").Expr(e).SQL(" REGEXP ").Arg("(?-i)" + pattern).SQL(")")
		return
	}
	b.SQL("REGEXP_LIKE(").Expr(e).SQL(", ").Arg(pattern).SQL(", 'c')")
}

func (d dialect) Lower(b *driver.Builder, e driver.Expr) {
	b.SQL("(LOWER(").Expr(e).SQL(")")
	d.collate(b)
	b.SQL(")")
}

func (dialect) Concat(b *driver.Builder, parts []driver.Expr) {
	b.SQL("CONCAT(")
	b.List(len(parts), func(i int) { b.Expr(parts[i]) })
	b.SQL(")")
}

// Upsert is decided by whatever unique key is in conflict. Who writes it sees
// to it that there is no other than the target.
func (d dialect) Upsert(b *driver.Builder, u driver.Upsert) {
	if u.Where != nil {
		e := dberr.New(dberr.Unsupported, u.Table, "a conditional upsert is not something this engine has in one statement")
		e.Engine = d.flavour
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

func (dialect) Excluded(b *driver.Builder, column string) {
	b.SQL("VALUES(").Ident(column).SQL(")")
}

func (d dialect) Lock(b *driver.Builder, m driver.LockMode) {
	switch {
	case !m.Share:
		b.SQL(" FOR UPDATE")
	case d.mariadb():
		b.SQL(" LOCK IN SHARE MODE")
	default:
		b.SQL(" FOR SHARE")
	}
	switch {
	case m.SkipLocked:
		b.SQL(" SKIP LOCKED")
	case m.NoWait:
		b.SQL(" NOWAIT")
	}
}

func (dialect) Limit(b *driver.Builder, limit, offset driver.Expr) {
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

func (dialect) OrderNulls(b *driver.Builder, e driver.Expr, desc, nullsFirst bool) {
	b.SQL("(").Expr(e).SQL(" IS NULL)")
	if nullsFirst {
		b.SQL(" DESC")
	}
	b.SQL(", ").Expr(e)
	if desc {
		b.SQL(" DESC")
	}
}

func (dialect) DistinctFrom(b *driver.Builder, a, c driver.Expr, not bool) {
	if !not {
		b.SQL("NOT ")
	}
	b.SQL("(").Expr(a).SQL(" <=> ").Expr(c).SQL(")")
}

func (dialect) DefaultRow(b *driver.Builder) { b.SQL("() VALUES ()") }

func (d dialect) InArray(b *driver.Builder, e driver.Expr, ty schema.Type, array string, not bool) {
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

func (dialect) TupleIn(b *driver.Builder, left []driver.Expr, rows [][]driver.Expr, not bool) {
	driver.WriteTupleIn(b, left, rows, not, "")
}

func (dialect) LastIdentity(b *driver.Builder) { b.SQL("LAST_INSERT_ID()") }

// Materialized keeps the optimizer from merging the derived table, which would
// read the table that is written.
func (dialect) Materialized(b *driver.Builder, query driver.Expr) {
	name := "larder_" + strconv.Itoa(b.Len())
	b.SQL("SELECT /*+ NO_MERGE(" + name + ") */ * FROM (").Expr(query).SQL(") AS " + name)
}
