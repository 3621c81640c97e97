//go:build soak

package larder_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/larder-db/larder"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
)

// oldRevisions are which of ten old revisions are restored to the head.
var oldRevisions = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}

// restoredInto is an empty database of each engine.
func restoredInto(t *testing.T, _ string) []*dburl.URL {
	t.Helper()
	return chain(t)
}

// TestALargeInstallationGoesRound moves 3,000 chats of 20 messages, with
// documents up to 6 MB, through every engine and back.
func TestALargeInstallationGoesRound(t *testing.T) {
	from := unpacked(t, small)
	eng, err := engine.OpenURL(t.Context(), from, engine.Options{Drivers: engines.All()})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	words := strings.Fields(`one größer 数据 🎉 مرحبا \"two\" \\ \n e\u0301 0.12345678901234567 18446744073709551617`)
	text := func(n int) string {
		var s strings.Builder
		for s.Len() < n {
			s.WriteString(words[r.IntN(len(words))] + " ")
		}
		return s.String()
	}
	for at := range 30 {
		var chats, messages [][]any
		for i := range 100 {
			id := fmt.Sprintf("%08x-%d", r.Uint32(), at*100+i)
			size := 500 + r.IntN(20000)
			if i == 0 && at%5 == 0 {
				size = 6 << 20
			}
			chats = append(chats, []any{id, "u", text(r.IntN(60)), int64(i), int64(i), int64(i % 2), nil, "null",
				`{"text":"` + text(size) + `","n":0.12345678901234567}`})
			for m := range 20 {
				messages = append(messages,
					[]any{fmt.Sprintf("%s-%d", id, m), id, "u", "user", `"` + text(200) + `"`, int64(m), int64(m)})
			}
		}
		columns := []string{"id", "user_id", "title", "created_at", "updated_at", "archived", "pinned", "meta", "chat"}
		if _, err := engine.BulkInsert(t.Context(), eng, "chat", columns, engine.BulkRows(chats)); err != nil {
			t.Fatal(err)
		}
		if _, err := engine.BulkInsert(t.Context(), eng, "chat_message",
			[]string{"id", "chat_id", "user_id", "role", "content", "created_at", "updated_at"},
			engine.BulkRows(messages)); err != nil {
			t.Fatal(err)
		}
	}
	if err := eng.Close(); err != nil {
		t.Fatal(err)
	}
	first := from
	for _, to := range chain(t) {
		rep, err := larder.Copy(t.Context(), from, to, larder.MoveOptions{})
		if err != nil {
			t.Fatalf("%s: %v", to, err)
		}
		if !rep.Clean() {
			t.Errorf("%s: %+v", to, rep.Totals())
		}
		from = to
	}
	rep, err := larder.Verify(t.Context(), first, from, larder.MoveOptions{})
	if err != nil || !rep.Clean() || rep.Totals().Read < 63_000 {
		t.Errorf("%v, %+v", err, rep.Totals())
	}
	for _, r := range rep.Tables {
		if !r.Verified {
			t.Errorf("table %s was not verified", r.Table)
		}
	}
}
