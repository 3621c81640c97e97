package migrations_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/internal/testdb"
)

// Every database that Open WebUI left at a revision comes to the head with the
// schema and the rows that Open WebUI's own migrations give it, except for the
// differences of docs/upstream-differences.md.
func TestFixturesToTheHead(t *testing.T) {
	for n, id := range fixtures(t) {
		for _, e := range testdb.Engines() {
			if n%5 != 0 && e != testdb.SQLite && e != testdb.PostgreSQL && !everyFixture {
				continue // TestStairway takes each of them through the revisions
			}
			t.Run(id+"/"+e, func(t *testing.T) {
				t.Parallel()
				eng := atRevision(t, e, id)
				upgrade(t, eng, "head")
				golden := goldenHead(t, e, id)
				if golden == nil {
					return // Open WebUI fails: see TestRevision23ChannelMembers
				}
				if e == testdb.SQLite || e == testdb.PostgreSQL {
					want, got := live(t, golden), live(t, eng)
					sameSchema(t, "schema", want, got)
					sameOrder(t, "schema", want, got)
				}
				want, got := content(t, golden, true), content(t, eng, true)
				if e != testdb.SQLite && e != testdb.PostgreSQL {
					// Compared with SQLite, where two columns are made anew.
					for i, row := range want["user"] {
						want["user"][i] = strings.NewReplacer(`"info":"null"`, `"info":"NULL"`, `"settings":"null"`, `"settings":"NULL"`).Replace(row)
					}
				}
				wantDifferent(t, e, id, want)
				sameContent(t, "rows", want, got, nil)
			})
		}
	}
}

// wantDifferent makes of what Open WebUI does what is to be done.
func wantDifferent(t *testing.T, e, id string, want map[string][]string) {
	t.Helper()
	before := func(rev string) bool { return slices.Index(ids(), id) < slices.Index(ids(), rev) }
	if before("1af9b942657b") { // TestRevision06TagsOfOtherUsers
		want["tag"] = append(want["tag"], `{"id":"work_stuff","meta":"NULL","name":"work stuff","user_id":"u2"}`)
	}
	if before("4ace53fd72c8") && e != testdb.PostgreSQL { // TestRevision11FolderTimes
		for i, row := range want["folder"] {
			want["folder"][i] = strings.NewReplacer(`"created_at":"2023"`, `"created_at":"1700000000"`, `"updated_at":"2023"`, `"updated_at":"1700000000"`).Replace(row)
		}
	}
}

// goldenHead opens what Open WebUI made of a fixture; nil where it failed. The
// engines that it does not run on are compared with SQLite.
func goldenHead(t *testing.T, e, id string) *engine.Engine {
	t.Helper()
	dir := "testdata/revisions/" + id
	if _, err := os.Stat(dir + "/pg.head.sql.gz"); err != nil {
		return nil
	}
	if e == testdb.PostgreSQL {
		return postgres(t, dir+"/pg.head.sql.gz")
	}
	return sqliteFile(t, dir+"/webui.head.db.gz")
}

// A database that an upgrade by Open WebUI has left half-way is finished: at
// revision 22, with some of the columns of the next one.
func TestHalfAppliedIsFinished(t *testing.T) {
	eng := sqliteFile(t, "testdata/revisions/018012973d35/webui.head.db.gz")
	var columns []string
	for _, tab := range live(t, eng) {
		if tab.Name == "channel_member" {
			for _, c := range tab.Columns {
				columns = append(columns, c.Name)
			}
		}
	}
	if !slices.Contains(columns, "is_channel_pinned") || slices.Contains(columns, "joined_at") {
		t.Fatalf("the database is not half-way: channel_member has %v", columns)
	}
	upgrade(t, eng, "head")
	whole := sqliteFile(t, "testdata/revisions/018012973d35/webui.db.gz")
	upgrade(t, whole, "head")
	sameSchema(t, "finished", live(t, whole), live(t, eng))
	sameContent(t, "finished", content(t, whole, true), content(t, eng, true), nil)
}
