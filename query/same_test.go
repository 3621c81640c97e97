package query_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// A statement means the same on every engine: random tables, rows and
// expressions, of fixed seeds, give the same rows on each.

// world is a random table with random rows.
type world struct {
	t    *schema.Table
	id   query.Column[int64]
	ints []query.Operand[int64]
	txts []query.Operand[string]
	flts []query.Operand[float64]
	decs []query.Operand[query.Decimal]
	bits []query.Column[bool]
	ats  []query.Column[time.Time]
	hrs  []query.Column[query.TimeOfDay]
	docs []query.JSONColumn
	rows []map[string]any
}

var (
	worldTexts = []string{"", "a", "A", "b", "ab", "aB ", "é", "É", "%", "_", "/", `\`, "'", "x%y", "null", "10", "🔑"}
	worldDocs  = []string{`{}`, `[]`, `{"a":1}`, `{"a":"x","b":[1,"x",null]}`, `{"a":null}`, `[1,2]`, `"x"`, `7`,
		`true`, `{"a":1.5}`}
	worldAts = []time.Time{time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC),
		time.Date(2024, 1, 2, 3, 4, 5, 123456000, time.UTC), time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC)}
	worldHours = []query.TimeOfDay{0, query.Clock(8, 30, 0), query.Clock(8, 30, 0) + 250000,
		query.Clock(23, 59, 59) + 999999000}
	worldDecs  = []query.Decimal{"0", "0.10", "-0.10", "1.00", "10.10", "-99.99", "123456.78"}
	worldUUIDs = []string{"a" + uuidEnd, "b" + uuidEnd, "00000000-0000-0000-0000-000000000000"}
	worldEnums = []string{"low", "mid", "high"}
)

func pick[T any](t *rapid.T, from []T) T { return rapid.SampledFrom(from).Draw(t, "pick") }

func worldOf(t *rapid.T, name string) *world {
	tab := schema.Define(name)
	w := &world{t: tab, id: query.Col[int64](tab.BigInt("id").PrimaryKey())}
	values := map[string]func() any{}
	add := func(name string, value func() any) string { values[name] = value; return name }
	for i := range rapid.IntRange(5, 12).Draw(t, "columns") {
		c := fmt.Sprintf("c%d", i)
		switch rapid.IntRange(0, 11).Draw(t, "kind") {
		case 0, 1:
			def := tab.BigInt
			if rapid.Bool().Draw(t, "narrow") {
				def = tab.SmallInt
			}
			w.ints = append(w.ints, query.Col[int64](def(add(c, func() any { return rapid.Int64Range(-9, 9).Draw(t, "n") })).Null()))
		case 2, 3:
			w.txts = append(w.txts, query.Col[string](tab.String(add(c, func() any { return pick(t, worldTexts) }), 40).Null()))
		case 4:
			w.txts = append(w.txts, query.Col[string](tab.Enum(add(c, func() any { return pick(t, worldEnums) }), name+c,
				worldEnums...).Null()))
		case 5:
			w.txts = append(w.txts, query.Col[string](tab.UUID(add(c, func() any { return pick(t, worldUUIDs) })).Null()))
		case 6:
			w.flts = append(w.flts, query.Col[float64](tab.Float(add(c, func() any { return float64(rapid.IntRange(-8, 8).Draw(t, "quarters")) / 4 })).Null()))
		case 7:
			w.decs = append(w.decs, query.Col[query.Decimal](tab.Numeric(add(c, func() any { return pick(t, worldDecs) }),
				12, 2).Null()))
		case 8:
			w.bits = append(w.bits, query.Col[bool](tab.Boolean(add(c, func() any { return rapid.Bool().Draw(t, "bit") })).Null()))
		case 9:
			w.ats = append(w.ats, query.Col[time.Time](tab.DateTime(add(c, func() any { return pick(t, worldAts) })).Null()))
		case 11:
			w.hrs = append(w.hrs, query.Col[query.TimeOfDay](tab.Time(add(c, func() any { return pick(t, worldHours) })).Null()))
		case 10:
			w.docs = append(w.docs, query.JSONCol(tab.JSON(add(c, func() any { return jsonvalue.Text(pick(t, worldDocs)) })).Null()))
		}
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "rows") {
		row := map[string]any{"id": int64(i)}
		for _, c := range tab.Columns[1:] {
			if row[c.Name] = values[c.Name](); rapid.IntRange(0, 4).Draw(t, "null") == 0 {
				row[c.Name] = nil
			}
		}
		w.rows = append(w.rows, row)
	}
	return w
}

func (w *world) number(t *rapid.T, depth int) query.Operand[int64] {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		if len(w.ints) > 0 && rapid.IntRange(0, 3).Draw(t, "column") > 0 {
			return pick(t, w.ints)
		}
		return query.Val(rapid.Int64Range(-5, 5).Draw(t, "n"))
	}
	sub := func() query.Operand[int64] { return w.number(t, depth-1) }
	switch rapid.IntRange(0, 10).Draw(t, "number") {
	case 0:
		return query.Add(sub(), sub())
	case 1:
		return query.Sub(sub(), sub())
	case 2:
		return query.Mul(sub(), sub())
	case 3:
		return query.Coalesce(sub(), sub())
	case 4:
		return query.NullIf(sub(), rapid.Int64Range(-5, 5).Draw(t, "n"))
	case 5:
		return query.Length(w.text(t, depth-1))
	case 6:
		return query.Case[int64]().WhenTo(w.cond(t, depth-1), sub()).ElseTo(sub())
	case 7:
		return query.Case[int64]().WhenTo(w.cond(t, depth-1), sub()).End()
	case 8:
		return query.Abs(sub())
	case 9:
		// Its text is read back as a number, which it is not always.
		return query.Cast[int64](query.Concat(w.text(t, depth-1)), schema.Type{Kind: schema.BigInt})
	}
	if len(w.docs) > 0 {
		return pick(t, w.docs).Path("a").Int()
	}
	return sub()
}

func (w *world) text(t *rapid.T, depth int) query.Operand[string] {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		if len(w.txts) > 0 && rapid.IntRange(0, 3).Draw(t, "column") > 0 {
			return pick(t, w.txts)
		}
		return query.Val(pick(t, worldTexts))
	}
	sub := func() query.Operand[string] { return w.text(t, depth-1) }
	switch rapid.IntRange(0, 9).Draw(t, "text") {
	case 0:
		return query.Concat(sub(), sub())
	case 1:
		return query.Lower(sub())
	case 2:
		return query.Coalesce(sub(), sub())
	case 3:
		return query.Case[string]().WhenTo(w.cond(t, depth-1), sub()).ElseTo(sub())
	case 4:
		return query.Trim(sub())
	case 5:
		return query.Substr(sub(), rapid.IntRange(1, 3).Draw(t, "from"), rapid.IntRange(0, 3).Draw(t, "length"))
	case 7:
		return w.spelled(t, depth)
	case 6:
		return query.Replace(sub(), pick(t, []string{"a", "%", "é"}), pick(t, worldTexts))
	}
	if len(w.docs) > 0 {
		return pick(t, w.docs).Path("a").Text()
	}
	return sub()
}

// spelled is a value of another kind as a text.
func (w *world) spelled(t *rapid.T, depth int) query.Expr[string] {
	as := schema.Type{Kind: schema.Text}
	switch i := rapid.IntRange(0, 4).Draw(t, "spelled"); {
	case i == 0 && len(w.ats) > 0:
		return query.Cast[string](pick(t, w.ats), as)
	case i == 1 && len(w.hrs) > 0:
		return query.Cast[string](pick(t, w.hrs), as)
	case i == 2 && len(w.bits) > 0:
		return query.Cast[string](pick(t, w.bits), as)
	case i == 3:
		return query.Cast[string](w.decimal(t), as)
	}
	return query.Cast[string](w.number(t, depth-1), as)
}

func (w *world) decimal(t *rapid.T) query.Operand[query.Decimal] {
	if len(w.decs) == 0 {
		return query.Val(pick(t, worldDecs))
	}
	switch rapid.IntRange(0, 3).Draw(t, "decimal") {
	case 0:
		return query.Add(pick(t, w.decs), pick(t, w.decs))
	case 1:
		return query.Mul(pick(t, w.decs), pick(t, w.decs))
	case 2:
		return query.Coalesce(pick(t, w.decs), pick(t, w.decs))
	}
	return pick(t, w.decs)
}

func (w *world) float(t *rapid.T) query.Operand[float64] {
	if len(w.flts) == 0 {
		return query.Val(0.25)
	}
	switch rapid.IntRange(0, 3).Draw(t, "float") {
	case 0:
		return query.Add(pick(t, w.flts), pick(t, w.flts))
	case 1:
		return query.Sub(pick(t, w.flts), pick(t, w.flts))
	case 2:
		return query.Mul(pick(t, w.flts), pick(t, w.flts))
	}
	return pick(t, w.flts)
}

// compared is a condition over an expression, with a value or another one.
func compared[T any](t *rapid.T, e query.Expr[T], o query.Operand[T], v T) query.Cond {
	return []func() query.Cond{
		func() query.Cond { return e.Eq(v) }, func() query.Cond { return e.Ne(v) }, func() query.Cond { return e.Lt(v) },
		func() query.Cond { return e.Ge(v) }, func() query.Cond { return e.EqTo(o) }, func() query.Cond { return e.LtTo(o) },
		func() query.Cond { return e.GeTo(o) }, func() query.Cond { return e.In(v, v) }, func() query.Cond { return e.NotIn(v) },
		func() query.Cond { return e.IsNull() }, func() query.Cond { return e.NotNull() }, func() query.Cond { return e.Between(v, v) },
		func() query.Cond { return e.DistinctFrom(&v) }, func() query.Cond { return e.NotDistinctFrom(nil) },
	}[rapid.IntRange(0, 13).Draw(t, "comparison")]()
}

// exprOfOperand is o as an expression with all that it can be asked.
func exprOfOperand[T any](o query.Operand[T]) query.Expr[T] {
	switch e := o.(type) {
	case query.Column[T]:
		return e.Expr
	case query.Expr[T]:
		return e
	}
	return query.Coalesce(o)
}

func (w *world) cond(t *rapid.T, depth int) query.Cond {
	if depth > 0 {
		switch rapid.IntRange(0, 5).Draw(t, "junction") {
		case 0:
			return query.And(w.cond(t, depth-1), w.cond(t, depth-1))
		case 1:
			return query.Or(w.cond(t, depth-1), w.cond(t, depth-1))
		case 2:
			return query.Not(w.cond(t, depth-1))
		}
	}
	low := max(depth-1, 0)
	switch rapid.IntRange(0, 9).Draw(t, "condition") {
	case 0, 1:
		return compared(t, exprOfOperand(w.number(t, low)), w.number(t, low), rapid.Int64Range(-5, 5).Draw(t, "n"))
	case 2:
		return compared(t, exprOfOperand(query.Concat(w.text(t, low))), w.text(t, low), pick(t, worldTexts))
	case 3:
		e, s := exprOfOperand(w.text(t, low)), pick(t, worldTexts)
		return []func() query.Cond{func() query.Cond { return e.Contains(s) }, func() query.Cond { return e.StartsWith(s) },
			func() query.Cond { return e.EndsWith(s) },
			func() query.Cond { return e.ContainsFold(s) }, func() query.Cond { return e.Like(s + "%") },
			func() query.Cond { return e.EqFold(s) }}[rapid.IntRange(0, 5).Draw(t, "match")]()
	case 4:
		return compared(t, exprOfOperand(w.decimal(t)), w.decimal(t), pick(t, worldDecs))
	case 5:
		return compared(t, exprOfOperand(w.float(t)), w.float(t), float64(rapid.IntRange(-8, 8).Draw(t, "quarters"))/4)
	case 6:
		if len(w.ats) > 0 {
			return compared(t, pick(t, w.ats).Expr, pick(t, w.ats), pick(t, worldAts))
		}
	case 9:
		if len(w.hrs) > 0 {
			return compared(t, pick(t, w.hrs).Expr, pick(t, w.hrs), pick(t, worldHours))
		}
	case 7:
		if len(w.bits) > 0 {
			return pick(t, w.bits).Eq(rapid.Bool().Draw(t, "bit"))
		}
	case 8:
		if len(w.docs) > 0 {
			d := pick(t, w.docs)
			return []func() query.Cond{func() query.Cond { return d.HasKey("a") },
				func() query.Cond { return d.Path("b").Has("x") }, func() query.Cond { return d.Path("a").Exists() },
				func() query.Cond { return d.Contains(`{"a":1}`) }, func() query.Cond { return d.IsNull() },
				func() query.Cond { return d.Path("a").Text().Eq("x") }}[rapid.IntRange(0, 5).Draw(t, "document")]()
		}
	}
	return w.id.Gt(rapid.Int64Range(-1, 6).Draw(t, "id"))
}

// found is a row of a statement of expressions.
type found struct {
	ID int64          `db:"id"`
	N0 *int64         `db:"n0"`
	N1 *int64         `db:"n1"`
	N2 *int64         `db:"n2"`
	T0 *string        `db:"t0"`
	T1 *string        `db:"t1"`
	T2 *string        `db:"t2"`
	B0 *bool          `db:"b0"`
	B1 *bool          `db:"b1"`
	B2 *bool          `db:"b2"`
	D0 *query.Decimal `db:"d0"`
	F0 *float64       `db:"f0"`
}

func (f found) String() string {
	if f.F0 != nil && *f.F0 == 0 {
		*f.F0 = 0 // -0 equals it, and is read as it from one engine
	}
	d := "NULL"
	if f.D0 != nil {
		if r, ok := new(big.Rat).SetString(string(*f.D0)); ok {
			d = r.RatString()
		}
	}
	return fmt.Sprint(f.ID, shown(f.N0), shown(f.N1), shown(f.N2), shown(f.T0), shown(f.T1), shown(f.T2), shown(f.B0),
		shown(f.B1), shown(f.B2), d, shown(f.F0))
}

func shown[T any](p *T) string {
	if p == nil {
		return " NULL"
	}
	return fmt.Sprintf(" %q", fmt.Sprint(*p))
}

// expressions is how many of them stand in a statement of the first sort, which is
// every second one.
const expressions = 11

// statementsOf draws n statements over a table.
func (w *world) statementsOf(t *rapid.T, n int) []query.Reader {
	var out []query.Reader
	all := *w
	for i := range n {
		*w = all
		if i%4 == 3 {
			w.docs = nil // MySQL does not take their members in every expression of a group
		}
		cond := w.cond(t, 2)
		n, s := exprOfOperand(w.number(t, 2)), exprOfOperand(w.text(t, 2))
		base := query.Select(w.id).From(w.t)
		switch i % 4 {
		case 0, 1:
			b := func() query.Expr[bool] { return w.cond(t, 2).Expr() }
			out = append(out, base.Columns(n.As("n0"), exprOfOperand(w.number(t, 3)).As("n1"),
				exprOfOperand(w.number(t, 2)).As("n2"), s.As("t0"),
				exprOfOperand(w.text(t, 3)).As("t1"), exprOfOperand(w.text(t, 2)).As("t2"), b().As("b0"), b().As("b1"), b().As("b2"),
				exprOfOperand(w.decimal(t)).As("d0"), exprOfOperand(w.float(t)).As("f0")).OrderBy(w.id))
		case 2:
			out = append(out, base.Where(cond).OrderBy(n.Desc().NullsLast(), s.Asc().NullsFirst(), w.id))
		case 3:
			// Of values alone that are NULL, MySQL counts one: docs/engines.md.
			counted := query.Case[string]().WhenTo(w.id.Ge(0), s).End()
			out = append(out, query.Select(query.CountAll().As("id"), query.Sum[int64](n).As("n0"), query.Max[int64](n).As("n1"),
				query.CountDistinct(counted).As("n2"),
				s.As("t0"), query.Min[string](exprOfOperand(w.text(t, 1))).As("t1"), query.Max[string](exprOfOperand(w.text(t, 1))).
					As("t2")).From(w.t).Where(cond).GroupBy(s).
				OrderBy(s.Asc().NullsFirst()))
		}
	}
	return out
}

// sameEverywhere draws a table of each seed and n statements over it, runs them on
// every engine and compares the rows with those of the first one.
func sameEverywhere(t *testing.T, from, to, n int) {
	t.Helper()
	worlds := make([]drawnWorld, 0, to-from)
	for seed := from; seed < to; seed++ {
		worlds = append(worlds, drawn(seed, n))
	}
	var wanted [][]string
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		got := make([][]string, len(worlds))
		for k, d := range worlds {
			create(t, eng, d.w.t)
			rows := query.Insert(d.w.t)
			for _, row := range d.w.rows {
				rows = rows.Map(row)
			}
			exec(t, eng, rows)
			for i, st := range d.statements {
				rows, err := query.All[found](t.Context(), eng, st)
				got[k] = append(got[k], strings.Join(strings.Fields(fmt.Sprint(rows)), " "))
				if err == nil && (wanted == nil || wanted[k][i] == got[k][i]) {
					continue
				}
				text, args, _ := query.SQL(st, eng.Dialect())
				if err != nil {
					t.Errorf("seed %d, statement %d: %v (%v)\n%s %q", from+k, i, err, unwrapped(err), text, args)
				} else {
					t.Errorf("seed %d, statement %d:\n got %s\nwant %s\n%s %q\nover %v", from+k, i, got[k][i], wanted[k][i], text,
						args, d.w.rows)
				}
			}
		}
		if wanted == nil {
			wanted = got
		}
	})
	t.Logf("%d statements, %d expressions beside conditions and orders", (to-from)*n, (to-from)*n/2*expressions)
}

// drawnWorld is a table and statements over it.
type drawnWorld struct {
	w          *world
	statements []query.Reader
}

// drawn is the table of a seed, and n statements.
func drawn(seed, n int) drawnWorld {
	return rapid.Custom(func(t *rapid.T) drawnWorld {
		w := worldOf(t, fmt.Sprintf("w%d", seed))
		all := *w
		statements := w.statementsOf(t, n)
		*w = all
		return drawnWorld{w, append(statements, w.formsOf(t, n/3)...)}
	}).Example(seed)
}

func TestStatementsMeanTheSame(t *testing.T) { sameEverywhere(t, 1, 31, 12) }
