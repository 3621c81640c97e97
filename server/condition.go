package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/larder-db/larder/dberr"
)

// remembered is how long a change that found no room is believed by those who
// ask whether the database is well. After it the next change finds out: what
// only a change can tell needs one, and a server that stayed out of service
// would get none.
const remembered = 15 * time.Second

// condition is what the server knows about its database from its own requests,
// and what it has told its log about that.
type condition struct {
	now func() time.Time
	log *slog.Logger

	mu   sync.Mutex
	full time.Time // when a change last found no room; zero when a later one did
	said string    // why the server was not ready when the log last heard of it
}

// answered notes how a request to a route ended.
func (c *condition) answered(r *http.Request, rec *record) {
	if rec.pattern == "" || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return
	}
	none := errors.Is(rec.err, dberr.ErrFull)
	if !none && rec.status >= 400 {
		return // it may not have come to a change
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if none {
		c.full = c.now()
	} else {
		c.full = time.Time{}
	}
}

// noRoom says that the last change found none; empty when it did, or when that
// was long ago.
func (c *condition) noRoom() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.full.IsZero() || c.now().Sub(c.full) >= remembered {
		return ""
	}
	return details[dberr.Full]
}

// tell writes a line when the reason why the server is not ready is another
// one than before; an empty reason is that it is ready.
func (c *condition) tell(ctx context.Context, reason string, passing bool) {
	c.mu.Lock()
	before := c.said
	c.said = reason
	c.mu.Unlock()
	switch {
	case reason == before:
	case reason == "":
		c.log.InfoContext(ctx, "ready")
	case passing:
		c.log.InfoContext(ctx, "not ready yet", "reason", reason)
	default:
		c.log.WarnContext(ctx, "not ready", "reason", reason)
	}
}
