package migrations

import (
	"context"
	"strings"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

const promptRevision = "374d2f66af06"

// Prompts get ids, and a history that begins with what they are now. The table
// is made anew under another name, which its key and its index keep.
var rev30 = migrate.Revision{
	ID: promptRevision, Down: []string{"c440947495f3"}, Doc: "prompts have ids and a history", Path: "30_374d2f66af06_add_prompt_history_table.go",
	Upgrade: func(ops *op.Ops) {
		keepAside(ops)
		t := schema.Define("prompt_new")
		t.Text("id").Key(idKey).PrimaryKey()
		t.String("command", 0).Key(modelKey).Null()
		t.String("user_id", 0)
		t.Text("name")
		t.Text("content")
		t.JSON("data").Null()
		t.JSON("meta").Null()
		t.JSON("access_control").Null()
		t.Boolean("is_active").Default("1")
		t.Text("version_id").Null()
		t.JSON("tags").Null()
		t.BigInt("created_at")
		t.BigInt("updated_at")
		// Prompts that were moved already have the key of this name, which is one
		// in the whole schema where JSON is native; their table is on its way out.
		ops.Execute("").When(schema.NativeJSON, "ALTER TABLE IF EXISTS {prompt} DROP CONSTRAINT IF EXISTS {prompt_new_pkey}").NoReverse()
		ops.CreateTable(t, op.IfNotExists)
		create(ops, historyTable("prompt", idKey))
		ops.Data("prompts with ids", promptsWithIDs)
		ops.DropTable("prompt", op.IfExists, op.Moved)
		ops.RenameTable("prompt_new", "prompt")
		command := schema.Define("").Index("ix_prompt_new_command", "command")
		command.Unique = true
		ops.CreateIndex("prompt", command, op.IfNotExists)
	},
	Downgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.RenameTable("prompt", "prompt_new")
		t := schema.Define("prompt")
		t.String("command", 0).Key(modelKey).PrimaryKey()
		t.String("user_id", 0).Null()
		t.Text("title").Null()
		t.Text("content").Null()
		t.BigInt("timestamp").Null()
		t.JSON("access_control").Null()
		ops.CreateTable(t)
		ops.Data("prompts by command", promptsByCommand).
			NoReverse("the data, meta, tags and time of change of prompts, and which of them are switched off")
		ops.DropTable("prompt_new")
		ops.DropTable("prompt_history")
	},
}

// historyTable declares the earlier versions of something.
func historyTable(of string, key int) *schema.Table {
	t := schema.Define(of + "_history")
	t.Text("id").Key(idKey).PrimaryKey()
	t.Text(of + "_id").Key(key)
	t.Text("parent_id").Null()
	t.JSON("snapshot")
	t.Text("user_id")
	t.Text("commit_message").Null()
	t.BigInt("created_at")
	t.Index("ix_"+of+"_history_"+of+"_id", of+"_id")
	return t
}

func promptsWithIDs(ctx context.Context, d *op.Data) error {
	old := d.Table("prompt")
	switch {
	case old == nil:
		return nil // half applied: there were none
	case old.Column("title") == nil:
		return promptsAsTheyAre(ctx, d)
	}
	scan := op.Scan{Table: "prompt", Key: []string{"command"}, Columns: []string{"user_id", "title", "content", "timestamp", "access_control"}}
	return d.Rows(ctx, scan, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			command := strings.TrimPrefix(r.Text("command"), "/")
			if command != r.Text("command") {
				there, err := op.Get(ctx, c, "SELECT {command} FROM {prompt} WHERE {command} = ?", command)
				if err != nil {
					return err
				}
				if len(there) > 0 {
					command = r.Text("command") // "/x" and "x" are two prompts
				}
			}
			id, version := newID(), newID()
			name, content, user := plain(r.Text("title")), plain(r.Text("content")), plain(r.Text("user_id"))
			if r.Null("title") {
				name = command
			}
			access := "null"
			if !r.Null("access_control") {
				access = readableOr(r.Text("access_control"), "null")
			}
			snapshot := members("name", quote(name), "content", quote(content), "command", quote(command), "data", "{}", "meta", "{}", "access_control", access)
			row := op.Values{
				"id": id, "command": command, "user_id": user, "name": name, "content": content, "data": "{}", "meta": "{}",
				"is_active": true, "version_id": version, "tags": "[]", "created_at": r.Int("timestamp"), "updated_at": r.Int("timestamp"),
			}
			if !r.Null("access_control") {
				row["access_control"] = access
			}
			if err := c.Insert(ctx, "prompt_new", row); err != nil {
				return err
			}
			if err := c.Insert(ctx, "prompt_history", op.Values{"id": version, "prompt_id": id, "snapshot": written(snapshot), "user_id": user, "created_at": r.Int("timestamp")}); err != nil {
				return err
			}
			was := members("command", quote(r.Text("command")), "user_id", textOrNull(r, "user_id"), "title", textOrNull(r, "title"), "content", textOrNull(r, "content"))
			if r.Null("timestamp") {
				was.Set("timestamp", "null")
			}
			if err := keep(ctx, c, kept{promptRevision, "prompt", id, "how the command was spelled, and what was not there", written(was)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// promptsAsTheyAre takes over prompts that have ids already. Who may use them
// may have rows by now; then they say nothing themselves, which is not the same
// as everybody.
func promptsAsTheyAre(ctx context.Context, d *op.Data) error {
	var columns, values []string
	for _, c := range d.Table("prompt_new").Columns {
		switch {
		case d.Table("prompt").Column(c.Name) != nil:
			columns, values = append(columns, "{"+c.Name+"}"), append(values, "{"+c.Name+"}")
		case c.Name == "access_control":
			columns, values = append(columns, "{"+c.Name+"}"), append(values, "'{}'")
		}
	}
	_, err := op.Run(ctx, d, "INSERT INTO {prompt_new} ("+strings.Join(columns, ", ")+") SELECT "+strings.Join(values, ", ")+" FROM {prompt}")
	return err
}

func promptsByCommand(ctx context.Context, d *op.Data) error {
	scan := op.Scan{Table: "prompt_new", Columns: []string{"command", "user_id", "name", "content", "created_at", "access_control"}}
	err := d.Rows(ctx, scan, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			command := r.Text("command")
			row := op.Values{"user_id": r.Text("user_id"), "title": r.Text("name"), "content": r.Text("content"), "timestamp": r.Int("created_at")}
			if !r.Null("access_control") {
				row["access_control"] = r.Text("access_control")
			}
			spelled := command
			if r.Null("command") {
				spelled = r.Text("id")
			}
			if !strings.HasPrefix(spelled, "/") {
				spelled = "/" + spelled
			}
			text, found, err := recall(ctx, c, promptRevision, "prompt", r.Text("id"))
			if err != nil {
				return err
			}
			if was, _ := readObject(text); found {
				if s, _ := readString(was.Get("command")); s == command || s == "/"+command {
					spelled = s
				}
				for _, col := range []struct{ was, now string }{{"user_id", "user_id"}, {"title", "name"}, {"content", "content"}} {
					if was.Get(col.was) == "null" && (r.Text(col.now) == "" || r.Text(col.now) == command) {
						row[col.was] = nil
					}
				}
				if was.Get("timestamp") == "null" && r.Int("created_at") == 0 {
					row["timestamp"] = nil
				}
			}
			row["command"] = spelled
			if err := c.Insert(ctx, "prompt", row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return forgetAll(ctx, d, promptRevision, "prompt")
}
