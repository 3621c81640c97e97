package larder

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// servingTable has a row for each server that works on a database.
const servingTable = "larder_serving"

var (
	servingDef = schema.Define(servingTable).
			Describe("the servers that work on the database; a row that does not change any more is of one that was killed.")
	servingID    = query.Col[string](servingDef.Text("id").Key(32).Doc("made up at the start of the server").PrimaryKey())
	servingName  = query.Col[string](servingDef.Text("name").Doc("host and process, for people"))
	servingBeats = query.Col[int64](servingDef.BigInt("beats").Doc("changes every few seconds while the server runs"))
	servingAt    = query.Col[int64](servingDef.BigInt("seen_at").Unit(schema.Seconds).Doc("when it last changed, by the server's clock"))
)

const (
	// beatEvery is how often a server says that it runs.
	beatEvery = 3 * time.Second
	// silent is how long a server says nothing until it is taken for one that was
	// killed. No clocks are compared.
	silent = 4 * beatEvery
	// forgotten is how old a row is when the next server that starts takes it away.
	forgotten = 24 * time.Hour
)

// Announce says in an open database that a server works on it, for [Detach] and
// others who would not disturb one, until leave is called or ctx is done; leave
// waits until that is taken back. A database that is read-only is not told. It is
// an error when it cannot be said, because the account may not create the table
// for it, say; the database can be served all the same.
func (d *Database) Announce(ctx context.Context) (leave func(), err error) {
	eng := d.Engine()
	if eng == nil || d.ReadOnly() != "" {
		return func() {}, nil
	}
	if _, err := eng.CreateTables(ctx, servingDef); err != nil && !errors.Is(err, dberr.ErrAlreadyExists) {
		return func() {}, err
	}
	if _, err := query.Exec(ctx, eng,
		query.Delete(servingDef).Where(servingAt.Lt(time.Now().Add(-forgotten).Unix())).Named("serving.Forget")); err != nil {
		return func() {}, err
	}
	id := rand.Text()
	if err := beat(ctx, eng, id, 0); err != nil {
		return func() {}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		keepBeating(ctx, eng, id)
	}()
	return func() { cancel(); <-done }, nil
}

// keepBeating says again and again that a server runs, and in the end that it
// does not any more.
func keepBeating(ctx context.Context, eng *engine.Engine, id string) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for beats := int64(1); ctx.Err() == nil; beats++ {
		select {
		case <-ctx.Done():
		case <-tick.C:
			// A database that cannot be reached is told the next time.
			if err := beat(ctx, eng, id, beats); errors.Is(err, dberr.ErrSchemaMismatch) {
				return // somebody has taken the table out: it is not to come back by itself
			}
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatEvery)
	defer cancel()
	// Where that fails the row stays, and is told from that of a server that runs.
	_, _ = query.Exec(ctx, eng, query.Delete(servingDef).Where(servingID.Eq(id)).Named("serving.Leave"))
}

func beat(ctx context.Context, eng *engine.Engine, id string, beats int64) error {
	now := time.Now().Unix()
	if beats > 0 {
		// A replica that is further behind than the next beat is read all the same.
		again, err := query.Compile(query.Update(servingDef).Set(servingBeats.Set(beats), servingAt.Set(now)).
			Where(servingID.Eq(id)).Named("serving.Beat"), eng.Dialect())
		if err != nil {
			return err
		}
		again.Aside = true
		if found, err := eng.Exec(ctx, again); err != nil || found.Rows > 0 {
			return err
		}
	}
	_, err := query.Exec(ctx, eng,
		query.Insert(servingDef).
			Values(servingID.Set(id), servingName.Set(processName()), servingBeats.Set(beats), servingAt.Set(now)).
			OnConflict(servingID).DoUpdate(servingBeats, servingAt).Named("serving.Begin"))
	return err
}

// processName is how people find a server.
func processName() string {
	name := fmt.Sprintf("process %d", os.Getpid())
	if host, err := os.Hostname(); err == nil {
		name += " on " + host
	}
	return name
}

// Serving returns the names of the servers that work on a database, in order;
// none where there is none. A server that was killed has left its row: where
// there is one, it takes up to twelve seconds to see that it does not change.
func Serving(ctx context.Context, eng *engine.Engine) ([]string, error) {
	found, err := eng.Inspect(ctx, driver.InspectOptions{Tables: func(n string) bool { return n == servingTable }})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	first, err := beats(ctx, eng)
	if err != nil || len(first) == 0 {
		return nil, err
	}
	tick := time.NewTicker(beatEvery / 6)
	defer tick.Stop()
	for end := time.Now().Add(silent); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
		now, err := beats(ctx, eng)
		if err != nil {
			return nil, err
		}
		alive := map[string]bool{}
		for s := range now {
			if was, known := first[s]; !known || was != now[s] {
				alive[s.name] = true
			}
		}
		if len(alive) > 0 {
			return slices.Sorted(maps.Keys(alive)), nil
		}
		if len(now) == 0 {
			return nil, nil // it has ended meanwhile
		}
	}
	return nil, nil
}

// announced is a server that has said that it runs.
type announced struct{ id, name string }

// beats are the servers that have said that they run, with what changes.
func beats(ctx context.Context, eng *engine.Engine) (map[announced]int64, error) {
	type row struct {
		ID    string `db:"id"`
		Name  string `db:"name"`
		Beats int64  `db:"beats"`
	}
	rows, err := query.All[row](ctx, eng,
		query.Select(servingID, servingName, servingBeats).From(servingDef).Named("serving.List"))
	out := make(map[announced]int64, len(rows))
	for _, r := range rows {
		out[announced{r.ID, r.Name}] = r.Beats
	}
	return out, err
}

// unused returns why a database cannot be taken from those who use it: a server
// works on it.
func unused(ctx context.Context, eng *engine.Engine, op string) error {
	who, err := Serving(ctx, eng)
	if err != nil || len(who) == 0 {
		return err
	}
	return dberr.New(dberr.Conflict, op,
		"larder serve works on the database ("+strings.Join(who, ", ")+"); stop it, and try again")
}
