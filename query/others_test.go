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

func TestChangesThatReadOtherTables(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		o := newOffice(t, eng)
		labels := func(want string) {
			t.Helper()
			rows := all[job](t, eng, query.SelectFor[job](o.jobs).OrderBy(o.jobID))
			got := ""
			for _, r := range rows {
				got += r.ID + "=" + r.Label + " "
			}
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		does := func(want int64, st query.Statement) {
			t.Helper()
			if n, err := query.Exec(t.Context(), eng, st); err != nil || n != want {
				t.Errorf("%d rows (%v, %v), want %d", n, err, unwrapped(err), want)
			}
		}
		// A table, with a value of it.
		does(2, query.Update(o.jobs).From(o.persons).Set(o.jobLabel.SetTo(o.personName)).
			Where(o.personID.EqTo(o.jobPerson), o.personName.Eq("Bob")))
		labels("a=x b=Bob c=Bob ")
		// A name of the other table in a text written by hand.
		does(1, query.Update(o.jobs).From(o.persons).Set(o.jobLabel.Set("ada's")).
			Where(o.personID.EqTo(o.jobPerson), query.RawCond("{person}.{name} = ?", "Ada")))
		labels("a=ada's b=Bob c=Bob ")
		// The table itself under another name.
		other := query.As(o.jobs, "other")
		does(1, query.Update(o.jobs).FromItem(other).
			Set(o.jobLabel.SetTo(query.Concat(o.jobLabel.Of(other), query.Val("!")))).
			Where(o.jobID.Eq("b"), o.jobID.Of(other).Eq("a")))
		labels("a=ada's b=ada's! c=Bob ")
		// A derived table, and a CTE.
		n := query.CountAll().As("n")
		per := query.Select(o.stepJob, n).From(o.steps).GroupBy(o.stepJob)
		count := query.Cast[string](query.Field[int64]("per", "n"), o.jobLabel.SQLType())
		does(2, query.Update(o.jobs).FromItem(per.Subquery("per")).Set(o.jobLabel.SetTo(count)).
			Where(query.Field[string]("per", "job_id").EqTo(o.jobID)))
		labels("a=3 b=ada's! c=1 ")
		cte := query.With("per", per.Where(o.stepNo.Gt(1)))
		does(1, query.Update(o.jobs).With(cte).FromItem(cte).Set(o.jobLabel.SetTo(count)).
			Where(query.Field[string]("per", "job_id").EqTo(o.jobID)))
		labels("a=2 b=ada's! c=1 ")
		// The table itself, through a derived table and a CTE of it.
		own := query.Select(o.jobID, o.jobLabel).From(o.jobs)
		label := query.Concat(query.Field[string]("own", "label"), query.Val("+"))
		does(1, query.Update(o.jobs).FromItem(own.Subquery("own")).Set(o.jobLabel.SetTo(label)).
			Where(query.Field[string]("own", "id").EqTo(o.jobID), o.jobID.Eq("c")))
		self := query.With("own", own)
		does(1, query.Update(o.jobs).With(self).FromItem(self).Set(o.jobLabel.SetTo(label)).
			Where(query.Field[string]("own", "id").EqTo(o.jobID), o.jobID.Eq("c")))
		labels("a=2 b=ada's! c=1++ ")
		// A row that goes with several is changed, and counted, once.
		does(1, query.Update(o.jobs).From(o.steps).Set(o.jobLabel.Set("many")).Where(o.stepJob.EqTo(o.jobID), o.stepNo.Gt(1)))
		labels("a=many b=ada's! c=1++ ")

		does(1, query.Delete(o.labelled).Using(o.jobs).Where(o.of.EqTo(o.jobID), o.jobLabel.Eq("ada's!")))
		does(2, query.Delete(o.labelled).With(cte).UsingItem(cte).Where(query.Field[string]("per", "job_id").EqTo(o.of)))
		does(3, query.Delete(o.steps).Using(o.jobs).Using(o.persons).Where(o.stepJob.EqTo(o.jobID), o.jobPerson.EqTo(o.personID), o.personName.Eq("Ada")))
		if rest := all[int64](t, eng, query.Select(o.stepNo).From(o.steps)); fmt.Sprint(rest) != "[1]" {
			t.Errorf("left: %v", rest)
		}
		for what, st := range map[string]query.Statement{
			"has no Returning":            query.Delete(o.steps).Using(o.jobs).Where(o.stepJob.EqTo(o.jobID)).Returning(o.stepNo),
			"the DELETE has no condition": query.Delete(o.steps).Using(o.jobs),
			"the UPDATE has no condition": query.Update(o.jobs).From(o.persons).Set(o.jobLabel.Set("x")),
		} {
			r, ok := st.(query.Reader)
			if !ok {
				t.Fatal(what)
			}
			if _, err := query.All[map[string]any](t.Context(), eng, r); dberr.CodeOf(err) != dberr.Invalid ||
				!strings.Contains(err.Error(), what) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}
