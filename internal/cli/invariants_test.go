//go:build soak || upstream

package cli_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/blobs"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// invariants of the database and of the bytes beside it, when nobody writes.
func invariants(t *testing.T, database, dir string) {
	t.Helper()
	ctx := t.Context()
	eng := enginetest.Open(t, database, engine.Options{})
	bucket, err := blobs.OpenDir(filepath.Join(dir, "uploads"))
	if err != nil {
		t.Fatal(err)
	}
	// What is of today may belong to an upload that goes on.
	nextDay := func() time.Time { return time.Now().Add(48 * time.Hour) }
	st := store.New(eng, store.Options{Blobs: blobs.New(bucket, nextDay)})

	// What a server that was killed has left waiting goes into the documents first.
	if _, err := st.Chats.FoldLeft(ctx, 0); err != nil {
		t.Fatal(err)
	}
	chats := 0
	for c, err := range st.Chats.Each(ctx, store.Program(), store.ChatFilter{Everybody: true, IncludeArchived: true,
		IncludePinned: true, IncludeFolders: true}, store.Page{}) {
		if err != nil {
			t.Fatal(err)
		}
		chats++
		inOrder(t, eng, c)
	}
	rows, err := query.All[int64](ctx, eng, query.Select(query.CountAll()).From(tables.Chat.Table))
	if err != nil || rows[0] != int64(chats) {
		t.Errorf("%d of %v chats were looked at; %v", chats, rows, err)
	}
	chat, msg, shared, grants := tables.Chat, tables.ChatMessage, tables.SharedChat, tables.AccessGrant
	noChat := func(id query.Column[string]) query.Cond {
		return query.Not(query.Exists(query.Select(chat.ID).From(chat.Table).Where(chat.ID.EqTo(id))))
	}
	for what, st := range map[string]query.SelectStmt{
		"messages without a chat":  query.Select(msg.ID).From(msg.Table).Where(noChat(msg.ChatID)),
		"links without a chat":     query.Select(shared.ID).From(shared.Table).Where(noChat(shared.ChatID)),
		"grants without a chat":    query.Select(grants.ID).From(grants.Table).Where(grants.ResourceType.Eq("shared_chat"), noChat(grants.ResourceID)),
		"links that no chat names": query.Select(shared.ID).From(shared.Table).Where(query.Not(query.Exists(query.Select(chat.ID).From(chat.Table).Where(chat.ShareID.EqTo(shared.ID))))),
		"chats whose link is gone": query.Select(chat.ID).From(chat.Table).Where(chat.ShareID.NotNull(), query.Not(query.Exists(query.Select(shared.ID).From(shared.Table).Where(shared.ID.EqTo(chat.ShareID))))),
	} {
		if ids, err := query.All[string](ctx, eng, st); err != nil || len(ids) > 0 {
			t.Errorf("%s: %d; %v", what, len(ids), err)
		}
	}

	if _, err := st.Files.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	files, err := st.Files.List(ctx, store.Program(), store.FileFilter{}, store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		content, err := st.Files.Open(ctx, store.Program(), f.ID)
		if err != nil || content.Bytes == nil {
			t.Errorf("the row of file %s has no bytes: %v", f.ID, err)
			continue
		}
		content.Bytes.Close()
	}
	left := 0
	err = filepath.WalkDir(filepath.Join(dir, "uploads"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && !strings.HasPrefix(d.Name(), ".") {
			left++
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) || left != len(files) {
		t.Errorf("%d files have rows, %d have bytes; %v", len(files), left, err)
	}
	t.Logf("%d chats and %d files are in order", chats, len(files))
}

// inOrder looks at the tree of a chat, and whether its rows say what its document does.
func inOrder(t *testing.T, eng *engine.Engine, c model.Chat) {
	t.Helper()
	doc, err := chatdoc.ParseStored(c.Chat.String())
	if err != nil {
		t.Errorf("chat %s: %v", c.ID, err)
		return
	}
	var tree struct {
		History struct {
			CurrentID string `json:"currentId"`
			Messages  map[string]struct {
				ParentID    *string  `json:"parentId"`
				ChildrenIDs []string `json:"childrenIds"`
			}
		}
	}
	if err := c.Chat.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	all := tree.History.Messages
	for id, m := range all {
		if m.ParentID != nil && !slices.Contains(all[*m.ParentID].ChildrenIDs, id) {
			t.Errorf("chat %s: message %s is no child of its parent %s", c.ID, id, *m.ParentID)
		}
		for _, child := range m.ChildrenIDs {
			if p := all[child].ParentID; p == nil || *p != id {
				t.Errorf("chat %s: child %s of message %s has another parent", c.ID, child, id)
			}
		}
	}
	if _, ok := all[tree.History.CurrentID]; !ok && len(all) > 0 {
		t.Errorf("chat %s: the current message is none of the chat", c.ID)
	}
	m := tables.ChatMessage
	rows, err := query.All[model.ChatMessage](t.Context(), eng, query.SelectFrom(m.Table).Where(m.ChatID.Eq(c.ID)))
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string]model.ChatMessage{}
	for _, r := range rows {
		stored[r.ID] = r
	}
	want := slices.Collect(doc.Rows(c.ID, *c.UserID, 0))
	if len(want) != len(rows) {
		t.Errorf("chat %s: the document has %d messages, and %d rows", c.ID, len(want), len(rows))
	}
	for _, w := range want {
		r, ok := stored[w.ID]
		parent := func(p *string) string {
			if p == nil {
				return ""
			}
			return *p
		}
		var a, b any
		if !ok || r.Content.Decode(&a) != nil || w.Content.Decode(&b) != nil || a != b ||
			parent(r.ParentID) != parent(w.ParentID) {
			t.Errorf("chat %s: the row of message %s says something else than the document", c.ID, w.ID)
		}
	}
}

// freePort is a port of this machine that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
