package jsontext_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder/internal/jsontext"
)

func TestMembers(t *testing.T) {
	for _, text := range []string{`{}`, ` { } `, `{"a":1}`, " {\n\"a\" : [1, {\"b\":\"]}\"}] ,\t\"c\\u0064\":\"x\\\"\\\\\",\"a\":null , \"\":-1.5e3 } ", `[1]`, `"{"`, `null`, `7`} {
		var want map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &want) != nil || want == nil {
			want = map[string]json.RawMessage{}
		}
		got := map[string]json.RawMessage{}
		for k, v := range jsontext.Members([]byte(text)) {
			got[k] = v
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for k := range jsontext.Members([]byte(`{"a":1,"b":2}`)) {
		if k != "a" {
			t.Error("it goes on after the end of the loop")
		}
		break
	}
}

func TestStringIsTheBytes(t *testing.T) {
	if got := jsontext.String([]byte("abc")); got != "abc" {
		t.Errorf("%q", got)
	}
	if got := jsontext.String(nil); got != "" {
		t.Errorf("%q", got)
	}
}

func TestElements(t *testing.T) {
	for text, want := range map[string][]string{`[]`: {}, ` [ 1 , "a]" ,{"b":[2]} ]`: {"1", `"a]"`, `{"b":[2]}`},
		`{"a":1}`: nil, `7`: nil, ``: nil} {
		if got := jsontext.Elements(text); !slices.Equal(got, want) || (got == nil) != (want == nil) {
			t.Errorf("%s has %q, want %q", text, got, want)
		}
	}
}
