package store

import (
	"cmp"
	"context"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Shares is the table shared_chat: snapshots of chats behind a link. A snapshot
// is for its owner and those to whom the chat's grants give it, which may be
// anyone, without a session.
type Shares struct{ base }

// Share makes a link to a chat of w, or brings what is behind it up to date, and
// returns the chat. Users need the permission chat.share. Mode is what a client
// notes with it; empty for nothing. Errors: ErrNotPermitted, dberr.ErrNotFound.
func (s *Shares) Share(ctx context.Context, w Who, chat, mode string) (*model.Chat, error) {
	if _, err := s.permitted(ctx, w, "chat", "share"); err != nil {
		return nil, err
	}
	var out *model.Chat
	err := s.lockedInTx(ctx, "shares.Share", w, chat, func(ctx context.Context, b base, is *locked) error {
		if is.broken != nil {
			return is.broken
		}
		x, err := is.united()
		if err != nil {
			return err
		}
		doc := is.whole
		share, err := jsonvalue.Of(mode)
		if err != nil {
			return err
		}
		if mode == "" {
			share = jsonvalue.Null()
		}
		now, t := b.now(), tables.SharedChat
		row := model.SharedChat{ID: b.newID(), ChatID: x.ID, UserID: orZero(x.UserID), Title: x.Title,
			Chat: jsonvalue.Text(doc.With("share_mode", share.String()).JSON()), CreatedAt: &now, UpdatedAt: &now}
		if out = x; x.ShareID != nil {
			n, err := query.Exec(ctx, b.q, query.Update(t.Table).Named("shares.Update").
				Set(t.Title.SetPtr(row.Title), t.Chat.Set(row.Chat), t.UpdatedAt.Set(now)).Where(t.ID.Eq(*x.ShareID)))
			if err != nil || n > 0 {
				return err
			}
		}
		x.ShareID = &row.ID
		if _, err := query.Exec(ctx, b.q, query.Insert(t.Table).Named("shares.Insert").Row(row)); err != nil {
			return err
		}
		_, err = query.Exec(ctx, b.q,
			query.Update(tables.Chat.Table).Named("chats.SetShare").Set(tables.Chat.ShareID.Set(row.ID)).
				Where(tables.Chat.ID.Eq(x.ID)))
		return err
	})
	return out, err
}

// lockedInTx calls fn in a transaction that holds the lock of a chat of w.
func (s *Shares) lockedInTx(ctx context.Context, name string, w Who, chat string,
	fn func(ctx context.Context, b base, is *locked) error) error {
	return s.withWaiting(ctx, func(there bool) error {
		return s.inTx(ctx, engine.TxOptions{Name: name, Idempotent: true}, func(ctx context.Context, b base) error {
			is, err := b.lockChat(ctx, w, MayWrite, chat, there)
			if err != nil {
				return err
			}
			return fn(ctx, b, is)
		})
	})
}

// Unshare removes the links to a chat of w, and who may use them. False when
// the chat has none; dberr.ErrNotFound when w has no such chat.
func (s *Shares) Unshare(ctx context.Context, w Who, chat string) (shared bool, err error) {
	if _, err := chats.permitted(ctx, &s.base, w); err != nil {
		return false, err
	}
	err = s.inTx(ctx, engine.TxOptions{Name: "shares.Unshare"}, func(ctx context.Context, b base) error {
		lock := query.Select(tables.Chat.ShareID).From(tables.Chat.Table).Named("chats.LockShare").ForUpdate()
		link, err := query.One[*string](ctx, b.q, lock.Where(tables.Chat.ID.Eq(chat), chats.mine(w, MayWrite)))
		if err != nil {
			return err
		}
		shared = link != nil
		return removeShares(ctx, &b, tables.Chat.ID.Eq(chat))
	})
	return shared, err
}

// UnshareAll removes the links to all chats of w.
func (s *Shares) UnshareAll(ctx context.Context, w Who) error {
	if _, err := chats.permitted(ctx, &s.base, w); err != nil {
		return err
	}
	return s.inTx(ctx, engine.TxOptions{Name: "shares.UnshareAll", Idempotent: true},
		func(ctx context.Context, b base) error {
			return removeShares(ctx, &b, tables.Chat.UserID.Eq(w.ID))
		})
}

func removeShares(ctx context.Context, b *base, which query.Cond) error {
	ids := query.Select(tables.Chat.ID).From(tables.Chat.Table).Where(which)
	for _, st := range []query.Statement{
		query.Delete(tables.SharedChat.Table).Named("shares.Delete").Where(tables.SharedChat.ChatID.InQuery(ids)),
		deleteGrants(sharedChatResource, tables.AccessGrant.ResourceID.InQuery(ids)),
		query.Update(tables.Chat.Table).Named("chats.Unshare").Set(tables.Chat.ShareID.SetNull()).
			Where(which, tables.Chat.ShareID.NotNull()),
	} {
		if _, err := query.Exec(ctx, b.q, st); err != nil {
			return err
		}
	}
	return nil
}

// Get returns the snapshot behind a link. ErrNoAccess for whom it is not;
// dberr.ErrNotFound when there is none. Nobody, the zero Who, may have what is
// for anyone.
func (s *Shares) Get(ctx context.Context, w Who, id string) (*model.SharedChat, error) {
	t, g := tables.SharedChat, tables.AccessGrant
	anyone := query.Exists(query.Select(g.ID).From(g.Table).
		Where(g.ResourceType.Eq(sharedChatResource), g.ResourceID.EqTo(t.ChatID), g.PrincipalType.Eq("anyone")))
	may := query.Or(anyone, t.UserID.Eq(w.ID), granted(sharedChatResource, t.ChatID, w.ID, MayRead))
	switch {
	case w.program || w.Admin() && !s.admins.NoChats:
		may = query.Cond{}
	case w.Role == "" || w.Role == model.RolePending:
		may = anyone
	}
	x, err := query.One[model.SharedChat](ctx, s.q, query.SelectFrom(t.Table).Named("shares.Get").Where(t.ID.Eq(id), may))
	if err == nil {
		return &x, nil
	}
	there, ferr := query.Found(ctx, s.q, query.Select(t.ID).Named("shares.Found").From(t.Table).Where(t.ID.Eq(id)))
	if ferr == nil && there {
		return nil, ErrNoAccess
	}
	return nil, cmp.Or(ferr, err)
}

// ShareItem is a link in a list.
type ShareItem struct {
	ID        string  `db:"id"` // the link
	ChatID    string  `db:"chat_id"`
	Title     *string `db:"title"`
	CreatedAt int64   `db:"created_at"` // seconds
	UpdatedAt int64   `db:"updated_at"` // seconds
}

// List returns the links that w has made and whose title has a part, without
// what is behind them: by a column of updated_at (the standard), created_at and title.
func (s *Shares) List(ctx context.Context, w Who, part, by string, ascending bool, p Page) ([]ShareItem, error) {
	if _, err := chats.permitted(ctx, &s.base, w); err != nil {
		return nil, err
	}
	s = &Shares{s.lists()}
	t := tables.SharedChat
	st := query.Select(t.ID, t.ChatID, t.Title, t.CreatedAt.IfNull(0).As("created_at"),
		t.UpdatedAt.IfNull(0).As("updated_at")).From(t.Table).Named("shares.List").
		Where(t.UserID.Eq(w.ID), when(part != "", t.Title.ContainsFold(part))).
		OrderBy(sorted(by, ascending, t.UpdatedAt, map[string]sortable{"created_at": t.CreatedAt, "title": t.Title}), t.ID)
	return query.All[ShareItem](ctx, s.q, p.apply(st))
}

// Grants returns who may use the link to a chat that w may read. Errors:
// dberr.ErrNotFound.
func (s *Shares) Grants(ctx context.Context, w Who, chat string) ([]model.AccessGrant, error) {
	if _, err := chats.get(ctx, &s.base, w, MayRead, chat); err != nil {
		return nil, err
	}
	of, err := (&Grants{s.base}).Of(ctx, sharedChatResource, chat)
	return of[chat], err
}

// SetGrants says who may use the link to a chat of w, and returns the chat.
// Users need the permission sharing.public_chats for everybody who is signed
// in, and sharing.open_chats for anyone. Errors: ErrAudience, dberr.ErrNotFound.
func (s *Shares) SetGrants(ctx context.Context, w Who, chat string, grants []Grant) (*model.Chat, error) {
	p, err := s.permitted(ctx, w, "chat", "share")
	if err != nil {
		return nil, err
	}
	var out *model.Chat
	err = s.lockedInTx(ctx, "shares.SetGrants", w, chat, func(ctx context.Context, b base, is *locked) error {
		if out, err = is.united(); err != nil {
			return err
		}
		if err := mayShare(p, "chats", grants); err != nil {
			return err
		}
		return (&Grants{b}).replace(ctx, sharedChatResource, chat, grants)
	})
	return out, err
}
