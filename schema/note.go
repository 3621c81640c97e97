package schema

import (
	"slices"

	"github.com/larder-db/larder/dberr"
)

// Remarks are sentences about what inspection found and did not carry, or that
// it could not read the table: "table t: is partitioned, which is not carried".
// There are none about a table that is known whole.
func (t *Table) Remarks() []string {
	if t.Unreadable != "" {
		return []string{"table " + t.Name + ": cannot be read, and is left alone: " + t.Unreadable}
	}
	out := make([]string, 0, len(t.Notes))
	for _, n := range t.Notes {
		out = append(out, "table "+t.Name+": "+n+", which is not carried")
	}
	return out
}

// Note adds a note, once.
func (t *Table) Note(text string) {
	if !slices.Contains(t.Notes, text) {
		t.Notes = append(t.Notes, text)
	}
}

// Unread makes t a table of which nothing is known but the name, and why it
// could not be read.
func (t *Table) Unread(why error) {
	*t = Table{Name: t.Name, Schema: t.Schema, Unreadable: why.Error()}
}

// Readable is the error for somebody who needs to know a table that could not
// be read; nil for all others.
func (t *Table) Readable() error {
	if t.Unreadable == "" {
		return nil
	}
	return dberr.New(dberr.Unsupported, "", "table "+t.Name+" cannot be read: "+t.Unreadable+
		"; change it with statements of your own")
}

// readable are the tables but those that could not be read here or there.
func readable(ts, others []*Table) []*Table {
	unread := map[string]bool{}
	for _, t := range slices.Concat(ts, others) {
		unread[t.Name] = unread[t.Name] || t.Unreadable != ""
	}
	return slices.DeleteFunc(slices.Clone(ts), func(t *Table) bool { return unread[t.Name] })
}
