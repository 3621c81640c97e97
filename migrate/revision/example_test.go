package revision_test

import (
	"errors"
	"fmt"

	"github.com/larder-db/larder/migrate/revision"
)

// shop has two branches that grew from one revision.
func shop() *revision.Graph {
	g, err := revision.New(
		revision.Revision{ID: "1975ea83b712", Doc: "create account"},
		revision.Revision{ID: "ae1027a6acf0", Down: []string{"1975ea83b712"}, Doc: "add a column"},
		revision.Revision{ID: "27c6a30d7c24", Down: []string{"1975ea83b712"}, Labels: []string{"cart"}, Doc: "add the cart"},
	)
	if err != nil {
		panic(err)
	}
	return g
}

func ExampleGraph_Upgrade() {
	steps, err := shop().Upgrade([]string{"1975ea83b712"}, "heads")
	if err != nil {
		panic(err)
	}
	for _, s := range steps {
		fmt.Println(s, s.Rows)
	}
	// Output:
	// upgrade 1975ea83b712 -> 27c6a30d7c24, add the cart [update 1975ea83b712 to 27c6a30d7c24]
	// upgrade 1975ea83b712 -> ae1027a6acf0, add a column [insert ae1027a6acf0]
}

func ExampleGraph_Upgrade_severalHeads() {
	_, err := shop().Upgrade(nil, "head")
	var several *revision.MultipleHeads
	if errors.As(err, &several) {
		fmt.Println(several.Heads)
	}
	// Output: [ae1027a6acf0 27c6a30d7c24]
}

func ExampleGraph_Downgrade() {
	steps, err := shop().Downgrade([]string{"ae1027a6acf0", "27c6a30d7c24"}, "cart@-1")
	if err != nil {
		panic(err)
	}
	for _, s := range steps {
		fmt.Println(s, s.Rows)
	}
	// Output: downgrade 27c6a30d7c24 -> 1975ea83b712, add the cart [delete 27c6a30d7c24]
}

func ExampleGraph_History() {
	entries, err := shop().History([]string{"1975ea83b712"}, "base:cart@head")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		fmt.Println(e)
	}
	// Output:
	// 1975ea83b712 -> 27c6a30d7c24 (cart) (head), add the cart
	// <base> -> 1975ea83b712 (current) (branchpoint), create account
}

func ExampleGraph_Stamp() {
	changes, err := shop().Stamp([]string{"1975ea83b712"}, "heads")
	if err != nil {
		panic(err)
	}
	fmt.Println(changes)
	// Output: [update 1975ea83b712 to ae1027a6acf0 insert 27c6a30d7c24]
}

func ExampleGraph_Merge() {
	r, err := shop().Merge(revision.Draft{ID: "53fffde5ad5e"})
	if err != nil {
		panic(err)
	}
	fmt.Println(r.ID, r.Down, r.Doc)
	// Output: 53fffde5ad5e [ae1027a6acf0 27c6a30d7c24] merge ae1027a6acf0 and 27c6a30d7c24
}

func ExampleGraph_Next() {
	r, err := shop().Next(revision.Draft{ID: "55af2cb1c267", Head: []string{"cart@head"}, Doc: "add prices"})
	if err != nil {
		panic(err)
	}
	fmt.Println(r.ID, r.Down)
	// Output: 55af2cb1c267 [27c6a30d7c24]
}
