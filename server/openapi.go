package server

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// openAPI answers the description of the API, made from the table of routes.
func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request, _ *caller) error {
	return writeJSON(w, describe(s.routes()))
}

type object = map[string]any

// describe writes routes as an OpenAPI 3.1 document.
func describe(routes []route) object {
	schemas := object{}
	paths := object{}
	ref := func(v any) any { return schemaOf(reflect.TypeOf(v), schemas) }
	problems := ref([]problem{})
	for _, rt := range routes {
		path := strings.TrimSuffix(rt.path, "{$}")
		item, ok := paths[path].(object)
		if !ok {
			item = object{}
			paths[path] = item
		}
		op := object{"summary": rt.summary, "operationId": operationID(rt)}
		if tag := tagOf(path); tag != "" {
			op["tags"] = []string{tag}
		}
		if rt.auth > public {
			op["security"] = []object{{"bearer": []string{}}, {"cookie": []string{}}, {"apiKey": []string{}}}
		}
		var params []object
		for _, name := range pathNames(path) {
			params = append(params, object{"name": name, "in": "path", "required": true, "schema": object{"type": "string"}})
		}
		for _, p := range rt.query {
			sch := object{"type": p.kind}
			if p.standard != nil {
				sch["default"] = p.standard
			}
			params = append(params, object{"name": p.name, "in": "query", "required": false, "schema": sch, "description": p.about})
		}
		if params != nil {
			op["parameters"] = params
		}
		if rt.body != nil {
			op["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": ref(rt.body)}}}
		}
		op["responses"] = responses(rt, ref(rt.answer), problems)
		item[strings.ToLower(rt.method)] = op
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title":       "Larder",
			"version":     Version,
			"description": "The stored entities of Open WebUI, on its REST paths. Every failure is {\"detail\": ...}.",
		},
		"paths": paths,
		"components": object{
			"schemas": schemas,
			"securitySchemes": object{
				"bearer": object{"type": "http", "scheme": "bearer", "description": "a session token or an API key"},
				"cookie": object{"type": "apiKey", "in": "cookie", "name": "token"},
				"apiKey": object{"type": "apiKey", "in": "header", "name": "x-api-key"},
			},
		},
	}
}

func responses(rt route, answer, problems any) object {
	content := object{"application/json": object{"schema": answer}}
	if _, isPage := rt.answer.(string); isPage {
		content = object{"text/html": object{"schema": object{"type": "string"}}}
	}
	detail := func(about string, sch any) object {
		return object{"description": about, "content": object{"application/json": object{"schema": object{
			"type": "object", "required": []string{"detail"}, "properties": object{"detail": sch}}}}}
	}
	sentence := object{"type": "string"}
	out := object{strconv.Itoa(http.StatusOK): object{"description": "Success", "content": content}}
	if rt.auth > public {
		out["401"] = detail("Not signed in, not allowed, or (for a chat) not there", sentence)
	}
	if rt.body != nil || rt.query != nil {
		out["422"] = detail("The request is malformed", object{"anyOf": []any{problems, sentence}})
	}
	if rt.body != nil {
		out["400"] = detail("The request cannot be fulfilled", sentence)
		out["413"] = detail("The request is too large", sentence)
	}
	if rt.data {
		out["503"] = detail("The database is away, busy, read-only, being migrated, or at another revision", sentence)
	}
	return out
}

func operationID(rt route) string {
	id := strings.NewReplacer("{$}", "", "/", "_", "{", "", "}", "", ".", "_").Replace(rt.path)
	return strings.ToLower(rt.method) + strings.TrimRight(id, "_")
}

func tagOf(path string) string {
	rest, ok := strings.CutPrefix(path, "/api/v1/")
	if !ok {
		return ""
	}
	tag, _, _ := strings.Cut(rest, "/")
	return tag
}

func pathNames(path string) []string {
	var names []string
	for _, seg := range strings.Split(path, "/") {
		if strings.HasPrefix(seg, "{") {
			names = append(names, strings.Trim(seg, "{}"))
		}
	}
	return names
}

var rawJSON = reflect.TypeFor[json.RawMessage]()

// schemaOf is the JSON Schema of a Go type; structs go into schemas under
// their name and are referred to.
func schemaOf(t reflect.Type, schemas object) any {
	switch {
	case t == rawJSON:
		return object{}
	case t.Kind() == reflect.Pointer:
		sch := schemaOf(t.Elem(), schemas)
		return object{"anyOf": []any{sch, object{"type": "null"}}}
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Int32:
		return object{"type": "integer"}
	case reflect.Slice, reflect.Array:
		return object{"type": "array", "items": schemaOf(t.Elem(), schemas)}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": true}
	case reflect.Struct:
		if _, ok := schemas[t.Name()]; !ok {
			props, required := object{}, []string{}
			schemas[t.Name()] = object{"type": "object", "properties": props, "required": &required}
			fieldsOf(t, schemas, props, &required)
		}
		return object{"$ref": "#/components/schemas/" + t.Name()}
	}
	return object{}
}

func fieldsOf(t reflect.Type, schemas, props object, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			fieldsOf(f.Type, schemas, props, required)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		props[name] = schemaOf(f.Type, schemas)
		if f.Type.Kind() != reflect.Pointer && !strings.Contains(options, "omitempty") {
			*required = append(*required, name)
		}
	}
}
