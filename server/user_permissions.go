package server

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/store"
)

// permissions are groups of names that are on or off.
type permissions map[string]map[string]bool

// fromForm reads the names that there are; one that was not sent is as standard.
func (p *permissions) fromForm(f *form, loc []any, raw json.RawMessage) {
	if raw[0] != '{' {
		f.wrong(loc, "model_attributes_type", "Input should be a valid dictionary or object to extract fields from", raw)
		return
	}
	sent := maps.Collect(jsontext.Members(raw))
	*p = shaped(store.StandardPermissions())
	for _, group := range slices.Sorted(maps.Keys(*p)) {
		at := append(loc[:len(loc):len(loc)], group)
		value, ok := sent[group]
		switch {
		case !ok:
			f.wrong(at, "missing", "Field required", raw)
			continue
		case value[0] != '{':
			f.wrong(at, "model_type", "Input should be a valid dictionary or instance of "+group, json.RawMessage(value))
			continue
		}
		for name, v := range jsontext.Members(value) {
			if _, known := (*p)[group][name]; known {
				var on bool
				f.value(append(at[:len(at):len(at)], name), v, reflect.ValueOf(&on).Elem())
				(*p)[group][name] = on
			}
		}
	}
}

func (permissions) schema() any {
	return object{"type": "object",
		"additionalProperties": object{"type": "object", "additionalProperties": object{"type": "boolean"}}}
}

// shaped are the names that there are, each as p has it.
func shaped(p store.Permissions) permissions {
	out := permissions{}
	for group, names := range store.StandardPermissions() {
		out[group] = map[string]bool{}
		names, _ := names.(map[string]any)
		for name := range names {
			out[group][name] = p.Allows(group, name)
		}
	}
	return out
}

type permissionsForm struct {
	Sent permissions `whole:"object"`
}

func (s *Server) defaultPermissions(ctx context.Context, r *request, _ none) (permissions, error) {
	p, err := s.store.Users.DefaultPermissions(ctx, r.who())
	return shaped(p), err
}

func (s *Server) standardPermissions(context.Context, *request, none) (permissions, error) {
	return shaped(store.StandardPermissions()), nil
}

func (s *Server) setDefaultPermissions(ctx context.Context, r *request, f permissionsForm) (permissions, error) {
	set, err := jsonvalue.Of(f.Sent)
	if err != nil {
		return nil, err
	}
	return f.Sent, s.store.Users.SetDefaultPermissions(ctx, r.who(), set)
}
