package larder

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// frozenTable stands in a database that is not to be changed any more, because
// everything in it is being moved elsewhere.
const frozenTable = "larder_frozen"

var (
	frozenDef = schema.Define(frozenTable).Describe("there while nobody may change the database, because it is being moved.")
	frozenWhy = query.Col[string](frozenDef.Text("why").Doc("where it goes, for people"))
	frozenAt  = query.Col[int64](frozenDef.BigInt("frozen_at").Unit(schema.Seconds))
)

// refusedWithin is how long a server takes at most, from when a database is
// frozen, until it accepts no change any more: it looks ahead of a change when
// it has not for two seconds.
const refusedWithin = 3 * time.Second

// Freeze makes every Larder server of a database refuse changes, within three
// seconds; what can be read is served. why says where the data goes, for people.
// Other programs do not know of it: stop Open WebUI. It changes nothing else,
// and may be done again. [Thaw] takes it back.
func Freeze(ctx context.Context, eng *engine.Engine, why string) error {
	there, err := isFrozen(ctx, eng)
	if err != nil || there {
		return err
	}
	if _, err := eng.CreateTables(ctx, frozenDef); err != nil && !errors.Is(err, dberr.ErrAlreadyExists) {
		return err
	}
	_, err = query.Exec(ctx, eng, query.Insert(frozenDef).Values(frozenWhy.Set(why), frozenAt.Set(time.Now().Unix())).Named("freeze"))
	return err
}

// Thaw takes back what [Freeze] did, and reports whether there was something to
// take back.
func Thaw(ctx context.Context, eng *engine.Engine) (bool, error) {
	there, err := isFrozen(ctx, eng)
	if err != nil || !there {
		return false, err
	}
	gone, err := eng.DDL().Change(driver.Alteration{Before: frozenDef, Changes: []schema.Change{schema.DropTable{Table: frozenDef}}})
	if err != nil {
		return false, err
	}
	for _, st := range gone.Statements {
		if _, err := eng.Exec(ctx, engine.Statement{Name: "thaw", SQL: st.SQL, Write: true}); err != nil {
			return false, err
		}
	}
	return true, nil
}

// isFrozen reports whether nobody may change a database.
func isFrozen(ctx context.Context, eng *engine.Engine) (bool, error) {
	found, err := eng.Inspect(ctx, driver.InspectOptions{Tables: func(n string) bool { return n == frozenTable }})
	return len(found) > 0, err
}

func hasFrozen(tables []*schema.Table) bool {
	return slices.ContainsFunc(tables, func(t *schema.Table) bool { return t.Name == frozenTable })
}

// msgFrozen is what those are told who would change a frozen database, or serve
// it.
const msgFrozen = "The database is frozen, because it is being moved elsewhere: use it where it has gone, or run larder thaw to go on here. Nothing was changed."
