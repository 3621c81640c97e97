package model

// Validate reports what no engine can know to be wrong with the row.
func (c *Config) Validate() error { return key("config", "key", c.Key) }
