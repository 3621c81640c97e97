package testdb

import (
	"context"
	"testing"

	"github.com/larder-db/larder/internal/testdb/server"
)

// Server is a server of one test, to be stopped, killed, paused and started
// again. It keeps its data and its port until the test ends.
type Server struct {
	engine  string
	private *server.Private
}

// Private starts a server for one test, which is ended with the test, its data
// removed. It takes the same programs as [New], but never a server named in
// the environment.
func Private(t testing.TB, engine string) *Server {
	t.Helper()
	unwanted(t, engine)
	p, err := server.NewPrivate(t.Context(), engine, say(t))
	return private(t, engine, p, err)
}

// private is the server that was started, which ends with the test.
func private(t testing.TB, engine string, p *server.Private, err error) *Server {
	t.Helper()
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("testdb: close the private server: %v", err)
		}
	})
	return &Server{engine, p}
}

// Version is the server's as it says it: "MySQL 9.7.4".
func (s *Server) Version() string { return s.private.Endpoint().Version }

// URL is the address of a database of the server, whether or not it exists.
func (s *Server) URL(database string) string { return s.private.Endpoint().URL(database) }

// Port is the TCP port on 127.0.0.1; it stays the same over restarts.
func (s *Server) Port() int { return s.private.Endpoint().Port() }

// NewDatabase creates an empty database and returns its URL. The server must
// be running.
func (s *Server) NewDatabase(t testing.TB) string {
	t.Helper()
	name := databaseName()
	if err := s.private.Endpoint().CreateDatabase(t.Context(), name); err != nil {
		t.Fatalf("testdb: create a database on %s: %v", s.Version(), err)
	}
	return s.URL(name)
}

// Stop shuts the server down cleanly and waits until it has ended. Clients are
// disconnected.
func (s *Server) Stop(ctx context.Context) error { return s.private.Stop(ctx) }

// Kill ends all processes of the server with SIGKILL and waits until they are
// gone. What was committed is there again after [Server.Start].
func (s *Server) Kill() error { return s.private.Kill() }

// Start starts the server again and waits until it answers.
func (s *Server) Start(ctx context.Context) error { return s.private.Start(ctx) }

// Pause freezes all processes of the server: connections stay open, new ones
// are accepted by the system, and nothing answers.
func (s *Server) Pause() error { return s.private.Pause() }

// Resume lets a paused server go on; without a pause it does nothing.
func (s *Server) Resume() error { return s.private.Resume() }
