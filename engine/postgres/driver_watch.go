package postgres

import (
	"context"
	"math/rand/v2"
	"net"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/larder-db/larder/driver/netfault"
)

// shuffleHosts puts the hosts into a random order. Those of one host, which differ in
// TLS only, stay together and as they are.
func shuffleHosts(config *pgx.ConnConfig) {
	all := append([]*pgconn.FallbackConfig{
		{Host: config.Host, Port: config.Port, TLSConfig: config.TLSConfig}}, config.Fallbacks...)
	var hosts [][]*pgconn.FallbackConfig
	for i, f := range all {
		if i > 0 && f.Host == all[i-1].Host && f.Port == all[i-1].Port {
			hosts[len(hosts)-1] = append(hosts[len(hosts)-1], f)
		} else {
			hosts = append(hosts, []*pgconn.FallbackConfig{f})
		}
	}
	rand.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	all = slices.Concat(hosts...)
	config.Host, config.Port, config.TLSConfig, config.Fallbacks = all[0].Host, all[0].Port, all[0].TLSConfig, all[1:]
}

// watched dials servers of which one can take the place of another.
func watched(w *netfault.Watch, dialer *net.Dialer) pgconn.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		return w.Dial(ctx, network, addr, dialer.DialContext, func(ctx context.Context) bool {
			nc, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return false
			}
			defer nc.Close()
			defer context.AfterFunc(ctx, func() { _ = nc.Close() })()
			// The question whether it has TLS needs no user and leaves no complaint in its log.
			if _, err := nc.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47}); err != nil {
				return false
			}
			_, err = nc.Read(make([]byte, 1))
			return err == nil
		})
	}
}
