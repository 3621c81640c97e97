package store

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/google/uuid"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// Identity is what a request needs to know about who sends it: a user and the
// state of their sessions.
type Identity struct {
	ID           string
	Name         string
	Email        string
	Role         string
	SessionStamp string // sessions with another stamp are over
}

type identityRow struct {
	ID           string  `db:"id"`
	Name         *string `db:"name"`
	Email        *string `db:"email"`
	Role         *string `db:"role"`
	SessionStamp *string `db:"session_stamp"`
}

func (r *identityRow) identity() *Identity {
	return &Identity{ID: r.ID, Name: orZero(r.Name), Email: orZero(r.Email), Role: orZero(r.Role), SessionStamp: orZero(r.SessionStamp)}
}

type credentialRow struct {
	identityRow
	Password *string        `db:"password"`
	Active   *bool          `db:"active"`
	MFA      jsonvalue.JSON `db:"mfa"`
}

// Auths is the table auth: passwords and sessions.
type Auths struct{ base }

// selectIdentity reads user and auth in one statement. A user without an auth
// row has no identity.
func selectIdentity(name string, more ...query.Selectable) query.SelectStmt {
	cols := append([]query.Selectable{tables.User.ID, tables.User.Name, tables.User.Email, tables.User.Role, tables.Auth.SessionStamp}, more...)
	return query.Select(cols...).Named(name).From(tables.User.Table).Join(tables.Auth.Table, tables.Auth.ID.EqTo(tables.User.ID))
}

// Identity returns who a user is, in one statement, or dberr.ErrNotFound.
func (a *Auths) Identity(ctx context.Context, id string) (*Identity, error) {
	r, err := query.One[identityRow](ctx, a.q, selectIdentity("auths.Identity").Where(tables.User.ID.Eq(id)))
	if err != nil {
		return nil, err
	}
	return r.identity(), nil
}

// IdentityByAPIKey returns whom a key belongs to, in one statement, or
// dberr.ErrNotFound; also for a key that has expired.
func (a *Auths) IdentityByAPIKey(ctx context.Context, key string) (*Identity, error) {
	r, err := query.One[identityRow](ctx, a.q, selectIdentity("auths.IdentityByAPIKey").
		Join(tables.APIKey.Table, tables.APIKey.UserID.EqTo(tables.User.ID)).
		Where(tables.APIKey.Key.Eq(key), query.Or(tables.APIKey.ExpiresAt.IsNull(), tables.APIKey.ExpiresAt.Gt(a.now()))))
	if err != nil {
		return nil, err
	}
	return r.identity(), nil
}

// SignIn returns who has this address and password. It changes nothing. The
// wrong password, an unknown address and a password that is switched off are
// all ErrWrongPassword, and take the same time. A user with a second factor,
// while second factors are on, is ErrSecondFactor.
func (a *Auths) SignIn(ctx context.Context, email, password string) (*Identity, error) {
	r, err := query.One[credentialRow](ctx, a.q, selectIdentity("auths.SignIn", tables.Auth.Password, tables.Auth.Active, tables.Auth.MFA).Where(sameEmail(email)))
	if err != nil && !errors.Is(err, dberr.ErrNotFound) {
		return nil, err
	}
	ok, verr := a.passwords.Verify(ctx, orZero(r.Password), password)
	switch {
	case verr != nil:
		return nil, verr
	case err != nil || !ok || r.Active != nil && !*r.Active:
		return nil, ErrWrongPassword
	}
	var factors map[string]any
	decode(r.MFA, &factors)
	if len(factors) > 0 {
		set, err := (&Config{a.base}).Settings(ctx)
		if err != nil {
			return nil, err
		}
		if set.EnableMFA {
			return nil, ErrSecondFactor
		}
	}
	return r.identity(), nil
}

// ChangePassword sets a new password where the old one is right, else
// ErrWrongPassword. All sessions of the user end.
func (a *Auths) ChangePassword(ctx context.Context, id, old, fresh string) error {
	r, err := query.One[credentialRow](ctx, a.q, selectIdentity("auths.Credential", tables.Auth.Password, tables.Auth.Active, tables.Auth.MFA).Where(tables.User.ID.Eq(id)))
	if err != nil {
		return err
	}
	ok, err := a.passwords.Verify(ctx, orZero(r.Password), old)
	if err != nil {
		return err
	}
	if !ok {
		return ErrWrongPassword
	}
	return a.SetPassword(ctx, id, fresh)
}

// SetPassword sets a new password and ends all sessions of the user. Errors:
// ErrPasswordTooLong, and dberr.ErrNotFound for a user without an auth row.
func (a *Auths) SetPassword(ctx context.Context, id, password string) error {
	if len(password) > MaxPassword {
		return ErrPasswordTooLong
	}
	hash, err := a.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	n, err := query.Exec(ctx, a.q, query.Update(tables.Auth.Table).Named("auths.SetPassword").
		Set(tables.Auth.Password.Set(hash), tables.Auth.SessionStamp.Set(a.newID())).Where(tables.Auth.ID.Eq(id)))
	if err == nil && n == 0 {
		err = dberr.New(dberr.NotFound, "auths.SetPassword", "there is no such user")
	}
	return err
}

// EndSessions makes every session token of the user invalid.
func (a *Auths) EndSessions(ctx context.Context, id string) error {
	n, err := query.Exec(ctx, a.q, query.Update(tables.Auth.Table).Named("auths.EndSessions").Set(tables.Auth.SessionStamp.Set(a.newID())).Where(tables.Auth.ID.Eq(id)))
	if err == nil && n == 0 {
		err = dberr.New(dberr.NotFound, "auths.EndSessions", "there is no such user")
	}
	return err
}

// APIKeys is the table api_key: at most one key per user.
type APIKeys struct{ base }

// Get returns the user's key, or dberr.ErrNotFound.
func (k *APIKeys) Get(ctx context.Context, user string) (*model.APIKey, error) {
	x, err := query.First[model.APIKey](ctx, k.q, query.SelectFrom(tables.APIKey.Table).Named("apikeys.Get").Where(tables.APIKey.UserID.Eq(user)))
	return one(x, err)
}

// Create makes a new key for the user in place of the one before.
func (k *APIKeys) Create(ctx context.Context, user string) (*model.APIKey, error) {
	id := uuid.New()
	now := k.now()
	row := model.APIKey{ID: "key_" + user, UserID: &user, Key: "sk-" + hex.EncodeToString(id[:]), CreatedAt: now, UpdatedAt: now}
	if err := row.Validate(); err != nil {
		return nil, invalid("apikeys.Create", err)
	}
	err := k.inTx(ctx, engine.TxOptions{Name: "apikeys.Create", Idempotent: true}, func(ctx context.Context, b base) error {
		if _, err := query.Exec(ctx, b.q, query.Delete(tables.APIKey.Table).Named("apikeys.Delete").Where(tables.APIKey.UserID.Eq(user))); err != nil {
			return err
		}
		_, err := query.Exec(ctx, b.q, query.Insert(tables.APIKey.Table).Named("apikeys.Insert").Row(row).
			OnConflict(tables.APIKey.ID).DoUpdate(tables.APIKey.UserID, tables.APIKey.Key, tables.APIKey.UpdatedAt))
		return err
	})
	return one(row, err)
}

// Delete removes the user's key; dberr.ErrNotFound when there is none.
func (k *APIKeys) Delete(ctx context.Context, user string) error {
	n, err := query.Exec(ctx, k.q, query.Delete(tables.APIKey.Table).Named("apikeys.Delete").Where(tables.APIKey.UserID.Eq(user)))
	if err == nil && n == 0 {
		err = dberr.New(dberr.NotFound, "apikeys.Delete", "the user has no API key")
	}
	return err
}
