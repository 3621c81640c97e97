package server

import (
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/store"
)

// caller is who sends a request; the zero value is nobody.
type caller struct {
	store.Identity
	token   string // the session token or API key that was sent
	expires *int64 // seconds; nil for never
}

// byKey reports whether the caller has shown an API key.
func (c *caller) byKey() bool { return strings.HasPrefix(c.token, keyPrefix) }

// keyPrefix is how API keys begin, and no session token does.
const keyPrefix = "sk-"

// level is who may use a route.
type level int

const (
	public   level = iota
	signedIn       // anybody with a session, pending users too
	member         // users and admins
	admin
)

func (c *caller) may(l level) error {
	ok := true
	switch l {
	case member:
		ok = c.Role == model.RoleUser || c.Role == model.RoleAdmin
	case admin:
		ok = c.Role == model.RoleAdmin
	}
	if !ok {
		return fail(http.StatusUnauthorized, msgAccessProhibited)
	}
	return nil
}

// credential is the token or key of a request: the Authorization header, else
// the cookie, else x-api-key.
func credential(r *http.Request) string {
	if h := r.Header.Get("Authorization"); h != "" {
		scheme, token, ok := strings.Cut(h, " ")
		if ok && strings.EqualFold(scheme, "bearer") && strings.TrimSpace(token) != "" {
			return strings.TrimSpace(token)
		}
	}
	if c, err := r.Cookie("token"); err == nil && c.Value != "" {
		return c.Value
	}
	return r.Header.Get("x-api-key")
}

// authenticate finds out who sends the request, in one statement for a session.
func (s *Server) authenticate(r *http.Request) (*caller, error) {
	token := credential(r)
	if token == "" {
		return nil, fail(http.StatusUnauthorized, msgNotAuthenticated)
	}
	if !utf8.ValidString(token) || strings.ContainsRune(token, 0) {
		return nil, fail(http.StatusUnauthorized, msgUnauthorized)
	}
	c := &caller{token: token}
	var id *store.Identity
	var err error
	if c.byKey() {
		id, err = s.store.APIKeys.Use(r.Context(), token, r.URL.Path)
	} else {
		var cl *claims
		if cl, err = s.tokens.read(token); err != nil {
			return nil, fail(http.StatusUnauthorized, msgUnauthorized)
		}
		id, err = s.store.Auths.Session(r.Context(), cl.session())
		c.expires = cl.Expires
	}
	switch {
	case errors.Is(err, store.ErrNotPermitted):
		return nil, fail(http.StatusForbidden, msgAPIKeyUse)
	case errors.Is(err, store.ErrSecondFactor):
		return nil, fail(http.StatusUnauthorized, msgSecondFactor)
	case errors.Is(err, dberr.ErrNotFound):
		return nil, fail(http.StatusUnauthorized, msgUnauthorized)
	case err != nil:
		return nil, err
	}
	c.Identity = *id
	return c, nil
}

func (s *Server) setCookie(r *request, token string, expires *int64) {
	c := s.cookie(token) //nolint:gosec // it has them all; Secure is the operator's choice
	if expires != nil {
		c.Expires = time.Unix(*expires, 0).UTC()
	}
	http.SetCookie(r.w, c)
}

func (s *Server) clearCookie(r *request) {
	c := s.cookie("") //nolint:gosec // as setCookie
	c.MaxAge, c.Expires = -1, time.Unix(0, 0).UTC()
	http.SetCookie(r.w, c)
}

func (s *Server) cookie(token string) *http.Cookie {
	//nolint:gosec // Secure is the operator's choice: plain HTTP on a laptop must work
	return &http.Cookie{Name: "token", Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: s.secure}
}
