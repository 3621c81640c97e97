package server

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/larder-db/larder/jsonvalue"
)

// groupData are the further properties of a group in a form: an object, in
// which the models for new chats have to be a list of ids.
type groupData struct{ jsonvalue.JSON }

func (d *groupData) fromForm(f *form, loc []any, raw json.RawMessage) {
	wrong := func(why string) {
		f.wrong(loc, "value_error", "Value error, "+why, raw)
		f.problems[len(f.problems)-1].Ctx = object{"error": object{}}
	}
	if raw[0] != '{' {
		f.wrong(loc, "dict_type", "Input should be a valid dictionary", raw)
		return
	}
	d.JSON = jsonvalue.Text(string(raw))
	config := d.Member("config")
	models := config.Member("default_models")
	switch {
	case config.IsNull():
		return
	case !config.IsObject():
		wrong("Group config must be an object.")
		return
	case models.IsNull() || models.IsJSONNull():
		return
	}
	var sent []any
	ids, ok := []string{}, models.Decode(&sent) == nil
	for _, v := range sent {
		id, isText := v.(string)
		id = strings.TrimSpace(id)
		ok = ok && isText && id != ""
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	list, err := jsonvalue.Of(ids)
	if !ok || err != nil {
		wrong("Default models must be a list of non-empty model IDs.")
		return
	}
	d.JSON = d.With("config", config.With("default_models", list))
}

func (groupData) schema() any { return object{"type": "object", "additionalProperties": true} }
