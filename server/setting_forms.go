package server

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/store"
)

// Forms of settings are structs whose fields say which key they are of:
//
//	Channels bool `json:"ENABLE_CHANNELS" key:"channels.enable"`
//
// What is answered is made of the same struct: every member, stored or default.

// sent is a member that may be missing, which leaves the setting as it is, but
// cannot be null.
type sent[T any] struct {
	Sent  bool
	Value T
}

func (m *sent[T]) take() any { m.Sent = true; return &m.Value }

func (sent[T]) schema() any { return schemaOf(reflect.TypeFor[T](), object{}) }

// nullable is a member that must be there, and may be null.
type nullable[T any] struct{ Value *T }

func (n *nullable[T]) fromForm(f *form, loc []any, raw json.RawMessage) {
	f.value(loc, raw, reflect.ValueOf(&n.Value).Elem())
}

func (nullable[T]) schema() any { return schemaOf(reflect.TypeFor[*T](), object{}) }

// MarshalJSON writes the value, as settings have it.
func (n nullable[T]) MarshalJSON() ([]byte, error) { return json.Marshal(n.Value) }

// strictBool is true or false, and no word or number for them.
type strictBool bool

func (b *strictBool) fromForm(f *form, loc []any, raw json.RawMessage) {
	if raw[0] != 't' && raw[0] != 'f' {
		f.wrong(loc, "bool_type", "Input should be a valid boolean", raw)
	}
	*b = raw[0] == 't'
}

func (strictBool) schema() any { return object{"type": "boolean"} }

// settings are values of settings by the names of a form.
type settings map[string]jsonvalue.JSON

// settingKeys are the keys of a form by the names of its members, and the names
// of those that are on or off.
func settingKeys(t reflect.Type) (keys map[string]string, flags map[string]bool) {
	keys, flags = map[string]string{}, map[string]bool{}
	for _, f := range reflect.VisibleFields(t) {
		key := f.Tag.Get("key")
		if key == "" {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		keys[name] = key
		kind := f.Type
		if value, ok := sentType(kind); ok {
			kind = value
		}
		flags[name] = kind.Kind() == reflect.Bool
	}
	return keys, flags
}

// sentType is the type of the value of a sent or a maybe.
func sentType(t reflect.Type) (reflect.Type, bool) {
	if !reflect.PointerTo(t).Implements(reflect.TypeFor[interface{ take() any }]()) {
		return nil, false
	}
	v, _ := t.FieldByName("Value")
	return v.Type, true
}

// readSettings answers all members of the form F.
func readSettings[F any](ctx context.Context, s *Server, w store.Who) (settings, error) {
	keys, flags := settingKeys(reflect.TypeFor[F]())
	all := make([]string, 0, len(keys))
	for _, key := range keys {
		all = append(all, key)
	}
	values, err := s.store.Config.Read(ctx, w, all...)
	if err != nil {
		return nil, err
	}
	out := settings{}
	for name, key := range keys {
		v, ok := values[key]
		switch {
		case !ok:
			out[name] = jsonvalue.Text("null")
		case flags[name]:
			out[name] = flagText(store.SettingFlag(key, v))
		default:
			out[name] = v
		}
	}
	return out, nil
}

func flagText(on bool) jsonvalue.JSON {
	if on {
		return jsonvalue.Text("true")
	}
	return jsonvalue.Text("false")
}

// updates are the values of a form by key, without those that were not sent.
func updates(form any) (map[string]jsonvalue.JSON, error) {
	v := reflect.ValueOf(form)
	out := map[string]jsonvalue.JSON{}
	for _, f := range reflect.VisibleFields(v.Type()) {
		key := f.Tag.Get("key")
		if key == "" {
			continue
		}
		x := v.FieldByIndex(f.Index)
		if _, ok := sentType(f.Type); ok {
			if !x.FieldByName("Sent").Bool() {
				continue
			}
			x = x.FieldByName("Value")
		}
		j, err := jsonvalue.Of(x.Interface())
		if err != nil {
			return nil, err
		}
		out[key] = j
	}
	return out, nil
}
