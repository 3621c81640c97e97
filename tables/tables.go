package tables

import (
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

// Head is the revision of the shared history at which these tables are.
const Head = declared.Head

// All returns the 47 tables in an order in which they can be created: a table
// stands behind those that its foreign keys refer to. The tables are shared and
// must not be changed; Clone one first.
func All() []*schema.Table { return declared.All() }

// Named returns the table of that name, or nil.
func Named(name string) *schema.Table {
	for _, t := range All() {
		if t.Name == name {
			return t
		}
	}
	return nil
}
