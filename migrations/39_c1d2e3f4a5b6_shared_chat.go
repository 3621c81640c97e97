package migrations

import (
	"context"
	"strings"

	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

const shareRevision = "c1d2e3f4a5b6"

// What was shared of a chat was a chat of the user "shared-<id of the chat>";
// it gets a table, and a grant for all users. A snapshot of a chat that is gone
// is kept aside.
var rev39 = migrate.Revision{
	ID: shareRevision, Down: []string{"e1f2a3b4c5d6"}, Doc: "shared chats have a table", Path: "39_c1d2e3f4a5b6_shared_chat.go",
	Upgrade: func(ops *op.Ops) {
		keepAside(ops)
		t := schema.Define("shared_chat")
		t.Text("id").Key(idKey).PrimaryKey()
		t.Text("chat_id").Key(idKey).References("chat", "id", schema.Cascade)
		t.Text("user_id")
		t.Text("title").Null()
		t.JSON("chat").Null()
		t.BigInt("created_at").Null()
		t.BigInt("updated_at").Null()
		ops.CreateTable(t, op.IfNotExists)
		ops.Data("shared chats", sharedChats).NoReverse("the rows of messages of snapshots; the snapshots have the messages")
	},
	Downgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Data("snapshots as chats", snapshotsAsChats).NoReverse("who may see which shared chat")
		ops.DropTable("shared_chat")
	},
}

// snapshotColumns are the columns of a chat that a shared chat has not.
var snapshotColumns = []string{"share_id", "archived", "pinned", "meta", "folder_id", "tasks", "summary", "last_read_at"}

func sharedChats(ctx context.Context, d *op.Data) error {
	at := now()
	scan := op.Scan{Table: "chat", Key: []string{"id"}, Columns: append([]string{"user_id", "created_at"}, snapshotColumns...), Where: "{user_id} LIKE 'shared-%'", Size: 100}
	return d.Rows(ctx, scan, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			id := r.Text("id")
			of := strings.TrimPrefix(r.Text("user_id"), "shared-")
			owner, err := op.Get(ctx, c, "SELECT {user_id} FROM {chat} WHERE {id} = ? AND ({user_id} IS NULL OR {user_id} NOT LIKE 'shared-%')", of)
			if err != nil {
				return err
			}
			rest := members("user_id", quote(r.Text("user_id")))
			for _, col := range snapshotColumns {
				rest.Set(col, cell(c, r, col))
			}
			if len(owner) == 0 {
				whole, err := op.Get(ctx, c, "SELECT {title}, {chat}, {created_at}, {updated_at} FROM {chat} WHERE {id} = ?", id)
				if err != nil {
					return err
				}
				rest.Set("title", textOrNull(whole[0], "title"))
				rest.Set("chat", textOrNull(whole[0], "chat"))
				rest.Set("created_at", numberOrNull(whole[0], "created_at"))
				rest.Set("updated_at", numberOrNull(whole[0], "updated_at"))
				if err := keep(ctx, c, kept{shareRevision, "chat", id, "a snapshot of a chat that is gone", written(rest)}); err != nil {
					return err
				}
			} else if err := share(ctx, c, r, of, at, rest); err != nil {
				return err
			}
			if _, err := op.Run(ctx, c, "DELETE FROM {chat_message} WHERE {chat_id} = ?", id); err != nil {
				return err
			}
			if err := c.Delete(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// share makes a shared chat of a snapshot, with its grant.
func share(ctx context.Context, c *op.Chunk, r op.Row, of string, at int64, rest *jsontext.Object) error {
	id := r.Text("id")
	_, err := op.Run(ctx, c, "INSERT INTO {shared_chat} ({id}, {chat_id}, {user_id}, {title}, {chat}, {created_at}, {updated_at}) "+
		"SELECT {c}.{id}, {o}.{id}, coalesce({o}.{user_id}, ''), {c}.{title}, {c}.{chat}, {c}.{created_at}, {c}.{updated_at} FROM {chat} {c}, {chat} {o} WHERE {c}.{id} = ? AND {o}.{id} = ?", id, of)
	if err != nil {
		return err
	}
	if err := keep(ctx, c, kept{shareRevision, "shared_chat", id, "what else was known of the snapshot", written(rest)}); err != nil {
		return err
	}
	have, err := grantsOf(ctx, c, "shared_chat", of)
	if err != nil {
		return err
	}
	for _, g := range have {
		if g == everybody {
			return nil // a chat that was shared twice
		}
	}
	if t := r.Int("created_at"); t != 0 {
		at = t
	}
	return c.Insert(ctx, "access_grant", op.Values{"id": newID(), "resource_type": "shared_chat", "resource_id": of, "principal_type": "user", "principal_id": "*", "permission": "read", "created_at": at})
}

// cell is a value of a row of chats as JSON; JSON is a string in it.
func cell(_ *op.Chunk, r op.Row, column string) string {
	switch {
	case r.Null(column):
		return "null"
	case column == "archived" || column == "pinned":
		if r.Bool(column) {
			return "true"
		}
		return "false"
	case column == "last_read_at":
		return numberOrNull(r, column)
	}
	return quote(r.Text(column))
}

func snapshotsAsChats(ctx context.Context, d *op.Data) error {
	err := d.Rows(ctx, op.Scan{Table: "shared_chat", Columns: []string{"chat_id"}, Size: 100}, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			id := r.Text("id")
			// A token may be shared again under an id that a chat has by now.
			there, err := op.Get(ctx, c, "SELECT {id} FROM {chat} WHERE {id} = ?", id)
			if err != nil {
				return err
			}
			if len(there) > 0 {
				continue
			}
			_, err = op.Run(ctx, c, "INSERT INTO {chat} ({id}, {user_id}, {title}, {chat}, {created_at}, {updated_at}) SELECT {id}, ?, {title}, {chat}, {created_at}, {updated_at} FROM {shared_chat} WHERE {id} = ?",
				"shared-"+r.Text("chat_id"), id)
			if err != nil {
				return err
			}
			rest, found, err := recall(ctx, c, shareRevision, "shared_chat", id)
			if err != nil {
				return err
			}
			if !found {
				rest = `{"archived": false}`
			}
			if err := complete(ctx, c, id, rest); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = eachKept(ctx, d, shareRevision, "chat", func(ctx context.Context, c *op.Chunk, k kept) error {
		there, err := op.Get(ctx, c, "SELECT {id} FROM {chat} WHERE {id} = ?", k.key)
		if err != nil || len(there) > 0 {
			return err
		}
		o, _ := readObject(k.value)
		row := op.Values{"id": k.key}
		for _, col := range []string{"user_id", "title", "chat"} {
			if s, ok := readString(o.Get(col)); ok {
				row[col] = s
			}
		}
		for _, col := range []string{"created_at", "updated_at"} {
			if n := o.Get(col); n != "null" && n != "" {
				row[col] = n
			}
		}
		if err := c.Insert(ctx, "chat", row); err != nil {
			return err
		}
		return complete(ctx, c, k.key, k.value)
	})
	if err != nil {
		return err
	}
	for _, item := range []string{"chat", "shared_chat"} {
		if err := forgetAll(ctx, d, shareRevision, item); err != nil {
			return err
		}
	}
	_, err = op.Run(ctx, d, "DELETE FROM {access_grant} WHERE {resource_type} = 'shared_chat'")
	return err
}

// complete gives a chat what a shared chat does not have.
func complete(ctx context.Context, c *op.Chunk, id, rest string) error {
	o, _ := readObject(rest)
	set, args := "", []any{}
	for _, col := range snapshotColumns {
		raw := o.Get(col)
		if raw == "" || raw == "null" {
			continue
		}
		var v any
		switch s, ok := readString(raw); {
		case ok:
			v = s
		case raw == "true" || raw == "false":
			v = raw == "true"
		default:
			n, err := parseInt(raw)
			if err != nil {
				return err
			}
			v = n
		}
		if set != "" {
			set += ", "
		}
		set, args = set+"{"+col+"} = ?", append(args, v)
	}
	if set == "" {
		return nil
	}
	_, err := op.Run(ctx, c, "UPDATE {chat} SET "+set+" WHERE {id} = ?", append(args, id)...)
	return err
}
