package bench

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkServeManyMessages creates a chat of 200,000 tiny messages on SQLite,
// with its rows and their eight indexes, and reports beside the time what of it
// the program had a processor, and the most that it had resident.
func BenchmarkServeManyMessages(b *testing.B) {
	dir := b.TempDir()
	cmd, url := start(b, build(b, dir), dir)
	var user struct {
		Token string `json:"token"`
	}
	must(b, json.Unmarshal(post(b, url+"/api/v1/auths/signup", "",
		`{"name":"Ada","email":"ada@example.com","password":"a long password"}`), &user))
	body := `{"chat":` + manyMessages(200_000) + `}`
	busy, runs := processor(b, cmd), 0
	for b.Loop() {
		runs++
		post(b, url+"/api/v1/chats/new", user.Token, body)
	}
	b.ReportMetric((processor(b, cmd)-busy)/float64(runs), "cpu-s/op")
	b.ReportMetric(float64(memory(b, cmd, "VmHWM"))/(1<<20), "resident-MB")
	stop(b, cmd)
}

// manyMessages is a chat document of n messages that say next to nothing, each
// in answer to the one before.
func manyMessages(n int) string {
	random := rand.New(rand.NewPCG(1, 2))
	id := func() string {
		x, y := random.Uint64(), random.Uint64()
		return fmt.Sprintf(`"%08x-%04x-4%03x-8%03x-%012x"`, x>>32, x>>16&0xffff, x&0xfff, y>>48&0xfff, y&0xffffffffffff)
	}
	var text strings.Builder
	text.WriteString(`{"title":"many","history":{"messages":{`)
	parent, this, next := "null", id(), id()
	for i := range n {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `%s:{"id":%s,"parentId":%s,"childrenIds":[%s],"role":"user","content":"x","timestamp":1700000000}`,
			this, this, parent, next)
		parent, this, next = this, next, id()
	}
	text.WriteString(`}}}`)
	return text.String()
}

// processor is for how many seconds the program has had a processor.
func processor(b *testing.B, cmd *exec.Cmd) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	must(b, err)
	_, rest, _ := strings.Cut(string(text), ") ")
	var ticks int
	for _, f := range strings.Fields(rest)[11:13] {
		n, err := strconv.Atoi(f)
		must(b, err)
		ticks += n
	}
	return float64(ticks) / 100 // of a second, on every Linux that Go runs on
}
