package server

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/larder-db/larder/store"
)

// Who was here is written down at most once a minute for each user and key, for
// all of the last seconds at once, and by no request.
const (
	presenceAgain = time.Minute
	presenceEvery = 5 * time.Second
)

// presence is who was here lately.
type presence struct {
	mu          sync.Mutex
	users, keys map[string]bool      // not written down yet
	written     map[string]time.Time // of both, when they last were
}

// note remembers that a user was here, with a key or without.
func (p *presence) note(user, key string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range []struct {
		id  string
		set *map[string]bool
	}{{user, &p.users}, {key, &p.keys}} {
		if x.id == "" || now.Sub(p.written[x.id]) < presenceAgain {
			continue
		}
		if *x.set == nil {
			*x.set = map[string]bool{}
		}
		(*x.set)[x.id] = true
	}
}

// seen remembers that a caller was here.
func (s *Server) seen(c *caller) {
	key := ""
	if c.byKey() {
		key = c.token
	}
	s.presence.note(c.ID, key, s.now())
}

// waiting are the users who were here, where that is not written down yet.
func (p *presence) waiting() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.users))
}

// take hands over who was here since it was last asked.
func (p *presence) take(now time.Time) (users, keys []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	users, keys = slices.Collect(maps.Keys(p.users)), slices.Collect(maps.Keys(p.keys))
	p.users, p.keys = nil, nil
	if p.written == nil {
		p.written = map[string]time.Time{}
	}
	maps.DeleteFunc(p.written, func(_ string, at time.Time) bool { return now.Sub(at) >= presenceAgain })
	for _, id := range slices.Concat(users, keys) {
		p.written[id] = now
	}
	return users, keys
}

// writePresence writes down who was here. What cannot be written is forgotten:
// who stays is seen again.
func (s *Server) writePresence(ctx context.Context) {
	users, keys := s.presence.take(s.now())
	if len(users)+len(keys) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	ctx, done, err := s.gate.change(ctx)
	if err != nil {
		return
	}
	defer done()
	err = s.store.Users.Seen(ctx, store.Program(), users...)
	if err == nil {
		err = s.store.APIKeys.Used(ctx, store.Program(), keys...)
	}
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "who was here could not be written down", slog.String("error", err.Error()))
	}
}

// keepPresence writes until ctx is done, and then once more.
func (s *Server) keepPresence(ctx context.Context) {
	tick := time.NewTicker(presenceEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.writePresence(ctx)
		case <-ctx.Done():
			return
		}
	}
}
