package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/store"
)

// Messages that were written alone go into the documents of their chats when
// nobody writes to a chat any more, and when there are many. A server folds what it
// has written itself; what another one has left that was killed, every one looks
// for when it starts and from time to time.
const (
	foldEvery = time.Second
	foldAgain = time.Minute // how often it is looked for what others left
)

var foldWhen = store.FoldWhen{Idle: 5 * time.Second, Rows: 512, Bytes: 1 << 20}

// keepFolding folds until ctx is done.
func (s *Server) keepFolding(ctx context.Context) {
	tick := time.NewTicker(foldEvery)
	defer tick.Stop()
	var looked time.Time
	for {
		select {
		case <-tick.C:
			s.fold(ctx, foldWhen)
			if time.Since(looked) >= foldAgain && s.foldLeft(ctx) {
				looked = time.Now()
			}
		case <-ctx.Done():
			return
		}
	}
}

// fold puts into documents what is due of what this server has written.
func (s *Server) fold(ctx context.Context, when store.FoldWhen) {
	if !s.gate.attached.Load() || !s.store.Chats.AnyDue(when) {
		return
	}
	ctx, done, err := s.gate.change(ctx)
	if err != nil {
		return
	}
	defer done()
	s.noteFold(ctx, func() error { _, err := s.store.Chats.FoldDue(ctx, when); return err })
}

// foldLeft puts into documents what nobody has for a while, and reports whether
// the database was there to be looked at.
func (s *Server) foldLeft(ctx context.Context) bool {
	if !s.gate.attached.Load() {
		return false
	}
	ctx, done, err := s.gate.change(ctx)
	if err != nil {
		return false
	}
	defer done()
	s.noteFold(ctx, func() error { _, err := s.store.Chats.FoldLeft(ctx, 2*foldWhen.Idle); return err })
	return true
}

// foldLast puts into documents all that this server has written, when it ends.
func (s *Server) foldLast(ctx context.Context) {
	s.fold(ctx, store.FoldWhen{})
}

func (s *Server) noteFold(ctx context.Context, fold func() error) {
	if err := fold(); err != nil && ctx.Err() == nil && dberr.CodeOf(err) != dberr.Canceled {
		s.log.LogAttrs(ctx, slog.LevelWarn, "messages wait on for the document of their chat",
			slog.String("error", err.Error()))
	}
}
