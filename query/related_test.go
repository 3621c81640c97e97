package query_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

type person struct {
	ID    int64  `db:"id"`
	Name  string `db:"name"`
	Chief *int64 `db:"chief_id"`

	Boss  *person
	Staff []person
	Works []job
}

type job struct {
	ID     string `db:"id"`
	Person int64  `db:"person_id"`
	Label  string `db:"label"`

	Owner *person
	Steps []step
	Tags  []label
}

type step struct {
	Job    string `db:"job_id"`
	Person int64  `db:"person_id"`
	No     int64  `db:"no"`
}

type label struct {
	Name string `db:"name"`
}

// office is tables whose relations are declared beside them.
type office struct {
	persons, jobs, steps, labels, labelled *schema.Table
	personID, chief, jobPerson, stepNo     query.Column[int64]
	personName, jobID, jobLabel, labelName query.Column[string]
	stepJob, of, with                      query.Column[string]
	stepPerson                             query.Column[int64]

	boss  query.Related[person, person]
	staff query.Related[person, person]
	works query.Related[person, job]
	owner query.Related[job, person]
	parts query.Related[job, step]
	tags  query.Related[job, label]
}

func newOffice(t testing.TB, eng *engine.Engine) *office {
	t.Helper()
	o := &office{persons: schema.Define("person"), jobs: schema.Define("job"), steps: schema.Define("step"),
		labels: schema.Define("label"), labelled: schema.Define("labelled")}
	o.personID = query.Col[int64](o.persons.BigInt("id").PrimaryKey())
	o.personName = query.Col[string](o.persons.String("name", 50))
	o.chief = query.Col[int64](o.persons.BigInt("chief_id").Null().References("person", "id", schema.SetNull))
	o.jobID = query.Col[string](o.jobs.String("id", 20).Key(20))
	o.jobPerson = query.Col[int64](o.jobs.BigInt("person_id").References("person", "id", schema.Cascade))
	o.jobLabel = query.Col[string](o.jobs.String("label", 20))
	o.jobs.Primary("", "id", "person_id").Unique("", "id")
	o.stepPerson = query.Col[int64](o.steps.BigInt("person_id"))
	o.stepJob = query.Col[string](o.steps.String("job_id", 20).Key(20))
	o.stepNo = query.Col[int64](o.steps.BigInt("no"))
	o.steps.Primary("", "job_id", "no").
		ForeignKey(&schema.ForeignKey{Columns: []string{"job_id", "person_id"}, RefTable: "job",
			RefColumns: []string{"id", "person_id"}})
	o.labelName = query.Col[string](o.labels.String("name", 20).Key(20).PrimaryKey())
	o.of = query.Col[string](o.labelled.String("job_id", 20).Key(20).References("job", "id", schema.Cascade))
	o.with = query.Col[string](o.labelled.String("label", 20).Key(20).References("label", "name", schema.Cascade))
	o.labelled.Primary("", "job_id", "label")

	o.boss = query.BelongsTo(o.persons, func(p *person) **person { return &p.Boss }, o.chief)
	o.staff = query.HasMany(o.persons, func(p *person) *[]person { return &p.Staff }, o.chief).OrderBy(o.personID)
	o.works = query.HasMany(o.jobs, func(p *person) *[]job { return &p.Works }, o.jobPerson).OrderBy(o.jobID)
	o.owner = query.BelongsTo(o.persons, func(j *job) **person { return &j.Owner }, o.jobPerson)
	o.parts = query.HasMany(o.steps, func(j *job) *[]step { return &j.Steps }, o.stepJob, o.stepPerson).OrderBy(o.stepNo)
	o.tags = query.ManyToMany(o.labels, func(j *job) *[]label { return &j.Tags }, o.of, o.with).OrderBy(o.labelName)
	create(t, eng, o.persons, o.jobs, o.steps, o.labels, o.labelled)
	one := int64(1)
	exec(t, eng, query.InsertRows(o.persons, []person{{ID: 1, Name: "Ada"}, {ID: 2, Name: "Bob", Chief: &one}, {ID: 3, Name: "Cyd", Chief: &one}}))
	exec(t, eng, query.InsertRows(o.jobs, []job{{ID: "a", Person: 1, Label: "x"}, {ID: "b", Person: 2, Label: "y"}, {ID: "c", Person: 2, Label: "z"}}))
	exec(t, eng, query.InsertRows(o.steps, []step{{"a", 1, 1}, {"a", 1, 2}, {"a", 1, 3}, {"c", 2, 1}}))
	exec(t, eng, query.InsertRows(o.labels, []label{{"hot"}, {"new"}}))
	exec(t, eng, query.Insert(o.labelled).Values(o.of.Set("a"), o.with.Set("new")).Values(o.of.Set("a"), o.with.Set("hot")).Values(o.of.Set("b"), o.with.Set("hot")))
	return o
}

func TestRelationsBesideTheTables(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		ctx := t.Context()
		o := newOffice(t, eng)
		var got []person
		n := enginetest.CountQueries(t, eng, func() {
			var err error
			got, err = query.AllWith(ctx, eng, query.SelectFrom(o.persons).OrderBy(o.personID), o.boss, o.staff,
				o.works.With(o.parts.Limit(2), o.tags, o.owner))
			if err != nil {
				t.Fatal(err, unwrapped(err))
			}
		})
		if n != 7 {
			t.Errorf("%d statements", n)
		}
		var b strings.Builder
		for _, p := range got {
			fmt.Fprint(&b, p.Name, ":")
			if p.Boss != nil {
				fmt.Fprint(&b, " under ", p.Boss.Name)
			}
			for _, s := range p.Staff {
				fmt.Fprint(&b, " over ", s.Name)
			}
			for _, w := range p.Works {
				fmt.Fprint(&b, " ", w.ID, "/", w.Owner.Name)
				for _, s := range w.Steps {
					fmt.Fprint(&b, "+", s.No)
				}
				for _, l := range w.Tags {
					fmt.Fprint(&b, "#", l.Name)
				}
			}
			fmt.Fprint(&b, "; ")
		}
		const want = "Ada: over Bob over Cyd a/Ada+1+2#hot#new; Bob: under Ada b/Bob#hot c/Bob+1; Cyd: under Ada; "
		if b.String() != want {
			t.Errorf("got  %s\nwant %s", b.String(), want)
		}
		names := func(want string, c query.Cond) {
			t.Helper()
			got, err := query.All[string](ctx, eng, query.Select(o.personName).From(o.persons).Where(c).OrderBy(o.personName))
			if err != nil || strings.Join(got, " ") != want {
				t.Errorf("%v (%v), want %s", got, err, want)
			}
		}
		names("Ada Bob", o.works.Has())
		names("Bob", o.works.Has(o.jobLabel.Eq("z")))
		names("Cyd", query.Not(o.works.Has()))
		names("Ada", o.works.Has(o.parts.Has(o.stepNo.Gt(2))))
		names("Bob", o.works.Has(query.Not(o.tags.Has(o.labelName.Eq("new"))), o.tags.Has(o.labelName.Eq("hot"))))
		if _, err := query.Count(ctx, eng, query.SelectFrom(o.persons).
			Where(o.boss.Has())); dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "query.As") {
			t.Errorf("a table and itself: %v", err)
		}
		few, err := query.All[map[string]any](ctx, eng,
			query.Select(query.ColumnsBut(o.jobs, o.jobPerson)...).From(o.jobs).Where(o.owner.Has(o.personName.Eq("Ada"))))
		if err != nil || len(few) != 1 || fmt.Sprint(few[0]) != "map[id:a label:x]" {
			t.Errorf("%v: %v", few, err)
		}
	})
}

func TestRelationsThatAreNone(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		o := newOffice(t, eng)
		for what, rel := range map[string]query.Relation[person]{
			"not declared as a foreign key": query.HasMany(o.jobs, func(p *person) *[]job { return &p.Works }, o.jobLabel),
			"not to job":                    query.BelongsTo(o.jobs, func(p *person) **job { return new(*job) }, o.chief),
			"names the columns":             query.HasMany(o.jobs, func(p *person) *[]job { return &p.Works }),
			"more than one":                 query.HasOne(o.jobs, func(p *person) **job { return new(*job) }, o.jobPerson),
			`db tag "job_id"`:               query.BelongsTo(o.jobs, func(p *person) **job { return new(*job) }, o.of),
			"does not lead":                 query.ManyToMany(o.labels, func(p *person) *[]label { return new([]label) }, o.jobPerson, o.with),
		} {
			_, err := query.AllWith(t.Context(), eng, query.SelectFrom(o.persons), rel)
			if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), what) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestRowsAsMaps(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab := schema.Define("thing")
		when := time.Date(2026, 3, 1, 12, 0, 0, 120000000, time.UTC)
		values := map[string]any{"a": "text", "b": int64(7), "c": true, "d": 1.5, "e": query.Decimal("1.10"), "f": when,
			"g": jsonvalue.Text(`{"x": 1.0}`), "h": []byte{0, 255}, "i": "11111111-1111-1111-1111-111111111111", "j": nil}
		tab.String("a", 10).Key(10).PrimaryKey()
		tab.BigInt("b")
		tab.Boolean("c")
		tab.Float("d")
		tab.Numeric("e", 10, 2)
		tab.DateTime("f")
		tab.JSON("g")
		tab.Bytes("h")
		tab.UUID("i")
		tab.Integer("j").Null()
		create(t, eng, tab)
		exec(t, eng, query.Insert(tab).Map(values))
		exec(t, eng, query.Insert(tab).Map(map[string]any{"a": "z", "b": 1, "c": false, "d": 2.0, "e": "2", "f": when, "g": jsonvalue.Null(), "h": []byte("h"), "i": values["i"]}))
		got := all[map[string]any](t, eng, query.SelectFrom(tab).OrderBy(query.ColumnOf[string](tab, "a")))
		want := fmt.Sprintf("%#v", values)
		if len(got) != 2 || fmt.Sprintf("%#v", got[0]) != want || got[1]["a"] != "z" {
			t.Errorf("got  %#v\nwant %s", got, want)
		}
		if _, err := query.All[map[string]any](t.Context(), eng, query.Select(query.CountAll()).
			From(tab)); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("a column without a name: %v", err)
		}
	})
}
