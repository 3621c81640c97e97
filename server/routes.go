package server

import (
	"encoding/json"
	"net/http"
)

// level is who may use a route.
type level int

const (
	public   level = iota
	signedIn       // anybody with a session, pending users too
	member         // users and admins
	admin
)

// route is one line of the API. The mux and the API's description are made
// from the same lines.
type route struct {
	method, path string
	summary      string
	auth         level
	data         bool // needs the database to be at this program's revision
	query        []parameter
	body         any // a value of the form's type; nil for none
	answer       any // a value of the answer's type
	serve        func(w http.ResponseWriter, r *http.Request, c *caller) error
}

// parameter of a query string.
type parameter struct {
	name, kind string // kind as JSON Schema has it
	standard   any
	about      string
}

var listParameters = []parameter{
	{"page", "integer", nil, "from 1; 60 chats per page; all chats without it"},
	{"include_pinned", "boolean", false, "also those that are pinned"},
	{"include_folders", "boolean", false, "also those in folders"},
	{"sort_by", "string", "updated_at", "updated_at, created_at or title"},
	{"sort_dir", "string", "desc", "desc or asc"},
}

func (s *Server) routes() []route {
	return []route{
		{method: "GET", path: "/{$}", summary: "What runs here, for people", answer: "", serve: s.index},
		{method: "GET", path: "/openapi.json", summary: "This description", answer: json.RawMessage{}, serve: s.openAPI},
		{method: "GET", path: "/health", summary: "The process answers", answer: statusAnswer{}, serve: s.health},
		{method: "GET", path: "/health/db", summary: "The database answers", answer: statusAnswer{}, serve: s.healthDB},
		{method: "GET", path: "/ready", summary: "The database answers and has the schema that this server needs; 503 with a reason otherwise", answer: readyAnswer{}, serve: s.ready},
		{method: "GET", path: "/api/version", summary: "The release of Open WebUI whose API is served", answer: versionAnswer{}, serve: s.version},
		{method: "GET", path: "/api/config", summary: "What a client needs to know before signing in", data: true, answer: configAnswer{}, serve: s.config},

		{method: "GET", path: "/api/v1/auths/{$}", summary: "Who am I", auth: signedIn, data: true, answer: sessionInfo{}, serve: s.whoAmI},
		{method: "POST", path: "/api/v1/auths/signup", summary: "Sign up; the first user becomes admin", data: true, body: signUpForm{}, answer: session{}, serve: s.signUp},
		{method: "POST", path: "/api/v1/auths/signin", summary: "Sign in", data: true, body: signInForm{}, answer: session{}, serve: s.signIn},
		{method: "POST", path: "/api/v1/auths/signout", summary: "Sign out", answer: statusAnswer{}, serve: s.signOut},
		{method: "POST", path: "/api/v1/auths/add", summary: "Add a user", auth: admin, data: true, body: addUserForm{}, answer: addedUser{}, serve: s.addUser},
		{method: "POST", path: "/api/v1/auths/update/profile", summary: "Change one's profile", auth: member, data: true, body: profileForm{}, answer: profile{}, serve: s.updateProfile},
		{method: "POST", path: "/api/v1/auths/update/password", summary: "Change one's password", auth: signedIn, data: true, body: passwordForm{}, answer: true, serve: s.updatePassword},
		{method: "POST", path: "/api/v1/auths/update/timezone", summary: "Change one's time zone", auth: signedIn, data: true, body: timezoneForm{}, answer: statusAnswer{}, serve: s.updateTimezone},
		{method: "GET", path: "/api/v1/auths/api_key", summary: "One's API key", auth: signedIn, data: true, answer: apiKeyAnswer{}, serve: s.apiKey},
		{method: "POST", path: "/api/v1/auths/api_key", summary: "Make an API key, in place of the one before", auth: signedIn, data: true, answer: apiKeyAnswer{}, serve: s.makeAPIKey},
		{method: "DELETE", path: "/api/v1/auths/api_key", summary: "Delete one's API key", auth: signedIn, data: true, answer: true, serve: s.deleteAPIKey},

		{method: "GET", path: "/api/v1/chats/{$}", summary: "One's chats, the last changed first", auth: member, data: true, query: listParameters, answer: []chatItem{}, serve: s.listChats},
		{method: "GET", path: "/api/v1/chats/list", summary: "The same as /api/v1/chats/", auth: member, data: true, query: listParameters, answer: []chatItem{}, serve: s.listChats},
		{method: "DELETE", path: "/api/v1/chats/{$}", summary: "Delete all of one's chats", auth: member, data: true, answer: true, serve: s.deleteChats},
		{method: "POST", path: "/api/v1/chats/new", summary: "Create a chat", auth: member, data: true, body: chatForm{}, answer: chatAnswer{}, serve: s.createChat},
		{method: "GET", path: "/api/v1/chats/{id}", summary: "A chat with its whole document", auth: member, data: true, answer: chatAnswer{}, serve: s.getChat},
		{method: "POST", path: "/api/v1/chats/{id}", summary: "Update a chat: members are merged, messages united", auth: member, data: true, body: chatForm{}, answer: chatAnswer{}, serve: s.updateChat},
		{method: "DELETE", path: "/api/v1/chats/{id}", summary: "Delete a chat", auth: member, data: true, answer: true, serve: s.deleteChat},
	}
}
