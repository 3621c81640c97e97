package query_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

type textCases struct {
	Roundtrip []struct {
		Value   any
		Refused bool
	}
	Like struct {
		Rows  []textRow
		Cases []struct {
			Op, Argument string
			Options      struct {
				Autoescape bool
				Escape     string
			}
			IDs []int64 `json:"expected_ids"`
		}
	}
	Backslash struct {
		Rows  []textRow
		Cases []struct {
			Pattern string
			Escape  *string
			IDs     []int64 `json:"expected_ids"`
		}
	}
	Equality []struct {
		Stored, Other string
		Matches       bool   `json:"where_eq_matches"`
		Unique        string `json:"unique_insert"`
	}
	Ordering struct {
		Rows []struct {
			ID int64
			D  *string
		}
		Cases []struct {
			Order string
			IDs   []int64 `json:"expected_ids"`
		}
	}
	InLists struct {
		Rows []struct {
			ID, X, Y int64
			Z        string
		}
		Cases []struct {
			Case string
			IDs  []int64 `json:"expected_ids"`
		}
	} `json:"in_lists"`
	Identifiers []string
	LimitOffset struct {
		Rows []struct {
			ID, X, Y int64
		}
		Cases []struct {
			Case string
			IDs  []int64 `json:"expected_ids"`
		}
	} `json:"limit_offset"`
	Scalars []struct {
		Type  string
		Value any
	}
}

type textRow struct {
	ID   int64   `db:"id"`
	Data *string `db:"data"`
}

func TestTextCases(t *testing.T) {
	var cases textCases
	load(t, "text.json", &cases)
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		t.Run("roundtrip", func(t *testing.T) { textRoundtrip(t, eng, &cases) })
		t.Run("like", func(t *testing.T) { textLike(t, eng, &cases) })
		t.Run("backslash", func(t *testing.T) { textBackslash(t, eng, &cases) })
		t.Run("equality", func(t *testing.T) { textEquality(t, eng, &cases) })
		t.Run("ordering", func(t *testing.T) { textOrdering(t, eng, &cases) })
		t.Run("in lists", func(t *testing.T) { textIn(t, eng, &cases) })
		t.Run("identifiers", func(t *testing.T) { textIdentifiers(t, eng, &cases) })
		t.Run("limit", func(t *testing.T) { textLimit(t, eng, &cases) })
		t.Run("scalars", func(t *testing.T) { textScalars(t, eng, &cases) })
	})
}

func textRoundtrip(t *testing.T, eng *engine.Engine, cases *textCases) {
	tab := schema.Define("roundtrip")
	id, d := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[string](tab.Text("d").Null())
	create(t, eng, tab)
	for i, c := range cases.Roundtrip {
		var want *string
		switch v := c.Value.(type) {
		case string:
			want = &v
		case map[string]any:
			s := repeat(v["$repeat"].([]any))
			want = &s
		}
		_, err := query.Exec(t.Context(), eng, query.Insert(tab).Values(id.Set(int64(i)), d.SetPtr(want)))
		if c.Refused {
			if !errors.Is(err, dberr.ErrInvalid) || !strings.Contains(err.Error(), "roundtrip.d") {
				t.Errorf("%d: %v, want a refusal that names the column", i, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%d: %v (%v)", i, err, unwrapped(err))
			continue
		}
		row := query.Select(d).From(tab).Where(id.Eq(int64(i)))
		got, err := query.Value[string](t.Context(), eng, row)
		if err != nil {
			t.Fatal(err)
		}
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%d: wrote %.80q, read %.80q", i, deref(want), deref(got))
		}
		if want == nil {
			continue
		}
		if n, err := query.Count(t.Context(), eng, row.Where(d.Eq(*want))); err != nil || n != 1 {
			t.Errorf("%d: %.80q is found %d times (%v)", i, *want, n, err)
		}
		if len(*want) > 1000 {
			continue
		}
		lit, err := eng.Dialect().AppendString(nil, *want)
		if err != nil {
			t.Fatal(err)
		}
		// The text is not a template: its braces are data.
		rows, err := eng.Query(t.Context(), engine.Statement{SQL: "SELECT " + string(lit)})
		if err != nil {
			t.Fatal(err, unwrapped(err))
		}
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil || s != *want {
				t.Errorf("%d: the literal of %q is read as %q (%v)", i, *want, s, err)
			}
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
}

func deref(s *string) string {
	if s == nil {
		return "NULL"
	}
	return *s
}

func likeTable(t *testing.T, eng *engine.Engine, name string, rows []textRow) (query.SelectStmt, query.Column[string]) {
	tab := schema.Define(name)
	id, data := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[string](tab.String("data", 50).Null())
	create(t, eng, tab)
	exec(t, eng, query.InsertRows(tab, rows))
	return query.Select(id).From(tab).OrderBy(id), data
}

func textLike(t *testing.T, eng *engine.Engine, cases *textCases) {
	sel, data := likeTable(t, eng, "some_like", cases.Like.Rows)
	for _, c := range cases.Like.Cases {
		escape, _ := utf8.DecodeRuneInString(c.Options.Escape)
		if c.Options.Escape == "" {
			escape = 0
		}
		pattern := c.Argument
		if c.Options.Autoescape {
			if escape == 0 {
				escape = '/'
			}
			pattern = query.EscapeLike(pattern, escape)
		}
		var conds []query.Cond // ways to say the same
		like := func(p string) { conds = append(conds, data.LikeEscape(p, escape)) }
		plain := c.Options.Autoescape
		switch c.Op {
		case "startswith":
			like(pattern + "%")
			if plain {
				conds = append(conds, data.StartsWith(c.Argument))
			}
		case "endswith":
			like("%" + pattern)
			if plain {
				conds = append(conds, data.EndsWith(c.Argument))
			}
		case "contains":
			like("%" + pattern + "%")
			if plain {
				conds = append(conds, data.Contains(c.Argument))
			}
		case "istartswith":
			conds = append(conds, data.StartsWithFold(c.Argument), query.Lower(data).StartsWith(strings.ToLower(c.Argument)))
		case "icontains":
			conds = append(conds, data.ContainsFold(c.Argument), query.Lower(data).Contains(strings.ToLower(c.Argument)))
		case "iendswith":
			conds = append(conds, data.EndsWithFold(c.Argument))
		case "regexp_match":
			conds = append(conds, data.Regexp(c.Argument))
		default:
			t.Fatalf("unknown operation %s", c.Op)
		}
		for i, cond := range conds {
			if got := all[int64](t, eng, sel.Where(cond)); !slices.Equal(got, c.IDs) {
				t.Errorf("%s %q %+v (%d): got %v, want %v", c.Op, c.Argument, c.Options, i, got, c.IDs)
			}
		}
	}
}

func textBackslash(t *testing.T, eng *engine.Engine, cases *textCases) {
	sel, data := likeTable(t, eng, "backslash", cases.Backslash.Rows)
	for _, c := range cases.Backslash.Cases {
		cond := data.Like(c.Pattern)
		if c.Escape != nil {
			cond = data.LikeEscape(c.Pattern, rune((*c.Escape)[0]))
		}
		if got := all[int64](t, eng, sel.Where(cond)); !slices.Equal(got, c.IDs) {
			t.Errorf("LIKE %q: got %v, want %v", c.Pattern, got, c.IDs)
		}
	}
}

func textEquality(t *testing.T, eng *engine.Engine, cases *textCases) {
	for i, c := range cases.Equality {
		tab := schema.Define(fmt.Sprint("equality", i))
		d := query.Col[string](tab.String("d", 50).Key(50).PrimaryKey())
		create(t, eng, tab)
		exec(t, eng, query.Insert(tab).Values(d.Set(c.Stored)))
		n, err := query.Count(t.Context(), eng, query.Select(d).From(tab).Where(d.Eq(c.Other)))
		_, ierr := query.Exec(t.Context(), eng, query.Insert(tab).Values(d.Set(c.Other)))
		if strings.ContainsRune(c.Other, 0) {
			if !errors.Is(err, dberr.ErrInvalid) || !errors.Is(ierr, dberr.ErrInvalid) {
				t.Errorf("%q: %v and %v, want NUL refused", c.Other, err, ierr)
			}
			continue
		}
		if err != nil || (n == 1) != c.Matches {
			t.Errorf("%q = %q is %v (%v)", c.Stored, c.Other, n == 1, err)
		}
		if (ierr == nil) != (c.Unique == "accepted") {
			t.Errorf("%q beside %q: %v, want %s", c.Other, c.Stored, ierr, c.Unique)
		}
	}
	for _, pair := range [][2]string{{"a", "A"}, {"a", "a "}, {"👍", "🐍"}, {"a", "a\t"}} {
		tab := schema.Define(fmt.Sprintf("eq%x", pair[1]))
		d := query.Col[string](tab.String("d", 50).Key(50).PrimaryKey())
		create(t, eng, tab)
		exec(t, eng, query.Insert(tab).Values(d.Set(pair[0])))
		exec(t, eng, query.Insert(tab).Values(d.Set(pair[1])))
	}
}

func textOrdering(t *testing.T, eng *engine.Engine, cases *textCases) {
	tab := schema.Define("ordering")
	id, d := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[string](tab.String("d", 20).Null())
	create(t, eng, tab)
	for _, r := range cases.Ordering.Rows {
		exec(t, eng, query.Insert(tab).Values(id.Set(r.ID), d.SetPtr(r.D)))
	}
	for _, c := range cases.Ordering.Cases {
		var o query.Order
		switch c.Order {
		case "asc":
			o = d.Asc()
		case "desc":
			o = d.Desc()
		case "asc nulls first":
			o = d.Asc().NullsFirst()
		case "asc nulls last":
			o = d.Asc().NullsLast()
		case "desc nulls first":
			o = d.Desc().NullsFirst()
		case "desc nulls last":
			o = d.Desc().NullsLast()
		}
		got := all[int64](t, eng, query.Select(id).From(tab).OrderBy(o))
		if c.IDs != nil && !slices.Equal(got, c.IDs) {
			t.Errorf("%s: got %v, want %v", c.Order, got, c.IDs)
		}
		if len(got) != len(cases.Ordering.Rows) {
			t.Errorf("%s: got %v", c.Order, got)
		}
	}
}

func textIn(t *testing.T, eng *engine.Engine, cases *textCases) {
	tab := schema.Define("listed")
	id, x := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[int64](tab.BigInt("x"))
	y, z := query.Col[int64](tab.BigInt("y")), query.Col[string](tab.String("z", 20))
	create(t, eng, tab)
	for _, r := range cases.InLists.Rows {
		exec(t, eng, query.Insert(tab).Values(id.Set(r.ID), x.Set(r.X), y.Set(r.Y), z.Set(r.Z)))
	}
	many := func(n int64) []int64 {
		out := make([]int64, n)
		for i := range out {
			out[i] = int64(i)
		}
		return out
	}
	conds := map[string]query.Cond{
		"x IN ()":                               x.In(),
		"x NOT IN ()":                           x.NotIn(),
		"x IN () AND y IN ()":                   query.And(x.In(), y.In()),
		"x IN (2,3,4)":                          x.In(2, 3, 4),
		"x IN (2,3) AND id NOT IN ()":           query.And(x.In(2, 3), id.NotIn()),
		"x IN () AND id NOT IN (2,3)":           query.And(x.In(), id.NotIn(2, 3)),
		"z IN ('z2','z4')":                      z.In("z2", "z4"),
		"(x,y) IN ((2,3),(3,4))":                query.Tuple(x, y).In([]any{2, 3}, []any{3, 4}),
		"(x,z) IN ((2,'z2'),(3,'z3'),(4,'z4'))": query.Tuple(x, z).In([]any{2, "z2"}, []any{3, "z3"}, []any{4, "z4"}),
		"(x,z) IN ()":                           query.Tuple(x, z).In(),
		"NULL IN () is false, not NULL":         query.Not(query.Null[int64]().In()),
		"x IN (2,NULL)":                         query.RawCond("? IN (2, NULL)", x),
		"x NOT IN (2,NULL)":                     query.RawCond("? NOT IN (2, NULL)", x),
		"40,000 values":                         x.In(many(40000)...),
		"70,000 values":                         x.In(many(70000)...),
	}
	sel := query.Select(id).From(tab).OrderBy(id)
	for _, c := range cases.InLists.Cases {
		cond, ok := conds[c.Case]
		if !ok {
			t.Errorf("unknown case %s", c.Case)
			continue
		}
		if got := all[int64](t, eng, sel.Where(cond)); !slices.Equal(got, c.IDs) && len(got)+len(c.IDs) > 0 {
			t.Errorf("%s: got %v, want %v", c.Case, got, c.IDs)
		}
	}
	words := make([]string, 70000)
	for i := range words {
		words[i] = fmt.Sprintf("z%d'\"\\", i)
	}
	words = append(words, "z2", "z3")
	if got := all[int64](t, eng, sel.Where(z.In(words...))); !slices.Equal(got, []int64{2, 3}) {
		t.Errorf("many words: got %v", got)
	}
	if got := all[int64](t, eng, sel.Where(z.NotIn(words...))); !slices.Equal(got, []int64{1, 4}) {
		t.Errorf("not in many words: got %v", got)
	}
	if got := all[int64](t, eng, sel.Where(query.Tuple(x, y).NotIn([]any{2, 3}))); !slices.Equal(got, []int64{1, 3, 4}) {
		t.Errorf("tuple not in: got %v", got)
	}
	rows := make([][]any, 40000)
	for i := range rows {
		rows[i] = []any{i, i}
	}
	_, err := query.All[int64](t.Context(), eng, sel.Where(query.Tuple(x, y).In(rows...)))
	if !errors.Is(err, dberr.ErrTooLarge) {
		t.Errorf("80,000 values in tuples: %v, want too_large", err)
	}
}

func textIdentifiers(t *testing.T, eng *engine.Engine, cases *textCases) {
	for i, name := range cases.Identifiers {
		_, err := eng.Dialect().AppendIdent(nil, name)
		l := eng.Dialect().Limits()
		tooLong := l.IdentBytes > 0 && len(name) > l.IdentBytes ||
			l.IdentChars > 0 && utf8.RuneCountInString(name) > l.IdentChars
		if tooLong != errors.Is(err, dberr.ErrTooLarge) {
			t.Errorf("%q: %v", name, err)
		}
		if tooLong {
			continue
		}
		for _, asTable := range []bool{false, true} {
			tab, col := schema.Define(fmt.Sprint("ident", i)), name
			if asTable {
				tab, col = schema.Define(name), "c"
			}
			id, c := query.Col[int64](tab.BigInt("id_").PrimaryKey()), query.Col[string](tab.String(col, 50))
			create(t, eng, tab)
			exec(t, eng, query.Insert(tab).Values(id.Set(1), c.Set("some value")))
			exec(t, eng, query.Update(tab).Set(c.Set("v")).Where(c.Eq("some value")))
			got := all[string](t, eng, query.Select(c).From(tab).Where(c.Eq("v")).OrderBy(c.Desc()))
			if !slices.Equal(got, []string{"v"}) {
				t.Errorf("%q: got %v", name, got)
			}
			live, err := eng.Inspect(t.Context(),
				driver.InspectOptions{Schema: eng.Schema(), Tables: func(n string) bool { return n == tab.Name }})
			if err != nil || len(live) != 1 || live[0].Name != tab.Name || live[0].Columns[1].Name != col {
				t.Errorf("%q is reflected as %v (%v)", name, live, err)
			}
			exec(t, eng, query.Delete(tab).AllRows())
		}
	}
	for _, name := range []string{"", "a\x00b"} {
		if _, err := eng.Dialect().AppendIdent(nil, name); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func textLimit(t *testing.T, eng *engine.Engine, cases *textCases) {
	tab := schema.Define("limited")
	id, x, y := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[int64](tab.BigInt("x")),
		query.Col[int64](tab.BigInt("y"))
	create(t, eng, tab)
	for _, r := range cases.LimitOffset.Rows {
		exec(t, eng, query.Insert(tab).Values(id.Set(r.ID), x.Set(r.X), y.Set(r.Y)))
	}
	sel := query.Select(id).From(tab).OrderBy(id)
	stmts := map[string]query.SelectStmt{
		"limit 2": sel.Limit(2), "offset 2": sel.Offset(2), "limit 2 offset 1": sel.Limit(2).Offset(1), "limit 3 offset 2": sel.Limit(3).Offset(2),
		"limit 0": sel.Limit(0), "offset 0": sel.Offset(0), "limit 0 offset 1": sel.Limit(0).Offset(1), "offset beyond": sel.Offset(100),
		"limit expr 1+1": sel.Limit(1 + 1), "offset expr 1+1": sel.Offset(1 + 1),
	}
	for _, c := range cases.LimitOffset.Cases {
		if got := all[int64](t, eng, stmts[c.Case]); !slices.Equal(got, c.IDs) {
			t.Errorf("%s: got %v, want %v", c.Case, got, c.IDs)
		}
	}
	if _, err := query.All[int64](t.Context(), eng, sel.Limit(-1)); !errors.Is(err, dberr.ErrInvalid) {
		t.Errorf("a negative limit: %v", err)
	}
	p := query.Prepare[int64](sel.LimitTo(query.Param[int]("n")).OffsetTo(query.Param[int]("from")))
	if got, err := p.All(t.Context(), eng, 2, 1); err != nil || !slices.Equal(got, []int64{2, 3}) {
		t.Errorf("limit by parameter: %v %v", got, err)
	}
}

func textScalars(t *testing.T, eng *engine.Engine, cases *textCases) {
	for i, c := range cases.Scalars {
		s, _ := c.Value.(string)
		num, _ := c.Value.(json.Number)
		tab := schema.Define(fmt.Sprint("scalar", i))
		id := query.Col[int64](tab.BigInt("id").PrimaryKey())
		switch {
		case c.Type == "BigInteger":
			n, _ := num.Int64()
			scalar(t, eng, tab, id, query.Col[int64](tab.BigInt("v")), n, func(a, b int64) bool { return a == b })
		case strings.HasPrefix(c.Type, "DateTime"):
			at, err := time.Parse("2006-01-02 15:04:05.999999Z07:00", s)
			if err != nil {
				if at, err = time.Parse("2006-01-02 15:04:05.999999", s); err != nil {
					t.Fatal(err)
				}
			}
			typ := schema.Type{Kind: schema.DateTime, WithZone: strings.Contains(c.Type, "timezone")}
			scalar(t, eng, tab, id, query.Col[time.Time](tab.Typed("v", typ)), at,
				func(a, b time.Time) bool { return a.Equal(b) && b.Location() == time.UTC })
		case c.Type == "Date":
			at, err := time.Parse("2006-01-02", s)
			if err != nil {
				t.Fatal(err)
			}
			scalar(t, eng, tab, id, query.Col[time.Time](tab.Date("v")), at, func(a, b time.Time) bool { return a.Equal(b) })
		case strings.HasPrefix(c.Type, "Numeric"):
			var p, sc int
			fmt.Sscanf(c.Type, "Numeric(%d,%d)", &p, &sc)
			scalar(t, eng, tab, id, query.Col[query.Decimal](tab.Numeric("v", p, sc)), query.Decimal(s),
				func(a, b query.Decimal) bool { return sameNumber(string(a), string(b)) })
		case c.Type == "Float", c.Type == "Double":
			f := math.Inf(1)
			if s != "inf" {
				if err := json.Unmarshal([]byte(s), &f); err != nil {
					f, _ = num.Float64()
				}
			}
			col := query.Col[float64](tab.Float("v"))
			if math.IsInf(f, 0) {
				create(t, eng, tab)
				_, err := query.Exec(t.Context(), eng, query.Insert(tab).Values(id.Set(1), col.Set(f)))
				if err == nil {
					got := all[float64](t, eng, query.Select(col).From(tab))
					if len(got) != 1 || got[0] != f {
						t.Errorf("an infinite number is read as %v", got)
					}
				} else if !errors.Is(err, dberr.ErrInvalid) {
					t.Errorf("an infinite number: %v", err)
				}
				continue
			}
			scalar(t, eng, tab, id, col, f, func(a, b float64) bool { return a == b })
		case c.Type == "Boolean":
			create(t, eng, tab)
		case c.Type == "LargeBinary":
			b, err := hex.DecodeString(s)
			if err != nil {
				b = []byte(strings.Repeat("\x00\xffab", 76800/4))
			}
			scalar(t, eng, tab, id, query.Col[[]byte](tab.Bytes("v")), b,
				func(a, b []byte) bool { return string(a) == string(b) })
		case c.Type == "Time":
			// There is no kind for a time of day.
		default:
			t.Errorf("unknown type %s", c.Type)
		}
	}
	tab := schema.Define("bools")
	id, v := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[bool](tab.Boolean("v").Null())
	create(t, eng, tab)
	exec(t, eng, query.Insert(tab).Values(id.Set(1), v.Set(true)).Values(id.Set(2), v.Set(false)).
		Values(id.Set(3), v.SetNull()))
	got := all[*bool](t, eng, query.Select(v).From(tab).OrderBy(id))
	if len(got) != 3 || got[0] == nil || !*got[0] || got[1] == nil || *got[1] || got[2] != nil {
		t.Errorf("booleans are read as %v", got)
	}
	if ids := all[int64](t, eng, query.Select(id).From(tab).Where(v.Eq(true))); !slices.Equal(ids, []int64{1}) {
		t.Errorf("true is found in %v", ids)
	}
}

func scalar[T any](t *testing.T, eng *engine.Engine, tab *schema.Table, id query.Column[int64], col query.Column[T],
	v T, same func(a, b T) bool) {
	t.Helper()
	create(t, eng, tab)
	exec(t, eng, query.Insert(tab).Values(id.Set(1), col.Set(v)))
	got := all[T](t, eng, query.Select(col).From(tab))
	if len(got) != 1 || !same(v, got[0]) {
		t.Errorf("%s: wrote %.60v, read %.60v", col.Def().Type.Kind, v, got)
	}
	if n, err := query.Count(t.Context(), eng, query.Select(col).From(tab).Where(col.Eq(v))); err != nil || n != 1 {
		t.Errorf("%s: %.60v is found %d times (%v)", col.Def().Type.Kind, v, n, err)
	}
}
