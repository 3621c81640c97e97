package store

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/google/uuid"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
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
	return &Identity{ID: r.ID, Name: orZero(r.Name), Email: orZero(r.Email), Role: orZero(r.Role),
		SessionStamp: orZero(r.SessionStamp)}
}

type credentialRow struct {
	identityRow
	Password *string `db:"password"`
	Active   *bool   `db:"active"`
}

type signInRow struct {
	credentialRow
	factorsRow
}

// Auths is the table auth: passwords and sessions.
type Auths struct{ base }

// selectIdentity reads user and auth in one statement. A user without an auth
// row has no identity.
func selectIdentity(name string, more ...query.Selectable) query.SelectStmt {
	cols := append([]query.Selectable{tables.User.ID, tables.User.Name, tables.User.Email, tables.User.Role,
		tables.Auth.SessionStamp}, more...)
	return query.Select(cols...).Named(name).From(tables.User.Table).
		Join(tables.Auth.Table, tables.Auth.ID.EqTo(tables.User.ID))
}

// mayAct holds for users whose account was not switched off.
func mayAct() query.Cond { return query.Or(tables.Auth.Active.IsNull(), tables.Auth.Active.Eq(true)) }

// Identity returns who a user is, in one statement, or dberr.ErrNotFound; also
// for a user whose account is switched off.
func (a *Auths) Identity(ctx context.Context, id string) (*Identity, error) {
	r, err := query.One[identityRow](ctx, a.q, selectIdentity("auths.Identity").Where(tables.User.ID.Eq(id), mayAct()))
	if err != nil {
		return nil, err
	}
	return r.identity(), nil
}

// IdentityByAPIKey returns whom a key belongs to, in one statement, or
// dberr.ErrNotFound; also for a key that has expired, and for a user whose
// account is switched off.
func (a *Auths) IdentityByAPIKey(ctx context.Context, key string) (*Identity, error) {
	r, err := query.One[identityRow](ctx, a.q, selectIdentity("auths.IdentityByAPIKey").
		Join(tables.APIKey.Table, tables.APIKey.UserID.EqTo(tables.User.ID)).
		Where(tables.APIKey.Key.Eq(key), mayAct(),
			query.Or(tables.APIKey.ExpiresAt.IsNull(), tables.APIKey.ExpiresAt.Gt(a.now()))))
	if err != nil {
		return nil, err
	}
	return r.identity(), nil
}

// SignIn returns who has this address and password. It changes nothing. The
// wrong password, an unknown address and a password that is switched off are
// all ErrWrongPassword, and take the same time. The right password is
// ErrSecondFactor while second factors are on.
func (a *Auths) SignIn(ctx context.Context, email, password string) (*Identity, error) {
	r, err := query.One[signInRow](ctx, a.q,
		withFactors("auths.SignIn", tables.Auth.Password, tables.Auth.Active).Where(sameEmail(email)))
	if err != nil && !errors.Is(err, dberr.ErrNotFound) {
		return nil, err
	}
	ok, verr := a.passwords.Verify(ctx, orZero(r.Password), password)
	switch {
	case verr != nil:
		return nil, verr
	case err != nil || !ok || r.Active != nil && !*r.Active:
		return nil, ErrWrongPassword
	case r.on(&a.base):
		return nil, ErrSecondFactor
	}
	return r.identity(), nil
}

// ChangePassword sets a new password of w where the old one is right, else
// ErrWrongPassword. All sessions of the user end.
func (a *Auths) ChangePassword(ctx context.Context, w Who, old, fresh string) error {
	r, err := query.One[credentialRow](ctx, a.q,
		selectIdentity("auths.Credential", tables.Auth.Password, tables.Auth.Active).Where(tables.User.ID.Eq(w.ID)))
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
	return a.SetPassword(ctx, w, w.ID, fresh)
}

// SetPassword sets a new password and ends all sessions of the user: of w, or
// of anybody for an admin. Errors: ErrNotPermitted, ErrPasswordTooLong, and
// dberr.ErrNotFound for a user without an auth row.
func (a *Auths) SetPassword(ctx context.Context, w Who, id, password string) error {
	if !w.Admin() && w.ID != id {
		return ErrNotPermitted
	}
	if len(password) > MaxPassword {
		return ErrPasswordTooLong
	}
	hash, err := a.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return a.set(ctx, "auths.SetPassword", id, tables.Auth.Password.Set(hash))
}

// EndSessions makes every session token of the user invalid: of w, or of
// anybody for an admin.
func (a *Auths) EndSessions(ctx context.Context, w Who, id string) error {
	if !w.Admin() && w.ID != id {
		return ErrNotPermitted
	}
	return a.set(ctx, "auths.EndSessions", id)
}

// set changes columns of the auth row and its stamp, which ends all sessions.
func (a *Auths) set(ctx context.Context, name, id string, values ...query.Assignment) error {
	st := query.Update(tables.Auth.Table).Named(name).Set(append(values, tables.Auth.SessionStamp.Set(a.newID()))...)
	n, err := query.Exec(ctx, a.q, st.Where(tables.Auth.ID.Eq(id)))
	if err == nil && n == 0 {
		err = missing(name, "user")
	}
	return err
}

// APIKeys is the table api_key: at most one key per user.
type APIKeys struct{ base }

// Get returns the key of w. Errors: dberr.ErrNotFound; ErrNotPermitted where
// the settings or the user's permissions allow no keys.
func (k *APIKeys) Get(ctx context.Context, w Who) (*model.APIKey, error) {
	if err := k.allowed(ctx, w); err != nil {
		return nil, err
	}
	st := query.SelectFrom(tables.APIKey.Table).Named("apikeys.Get").Where(tables.APIKey.UserID.Eq(w.ID))
	return one(query.First[model.APIKey](ctx, k.q, st))
}

// Use returns whom a key belongs to that is used for a path of the REST API.
// Errors: ErrNotPermitted where the settings or the user's permissions allow no
// keys, or none for this path; dberr.ErrNotFound.
func (k *APIKeys) Use(ctx context.Context, key, path string) (*Identity, error) {
	set, err := (&Config{k.base}).Settings(ctx)
	if err != nil {
		return nil, err
	}
	if !set.EnableAPIKeys || set.APIKeyEndpointRestrictions && !listed(set.APIKeyAllowedEndpoints, path) {
		return nil, ErrNotPermitted
	}
	id, err := (&Auths{k.base}).IdentityByAPIKey(ctx, key)
	if err != nil {
		return nil, err
	}
	return id, k.mayUse(ctx, id.Who())
}

// allowed is ErrNotPermitted where the settings or the permissions of w allow no keys.
func (k *APIKeys) allowed(ctx context.Context, w Who) error {
	set, err := (&Config{k.base}).Settings(ctx)
	if err == nil && !set.EnableAPIKeys {
		err = ErrNotPermitted
	}
	if err == nil {
		err = k.mayUse(ctx, w)
	}
	return err
}

// mayUse asks for the permission that API keys need, of all but admins.
func (k *APIKeys) mayUse(ctx context.Context, w Who) error {
	if w.Admin() {
		return nil
	}
	p, err := (&Users{k.base}).Permissions(ctx, w.ID)
	if err == nil && !p.Allows("features", "api_keys") {
		err = ErrNotPermitted
	}
	return err
}

// listed reports whether path is one of the paths in a comma-separated list,
// or below one.
func listed(list, path string) bool {
	for _, p := range strings.Split(list, ",") {
		p = strings.TrimRight(strings.TrimSpace(p), "/")
		if p != "" && (path == p || strings.HasPrefix(path, p+"/")) {
			return true
		}
	}
	return false
}

func deleteKeyOf(user string) query.DeleteStmt {
	return query.Delete(tables.APIKey.Table).Named("apikeys.Delete").Where(tables.APIKey.UserID.Eq(user))
}

// Create makes a new key of w in place of the one before. ErrNotPermitted where
// the settings or the user's permissions allow no keys.
func (k *APIKeys) Create(ctx context.Context, w Who) (*model.APIKey, error) {
	if err := k.allowed(ctx, w); err != nil {
		return nil, err
	}
	id, now := uuid.New(), k.now()
	row := model.APIKey{ID: "key_" + w.ID, UserID: &w.ID, Key: "sk-" + hex.EncodeToString(id[:]), CreatedAt: now,
		UpdatedAt: now}
	if err := row.Validate(); err != nil {
		return nil, invalid("apikeys.Create", err)
	}
	err := k.inTx(ctx, engine.TxOptions{Name: "apikeys.Create", Idempotent: true},
		func(ctx context.Context, b base) error {
			if _, err := query.Exec(ctx, b.q, deleteKeyOf(w.ID)); err != nil {
				return err
			}
			_, err := query.Exec(ctx, b.q, query.Insert(tables.APIKey.Table).Named("apikeys.Insert").Row(row).
				OnConflict(tables.APIKey.ID).DoUpdate(tables.APIKey.UserID, tables.APIKey.Key, tables.APIKey.UpdatedAt))
			return err
		})
	return one(row, err)
}

// Delete removes the key of w; dberr.ErrNotFound when there is none.
func (k *APIKeys) Delete(ctx context.Context, w Who) error {
	n, err := query.Exec(ctx, k.q, deleteKeyOf(w.ID))
	if err == nil && n == 0 {
		err = missing("apikeys.Delete", "API key")
	}
	return err
}

// Used notes that keys are used now, by the program. Errors: ErrNotPermitted.
func (k *APIKeys) Used(ctx context.Context, w Who, keys ...string) error {
	t, now := tables.APIKey, k.now()
	return k.note(ctx, w, "apikeys.Used", keys, func(some []string) query.UpdateStmt {
		return query.Update(t.Table).Set(t.LastUsedAt.Set(now)).Where(t.Key.In(some...))
	})
}
