package postgres

import (
	"context"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/larder-db/larder/driver/netfault"
)

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
