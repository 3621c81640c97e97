package query

import (
	"slices"
	"strings"

	"github.com/larder-db/larder/schema"
)

// Sources know their names, for texts written by hand.

// scoped is a source whose columns are known by name.
type scoped interface {
	// scope is what the source is called, and its columns; open when those are
	// not known.
	scope() (name string, columns func(string) bool, open bool)
}

func (s tableSource) scope() (string, func(string) bool, bool) {
	return s.t.Name, columnsOf(s.t), false
}

func (a Alias) scope() (string, func(string) bool, bool) { return a.name, columnsOf(a.t), false }

func (d Derived) scope() (string, func(string) bool, bool) {
	return resultScope(d.name, d.sel.resultColumns())
}

func (c *CTE) scope() (string, func(string) bool, bool) { return resultScope(c.name, c.columns) }

func (e Elements) scope() (string, func(string) bool, bool) {
	return resultScope(e.name, []string{"key", "value", "position"})
}

// columnsOf knows the columns of t, in any case: whether case counts is the
// engine's to say, and none of them is silent about it.
func columnsOf(t *schema.Table) func(string) bool {
	return func(name string) bool {
		for _, c := range t.Columns {
			if strings.EqualFold(c.Name, name) {
				return true
			}
		}
		return false
	}
}

func resultScope(name string, columns []string) (string, func(string) bool, bool) {
	return name, func(n string) bool {
		for _, c := range columns {
			if strings.EqualFold(c, n) {
				return true
			}
		}
		return false
	}, columns == nil
}

func knows(src Source, name string, table bool) bool {
	s, ok := src.(scoped)
	if !ok {
		return true
	}
	called, columns, open := s.scope()
	if strings.EqualFold(called, name) {
		return true
	}
	return !table && (open || columns(name))
}

func called(src Source) string {
	if s, ok := src.(scoped); ok {
		n, _, _ := s.scope()
		return n
	}
	return "something"
}

// Knows is for the builder.
func (n *selectState) Knows(name string, table bool) bool {
	if n.from != nil && knows(n.from, name, table) {
		return true
	}
	for _, j := range n.joins {
		if knows(j.src, name, table) {
			return true
		}
	}
	if table {
		return false
	}
	for _, c := range n.cols {
		if strings.EqualFold(c.columnName(), name) {
			return true // the name of a result column
		}
	}
	return false
}

// Tables is for the builder.
func (n *selectState) Tables() []string {
	var out []string
	if n.from != nil {
		out = append(out, called(n.from))
	}
	for _, j := range n.joins {
		out = append(out, called(j.src))
	}
	return out
}

// tableScope is that of a statement that changes one table.
type tableScope struct{ t *schema.Table }

// Knows is for the builder.
func (s tableScope) Knows(name string, table bool) bool { return knows(tableSource(s), name, table) }

// Tables is for the builder.
func (s tableScope) Tables() []string { return []string{s.t.Name} }

// anything is the scope of a statement written by hand.
type anything struct{}

// Knows is true.
func (anything) Knows(string, bool) bool { return true }

// Tables is empty.
func (anything) Tables() []string { return nil }

// sources are what the statement reads.
func (n *selectState) sources() []Source {
	out := make([]Source, 0, 1+len(n.joins))
	if n.from != nil {
		out = append(out, n.from)
	}
	for _, j := range n.joins {
		out = append(out, j.src)
	}
	return out
}

// readTwice is the name that two sources have; empty when there is none.
func (n *selectState) readTwice() string {
	if len(n.joins) == 0 {
		return ""
	}
	seen := make(map[string]bool, 1+len(n.joins))
	for _, src := range n.sources() {
		name := called(src)
		if seen[name] {
			return name
		}
		seen[name] = true
	}
	return ""
}

// Lacks is for the builder.
func (n *selectState) Lacks(source, column string) bool {
	for _, src := range n.sources() {
		if strings.EqualFold(called(src), source) {
			names := columnsNamed(src)
			return names != nil && !slices.Contains(names, column)
		}
	}
	return false
}

// columnsNamed is the columns of a source by which statements name them, case and
// all; nil where they are not known.
func columnsNamed(src Source) []string {
	switch s := src.(type) {
	case tableSource:
		return columnNames(Columns(s.t))
	case Alias:
		return columnNames(Columns(s.t))
	case Derived:
		return s.sel.resultColumns()
	case *CTE:
		return s.columns
	case ValuesSource:
		return s.names()
	}
	return nil
}
