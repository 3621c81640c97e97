package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"pgregory.net/rapid"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// statements returns the text of the statements that fn sends.
func (s *Suite) statements(fn func()) []string {
	var mu sync.Mutex
	var out []string
	stop := s.Eng.Observe(engine.AfterFunc(func(_ context.Context, ev *engine.Event) {
		mu.Lock()
		defer mu.Unlock()
		if ev.SQL != "" {
			out = append(out, ev.SQL)
		}
	}))
	defer stop()
	fn()
	mu.Lock()
	defer mu.Unlock()
	if len(out) == 0 {
		s.Error("no statement was seen")
	}
	return out
}

// together runs fn n times at once and returns the errors.
func together(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

var concurrencyCases = []testCase{
	{"of many first users exactly one becomes admin", func(s *Suite) {
		errs := together(8, func(i int) error {
			_, err := s.Store.Users.SignUp(s.ctx(),
				store.NewUser{Name: "x", Email: fmt.Sprintf("x%d@example.com", i), Password: "pw"})
			return err
		})
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, store.ErrSignUpClosed):
				s.Errorf("a loser meets %v", err)
			}
		}
		equal(s, "winners", won, 1)
		equal(s, "users", s.count(query.Select(tables.User.ID).From(tables.User.Table)), 1)
		equal(s, "auths", s.count(query.Select(tables.Auth.ID).From(tables.Auth.Table)), 1)
		n, err := s.Store.Users.Count(s.ctx(), store.UserFilter{Role: model.RoleAdmin})
		s.ok(err)
		equal(s, "admins", n, 1)
	}},
	{"of many with one address exactly one is added", func(s *Suite) {
		errs := together(8, func(i int) error {
			_, err := s.Store.Users.Add(s.ctx(), store.Program(),
				store.NewUser{Name: "x", Email: []string{"x@example.com", "X@Example.com"}[i%2], Password: "pw",
					Role: model.RoleUser})
			return err
		})
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, dberr.ErrAlreadyExists):
				s.Errorf("a loser meets %v", err)
			}
		}
		equal(s, "winners", won, 1)
		equal(s, "auths", s.count(query.Select(tables.Auth.ID).From(tables.Auth.Table)), 1)
	}},
	{"thirty clients save one chat and lose nothing", func(s *Suite) {
		bob := s.user("bob")
		c := s.chat(bob, `{"title":"t","history":{"messages":{"root":{"role":"user","parentId":null}},"currentId":"root"}}`)
		const clients, each = 30, 2
		errs := together(clients, func(i int) error {
			for k := range each {
				id := fmt.Sprintf("m-%d-%d", i, k)
				in := store.ChatInput{}
				doc, err := chatdoc.Parse([]byte(fmt.Sprintf(
					`{"history":{"messages":{"root":{"role":"user","parentId":null,"childrenIds":[%q]},%q:{"id":%q,"parentId":"root","childrenIds":[],"role":"user","content":"by %d"}},"currentId":%q}}`, id, id, id, i, id)))
				if err != nil {
					return err
				}
				in.Document = doc
				if _, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), c.ID, in); err != nil {
					return err
				}
			}
			return nil
		})
		for i, err := range errs {
			if err != nil {
				s.Errorf("client %d: %v", i, err)
			}
		}
		got, err := s.Store.Chats.Get(s.ctx(), store.Program(), c.ID)
		s.ok(err)
		doc := s.doc(got.Chat.String())
		equal(s, "messages", len(doc.MessageIDs()), clients*each+1)
		var root struct {
			Children []string `json:"childrenIds"`
		}
		s.ok(jsonvalue.Text(doc.Message("root")).Decode(&root))
		equal(s, "children of the root", len(root.Children), clients*each)
		s.inStep(c.ID)
	}},
	{"a chat that is deleted while others save it", func(s *Suite) {
		bob := s.user("bob")
		c := s.chat(bob, twoMessages)
		errs := together(9, func(i int) error {
			if i == 4 {
				return s.Store.Chats.Delete(s.ctx(), bob.Who(), c.ID)
			}
			in := store.ChatInput{Document: s.doc(fmt.Sprintf(`{"history":{"messages":{"n%d":{"role":"user"}}}}`, i))}
			_, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), c.ID, in)
			return err
		})
		for i, err := range errs {
			if err != nil && (i == 4 || !errors.Is(err, dberr.ErrNotFound)) {
				s.Errorf("client %d: %v", i, err)
			}
		}
		equal(s, "chats", s.count(query.Select(tables.Chat.ID).From(tables.Chat.Table)), 0)
		equal(s, "messages", s.count(query.Select(tables.ChatMessage.ID).From(tables.ChatMessage.Table)), 0)
	}},
	{"whatever is saved, document and rows agree", func(s *Suite) {
		bob := s.user("bob")
		rapid.Check(s.T, func(t *rapid.T) {
			if s.Failed() {
				return
			}
			c := s.chat(bob, document(t))
			want := s.doc(c.Chat.String())
			for range rapid.IntRange(1, 4).Draw(t, "saves") {
				sent := s.doc(document(t))
				s.later(1)
				if _, err := s.Store.Chats.Merge(s.ctx(), bob.Who(), c.ID, store.ChatInput{Document: sent}); err != nil {
					t.Fatalf("merge: %v", err)
				}
				want = chatdoc.Merge(want, sent, authorOf(bob))
			}
			got, err := s.Store.Chats.Get(s.ctx(), store.Program(), c.ID)
			if err != nil {
				t.Fatalf("get: %v", err)
			}
			if got.Chat.String() != want.JSON() {
				t.Fatalf("stored %s\nwant %s", got.Chat.String(), want.JSON())
			}
			s.inStep(c.ID)
		})
	}},
}

// document draws a chat document with texts that engines have trouble with. A
// content that is nothing but a number is not among them: a column with numeric
// affinity changes its form, and no client sends one.
func document(t *rapid.T) string {
	texts := []string{`""`, `"a"`, `"A "`, `"a\\'\"%_"`, `"😀 \ud83d\ude00"`, `"\u0000"`, `null`,
		`[12345678901234567890,1.0,-0,1e300]`, `[1,{"x":null}]`, `{}`, `true`, `"\ufeffé"`, `"line\nline"`}
	ids := []string{"a", "b", "c", "A", "é"}
	out := `{"title":` + rapid.SampledFrom(texts).Draw(t, "title") + `,"history":{"messages":{`
	for i, id := range rapid.Permutation(ids).Draw(t, "ids")[:rapid.IntRange(0, len(ids)).Draw(t, "messages")] {
		if i > 0 {
			out += ","
		}
		out += fmt.Sprintf(`%q:{"role":%s,"content":%s,"parentId":%s,"done":%s,"usage":%s,"timestamp":%s}`, id,
			rapid.SampledFrom([]string{`"user"`, `"assistant"`, `null`}).Draw(t, "role"),
			rapid.SampledFrom(texts).Draw(t, "content"),
			rapid.SampledFrom([]string{`null`, `"a"`, `"b"`, `"gone"`}).Draw(t, "parent"),
			rapid.SampledFrom([]string{`true`, `false`, `null`}).Draw(t, "done"),
			rapid.SampledFrom([]string{`null`, `{}`, `{"prompt_tokens":1}`}).Draw(t, "usage"),
			rapid.SampledFrom([]string{`1700000000`, `1700000000123`, `1.5`, `"x"`, `null`}).Draw(t, "timestamp"))
	}
	return out + `}}}`
}
