package store

import (
	"context"
	"slices"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// inMessage is how deep in a document a message is.
const inMessage = 2

// What may wait for a chat before a writer puts it into the document itself,
// where nobody folds. It bounds what readers have to add.
const (
	mostWaiting      = 4096
	mostWaitingBytes = 8 << 20
)

// UpsertMessage is [Chats.SetMessage], and returns the whole chat.
func (c *Chats) UpsertMessage(ctx context.Context, w Who, chat, message string, patch jsonvalue.JSON) (*model.Chat, error) {
	if err := c.SetMessage(ctx, w, chat, message, patch); err != nil {
		return nil, err
	}
	return c.get(ctx, w, MayWrite, chat)
}

// SetMessage sets members of one message of a chat of w, by the rules of
// [chatdoc.Document.Upsert]; a message that is not there is added with them, and
// with what [chatdoc.Document.Begun] adds. Patch is a JSON object.
//
// It costs the same in a long chat as in a short one: the message's row is
// written, and what was set waits beside the document until somebody folds it in
// (see [Chats.Fold]). Readers see it at once. What cannot be written that way goes
// into the document: members of a message that has no row, where the patch does
// not say its role, and everything where the database has no table for it.
//
// Errors: dberr.ErrNotFound for the chat, dberr.ErrInvalid for the patch.
func (c *Chats) SetMessage(ctx context.Context, w Who, chat, message string, patch jsonvalue.JSON) error {
	if _, err := chats.permitted(ctx, &c.base, w); err != nil {
		return err
	}
	p, err := patchFor(message, patch)
	if err != nil {
		return err
	}
	written := false
	o := engine.TxOptions{Name: "chats.SetMessage", Idempotent: true}
	err = c.withWaiting(ctx, func(there bool) error {
		if written = false; !there {
			return nil
		}
		return c.inTx(ctx, o, func(ctx context.Context, b base) error {
			var err error
			written, err = b.append(ctx, w, chat, p)
			return err
		})
	})
	if err != nil || written {
		return err
	}
	_, err = c.edit(ctx, o, w, chat, func(_ *model.Chat, doc *chatdoc.Document) (*chatdoc.Document, error) {
		return doc.Upsert(p.MessageID, doc.Begun(p.MessageID, p.Members, c.now())), nil
	})
	return err
}

// patchFor checks what is to be set in a message.
func patchFor(message string, patch jsonvalue.JSON) (p chatdoc.Patch, err error) {
	clean, err := chatdoc.Clean([]byte(patch.String()))
	if err == nil && !jsonvalue.Text(string(clean)).IsObject() {
		err = dberr.New(dberr.Invalid, "chats.SetMessage", "what is set in a message is a JSON object")
	}
	if err == nil {
		err = chatdoc.CheckValue(string(clean), inMessage)
	}
	return chatdoc.Patch{MessageID: chatdoc.CleanString(message), Members: string(clean)}, err
}

// append writes the row of a message and lets what was set wait for the document.
// It reports false, and has written nothing, when it has to go into the document.
func (b *base) append(ctx context.Context, w Who, chat string, p chatdoc.Patch) (bool, error) {
	t := tables.Chat
	c, err := query.One[struct {
		UserID    *string `db:"user_id"`
		UpdatedAt *int64  `db:"updated_at"`
	}](ctx, b.q, query.Select(t.UserID, t.UpdatedAt).From(t.Table).Named("chats.LockForMessage").ForUpdate().
		Where(t.ID.Eq(chat), chats.allowed(b, w, MayWrite)))
	if err != nil {
		return false, err
	}
	log := own.Message
	newest, err := query.All[own.MessageRow](ctx, b.q, query.Select(log.Seq, log.Number, log.Bytes).From(log.Table).Named("waiting.Newest").
		Where(log.ChatID.Eq(chat)).OrderBy(log.Seq.Desc()).Limit(1))
	if err != nil {
		return false, err
	}
	row := own.MessageRow{ChatID: chat, Seq: time.Now().UnixNano(), MessageID: p.MessageID, Patch: jsonvalue.Text(p.Members), At: b.now(),
		Number: 1, Bytes: int64(len(p.Members))}
	if len(newest) > 0 {
		// Clocks of several replicas need not agree.
		row.Seq, row.Number, row.Bytes = max(row.Seq, newest[0].Seq+1), row.Number+newest[0].Number, row.Bytes+newest[0].Bytes
	}
	if row.Number > mostWaiting || row.Bytes > mostWaitingBytes {
		return false, nil
	}
	if written, err := (&Messages{*b}).patch(ctx, chat, orZero(c.UserID), p); err != nil || !written {
		return false, err
	}
	if _, err := query.Exec(ctx, b.q, query.Insert(log.Table).Named("waiting.Insert").Row(row)); err != nil {
		return false, err
	}
	// Times are in seconds, and on some engines a row with a large document is
	// written whole.
	if now := b.now(); orZero(c.UpdatedAt) < now {
		seen := query.Case[int64]().When(t.LastReadAt.IfNull(0).GeTo(t.UpdatedAt.IfNull(0)), now).ElseTo(t.LastReadAt)
		_, err = query.Exec(ctx, b.q, query.Update(t.Table).Named("chats.Touch").Set(t.LastReadAt.SetTo(seen), t.UpdatedAt.Set(now)).Where(t.ID.Eq(chat)))
	}
	if tx, ok := b.q.(*engine.Tx); ok && err == nil {
		at, note := b.clock(), b.backlog
		tx.OnCommit(func() { note.wrote(chat, waitingChat{last: at, rows: row.Number, bytes: row.Bytes}) })
	}
	return true, err
}

// rowColumns are the columns of a message's row that a patch can set.
var rowColumns = map[string]query.AnyColumn{
	"role": tables.ChatMessage.Role, "parent_id": tables.ChatMessage.ParentID, "content": tables.ChatMessage.Content, "output": tables.ChatMessage.Output,
	"model_id": tables.ChatMessage.ModelID, "files": tables.ChatMessage.Files, "sources": tables.ChatMessage.Sources, "embeds": tables.ChatMessage.Embeds,
	"done": tables.ChatMessage.Done, "status_history": tables.ChatMessage.StatusHistory, "error": tables.ChatMessage.Error, "usage": tables.ChatMessage.Usage,
	"context_summary": tables.ChatMessage.ContextSummary, "meta": tables.ChatMessage.Meta, "user_id": tables.ChatMessage.UserID,
	"updated_at": tables.ChatMessage.UpdatedAt,
}

// patch writes what a patch says to the row of a message, which is made when the
// patch is a whole message. It reports false when there is no row and none can be
// made, or when the patch takes the row away.
func (m *Messages) patch(ctx context.Context, chat, owner string, p chatdoc.Patch) (bool, error) {
	t := tables.ChatMessage
	row, columns := chatdoc.PatchRow(p, chat, owner, m.now())
	if !p.Whole() {
		if slices.Contains(columns, "role") {
			return false, nil
		}
		n, err := query.Exec(ctx, m.q, query.Update(t.Table).Named("messages.Patch").Set(assignments(&row, columns)...).Where(t.ID.Eq(row.ID), t.ChatID.Eq(chat)))
		return n > 0, err
	}
	cols := collect(columns, func(name string) query.AnyColumn { return rowColumns[name] })
	_, err := query.Exec(ctx, m.q, query.InsertRows(t.Table, []model.ChatMessage{row}).Named("messages.Upsert").OnConflict(t.ID).DoUpdate(cols...))
	return true, err
}

// assignments set columns to what a row has in them.
func assignments(r *model.ChatMessage, columns []string) []query.Assignment {
	t := tables.ChatMessage
	all := map[string]query.Assignment{
		"role": t.Role.Set(r.Role), "parent_id": t.ParentID.SetPtr(r.ParentID), "content": t.Content.Set(r.Content), "output": t.Output.Set(r.Output),
		"model_id": t.ModelID.SetPtr(r.ModelID), "files": t.Files.Set(r.Files), "sources": t.Sources.Set(r.Sources), "embeds": t.Embeds.Set(r.Embeds),
		"done": t.Done.SetPtr(r.Done), "status_history": t.StatusHistory.Set(r.StatusHistory), "error": t.Error.Set(r.Error), "usage": t.Usage.Set(r.Usage),
		"context_summary": t.ContextSummary.SetPtr(r.ContextSummary), "meta": t.Meta.Set(r.Meta), "user_id": t.UserID.SetPtr(r.UserID),
		"updated_at": t.UpdatedAt.SetPtr(r.UpdatedAt),
	}
	return collect(columns, func(name string) query.Assignment { return all[name] })
}
