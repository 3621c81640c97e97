package store

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

// FoldWhen says which chats are due to be folded: those for which any of it
// holds.
type FoldWhen struct {
	Idle  time.Duration // this process has written nothing to the chat for so long; 0 folds all
	Rows  int64         // so many messages of it wait
	Bytes int64         // they are so long together
}

// wrote notes that more waits for a chat.
func (w *backlog) wrote(chat, owner string, at time.Time, rows, bytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.chats == nil {
		w.chats = map[string]waitingChat{}
	}
	is := w.chats[chat]
	w.chats[chat] = waitingChat{owner: owner, last: at, rows: is.rows + rows, bytes: is.bytes + bytes}
}

// knows reports whether this process has let messages wait for a chat of a user, or
// of anybody for an empty id.
func (w *backlog) knows(user string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.chats {
		if user == "" || c.owner == user {
			return true
		}
	}
	return false
}

// due are the chats that this process has written to and that are to be folded,
// in order.
func (w *backlog) due(now time.Time, when FoldWhen) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for id, c := range w.chats {
		if now.Sub(c.last) >= when.Idle || when.Rows > 0 && c.rows >= when.Rows || when.Bytes > 0 && c.bytes >= when.Bytes {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// take forgets a chat, until something is written to it again, and returns when this
// process did so last: the zero time when it did not.
func (w *backlog) take(chat string) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := w.chats[chat].last
	delete(w.chats, chat)
	return last
}

// AnyDue reports whether [Chats.FoldDue] has something to do. It asks no database.
func (c *Chats) AnyDue(when FoldWhen) bool { return len(c.backlog.due(c.clock(), when)) > 0 }

// Fold puts the messages that wait for a chat into its document, and returns how
// many rows there were. Nothing else of the chat changes; a chat that is gone takes
// what waited with it. Several programs may fold one chat at a time: each row goes
// into the document once.
func (c *Chats) Fold(ctx context.Context, id string) (n int64, err error) {
	err = c.withWaiting(ctx, func(there bool) error {
		if n = 0; !there {
			return nil
		}
		n, err = c.foldFrom(ctx, own.Message, id)
		return err
	})
	return n, err
}

// FoldDue folds the chats that this process has written to and that are due, and
// returns how many it folded. One that fails does not keep the others from being
// folded, and is left to FoldLeft; the errors come back together.
func (c *Chats) FoldDue(ctx context.Context, when FoldWhen) (int, error) {
	return c.foldAll(ctx, c.backlog.due(c.clock(), when))
}

// FoldLeft folds the chats to which nobody has written for so long, whichever
// process wrote the messages, as when one was killed. See FoldDue.
func (c *Chats) FoldLeft(ctx context.Context, idle time.Duration) (n int, err error) {
	var ids []string
	err = c.withWaiting(ctx, func(there bool) error {
		if ids = nil; there {
			ids, err = c.left(ctx, own.Message, c.clock().Add(-idle))
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return c.foldAll(ctx, ids)
}

// left are the chats for which messages wait in a table, none of them later.
func (c *Chats) left(ctx context.Context, in own.MessageTable, until time.Time) ([]string, error) {
	newest := query.Max(in.At)
	return query.All[string](ctx, c.q, query.Select(in.ChatID).From(in.Table).Named("waiting.Left").
		GroupBy(in.ChatID).Having(newest.Le(until.Unix())).OrderBy(in.ChatID))
}

func (c *Chats) foldAll(ctx context.Context, ids []string) (n int, err error) {
	for _, id := range ids {
		if ctx.Err() != nil {
			return n, errors.Join(err, ctx.Err())
		}
		wrote := c.backlog.take(id)
		rows, ferr := c.Fold(ctx, id)
		switch {
		case ferr == nil && rows > 0:
			n++
		case ferr == nil && !wrote.IsZero():
			ferr = c.moveTo(ctx, id, wrote.Unix())
		}
		if ferr != nil {
			err = errors.Join(err, ferr)
		}
	}
	return n, err
}

// moveTo gives a chat the times that it has by what this process wrote to it and
// another program has folded. One of before [own.MessageTable.UserID] folds without
// them, because it never lets them wait: lists and searches would not notice.
func (c *Chats) moveTo(ctx context.Context, id string, last int64) error {
	t := tables.Chat
	_, err := query.Exec(ctx, c.q, query.Update(t.Table).Named("chats.MoveTo").
		// In the order in which MySQL sets them.
		Set(t.LastReadAt.SetTo(timesMovedTo(query.Val(last)).read), t.UpdatedAt.Set(last)).
		Where(t.ID.Eq(id), t.UpdatedAt.IfNull(0).Lt(last)))
	return err
}

// FoldFrom folds all that waits in a table which once was larder_message, for
// when there is to be none.
func (c *Chats) FoldFrom(ctx context.Context, table string) error {
	in := own.MessagesIn(table)
	ids, err := c.left(ctx, in, c.clock().AddDate(1000, 0, 0))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := c.foldFrom(ctx, in, id); err != nil {
			return err
		}
	}
	return nil
}

func (c *Chats) foldFrom(ctx context.Context, in own.MessageTable, id string) (n int64, err error) {
	waits, err := query.Found(ctx, c.q, query.Select(in.Seq).From(in.Table).Named("waiting.Any").Where(in.ChatID.Eq(id)))
	if err != nil || !waits {
		return 0, err
	}
	err = c.inTx(ctx, engine.TxOptions{Name: "chats.Fold", Idempotent: true}, func(ctx context.Context, b base) error {
		n, err = b.fold(ctx, in, id)
		return err
	})
	return n, err
}

func (b *base) fold(ctx context.Context, in own.MessageTable, id string) (int64, error) {
	x, err := chats.find(ctx, b, Program(), MayWrite,
		query.SelectFrom(tables.Chat.Table).Named("chats.Lock").ForUpdate(), id)
	if errors.Is(err, dberr.ErrNotFound) {
		return query.Exec(ctx, b.q, query.Delete(in.Table).Named("waiting.DeleteOfChat").Where(in.ChatID.Eq(id)))
	}
	if err != nil {
		return 0, err
	}
	l, err := b.withWaitingOf(ctx, x, in, true)
	if err != nil || len(l.waits) == 0 {
		return 0, err
	}
	if l.broken != nil {
		return 0, unreadable("chats.Fold", id, l.broken)
	}
	after, err := l.united()
	if err != nil {
		return 0, err
	}
	release(l.whole)
	if st := query.Update(tables.Chat.Table).Named("chats.Fold").Diff(*x, *after); !st.Empty() {
		if _, err := query.Exec(ctx, b.q, st); err != nil {
			return 0, err
		}
	}
	m := &Messages{*b}
	if err := m.settle(ctx, slices.Collect(l.whole.RowsChanged(l.doc, id, orZero(x.UserID), b.now()))); err != nil {
		return 0, err
	}
	return int64(len(l.waits)), l.folded(ctx, b, in)
}

// settle writes those of the rows that are not stored as they should be: most
// are, since they were written with the message.
func (m *Messages) settle(ctx context.Context, rows []model.ChatMessage) error {
	var wrong []model.ChatMessage
	for part := range slices.Chunk(rows, rowsPerStatement) {
		stored, err := query.All[model.ChatMessage](ctx, m.q,
			query.SelectFrom(tables.ChatMessage.Table).Named("messages.Settled").
				Where(tables.ChatMessage.ID.In(collect(part, func(r model.ChatMessage) string { return r.ID })...)))
		if err != nil {
			return err
		}
		byID := map[string]model.ChatMessage{}
		for _, r := range stored {
			byID[r.ID] = r
		}
		for _, r := range part {
			is, ok := byID[r.ID]
			is.CreatedAt, is.UpdatedAt = r.CreatedAt, r.UpdatedAt
			if !ok || !reflect.DeepEqual(is, r) {
				wrong = append(wrong, r)
			}
		}
	}
	return m.put(ctx, wrong)
}

// unreadable is the error for a chat whose stored document is not JSON.
func unreadable(op, chat string, err error) error {
	return &dberr.Error{Op: op, Code: dberr.Internal,
		Msg: "the stored document of the chat " + chat + " is not JSON; repair the row first", Err: err}
}
