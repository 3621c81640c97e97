//go:build upstream

package cli_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables"
)

// differ takes note of a difference; where says which member of the answer has it.
func (w *scenario) differ(route, who, where string, format string, args ...any) {
	plain := route + " " + regexp.MustCompile(`\[\d+\]`).ReplaceAllString(where, "[]")
	for _, d := range onPurpose {
		if regexp.MustCompile(d.route).MatchString(route+" ") && regexp.MustCompile(d.path).MatchString(where) {
			w.listed[d.told+": "+plain]++
			return
		}
	}
	w.found[plain]++
	if w.found[plain] == 1 {
		w.first[plain] = who + ": " + fmt.Sprintf(format, args...)
	}
}

// compare looks whether two answers say the same.
func (w *scenario) compare(route, who string, ours, theirs reply) {
	w.compared++
	if ours.status != theirs.status {
		w.differ(route, who, " status", "%d here, %d there: %.300s; %.300s", ours.status, theirs.status,
			ours.text, theirs.text)
		return
	}
	mime := func(r reply) string { m, _, _ := strings.Cut(r.kind, ";"); return m }
	if mime(ours) != mime(theirs) {
		w.differ(route, who, " type", "%s here, %s there", ours.kind, theirs.kind)
		return
	}
	read := parse
	if mime(ours) == "application/x-ndjson" {
		read = parseLines
	}
	a, errA := read(ours.text)
	b, errB := read(theirs.text)
	if errA != nil || errB != nil {
		if ours.text != theirs.text {
			w.differ(route, who, " text", "%.300q here, %.300q there", ours.text, theirs.text)
		}
		return
	}
	w.walk(route, who, "", a, b)
}

func parse(text string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// parseLines reads a value from each line.
func parseLines(text string) (any, error) {
	var all []any
	for line := range strings.Lines(text) {
		v, err := parse(line)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

func (w *scenario) walk(route, who, at string, ours, theirs any) {
	switch b := theirs.(type) {
	case map[string]any:
		a, ok := ours.(map[string]any)
		if !ok {
			w.differ(route, who, at, "%.300v here, %.300v there", ours, theirs)
			return
		}
		for k, v := range b {
			if x, ok := a[w.mine(k)]; ok {
				w.walk(route, who, at+"."+k, x, v)
			} else {
				w.differ(route, who, at+"."+k, "missing here, %.100v there", v)
			}
		}
		for k, v := range a {
			if !slices.ContainsFunc(keys(b), func(x string) bool { return w.mine(x) == k }) {
				w.differ(route, who, at+"."+k, "%.100v here, missing there", v)
			}
		}
	case []any:
		a, ok := ours.([]any)
		if !ok || len(a) != len(b) {
			w.differ(route, who, at, "%.1000v here, %.1000v there", ours, theirs)
			return
		}
		a = w.inOrderOf(b, a)
		for i := range b {
			w.walk(route, who, fmt.Sprintf("%s[%d]", at, i), a[i], b[i])
		}
	case string:
		a, ok := ours.(string)
		if ok && !w.same {
			w.learn(b, a)
		}
		if !ok || a != w.mine(b) && !(!w.same && volatile(at)) {
			w.differ(route, who, at, "%.300q here, %.300q there", ours, theirs)
		}
	case json.Number: // a period ends when it is asked for
		a, ok := ours.(json.Number)
		if !ok || a != b && a+".0" != b && !(!w.same && len(a) == len(b) && strings.HasSuffix(at, "_at")) &&
			!strings.HasPrefix(at, ".period.") {
			w.differ(route, who, at, "%v here, %v there", ours, theirs)
		}
	default:
		if ours != theirs {
			w.differ(route, who, at, "%.300v here, %v there", ours, theirs)
		}
	}
}

// volatile are texts that no two servers have in common.
func volatile(at string) bool {
	return strings.HasSuffix(at, ".token") || strings.HasSuffix(at, ".api_key") || strings.HasSuffix(at, ".path")
}

func keys(m map[string]any) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

// inOrderOf is a in the order of b, as far as the order is free: what was changed
// within one second may follow in any, and users in theirs, which nothing orders there.
func (w *scenario) inOrderOf(b, a []any) []any {
	text := func(v any, member string) string {
		if m, ok := v.(map[string]any); ok {
			v = m[member]
		} else if member != "id" {
			return ""
		}
		s, _ := v.(string)
		return s
	}
	twins := func(x, y any) bool {
		if mail := text(x, "email"); mail != "" {
			return mail == text(y, "email")
		}
		return text(y, "id") != "" && text(y, "id") == w.mine(text(x, "id"))
	}
	changed := func(v any) any {
		m, ok := v.(map[string]any)
		if !ok || m["updated_at"] == nil {
			return nil
		}
		return m["updated_at"]
	}
	out := slices.Clone(a)
	for i, x := range b {
		at := slices.IndexFunc(out, func(y any) bool { return twins(x, y) })
		if at > i && (!w.same || changed(out[i]) == changed(out[at])) {
			out[i], out[at] = out[at], out[i]
		}
	}
	return out
}

// reads asks both programs for everything that can be read of a database.
func (w *scenario) reads(url string) {
	w.t.Helper()
	eng := enginetest.Open(w.t, url, engine.Options{})
	defer eng.Close()
	of := func(t *schema.Table, id query.Column[string]) []string {
		ids, err := query.All[string](w.t.Context(), eng, query.Select(id).From(t).OrderBy(id).Limit(40))
		if err != nil {
			w.t.Fatal(err)
		}
		return append(ids, "nope")
	}
	kinds := []struct {
		prefix string
		ids    []string
	}{
		{"/api/v1/chats/folder/", of(tables.Folder.Table, tables.Folder.ID)},
		{"/api/v1/chats/share/", append(of(tables.SharedChat.Table, tables.SharedChat.ID), of(tables.Chat.Table, tables.Chat.ID)...)},
		{"/api/v1/chats/list/user/", of(tables.User.Table, tables.User.ID)},
		{"/api/v1/chats/", of(tables.Chat.Table, tables.Chat.ID)},
		{"/api/tasks/chat/", of(tables.Chat.Table, tables.Chat.ID)},
		{"/api/v1/folders/", of(tables.Folder.Table, tables.Folder.ID)},
		{"/api/v1/notes/", of(tables.Note.Table, tables.Note.ID)},
		{"/api/v1/groups/", of(tables.Group.Table, tables.Group.ID)},
		{"/api/v1/knowledge/external/", []string{"nope"}},
		{"/api/v1/knowledge/", of(tables.Knowledge.Table, tables.Knowledge.ID)},
		{"/api/v1/files/", of(tables.File.Table, tables.File.ID)},
		{"/api/v1/users/", of(tables.User.Table, tables.User.ID)},
		{"/api/v1/configs/namespace/", []string{"ui", "auth", "nope"}},
	}
	answer, err := parse(w.a.get("/openapi.json", 200))
	if err != nil {
		w.t.Fatal(err)
	}
	parameter := regexp.MustCompile(`\{[a-z_]+\}`)
	for path, methods := range answer.(map[string]any)["paths"].(map[string]any) {
		if _, ok := methods.(map[string]any)["get"]; !ok || strings.HasPrefix(path, "/health") || path == "/ready" ||
			path == "/" || path == "/metrics" || path == "/openapi.json" {
			continue
		}
		paths := []string{path}
		if strings.Contains(path, "{") {
			paths = nil
			i := slices.IndexFunc(kinds, func(k struct {
				prefix string
				ids    []string
			}) bool {
				return strings.HasPrefix(path, k.prefix)
			})
			if i < 0 {
				w.t.Errorf("nothing is known to stand in %s", path)
				continue
			}
			for _, id := range kinds[i].ids {
				paths = append(paths, parameter.ReplaceAllString(strings.ReplaceAll(path, "{file_name}", "x.txt"), id))
			}
		}
		for _, p := range paths {
			for _, q := range append(asked[path], "") {
				for _, who := range []string{"admin", "ben", "eve", "user", "pending", "nobody"} {
					w.compare("GET "+path+q, who+" "+p, w.a.request(who, "GET", p+q, ""), w.b.request(who, "GET", p+q, ""))
				}
			}
		}
	}
	w.told()
}

// asked are queries that the page and clients send.
var asked = map[string][]string{
	"/api/v1/chats/":                     {"?page=1", "?page=2", "?page=1&include_pinned=true&include_folders=true", "?page=x"},
	"/api/v1/chats/list":                 {"?page=1"},
	"/api/v1/chats/archived":             {"?page=1&order_by=updated_at&direction=desc", "?query=o", "?page=1&order_by=title&direction=asc"},
	"/api/v1/chats/shared":               {"?page=1", "?query=e&order_by=title&direction=asc"},
	"/api/v1/chats/search":               {"?text=leek", "?text=a", "?text=tag%3Adinner", "?text=tag%3Anone", "?text=pinned%3Atrue", "?text=archived%3Atrue", "?text=shared%3Atrue", "?text=folder%3Akitchen", "?text=leek%20long", "?text=%F0%9F%98%80", "?text=&page=2"},
	"/api/v1/chats/folder/{id}/list":     {"?page=1", "?page=2"},
	"/api/v1/chats/list/user/{user_id}":  {"?page=1", "?query=e&order_by=title&direction=asc"},
	"/api/v1/folders/{id}/shared/chats":  {"?page=1&sort_by=updated_at&sort_dir=desc"},
	"/api/v1/search":                     {"?q=leek", "?q=&kind=all&sharing=all&scope=&page=1", "?q=e&kind=chat", "?q=s&kind=note"},
	"/api/v1/notes/search":               {"?query=", "?query=e&order_by=name&direction=asc", "?page=1"},
	"/api/v1/knowledge/":                 {"?page=1"},
	"/api/v1/knowledge/search":           {"?page=1", "?query=e", "?page=1&order_by=name&direction=asc&source=local"},
	"/api/v1/knowledge/search/files":     {"?page=1", "?query=e"},
	"/api/v1/knowledge/{id}/files":       {"?order_by=updated_at&direction=desc&page=1&directory_id=", "?query=e"},
	"/api/v1/files/":                     {"?page=1", "?content=false"},
	"/api/v1/files/search":               {"?filename=*.txt", "?filename=note*&content=false"},
	"/api/v1/users/":                     {"?page=1&order_by=created_at&direction=asc", "?query=e", "?page=2", "?order_by=name", "?order_by=last_active_at&direction=desc"},
	"/api/v1/users/search":               {"?query=e"},
	"/api/v1/groups/":                    {"?share=true"},
	"/api/v1/models/model/profile/image": {"?id=x&lang=en-US"},
}
