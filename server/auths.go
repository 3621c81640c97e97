package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

func (s *Server) authRoutes() []route {
	const auths = "/api/v1/auths/"
	keyRefusals := []refusal{{dberr.ErrNotFound, http.StatusNotFound, msgNoAPIKey},
		{store.ErrNotPermitted, http.StatusForbidden, msgAPIKeyNotAllowed}}
	return resource(refusals{
		{store.ErrSignUpClosed, http.StatusForbidden, msgAccessProhibited},
		{store.ErrEmailForm, http.StatusBadRequest, msgInvalidEmail},
		{dberr.ErrAlreadyExists, http.StatusBadRequest, msgEmailTaken},
		{store.ErrPasswordTooLong, http.StatusBadRequest, msgPasswordTooLong},
		{store.ErrSecondFactor, http.StatusForbidden, msgSecondFactor},
	},
		endpoint("GET", auths+"{$}", "Who am I", signedIn, s.whoAmI),
		endpoint("POST", auths+"signup", "Sign up; the first user becomes admin", public, s.signUp).secret().refusing(tooMany),
		endpoint("POST", auths+"signin", "Sign in", public, s.signIn).looking().secret().refusing(tooMany,
			refusal{store.ErrWrongPassword, http.StatusBadRequest, msgInvalidCred}),
		endpoint("POST", auths+"signout", "Sign out", public, s.signOut).withoutData(),
		endpoint("POST", auths+"add", "Add a user", admin, s.addUser),
		endpoint("POST", auths+"update/profile", "Change one's profile", member, s.updateProfile),
		endpoint("POST", auths+"update/password", "Change one's password", signedIn, s.updatePassword).refusing(tooMany,
			refusal{store.ErrWrongPassword, http.StatusBadRequest, msgWrongPassword}),
		endpoint("POST", auths+"update/timezone", "Change one's time zone", signedIn, s.updateTimezone),
		endpoint("GET", auths+"api_key", "One's API key", signedIn, s.apiKey).refusing(keyRefusals...),
		endpoint("POST", auths+"api_key", "Make an API key, in place of the one before", signedIn, s.makeAPIKey).refusing(keyRefusals...),
		endpoint("DELETE", auths+"api_key", "Delete one's API key", signedIn, s.deleteAPIKey),
	)
}

type signUpForm struct {
	Name            string   `json:"name"`
	Email           string   `json:"email"`
	Password        string   `json:"password"`
	ProfileImageURL *picture `json:"profile_image_url"`
}

func (f signUpForm) user() store.NewUser {
	return store.NewUser{Name: f.Name, Email: f.Email, Password: f.Password,
		ProfileImageURL: string(orZero(f.ProfileImageURL))}
}

type signInForm struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

type addUserForm struct {
	signUpForm
	Role *string `json:"role"`
}

type profileForm struct {
	Name            string        `json:"name"`
	ProfileImageURL picture       `json:"profile_image_url"`
	Bio             maybe[string] `json:"bio"`
	Gender          maybe[string] `json:"gender"`
	DateOfBirth     maybe[date]   `json:"date_of_birth"`
}

type passwordForm struct {
	Password    string `json:"password"`
	NewPassword string `json:"new_password"`
}

type timezoneForm struct {
	Timezone string `json:"timezone"`
}

type profile struct {
	ID              string `json:"id"`
	Name            string `json:"name"`
	Role            string `json:"role"`
	Email           string `json:"email"`
	ProfileImageURL string `json:"profile_image_url"`
}

type session struct {
	profile
	Token       string            `json:"token"`
	TokenType   string            `json:"token_type"`
	ExpiresAt   *int64            `json:"expires_at"`
	Permissions store.Permissions `json:"permissions"`
}

type sessionInfo struct {
	StatusEmoji     *string `json:"status_emoji"`
	StatusMessage   *string `json:"status_message"`
	StatusExpiresAt *int64  `json:"status_expires_at"`
	session
	Bio         *string `json:"bio"`
	Gender      *string `json:"gender"`
	DateOfBirth *string `json:"date_of_birth"`
}

type addedUser struct {
	profile
	Token     *string `json:"token"` // none while second factors are on
	TokenType *string `json:"token_type"`
}

type apiKeyAnswer struct {
	APIKey *string `json:"api_key"`
}

// profileOf shows a user with the address of the picture instead of the
// picture, which may be long.
func profileOf(id *store.Identity) profile {
	return profile{ID: id.ID, Name: id.Name, Role: id.Role, Email: id.Email, ProfileImageURL: pictureOf(id.ID)}
}

func (s *Server) signUp(ctx context.Context, r *request, f signUpForm) (*session, error) {
	// Whether sign-up is open is asked first, as Open WebUI does; the store
	// asks again where it counts.
	if err := s.store.Users.MaySignUp(ctx); err != nil {
		return nil, err
	}
	var id *store.Identity
	err := s.signingUp(r, f.Email, func() (err error) {
		id, err = s.store.Users.SignUp(ctx, f.user())
		return err
	})
	return s.begin(ctx, r, id, err)
}

func (s *Server) signIn(ctx context.Context, r *request, f signInForm) (*session, error) {
	var id *store.Identity
	err := s.guess(r, f.Email, func() (err error) {
		id, err = s.store.Auths.SignIn(ctx, f.Email, f.Password)
		return err
	})
	return s.begin(ctx, r, id, err)
}

// begin starts a session.
func (s *Server) begin(ctx context.Context, r *request, id *store.Identity, err error) (*session, error) {
	if err != nil {
		return nil, err
	}
	perms, err := s.store.Users.Permissions(ctx, id.ID)
	if err != nil {
		return nil, err
	}
	set, err := s.store.Config.Settings(ctx)
	if err != nil {
		return nil, err
	}
	token, expires, err := s.token(id, set, true)
	if err != nil {
		return nil, err
	}
	if rec, ok := r.w.(*record); ok {
		rec.userID = id.ID
	}
	s.setCookie(r, token, expires)
	return &session{profile: profileOf(id), Token: token, TokenType: "Bearer", ExpiresAt: expires, Permissions: perms}, nil
}

// token makes a session token; see tokens.issue.
func (s *Server) token(id *store.Identity, set *store.Settings, viaPassword bool) (string, *int64, error) {
	life, ok := parseLife(set.JWTExpiry)
	if !ok {
		s.log.Warn("the setting auth.jwt_expiry cannot be read; sessions last four weeks")
		life = 28 * 24 * time.Hour
	}
	return s.tokens.issue(id.ID, id.SessionStamp, life, viaPassword)
}

func (s *Server) whoAmI(ctx context.Context, r *request, _ none) (*sessionInfo, error) {
	u, err := s.store.Users.Get(ctx, r.who(), r.ID)
	if err != nil {
		return nil, err
	}
	perms, err := s.store.Users.Permissions(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	out := &sessionInfo{StatusEmoji: u.StatusEmoji, StatusMessage: u.StatusMessage, StatusExpiresAt: u.StatusExpiresAt,
		session: session{profile: profileOf(&r.Identity), Token: r.token, TokenType: "Bearer", ExpiresAt: r.expires, Permissions: perms},
		Bio:     u.Bio, Gender: u.Gender}
	out.ProfileImageURL = orZero(u.ProfileImageURL)
	if u.DateOfBirth != nil {
		d := u.DateOfBirth.Format(time.DateOnly)
		out.DateOfBirth = &d
	}
	if !r.byKey() {
		s.setCookie(r, r.token, r.expires)
	}
	return out, nil
}

// signOut ends the session that was shown, if one was, here and at every other
// server on the database. Where that cannot be written down this server remembers
// it all the same.
func (s *Server) signOut(ctx context.Context, r *request, _ none) (statusAnswer, error) {
	if token, until, valid := s.tokens.end(credential(r.http)); valid && s.gate.open.Load() {
		if err := s.store.Auths.EndSession(ctx, token.String(), until); err != nil {
			s.log.LogAttrs(ctx, slog.LevelWarn,
				"a sign-out could not be written down; other servers on the database take the session until it expires",
				slog.String("error", err.Error()))
		}
	}
	s.clearCookie(r)
	return statusAnswer{Status: true}, nil
}

func (s *Server) addUser(ctx context.Context, r *request, f addUserForm) (*addedUser, error) {
	n := f.user()
	n.Role = model.RolePending
	if f.Role != nil {
		n.Role = *f.Role
	}
	if n.Role != model.RolePending && n.Role != model.RoleUser && n.Role != model.RoleAdmin {
		return nil, fail(http.StatusBadRequest, msgInvalidUserRole)
	}
	id, err := s.store.Users.Add(ctx, r.who(), n)
	if err != nil {
		return nil, err
	}
	set, err := s.store.Config.Settings(ctx)
	if err != nil || set.EnableMFA {
		return &addedUser{profile: profileOf(id)}, err
	}
	token, _, err := s.token(id, set, false)
	return &addedUser{profile: profileOf(id), Token: &token, TokenType: new("Bearer")}, err
}

func (s *Server) updateProfile(ctx context.Context, r *request, f profileForm) (*profile, error) {
	u, err := s.store.Users.Update(ctx, r.who(), r.ID, func(u *model.User) error {
		image := string(f.ProfileImageURL)
		u.Name, u.ProfileImageURL = &f.Name, &image
		// A member that was not sent leaves the column as it is.
		if f.Bio.Sent {
			u.Bio = f.Bio.Value
		}
		if f.Gender.Sent {
			u.Gender = f.Gender.Value
		}
		if d := f.DateOfBirth; d.Sent {
			u.DateOfBirth = nil
			if d.Value != nil {
				u.DateOfBirth = &d.Value.Time
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &profile{ID: u.ID, Name: orZero(u.Name), Role: orZero(u.Role), Email: orZero(u.Email),
		ProfileImageURL: orZero(u.ProfileImageURL)}, nil
}

func (s *Server) updatePassword(ctx context.Context, r *request, f passwordForm) (bool, error) {
	return true, s.guess(r, r.Email, func() error {
		return s.store.Auths.ChangePassword(ctx, r.who(), f.Password, f.NewPassword)
	})
}

func (s *Server) updateTimezone(ctx context.Context, r *request, f timezoneForm) (statusAnswer, error) {
	_, err := s.store.Users.Update(ctx, r.who(), r.ID, func(u *model.User) error { u.Timezone = &f.Timezone; return nil })
	return statusAnswer{Status: true}, err
}

func (s *Server) apiKey(ctx context.Context, r *request, _ none) (*apiKeyAnswer, error) {
	return answerKey(s.store.APIKeys.Get(ctx, r.who()))
}

func answerKey(k *model.APIKey, err error) (*apiKeyAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &apiKeyAnswer{APIKey: &k.Key}, nil
}

func (s *Server) makeAPIKey(ctx context.Context, r *request, _ none) (*apiKeyAnswer, error) {
	return answerKey(s.store.APIKeys.Create(ctx, r.who()))
}

func (s *Server) deleteAPIKey(ctx context.Context, r *request, _ none) (bool, error) {
	err := s.store.APIKeys.Delete(ctx, r.who())
	if errors.Is(err, dberr.ErrNotFound) {
		err = nil // it is as the client wants it
	}
	return true, err
}
