package server

import (
	"encoding/json"
	"reflect"

	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/jsonvalue"
)

// sentMessage is what is to be set in a message: a whole message, which says its
// role and may have any members, or what Open WebUI takes.
type sentMessage struct {
	jsonvalue.JSON
	whole         bool
	messageFields // of one that is not whole
}

// messageFields are what Open WebUI takes; other members are left out.
type messageFields struct {
	Content maybe[string]         `json:"content"`
	Voice   maybe[jsonvalue.JSON] `json:"voice"`
}

func (m *sentMessage) fromForm(f *form, loc []any, raw json.RawMessage) {
	sent := jsonvalue.Text(string(raw))
	if role, _ := jsontext.StringOf(sent.Member("role").String()); role != "" {
		m.JSON, m.whole = sent, true
		within := func(name string) (at []any, value jsonvalue.JSON) {
			return append(loc[:len(loc):len(loc)], name), sent.Member(name)
		}
		if at, content := within("content"); content.String() != "" && content.Elements() == nil {
			if _, ok := jsontext.StringOf(content.String()); !ok {
				f.wrong(at, "string_type", "Input should be a valid string or list", json.RawMessage(content.String()))
			}
		}
		if at, parent := within("parentId"); parent.String() != "" && !parent.IsJSONNull() {
			if _, ok := jsontext.StringOf(parent.String()); !ok {
				f.wrong(at, "string_type", "Input should be a valid string", json.RawMessage(parent.String()))
			}
		}
		return
	}
	f.object(loc, raw, formTypeOf(reflect.TypeFor[messageFields]()).body, reflect.ValueOf(&m.messageFields).Elem())
}

func (sentMessage) schema() any {
	text := object{"type": "string"}
	return object{"type": "object", "additionalProperties": true, "properties": object{
		"role": text, "content": object{"anyOf": []any{text, object{"type": "array"}, object{"type": "null"}}}, "voice": object{"anyOf": []any{object{"type": "object"}, object{"type": "null"}}},
	}}
}
