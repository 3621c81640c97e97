package declared_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/larder-db/larder/tables/declared"
)

// elsewhere are columns that look like references and are in no diagram: they
// refer to several kinds of rows.
var elsewhere = map[string]bool{"access_grant.resource_id": true, "access_grant.principal_id": true}

// docs/DATA_MODEL.md draws every reference, and none that is not there.
func TestTheDataModelIsTrue(t *testing.T) {
	text, err := os.ReadFile("../../docs/DATA_MODEL.md")
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string]bool{}
	named := map[string]bool{}
	for _, table := range declared.All() {
		named[table.Name] = true
		for _, c := range table.Columns {
			columns[table.Name+"."+c.Name] = true
		}
	}
	drawn := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^ {4}(\w+) [|o]{2}--[|o{]{2} (\w+) : (\w+)$`).
		FindAllStringSubmatch(string(text), -1) {
		column := m[2] + "." + m[3]
		switch {
		case !named[m[1]]:
			t.Errorf("the diagram has a table %s, which does not exist", m[1])
		case !columns[column]:
			t.Errorf("the diagram has a column %s, which does not exist", column)
		case drawn[column]:
			t.Errorf("%s is drawn twice", column)
		}
		drawn[column] = true
	}
	for column := range columns {
		if strings.HasSuffix(column, "_id") && !drawn[column] && !elsewhere[column] {
			t.Errorf("%s refers to something, and is in no diagram", column)
		}
		if elsewhere[column] && !strings.Contains(string(text), "`"+column+"`") {
			t.Errorf("nothing is said of %s", column)
		}
	}
}
