package server_test

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// description is the server's own, against which every answer of every test is
// held.
type description struct {
	routes  []describedRoute
	schemas *jsonschema.Compiler
	mu      sync.Mutex
}

type describedRoute struct {
	method  string
	path    []string // "{...}" stands for any segment
	pointer string   // to the operation in the document
	answers map[string]struct{ Content map[string]any }
}

const documentURL = "mem:///openapi.json"

var describedOnce = sync.OnceValues(func() (*description, error) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(descriptionText))
	if err != nil {
		return nil, err
	}
	d := &description{schemas: jsonschema.NewCompiler()}
	if err := d.schemas.AddResource(documentURL, doc); err != nil {
		return nil, err
	}
	var s struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct{ Content map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(descriptionText), &s); err != nil {
		return nil, err
	}
	for path, item := range s.Paths {
		for method, op := range item {
			pointer := "#/paths/" + escapePointer(path) + "/" + method + "/responses/"
			d.routes = append(d.routes, describedRoute{strings.ToUpper(method), strings.Split(path, "/"), pointer, op.Responses})
		}
	}
	// Literal segments go before names.
	slices.SortFunc(d.routes, func(a, b describedRoute) int {
		return strings.Compare(strings.ReplaceAll(strings.Join(a.path, "/"), "{", "~"),
			strings.ReplaceAll(strings.Join(b.path, "/"), "{", "~"))
	})
	return d, nil
})

// descriptionText is read once, from the first server that a test makes.
var (
	descriptionText string
	readDescription sync.Once
)

func escapePointer(s string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(s)
}

// described reports an answer that the description does not allow.
func (a *app) described(r *http.Request, w *httptest.ResponseRecorder) {
	a.t.Helper()
	readDescription.Do(func() {
		got := httptest.NewRecorder()
		a.srv.ServeHTTP(got, httptest.NewRequestWithContext(a.t.Context(), "GET", "/openapi.json", nil))
		descriptionText = got.Body.String()
	})
	d, err := describedOnce()
	if err != nil {
		a.t.Fatal(err)
	}
	if wrong := d.check(r, w); wrong != "" {
		a.t.Errorf("%s %s answers what its description does not allow: %s", r.Method, r.URL.Path, wrong)
	}
}

func (d *description) route(method, path string) *describedRoute {
	segments := strings.Split(path, "/")
	for i, rt := range d.routes {
		if rt.method == method &&
			slices.EqualFunc(rt.path, segments, func(p, s string) bool { return p == s || strings.HasPrefix(p, "{") && s != "" }) {
			return &d.routes[i]
		}
	}
	return nil
}

func (d *description) check(r *http.Request, w *httptest.ResponseRecorder) string {
	rt := d.route(r.Method, r.URL.EscapedPath())
	if rt == nil || w.Code == http.StatusNotFound && strings.Contains(w.Body.String(), `"Not Found"`) ||
		w.Code == http.StatusMethodNotAllowed {
		return ""
	}
	status := strconv.Itoa(w.Code)
	a, ok := rt.answers[status]
	if !ok {
		return "status " + status
	}
	if w.Body.Len() == 0 || len(a.Content) == 0 {
		return ""
	}
	kind, _, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if err != nil {
		return err.Error()
	}
	for allowed := range a.Content {
		main, rest, _ := strings.Cut(allowed, "/")
		if allowed != kind && allowed != "*/*" && (rest != "*" || !strings.HasPrefix(kind, main+"/")) {
			continue
		}
		if allowed != "application/json" {
			return ""
		}
		return d.schema(rt.pointer+status+"/content/"+escapePointer(allowed)+"/schema", w.Body.String())
	}
	return "media type " + kind
}

func (d *description) schema(pointer, body string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	sch, err := d.schemas.Compile(documentURL + pointer)
	if err != nil {
		return err.Error()
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	if err := sch.Validate(v); err != nil {
		text := err.Error()
		return text[:min(len(text), 600)]
	}
	return ""
}

// The check finds what it is for.
func TestAnswersAreHeldAgainstTheDescription(t *testing.T) {
	a := local(t)
	a.call("GET", "/health", nil).is(200, "")
	d, err := describedOnce()
	if err != nil {
		t.Fatal(err)
	}
	for body, status := range map[string]int{`{"status":"yes"}`: 200, `{}`: 200, `{"status":true}`: 418} {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.WriteString(body)
		if d.check(httptest.NewRequestWithContext(t.Context(), "GET", "/health", nil), w) == "" {
			t.Errorf("%d %s is allowed", status, body)
		}
	}
}
