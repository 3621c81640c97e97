package server

import (
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
)

// sites says whose pages may use the API from a browser, and under which names
// the server is known.
type sites struct {
	protection *http.CrossOriginProtection
	origins    []string
	any        bool // every origin may, without cookies
	hosts      []string
}

func newSites(origins, hosts []string) (*sites, error) {
	s := &sites{protection: http.NewCrossOriginProtection()}
	for _, o := range origins {
		o = strings.TrimRight(strings.TrimSpace(o), "/")
		if o == "*" {
			s.any = true
			continue
		}
		if err := s.protection.AddTrustedOrigin(o); err != nil {
			return nil, &dberr.Error{Op: "server", Code: dberr.Invalid,
				Msg: "the origin " + o + " is none; write it as https://chat.example.com", Err: err}
		}
		s.origins = append(s.origins, o)
	}
	for _, h := range hosts {
		s.hosts = append(s.hosts, strings.ToLower(hostOnly(strings.TrimSpace(h))))
	}
	return s, nil
}

// allowed reports whether pages of the origin may read what is answered.
func (s *sites) allowed(origin string) bool {
	return origin != "" && (s.any || slices.Contains(s.origins, origin))
}

// admit looks where a request comes from, ahead of everything else. done says
// that it is answered: it asked only what it may ask.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (done bool, err error) {
	if !s.knownHost(r) {
		return false, fail(http.StatusMisdirectedRequest, msgUnknownHost)
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	allowed := s.sites.allowed(origin)
	if allowed {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After")
		if !s.sites.any {
			h.Set("Access-Control-Allow-Credentials", "true")
		}
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Api-Key, X-Request-Id, Prefer, If-Match, If-None-Match")
			h.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return true, nil
		}
	}
	if err := s.sites.protection.Check(r); err != nil {
		if !allowed {
			return false, &failure{status: http.StatusForbidden, detail: msgCrossSite, err: err}
		}
		// Everybody's pages may ask; in whose name is not for the browser to say.
		r.Header.Del("Cookie")
	}
	return false, nil
}

// knownHost reports whether the Host of a request that came over the loopback
// is a name of this machine, or one that was set. A page of a site whose name
// an attacker lets point to 127.0.0.1 has another one. Names without a dot
// cannot be had on the Internet.
func (s *Server) knownHost(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return true
	}
	if at, err := netip.ParseAddrPort(local.String()); err != nil || !at.Addr().Unmap().IsLoopback() {
		return true
	}
	if from, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && s.isProxy(from.Addr().Unmap()) {
		return true
	}
	host := strings.TrimSuffix(strings.ToLower(hostOnly(r.Host)), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback() || slices.Contains(s.sites.hosts, host)
	}
	return !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") || slices.Contains(s.sites.hosts, host)
}

// hostOnly is a host without its port.
func hostOnly(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

// wantsJSON refuses a body that says that it is something else: what a plain
// form of another site can send is none. A body that does not say what it is
// comes from no form, and is taken, as Open WebUI does.
func (rt *route) wantsJSON(r *http.Request) error {
	sent := r.Header.Get("Content-Type")
	if sent == "" || rt.form == nil || !rt.form.hasBody() {
		return nil
	}
	kind, _, err := mime.ParseMediaType(sent)
	if err == nil && (kind == "application/json" || strings.HasPrefix(kind, "application/") &&
		strings.HasSuffix(kind, "+json")) {
		return nil
	}
	return fail(http.StatusUnsupportedMediaType, msgNotJSON)
}
