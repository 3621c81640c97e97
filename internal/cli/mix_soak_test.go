//go:build soak

package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/internal/testdb"
)

var mixed = flag.Duration("mixed", 2*time.Minute, "how long two hundred clients work on each engine")

const (
	mixClients  = 200
	mixAccounts = 20 // each has ten clients, who write to one chat together
)

// mix is two hundred clients at work on one server, which may be killed.
type mix struct {
	t      *testing.T
	start  func() *process
	killed bool // the server is killed while they work

	mu       sync.RWMutex // held for writing while there is no server
	server   *process
	tokens   [mixAccounts]string // of the first sign-in to each account
	rooms    [mixAccounts]string // a chat of each account, which is never deleted
	count    map[string]int      // of answers, by what was asked and the status
	turned   int                 // answers that told a client to come again
	lost     int                 // requests whose answer was lost with the server
	problems []string
	took     map[string][]time.Duration
	notes    sync.Mutex // guards the counters above
}

// client is one of them, with what it was told is stored.
type client struct {
	*mix
	http  *http.Client
	rnd   *rand.Rand
	n     int
	token string
	room  string

	chats    map[string]string            // its chats by id: the last message, or ""
	messages map[string]map[string]string // of the chats and the room: texts by id
	files    map[string]string            // bytes by id
	shared   map[string]string            // links by chat
	gone     []string                     // paths of what was deleted
}

func (c *client) account() int     { return c.n % mixAccounts }
func (c *client) email() string    { return fmt.Sprintf("user%d@example.com", c.account()) }
func (c *client) password() string { return fmt.Sprintf("pw-%d", c.account()) }

var errLost = errors.New("the answer was lost")

// call asks until there is an answer that is not to come again. errLost says
// that the server went away meanwhile: nobody knows whether it was done.
func (c *client) call(what, method, path, kind, body string, want ...int) ([]byte, int, error) {
	for {
		c.mu.RLock()
		addr := c.server.addr
		c.mu.RUnlock()
		r, err := http.NewRequestWithContext(c.t.Context(), method, "http://"+addr+path, strings.NewReader(body))
		if err != nil {
			return nil, 0, err
		}
		if body != "" {
			r.Header.Set("Content-Type", kind)
		}
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", c.n))
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		begin := time.Now()
		resp, err := c.http.Do(r)
		var text []byte
		if err == nil {
			text, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		if err != nil {
			c.note(what, "lost", time.Since(begin))
			if !c.killed {
				c.problem("%s: %v", what, err)
			}
			time.Sleep(50 * time.Millisecond)
			return nil, 0, errLost
		}
		c.note(what, strconv.Itoa(resp.StatusCode), time.Since(begin))
		if after, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil &&
			(resp.StatusCode == 503 || resp.StatusCode == 429) {
			time.Sleep(time.Duration(after) * time.Second)
			continue
		}
		for _, status := range want {
			if resp.StatusCode == status {
				return text, status, nil
			}
		}
		c.problem("%s: status %d: %.200s", what, resp.StatusCode, text)
		return nil, resp.StatusCode, fmt.Errorf("status %d", resp.StatusCode)
	}
}

func (m *mix) note(what, status string, took time.Duration) {
	m.notes.Lock()
	defer m.notes.Unlock()
	m.count[what+" "+status]++
	m.took[what] = append(m.took[what], took)
	switch status {
	case "503", "429":
		m.turned++
	case "lost":
		m.lost++
	}
}

func (m *mix) problem(format string, args ...any) {
	m.notes.Lock()
	defer m.notes.Unlock()
	if m.problems = append(m.problems, fmt.Sprintf(format, args...)); len(m.problems) > 50 {
		m.problems = m.problems[:50]
	}
}

func (c *client) json(what, method, path, body string, into any, want ...int) (int, error) {
	text, status, err := c.call(what, method, path, "application/json", body, want...)
	if err == nil && into != nil {
		if err = json.Unmarshal(text, into); err != nil {
			c.problem("%s: %v in %.200s", what, err, text)
		}
	}
	return status, err
}

func (c *client) signIn() {
	var s struct{ Token string }
	if _, err := c.json("sign-in", "POST", "/api/v1/auths/signin",
		fmt.Sprintf(`{"email":%q,"password":%q}`, c.email(), c.password()), &s, 200); err == nil {
		c.token = s.Token
	}
}

// text has words that are found again, and is not the same twice.
func (c *client) text() string {
	words := []string{"leek", "onion", "flour", "salt", "süß", "煮る", "50%", "a_b", "\"quoted\"", "🍲"}
	var out []string
	for range 3 + c.rnd.IntN(30) {
		out = append(out, words[c.rnd.IntN(len(words))])
	}
	return fmt.Sprintf("%d/%d %s", c.n, c.rnd.Uint32(), strings.Join(out, " "))
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (c *client) create() {
	text := c.text()
	var x struct{ ID string }
	_, err := c.json("create", "POST", "/api/v1/chats/new",
		fmt.Sprintf(`{"chat":{"title":%s,"history":{"currentId":"m0","messages":{"m0":`+
			`{"id":"m0","role":"user","content":%s,"parentId":null,"childrenIds":[],"timestamp":1700000000}}}}}`, quoted(text), quoted(text)), &x, 200)
	if err == nil {
		c.chats[x.ID], c.messages[x.ID] = "m0", map[string]string{"m0": text}
	}
}

// append adds a message, to the room at times, where others write at once.
func (c *client) append() {
	chat, parent := c.room, "null"
	if id, last, ok := c.any(); ok && c.rnd.IntN(3) > 0 {
		chat, parent = id, quoted(last)
	}
	id, text := fmt.Sprintf("m%d-%d", c.n, c.rnd.Uint64()), c.text()
	_, err := c.json("append", "POST", "/api/v1/chats/"+chat,
		fmt.Sprintf(`{"chat":{"history":{"currentId":%s,"messages":{%s:`+
			`{"id":%s,"role":"user","content":%s,"parentId":%s,"childrenIds":[],"timestamp":1700000001}}}}}`, quoted(id), quoted(id), quoted(id), quoted(text), parent), nil, 200)
	if err != nil {
		return
	}
	if chat != c.room {
		c.chats[chat] = id
	}
	if c.messages[chat] == nil {
		c.messages[chat] = map[string]string{}
	}
	c.messages[chat][id] = text
}

// any is one of its chats, with the last message in it.
func (c *client) any() (id, last string, ok bool) {
	for id, last = range c.chats {
		return id, last, true
	}
	return "", "", false
}

func (c *client) list() {
	var found []struct{ ID string }
	_, _ = c.json("list", "GET", "/api/v1/chats/?page=1", "", &found, 200)
}

func (c *client) read() {
	id, _, ok := c.any()
	if !ok {
		id = c.room
	}
	_, _ = c.json("get", "GET", "/api/v1/chats/"+id, "", nil, 200)
}

func (c *client) upload() {
	bytes := strings.Repeat(c.text()+"\n", 1+c.rnd.IntN(200))
	body, kind := formOf(fmt.Sprintf("f%d.txt", c.n), bytes)
	text, _, err := c.call("upload", "POST", "/api/v1/files/", kind, body, 200)
	var x struct{ ID string }
	if err == nil && json.Unmarshal(text, &x) == nil {
		c.files[x.ID] = bytes
	}
}

func formOf(name, content string) (body, kind string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(f, content)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		panic(err)
	}
	return b.String(), w.FormDataContentType()
}

func (c *client) share() {
	id, _, ok := c.any()
	if !ok {
		return
	}
	var x struct {
		Link string `json:"share_id"`
	}
	if _, err := c.json("share", "POST", "/api/v1/chats/"+id+"/share", "{}", &x, 200); err == nil {
		c.shared[id] = x.Link
	}
}

func (c *client) search() {
	word := []string{"leek", "süß", "煮る", "50%", "a_b", "nowhere"}[c.rnd.IntN(6)]
	if c.rnd.IntN(2) == 0 {
		_, _ = c.json("search", "GET", "/api/v1/chats/search?text="+url.QueryEscape(word), "", nil, 200)
		return
	}
	_, _ = c.json("workspace", "GET", "/api/v1/search?q="+url.QueryEscape(word), "", nil, 200)
}

// delete removes a chat or a file for good. What had no answer is asked again:
// it may be gone by then.
func (c *client) delete() {
	path, what := "", ""
	if id, _, ok := c.any(); ok && c.rnd.IntN(3) > 0 {
		delete(c.chats, id)
		delete(c.messages, id)
		delete(c.shared, id)
		path, what = "/api/v1/chats/"+id, "delete"
	} else {
		for id := range c.files {
			delete(c.files, id)
			path, what = "/api/v1/files/"+id, "delete file"
			break
		}
	}
	want := []int{200}
	for path != "" && c.t.Context().Err() == nil {
		if _, err := c.json(what, "DELETE", path, "", nil, want...); !errors.Is(err, errLost) {
			c.gone = append(c.gone, path)
			return
		}
		want = []int{200, 400, 401, 404}
	}
}

// work goes on until the end.
func (c *client) work(end time.Time) {
	for time.Now().Before(end) {
		switch n := c.rnd.IntN(1000); {
		case n < 3: // each takes a processor for a quarter of a second
			c.signIn()
		case n < 260:
			c.list()
		case n < 360:
			c.read()
		case n < 660:
			c.append()
		case n < 740:
			c.create()
		case n < 820:
			c.upload()
		case n < 870:
			c.share()
		case n < 930:
			c.search()
		default:
			c.delete()
		}
		time.Sleep(time.Duration(100+c.rnd.IntN(400)) * time.Millisecond)
	}
}

// kills ends the server that often, evenly until the end, and starts it again.
func (m *mix) kills(times int, end time.Time) {
	every := time.Until(end) / time.Duration(times+1)
	for range times {
		time.Sleep(every)
		m.mu.Lock()
		m.server.kill()
		m.server = m.start()
		m.mu.Unlock()
	}
}

// TestTwoHundredClients sign in, list, read, append, upload, share, search and
// delete. Nothing that was acknowledged is lost, nothing is left over, and no
// request fails but those that are told to come again; also when the server is
// killed ten times meanwhile, when no answer may come.
func TestTwoHundredClients(t *testing.T) {
	for name, kills := range map[string]int{"left alone": 0, "killed": 10} {
		t.Run(name, func(t *testing.T) {
			testdb.Each(t, func(t *testing.T, db testdb.DB) { workTogether(t, db.URL, kills) })
		})
	}
}

func workTogether(t *testing.T, database string, kills int) {
	dir, port := t.TempDir(), freePort(t)
	m := &mix{t: t, killed: kills > 0, count: map[string]int{}, took: map[string][]time.Duration{}}
	m.start = func() *process {
		return start(t, nil, "--port", port, "--data-dir", dir, "--database-url", database, "--trusted-proxy", "127.0.0.1")
	}
	m.server = m.start()
	admin := token(t, m.server.send("POST", "/api/v1/auths/signup", "", ada, 200))
	clients := make([]*client, mixClients)
	transport := &http.Transport{MaxIdleConnsPerHost: mixClients}
	defer transport.CloseIdleConnections()
	for n := range clients {
		c := &client{mix: m, n: n, http: &http.Client{Transport: transport, Timeout: time.Minute}, rnd: rand.New(rand.NewPCG(uint64(n), uint64(kills))),
			chats: map[string]string{}, messages: map[string]map[string]string{}, files: map[string]string{}, shared: map[string]string{}}
		if n < mixAccounts {
			c.token = admin
			if _, err := c.json("add", "POST", "/api/v1/auths/add", fmt.Sprintf(`{"name":"U","email":%q,"password":%q,"role":"user"}`, c.email(), c.password()), nil, 200); err != nil {
				t.Fatal(err)
			}
			c.signIn()
			var x struct{ ID string }
			if _, err := c.json("room", "POST", "/api/v1/chats/new", `{"chat":{"title":"room"}}`, &x, 200); err != nil {
				t.Fatal(err)
			}
			m.rooms[n], m.tokens[n] = x.ID, c.token
		}
		c.room, c.token = m.rooms[c.account()], m.tokens[c.account()]
		clients[n] = c
	}
	end := time.Now().Add(*mixed)
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() { c.work(end) })
	}
	if kills > 0 {
		m.kills(kills, end)
	}
	wg.Wait()
	m.report()
	m.acknowledged(clients)
	m.server.stop()
	invariants(t, database, dir)
}

// report says what happened, and that no more failed than may.
func (m *mix) report() {
	all := 0
	for what, took := range m.took {
		f := figures{took: took}
		m.t.Logf("%-12s %6d, p50 %v, p99 %v, the longest %v", what, len(took), f.p(50), f.p(99), f.p(100))
		all += len(took)
	}
	m.t.Logf("%d requests, %d told to come again, %d lost with the server; %v", all, m.turned, m.lost, m.count)
	for _, p := range m.problems {
		m.t.Error(p)
	}
	if m.turned > all/10 {
		m.t.Errorf("%d of %d requests were told to come again", m.turned, all)
	}
}
