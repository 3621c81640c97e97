package model

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (c *Chat) Validate() error {
	return firstOf(
		key("chat", "id", c.ID),
		check(c.UserID != nil && *c.UserID != "", "chat", "user_id", "is missing"),
	)
}

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (m *ChatMessage) Validate() error {
	return firstOf(
		key("chat_message", "id", m.ID),
		key("chat_message", "chat_id", m.ChatID),
		key("chat_message", "role", m.Role),
		check(len(m.ID) > len(m.ChatID) && m.ID[:len(m.ChatID)] == m.ChatID && m.ID[len(m.ChatID)] == '-',
			"chat_message", "id", "does not begin with the id of the chat"),
	)
}

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (s *SharedChat) Validate() error {
	return firstOf(
		key("shared_chat", "id", s.ID),
		key("shared_chat", "chat_id", s.ChatID),
		key("shared_chat", "user_id", s.UserID),
	)
}

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (t *Tag) Validate() error {
	return firstOf(
		key("tag", "id", t.ID),
		check(t.ID != "none", "tag", "id", `is "none", which stands for chats without a tag`),
		check(t.UserID != nil && *t.UserID != "", "tag", "user_id", "is missing"),
	)
}

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (f *Folder) Validate() error {
	return firstOf(
		key("folder", "id", f.ID), key("folder", "user_id", f.UserID), key("folder", "name", f.Name),
		check(f.ParentID == nil || *f.ParentID != f.ID, "folder", "parent_id", "is the folder itself"),
	)
}
