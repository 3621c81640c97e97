package own

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// EndedSessionTable is the type of [EndedSession].
type EndedSessionTable struct {
	Table *schema.Table
	Token query.Column[string]
	Until query.Column[int64]
}

// EndedSession is the table larder_ended_session: the session tokens that were
// signed out before their time.
var EndedSession = endedSession(schema.Define("larder_ended_session"))

func endedSession(t *schema.Table) EndedSessionTable {
	t.Describe("session tokens that were signed out before their time.")
	s := EndedSessionTable{
		Table: t,
		Token: query.Col[string](t.Text("token").Key(tokenKey).PrimaryKey().
			Doc("SHA-256 of the token, in hexadecimal digits")),
		Until: query.Col[int64](t.BigInt("until").Unit(schema.Seconds).Doc("when the token would have ended; the row goes with one that is signed out later")),
	}
	t.Index("larder_ended_session_until_idx", "until")
	return s
}

// EndedSessionRow is a row of [EndedSession].
type EndedSessionRow struct {
	Token string `db:"token"`
	Until int64  `db:"until"`
}
