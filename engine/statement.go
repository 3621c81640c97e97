package engine

import (
	"context"

	"github.com/larder-db/larder/driver"
)

// Statement is a statement with its bound values.
type Statement struct {
	Name  string // for logs, metrics and tests: "chats.List"; empty is allowed
	SQL   string // one statement in the engine's dialect; values are in Args only
	Args  []any  // in placeholder order, as driver.Values.Encode leaves them
	Write bool   // changes data: outside of a transaction it goes to the writer, and it is not sent twice
	Cache bool   // the text is one of a bounded set: worth keeping prepared
	Aside bool   // what Exec writes is in nothing that a [Replica] is asked for: it need not have it
}

// Result of a statement that returns no rows.
type Result struct {
	Rows int64 // rows matched, on every engine, also when an update changed nothing
}

// Queryer runs statements. [Engine], [Tx] and [Session] are Queryers: a
// function that takes one runs inside and outside of a transaction.
type Queryer interface {
	// Dialect is what statements for this Queryer are written in.
	Dialect() driver.Dialect
	// Query runs a statement that returns rows. The rows hold a connection
	// until they are read to the end or closed.
	Query(ctx context.Context, st Statement) (*Rows, error)
	// Exec runs a statement that returns none.
	Exec(ctx context.Context, st Statement) (Result, error)
	// InTx runs fn in a transaction; in a transaction, in a savepoint.
	InTx(ctx context.Context, o TxOptions, fn func(ctx context.Context, tx *Tx) error) error
}
