package op

import (
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// Execute runs one statement that changes data, or something of the schema
// that no other operation knows, such as a view. Its text is the same on every
// engine:
//
//   - {name} is an identifier, quoted for the engine;
//   - ? is the next argument, bound; ?? is a question mark;
//   - a string between single quotes is what stands between them, with ” for
//     a quote and nothing else special, written as the engine writes it;
//   - there is one statement: not every engine takes several in one text.
//
// Arguments are string, bool, integers, float64, []byte, time.Time and nil.
type Execute struct {
	Text     SQLText
	Variants []Variant
	Back     *Execute // what undoes it
	Stays    bool     // going back leaves what it did
	Lost     []string // what it destroys, in sentences
	Schema   bool     // it changes the schema
}

// SQLText is a statement with its arguments.
type SQLText struct {
	SQL  string
	Args []any
}

// Variant is another text for engines that have a feature.
type Variant struct {
	Needs driver.Feature
	Text  SQLText
}

// On is empty: the text is not read.
func (o Execute) On() string { return "" }

func (o Execute) String() string {
	s := strings.Join(strings.Fields(o.Text.SQL), " ")
	if s == "" && len(o.Variants) > 0 {
		s = strings.Join(strings.Fields(o.Variants[0].Text.SQL), " ") // the only engines that it is for
	}
	if r := []rune(s); len(r) > 120 {
		s = string(r[:120]) + "..."
	}
	return "execute " + s
}

func (o Execute) apply(s *State) error {
	s.stale = s.stale || o.Schema
	return nil
}

// check refuses a text that changes rows and names what none of its tables has.
// Where a table is not known to the state it is left to the engine.
func (t SQLText) check(s *State) error {
	m, ok := sqltext.Mentions(t.SQL)
	if !ok || s.stale {
		return nil
	}
	known := map[string]bool{"excluded": true, "rowid": true, "ctid": true}
	for _, name := range slices.Concat(m.Tables, m.Names) {
		if tb := s.Table(name); tb != nil {
			known[strings.ToLower(name)] = true
			for _, c := range tb.Columns {
				known[strings.ToLower(c.Name)] = true
			}
		} else if slices.Contains(m.Tables, name) {
			return nil
		}
	}
	for _, name := range m.Names {
		if !known[strings.ToLower(name)] {
			return badText("it refers to {" + name + "}, which none of its tables has (" + strings.Join(m.Tables, ", ") +
				"); correct the name")
		}
	}
	return nil
}

func (o Execute) reverse(*State) (Op, error) {
	switch {
	case o.Back != nil:
		return *o.Back, nil
	case o.Stays:
		return nil, nil
	}
	return nil, irreversible(o, "give it a Reverse, or say NoReverse")
}

func (o Execute) loss(*State) []string { return o.Lost }

// text is the variant for the dialect.
func (o Execute) text(d driver.Dialect) SQLText {
	for _, v := range o.Variants {
		if d.Has(v.Needs) {
			return v.Text
		}
	}
	return o.Text
}

// statement writes the text for the dialect; nil when there is nothing to run.
func (o Execute) statement(d driver.Dialect, literal bool) (*engine.Statement, error) {
	t := o.text(d)
	if strings.TrimSpace(t.SQL) == "" {
		return nil, nil
	}
	st, err := t.statement(d, "execute", literal)
	if err != nil {
		return nil, err
	}
	return &st, nil
}

// statement writes the text for the dialect, with the arguments bound, or as
// literals for scripts.
func (t SQLText) statement(d driver.Dialect, name string, literal bool) (engine.Statement, error) {
	text, several := sqltext.Several(t.SQL)
	if several {
		return engine.Statement{},
			badText("it holds several statements, which not every engine takes in one; make an Execute of each")
	}
	return statement(query.Text(name, true, schema.Expr(text), t.Args...), d, name, literal)
}

// statement renders a statement of package query, with its values bound, or as
// literals for scripts.
func statement(st query.Statement, d driver.Dialect, name string, literal bool) (engine.Statement, error) {
	if literal {
		text, err := query.Script(st, d)
		return engine.Statement{Name: name, SQL: text, Write: true}, err
	}
	one, err := query.Compile(st, d)
	one.Name, one.Write = name, true
	return one, err
}

func badText(why string) error {
	return dberr.New(dberr.Invalid, "execute", "the statement cannot be used: "+why)
}
