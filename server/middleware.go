package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/larder-db/larder/internal/limit"
)

// record watches an answer for the log, and keeps what handlers know about it.
type record struct {
	http.ResponseWriter
	status  int
	bytes   int64
	pattern string // of the route; empty when none matched
	userID  string
	err     error
	flow    *flow // nil where no route matched
}

func (r *record) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
		if r.flow != nil {
			r.flow.answer(announced(r.Header()))
		}
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *record) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	var n int
	var err error
	switch {
	case r.flow != nil && r.flow.streams:
		n, err = r.flow.pass(r.ResponseWriter, b)
	case r.flow != nil && len(b) >= large:
		n, err = r.flow.copyBytes(r.ResponseWriter, b)
	default:
		n, err = r.ResponseWriter.Write(b)
	}
	r.bytes += int64(n)
	return n, err
}

// WriteString is Write without a copy of the text.
func (r *record) WriteString(s string) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	var n int
	var err error
	if r.flow != nil && len(s) >= large {
		n, err = r.flow.copyText(r.ResponseWriter, s)
	} else {
		n, err = io.WriteString(r.ResponseWriter, s)
	}
	r.bytes += int64(n)
	return n, err
}

// end is called when the request has been answered.
func (r *record) end() {
	if r.flow != nil {
		r.flow.end()
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (r *record) Unwrap() http.ResponseWriter { return r.ResponseWriter }

type requestIDKey struct{}

// RequestID is the id of the request that ctx belongs to: the X-Request-Id
// header where it is a plain word, else a random one. Empty outside of a request.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

func requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	plain := len(id) > 0 && len(id) <= 128
	for i := 0; plain && i < len(id); i++ {
		c := id[i]
		plain = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '.'
	}
	if plain {
		return id
	}
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// ServeHTTP answers one request. Around the route's handler stand: the request
// id, the log line, and the answer to a panic.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	limit.Working(r.Context(), true)
	id := requestID(r)
	rec := &record{ResponseWriter: w}
	h := rec.Header()
	h.Set("X-Request-Id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			rec.err = fmt.Errorf("panic: %v", p)
			s.log.ErrorContext(r.Context(), "panic", "request_id", id, "pattern", rec.pattern, "panic", fmt.Sprint(p), "stack",
				string(debug.Stack()))
			if rec.status == 0 {
				writeFailure(rec, &failure{status: http.StatusInternalServerError, detail: msgInternal})
			}
		}
		s.state.answered(r, rec)
		s.logRequest(r, rec, id, time.Since(start))
	}()
	switch done, err := s.admit(rec, r); {
	case err != nil:
		f := failureOf(err)
		rec.err = f.err
		writeFailure(rec, f)
	case !done && s.ofPage(r):
		s.servePage(rec, r)
	case !done:
		s.router.ServeHTTP(rec, r)
	}
}

// logRequest writes one line per request: never a body, a token, or the value
// of a parameter.
func (s *Server) logRequest(r *http.Request, rec *record, id string, took time.Duration) {
	level := slog.LevelInfo
	switch probe := strings.HasPrefix(rec.pattern, "GET /health") || strings.HasPrefix(rec.pattern, "GET /ready"); {
	case probe && rec.status != http.StatusInternalServerError:
		level = slog.LevelDebug // a line of its own says when the state has changed
	case rec.status >= 500:
		level = slog.LevelError
	}
	ctx := r.Context()
	if !s.log.Enabled(ctx, level) {
		return
	}
	pattern := rec.pattern
	if pattern == "" {
		pattern = "-"
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method),
		slog.String("pattern", pattern),
		slog.Int("status", rec.status),
		slog.Duration("duration", took.Round(time.Microsecond)),
		slog.Int64("bytes", rec.bytes),
		slog.String("request_id", id),
	}
	if rec.userID != "" {
		attrs = append(attrs, slog.String("user_id", rec.userID))
	}
	if rec.err != nil && rec.status >= 500 {
		attrs = append(attrs, slog.String("error", rec.err.Error()))
	}
	s.log.LogAttrs(ctx, level, "request", attrs...)
}
