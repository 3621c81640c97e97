package schema

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// NameLimit is how many bytes a name that is invented has at most: every
// engine holds that many.
const NameLimit = 63

// InventName makes the name of a constraint that was declared without one:
// table, columns and label joined by "_", for example "api_key_user_id_fkey".
// A name over [NameLimit] is shortened by cutting the longer of table and
// columns until it fits, never inside a character, so that the same
// declaration has the same name everywhere and always.
func InventName(table string, columns []string, label string) string {
	cols := strings.Join(columns, "_")
	room := NameLimit - len(label)
	if label != "" {
		room--
	}
	if cols != "" {
		room--
	}
	a, b := len(table), len(cols)
	for a+b > room {
		if a > b {
			a--
		} else {
			b--
		}
	}
	parts := []string{clip(table, a)}
	if cols != "" {
		parts = append(parts, clip(cols, b))
	}
	if label != "" {
		parts = append(parts, label)
	}
	return strings.Join(parts, "_")
}

func clip(s string, n int) string {
	if n >= len(s) {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// UniqueName is InventName with a number behind it when taken holds the name
// already; it adds the name to taken.
func UniqueName(taken map[string]bool, table string, columns []string, label string) string {
	name := InventName(table, columns, label)
	for n := 1; taken[name]; n++ {
		name = InventName(table, columns, label+strconv.Itoa(n))
	}
	taken[name] = true
	return name
}

// Names returns the set of names that constraints and indexes of t have.
func (t *Table) Names() map[string]bool {
	set := map[string]bool{}
	if t.PrimaryKey != nil && t.PrimaryKey.Name != "" {
		set[t.PrimaryKey.Name] = true
	}
	for _, u := range t.Uniques {
		if u.Name != "" {
			set[u.Name] = true
		}
	}
	for _, f := range t.ForeignKeys {
		if f.Name != "" {
			set[f.Name] = true
		}
	}
	for _, k := range t.Checks {
		if k.Name != "" {
			set[k.Name] = true
		}
	}
	for _, i := range t.Indexes {
		if i.Name != "" {
			set[i.Name] = true
		}
	}
	return set
}
