//go:build upstream

package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// side is one of the programs, with what is called how there.
type side struct {
	*process
	tokens map[string]string // by who it is
	ids    map[string]string // by name
}

// scenario does the same to one program or to two, and compares what they answer.
type scenario struct {
	t        *testing.T
	a, b     *side             // Larder; Open WebUI, or nil
	ids      map[string]string // leads from an id there to the one here
	found    map[string]int    // differences, by where they are
	first    map[string]string // what the first of them was
	same     bool              // both have one database, so that every value is the same
	compared int
	listed   map[string]int // expected differences that occurred
}

func newScenario(t *testing.T, ours, theirs *process) *scenario {
	w := &scenario{t: t, a: &side{ours, map[string]string{}, map[string]string{}}, ids: map[string]string{},
		listed: map[string]int{}, found: map[string]int{}, first: map[string]string{}}
	if theirs != nil {
		w.b = &side{theirs, map[string]string{}, map[string]string{}}
	}
	return w
}

// beside is the scenario with both programs on the one database that it has filled.
func (w *scenario) beside(ours, theirs *process) *scenario {
	return &scenario{t: w.t, a: &side{ours, w.a.tokens, w.a.ids}, b: &side{theirs, w.a.tokens, w.a.ids},
		ids: map[string]string{}, same: true, listed: map[string]int{}, found: map[string]int{}, first: map[string]string{}}
}

// sides are the programs that there are.
func (w *scenario) sides() []*side {
	if w.b == nil {
		return []*side{w.a}
	}
	return []*side{w.a, w.b}
}

// reply is what came back.
type reply struct {
	status int
	kind   string
	text   string
}

// request sends a request as somebody; a body that begins with "@" is a file. What
// is refused because the machine is busy is tried again.
func (s *side) request(who, method, path, body string) reply {
	s.t.Helper()
	r := s.once(who, method, path, body)
	for tries := 0; r.status == http.StatusServiceUnavailable && tries < 100; tries++ {
		time.Sleep(100 * time.Millisecond)
		r = s.once(who, method, path, body)
	}
	return r
}

// sign signs somebody in or up, and returns the token.
func (s *side) sign(how, body string) string {
	s.t.Helper()
	r := s.request("", "POST", "/api/v1/auths/"+how, body)
	if r.status != http.StatusOK {
		s.t.Fatalf("%s: %d %.300s", how, r.status, r.text)
	}
	return token(s.t, r.text)
}

func (s *side) once(who, method, path, body string) reply {
	s.t.Helper()
	kind := "application/json"
	if name, text, ok := strings.Cut(body, " "); ok && strings.HasPrefix(name, "@") {
		body, kind = uploadOf(name[1:], text)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.addr+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", kind)
	}
	if token := s.tokens[who]; token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", method, path, err, s.text())
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header.Get("Content-Type"), string(b)}
}

func uploadOf(name, text string) (body, kind string) {
	const boundary = "boundary-of-the-tests"
	return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name +
			"\"\r\nContent-Type: text/plain\r\n\r\n" + text + "\r\n--" + boundary + "--\r\n",
		"multipart/form-data; boundary=" + boundary
}

var named = regexp.MustCompile(`\{[a-z_]+\}`)

func (s *side) filled(text string) string {
	return named.ReplaceAllStringFunc(text, func(name string) string {
		if id, ok := s.ids[name[1:len(name)-1]]; ok {
			return id
		}
		return name
	})
}

// run does the steps of a file.
func (w *scenario) run(file string) {
	w.t.Helper()
	for _, s := range w.sides() {
		if s.tokens["admin"] == "" {
			s.tokens["admin"] = s.sign("signup", ada)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	for n, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		w.step(fmt.Sprintf("%s:%d", file, n+1), line)
	}
	w.told()
}

// told says how much was compared.
func (w *scenario) told() {
	w.t.Logf("%d answers were compared", w.compared)
	for _, at := range slices.Sorted(maps.Keys(w.found)) {
		w.t.Errorf("%s (%d times): %s", at, w.found[at], w.first[at])
	}
	for _, why := range slices.Sorted(maps.Keys(w.listed)) {
		w.t.Logf("%d times: %s", w.listed[why], why)
	}
}

// step does one line.
func (w *scenario) step(at, line string) {
	w.t.Helper()
	line, name, _ := strings.Cut(line, " > ")
	f := strings.SplitN(line, " ", 4)
	if f[0] == "sign" {
		for _, s := range w.sides() {
			s.tokens[f[1]] = s.sign("signin", fmt.Sprintf(`{"email":%q,"password":%q}`, f[2], f[3]))
		}
		return
	}
	f = append(f, "")
	who, method, path, body := f[0], f[1], f[2], f[3]
	var got []reply
	for _, s := range w.sides() {
		r := s.request(who, method, s.filled(path), s.filled(body))
		got = append(got, r)
		if name != "" {
			as, member, ok := strings.Cut(name, "=")
			if !ok {
				member = "id"
			}
			var x map[string]any
			id, ok := "", json.Unmarshal([]byte(r.text), &x) == nil
			if id, ok = x[member].(string); !ok {
				w.t.Fatalf("%s: %s: %d %.300s has no %s", at, line, r.status, r.text, member)
			}
			s.ids[as] = id
		}
	}
	if w.b != nil {
		if name != "" {
			as, _, _ := strings.Cut(name, "=")
			w.ids[w.b.ids[as]] = w.a.ids[as]
		}
		w.compare(method+" "+path, who+" "+at, got[0], got[1])
	}
}
