package mysql

import (
	"context"
	sqldriver "database/sql/driver"
	"io"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/larder-db/larder/dberr"
)

// What a gate of Vitess 24 says while a primary is replaced, the first five as they
// were received, the others as its source has them, is not a fault of ours, and none
// of it says that a statement had no effect.
func TestAGateWithoutItsPrimary(t *testing.T) {
	const target = "target: webui.0.primary: "
	for _, c := range []struct {
		number  uint16
		message string
		code    dberr.Code
	}{
		{1105, target + "primary is not serving, there may be a reparent operation in progress", dberr.Unavailable},
		{1105, target + "vttablet: rpc error: code = Unavailable desc = error reading from server: EOF", dberr.Unavailable},
		{1105, target + "vttablet: rpc error: code = Unavailable desc = write tcp 127.0.0.1:5->127.0.0.2:6: write: broken pipe", dberr.Unavailable},
		{1105, target + "tablet: cell:\"zone1\" uid:1 is either down or nonexistent", dberr.Unavailable},
		{1105, target + "vttablet: Connection Closed", dberr.Unavailable},
		{1105, target + "no healthy tablet available for 'keyspace:\"webui\" shard:\"0\" tablet_type:PRIMARY'", dberr.Unavailable},
		{1105, "VT14003: no connection for tablet cell:\"zone1\" uid:1", dberr.Unavailable},
		{1317, target + "vttablet: rpc error: code = Canceled desc = grpc: the client connection is closing", dberr.Unavailable},
		{1317, target + "vttablet: rpc error: code = Aborted desc = transaction 17: ended at 2026-11-30 16:00:00 UTC (kill)", dberr.Unavailable},
		{1317, target + "vttablet: rpc error: code = Aborted desc = transaction 17: ended at 2026-11-30 16:00:00 UTC (exceeded timeout: 30s)", dberr.Timeout},
		{1105, "VT09032: previous transaction failed. Issue a ROLLBACK to resolve the failure.", dberr.Unavailable},
		{1105, "primary is not serving", dberr.Internal}, // no gate says so
		{1105, "unknown error: values were no healthy tablet available", dberr.Internal},
		{1105, target + "something else during query: insert into t values ('code = Unavailable')", dberr.Internal},
		{1105, target + "something else (CallerID: u): Sql: \"insert\", BindVars: {v1: \"VT14001\"}", dberr.Internal},
		{1317, "Query execution was interrupted", dberr.Timeout},
	} {
		f := classifier{}.Classify(&mysql.MySQLError{Number: c.number, Message: c.message})
		if f.Code != c.code || f.Unsent {
			t.Errorf("%s: %+v, want %s", c.message, f, c.code)
		}
		if f.Code == dberr.Unavailable && (!f.Broken || f.Detail == "") {
			t.Errorf("%s: the connection is kept, or nothing is said: %+v", c.message, f)
		}
	}
}

// gateOf is a connection to a gate that has these tablets.
type gateOf struct {
	nativeConn
	tablets [][8]string
	refuses bool
}

func (g *gateOf) QueryContext(_ context.Context, query string, _ []sqldriver.NamedValue) (sqldriver.Rows, error) {
	if g.refuses {
		return nil, &mysql.MySQLError{Number: 1235, Message: "VT12001: unsupported: " + query}
	}
	return &tabletRows{left: g.tablets}, nil
}

type tabletRows struct{ left [][8]string }

func (*tabletRows) Columns() []string { return make([]string, 8) }
func (*tabletRows) Close() error      { return nil }

func (r *tabletRows) Next(dest []sqldriver.Value) error {
	if len(r.left) == 0 {
		return io.EOF
	}
	for i, v := range r.left[0] {
		dest[i] = []byte(v)
	}
	r.left = r.left[1:]
	return nil
}

// What was sent before a gate had another primary may wait for the one before.
func TestAGateThatHasMoved(t *testing.T) {
	tablet := func(keyspace, kind, state, term string) [8]string {
		return [8]string{"zone1", keyspace, "0", kind, state, "zone1-1", "host", term}
	}
	const first, second = "2026-11-30T16:00:00Z", "2026-11-30T16:00:05Z"
	to, g := &gateOf{}, &gate{keyspace: "webui@primary"}
	begin := time.Now()
	for _, c := range []struct {
		what    string
		tablets [][8]string
		moved   bool
	}{
		{"nothing is known yet", nil, false},
		{"the first that is seen is no other", [][8]string{tablet("webui", "PRIMARY", "SERVING", first), tablet("webui", "REPLICA", "SERVING", "")}, false},
		{"one of another keyspace", [][8]string{tablet("other", "PRIMARY", "SERVING", second)}, false},
		{"one that does not serve yet", [][8]string{tablet("webui", "PRIMARY", "NOT_SERVING", second)}, false},
		{"the one that was cut off says that it is the primary still", [][8]string{
			tablet("webui", "PRIMARY", "SERVING", first), tablet("webui", "PRIMARY", "SERVING", second)}, true},
		{"a gate that is behind", [][8]string{tablet("webui", "PRIMARY", "SERVING", first)}, true},
	} {
		to.tablets = c.tablets
		if err := g.look(t.Context(), to); err != nil || g.moved(begin) != c.moved {
			t.Errorf("%s: %v, %v", c.what, g.moved(begin), err)
		}
		time.Sleep(2 * time.Millisecond)
	}
	if g.moved(time.Now()) {
		t.Error("what is sent afterwards waits for the one before")
	}
	to.refuses = true
	if err := g.look(t.Context(), to); err != nil {
		t.Error(err)
	}
	if err := (*gate)(nil).look(t.Context(), to); err != nil {
		t.Error(err)
	}
}

// Behind a gate, with one host in the URL, a server that is no primary any more is
// one that is gone. A gate may have sent the statement to another before.
func TestADemotedServerBehindAGate(t *testing.T) {
	c := &connector{}
	c.behind(&gate{})
	if !c.watched || c.watch.Moved == nil {
		t.Error("its connections are not looked after")
	}
	refused := &mysql.MySQLError{Number: 1290, Message: "target: webui.0.primary: vttablet: rpc error: code = Code(17) desc = " +
		"The MySQL server is running with the --super-read-only option"}
	if f := (classifier{}).Classify((&conn{c: c}).noticed(refused)); f.Code != dberr.Unavailable || f.Unsent {
		t.Errorf("%+v", f)
	}
}
