package larder_test

import (
	"context"
	"fmt"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/model/chatdoc"
	"github.com/larder-db/larder/store"
)

// Example opens a database, in memory here, and stores a chat in it. With
// another URL the same program runs on a file, PostgreSQL, MySQL or MariaDB,
// and on a database that Open WebUI has made.
func Example() {
	if err := example(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Ada is admin
	// Soup, 1 message
}

func example(ctx context.Context) error {
	db, err := larder.Open(ctx, "sqlite://", larder.Options{})
	if err != nil {
		return err
	}
	defer db.Close()

	ada, err := db.Store().Users.SignUp(ctx,
		store.NewUser{Name: "Ada", Email: "ada@example.com", Password: "correct horse"})
	if err != nil {
		return err
	}
	fmt.Println(ada.Name, "is", ada.Role)

	doc, err := chatdoc.Parse([]byte(`{"title":"Soup","history":{"messages":{"1":{"role":"user","content":"How?"}},"currentId":"1"}}`))
	if err != nil {
		return err
	}
	return db.Store().InTx(ctx, func(ctx context.Context, st *store.Store) error { // may run twice
		chat, err := st.Chats.Create(ctx, ada.Who(), store.ChatInput{Document: doc})
		if err != nil {
			return err
		}
		n, err := st.Messages.Count(ctx, chat.ID)
		fmt.Printf("%s, %d message\n", *chat.Title, n)
		return err
	})
}
