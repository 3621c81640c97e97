package own

import (
	"context"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate"
)

// Options are what the revisions take from the program of today.
type Options struct {
	// Fold puts the messages that stand in a table that once was larder_message
	// into the documents of their chats and deletes their rows. It may be run
	// again after it was cut off.
	Fold func(ctx context.Context, q engine.Queryer, table string) error
}

// History returns the revisions in order.
func History(o Options) []migrate.Revision {
	return []migrate.Revision{rev01(o), rev02(), rev03(), rev04(), rev05(), rev06()}
}

// The most characters of keys on engines that limit them.
const (
	idKey    = 191
	tokenKey = 64 // of the SHA-256 of a token, in hexadecimal digits
)
