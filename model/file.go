package model

// Validate reports what no engine can know to be wrong with the row.
func (f *File) Validate() error { return key("file", "id", f.ID) }
