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
	// Free marks a name that need be no column or table: a function's, a
	// type's or a collation's, one that the text gives to something, or any of
	// a text that has a SELECT of its own.
	Free bool
	// Qualifies marks a name before a dot.
	Qualifies bool

	collation bool
}

// TemplateRules say how a template is read.
type TemplateRules struct {
	Arguments bool // each ? is an argument, and ?? a question mark; else both are text
	Concat    bool // a || b becomes CONCAT(a, b)
}

// Template takes a template apart: SQL in which identifiers stand in braces and
// string literals in single quotes, and in which a backslash means nothing.
// Braces and question marks inside a string, a comment, another kind of quotes
// or a body between dollars are text. || joins texts; what it joins is a name, a
// literal, an argument, a call, a CASE, or in parentheses.
func Template(text string, r TemplateRules) ([]Part, error) {
	toks, err := Lex(text, Rules{Template: true, Arguments: r.Arguments, Backticks: true, Dollars: true})
	if err != nil {
		return nil, err
	}
	joins, err := findPipes(toks)
	if err != nil {
		return nil, err
	}
	if !r.Concat {
		joins = pipes{}
	}
	var out []Part
	at := 0
	until := func(pos int) {
		if pos > at {
			out, at = append(out, Part{Text: text[at:pos]}), pos
		}
	}
	selects := slices.ContainsFunc(toks, func(t Token) bool { return t.Is("SELECT") })
	for i, t := range toks {
		if s := joins.before[i]; s != "" {
			until(t.Pos)
			out = append(out, Part{Text: s})
		}
		var p Part
		switch {
		case t.Kind == Quoted && t.Q == '{':
			free, qualifies := freeName(toks, i)
			p = Part{Kind: PartName, Text: t.Text, Free: free || selects, Qualifies: qualifies}
			p.collation = i > 0 && toks[i-1].Is("COLLATE")
		case t.Kind == Str && t.Q == '\'':
			p = Part{Kind: PartString, Text: t.Text}
		case t.Kind == Arg:
			p = Part{Kind: PartArgument}
		case r.Arguments && t.IsOp("?"):
			p = Part{Text: "?"}
		case joins.comma[i]:
			p = Part{Text: ","}
		}
		if p != (Part{}) {
			until(t.Pos)
			out, at = append(out, p), t.End
		}
		if s := joins.after[i]; s != "" {
			until(t.End)
			out = append(out, Part{Text: s})
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

// freeName looks at what stands beside the name toks[i].
func freeName(toks []Token, i int) (free, qualifies bool) {
	if i > 0 {
		before := toks[i-1]
		free = before.Is("AS") || before.Is("COLLATE") || before.Is("OVER") || before.IsOp("::")
	}
	if i+1 < len(toks) {
		free = free || toks[i+1].IsOp("(")
		qualifies = toks[i+1].IsOp(".")
	}
	return free, qualifies
}

// Unknown returns the first name in braces of an expression over one table that
// must be a column and is none by known; empty when there is none.
func Unknown(template string, known func(name string) bool) string {
	parts, _ := Template(template, TemplateRules{})
	for _, p := range parts {
		if p.Kind == PartName && !p.Free && !p.Qualifies && !known(p.Text) {
			return p.Text
		}
	}
	return ""
}

// Columns lists the names in braces in a template, each once, in order of
// their first use, without those of collations; none for a text that cannot be read.
func Columns(template string) []string {
	parts, _ := Template(template, TemplateRules{})
	var out []string
	for _, p := range parts {
		if p.Kind == PartName && !p.collation && !slices.Contains(out, p.Text) {
			out = append(out, p.Text)
		}
	}
	return out
}

// Rename returns the template with every name in braces replaced by what f
// gives for it; a text that cannot be read comes back as it is.
func Rename(template string, f func(string) string) string {
	parts, err := Template(template, TemplateRules{})
	if err != nil {
		return template
	}
	var b strings.Builder
	for _, p := range parts {
		switch p.Kind {
		case PartName:
			if p.collation {
				b.WriteString(Name(p.Text))
				continue
			}
			b.WriteString(Name(f(p.Text)))
		case PartString:
			b.WriteString(quoteString(p.Text))
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// Render writes a template without arguments as SQL: each name in braces through
// ident, each string literal through str, and || as a call where concat says so.
func Render(template string, concat bool, ident, str func(string) (string, error)) (string, error) {
	parts, err := Template(template, TemplateRules{Concat: concat})
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

// Mention is what a hand-written INSERT, UPDATE or DELETE refers to.
type Mention struct {
	Tables []string // behind FROM, JOIN, INTO and UPDATE
	Names  []string // all names in braces that are tables or columns
}

// Mentions reads a template that changes rows; ok is false for any other
// statement, one with a WITH clause, and one that cannot be read.
func Mentions(template string) (m Mention, ok bool) {
	toks, err := Lex(template, Rules{Template: true, Arguments: true, Backticks: true, Dollars: true})
	if err != nil || len(toks) == 0 || !(toks[0].Is("INSERT") || toks[0].Is("UPDATE") || toks[0].Is("DELETE")) {
		return m, false
	}
	given := map[string]bool{}
	isName := func(i int) bool { return i >= 0 && toks[i].Kind == Quoted && toks[i].Q == '{' }
	for i, t := range toks {
		switch {
		case t.Is("WITH"):
			return m, false
		case !isName(i) || i == 0:
		case toks[i-1].Is("AS"), isName(i - 1), toks[i-1].IsOp(")"):
			given[strings.ToLower(t.Text)] = true
		case toks[i-1].Is("FROM"), toks[i-1].Is("JOIN"), toks[i-1].Is("INTO"), toks[i-1].Is("UPDATE"):
			m.Tables = append(m.Tables, t.Text)
		}
	}
	for i, t := range toks {
		if !isName(i) || given[strings.ToLower(t.Text)] {
			continue
		}
		call := i+1 < len(toks) && toks[i+1].IsOp("(") && !toks[i-1].Is("INTO")
		if free, _ := freeName(toks, i); !call && (!free || toks[i-1].Is("INTO")) && !slices.Contains(m.Names, t.Text) {
			m.Names = append(m.Names, t.Text)
		}
	}
	return m, true
}
