package own

import (
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// PostgreSQL compresses long values, and a search reads a hundred of these: without
// that it takes a quarter less time, and making the index a third less, for more bytes.
// Texts that are there stay as they are.
func rev05() migrate.Revision {
	storage := func(ops *op.Ops, as string) {
		ops.Execute("").NoReverse().When(schema.ColumnStorage,
			`ALTER TABLE {larder_search_chat} ALTER COLUMN {text} SET STORAGE `+as)
	}
	return migrate.Revision{
		ID: "7d3e81f0b5a6", Down: []string{"c94d2a7e61b5"}, Doc: "texts of the search are not compressed",
		Path:      "05_7d3e81f0b5a6_search_text_storage.go",
		Upgrade:   func(ops *op.Ops) { storage(ops, "EXTERNAL") },
		Downgrade: func(ops *op.Ops) { storage(ops, "EXTENDED") },
	}
}
