package schema

import "fmt"

// RenameTable gives a table another name. No comparison of schemas finds it:
// it is stated by people.
type RenameTable struct{ From, To string }

// RenameColumn gives a column another name. No comparison of schemas finds it:
// it is stated by people.
type RenameColumn struct {
	Table    *Table // as it is afterwards
	From, To string
}

// On is the name the table has before.
func (c RenameTable) On() string { return c.From }

// On is the name of the table.
func (c RenameColumn) On() string { return c.Table.Name }

// Reverse renames it back.
func (c RenameTable) Reverse() Change { return RenameTable{c.To, c.From} }

// Reverse renames it back.
func (c RenameColumn) Reverse() Change { c.From, c.To = c.To, c.From; return c }

func (c RenameTable) String() string { return fmt.Sprintf("rename table %s to %s", c.From, c.To) }

func (c RenameColumn) String() string {
	return fmt.Sprintf("rename column %s.%s to %s", c.Table.Name, c.From, c.To)
}
