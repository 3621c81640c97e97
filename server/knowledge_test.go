package server_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

func TestKnowledgeExport(t *testing.T) {
	w := newWorld(t)
	id, admin := w.knowledge(), w.tokens["admin"]
	for _, name := range []string{"x.txt", "a.md", `..\up`, "empty.txt"} {
		w.call("POST", "/api/v1/files/", upload(name, "text of "+name, `name="metadata"`, `{"knowledge_id":"`+id+`"}`),
			admin).is(200, "")
	}
	w.call("POST", "/api/v1/knowledge/"+id+"/update", `{"name":"Käse/1","description":""}`, admin).is(200, "")
	a := w.call("GET", "/api/v1/knowledge/"+id+"/export", nil, admin).is(200, "")
	if h := a.Header(); h.Get("Content-Type") != "application/zip" ||
		h.Get("Content-Disposition") != "attachment; filename*=UTF-8''K%C3%A4se_1.zip" {
		t.Errorf("%v", h)
	}
	z, err := zip.NewReader(bytes.NewReader(a.Body.Bytes()), int64(a.Body.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "a.md.txt" && string(text) != "text of a.md" {
			t.Errorf("%s: %q", f.Name, text)
		}
		if len(f.Name) > 36 && strings.HasSuffix(f.Name, "_x.txt") {
			names = append(names, "second x.txt")
			continue
		}
		names = append(names, f.Name)
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != ".._up.txt a.md.txt empty.txt second x.txt x.txt" {
		t.Errorf("names: %s", got)
	}
	w.call("GET", "/api/v1/knowledge/nope/export", nil, admin).is(404, "We could not find what you're looking for :/")
}

func TestKnowledgeAnswers(t *testing.T) {
	w := newWorld(t)
	id, owner := w.knowledge(), w.tokens["owner"]
	base := "/api/v1/knowledge/" + id
	unread := func() string {
		var x fileBody
		w.call("POST", "/api/v1/files/?process=false", upload("u.txt", "x"), owner).is(200, "").into(&x)
		return x.ID
	}()
	hers := w.file(w.tokens["other"], "hers.txt", "x")
	const notFound = "We could not find what you're looking for :/"
	for _, c := range []struct {
		method, path, body string
		status             int
		detail             string
	}{
		{"POST", "/file/add", `{"file_id":"` + unread + `"}`, 400,
			"Extracted content is not available for this file. Please ensure that the file is processed before proceeding."},
		{"POST", "/file/add", `{"file_id":"` + hers + `"}`, 400, notFound},
		{"POST", "/file/add", `{"file_id":"` + w.inside + `","directory_id":"no"}`, 404, "Target directory not found."},
		{"POST", "/files/batch/add", `[{"file_id":"` + hers + `"}]`, 400, "File " + hers + " not found"},
		{"POST", "/files/batch/add", `[{"file_id":"` + unread + `"}]`, 200, ""},
		{"POST", "/files/batch/add", `[{}]`, 422, ""},
		{"POST", "/file/move", `{"file_id":"` + unread + `"}`, 404, notFound},
		{"POST", "/file/move", `{"file_id":"` + w.inside + `","directory_id":"no"}`, 404, "Target directory not found."},
		{"POST", "/dirs/create", `{"name":"d","parent_id":"no"}`, 404, "Parent directory not found."},
		{"POST", "/dirs/create", `{"name":"in","parent_id":"` + w.dir + `"}`, 200, ""},
		{"POST", "/dirs/create", `{"name":"in","parent_id":"` + w.dir + `"}`, 400,
			"Failed to create directory. A directory with this name may already exist at this level."},
		{"POST", "/dirs/" + w.dir + "/update", `{"parent_id":"` + w.dir + `"}`, 400,
			"Failed to update directory. This may be caused by a naming conflict or circular move."},
		{"POST", "/dirs/" + w.dir + "/update", `{"parent_id":"__unset__"}`, 200, ""},
		{"POST", "/dirs/no/update", `{"name":"x"}`, 404, notFound},
		{"DELETE", "/dirs/no/delete", "", 404, notFound},
		{"POST", "/file/update", `{"file_id":"` + w.inside + `"}`, 200, ""},
	} {
		var body any
		if c.body != "" {
			body = c.body
		}
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			a := w.call(c.method, base+c.path, body, owner)
			a.t = t
			a.is(c.status, c.detail)
		})
	}
	var l struct {
		Items []struct {
			Data          any
			DirectoryPath string `json:"directory_path"`
			HasOriginal   bool   `json:"has_original"`
		}
		Breadcrumbs []struct{ Name string }
		Total       int
	}
	w.call("POST", base+"/file/move", map[string]any{"file_id": w.inside, "directory_id": w.dir}, owner).is(200, "")
	w.call("GET", base+"/files?directory_id="+w.dir+"&limit=1000&page=0", nil, owner).is(200, "").into(&l)
	if l.Total != 1 || l.Items[0].Data != nil || l.Items[0].DirectoryPath != "d" || !l.Items[0].HasOriginal ||
		l.Breadcrumbs[0].Name != "d" {
		t.Errorf("%+v", l)
	}
	w.call("GET", base+"/files?directory_id=", nil, owner).is(200, "").into(&l)
	if l.Total != 0 {
		t.Errorf("at the top: %+v", l)
	}
	a := w.call("GET", base+"/files/pending?stream=true", nil, owner)
	if a.Code != http.StatusOK || a.Body.String() != "data: []\n\n" {
		t.Errorf("%d %q", a.Code, a.Body)
	}
	external := jsonvalue.Text(`{"source":"external"}`)
	u, err := w.store.Users.GetByEmail(t.Context(), "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	k, err := w.store.Knowledge.Create(t.Context(), store.Who{ID: u.ID, Role: model.RoleAdmin}, "far", "", external, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.call("POST", "/api/v1/knowledge/"+k.ID+"/reset", nil, w.tokens["admin"]).is(400, "External knowledge bases are read-only.")
	w.call("POST", "/api/v1/knowledge/reindex", nil, w.tokens["admin"]).is(501,
		"There is no vector store behind this server: texts are not embedded, and are found by their words only.")
}
