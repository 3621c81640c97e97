package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/larder-db/larder/dberr"
)

// The sentences of Open WebUI that clients look at.
const (
	msgNotAuthenticated = "Not authenticated"
	msgUnauthorized     = "401 Unauthorized"
	msgAccessProhibited = "You do not have permission to access this resource. Please contact your administrator for assistance."
	msgNotFound         = "We could not find what you're looking for :/"
	msgInvalidToken     = "Your session has expired or the token is invalid. Please sign in again."
	msgInvalidCred      = "The email or password provided is incorrect. Please check for typos and try logging in again."
	msgInvalidEmail     = "The email format you entered is invalid. Please double-check and make sure you're using a valid email address (e.g., yourname@example.com)."
	msgEmailTaken       = "Uh-oh! This email is already registered. Sign in with your existing account or choose another email to start anew."
	msgPasswordTooLong  = "Uh-oh! The password you entered is too long. Please make sure your password is less than 72 bytes long."
	msgWrongPassword    = "The password provided is incorrect. Please check for typos and try again."
	msgNoAPIKey         = "Oops! It looks like there's a hiccup. The API key is missing. Please make sure to provide a valid API key to access this feature."
	msgAPIKeyNotAllowed = "API key creation is not allowed in the environment."
	msgAPIKeyUse        = "Use of API key is not enabled in the environment."
	msgAuthRequest      = "Invalid authentication request."
	msgMethodNotAllowed = "Method Not Allowed"
	msgUnknownPath      = "Not Found"
	msgInternal         = "Internal Server Error"
	msgUnreadableBody   = "There was an error parsing the body"
	msgSecondFactor     = "Second factors are switched on, and this server does not check them. Sign in with Open WebUI, or ask an administrator to switch them off there."
	msgTooLarge         = "The request body is larger than this server accepts."
	msgTooMany          = "API rate limit exceeded"
	msgCrossSite        = "The request comes from a page of another site, which may not change anything here. The setting CORS_ALLOW_ORIGIN names the sites that may."
	msgUnknownHost      = "This server is not known under this name. Name it with --allowed-host or WEBUI_URL, or the proxy before it with --trusted-proxy."
	msgNotJSON          = "The body must be JSON: send it with Content-Type: application/json."
	msgManySignIns      = "Too many sign in at the moment. Please try again."
	msgNotDone          = "This server stores settings and connects to no other server. Ask the one that runs the models."
	msgNoLDAP           = "This server does not sign users in with LDAP. Sign in with Open WebUI, or with a password."
	msgNUL              = "A password cannot contain the character NUL."
	msgTooSlow          = "The request came too slowly. Please try again."
	msgNoRoom           = "The server has too much to do with large requests at the moment. Please try again."
	msgInvalidUserRole  = "The role must be pending, user or admin."
	msgDatabaseAway     = "The database cannot be reached at the moment. Please try again."
	msgStarting         = "The server is starting. Please try again."
	msgInvalidDocument  = "The stored document of this chat cannot be read."
	msgSomethingWrong   = "Something went wrong :/"
	msgActionProhibited = "The requested action has been restricted as a security measure."
	msgAudience         = "You do not have permission to share with the requested audience"
)

// failure is an answer that is not a success. Detail is a sentence or, for
// 422, the list of what is wrong with the request.
type failure struct {
	status int
	detail any
	body   any   // the whole answer; nil for one that has only the detail
	retry  int   // with 503: the seconds after which to try again; 0 is 1, never says none
	err    error // what went wrong inside; for the log
}

// never is no time to try again: what is wrong does not go by itself.
const never = -1

func (f *failure) Error() string {
	if s, ok := f.detail.(string); ok {
		return s
	}
	return http.StatusText(f.status)
}

func (f *failure) Unwrap() error { return f.err }

func fail(status int, detail string) error { return &failure{status: status, detail: detail} }

// errUnreadable is the failure of a chat whose document is no JSON object.
var errUnreadable = fail(http.StatusInternalServerError, msgInvalidDocument)

// statuses is the one table that maps codes to HTTP.
var statuses = map[dberr.Code]int{
	dberr.NotFound:       http.StatusNotFound,
	dberr.AlreadyExists:  http.StatusBadRequest, // as Open WebUI has it
	dberr.ForeignKey:     http.StatusConflict,
	dberr.NotNull:        http.StatusBadRequest,
	dberr.Check:          http.StatusBadRequest,
	dberr.Invalid:        http.StatusBadRequest,
	dberr.TooLarge:       http.StatusRequestEntityTooLarge,
	dberr.Conflict:       http.StatusConflict,
	dberr.Busy:           http.StatusServiceUnavailable,
	dberr.Unavailable:    http.StatusServiceUnavailable,
	dberr.Canceled:       499, // the client is gone; only the log sees it
	dberr.Timeout:        http.StatusServiceUnavailable,
	dberr.ReadOnly:       http.StatusServiceUnavailable,
	dberr.Full:           http.StatusInsufficientStorage,
	dberr.Unsupported:    http.StatusNotImplemented,
	dberr.SchemaMismatch: http.StatusServiceUnavailable,
	dberr.Internal:       http.StatusInternalServerError,
}

// details are what clients are told where a code reaches them without a
// handler having said something better. Messages of the database stay in the log.
var details = map[dberr.Code]string{
	dberr.NotFound:       msgNotFound,
	dberr.AlreadyExists:  "A record with this key exists already.",
	dberr.ForeignKey:     "The request refers to something that does not exist.",
	dberr.NotNull:        "A required value is missing.",
	dberr.Check:          "A value is not allowed.",
	dberr.Invalid:        "The request is not valid.",
	dberr.TooLarge:       "A value is larger than the database can hold.",
	dberr.Conflict:       "Somebody else changed the same thing at the same time. Please try again.",
	dberr.Busy:           "The database is busy. Please try again.",
	dberr.Unavailable:    msgDatabaseAway,
	dberr.Canceled:       "The request was canceled.",
	dberr.Timeout:        "The database did not answer in time. Please try again.",
	dberr.ReadOnly:       "The database accepts no changes at the moment.",
	dberr.Full:           "The database has no room left. An administrator has to free some.",
	dberr.Unsupported:    "The database cannot do this.",
	dberr.SchemaMismatch: "The database has another schema than this server needs; see /ready.",
	dberr.Internal:       msgInternal,
}

// failureOf is the answer to an error.
func failureOf(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &failure{status: http.StatusRequestEntityTooLarge, detail: msgTooLarge, err: err}
	}
	code := dberr.CodeOf(err)
	if code == dberr.Internal && errors.Is(err, context.Canceled) {
		code = dberr.Canceled
	}
	f = &failure{status: statuses[code], detail: details[code], err: err}
	var e *dberr.Error
	if code == dberr.Timeout && errors.As(err, &e) && e.Op != "" {
		f.detail = details[code] + " It was waited for " + e.Op + "." // the name of a statement
	}
	if code == dberr.TooLarge && errors.As(err, &e) && e.Native == "" && e.Msg != "" {
		// The limit was found here, not by the database, and is named without the value.
		f.detail = details[code][:len(details[code])-1] + ": " + e.Msg + "."
	}
	return f
}

func writeFailure(w http.ResponseWriter, f *failure) {
	h := w.Header()
	switch f.status {
	case http.StatusUnauthorized:
		if f.detail == msgNotAuthenticated {
			h.Set("WWW-Authenticate", "Bearer")
		}
	case http.StatusRequestEntityTooLarge, http.StatusRequestTimeout:
		h.Set("Connection", "close") // the rest of the body is not waited for
	case http.StatusServiceUnavailable:
		if f.retry != never {
			h.Set("Retry-After", strconv.Itoa(max(f.retry, 1)))
		}
	}
	answer := f.body
	if answer == nil {
		answer = map[string]any{"detail": f.detail}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		body = []byte(`{"detail":"` + msgInternal + `"}`)
	}
	writeBody(w, f.status, body)
}
