package server_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larder-db/larder/engine"
)

var update = flag.Bool("update", false, "write the budgets in docs/ADR_010_query_optimization.md")

const budgets = "../docs/ADR_010_query_optimization.md"

// toDatabase counts what goes to the database.
type toDatabase struct{ statements, transactions atomic.Int64 }

func (s *toDatabase) Before(ctx context.Context, ev *engine.Event) context.Context {
	switch ev.Kind {
	case engine.KindQuery, engine.KindExec, engine.KindBulk:
		s.statements.Add(1)
	case engine.KindBegin:
		s.transactions.Add(1)
	}
	return ctx
}

func (s *toDatabase) After(context.Context, *engine.Event) {}

// TestBudgets measures how many statements each route sends, as whoever may use
// it, the session's among them, and compares that with what is written down.
func TestBudgets(t *testing.T) {
	w := newWorld(t)
	at := time.Now() // no second ends while a route is measured: some write the time only when it is another one
	w.now = func() time.Time { return at }
	var lines []string
	for _, rt := range w.srv.RouteTable() {
		access := matrix[rt]
		method, path, _ := strings.Cut(rt, " ")
		if access.admin >= 400 && access.owner >= 400 || strings.HasSuffix(path, "/signout") {
			continue // what is refused, or ends the session
		}
		role := "owner"
		if access.owner >= 400 {
			role = "admin"
		}
		to, body := w.sample(rt)
		w.call("GET", "/api/v1/auths/", nil, w.tokens[role]) // what is written once a minute is written
		at = at.Add(time.Second)
		var n toDatabase
		stop := w.probe.eng.Observe(&n)
		got := w.call(method, to, body, w.tokens[role])
		stop()
		if got.Code >= 400 {
			t.Errorf("%s as %s: %d %.200s", rt, role, got.Code, got.Body)
			continue
		}
		lines = append(lines, fmt.Sprintf("| `%s` | %d | %d |", rt, n.statements.Load(), n.transactions.Load()))
	}
	slices.Sort(lines)
	const begin, end = "<!-- budgets -->\n", "<!-- end of budgets -->"
	text, err := os.ReadFile(budgets)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), begin)
	was, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the budgets", budgets)
	}
	is := "\n| route | statements | transactions |\n|---|---|---|\n" + strings.Join(lines, "\n") + "\n\n"
	if *update {
		if err := os.WriteFile(budgets, []byte(head+begin+is+end+tail), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if is != was {
		for _, line := range lines {
			if !strings.Contains(was, line+"\n") {
				t.Errorf("this is not what %s says (go test ./server -run TestBudgets -update writes it): %s", budgets, line)
			}
		}
		if !t.Failed() {
			t.Errorf("%s has budgets of routes that are not there; go test ./server -run TestBudgets -update", budgets)
		}
	}
}

// The budgets that were promised.
func TestPromisedBudgets(t *testing.T) {
	w := newWorld(t)
	var messages []string
	for i := range 20 {
		messages = append(messages, fmt.Sprintf(`"m%d":{"id":"m%d","role":"user","content":"x","parentId":null}`, i, i))
	}
	twenty := `{"chat":{"title":"x","history":{"currentId":"m0","messages":{` + strings.Join(messages, ",") + `}}}}`
	chat := w.made("/api/v1/chats/{id}")
	for _, c := range []struct {
		what, method, path, body string
		statements, transactions int64
	}{
		{"a list of chats", "GET", "/api/v1/chats/", "", 2, 0},
		{"a chat", "GET", "/api/v1/chats/" + chat, "", 3, 0},
		{"a new chat of 20 messages", "POST", "/api/v1/chats/new", twenty, 4, 1},
	} {
		var body any
		if c.body != "" {
			body = c.body
		}
		w.call("GET", "/api/v1/auths/", nil, w.tokens["owner"])
		var n toDatabase
		stop := w.probe.eng.Observe(&n)
		w.call(c.method, c.path, body, w.tokens["owner"]).is(200, "")
		stop()
		if n.statements.Load() > c.statements || n.transactions.Load() > c.transactions {
			t.Errorf("%s takes %d statements in %d transactions, not %d in %d", c.what, n.statements.Load(),
				n.transactions.Load(), c.statements, c.transactions)
		}
	}
}
