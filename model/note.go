package model

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (n *Note) Validate() error { return key("note", "id", n.ID) }

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (p *PinnedNote) Validate() error {
	const of = "pinned_note"
	return firstOf(key(of, "id", p.ID), key(of, "user_id", p.UserID), key(of, "note_id", p.NoteID))
}
