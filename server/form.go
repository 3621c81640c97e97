package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/model/chatdoc"
)

// A form is a struct whose fields say where they come from:
//
//	ID    string  `path:"id"`
//	Page  *int    `query:"page" about:"from 1"`
//	Sort  string  `query:"sort_by" default:"updated_at" words:"updated_at,title"`
//	Limit int     `query:"limit" default:"50" least:"1" most:"1000"`
//	Text  string  `query:"q" default:"" longest:"500"` // characters
//	Name  string  `json:"name"`             // must be there
//	Data  *string `json:"data"`             // may be missing or null
//	Size  int     `json:"size" default:"7"` // may be missing
//	Bio   maybe[string] `json:"bio"`        // missing and null are not the same
//	All   jsonvalue.JSON `whole:"object"`   // the body itself
//
// A field that is no pointer and has neither a default nor omitempty must be
// there. With a field of type optionalBody the body may be missing altogether.

// optionalBody marks a form whose body may be missing, or null.
type optionalBody struct{}

// maybe is a member that may be missing, which is not the same as null.
type maybe[T any] struct {
	Sent  bool
	Value *T // nil for null
}

func (m *maybe[T]) take() any { m.Sent = true; return &m.Value }

// formValue is a type that reads itself from JSON text, and tells f what is
// wrong with it.
type formValue interface {
	fromForm(f *form, loc []any, raw json.RawMessage)
}

// formType is what there is to know about the type of a form.
type formType struct {
	path, query, body []field
	whole             *field
	optional          bool
	secret            bool // it holds a password
}

type field struct {
	name     string
	index    []int
	t        reflect.Type
	required bool
	standard string   // the default
	words    []string // that are allowed
	least    *int64   // the smallest number that is allowed
	most     *int64
	longest  *int64 // characters of a text
	about    string
}

func formTypeOf(t reflect.Type) *formType {
	ft := &formType{}
	for _, sf := range reflect.VisibleFields(t) {
		if sf.Type == reflect.TypeFor[optionalBody]() {
			ft.optional = true
		}
		ft.secret = ft.secret || strings.Contains(sf.Tag.Get("json"), "password")
		f := field{index: sf.Index, t: sf.Type, standard: sf.Tag.Get("default"), about: sf.Tag.Get("about")}
		if w := sf.Tag.Get("words"); w != "" {
			f.words = strings.Split(w, ",")
		}
		f.least, f.most = numberTag(sf, "least"), numberTag(sf, "most")
		f.longest = numberTag(sf, "longest")
		_, hasDefault := sf.Tag.Lookup("default")
		f.required = !hasDefault && f.t.Kind() != reflect.Pointer &&
			!reflect.PointerTo(f.t).Implements(reflect.TypeFor[interface{ take() any }]())
		for _, in := range []struct {
			tag string
			to  *[]field
		}{{"path", &ft.path}, {"query", &ft.query}, {"json", &ft.body}} {
			if tag, ok := sf.Tag.Lookup(in.tag); ok && !sf.Anonymous {
				var options string
				f.name, options, _ = strings.Cut(tag, ",")
				f.required = f.required && options != "omitempty"
				*in.to = append(*in.to, f)
			}
		}
		if _, ok := sf.Tag.Lookup("whole"); ok {
			ft.whole = &f
		}
	}
	return ft
}

// numberTag is the number in a tag; nil for none.
func numberTag(sf reflect.StructField, name string) *int64 {
	n, err := strconv.ParseInt(sf.Tag.Get(name), 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

func (ft *formType) hasBody() bool { return len(ft.body) > 0 || ft.whole != nil }

// maxID is more bytes than any id has.
const maxID = 1024

// read fills v, a form, from a request. What is in the path and cannot be an id
// is not found.
func (ft *formType) read(r *http.Request, v reflect.Value) error {
	for _, fd := range ft.path {
		id := r.PathValue(fd.name)
		if len(id) > maxID || strings.IndexByte(id, 0) >= 0 || !utf8.ValidString(id) {
			return dberr.New(dberr.NotFound, "request", "the path names nothing that can exist")
		}
		v.FieldByIndex(fd.index).SetString(id)
	}
	f := &form{secret: ft.secret}
	if len(ft.query) > 0 {
		values := r.URL.Query()
		for _, fd := range ft.query {
			if err := f.parameter(fd, values, v.FieldByIndex(fd.index)); err != nil {
				return err
			}
		}
	}
	if ft.hasBody() {
		if err := ft.readBody(f, r, v); err != nil {
			return err
		}
	}
	return f.err()
}

func (ft *formType) readBody(f *form, r *http.Request, v reflect.Value) error {
	body, err := cleanBody(r, ft.secret)
	switch {
	case err != nil:
		return err
	case len(body) == 0 || string(body) == "null":
		if !ft.optional && len(body) == 0 {
			f.wrong([]any{"body"}, "missing", "Field required", nil)
		}
		if ft.optional || len(body) == 0 {
			return nil
		}
	}
	if ft.whole != nil {
		f.value([]any{"body"}, body, v.FieldByIndex(ft.whole.index))
	}
	if len(ft.body) > 0 {
		f.object([]any{"body"}, body, ft.body, v)
	}
	return nil
}

// cleanBody reads the body, which must be JSON or empty, without spaces around
// it and without what no engine can hold; see [chatdoc.Clean]. In a password
// nothing is left out: it would be another one.
func cleanBody(r *http.Request, secret bool) ([]byte, error) {
	body, err := readBody(r)
	if err != nil {
		var tooLarge *http.MaxBytesError
		var answer *failure
		if errors.As(err, &tooLarge) || errors.As(err, &answer) {
			return nil, err
		}
		return nil, &failure{status: http.StatusBadRequest, detail: msgUnreadableBody, err: err}
	}
	if body = bytes.TrimSpace(body); len(body) == 0 {
		return nil, nil
	}
	clean, err := chatdoc.Clean(body)
	switch {
	case err == nil && secret && holdsNUL(body):
		return nil, fail(http.StatusBadRequest, msgNUL)
	case err == nil:
		return clean, nil
	case !utf8.Valid(body):
		return nil, fail(http.StatusBadRequest, msgUnreadableBody)
	}
	msg, pos := jsonFault(body)
	return nil, invalid(problem{Type: "json_invalid", Loc: []any{"body", pos}, Msg: "JSON decode error",
		Input: map[string]any{}, Ctx: map[string]any{"error": msg}})
}

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

// holdsNUL reports whether a text in JSON has the character that no text can have.
func holdsNUL(body []byte) bool {
	for i := 0; i < len(body)-5; i++ {
		if body[i] != '\\' {
			continue
		}
		if string(body[i+1:i+6]) == "u0000" {
			return true
		}
		i++ // what is escaped is no beginning
	}
	return false
}

// form is what was found wrong with a request.
type form struct {
	problems []problem
	secret   bool // what was sent is not shown
}

// shown is how much of what was sent goes back with what is wrong with it.
const shown = 1 << 10

func (f *form) err() error {
	if len(f.problems) == 0 {
		return nil
	}
	return invalid(f.problems...)
}

// wrong notes what is wrong. What was sent goes back with it when it is short,
// and neither a secret nor an object that holds one.
func (f *form) wrong(loc []any, kind, msg string, input any) {
	var name string
	if len(loc) > 0 {
		name, _ = loc[len(loc)-1].(string)
	}
	switch sent := input.(type) {
	case json.RawMessage:
		if len(sent) > shown || f.secret || secretIn(`"`+name+`":`) || secretIn(string(sent)) {
			input = nil
		}
	case string:
		if len(sent) > shown || f.secret || secretIn(`"`+name+`":`) {
			input = nil
		}
	}
	f.problems = append(f.problems, problem{Type: kind, Loc: slices.Clone(loc), Msg: msg, Input: input})
}

// secretMember is a member of an object whose name says that nobody else is to
// see its value, or an API key.
var secretMember = regexp.MustCompile(`(?i)(password|passwd|secret|token|api_?keys?|authorization|auth_key)"\s*:`)

func secretIn(text string) bool { return secretMember.MatchString(text) }

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

// object fills fields of v from the members of a JSON object.
func (f *form) object(loc []any, raw json.RawMessage, fields []field, v reflect.Value) {
	if raw[0] != '{' {
		f.wrong(loc, "model_attributes_type", "Input should be a valid dictionary or object to extract fields from", raw)
		return
	}
	members := make(map[string]json.RawMessage)
	for name, value := range jsontext.Members(raw) {
		members[name] = value
	}
	for _, fd := range fields {
		to, at := v.FieldByIndex(fd.index), append(loc[:len(loc):len(loc)], fd.name)
		value, sent := members[fd.name]
		switch {
		case sent:
			f.value(at, value, to)
		case fd.required:
			f.wrong(at, "missing", "Field required", raw)
		case fd.standard != "":
			f.text(at, fd.standard, to)
		}
	}
}

// value fills v from JSON text, or says why it cannot.
func (f *form) value(loc []any, raw json.RawMessage, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if !isNull(raw) {
			v.Set(reflect.New(v.Type().Elem()))
			f.value(loc, raw, v.Elem())
		}
		return
	}
	switch to := v.Addr().Interface().(type) {
	case interface{ take() any }:
		f.value(loc, raw, reflect.ValueOf(to.take()).Elem())
		return
	case formValue:
		to.fromForm(f, loc, raw)
		return
	case json.Unmarshaler: // an object, as it was sent
		if raw[0] != '{' {
			f.wrong(loc, "dict_type", "Input should be a valid dictionary", raw)
		} else if err := to.UnmarshalJSON(raw); err != nil {
			f.wrong(loc, "dict_type", err.Error(), raw)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		f.object(loc, raw, formTypeOf(v.Type()).body, v)
	case reflect.Slice:
		f.list(loc, raw, v)
	case reflect.String:
		if raw[0] != '"' {
			f.wrong(loc, "string_type", "Input should be a valid string", raw)
			return
		}
		v.SetString(jsontext.Unquote(string(raw)))
	default:
		f.scalar(loc, raw, v)
	}
}

func (f *form) list(loc []any, raw json.RawMessage, v reflect.Value) {
	if raw[0] != '[' {
		f.wrong(loc, "list_type", "Input should be a valid list", raw)
		return
	}
	items := jsontext.Elements(string(raw))
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		f.value(append(loc[:len(loc):len(loc)], i), json.RawMessage(item), v.Index(i))
	}
}

// kinds are the names and words for numbers and the like.
var kinds = map[reflect.Kind][2]string{reflect.Bool: {"bool", "boolean"}, reflect.Int: {"int", "integer"},
	reflect.Int64: {"int", "integer"}, reflect.Float64: {"float", "number"}}

// scalar takes a number or bool, or a text that reads like one.
func (f *form) scalar(loc []any, raw json.RawMessage, v reflect.Value) {
	kind, text := kinds[v.Kind()], string(raw)
	switch c := raw[0]; {
	case c == '"':
		f.text(loc, jsontext.Unquote(text), v)
	case c == 't' || c == 'f', c == '-' || c >= '0' && c <= '9':
		if n, err := strconv.ParseFloat(text, 64); err == nil && kind[0] == "int" {
			if n != float64(int64(n)) {
				f.wrong(loc, "int_from_float", "Input should be a valid integer, got a number with a fractional part", raw)
				return
			}
			v.SetInt(int64(n))
			if exact, err := strconv.ParseInt(text, 10, 64); err == nil {
				v.SetInt(exact)
			}
			return
		}
		if (c == 't' || c == 'f') == (kind[0] == "bool") || text == "0" || text == "1" {
			f.text(loc, text, v)
			return
		}
		fallthrough
	default:
		f.wrong(loc, kind[0]+"_type", "Input should be a valid "+kind[1], raw)
	}
}

// text fills v from a text: of a parameter, or a number in quotes.
func (f *form) text(loc []any, text string, v reflect.Value) {
	var err error
	s := strings.TrimSpace(text)
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.text(loc, text, v.Elem())
	case reflect.String:
		v.SetString(chatdoc.CleanString(text))
	case reflect.Int, reflect.Int64:
		var n int64
		if n, err = strconv.ParseInt(s, 10, 64); err != nil {
			f.wrong(loc, "int_parsing", "Input should be a valid integer, unable to parse string as an integer", text)
		}
		v.SetInt(n)
	case reflect.Float64:
		var n float64
		if n, err = strconv.ParseFloat(s, 64); err != nil {
			f.wrong(loc, "float_parsing", "Input should be a valid number, unable to parse string as a number", text)
		}
		v.SetFloat(n)
	case reflect.Bool:
		switch strings.ToLower(s) {
		case "1", "true", "t", "yes", "y", "on":
			v.SetBool(true)
		case "0", "false", "f", "no", "n", "off":
			v.SetBool(false)
		default:
			f.wrong(loc, "bool_parsing", "Input should be a valid boolean, unable to interpret input", text)
		}
	}
}

// parameter fills v from the query. A word that is none of those allowed is a
// failure with status 400, as Open WebUI has it.
func (f *form) parameter(fd field, values map[string][]string, v reflect.Value) error {
	loc, text := []any{"query", fd.name}, fd.standard
	sent, ok := values[fd.name]
	switch {
	case ok:
		text = sent[0]
		if text == "" && fd.words != nil {
			text = fd.standard
		}
	case fd.required:
		f.wrong(loc, "missing", "Field required", nil)
		return nil
	case text == "":
		return nil
	}
	if fd.words != nil && !slices.Contains(fd.words, text) {
		return fail(http.StatusBadRequest, "The parameter "+fd.name+" must be one of "+strings.Join(fd.words, ", ")+".")
	}
	before := len(f.problems)
	if f.text(loc, text, v); len(f.problems) == before {
		f.within(loc, fd, text, v)
	}
	return nil
}

// within checks the bounds of a number, and the length of a text.
func (f *form) within(loc []any, fd field, text string, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch {
	case fd.least != nil && v.Int() < *fd.least:
		f.problems = append(f.problems, problem{Type: "greater_than_equal", Loc: loc, Input: text, Ctx: map[string]any{"ge": *fd.least},
			Msg: "Input should be greater than or equal to " + strconv.FormatInt(*fd.least, 10)})
	case fd.most != nil && v.Int() > *fd.most:
		f.problems = append(f.problems, problem{Type: "less_than_equal", Loc: loc, Input: text, Ctx: map[string]any{"le": *fd.most},
			Msg: "Input should be less than or equal to " + strconv.FormatInt(*fd.most, 10)})
	case fd.longest != nil && int64(utf8.RuneCountInString(text)) > *fd.longest:
		f.problems = append(f.problems, problem{Type: "string_too_long", Loc: loc, Input: text, Ctx: map[string]any{"max_length": *fd.longest},
			Msg: "String should have at most " + strconv.FormatInt(*fd.longest, 10) + " characters"})
	}
}
