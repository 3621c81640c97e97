package query_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// The oracle: what the operations mean, in Go, over decoded documents.

type absent struct{}

func at(doc any, p []any) any {
	for _, step := range p {
		switch s := step.(type) {
		case string:
			m, ok := doc.(map[string]any)
			if !ok {
				return absent{}
			}
			if doc, ok = m[s]; !ok {
				return absent{}
			}
		case int:
			a, ok := doc.([]any)
			if s < 0 {
				s += len(a)
			}
			if !ok || s < 0 || s >= len(a) {
				return absent{}
			}
			doc = a[s]
		}
	}
	return doc
}

func kindOf(v any) *string {
	k := ""
	switch v.(type) {
	case absent:
		return nil
	case nil:
		k = "null"
	case bool:
		k = "bool"
	case string:
		k = "string"
	case json.Number:
		k = "number"
	case []any:
		k = "array"
	case map[string]any:
		k = "object"
	}
	return &k
}

func contains(doc, part any, top bool) bool {
	switch p := part.(type) {
	case map[string]any:
		d, ok := doc.(map[string]any)
		if !ok {
			return false
		}
		for k, v := range p {
			if w, ok := d[k]; !ok || !contains(w, v, false) {
				return false
			}
		}
		return true
	case []any:
		d, ok := doc.([]any)
		if !ok {
			return false
		}
		for _, v := range p {
			if !slices.ContainsFunc(d, func(w any) bool { return contains(w, v, false) }) {
				return false
			}
		}
		return true
	}
	if d, ok := doc.([]any); ok && top {
		return slices.ContainsFunc(d, func(w any) bool { return sameValue(w, part) })
	}
	return sameValue(doc, part)
}

func set(doc any, p []any, v any) any {
	if len(p) == 0 {
		return v
	}
	switch s := p[0].(type) {
	case string:
		m, ok := doc.(map[string]any)
		if !ok {
			return doc
		}
		out := map[string]any{}
		for k, e := range m {
			out[k] = e
		}
		if e, ok := m[s]; ok {
			out[s] = set(e, p[1:], v)
			return out
		}
		for i := len(p) - 1; i > 0; i-- {
			k, ok := p[i].(string)
			if !ok {
				return doc
			}
			v = map[string]any{k: v}
		}
		out[s] = v
		return out
	case int:
		a, ok := doc.([]any)
		if !ok {
			return doc
		}
		if s < 0 {
			s += len(a)
		}
		switch {
		case s < 0 || s > len(a):
			return doc
		case s < len(a):
			out := slices.Clone(a)
			out[s] = set(a[s], p[1:], v)
			return out
		}
		for i := len(p) - 1; i > 0; i-- {
			k, ok := p[i].(string)
			if !ok {
				return doc
			}
			v = map[string]any{k: v}
		}
		return append(slices.Clone(a), v)
	}
	return doc
}

func without(doc any, p []any) any {
	if _, gone := at(doc, p).(absent); gone {
		return doc
	}
	switch s := p[0].(type) {
	case string:
		out := map[string]any{}
		for k, e := range doc.(map[string]any) {
			if k != s {
				out[k] = e
			} else if len(p) > 1 {
				out[k] = without(e, p[1:])
			}
		}
		return out
	case int:
		a := doc.([]any)
		if s < 0 {
			s += len(a)
		}
		out := slices.Clone(a)
		if len(p) > 1 {
			out[s] = without(a[s], p[1:])
			return out
		}
		return slices.Delete(out, s, s+1)
	}
	return doc
}

// Generators. Keys are few and awkward, so that paths often lead somewhere.

var keyGen = rapid.SampledFrom([]string{"a", "b", "", "A", "0", "1", "-1", "a.b", "[0]", `q"x`, `b\s`, "é", "🔑", "$",
	"*", "'", "a b", "\n", "<&>", "last", "larder_m", "{x}", "?", "\u007f", "\u2028", "\u0001k"})

var stringGen = rapid.OneOf(keyGen,
	rapid.SampledFrom([]string{"true", "null", "1", "1.0", "x ", "x", "X", `"`, `\`, `\u0041`, "\t", "12.5", "\u0001#12",
		"\u0001\u0001#1", `\u0001#5`}), rapid.StringN(0, 6, -1))

var numberGen = rapid.Custom(func(t *rapid.T) json.Number {
	return json.Number(rapid.SampledFrom([]string{"0", "1", "-1", "1.0", "1.5", "-0.5", "2", "100", "1e2", "0.1",
		"9007199254740993", "9223372036854775807", "-9223372036854775808",
		"9223372036854775808", "18446744073709551616", "123456789012345678901234567890", "99998969694839.983485848", "0.30000000000000004", "1.10"}).Draw(t, "number"))
})

func docGen(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		top := 6
		if depth == 0 {
			top = 4
		}
		switch rapid.IntRange(0, top).Draw(t, "kind") {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2, 3:
			if rapid.Bool().Draw(t, "is number") {
				return numberGen.Draw(t, "number")
			}
			return clean(stringGen.Draw(t, "string"))
		case 4:
			return json.Number(strconv.Itoa(rapid.IntRange(-3, 3).Draw(t, "small")))
		case 5:
			return rapid.SliceOfN(docGen(depth-1), 0, 4).Draw(t, "array")
		}
		m := map[string]any{}
		for _, k := range rapid.SliceOfN(keyGen, 0, 4).Draw(t, "keys") {
			m[k] = docGen(depth-1).Draw(t, "member")
		}
		return m
	})
}

// clean takes out what cannot be stored.
func clean(s string) string {
	out := []rune{}
	for _, r := range s {
		if r != 0 && r != 0xFFFD {
			out = append(out, r)
		}
	}
	return string(out)
}

var stepGen = rapid.Custom(func(t *rapid.T) any {
	if rapid.IntRange(0, 3).Draw(t, "is place") == 0 {
		return rapid.IntRange(-3, 4).Draw(t, "place")
	}
	return keyGen.Draw(t, "key")
})

// pathGen draws a path, which follows the document most of the time.
func pathGen(t *rapid.T, doc any, min int) []any {
	var p []any
	for n := rapid.IntRange(min, 4).Draw(t, "length"); len(p) < n; {
		var step any
		switch d := doc.(type) {
		case map[string]any:
			if len(d) > 0 && rapid.IntRange(0, 4).Draw(t, "stray") > 0 {
				keys := []string{}
				for k := range d {
					keys = append(keys, k)
				}
				slices.Sort(keys)
				step = rapid.SampledFrom(keys).Draw(t, "member")
			}
		case []any:
			if len(d) > 0 && rapid.IntRange(0, 4).Draw(t, "stray") > 0 {
				step = rapid.IntRange(-len(d), len(d)).Draw(t, "element")
			}
		}
		if step == nil {
			step = stepGen.Draw(t, "step")
		}
		p = append(p, step)
		doc = at(doc, []any{step})
	}
	return p
}

func encodeDoc(t testing.TB, v any) string { t.Helper(); return text(t, v) }

// ascii spells a document with every character beyond ASCII escaped, as some
// programs store them.
func ascii(s string) string {
	out := []byte{}
	for _, r := range s {
		switch {
		case r < 0x80:
			out = append(out, byte(r))
		case r > 0xFFFF:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return string(out)
}

func TestJSONProperties(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		create(t, eng, docTable)
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			doc := docGen(3).Draw(rt, "doc")
			p := pathGen(rt, doc, 0)
			s := encodeDoc(t, doc)
			if rapid.Bool().Draw(rt, "escaped") {
				s = ascii(s)
			}
			n++
			id := strconv.Itoa(n)
			put(t, eng, id, s)
			jsonProperty(t, rt, eng, docJSON, id, s, doc, p)
			if !lossy(doc) || eng.Dialect().Has(schema.NativeJSON) {
				jsonProperty(t, rt, eng, docJSONB, id, s, doc, p)
			}
			exec(t, eng, query.Delete(docTable).Where(docID.Eq(id)))
		})
	})
}

// lossy reports whether a document holds a number that is no double: binary
// JSON of some engines changes it.
func lossy(doc any) bool {
	switch d := doc.(type) {
	case json.Number:
		f, err := d.Float64()
		return err != nil || !sameNumber(d.String(), strconv.FormatFloat(f, 'f', -1, 64)) || math.Abs(f) > 1<<53
	case []any:
		return slices.ContainsFunc(d, lossy)
	case map[string]any:
		for _, v := range d {
			if lossy(v) {
				return true
			}
		}
	}
	return false
}

func jsonProperty(t *testing.T, rt *rapid.T, eng *engine.Engine, col query.JSONColumn, id, s string, doc any, p []any) {
	want := at(doc, p)
	m := col.Path(p...)
	row := query.Select().From(docTable).Where(docID.Eq(id))
	type read struct {
		Text    *string        `db:"t"`
		Int     *int64         `db:"i"`
		Float   *float64       `db:"f"`
		Numeric *query.Decimal `db:"n"`
		Bool    *bool          `db:"b"`
		JSON    jsonvalue.JSON `db:"j"`
		Kind    *string        `db:"k"`
		Len     *int64         `db:"l"`
		Exists  bool           `db:"e"`
	}
	got, err := query.One[read](t.Context(), eng,
		row.Columns(m.Text().As("t"), m.Int().As("i"), m.Float().As("f"), m.Numeric().As("n"), m.Bool().As("b"),
			m.JSON().As("j"), m.Kind().As("k"), m.Len().As("l"), m.Exists().As("e")))
	if err != nil {
		rt.Fatalf("%s at %q: %v (%v)", s, p, err, unwrapped(err))
	}
	bad := func(what string, got, want any) {
		rt.Helper()
		rt.Fatalf("%s of %s at %q in %s: got %v, want %v", what, col.Name(), p, s, got, want)
	}
	_, gone := want.(absent)
	if got.Exists == gone || got.JSON.IsNull() != gone {
		bad("existence", got.Exists, !gone)
	}
	if k := kindOf(want); deref(k) != deref(got.Kind) {
		bad("kind", deref(got.Kind), deref(k))
	}
	if !gone && !sameJSON(t, got.JSON.String(), encodeDoc(t, want)) {
		bad("JSON", got.JSON, want)
	}
	var length *int64
	switch w := want.(type) {
	case []any:
		length = ptr(int64(len(w)))
	case map[string]any:
		length = ptr(int64(len(w)))
	}
	if !reflect.DeepEqual(got.Len, length) {
		bad("length", got.Len, length)
	}
	switch w := want.(type) {
	case string:
		if deref(got.Text) != w || got.Text == nil {
			bad("text", deref(got.Text), w)
		}
	case nil, absent:
		if got.Text != nil {
			bad("text", *got.Text, nil)
		}
	default:
		if got.Text == nil || !sameJSON(t, *got.Text, encodeDoc(t, w)) {
			bad("text", deref(got.Text), w)
		}
	}
	if b, ok := want.(bool); ok != (got.Bool != nil) || ok && *got.Bool != b {
		bad("bool", got.Bool, want)
	}
	number, isNumber := want.(json.Number)
	if isNumber != (got.Numeric != nil) || isNumber && !sameNumber(string(*got.Numeric), number.String()) {
		bad("numeric", got.Numeric, want)
	}
	f, _ := number.Float64()
	if isNumber != (got.Float != nil) || isNumber && *got.Float != f {
		bad("float", got.Float, want)
	}
	var whole *int64
	if r, ok := new(big.Rat).SetString(number.String()); ok && isNumber && r.IsInt() && r.Num().IsInt64() {
		whole = ptr(r.Num().Int64())
	}
	if !reflect.DeepEqual(got.Int, whole) {
		bad("int", got.Int, whole)
	}

	// Predicates, on a value from the document or any other.
	holds := func(what string, c query.Cond, want bool) {
		rt.Helper()
		n, err := query.Count(t.Context(), eng, row.Columns(docID).Where(c))
		if err != nil {
			rt.Fatalf("%s of %s at %q: %v (%v)", what, s, p, err, unwrapped(err))
		}
		if (n == 1) != want {
			bad(what, n == 1, want)
		}
	}
	element := docGen(0).Draw(rt, "element")
	if a, ok := want.([]any); ok && len(a) > 0 && rapid.Bool().Draw(rt, "has it") {
		element = rapid.SampledFrom(a).Draw(rt, "one of them")
	}
	if e, ok := asElement(element); ok {
		a, _ := want.([]any)
		holds(fmt.Sprintf("element %v", element), m.Has(e),
			slices.ContainsFunc(a, func(x any) bool { return sameValue(x, element) }))
	}
	part := docGen(1).Draw(rt, "part")
	if rapid.Bool().Draw(rt, "is part") {
		part = reduce(rt, doc)
	}
	holds("contains "+encodeDoc(t, part), col.Contains(encodeDoc(t, part)), contains(doc, part, true))
	if !gone {
		part = reduce(rt, want)
		holds("member contains "+encodeDoc(t, part), m.Contains(encodeDoc(t, part)), true)
	}
	if isNumber && whole != nil {
		holds("comparison", m.Int().Eq(*whole), true)
	}
	if isNumber {
		holds("comparison", m.Numeric().Eq(query.Decimal(number)), true)
		holds("comparison", m.Numeric().Gt(query.Decimal(number)), false)
	}
	if w, ok := want.(string); ok {
		holds("comparison", m.Text().Eq(w), true)
		holds("comparison", m.Text().Eq(w+" "), false)
	}

	// The elements, as a table.
	elements := m.Elements("el")
	type el struct {
		Key   *string        `db:"k"`
		Value jsonvalue.JSON `db:"v"`
		Pos   int64          `db:"p"`
	}
	els, err := query.All[el](t.Context(), eng,
		query.Select(elements.Key().As("k"), elements.Value().As("v"), elements.Position().As("p")).From(docTable).
			JoinItem(elements).Where(docID.Eq(id)).OrderBy(elements.Position()))
	if err != nil {
		rt.Fatalf("elements of %s at %q: %v (%v)", s, p, err, unwrapped(err))
	}
	switch w := want.(type) {
	case []any:
		if len(els) != len(w) {
			bad("elements", els, w)
		}
		for i, e := range els {
			if e.Key != nil || e.Pos != int64(i) || !sameJSON(t, e.Value.String(), encodeDoc(t, w[i])) {
				bad("element", e, w[i])
			}
		}
	case map[string]any:
		if len(els) != len(w) {
			bad("elements", els, w)
		}
		for i, e := range els {
			if v, ok := w[deref(e.Key)]; !ok || e.Key == nil || e.Pos != int64(i) ||
				!sameJSON(t, e.Value.String(), encodeDoc(t, v)) {
				bad("element", e, w)
			}
		}
	default:
		if len(els) > 0 {
			bad("elements", els, nil)
		}
	}

	// Changes, read without being stored.
	fresh := docGen(1).Draw(rt, "new value")
	q := pathGen(rt, doc, 1)
	type changed struct {
		Set  jsonvalue.JSON `db:"s"`
		Gone jsonvalue.JSON `db:"r"`
	}
	ch, err := query.One[changed](t.Context(), eng,
		row.Columns(col.Path(q...).With(jsonvalue.Text(encodeDoc(t, fresh))).As("s"), col.Path(q...).Without().As("r")))
	if err != nil {
		rt.Fatalf("change of %s at %q: %v (%v)", s, q, err, unwrapped(err))
	}
	if w := set(doc, q, fresh); !sameJSON(t, ch.Set.String(), encodeDoc(t, w)) {
		rt.Fatalf("%s set at %q in %s (%s): got %s, want %s", encodeDoc(t, fresh), q, s, col.Name(), ch.Set, encodeDoc(t, w))
	}
	if w := without(doc, q); !sameJSON(t, ch.Gone.String(), encodeDoc(t, w)) {
		rt.Fatalf("removed %q from %s (%s): got %s, want %s", q, s, col.Name(), ch.Gone, encodeDoc(t, w))
	}
}

func asElement(v any) (any, bool) {
	switch x := v.(type) {
	case nil, bool, string:
		return v, true
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return n, true
		}
	}
	return nil, false
}

// reduce is a part of a document that the document contains.
func reduce(t *rapid.T, doc any) any {
	switch d := doc.(type) {
	case map[string]any:
		out := map[string]any{}
		keys := []string{}
		for k := range d {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			if rapid.Bool().Draw(t, "keep") {
				out[k] = reduce(t, d[k])
			}
		}
		return out
	case []any:
		out := []any{}
		for _, v := range d {
			if rapid.Bool().Draw(t, "keep") {
				out = append(out, reduce(t, v))
			}
		}
		return out
	}
	return doc
}

// What other programs left in a column does not make a query fail.
func TestBrokenDocuments(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		create(t, eng, docTable)
		put(t, eng, "0", `{"a":"x","b":[1,"x"]}`)
		stored := []string{"0"}
		for i, s := range []string{`{bad`, `{"a":"x\u0000y","b":[1]}`, `{"a":"\ud83d","b":[1]}`,
			`{"a":"\ude00\ud83d","b":["\\ud83d","\\\u0000"]}`, `{"a":"\\u0000 C:\\ud83d","b":[1]}`, `{"a":1e400,"b":[1]}`,
			"\"\t\"", ""} {
			lit, err := eng.Dialect().AppendString(nil, s)
			if err != nil {
				t.Fatal(err)
			}
			id := strconv.Itoa(i + 1)
			_, err = eng.Exec(t.Context(),
				engine.Statement{SQL: "INSERT INTO doc (id, j) VALUES ('" + id + "', " + string(lit) + ")", Write: true})
			if err == nil {
				stored = append(stored, id)
			} else if c := dberr.CodeOf(err); c != dberr.Check && c != dberr.Invalid {
				t.Errorf("%q: %v", s, err)
			}
		}
		t.Logf("the engine takes %d of them", len(stored))
		type read struct {
			ID   string         `db:"id"`
			JSON jsonvalue.JSON `db:"j"`
			Text *string        `db:"t"`
			Kind *string        `db:"k"`
			Len  *int64         `db:"l"`
			Has  bool           `db:"h"`
		}
		a, b := docJSON.Path("a"), docJSON.Path("b")
		got, err := query.All[read](t.Context(), eng,
			query.Select(docID, docJSON, a.Text().As("t"), a.Kind().As("k"), b.Len().As("l"), b.Has("x").As("h")).From(docTable).
				OrderBy(docID))
		if err != nil {
			t.Fatal(err, unwrapped(err))
		}
		if len(got) != len(stored) || deref(got[0].Text) != "x" || !got[0].Has || got[0].Len == nil {
			t.Errorf("got %+v", got)
		}
		for _, r := range got {
			if _, err := json.Marshal(r.JSON); err != nil {
				t.Errorf("%s: %v", r.ID, err)
			}
			if !r.JSON.Storable().IsNull() && r.JSON.Valid() {
				if _, err := jsonvalue.Parse(r.JSON.Storable().String()); err != nil {
					t.Errorf("%q is made %q: %v", r.JSON, r.JSON.Storable(), err)
				}
			}
		}
		for what, c := range map[string]query.Cond{"contains": docJSON.Contains(`{"b":[1]}`), "int": a.Int().Eq(1),
			"float": a.Float().Gt(1), "numeric": a.Numeric().Eq("1"), "bool": a.Bool().Eq(true),
			"key": docJSON.HasKey("a"), "null": a.IsNull(), "element": b.Has(1)} {
			if _, err := query.All[string](t.Context(), eng, query.Select(docID).From(docTable).Where(c)); err != nil {
				t.Errorf("%s: %v (%v)", what, err, unwrapped(err))
			}
		}
		if _, err := query.Exec(t.Context(), eng, query.Update(docTable).Set(docJSON.SetPath(jsonvalue.Text("5"), "n")).
			Where(docJSON.HasKey("b"))); err != nil {
			t.Errorf("set: %v (%v)", err, unwrapped(err))
		}
		if n, err := query.Count(t.Context(), eng, query.Select(docID).From(docTable).
			Where(docJSON.Path("n").Int().Eq(5))); err != nil || n == 0 {
			t.Errorf("%d were set (%v)", n, err)
		}
		if _, err := query.Exec(t.Context(), eng, query.Update(docTable).Set(docJSON.RemovePath()).AllRows()); !errors.Is(err,
			dberr.ErrInvalid) {
			t.Errorf("removal of the whole: %v", err)
		}
	})
}
