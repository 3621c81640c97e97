package query_test

import (
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

type papers struct {
	t   *schema.Table
	id  query.Column[int64]
	n   query.Column[int64]
	doc query.JSONColumn // exact text
	bin query.JSONColumn // binary where the engine has that
}

func newPapers(t *testing.T, eng *engine.Engine) papers {
	t.Helper()
	tab := schema.Define("paper")
	p := papers{tab, query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[int64](tab.BigInt("n").Null()),
		query.JSONCol(tab.JSON("doc").Null()), query.JSONCol(tab.JSONB("bin").Null())}
	create(t, eng, tab)
	return p
}

func (p papers) put(t *testing.T, eng *engine.Engine, id int64, doc jsonvalue.JSON) {
	t.Helper()
	exec(t, eng, query.Insert(p.t).Values(p.id.Set(id), p.doc.Set(doc), p.bin.Set(doc)))
}

// check compares both documents of a row with the text; empty is SQL NULL.
func (p papers) check(t *testing.T, eng *engine.Engine, what string, id int64, want string) {
	t.Helper()
	for _, c := range []query.JSONColumn{p.doc, p.bin} {
		got, err := query.Value[jsonvalue.JSON](t.Context(), eng, query.Select(c).From(p.t).Where(p.id.Eq(id)))
		switch {
		case err != nil:
			t.Errorf("%s: %v", what, err)
		case got == nil || got.IsNull():
			if want != "" {
				t.Errorf("%s: %s is NULL, want %s", what, c.Name(), want)
			}
		case want == "" || !sameJSON(t, got.String(), want):
			t.Errorf("%s: %s is %s, want %s", what, c.Name(), got, want)
		}
	}
}

func TestSetPathOfAMissingDocument(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		p := newPapers(t, eng)
		dark := jsonvalue.Text(`"dark"`)
		for i, c := range []struct {
			path []any
			doc  jsonvalue.JSON
			want string
		}{
			{[]any{"theme"}, jsonvalue.JSON{}, `{"theme":"dark"}`},
			{[]any{"ui", "theme"}, jsonvalue.JSON{}, `{"ui":{"theme":"dark"}}`},
			{[]any{"u\"i", "", "a.b", "ü"}, jsonvalue.JSON{}, `{"u\"i":{"":{"a.b":{"ü":"dark"}}}}`},
			{[]any{"ui", "theme"}, jsonvalue.Text(`{}`), `{"ui":{"theme":"dark"}}`},
			{[]any{"ui", 0}, jsonvalue.JSON{}, ``}, // arrays are not made
			{[]any{0}, jsonvalue.JSON{}, ``},
			{nil, jsonvalue.JSON{}, `"dark"`},
			{[]any{"ui"}, jsonvalue.Null(), `null`}, // JSON null is a scalar
		} {
			id := int64(i)
			p.put(t, eng, id, c.doc)
			if n := exec(t, eng, query.Update(p.t).Set(p.doc.SetPath(dark, c.path...), p.bin.SetPath(dark, c.path...)).
				Where(p.id.Eq(id))); n != 1 {
				t.Errorf("%v: %d rows", c.path, n)
			}
			p.check(t, eng, "set", id, c.want)
			if len(c.path) == 0 {
				continue
			}
			exec(t, eng, query.Update(p.t).
				Set(p.doc.SetTo(p.doc.Path(c.path...).With(dark)), p.bin.SetTo(p.bin.Path(c.path...).With(dark))).
				Where(p.id.Eq(id)))
			p.check(t, eng, "set to", id, c.want)
			exec(t, eng, query.Update(p.t).Set(p.doc.SetNull(), p.bin.SetNull()).Where(p.id.Eq(id)))
			exec(t, eng, query.Update(p.t).Set(p.doc.RemovePath(c.path...), p.bin.RemovePath(c.path...)).Where(p.id.Eq(id)))
			p.check(t, eng, "remove", id, "")
		}
	})
}

func TestChangesOfOneDocumentFollowEachOther(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		p := newPapers(t, eng)
		v := jsonvalue.Text
		for i, c := range []struct {
			doc  jsonvalue.JSON
			set  func(c query.JSONColumn) []query.Assignment
			want string
		}{
			{v(`{"a":1.50}`), func(c query.JSONColumn) []query.Assignment {
				return []query.Assignment{c.SetPath(v("1"), "p"), c.SetPath(v("2"), "q")}
			}, `{"a":1.50,"p":1,"q":2}`},
			{jsonvalue.JSON{}, func(c query.JSONColumn) []query.Assignment {
				return []query.Assignment{c.SetPath(v("1"), "p", "x"), c.SetPath(v("2"), "p", "y"), c.SetPath(v(`[3]`), "p", "z"),
					c.SetPath(v("4"), "p", "z", 1)}
			}, `{"p":{"x":1,"y":2,"z":[3,4]}}`},
			{v(`{"old":1,"keep":12345678901234567890}`), func(c query.JSONColumn) []query.Assignment {
				return []query.Assignment{c.SetPath(v(`{"k":true}`), "new"), c.RemovePath("old"), c.RemovePath("new", "k")}
			}, `{"keep":12345678901234567890,"new":{}}`},
			{jsonvalue.JSON{}, func(c query.JSONColumn) []query.Assignment {
				return []query.Assignment{c.RemovePath("a"), c.RemovePath("b"), c.SetPath(v("1"), "l", 0)}
			}, ``},
			{jsonvalue.JSON{}, func(c query.JSONColumn) []query.Assignment {
				return []query.Assignment{c.SetPath(v("1"), "l", 0), c.SetPath(v(`"x"`), "m")}
			}, `{"m":"x"}`},
			{v(`{}`), func(c query.JSONColumn) []query.Assignment {
				var out []query.Assignment
				for _, k := range "abcdefghijkl" {
					out = append(out, c.SetPath(v(`"`+string(k)+`"`), string(k)))
				}
				return out
			}, `{"a":"a","b":"b","c":"c","d":"d","e":"e","f":"f","g":"g","h":"h","i":"i","j":"j","k":"k","l":"l"}`},
		} {
			id := int64(i)
			p.put(t, eng, id, c.doc)
			both := append(c.set(p.doc), c.set(p.bin)...)
			if n := exec(t, eng, query.Update(p.t).Set(both...).Set(p.n.Set(5)).Where(p.id.Eq(id))); n != 1 {
				t.Errorf("%d: %d rows", i, n)
			}
			p.check(t, eng, "update", id, c.want)
			exec(t, eng, query.Update(p.t).Set(p.doc.SetNull(), p.bin.SetNull()).Where(p.id.Eq(id)))
			exec(t, eng, query.Update(p.t).Set(p.doc.Set(c.doc), p.bin.Set(c.doc)).Where(p.id.Eq(id)))
			exec(t, eng, query.Insert(p.t).Values(p.id.Set(id)).OnConflict(p.id).DoUpdateSet(both...))
			p.check(t, eng, "upsert", id, c.want)
			exec(t, eng, query.Update(p.t).Set(p.doc.Set(c.doc), p.bin.Set(c.doc)).Where(p.id.Eq(id)))
			exec(t, eng, query.Insert(p.t).Values(p.id.Set(id), p.n.Set(4)).OnConflict(p.id).DoUpdateSet(both...).UpdateWhere(p.n.NeTo(query.Excluded(p.n))))
			p.check(t, eng, "upsert where", id, c.want)
		}
	})
}

func TestAColumnIsSetOnce(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		p := newPapers(t, eng)
		p.put(t, eng, 1, jsonvalue.Text(`{}`))
		q, v := query.Update(p.t).Where(p.id.Eq(1)), jsonvalue.Text("1")
		row := query.Insert(p.t).Values(p.id.Set(1))
		for what, st := range map[string]query.Statement{
			"values":             q.Set(p.n.Set(1), p.n.Set(2)),
			"the same value":     q.Set(p.n.Set(1)).Set(p.n.Set(1)),
			"value and NULL":     q.Set(p.n.Set(1), p.doc.Set(v), p.n.SetNull()),
			"value and sum":      q.Set(p.n.Set(1), p.n.SetTo(p.n.Plus(1))),
			"document and path":  q.Set(p.doc.Set(v), p.doc.SetPath(v, "a")),
			"path and document":  q.Set(p.doc.SetPath(v, "a"), p.doc.Set(v)),
			"parameters":         q.Params(p.n, p.n),
			"returning":          q.Set(p.n.Set(1), p.n.Set(2)).Returning(p.id),
			"insert":             query.Insert(p.t).Values(p.id.Set(2), p.n.Set(1), p.n.Set(2)),
			"insert parameters":  query.Insert(p.t).Params(p.id, p.n, p.n),
			"insert from select": query.Insert(p.t).FromSelect(query.Select(p.id, p.n, p.n.As("m")).From(p.t), p.id, p.n, p.n),
			"upsert":             row.OnConflict(p.id).DoUpdate(p.n, p.n),
			"upsert set":         row.OnConflict(p.id).DoUpdateSet(p.n.Set(1), p.n.Set(2)),
		} {
			_, err := query.Exec(t.Context(), eng, st)
			if r, ok := st.(query.Reader); ok && what == "returning" {
				_, err = query.All[int64](t.Context(), eng, r)
			}
			if dberr.CodeOf(err) != dberr.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}
