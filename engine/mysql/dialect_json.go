package mysql

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/jsonparts"
)

// JSON is LONGTEXT here. A subquery takes it apart, which names the member once
// however often an expression needs it. On MariaDB it is over JSON_TABLE, which
// gives the text of a member as it stands, and finds keys that are stored with
// escapes, which JSON_EXTRACT does not. MySQL cannot have JSON_TABLE in GROUP BY
// and in aggregates; it has a derived table there.

// documents is how a flavour reads and changes JSON: as text, or as documents
// that it has parsed.
type documents interface {
	fromLast(n int) string                                                         // the n-th element from the end, counted from 1, in a path
	hasFromLast(version int) bool                                                  // whether paths have that
	pathText(path string) string                                                   // a path as the flavour reads it
	isArray(column string) string                                                  // a condition over a member of JSON_TABLE
	isObject() string                                                              // a condition over larder_m.m, as the next two
	key(d Dialect, s scope, doc driver.Expr, p driver.Path, key func())            // a subquery of what key makes of larder_m.m, in the order of the elements
	isContainer() string                                                           //
	kind() string                                                                  // the kind of larder_m.m
	member(d Dialect, b scope, doc driver.Expr, p driver.Path, ty driver.JSONType) // larder_m.m read as ty
	equal(d Dialect, b scope, v any)                                               // a condition: larder_m.m is equal to v
	table(d Dialect, b scope, doc driver.Expr, p driver.Path)                      // FROM and WHERE of a scalar subquery over a member
	inArray(d Dialect, b scope, doc driver.Expr, p driver.Path)                    // FROM and WHERE of a subquery over the elements of an array, each larder_m.m
	each(d Dialect, b scope, doc driver.Expr, p driver.Path)                       // a table of elements without its alias
	element(b *driver.Builder, doc driver.Expr, value func())                      // the value of such an element
	change(d Dialect, b *driver.Builder, doc driver.Expr, p driver.Path, fn string, value driver.Expr)
	let(b *driver.Builder, doc driver.Typed, name string, use func(doc driver.Typed))
}

func (d Dialect) path(b *driver.Builder, p driver.Path) (string, bool) {
	s, err := jsonparts.Path(p, d.fromLast)
	if err != nil {
		b.Fail(err)
		return "", false
	}
	return d.pathText(s), true
}

// pathLiteral writes p, and what follows it, as the literal that JSON_TABLE requires.
func (d Dialect) pathLiteral(b *driver.Builder, p driver.Path, tail string) {
	s, ok := d.path(b, p)
	if !ok {
		return
	}
	t, err := d.AppendString(nil, s+tail)
	if err != nil {
		b.Fail(err)
		return
	}
	b.SQL(string(t))
}

// scope is a subquery over one member. Its table has a name of its own: MariaDB
// takes two conditions for one that differ only in the path of a JSON_TABLE. The
// same member of the same document has the same name, so that expressions that
// are equal have one text.
type scope struct {
	*driver.Builder
	name string
}

func newScope(b *driver.Builder, doc driver.Expr, p driver.Path) scope {
	h := fnv.New32a()
	own := driver.NewBuilder(b.Dialect())
	own.Expr(doc)
	text, _, err := own.Done()
	if err != nil {
		b.Fail(err)
	}
	fmt.Fprintf(h, "%s %#v", text, p)
	return scope{b, "larder_" + strconv.FormatUint(uint64(h.Sum32()), 36)}
}

// SQL adds text in which larder_m is the member's table.
func (s scope) SQL(text string) *driver.Builder {
	return s.Builder.SQL(strings.ReplaceAll(text, "larder_m", s.name))
}

// jsonTable writes FROM and WHERE of a scalar subquery over the member at p, which
// is larder_m.m, and larder_m.e is 1 when it is there.
func (d Dialect) jsonTable(b scope, doc driver.Expr, p driver.Path) {
	b.SQL(" FROM JSON_TABLE(").Expr(doc).SQL(", '$' COLUMNS (m JSON PATH ")
	d.pathLiteral(b.Builder, p, "")
	b.SQL(", e INT EXISTS PATH ")
	d.pathLiteral(b.Builder, p, "")
	d.guardColumns(b, p)
	b.SQL(")) AS larder_m")
	d.guards(b, p, " WHERE ")
}

// guardColumns and guards see to it that a place in something that is no array
// leads nowhere: the engines' paths take a scalar for an array of one element.
func (d Dialect) guardColumns(b scope, p driver.Path) {
	b.guarded(p, func(name string, array driver.Path) {
		b.SQL(", " + name + " JSON PATH ")
		d.pathLiteral(b.Builder, array, "")
	})
}

func (d Dialect) guards(b scope, p driver.Path, first string) {
	b.guarded(p, func(name string, _ driver.Path) {
		b.SQL(first)
		first = " AND "
		b.SQL(d.isArray("larder_m." + name))
	})
}

// guarded calls f for each place in the path, with the name of the column that
// has the array that the place must be in.
func (scope) guarded(p driver.Path, f func(name string, array driver.Path)) {
	for i, s := range p {
		if _, ok := s.(int); ok {
			f(fmt.Sprintf("g%d", i), p[:i])
		}
	}
}

// old reports whether a position from the end needs help.
func (d Dialect) old() bool { return !d.hasFromLast(d.version) }

// fromLast reports whether a step of a path is a position from the end.
func fromLast(step any) bool { n, ok := step.(int); return ok && n < 0 }

// fromEnd takes a path with positions from the end apart where the engine has
// none: doc becomes the element, p what is left of the path.
func (d Dialect) fromEnd(doc driver.Expr, p driver.Path) (driver.Expr, driver.Path) {
	if !d.old() {
		return doc, p
	}
	i := slices.IndexFunc(p, fromLast)
	if i < 0 {
		return doc, p
	}
	whole, head := doc, p[:i]
	element := driver.ExprFunc(func(b *driver.Builder) {
		array := func() { d.JSONGet(b, whole, head, driver.AsJSON) }
		n := strconv.Itoa(-p[i].(int))
		b.SQL("(CASE WHEN ")
		d.JSONKind(b, whole, head)
		b.SQL(" = 'array' AND JSON_LENGTH(")
		array()
		b.SQL(") >= " + n + " THEN JSON_EXTRACT(")
		array()
		b.SQL(", CONCAT('$[', JSON_LENGTH(")
		array()
		b.SQL(") - " + n + ", ']')) END)")
	})
	return d.fromEnd(element, p[i+1:])
}

// JSONGet writes the member at p read as ty.
func (d Dialect) JSONGet(b *driver.Builder, doc driver.Expr, p driver.Path, ty driver.JSONType) {
	doc, p = d.fromEnd(doc, p)
	s := newScope(b, doc, p)
	s.SQL("(SELECT ")
	d.member(d, s, doc, p, ty)
	d.table(d, s, doc, p)
	s.SQL(")")
}

// JSONHas writes a condition: the member at p exists.
func (d Dialect) JSONHas(b *driver.Builder, doc driver.Expr, p driver.Path) {
	doc, p = d.fromEnd(doc, p)
	s := newScope(b, doc, p)
	s.SQL("(COALESCE((SELECT larder_m.e")
	d.table(d, s, doc, p)
	s.SQL("), 0) = 1)")
}

// JSONKind writes the kind of the member at p.
func (d Dialect) JSONKind(b *driver.Builder, doc driver.Expr, p driver.Path) {
	doc, p = d.fromEnd(doc, p)
	s := newScope(b, doc, p)
	s.SQL("(SELECT " + d.kind())
	d.table(d, s, doc, p)
	s.SQL(")")
}

// JSONLength writes the number of elements or members at p.
func (d Dialect) JSONLength(b *driver.Builder, doc driver.Expr, p driver.Path) {
	doc, p = d.fromEnd(doc, p)
	s := newScope(b, doc, p)
	s.SQL("(SELECT CASE WHEN " + d.isContainer() + " THEN JSON_LENGTH(larder_m.m) END")
	d.table(d, s, doc, p)
	s.SQL(")")
}

// JSONHasElement writes a condition: the array at p has an element equal to v.
func (d Dialect) JSONHasElement(b *driver.Builder, doc driver.Expr, p driver.Path, v any) {
	doc, p = d.fromEnd(doc, p)
	s := newScope(b, doc, p)
	// Not EXISTS: MariaDB takes it for independent of the row.
	s.SQL("((SELECT COUNT(*)")
	d.inArray(d, s, doc, p)
	s.SQL(" AND ")
	d.equal(d, s, v)
	s.SQL(") > 0)")
}

// JSONContains writes a condition: the member at p contains the document.
func (d Dialect) JSONContains(b *driver.Builder, doc driver.Expr, p driver.Path, document string) {
	jsonparts.Contains(b, doc, p, document)
}

// JSONEach writes a table of the elements at p.
func (d Dialect) JSONEach(b *driver.Builder, doc driver.Expr, p driver.Path, alias string) {
	doc, p = d.fromEnd(doc, p)
	s := newScope(b, doc, p)
	d.each(d, s, doc, p)
	s.SQL(" AS ").Ident(alias)
}

// JSONElement writes a column of the table that JSONEach made.
func (d Dialect) JSONElement(b *driver.Builder, doc driver.Expr, p driver.Path, alias string, c driver.ElementColumn) {
	doc, p = d.fromEnd(doc, p)
	value := func() { b.Ident(alias).SQL(".").Ident("value") }
	position := func() { b.Ident(alias).SQL(".").Ident("position") }
	switch c {
	case driver.ElementKey:
		s := newScope(b, doc, p)
		d.key(d, s, doc, p, func() {
			s.SQL("CASE WHEN " + d.isObject() + " THEN JSON_UNQUOTE(JSON_EXTRACT(JSON_KEYS(larder_m.m), CONCAT('$[', ")
			position()
			s.SQL(" - 1, ']'))) END")
		})
	case driver.ElementPosition:
		b.SQL("(")
		position()
		b.SQL(" - 1)")
	case driver.ElementValue:
		d.element(b, doc, value)
	}
}

// JSONSet writes doc with the member at p set to value.
func (d Dialect) JSONSet(b *driver.Builder, doc driver.Expr, p driver.Path, value driver.Expr) {
	jsonparts.Set(b, doc, p, value, func(p driver.Path, value driver.Expr) {
		d.change(d, b, doc, p, "JSON_SET(", value)
	})
}

// JSONRemove writes doc without the member at p.
func (d Dialect) JSONRemove(b *driver.Builder, doc driver.Expr, p driver.Path) {
	if !jsonparts.NeedsPath(b, p) {
		return
	}
	// What is not there is left alone: a path may take a scalar for an array.
	b.SQL("(CASE WHEN ")
	d.JSONHas(b, doc, p)
	b.SQL(" THEN ")
	d.change(d, b, doc, p, "JSON_REMOVE(", nil)
	b.SQL(" ELSE ").Expr(doc).SQL(" END)")
}

// changed writes JSON_SET or JSON_REMOVE, which fn is up to its first argument,
// of doc at p.
func (d Dialect) changed(b *driver.Builder, doc driver.Expr, p driver.Path, fn string, value func()) {
	b.SQL(fn).Expr(doc).SQL(", ")
	d.boundPath(b, doc, p)
	if value != nil {
		b.SQL(", ")
		value()
	}
	b.SQL(")")
}

// boundPath binds a path, working positions from the end out where the engine
// has none.
func (d Dialect) boundPath(b *driver.Builder, doc driver.Expr, p driver.Path) {
	i := slices.IndexFunc(p, fromLast)
	if !d.old() || i < 0 {
		if s, ok := d.path(b, p); ok {
			b.Arg(s)
		}
		return
	}
	b.SQL("CONCAT(")
	d.boundPath(b, doc, p[:i])
	b.SQL(", '[', ")
	d.JSONLength(b, doc, p[:i])
	b.SQL(" - " + strconv.Itoa(-p[i].(int)) + ", ']'")
	if rest, ok := d.path(b, p[i+1:]); ok && len(rest) > 1 {
		b.SQL(", ").Arg(rest[1:])
	}
	b.SQL(")")
}

// JSONLet names the document in a table of the flavour's.
func (d Dialect) JSONLet(b *driver.Builder, doc driver.Typed, name string, use func(doc driver.Typed)) {
	d.let(b, doc, name, use)
}
