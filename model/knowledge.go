package model

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (k *Knowledge) Validate() error {
	return firstOf(key("knowledge", "id", k.ID), key("knowledge", "user_id", k.UserID))
}

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (d *KnowledgeDirectory) Validate() error {
	return firstOf(key("knowledge_directory", "id", d.ID), key("knowledge_directory", "knowledge_id", d.KnowledgeID))
}
