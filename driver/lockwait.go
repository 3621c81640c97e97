package driver

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// LockWaits bounds how long statements wait for locks of other sessions, and
// says who holds them: for changes of the schema, behind which, while they wait,
// everybody else queues up.
type LockWaits interface {
	// Bound returns the statements that end later ones which wait for longer
	// than d, with dberr.Busy. The zero LockBound is that of an engine on which
	// nobody queues up behind one that waits.
	Bound(d time.Duration) LockBound

	// Writers returns the statements that wait until every transaction which has
	// written to a table is over, for not longer than d, with dberr.Busy. Those
	// that begin meanwhile may wait for it. ident is the table's name as
	// [Dialect].AppendIdent writes it. The zero LockBound is that of an engine on
	// which a transaction that writes is alone.
	Writers(ident string, d time.Duration) LockBound

	// Session returns what the server calls the session of q; empty where it
	// has no name for it.
	Session(ctx context.Context, q DBTX) (string, error)

	// Blockers returns who holds what a session is waiting for, and is asked on
	// another connection; none when it does not wait, or when that cannot be
	// seen. An empty session is one that has not begun its transaction yet.
	Blockers(ctx context.Context, q DBTX, session string) ([]Blocker, error)
}

// LockBound is statements that bound waits for locks.
type LockBound struct {
	// InTx is sent at the beginning of a transaction and ends with it. Where
	// there is none, Before and After go around the transaction.
	InTx []string
	// Before and After are sent on the connection ahead of what is bounded and
	// behind it.
	Before, After []string
}

// Blocker is a session that holds a lock which another one waits for.
type Blocker struct {
	Session string        // its number on the server, or that of its process
	User    string        // empty where that cannot be seen
	State   string        // what it is doing: "idle in transaction"; may be empty
	For     time.Duration // how long its transaction has been going on; 0 where that is not known
	// Verb is the first word of its statement, or of the last one: "SELECT";
	// empty where it cannot be seen. The statement itself may hold values.
	Verb string
}

// Verb returns the first word of a statement in capitals, when it is one.
func Verb(sql string) string {
	sql = strings.TrimLeft(sql, " \t\r\n(")
	n := strings.IndexFunc(sql, func(c rune) bool { return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') })
	if n < 0 {
		n = len(sql)
	}
	if n == 0 || n > 16 {
		return ""
	}
	return strings.ToUpper(sql[:n])
}

// String is for people: "session 4711 (user app, idle in transaction for 3m0s,
// last statement SELECT)".
func (b Blocker) String() string {
	var facts []string
	if b.User != "" {
		facts = append(facts, "user "+b.User)
	}
	state := b.State
	if b.For > 0 {
		if state == "" {
			state = "in transaction"
		}
		state += " for " + b.For.Round(time.Second).String()
	}
	if state != "" {
		facts = append(facts, state)
	}
	if b.Verb != "" {
		facts = append(facts, "last statement "+b.Verb)
	}
	s := "session " + b.Session
	if _, err := strconv.ParseInt(b.Session, 10, 64); err != nil {
		s = b.Session
	}
	if len(facts) > 0 {
		s += " (" + strings.Join(facts, ", ") + ")"
	}
	return s
}
