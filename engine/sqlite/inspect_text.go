package sqlite

import (
	"fmt"
	"strings"

	"github.com/larder-db/larder/schema/sqltext"
)

// tableText is what only the text of a CREATE TABLE statement tells; columns,
// types and keys themselves are asked from the pragmas.
type tableText struct {
	primaryKey string // the name of the constraint
	auto       bool   // AUTOINCREMENT
	columns    map[string]*columnText
	uniques    []keyNamed
	foreign    []foreignText
	checks     []checkText
	notes      []string // what is said and not carried
}

type columnText struct {
	collation string
	generated string
}

type keyNamed struct {
	name    string
	columns []string
}

type foreignText struct {
	keyNamed
	table      string
	deferrable bool
}

type checkText struct {
	name, expr string
}

// indexText is what only the text of a CREATE INDEX statement tells.
type indexText struct {
	parts []string // each without COLLATE and ASC or DESC
	where string
}

// sqliteText is how SQLite reads text.
var sqliteText = sqltext.Rules{NoBits: true, Backticks: true, Brackets: true}

type statement struct {
	text string
	toks []sqltext.Token
	i    int

	conflicts bool // an ON CONFLICT that is not the usual one was read
}

func newStatement(text string) (*statement, error) {
	toks, err := sqltext.Lex(text, sqliteText)
	return &statement{text: text, toks: toks}, err
}

func (s *statement) peek() sqltext.Token {
	if s.i < len(s.toks) {
		return s.toks[s.i]
	}
	return sqltext.Token{Kind: sqltext.Op, Pos: len(s.text), End: len(s.text)}
}

func (s *statement) done() bool { return s.i >= len(s.toks) }

func (s *statement) words(ws ...string) bool {
	for n, w := range ws {
		if s.i+n >= len(s.toks) || !s.toks[s.i+n].Is(w) {
			return false
		}
	}
	s.i += len(ws)
	return true
}

func (s *statement) op(o string) bool {
	if s.peek().IsOp(o) {
		s.i++
		return true
	}
	return false
}

func (s *statement) fail() error {
	return fmt.Errorf("the statement cannot be read at byte %d", s.peek().Pos)
}

// name reads an identifier; SQLite takes a string for one as well.
func (s *statement) name() (string, error) {
	t := s.peek()
	if t.Kind != sqltext.Word && t.Kind != sqltext.Quoted && t.Kind != sqltext.Str {
		return "", s.fail()
	}
	s.i++
	return t.Text, nil
}

// group reads from an opening parenthesis to the closing one and returns the
// text between.
func (s *statement) group() (string, error) {
	if !s.peek().IsOp("(") {
		return "", s.fail()
	}
	start, depth := s.peek().End, 0
	for ; !s.done(); s.i++ {
		switch t := s.toks[s.i]; {
		case t.IsOp("("):
			depth++
		case t.IsOp(")"):
			depth--
			if depth == 0 {
				s.i++
				return s.text[start:t.Pos], nil
			}
		}
	}
	return "", s.fail()
}

// columnList reads "(a, b COLLATE x DESC)" and returns the names.
func (s *statement) columnList() ([]string, error) {
	if !s.op("(") {
		return nil, s.fail()
	}
	var out []string
	for {
		n, err := s.name()
		if err != nil {
			return nil, err
		}
		out = append(out, n)
		for !s.done() && !s.peek().IsOp(",") && !s.peek().IsOp(")") {
			s.i++
		}
		switch {
		case s.op(","):
		case s.op(")"):
			return out, nil
		default:
			return nil, s.fail()
		}
	}
}

// moduleOf reads the module's name from CREATE VIRTUAL TABLE.
func moduleOf(text string) (string, bool) {
	s, err := newStatement(text)
	if err != nil || !s.words("CREATE", "VIRTUAL", "TABLE") {
		return "", false
	}
	s.words("IF", "NOT", "EXISTS")
	if _, err := s.name(); err != nil {
		return "", false
	}
	if s.op(".") {
		if _, err := s.name(); err != nil {
			return "", false
		}
	}
	if !s.words("USING") {
		return "", false
	}
	module, err := s.name()
	return module, err == nil
}

func parseTable(text string) (*tableText, error) {
	s, err := newStatement(text)
	if err != nil {
		return nil, err
	}
	if !s.words("CREATE") {
		return nil, s.fail()
	}
	_ = s.words("TEMP") || s.words("TEMPORARY")
	if !s.words("TABLE") {
		return nil, s.fail()
	}
	s.words("IF", "NOT", "EXISTS")
	if _, err := s.name(); err != nil {
		return nil, err
	}
	if s.op(".") {
		if _, err := s.name(); err != nil {
			return nil, err
		}
	}
	if !s.op("(") {
		return nil, s.fail()
	}
	t := &tableText{columns: map[string]*columnText{}}
	for {
		if s.done() {
			return nil, s.fail()
		}
		var err error
		if s.constraintAhead() {
			err = s.tableConstraint(t)
		} else {
			err = s.column(t)
		}
		if err != nil {
			return nil, err
		}
		if s.op(")") {
			if s.conflicts {
				t.notes = append(t.notes, "has rules ON CONFLICT")
			}
			t.notes = append(t.notes, s.options()...)
			return t, nil
		}
		// The comma between table constraints may be left out.
		if !s.op(",") && !s.constraintAhead() {
			return nil, s.fail()
		}
	}
}

// options are what stands behind the columns.
func (s *statement) options() []string {
	var out []string
	for !s.done() {
		switch {
		case s.words("WITHOUT", "ROWID"):
			out = append(out, "is WITHOUT ROWID")
		case s.words("STRICT"):
			out = append(out, "is STRICT")
		default:
			s.i++
		}
	}
	return out
}

// constraintAhead reports whether a table constraint starts here. Its words
// are reserved, so that no unquoted column has such a name.
func (s *statement) constraintAhead() bool {
	t := s.peek()
	return t.Is("CONSTRAINT") || t.Is("PRIMARY") || t.Is("UNIQUE") || t.Is("CHECK") || t.Is("FOREIGN")
}

func (s *statement) constraintName() (string, error) {
	name := ""
	// A name may stand alone, and then belongs to nothing.
	for s.words("CONSTRAINT") {
		n, err := s.name()
		if err != nil {
			return "", err
		}
		name = n
	}
	return name, nil
}

func (s *statement) conflict() {
	if s.words("ON", "CONFLICT") {
		s.conflicts = s.conflicts || !s.peek().Is("ABORT")
		s.i++
	}
}

func (s *statement) tableConstraint(t *tableText) error {
	name, err := s.constraintName()
	if err != nil {
		return err
	}
	switch {
	case s.words("PRIMARY", "KEY"):
		t.primaryKey = name
		if !s.peek().IsOp("(") {
			return s.fail()
		}
		text, err := s.group()
		if err != nil {
			return err
		}
		t.auto = t.auto || endsWithWord(text, "AUTOINCREMENT")
		s.conflict()
	case s.words("UNIQUE"):
		cols, err := s.columnList()
		if err != nil {
			return err
		}
		t.uniques = append(t.uniques, keyNamed{name, cols})
		s.conflict()
	case s.words("CHECK"):
		e, err := s.group()
		if err != nil {
			return err
		}
		t.checks = append(t.checks, checkText{name, e})
		s.conflict()
	case s.words("FOREIGN", "KEY"):
		cols, err := s.columnList()
		if err != nil {
			return err
		}
		return s.references(t, name, cols)
	default:
		if name == "" || !s.peek().IsOp(",") && !s.peek().IsOp(")") {
			return s.fail()
		}
	}
	return nil
}

func endsWithWord(text, word string) bool {
	toks, err := sqltext.Lex(text, sqliteText)
	return err == nil && len(toks) > 0 && toks[len(toks)-1].Is(word)
}

func (s *statement) references(t *tableText, name string, cols []string) error {
	if !s.words("REFERENCES") {
		return s.fail()
	}
	ref, err := s.name()
	if err != nil {
		return err
	}
	f := foreignText{keyNamed: keyNamed{name, cols}, table: ref}
	if s.peek().IsOp("(") {
		if _, err := s.columnList(); err != nil {
			return err
		}
	}
	for {
		switch {
		case s.words("ON", "DELETE"), s.words("ON", "UPDATE"):
			if s.words("SET") || s.words("NO") {
				s.i++
			} else {
				s.i++
			}
		case s.words("MATCH"):
			s.i++
		case s.words("NOT", "DEFERRABLE"):
			s.initially()
		case s.words("DEFERRABLE"):
			f.deferrable = s.initially()
		default:
			t.foreign = append(t.foreign, f)
			return nil
		}
	}
}

// initially reads INITIALLY and reports whether DEFERRED follows.
func (s *statement) initially() bool {
	if !s.words("INITIALLY") {
		return false
	}
	deferred := s.peek().Is("DEFERRED")
	s.i++
	return deferred
}

func (s *statement) column(t *tableText) error {
	name, err := s.name()
	if err != nil {
		return err
	}
	c := &columnText{}
	t.columns[strings.ToLower(name)] = c
	// The type: words up to the first constraint, and an argument list.
	for !s.done() && !s.columnConstraintAhead() && !s.peek().IsOp(",") && !s.peek().IsOp(")") {
		if s.peek().IsOp("(") {
			if _, err := s.group(); err != nil {
				return err
			}
			continue
		}
		s.i++
	}
	for {
		cname, err := s.constraintName()
		if err != nil {
			return err
		}
		switch {
		case s.words("PRIMARY", "KEY"):
			t.primaryKey = cname
			_ = s.words("ASC") || s.words("DESC")
			s.conflict()
			t.auto = s.words("AUTOINCREMENT") || t.auto
		case s.words("NOT", "NULL"), s.words("NULL"):
			s.conflict()
		case s.words("UNIQUE"):
			t.uniques = append(t.uniques, keyNamed{cname, []string{name}})
			s.conflict()
		case s.words("CHECK"):
			e, err := s.group()
			if err != nil {
				return err
			}
			t.checks = append(t.checks, checkText{cname, e})
			s.conflict()
		case s.words("DEFAULT"):
			if err := s.skipDefault(); err != nil {
				return err
			}
		case s.words("COLLATE"):
			if c.collation, err = s.name(); err != nil {
				return err
			}
		case s.peek().Is("REFERENCES"):
			if err := s.references(t, cname, []string{name}); err != nil {
				return err
			}
		case s.words("GENERATED", "ALWAYS", "AS"), s.words("AS"):
			if c.generated, err = s.group(); err != nil {
				return err
			}
			_ = s.words("STORED") || s.words("VIRTUAL")
		case s.peek().IsOp(","), s.peek().IsOp(")"):
			return nil
		default:
			if s.constraintAhead() {
				return nil
			}
			return s.fail()
		}
	}
}

func (s *statement) columnConstraintAhead() bool {
	t := s.peek()
	for _, w := range []string{"CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE",
		"REFERENCES", "GENERATED", "AS", "FOREIGN"} {
		if t.Is(w) {
			return true
		}
	}
	return false
}

func (s *statement) skipDefault() error {
	if s.peek().IsOp("(") {
		_, err := s.group()
		return err
	}
	if s.peek().IsOp("+") || s.peek().IsOp("-") {
		s.i++
	}
	if s.done() {
		return s.fail()
	}
	s.i++
	return nil
}

func parseIndex(text string) (*indexText, error) {
	s, err := newStatement(text)
	if err != nil {
		return nil, err
	}
	if !s.words("CREATE") {
		return nil, s.fail()
	}
	s.words("UNIQUE")
	if !s.words("INDEX") {
		return nil, s.fail()
	}
	s.words("IF", "NOT", "EXISTS")
	if _, err := s.name(); err != nil {
		return nil, err
	}
	if s.op(".") {
		if _, err := s.name(); err != nil {
			return nil, err
		}
	}
	if !s.words("ON") {
		return nil, s.fail()
	}
	if _, err := s.name(); err != nil {
		return nil, err
	}
	if !s.op("(") {
		return nil, s.fail()
	}
	ix := &indexText{}
	first, depth := s.i, 0
	for ; ; s.i++ {
		if s.done() {
			return nil, s.fail()
		}
		t := s.toks[s.i]
		switch {
		case t.IsOp("("):
			depth++
		case t.IsOp(")") && depth > 0:
			depth--
		case depth == 0 && (t.IsOp(",") || t.IsOp(")")):
			if s.i == first {
				return nil, s.fail()
			}
			ix.parts = append(ix.parts, s.part(first, s.i))
			first = s.i + 1
		}
		if t.IsOp(")") && depth == 0 && first == s.i+1 {
			s.i++
			break
		}
	}
	if s.words("WHERE") {
		if s.done() {
			return nil, s.fail()
		}
		ix.where = s.text[s.peek().Pos:s.toks[len(s.toks)-1].End]
		if s.toks[len(s.toks)-1].IsOp(";") {
			ix.where = s.text[s.peek().Pos:s.toks[len(s.toks)-1].Pos]
		}
	}
	return ix, nil
}

// part is the text of one indexed expression without what orders it.
func (s *statement) part(from, to int) string {
	if to > from && (s.toks[to-1].Is("ASC") || s.toks[to-1].Is("DESC")) {
		to--
	}
	if to-2 > from && s.toks[to-2].Is("COLLATE") {
		to -= 2
	}
	if to <= from {
		return ""
	}
	return s.text[s.toks[from].Pos:s.toks[to-1].End]
}
