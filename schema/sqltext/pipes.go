package sqltext

import (
	"fmt"
	"slices"
	"strings"
)

// || joins texts in SQL and means OR to MySQL, and engines do not agree on how
// tightly it binds. In a template it joins names, literals, arguments, calls,
// CASE expressions and what stands in parentheses; beside an operator that some
// engine would take first it is refused. So it means the same everywhere, and
// can be written as a call where the engine has no such operator.

// pipes is what is written around and in place of tokens for the || of a text.
type pipes struct {
	before map[int]string // by token
	after  map[int]string
	comma  map[int]bool // a || that becomes a comma
}

// findPipes finds the chains of || in toks.
func findPipes(toks []Token) (p pipes, err error) {
	for i := range toks {
		if !toks[i].IsOp("||") || p.comma[i] {
			continue
		}
		if p.comma == nil {
			p = pipes{map[int]string{}, map[int]string{}, map[int]bool{}}
		}
		first, ok := operandBefore(toks, i)
		last := i
		for ok && last < len(toks) && toks[last].IsOp("||") {
			p.comma[last] = true
			if last, ok = operandAfter(toks, last+1); !ok {
				break
			}
		}
		if !ok || binds(toks, first-1) || binds(toks, last) {
			return p, fmt.Errorf("what || joins at byte %d is more than a name, a literal, a call or a CASE; put it in parentheses", toks[i].Pos)
		}
		p.before[first] += "CONCAT("
		p.after[last-1] += ")"
	}
	return p, nil
}

// binds reports whether toks[i] is an operator that some engine takes before ||.
func binds(toks []Token, i int) bool {
	if i < 0 || i >= len(toks) {
		return false
	}
	t := toks[i]
	if t.Kind == Op {
		return slices.Contains([]string{
			"+", "-", "*", "/", "%", "^", "&", "|", "<<", ">>", "->", "->>", "#>", "#>>", "::", "~", "!",
		}, t.Text)
	}
	return t.Is("COLLATE") || t.Is("DIV") || t.Is("MOD")
}

// operandBefore is the first token of the operand that ends before toks[end].
func operandBefore(toks []Token, end int) (int, bool) {
	i := end - 1
	switch {
	case i < 0:
		return 0, false
	case toks[i].IsOp(")"):
		if i = opening(toks, i); i < 0 {
			return 0, false
		}
		if i > 0 && callee(toks[i-1]) {
			i--
		}
	case toks[i].Is("END"):
		for depth := 0; i >= 0; i-- {
			if toks[i].Is("END") {
				depth++
			} else if toks[i].Is("CASE") {
				if depth--; depth == 0 {
					break
				}
			}
		}
		return i, i >= 0
	case toks[i].Kind == Op:
		return 0, false
	}
	for i >= 2 && toks[i-1].IsOp(".") && toks[i-2].Kind != Op {
		i -= 2
	}
	return i, true
}

// operandAfter is the token behind the operand that begins at toks[i].
func operandAfter(toks []Token, i int) (int, bool) {
	switch {
	case i >= len(toks):
		return 0, false
	case toks[i].IsOp("("):
		i = closing(toks, i)
		return i + 1, i >= 0
	case toks[i].Is("CASE"):
		for depth := 0; i < len(toks); i++ {
			if toks[i].Is("CASE") {
				depth++
			} else if toks[i].Is("END") {
				if depth--; depth == 0 {
					return i + 1, true
				}
			}
		}
		return 0, false
	case toks[i].Kind == Op:
		return 0, false
	}
	for i+2 < len(toks) && toks[i+1].IsOp(".") && toks[i+2].Kind != Op {
		i += 2
	}
	if i+1 < len(toks) && toks[i+1].IsOp("(") && callee(toks[i]) {
		i = closing(toks, i+1)
		return i + 1, i >= 0
	}
	return i + 1, true
}

// callee reports whether a parenthesis behind t makes a call.
func callee(t Token) bool {
	return t.Kind == Quoted || t.Kind == Word && !slices.Contains([]string{
		"AND", "OR", "NOT", "IN", "IS", "LIKE", "BETWEEN", "WHEN", "THEN", "ELSE", "SELECT", "WHERE", "ON", "BY", "SET",
		"VALUES", "AS", "HAVING", "FROM", "RETURNING",
	}, strings.ToUpper(t.Text))
}

func opening(toks []Token, i int) int {
	for depth := 0; i >= 0; i-- {
		if toks[i].IsOp(")") {
			depth++
		} else if toks[i].IsOp("(") {
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func closing(toks []Token, i int) int {
	for depth := 0; i < len(toks); i++ {
		if toks[i].IsOp("(") {
			depth++
		} else if toks[i].IsOp(")") {
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
