package store

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Tags is the table tag. Which chat has which tag stands in chat.meta.
type Tags struct{ base }

// ErrTagName is the refusal of the name that stands for chats without a tag.
var ErrTagName = &Refusal{`a tag cannot be called "none"`}

// TagID is the id of the tag with a name: in lower case, with _ for spaces.
func TagID(name string) string {
	return cases.Lower(language.Und).String(strings.ReplaceAll(chatdoc.CleanString(name), " ", "_"))
}

// List returns the tags of a user, by id.
func (t *Tags) List(ctx context.Context, user string) ([]model.Tag, error) {
	return t.some(ctx, tables.Tag.UserID.Eq(user))
}

func (t *Tags) some(ctx context.Context, which ...query.Cond) ([]model.Tag, error) {
	return query.All[model.Tag](ctx, t.q,
		query.SelectFrom(tables.Tag.Table).Named("tags.List").Where(which...).OrderBy(tables.Tag.ID))
}

// Of returns the tags that a chat of w has, by id. dberr.ErrNotFound when w has
// no such chat.
func (t *Tags) Of(ctx context.Context, w Who, chat string) ([]model.Tag, error) {
	if _, err := chats.permitted(ctx, &t.base, w); err != nil {
		return nil, err
	}
	of, err := query.One[struct {
		Meta  jsonvalue.JSON `db:"meta"`
		Owner *string        `db:"user_id"`
	}](ctx, t.q, query.Select(tables.Chat.Meta, tables.Chat.UserID).From(tables.Chat.Table).Named("chats.Meta").
		Where(tables.Chat.ID.Eq(chat), chats.allowed(&t.base, w, MayRead)))
	if err != nil {
		return nil, err
	}
	return t.some(ctx, tables.Tag.UserID.Eq(orZero(of.Owner)), tables.Tag.ID.In(tagsOf(of.Meta)...))
}

// Add gives a chat of w a tag, which is made if need be, and returns all that
// the chat has. Errors: ErrTagName, dberr.ErrNotFound.
func (t *Tags) Add(ctx context.Context, w Who, chat, name string) ([]model.Tag, error) {
	id := TagID(name)
	if id == "none" {
		return nil, ErrTagName
	}
	return t.change(ctx, w, "tags.Add", chat, func(ctx context.Context, b base, ids []string) ([]string, error) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		return ids, (&Tags{b}).ensure(ctx, w.ID, []string{name})
	})
}

// Remove takes a tag from a chat of w, and returns those that the chat still has.
// A tag that no chat has any more goes. Errors: dberr.ErrNotFound.
func (t *Tags) Remove(ctx context.Context, w Who, chat, name string) ([]model.Tag, error) {
	id := TagID(name)
	return t.change(ctx, w, "tags.Remove", chat, func(_ context.Context, _ base, ids []string) ([]string, error) {
		return slices.DeleteFunc(ids, func(x string) bool { return x == id }), nil
	})
}

// RemoveAll takes all tags from a chat of w. Errors: dberr.ErrNotFound.
func (t *Tags) RemoveAll(ctx context.Context, w Who, chat string) error {
	_, err := t.change(ctx, w, "tags.RemoveAll", chat,
		func(context.Context, base, []string) ([]string, error) { return nil, nil })
	return err
}

// change gives the tags of a chat to edit, under lock, and removes those that no
// chat has any more.
func (t *Tags) change(ctx context.Context, w Who, name, chat string,
	edit func(context.Context, base, []string) ([]string, error)) ([]model.Tag, error) {
	if _, err := chats.permitted(ctx, &t.base, w); err != nil {
		return nil, err
	}
	var out []model.Tag
	err := t.inTx(ctx, engine.TxOptions{Name: name, Idempotent: true}, func(ctx context.Context, b base) error {
		c := tables.Chat
		meta, err := query.One[jsonvalue.JSON](ctx, b.q,
			query.Select(c.Meta).From(c.Table).Named("chats.LockMeta").ForUpdate().
				Where(c.ID.Eq(chat), chats.mine(w, MayWrite)))
		if err != nil {
			return err
		}
		had := tagsOf(meta)
		ids, err := edit(ctx, b, slices.Clone(had))
		if err != nil {
			return err
		}
		if !slices.Equal(ids, had) {
			list, err := jsonvalue.Of(append([]string{}, ids...))
			if err != nil {
				return err
			}
			meta = objectOr(meta).With("tags", list)
			if _, err := query.Exec(ctx, b.q, query.Update(c.Table).Named("chats.SetMeta").Set(c.Meta.Set(meta)).
				Where(c.ID.Eq(chat))); err != nil {
				return err
			}
		}
		tags := Tags{b}
		if err := tags.removeOrphans(ctx, w.ID,
			slices.DeleteFunc(had, func(x string) bool { return slices.Contains(ids, x) })); err != nil {
			return err
		}
		out, err = tags.some(ctx, tables.Tag.UserID.Eq(w.ID), tables.Tag.ID.In(ids...))
		return err
	})
	return out, err
}

// ensure makes those tags of a user that are not there.
func (t *Tags) ensure(ctx context.Context, user string, names []string) error {
	var rows []model.Tag
	for _, name := range names {
		row := model.Tag{ID: TagID(name), Name: ptr(chatdoc.CleanString(name)), UserID: &user}
		if slices.ContainsFunc(rows, func(r model.Tag) bool { return r.ID == row.ID }) {
			continue
		}
		if err := row.Validate(); err != nil {
			return invalid("tags.Ensure", err)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := query.Exec(ctx, t.q,
		query.InsertRows(tables.Tag.Table, rows).Named("tags.Ensure").
			OnConflict(tables.Tag.ID, tables.Tag.UserID).DoNothing())
	return err
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
	}](ctx, t.q, query.Select(tables.Chat.Meta).Named("tags.Used").From(tables.Chat.Table).
		Where(tables.Chat.UserID.Eq(user), query.Or(has...)))
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
	_, err = query.Exec(ctx, t.q,
		query.Delete(tables.Tag.Table).Named("tags.DeleteOrphans").
			Where(tables.Tag.UserID.Eq(user), tables.Tag.ID.In(ids...)))
	return err
}
