package bench

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/store"
)

// stored is a store with a user who has 300 chats of 13 kB and one of 950 kB, and
// the raw driver on the same database.
type stored struct {
	queryBench
	st           *store.Store
	who          store.Who
	stamp        string
	small, large string
	listing      string // the statement of a list, as it was sent
}

func newStored(b *testing.B, name string) *stored {
	b.Helper()
	db := testdb.New(b, name)
	f := &stored{}
	look := engine.AfterFunc(func(_ context.Context, e *engine.Event) {
		if e.Name == "chats.List" {
			f.listing = e.SQL
		}
	})
	opened, err := larder.Open(b.Context(), db.URL, larder.Options{Engine: engine.Options{Hooks: []engine.Hook{look}}})
	must(b, err)
	b.Cleanup(opened.Close)
	f.queryBench = queryBench{raw: openRaw(b, db.URL), hold: func(int) string { return "?" }}
	f.st = opened.Store()
	if name == testdb.PostgreSQL {
		f.hold = func(n int) string { return fmt.Sprintf("$%d", n) }
	}
	b.Cleanup(f.raw.close)
	id, err := f.st.Users.SignUp(b.Context(),
		store.NewUser{Name: "Ada", Email: "ada@example.com", Password: "a long password"})
	must(b, err)
	f.who, f.stamp = id.Who(), id.SessionStamp
	f.large = f.create(b, "large", 950_000)
	for i := range 300 {
		f.small = f.create(b, fmt.Sprintf("chat %d", i), 13_000)
	}
	return f
}

func (f *stored) create(b *testing.B, title string, size int) string {
	b.Helper()
	c, err := f.st.Chats.Create(b.Context(), f.who, store.ChatInput{Document: document(b, title, 1, size)})
	must(b, err)
	return c.ID
}

// document is a chat document with so many messages of size bytes each.
func document(b *testing.B, title string, messages, size int) *chatdoc.Document {
	b.Helper()
	text := strings.Repeat("some text ", size/10)
	var all []string
	for i := range messages {
		all = append(all, fmt.Sprintf(`"m%d":{"id":"m%d","role":"user","content":"%s","timestamp":1700000000}`, i, i, text))
	}
	doc, err := chatdoc.Parse([]byte(fmt.Sprintf(`{"title":"%s","history":{"messages":{%s}}}`, title,
		strings.Join(all, ","))))
	must(b, err)
	return doc
}

// BenchmarkStore measures calls of repositories against the same statements by
// the driver, prepared once.
func BenchmarkStore(b *testing.B) {
	for _, name := range []string{testdb.SQLite, testdb.PostgreSQL} {
		b.Run(name, func(b *testing.B) {
			f := newStored(b, name)
			b.Run("Session", f.session)
			b.Run("List60", f.list)
			b.Run("Get13kB", func(b *testing.B) { f.get(b, f.small, 20) })
			b.Run("Get950kB", func(b *testing.B) { f.get(b, f.large, 1) })
			b.Run("Create20Messages", f.createMany)
		})
	}
}

func (f *stored) session(b *testing.B) {
	ctx := b.Context()
	st := f.prepare(b, `SELECT u.id, u.name, u.email, u.role, a.session_stamp, a.mfa, c.key, c.value FROM "user" u JOIN auth a ON a.id = u.id`+
		` LEFT JOIN config c ON c.key = 'auth.mfa.enable' WHERE u.id = % AND (a.active IS NULL OR a.active)`+
		` AND NOT EXISTS (SELECT token FROM larder_ended_session WHERE token = %)`)
	token := strings.Repeat("0", 64)
	against(b, 40, func(int) {
		_, err := f.st.Auths.Session(ctx, store.Session{UserID: f.who.ID, Stamp: f.stamp, Method: "password", Token: token})
		must(b, err)
	}, func(int) {
		var id, name, email, role string
		var stamp, mfa, key, value *string
		must(b, st.QueryRowContext(ctx, f.who.ID, token).Scan(&id, &name, &email, &role, &stamp, &mfa, &key, &value))
	})
}

// list reads a page of chats: raw, the statement as it is sent, which takes
// documents for what they are, among them such as a cast would fail on.
func (f *stored) list(b *testing.B) {
	ctx := b.Context()
	ours := func(int) {
		found, err := f.st.Chats.List(ctx, f.who, store.ChatFilter{}, store.PageNumber(1))
		if must(b, err); len(found) != store.PageSize {
			b.Fatal(len(found))
		}
	}
	ours(0)
	st := f.prepare(b, f.listing)
	no, member := any(false), "internal"
	if f.hold(1) == "?" {
		no, member = 0, `$."internal"`
	}
	args := []any{"New Chat", 0, 0, no, f.who.ID, f.who.ID, no, no, no, no, member, no, no, store.PageSize, 0}
	against(b, 10, ours, func(int) {
		rows, err := st.QueryContext(ctx, args...)
		must(b, err)
		defer rows.Close()
		var found []store.ChatItem
		for rows.Next() {
			var x store.ChatItem
			var waits bool
			must(b, rows.Scan(&x.ID, &x.Title, &x.UpdatedAt, &x.CreatedAt, &x.LastReadAt, &x.Archived, &waits))
			found = append(found, x)
		}
		if must(b, rows.Err()); len(found) != store.PageSize {
			b.Fatal(len(found))
		}
	})
}

func (f *stored) get(b *testing.B, id string, per int) {
	ctx := b.Context()
	st := f.prepare(b, `SELECT id, user_id, title, created_at, updated_at, share_id, archived, chat, pinned, meta, folder_id, tasks, summary, last_read_at,`+
		` current_message_id, variables, timer_at, (SELECT min(seq) FROM larder_message WHERE chat_id = chat.id), (SELECT max(seq) FROM larder_message`+
		` WHERE chat_id = chat.id) FROM chat WHERE id = % AND user_id = %`)
	against(b, per, func(int) {
		_, err := f.st.Chats.Get(ctx, f.who, id)
		must(b, err)
	}, func(int) {
		var c model.Chat
		var first, last *int64 // of the messages that wait
		must(b, st.QueryRowContext(ctx, id, f.who.ID).
			Scan(&c.ID, &c.UserID, &c.Title, &c.CreatedAt, &c.UpdatedAt, &c.ShareID, &c.Archived, &c.Chat, &c.Pinned,
				&c.Meta, &c.FolderID, &c.Tasks, &c.Summary, &c.LastReadAt, &c.CurrentMessageID, &c.Variables, &c.TimerAt,
				&first, &last))
	})
}

// createMany writes a chat and 20 messages: raw, two statements in a transaction,
// with the same columns and the same values, which are derived from the document
// in the same way.
func (f *stored) createMany(b *testing.B) {
	ctx := b.Context()
	const messages, size = 20, 600
	insert := func(table, columns string, rows int) *sql.Stmt {
		row := "(" + strings.Repeat("%, ", strings.Count(columns, ",")) + "%)"
		return f.prepare(b, "INSERT INTO "+table+" ("+columns+") VALUES "+strings.Repeat(row+", ", rows-1)+row)
	}
	chat := insert("chat", "id, user_id, title, created_at, updated_at, share_id, archived, chat, pinned, meta, folder_id, tasks,"+
		" summary, last_read_at, current_message_id, variables, timer_at", 1)
	many := insert("chat_message", "id, chat_id, user_id, role, parent_id, content, output, model_id, files, sources, embeds, done,"+
		" status_history, error, usage, created_at, updated_at, context_summary, meta", messages)
	made := 0
	against(b, 20, func(int) {
		_, err := f.st.Chats.Create(ctx, f.who, store.ChatInput{Document: document(b, "many", messages, size)})
		must(b, err)
	}, func(int) {
		made++
		id := fmt.Sprintf("raw-%s-%d-%d", b.Name(), b.N, made)
		doc := chatdoc.New(document(b, "many", messages, size), chatdoc.Author{ID: f.who.ID, Name: f.who.Name})
		var rows []any
		for m := range doc.Rows(id, f.who.ID, int64(made)) {
			rows = append(rows, m.ID, m.ChatID, m.UserID, m.Role, m.ParentID, m.Content, m.Output, m.ModelID, m.Files,
				m.Sources, m.Embeds, m.Done, m.StatusHistory, m.Error, m.Usage, m.CreatedAt, m.UpdatedAt, m.ContextSummary, m.Meta)
		}
		must(b, inTx(ctx, f.raw.writer, func(tx *sql.Tx) error {
			inserted, with := tx.StmtContext(ctx, chat), tx.StmtContext(ctx, many)
			defer inserted.Close()
			defer with.Close()
			if _, err := inserted.ExecContext(ctx, id, f.who.ID, "many", made, made, nil, false, doc.JSON(), false, "{}",
				nil, nil, nil, made, doc.CurrentID(), "{}", nil); err != nil {
				return err
			}
			_, err := with.ExecContext(ctx, rows...)
			return err
		}))
	})
}

func inTx(ctx context.Context, db *sql.DB, fn func(tx *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}
