package query_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
)

// largeDocument is 1.3 MB with numbers of every sort, quotes and emoji.
func largeDocument() string {
	var s strings.Builder
	s.WriteString(`{"messages":[`)
	for i := 0; s.Len() < 1300000; i++ {
		if i > 0 {
			s.WriteByte(',')
		}
		fmt.Fprintf(&s, `{"id":"%08d","content":"He said \"1.5\" and left.\nThen: {\"a\": [1, 2.0]} äöü 🐍","at":%d.25,"n":%d}`, i, 1700000000+i, i)
	}
	s.WriteString(`],"exact":99998969694839.983485848,"big":123456789012345678901234567890,"note":"` +
		strings.Repeat("long text \\\\ ", 20000) + `"}`)
	return s.String()
}

func TestLargeDocument(t *testing.T) {
	doc := largeDocument()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		create(t, eng, docTable)
		exec(t, eng, query.Insert(docTable).Values(docID.Set("large"), docJSON.Set(jsonvalue.Text(doc))))
		type read struct {
			Exact query.Decimal  `db:"e"`
			Big   string         `db:"b"`
			Last  jsonvalue.JSON `db:"l"`
			Len   int64          `db:"n"`
		}
		m := docJSON.Path("messages")
		row := query.Select().From(docTable).Where(docID.Eq("large"))
		got, err := query.One[read](t.Context(), eng,
			row.Columns(docJSON.Path("exact").Numeric().As("e"), docJSON.Path("big").Text().As("b"), m.Path(-1).JSON().As("l"),
				m.Len().As("n")))
		if err != nil {
			t.Fatal(err, unwrapped(err))
		}
		exact := eng.Dialect().Has(driver.JSONExact)
		if exact && (got.Exact != "99998969694839.983485848" || got.Big != "123456789012345678901234567890") ||
			!strings.Contains(got.Last.String(), fmt.Sprintf("%d.25", 1700000000+got.Len-1)) {
			t.Errorf("got %+v", got)
		}
		exec(t, eng, query.Update(docTable).Set(docJSON.SetPath(jsonvalue.Text(`"new"`), "messages", 3, "content")).
			Where(docID.Eq("large")))
		after, err := query.One[jsonvalue.JSON](t.Context(), eng, row.Columns(docJSON))
		if err != nil {
			t.Fatal(err, unwrapped(err))
		}
		var want any
		if err := jsonvalue.Text(doc).Decode(&want); err != nil {
			t.Fatal(err)
		}
		want = set(want, []any{"messages", 3, "content"}, "new")
		if !exact {
			want = set(want, []any{"exact"}, json.Number("99998969694839.98"))
			want = set(want, []any{"big"}, json.Number("1.2345678901234568e29"))
		}
		if !sameJSON(t, after.String(), encodeDoc(t, want)) {
			t.Error("setting one member changed others")
		}
		if n, err := query.Count(t.Context(), eng, row.Columns(docID).
			Where(docJSON.Path("note").Text().ContainsFold("LONG TEXT"),
				docJSON.Path("messages", 5).Contains(`{"n":5}`))); err != nil || n != 1 {
			t.Errorf("found %d (%v %v)", n, err, unwrapped(err))
		}
	})
}
