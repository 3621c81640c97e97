// Package store keeps users, sessions and chats: one repository per aggregate,
// on any engine. It is for servers and programs that want Open WebUI's data
// and its rules without writing SQL.
//
//	st := store.New(eng, store.Options{})
//	err := st.InTx(ctx, func(ctx context.Context, st *store.Store) error { // may run twice
//		u, err := st.Users.GetByEmail(ctx, "ada@example.com")
//		if err != nil {
//			return err
//		}
//		_, err = st.Chats.Create(ctx, store.Who{ID: u.ID, Role: *u.Role}, store.ChatInput{Document: doc})
//		return err
//	})
//
// Get returns one or dberr.ErrNotFound. List returns an empty slice for none.
// Update reads a row under lock, gives it to a function that may run more than
// once, and writes what the function changed. What belongs together is written
// in one transaction: a user with the password, a chat with its messages.
//
// Reading changes no row. Open WebUI notes in user.last_active_at when somebody
// was seen, and in chat.last_read_at when a chat was opened; this package
// leaves both to explicit calls.
//
// Who may do what is decided here and nowhere else. Methods take a [Who] and do
// what that user may do: to rows of their own, to rows that are shared with
// them (the grants are part of the statement that reads the row), to everybody's
// when they are an admin, within [AdminLimits]. What they may not do is
// [ErrNoAccess], [ErrNotPermitted] or [ErrAudience]; of kinds whose rows are
// nobody else's concern, such as chats, a foreign row is dberr.ErrNotFound.
// [Program] is for programs that act on nobody's behalf. Whoever calls only has
// to know who is asking; methods without a Who are for finding that out, or
// tell what everybody may know.
//
// Methods name their errors, but for two kinds. Each that takes a Who refuses with
// ErrNotPermitted a user who is not let in yet or lacks the permission; and each
// returns what the engine reports, such as dberr.Busy or dberr.Unavailable.
//
// The package is large because it has a file for each resource, and one
// transaction often spans several of them; what they share is kind.go and access.go.
//
// What it will not do: keep rows in memory between calls. A store remembers only
// which tables of larder's own it has seen, and for which chats messages wait
// that it has written; what it needs of that is in the database, too.
package store
