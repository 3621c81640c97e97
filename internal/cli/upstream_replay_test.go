//go:build upstream

package cli_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
)

// recorded is an exchange with Open WebUI.
type recorded struct {
	N        int
	Method   string
	Path     string
	Auth     string
	Note     string
	Request  json.RawMessage
	Raw      *string `json:"request_raw"`
	Status   int
	Response json.RawMessage
}

var (
	anUUID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	aChat  = regexp.MustCompile(`/chats/([0-9a-f-]{36})`)
)

// replay sends what was recorded of Open WebUI, up to where everything is
// deleted, to fill a database.
func (w *scenario) replay(file string) {
	w.t.Helper()
	f, err := os.Open(file)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var x recorded
		if err := json.Unmarshal(sc.Bytes(), &x); err != nil {
			w.t.Fatal(err)
		}
		const everythingGoes = 295
		if x.N < everythingGoes {
			w.again(x)
		}
	}
	clear(w.ids)
}

// again sends one request of the recording, and learns what is called how.
func (w *scenario) again(x recorded) {
	w.t.Helper()
	s := w.a
	if m := aChat.FindStringSubmatch(x.Path); m != nil && w.ids[m[1]] == "" { // it was made between the exchanges
		var made struct{ ID string }
		var answer struct{ Chat json.RawMessage }
		if json.Unmarshal(x.Response, &answer) != nil || answer.Chat == nil {
			answer.Chat = []byte(`{"title":"x"}`)
		}
		r := s.request("user", "POST", "/api/v1/chats/new", `{"chat":`+w.mine(string(answer.Chat))+`}`)
		if err := json.Unmarshal([]byte(r.text), &made); err != nil || made.ID == "" {
			w.t.Fatalf("exchange %d: %v in %.300s", x.N, err, r.text)
		}
		w.ids[m[1]] = made.ID
	}
	if x.Auth == "other user" && s.tokens["other user"] == "" {
		s.tokens["other user"] = s.sign("signin", `{"email":"dede@example.com","password":"Passw0rd!dede"}`)
	}
	body := w.mine(string(x.Request))
	switch {
	case strings.Contains(body, `"multipart"`):
		body = "@note.txt some text"
	case x.Raw != nil:
		body = *x.Raw
	case body == "null":
		body = ""
	}
	r := s.request(x.Auth, x.Method, w.mine(x.Path), body)
	if x.Auth == "x-api-key" || x.Note == "api key as bearer" ||
		strings.Contains(string(x.Request), `"multipart"`) && x.Status != 200 {
		return
	}
	if r.status != x.Status && x.Status != http.StatusInternalServerError {
		w.t.Errorf("exchange %d: %s %s: status %d, want %d: %.300s", x.N, x.Method, x.Path, r.status, x.Status, r.text)
		return
	}
	var theirs, ours any
	if json.Unmarshal(x.Response, &theirs) == nil && json.Unmarshal([]byte(r.text), &ours) == nil {
		w.learn(theirs, ours)
	}
	m, _ := ours.(map[string]any)
	role, _ := m["role"].(string)
	if t, ok := m["token"].(string); ok && x.Status == 200 && x.Path != "/api/v1/auths/add" {
		s.tokens[role] = t
	}
}

// mine is a text with our ids in place of those that were recorded.
func (w *scenario) mine(text string) string {
	return anUUID.ReplaceAllStringFunc(text, func(id string) string {
		if mine, ok := w.ids[id]; ok {
			return mine
		}
		return id
	})
}

// learn walks two answers and keeps which id stands for which.
func (w *scenario) learn(theirs, ours any) {
	switch x := theirs.(type) {
	case map[string]any:
		if y, ok := ours.(map[string]any); ok {
			for k := range x {
				w.learn(x[k], y[k])
			}
		}
	case []any:
		if y, ok := ours.([]any); ok && len(x) == len(y) {
			for i := range x {
				w.learn(x[i], y[i])
			}
		}
	case string:
		y, ok := ours.(string)
		from, to := anUUID.FindAllString(x, -1), anUUID.FindAllString(y, -1)
		if !ok || len(from) != len(to) {
			return
		}
		for i := range from {
			if _, known := w.ids[from[i]]; !known {
				w.ids[from[i]] = to[i]
			}
		}
	}
}
