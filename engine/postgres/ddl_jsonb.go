package postgres

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// jsonbText is a JSON text as the server prints it when it is kept as jsonb: keys
// in order of their length, each once, and a space behind commas and colons. A
// text that is no JSON, or has numbers that would be written otherwise, stays as
// it is.
func jsonbText(s string) string {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil || d.More() {
		return s
	}
	var b bytes.Buffer
	if !appendJSONB(&b, v) {
		return s
	}
	return b.String()
}

// appendJSONB reports whether it could write the value.
func appendJSONB(b *bytes.Buffer, v any) bool {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(x, y string) int { return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)) })
		b.WriteByte('{')
		for i, k := range keys {
			if i > 0 {
				b.WriteString(", ")
			}
			if !appendJSONB(b, k) {
				return false
			}
			b.WriteString(": ")
			if !appendJSONB(b, v[k]) {
				return false
			}
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			if !appendJSONB(b, e) {
				return false
			}
		}
		b.WriteByte(']')
	case json.Number:
		b.WriteString(v.String())
		return !strings.ContainsAny(v.String(), "eE") && v.String() != "-0"
	default:
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		if e.Encode(v) != nil {
			return false
		}
		b.Truncate(b.Len() - 1) // the line's end
	}
	return true
}
