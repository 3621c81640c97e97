package sqltext

import (
	"fmt"
	"slices"
	"strings"
)

// Canonical returns the normal form of an expression. Text that is not an
// expression it knows comes back with its words in normal form and its
// parentheses as they were; an error means that it could not even be split
// into words.
func Canonical(text string, r Rules) (string, error) {
	toks, err := Lex(text, r)
	if err != nil {
		return "", err
	}
	n, ok := parseAll(toks, r)
	if !ok {
		return words(toks, r), nil
	}
	if r.PushNot {
		n = pushNot(n, r.Condition)
	}
	return n.write(), nil
}

// Literal reads text that is nothing but a literal, perhaps in parentheses, of
// a sign and with casts. The value is a string, int64, float64 or bool; ok is
// false for anything else, NULL too.
func Literal(text string, r Rules) (value any, ok bool) {
	toks, err := Lex(text, r)
	if err != nil {
		return nil, false
	}
	n, ok := parseAll(toks, r)
	if !ok {
		return nil, false
	}
	if n.kind == nCast {
		n = n.args[0] // what is cast twice is computed
	}
	return n.value()
}

// BareWord reports whether text is nothing but a word that is no value by itself,
// as NULL and CURRENT_DATE are.
func BareWord(text string) bool {
	toks, err := Lex(text, Rules{})
	return err == nil && len(toks) == 1 && toks[0].Kind == Word &&
		!slices.Contains(valueWords, strings.ToUpper(toks[0].Text))
}

// words joins tokens in normal form without understanding them.
func words(toks []Token, r Rules) string {
	var b strings.Builder
	for i, t := range toks {
		if i > 0 && !glued(toks[i-1], t) {
			b.WriteByte(' ')
		}
		switch t.Kind {
		case Word:
			if c := r.column(t.Text); c != "" {
				b.WriteString(Name(c))
			} else {
				b.WriteString(strings.ToUpper(t.Text))
			}
		case Quoted:
			b.WriteString(Name(t.Text))
		case Str:
			b.WriteString(quoteString(t.Text))
		default:
			b.WriteString(t.Text)
		}
	}
	return b.String()
}

func glued(a, b Token) bool {
	return a.IsOp("(") || b.IsOp(")") || b.IsOp(",") || b.IsOp("(") && a.Kind == Word
}

// column is the spelling of the column that word means, or "".
func (r Rules) column(word string) string {
	if slices.Contains(r.Columns, word) {
		return word
	}
	for _, c := range r.Columns {
		if strings.EqualFold(c, word) {
			return c
		}
	}
	return ""
}

// Name writes a name in braces, as templates have it; a closing brace in it is
// doubled.
func Name(name string) string { return "{" + strings.ReplaceAll(name, "}", "}}") + "}" }

func quoteString(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

type nodeKind int

const (
	nName   nodeKind = iota // text: the name, args: none
	nString                 // text: the value
	nAtom                   // text as it is written: numbers, NULL, CURRENT_TIMESTAMP
	nCall                   // text: function, args
	nBinary                 // text: operator, two args; AND and OR have two or more, LIKE a third for ESCAPE
	nUnary                  // text: operator before, one arg
	nSuffix                 // text: operator behind (IS NULL), one arg
	nIn                     // text: IN or NOT IN, args[0] in the others
	nCast                   // text: type, one arg
	nCase                   // args in pairs WHEN, THEN; text "else" when the last is ELSE; base when args[0] is the operand
	nList                   // args
	nArray                  // args
)

type node struct {
	kind nodeKind
	text string
	args []*node
	base bool
	// typed: a string that was cast to text, which is not the same as one
	// without a type when it is cast on.
	typed bool
}

func (n *node) value() (any, bool) {
	switch n.kind {
	case nString:
		return n.text, true
	case nAtom:
		switch n.text {
		case "TRUE":
			return true, true
		case "FALSE":
			return false, true
		}
		return parseNumber(n.text)
	case nUnary:
		if n.text == "-" {
			switch v, _ := n.args[0].value(); v := v.(type) {
			case int64:
				return -v, true
			case float64:
				return -v, true
			case string:
				return "-" + v, n.args[0].kind == nAtom
			}
		}
	}
	return nil, false
}

// simple nodes need no parentheses inside others.
func (n *node) simple() bool {
	switch n.kind {
	case nName, nString, nAtom, nCall, nCast, nCase, nList, nArray:
		return true
	case nUnary:
		return n.text == "-" && n.args[0].kind == nAtom
	}
	return false
}

func (n *node) inner() string {
	if n.simple() {
		return n.write()
	}
	return "(" + n.write() + ")"
}

func (n *node) write() string {
	switch n.kind {
	case nName:
		return n.text
	case nString:
		return quoteString(n.text)
	case nAtom:
		return n.text
	case nCall:
		return n.text + "(" + list(n.args) + ")"
	case nBinary:
		parts := make([]string, len(n.args))
		for i, a := range n.args {
			parts[i] = a.inner()
		}
		if len(parts) == 3 && strings.HasSuffix(n.text, "LIKE") {
			return parts[0] + " " + n.text + " " + parts[1] + " ESCAPE " + parts[2]
		}
		return strings.Join(parts, " "+n.text+" ")
	case nUnary:
		if n.text == "NOT" {
			return "NOT " + n.args[0].inner()
		}
		in := n.args[0].inner()
		if strings.HasPrefix(in, "-") {
			in = "(" + in + ")" // two dashes start a comment
		}
		return n.text + in
	case nSuffix:
		return n.args[0].inner() + " " + n.text
	case nIn:
		return n.args[0].inner() + " " + n.text + " (" + list(n.args[1:]) + ")"
	case nCast:
		return "CAST(" + n.args[0].write() + " AS " + n.text + ")"
	case nList:
		return "(" + list(n.args) + ")"
	case nArray:
		return "ARRAY[" + list(n.args) + "]"
	case nCase:
		var b strings.Builder
		b.WriteString("CASE")
		args := n.args
		if n.base {
			b.WriteString(" " + args[0].write())
			args = args[1:]
		}
		for len(args) >= 2 {
			b.WriteString(" WHEN " + args[0].write() + " THEN " + args[1].write())
			args = args[2:]
		}
		if len(args) == 1 {
			b.WriteString(" ELSE " + args[0].write())
		}
		return b.String() + " END"
	}
	return ""
}

func list(ns []*node) string {
	parts := make([]string, len(ns))
	for i, a := range ns {
		parts[i] = a.write()
	}
	return strings.Join(parts, ", ")
}

var errShape = fmt.Errorf("sqltext: not an expression of a known shape")
