package server

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// router finds the route of a request. Paths are matched segment by segment; a
// literal segment goes before a wildcard, and of two routes that both match the
// one whose literal comes first is taken, as in Open WebUI. http.ServeMux
// refuses such routes: chats/folder/{id} beside chats/{id}/pinned.
type router struct{ root node }

type node struct {
	literal  map[string]*node
	wildcard *node
	methods  map[string]*leaf // by HTTP method
	reserved bool             // the last segment is a word, never an id
}

type leaf struct {
	pattern string
	names   []string // of the wildcards, in the order of the path
	handler http.Handler
}

// segments cuts a path; the last one is empty behind a slash at the end.
func segments(path string) []string { return strings.Split(strings.TrimPrefix(path, "/"), "/") }

func (rt *router) add(r route, h http.Handler) {
	n, names := &rt.root, []string(nil)
	for _, s := range segments(strings.TrimSuffix(r.path, "{$}")) {
		if name, ok := strings.CutPrefix(s, "{"); ok {
			if n.wildcard == nil {
				n.wildcard = &node{}
			}
			n, names = n.wildcard, append(names, strings.TrimSuffix(name, "}"))
			continue
		}
		if n.literal == nil {
			n.literal = map[string]*node{}
		}
		if n.literal[s] == nil {
			n.literal[s] = &node{}
		}
		n = n.literal[s]
	}
	if n.methods == nil {
		n.methods = map[string]*leaf{}
	}
	n.methods[r.method] = &leaf{r.method + " " + r.path, names, h}
	n.reserved = n.reserved || r.reserved
}

// find returns the first node that answers method at the path, with what stands
// for its wildcards; else the first node at the path, or nil.
func (n *node) find(method string, path, values []string) (*node, []string) {
	if len(path) == 0 {
		if n.methods == nil {
			return nil, nil
		}
		return n, values
	}
	var other *node
	if next := n.literal[path[0]]; next != nil {
		found, v := next.find(method, path[1:], values)
		if found != nil && (found.methods[method] != nil || found.reserved) {
			return found, v
		}
		other = found
	}
	if n.wildcard != nil && path[0] != "" {
		found, v := n.wildcard.find(method, path[1:], append(values, path[0]))
		if found != nil && (found.methods[method] != nil || other == nil) {
			return found, v
		}
	}
	return other, values
}

// ServeHTTP runs the route of a request, or says that there is none.
func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	path := segments(r.URL.EscapedPath())
	for i, s := range path {
		plain, err := url.PathUnescape(s)
		if err != nil {
			writeFailure(w, &failure{status: http.StatusNotFound, detail: msgUnknownPath})
			return
		}
		path[i] = plain
	}
	n, values := rt.root.find(method, path, nil)
	switch {
	case n == nil:
		rt.elsewhere(w, r, method, path)
	case n.methods[method] == nil:
		w.Header().Set("Allow", strings.Join(n.allowed(), ", "))
		writeFailure(w, &failure{status: http.StatusMethodNotAllowed, detail: msgMethodNotAllowed})
	default:
		l := n.methods[method]
		for i, name := range l.names {
			r.SetPathValue(name, values[i])
		}
		if rec, ok := w.(*record); ok {
			rec.pattern = l.pattern
		}
		l.handler.ServeHTTP(w, r)
	}
}

// elsewhere answers a path without a route: with the one that has a slash more
// or less at its end, if there is that.
func (rt *router) elsewhere(w http.ResponseWriter, r *http.Request, method string, path []string) {
	to, last := r.URL.EscapedPath(), len(path)-1
	if path[last] == "" {
		to, path = strings.TrimSuffix(to, "/"), path[:last]
	} else {
		to, path = to+"/", append(path, "")
	}
	if n, _ := rt.root.find(method, path, nil); n == nil || len(path) == 0 || strings.HasPrefix(to, "//") {
		writeFailure(w, &failure{status: http.StatusNotFound, detail: msgUnknownPath})
		return
	}
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	http.Redirect(w, r, to, http.StatusTemporaryRedirect) //nolint:gosec // a path of this server, never //host
}

// allowed are the methods of a node, in order.
func (n *node) allowed() []string {
	var out []string
	for m := range n.methods {
		out = append(out, m)
		if m == http.MethodGet {
			out = append(out, http.MethodHead)
		}
	}
	slices.Sort(out)
	return out
}
