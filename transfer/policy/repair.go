package policy

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
)

// repaired changes a value of class c so that it fits its column; false where
// there is no way that loses nothing else.
func repaired(c canon.Class, col *schema.Column, v any) (any, bool) {
	text, isText := v.(string)
	document := col.Type.Kind == schema.JSON || col.Type.Kind == schema.JSONB
	switch c {
	case canon.NUL:
		if document {
			text = jsontext.ReplaceFunc(text, func(r rune) (string, bool) { return "", r == 0 })
		}
		return strings.ReplaceAll(text, "\x00", ""), isText
	case canon.Encoding:
		text = strings.ToValidUTF8(text, "\uFFFD")
		if document {
			text = jsontext.ReplaceFunc(text, func(r rune) (string, bool) { return `\ufffd`, utf16.IsSurrogate(r) })
		}
		return text, isText
	case canon.InvalidJSON:
		return asJSON(text), isText
	case canon.Booleans:
		return asBool(v)
	case canon.Numbers:
		return asNumber(col.Type.Kind, v)
	case canon.Nulls:
		if col.Default != nil && col.Default.Expr == "" && col.Default.Value != nil {
			return col.Default.Value, true
		}
	}
	return nil, false
}

// asJSON makes JSON of a text that is none: what Python writes for numbers that
// JSON does not have becomes null, anything else a string.
func asJSON(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '"' {
			end := endOfString(s, i)
			out.WriteString(s[i:end])
			i = end
			continue
		}
		n := 0
		for _, w := range []string{"NaN", "-Infinity", "Infinity"} {
			if strings.HasPrefix(s[i:], w) {
				n = len(w)
				break
			}
		}
		if n > 0 {
			out.WriteString("null")
			i += n
			continue
		}
		out.WriteByte(s[i])
		i++
	}
	if _, err := jsontext.Check(out.String()); err == nil {
		return out.String()
	}
	return jsontext.Quote(s)
}

func endOfString(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

func asBool(v any) (any, bool) {
	switch x := v.(type) {
	case int64:
		return x != 0, true
	case float64:
		return x != 0, true
	case string:
		switch strings.ToLower(strings.TrimSpace(x)) {
		case "true", "t", "yes", "y", "on", "1":
			return true, true
		case "false", "f", "no", "n", "off", "0":
			return false, true
		}
	}
	return nil, false
}

func asNumber(k schema.Kind, v any) (any, bool) {
	switch x := v.(type) {
	case float64:
		if k.IsWhole() && x == math.Trunc(x) && x >= -(1<<63) && x < 1<<63 {
			return int64(x), true
		}
	case bool:
		if k.IsWhole() && x {
			return int64(1), true
		}
		return int64(0), k.IsWhole()
	case string:
		x = strings.TrimSpace(x)
		if n, err := strconv.ParseInt(x, 10, 64); err == nil && k.IsWhole() {
			return n, true
		}
		f, err := strconv.ParseFloat(x, 64)
		switch {
		case err != nil:
			return nil, false
		case k.IsWhole():
			return asNumber(k, f)
		case k == schema.Float:
			return f, true
		}
	}
	return nil, false
}
