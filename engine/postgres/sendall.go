package postgres

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/larder-db/larder/driver"
)

// mostBatched is how many texts a connection remembers to have sent together.
const mostBatched = 256

// sendAll sends statements in a pipeline: the server answers all of them at once. On
// a local network a short statement costs little more than its round trip.
func sendAll(ctx context.Context, sc *sql.Conn, sts []driver.Sent) (ran []int64, err error) {
	err = sc.Raw(func(dc any) error {
		c, ok := dc.(*conn)
		if !ok {
			return fmt.Errorf("unexpected connection %T", dc)
		}
		ran, err = c.sendAll(ctx, sts)
		return err
	})
	return ran, err
}

func (c *conn) sendAll(ctx context.Context, sts []driver.Sent) (ran []int64, err error) {
	if err := c.forgetStale(ctx); err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	if c.late {
		batch.Queue("begin")
	}
	for _, st := range sts {
		args := make([]any, len(st.Args))
		for i, v := range st.Args {
			nv := sqldriver.NamedValue{Ordinal: i + 1, Value: v}
			if err := c.CheckNamedValue(&nv); err != nil {
				return nil, err
			}
			args[i] = nv.Value
		}
		batch.Queue(st.SQL, args...)
	}
	known := true // whatever fails was prepared before
	for _, st := range sts {
		known = known && c.batched[st.SQL]
	}
	late := c.late
	results := c.Conn.Conn().SendBatch(ctx, batch)
	defer func() {
		if cerr := results.Close(); err == nil {
			err = cerr
		}
		c.late = late && c.Conn.Conn().PgConn().TxStatus() == 'I'
		// pgx says nothing of what it prepares for a batch.
		c.watch.any = true
		if c.batched == nil || len(c.batched) > mostBatched {
			c.batched = map[string]bool{}
		}
		for _, st := range sts {
			c.batched[st.SQL] = err == nil
		}
	}()
	if late {
		if _, err := results.Exec(); err != nil {
			return nil, err
		}
	}
	for _, st := range sts {
		tag, err := results.Exec()
		if err != nil {
			if known {
				_, err = c.again(ctx, err, true)
			}
			return ran, c.denied(err, st.SQL)
		}
		ran = append(ran, tag.RowsAffected())
	}
	return ran, nil
}
