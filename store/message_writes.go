package store

import (
	"context"
	"errors"
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

// UpsertMessage is [Chats.SetMessage], and returns the whole chat. Errors: those
// of SetMessage.
func (c *Chats) UpsertMessage(ctx context.Context, w Who, chat, message string,
	patch jsonvalue.JSON) (*model.Chat, error) {
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
	o := engine.TxOptions{Name: "chats.SetMessage", Idempotent: true}
	own := o
	own.Late = true
	written, err := c.appended(ctx, own, func(ctx context.Context, b base) error { return b.appendToOwn(ctx, w, chat, p) })
	if errors.Is(err, errNotOwn) {
		written, err = c.appended(ctx, o, func(ctx context.Context, b base) error { return b.append(ctx, w, chat, p) })
	}
	if err != nil || written {
		return err
	}
	_, err = c.rewrite(ctx, o, w, chat, func(_ *model.Chat, doc *chatdoc.Document) (*chatdoc.Document, error) {
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

// errIntoDocument says that what is to be written cannot wait: nothing of it is
// written, and it goes into the document.
var errIntoDocument = errors.New("it goes into the document")

// appended runs write in a transaction, and reports false where messages cannot
// wait, or not that one.
func (b *base) appended(ctx context.Context, o engine.TxOptions,
	write func(context.Context, base) error) (bool, error) {
	waits := false
	err := b.withWaiting(ctx, func(there bool) error {
		if waits = there && !b.backlog.older.Load(); !waits {
			return nil
		}
		return b.inTx(ctx, o, write)
	})
	if errors.Is(err, errIntoDocument) {
		return false, nil
	}
	return waits && err == nil, err
}

// errNotOwn says that a chat is not one of the writer's own, or that nothing may wait
// for it: nothing is written.
var errNotOwn = errors.New("the chat is not one's own")

// appendToOwn is append to a chat of w: the lock and what is written go to the engine in
// one round trip.
func (b *base) appendToOwn(ctx context.Context, w Who, chat string, p chatdoc.Patch) error {
	rowOf := b.patch(chat, w.ID, p)
	if rowOf == nil {
		return errIntoDocument
	}
	n, err := query.ExecAll(ctx, b.q, lockOwn.With(chat, w.ID), letOwnWait.With(b.waits(chat, w.ID, p)), rowOf)
	switch {
	case errors.Is(err, dberr.ErrForeignKey):
		return errNotOwn // there is no such chat
	case err != nil:
		return err
	case n[1] == 0:
		return errNotOwn
	case n[2] == 0: // the message has no row
		return errIntoDocument
	}
	b.noteWaiting(chat, w.ID, p)
	return nil
}

// append writes the row of a message and lets what was set wait for the document,
// or is errIntoDocument.
func (b *base) append(ctx context.Context, w Who, chat string, p chatdoc.Patch) error {
	t := tables.Chat
	owner, err := query.One[*string](ctx, b.q,
		query.Select(t.UserID).From(t.Table).Named("chats.LockForMessage").ForUpdate().
			Where(t.ID.Eq(chat), chats.allowed(b, w, MayWrite)))
	if err != nil {
		return err
	}
	rowOf := b.patch(chat, orZero(owner), p)
	if rowOf == nil {
		return errIntoDocument
	}
	n, err := query.ExecAll(ctx, b.q, b.letWait(chat, p), rowOf)
	if err == nil && slices.Contains(n, 0) { // too much waits, or the message has no row
		return errIntoDocument
	}
	if err == nil {
		b.noteWaiting(chat, orZero(owner), p)
	}
	return err
}

// How much may differ in a document that is sent whole for it to wait.
const (
	mostDiffering      = 16 // messages
	mostDifferingBytes = 1 << 20
)

// differing are the patches that make of a document another one, and that with their
// spelling; none, and the other itself, where it is to be written as a whole.
func differing(before, after *chatdoc.Document) ([]chatdoc.Patch, *chatdoc.Document) {
	patches, made := chatdoc.Difference(before, after, mostDiffering)
	size := 0
	for _, p := range patches {
		size += len(p.Members)
	}
	if patches == nil || size > mostDifferingBytes {
		return nil, after
	}
	return patches, made
}

// waitAll lets patches wait for the document of a chat that is under lock; their
// rows are written by themselves.
func (b *base) waitAll(ctx context.Context, chat, owner string, patches []chatdoc.Patch) error {
	sts := collect(patches, func(p chatdoc.Patch) query.Statement { return b.letWait(chat, p) })
	n, err := query.ExecAll(ctx, b.q, sts...)
	if err == nil && slices.Contains(n, 0) {
		return errIntoDocument
	}
	if err == nil {
		b.noteWaiting(chat, owner, patches...)
	}
	return err
}

// noteWaiting notes what this process lets wait, when that is committed.
func (b *base) noteWaiting(chat, owner string, patches ...chatdoc.Patch) {
	tx, ok := b.q.(*engine.Tx)
	if !ok {
		return
	}
	var size int64
	for _, p := range patches {
		size += int64(len(p.Members))
	}
	at, note := b.clock(), b.backlog
	tx.OnCommit(func() { note.wrote(chat, owner, at, int64(len(patches)), size) })
}

// lockOwn takes the lock of a chat of one's own.
var lockOwn = query.Prepare[string](byIDAndOwner(query.Select(tables.Chat.ID).From(tables.Chat.Table).
	Named("chats.LockOwn").ForUpdate(), false))

// letWait and letOwnWait insert a patch that waits for the document of a chat that is
// under lock, unless too much waits, or the chat is another's. The newest row is that of
// now, and clocks of several replicas need not agree.
var letWait, letOwnWait = query.Prepare[struct{}](letWaitIn(true)), query.Prepare[struct{}](letWaitIn(false))

// waits are the parameters of letWait and letOwnWait.
type waits struct {
	ID      string         `db:"id"`
	User    string         `db:"user"`
	Seq     int64          `db:"seq"`
	Message string         `db:"message"`
	Patch   jsonvalue.JSON `db:"patch"`
	Size    int64          `db:"size"`
	Room    int64          `db:"room"`
	At      int64          `db:"at"`
}

func (b *base) waits(chat, user string, p chatdoc.Patch) query.Struct {
	size := int64(len(p.Members))
	return query.By(waits{ID: chat, User: user, Seq: time.Now().UnixNano(), Message: p.MessageID,
		Patch: jsonvalue.Text(p.Members), Size: size, Room: mostWaitingBytes - size, At: b.now()})
}

func (b *base) letWait(chat string, p chatdoc.Patch) query.Statement {
	return letWait.With(b.waits(chat, "", p))
}

func letWaitIn(all bool) query.InsertStmt {
	t, log := tables.Chat, own.Message
	newest := query.Select(log.Seq, log.Number, log.Bytes).From(log.Table).Where(log.ChatID.EqTo(query.Param[string]("id"))).
		OrderBy(log.Seq.Desc()).Limit(1)
	was := func(column string) query.Expr[int64] { return query.Field[int64]("newest", column).IfNull(0) }
	seq := query.Param[int64]("seq")
	row := query.Select(t.ID, query.Case[int64]().WhenTo(was("seq").GeTo(seq), was("seq").Plus(1)).ElseTo(seq).As("seq"),
		query.Param[string]("message").As("message_id"), query.Param[jsonvalue.JSON]("patch").As("patch"),
		was("number").Plus(1).As("number"), query.Add[int64](was("bytes"), query.Param[int64]("size")).As("bytes"),
		query.Param[int64]("at").As("at"), t.UserID).From(t.Table).LeftJoinItem(newest.Subquery("newest"), query.And()).
		Where(was("number").Lt(mostWaiting), was("bytes").LeTo(query.Param[int64]("room")))
	return query.Insert(log.Table).Named("waiting.Insert").FromSelect(byIDAndOwner(row, all), log.ChatID, log.Seq,
		log.MessageID, log.Patch, log.Number, log.Bytes, log.At, log.UserID)
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
// patch is a whole message; nil when it takes the row away.
func (b *base) patch(chat, owner string, p chatdoc.Patch) query.Statement {
	t := tables.ChatMessage
	row, columns := chatdoc.PatchRow(p, chat, owner, b.now())
	if !p.Whole() {
		if slices.Contains(columns, "role") {
			return nil
		}
		return query.Update(t.Table).Named("messages.Patch").Set(assignments(&row, columns)...).
			Where(t.ID.Eq(row.ID), t.ChatID.Eq(chat))
	}
	cols := collect(columns, func(name string) query.AnyColumn { return rowColumns[name] })
	return query.InsertRows(t.Table, []model.ChatMessage{row}).Named("messages.Upsert").OnConflict(t.ID).DoUpdate(cols...)
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
