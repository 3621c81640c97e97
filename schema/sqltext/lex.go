package sqltext

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is what a [Token] is.
type Kind int

// The kinds of tokens.
const (
	Word   Kind = iota // an unquoted identifier or keyword; Text as written
	Quoted             // a quoted identifier; Text without its quotes
	Str                // a string literal; Text without its quotes and escapes
	Num                // a number as written
	Blob               // a hexadecimal literal as written
	Op                 // an operator or punctuation
	Arg                // the ? of an argument
)

// Token is a piece of SQL text.
type Token struct {
	Kind Kind
	Text string
	Pos  int  // offset of its first byte
	End  int  // offset behind its last byte
	Q    byte // for Quoted: the character it was opened with
}

// Is reports whether the token is the unquoted word w, in any case.
func (t Token) Is(w string) bool { return t.Kind == Word && strings.EqualFold(t.Text, w) }

// IsOp reports whether the token is the operator or punctuation op.
func (t Token) IsOp(op string) bool { return t.Kind == Op && t.Text == op }

// Rules say how text is to be read and which spellings are the same. The zero
// value is standard SQL.
type Rules struct {
	// How the text is quoted.
	Template     bool // {name} is an identifier
	Arguments    bool // ? is an argument, ?? a question mark
	Backticks    bool // `name` is an identifier
	Brackets     bool // [name] is an identifier
	DoubleString bool // "text" is a string
	Backslash    bool // \ escapes inside strings, and E'' is not needed for it
	Introducers  bool // _charset'text' is a string
	HashComments bool // # starts a comment
	NoBits       bool // b'01' is no literal
	Dollars      bool // $tag$text$tag$ and E'text' are strings

	// What the text means.
	LooseQuotes bool // a "name" that is no column is a string
	TightConcat bool // || and -> bind more tightly than * and +
	Concat      bool // a || b is written concat(a, b)
	Casts       bool // x::type is a cast, casts that a server adds by itself are dropped, and operators are any run of symbols
	BoolNumbers bool // TRUE and FALSE are 1 and 0
	PushNot     bool // NOT (a = b) is a <> b, and so on: what the server makes of it
	Condition   bool // the expression is a condition: with PushNot, 0 <> a is a

	// Columns of the table: an unquoted word that is one of them, in any case,
	// is spelled like it.
	Columns []string
	// TextColumns are those whose cast to text says nothing.
	TextColumns []string
	// TimeColumns are those of days, times of day and instants, with the type to
	// which the server casts a literal that they are compared with: [Date],
	// [TimeOfDay], [Instant] or [ZoneInstant].
	TimeColumns map[string]string
	// EnumTypes are those to which the server casts literals by itself, beside
	// columns that have them.
	EnumTypes []string
	// Aliases are function names that stand for others, in lower case.
	Aliases map[string]string
}

// operators of more than one byte, longest first.
var operators = []string{
	"->>", "#>>", "!~~*", "<=>", "||/", "!~*", "!~~", "~~*",
	"::", "||", "->", "#>", "<=", ">=", "<>", "!=", "==", "<<", ">>", "@>", "<@", "?|", "?&", "@@", "@?", "~~", "~*",
	"!~", "#-", ":=", "&&", "=>",
}

// Lex splits text into tokens, leaving out space and comments. It fails on a
// quote or comment that is not closed and on a byte that starts no token.
func Lex(text string, r Rules) ([]Token, error) {
	l := lexer{s: text, r: r}
	var out []Token
	for {
		t, ok, err := l.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return out, nil
		}
		out = append(out, t)
	}
}

type lexer struct {
	s string
	i int
	r Rules
}

func (l *lexer) space() error {
	for l.i < len(l.s) {
		rest := l.s[l.i:]
		c, size := utf8.DecodeRuneInString(rest)
		switch {
		case strings.ContainsRune(" \t\n\v\f\r\ufeff", c):
			l.i += size
		case strings.HasPrefix(rest, "--"), l.r.HashComments && c == '#':
			if n := strings.IndexByte(rest, '\n'); n >= 0 {
				l.i += n + 1
			} else {
				l.i = len(l.s)
			}
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return fmt.Errorf("sqltext: a comment at byte %d is not closed", l.i)
			}
			l.i += n + 4
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) next() (Token, bool, error) {
	if err := l.space(); err != nil || l.i >= len(l.s) {
		return Token{}, false, err
	}
	start := l.i
	tok := func(k Kind, text string, q byte) (Token, bool, error) {
		return Token{Kind: k, Text: text, Pos: start, End: l.i, Q: q}, true, nil
	}
	rest := l.s[l.i:]
	if kind, text, err := l.delimited(rest); kind != Word || err != nil {
		return Token{Kind: kind, Text: text, Pos: start, End: l.i, Q: rest[0]}, err == nil, err
	}
	switch c := rest[0]; {
	case c == '?' && l.r.Arguments:
		if strings.HasPrefix(rest, "??") {
			l.i += 2
			return tok(Op, "?", 0)
		}
		l.i++
		return tok(Arg, "?", 0)
	case isDigit(c), c == '.' && len(rest) > 1 && isDigit(rest[1]):
		l.i += number(rest)
		return tok(Num, l.s[start:l.i], 0)
	}
	if n := wordLen(rest); n > 0 {
		kind, text, err := l.introduced(rest, n)
		switch {
		case err != nil:
			return Token{}, false, err
		case kind == Str:
			return tok(Str, text, '\'')
		case kind == Blob:
			return tok(Blob, l.s[start:l.i], 0)
		}
		l.i += n
		return tok(Word, rest[:n], 0)
	}
	if n := l.symbols(rest); n > 1 {
		l.i += n
		return tok(Op, rest[:n], 0)
	}
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			l.i += len(op)
			return tok(Op, op, 0)
		}
	}
	if strings.IndexByte("()[],.;+-*/%^<>=!~&|?@#:{}\\", rest[0]) >= 0 || rest[0] == '$' && l.r.Dollars {
		l.i++
		return tok(Op, rest[:1], 0)
	}
	return Token{}, false, fmt.Errorf("sqltext: the byte %#x at %d starts nothing", rest[0], start)
}

// symbolBytes are what operators are made of where anybody can define one.
const symbolBytes = "+-*/<>=~!@#%^&|`?"

// symbols is the length of the operator at the start of s that is a run of
// symbols: one that ends in a sign has another symbol than those of arithmetic.
func (l *lexer) symbols(s string) int {
	n := 0
	for n < len(s) && l.r.Casts && strings.IndexByte(symbolBytes, s[n]) >= 0 && !(s[n] == '?' && l.r.Arguments) &&
		!strings.HasPrefix(s[n:], "--") && !strings.HasPrefix(s[n:], "/*") {
		n++
	}
	for n > 1 && (s[n-1] == '+' || s[n-1] == '-') && !strings.ContainsAny(s[:n], "~!@#%^&|`?") {
		n--
	}
	return n
}

// delimited reads what begins with a mark that says where it ends; the kind is
// Word when nothing of that sort begins here.
func (l *lexer) delimited(rest string) (Kind, string, error) {
	read := func(k Kind, mark byte, escapes bool) (Kind, string, error) {
		text, err := l.quoted(mark, escapes)
		return k, text, err
	}
	switch c := rest[0]; {
	case c == '\'':
		return read(Str, c, l.r.Backslash)
	case c == '"' && l.r.DoubleString:
		return read(Str, c, l.r.Backslash)
	case c == '"', c == '`' && l.r.Backticks:
		return read(Quoted, c, false)
	case c == '{' && l.r.Template:
		return read(Quoted, '}', false)
	case c == '[' && l.r.Brackets:
		n := strings.IndexByte(rest, ']')
		if n < 0 {
			return Word, "", fmt.Errorf("sqltext: the [ at byte %d has no ]", l.i)
		}
		l.i += n + 1
		return Quoted, rest[1:n], nil
	case c == '$' && l.r.Dollars:
		return l.dollars(rest)
	}
	return Word, "", nil
}

// dollars reads $tag$text$tag$; without a tag the dollar is an operator.
func (l *lexer) dollars(rest string) (Kind, string, error) {
	n := strings.IndexByte(rest[1:], '$')
	if n < 0 || !isTag(rest[1:1+n]) {
		return Word, "", nil
	}
	mark := rest[:n+2]
	m := strings.Index(rest[len(mark):], mark)
	if m < 0 {
		return Word, "", fmt.Errorf("sqltext: the %s at byte %d is not closed", mark, l.i)
	}
	l.i += 2*len(mark) + m
	return Str, rest[len(mark) : len(mark)+m], nil
}

// introduced reads a text behind a word that says how it is written: x'00',
// E'\n', _utf8'x'. The kind is Word when the word, of n bytes, is no such one.
func (l *lexer) introduced(rest string, n int) (Kind, string, error) {
	if n == len(rest) || rest[n] != '\'' {
		return Word, "", nil
	}
	kind, escapes := Str, l.r.Backslash
	switch w := rest[:n]; {
	case w == "x" || w == "X" || (w == "b" || w == "B") && !l.r.NoBits:
		kind, escapes = Blob, false
	case l.r.Dollars && (w == "E" || w == "e"):
		escapes = true
	case l.r.Introducers && w[0] == '_':
	default:
		return Word, "", nil
	}
	l.i += n
	text, err := l.quoted('\'', escapes)
	return kind, text, err
}

// quoted reads a quoted text whose quote is doubled inside; with escapes also
// after a backslash.
func (l *lexer) quoted(q byte, escapes bool) (string, error) {
	start := l.i
	l.i++
	var b strings.Builder
	for l.i < len(l.s) {
		c := l.s[l.i]
		switch {
		case c == q && l.i+1 < len(l.s) && l.s[l.i+1] == q:
			b.WriteByte(q)
			l.i += 2
		case c == q:
			l.i++
			return b.String(), nil
		case c == '\\' && escapes && l.i+1 < len(l.s):
			b.WriteByte(unescape(l.s[l.i+1]))
			l.i += 2
		default:
			b.WriteByte(c)
			l.i++
		}
	}
	return "", fmt.Errorf("sqltext: the %c at byte %d is not closed", q, start)
}

func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	case '0':
		return 0
	case 'b':
		return '\b'
	case 'Z':
		return 26
	}
	return c
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isTag(s string) bool { return s == "" || !isDigit(s[0]) && wordLen(s) == len(s) }

func number(s string) int {
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') &&
		strings.IndexByte("0123456789abcdefABCDEF", s[2]) >= 0 {
		n := 2
		for n < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[n]) >= 0 {
			n++
		}
		return n
	}
	n := 0
	for n < len(s) && (isDigit(s[n]) || s[n] == '.') {
		n++
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		m := n + 1
		if m < len(s) && (s[m] == '+' || s[m] == '-') {
			m++
		}
		if m < len(s) && isDigit(s[m]) {
			for m < len(s) && isDigit(s[m]) {
				m++
			}
			n = m
		}
	}
	return n
}

// wordLen is the length of the unquoted word at the start of s; 0 for none.
func wordLen(s string) int {
	n := 0
	for n < len(s) {
		c, size := utf8.DecodeRuneInString(s[n:])
		// Whatever is beyond ASCII is part of a name, for all servers.
		if c == '_' || unicode.IsLetter(c) || n > 0 && (unicode.IsDigit(c) || c == '$') || s[n] >= 0x80 && c != 0xfeff {
			n += size
			continue
		}
		break
	}
	return n
}
