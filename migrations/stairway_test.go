package migrations_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/larder-db/larder/engine/enginetest"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/internal/testdb"
)

// losses are the tables whose rows are not what they were when a revision was
// done and undone, and why: the revision declares it.
var losses = map[string]map[string]string{
	"c1d2e3f4a5b6": {"chat_message": "rows of messages of snapshots; the snapshots have the messages"},
}

// Every revision: up, down, up, on the rows of the nearest fixture before it.
// The schema after the way down is the one before the way up, and so are the
// rows, except for what the revision declares as lost.
func TestStairway(t *testing.T) {
	order, at := ids(), fixtures(t)
	for i, id := range at {
		from := slices.Index(order, id)
		to := len(order) - 1
		if i+1 < len(at) {
			to = slices.Index(order, at[i+1])
		}
		for _, e := range testdb.Engines() {
			t.Run(id+"/"+e, func(t *testing.T) {
				t.Parallel()
				climb(t, atRevision(t, e, id), order[from:to+1])
			})
		}
	}
}

// The first two revisions, which no fixture comes before.
func TestStairwayFromNothing(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		climb(t, eng, append([]string{"base"}, ids()[:2]...))
	})
}

// climb goes from the first revision to the last, and back and forth at each.
func climb(t *testing.T, eng *engine.Engine, revisions []string) {
	for i, id := range revisions[1:] {
		schemaBefore, before := live(t, eng), content(t, eng, false)
		upgrade(t, eng, id)
		schemaAfter, after := live(t, eng), content(t, eng, true)
		downgrade(t, eng, revisions[i])
		lost := losses[id]
		sameSchema(t, "down from "+id, schemaBefore, live(t, eng))
		now := content(t, eng, false)
		maps.DeleteFunc(before, func(table string, _ []string) bool { return lost[table] != "" })
		maps.DeleteFunc(now, func(table string, _ []string) bool { return lost[table] != "" })
		sameContent(t, "down from "+id, before, now, nil)
		upgrade(t, eng, id)
		sameSchema(t, "up again to "+id, schemaAfter, live(t, eng))
		again := content(t, eng, true)
		maps.DeleteFunc(after, func(table string, _ []string) bool { return lost[table] != "" })
		maps.DeleteFunc(again, func(table string, _ []string) bool { return lost[table] != "" })
		sameContent(t, "up again to "+id, after, again, nil)
	}
}
