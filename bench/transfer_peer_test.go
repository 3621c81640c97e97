package bench

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/internal/testdb"
)

// BenchmarkTransferPeer moves an installation from SQLite to PostgreSQL by the program
// with its comparison, and by open-webui-postgres-migration, which wants the tables to be
// there and compares how many rows there are. TRANSFER_PEER is its command, as pip
// installs it; without one there is nothing to compare with.
func BenchmarkTransferPeer(b *testing.B) {
	tool := os.Getenv("TRANSFER_PEER")
	if tool == "" {
		b.Skip("TRANSFER_PEER is not the command of open-webui-postgres-migration")
	}
	program, from := build(b, b.TempDir()), installation(b, large)
	file, _ := strings.CutPrefix(from, "sqlite:///")
	var ours, theirs time.Duration
	for b.Loop() {
		ours += called(b, program, "copy", "--quiet", "--from", from, "--to", testdb.New(b, testdb.PostgreSQL).URL).elapsed
		to := testdb.New(b, testdb.PostgreSQL).URL
		called(b, program, "migrate", "upgrade", "heads", "--quiet", "--database-url", to)
		u, err := dburl.Parse(to)
		must(b, err)
		host := u.Hosts()[0]
		cmd := exec.CommandContext(b.Context(), tool)
		cmd.Stdin = strings.NewReader(fmt.Sprintf("%s\n%s\n%d\n%s\n%s\n%s\ny\n\ny\ny\n", file, host.Host, host.Port, u.Database,
			u.User, "any"))
		begin := time.Now()
		out, err := cmd.CombinedOutput()
		theirs += time.Since(begin)
		if err != nil || !strings.Contains(string(out), "Migration Complete") {
			b.Fatalf("%v: %s", err, out)
		}
	}
	b.ReportMetric(ours.Seconds()/float64(b.N), "s/op")
	b.ReportMetric(theirs.Seconds()/float64(b.N), "peer-s/op")
	b.ReportMetric(ours.Seconds()/theirs.Seconds(), "x-peer")
	b.ReportMetric(0, "ns/op")
}
