package server

import (
	"context"
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

func (c *caller) isAdmin() bool { return c.Role == model.RoleAdmin }

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
	if strings.HasPrefix(token, "sk-") {
		return s.byAPIKey(r, token)
	}
	cl, err := s.tokens.read(token)
	if err != nil {
		return nil, fail(http.StatusUnauthorized, msgUnauthorized)
	}
	id, err := s.store.Auths.Identity(r.Context(), cl.UserID)
	if errors.Is(err, dberr.ErrNotFound) || err == nil && !sameStamp(cl.SessionStamp, id.SessionStamp) {
		return nil, fail(http.StatusUnauthorized, msgUnauthorized)
	}
	if err != nil {
		return nil, err
	}
	return &caller{Identity: *id, token: token, expires: cl.Expires}, nil
}

func (s *Server) byAPIKey(r *http.Request, key string) (*caller, error) {
	ctx := r.Context()
	set, err := s.store.Config.Settings(ctx)
	if err != nil {
		return nil, err
	}
	if !set.EnableAPIKeys || set.APIKeyEndpointRestrictions && !listed(set.APIKeyAllowedEndpoints, r.URL.Path) {
		return nil, fail(http.StatusForbidden, msgAPIKeyUse)
	}
	id, err := s.store.Auths.IdentityByAPIKey(ctx, key)
	if errors.Is(err, dberr.ErrNotFound) {
		return nil, fail(http.StatusUnauthorized, msgUnauthorized)
	}
	if err != nil {
		return nil, err
	}
	c := &caller{Identity: *id, token: key}
	if !c.isAdmin() {
		ok, err := s.permitted(ctx, c, "features", "api_keys")
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fail(http.StatusForbidden, msgAPIKeyUse)
		}
	}
	return c, nil
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

func (s *Server) permitted(ctx context.Context, c *caller, keys ...string) (bool, error) {
	p, err := s.store.Users.Permissions(ctx, c.ID)
	if err != nil {
		return false, err
	}
	return p.Allows(keys...), nil
}

func (s *Server) setCookie(w http.ResponseWriter, token string, expires *int64) {
	c := &http.Cookie{Name: "token", Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure} //nolint:gosec // Secure is the operator's choice: plain HTTP on a laptop must work
	if expires != nil {
		c.Expires = time.Unix(*expires, 0).UTC()
	}
	http.SetCookie(w, c)
}

func (s *Server) clearCookie(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: "token", Path: "/", MaxAge: -1, Expires: time.Unix(0, 0).UTC(), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure}) //nolint:gosec // as setCookie
}
