package cli

import (
	_ "embed" // the names of variables
	"encoding/json"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/store"
)

// settingVariables leads from the keys of settings to the variables of the
// environment that say what they are while nobody has stored another value.
//
//go:embed settings.json
var settingVariables []byte

const permissionsKey = "user.permissions"

// unstoredVariable is the variable that lets the environment win over what is
// stored, when it is false.
const unstoredVariable = "ENABLE_PERSISTENT_CONFIG"

// variables are the names of variables by the keys of settings.
func variables() map[string]string {
	var names map[string]string
	if err := json.Unmarshal(settingVariables, &names); err != nil {
		panic("cli: settings.json: " + err.Error()) // a test would have said so
	}
	return names
}

// settings are the settings that the environment names, by key.
func (p *program) settings() (map[string]jsonvalue.JSON, error) {
	standard := store.Defaults()
	out := map[string]jsonvalue.JSON{}
	for key, name := range variables() {
		text, ok := p.env.Lookup(name)
		if !ok {
			continue
		}
		path, permission := strings.CutPrefix(key, permissionsKey+".")
		was := standard[key]
		if permission {
			was = jsonvalue.Text("false")
		}
		v, err := settingOf(key, text, was)
		if err != nil {
			return nil, &dberr.Error{Op: "settings", Code: dberr.Invalid, Msg: "the variable " + name + " " + err.Error()}
		}
		switch {
		case v.IsNull():
		case permission:
			if _, ok := out[permissionsKey]; !ok {
				out[permissionsKey] = standard[permissionsKey]
			}
			group, member, _ := strings.Cut(path, ".")
			of := out[permissionsKey].Member(group).With(member, v)
			out[permissionsKey] = out[permissionsKey].With(group, of)
		default:
			out[key] = v
		}
	}
	return out, nil
}

// notA is what a text should have been.
type notA string

func (n notA) Error() string { return "is not " + string(n) }

// settingOf reads a text as a value of the kind that a setting has as standard;
// SQL NULL for an empty text that is none. On and off are read as Open WebUI
// does, where only "true" is on; but for what lets people do less when it is on.
func settingOf(key, text string, standard jsonvalue.JSON) (jsonvalue.JSON, error) {
	trimmed := strings.TrimSpace(text)
	switch kind := standard.String(); {
	case kind == "true" || kind == "false":
		on := strings.EqualFold(trimmed, "true")
		if quoted, err := jsonvalue.Of(text); err == nil && trimmed != "" && store.SettingFlag(key, jsonvalue.Text("null")) {
			on = store.SettingFlag(key, quoted)
		}
		return jsonvalue.Of(on)
	case strings.HasPrefix(kind, "{"), strings.HasPrefix(kind, "["):
		v := jsonvalue.Text(trimmed)
		switch {
		case trimmed == "":
			return jsonvalue.JSON{}, nil
		case v.Valid() && strings.HasPrefix(trimmed, kind[:1]):
			return v, nil
		case kind[0] == '{':
			return v, notA("a JSON object")
		}
		return jsonvalue.Of(items(trimmed))
	case kind != "" && (kind[0] == '-' || kind[0] >= '0' && kind[0] <= '9'):
		if trimmed == "" {
			return jsonvalue.JSON{}, nil
		}
		if _, err := strconv.ParseFloat(trimmed, 64); err != nil || !jsonvalue.Text(trimmed).Valid() {
			return jsonvalue.JSON{}, notA("a number")
		}
		return jsonvalue.Text(trimmed), nil
	}
	return jsonvalue.Of(text)
}

// items are the parts of a list in a variable, with ; or commas between.
func items(text string) []string {
	between := ","
	if strings.Contains(text, ";") {
		between = ";"
	}
	out := []string{}
	for _, item := range strings.Split(text, between) {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}
