package store_test

import (
	"context"
	"fmt"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// Example stores a chat in a database in memory. With another URL the same
// program runs on a file, PostgreSQL, MySQL or MariaDB.
func Example() {
	if err := example(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Ada is admin
	// Soup, 1 message
}

func example(ctx context.Context) error {
	eng, err := engine.Open(ctx, "sqlite://", engine.Options{Drivers: engines.All()})
	if err != nil {
		return err
	}
	defer eng.Close()
	if err := fresh.Create(ctx, eng, tables.All(), []string{tables.Head}); err != nil {
		return err
	}
	st := store.New(eng, store.Options{})

	ada, err := st.Users.SignUp(ctx, store.NewUser{Name: "Ada", Email: "ada@example.com", Password: "correct horse"})
	if err != nil {
		return err
	}
	fmt.Println(ada.Name, "is", ada.Role)

	doc, err := chatdoc.Parse([]byte(`{"title":"Soup","history":{"messages":{"1":{"role":"user","content":"How?"}},"currentId":"1"}}`))
	if err != nil {
		return err
	}
	return st.InTx(ctx, func(ctx context.Context, st *store.Store) error { // may run twice
		chat, err := st.Chats.Create(ctx, ada.Who(), store.ChatInput{Document: doc})
		if err != nil {
			return err
		}
		n, err := st.Messages.Count(ctx, chat.ID)
		fmt.Printf("%s, %d message\n", *chat.Title, n)
		return err
	})
}
