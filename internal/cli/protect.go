package cli

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// protectFlags say how much of the machine clients may use.
type protectFlags struct {
	memory     int
	conns      int
	perAddress int
	timeout    time.Duration
	drain      time.Duration
	trusted    []string
	origins    []string
	hosts      []string

	proxies []netip.Prefix // what trusted says
}

func (f *protectFlags) register(flags *pflag.FlagSet) {
	flags.IntVar(&f.memory, "memory-mb", 128, "the memory for requests and answers in flight, in megabytes")
	flags.IntVar(&f.conns, "max-connections", 0, "connections at most; 0 is 4096, or what the limit of open files leaves")
	flags.IntVar(&f.perAddress, "max-connections-per-address", 256, "connections at most of one address that has not signed in")
	flags.DurationVar(&f.timeout, "request-timeout", 30*time.Second, "how long the database may take over a request")
	flags.DurationVar(&f.drain, "drain", 8*time.Second, "how long requests may go on after SIGTERM")
	flags.StringSliceVar(&f.trusted, "trusted-proxy", nil, "addresses or networks of proxies, whose X-Forwarded-For is believed")
	flags.StringSliceVar(&f.origins, "cors-origin", nil, "sites whose pages may use the API (default: CORS_ALLOW_ORIGIN, else none); * is all, without cookies")
	flags.StringSliceVar(&f.hosts, "allowed-host", nil, "names under which a proxy on this machine asks, beside that of WEBUI_URL")
}

func (f *protectFlags) check() error {
	for _, c := range []struct {
		flag        string
		n, from, to int
	}{{"--memory-mb", f.memory, 16, 1 << 20}, {"--max-connections", f.conns, 0, 1 << 20},
		{"--max-connections-per-address", f.perAddress, 1, 1 << 20}} {
		if c.n < c.from || c.n > c.to {
			return &usageError{fmt.Sprintf("%s is out of range: it is between %d and %d", c.flag, c.from, c.to)}
		}
	}
	if f.timeout <= 0 || f.drain <= 0 {
		return &usageError{"--request-timeout and --drain are durations, for example 30s"}
	}
	for _, t := range f.trusted {
		prefix, err := netip.ParsePrefix(t)
		if err != nil {
			addr, aerr := netip.ParseAddr(t)
			if aerr != nil {
				return &usageError{"--trusted-proxy is an address or a network, for example 10.0.0.0/8"}
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		f.proxies = append(f.proxies, prefix.Masked())
	}
	return nil
}

// sites are the sites whose pages may use the API, and the names of this one.
// The variables are Open WebUI's.
func (f *protectFlags) sites(env *Environment, log *slog.Logger) (origins, hosts []string) {
	origins, hosts = f.origins, f.hosts
	if v := env.get("CORS_ALLOW_ORIGIN"); v != "" && origins == nil {
		origins = slices.DeleteFunc(strings.Split(v, ";"), func(o string) bool { return strings.TrimSpace(o) == "" })
	}
	if slices.Contains(origins, "*") {
		log.Warn("pages of every site may use the API, because CORS allows *; name the sites instead, as https://chat.example.com;https://other.example.com")
	}
	if u, err := url.Parse(env.get("WEBUI_URL")); err == nil && u.Host != "" {
		hosts = append(slices.Clone(hosts), u.Host)
	}
	return origins, hosts
}

// spare are files that the process needs besides its clients' connections:
// those of the database, and a few of its own.
const spare = 128

// connections is how many clients there may be.
func (f *protectFlags) connections() int {
	n := f.conns
	if n == 0 {
		n = 4096
	}
	if files := openFiles(); files > 0 {
		n = min(n, max(files-spare, 16))
	}
	return n
}

// limitHeap has garbage collected sooner where there is much of it: what
// requests hold may be that large, and garbage is not to come on top of it.
// Who sets GOMEMLIMIT knows better.
func (f *protectFlags) limitHeap(chosen string) {
	if chosen == "" {
		debug.SetMemoryLimit(int64(f.memory)<<20 + 32<<20)
	}
}
