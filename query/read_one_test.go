package query_test

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

type thing struct {
	ID    int64           `db:"id"`
	Name  *string         `db:"name"`
	Bytes []byte          `db:"bytes"`
	Doc   *jsonvalue.JSON `db:"doc"`
	At    *time.Time      `db:"at"`
	Price *string         `db:"price"`
}

// TestOneKeepsNothing: what One returned stays as it is, and nothing of it is in
// what the same statement returns next, one after the other and side by side.
func TestOneKeepsNothing(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		ctx := t.Context()
		tab := schema.Define("things")
		id := query.Col[int64](tab.BigInt("id").PrimaryKey())
		name, data := query.Col[string](tab.Text("name").Null()), query.Col[[]byte](tab.Bytes("bytes").Null())
		doc, at := query.JSONCol(tab.JSON("doc").Null()), query.Col[time.Time](tab.DateTime("at").Null())
		price := query.Col[query.Decimal](tab.Numeric("price", 10, 2).Null())
		create(t, eng, tab)
		day := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
		for i := range int64(4) {
			exec(t, eng, query.Insert(tab).Values(id.Set(2*i), name.Set(fmt.Sprint("name ", i)), data.Set([]byte{1, 2, byte(i)}),
				doc.Set(jsonvalue.Text(fmt.Sprintf(`{"n": %d}`, i))), at.Set(day.Add(time.Duration(i)*time.Hour)),
				price.Set(query.Decimal(fmt.Sprint(i, ".10")))))
			exec(t, eng, query.Insert(tab).Values(id.Set(2*i+1)))
		}
		get := query.Prepare[thing](query.SelectFrom(tab).Where(id.EqTo(query.Param[int64]("id"))))
		rows := query.Prepare[map[string]any](query.SelectFrom(tab).Where(id.EqTo(query.Param[int64]("id"))))
		want, err := query.All[thing](ctx, eng, query.SelectFrom(tab).OrderBy(id))
		if err != nil || len(want) != 8 {
			t.Fatal(want, err)
		}
		first, err := get.One(ctx, eng, int64(0))
		if err != nil || !reflect.DeepEqual(first, want[0]) {
			t.Fatal(first, err)
		}
		var all sync.WaitGroup
		for w := range 4 {
			all.Go(func() {
				for k := range 40 {
					i := (w + k) % 8
					got, err := get.One(ctx, eng, int64(i))
					if err != nil || !reflect.DeepEqual(got, want[i]) {
						t.Errorf("row %d is %+v (%v), want %+v", i, got, err, want[i])
						return
					}
					for j := range got.Bytes {
						got.Bytes[j] = 0xff
					}
					m, err := rows.One(ctx, eng, int64(i))
					if err != nil || len(m) != 6 || m["id"] != int64(i) || (m["name"] == nil) != (i%2 == 1) {
						t.Errorf("row %d is %v (%v)", i, m, err)
						return
					}
					clear(m)
				}
			})
		}
		all.Wait()
		if !reflect.DeepEqual(first, want[0]) {
			t.Errorf("the first row has become %+v", first)
		}

		// A row that cannot be read leaves nothing either.
		strict := query.Prepare[struct {
			ID   int64  `db:"id"`
			Name string `db:"name"`
		}](query.Select(id, name).From(tab).Where(id.EqTo(query.Param[int64]("id"))))
		for range 3 {
			if _, err := strict.One(ctx, eng, int64(1)); dberr.CodeOf(err) != dberr.Internal {
				t.Errorf("NULL into a string: %v", err)
			}
			if got, err := strict.One(ctx, eng, int64(2)); err != nil || got.ID != 2 || got.Name != "name 1" {
				t.Error(got, err)
			}
			if _, err := strict.One(ctx, eng, int64(99)); dberr.CodeOf(err) != dberr.NotFound {
				t.Errorf("no row: %v", err)
			}
		}
	})
}

// TestOneSeesTheSecondRow: a condition that is no key, though it names one, does
// not make One return the first of several rows.
func TestOneSeesTheSecondRow(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		tab, more := schema.Define("things"), schema.Define("parts")
		id, same := query.Col[int64](tab.BigInt("id").PrimaryKey()), query.Col[int64](tab.BigInt("same"))
		part, of := query.Col[int64](more.BigInt("id").PrimaryKey()), query.Col[int64](more.BigInt("thing_id"))
		create(t, eng, tab, more)
		for i := range int64(3) {
			exec(t, eng, query.Insert(tab).Values(id.Set(i), same.Set(i)))
			exec(t, eng, query.Insert(more).Values(part.Set(i), of.Set(1)))
		}
		things := query.Select(id).From(tab)
		for what, st := range map[string]query.SelectStmt{
			"a key that is equal to another column": things.Where(id.EqTo(same)),
			"a key that is equal to itself":         things.Where(id.EqTo(id)),
			"a table joined by its reference":       things.Join(more, of.EqTo(id)).Where(id.Eq(1)),
			"a table joined by no condition":        things.Join(more, part.EqTo(part)).Where(id.Eq(1)),
			"a key of the joined table":             query.Select(id).From(more).Join(tab, id.EqTo(of)).Where(id.Eq(1)),
		} {
			if _, err := query.One[int64](t.Context(), eng, st); dberr.CodeOf(err) != dberr.Invalid {
				t.Errorf("%s: %v", what, err)
			}
			if _, err := query.Prepare[int64](st).One(t.Context(), eng); dberr.CodeOf(err) != dberr.Invalid {
				t.Errorf("%s, prepared: %v", what, err)
			}
		}
		one := query.Select(part.As("part")).From(more).Join(tab, id.EqTo(of)).Where(part.Eq(2))
		if got, err := query.One[int64](t.Context(), eng, one); err != nil || got != 2 {
			t.Error(got, err)
		}
	})
}
