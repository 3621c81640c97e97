package server

import (
	"context"
	"net/http"
	"strings"
)

// pageRoutes are what Open WebUI's page asks for when it starts, and what is not
// served here: it is told so in a form that it goes on with.
func (s *Server) pageRoutes() []route {
	const v1 = "/api/v1/"
	return []route{
		endpoint("GET", "/api/models", "Models that can be talked to: there are none", member, noModels),
		endpoint("GET", "/api/models/base", "Models as their providers have them: there are none", admin, noModels),
		endpoint("GET", v1+"models", "The same as /api/models", member, noModels),
		endpoint("GET", "/api/usage", "Models in use, which is none, and how many users are active", member, s.usersNow),
		endpoint("GET", "/api/changelog", "What has changed in Open WebUI: not told here", public, noChanges).withoutData(),
		endpoint("GET", "/api/tasks/chat/{chat_id}", "What models are doing for a chat: nothing", member, noTasks),
		endpoint("GET", v1+"models/model/profile/image", "The picture of a model: that of the page", public, modelPicture).withoutData(),
		endpoint("GET", v1+"channels/{$}", "Channels: are not served yet", member, nothing),
		endpoint("GET", v1+"tools/{$}", "Tools: are not served yet", member, nothing),
		endpoint("GET", v1+"skills/{$}", "Skills: are not served yet", member, nothing),
		endpoint("GET", v1+"functions/{$}", "Functions: are not served yet", member, nothing),
		endpoint("GET", v1+"terminals/{$}", "Terminals: there are none", member, nothing),
		endpoint("GET", "/api/events", "What others can be told of: nothing", admin, noEvents),
		endpoint("GET", "/api/events/webhooks", "Who is told of it: nobody", admin, nothing),
	}
}

// emptyList is a list of what is not served.
type emptyList struct{}

// MarshalJSON writes the empty list.
func (emptyList) MarshalJSON() ([]byte, error) { return []byte("[]"), nil }

func (emptyList) schema() any { return object{"type": "array", "maxItems": 0} }

func nothing(context.Context, *request, none) (emptyList, error) { return emptyList{}, nil }

type modelList struct {
	Data emptyList `json:"data"`
}

func noModels(context.Context, *request, none) (modelList, error) { return modelList{}, nil }

type tasksForm struct {
	Chat string `path:"chat_id"`
}

type taskList struct {
	IDs emptyList `json:"task_ids"`
}

func noTasks(context.Context, *request, tasksForm) (taskList, error) { return taskList{}, nil }

type changes struct{}

func noChanges(context.Context, *request, none) (changes, error) { return changes{}, nil }

type eventList struct {
	Schema string    `json:"schema"`
	Events emptyList `json:"events"`
}

func noEvents(context.Context, *request, none) (eventList, error) { return eventList{}, nil }

type modelPictureForm struct {
	Model string `query:"id" default:""`
}

func modelPicture(context.Context, *request, modelPictureForm) (image, error) {
	return image{location: "/static/favicon.png"}, nil
}

type usageAnswer struct {
	Models emptyList `json:"model_ids"`
	Users  int64     `json:"user_count"`
}

func (s *Server) usersNow(ctx context.Context, r *request, _ none) (usageAnswer, error) {
	n, err := s.store.Users.CountActive(ctx, r.who(), s.presence.waiting()...)
	return usageAnswer{Users: n}, err
}

// ours are the first segments of paths that never belong to a page, whatever its
// files are called: a client that asks for something that is not served here is
// told so in JSON.
var ours = map[string]bool{"api": true, "ollama": true, "openai": true, "oauth": true, "ws": true, "cache": true,
	"health": true, "ready": true, "openapi.json": true}

// ofPage reports whether a request is for the files of the page.
func (s *Server) ofPage(r *http.Request) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return s.page != nil && !ours[strings.ToLower(first)] && (r.Method == http.MethodGet || r.Method == http.MethodHead)
}

// servePage answers with the page's files.
func (s *Server) servePage(w *record, r *http.Request) {
	w.pattern = "GET (page)"
	w.Header().Del("Cache-Control")
	s.page.ServeHTTP(w, r)
}
