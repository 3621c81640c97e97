package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/larder-db/larder/internal/jsontext"
)

// problem is one thing that is wrong with a request, in the form in which
// clients of Open WebUI are told.
type problem struct {
	Type  string         `json:"type"`
	Loc   []any          `json:"loc"`
	Msg   string         `json:"msg"`
	Input any            `json:"input"`
	Ctx   map[string]any `json:"ctx,omitempty"`
}

func invalid(problems ...problem) error {
	return &failure{status: http.StatusUnprocessableEntity, detail: problems}
}

// form is a JSON object that was sent, cut into its members, and what was
// found wrong with them.
type form struct {
	members  map[string]json.RawMessage
	raw      json.RawMessage
	problems []problem
}

// readForm reads the body as a JSON object.
func readForm(r *http.Request) (*form, error) {
	body, err := readBody(r)
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, err
		}
		return nil, &failure{status: http.StatusBadRequest, detail: msgUnreadableBody, err: err}
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, invalid(problem{Type: "missing", Loc: []any{"body"}, Msg: "Field required"})
	}
	if !utf8.Valid(body) {
		return nil, fail(http.StatusBadRequest, msgUnreadableBody)
	}
	if !json.Valid(body) {
		msg, pos := jsonFault(body)
		return nil, invalid(problem{Type: "json_invalid", Loc: []any{"body", pos}, Msg: "JSON decode error", Input: map[string]any{}, Ctx: map[string]any{"error": msg}})
	}
	f := &form{raw: body}
	if body = bytes.TrimSpace(body); body[0] != '{' {
		return nil, invalid(problem{Type: "model_attributes_type", Loc: []any{"body"}, Msg: "Input should be a valid dictionary or object to extract fields from", Input: f.raw})
	}
	f.members = make(map[string]json.RawMessage)
	for name, value := range jsontext.Members(body) {
		f.members[name] = value
	}
	return f, nil
}

// believed is how much of a body has to come before its announced length is
// taken for true.
const believed = 1 << 20

// readBody reads the body into a buffer of its length, which a large one does
// not outgrow again and again.
func readBody(r *http.Request) ([]byte, error) {
	var b bytes.Buffer
	if r.ContentLength > believed {
		if _, err := io.CopyN(&b, r.Body, believed); err != nil {
			return nil, err
		}
		b.Grow(int(r.ContentLength) - believed + bytes.MinRead)
	}
	_, err := b.ReadFrom(r.Body)
	return b.Bytes(), err
}

func (f *form) err() error {
	if len(f.problems) == 0 {
		return nil
	}
	return invalid(f.problems...)
}

func (f *form) wrong(kind, name, msg string, input any) {
	f.problems = append(f.problems, problem{Type: kind, Loc: []any{"body", name}, Msg: msg, Input: input})
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

// requiredText is a string that must be there.
func (f *form) requiredText(name string) string {
	raw, ok := f.members[name]
	if !ok {
		f.wrong("missing", name, "Field required", f.raw)
		return ""
	}
	s, ok := text(raw)
	if !ok {
		f.wrong("string_type", name, "Input should be a valid string", raw)
	}
	return s
}

// optionalText is a string, or nil when it is absent or null.
func (f *form) optionalText(name string) *string {
	raw, ok := f.members[name]
	if !ok || isNull(raw) {
		return nil
	}
	s, ok := text(raw)
	if !ok {
		f.wrong("string_type", name, "Input should be a valid string", raw)
		return nil
	}
	return &s
}

// requiredObject is the text of an object that must be there.
func (f *form) requiredObject(name string) json.RawMessage {
	raw, ok := f.members[name]
	if !ok {
		f.wrong("missing", name, "Field required", f.raw)
		return nil
	}
	return f.object(name, raw)
}

// optionalObject is the text of an object, or nil when it is absent or null.
func (f *form) optionalObject(name string) json.RawMessage {
	raw, ok := f.members[name]
	if !ok || isNull(raw) {
		return nil
	}
	return f.object(name, raw)
}

func (f *form) object(name string, raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || raw[0] != '{' {
		f.wrong("dict_type", name, "Input should be a valid dictionary", raw)
		return nil
	}
	return raw
}

// optionalDate is a calendar date, or nil when it is absent or null.
func (f *form) optionalDate(name string) *time.Time {
	s := f.optionalText(name)
	if s == nil {
		return nil
	}
	d, err := time.Parse(time.DateOnly, *s)
	if err != nil {
		f.wrong("date_from_datetime_parsing", name, "Input should be a valid date or datetime, invalid character in year", *s)
		return nil
	}
	return &d
}

// text decodes a JSON string and removes NUL, which is in no name or address.
func text(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return strings.ReplaceAll(s, "\x00", ""), true
}

// queryValues are the query parameters of a request, and what is wrong with them.
type queryValues struct {
	url.Values
	problems []problem
}

func queryOf(r *http.Request) *queryValues { return &queryValues{Values: r.URL.Query()} }

func (q *queryValues) err() error {
	if len(q.problems) == 0 {
		return nil
	}
	return invalid(q.problems...)
}

func (q *queryValues) wrong(kind, name, msg string) {
	q.problems = append(q.problems, problem{Type: kind, Loc: []any{"query", name}, Msg: msg, Input: q.Get(name)})
}

// integer is nil when the parameter is absent.
func (q *queryValues) integer(name string) *int {
	if !q.Has(name) {
		return nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(q.Get(name)))
	if err != nil {
		q.wrong("int_parsing", name, "Input should be a valid integer, unable to parse string as an integer")
		return nil
	}
	return &n
}

func (q *queryValues) boolean(name string) bool {
	if !q.Has(name) {
		return false
	}
	switch strings.ToLower(q.Get(name)) {
	case "1", "true", "t", "yes", "y", "on":
		return true
	case "0", "false", "f", "no", "n", "off":
		return false
	}
	q.wrong("bool_parsing", name, "Input should be a valid boolean, unable to interpret input")
	return false
}

// word is one of words, the first of which is the default. Another word is a
// failure with status 400, as Open WebUI has it.
func (q *queryValues) word(name string, words ...string) (string, error) {
	v := q.Get(name)
	if v == "" {
		return words[0], nil
	}
	for _, w := range words {
		if v == w {
			return v, nil
		}
	}
	return "", fail(http.StatusBadRequest, "The parameter "+name+" must be one of "+strings.Join(words, ", ")+".")
}
