package canon

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// AppendLine appends a value as JSON, so that [ParseLine] gives the same value
// of the same type: whole numbers have no point and fractions have one; an
// object with one member holds what JSON has no word for.
//
//	{"bytes": base64}  {"text": base64 of text that is not UTF-8}
//	{"time": RFC 3339}  {"float": "NaN"}
func AppendLine(b []byte, v any) []byte {
	switch x := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, x)
	case int64:
		return strconv.AppendInt(b, x, 10)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return append(strconv.AppendQuote(append(b, `{"float":`...), strconv.FormatFloat(x, 'g', -1, 64)), '}')
		}
		at := len(b)
		b = strconv.AppendFloat(b, x, 'g', -1, 64)
		if !bytes.ContainsAny(b[at:], ".e") {
			b = append(b, ".0"...)
		}
		return b
	case string:
		if utf8.ValidString(x) {
			return appendQuoted(b, x)
		}
		return wrapped(b, "text", unsafeBytes(x))
	case []byte:
		return wrapped(b, "bytes", x)
	case time.Time:
		return append(x.UTC().AppendFormat(append(b, `{"time":"`...), time.RFC3339Nano), `"}`...)
	}
	return appendQuoted(b, fmt.Sprint(v))
}

func wrapped(b []byte, name string, v []byte) []byte {
	b = append(append(append(b, `{"`...), name...), `":"`...)
	return append(base64.StdEncoding.AppendEncode(b, v), `"}`...)
}

const digits = "0123456789abcdef"

// appendQuoted appends UTF-8 text as a JSON string: what has to be escaped is,
// and nothing else.
func appendQuoted(b []byte, s string) []byte {
	if len(s) > 1<<20 { // once, and not by doubling what is there
		b = slices.Grow(b, len(s)+escapes(s)+2)
	}
	return append(appendEscaped(append(b, '"'), s), '"')
}

// appendEscaped appends a part of a text as it stands in a JSON string. The part
// may end within a character.
func appendEscaped(b []byte, s string) []byte {
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(b, s[start:]...)
}

// escapes is how many bytes longer a text is as a JSON string, without its marks.
func escapes(s string) int {
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t':
			n++
		case c < 0x20:
			n += len(`\u0000`) - 1
		}
	}
	return n
}

// AppendLineRow appends the values of a row as a JSON array.
func AppendLineRow(b []byte, row []any) []byte {
	b = append(b, '[')
	for i, v := range row {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendLine(b, v)
	}
	return append(b, ']')
}

// WriteLineRow writes what [AppendLineRow] appends, long texts in parts.
func WriteLineRow(w io.Writer, row []any) error {
	b := append(make([]byte, 0, 2*part), '[')
	for i, v := range row {
		if i > 0 {
			b = append(b, ',')
		}
		s, ok := v.(string)
		if !ok || len(s) <= part || !utf8.ValidString(s) {
			b = AppendLine(b, v)
			continue
		}
		b = append(b, '"')
		for len(s) > 0 {
			n := min(part, len(s))
			b = appendEscaped(b, s[:n])
			s = s[n:]
			if _, err := w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
		b = append(b, '"')
	}
	_, err := w.Write(append(b, ']'))
	return err
}

// part is how many bytes of a long text are escaped at a time.
const part = 64 << 10

// ParseLine reads a value that [AppendLine] wrote.
func ParseLine(raw json.RawMessage) (any, error) {
	if len(raw) == 0 {
		return nil, fmt.Errorf("a value is missing")
	}
	switch raw[0] {
	case 'n':
		return nil, nil
	case 't', 'f':
		return raw[0] == 't', nil
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case '{':
		return parseWrapped(raw)
	case '[':
		return nil, fmt.Errorf("an array is not a value of a column; JSON is written as a text")
	}
	if bytes.ContainsAny(raw, ".eE") {
		return strconv.ParseFloat(string(raw), 64)
	}
	return strconv.ParseInt(string(raw), 10, 64)
}

func parseWrapped(raw json.RawMessage) (any, error) {
	var w struct {
		Bytes *[]byte    `json:"bytes"`
		Text  *[]byte    `json:"text"`
		Time  *time.Time `json:"time"`
		Float *string    `json:"float"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return nil, fmt.Errorf("an object is not a value of a column; JSON is written as a text")
	}
	switch {
	case w.Bytes != nil:
		return *w.Bytes, nil
	case w.Text != nil:
		return string(*w.Text), nil
	case w.Time != nil:
		return w.Time.UTC(), nil
	case w.Float != nil:
		return strconv.ParseFloat(*w.Float, 64)
	}
	return nil, fmt.Errorf("an object is not a value of a column; JSON is written as a text")
}

// ParseLineRow reads a row that [AppendLineRow] wrote.
func ParseLineRow(line []byte) ([]any, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(line, &raw); err != nil {
		return nil, err
	}
	row := make([]any, len(raw))
	for i, r := range raw {
		var err error
		if row[i], err = ParseLine(r); err != nil {
			return nil, err
		}
	}
	return row, nil
}
