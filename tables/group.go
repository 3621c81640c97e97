package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// GroupTable is the type of [Group].
type GroupTable struct {
	Table         *schema.Table
	ID            query.Column[string] // UUID, lower case
	UserID        query.Column[string] // who made it
	Name          query.Column[string] // display name
	Description   query.Column[string] // what it is for
	Data          query.JSONColumn     // further properties
	Meta          query.JSONColumn     // further properties
	Permissions   query.JSONColumn     // merged over the default permissions
	CreatedAt     query.Column[int64]  // when the row was made (seconds)
	UpdatedAt     query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
	ParentGroupID query.Column[string] // the group above; NULL for none
}

// Group is the table group: groups of users, in a hierarchy with one parent each.
var Group = defineGroup()

func defineGroup() GroupTable {
	t := schema.Define("group").Describe("groups of users, in a hierarchy with one parent each.")
	c := GroupTable{
		Table:         t,
		ID:            query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		UserID:        query.Col[string](t.Text("user_id").Null().Doc("who made it")),
		Name:          query.Col[string](t.Text("name").Null().Doc("display name")),
		Description:   query.Col[string](t.Text("description").Null().Doc("what it is for")),
		Data:          query.JSONCol(t.JSON("data").Null().Doc("further properties")),
		Meta:          query.JSONCol(t.JSON("meta").Null().Doc("further properties")),
		Permissions:   query.JSONCol(t.JSON("permissions").Null().Doc("merged over the default permissions")),
		CreatedAt:     query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("when the row was made")),
		UpdatedAt:     query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
		ParentGroupID: query.Col[string](t.Text("parent_group_id").Key(idKey).Null().Doc("the group above; NULL for none")),
	}
	t.ForeignKey(&schema.ForeignKey{Name: "fk_group_parent", Columns: []string{"parent_group_id"}, RefTable: "group", RefColumns: []string{"id"}, OnDelete: schema.SetNull})
	t.Unique("", "id").Needs = schema.RepeatedKey
	t.Index("ix_group_parent_group_id", "parent_group_id")
	return c
}

// GroupMemberTable is the type of [GroupMember].
type GroupMemberTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	GroupID   query.Column[string] // the group
	UserID    query.Column[string] // the member
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	UpdatedAt query.Column[int64]  // when the row was last changed; set by the program, never by the database (seconds)
}

// GroupMember is the table group_member: who is in which group, once.
var GroupMember = defineGroupMember()

func defineGroupMember() GroupMemberTable {
	t := schema.Define("group_member").Describe("who is in which group, once.")
	c := GroupMemberTable{
		Table:     t,
		ID:        query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		GroupID:   query.Col[string](t.Text("group_id").Key(idKey).Doc("the group")),
		UserID:    query.Col[string](t.Text("user_id").Key(idKey).Doc("the member")),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Seconds).Doc("when the row was made")),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Seconds).Doc("when the row was last changed; set by the program, never by the database")),
	}
	t.Unique("uq_group_member_group_user", "group_id", "user_id")
	t.Unique("", "id").Needs = schema.RepeatedKey
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"group_id"}, RefTable: "group", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.ForeignKey(&schema.ForeignKey{Columns: []string{"user_id"}, RefTable: "user", RefColumns: []string{"id"}, OnDelete: schema.Cascade})
	t.Index("ix_group_member_user_id_group_id", "user_id", "group_id")
	return c
}

// AccessGrantTable is the type of [AccessGrant].
type AccessGrantTable struct {
	Table         *schema.Table
	ID            query.Column[string] // UUID, lower case
	ResourceType  query.Column[string] // knowledge, model, prompt, tool, note, channel, file, folder, calendar, skill, shared_chat
	ResourceID    query.Column[string] // the id of the thing; for a shared chat that of the chat
	PrincipalType query.Column[string] // user, group, or anyone
	PrincipalID   query.Column[string] // the id of the user or group; * for every signed-in user, or for anyone
	Permission    query.Column[string] // read or write
	CreatedAt     query.Column[int64]  // when the row was made (seconds)
}

// AccessGrant is the table access_grant: who may read or write a shared thing. No grant means the owner and admins only.
var AccessGrant = defineAccessGrant()

func defineAccessGrant() AccessGrantTable {
	t := schema.Define("access_grant").Describe("who may read or write a shared thing. No grant means the owner and admins only.")
	c := AccessGrantTable{
		Table:         t,
		ID:            query.Col[string](t.Text("id").Key(idKey).PrimaryKey().Doc("UUID, lower case")),
		ResourceType:  query.Col[string](t.Text("resource_type").Key(wordKey).Doc("knowledge, model, prompt, tool, note, channel, file, folder, calendar, skill, shared_chat")),
		ResourceID:    query.Col[string](t.Text("resource_id").Key(modelKey).Doc("the id of the thing; for a shared chat that of the chat")),
		PrincipalType: query.Col[string](t.Text("principal_type").Key(wordKey).Doc("user, group, or anyone")),
		PrincipalID:   query.Col[string](t.Text("principal_id").Key(idKey).Doc("the id of the user or group; * for every signed-in user, or for anyone")),
		Permission:    query.Col[string](t.Text("permission").Key(wordKey).Doc("read or write")),
		CreatedAt:     query.Col[int64](t.BigInt("created_at").Unit(schema.Seconds).Doc("when the row was made")),
	}
	t.Unique("uq_access_grant_grant", "resource_type", "resource_id", "principal_type", "principal_id", "permission")
	t.Index("idx_access_grant_principal", "principal_type", "principal_id")
	t.Index("idx_access_grant_resource", "resource_type", "resource_id")
	return c
}
