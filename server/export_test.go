package server

import (
	"context"
	"strings"
)

// WritePresence writes down who was here.
func (s *Server) WritePresence(ctx context.Context) { s.writePresence(ctx) }

// RouteTable is every route, as "METHOD /path".
func (s *Server) RouteTable() []string {
	var out []string
	for _, rt := range s.routes() {
		out = append(out, rt.method+" "+strings.TrimSuffix(rt.path, "{$}"))
	}
	return out
}
