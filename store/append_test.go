package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// clients is how many write to one chat at once.
const clients = 16

// Many clients append to one chat while others read and fold it: every message is
// there as soon as it is said to be written, and those of one client in its order.
func TestManyAppendToOneChat(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) { appendByMany(t, eng, 15) })
}

// appendByMany appends so many messages by each of the clients, and returns the most
// bytes of the heap that were in use in each tenth of them.
func appendByMany(t *testing.T, eng *engine.Engine, each int) []uint64 {
	ctx := t.Context()
	if err := fresh.Create(ctx, eng, slices.Concat(tables.All(), own.All()), []string{tables.Head}); err != nil {
		t.Fatal(err)
	}
	st, who := store.New(eng, store.Options{}), store.Who{ID: "u", Name: "U", Role: model.RoleUser}
	doc, err := chatdoc.Parse([]byte(`{"title":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	chat, err := st.Chats.Create(ctx, who, store.ChatInput{Document: doc})
	if err != nil {
		t.Fatal(err)
	}
	written := newTally()
	var heap [10]uint64
	var others sync.WaitGroup
	until := func(what string, do func(said int) error) { // a hundred times, since reading takes as long as the chat is
		others.Go(func() {
			for said, more := 0, true; more; said, more = written.wait(said + clients*each/100) {
				if err := do(said); err != nil {
					t.Errorf("%s: %v", what, err)
					return
				}
			}
		})
	}
	for _, reads := range []*store.Store{st, store.New(eng, store.Options{})} { // one of another replica
		last := 0
		until("reading", func(said int) error {
			c, err := reads.Chats.Get(ctx, who, chat.ID)
			if err != nil {
				return err
			}
			doc, err := chatdoc.ParseStored(c.Chat.String())
			if err != nil {
				return err
			}
			n := len(doc.MessageIDs())
			if n < said || n < last {
				return fmt.Errorf("%d messages are seen, %d were written and %d seen before", n, said, last)
			}
			last = n
			return nil
		})
	}
	until("folding", func(int) error {
		_, err := st.Chats.FoldDue(ctx, store.FoldWhen{Idle: 1 << 50, Rows: 100})
		if errors.Is(err, dberr.ErrConflict) { // it is folded the next time
			return nil
		}
		return err
	})
	until("measuring", func(said int) error {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		at := &heap[min(9, said*10/(clients*each))]
		*at = max(*at, m.HeapInuse)
		return nil
	})
	var writers sync.WaitGroup
	for i := range clients {
		writers.Go(func() {
			for n := range each {
				if err := appendOne(ctx, st, who, chat.ID, i, n); err != nil {
					t.Errorf("client %d, message %d: %v", i, n, err)
					return
				}
				written.add()
			}
		})
	}
	writers.Wait()
	written.end()
	others.Wait()
	if _, err := st.Chats.FoldLeft(ctx, 0); err != nil {
		t.Fatal(err)
	}
	inOrder(t, st, chat.ID, each)
	return heap[:]
}

// tally counts messages, for those who wait until there are so many.
type tally struct {
	mu    sync.Mutex
	more  *sync.Cond
	n     int
	ended bool
}

func newTally() *tally {
	w := &tally{}
	w.more = sync.NewCond(&w.mu)
	return w
}

func (w *tally) add() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	w.more.Broadcast()
}

// end says that nobody writes any more.
func (w *tally) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.more.Broadcast()
}

// wait returns how many there are once they are so many, and whether there may be
// more.
func (w *tally) wait(until int) (int, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.n < until && !w.ended {
		w.more.Wait()
	}
	return w.n, !w.ended
}

func appendOne(ctx context.Context, st *store.Store, who store.Who, chat string, client, n int) error {
	id, parent := fmt.Sprintf("c%d-%d", client, n), "null"
	if n > 0 {
		parent = fmt.Sprintf(`"c%d-%d"`, client, n-1)
	}
	return st.Chats.SetMessage(ctx, who, chat, id,
		jsonvalue.Text(fmt.Sprintf(`{"id":%q,"parentId":%s,"role":"user","content":"text %d of client %d"}`, id,
			parent, n, client)))
}

// inOrder fails the test unless a chat has all messages of all clients, each with
// its row and its one child.
func inOrder(t *testing.T, st *store.Store, chat string, each int) {
	t.Helper()
	c, err := st.Chats.Get(t.Context(), store.Program(), chat)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := chatdoc.ParseStored(c.Chat.String())
	if err != nil {
		t.Fatal(err)
	}
	next := make([]int, clients)
	for _, id := range doc.MessageIDs() {
		var client, n int
		if _, err := fmt.Sscanf(id, "c%d-%d", &client, &n); err != nil || n != next[client] {
			t.Fatalf("message %s comes when message %d of the client is due: %v", id, next[client], err)
		}
		next[client]++
		if text := jsonvalue.Text(doc.Message(id)).Member("content").
			String(); text != fmt.Sprintf(`"text %d of client %d"`, n, client) {
			t.Errorf("message %s says %s", id, text)
		}
		children := jsonvalue.Text(doc.Message(id)).Member("childrenIds").String()
		if want := fmt.Sprintf(`["c%d-%d"]`, client, n+1); n+1 < each && children != want {
			t.Errorf("message %s has the children %s", id, children)
		}
	}
	for client, n := range next {
		if n != each {
			t.Errorf("client %d has %d messages", client, n)
		}
	}
	if !strings.HasPrefix(doc.CurrentID(), "c") {
		t.Errorf("the chat stands at %q", doc.CurrentID())
	}
	rows, err := st.Messages.Count(t.Context(), chat)
	if err != nil || rows != int64(clients*each) {
		t.Errorf("%d rows, %v", rows, err)
	}
}
