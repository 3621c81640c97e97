package store

import (
	"context"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Chats about a note belong to whoever reads it and are internal: no list of
// chats shows them.

// noteChatMeta is what a chat about a note says in meta.
func noteChatMeta(note string) jsonvalue.JSON {
	return jsonvalue.Text(`{"internal":true,"type":"note"}`).With("note_id", quoted(note))
}

// noteContext is what the model of such a chat is told, in Open WebUI's words:
// its page and its tools go by them.
func noteContext(note string) string {
	return "CONTEXT:\nCurrent note id: " + note + "\nThis chat is attached to the current note.\n" +
		"For edit requests like make this concise, rewrite, enhance, shorten, or update: call view_note then replace_note_content.\n" +
		"Do not say an edit is done unless replace_note_content succeeds."
}

// ofNote holds for the chats of w about a note.
func ofNote(w Who, note string) query.Cond {
	meta := tables.Chat.Meta
	return query.And(tables.Chat.UserID.Eq(w.ID), meta.Path("internal").Bool().IfNull(false).Eq(true),
		meta.Path("type").Text().Eq("note"), meta.Path("note_id").Text().Eq(note))
}

// Chats returns the chats of w about a note that w may read, the last changed
// first. Errors: dberr.ErrNotFound, ErrNoAccess.
func (n *Notes) Chats(ctx context.Context, w Who, note string) ([]model.Chat, error) {
	if _, err := notes.get(ctx, &n.base, w, MayRead, note); err != nil {
		return nil, err
	}
	return n.chatsOf(ctx, w, note, Page{})
}

func (b *base) chatsOf(ctx context.Context, w Who, note string, p Page) ([]model.Chat, error) {
	return b.readChats(ctx, "chats.OfNote", func(st query.SelectStmt, at times) query.SelectStmt {
		return p.apply(st.Where(ofNote(w, note)).OrderBy(at.updated.Desc(), tables.Chat.ID))
	})
}

// Chat returns the chat of w about a note that changed last, and makes one
// where there is none. Errors as of Chats.
func (n *Notes) Chat(ctx context.Context, w Who, note string) (*model.Chat, error) {
	if _, err := notes.get(ctx, &n.base, w, MayRead, note); err != nil {
		return nil, err
	}
	var out *model.Chat
	err := n.inTx(ctx, engine.TxOptions{Name: "notes.Chat", Idempotent: true}, func(ctx context.Context, b base) error {
		// Two pages that ask at once get the same chat.
		lock := query.Select(tables.Note.ID).From(tables.Note.Table).Named("notes.LockForChat").
			Where(tables.Note.ID.Eq(note)).ForUpdate()
		if _, err := query.One[string](ctx, b.q, lock); err != nil {
			return err
		}
		found, err := b.chatsOf(ctx, w, note, Page{Limit: 1})
		if err != nil || len(found) > 0 {
			if err == nil {
				out = &found[0]
			}
			return err
		}
		out, err = (&Notes{b}).addChat(ctx, w, note)
		return err
	})
	return out, err
}

// NewChat makes another chat of w about a note. Errors as of Chats.
func (n *Notes) NewChat(ctx context.Context, w Who, note string) (*model.Chat, error) {
	if _, err := notes.get(ctx, &n.base, w, MayRead, note); err != nil {
		return nil, err
	}
	return n.addChat(ctx, w, note)
}

func (n *Notes) addChat(ctx context.Context, w Who, note string) (*model.Chat, error) {
	id := n.newID()
	system := jsonvalue.Text("{}").With("system", quoted(noteContext(note)))
	text := jsonvalue.Text("{}").With("id", quoted(id)).With("title", quoted("Chat")).
		With("models", jsonvalue.Text(`[""]`)).With("params", system).
		With("history", jsonvalue.Text(`{"messages":{},"currentId":null}`)).With("messages", jsonvalue.Text("[]")).
		With("tags", jsonvalue.Text("[]"))
	doc, err := chatdoc.Parse([]byte(text.String()))
	if err != nil {
		return nil, err
	}
	chat := newChat(id, w.ID, n.now())
	chat.Meta = noteChatMeta(note)
	if err := put(&chat, doc); err != nil {
		return nil, err
	}
	return one(chat, chats.insert(ctx, &n.base, &chat))
}
