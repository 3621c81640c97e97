package migrations

import (
	"context"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// The document of a chat becomes JSON, by way of a second column, which is why
// it stands behind the others from here on. Text that is no JSON is kept aside
// and JSON null takes its place.
var rev05 = migrate.Revision{
	ID: "242a2047eae0", Down: []string{"6a39f3d8e55c"}, Doc: "the document of a chat is JSON", Path: "05_242a2047eae0_update_chat_table.go",
	Upgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Do(op.RenameColumn{Table: "chat", From: "chat", To: "old_chat", IfExists: true})
		ops.Data("keep chats that are no JSON", keepBadChats)
		ops.AddColumn("chat", op.JSON("chat").Null(), op.IfNotExists)
		ops.AlterColumn("chat", "chat").Type(schema.Type{Kind: schema.JSON})
		ops.Execute("UPDATE {chat} SET {chat} = {old_chat} WHERE {old_chat} IS NOT NULL").
			When(schema.NativeJSON, "UPDATE {chat} SET {chat} = CAST({old_chat} AS json) WHERE {old_chat} IS NOT NULL")
		ops.DropColumn("chat", "old_chat")
	},
	Downgrade: func(ops *op.Ops) {
		ops.RenameColumn("chat", "chat", "new_chat")
		ops.AddColumn("chat", op.Text("chat").Null())
		ops.Execute("UPDATE {chat} SET {chat} = {new_chat}").When(schema.NativeJSON, "UPDATE {chat} SET {chat} = CAST({new_chat} AS text)")
		ops.DropColumn("chat", "new_chat")
		keepAside(ops)
		ops.Data("put back chats that are no JSON", putBack("242a2047eae0", "chat", "chat", "null"))
		ops.DropTable(keptTable)
	},
}

func keepBadChats(ctx context.Context, d *op.Data) error {
	if c := d.Table("chat").Column("chat"); c != nil && c.Type.Kind != schema.JSON {
		// A way down that was cut off elsewhere left a second column: the first counts.
		if _, err := op.Run(ctx, d, "UPDATE {chat} SET {old_chat} = {chat}, {chat} = NULL WHERE {chat} IS NOT NULL"); err != nil {
			return err
		}
	}
	return d.Rows(ctx, op.Scan{Table: "chat", Key: []string{"id"}, Columns: []string{"old_chat"}}, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			if r.Null("old_chat") {
				continue
			}
			doc, reason := asJSON(r.Text("old_chat"))
			if reason == "" {
				continue
			}
			if err := keep(ctx, c, kept{"242a2047eae0", "chat.chat", r.Text("id"), reason, r.Text("old_chat")}); err != nil {
				return err
			}
			if doc == "" {
				doc = "null"
			}
			if err := c.Update(ctx, r, op.Values{"old_chat": doc}); err != nil {
				return err
			}
		}
		return nil
	})
}
