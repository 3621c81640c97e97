package model

import "github.com/larder-db/larder/jsonvalue"

// Group is a row of table group: users who share permissions.
type Group struct {
	ID            string         `db:"id" json:"id"`
	UserID        *string        `db:"user_id" json:"user_id"` // who made it
	Name          *string        `db:"name" json:"name"`
	Description   *string        `db:"description" json:"description"`
	Data          jsonvalue.JSON `db:"data" json:"data"`
	Meta          jsonvalue.JSON `db:"meta" json:"meta"`
	Permissions   jsonvalue.JSON `db:"permissions" json:"permissions"` // merged over the default permissions
	CreatedAt     *int64         `db:"created_at" json:"created_at"`   // seconds
	UpdatedAt     *int64         `db:"updated_at" json:"updated_at"`   // seconds
	ParentGroupID *string        `db:"parent_group_id" json:"parent_group_id"`
}

// Validate reports what no engine can know to be wrong with the row.
func (g *Group) Validate() error {
	return firstOf(
		key("group", "id", g.ID),
		check(g.ParentGroupID == nil || *g.ParentGroupID != g.ID, "group", "parent_group_id", "is the group itself"),
	)
}

// GroupMember is a row of table group_member.
type GroupMember struct {
	ID        string `db:"id" json:"id"`
	GroupID   string `db:"group_id" json:"group_id"`
	UserID    string `db:"user_id" json:"user_id"`
	CreatedAt *int64 `db:"created_at" json:"created_at"` // seconds
	UpdatedAt *int64 `db:"updated_at" json:"updated_at"` // seconds
}

// Validate reports what no engine can know to be wrong with the row.
func (m *GroupMember) Validate() error {
	return firstOf(key("group_member", "id", m.ID), key("group_member", "group_id", m.GroupID), key("group_member", "user_id", m.UserID))
}

// AccessGrant is a row of table access_grant: somebody may read or write a
// shared thing. A thing without grants is for its owner and admins.
type AccessGrant struct {
	ID            string `db:"id" json:"id"`
	ResourceType  string `db:"resource_type" json:"resource_type"`   // knowledge, model, prompt, tool, note, channel, file, folder, calendar, skill, shared_chat
	ResourceID    string `db:"resource_id" json:"resource_id"`       // the id of the thing; for a shared chat that of the chat
	PrincipalType string `db:"principal_type" json:"principal_type"` // user, group, anyone
	PrincipalID   string `db:"principal_id" json:"principal_id"`     // an id; * for every signed-in user, or for anyone
	Permission    string `db:"permission" json:"permission"`         // read, write
	CreatedAt     int64  `db:"created_at" json:"created_at"`         // seconds
}

// Validate reports what no engine can know to be wrong with the row.
func (g *AccessGrant) Validate() error {
	return firstOf(
		key("access_grant", "id", g.ID),
		key("access_grant", "resource_type", g.ResourceType),
		key("access_grant", "resource_id", g.ResourceID),
		oneOf("access_grant", "principal_type", &g.PrincipalType, "user", "group", "anyone"),
		key("access_grant", "principal_id", g.PrincipalID),
		oneOf("access_grant", "permission", &g.Permission, "read", "write"),
	)
}

// ChatFile is a row of table chat_file: a file that is used in a chat.
type ChatFile struct {
	ID        string  `db:"id" json:"id"`
	UserID    string  `db:"user_id" json:"user_id"`
	ChatID    string  `db:"chat_id" json:"chat_id"`
	FileID    string  `db:"file_id" json:"file_id"`
	MessageID *string `db:"message_id" json:"message_id"`
	CreatedAt int64   `db:"created_at" json:"created_at"` // seconds
	UpdatedAt int64   `db:"updated_at" json:"updated_at"` // seconds
}

// Validate reports what no engine can know to be wrong with the row.
func (f *ChatFile) Validate() error {
	return firstOf(key("chat_file", "id", f.ID), key("chat_file", "user_id", f.UserID), key("chat_file", "chat_id", f.ChatID), key("chat_file", "file_id", f.FileID))
}
