package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/internal/testdb"
)

// cost is what one call of the program took.
type cost struct {
	elapsed  time.Duration
	cpu      time.Duration // of the program, not of a server
	resident int           // the most, in bytes
}

// called runs the program to its end.
func called(b *testing.B, program string, args ...string) cost {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), program, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	begin := time.Now()
	must(b, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var c cost
	for {
		select {
		case err := <-ended:
			if err != nil {
				b.Fatalf("%v: %s", err, said.String())
			}
			c.elapsed = time.Since(begin)
			c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			return c
		case <-time.After(2 * time.Millisecond):
		}
		// It only grows, so that the last look that finds the program is the one that counts.
		if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid)); err == nil {
			var kb int
			if _, rest, ok := strings.Cut(string(text), "VmHWM:"); ok {
				_, err = fmt.Sscan(rest, &kb)
				must(b, err)
			}
			c.resident = max(c.resident, kb<<10)
		}
	}
}

// withLarge makes the document of one chat of a file larger than largest bytes.
func withLarge(b *testing.B, url string, largest int) {
	b.Helper()
	eng, err := engine.Open(b.Context(), url, engine.Options{Drivers: engines.All()})
	must(b, err)
	defer eng.Close()
	document := `{"title":"large","note":"` + strings.Repeat(`some \"text\" `, largest/14+1) + `","history":{"messages":{}}}`
	_, err = eng.Exec(b.Context(), engine.Statement{Write: true, Args: []any{document},
		SQL: "UPDATE chat SET chat = ? WHERE id = (SELECT min(id) FROM chat)"})
	must(b, err)
}

// BenchmarkTransferCost copies installations of 500 and of 5,000 chats out of a
// SQLite file, backs up what arrived, and does both with a document of 40 MB, by
// the program as it is built. It reports the most that was resident, and what
// ten times the data cost, per chat, of what one time costs: 1 is linear.
func BenchmarkTransferCost(b *testing.B) {
	program := build(b, b.TempDir())
	const huge = 40 << 20
	single, tenfold, withHuge := installation(b, large/10), installation(b, large), installation(b, large/50)
	withLarge(b, withHuge, huge)
	for _, name := range testdb.Engines() {
		b.Run(name, func(b *testing.B) {
			moved := func(from string) (copied, saved cost) {
				to := testdb.New(b, name).URL
				copied = called(b, program, "copy", "--quiet", "--from", from, "--to", to)
				saved = called(b, program, "backup", filepath.Join(b.TempDir(), "a.larder"), "--quiet", "--from", to)
				return copied, saved
			}
			copied1, saved1 := moved(single)
			copied10, saved10 := moved(tenfold)
			report := func(verb string, one, ten cost) {
				b.ReportMetric(float64(ten.resident)/(1<<20), verb+"-MB")
				b.ReportMetric(ten.elapsed.Seconds()/one.elapsed.Seconds()/10, verb+"-x-linear")
				b.ReportMetric(ten.cpu.Seconds()/one.cpu.Seconds()/10, verb+"-cpu-x-linear")
			}
			report("copy", copied1, copied10)
			report("backup", saved1, saved10)
			b.ReportMetric(0, "ns/op")
			eng, err := engine.Open(b.Context(), testdb.New(b, name).URL, engine.Options{Drivers: engines.All()})
			must(b, err)
			packet := eng.Dialect().Limits().Packet
			must(b, eng.Close())
			if packet > 0 && packet < huge {
				b.Logf("the server takes %d MB at a time, and no document of 40", packet>>20)
				return
			}
			copied, saved := moved(withHuge)
			b.ReportMetric(float64(copied.resident)/(1<<20), "copy-40MB-MB")
			b.ReportMetric(float64(saved.resident)/(1<<20), "backup-40MB-MB")
		})
	}
}
