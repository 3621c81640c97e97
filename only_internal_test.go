package larder

import (
	"slices"
	"testing"

	"github.com/larder-db/larder/tables"
)

// Every table says whose its rows are, or is nobody's, and the rules name
// columns and tables that exist.
func TestEveryTableIsSomebodysOrNobodys(t *testing.T) {
	nobodys := []string{"config", "config_old", "group", "group_member"}
	rules := parts()
	for _, table := range tables.All() {
		rule, theirs := rules[table.Name]
		if theirs == slices.Contains(nobodys, table.Name) {
			t.Errorf("%s: say whose its rows are, in one place", table.Name)
		}
		if rule.owner != "" && table.Column(rule.owner) == nil {
			t.Errorf("%s has no column %s", table.Name, rule.owner)
		}
		for column, above := range rule.of {
			if table.Column(column) == nil {
				t.Errorf("%s has no column %s", table.Name, column)
			}
			if _, ok := rules[above]; !ok {
				t.Errorf("%s is below %s, of which nothing is said", table.Name, above)
			}
		}
	}
}
