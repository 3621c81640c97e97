package sqltext

import (
	"slices"
	"strings"
)

// maxDepth bounds recursion, for text from outside.
const maxDepth = 200

type parser struct {
	toks  []Token
	i     int
	r     Rules
	depth int

	position bool // the arguments of position(x IN y) are being read
}

// parseAll reads the tokens as one expression; ok is false when they are none
// of a known shape.
func parseAll(toks []Token, r Rules) (n *node, ok bool) {
	p := &parser{toks: toks, r: r}
	n, err := p.expr(0)
	return n, err == nil && p.i == len(toks)
}

func (p *parser) peek() Token {
	if p.i < len(p.toks) {
		return p.toks[p.i]
	}
	return Token{Kind: Op}
}

func (p *parser) at(n int) Token {
	if p.i+n < len(p.toks) {
		return p.toks[p.i+n]
	}
	return Token{Kind: Op}
}

func (p *parser) acceptOp(op string) bool {
	if p.peek().IsOp(op) {
		p.i++
		return true
	}
	return false
}

func (p *parser) acceptWord(words ...string) bool {
	for n, w := range words {
		if !p.at(n).Is(w) {
			return false
		}
	}
	p.i += len(words)
	return true
}

// Binding powers, loosest first.
const (
	pOr = iota + 1
	pAnd
	pNot
	pIs
	pCompare
	pMatch
	pOther
	pSum
	pProduct
	pTight
	pUnary
	pCast
)

var comparisons = []string{"=", "==", "<>", "!=", "<", ">", "<=", ">=", "<=>"}

func (p *parser) power(op string) int {
	switch {
	case slices.Contains(comparisons, op):
		return pCompare
	case op == "||" || op == "->" || op == "->>":
		if p.r.TightConcat {
			return pTight
		}
		return pOther
	case op == "+" || op == "-":
		return pSum
	case op == "*" || op == "/" || op == "%":
		return pProduct
	case op == "^":
		return pTight
	case op == "&&" && p.r.Concat:
		return 0
	case slices.Contains(otherOperators, op), p.r.Casts && isSymbols(op):
		return pOther
	}
	return 0
}

func isSymbols(op string) bool { return op != "" && strings.Trim(op, symbolBytes) == "" }

func (p *parser) expr(min int) (*node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, errShape
	}
	left, err := p.prefix()
	if err != nil {
		return nil, err
	}
	for {
		next, err := p.suffix(left, min)
		if err != nil {
			return nil, err
		}
		if next == nil {
			return left, nil
		}
		left = next
	}
}

// suffix extends left by one operator that binds at least as tightly as min;
// nil when there is none.
func (p *parser) suffix(left *node, min int) (*node, error) {
	switch t := p.peek(); {
	case t.Kind == Word:
		return p.wordSuffix(t, left, min)
	case t.Kind != Op:
		return nil, nil
	case t.Text == "::" && p.r.Casts:
		p.i++
		ty, err := p.typeName()
		if err != nil {
			return nil, err
		}
		return p.cast(left, ty), nil
	default:
		return p.operator(t.Text, left, min)
	}
}

// wordSuffix reads what a word begins behind an operand.
func (p *parser) wordSuffix(t Token, left *node, min int) (*node, error) {
	switch {
	case t.Is("OR") && min <= pOr:
		return p.chain(left, "OR", pOr)
	case t.Is("AND") && min <= pAnd:
		return p.chain(left, "AND", pAnd)
	case t.Is("IS") && min <= pIs:
		return p.is(left)
	case t.Is("ISNULL") && min <= pIs:
		p.i++
		return &node{kind: nSuffix, text: "IS NULL", args: []*node{left}}, nil
	case t.Is("NOTNULL") && min <= pIs, t.Is("NOT") && p.at(1).Is("NULL") && min <= pIs:
		p.i++
		if t.Is("NOT") {
			p.i++
		}
		return &node{kind: nSuffix, text: "IS NOT NULL", args: []*node{left}}, nil
	case min > pMatch:
		return nil, nil
	}
	n, err := p.match(left)
	switch {
	case n != nil || err != nil:
		return n, err
	case t.Is("COLLATE"):
		return p.collate(left)
	case (t.Is("MOD") || t.Is("DIV")) && min <= pProduct:
		p.i++
		right, err := p.expr(pProduct + 1)
		if err != nil {
			return nil, err
		}
		op := "%"
		if t.Is("DIV") {
			op = "DIV"
		}
		return &node{kind: nBinary, text: op, args: []*node{left, right}}, nil
	}
	return nil, nil
}

// collate reads the name of a collation behind an operand.
func (p *parser) collate(left *node) (*node, error) {
	p.i++
	c := p.peek()
	if c.Kind != Word && c.Kind != Quoted {
		return nil, errShape
	}
	p.i++
	name := c.Text
	if p.r.Casts && c.Kind == Quoted {
		name = Name(name) // where another case is another collation
	}
	return &node{kind: nBinary, text: "COLLATE", args: []*node{left, {kind: nAtom, text: name}}}, nil
}

// synonyms are operators that are written in another way.
var synonyms = map[string]string{
	"!=": "<>", "==": "=", "~~": "LIKE", "!~~": "NOT LIKE", "~~*": "ILIKE", "!~~*": "NOT ILIKE",
}

// otherOperators bind less than + and more than comparisons.
var otherOperators = []string{
	"@>", "<@", "?", "?|", "?&", "@@", "@?", "~", "~*", "!~", "!~*", "#>", "#>>", "#-",
	"&", "|", "<<", ">>", "&&", "~~", "~~*", "!~~", "!~~*",
}

// operator reads an operator of symbols and its right side.
func (p *parser) operator(op string, left *node, min int) (*node, error) {
	pow := p.power(op)
	if pow == 0 || pow < min {
		return nil, nil
	}
	p.i++
	if op == "=" && p.peek().Is("ANY") || op == "<>" && p.peek().Is("ALL") {
		if n := p.anyArray(left, op); n != nil {
			return n, nil
		}
	}
	right, err := p.expr(pow + 1)
	if err != nil {
		return nil, err
	}
	if op == "||" && p.r.Concat {
		return &node{kind: nCall, text: "concat", args: append(flat(left, nCall, "concat"), right)}, nil
	}
	if other, ok := synonyms[op]; ok {
		op = other
	}
	if slices.Contains([]string{"=", "<>", "<", "<=", ">", ">="}, op) {
		left, right = p.uncast(left, right), p.uncast(right, left)
	}
	return &node{kind: nBinary, text: op, args: []*node{left, right}}, nil
}

func flat(n *node, k nodeKind, text string) []*node {
	if n.kind == k && n.text == text {
		return n.args
	}
	return []*node{n}
}

func (p *parser) chain(left *node, op string, pow int) (*node, error) {
	p.i++
	right, err := p.expr(pow + 1)
	if err != nil {
		return nil, err
	}
	args := append(slices.Clone(flat(left, nBinary, op)), flat(right, nBinary, op)...)
	return &node{kind: nBinary, text: op, args: args}, nil
}

func (p *parser) is(left *node) (*node, error) {
	p.i++
	not := p.acceptWord("NOT")
	text := "IS "
	if not {
		text = "IS NOT "
	}
	for _, w := range []string{"NULL", "TRUE", "FALSE", "UNKNOWN"} {
		if p.acceptWord(w) {
			return &node{kind: nSuffix, text: text + w, args: []*node{left}}, nil
		}
	}
	if p.acceptWord("DISTINCT", "FROM") {
		text += "DISTINCT FROM"
	} else {
		text = strings.TrimSpace(text)
	}
	right, err := p.expr(pCompare)
	if err != nil {
		return nil, err
	}
	return &node{kind: nBinary, text: text, args: []*node{left, right}}, nil
}

// match reads LIKE, IN, BETWEEN and their kin; nil when there is none.
func (p *parser) match(left *node) (*node, error) {
	start := p.i
	not := ""
	if p.acceptWord("NOT") {
		not = "NOT "
	}
	for _, w := range []string{"LIKE", "ILIKE", "GLOB", "REGEXP", "RLIKE", "MATCH"} {
		if !p.acceptWord(w) {
			continue
		}
		right, err := p.expr(pMatch + 1)
		if err != nil {
			return nil, err
		}
		if w == "RLIKE" {
			w = "REGEXP"
		}
		n := &node{kind: nBinary, text: not + w, args: []*node{left, right}}
		if p.acceptWord("ESCAPE") {
			esc, err := p.expr(pMatch + 1)
			if err != nil {
				return nil, err
			}
			n.args = append(n.args, esc)
		}
		return n, nil
	}
	switch {
	case p.acceptWord("BETWEEN"):
		lo, err := p.expr(pOther)
		if err != nil {
			return nil, err
		}
		if !p.acceptWord("AND") {
			return nil, errShape
		}
		hi, err := p.expr(pOther)
		if err != nil {
			return nil, err
		}
		lo, hi = p.uncast(lo, left), p.uncast(hi, left)
		if not != "" {
			return &node{kind: nBinary, text: "OR", args: []*node{
				{kind: nBinary, text: "<", args: []*node{left, lo}}, {kind: nBinary, text: ">", args: []*node{left, hi}}}}, nil
		}
		return &node{kind: nBinary, text: "AND", args: []*node{
			{kind: nBinary, text: ">=", args: []*node{left, lo}}, {kind: nBinary, text: "<=", args: []*node{left, hi}}}}, nil
	case p.acceptWord("IN"):
		if !p.acceptOp("(") || p.peek().Is("SELECT") {
			return nil, errShape
		}
		args, err := p.args(")")
		if err != nil {
			return nil, err
		}
		return p.in(not+"IN", append([]*node{left}, args...)), nil
	}
	p.i = start
	return nil, nil
}

// in is the comparison of args[0] with a list of the others. One of them is
// compared as such by the server that casts.
func (p *parser) in(text string, args []*node) *node {
	for i, n := range args[1:] {
		args[i+1] = p.uncast(n, args[0])
	}
	if !p.r.Casts || len(args) != 2 || p.at(0).IsOp(")") && p.position {
		return &node{kind: nIn, text: text, args: args}
	}
	op := "="
	if text != "IN" {
		op = "<>"
	}
	return &node{kind: nBinary, text: op, args: []*node{p.uncast(args[0], args[1]), p.uncast(args[1], args[0])}}
}

// anyArray reads "= ANY (ARRAY[...])" as IN; nil and no progress otherwise.
func (p *parser) anyArray(left *node, op string) *node {
	start := p.i
	p.i++
	if p.acceptOp("(") {
		in, err := p.expr(0)
		for err == nil && in.kind == nCast {
			in = in.args[0]
		}
		if err == nil && in.kind == nArray && len(in.args) > 0 && p.acceptOp(")") {
			text := "IN"
			if op == "<>" {
				text = "NOT IN"
			}
			return p.in(text, append([]*node{left}, in.args...))
		}
	}
	p.i = start
	return nil
}

func (p *parser) args(closing string) ([]*node, error) {
	var out []*node
	if p.acceptOp(closing) {
		return out, nil
	}
	for {
		n, err := p.expr(0)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
		switch {
		case p.acceptOp(","):
		case p.acceptOp(closing):
			return out, nil
		default:
			return nil, errShape
		}
	}
}

func (p *parser) prefix() (*node, error) {
	t := p.peek()
	switch {
	case t.Is("NOT"):
		p.i++
		n, err := p.expr(pNot)
		if err != nil {
			return nil, err
		}
		return &node{kind: nUnary, text: "NOT", args: []*node{n}}, nil
	case t.IsOp("-"), t.IsOp("+"), t.IsOp("~"), t.IsOp("!"):
		p.i++
		n, err := p.expr(pUnary)
		if err != nil {
			return nil, err
		}
		if t.Text == "+" {
			return n, nil
		}
		if t.Text == "!" {
			return &node{kind: nUnary, text: "NOT", args: []*node{n}}, nil
		}
		return &node{kind: nUnary, text: t.Text, args: []*node{n}}, nil
	case t.Kind == Op && p.r.Casts && isSymbols(t.Text):
		p.i++
		n, err := p.expr(pOther + 1)
		if err != nil {
			return nil, err
		}
		return &node{kind: nUnary, text: t.Text, args: []*node{n}}, nil
	}
	return p.primary()
}

// valueWords stand for themselves.
var valueWords = []string{
	"NULL", "TRUE", "FALSE", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_USER", "SESSION_USER",
	"LOCALTIMESTAMP", "LOCALTIME",
}

// shapeWords start something that is not read here.
var shapeWords = []string{
	"SELECT", "EXISTS", "INTERVAL", "FROM", "WHEN", "THEN", "ELSE", "END", "AND", "OR", "AS", "ROW",
}

func (p *parser) primary() (*node, error) {
	t := p.peek()
	p.i++
	switch t.Kind {
	case Num:
		return &node{kind: nAtom, text: p.number(t.Text)}, nil
	case Blob:
		return &node{kind: nAtom, text: strings.ToUpper(t.Text[:1]) + strings.ToLower(t.Text[1:])}, nil
	case Str:
		return &node{kind: nString, text: t.Text}, nil
	case Op:
		if t.Text != "(" || p.i > len(p.toks) || p.peek().Is("SELECT") {
			return nil, errShape
		}
		args, err := p.args(")")
		if err != nil || len(args) == 0 {
			return nil, errShape
		}
		if len(args) == 1 {
			return args[0], nil
		}
		return &node{kind: nList, args: args}, nil
	}
	if t.Kind == Word && !p.peek().IsOp("(") && p.r.column(t.Text) == "" {
		if n, err := p.word(strings.ToUpper(t.Text)); n != nil || err != nil {
			return n, err
		}
	}
	if p.acceptOp("(") {
		return p.call(t)
	}
	return p.name(t)
}

// word reads what a word of SQL begins; nil where it is a name like others.
func (p *parser) word(upper string) (*node, error) {
	switch {
	case slices.Contains(valueWords, upper):
		if p.r.BoolNumbers && (upper == "TRUE" || upper == "FALSE") {
			return &node{kind: nAtom, text: map[string]string{"TRUE": "1", "FALSE": "0"}[upper]}, nil
		}
		return &node{kind: nAtom, text: upper}, nil
	case momentTypes[upper] != "" && p.peek().Kind == Str:
		n := &node{kind: nString, text: p.peek().Text}
		p.i++
		return &node{kind: nCast, text: momentTypes[upper], args: []*node{n}}, nil
	case upper == "CASE":
		return p.caseExpr()
	case upper == "ARRAY" && p.acceptOp("["):
		args, err := p.args("]")
		if err != nil {
			return nil, err
		}
		return &node{kind: nArray, args: args}, nil
	case slices.Contains(shapeWords, upper):
		return nil, errShape
	}
	return nil, nil
}

func (p *parser) name(t Token) (*node, error) {
	if t.Kind == Word && len(p.r.Columns) > 0 && p.r.column(t.Text) == "" && !p.peek().IsOp(".") {
		return &node{kind: nAtom, text: strings.ToUpper(t.Text)}, nil // a word of the engine's
	}
	text := p.spell(t)
	if text == "" {
		return &node{kind: nString, text: t.Text}, nil
	}
	for p.acceptOp(".") {
		n := p.peek()
		if n.Kind != Word && n.Kind != Quoted {
			return nil, errShape
		}
		p.i++
		text += "." + p.spell(n)
	}
	return &node{kind: nName, text: text}, nil
}

// spell is the name in braces; "" for a quoted text that is no column where
// that makes it a string.
func (p *parser) spell(t Token) string {
	if c := p.r.column(t.Text); c != "" && (t.Kind == Word || t.Q != '{') {
		return Name(c)
	}
	if t.Kind == Quoted && t.Q == '"' && p.r.LooseQuotes {
		return ""
	}
	return Name(t.Text)
}
