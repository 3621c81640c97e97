package store

import (
	"context"
	"slices"
	"strings"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// What is refused of changes to users.
var (
	ErrPrimaryAdmin = &Refusal{"the first admin is changed by nobody else, stays admin, and is not deleted; nobody deletes themselves"}
	ErrRole         = &Refusal{"a role is pending, user or admin"}
	ErrNoStatus     = &Refusal{"the setting users.enable_status is off"}
)

// rule reports whether a user is the one who was here first, which no other
// admin may change: ErrPrimaryAdmin.
func (u *Users) rule(ctx context.Context, w Who, id string) (bool, error) {
	if !w.Admin() {
		return false, ErrNotPermitted
	}
	t := tables.User
	one, err := query.All[string](ctx, u.q, query.Select(t.ID).From(t.Table).Named("users.First").
		OrderBy(firstUser()...).Limit(1))
	first := len(one) == 1 && one[0] == id
	if err == nil && first && w.ID != id && !w.program {
		err = ErrPrimaryAdmin
	}
	return first, err
}

// UserChange is what an admin changes of a user; nil leaves as it is.
type UserChange struct {
	Role, Name, Email, Picture *string
	Password                   *string // a new one ends all sessions; empty is none
}

// Change changes a user, in one transaction. Errors: dberr.ErrNotFound,
// ErrPrimaryAdmin, ErrEmailForm, ErrRole, ErrPasswordTooLong, and
// dberr.AlreadyExists for an address that is taken.
func (u *Users) Change(ctx context.Context, w Who, id string, c UserChange) (*model.User, error) {
	first, err := u.rule(ctx, w, id)
	if err != nil {
		return nil, err
	}
	var hash string
	switch {
	case c.Role != nil && *c.Role != model.RoleAdmin && first:
		return nil, ErrPrimaryAdmin
	case c.Role != nil && *c.Role != model.RoleAdmin && *c.Role != model.RoleUser && *c.Role != model.RolePending:
		return nil, ErrRole
	case len(orZero(c.Password)) > MaxPassword:
		return nil, ErrPasswordTooLong
	}
	if c.Email != nil {
		c.Email = ptr(strings.ToLower(chatdoc.CleanString(*c.Email)))
		if !model.ValidEmail(*c.Email) {
			return nil, ErrEmailForm
		}
	}
	if orZero(c.Password) != "" {
		if hash, err = u.passwords.Hash(ctx, *c.Password); err != nil {
			return nil, err
		}
	}
	var out *model.User
	err = u.inTx(ctx, engine.TxOptions{Name: "users.Change", Idempotent: true}, func(ctx context.Context, b base) error {
		out, err = (&Users{b}).Update(ctx, w, id, func(x *model.User) error {
			for _, f := range []struct{ from, to **string }{{&c.Role, &x.Role}, {&c.Name, &x.Name}, {&c.Email, &x.Email},
				{&c.Picture, &x.ProfileImageURL}} {
				if *f.from != nil {
					*f.to = *f.from
				}
			}
			return nil
		})
		if err == nil && c.Email != nil {
			_, err = query.Exec(ctx, b.q,
				query.Update(tables.Auth.Table).Named("auths.SetEmail").Set(tables.Auth.Email.Set(*c.Email)).
					Where(tables.Auth.ID.Eq(id)))
		}
		if err == nil && hash != "" {
			err = (&Auths{b}).set(ctx, "auths.SetPassword", id, tables.Auth.Password.Set(hash))
		}
		return err
	})
	return out, err
}

// Revoke ends all sessions of a user, by an admin. Errors: dberr.ErrNotFound,
// ErrPrimaryAdmin.
func (u *Users) Revoke(ctx context.Context, w Who, id string) error {
	if _, err := u.rule(ctx, w, id); err != nil {
		return err
	}
	return (&Auths{u.base}).EndSessions(ctx, w, id)
}

// hasStatus is ErrNoStatus where users show none.
func (u *Users) hasStatus(ctx context.Context) error {
	const key = "users.enable_status"
	set, err := (&Config{u.base}).Values(ctx, key)
	if err == nil && !Flag(set[key], false) {
		err = ErrNoStatus
	}
	return err
}

// Status returns w, whose status is among what is returned. Errors: ErrNoStatus.
func (u *Users) Status(ctx context.Context, w Who) (*model.User, error) {
	if err := u.hasStatus(ctx); err != nil {
		return nil, err
	}
	return u.Get(ctx, w, w.ID)
}

// SetStatus sets what others see beside the name of w: nil leaves as it is.
// Errors: ErrNoStatus.
func (u *Users) SetStatus(ctx context.Context, w Who, emoji, message *string, expires *int64) (*model.User, error) {
	if err := u.hasStatus(ctx); err != nil {
		return nil, err
	}
	return u.Update(ctx, w, w.ID, func(x *model.User) error {
		if emoji != nil {
			x.StatusEmoji = emoji
		}
		if message != nil {
			x.StatusMessage = message
		}
		if expires != nil {
			x.StatusExpiresAt = expires
		}
		return nil
	})
}

// Delete removes a user with what is theirs alone, in one transaction, and then
// their files; docs/DATA_MODEL.md says what that is. A user who is not there is deleted already. Errors:
// ErrPrimaryAdmin, also for w themselves.
func (u *Users) Delete(ctx context.Context, w Who, id string) error {
	first, err := u.rule(ctx, w, id)
	switch {
	case err != nil:
		return err
	case first || w.ID == id:
		return ErrPrimaryAdmin
	}
	err = u.inTx(ctx, engine.TxOptions{Name: "users.Delete", Idempotent: true}, func(ctx context.Context, b base) error {
		lock := query.Select(tables.User.ID).From(tables.User.Table).Named("users.Lock").
			Where(tables.User.ID.Eq(id)).ForUpdate()
		if _, err := query.All[string](ctx, b.q, lock); err != nil {
			return err
		}
		if _, err := removeChats(ctx, &b, tables.Chat.UserID.Eq(id)); err != nil {
			return err
		}
		for _, st := range leaving(id, b.now()) {
			if _, err := query.Exec(ctx, b.q, st); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || u.blobs == nil {
		return err
	}
	// Bytes cannot be taken back, so that they go last; another call goes on.
	for n := 1; n > 0 && err == nil; {
		n, err = (&Files{u.base}).
			remove(ctx, tables.File.UserID.Eq(id), unused(tables.KnowledgeFile.FileID), unused(tables.ChannelFile.FileID),
				unused(tables.ChatFile.FileID))
	}
	return err
}

// unused holds for files that no row names in a column.
func unused(by query.Column[string]) query.Cond {
	return query.Not(query.Exists(query.Select(by).From(by.Table()).Where(by.EqTo(tables.File.ID))))
}

// leaving are the statements that remove what is a user's alone, what refers to
// others first.
func leaving(id string, now int64) []query.Statement {
	t := struct {
		note, folder, calendar, event, automation, group query.SelectStmt
	}{
		owned(tables.Note.ID, tables.Note.UserID, id), owned(tables.Folder.ID, tables.Folder.UserID, id),
		owned(tables.Calendar.ID, tables.Calendar.UserID, id),
		query.Select(tables.CalendarEvent.ID).From(tables.CalendarEvent.Table).
			Where(tables.CalendarEvent.CalendarID.InQuery(owned(tables.Calendar.ID, tables.Calendar.UserID, id))),
		owned(tables.Automation.ID, tables.Automation.UserID, id), owned(tables.GroupMember.GroupID,
			tables.GroupMember.UserID, id),
	}
	grants, members := tables.AccessGrant, tables.CalendarEventAttendee
	out := []query.Statement{
		query.Update(tables.Chat.Table).Named("chats.LeaveFolders").Set(tables.Chat.FolderID.SetNull()).Where(tables.Chat.FolderID.InQuery(t.folder)),
		query.Update(tables.Automation.Table).Named("automations.LeaveFolders").Set(tables.Automation.FolderID.SetNull()).
			Where(tables.Automation.FolderID.InQuery(t.folder)),
		query.Update(tables.Group.Table).Named("groups.Touch").Set(tables.Group.UpdatedAt.Set(now)).
			Where(tables.Group.ID.InQuery(t.group)),
		query.Delete(tables.PinnedNote.Table).Named("pins.DeleteOfUser").Where(query.Or(tables.PinnedNote.UserID.Eq(id), tables.PinnedNote.NoteID.InQuery(t.note))),
		query.Delete(members.Table).Named("attendees.DeleteOfUser").Where(query.Or(members.UserID.Eq(id), members.EventID.InQuery(t.event))),
		query.Delete(tables.CalendarEvent.Table).Named("events.DeleteOfUser").Where(tables.CalendarEvent.CalendarID.InQuery(t.calendar)),
		query.Delete(tables.AutomationRun.Table).Named("runs.DeleteOfUser").Where(tables.AutomationRun.AutomationID.InQuery(t.automation)),
		query.Delete(grants.Table).Named("grants.DeleteOfUser").Where(grants.PrincipalType.Eq("user"), grants.PrincipalID.Eq(id)),
		deleteGrants("note", grants.ResourceID.InQuery(t.note)),
		deleteGrants(folders.resource, grants.ResourceID.InQuery(t.folder)),
		deleteGrants("calendar", grants.ResourceID.InQuery(t.calendar)),
	}
	for _, c := range theirs {
		out = append(out, query.Delete(c.Table()).Named(c.Table().Name+".DeleteOfUser").Where(c.Eq(id)))
	}
	return append(out, query.Delete(tables.Auth.Table).Named("auths.Delete").Where(tables.Auth.ID.Eq(id)),
		query.Delete(tables.User.Table).Named("users.Delete").Where(tables.User.ID.Eq(id)))
}

func owned(id, owner query.Column[string], user string) query.SelectStmt {
	return query.Select(id).From(id.Table()).Where(owner.Eq(user))
}

// theirs name the user in the tables whose rows are theirs alone.
var theirs = []query.Column[string]{
	tables.SharedChat.UserID, tables.Tag.UserID, tables.Folder.UserID, tables.Note.UserID, tables.Memory.UserID, tables.Calendar.UserID,
	tables.Automation.UserID, tables.APIKey.UserID, tables.OAuthSession.UserID, tables.GroupMember.UserID, tables.ChannelMember.UserID,
	tables.MessageReaction.UserID, tables.ChatFile.UserID,
}

// ForgetProvider removes w's sign-ins at a provider. Errors: dberr.ErrNotFound
// when there are none.
func (u *Users) ForgetProvider(ctx context.Context, w Who, provider string) error {
	if _, err := u.permitted(ctx, w); err != nil {
		return err
	}
	t := tables.OAuthSession
	n, err := query.Exec(ctx, u.q,
		query.Delete(t.Table).Named("oauth.Forget").Where(t.UserID.Eq(w.ID), t.Provider.Eq(provider)))
	if err == nil && n == 0 {
		err = missing("oauth.Forget", "sign-in at this provider")
	}
	return err
}

// Seen notes that users are here now, by the program. Errors: ErrNotPermitted.
func (u *Users) Seen(ctx context.Context, w Who, ids ...string) error {
	t, now := tables.User, u.now()
	return u.note(ctx, w, "users.Seen", ids, func(some []string) query.UpdateStmt {
		return query.Update(t.Table).Set(t.LastActiveAt.Set(now)).
			Where(t.ID.In(some...), query.Or(t.LastActiveAt.IsNull(), t.LastActiveAt.Lt(now)))
	})
}

// note writes what is noted of many rows, by the program, some hundred at a time.
func (b *base) note(ctx context.Context, w Who, name string, ids []string,
	st func(some []string) query.UpdateStmt) error {
	if !w.program {
		return ErrNotPermitted
	}
	for some := range slices.Chunk(ids, 500) {
		if _, err := query.Exec(ctx, b.q, st(some).Named(name)); err != nil {
			return err
		}
	}
	return nil
}
