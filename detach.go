package larder

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	owntables "github.com/larder-db/larder/tables/own"
	"github.com/larder-db/larder/transfer"
)

// ownPrefix is how the names of all tables and indexes begin that Larder adds to
// a database of Open WebUI.
const ownPrefix = "larder_"

// Own is a table or an index that Larder has added to a database of Open WebUI.
type Own struct {
	Table string `json:"table"`
	Index string `json:"index,omitempty"` // empty for the table itself
	Rows  int64  `json:"rows"`            // of a table
}

// FindOwn returns what Larder has added to a database, indexes first, in order
// of name; none for a database that is Open WebUI's alone. It changes nothing.
func FindOwn(ctx context.Context, eng *engine.Engine) ([]Own, error) {
	found, _, err := own(ctx, eng)
	return found, err
}

// own are the additions, with the change that takes each away.
func own(ctx context.Context, eng *engine.Engine) (found []Own, gone []driver.Alteration, err error) {
	live, err := eng.Inspect(ctx, driver.InspectOptions{})
	if err != nil {
		return nil, nil, err
	}
	for _, t := range live {
		if strings.HasPrefix(t.Name, ownPrefix) {
			continue
		}
		for _, x := range t.Indexes {
			if strings.HasPrefix(x.Name, ownPrefix) {
				found = append(found, Own{Table: t.Name, Index: x.Name})
				gone = append(gone, driver.Alteration{Before: t, Changes: []schema.Change{schema.DropIndex{Table: t, Index: x}}})
			}
		}
	}
	for _, t := range live {
		if !strings.HasPrefix(t.Name, ownPrefix) {
			continue
		}
		n, err := query.Count(ctx, eng, query.SelectFrom(t).Named("detach.Count"))
		if err != nil {
			return nil, nil, err
		}
		found = append(found, Own{Table: t.Name, Rows: n})
		gone = append(gone, driver.Alteration{Before: t, Changes: []schema.Change{schema.DropTable{Table: t}}})
	}
	return found, gone, nil
}

// Detach takes out of a database what Larder has added to it, and returns what
// that was: it is Open WebUI's alone then, as if Larder had never been there.
// Messages that wait for the document of their chat go into it first. What
// migrations have kept for a way down (larder_kept) is lost. It can be run again
// after it was cut off. A server that starts meanwhile goes on, and adds what it
// needs again.
//
// It is refused with dberr.Conflict while a server works on the database that has
// said so (see [Database.Announce]), while a migration runs, or when one was cut
// off, when another database is being moved into this one, and when a newer
// program has migrated it. After a server was killed it takes twelve seconds to
// see that there is none.
func Detach(ctx context.Context, eng *engine.Engine) ([]Own, error) {
	release, err := onlyOne(ctx, eng)
	if err != nil {
		return nil, err
	}
	defer func() { _ = release() }()
	if err := detachable(ctx, eng); err != nil {
		return nil, err
	}
	if err := unused(ctx, eng, "detach"); err != nil {
		return nil, err
	}
	if err := foldAll(ctx, eng); err != nil {
		return nil, err
	}
	found, gone, err := own(ctx, eng)
	if err != nil {
		return nil, err
	}
	for _, a := range gone {
		if err := eng.Alter(ctx, "detach", a); err != nil {
			return nil, err
		}
	}
	for i := range found {
		if found[i].Table == aside {
			found[i].Table = owntables.Message.Table.Name
		}
	}
	return found, nil
}

// aside is what the table of the messages that wait is called while it is emptied.
const aside = "larder_message_detached"

// foldAll puts all messages that wait into the documents of their chats. The table
// is put aside first, so that a server that runs meanwhile adds nothing to it; one
// that an earlier call has put aside is emptied ahead of that.
func foldAll(ctx context.Context, eng *engine.Engine) error {
	name := owntables.Message.Table.Name
	live, err := eng.Inspect(ctx,
		driver.InspectOptions{Tables: func(table string) bool { return table == name || table == aside }})
	if err != nil {
		return err
	}
	slices.Reverse(live) // the one put aside first
	for _, t := range live {
		if t.Name == name {
			for _, i := range t.Indexes { // a new table is to have their names
				if err := eng.Alter(ctx, "detach",
					driver.Alteration{Before: t, Changes: []schema.Change{schema.DropIndex{Table: t, Index: i}}}); err != nil {
					return err
				}
			}
			if err := eng.Alter(ctx, "detach",
				driver.Alteration{Before: t, Changes: []schema.Change{schema.RenameTable{From: name, To: aside}}}); err != nil {
				return err
			}
		}
		if err := foldAside(ctx, eng, aside); err != nil {
			return err
		}
		if t.Name == aside {
			if err := eng.DropTable(ctx, "detach", t); err != nil {
				return err
			}
		}
	}
	return nil
}

// onlyOne takes the lock that migrations take.
func onlyOne(ctx context.Context, eng *engine.Engine) (func() error, error) {
	const patience = 3 * time.Second
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	release, err := eng.Lock(short, migrate.LockName, nil)
	if err != nil && ctx.Err() == nil && dberr.CodeOf(err) == dberr.Busy {
		return nil, &dberr.Error{Op: "detach", Code: dberr.Conflict,
			Msg: "a migration of the database is running; try again when it is done", Err: err}
	}
	return release, err
}

// detachable returns why nothing may be taken out of a database now.
func detachable(ctx context.Context, eng *engine.Engine) error {
	refused := func(why string) error { return dberr.New(dberr.Conflict, "detach", why) }
	r, err := migrate.New(migrate.Options{Engine: eng, Lineages: Lineages("")})
	if err != nil {
		return err
	}
	at, err := r.Status(ctx)
	if err != nil {
		return err
	}
	moved, err := transfer.LookUnfinished(ctx, eng)
	switch {
	case err != nil:
		return err
	case moved != nil:
		return refused("the database is the target of a " + moved.About +
			" that is not finished; finish it with --resume first")
	case len(at.Unknown) > 0:
		return refused("a newer program has migrated the database (" +
			strings.Join(slices.Sorted(slices.Values(at.Unknown)), ", ") + "); detach it with that one")
	case at.HalfApplied || at.Unfinished:
		return refused("a migration of the database was cut off; finish it with larder migrate upgrade head, or larder migrate repair, first")
	case at.Empty:
		return refused("there is no database of Open WebUI here; check --database-url")
	}
	return nil
}
