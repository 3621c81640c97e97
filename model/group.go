package model

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (g *Group) Validate() error {
	return firstOf(
		key("group", "id", g.ID),
		check(g.ParentGroupID == nil || *g.ParentGroupID != g.ID, "group", "parent_group_id", "is the group itself"),
	)
}

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (m *GroupMember) Validate() error {
	return firstOf(
		key("group_member", "id", m.ID),
		key("group_member", "group_id", m.GroupID),
		key("group_member", "user_id", m.UserID),
	)
}

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
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

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (f *ChatFile) Validate() error {
	return firstOf(
		key("chat_file", "id", f.ID),
		key("chat_file", "user_id", f.UserID),
		key("chat_file", "chat_id", f.ChatID),
		key("chat_file", "file_id", f.FileID),
	)
}
