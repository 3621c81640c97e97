package server

import "strings"

// RouteTable is every route, as "METHOD /path".
func (s *Server) RouteTable() []string {
	var out []string
	for _, rt := range s.routes() {
		out = append(out, rt.method+" "+strings.TrimSuffix(rt.path, "{$}"))
	}
	return out
}
