//go:build unix

package testdb

import (
	"testing"

	"github.com/larder-db/larder/internal/testdb/server"
)

// PrivateWith is [Private] for a server whose command has further arguments.
func PrivateWith(t testing.TB, engine string, arguments ...string) *Server {
	t.Helper()
	unwanted(t, engine)
	m := server.Member{Arguments: func(string, int) []string { return arguments }}
	p, err := server.NewMember(t.Context(), engine, m, say(t))
	return private(t, engine, p, err)
}
