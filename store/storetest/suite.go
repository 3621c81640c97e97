package storetest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// Suite is one case at work: a store over empty tables.
type Suite struct {
	*testing.T
	Eng   *engine.Engine
	Store *store.Store
	Dir   string // of the bytes of files

	clock atomic.Int64
}

// epoch is when every case begins, in seconds.
const epoch = 1_700_000_000

// Run runs all cases, one after the other. It deletes every row before each.
func Run(t *testing.T, eng *engine.Engine) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := &Suite{T: t, Eng: eng}
			s.clock.Store(epoch)
			s.Dir = t.TempDir()
			bucket, err := blobs.OpenDir(s.Dir)
			s.ok(err)
			defer bucket.Close()
			s.Store = store.New(eng, store.Options{Blobs: blobs.New(bucket, nil), Passwords: store.NewPasswords(bcrypt.MinCost),
				Now: s.now})
			s.empty()
			_, err = s.Store.Chats.FoldLeft(s.ctx(), 0) // finds out once which tables there are
			s.ok(err)
			c.run(s)
		})
	}
}

type testCase struct {
	name string
	run  func(*Suite)
}

var cases = slices.Concat(userCases, accountCases, sessionCases, settingCases, chatCases, messageCases, begunCases,
	mergeCases, listCases, deleteCases, stateCases, folderCases, noteCases, noteChatCases, workspaceCases, toolCallCases,
	groupCases, fileCases, knowledgeCases, accessCases, concurrencyCases)

// empty deletes all rows, those that refer to others first.
func (s *Suite) empty() {
	s.Helper()
	all := slices.Concat(tables.All(), own.All())
	for _, t := range slices.Backward(all) {
		_, err := query.Exec(s.Context(), s.Eng, query.Delete(t).AllRows())
		s.ok(err)
	}
}

func (s *Suite) ctx() context.Context { return s.Context() }

func (s *Suite) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("unexpected: %v", err)
	}
}

func (s *Suite) now() time.Time { return time.Unix(s.clock.Load(), 0) }

// later lets the clock go on.
func (s *Suite) later(seconds int64) { s.clock.Add(seconds) }

// max bounds how many statements fn sends.
func (s *Suite) max(n int, fn func()) {
	s.Helper()
	enginetest.MaxQueries(s.T, s.Eng, n, fn)
}

// admin signs the first user up.
func (s *Suite) admin() *store.Identity {
	s.Helper()
	id, err := s.Store.Users.SignUp(s.ctx(), store.NewUser{Name: "Ada", Email: "ada@example.com", Password: "pw-ada"})
	s.ok(err)
	return id
}

// user adds a user.
func (s *Suite) user(name string) *store.Identity {
	s.Helper()
	id, err := s.Store.Users.Add(s.ctx(), store.Program(),
		store.NewUser{Name: name, Email: name + "@example.com", Password: "pw-" + name, Role: model.RoleUser})
	s.ok(err)
	return id
}

func authorOf(id *store.Identity) chatdoc.Author { return chatdoc.Author{ID: id.ID, Name: id.Name} }

// doc reads a document.
func (s *Suite) doc(text string) *chatdoc.Document {
	s.Helper()
	d, err := chatdoc.Parse([]byte(text))
	s.ok(err)
	return d
}

func (s *Suite) input(text string) store.ChatInput {
	s.Helper()
	return store.ChatInput{Document: s.doc(text)}
}

// chat creates a chat.
func (s *Suite) chat(by *store.Identity, text string) *model.Chat {
	s.Helper()
	c, err := s.Store.Chats.Create(s.ctx(), by.Who(), s.input(text))
	s.ok(err)
	return c
}

// insert writes a row directly.
func (s *Suite) insert(st query.InsertStmt) {
	s.Helper()
	_, err := query.Exec(s.ctx(), s.Eng, st)
	s.ok(err)
}

func (s *Suite) exec(st query.Statement) {
	s.Helper()
	_, err := query.Exec(s.ctx(), s.Eng, st)
	s.ok(err)
}

func (s *Suite) count(q query.Query) int64 {
	s.Helper()
	n, err := query.Count(s.ctx(), s.Eng, q)
	s.ok(err)
	return n
}

func equal[T comparable](s *Suite, what string, got, want T) {
	s.Helper()
	if got != want {
		s.Errorf("%s is %v, want %v", what, got, want)
	}
}

// sameJSON compares two JSON texts by value, numbers as they are written.
func (s *Suite) sameJSON(what, got, want string) {
	s.Helper()
	g, w := canonical(s, got), canonical(s, want)
	if g != w {
		s.Errorf("%s differs\n got %s\nwant %s", what, g, w)
	}
}

func canonical(s *Suite, text string) string {
	s.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		s.Fatalf("%v in %.200s", err, text)
	}
	b, err := json.Marshal(v)
	s.ok(err)
	return string(b)
}

// inStep fails the case when the rows of a chat's messages are not those of its document.
func (s *Suite) inStep(chat string) {
	s.Helper()
	c, err := s.Store.Chats.Get(s.ctx(), store.Program(), chat)
	s.ok(err)
	doc, err := chatdoc.ParseStored(c.Chat.String())
	s.ok(err)
	rows, err := s.Store.Messages.List(s.ctx(), chat)
	s.ok(err)
	got := map[string]model.ChatMessage{}
	for _, r := range rows {
		got[r.ID] = r
	}
	want := slices.Collect(doc.Rows(chat, *c.UserID, 0))
	if len(got) != len(want) {
		s.Errorf("chat %s has %d message rows, its document has %d messages with a role", chat, len(got), len(want))
	}
	for _, w := range want {
		g, ok := got[w.ID]
		if !ok {
			s.Errorf("message %s has no row", w.ID)
			continue
		}
		equal(s, w.ID+" role", g.Role, w.Role)
		equal(s, w.ID+" parent_id", text(g.ParentID), text(w.ParentID))
		equal(s, w.ID+" model_id", text(g.ModelID), text(w.ModelID))
		equal(s, w.ID+" user_id", text(g.UserID), text(w.UserID))
		equal(s, w.ID+" done", *g.Done, *w.Done)
		for _, j := range [][2]jsonvalue.JSON{{g.Content, w.Content}, {g.Usage, w.Usage}, {g.StatusHistory, w.StatusHistory},
			{g.Error, w.Error}, {g.Sources, w.Sources}, {g.Files, w.Files}} {
			s.sameJSON(w.ID, j[0].String(), j[1].String())
		}
	}
}

func text(p *string) string {
	if p == nil {
		return "<NULL>"
	}
	return *p
}

func ptr[T any](v T) *T { return &v }
