package archive_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/archive"
)

func tables() []*schema.Table {
	a := schema.Define("a")
	a.Text("id").Key(36).PrimaryKey()
	a.JSON("doc").Null()
	a.BigInt("n").Null().Default(int64(7))
	b := schema.Define("b")
	b.Bytes("x").Null()
	b.DateTime("at").Null()
	empty := schema.Define("empty")
	empty.BigInt("id").PrimaryKey()
	return []*schema.Table{a, b, empty}
}

func rows(large bool) map[string][][]any {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 5000, time.UTC)
	out := map[string][][]any{
		"a": {{"1", `{"b": 1.0, "a": "\u00e9"}`, int64(1)}, {"2", nil, nil}, {"3", "no \xff text\x00", 1.5}},
		"b": {{[]byte{0, 255}, noon}, {nil, nil}},
	}
	if large {
		r := rand.New(rand.NewPCG(1, 2))
		for i := range 3000 {
			text := make([]byte, 1000)
			for j := range text {
				text[j] = byte('a' + r.IntN(26))
			}
			out["a"] = append(out["a"], []any{fmt.Sprintf("row %d", i), `"` + string(text) + `"`, int64(i)})
		}
	}
	return out
}

func written(t testing.TB, large bool) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := archive.NewWriter(&file, archive.Header{Program: "test", Made: time.Unix(1, 0).UTC(), Tables: tables()})
	if err != nil {
		t.Fatal(err)
	}
	for _, tab := range tables() {
		if err := w.Table(tab); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows(large)[tab.Name] {
			if err := w.Row(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// read opens and verifies a file, and returns all that is wrong with it.
func read(t testing.TB, file []byte) (wrong []string) {
	t.Helper()
	a, err := archive.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return []string{err.Error()}
	}
	checked, err := a.Verify(t.Context())
	if err != nil {
		return []string{err.Error()}
	}
	for _, c := range checked {
		wrong = append(wrong, c.Damage...)
	}
	return wrong
}

func TestEveryRowComesBackAsItWas(t *testing.T) {
	for _, large := range []bool{false, true} {
		file := written(t, large)
		a, err := archive.Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tables(), a.Tables()); d != "" {
			t.Error(d)
		}
		for range 2 { // in any order, and again
			for _, tab := range []*schema.Table{a.Tables()[1], a.Tables()[0], a.Tables()[2]} {
				var got [][]any
				for r, err := range a.Rows(t.Context(), tab) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, append([]any(nil), r...))
				}
				if d := cmp.Diff(rows(large)[tab.Name], got); d != "" {
					t.Error(d)
				}
				if n, err := a.Count(t.Context(), tab); err != nil || n != int64(len(got)) {
					t.Errorf("%d rows, %v", n, err)
				}
			}
		}
		if wrong := read(t, file); wrong != nil {
			t.Error(wrong)
		}
	}
}

func TestEveryByteThatChangesIsFoundAndNamed(t *testing.T) {
	file := written(t, false)
	for i := range file {
		for _, mask := range []byte{1, 0x80, 0xff} {
			spoiled := bytes.Clone(file)
			spoiled[i] ^= mask
			if wrong := read(t, spoiled); len(wrong) == 0 {
				t.Fatalf("byte %d changed by %#x, and nobody noticed", i, mask)
			}
		}
		if wrong := read(t, file[:i]); len(wrong) == 0 {
			t.Fatalf("the file was cut off at %d, and nobody noticed", i)
		}
	}
	if wrong := read(t, append(bytes.Clone(file), 0)); len(wrong) == 0 {
		t.Error("a byte was added, and nobody noticed")
	}
}

func TestTheBlockIsNamed(t *testing.T) {
	file := written(t, true)
	// The last byte of what the second block of the first table holds.
	spoiled := bytes.Clone(file)
	spoiled[len(file)*3/5] ^= 4
	wrong := read(t, spoiled)
	if len(wrong) != 1 || !strings.Contains(wrong[0], "table a, block 2") {
		t.Error(wrong)
	}
}

func TestANewerFormatIsRefused(t *testing.T) {
	file := written(t, false)
	file[6] = 9
	if wrong := read(t, file); len(wrong) != 1 || !strings.Contains(wrong[0], "use a newer larder") {
		t.Error(wrong)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(written(f, false))
	f.Fuzz(func(t *testing.T, file []byte) { read(t, file) })
}
