package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/query"
)

func TestListsOfPreparedStatements(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		ctx := t.Context()
		c := newCalls(t, eng)
		check := func(want string, p *query.Prepared[int64], values ...any) {
			t.Helper()
			got, err := p.All(ctx, eng, values...)
			if s := strings.Trim(fmt.Sprint(got), "[]"); err != nil || s != want {
				t.Errorf("got %q (%v, %v), want %q", s, err, unwrapped(err), want)
			}
		}
		ids := query.Select(c.id).From(c.t).OrderBy(c.id)
		in := query.Prepare[int64](ids.Where(c.id.InParam(query.ListParam[int64]("ids"))))
		check("1 3 9", in, []int64{3, 9, 1, 77})
		check("", in, []int64{})
		check("", in, nil)
		long := make([]int64, 70000)
		for i := range long {
			long[i] = int64(i) - 69000
		}
		check("0 1 2 3 9", in, long)
		words := query.Prepare[int64](ids.Where(c.word.InParam(query.ListParam[string]("w"))))
		check("0 1 2", words, []string{callRows[0].word, callRows[1].word, "", "x'\\"})
		not := query.Prepare[int64](ids.Where(c.word.NotInParam(query.ListParam[string]("w")), c.id.Ne(9)))
		check("0 2 3", not, []string{callRows[1].word})
		check("0 1 2 3 9", query.Prepare[int64](ids.Where(c.word.NotInParam(query.ListParam[string]("w")))), []string{})
		check("0 2 9", query.Prepare[int64](ids.Where(c.kind.InParam(query.ListParam[string]("k")))), []string{"a"})
		check("2", query.Prepare[int64](ids.Where(c.id.InParam(query.ListParam[int64]("ids")), c.kind.EqTo(query.Param[string]("k")))),
			query.By(struct {
				IDs  []int64 `db:"ids"`
				Kind string  `db:"k"`
			}{[]int64{1, 2}, "a"}))
		if _, err := in.All(ctx, eng, []string{"a"}); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("a list of another type: %v", err)
		}
		floats := query.Prepare[int64](ids.Where(c.x.InParam(query.ListParam[float64]("x"))))
		if _, err := floats.All(ctx, eng, []float64{1}); dberr.CodeOf(err) != dberr.Invalid ||
			!strings.Contains(err.Error(), "calls.x") {
			t.Errorf("a list of floats: %v", err)
		}
	})
}
