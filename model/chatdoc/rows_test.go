package chatdoc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/model/chatdoc"
)

func ptr[T any](v T) *T { return &v }

func TestRows(t *testing.T) {
	d := parse(t, `{"history":{"messages":{
		"1":{"role":"user","parentId":null,"content":"hi 😀","timestamp":1700000000,"files":[{"id":"f"}],"user_id":"u-bob"},
		"2":{"role":"assistant","parentId":"1","content":[{"type":"text","big":12345678901234567890,"f":1.0}],"model":"gpt-x","done":false,"timestamp":1700000000123,
		     "usage":{"prompt_tokens":11,"completion_tokens":21,"total_tokens":32},"statusHistory":[1],"contextSummary":"s","error":{"content":"x"},"meta":{},"output":[],"embeds":[],"sources":[2]},
		"3":{"content":"no role"},
		"4":{"role":"user","timestamp":"1700000001","content":null,"usage":{"eval_count":5,"prompt_eval_count":7}},
		"5":{"role":"user","timestamp":1700000002.9,"usage":{}},
		"6":{"role":"user","timestamp":"soon","parentId":7,"usage":"x"},
		"7":null}}}`)
	const now = 1800000000
	null := jsonvalue.Null()
	base := func(id string, created int64) model.ChatMessage {
		return model.ChatMessage{ID: "c-" + id, ChatID: "c", UserID: ptr("owner"), Role: "user", Content: null, Output: null, Files: null, Sources: null, Embeds: null,
			Done: ptr(true), StatusHistory: null, Error: null, Usage: null, CreatedAt: ptr(created), UpdatedAt: ptr(int64(now)), Meta: null}
	}
	one, four, five, six := base("1", 1700000000), base("4", 1700000001), base("5", 1700000002), base("6", now)
	one.UserID, one.Content, one.Files = ptr("u-bob"), jsonvalue.Text(`"hi 😀"`), jsonvalue.Text(`[{"id":"f"}]`)
	four.Usage = jsonvalue.Text(`{"eval_count":5,"prompt_eval_count":7,"input_tokens":7,"output_tokens":5,"total_tokens":12}`)
	five.Usage = jsonvalue.Text(`{}`)
	six.Usage = jsonvalue.Text(`"x"`)
	two := base("2", 1700000000123)
	two.Role, two.ParentID, two.ModelID, two.Done, two.ContextSummary = "assistant", ptr("1"), ptr("gpt-x"),
		ptr(false), ptr("s")
	two.Content = jsonvalue.Text(`[{"type":"text","big":12345678901234567890,"f":1.0}]`)
	two.Usage = jsonvalue.Text(`{"prompt_tokens":11,"completion_tokens":21,"total_tokens":32,"input_tokens":11,"output_tokens":21}`)
	two.StatusHistory, two.Error, two.Meta = jsonvalue.Text(`[1]`), jsonvalue.Text(`{"content":"x"}`), jsonvalue.Text(`{}`)
	two.Output, two.Embeds, two.Sources = jsonvalue.Text(`[]`), jsonvalue.Text(`[]`), jsonvalue.Text(`[2]`)

	got := slices.Collect(d.Rows("c", "owner", now))
	if diff := cmp.Diff([]model.ChatMessage{one, two, four, five, six}, got,
		cmp.Comparer(func(a, b jsonvalue.JSON) bool { return a.IsNull() == b.IsNull() && a.String() == b.String() })); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
	for _, r := range got {
		if err := r.Validate(); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
	}
}

// Of its rows a document is made again, as far as they have it.
func TestRowsMakeADocument(t *testing.T) {
	d := parse(t, `{"title":"x","history":{"currentId":"3","messages":{
		"1":{"id":"1","role":"user","parentId":null,"content":"hi 😀","timestamp":1,"files":[{"id":"f"}],"user_id":"u-bob"},
		"2":{"id":"2","role":"assistant","parentId":"1","content":[{"big":12345678901234567890}],"model":"gpt-x","done":false,"timestamp":2,
		     "usage":{"prompt_tokens":11},"statusHistory":[1],"contextSummary":"s","error":{"content":"x"},"meta":{},"output":[],"embeds":[],"sources":[2]},
		"3":{"id":"3","role":"user","parentId":"1","content":"\u0000 and \ud83d","timestamp":3}}}}`)
	rows := slices.Collect(d.Rows("c", "owner", 4))
	made := chatdoc.FromRows("x", "3", rows)
	if diff := cmp.Diff(rows, slices.Collect(made.Rows("c", "owner", 4)),
		cmp.Comparer(func(a, b jsonvalue.JSON) bool {
			return (a.IsNull() || a.IsJSONNull()) == (b.IsNull() || b.IsJSONNull()) && a.String() == b.String()
		})); diff != "" {
		t.Errorf("its rows differ (-want +got):\n%s", diff)
	}
	if title, _ := made.Title(); title != "x" || made.CurrentID() != "3" {
		t.Errorf("it is called %q and stands at %q", title, made.CurrentID())
	}
	if children := made.Message("1"); !strings.Contains(children, `"childrenIds":["2","3"]`) {
		t.Errorf("the first message is %s", children)
	}
	if at := chatdoc.FromRows("x", "gone", rows).CurrentID(); at != "3" {
		t.Errorf("without a place it stands at %q", at)
	}
	if empty := chatdoc.FromRows("", "", nil).JSON(); empty != `{"title":"","history":{"messages":{}}}` {
		t.Errorf("without rows it is %s", empty)
	}
}

// Few rows come as the document has its messages, many in the order of their ids.
func TestTheOrderOfRows(t *testing.T) {
	for n, ordered := range map[int]bool{999: false, 1000: true} {
		var text strings.Builder
		text.WriteString(`{"history":{"messages":{`)
		for i := range n {
			if i > 0 {
				text.WriteByte(',')
			}
			fmt.Fprintf(&text, `"%d":{"role":"user","content":%d}`, n-i, n-i)
		}
		text.WriteString(`}}}`)
		rows := slices.Collect(parse(t, text.String()).Rows("c", "owner", 1))
		if len(rows) != n {
			t.Fatalf("%d rows of %d messages", len(rows), n)
		}
		is := slices.IsSortedFunc(rows, func(a, b model.ChatMessage) int { return strings.Compare(a.ID, b.ID) })
		if is != ordered {
			t.Errorf("%d rows are in the order of their ids: %v, want %v", n, is, ordered)
		}
		for i, r := range rows {
			if r.ID != "c-"+r.Content.String() {
				t.Fatalf("row %d, of %s, holds %s", i, r.ID, r.Content)
			}
			if !ordered && r.ID != fmt.Sprintf("c-%d", n-i) {
				t.Fatalf("row %d is of %s", i, r.ID)
			}
		}
	}
}

func TestRowsChanged(t *testing.T) {
	before := parse(t, `{"history":{"messages":{"1":{"role":"user","a":1},"2":{"role":"user"},"3":{"role":"user"},"5":{"role":"user"},"6":{}}}}`)
	after := parse(t, `{"history":{"messages":{"1":{"role":"user","a":1},"2":{"role":"user","a":2},"4":{"role":"user"},"5":{"role":null}}}}`)
	var ids []string
	for r := range after.RowsChanged(before, "c", "u", 1) {
		ids = append(ids, r.ID)
	}
	if diff := cmp.Diff([]string{"c-2", "c-4"}, ids); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"c-3", "c-5"}, after.RowsGone(before, "c")); diff != "" {
		t.Error(diff)
	}
	if n := len(slices.Collect(parse(t, `{}`).RowsChanged(parse(t, `{}`), "c", "u", 1))); n != 0 {
		t.Errorf("%d rows from an empty document", n)
	}
}
