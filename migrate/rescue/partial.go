package rescue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/migrate/history"
	"github.com/larder-db/larder/migrate/ledger"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
)

// Partial is a revision that another program began and did not finish: parts of
// it are in the database, and the version table does not have it. What this
// program begins itself is in its journal; see status.HalfApplied.
type Partial struct {
	Lineage  string   `json:"lineage"`
	Current  []string `json:"current"` // where the version table says the database is; empty at base
	Revision string   `json:"revision"`
	Doc      string   `json:"doc,omitempty"`
	Present  []string `json:"stands"`  // what of it is there, one phrase each: "table notes", "column users.bio"
	Missing  []string `json:"missing"` // what is not; empty when all of its schema is there

	Parts []Part `json:"-"`
}

// mostNamed is how many things a sentence lists.
const mostNamed = 12

// String is one sentence: what is there, what is not, and the way out.
func (x Partial) String() string {
	at := "base"
	if len(x.Current) > 0 {
		at = strings.Join(x.Current, ", ")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "another program was cut off in revision %s (%s): the database is recorded at %s and has ",
		x.Revision, x.Lineage, at)
	if len(x.Missing) == 0 {
		fmt.Fprintf(&b, "all of its schema (%s)", few(x.Present))
	} else {
		fmt.Fprintf(&b, "%s; missing: %s", few(x.Present), few(x.Missing))
	}
	b.WriteString("; finish it with repair or upgrade, or take it back with repair --undo")
	return b.String()
}

func few(phrases []string) string {
	if n := len(phrases) - mostNamed; n > 0 {
		return strings.Join(phrases[:mostNamed], ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(phrases, ", ")
}

// Part is something that a revision makes or takes away.
type Part struct {
	Text    string
	Present bool
	// Back takes it away again, where it is present.
	Back []op.Op
	// Table, and Column in it, must hold nothing for that; empty when it does
	// not matter. Column is as the revision makes it; nil is the whole table.
	Table  string
	Column *schema.Column
	// Final says why nothing brings back what was there before.
	Final string
}

// FindPartial looks for revisions that are not recorded and of which parts are
// in the database. The schema that the history makes up to the recorded
// revisions, and from there on, is worked out from what revisions record; live
// is the only thing that was read. A history that cannot be followed that way
// has no findings.
func FindPartial(set *history.Set, l *ledger.Ledger, live *op.State) []Partial {
	var out []Partial
	for _, m := range set.Selected() {
		// Without a version table nobody has begun anything: tables are then
		// those of a time before the history.
		ours := slices.ContainsFunc(l.Journal, func(e ledger.Entry) bool { return e.Lineage == m.Name })
		if ours || !l.Exists[ledger.VersionOf(m).String()] {
			continue
		}
		rows := l.Rows[m.Name]
		steps, err := m.Steps(rows, history.Up, "heads")
		if err != nil || len(steps) == 0 {
			continue
		}
		from, err := set.Replay(m, rows)
		if err != nil {
			continue
		}
		scan := &halfDoneScan{set: set, owns: Owns(set, m), base: from.State, now: from.State.Clone(), live: live}
		for _, st := range steps {
			parts, err := scan.revision(st)
			if err != nil {
				break
			}
			if x := partialOf(parts); x != nil {
				x.Lineage, x.Current, x.Revision, x.Doc = m.Name, slices.Clone(rows), st.ID(), st.Revision.Doc
				out = append(out, *x)
			}
		}
	}
	return out
}

// partialOf is nil when no part is there.
func partialOf(parts []Part) *Partial {
	x := &Partial{Present: []string{}, Missing: []string{}, Parts: parts}
	for _, p := range parts {
		if p.Present {
			x.Present = append(x.Present, p.Text)
		} else {
			x.Missing = append(x.Missing, p.Text)
		}
	}
	if len(x.Present) == 0 {
		return nil
	}
	return x
}
