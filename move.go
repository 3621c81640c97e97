package larder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/migrations"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables"
	owntables "github.com/larder-db/larder/tables/own"
	"github.com/larder-db/larder/transfer"
)

// MoveOptions say how a whole database is moved into another one.
type MoveOptions struct {
	Transfer transfer.Options // what is moved, and what becomes of rows that do not fit
	// OnlyUsers leaves everything but these users, by id or e-mail, and what is
	// theirs: their chats, files, notes and so on, with what others wrote in them.
	// Groups and settings stay behind. Nil is everything.
	OnlyUsers []string

	Follow *Follow // go on until the source is frozen; nil is one moment of it. Only Copy does.

	Upgrade bool // bring the target to the head afterwards; else it stays at the source's revision

	SameEmail migrations.SameEmail // for Upgrade: what becomes of users with one e-mail

	From, To engine.Options      // how the two are opened; without Drivers they have all of them
	Events   func(migrate.Event) // is told what making and upgrading the target's tables does; nil is nobody
	Logger   *slog.Logger        // notices; nil discards them
	Build    string              // names the program, for the record of who applied a revision
	What     string              // what it is to people who find it unfinished; empty is "copy"
}

// oldVersionTable is where Open WebUI kept its version before the history that
// is known here, which goes on from there.
const oldVersionTable = "migratehistory"

// mover moves into one database.
type mover struct {
	o   MoveOptions
	log *slog.Logger
	to  *engine.Engine
	src transfer.Source
	at  position
}

// position is where the history of a database is.
type position struct {
	rows    map[string][]string // by version table
	known   bool                // this program has all of these revisions, and there are some
	head    bool                // of the shared lineage
	lineage map[string]string   // the lineage of a version table
}

func (p position) String() string {
	var all []string
	for _, t := range slices.Sorted(maps.Keys(p.rows)) {
		all = append(all, p.rows[t]...)
	}
	return strings.Join(all, ", ")
}

// Copy moves the whole of a database into another one on any engine, which must
// be empty. The source is read only, in one consistent moment, while it may be
// in use. The target gets the tables of the source's revision, and the head's
// with Upgrade. Until everything is there and was compared, Open and the server
// on the target say that it is not finished.
//
// The report says what became of each table, and is there with an error too, as
// far as it goes; nil says that nothing was begun. A target that is not empty is dberr.AlreadyExists; one that an
// earlier run has not finished is dberr.Conflict without Transfer.Resume. A row
// that does not fit, and for whose class there is no rule, is dberr.Invalid.
//
// With Follow it does not end before the source is frozen, and the target is
// what the source was then.
func Copy(ctx context.Context, from, to *dburl.URL, o MoveOptions) (*transfer.Report, error) {
	if o.Follow != nil {
		return follow(ctx, from, to, o)
	}
	return reading(ctx, from, &o, func(ctx context.Context, src transfer.Source) (*transfer.Report, error) {
		return Receive(ctx, src, to, o)
	})
}

// reading opens a database to be read and calls fn with one moment of it.
func reading(ctx context.Context, from *dburl.URL, o *MoveOptions,
	fn func(ctx context.Context, src transfer.Source) (*transfer.Report, error)) (*transfer.Report, error) {
	eng, err := openPart(ctx, from, o.From, true)
	if err != nil {
		return nil, err
	}
	defer eng.Close()
	var rep *transfer.Report
	err = transfer.Snapshot(ctx, eng, func(ctx context.Context, src transfer.Source) error {
		var err error
		rep, err = fn(ctx, src)
		return err
	})
	return rep, err
}

func openPart(ctx context.Context, u *dburl.URL, o engine.Options, readOnly bool) (*engine.Engine, error) {
	if o.Drivers == nil {
		o.Drivers = engines.All()
	}
	if o.LookFor == nil {
		o.LookFor = LookFor()
	}
	o.ReadOnly = o.ReadOnly || readOnly
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	return engine.OpenURL(ctx, u, o)
}

// Receive is [Copy] with any source: an archive, for example.
func Receive(ctx context.Context, src transfer.Source, to *dburl.URL, o MoveOptions) (*transfer.Report, error) {
	eng, err := openPart(ctx, to, o.To, false)
	if err != nil {
		return nil, err
	}
	defer eng.Close()
	m, run, rep, err := arrive(ctx, src, eng, o)
	if err != nil {
		return rep, err
	}
	if run.Following() { // an earlier run did
		if rep, err = m.settle(ctx, run); err != nil {
			return rep, err
		}
	}
	return rep, m.end(ctx, run)
}

// arrive copies the rows of a source, or finds out that an earlier run has.
func arrive(ctx context.Context, src transfer.Source, to *engine.Engine,
	o MoveOptions) (*mover, *transfer.Run, *transfer.Report, error) {
	m, err := newMover(ctx, src, to, o)
	if err != nil {
		return nil, nil, nil, err
	}
	run, err := m.begin(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	if !run.Copied() {
		if err := m.create(ctx, run); err != nil {
			return nil, nil, &transfer.Report{}, fmt.Errorf("the tables of the target could not be made: %w", err)
		}
	}
	rep, err := run.Copy(ctx, m.src)
	return m, run, rep, err
}

// end makes of a target with all rows what it is to be.
func (m *mover) end(ctx context.Context, run *transfer.Run) error {
	if m.o.Upgrade {
		if err := m.upgrade(ctx, "", "heads"); err != nil {
			return fmt.Errorf("everything was copied, and the target could not be brought to the head; mend what it says and run it again with resume: %w", err)
		}
	}
	return run.Finish(ctx)
}

func newMover(ctx context.Context, src transfer.Source, to *engine.Engine, o MoveOptions) (*mover, error) {
	m := &mover{o: o, log: o.Logger, to: to, src: src}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if m.at, err = positionOf(ctx, src); err != nil {
		return nil, err
	}
	m.o.Transfer.Tables = withMessages(o.Transfer.Tables, src)
	if !m.at.known {
		if o.Upgrade {
			return nil, dberr.New(dberr.SchemaMismatch, "copy", "the source is at "+m.at.word()+
				", from which this program knows no way to the head; copy it without the upgrade, or with a newer larder")
		}
		m.log.Warn("the source is at " + m.at.word() + "; it is copied as it is found")
	}
	if m.src, err = m.o.chosen(ctx, src, m.at); err != nil {
		return nil, err
	}
	m.o.Transfer.Part = strings.Join(slices.Sorted(slices.Values(o.OnlyUsers)), ", ")
	// Where the revision is known, its tables and the record of it are made by
	// the history; else they are copied like everything.
	leave := o.Transfer.Leave
	odd := map[string]bool{} // tables of larder's own that only one engine can have: they can be made again
	for _, t := range src.Tables() {
		if strings.HasPrefix(t.Name, "larder_") &&
			slices.ContainsFunc(t.Columns, func(c *schema.Column) bool { return c.Type.Kind == schema.Other }) {
			odd[t.Name] = true
		}
	}
	m.o.Transfer.Leave = func(table string) bool {
		switch {
		case bookkeeping(table), odd[table], leave != nil && leave(table):
			return true
		case table == oldVersionTable, m.at.lineage[table] != "":
			return m.at.known
		}
		return false
	}
	return m, nil
}

// chosen leaves of a source what is to be moved.
func (o *MoveOptions) chosen(ctx context.Context, src transfer.Source, at position) (transfer.Source, error) {
	switch {
	case o.OnlyUsers == nil:
		return src, nil
	case !at.known:
		return nil, dberr.New(dberr.SchemaMismatch, "copy", "the source is at "+at.word()+
			"; only all of it can be copied, not single users")
	}
	return onlyUsers(ctx, src, o.OnlyUsers)
}

// withMessages are the tables to move with those that go along: what waits for the
// documents of chats is a part of them. Nil is all tables.
func withMessages(chosen []string, src transfer.Source) []string {
	name := owntables.Message.Table.Name
	if !slices.Contains(chosen, tables.Chat.Table.Name) || slices.Contains(chosen, name) ||
		!slices.ContainsFunc(src.Tables(), func(t *schema.Table) bool { return t.Name == name }) {
		return chosen
	}
	return append(slices.Clone(chosen), name)
}

// bookkeeping reports whether a table is one that says what was done to the
// database it is in, or holds what is made again of other tables, and means
// nothing elsewhere.
func bookkeeping(table string) bool {
	return table == transfer.LedgerTable || table == frozenTable || table == servingTable || table == "larder_unfinished" ||
		strings.HasPrefix(table, "larder_migration_") ||
		strings.HasPrefix(table, "larder_search_")
}

func (p position) word() string {
	if s := p.String(); s != "" {
		return "revision " + s + ", which this program does not know"
	}
	return "no revision"
}

// positionOf reads the version tables of a source.
func positionOf(ctx context.Context, src transfer.Source) (position, error) {
	p := position{rows: map[string][]string{}, known: true, lineage: map[string]string{}}
	for _, l := range Lineages("") {
		table := l.VersionTable
		if table == "" {
			table = migrate.DefaultVersionTable
		}
		p.lineage[table] = l.Name
		i := slices.IndexFunc(src.Tables(), func(t *schema.Table) bool { return t.Name == table })
		if i < 0 {
			continue
		}
		for row, err := range src.Rows(ctx, src.Tables()[i]) {
			if err != nil {
				return p, err
			}
			id := fmt.Sprint(row[0])
			p.rows[table] = append(p.rows[table], id)
			p.known = p.known && slices.ContainsFunc(l.Revisions, func(r migrate.Revision) bool { return r.ID == id })
		}
	}
	p.known = p.known && len(p.rows[migrate.DefaultVersionTable]) > 0
	p.head = p.known && slices.Equal(p.rows[migrate.DefaultVersionTable], []string{tables.Head})
	return p, nil
}

// begin marks the target, or takes up what was cut off. No other process can
// create tables meanwhile.
func (m *mover) begin(ctx context.Context) (*transfer.Run, error) {
	var run *transfer.Run
	err := m.to.WithLock(ctx, migrate.LockName, engine.LockOptions{}, func(ctx context.Context) (err error) {
		run, err = m.beginLocked(ctx)
		return err
	})
	return run, err
}

func (m *mover) beginLocked(ctx context.Context) (*transfer.Run, error) {
	unfinished, err := transfer.LookUnfinished(ctx, m.to)
	if err != nil {
		return nil, err
	}
	if unfinished == nil {
		if err := m.refuseFull(ctx); err != nil {
			return nil, err
		}
	}
	return transfer.Begin(ctx, m.to, cmp.Or(m.o.What, "copy"), m.o.Transfer)
}

// refuseFull refuses a target that has tables, and says which.
func (m *mover) refuseFull(ctx context.Context) error {
	found, err := m.to.Inspect(ctx, driver.InspectOptions{})
	if err != nil || len(found) == 0 {
		return err
	}
	if m.o.Transfer.Resume &&
		slices.ContainsFunc(found, func(t *schema.Table) bool { return t.Name == migrate.DefaultVersionTable }) {
		return dberr.New(dberr.AlreadyExists, "copy",
			"there is nothing to resume: what was copied into the target is finished; larder verify compares the two")
	}
	const most = 6
	var has []string
	for _, t := range found {
		n, err := query.One[int64](ctx, m.to, query.Select(query.CountAll().As("n")).From(t).Named("copy"))
		if err != nil {
			return err
		}
		if len(has) < most {
			has = append(has, fmt.Sprintf("%s (%d rows)", t.Name, n))
		}
	}
	if n := len(found) - len(has); n > 0 {
		has = append(has, fmt.Sprintf("%d more tables", n))
	}
	return dberr.New(dberr.AlreadyExists, "copy",
		"the target is not empty: it has "+strings.Join(has, ", ")+
			"; take an empty database, nothing of this one was changed")
}

// create makes the tables of the source's revision.
func (m *mover) create(ctx context.Context, run *transfer.Run) error {
	if !m.at.known {
		var found []*schema.Table
		for _, t := range m.src.Tables() {
			if !m.o.Transfer.Leave(t.Name) && (m.o.Transfer.Tables == nil || slices.Contains(m.o.Transfer.Tables, t.Name)) {
				found = append(found, t)
			}
		}
		shapes, err := transfer.Portable(found, tables.All())
		if err != nil {
			return err
		}
		return run.Create(ctx, shapes)
	}
	r, err := m.runner()
	if err != nil {
		return err
	}
	status, err := r.Status(ctx)
	if err != nil {
		return err
	}
	if m.at.head && (status.Empty || status.Unfinished) {
		err := fresh.Create(ctx, m.to, tables.All(), []string{tables.Head})
		if err != nil && !(status.Unfinished && errors.Is(err, dberr.ErrAlreadyExists)) {
			return err
		}
	}
	for table, lineage := range m.at.lineage {
		for _, id := range m.at.rows[table] {
			if err := m.upgrade(ctx, lineage, id); err != nil {
				return err
			}
		}
	}
	return m.createKept(ctx, run)
}

// createKept makes the tables of larder's own that the source has and that are
// made when they are needed: what revisions have put aside.
func (m *mover) createKept(ctx context.Context, run *transfer.Run) error {
	var kept []*schema.Table
	for _, t := range m.src.Tables() {
		if strings.HasPrefix(t.Name, "larder_") && !m.o.Transfer.Leave(t.Name) {
			kept = append(kept, t)
		}
	}
	shapes, err := transfer.Portable(kept, nil)
	if err != nil {
		return err
	}
	return run.Create(ctx, shapes)
}

func (m *mover) runner() (*migrate.Runner, error) {
	return migrate.New(migrate.Options{Engine: m.to, Lineages: Lineages(m.o.SameEmail), Events: m.o.Events,
		Snapshot: migrate.SnapshotNever, Build: m.o.Build, Logger: m.log})
}

// upgrade brings the target to a revision; of one lineage, or of all.
func (m *mover) upgrade(ctx context.Context, lineage, to string) error {
	r, err := m.runner()
	if err != nil {
		return err
	}
	if lineage != "" {
		if r, err = r.In(lineage); err != nil {
			return err
		}
	}
	_, err = r.Upgrade(ctx, to)
	return err
}

// Examine reads a source as [Copy] would and writes nothing; see
// transfer.Examine. The target need not exist.
func Examine(ctx context.Context, from, to *dburl.URL, o MoveOptions) (*transfer.Report, error) {
	return reading(ctx, from, &o, func(ctx context.Context, src transfer.Source) (*transfer.Report, error) {
		return ExamineSource(ctx, src, to, o)
	})
}

// ExamineSource is [Examine] with any source.
func ExamineSource(ctx context.Context, src transfer.Source, to *dburl.URL, o MoveOptions) (*transfer.Report, error) {
	dialect, ddl, full, err := lookAt(ctx, to, o.To)
	if err != nil {
		return nil, err
	}
	m, err := newMover(ctx, src, nil, o)
	if err != nil {
		return nil, err
	}
	if full != "" {
		m.log.Warn("the target is not empty, and a copy into it would be refused", "tables", full)
	}
	if m.o.Transfer.Target, err = m.targetTables(ddl); err != nil {
		return nil, err
	}
	return transfer.Examine(ctx, m.src, dialect, m.o.Transfer)
}

// targetTables are the tables that the target would have. Those of an earlier
// revision nobody has declared, so that they are what the source has.
func (m *mover) targetTables(ddl driver.DDL) ([]*schema.Table, error) {
	var all, found []*schema.Table
	if m.at.head {
		all = tables.All()
	}
	for _, t := range m.src.Tables() {
		if !m.o.Transfer.Leave(t.Name) && (!m.at.head || strings.HasPrefix(t.Name, "larder_")) {
			found = append(found, t)
		}
	}
	shapes, err := transfer.Portable(found, tables.All())
	if err != nil {
		return nil, err
	}
	all = append(all, shapes...)
	out := make([]*schema.Table, len(all))
	for i, t := range all {
		var err error
		if out[i], err = ddl.Normalize(t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// lookAt finds out what statements for a target are written in, whether it
// exists or not, and which tables it has.
func lookAt(ctx context.Context, u *dburl.URL, o engine.Options) (driver.Dialect, driver.DDL, string, error) {
	eng, err := openPart(ctx, u, o, true)
	if err == nil {
		defer eng.Close()
		found, err := eng.Inspect(ctx, driver.InspectOptions{})
		var has []string
		for _, t := range found {
			has = append(has, t.Name)
		}
		return eng.Dialect(), eng.DDL(), some(has), err
	}
	if !errors.Is(err, dberr.ErrNotFound) {
		return nil, nil, "", err
	}
	drivers := o.Drivers
	if drivers == nil {
		drivers = engines.All()
	}
	for _, d := range drivers {
		if off, ok := d.(driver.Offline); ok && slices.Contains(d.Backends(), u.Backend) {
			dialect, derr := d.Dialect(u)
			if derr != nil {
				return nil, nil, "", derr
			}
			ddl, derr := off.OfflineDDL(u)
			return dialect, ddl, "", derr
		}
	}
	return nil, nil, "", err
}

// Backup writes everything that is in a database into an archive, in one
// consistent moment, while it may be in use. The archive keeps each row as it
// is, whatever engine it came from; [Receive] restores it into any other one.
func Backup(ctx context.Context, from *dburl.URL, w io.Writer, o MoveOptions) (*transfer.Report, error) {
	eng, err := openPart(ctx, from, o.From, true)
	if err != nil {
		return nil, err
	}
	defer eng.Close()
	leave := o.Transfer.Leave
	o.Transfer.Leave = func(table string) bool { return bookkeeping(table) || leave != nil && leave(table) }
	var rep *transfer.Report
	err = transfer.Snapshot(ctx, eng, func(ctx context.Context, src transfer.Source) error {
		at, err := positionOf(ctx, src)
		if err != nil {
			return err
		}
		if src, err = o.chosen(ctx, src, at); err != nil {
			return err
		}
		o.Transfer.Tables = withMessages(o.Transfer.Tables, src)
		rep, err = transfer.Backup(ctx, src, w, transfer.About{Program: o.Build, Engine: eng.Version()}, o.Transfer)
		return err
	})
	return rep, err
}

// Verify compares a database with one into which it was copied with the same
// options; see transfer.Verify. Both are read only.
func Verify(ctx context.Context, from, to *dburl.URL, o MoveOptions) (*transfer.Report, error) {
	return reading(ctx, from, &o, func(ctx context.Context, src transfer.Source) (*transfer.Report, error) {
		return VerifySource(ctx, src, to, o)
	})
}

// VerifySource is [Verify] with any source.
func VerifySource(ctx context.Context, src transfer.Source, to *dburl.URL, o MoveOptions) (*transfer.Report, error) {
	eng, err := openPart(ctx, to, o.To, true)
	if err != nil {
		return nil, err
	}
	defer eng.Close()
	m, err := newMover(ctx, src, eng, o)
	if err != nil {
		return nil, err
	}
	rep, err := transfer.Verify(ctx, m.src, eng, m.o.Transfer)
	if err != nil || !m.at.known {
		return rep, err
	}
	var at position
	err = transfer.Snapshot(ctx, eng, func(ctx context.Context, there transfer.Source) error {
		var err error
		at, err = positionOf(ctx, there)
		return err
	})
	if err == nil && at.String() != m.at.String() {
		m.log.Warn("the two databases are at different revisions, so that tables may rightly differ", "from", m.at.String(),
			"to", at.String())
	}
	return rep, err
}
