package store

import (
	"context"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/tables"
)

// What can be wrong with a new user or a sign-in, beside what dberr has.
var (
	ErrSignUpClosed    = &Refusal{"sign-up is switched off; an admin can add users or switch it on"}
	ErrEmailForm       = &Refusal{"this is not an e-mail address"}
	ErrPasswordTooLong = &Refusal{"the password is longer than 72 bytes; choose a shorter one"}
	ErrWrongPassword   = &Refusal{"there is no user with this e-mail address and password"}
	ErrSecondFactor    = &Refusal{"second factors are switched on, and are not checked here"}
)

// Refusal is a rule's no; compare with errors.Is.
type Refusal struct{ why string }

// Error is the reason.
func (r *Refusal) Error() string { return r.why }

// Users is the table user.
type Users struct{ base }

// NewUser is who signs up or is added.
type NewUser struct {
	Name            string
	Email           string // stored in lower case
	Password        string // at most 72 bytes
	ProfileImageURL string // empty for the standard picture
	Role            string // Add only
}

const standardImage = "/user.png"

// sameEmail finds a user by address without regard to case. It is written like
// the unique index on lower(email), so that the index serves it.
func sameEmail(email string) query.Cond {
	return query.And(tables.User.Email.NotNull(), query.RawCond("lower({user}.{email}) = ?", strings.ToLower(email)))
}

// users are their own owners.
var users = kind[model.User, *model.User]{name: "users", table: tables.User.Table, id: tables.User.ID, owner: tables.User.ID,
	updated: tables.User.UpdatedAt, touch: func(u *model.User, now int64) { u.UpdatedAt = later(u.UpdatedAt, now) }, pending: true}

// Get returns a user with everything that is known of them: to themselves and
// to admins. Errors: dberr.ErrNotFound, ErrNoAccess.
func (u *Users) Get(ctx context.Context, w Who, id string) (*model.User, error) {
	return users.get(ctx, &u.base, w, MayRead, id)
}

// GetByEmail returns the user with an address, in whatever case it is written,
// or dberr.ErrNotFound.
func (u *Users) GetByEmail(ctx context.Context, email string) (*model.User, error) {
	x, err := query.One[model.User](ctx, u.q,
		query.SelectFrom(tables.User.Table).Named("users.GetByEmail").Where(sameEmail(email)))
	return one(x, err)
}

func one[T any](x T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return &x, nil
}

// Owner is what everybody may know of the owner of a row in a list.
type Owner struct {
	ID    *string `db:"owner_id"` // nil when there is no such user any more
	Name  *string `db:"owner_name"`
	Role  *string `db:"owner_role"`
	Email *string `db:"owner_email"`
}

// ownerColumns fill an Owner from the joined table user.
func ownerColumns() []query.Selectable {
	u := tables.User
	return []query.Selectable{u.ID.As("owner_id"), u.Name.As("owner_name"), u.Role.As("owner_role"),
		u.Email.As("owner_email")}
}

// Any reports whether there is a user at all.
func (u *Users) Any(ctx context.Context) (bool, error) {
	return query.Found(ctx, u.q, query.Select(tables.User.ID).Named("users.Any").From(tables.User.Table))
}

// Update gives the user to edit, under lock, and writes what edit changed. The
// time of the update is set; edit may run more than once. Users may change
// themselves, admins everybody. Errors: dberr.ErrNotFound, ErrNoAccess.
func (u *Users) Update(ctx context.Context, w Who, id string, edit func(*model.User) error) (*model.User, error) {
	return users.update(ctx, &u.base, w, id, func(x *model.User) error {
		if err := edit(x); err != nil {
			return err
		}
		if x.Email != nil {
			x.Email = ptr(strings.ToLower(*x.Email))
		}
		clean(&x.Name, &x.Bio, &x.Gender, &x.ProfileImageURL, &x.Username, &x.StatusMessage, &x.Timezone)
		return nil
	})
}

func invalid(op string, err error) error {
	return &dberr.Error{Op: op, Code: dberr.Invalid, Msg: err.Error()}
}

// clean removes from texts what not every engine can hold.
func clean(texts ...**string) {
	for _, t := range texts {
		if *t != nil {
			*t = ptr(chatdoc.CleanString(**t))
		}
	}
}

// MaySignUp returns nil when somebody may sign up now: there is no user yet, or
// the setting allows it; but not while the form to sign in is switched off. Else
// ErrSignUpClosed, or ErrSecondFactor while second factors are on.
func (u *Users) MaySignUp(ctx context.Context) error {
	set, err := (&Config{u.base}).Settings(ctx)
	switch {
	case err != nil:
		return err
	case !set.EnableLoginForm:
		return ErrSignUpClosed
	case set.EnableMFA:
		return ErrSecondFactor
	case set.EnableSignUp:
		return nil
	}
	someone, err := u.Any(ctx)
	if err == nil && someone {
		err = ErrSignUpClosed
	}
	return err
}

// SignUp makes a user with a password, in one transaction. The very first one
// becomes admin and closes sign-up behind them; of several at once exactly one
// does, and the others meet ErrSignUpClosed. Later ones get the role that the
// settings name. Errors: ErrSignUpClosed, ErrSecondFactor, ErrEmailForm,
// ErrPasswordTooLong, and dberr.AlreadyExists for an address that is taken.
func (u *Users) SignUp(ctx context.Context, n NewUser) (*Identity, error) {
	return u.create(ctx, "users.SignUp", n, func(ctx context.Context, b base) (string, error) {
		users, config := Users{b}, Config{b}
		someone, err := users.Any(ctx)
		if err != nil {
			return "", err
		}
		if !someone {
			// The row is the lock: whoever writes it second waits here until
			// the first has committed, and then finds a user.
			if err := config.Set(ctx, map[string]jsonvalue.JSON{keySignUp: jsonvalue.Text("false")}); err != nil {
				return "", err
			}
			if someone, err = users.Any(ctx); err != nil {
				return "", err
			}
		}
		set, err := config.Settings(ctx)
		switch {
		case err != nil:
			return "", err
		case set.EnableMFA:
			return "", ErrSecondFactor
		case !someone:
			return model.RoleAdmin, nil
		case !set.EnableSignUp || !set.EnableLoginForm:
			return "", ErrSignUpClosed
		}
		return set.DefaultUserRole, nil
	})
}

// Add makes a user with a password and the role that is asked for, in one
// transaction, as an admin does. Errors are those of SignUp, without
// ErrSignUpClosed and ErrSecondFactor, and ErrNotPermitted.
func (u *Users) Add(ctx context.Context, w Who, n NewUser) (*Identity, error) {
	if !w.Admin() {
		return nil, ErrNotPermitted
	}
	return u.create(ctx, "users.Add", n, func(context.Context, base) (string, error) { return n.Role, nil })
}

func (u *Users) create(ctx context.Context, op string, n NewUser,
	role func(ctx context.Context, b base) (string, error)) (*Identity, error) {
	n.Email = strings.ToLower(chatdoc.CleanString(n.Email))
	if !model.ValidEmail(n.Email) {
		return nil, ErrEmailForm
	}
	if len(n.Password) > MaxPassword {
		return nil, ErrPasswordTooLong
	}
	if n.ProfileImageURL == "" {
		n.ProfileImageURL = standardImage
	}
	// A taken address is found before a hash is computed for it.
	taken, err := query.Found(ctx, u.q,
		query.Select(tables.User.ID).Named("users.EmailTaken").From(tables.User.Table).Where(sameEmail(n.Email)))
	if err != nil {
		return nil, err
	}
	if taken {
		return nil, dberr.New(dberr.AlreadyExists, op, "this e-mail address is registered already")
	}
	hash, err := u.passwords.Hash(ctx, n.Password)
	if err != nil {
		return nil, err
	}
	now, null := u.now(), jsonvalue.Null()
	user := model.User{ID: u.newID(), Name: ptr(chatdoc.CleanString(n.Name)), Email: &n.Email, ProfileImageURL: ptr(chatdoc.CleanString(n.ProfileImageURL)),
		LastActiveAt: &now, UpdatedAt: &now, CreatedAt: &now, OAuth: null, Info: null, Settings: null, SCIM: null}
	auth := model.Auth{ID: user.ID, Email: &n.Email, Password: &hash, Active: ptr(true), SessionStamp: ptr(u.newID())}
	applied := func(ctx context.Context, q engine.Queryer) (bool, error) {
		return query.Found(ctx, q,
			query.Select(tables.User.ID).Named(op+".Applied").From(tables.User.Table).Where(tables.User.ID.Eq(user.ID)))
	}
	err = u.inTx(ctx, engine.TxOptions{Name: op, Applied: applied}, func(ctx context.Context, b base) error {
		r, err := role(ctx, b)
		if err != nil {
			return err
		}
		user.Role = &r
		if err := users.insert(ctx, &b, &user); err != nil {
			return err
		}
		if _, err = query.Exec(ctx, b.q, query.Insert(tables.Auth.Table).Named("auths.Insert").Row(auth)); err != nil {
			return err
		}
		return (&Groups{b}).joinDefault(ctx, user.ID)
	})
	if err != nil {
		return nil, err
	}
	return &Identity{ID: user.ID, Name: *user.Name, Email: n.Email, Role: *user.Role,
		SessionStamp: *auth.SessionStamp}, nil
}
