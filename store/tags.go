package store

import (
	"context"
	"slices"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Tags is the table tag. Which chat has which tag stands in chat.meta.
type Tags struct{ base }

// List returns the tags of a user, by id.
func (t *Tags) List(ctx context.Context, user string) ([]model.Tag, error) {
	return query.All[model.Tag](ctx, t.q, query.SelectFrom(tables.Tag.Table).Named("tags.List").Where(tables.Tag.UserID.Eq(user)).OrderBy(tables.Tag.ID))
}

// tagsOf reads the ids of the tags that a chat has.
func tagsOf(meta jsonvalue.JSON) []string {
	var m struct {
		Tags []any `json:"tags"`
	}
	decode(meta, &m)
	var ids []string
	for _, v := range m.Tags {
		if s, ok := v.(string); ok && s != "" {
			ids = append(ids, s)
		}
	}
	return ids
}

// removeOrphans removes those of the tags that no chat of the user has any more.
func (t *Tags) removeOrphans(ctx context.Context, user string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	has := make([]query.Cond, len(ids))
	for i, id := range ids {
		has[i] = tables.Chat.Meta.Path("tags").Has(id)
	}
	used, err := query.All[struct {
		Meta jsonvalue.JSON `db:"meta"`
	}](ctx, t.q, query.Select(tables.Chat.Meta).Named("tags.Used").From(tables.Chat.Table).Where(tables.Chat.UserID.Eq(user), query.Or(has...)))
	if err != nil {
		return err
	}
	for _, u := range used {
		for _, id := range tagsOf(u.Meta) {
			ids = slices.DeleteFunc(ids, func(x string) bool { return x == id })
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err = query.Exec(ctx, t.q, query.Delete(tables.Tag.Table).Named("tags.DeleteOrphans").Where(tables.Tag.UserID.Eq(user), tables.Tag.ID.In(ids...)))
	return err
}
