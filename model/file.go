package model

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (f *File) Validate() error { return key("file", "id", f.ID) }
