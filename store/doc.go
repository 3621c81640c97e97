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
//		_, err = st.Chats.Create(ctx, chatdoc.Author{ID: u.ID}, store.ChatInput{Document: doc})
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
// What it will not do: decide who may do what (that is for the server), or keep
// anything in memory between calls.
package store
