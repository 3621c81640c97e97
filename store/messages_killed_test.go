package store_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

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

// deadlyHook kills the program ahead of its n-th statement.
type deadlyHook struct{ deadly }

func (d *deadlyHook) Before(ctx context.Context, _ *engine.Event) context.Context {
	d.step()
	return ctx
}

func (d *deadlyHook) After(context.Context, *engine.Event) { d.step() }

// TestIsKilledWriting is the program that is killed: it writes messages, and says
// of each that it is written.
func TestIsKilledWriting(t *testing.T) {
	at, err := strconv.Atoi(os.Getenv(killedAt))
	if err != nil {
		t.Skip("this is a part of TestKilledWriting")
	}
	dir := os.Getenv(killedIn)
	eng := enginetest.Open(t, "sqlite:///"+filepath.Join(dir, "webui.db"), engine.Options{})
	st, id := store.New(eng, store.Options{}), os.Getenv("LARDER_TEST_CHAT")
	said, err := os.Create(filepath.Join(dir, "said"))
	if err != nil {
		t.Fatal(err)
	}
	eng.Observe(&deadlyHook{deadly{steps: at}})
	set := func(message, patch string) {
		t.Helper()
		if err := st.Chats.SetMessage(t.Context(), store.Program(), id, message, jsonvalue.Text(patch)); err != nil {
			t.Fatal(err)
		}
		if _, err := said.WriteString(message + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	fold := func() {
		t.Helper()
		if _, err := st.Chats.Fold(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	set("m1", `{"id":"m1","parentId":null,"role":"user","content":"m1"}`)
	set("m2", `{"id":"m2","parentId":"m1","role":"assistant","content":"not yet"}`)
	set("m2", `{"content":"m2"}`)
	fold()
	set("m3", `{"id":"m3","parentId":"m2","role":"user","content":"m3"}`)
	doc, err := chatdoc.Parse([]byte(`{"history":{"messages":{"m4":{"id":"m4","parentId":"m3","role":"user","content":"m4"}},"currentId":"m4"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Chats.Merge(t.Context(), store.Program(), id, store.ChatInput{Document: doc}); err != nil {
		t.Fatal(err)
	}
	set("m5", `{"id":"m5","parentId":"m4","role":"user","content":"m5"}`)
	fold()
}

// Wherever a program is killed that writes messages and folds them, no message is
// lost of which it was said that it is written, and the document, the rows and what
// readers see are the same.
func TestKilledWriting(t *testing.T) {
	for at := 1; ; at++ {
		dir := t.TempDir()
		eng := enginetest.Open(t, "sqlite:///"+filepath.Join(dir, "webui.db"), engine.Options{})
		ctx := t.Context()
		if err := fresh.Create(ctx, eng, append(tables.All(), own.All()...), []string{tables.Head}); err != nil {
			t.Fatal(err)
		}
		st := store.New(eng, store.Options{})
		empty, err := chatdoc.Parse([]byte(`{"title":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		chat, err := st.Chats.Create(ctx, store.Who{ID: "u", Name: "U", Role: model.RoleUser},
			store.ChatInput{Document: empty})
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestIsKilledWriting$")
		cmd.Env = append(os.Environ(), killedAt+"="+strconv.Itoa(at), killedIn+"="+dir, "LARDER_TEST_CHAT="+chat.ID)
		out, ended := cmd.CombinedOutput()
		if ended != nil && !strings.Contains(ended.Error(), "killed") {
			t.Fatalf("step %d: %v\n%s", at, ended, out)
		}
		said, err := os.ReadFile(filepath.Join(dir, "said"))
		if err != nil {
			t.Fatal(err)
		}
		seen, err := st.Chats.Get(ctx, store.Program(), chat.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := st.Chats.FoldLeft(ctx, 0); err != nil {
			t.Fatal(err)
		}
		folded, err := st.Chats.Get(ctx, store.Program(), chat.ID)
		if err != nil || folded.Chat.String() != seen.Chat.String() {
			t.Errorf("step %d: %s was seen and %s is stored, %v", at, seen.Chat, folded.Chat, err)
		}
		written(t, st, at, chat.ID, folded.Chat.String(), strings.Fields(string(said)))
		eng.Close()
		if ended == nil {
			if at < 60 {
				t.Errorf("it was killed at %d steps only", at)
			}
			return
		}
	}
}

// written fails the test when a message that was said to be written is not in the
// document, or a message of the document has no row, or another one.
func written(t *testing.T, st *store.Store, at int, chat, text string, said []string) {
	t.Helper()
	doc, err := chatdoc.ParseStored(text)
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range said {
		content := jsonvalue.Text(doc.Message(id)).Member("content").String()
		if want := strconv.Quote(id); content != want && (id != "m2" || i > 1) {
			t.Errorf("step %d: message %s has the content %q", at, id, content)
		}
	}
	rows, err := st.Messages.List(t.Context(), chat)
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]string{}
	for _, r := range rows {
		has[r.ID] = r.Content.String()
	}
	want := map[string]string{}
	for r := range doc.Rows(chat, "u", 0) {
		want[r.ID] = r.Content.String()
	}
	if fmt.Sprint(has) != fmt.Sprint(want) {
		t.Errorf("step %d: the rows are %v, the messages %v", at, has, want)
	}
}
