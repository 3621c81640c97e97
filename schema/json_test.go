package schema_test

import (
	"encoding/json"
	"testing"

	"github.com/larder-db/larder/schema"
)

// A table is written down as JSON where a run of migrations may be cut off.
func TestATableCanBeWrittenAsJSON(t *testing.T) {
	x := schema.Define("t")
	x.Integer("id").PrimaryKey()
	x.String("by", 20).Default("x").OnInsert(func() any { return "me" }).OnUpdate(func() any { return "me" })
	x.Columns[1].Type.Codec = &schema.Codec{Encode: func(v any) (any, error) { return v, nil }}
	text, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	var back schema.Table
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if c := schema.Diff([]*schema.Table{x}, []*schema.Table{&back}); len(c) > 0 {
		t.Errorf("read back, it would take: %v", c)
	}
}
