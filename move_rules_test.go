package larder_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer"
	"github.com/larder-db/larder/transfer/canon"
	"github.com/larder-db/larder/transfer/policy"
)

// spoiled is a file with everything in it that SQLite takes and others do not.
func spoiled(t *testing.T) *dburl.URL {
	t.Helper()
	u := unpacked(t, small)
	db, err := sql.Open("sqlite", u.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	chat := "INSERT INTO chat (id, user_id, title, created_at, updated_at, archived, pinned, meta, chat) VALUES "
	for _, s := range []string{
		chat + `('bad-nul', 'u', 'a' || char(0) || 'b', 1, 1, 0, 0, '{}', '{}')`,
		chat + `('bad-nul-json', 'u', 't', 1, 1, 0, 0, '{}', '{"a":"x\u0000y","b":"\\u0000"}')`,
		chat + `('bad-surrogate', 'u', 't', 1, 1, 0, 0, '{}', '{"a":"\ud83d","b":"\ud83d\ude00"}')`,
		chat + `('bad-utf8', 'u', CAST(x'61ff62' AS TEXT), 1, 1, 0, 0, '{}', '{}')`,
		chat + `('bad-json', 'u', 't', 1, 1, 0, 0, '{}', '{not json')`,
		chat + `('bad-nan', 'u', 't', 1, 1, 0, 0, '{}', '{"a": NaN, "b": "NaN"}')`,
		chat + `('bad-two', 'u', 't', 1, 1, 2, 'true', '{}', '{}')`,
		chat + `('bad-int', 'u', 't', CAST('17' AS BLOB), 1, 0, 0, '{}', '{}')`,
		chat + `('bad-fraction', 'u', 't', 1.5, 1, 0, 0, '{}', '{}')`,
		chat + `('bad-nul-owner', 'u' || char(0), 't', 1, 1, 0, 0, '{}', '{}')`,
		chat + `('bad-nul-name', 'u', 't', 1, 1, 0, 0, '{}', '{"a\u0000":1}')`,
		chat + `('bad-cesu', 'u', CAST(x'61eda0bdedb88062' AS TEXT), 1, 1, 0, 0, '{}', '{}')`,
		chat + `('bad-cut', 'u', CAST(x'61f09f98' AS TEXT), 1, 1, 0, 0, '{}', '{}')`,
		chat + `('bad-low-surrogate', 'u', 't', 1, 1, 0, 0, '{}', '["\ude00\ud83d"]')`,
		chat + `('bad-surrogate-name', 'u', 't', 1, 1, 0, 0, '{}', '{"\ud800":1}')`,
		chat + `('bad-blob', 'u', x'61ff', 1, 1, 0, 0, '{}', '{}')`,
		chat + `('bad-utf8-json', 'u', 't', 1, 1, 0, 0, '{}', CAST(x'7b2261223a22ff227d' AS TEXT))`,
		chat + `('bad-empty', 'u', 't', 1, 1, 0, 0, '{}', '')`,
		chat + `('bad-infinity', 'u', 't', 1, 1, 0, 0, '[-Infinity, Infinity]', '{}')`,
		chat + `('bad-float', 'u', 't', 1, 1, 0, 0, 9e999, '{}')`,
		chat + `('bad-comma', 'u', 't', 1, 1, 0, 0, '{}', '{"a":1,}')`,
		chat + `('bad-mark', 'u', 't', 1, 1, 0, 0, '{}', char(65279) || '{}')`,
		chat + `('bad-quotes', 'u', 't', 1, 1, 0, 0, '{}', '{''a'':1}')`,
		chat + `('bad-more', 'u', 't', 1, 1, 0, 0, '{}', '{} {}')`,
		chat + `('bad-huge', 'u', 't', 1, 1, 0, 0, '{}', '{"a":1e999}')`,
		chat + `('bad-yes', 'u', 't', 1, 1, 'yes', 0.5, '{}', '{}')`,
		chat + `('bad-byte', 'u', 't', 1, 1, -1, '', '{}', '{}')`,
		chat + `('bad-real', 'u', 't', 1e300, 1, 0, 0, '{}', '{}')`,
		chat + `('bad-text', 'u', 't', 'today', 1, 0, 0, '{}', '{}')`,
		chat + `('fine-blob', 'u', CAST('text' AS BLOB), 1, 1, 0, 0, CAST('{}' AS BLOB), '{"a":1,"a":2}')`,
		`INSERT INTO user (id, name, email, role, profile_image_url, last_active_at, updated_at, created_at, date_of_birth) VALUES
			('bad-day', 'n', 'day@example.com', 'user', '', 1, 1, 1, '2026-02-30'), ('bad-zero', 'n', 'zero@example.com', 'user', '', 1, 1, 1, '0000-00-00'),
			('bad-year', 'n', 'year@example.com', 'user', '', 1, 1, 1, '12026-01-01'), ('bad-number', 'n', 'number@example.com', 'user', '', 1, 1, 1, 17)`,
		`INSERT INTO user (id, name, email, role, profile_image_url, last_active_at, updated_at, created_at) VALUES
			('bad-1', 'n', 'Ärger@example.com', 'user', '', 1, 1, 1), ('bad-2', 'n', 'ärger@example.com', 'user', '', 1, 1, 1)`,
		`INSERT INTO chat_message (id, chat_id, user_id, role, created_at, updated_at) VALUES ('bad-orphan', 'nowhere', 'u', 'user', 1, 1)`,
		`INSERT INTO knowledge_directory (id, knowledge_id, parent_id, name, user_id, created_at, updated_at)
			SELECT 'bad-dir', id, 'nowhere', 'x', 'u', 1, 1 FROM knowledge LIMIT 1`,
		`CREATE TABLE stranger (id INTEGER PRIMARY KEY, what TEXT)`,
		`INSERT INTO stranger VALUES (1, 'x'), (2, 'y')`,
		`ALTER TABLE note ADD COLUMN shoe TEXT`,
		`UPDATE note SET shoe = 'left'`,
	} {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	deep := strings.Repeat("[", 1500) + strings.Repeat("]", 1500)
	if _, err := db.ExecContext(t.Context(), chat+`('bad-deep', 'u', 't', 1, 1, 0, 0, '{}', ?)`, deep); err != nil {
		t.Fatal(err)
	}
	return u
}

// broken are the classes of the rows of spoiled, by key; a row of note stands
// for all of them.
var broken = map[string][]canon.Class{
	"bad-nul": {canon.NUL}, "bad-nul-json": {canon.NUL}, "bad-surrogate": {canon.Encoding}, "bad-utf8": {canon.Encoding},
	"bad-json": {canon.InvalidJSON}, "bad-nan": {canon.InvalidJSON}, "bad-two": {canon.Booleans, canon.Booleans},
	"bad-int": {canon.Numbers}, "bad-fraction": {canon.Numbers}, "bad-2": {canon.Duplicates}, "bad-orphan": {canon.Orphans},
	"bad-dir": {canon.Orphans}, "bad-deep": {canon.JSONLimits},
	"bad-nul-owner": {canon.NUL}, "bad-nul-name": {canon.NUL}, "bad-cesu": {canon.Encoding}, "bad-cut": {canon.Encoding},
	"bad-low-surrogate": {canon.Encoding}, "bad-surrogate-name": {canon.Encoding}, "bad-blob": {canon.Encoding}, "bad-utf8-json": {canon.Encoding},
	"bad-empty": {canon.InvalidJSON}, "bad-infinity": {canon.InvalidJSON}, "bad-float": {canon.InvalidJSON}, "bad-comma": {canon.InvalidJSON},
	"bad-mark": {canon.InvalidJSON}, "bad-quotes": {canon.InvalidJSON}, "bad-more": {canon.InvalidJSON},
	"bad-yes": {canon.Booleans, canon.Booleans}, "bad-byte": {canon.Booleans, canon.Booleans}, "bad-real": {canon.Numbers}, "bad-text": {canon.Numbers},
	"bad-day": {canon.Times}, "bad-zero": {canon.Times}, "bad-year": {canon.Times}, "bad-number": {canon.Times},
}

// notMended are rows of spoiled that no repair can do anything about.
var notMended = []string{"bad-byte", "bad-fraction", "bad-real", "bad-text"}

// file is a quarantine file in memory.
type file struct{ bytes.Buffer }

func (*file) Close() error { return nil }

func TestTheDryRunNamesEachRowThatDoesNotFit(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		from, to := spoiled(t), parsed(t, db.URL)
		rep, err := larder.Examine(t.Context(), from, to, larder.MoveOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][]canon.Class{}
		for _, tab := range rep.Tables {
			for _, r := range tab.Rows {
				key := strings.TrimSuffix(strings.TrimPrefix(r.Key, `{"id":"`), `"}`)
				for _, p := range r.Problems {
					if tab.Table == "note" && p.Class == canon.Unknown && p.Column == "shoe" {
						continue
					}
					got[key] = append(got[key], p.Class)
				}
			}
			if tab.Table == "stranger" && tab.Refused != 2 {
				t.Errorf("the table that the target does not have: %+v", tab)
			}
		}
		want := maps.Clone(broken)
		if _, err := opened(t, to).Dialect().Encode(schema.Type{Kind: schema.JSON}, "1e999"); err != nil { // others keep it as text
			want["bad-huge"] = []canon.Class{canon.JSONLimits}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		_, err = larder.Copy(t.Context(), from, to, larder.MoveOptions{})
		if !errors.Is(err, dberr.ErrSchemaMismatch) || !strings.Contains(err.Error(), "stranger") {
			t.Errorf("a copy without rules: %v", err)
		}
	})
}

func TestWhatStaysBehindAndWhatArrivesAreTheSource(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		for _, way := range []policy.Action{policy.Repair, policy.Skip} {
			t.Run(string(way), func(t *testing.T) {
				from, to := spoiled(t), parsed(t, testdb.New(t, db.Engine).URL)
				rules := policy.Rules{}
				for _, c := range canon.Classes() {
					rules[c] = way
					if !slices.Contains(policy.Actions(c), way) {
						rules[c] = policy.Skip
					}
				}
				rules[canon.Orphans] = policy.Skip // a message without a chat is none
				var lines file
				o := larder.MoveOptions{}
				o.Transfer.Rules = rules
				o.Transfer.Quarantine = func() (io.WriteCloser, error) { return &lines, nil }
				if way == policy.Repair {
					if got := refused(t, from, to, o); !slices.Equal(got, notMended) {
						t.Errorf("%v cannot be repaired, not %v", got, notMended)
					}
					_, err := larder.Copy(t.Context(), from, to, o)
					if !errors.Is(err, dberr.ErrInvalid) || !strings.Contains(err.Error(), notMended[0]) ||
						!strings.Contains(err.Error(), "can only be skipped") {
						t.Fatalf("%v", err)
					}
					spoilNothing(t, from, "DELETE FROM chat WHERE id IN ('"+strings.Join(notMended, "', '")+"')")
					to = parsed(t, testdb.New(t, db.Engine).URL)
					lines.Reset()
				}
				rep, err := larder.Copy(t.Context(), from, to, o)
				if err != nil {
					t.Fatal(err)
				}
				if rep.Clean() {
					t.Error("the report says that all went as it was")
				}
				sumsUp(t, from, to, lines.Bytes())
				if rep, err := larder.Verify(t.Context(), from, to, o); err != nil || rep.Totals().Refused > 0 {
					t.Errorf("%v, %+v", err, rep.Totals())
				}
			})
		}
	})
}

// refused are the keys of the rows that would end a copy, in order.
func refused(t *testing.T, from, to *dburl.URL, o larder.MoveOptions) []string {
	t.Helper()
	rep, err := larder.Examine(t.Context(), from, to, o)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, tab := range rep.Tables {
		for _, r := range tab.Rows {
			if slices.ContainsFunc(r.Problems, func(p policy.Problem) bool { return p.Action == policy.Fail }) {
				out = append(out, strings.TrimSuffix(strings.TrimPrefix(r.Key, `{"id":"`), `"}`))
			}
		}
	}
	slices.Sort(out)
	return out
}

// What becomes of a row may hang on one that comes later, and keys may be the
// same in the target alone; the dry run says what the copy does.
func TestRowsThatHangOnOthers(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		from := unpacked(t, small)
		directory := "INSERT INTO knowledge_directory (id, knowledge_id, parent_id, name, user_id, created_at, updated_at) SELECT "
		chat := "INSERT INTO chat (id, user_id, title, created_at, updated_at, archived, pinned, meta, chat) VALUES "
		message := "INSERT INTO chat_message (id, chat_id, user_id, role, created_at, updated_at) VALUES "
		for _, s := range []string{
			directory + "'bad-a', id, 'bad-b', 'a', 'u', 1, 1 FROM knowledge LIMIT 1", // its parent stays behind, because of
			directory + "'bad-b', id, 'bad-c', 'b', 'u', 1, 1 FROM knowledge LIMIT 1",
			directory + "'bad-c', id, NULL, 'c' || char(0), 'u', 1, 1 FROM knowledge LIMIT 1", // this one
			chat + "('same', 'u', 't', 1, 1, 0, 0, '{}', '{}'), (CAST('same' AS BLOB), 'u', 't', 1, 1, 0, 0, '{}', '{}')",
			chat + "('one' || char(0), 'u', 't', 1, 1, 0, 0, '{}', '{}'), ('one', 'u', 't', 1, 1, 0, 0, '{}', '{}')",
			message + "('fine-1', 'same', 'u', 'user', 1, 1), ('fine-2', 'one', 'u', 'user', 1, 1)",
		} {
			spoilNothing(t, from, s)
		}
		to := parsed(t, db.URL)
		o := larder.MoveOptions{Transfer: transfer.Options{Rules: policy.Rules{canon.NUL: policy.Skip}}}
		if got := refused(t, from, to, o); !slices.Equal(got, []string{"bad-b", "same"}) {
			t.Errorf("without rules for orphans and duplicates %v are refused", got)
		}
		for _, rules := range []policy.Rules{
			{canon.NUL: policy.Skip, canon.Orphans: policy.Skip, canon.Duplicates: policy.Skip},
			{canon.NUL: policy.Repair, canon.Orphans: policy.Repair, canon.Duplicates: policy.Skip},
			{canon.NUL: policy.Skip, canon.Orphans: policy.Repair, canon.Duplicates: policy.Skip},
		} {
			var lines file
			o.Transfer.Rules = rules
			o.Transfer.Quarantine = func() (io.WriteCloser, error) { return &lines, nil }
			to := parsed(t, testdb.New(t, db.Engine).URL)
			foreseen, err := larder.Examine(t.Context(), from, to, o)
			if err != nil {
				t.Fatal(err)
			}
			rep, err := larder.Copy(t.Context(), from, to, o)
			if err != nil {
				t.Fatalf("%v: %v", rules, err)
			}
			want, got := foreseen.Totals(), rep.Totals()
			if got.Skipped != want.Skipped || got.Repaired != want.Repaired || got.Written != want.Written ||
				!maps.Equal(got.Problems, want.Problems) {
				t.Errorf("%v: foreseen was %+v, and it was %+v", rules, want, got)
			}
			if n := strings.Count(lines.String(), "\n"); int64(n) != got.Skipped+got.Repaired {
				t.Errorf("%v: %d lines", rules, n)
			}
			arrived := rowsOf(t, to)
			if arrived["chat_message"][`{"id":"fine-1"}`] == "" || arrived["chat_message"][`{"id":"fine-2"}`] == "" {
				t.Errorf("%v: a message of a chat that went stayed behind", rules)
			}
			if rep, err := larder.Verify(t.Context(), from, to, o); err != nil || rep.Totals().Refused > 0 {
				t.Errorf("%v, %+v", err, rep.Totals())
			}
		}
	})
}

func spoilNothing(t *testing.T, u *dburl.URL, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", u.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// rowsOf are all rows of a database by table and key, as lines.
func rowsOf(t *testing.T, u *dburl.URL) map[string]map[string]string {
	t.Helper()
	eng, err := engine.OpenURL(t.Context(), u, engine.Options{Drivers: engines.All(), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	out := map[string]map[string]string{}
	err = transfer.Snapshot(t.Context(), eng, func(ctx context.Context, src transfer.Source) error {
		for _, tab := range src.Tables() {
			for row, err := range src.Rows(ctx, tab) {
				if err != nil {
					return err
				}
				for i, c := range tab.Columns {
					row[i], _ = canon.Read(c.Type, row[i])
				}
				l := policy.LineOf(tab, row, policy.Goes, nil)
				fields := map[string]string{}
				for _, n := range slices.Sorted(maps.Keys(l.Row)) {
					fields[n] = string(l.Row[n])
				}
				text := ""
				for _, n := range slices.Sorted(maps.Keys(fields)) {
					if n != "shoe" {
						text += n + "=" + fields[n] + " "
					}
				}
				if out[tab.Name] == nil {
					out[tab.Name] = map[string]string{}
				}
				out[tab.Name][l.KeyText()] = text
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// sumsUp fails unless every row of the source has arrived as it was, or is a
// line, complete; and nothing else has arrived.
func sumsUp(t *testing.T, from, to *dburl.URL, lines []byte) {
	t.Helper()
	want, got := rowsOf(t, from), rowsOf(t, to)
	kept := map[string]map[string]policy.Line{}
	for l, err := range policy.ReadLines(bytes.NewReader(lines)) {
		if err != nil {
			t.Fatal(err)
		}
		if kept[l.Table] == nil {
			kept[l.Table] = map[string]policy.Line{}
		}
		kept[l.Table][l.KeyText()] = l
	}
	for table, rows := range want {
		for key, row := range rows {
			l, isLine := kept[table][key]
			arrived, there := got[table][key]
			delete(got[table], key)
			switch {
			case !isLine && (!there || arrived != row):
				t.Errorf("%s %s is neither a line nor in the target as it was", table, key)
			case isLine && there == (l.Action == policy.Skipped):
				t.Errorf("%s %s: %s, and in the target: %v", table, key, l.Action, there)
			case isLine:
				text := ""
				for _, n := range slices.Sorted(maps.Keys(l.Row)) {
					if n != "shoe" {
						text += n + "=" + string(l.Row[n]) + " "
					}
				}
				if text != row && !strings.HasPrefix(key, `{"id":"bad-`) {
					t.Errorf("%s %s: the line has %s, the source %s", table, key, text, row)
				}
			}
		}
		if len(got[table]) > 0 {
			t.Errorf("%s: the target has rows that the source has not: %v", table, slices.Collect(maps.Keys(got[table])))
		}
	}
}

func TestMendedRowsArePutInLater(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		from, to := spoiled(t), parsed(t, db.URL)
		var lines file
		o := larder.MoveOptions{}
		o.Transfer.Rules = policy.Rules{}
		for _, c := range canon.Classes() {
			o.Transfer.Rules[c] = policy.Skip
		}
		o.Transfer.Quarantine = func() (io.WriteCloser, error) { return &lines, nil }
		if _, err := larder.Copy(t.Context(), from, to, o); err != nil {
			t.Fatal(err)
		}
		eng, err := engine.OpenURL(t.Context(), to, engine.Options{Drivers: engines.All()})
		if err != nil {
			t.Fatal(err)
		}
		defer eng.Close()
		apply := func(text string) *transfer.Applied {
			t.Helper()
			done, err := transfer.ApplyQuarantine(t.Context(), eng, strings.NewReader(text), nil)
			if err != nil {
				t.Fatal(err)
			}
			return done
		}
		text := lines.String()
		// SQLite itself does not mind the e-mail in another case.
		if done := apply(text); done.Inserted > 1 || done.Refused < 14 || len(done.Refusals) < 14 {
			t.Errorf("nothing was mended: %+v", done)
		}
		mended := strings.NewReplacer(`"{not json"`, `"{}"`, `"chat_id":"nowhere"`, `"chat_id":"bad-json"`).Replace(text)
		if done := apply(mended); done.Inserted != 2 {
			t.Errorf("%+v", done)
		}
		if done := apply(mended); done.Inserted != 0 {
			t.Errorf("again: %+v", done)
		}
		got := rowsOf(t, to)
		if got["chat"][`{"id":"bad-json"}`] == "" || got["chat_message"][`{"id":"bad-orphan"}`] == "" {
			t.Error("the mended rows are not there")
		}
	})
}

func TestACopyThatARowHasEndedGoesOnWithARuleForIt(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		from, to := unpacked(t, small), parsed(t, db.URL)
		spoilNothing(t, from, `INSERT INTO chat_message (id, chat_id, user_id, role, created_at, updated_at) VALUES ('zz', 'nowhere', 'u', 'user', 1, 1)`)
		if _, err := larder.Copy(t.Context(), from, to, larder.MoveOptions{}); !errors.Is(err, dberr.ErrInvalid) {
			t.Fatal(err)
		}
		var lines file
		o := larder.MoveOptions{}
		o.Transfer.Resume = true
		o.Transfer.Rules = policy.Rules{canon.Orphans: policy.Skip}
		o.Transfer.Quarantine = func() (io.WriteCloser, error) { return &lines, nil }
		rep, err := larder.Copy(t.Context(), from, to, o)
		if err != nil {
			t.Fatal(err)
		}
		if rep.Restarted || rep.Totals().Skipped != 1 || strings.Count(lines.String(), "\n") != 1 {
			t.Errorf("%+v %s", rep.Totals(), lines.String())
		}
		sumsUp(t, from, to, lines.Bytes())
	})
}
