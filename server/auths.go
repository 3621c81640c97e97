package server

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/store"
)

type signUpForm struct {
	Name            string  `json:"name"`
	Email           string  `json:"email"`
	Password        string  `json:"password"`
	ProfileImageURL *string `json:"profile_image_url"`
}

type signInForm struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

type addUserForm struct {
	Name            string  `json:"name"`
	Email           string  `json:"email"`
	Password        string  `json:"password"`
	ProfileImageURL *string `json:"profile_image_url"`
	Role            *string `json:"role"`
}

type profileForm struct {
	ProfileImageURL string  `json:"profile_image_url"`
	Name            string  `json:"name"`
	Bio             *string `json:"bio"`
	Gender          *string `json:"gender"`
	DateOfBirth     *string `json:"date_of_birth"`
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
	Token     string `json:"token"`
	TokenType string `json:"token_type"`
}

type apiKeyAnswer struct {
	APIKey *string `json:"api_key"`
}

type statusAnswer struct {
	Status bool `json:"status"`
}

// profileOf shows a user with the address of the picture instead of the
// picture, which may be long.
func profileOf(id *store.Identity) profile {
	return profile{ID: id.ID, Name: id.Name, Role: id.Role, Email: id.Email, ProfileImageURL: "/api/v1/users/" + id.ID + "/profile/image"}
}

// authForm reads a form of sign-in and sign-up, whose faults are not shown:
// what was sent holds a password.
func authForm(r *http.Request, read func(f *form)) error {
	f, err := readForm(r)
	if err == nil {
		read(f)
		err = f.err()
	}
	var bad *failure
	if errors.As(err, &bad) && bad.status == http.StatusUnprocessableEntity {
		return fail(http.StatusUnprocessableEntity, msgAuthRequest)
	}
	return err
}

func (s *Server) signUp(w http.ResponseWriter, r *http.Request, _ *caller) error {
	var in store.NewUser
	err := authForm(r, func(f *form) {
		in = store.NewUser{Name: f.requiredText("name"), Email: f.requiredText("email"), Password: f.requiredText("password")}
		if p := f.optionalText("profile_image_url"); p != nil {
			in.ProfileImageURL = *p
		}
	})
	if err != nil {
		return err
	}
	ctx := r.Context()
	// Whether sign-up is open is asked first, as Open WebUI does; the store
	// asks again where it counts.
	if err := s.store.Users.MaySignUp(ctx); err != nil {
		return userFailure(err)
	}
	id, err := s.store.Users.SignUp(ctx, in)
	if err != nil {
		return userFailure(err)
	}
	return s.answerSession(w, r, id)
}

// userFailure says what clients are told when a user could not be made.
func userFailure(err error) error {
	switch {
	case errors.Is(err, store.ErrSignUpClosed):
		return &failure{status: http.StatusForbidden, detail: msgAccessProhibited, err: err}
	case errors.Is(err, store.ErrEmailForm):
		return &failure{status: http.StatusBadRequest, detail: msgInvalidEmail, err: err}
	case errors.Is(err, dberr.ErrAlreadyExists):
		return &failure{status: http.StatusBadRequest, detail: msgEmailTaken, err: err}
	case errors.Is(err, store.ErrPasswordTooLong):
		return &failure{status: http.StatusBadRequest, detail: msgPasswordTooLong, err: err}
	}
	return err
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request, _ *caller) error {
	var email, password string
	err := authForm(r, func(f *form) { email, password = f.requiredText("email"), f.requiredText("password") })
	if err != nil {
		return err
	}
	id, err := s.store.Auths.SignIn(r.Context(), email, password)
	switch {
	case errors.Is(err, store.ErrWrongPassword):
		return &failure{status: http.StatusBadRequest, detail: msgInvalidCred, err: err}
	case errors.Is(err, store.ErrSecondFactor):
		return &failure{status: http.StatusForbidden, detail: msgSecondFactor, err: err}
	case err != nil:
		return err
	}
	return s.answerSession(w, r, id)
}

func (s *Server) answerSession(w http.ResponseWriter, r *http.Request, id *store.Identity) error {
	ctx := r.Context()
	set, err := s.store.Config.Settings(ctx)
	if err != nil {
		return err
	}
	perms, err := s.store.Users.Permissions(ctx, id.ID)
	if err != nil {
		return err
	}
	token, expires, err := s.tokens.issue(id.ID, id.SessionStamp, s.life(set), true)
	if err != nil {
		return err
	}
	if rec, ok := w.(*record); ok {
		rec.userID = id.ID
	}
	s.setCookie(w, token, expires)
	return writeJSON(w, session{profile: profileOf(id), Token: token, TokenType: "Bearer", ExpiresAt: expires, Permissions: perms})
}

func (s *Server) life(set *store.Settings) time.Duration {
	life, ok := parseLife(set.JWTExpiry)
	if !ok {
		s.log.Warn("the setting auth.jwt_expiry cannot be read; sessions last four weeks")
		life = 28 * 24 * time.Hour
	}
	return life
}

func (s *Server) whoAmI(w http.ResponseWriter, r *http.Request, c *caller) error {
	ctx := r.Context()
	u, err := s.store.Users.Get(ctx, c.ID)
	if err != nil {
		return err
	}
	perms, err := s.store.Users.Permissions(ctx, c.ID)
	if err != nil {
		return err
	}
	out := sessionInfo{StatusEmoji: u.StatusEmoji, StatusMessage: u.StatusMessage, StatusExpiresAt: u.StatusExpiresAt,
		session: session{profile: profileOf(&c.Identity), Token: c.token, TokenType: "Bearer", ExpiresAt: c.expires, Permissions: perms},
		Bio:     u.Bio, Gender: u.Gender}
	out.ProfileImageURL = orEmpty(u.ProfileImageURL)
	if u.DateOfBirth != nil {
		d := u.DateOfBirth.Format(time.DateOnly)
		out.DateOfBirth = &d
	}
	if !strings.HasPrefix(c.token, "sk-") {
		s.setCookie(w, c.token, c.expires)
	}
	return writeJSON(w, out)
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (s *Server) signOut(w http.ResponseWriter, _ *http.Request, _ *caller) error {
	s.clearCookie(w)
	return writeJSON(w, statusAnswer{Status: true})
}

func (s *Server) addUser(w http.ResponseWriter, r *http.Request, _ *caller) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	in := store.NewUser{Name: f.requiredText("name"), Email: f.requiredText("email"), Password: f.requiredText("password"), Role: model.RolePending}
	if p := f.optionalText("profile_image_url"); p != nil {
		in.ProfileImageURL = *p
	}
	if p := f.optionalText("role"); p != nil {
		in.Role = *p
	}
	if err := f.err(); err != nil {
		return err
	}
	if in.Role != model.RolePending && in.Role != model.RoleUser && in.Role != model.RoleAdmin {
		return fail(http.StatusBadRequest, msgInvalidUserRole)
	}
	ctx := r.Context()
	id, err := s.store.Users.Add(ctx, in)
	if err != nil {
		return userFailure(err)
	}
	set, err := s.store.Config.Settings(ctx)
	if err != nil {
		return err
	}
	token, _, err := s.tokens.issue(id.ID, id.SessionStamp, s.life(set), false)
	if err != nil {
		return err
	}
	return writeJSON(w, addedUser{profile: profileOf(id), Token: token, TokenType: "Bearer"})
}

func (s *Server) updateProfile(w http.ResponseWriter, r *http.Request, c *caller) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	name, image := f.requiredText("name"), f.requiredText("profile_image_url")
	bio, gender, birth := f.optionalText("bio"), f.optionalText("gender"), f.optionalDate("date_of_birth")
	if err := f.err(); err != nil {
		return err
	}
	u, err := s.store.Users.Update(r.Context(), c.ID, func(u *model.User) error {
		u.Name, u.ProfileImageURL = &name, &image
		// A member that was not sent leaves the column as it is.
		if _, sent := f.members["bio"]; sent {
			u.Bio = bio
		}
		if _, sent := f.members["gender"]; sent {
			u.Gender = gender
		}
		if _, sent := f.members["date_of_birth"]; sent {
			u.DateOfBirth = birth
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, profile{ID: u.ID, Name: orEmpty(u.Name), Role: orEmpty(u.Role), Email: orEmpty(u.Email), ProfileImageURL: orEmpty(u.ProfileImageURL)})
}

func (s *Server) updatePassword(w http.ResponseWriter, r *http.Request, c *caller) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	old, fresh := f.requiredText("password"), f.requiredText("new_password")
	if err := f.err(); err != nil {
		return err
	}
	err = s.store.Auths.ChangePassword(r.Context(), c.ID, old, fresh)
	switch {
	case errors.Is(err, store.ErrWrongPassword):
		return &failure{status: http.StatusBadRequest, detail: msgWrongPassword, err: err}
	case errors.Is(err, store.ErrPasswordTooLong):
		return &failure{status: http.StatusBadRequest, detail: msgPasswordTooLong, err: err}
	case err != nil:
		return err
	}
	return writeJSON(w, true)
}

func (s *Server) updateTimezone(w http.ResponseWriter, r *http.Request, c *caller) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	zone := chatdoc.CleanString(f.requiredText("timezone"))
	if err := f.err(); err != nil {
		return err
	}
	if _, err := s.store.Users.Update(r.Context(), c.ID, func(u *model.User) error { u.Timezone = &zone; return nil }); err != nil {
		return err
	}
	return writeJSON(w, statusAnswer{Status: true})
}

func (s *Server) apiKey(w http.ResponseWriter, r *http.Request, c *caller) error {
	k, err := s.store.APIKeys.Get(r.Context(), c.ID)
	if errors.Is(err, dberr.ErrNotFound) {
		return fail(http.StatusNotFound, msgNoAPIKey)
	}
	if err != nil {
		return err
	}
	return writeJSON(w, apiKeyAnswer{APIKey: &k.Key})
}

func (s *Server) makeAPIKey(w http.ResponseWriter, r *http.Request, c *caller) error {
	ctx := r.Context()
	set, err := s.store.Config.Settings(ctx)
	if err != nil {
		return err
	}
	ok := set.EnableAPIKeys
	if ok && !c.isAdmin() {
		if ok, err = s.permitted(ctx, c, "features", "api_keys"); err != nil {
			return err
		}
	}
	if !ok {
		return fail(http.StatusForbidden, msgAPIKeyNotAllowed)
	}
	k, err := s.store.APIKeys.Create(ctx, c.ID)
	if err != nil {
		return err
	}
	return writeJSON(w, apiKeyAnswer{APIKey: &k.Key})
}

func (s *Server) deleteAPIKey(w http.ResponseWriter, r *http.Request, c *caller) error {
	if err := s.store.APIKeys.Delete(r.Context(), c.ID); err != nil && !errors.Is(err, dberr.ErrNotFound) {
		return err
	}
	return writeJSON(w, true)
}
