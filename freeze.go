package larder

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer"
	"github.com/larder-db/larder/transfer/canon"
)

// frozenTable stands in a database that is not to be changed any more, because
// everything in it is being moved elsewhere.
const frozenTable = "larder_frozen"

var (
	frozenDef = schema.Define(frozenTable).
			Describe("there while nobody may change the database, because it is being moved.")
	frozenID      = query.Col[int64](frozenDef.BigInt("id").Doc("always 1").PrimaryKey())
	frozenWhy     = query.Col[string](frozenDef.Text("why").Doc("where it goes, for people"))
	frozenAt      = query.Col[int64](frozenDef.BigInt("frozen_at").Unit(schema.Seconds))
	frozenSettled = query.Col[bool](frozenDef.Boolean("settled").Doc("changes that were under way are over"))
)

const (
	// refusedWithin is how long a server takes at most, from when a database is
	// frozen, until it accepts no change any more and has cut off those that are
	// under way: it looks ahead of a change when it has not for two seconds, and
	// every half second while one takes that long.
	refusedWithin = 3 * time.Second
	// writersEnd is how long it is waited, a few times, for a transaction that
	// nobody has cut off.
	writersEnd = 10 * time.Second
	// mostWhy is how many characters the reason has at most.
	mostWhy = 200
)

// Freeze makes every Larder server of a database refuse changes, and returns when
// none is under way any more, which takes three seconds or a little more; what can
// be read is served. why, one line, says where the data goes: those who are
// refused are told. Other programs do not know of it: stop Open WebUI. It changes
// nothing else, and may be done again, with another reason too. [Thaw] takes it
// back.
//
// Where somebody else's transaction does not end it is dberr.Busy, and the
// database stays frozen.
func Freeze(ctx context.Context, eng *engine.Engine, why string) error {
	if len([]rune(why)) > mostWhy || strings.ContainsFunc(why, unicode.IsControl) {
		return dberr.New(dberr.Invalid, "freeze",
			"the reason is shown to people who are refused: make it one line of at most 200 characters")
	}
	if err := freeze(ctx, eng, why); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(refusedWithin):
	}
	found, err := eng.Inspect(ctx, driver.InspectOptions{Tables: func(n string) bool { return n != frozenTable }})
	if err != nil {
		return err
	}
	var names []string
	for _, t := range found {
		names = append(names, t.Name)
	}
	if err := eng.AwaitWriters(ctx, writersEnd, names...); err != nil {
		return &dberr.Error{Op: "freeze", Code: dberr.CodeOf(err), Err: err, Msg: "the database is frozen, and it cannot be seen that changes which were under way are over;" +
			" stop the program that is writing, and freeze it again"}
	}
	_, err = query.Exec(ctx, eng,
		query.Update(frozenDef).Set(frozenSettled.Set(true)).Where(frozenID.Eq(1)).Named("freeze"))
	return err
}

// freeze puts the table there, with the reason.
func freeze(ctx context.Context, eng *engine.Engine, why string) error {
	there, err := hasFrozenTable(ctx, eng)
	if err != nil {
		return err
	}
	if !there {
		if _, err := eng.CreateTables(ctx, frozenDef); err != nil && !errors.Is(err, dberr.ErrAlreadyExists) {
			return err
		}
	}
	_, err = query.Exec(ctx, eng,
		query.Insert(frozenDef).
			Values(frozenID.Set(1), frozenWhy.Set(why), frozenAt.Set(time.Now().Unix()), frozenSettled.Set(false)).
			OnConflict(frozenID).DoUpdate(frozenWhy).Named("freeze"))
	return err
}

// Thaw takes back what [Freeze] did, and reports whether there was something to
// take back.
func Thaw(ctx context.Context, eng *engine.Engine) (bool, error) {
	there, err := hasFrozenTable(ctx, eng)
	if err != nil || !there {
		return false, err
	}
	return true, eng.DropTable(ctx, "thaw", frozenDef)
}

func hasFrozenTable(ctx context.Context, eng *engine.Engine) (bool, error) {
	found, err := eng.Inspect(ctx, driver.InspectOptions{Tables: func(n string) bool { return n == frozenTable }})
	return len(found) > 0, err
}

// frozen is what those are told who would change a database that is frozen, or
// serve it; empty when it is not.
func frozen(ctx context.Context, eng *engine.Engine) (string, error) {
	there, err := hasFrozenTable(ctx, eng)
	if err != nil || !there {
		return "", err
	}
	why, err := query.All[string](ctx, eng, query.Select(frozenWhy).From(frozenDef).Named("frozen"))
	if errors.Is(err, dberr.ErrSchemaMismatch) {
		return "", nil // it was taken back just now
	}
	said := "The database is frozen, because it is being moved elsewhere"
	if len(why) > 0 && why[0] != "" {
		said += " (" + why[0] + ")"
	}
	return said + ": use it where it has gone, or run larder thaw to go on here. Nothing was changed.", err
}

// frozenState says whether one moment of a database is one in which it was
// frozen, and whether all changes were over then.
func frozenState(ctx context.Context, src transfer.Source) (frozen, settled bool, err error) {
	i := slices.IndexFunc(src.Tables(), func(t *schema.Table) bool { return t.Name == frozenTable })
	if i < 0 {
		return false, false, nil
	}
	t := src.Tables()[i]
	at := slices.IndexFunc(t.Columns, func(c *schema.Column) bool { return c.Name == frozenSettled.Name() })
	for row, err := range src.Rows(ctx, t) {
		if err != nil {
			return true, false, err
		}
		if at >= 0 {
			v, err := canon.Read(t.Columns[at].Type, row[at])
			settled = err == nil && v == true
		}
	}
	return true, settled, nil
}
