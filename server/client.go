package server

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddr is the address that a request comes from: that of the connection,
// or what the proxies say that are believed.
func (s *Server) clientAddr(r *http.Request) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := at.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	// Each proxy adds whom it was asked by; what stands to the left of the
	// first one that is not believed anybody may have written.
	for _, hop := range slices.Backward(hops) {
		if !s.isProxy(addr) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		addr = next.Unmap().WithZone("")
	}
	return addr.String()
}

// isProxy reports whether what that address says about others is believed.
func (s *Server) isProxy(a netip.Addr) bool {
	return slices.ContainsFunc(s.proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}
