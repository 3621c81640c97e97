package own

import (
	"context"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Messages that are written one by one wait here until they are put into the
// document of their chat. On the way down the table is put aside first: from
// then on nobody adds to it.
func rev01(o Options) migrate.Revision {
	const name, aside = "larder_message", "larder_message_aside"
	return migrate.Revision{
		ID: "1f6a0c52d7e9", Doc: "messages that are not in the document yet", Path: "01_1f6a0c52d7e9_message.go",
		Upgrade: func(ops *op.Ops) {
			t := schema.Define(name)
			t.Text("chat_id").Key(idKey)
			t.BigInt("seq")
			t.Text("message_id")
			t.JSON("patch")
			t.BigInt("number")
			t.BigInt("bytes")
			t.BigInt("at")
			t.Primary("", "chat_id", "seq")
			ops.CreateTable(t)
		},
		Downgrade: func(ops *op.Ops) {
			ops.RenameTable(name, aside)
			ops.Data("messages go into their documents", func(ctx context.Context, d *op.Data) error {
				return o.Fold(ctx, d, aside)
			}).NoReverse()
			ops.DropTable(aside)
		},
	}
}
