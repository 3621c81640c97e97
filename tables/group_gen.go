// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package tables

import (
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
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
	UpdatedAt     query.Column[int64]  // when the program last changed the row (seconds)
	ParentGroupID query.Column[string] // the group above; NULL for none
}

// Group is the table group: groups of users, in a hierarchy with one parent
// each.
var Group = GroupTable{
	Table:         declared.Group,
	ID:            query.ColumnOf[string](declared.Group, "id"),
	UserID:        query.ColumnOf[string](declared.Group, "user_id"),
	Name:          query.ColumnOf[string](declared.Group, "name"),
	Description:   query.ColumnOf[string](declared.Group, "description"),
	Data:          query.JSONColumnOf(declared.Group, "data"),
	Meta:          query.JSONColumnOf(declared.Group, "meta"),
	Permissions:   query.JSONColumnOf(declared.Group, "permissions"),
	CreatedAt:     query.ColumnOf[int64](declared.Group, "created_at"),
	UpdatedAt:     query.ColumnOf[int64](declared.Group, "updated_at"),
	ParentGroupID: query.ColumnOf[string](declared.Group, "parent_group_id"),
}

// GroupMemberTable is the type of [GroupMember].
type GroupMemberTable struct {
	Table     *schema.Table
	ID        query.Column[string] // UUID, lower case
	GroupID   query.Column[string] // the group
	UserID    query.Column[string] // the member
	CreatedAt query.Column[int64]  // when the row was made (seconds)
	UpdatedAt query.Column[int64]  // when the program last changed the row (seconds)
}

// GroupMember is the table group_member: who is in which group, once.
var GroupMember = GroupMemberTable{
	Table:     declared.GroupMember,
	ID:        query.ColumnOf[string](declared.GroupMember, "id"),
	GroupID:   query.ColumnOf[string](declared.GroupMember, "group_id"),
	UserID:    query.ColumnOf[string](declared.GroupMember, "user_id"),
	CreatedAt: query.ColumnOf[int64](declared.GroupMember, "created_at"),
	UpdatedAt: query.ColumnOf[int64](declared.GroupMember, "updated_at"),
}

// AccessGrantTable is the type of [AccessGrant].
type AccessGrantTable struct {
	Table *schema.Table
	// UUID, lower case
	ID query.Column[string]
	// knowledge, model, prompt, tool, note, channel, file, folder, calendar, skill,
	// shared_chat
	ResourceType query.Column[string]
	// the id of the thing; for a shared chat that of the chat
	ResourceID query.Column[string]
	// user, group, or anyone
	PrincipalType query.Column[string]
	// the id of the user or group; * for every signed-in user, or for anyone
	PrincipalID query.Column[string]
	// read or write
	Permission query.Column[string]
	// when the row was made (seconds)
	CreatedAt query.Column[int64]
}

// AccessGrant is the table access_grant: who may read or write a shared thing.
// No grant means the owner and admins only.
var AccessGrant = AccessGrantTable{
	Table:         declared.AccessGrant,
	ID:            query.ColumnOf[string](declared.AccessGrant, "id"),
	ResourceType:  query.ColumnOf[string](declared.AccessGrant, "resource_type"),
	ResourceID:    query.ColumnOf[string](declared.AccessGrant, "resource_id"),
	PrincipalType: query.ColumnOf[string](declared.AccessGrant, "principal_type"),
	PrincipalID:   query.ColumnOf[string](declared.AccessGrant, "principal_id"),
	Permission:    query.ColumnOf[string](declared.AccessGrant, "permission"),
	CreatedAt:     query.ColumnOf[int64](declared.AccessGrant, "created_at"),
}
