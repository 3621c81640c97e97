package sqltext

import (
	"slices"
	"strings"
)

// opposites of the comparisons, for values that may be NULL as well.
var opposites = map[string]string{"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}

// truths are functions whose result is a truth value.
var truths = []string{
	"json_valid", "json_contains", "json_contains_path", "json_overlaps", "regexp_like", "isnull", "member of",
}

// isTruth reports whether n is true or false by its shape. Other values are
// compared with 0 when they stand as a condition.
func isTruth(n *node) bool {
	switch n.kind {
	case nIn, nSuffix, nAtom:
		return true
	case nCall:
		return slices.Contains(truths, n.text)
	case nUnary:
		return n.text == "NOT"
	case nBinary:
		return opposites[n.text] != "" ||
			slices.Contains([]string{"AND", "OR", "LIKE", "NOT LIKE", "REGEXP", "NOT REGEXP", "<=>"}, n.text)
	}
	return false
}

func comparedWithZero(n *node, op string) *node {
	return &node{kind: nBinary, text: op, args: []*node{n, {kind: nAtom, text: "0"}}}
}

// pushNot brings NOT as far inside as it goes, as servers do that print what
// they made of a condition. condition says that only the truth of n counts.
func pushNot(n *node, condition bool) *node {
	if condition {
		if v, equal, ok := againstZero(n); ok {
			// Servers print 0 <> v for a value v that is a condition.
			switch {
			case equal && isTruth(v):
				return negate(v)
			case isTruth(v):
				return pushNot(v, true)
			}
			return comparedWithZero(pushNot(v, false), n.text)
		}
		if !isTruth(n) {
			return comparedWithZero(pushNot(n, false), "<>")
		}
	}
	switch {
	case n.kind == nUnary && n.text == "NOT":
		return negate(n.args[0])
	case n.kind == nBinary && (n.text == "AND" || n.text == "OR"):
		args := make([]*node, 0, len(n.args))
		for _, a := range n.args {
			args = append(args, flat(pushNot(a, true), nBinary, n.text)...)
		}
		return &node{kind: nBinary, text: n.text, args: args}
	case n.kind == nSuffix && (strings.HasSuffix(n.text, " TRUE") || strings.HasSuffix(n.text, " FALSE")):
		return &node{kind: nSuffix, text: n.text, args: []*node{pushNot(n.args[0], true)}}
	case n.kind == nCase && !n.base:
		c := *n
		c.args = make([]*node, len(n.args))
		for i, a := range n.args {
			c.args[i] = pushNot(a, i%2 == 0 && i+1 < len(n.args))
		}
		return &c
	}
	c := *n
	c.args = make([]*node, len(n.args))
	for i, a := range n.args {
		c.args[i] = pushNot(a, false)
	}
	return &c
}

// againstZero reads "0 <> v" and "0 = v".
func againstZero(n *node) (v *node, equal, ok bool) {
	if n.kind != nBinary || n.text != "<>" && n.text != "=" || n.args[0].kind != nAtom || n.args[0].text != "0" {
		return nil, false, false
	}
	return n.args[1], n.text == "=", true
}

// negate is NOT n.
func negate(n *node) *node {
	if v, equal, ok := againstZero(n); ok {
		switch {
		case equal && isTruth(v):
			return pushNot(v, true)
		case isTruth(v):
			return negate(v)
		}
		return comparedWithZero(pushNot(v, false), opposites[n.text])
	}
	if !isTruth(n) {
		return comparedWithZero(pushNot(n, false), "=")
	}
	switch n.kind {
	case nUnary:
		if n.text == "NOT" {
			return pushNot(n.args[0], true)
		}
	case nBinary:
		switch {
		case opposites[n.text] != "":
			return &node{
				kind: nBinary,
				text: opposites[n.text],
				args: []*node{pushNot(n.args[0], false), pushNot(n.args[1], false)},
			}
		case n.text == "AND" || n.text == "OR":
			op := map[string]string{"AND": "OR", "OR": "AND"}[n.text]
			args := make([]*node, 0, len(n.args))
			for _, a := range n.args {
				args = append(args, flat(negate(a), nBinary, op)...)
			}
			return &node{kind: nBinary, text: op, args: args}
		case strings.HasPrefix(n.text, "NOT "):
			return &node{kind: nBinary, text: n.text[len("NOT "):], args: n.args}
		case n.text == "LIKE" || n.text == "REGEXP":
			return &node{kind: nBinary, text: "NOT " + n.text, args: n.args}
		}
	case nIn:
		text := "NOT IN"
		if n.text == text {
			text = "IN"
		}
		return &node{kind: nIn, text: text, args: n.args}
	case nSuffix:
		if rest, ok := strings.CutPrefix(n.text, "IS NOT "); ok {
			return &node{kind: nSuffix, text: "IS " + rest, args: n.args}
		}
		if rest, ok := strings.CutPrefix(n.text, "IS "); ok {
			return &node{kind: nSuffix, text: "IS NOT " + rest, args: n.args}
		}
	}
	return &node{kind: nUnary, text: "NOT", args: []*node{pushNot(n, true)}}
}
