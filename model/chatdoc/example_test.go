package chatdoc_test

import (
	"fmt"

	"github.com/larder-db/larder/model/chatdoc"
)

// Two clients append to the same chat; the second has not seen what the first
// has written, and nothing is lost.
func Example() {
	stored, err := chatdoc.Parse([]byte(`{"title":"Soup","history":{"messages":{"1":{"parentId":null}},"currentId":"1"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	author := chatdoc.Author{ID: "u1", Name: "Ada"}
	for _, text := range []string{
		`{"history":{"messages":{"2":{"parentId":"1","role":"user","content":"first"}},"currentId":"2"}}`,
		`{"history":{"messages":{"3":{"parentId":"1","role":"user","content":"second"}},"currentId":"3"}}`,
	} {
		sent, err := chatdoc.Parse([]byte(text))
		if err != nil {
			fmt.Println(err)
			return
		}
		stored = chatdoc.Merge(stored, sent, author)
	}
	fmt.Println(stored.MessageIDs(), stored.CurrentID())
	fmt.Println(stored.Message("1"))
	// Output:
	// [1 2 3] 3
	// {"parentId":null,"childrenIds":["2","3"]}
}
