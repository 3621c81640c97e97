package server

import (
	"context"
	"html/template"
	"io"
	"net/http"

	"github.com/larder-db/larder/dberr"
)

type readyAnswer struct {
	Status   bool   `json:"status"`
	Revision string `json:"revision"`
	Reason   string `json:"reason,omitempty"`
	ReadOnly bool   `json:"read_only,omitempty"` // what can be read is served all the same
}

type versionAnswer struct {
	Version      string `json:"version"`
	DeploymentID string `json:"deployment_id"`
}

func (s *Server) statusRoutes() []route {
	away := refusal{dberr.ErrUnavailable, http.StatusServiceUnavailable, msgDatabaseAway}
	return []route{
		endpoint("GET", "/{$}", "What runs here, for people", public, s.index).withoutData(),
		endpoint("GET", "/openapi.json", "This description", public, s.openAPI).withoutData(),
		endpoint("GET", "/health", "The process answers", public, s.health).withoutData(),
		endpoint("GET", "/health/db", "The database answers", public, s.healthDB).withoutData().refusing(away),
		endpoint("GET", "/ready", "The database answers and has the schema that this server needs; 503 with a reason otherwise",
			public, s.ready).withoutData().refusing(away),
		endpoint("GET", "/api/version", "The release of Open WebUI whose API is served", public, s.version).withoutData(),
		endpoint("GET", "/api/config", "What a client needs to know before signing in", public, s.config),
	}
}

func (s *Server) health(context.Context, *request, none) (statusAnswer, error) {
	return statusAnswer{Status: true}, nil
}

func (s *Server) healthDB(ctx context.Context, _ *request, _ none) (statusAnswer, error) {
	if _, err := s.pings.look(ctx); err != nil {
		return statusAnswer{}, &failure{status: http.StatusServiceUnavailable, detail: msgDatabaseAway, err: err}
	}
	if reason := s.state.noRoom(); reason != "" {
		return statusAnswer{}, &failure{status: http.StatusServiceUnavailable, detail: reason, retry: later}
	}
	return statusAnswer{Status: true}, nil
}

func (s *Server) ready(ctx context.Context, r *request, _ none) (readyAnswer, error) {
	st, err := s.gate.schema.look(ctx)
	if err != nil {
		st.Reason = failureOf(err).Error()
	}
	if st.Reason == "" && !s.gate.attached.Load() {
		st.Reason, st.Passing = msgStarting, true
	}
	if st.Reason == "" {
		if st.Reason = s.state.noRoom(); st.Reason != "" {
			st.ReadOnly, st.Passing = true, true
		}
	}
	s.state.tell(ctx, st.Reason, st.Passing)
	if st.Reason == "" {
		return readyAnswer{Status: true, Revision: st.Revision}, nil
	}
	body := struct {
		readyAnswer
		Detail string `json:"detail"`
	}{readyAnswer{Revision: st.Revision, Reason: st.Reason, ReadOnly: st.ReadOnly}, st.Reason}
	f := &failure{status: http.StatusServiceUnavailable, detail: st.Reason, body: body, err: err, retry: never}
	if st.Passing {
		f.retry = later
	}
	return readyAnswer{}, f
}

func (s *Server) version(context.Context, *request, none) (versionAnswer, error) {
	return versionAnswer{Version: Version}, nil
}

var page = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Larder</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40em; margin: 3em auto; padding: 0 1em; color: #222; background: #fff }
dt { font-weight: 600 } dd { margin: 0 0 .7em }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } a { color: #8cb4ff } }
</style>
</head>
<body>
<h1>Larder</h1>
<p>This server keeps the users and chats of Open WebUI and serves them on Open WebUI's REST paths. It has no chat window of its own.</p>
<dl>
<dt>Program</dt><dd>{{.Program}}</dd>
<dt>Database</dt><dd>{{.Engine}}</dd>
<dt>Revision</dt><dd>{{with .Revision}}<code>{{.}}</code>{{else}}none{{end}}</dd>
<dt>State</dt><dd>{{with .Reason}}not ready: {{.}}{{else}}ready{{end}}</dd>
<dt>API</dt><dd>as Open WebUI {{.API}}; described in <a href="/openapi.json">/openapi.json</a></dd>
</dl>
</body>
</html>
`))

func (s *Server) index(ctx context.Context, _ *request, _ none) (htmlPage, error) {
	st, err := s.gate.schema.look(ctx)
	if err != nil {
		st.Reason = failureOf(err).Error()
	}
	about := struct{ Program, Engine, Revision, Reason, API string }{s.program, s.probe.Engine(), st.Revision,
		st.Reason, Version}
	return htmlPage{func(w io.Writer) error { return page.Execute(w, about) }}, nil
}
