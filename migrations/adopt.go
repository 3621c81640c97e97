package migrations

import (
	"context"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
)

// Databases from before this history have one of another kind, whose last step
// is where revision 1 takes over.
const (
	oldHistory  = "migratehistory"
	oldLastStep = "018_add_function_is_global"
)

// adopting lets the first revision look at what is there already.
func adopting(first migrate.Revision) migrate.Revision {
	first.Preflight = adoptable
	return first
}

// adoptable stops where there are tables that revision 1 cannot take over: its
// upgrade makes the tables that are missing and believes the others, and what
// follows would fail half-way, or change what it does not know.
func adoptable(ctx context.Context, p *migrate.Preflight) error {
	own := tablesOf(rev01)
	there := slices.DeleteFunc(slices.Clone(own), func(name string) bool { return p.Table(name) == nil })
	if p.Table(oldHistory) != nil && len(there) > 0 {
		rows, err := op.Get(ctx, p, "SELECT {name} FROM {"+oldHistory+"} ORDER BY {id}")
		if err != nil {
			return err
		}
		last := "none"
		for _, r := range rows {
			if last = r.Text("name"); last == oldLastStep {
				return nil
			}
		}
		p.Stop(dberr.SchemaMismatch, "the database was made by an Open WebUI older than this history, and its own one (table "+oldHistory+") ends at "+last+
			" instead of "+oldLastStep+"; start an Open WebUI from 0.4 to 0.6 on it once, which finishes that, and upgrade again")
		return nil
	}
	var later []string
	for _, name := range laterTables() {
		if name != keptTable && !slices.Contains(own, name) && p.Table(name) != nil {
			later = append(later, name)
		}
	}
	if len(later) > 0 {
		const most = 5
		list := strings.Join(later[:min(len(later), most)], ", ")
		p.Stop(dberr.SchemaMismatch, "the database says of no revision that it is at it, and has tables that later ones make ("+list+
			"); if Open WebUI made them, record the revision with stamp, else name an empty database")
	}
	return nil
}

// laterTables are the tables that revisions behind the first one make.
func laterTables() []string {
	var out []string
	for _, r := range History(Options{})[1:] {
		out = append(out, tablesOf(r)...)
	}
	return out
}

func tablesOf(r migrate.Revision) []string {
	ops, err := op.Record(r.Upgrade)
	if err != nil {
		return nil // a test records all of them
	}
	var out []string
	for _, o := range ops {
		if c, ok := o.(op.CreateTable); ok {
			out = append(out, c.Table.Name)
		}
	}
	return out
}
