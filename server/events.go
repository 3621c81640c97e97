package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// pollAnswer is something that is asked for once; or again and again, as events
// until it is over.
type pollAnswer struct {
	first    any
	over     bool
	stream   bool
	every    time.Duration
	most     time.Duration
	next     func() (value any, over bool, err error)
	stopping <-chan struct{}
}

func (*pollAnswer) mediaTypes() []string { return []string{"text/event-stream", "application/json"} }

// poll asks for something now, and, as a stream, every so often for at most so
// long. A value that is nil is no event.
func (s *Server) poll(ctx context.Context, r *request, stream bool, every, most time.Duration,
	ask func(context.Context) (value any, over bool, err error)) (*pollAnswer, error) {
	next := func() (any, bool, error) { // no connection is held in between
		ctx, cancel := context.WithTimeout(ctx, r.timeout)
		defer cancel()
		return ask(ctx)
	}
	first, over, err := next()
	return &pollAnswer{first, over, stream, every, most, next, s.gate.stopping}, err
}

func (a *pollAnswer) send(r *request) error {
	if !a.stream {
		return writeJSON(r.w, a.first)
	}
	r.w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	r.w.WriteHeader(http.StatusOK)
	tick := time.NewTicker(a.every)
	defer tick.Stop()
	value, over := a.first, a.over
	for end := time.Now().Add(a.most); ; {
		if value != nil && event(r, value) != nil || over || time.Now().After(end) {
			return nil
		}
		select {
		case <-r.http.Context().Done():
			return nil
		case <-a.stopping:
			return nil
		case <-tick.C:
		}
		var err error
		if value, over, err = a.next(); err != nil {
			return nil // the client asks again, and is told then
		}
	}
}

// event sends one event. It has time of its own: what came before had to be
// waited for.
func event(r *request, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	r.anew()
	if _, err := fmt.Fprintf(r.w, "data: %s\n\n", text); err != nil {
		return err
	}
	return http.NewResponseController(r.w).Flush()
}
