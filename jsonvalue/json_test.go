package jsonvalue_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/larder-db/larder/jsonvalue"
)

func TestJSONNulls(t *testing.T) {
	var zero jsonvalue.JSON
	if !zero.IsNull() || zero.IsJSONNull() || zero.Valid() {
		t.Error("the zero value is not SQL NULL")
	}
	if v, err := zero.Value(); v != nil || err != nil {
		t.Errorf("it is stored as %v (%v)", v, err)
	}
	null := jsonvalue.Text(" null ")
	if null.IsNull() || !null.IsJSONNull() || !jsonvalue.Null().IsJSONNull() {
		t.Error("JSON null is not told apart")
	}
	if v, _ := null.Value(); v != " null " {
		t.Errorf("it is stored as %v", v)
	}
	var holder struct {
		A, B jsonvalue.JSON
	}
	if err := json.Unmarshal([]byte(`{"A":null}`), &holder); err != nil || !holder.A.IsJSONNull() || !holder.B.IsNull() {
		t.Errorf("got %+v (%v)", holder, err)
	}
	out, err := json.Marshal(holder)
	if err != nil || string(out) != `{"A":null,"B":null}` {
		t.Errorf("got %s (%v)", out, err)
	}
}

func TestJSONKeepsText(t *testing.T) {
	text := "{ \"b\" : 1.10,\n\"a\":123456789012345678901234567890, \"a\":\"\\u00e9<&>\" }"
	j := jsonvalue.Text(text)
	if j.String() != text || !j.Valid() {
		t.Errorf("got %q", j)
	}
	var back jsonvalue.JSON
	for _, src := range []any{text, []byte(text)} {
		if err := back.Scan(src); err != nil || back.String() != text {
			t.Errorf("scanned %q (%v)", back, err)
		}
	}
	var v map[string]any
	if err := j.Decode(&v); err != nil || v["b"] != json.Number("1.10") {
		t.Errorf("decoded %v (%v)", v, err)
	}
	if err := jsonvalue.Text(`{"n":9007199254740993}`).Decode(&v); err != nil ||
		v["n"] != json.Number("9007199254740993") {
		t.Errorf("decoded %v (%v)", v, err)
	}
	if err := jsonvalue.Text(`1 2`).Decode(&v); err == nil {
		t.Error("text behind a document is taken")
	}
}

func TestJSONSet(t *testing.T) {
	var j jsonvalue.JSON
	if err := j.Set(map[string]any{"h": "<script>&amp;</script>\u2028", "n": json.Number("1.10")}); err != nil ||
		j.String() != `{"h":"<script>&amp;</script>\u2028","n":1.10}` {
		t.Errorf("got %s (%v)", j, err)
	}
	if depth, ok := j.Checked(); !ok || depth != 1 {
		t.Errorf("checked %v to depth %d", ok, depth)
	}
	before := j
	for _, bad := range []any{math.NaN(), math.Inf(1), make(chan int), json.Number("x")} {
		if err := j.Set(bad); err == nil || j != before {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if err := j.Set("a\x00b"); err != nil {
		t.Error(err)
	}
	if _, ok := j.Checked(); ok {
		t.Error("a document with U+0000 counts as storable")
	}
	if _, err := jsonvalue.Parse(`{"a":"\u0000"}`); err == nil {
		t.Error("U+0000 is taken")
	}
}

// What is broken in one row does not keep others from being shown.
func TestJSONBroken(t *testing.T) {
	list := []jsonvalue.JSON{jsonvalue.Text(`{bad`), jsonvalue.Text(""), jsonvalue.Text("\"\xff\""),
		jsonvalue.Text(`{"a":"\ud83d"}`), jsonvalue.Text(`{"a":"x\u0000"}`), jsonvalue.Text(`1`)}
	out, err := json.Marshal(list)
	if err != nil || !json.Valid(out) {
		t.Fatalf("%s (%v)", out, err)
	}
	var v any
	if err := list[3].Decode(&v); err != nil || v.(map[string]any)["a"] != "\uFFFD" {
		t.Errorf("decoded %v (%v)", v, err)
	}
	if err := list[0].Decode(&v); err == nil {
		t.Error("a broken text was decoded")
	}
	if err := new(jsonvalue.JSON).Scan(struct{}{}); err == nil {
		t.Error("a struct was scanned")
	}
	for src, want := range map[any]string{int64(5): "5", 1.5: "1.5", true: "true"} {
		var j jsonvalue.JSON
		if err := j.Scan(src); err != nil || j.String() != want {
			t.Errorf("%v scanned as %s (%v)", src, j, err)
		}
	}
}

func TestJSONStorable(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":"x\u0000y"}`:            `{"a":"x\ufffdy"}`,
		`"\u0000\u0000"`:              `"\ufffd\ufffd"`,
		`"\\u0000 C:\\ud83d"`:         `"\\u0000 C:\\ud83d"`,
		`"\\\u0000"`:                  `"\\\ufffd"`,
		`"\ud83d"`:                    `"\ufffd"`,
		`"\ud83d\ude00 \ude00\ud83d"`: `"\ud83d\ude00 \ufffd\ufffd"`,
		`"\ud83d\ud83d\ude00"`:        `"\ufffd\ud83d\ude00"`,
		`"\uD83Dx"`:                   `"\ufffdx"`,
		`"é 🐍 \u00e9"`:                `"é 🐍 \u00e9"`,
	} {
		got := jsonvalue.Text(in).Storable().String()
		if got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
		if _, err := jsonvalue.Parse(got); err != nil {
			t.Errorf("%s: %v", got, err)
		}
	}
	if got := jsonvalue.Text("\"a\xffb\"").Storable().String(); got != "\"a\uFFFDb\"" {
		t.Errorf("got %q", got)
	}
	long := `"` + strings.Repeat(`\u00e9`, 1000) + `"`
	if jsonvalue.Text(long).Storable().String() != long || !(jsonvalue.JSON{}).Storable().IsNull() {
		t.Error("what is storable was changed")
	}
}

func TestJSONMerged(t *testing.T) {
	for _, c := range [][3]string{
		{`{"a":1.0,"b":{"x":1}}`, `{"b":{"y":2},"c":12345678901234567890}`, `{"a":1.0,"b":{"y":2},"c":12345678901234567890}`},
		{`{}`, `{}`, `{}`},
		{` { "é\n" : 1 } `, `{"d":[ ]}`, `{"é\n":1,"d":[ ]}`},
		{`null`, `{"a":1}`, `{"a":1}`},
		{`{"a":1}`, `null`, `null`},
		{`{"a":`, `{"a":1}`, `{"a":1}`},
	} {
		if got := jsonvalue.Text(c[0]).Merged(jsonvalue.Text(c[1])).String(); got != c[2] {
			t.Errorf("%s with %s is %s, want %s", c[0], c[1], got, c[2])
		}
	}
	if got := jsonvalue.Text(`{"a":1}`).Merged(jsonvalue.JSON{}).String(); got != `{"a":1}` {
		t.Errorf("SQL NULL made %s of it", got)
	}
	if got := (jsonvalue.JSON{}).Merged(jsonvalue.Text(`{"a":1}`)).String(); got != `{"a":1}` {
		t.Errorf("of SQL NULL it made %s", got)
	}
}

func TestJSONMembers(t *testing.T) {
	doc := jsonvalue.Text(`{"a":1.0,"b":{"x":[1]},"a":2}`)
	for got, want := range map[string]string{
		doc.Member("a").String():                                         "2",
		doc.Member("b").Member("x").String():                             "[1]",
		doc.Member("c").String():                                         "",
		doc.Without("b", "c").String():                                   `{"a":2}`,
		doc.With("c", jsonvalue.Null()).String():                         `{"a":2,"b":{"x":[1]},"c":null}`,
		doc.With("b", jsonvalue.JSON{}).String():                         `{"a":2}`,
		jsonvalue.Text("[1]").Without("a").String():                      "[1]",
		(jsonvalue.JSON{}).With("ü\"", jsonvalue.Text("[ 1 ]")).String(): `{"ü\"":[ 1 ]}`,
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if !doc.Member("c").IsNull() || doc.Member("a").IsNull() {
		t.Error("a member that is not there is SQL NULL, and no other")
	}
}
