package server_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// says checks the status and that the answer holds a text.
func (w *answer) says(status int, part string) {
	w.t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), part) {
		w.t.Errorf("%d %.300s, want %d and %s", w.Code, w.Body, status, part)
	}
}

// text is v as JSON.
func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func TestGroupForms(t *testing.T) {
	a := local(t)
	token := a.admin()
	var g struct{ ID string }
	a.call("POST", "/api/v1/groups/create", `{"name":"a","description":"","data":{"x":1,"config":{"default_models":[" m1 ","m2","m1"]}}}`, token).is(200, "").into(&g)
	path := "/api/v1/groups/id/" + g.ID
	data := func(want string) {
		t.Helper()
		var x struct{ Data any }
		a.call("GET", path, nil, token).is(200, "").into(&x)
		if got := text(x.Data); got != want {
			t.Errorf("data %s, want %s", got, want)
		}
	}
	data(`{"config":{"default_models":["m1","m2"],"share":"members"},"x":1}`)
	a.call("POST", path+"/update", `{"name":"a","description":"","data":{"y":2,"config":{"share":false}}}`,
		token).is(200, "")
	data(`{"config":{"default_models":["m1","m2"],"share":false},"x":1,"y":2}`)
	for body, want := range map[string]string{
		`{"description":""}`:                                                           "Field required",
		`{"name":"a","description":"","data":[]}`:                                      "Input should be a valid dictionary",
		`{"name":"a","description":"","data":{"config":1}}`:                            "Value error, Group config must be an object.",
		`{"name":"a","description":"","data":{"config":{"default_models":1}}}`:         "Value error, Default models must be a list of non-empty model IDs.",
		`{"name":"a","description":"","data":{"config":{"default_models":["a"," "]}}}`: "Value error, Default models must be a list of non-empty model IDs.",
	} {
		for _, to := range []string{path + "/update", "/api/v1/groups/create"} {
			a.call("POST", to, body, token).says(422, want)
		}
	}
	for to, want := range map[string]string{`"none"`: "Parent group not found.",
		`"` + g.ID + `"`: "A group cannot be its own parent or a descendant of itself.",
		`""`:             "Parent group must be a group ID or null."} {
		status := 400
		if to == `"none"` {
			status = 404
		}
		a.call("POST", path+"/update", `{"name":"a","description":"","parent_group_id":`+to+`}`, token).says(status, want)
	}
	var child struct {
		ID     string
		Parent *string `json:"parent_group_id"`
	}
	a.call("POST", "/api/v1/groups/create", `{"name":"b","description":"","parent_group_id":"`+g.ID+`"}`, token).is(200, "").into(&child)
	a.call("POST", "/api/v1/groups/id/"+child.ID+"/update", `{"name":"b","description":""}`, token).is(200, "").into(&child)
	if child.Parent == nil || *child.Parent != g.ID {
		t.Errorf("a parent that was not sent is %v now", child.Parent)
	}
	child.Parent = nil
	a.call("POST", "/api/v1/groups/id/"+child.ID+"/update", `{"name":"b","description":"","parent_group_id":null}`, token).
		is(200, "").into(&child)
	if child.Parent != nil {
		t.Errorf("a parent that was taken away is %v", *child.Parent)
	}
	a.call("GET", path+"/members?membership=own", nil, token).says(422, "Input should be 'direct', 'inherited' or 'effective'")
	a.call("GET", path+"/members?page=0", nil, token).says(422, "Input should be greater than or equal to 1")
	a.call("GET", "/api/v1/groups/id/none/members", nil, token).says(404, "Group not found.")
	a.call("GET", "/api/v1/groups/id/none", nil, token).says(404, "We could not find")
	a.call("DELETE", "/api/v1/groups/id/none/delete", nil, token).says(404, "Group not found.")
	a.call("POST", "/api/v1/groups/id/none/users", nil, token).says(200, "[]")
}
