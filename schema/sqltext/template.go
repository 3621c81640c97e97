package sqltext

import (
	"slices"
	"strings"
)

// PartKind is what a [Part] of a template is.
type PartKind int

// The kinds of parts.
const (
	PartText     PartKind = iota // written as it is, comments too
	PartName                     // an identifier in braces; Text without them
	PartString                   // a string literal; Text is what it means
	PartArgument                 // a question mark that stands for a value
)

// Part is a piece of a template.
type Part struct {
	Kind PartKind
	Text string
}

// Template takes a template apart: SQL in which identifiers stand in braces and
// string literals in single quotes, and in which a backslash means nothing. With
// arguments each ? is one, and ?? is a question mark; without, both are text.
// Braces and question marks inside a string, a comment, another kind of quotes
// or a body between dollars are text.
func Template(text string, arguments bool) ([]Part, error) {
	toks, err := Lex(text, Rules{Template: true, Arguments: arguments, Backticks: true, Dollars: true})
	if err != nil {
		return nil, err
	}
	var out []Part
	at := 0
	put := func(t Token, p Part) {
		if t.Pos > at {
			out = append(out, Part{Text: text[at:t.Pos]})
		}
		out, at = append(out, p), t.End
	}
	for _, t := range toks {
		switch {
		case t.Kind == Quoted && t.Q == '{':
			put(t, Part{PartName, t.Text})
		case t.Kind == Str && t.Q == '\'':
			put(t, Part{PartString, t.Text})
		case t.Kind == Arg:
			put(t, Part{PartArgument, ""})
		case arguments && t.Kind == Op && t.Text == "?":
			put(t, Part{PartText, "?"})
		}
	}
	if at < len(text) {
		tail := text[at:]
		if strings.LastIndex(tail, "--") > strings.LastIndexByte(tail, '\n') {
			tail += "\n" // what follows must not become part of a comment
		}
		out = append(out, Part{Text: tail})
	}
	return out, nil
}

// Columns lists the names in braces in a template, each once, in order of
// their first use; none for a text that cannot be read.
func Columns(template string) []string {
	parts, _ := Template(template, false)
	var out []string
	for _, p := range parts {
		if p.Kind == PartName && !slices.Contains(out, p.Text) {
			out = append(out, p.Text)
		}
	}
	return out
}

// Rename returns the template with every name in braces replaced by what f
// gives for it; a text that cannot be read comes back as it is.
func Rename(template string, f func(string) string) string {
	parts, err := Template(template, false)
	if err != nil {
		return template
	}
	var b strings.Builder
	for _, p := range parts {
		switch p.Kind {
		case PartName:
			b.WriteString(Name(f(p.Text)))
		case PartString:
			b.WriteString(quoteString(p.Text))
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// Render writes a template as SQL: each name in braces through ident, each
// string literal through str, everything else as it is.
func Render(template string, ident, str func(string) (string, error)) (string, error) {
	parts, err := Template(template, false)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range parts {
		s := p.Text
		switch p.Kind {
		case PartName:
			s, err = ident(s)
		case PartString:
			s, err = str(s)
		}
		if err != nil {
			return "", err
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// Several reports whether a text holds more than one statement, and returns the
// first without the semicolon behind it. The body of a trigger or a function is
// part of the statement that makes it; a text that cannot be read is one.
func Several(text string) (first string, several bool) {
	toks, err := Lex(text, Rules{Template: true, Arguments: true, Backticks: true, Dollars: true})
	if err != nil || hasBody(toks) {
		return text, false
	}
	for i, t := range toks {
		if t.IsOp(";") {
			return text[:t.Pos], slices.ContainsFunc(toks[i:], func(t Token) bool { return !t.IsOp(";") })
		}
	}
	return text, false
}

// hasBody reports a statement that may have others inside of it.
func hasBody(toks []Token) bool {
	if len(toks) > 8 {
		toks = toks[:8]
	}
	if len(toks) == 0 || !toks[0].Is("CREATE") {
		return len(toks) > 0 && toks[0].Is("DO")
	}
	return slices.ContainsFunc(toks, func(t Token) bool {
		return t.Is("TRIGGER") || t.Is("FUNCTION") || t.Is("PROCEDURE") || t.Is("EVENT")
	})
}
