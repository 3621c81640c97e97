package server_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// exchange is a request and its answer, as Open WebUI gave it.
type exchange struct {
	N           int             `json:"n"`
	Method      string          `json:"method"`
	Path        string          `json:"path"`
	Auth        string          `json:"auth"`
	Request     json.RawMessage `json:"request"`
	RequestRaw  *string         `json:"request_raw"`
	Status      int             `json:"status"`
	ContentType string          `json:"content_type"`
	Response    json.RawMessage `json:"response"`
	Note        string          `json:"note"`
	SetCookie   string          `json:"set_cookie"`
}

func exchanges(t *testing.T) []exchange {
	t.Helper()
	f, err := os.Open("testdata/exchanges.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []exchange
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var x exchange
		if err := json.Unmarshal(sc.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("only %d exchanges", len(out))
	}
	return out
}

// Where the answers differ on purpose; see the package's documentation.
var deviations = map[int]func(want map[string]any, got map[string]any){
	3: func(want, _ map[string]any) { want["features"].(map[string]any)["enable_websocket"] = false },
	111: func(want, got map[string]any) { // the copies of the messages, which are other ones there
		for _, m := range []map[string]any{want, got} {
			chat := m["chat"].(map[string]any)
			delete(chat, "messages")
			delete(chat["history"].(map[string]any), "messages")
		}
	},
	132: func(want, got map[string]any) { // chats were made between the exchanges, and which of one second come first is chance
		want["total"] = got["total"]
		for _, m := range []map[string]any{want, got} {
			for i, item := range m["items"].([]any) {
				m["items"].([]any)[i] = fmt.Sprint(slices.Sorted(maps.Keys(item.(map[string]any))))
			}
		}
	},
	278: withoutProviders,
	280: withoutProviders,
	281: withoutProviders,
}

// alike are lists that differ on purpose.
var alike = map[int]func(want, got []any){
	// Of several messages that hold words of a text, and none the whole, another one is shown where they are of one second.
	89: func(want, got []any) {
		for _, x := range append(slices.Clone(want), got...) {
			delete(x.(map[string]any), "snippet")
		}
	},
}

// mended are the answers that are failures of Open WebUI's own, and the status
// that takes their place.
var mended = map[int]int{
	90: http.StatusOK, // a search for nothing is the list
}

// withoutProviders takes what the recorded instance had for language models.
func withoutProviders(want, got map[string]any) {
	for _, key := range []string{"rag.embedding_engine", "web.search.confirmation.content"} {
		want[key] = got[key]
	}
}

func TestReplay(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		a := newApp(t, eng)
		r := &replay{app: a, ids: map[string]string{}, tokens: map[string]string{"invalid": "not.a.token"}}
		for _, x := range exchanges(t) {
			r.before(x)
			r.run(x)
		}
	})
}

// replay sends what was recorded. ids leads from recorded ids to ours.
type replay struct {
	*app
	ids    map[string]string
	tokens map[string]string // by the recording's name for who sends
	key    string
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// before does what happened between exchanges that are here.
func (r *replay) before(x exchange) {
	r.t.Helper()
	switch x.N {
	case 56: // another user has signed in
		r.tokens["other user"] = r.token("signin", map[string]any{"email": "dede@example.com", "password": "Passw0rd!dede"})
	case 71: // many chats like the one of exchange 68 were made
		r.many(x)
	}
	// A chat that the recording has made otherwise is made from what it answers.
	m := regexp.MustCompile(`/chats/([0-9a-f-]{36})`).FindStringSubmatch(x.Path)
	if m == nil || r.ids[m[1]] != "" {
		return
	}
	var answer struct {
		Chat json.RawMessage `json:"chat"`
	}
	doc := `{"title":"x"}`
	if json.Unmarshal(x.Response, &answer) == nil && answer.Chat != nil {
		doc = r.ours(string(answer.Chat))
	}
	r.ids[m[1]] = r.chat(r.tokens["user"], doc).ID
}

// many makes the chats that a list shows, as far as they are not there, each with
// the messages of the one that is, and puts all into the list's order.
func (r *replay) many(x exchange) {
	r.t.Helper()
	var listed []struct{ ID, Title string }
	if err := json.Unmarshal(x.Response, &listed); err != nil {
		r.t.Fatal(err)
	}
	const first = "Chat number 000"
	at := slices.IndexFunc(listed, func(c struct{ ID, Title string }) bool { return c.Title == first })
	text := r.call("GET", "/api/v1/chats/"+r.ours(listed[at].ID), nil, r.tokens["user"]).is(http.StatusOK, "").
		decode().(map[string]any)
	doc, err := json.Marshal(text["chat"])
	if err != nil {
		r.t.Fatal(err)
	}
	// Those that are shown later are made from what is shown.
	later := map[string]string{}
	for _, y := range exchanges(r.t) {
		var shown struct {
			ID   string          `json:"id"`
			Chat json.RawMessage `json:"chat"`
		}
		if json.Unmarshal(y.Response, &shown) == nil && shown.Chat != nil && later[shown.ID] == "" {
			later[shown.ID] = string(shown.Chat)
		}
	}
	changed := tables.Chat.UpdatedAt
	for i, c := range listed {
		if r.ids[c.ID] == "" {
			r.ids[c.ID] = r.chat(r.tokens["user"],
				r.ours(cmp.Or(later[c.ID], strings.Replace(string(doc), first, c.Title, 1)))).ID
		}
		order := query.Update(tables.Chat.Table).Set(changed.Set(int64(1_790_000_000 - i))).
			Where(tables.Chat.ID.Eq(r.ids[c.ID]))
		if _, err := query.Exec(r.t.Context(), r.probe.eng, order); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *replay) ours(text string) string {
	return uuid.ReplaceAllStringFunc(text, func(id string) string {
		if o, ok := r.ids[id]; ok {
			return o
		}
		return id
	})
}

func (r *replay) run(x exchange) {
	r.t.Helper()
	var body any
	switch {
	case strings.Contains(string(x.Request), `"multipart"`):
		body = sent(r.t, x)
	case x.RequestRaw != nil:
		body = *x.RequestRaw
	case len(x.Request) > 0 && string(x.Request) != "null":
		body = r.ours(string(x.Request))
	}
	var options []string
	switch {
	case x.Note == "api key as bearer":
		options = []string{r.key}
	case x.Auth == "x-api-key":
		options = []string{"x-api-key: " + r.key}
	case x.Auth != "none":
		token, ok := r.tokens[x.Auth]
		if !ok {
			r.t.Fatalf("exchange %d: nobody is %q yet", x.N, x.Auth)
		}
		options = []string{token}
	}
	got := r.call(x.Method, r.ours(x.Path), body, options...)
	at := fmt.Sprintf("exchange %d, %s %s (%s)", x.N, x.Method, x.Path, x.Note)
	if status, ok := mended[x.N]; ok {
		if got.Code != status {
			r.t.Errorf("%s: status %d, want %d: %.300s", at, got.Code, status, got.Body)
		}
		return
	}
	if got.Code != x.Status {
		r.t.Fatalf("%s: status %d, want %d: %.300s", at, got.Code, x.Status, got.Body)
	}
	if ct := got.Header().Get("Content-Type"); ct != x.ContentType {
		r.t.Errorf("%s: content type %q, want %q", at, ct, x.ContentType)
	}
	cookie := got.Header().Get("Set-Cookie")
	if strings.HasPrefix(cookie, "token=") != (x.SetCookie != "") {
		r.t.Errorf("%s: cookie %.20q, recorded %.20q", at, cookie, x.SetCookie)
	}
	if !strings.HasPrefix(x.ContentType, "application/json") {
		if text, _ := json.Marshal(got.Body.String()); !sameText(x.Response, text) {
			r.t.Errorf("%s: %s, want %s", at, text, x.Response)
		}
		return
	}
	want, have := decode(r.t, x.Response), got.decode()
	if d, ok := deviations[x.N]; ok {
		d(want.(map[string]any), have.(map[string]any))
	}
	if d, ok := alike[x.N]; ok {
		d(want.([]any), have.([]any))
	}
	r.compare(at, "", want, have)
	r.learn(x, have)
}

// sent is the form with a file that was recorded without its contents.
func sent(t *testing.T, x exchange) string {
	t.Helper()
	var answer struct{ Filename string }
	if err := json.Unmarshal(x.Response, &answer); err != nil {
		t.Fatal(err)
	}
	contents := map[string]string{"note ü🙂.txt": "hello file\nline two 😀", "b.txt": "second",
		"kb.txt": "knowledge text", "": ""}
	content, ok := contents[answer.Filename]
	if !ok {
		t.Fatalf("exchange %d: what is in %q is not known", x.N, answer.Filename)
	}
	return upload(cmp.Or(answer.Filename, "empty.txt"), content)
}

func sameText(a, b json.RawMessage) bool {
	var x, y string
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && x == y
}

// learn keeps tokens and the key.
func (r *replay) learn(x exchange, got any) {
	m, ok := got.(map[string]any)
	if !ok || x.Status != http.StatusOK {
		return
	}
	if k, ok := m["api_key"].(string); ok {
		r.key = k
	}
	token, ok := m["token"].(string)
	if !ok || x.Path == "/api/v1/auths/add" {
		return
	}
	switch m["role"] {
	case "admin":
		r.tokens["admin"] = token
	case "pending":
		r.tokens["pending"] = token
	default:
		r.tokens["user"] = token
	}
}

// ordered is got in the order of want: things of one second follow by their ids,
// which are others here, and tags come in any order there.
func (r *replay) ordered(want, got []any) []any {
	key := func(v any) string {
		if m, ok := v.(map[string]any); ok {
			v = m["id"]
		}
		s, _ := v.(string)
		return s
	}
	out := slices.Clone(got)
	for i, w := range want {
		if at := slices.IndexFunc(out, func(g any) bool { return key(g) != "" && key(g) == r.ours(key(w)) }); at > i {
			out[i], out[at] = out[at], out[i]
		}
	}
	return out
}

// compare walks both answers. Ids that we have made stand for those that Open
// WebUI made; times are times.
func (r *replay) compare(at, path string, want, got any) {
	r.t.Helper()
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			r.t.Errorf("%s%s: %v, want an object", at, path, got)
			return
		}
		for k, v := range w {
			h, ok := g[r.ours(k)]
			if !ok {
				r.t.Errorf("%s%s.%s is missing", at, path, k)
				continue
			}
			r.compare(at, path+"."+k, v, h)
		}
		for k := range g {
			found := false
			for wk := range w {
				found = found || r.ours(wk) == k
			}
			if !found {
				r.t.Errorf("%s%s.%s is not in the recording", at, path, k)
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			r.t.Errorf("%s%s: %v, want %d elements", at, path, got, len(w))
			return
		}
		g = r.ordered(w, g)
		for i := range w {
			r.compare(at, fmt.Sprintf("%s[%d]", path, i), w[i], g[i])
		}
	case json.Number:
		g, ok := got.(json.Number)
		last := path[strings.LastIndex(path, ".")+1:]
		switch {
		case !ok:
			r.t.Errorf("%s%s: %v, want the number %v", at, path, got, w)
		case last == "created_at" || last == "updated_at" || last == "expires_at" || last == "last_active_at" ||
			last == "last_read_at" && w != "0":
			unit := int64(1) // a time has the unit of the one that was recorded
			if len(w) > 15 {
				unit = 1e9
			}
			if n, err := g.Int64(); err != nil || n/unit < 1_700_000_000 || n/unit > 1e10 {
				r.t.Errorf("%s%s: %v is no time like %v", at, path, g, w)
			}
		case g != w:
			r.t.Errorf("%s%s: %v, want %v", at, path, g, w)
		}
	case string:
		g, ok := got.(string)
		switch {
		case !ok:
			r.t.Errorf("%s%s: %v, want the text %q", at, path, got, w)
		case path == ".token":
			if strings.Count(g, ".") != 2 {
				r.t.Errorf("%s%s: %.20q is no token", at, path, g)
			}
		case path == ".api_key":
			if len(g) != len(w) || g[:3] != "sk-" {
				r.t.Errorf("%s%s: %q is no key like %q", at, path, g, w)
			}
		case strings.HasSuffix(path, ".path"): // another directory
			if want := r.ours(w[strings.LastIndexByte(w, '/')+1:]); g[strings.LastIndexByte(g, '/')+1:] != want {
				r.t.Errorf("%s%s: %q does not end in %q", at, path, g, want)
			}
		default:
			theirs, mine := uuid.FindAllString(w, -1), uuid.FindAllString(g, -1)
			if len(theirs) == len(mine) {
				for i := range theirs {
					if _, known := r.ids[theirs[i]]; !known {
						r.ids[theirs[i]] = mine[i]
					}
				}
			}
			if r.ours(w) != g {
				r.t.Errorf("%s%s: %q, want %q", at, path, g, r.ours(w))
			}
		}
	default:
		if want != got {
			r.t.Errorf("%s%s: %v, want %v", at, path, got, want)
		}
	}
}
