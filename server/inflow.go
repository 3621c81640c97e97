package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/larder-db/larder/internal/limit"
)

const (
	// free is how much of a body is not charged to the memory of all requests:
	// what every connection may cost.
	free = 16 << 10
	// copies is how much memory a byte of a body takes on its way: the buffer
	// that it comes in, and what is made of it.
	copies = 2
	// share is what a body grows by.
	step = 256 << 10
)

// arrival is how slowly a body may come: 16 KB/s, after ten seconds.
var arrival = limit.Pace{Grace: 10 * time.Second, Rate: 16 << 10}

// inflow is the body of a request: no longer than the route allows, no slower
// than is bearable, and with room in memory for what has come.
type inflow struct {
	io.ReadCloser
	ctx      context.Context //nolint:containedctx // of the request, as the body is
	max      int64
	hold     int64 // of memory at most, whatever comes
	share    *limit.Share
	patience time.Duration
	conn     *http.ResponseController
	whole    func() error // called once, when all of it has come; nil for nothing to do

	start   time.Time
	paced   int64 // of what is read the deadline was last set at
	read    int64
	charged int64
	over    bool // it has been read to its end
}

func (b *inflow) Read(p []byte) (int, error) {
	b.hurry()
	if int64(len(p)) > b.max-b.read+1 {
		p = p[:b.max-b.read+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if b.read > b.max {
		return 0, &http.MaxBytesError{Limit: b.max}
	}
	switch {
	case err == io.EOF:
		b.over = true
		_ = b.conn.SetReadDeadline(time.Time{}) // a deadline would end the handler, too
		limit.Working(b.ctx, true)
		if whole := b.whole; whole != nil {
			b.whole = nil
			if err := whole(); err != nil {
				return n, err
			}
		}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, &failure{status: http.StatusRequestTimeout, detail: msgTooSlow, err: err}
	case err != nil:
		return n, err
	}
	if more := min(b.read*copies, b.hold) - b.charged; b.read > free && more > 0 {
		begin := time.Now()
		more = max(more, min(b.max*copies-b.charged, b.hold-b.charged, step))
		if err := b.share.Grow(b.ctx, more, b.patience); err != nil {
			return n, noRoom(err)
		}
		b.charged += more
		b.start = b.start.Add(time.Since(begin)) // that was our slowness
	}
	return n, err
}

// hurry sets the deadline of what is read next.
func (b *inflow) hurry() {
	now := time.Now()
	if b.start.IsZero() {
		b.start = now
	} else if b.read-b.paced < 32<<10 {
		return
	}
	b.paced = b.read
	// Where there is no connection there is nobody who is slow.
	_ = b.conn.SetReadDeadline(arrival.Deadline(b.start, now, b.read))
	limit.Working(b.ctx, false)
}

// noRoom is the answer to a request for which there is no memory.
func noRoom(err error) error {
	if errors.Is(err, limit.ErrFull) {
		return &failure{status: http.StatusServiceUnavailable, detail: msgNoRoom, retry: later, err: err}
	}
	return err
}

// bodyLimit is the largest body of a route in bytes: the settings where files
// or documents are sent, and otherwise what the form can need.
func (rt *route) bodyLimit(setting, files int64) int64 {
	const form, picture = 64 << 10, 1 << 20
	switch {
	case rt.upload:
		return files + form // around the file
	case rt.form == nil || !rt.form.hasBody():
		return 0
	case rt.auth == public:
		return min(form, setting)
	case tagOf(rt.path) == "auths":
		return min(picture, setting)
	}
	return setting
}
