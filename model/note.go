package model

// Validate reports what no engine can know to be wrong with the row.
func (n *Note) Validate() error { return key("note", "id", n.ID) }

// Validate reports what no engine can know to be wrong with the row.
func (p *PinnedNote) Validate() error {
	return firstOf(
		key("pinned_note", "id", p.ID),
		key("pinned_note", "user_id", p.UserID),
		key("pinned_note", "note_id", p.NoteID),
	)
}
