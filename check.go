package larder

import (
	"context"
	"fmt"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/tables"
)

// check looks whether everything is in order, and says what to do when not.
func (d *Database) check(ctx context.Context) error {
	fail := func(what string) error {
		return dberr.New(dberr.SchemaMismatch, "open",
			"the database "+what+"; nothing was changed, because of "+d.o.Wording.Mode)
	}
	eng, _, _ := d.now()
	if eng == nil {
		return fail("does not exist yet; run larder migrate upgrade head, or " + d.o.Wording.Auto + ", which creates it")
	}
	r, err := d.runner(eng)
	if err != nil {
		return err
	}
	at, err := r.Status(ctx)
	if err != nil {
		return err
	}
	if !at.AtHead() {
		what := notAtHead(at)
		if at.Pending > 0 && !at.Empty {
			what += fmt.Sprintf(" (%d revisions to apply)", at.Pending)
		}
		return fail(what + "; run larder migrate upgrade head (larder migrate plan shows what it does), or " +
			d.o.Wording.Auto)
	}
	found, err := r.Check(ctx)
	if err != nil {
		return err
	}
	if found.OK() {
		return nil
	}
	var text strings.Builder
	if err := found.WriteText(&text); err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	more := ""
	if len(lines) > 1 {
		more = fmt.Sprintf(" and %d more", len(lines)-1)
	}
	return fail("is not in order (" + lines[0] + more + "); see larder migrate check")
}

// notAtHead says where a database stands: "is empty".
func notAtHead(at *migrate.Status) string {
	switch {
	case at.Empty:
		return "is empty"
	case at.Unfinished:
		return "was being created when that was cut off"
	case at.HalfApplied:
		return "stands in the middle of a revision"
	case revisionOf(at) == "":
		return "has tables and no revision"
	}
	return "is at revision " + revisionOf(at) + " and this program serves revision " + tables.Head
}
