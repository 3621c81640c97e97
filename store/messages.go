package store

import (
	"context"
	"iter"
	"slices"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Messages is the table chat_message: the rows that stand beside the documents
// of chats. They are written with the chat and cannot be written alone.
type Messages struct{ base }

// List returns the rows of a chat, the oldest first.
func (m *Messages) List(ctx context.Context, chat string) ([]model.ChatMessage, error) {
	return query.All[model.ChatMessage](ctx, m.q, query.SelectFrom(tables.ChatMessage.Table).Named("messages.List").
		Where(tables.ChatMessage.ChatID.Eq(chat)).OrderBy(tables.ChatMessage.CreatedAt, tables.ChatMessage.ID))
}

// Count returns how many rows a chat has.
func (m *Messages) Count(ctx context.Context, chat string) (int64, error) {
	return query.Count(ctx, m.q,
		query.Select(tables.ChatMessage.ID).Named("messages.Count").From(tables.ChatMessage.Table).
			Where(tables.ChatMessage.ChatID.Eq(chat)))
}

// One statement takes at most so many rows, and about so many bytes, which
// keeps it below every engine's limits on bound values and packets.
const (
	rowsPerStatement  = 250
	bytesPerStatement = 2 << 20
)

// add inserts rows that are not there: in one statement when there are few, by
// the engine's way for many otherwise, which takes them one by one.
func (m *Messages) add(ctx context.Context, rows iter.Seq[model.ChatMessage]) error {
	next, stop := iter.Pull(rows)
	defer stop()
	var few []model.ChatMessage
	size := 0
	row, more := next()
	for ; more && (len(few) == 0 || len(few) < rowsPerStatement && size+bytesOf(&row) <= bytesPerStatement); row,
		more = next() {
		few, size = append(few, row), size+bytesOf(&row)
	}
	if !more {
		if len(few) == 0 {
			return nil
		}
		_, err := query.Exec(ctx, m.q, query.InsertRows(tables.ChatMessage.Table, few).Named("messages.Insert"))
		return err
	}
	_, err := query.BulkInsert(ctx, m.q, tables.ChatMessage.Table, func(yield func(model.ChatMessage, error) bool) {
		for _, r := range few {
			if !yield(r, nil) {
				return
			}
		}
		for ; more; row, more = next() {
			if !yield(row, nil) {
				return
			}
		}
	})
	return err
}

// put writes rows in place of those with the same ids, if any, in a number of
// statements that does not depend on how many there are. When a message was
// made stays as it was first said. The chat is under lock.
func (m *Messages) put(ctx context.Context, rows []model.ChatMessage) error {
	if len(rows) == 0 {
		return nil
	}
	var stored []string
	created := make(map[string]*int64)
	for part := range slices.Chunk(rows, rowsPerStatement) {
		ids := make([]string, len(part))
		for i := range part {
			ids[i] = part[i].ID
		}
		found, err := query.All[struct {
			ID        string `db:"id"`
			CreatedAt *int64 `db:"created_at"`
		}](ctx, m.q, query.Select(tables.ChatMessage.ID, tables.ChatMessage.CreatedAt).Named("messages.Stored").
			From(tables.ChatMessage.Table).Where(tables.ChatMessage.ID.In(ids...)))
		if err != nil {
			return err
		}
		for _, f := range found {
			stored = append(stored, f.ID)
			created[f.ID] = f.CreatedAt
		}
	}
	if err := m.remove(ctx, stored); err != nil {
		return err
	}
	for i := range rows {
		if at, ok := created[rows[i].ID]; ok {
			rows[i].CreatedAt = at
		}
	}
	return m.add(ctx, slices.Values(rows))
}

func bytesOf(r *model.ChatMessage) int {
	n := len(r.ID) + len(r.ChatID) + 200
	for _, j := range []jsonvalue.JSON{r.Content, r.Output, r.Files, r.Sources, r.Embeds, r.StatusHistory, r.Error,
		r.Usage, r.Meta} {
		n += len(j.String())
	}
	return n
}

func (m *Messages) remove(ctx context.Context, ids []string) error {
	for len(ids) > 0 {
		n := min(len(ids), rowsPerStatement)
		if _, err := query.Exec(ctx, m.q, query.Delete(tables.ChatMessage.Table).Named("messages.Remove").
			Where(tables.ChatMessage.ID.In(ids[:n]...))); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}
