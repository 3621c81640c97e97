package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/store"
)

// What users do to sign in otherwise than with their password: none of it is
// done here, and the routes answer as Open WebUI's do where it is switched off.
func (s *Server) elsewhereRoutes() []route {
	const auths, mfa = "/api/v1/auths/", "/api/v1/auths/mfa/"
	step := func(rt route) route {
		return rt.looking().secret().refusing(refusal{errStepExpired, http.StatusUnauthorized, msgStepExpired})
	}
	return []route{
		endpoint("POST", auths+"ldap", "Sign in with LDAP: switched off", public, s.signInLDAP).looking().secret().
			refusing(refusal{dberr.ErrUnsupported, http.StatusNotImplemented, msgNoLDAP}),
		endpoint("DELETE", auths+"oauth/sessions/{provider}", "Forget one's sign-in at another provider", member,
			s.deleteOAuthSession).
			refusing(refusal{dberr.ErrNotFound, http.StatusNotFound, "No OAuth session found for this provider"}),
		endpoint("POST", auths+"oauth/{provider}/token/exchange", "Sign in with a token of another provider: switched off", public, s.exchangeToken).looking(),
		endpoint("GET", mfa+"status", "Whether one has a second factor", signedIn, s.factorStatus).refusing(noSession),
		endpoint("POST", mfa+"challenge", "The step of a sign-in that is under way: there is none", public, s.factorChallenge).looking().
			refusing(refusal{errOtherOrigin, http.StatusForbidden, "Invalid request origin."},
				refusal{errStepExpired, http.StatusUnauthorized, msgStepExpired}),
		step(endpoint("POST", mfa+"enroll/start", "Begin to set a second factor: switched off", public, factorStep[factorStart])),
		step(endpoint("POST", mfa+"enroll/confirm", "Set a second factor: switched off", public, factorStep[factorCode])),
		step(endpoint("POST", mfa+"verify", "Show a second factor: switched off", public, factorStep[factorCode])),
		step(endpoint("POST", mfa+"recover", "Get in without a second factor: switched off", public, factorStep[factorReset])),
		step(endpoint("POST", mfa+"replace", "Change one's second factor: switched off", signedIn, s.changeFactor)).refusing(noSession, noFactors),
		step(endpoint("POST", mfa+"recovery/codes", "Make codes for when it is lost: switched off", signedIn, s.changeFactor)).refusing(noSession, noFactors),
	}
}

var (
	noSession = refusal{store.ErrNoSession, http.StatusForbidden, "A human session is required."}
	noFactors = refusal{store.ErrSecondFactor, http.StatusForbidden, msgSecondFactor}
)

var (
	errOtherOrigin = errors.New("the request comes from a page of another site")
	errStepExpired = errors.New("no such step of a sign-in is under way")
)

const msgStepExpired = "This authentication step expired. Please start again."

type ldapSignInForm struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

type tokenForm struct {
	Provider string `path:"provider"`
	Token    string `json:"token"`
}

type providerForm struct {
	Provider string `path:"provider"`
}

type factorStart struct {
	Challenge string `json:"challenge_token"`
}

type factorCode struct {
	Challenge string `json:"challenge_token"`
	Code      string `json:"code"`
	Recovery  bool   `json:"recovery" default:"false"`
}

type factorReset struct {
	Challenge string `json:"challenge_token"`
	Reset     string `json:"reset_token"`
}

type factorForm struct {
	Code     string `json:"code"`
	Recovery bool   `json:"recovery" default:"false"`
}

type factorStatus struct {
	Enabled  bool `json:"enabled"`
	Required bool `json:"required"`
	Codes    int  `json:"recovery_codes_remaining"`
}

func (s *Server) signInLDAP(ctx context.Context, _ *request, _ ldapSignInForm) (*session, error) {
	const key = "ldap.enable"
	set, err := s.store.Config.Values(ctx, key)
	switch {
	case err != nil:
		return nil, err
	case store.SettingFlag(key, set[key]):
		return nil, fail(http.StatusNotImplemented, msgNoLDAP)
	}
	return nil, fail(http.StatusBadRequest, "LDAP authentication is not enabled")
}

func (s *Server) deleteOAuthSession(ctx context.Context, r *request, f providerForm) (bool, error) {
	return true, s.store.Users.ForgetProvider(ctx, r.who(), f.Provider)
}

func (s *Server) exchangeToken(context.Context, *request, tokenForm) (*session, error) {
	return nil, fail(http.StatusForbidden, "Token exchange is disabled")
}

func (s *Server) factorStatus(ctx context.Context, r *request, _ none) (*factorStatus, error) {
	r.w.Header().Set("Cache-Control", "no-store")
	has, needed, codes, err := s.store.Auths.Factors(ctx, r.who())
	return &factorStatus{has, needed, codes}, err
}

// factorChallenge is for the browser alone, which says from where it asks.
func (s *Server) factorChallenge(ctx context.Context, r *request, _ none) (*factorStart, error) {
	r.w.Header().Set("Cache-Control", "no-store")
	const key = "webui.url"
	set, err := s.store.Config.Values(ctx, key)
	if err != nil {
		return nil, err
	}
	var own string
	_ = set[key].Decode(&own) // what is no text is no address
	host := r.http.Host
	if u, err := url.Parse(own); err == nil && u.Host != "" {
		host = u.Host
	}
	if _, at, ok := strings.Cut(r.http.Header.Get("Origin"), "://"); !ok || at != host {
		return nil, errOtherOrigin
	}
	return nil, errStepExpired
}

// factorStep is a step of a sign-in, of which none is ever under way here.
func factorStep[F any](_ context.Context, r *request, _ F) (*session, error) {
	r.w.Header().Set("Cache-Control", "no-store")
	return nil, errStepExpired
}

func (s *Server) changeFactor(ctx context.Context, r *request, _ factorForm) (*factorStart, error) {
	r.w.Header().Set("Cache-Control", "no-store")
	_, needed, _, err := s.store.Auths.Factors(ctx, r.who())
	switch {
	case err != nil:
		return nil, err
	case needed:
		return nil, store.ErrSecondFactor
	}
	return nil, fail(http.StatusForbidden, "MFA is disabled.")
}
