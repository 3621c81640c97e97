package server

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
)

// openAPI answers the description of the API, made from the table of routes.
func (s *Server) openAPI(context.Context, *request, none) (object, error) {
	return describe(s.routes()), nil
}

type object = map[string]any

// describe writes routes as an OpenAPI 3.1 document.
func describe(routes []route) object {
	schemas := object{}
	paths := object{}
	ref := func(t reflect.Type) any { return schemaOf(t, schemas) }
	problems := ref(reflect.TypeFor[[]problem]())
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
		if params := parametersOf(rt.form, ref); params != nil {
			op["parameters"] = params
		}
		if rt.form.hasBody() {
			op["requestBody"] = object{"required": !rt.form.optional,
				"content": object{"application/json": object{"schema": bodyOf(rt.form, schemas)}}}
		}
		if rt.upload {
			op["requestBody"] = object{"required": true,
				"content": object{"multipart/form-data": object{"schema": object{"type": "object", "required": []string{"file"},
					"properties": object{"file": object{"type": "string", "format": "binary"}, "metadata": object{"type": "string", "description": "a JSON object"}}}}}}
		}
		answer := rt.answer
		if answer.Kind() == reflect.Pointer { // it is never null
			answer = answer.Elem()
		}
		op["responses"] = responses(rt, ref(answer), problems)
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

func parametersOf(form *formType, ref func(reflect.Type) any) []object {
	var params []object
	for _, f := range form.path {
		params = append(params, object{"name": f.name, "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, f := range form.query {
		t := f.t
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		sch := maps.Clone(ref(t).(object))
		if f.standard != "" {
			sch["default"] = f.standard
		}
		if f.least != nil {
			sch["minimum"] = *f.least
		}
		if f.most != nil {
			sch["maximum"] = *f.most
		}
		if f.longest != nil {
			sch["maxLength"] = *f.longest
		}
		if f.words != nil {
			sch["enum"] = f.words
		}
		params = append(params, object{"name": f.name, "in": "query", "required": f.required, "schema": sch,
			"description": f.about})
	}
	return params
}

// bodyOf is the schema of the body of a form.
func bodyOf(form *formType, schemas object) any {
	if form.whole != nil {
		return sentSchema(form.whole.t, schemas)
	}
	props, required := object{}, []string{}
	for _, f := range form.body {
		props[f.name] = sentSchema(f.t, schemas)
		if f.required {
			required = append(required, f.name)
		}
	}
	return object{"type": "object", "properties": props, "required": required}
}

// sentSchema is the schema of what is sent: a pointer to JSON is an object that
// has to be there.
func sentSchema(t reflect.Type, schemas object) any {
	if t == reflect.TypeFor[*jsonvalue.JSON]() {
		return object{"type": "object", "additionalProperties": true}
	}
	return schemaOf(t, schemas)
}

func responses(rt route, answer, problems any) object {
	content := object{"application/json": object{"schema": answer}}
	if rt.answer.Implements(reflect.TypeFor[sender]()) {
		content = object{}
		for _, kind := range reflect.Zero(rt.answer).Interface().(sender).mediaTypes() {
			sch := object{"type": "string"}
			if strings.HasSuffix(kind, "/json") {
				sch = object{}
			}
			content[kind] = object{"schema": sch}
		}
	}
	detail := func(about string, sch any) object {
		return object{"description": about, "content": object{"application/json": object{"schema": object{
			"type": "object", "required": []string{"detail"}, "properties": object{"detail": sch}}}}}
	}
	sentence := object{"type": "string"}
	out := object{strconv.Itoa(http.StatusOK): object{"description": "Success", "content": content}}
	if x, ok := reflect.Zero(rt.answer).Interface().(further); ok {
		for _, status := range x.statuses() {
			out[strconv.Itoa(status)] = object{"description": http.StatusText(status)}
		}
	}
	if rt.terse {
		out["204"] = object{"description": "Done, with the header Prefer: return=minimal"}
	}
	out["500"] = detail("A fault of the server, which its log explains", sentence)
	for _, r := range rt.refuses {
		out[strconv.Itoa(r.status)] = detail(r.detail, sentence)
	}
	if rt.auth > public {
		out["401"] = detail("Not signed in, not allowed, or (for a chat) not there", sentence)
		if out["403"] == nil {
			out["403"] = detail("Not allowed", sentence)
		}
	}
	if len(rt.form.path) > 0 && out["404"] == nil {
		out["404"] = detail(msgNotFound, sentence)
	}
	if rt.form.hasBody() || rt.form.query != nil {
		out["422"] = detail("The request is malformed", object{"anyOf": []any{problems, sentence}})
		out["400"] = detail("The request cannot be fulfilled", sentence)
	}
	if rt.form.hasBody() || rt.upload {
		if out["403"] == nil {
			out["403"] = detail("A page of another site may not do this", sentence)
		}
		out["408"] = detail(msgTooSlow, sentence)
		out["413"] = detail("The request is too large", sentence)
		out["415"] = detail(msgNotJSON, sentence)
	}
	if rt.data {
		if rt.changes() {
			out["507"] = detail(details[dberr.Full], sentence)
		}
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

// described are types that say what they are in JSON.
type described interface{ schema() any }

// schemaOf is the JSON Schema of a Go type; structs go into schemas under
// their name and are referred to.
func schemaOf(t reflect.Type, schemas object) any {
	switch {
	case t.Kind() == reflect.Pointer:
		sch := schemaOf(t.Elem(), schemas)
		return object{"anyOf": []any{sch, object{"type": "null"}}}
	case t.Implements(reflect.TypeFor[described]()):
		return reflect.Zero(t).Interface().(described).schema()
	case t == reflect.TypeFor[json.RawMessage](), t == reflect.TypeFor[verbatim]():
		return object{}
	case t == reflect.TypeFor[jsonvalue.JSON]():
		return object{"anyOf": []any{object{"type": "object", "additionalProperties": true}, object{"type": "null"}}}
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Int32:
		return object{"type": "integer", "minimum": math.MinInt64, "maximum": math.MaxInt64}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice, reflect.Array:
		return object{"type": "array", "items": schemaOf(t.Elem(), schemas)}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": true}
	case reflect.Struct:
		name := schemaName(t)
		if _, ok := schemas[name]; !ok {
			props, required := object{}, []string{}
			schemas[name] = object{"type": "object", "properties": props, "required": &required}
			fieldsOf(t, schemas, props, &required)
		}
		return object{"$ref": "#/components/schemas/" + name}
	}
	return object{}
}

// schemaName is the type's name; of a generic one with that of its argument.
func schemaName(t reflect.Type) string {
	generic, argument, ok := strings.Cut(strings.TrimSuffix(t.Name(), "]"), "[")
	if !ok {
		return generic
	}
	return generic + "_" + argument[strings.LastIndexByte(argument, '.')+1:]
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
