package larder_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/transfer/archive"
)

// counts are how many rows each table has that has some.
func counts(rows map[string][]string) map[string]int {
	out := map[string]int{}
	for table, all := range rows {
		if len(all) > 0 {
			out[table] = len(all)
		}
	}
	return out
}

// Some users go with what is theirs, and with what others wrote in it, to any
// engine and into an archive; everything else stays behind.
func TestOnlySomeUsers(t *testing.T) {
	from := unpacked(t, small)
	all := dump(t, from)
	ada := map[string]int{"user": 1, "auth": 1, "api_key": 1, "file": 1, "calendar": 1, "function": 1,
		"function_history": 1, "prompt": 1, "prompt_history": 2,
		"tool": 1, "tool_history": 2, "skill": 1, "skill_history": 1, "model": 1, "model_history": 2, "knowledge": 1, "knowledge_directory": 2,
		"channel": 1, "channel_member": 2, "channel_webhook": 1, "message": 2, "message_reaction": 1,
		"access_grant": 3} // for everybody; not the two of a knowledge base for bob
	bob := map[string]int{"user": 1, "auth": 1, "api_key": 1, "file": 1, "calendar": 1, "chat": 73, "chat_message": 422,
		"shared_chat": 1, "tag": 4, "memory": 1,
		"feedback": 1, "note": 1, "pinned_note": 1}
	everybody := counts(all)
	for _, table := range []string{"config", "group", "group_member"} {
		delete(everybody, table)
	}
	for _, c := range []struct {
		who  []string
		want map[string]int
	}{
		{[]string{"49b0bb81-120a-47a6-858d-109ca89732a0"}, ada},
		{[]string{"Bob@Example.com"}, bob},
		{[]string{"ada@example.com", "bob@example.com", "dede@example.com", "23231813-1a1d-4386-b5bc-2ba35f2a1340"}, everybody},
	} {
		o := larder.MoveOptions{OnlyUsers: c.who}
		for _, to := range chain(t) {
			t.Run(c.who[0]+" to "+to.Backend, func(t *testing.T) {
				if _, err := larder.Copy(t.Context(), from, to, o); err != nil {
					t.Fatal(err)
				}
				got := dump(t, to)
				want := maps.Clone(c.want)
				want["alembic_version"] = 1
				if diff := cmp.Diff(want, counts(got)); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
				rep, err := larder.Verify(t.Context(), from, to, o)
				if err != nil || !rep.Clean() {
					t.Errorf("compared with the same users: %v, %v", err, rep)
				}
				if rep, err := larder.Verify(t.Context(), from, to, larder.MoveOptions{}); err != nil || rep.Clean() {
					t.Errorf("compared with everything: %v", err)
				}
			})
		}
		var file bytes.Buffer
		if _, err := larder.Backup(t.Context(), from, &file, o); err != nil {
			t.Fatal(err)
		}
		a, err := archive.Open(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		to := parsed(t, "sqlite:///"+t.TempDir()+"/restored.db")
		if _, err := larder.Receive(t.Context(), a, to, larder.MoveOptions{}); err != nil {
			t.Fatal(err)
		}
		rest := dump(t, to)
		for table, rows := range rest {
			for _, row := range rows {
				if !slices.Contains(all[table], row) {
					t.Errorf("%s has a row that is none of the source: %s", table, row)
				}
			}
		}
		want := maps.Clone(c.want)
		want["alembic_version"] = 1
		if diff := cmp.Diff(want, counts(rest)); diff != "" {
			t.Errorf("rows by way of an archive (-want +got):\n%s", diff)
		}
	}
}

// Nothing is made for users that are not there.
func TestOnlyUsersThatAreThere(t *testing.T) {
	from := unpacked(t, small)
	for _, who := range [][]string{{"eve@example.com"}, {"bob@example.com", "eve@example.com"}, {""}, {}} {
		to := parsed(t, "sqlite:///"+t.TempDir()+"/new.db")
		_, err := larder.Copy(t.Context(), from, to, larder.MoveOptions{OnlyUsers: who})
		if err == nil || dberr.CodeOf(err) != dberr.NotFound && dberr.CodeOf(err) != dberr.Invalid ||
			strings.Contains(err.Error(), "bob@") {
			t.Errorf("%q: %v", who, err)
		}
		if got := dump(t, to); len(got) > 0 {
			t.Errorf("%q: there are %v", who, counts(got))
		}
	}
}
