package schema

// Sorted returns the tables in an order in which they can be created: a table
// stands behind those that its foreign keys refer to. Tables that do not
// depend on each other keep their order. Where foreign keys run in a circle,
// late holds those that have to be added when all tables exist; a table that
// refers to itself is no circle. References to tables outside the list do not
// count.
func Sorted(tables []*Table) (sorted []*Table, late map[*ForeignKey]*Table) {
	byName := make(map[string]*Table, len(tables))
	for _, t := range tables {
		byName[t.Name] = t
	}
	late = map[*ForeignKey]*Table{}
	const (
		open = iota + 1
		done
	)
	state := map[*Table]int{}
	var visit func(t *Table)
	visit = func(t *Table) {
		state[t] = open
		for _, f := range t.ForeignKeys {
			ref := byName[f.RefTable]
			switch {
			case f.RefSchema != "":
			case ref == nil || ref == t:
			case state[ref] == open:
				late[f] = t
			case state[ref] != done:
				visit(ref)
			}
		}
		state[t] = done
		sorted = append(sorted, t)
	}
	for _, t := range tables {
		if state[t] == 0 {
			visit(t)
		}
	}
	return sorted, late
}
