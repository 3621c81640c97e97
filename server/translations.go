package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// translations are texts of the page by language, then by the text that they
// stand for. What is empty is left out.
type translations map[string]map[string]string

var placeholder = regexp.MustCompile(`\{\{\s*-?\s*([^},]+)(?:,[^}]+)?\s*\}\}`)

func placeholders(text string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		names = append(names, strings.TrimSpace(m[1]))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// unsafe reports whether a browser would take a name for something else.
func unsafe(name string) bool {
	return strings.TrimSpace(name) == "" || slices.Contains([]string{"__proto__", "prototype", "constructor"}, name)
}

func (t *translations) fromForm(f *form, loc []any, raw json.RawMessage) {
	wrong := func(why string) {
		f.wrong(loc, "value_error", "Value error, "+why, raw)
		f.problems[len(f.problems)-1].Ctx = object{"error": object{}}
	}
	if isNull(raw) {
		wrong("I18N must be a dictionary")
		return
	}
	var sent map[string]map[string]any
	if raw[0] != '{' || json.Unmarshal(raw, &sent) != nil {
		f.wrong(loc, "dict_type", "Input should be a valid dictionary", raw)
		return
	}
	*t = translations{}
	for _, language := range slices.Sorted(maps.Keys(sent)) {
		if unsafe(language) {
			wrong("Invalid language: " + cut(language))
			return
		}
		texts := map[string]string{}
		for _, key := range slices.Sorted(maps.Keys(sent[language])) {
			text, ok := sent[language][key].(string)
			switch {
			case !ok:
				f.wrong(append(loc[:len(loc):len(loc)], language, key), "string_type", "Input should be a valid string", nil)
				return
			case unsafe(key):
				wrong("Invalid translation key: " + cut(key))
				return
			case strings.TrimSpace(text) == "":
				continue
			case !reflect.DeepEqual(placeholders(key), placeholders(text)):
				wrong(fmt.Sprintf("Interpolation placeholders do not match: %s: %s", cut(language), cut(key)))
				return
			}
			texts[key] = text
		}
		if len(texts) > 0 {
			(*t)[language] = texts
		}
	}
}

func (translations) schema() any { return object{"type": "object", "additionalProperties": true} }
