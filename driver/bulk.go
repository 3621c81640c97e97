package driver

import (
	"context"
	"database/sql"
	"iter"
)

// BulkLoader is implemented by a [Dialect] that has [CopyIn].
type BulkLoader interface {
	// CopyIn streams rows into the table on conn, inside whatever transaction
	// conn is in, and returns how many there were. Values are as Values.Encode
	// leaves them, in the order of columns; a row's slice may be used again for
	// the next one.
	CopyIn(ctx context.Context, conn *sql.Conn, table string, columns []string,
		rows iter.Seq2[[]any, error]) (int64, error)
}
