// Code generated from the declarations in package tables/declared. DO NOT EDIT.

package model

import "github.com/larder-db/larder/jsonvalue"

// Group is a row of table group: groups of users, in a hierarchy with one
// parent each.
type Group struct {
	// UUID, lower case
	ID string `db:"id" json:"id"`
	// who made it
	UserID *string `db:"user_id" json:"user_id"`
	// display name
	Name *string `db:"name" json:"name"`
	// what it is for
	Description *string `db:"description" json:"description"`
	// further properties
	Data jsonvalue.JSON `db:"data" json:"data"`
	// further properties
	Meta jsonvalue.JSON `db:"meta" json:"meta"`
	// merged over the default permissions
	Permissions jsonvalue.JSON `db:"permissions" json:"permissions"`
	// when the row was made (seconds)
	CreatedAt *int64 `db:"created_at" json:"created_at"`
	// when the program last changed the row (seconds)
	UpdatedAt *int64 `db:"updated_at" json:"updated_at"`
	// the group above; NULL for none
	ParentGroupID *string `db:"parent_group_id" json:"parent_group_id"`
}

// GroupMember is a row of table group_member: who is in which group, once.
type GroupMember struct {
	ID        string `db:"id" json:"id"`                 // UUID, lower case
	GroupID   string `db:"group_id" json:"group_id"`     // the group
	UserID    string `db:"user_id" json:"user_id"`       // the member
	CreatedAt *int64 `db:"created_at" json:"created_at"` // when the row was made (seconds)
	UpdatedAt *int64 `db:"updated_at" json:"updated_at"` // when the program last changed the row (seconds)
}

// AccessGrant is a row of table access_grant: who may read or write a shared
// thing. No grant means the owner and admins only.
type AccessGrant struct {
	// UUID, lower case
	ID string `db:"id" json:"id"`
	// knowledge, model, prompt, tool, note, channel, file, folder, calendar, skill,
	// shared_chat
	ResourceType string `db:"resource_type" json:"resource_type"`
	// the id of the thing; for a shared chat that of the chat
	ResourceID string `db:"resource_id" json:"resource_id"`
	// user, group, or anyone
	PrincipalType string `db:"principal_type" json:"principal_type"`
	// the id of the user or group; * for every signed-in user, or for anyone
	PrincipalID string `db:"principal_id" json:"principal_id"`
	// read or write
	Permission string `db:"permission" json:"permission"`
	// when the row was made (seconds)
	CreatedAt int64 `db:"created_at" json:"created_at"`
}
