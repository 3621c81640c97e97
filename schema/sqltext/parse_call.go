package sqltext

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// castCall reads CAST(x AS type) behind its parenthesis.
func (p *parser) castCall() (*node, error) {
	n, err := p.expr(0)
	if err != nil {
		return nil, err
	}
	if !p.acceptWord("AS") {
		return nil, errShape
	}
	ty, err := p.typeName()
	if err != nil || !p.acceptOp(")") {
		return nil, errShape
	}
	return p.cast(n, ty), nil
}

func (p *parser) call(t Token) (*node, error) {
	name := strings.ToLower(t.Text)
	if a, ok := p.r.Aliases[name]; ok {
		name = a
	}
	if t.Kind == Quoted && !plainFunction(t.Text) {
		name = Name(t.Text)
	}
	switch {
	case t.Is("CAST"):
		return p.castCall()
	case t.Is("POSITION") && !p.position:
		p.position = true
		defer func() { p.position = false }()
		return p.call(t)
	case t.Is("TRIM"):
		return p.trim()
	case t.Kind == Word && slices.Contains(shapeWords, strings.ToUpper(t.Text)):
		return nil, errShape
	case name == "count" && p.acceptOp("*"):
		if !p.acceptOp(")") {
			return nil, errShape
		}
		return &node{kind: nAtom, text: "count(*)"}, nil
	case (name == "now" || name == "current_timestamp") && p.acceptOp(")"):
		return &node{kind: nAtom, text: "CURRENT_TIMESTAMP"}, nil
	case (name == "curdate" || name == "current_date") && p.acceptOp(")"):
		return &node{kind: nAtom, text: "CURRENT_DATE"}, nil
	case (name == "curtime" || name == "current_time") && p.acceptOp(")"):
		return &node{kind: nAtom, text: "CURRENT_TIME"}, nil
	}
	args, err := p.args(")")
	if err != nil {
		return nil, err
	}
	return &node{kind: nCall, text: name, args: args}, nil
}

// trim reads the arguments of TRIM: TRIM(BOTH FROM a) is trim(a), as a server may
// write it. What is to be trimmed follows only where that is a form of the call.
func (p *parser) trim() (*node, error) {
	name := "trim"
	side := true
	switch {
	case p.acceptWord("LEADING"):
		name = "ltrim"
	case p.acceptWord("TRAILING"):
		name = "rtrim"
	default:
		side = p.acceptWord("BOTH")
	}
	if side && p.acceptWord("FROM") {
		args, err := p.args(")")
		if err != nil || len(args) != 1 {
			return nil, errShape
		}
		return &node{kind: nCall, text: name, args: args}, nil
	}
	first, err := p.expr(0)
	if err != nil {
		return nil, err
	}
	args := []*node{first}
	switch {
	case p.acceptWord("FROM"):
		of, err := p.expr(0)
		if err != nil || !p.r.Casts {
			return nil, errShape
		}
		args = []*node{of, first}
	case side:
		return nil, errShape
	case p.acceptOp(","):
		chars, err := p.expr(0)
		if err != nil {
			return nil, err
		}
		args = append(args, chars)
	}
	if !p.acceptOp(")") {
		return nil, errShape
	}
	return &node{kind: nCall, text: name, args: args}, nil
}

// plainFunction reports whether a quoted function name means the same without
// its quotes.
func plainFunction(name string) bool {
	upper := strings.ToUpper(name)
	return name != "" && name == strings.ToLower(name) && wordLen(name) == len(name) &&
		!slices.Contains([]string{"NOT", "CAST", "CASE", "ARRAY", "COUNT", "NOW"}, upper) &&
		!slices.Contains(shapeWords, upper) && !slices.Contains(valueWords, upper)
}

func (p *parser) caseExpr() (*node, error) {
	n := &node{kind: nCase}
	if !p.peek().Is("WHEN") {
		e, err := p.expr(0)
		if err != nil {
			return nil, err
		}
		n.base = true
		n.args = append(n.args, e)
	}
	for p.acceptWord("WHEN") {
		w, err := p.expr(0)
		if err != nil {
			return nil, err
		}
		if !p.acceptWord("THEN") {
			return nil, errShape
		}
		t, err := p.expr(0)
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, w, t)
	}
	if p.acceptWord("ELSE") {
		e, err := p.expr(0)
		if err != nil {
			return nil, err
		}
		if !(e.kind == nAtom && e.text == "NULL") && !(e.kind == nCast && e.args[0].text == "NULL") {
			n.args = append(n.args, e)
		}
	}
	if len(n.args) < 2 || !p.acceptWord("END") {
		return nil, errShape
	}
	return n, nil
}

// typeName reads a type: words, an argument list, array brackets.
func (p *parser) typeName() (string, error) {
	var parts []string
	for p.peek().Kind == Word {
		w := strings.ToLower(p.peek().Text)
		if len(parts) > 0 && !slices.Contains(typeWords, w) {
			break
		}
		parts = append(parts, w)
		p.i++
	}
	if len(parts) == 0 {
		if t := p.peek(); t.Kind == Quoted {
			p.i++
			parts = append(parts, Name(t.Text))
		} else {
			return "", errShape
		}
	}
	ty := strings.Join(parts, " ")
	if p.acceptOp("(") {
		args, err := p.args(")")
		if err != nil {
			return "", err
		}
		ty += "(" + strings.ReplaceAll(list(args), " ", "") + ")"
	}
	for p.acceptOp("[") {
		if !p.acceptOp("]") {
			return "", errShape
		}
		ty += "[]"
	}
	return ty, nil
}

var (
	textTypes = []string{"text", "character varying", "varchar", "bpchar", "character", "text[]", "character varying[]"}
	jsonTypes = []string{"json", "jsonb"}
	// typeWords follow the first word of a type.
	typeWords = []string{
		"varying", "precision", "without", "with", "time", "zone", "unsigned", "signed", "integer", "charset", "utf8mb4",
	}
	numberTypes = []string{"integer", "bigint", "smallint", "numeric", "double precision", "real"}
)

// cast leaves out a cast that a server adds by itself: one of a literal to the
// type that it has anyway, and one of a text column to text.
func (p *parser) cast(n *node, ty string) *node {
	isText, isJSON := slices.Contains(textTypes, ty), slices.Contains(jsonTypes, ty)
	isNumber := slices.Contains(numberTypes, ty)
	if n.kind == nString && n.typed && !isText && !isJSON {
		// 'now'::text is read when it is used, 'now' when the statement is.
		n = &node{kind: nCast, text: "text", args: []*node{n}}
	}
	keep := &node{kind: nCast, text: ty, args: []*node{n}}
	if !p.r.Casts {
		return keep
	}
	switch n.kind {
	case nString:
		switch {
		case isNumber:
			return p.castNumber(n, keep)
		case isText:
			return &node{kind: nString, text: n.text, typed: true}
		case isJSON, p.isEnum(ty):
			return n
		}
	case nArray:
		if len(n.args) > 0 && (isText || p.isEnum(strings.TrimSuffix(ty, "[]"))) { // an empty one has its type from nowhere else
			return n
		}
	case nAtom:
		if _, number := parseNumber(n.text); n.text == "NULL" || isNumber && number {
			return n
		}
	case nUnary:
		if n.text == "-" && n.args[0].kind == nAtom && isNumber {
			return n
		}
	case nName:
		if isText && slices.ContainsFunc(p.r.TextColumns, func(c string) bool { return n.text == Name(c) }) {
			return n
		}
	}
	return keep
}

// isEnum reports whether a type, as a cast names it, is one of [Rules.EnumTypes].
func (p *parser) isEnum(ty string) bool {
	return slices.ContainsFunc(p.r.EnumTypes, func(name string) bool { return ty == name || ty == Name(name) })
}

// castNumber is the number that a string literal holds, or keep.
func (p *parser) castNumber(n, keep *node) *node {
	digits, negative := strings.CutPrefix(n.text, "-")
	switch _, ok := parseNumber(digits); {
	case !ok:
		return keep
	case negative:
		return &node{kind: nUnary, text: "-", args: []*node{{kind: nAtom, text: p.number(digits)}}}
	}
	return &node{kind: nAtom, text: p.number(n.text)}
}

// number writes a number with an exponent out where the server does.
func (p *parser) number(text string) string {
	mantissa, exponent, ok := strings.Cut(strings.ToLower(text), "e")
	if e, err := strconv.Atoi(exponent); !ok || !p.r.Casts || err != nil || e > 30 || e < -30 {
		return text
	}
	r, ok := new(big.Rat).SetString(mantissa + "e" + exponent)
	if !ok {
		return text
	}
	if r.IsInt() {
		return r.Num().String()
	}
	return strings.TrimRight(r.FloatString(60), "0")
}

func parseNumber(s string) (any, bool) {
	if s == "" || !isDigit(s[0]) && s[0] != '.' {
		return nil, false
	}
	return Number(s)
}

// Number reads a decimal number: as an int64 or a float64 where that is the same
// to the last digit, else as its digits, without zeros at the end of a fraction.
// The float64 of a text with an exponent is the nearest one.
func Number(s string) (v any, ok bool) {
	if s == "" || strings.Trim(s, "0123456789+-.eE") != "" {
		return nil, false
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, false
	}
	if strings.ContainsAny(s, "eE") || plain(strconv.FormatFloat(f, 'f', -1, 64)) == plain(s) {
		return f, true
	}
	return plain(s), true
}

// plain is a decimal without a plus sign and zeros at its ends.
func plain(s string) string {
	digits, negative := strings.CutPrefix(strings.TrimPrefix(s, "+"), "-")
	if strings.Contains(digits, ".") {
		digits = strings.TrimRight(strings.TrimRight(digits, "0"), ".")
	}
	if digits = strings.TrimLeft(digits, "0"); digits == "" || digits[0] == '.' {
		digits = "0" + digits
	}
	if negative && digits != "0" {
		return "-" + digits
	}
	return digits
}
