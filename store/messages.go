package store

import (
	"context"
	"iter"
	"slices"

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
	return query.Count(ctx, m.q, query.Select(tables.ChatMessage.ID).Named("messages.Count").From(tables.ChatMessage.Table).Where(tables.ChatMessage.ChatID.Eq(chat)))
}

// One statement takes at most so many rows, and about so many bytes, which
// keeps it below every engine's limits on bound values and packets.
const (
	rowsPerStatement  = 250
	bytesPerStatement = 2 << 20
)

// add inserts the rows of a new chat.
func (m *Messages) add(ctx context.Context, rows iter.Seq[model.ChatMessage]) error {
	for part := range parts(rows) {
		if _, err := query.Exec(ctx, m.q, query.InsertRows(tables.ChatMessage.Table, part).Named("messages.Insert")); err != nil {
			return err
		}
	}
	return nil
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

// parts cuts rows into pieces of one statement each. A piece is valid until
// the next one.
func parts(rows iter.Seq[model.ChatMessage]) iter.Seq[[]model.ChatMessage] {
	return func(yield func([]model.ChatMessage) bool) {
		var part []model.ChatMessage
		size := 0
		for row := range rows {
			n := bytesOf(&row)
			if len(part) > 0 && (len(part) == rowsPerStatement || size+n > bytesPerStatement) {
				if !yield(part) {
					return
				}
				clear(part)
				part, size = part[:0], 0
			}
			part, size = append(part, row), size+n
		}
		if len(part) > 0 {
			yield(part)
		}
	}
}

func bytesOf(r *model.ChatMessage) int {
	n := len(r.ID) + len(r.ChatID) + 200
	for _, j := range []model.JSON{r.Content, r.Output, r.Files, r.Sources, r.Embeds, r.StatusHistory, r.Error, r.Usage, r.Meta} {
		n += len(j.String())
	}
	return n
}

func (m *Messages) remove(ctx context.Context, ids []string) error {
	for len(ids) > 0 {
		n := min(len(ids), rowsPerStatement)
		if _, err := query.Exec(ctx, m.q, query.Delete(tables.ChatMessage.Table).Named("messages.Remove").Where(tables.ChatMessage.ID.In(ids[:n]...))); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}
