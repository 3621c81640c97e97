package revision

import (
	"strconv"
	"strings"
)

// maxSymbol bounds what is worth parsing: a label, an @ and a label with a count.
const maxSymbol = 2*maxLabel + 12

// symbol is one parsed word: branch@name+rel.
type symbol struct {
	text     string // as given
	branch   string // before the @; "" when there is none
	name     string // id, prefix, label, head, heads, base or current; "" means current
	rel      int    // how far above (positive) or below name
	relative bool   // a count was given; it may be 0 after a name
}

// bare reports whether the symbol counts from where the database is.
func (s symbol) bare() bool { return s.relative && s.name == "" }

// parseSymbol takes a symbol apart. The error is a *BadSymbol.
func parseSymbol(text string) (symbol, error) {
	s := symbol{text: text}
	bad := func(problem string) (symbol, error) { return s, &BadSymbol{Symbol: text, Problem: problem} }
	switch {
	case text == "":
		return bad("names no revision; give an id, head or base")
	case len(text) > maxSymbol:
		return bad("is longer than any id or label; give an id, head or base")
	case strings.Contains(text, ":"):
		return bad("is a range, and one revision is needed here; name only the one to go to")
	}
	rest := text
	if before, after, ok := strings.Cut(text, "@"); ok {
		if before == "" || after == "" || strings.Contains(after, "@") {
			return bad("is malformed; write branch@revision, as in billing@head")
		}
		s.branch, rest = before, after
	}
	var count string
	s.name, count = splitRelative(rest)
	if count != "" {
		n, err := strconv.Atoi(count)
		if err != nil || len(count) > 9 {
			return bad("counts further than any history reaches; use head or base")
		}
		if n == 0 && s.name == "" {
			return bad("counts no revisions; use +1 or more, or -1 or less")
		}
		s.rel, s.relative = n, true
	}
	for _, part := range [...]string{s.branch, s.name} {
		for _, c := range part {
			if !nameRune(c) && c != '-' {
				return bad("holds " + strconv.QuoteRune(c) + ", which no id or label does; give an id, a label, head or base")
			}
		}
	}
	return s, nil
}

// splitRelative cuts a trailing +N or -N off; count is "" when there is none.
func splitRelative(s string) (name, count string) {
	i := len(s)
	for i > 0 && s[i-1] >= '0' && s[i-1] <= '9' {
		i--
	}
	if i == len(s) || i == 0 || s[i-1] != '+' && s[i-1] != '-' {
		return s, ""
	}
	return s[:i-1], s[i-1:]
}

// narrowed is the symbol text on another branch, for use in advice.
func narrowed(text, branch string) string {
	if _, after, ok := strings.Cut(text, "@"); ok {
		text = after
	}
	return branch + "@" + text
}

// SplitRange cuts "from:to" in two. Ranges select history and, where nothing
// is asked of a database, say what a script starts from. An end that is left
// out is "". ok is false when text holds no colon; to is text then.
func SplitRange(text string) (from, to string, ok bool) {
	from, to, ok = strings.Cut(text, ":")
	if !ok {
		return "", text, false
	}
	return from, to, true
}
