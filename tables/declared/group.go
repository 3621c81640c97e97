package declared

import "github.com/larder-db/larder/schema"

// Group is the table group.
var Group = define("group", func(t *schema.Table) {
	t.Describe("groups of users, in a hierarchy with one parent each.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("user_id").Null().Doc("who made it")
	t.Text("name").Null().Doc("display name")
	t.Text("description").Null().Doc("what it is for")
	t.JSON("data").Null().Doc("further properties")
	t.JSON("meta").Null().Doc("further properties")
	t.JSON("permissions").Null().Doc("merged over the default permissions")
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc(madeAt)
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc(changedAt)
	t.Text("parent_group_id").Key(idKey).Null().Doc("the group above; NULL for none")
	t.ForeignKey(&schema.ForeignKey{
		Name: "fk_group_parent", Columns: []string{"parent_group_id"},
		RefTable: "group", RefColumns: []string{"id"}, OnDelete: schema.SetNull,
	})
	t.Unique("", "id")
	t.Index("ix_group_parent_group_id", "parent_group_id")
})

// GroupMember is the table group_member.
var GroupMember = define("group_member", func(t *schema.Table) {
	t.Describe("who is in which group, once.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("group_id").Key(idKey).References("group", "id", schema.Cascade).Doc("the group")
	t.Text("user_id").Key(idKey).References("user", "id", schema.Cascade).Doc("the member")
	t.BigInt("created_at").Null().Unit(schema.Seconds).Doc(madeAt)
	t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc(changedAt)
	t.Unique("uq_group_member_group_user", "group_id", "user_id")
	t.Unique("", "id")
	t.Index("ix_group_member_user_id_group_id", "user_id", "group_id")
})

// AccessGrant is the table access_grant.
var AccessGrant = define("access_grant", func(t *schema.Table) {
	t.Describe("who may read or write a shared thing. No grant means the owner and admins only.")
	t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")
	t.Text("resource_type").Key(wordKey).
		Doc("knowledge, model, prompt, tool, note, channel, file, folder, calendar, skill, shared_chat")
	t.Text("resource_id").Key(modelKey).Doc("the id of the thing; for a shared chat that of the chat")
	t.Text("principal_type").Key(wordKey).Doc("user, group, or anyone")
	t.Text("principal_id").Key(idKey).Doc("the id of the user or group; * for every signed-in user, or for anyone")
	t.Text("permission").Key(wordKey).Doc("read or write")
	t.BigInt("created_at").Unit(schema.Seconds).Doc(madeAt)
	t.Unique("uq_access_grant_grant", "resource_type", "resource_id", "principal_type", "principal_id",
		"permission")
	t.Index("idx_access_grant_principal", "principal_type", "principal_id")
	t.Index("idx_access_grant_resource", "resource_type", "resource_id")
})
