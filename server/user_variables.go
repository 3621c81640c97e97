package server

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
)

// Bounds on a user's values for placeholders in prompts, in characters.
const (
	maxVariable  = 20_000
	maxVariables = 100_000 // as JSON
)

var variableName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

type variablesForm struct {
	Variables jsonvalue.JSON `json:"variables" default:""`
}

type variablesAnswer struct {
	Variables map[string]string `json:"variables"`
}

// checked are the variables that were sent, or a sentence on what is wrong.
func (f *variablesForm) checked() (map[string]string, error) {
	if utf8.RuneCountInString(f.Variables.String()) > maxVariables {
		return nil, fail(http.StatusBadRequest, "User variables are too large.")
	}
	var sent map[string]any
	if !f.Variables.IsNull() {
		if err := f.Variables.Decode(&sent); err != nil {
			return nil, err
		}
	}
	out := map[string]string{}
	for name, v := range sent {
		text, ok := v.(string)
		text = strings.ReplaceAll(text, "\r\n", "\n")
		switch {
		case !variableName.MatchString(name):
			return nil, fail(http.StatusBadRequest, "Invalid user variable key: "+cut(name))
		case !ok:
			return nil, fail(http.StatusBadRequest, "User variable must be a string: "+cut(name))
		case utf8.RuneCountInString(text) > maxVariable:
			return nil, fail(http.StatusBadRequest, "User variable is too long: "+cut(name))
		}
		out[name] = text
	}
	return out, nil
}

// cut is the beginning of a name, which may be long.
func cut(name string) string {
	const most = 100
	if r := []rune(name); len(r) > most {
		return string(r[:most]) + "…"
	}
	return name
}

func (s *Server) ownVariables(ctx context.Context, r *request, _ none) (*variablesAnswer, error) {
	u, err := s.store.Users.Get(ctx, r.who(), r.ID)
	if err != nil {
		return nil, err
	}
	var stored map[string]any
	if u.Variables.IsObject() {
		if err := u.Variables.Decode(&stored); err != nil {
			return nil, err
		}
	}
	out := map[string]string{}
	for name, v := range stored {
		if text, ok := v.(string); ok {
			out[name] = text
		}
	}
	return &variablesAnswer{out}, nil
}

func (s *Server) setVariables(ctx context.Context, r *request, f variablesForm) (*variablesAnswer, error) {
	vars, err := f.checked()
	if err != nil {
		return nil, err
	}
	stored, err := jsonvalue.Of(vars)
	if err != nil {
		return nil, err
	}
	_, err = s.store.Users.Update(ctx, r.who(), r.ID, func(u *model.User) error { u.Variables = stored; return nil })
	return &variablesAnswer{vars}, err
}
