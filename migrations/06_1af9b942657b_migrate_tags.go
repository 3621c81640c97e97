package migrations

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

const tagRevision = "1af9b942657b"

// A tag's id becomes its name in lower case, and a chat lists the ids of its
// tags itself; "pinned", which was a tag, becomes a property of the chat. Until
// the next revision an id is unique among all users: a tag that another user
// has as well waits in larder_kept for it.
var rev06 = migrate.Revision{
	ID: tagRevision, Down: []string{"242a2047eae0"}, Doc: "chats list their tags", Path: "06_1af9b942657b_migrate_tags.go",
	Upgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Data("keep the tags as they were", keepTags)
		ops.Do(op.AddUnique{Table: "tag", Unique: &schema.Unique{Name: "uq_id_user_id", Columns: []string{"id", "user_id"}}, IfNotExists: true})
		ops.DropColumn("tag", "data", op.IfExists, op.Moved)
		ops.AddColumn("tag", op.JSON("meta").Null(), op.IfNotExists)
		ops.Data("tags by name", tagsByName)
		ops.AddColumn("chat", op.Boolean("pinned").Null(), op.IfNotExists)
		ops.AddColumn("chat", op.JSON("meta").Default("{}"), op.IfNotExists)
		ops.Data("tags of chats", tagsOfChats)
	},
	Downgrade: func(ops *op.Ops) {
		keepAside(ops)
		ops.Data("tags of chats as rows", rowsOfTags)
		ops.DropColumn("chat", "meta")
		ops.DropColumn("chat", "pinned")
		ops.DropColumn("tag", "meta")
		ops.AddColumn("tag", op.Text("data").Null())
		ops.DropUnique("tag", "uq_id_user_id", "id", "user_id")
		ops.Data("tags as they were", tagsAsTheyWere)
	},
}

// keepTags keeps every tag. A run that was cut off may have been here before:
// what it kept stays.
func keepTags(ctx context.Context, d *op.Data) error {
	columns := []string{"name", "user_id"}
	data := d.Table("tag").Column("data") != nil // else it is half applied
	if data {
		columns = append(columns, "data")
	}
	return d.Rows(ctx, op.Scan{Table: "tag", Key: []string{"id"}, Columns: columns}, func(ctx context.Context, c *op.Chunk) error {
		for _, r := range c.Rows {
			was := members("name", textOrNull(r, "name"), "user_id", textOrNull(r, "user_id"))
			if data {
				was.Set("data", textOrNull(r, "data"))
			}
			if err := keep(ctx, c, kept{tagRevision, "tag", r.Text("id"), "the tag as it was before its id became its name", written(was)}); err != nil {
				return err
			}
		}
		return nil
	})
}

func textOrNull(r op.Row, column string) string {
	if r.Null(column) {
		return "null"
	}
	return quote(r.Text(column))
}

// tag is a tag as it was kept.
type tag struct{ id, name, user, data string }

func readTag(k kept) tag {
	o, _ := readObject(k.value)
	text := func(key string) string {
		s, _ := readString(o.Get(key))
		return s
	}
	return tag{k.key, text("name"), text("user_id"), text("data")}
}

// newTagID is the id that a tag gets.
func (t tag) newID() string {
	if t.name == "" {
		return t.id
	}
	return slug(t.name)
}

func tagsByName(ctx context.Context, d *op.Data) error {
	if rows, err := op.Get(ctx, d, "SELECT {row_key} FROM {larder_kept} WHERE {revision} = ? AND {item} = ? LIMIT 1", tagRevision, "tag"); err != nil || len(rows) == 0 {
		return err
	}
	if _, err := op.Run(ctx, d, "DELETE FROM {tag}"); err != nil {
		return err
	}
	return eachKept(ctx, d, tagRevision, "tag", func(ctx context.Context, c *op.Chunk, k kept) error {
		t := readTag(k)
		id := t.newID()
		if id == "pinned" {
			return nil
		}
		if t.user == "" {
			return keep(ctx, c, kept{tagRevision, "tag without user", k.key, "the tag belongs to nobody", k.value})
		}
		there, err := op.Get(ctx, c, "SELECT {user_id} FROM {tag} WHERE {id} = ?", id)
		if err != nil {
			return err
		}
		switch {
		case len(there) == 0:
			return c.Insert(ctx, "tag", op.Values{"id": id, "name": t.name, "user_id": t.user})
		case there[0].Text("user_id") == t.user:
			return nil // one user's tags that have one name now are one tag
		}
		waiting := quote(id) + quote(t.user)
		if _, found, err := recall(ctx, c, tagRevision, "tag of others", waiting); err != nil || found {
			return err
		}
		return keep(ctx, c, kept{tagRevision, "tag of others", waiting, "another user has a tag of this name, and an id is unique until the next revision",
			written(members("id", quote(id), "name", quote(t.name), "user_id", quote(t.user)))})
	})
}

// chatTags are the rows of chatidtag for some chats, by chat, in the order in
// which the tags were given.
func chatTags(ctx context.Context, c *op.Chunk) (map[string][]op.Row, error) {
	first, last := c.Rows[0].Text("id"), c.Rows[len(c.Rows)-1].Text("id")
	rows, err := op.Get(ctx, c, "SELECT {id}, {tag_name}, {chat_id}, {timestamp} FROM {chatidtag} WHERE {chat_id} >= ? AND {chat_id} <= ?", first, last)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(a, b op.Row) int {
		return cmp.Or(cmp.Compare(a.Int("timestamp"), b.Int("timestamp")), strings.Compare(a.Text("id"), b.Text("id")))
	})
	out := map[string][]op.Row{}
	for _, r := range rows {
		out[r.Text("chat_id")] = append(out[r.Text("chat_id")], r)
	}
	return out, nil
}

// listed is what the rows say of one chat.
func listed(rows []op.Row) (tags []string, pinned bool) {
	for _, r := range rows {
		switch id := slug(r.Text("tag_name")); {
		case r.Null("tag_name"):
		case id == "pinned":
			pinned = true
		case !slices.Contains(tags, id):
			tags = append(tags, id)
		}
	}
	return tags, pinned
}

func tagsOfChats(ctx context.Context, d *op.Data) error {
	return d.Rows(ctx, op.Scan{Table: "chat", Key: []string{"id"}}, func(ctx context.Context, c *op.Chunk) error {
		tags, err := chatTags(ctx, c)
		if err != nil {
			return err
		}
		for _, r := range c.Rows {
			rows := tags[r.Text("id")]
			if len(rows) == 0 {
				continue
			}
			list, pinned := listed(rows)
			meta := members()
			if len(list) > 0 {
				meta.Set("tags", writeStrings(list))
			}
			if err := c.Update(ctx, r, op.Values{"pinned": pinned, "meta": written(meta)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// rowsOfTags brings chatidtag up to date where a chat's tags were changed since.
func rowsOfTags(ctx context.Context, d *op.Data) error {
	return d.Rows(ctx, op.Scan{Table: "chat", Key: []string{"id"}, Columns: []string{"user_id", "updated_at", "pinned", "meta"}}, func(ctx context.Context, c *op.Chunk) error {
		before, err := chatTags(ctx, c)
		if err != nil {
			return err
		}
		for _, r := range c.Rows {
			var ids []string
			if meta, ok := readObject(r.Text("meta")); ok {
				ids, _ = listOfStrings(meta.Get("tags"))
			}
			id, pinned := r.Text("id"), r.Bool("pinned")
			if was, pin := listed(before[id]); slices.Equal(was, ids) && pin == pinned {
				continue
			}
			if _, err := op.Run(ctx, c, "DELETE FROM {chatidtag} WHERE {chat_id} = ?", id); err != nil {
				return err
			}
			if pinned {
				ids = append(ids, "pinned")
			}
			for _, tag := range ids {
				name := tag
				rows, err := op.Get(ctx, c, "SELECT {name} FROM {tag} WHERE {id} = ? AND {user_id} = ?", tag, r.Text("user_id"))
				if err != nil {
					return err
				}
				if len(rows) > 0 && !rows[0].Null("name") {
					name = rows[0].Text("name")
				}
				row := op.Values{"id": newID(), "tag_name": name, "chat_id": id, "user_id": r.Text("user_id"), "timestamp": r.Int("updated_at")}
				if err := c.Insert(ctx, "chatidtag", row); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// tagsAsTheyWere brings back the tags that were kept, in place of the ones
// that were made of them, and leaves those that came later.
func tagsAsTheyWere(ctx context.Context, d *op.Data) error {
	remove := func(ctx context.Context, c *op.Chunk, k kept) error {
		t := readTag(k)
		_, err := op.Run(ctx, c, "DELETE FROM {tag} WHERE {id} = ? AND {user_id} = ?", t.newID(), t.user)
		return err
	}
	if err := eachKept(ctx, d, tagRevision, "tag", remove); err != nil {
		return err
	}
	restore := func(ctx context.Context, c *op.Chunk, k kept) error {
		o, _ := readObject(k.value)
		row := op.Values{"id": k.key}
		for _, col := range []string{"name", "user_id", "data"} {
			if s, ok := readString(o.Get(col)); ok {
				row[col] = s
			}
		}
		if _, err := op.Run(ctx, c, "DELETE FROM {tag} WHERE {id} = ?", k.key); err != nil {
			return err
		}
		return c.Insert(ctx, "tag", row)
	}
	if err := eachKept(ctx, d, tagRevision, "tag", restore); err != nil {
		return err
	}
	// A tag that came later and had to step aside has no id of its own to go back to.
	later := func(ctx context.Context, c *op.Chunk, k kept) error {
		o, _ := readObject(k.value)
		id, _ := readString(o.Get("id"))
		user, _ := readString(o.Get("user_id"))
		name, _ := readString(o.Get("name"))
		rows, err := op.Get(ctx, c, "SELECT {name} FROM {tag} WHERE {user_id} = ?", user)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if slug(r.Text("name")) == id {
				return nil
			}
		}
		return c.Insert(ctx, "tag", op.Values{"id": newID(), "name": name, "user_id": user})
	}
	if err := eachKept(ctx, d, tagRevision, "tag of others", later); err != nil {
		return err
	}
	for _, item := range []string{"tag", "tag of others", "tag without user"} {
		if err := forgetAll(ctx, d, tagRevision, item); err != nil {
			return err
		}
	}
	return nil
}
