package model

// Validate reports what no engine can know to be wrong with the row, as a *Fault;
// nil for nothing.
func (c *Config) Validate() error { return key("config", "key", c.Key) }
