package server

import (
	"encoding/json"
	"strings"

	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/jsonvalue"
)

// shape is the members of an object that is stored as it was sent: those that
// are missing get what is standard.
type shape struct {
	members []shapeMember
	extra   bool // other members stay
}

type shapeMember struct {
	name     string
	kinds    string // how the text of a value may begin: " is a string, t a boolean, 0 a number, { an object, [ a list, n null
	standard string // empty for what must be there
}

var kindNames = map[byte][2]string{'"': {"string", "string"}, 't': {"bool", "boolean"}, '0': {"int", "integer"},
	'{': {"dict", "dictionary"}, '[': {"list", "list"}}

// kindOf is the letter of a kind for a value in JSON.
func kindOf(value string) string {
	switch c := value[0]; {
	case c == 'f':
		return "t"
	case c == '-' || c >= '0' && c <= '9':
		return "0"
	default:
		return string(c)
	}
}

// take reads an object, or says what is wrong with it.
func (s *shape) take(f *form, loc []any, raw json.RawMessage) jsonvalue.JSON {
	if raw[0] != '{' {
		f.wrong(loc, "model_attributes_type", "Input should be a valid dictionary or object to extract fields from", raw)
		return jsonvalue.JSON{}
	}
	sent, out := map[string]string{}, jsonvalue.Text("{}")
	if s.extra {
		out = jsonvalue.Text(string(raw))
	}
	for name, value := range jsontext.Members(raw) {
		sent[name] = string(value)
	}
	for _, m := range s.members {
		at := append(loc[:len(loc):len(loc)], m.name)
		value, ok := sent[m.name]
		switch {
		case !ok && m.standard == "":
			f.wrong(at, "missing", "Field required", raw)
			continue
		case !ok:
			value = m.standard
		case !strings.Contains(m.kinds, kindOf(value)):
			kind := kindNames[m.kinds[0]]
			f.wrong(at, kind[0]+"_type", "Input should be a valid "+kind[1], json.RawMessage(value))
			continue
		}
		out = out.With(m.name, jsonvalue.Text(value))
	}
	return out
}

// list reads a list of such objects.
func (s *shape) list(f *form, loc []any, raw json.RawMessage) jsonvalue.JSON {
	if raw[0] != '[' {
		f.wrong(loc, "list_type", "Input should be a valid list", raw)
		return jsonvalue.JSON{}
	}
	items := []string{}
	for i, item := range jsontext.Elements(string(raw)) {
		items = append(items, s.take(f, append(loc[:len(loc):len(loc)], i), json.RawMessage(item)).String())
	}
	return jsonvalue.Text("[" + strings.Join(items, ",") + "]")
}

// The lists of objects among settings.
type (
	toolServers     struct{ jsonvalue.JSON }
	terminalServers struct{ jsonvalue.JSON }
	suggestions     struct{ jsonvalue.JSON }
	banners         struct{ jsonvalue.JSON }
)

var (
	toolServerShape = shape{extra: true, members: []shapeMember{{"url", `"`, ""}, {"path", `"`, ""}, {"type", `"n`, `"openapi"`},
		{"auth_type", `"n`, ""}, {"forward_cookies", "t", "false"}, {"headers", `{"n`, "null"}, {"key", `"n`, ""}, {"config", "{n", ""}, {"info", "{n", "null"}}}
	terminalServerShape = shape{extra: true, members: []shapeMember{{"id", `"n`, `""`}, {"name", `"n`, `""`}, {"enabled", "tn", "true"}, {"url", `"`, ""},
		{"path", `"n`, `"/openapi.json"`}, {"key", `"n`, `""`}, {"auth_type", `"n`, `"bearer"`}, {"forward_cookies", "t", "false"}, {"config", "{n", "null"},
		{"server_type", `"n`, "null"}, {"policy_id", `"n`, "null"}}}
	suggestionShape = shape{members: []shapeMember{{"title", "[", ""}, {"content", `"`, ""}}}
	bannerShape     = shape{members: []shapeMember{{"i18n", "{n", "null"}, {"id", `"`, ""}, {"type", `"`, ""},
		{"title", `"n`, "null"},
		{"content", `"`, ""}, {"dismissible", "t", ""}, {"timestamp", "0", ""}}}
)

func (x *toolServers) fromForm(f *form, loc []any, raw json.RawMessage) {
	x.JSON = toolServerShape.list(f, loc, raw)
}

// fromForm leaves out what is set on the server of terminals itself.
func (x *terminalServers) fromForm(f *form, loc []any, raw json.RawMessage) {
	all := terminalServerShape.list(f, loc, raw)
	items := []string{}
	for _, item := range all.Elements() {
		items = append(items, jsonvalue.Text(item).Without("policy", "lifecycle").String())
	}
	x.JSON = jsonvalue.Text("[" + strings.Join(items, ",") + "]")
}

func (x *suggestions) fromForm(f *form, loc []any, raw json.RawMessage) {
	x.JSON = suggestionShape.list(f, loc, raw)
}

func (x *banners) fromForm(f *form, loc []any, raw json.RawMessage) {
	x.JSON = bannerShape.list(f, loc, raw)
}

// visibility says of parts of the page whether they are shown.
type visibility map[string]bool

func (v *visibility) fromForm(f *form, loc []any, raw json.RawMessage) {
	if raw[0] != '{' {
		f.wrong(loc, "dict_type", "Input should be a valid dictionary", raw)
		return
	}
	*v = visibility{}
	for name, value := range jsontext.Members(raw) {
		var on strictBool
		on.fromForm(f, append(loc[:len(loc):len(loc)], name), json.RawMessage(value))
		(*v)[name] = bool(on)
	}
}

func (visibility) schema() any {
	return object{"type": "object", "additionalProperties": object{"type": "boolean"}}
}

func listOfObjects() any { return object{"type": "array", "items": object{"type": "object"}} }

func (toolServers) schema() any     { return listOfObjects() }
func (terminalServers) schema() any { return listOfObjects() }
func (suggestions) schema() any     { return listOfObjects() }
func (banners) schema() any         { return listOfObjects() }
