package mysql

import (
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Two columns whose new values are computed at once get a column each.
func TestColumnsThatChangeTogether(t *testing.T) {
	d := NewDDL(MySQL{})
	t1 := schema.Define("folder")
	t1.Text("id").Key(36).PrimaryKey()
	t1.DateTime("created_at")
	t1.DateTime("updated_at")
	before, err := d.Normalize(t1)
	if err != nil {
		t.Fatal(err)
	}
	t1.Column("created_at").Type = schema.Type{Kind: schema.BigInt}
	t1.Column("updated_at").Type = schema.Type{Kind: schema.BigInt}
	after, err := d.Normalize(t1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Change(driver.Alteration{Before: before, After: after,
		Changes: schema.Diff([]*schema.Table{before}, []*schema.Table{after})})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, st := range s.Statements {
		if seen[st.SQL] {
			t.Errorf("twice: %s", st.SQL)
		}
		seen[st.SQL] = true
	}
	if len(s.Statements) < 5 {
		t.Errorf("%d statements: %v", len(s.Statements), s.SQL())
	}
}
