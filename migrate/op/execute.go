package op

import (
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
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

func (o Execute) apply(*State) error { return nil }

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
	st, err := t.statement(d, literal)
	if err != nil {
		return nil, err
	}
	st.Name = "execute"
	return &st, nil
}

// statement writes the text for the dialect, with the arguments bound, or as
// literals for scripts.
func (t SQLText) statement(d driver.Dialect, literal bool) (engine.Statement, error) {
	if several(t.SQL) {
		return engine.Statement{}, badText("it holds several statements, which not every engine takes in one; make an Execute of each")
	}
	w := &writer{d: d, literal: literal}
	t.write(w)
	return w.done()
}

// several reports a text of more than one statement. The body of a trigger or
// a function is part of the statement that makes it.
func several(s string) bool {
	if !strings.Contains(s, ";") || withBody(s) {
		return false
	}
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\'':
			_, end, ok := quoted(s, i)
			if !ok {
				return false // reported by whoever writes it
			}
			i = end
		case c == '"' || c == '`' || c == '{':
			i = skip(s, i+1, map[byte]string{'{': "}"}[c], c)
		case strings.HasPrefix(s[i:], "--"):
			i = skip(s, i, "\n", 0)
		case strings.HasPrefix(s[i:], "/*"):
			i = skip(s, i, "*/", 0)
		case c == ';':
			return strings.TrimSpace(strings.ReplaceAll(s[i:], ";", "")) != ""
		default:
			i++
		}
	}
	return false
}

// skip goes behind the next end, or the next c when end is empty.
func skip(s string, i int, end string, c byte) int {
	if end == "" {
		end = string(c)
	}
	n := strings.Index(s[i:], end)
	if n < 0 {
		return len(s)
	}
	return i + n + len(end)
}

// withBody reports a statement that may have others inside of it.
func withBody(s string) bool {
	words := strings.Fields(strings.ToUpper(s))
	if len(words) > 8 {
		words = words[:8]
	}
	if len(words) > 0 && words[0] == "DO" {
		return true
	}
	return len(words) > 0 && words[0] == "CREATE" && slices.ContainsFunc(words, func(w string) bool {
		return w == "TRIGGER" || w == "FUNCTION" || w == "PROCEDURE" || w == "EVENT"
	})
}

func (t SQLText) write(w *writer) {
	next := 0
	s := t.SQL
	for i := 0; i < len(s) && w.err == nil; {
		switch c := s[i]; c {
		case '\'':
			text, end, ok := quoted(s, i)
			if !ok {
				w.keep(nil, badText("a string in it has no end"))
				return
			}
			w.str(text)
			i = end
		case '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				w.keep(nil, badText("a { in it has no matching }"))
				return
			}
			w.ident(s[i+1 : i+end])
			i += end + 1
		case '?':
			if strings.HasPrefix(s[i:], "??") {
				w.sql("?")
				i += 2
				continue
			}
			if next == len(t.Args) {
				w.keep(nil, badText(fmt.Sprintf("it has more ? than the %d arguments", len(t.Args))))
				return
			}
			w.arg(t.Args[next])
			next++
			i++
		default:
			n := i + 1
			for n < len(s) && strings.IndexByte("'{?", s[n]) < 0 {
				n++
			}
			w.sql(s[i:n])
			i = n
		}
	}
	if w.err == nil && next < len(t.Args) {
		w.keep(nil, badText(fmt.Sprintf("it has %d ? for %d arguments", next, len(t.Args))))
	}
}

func badText(why string) error {
	return dberr.New(dberr.Invalid, "execute", "the statement cannot be used: "+why)
}

// quoted reads the string that begins at s[i] and returns what it means and
// where it ends.
func quoted(s string, i int) (text string, end int, ok bool) {
	var b strings.Builder
	for i++; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, true
	}
	return "", 0, false
}
