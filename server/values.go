package server

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/store"
)

// The kinds of values in forms and answers that more than one resource has.

func (maybe[T]) schema() any { return schemaOf(reflect.TypeFor[*T](), object{}) }

// document is a chat document in a form.
type document struct{ *chatdoc.Document }

func (d *document) fromForm(f *form, loc []any, raw json.RawMessage) {
	doc, err := chatdoc.ParseClean(raw)
	if err != nil {
		f.wrong(loc, "dict_type", "Input should be a valid dictionary", raw)
	}
	d.Document = doc
}

func (document) schema() any { return object{"type": "object", "additionalProperties": true} }

// anyJSON is any JSON value in a form.
type anyJSON struct{ jsonvalue.JSON }

func (j *anyJSON) fromForm(_ *form, _ []any, raw json.RawMessage) {
	j.JSON = jsonvalue.Text(string(raw))
}

func (anyJSON) schema() any { return object{} }

// date is a calendar date in a form.
type date struct{ time.Time }

func (d *date) fromForm(f *form, loc []any, raw json.RawMessage) {
	var text string
	f.value(loc, raw, reflect.ValueOf(&text).Elem())
	if raw[0] != '"' {
		return
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		f.wrong(loc, "date_from_datetime_parsing",
			"Input should be a valid date or datetime, invalid character in year", text)
	}
	d.Time = t
}

func (date) schema() any { return object{"type": "string", "format": "date"} }

// grantList is who is to have which right to something. What is no grant is
// left out, as in Open WebUI.
type grantList []store.Grant

func (g *grantList) fromForm(f *form, loc []any, raw json.RawMessage) {
	if isNull(raw) {
		return
	}
	var items []jsonvalue.JSON
	f.value(loc, raw, reflect.ValueOf(&items).Elem())
	for _, item := range items {
		var x struct {
			Type  any `json:"principal_type"`
			ID    any `json:"principal_id"`
			Right any `json:"permission"`
		}
		if item.Decode(&x) != nil {
			continue
		}
		kind, _ := x.Type.(string)
		id, _ := x.ID.(string)
		right, _ := x.Right.(string)
		*g = append(*g, store.Grant{PrincipalType: kind, PrincipalID: id, Permission: right})
	}
}

func (grantList) schema() any {
	return object{"type": []string{"array", "null"}, "items": object{"type": "object"}}
}

// statusAnswer is the answer that something was done.
type statusAnswer struct {
	Status bool `json:"status"`
}

// byID is the form of what asks for no more than one row.
type byID struct {
	ID string `path:"id"`
}

// shareForm is the form that says with whom something is shared.
type shareForm struct {
	byID
	Grants grantList `json:"access_grants"`
}

// paged is the form of lists that come whole without a page.
type paged struct {
	Page *int `query:"page" about:"from 1; 60 per page; all without it"`
}

func (p paged) page() store.Page {
	if p.Page == nil {
		return store.Page{}
	}
	return store.PageNumber(*p.Page)
}

// found is a page of what was found, and how much there is in all.
type found[T any] struct {
	Items []T   `json:"items"`
	Total int64 `json:"total"`
}

// answerList shows each row of a list.
func answerList[R, A any](rows []R, err error, show func(R) A) ([]A, error) {
	out := make([]A, len(rows))
	for i, row := range rows {
		out[i] = show(row)
	}
	return out, err
}

func answerFound[R, A any](rows []R, total int64, err error, show func(R) A) (*found[A], error) {
	items, err := answerList(rows, err, show)
	return &found[A]{items, total}, err
}

// userCard is what everybody may know of the owner of something.
type userCard struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Role  string `json:"role"`
	Email string `json:"email"`
}

// cardOf is nil for a user who is gone.
func cardOf(o store.Owner) *userCard {
	if o.ID == nil {
		return nil
	}
	return &userCard{ID: *o.ID, Name: orZero(o.Name), Role: orZero(o.Role), Email: orZero(o.Email)}
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// jsonOr is the document that was sent, or another one.
func jsonOr(sent *jsonvalue.JSON, otherwise string) jsonvalue.JSON {
	if sent == nil {
		return jsonvalue.Text(otherwise)
	}
	return *sent
}

// encoded is v as JSON text; null for what has no JSON form.
func encoded(v any) verbatim {
	j, err := jsonvalue.Of(v)
	if err != nil {
		return "null"
	}
	return verbatim(j.String())
}

// readable is a stored document in a form that every JSON reader takes; null
// when there is none, or when it cannot be read at all.
func readable(j jsonvalue.JSON) verbatim {
	if _, checked := j.Checked(); checked {
		return verbatim(j.String())
	}
	text, err := chatdoc.Readable(j.String())
	if err != nil {
		return "null"
	}
	return verbatim(text)
}

// readableObject is the object in j, or the empty one.
func readableObject(j jsonvalue.JSON) verbatim {
	if text := readable(j); isObject(text) {
		return text
	}
	return "{}"
}

func isObject(text verbatim) bool {
	i := jsontext.SkipSpace(string(text), 0)
	return i < len(text) && text[i] == '{'
}

// storedDocument is the document of a chat; the empty one when there is none,
// and errUnreadable when it is not one.
func storedDocument(j jsonvalue.JSON) (verbatim, error) {
	switch text := readable(j); {
	case isObject(text):
		return text, nil
	case j.IsJSONNull() || j.String() == "":
		return "{}", nil
	}
	return "", errUnreadable
}

// orNull is the list as an answer that has null in place of none.
func orNull[T any](list []T) *[]T {
	if list == nil {
		return nil
	}
	return &list
}
