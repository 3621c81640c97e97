package mysql

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder/dberr"
)

// A server is of the flavour that its own words say, and called by its own version.
func TestServersAreCalledWhatTheyAre(t *testing.T) {
	for _, c := range []struct{ version, comment, want string }{
		{"9.7.4", "(Debian)", "MySQL 9.7.4"},
		{"8.0.36-0ubuntu0.24.04.1", "(Ubuntu)", "MySQL 8.0.36"},
		{"10.11.19-MariaDB-0+deb12u1", "Debian 12", "MariaDB 10.11.19"},
		{"8.4.6-Vitess", "Version: 24.0.4 (Git revision 1d5a9d5f branch 'HEAD') built on Tue Mar 3 16:00:00 UTC 2026 by builder@host using go1.26.0 linux/amd64", "Vitess 24.0.4 (MySQL 8.4.6)"},
		{"9.7.4", "Version: 24.0.4 (Git revision  branch '') built on  by @ using go1.26.3 linux/amd64", "Vitess 24.0.4 (MySQL 9.7.4)"},
		{"8.0.30-Vitess", "", "Vitess (MySQL 8.0.30)"},
	} {
		if got := serverOf(Driver{}.flavours(), c.version, c.comment).title(); got != c.want {
			t.Errorf("%s, %s is called %s, want %s", c.version, c.comment, got, c.want)
		}
	}
	if got := (Driver{}).Backends(); len(got) != 2 {
		t.Errorf("the URLs are of %v", got)
	}
}

// A gate is not told how many rows a query may have.
func TestOnlyServersAreToldALimit(t *testing.T) {
	for _, f := range (Driver{}).flavours() {
		said := strings.Join(settings(server{flavour: f}, ""), "; ")
		if _, gate := f.(Vitess); gate == strings.Contains(said, "sql_select_limit") {
			t.Errorf("%s is told %s", f.Title(), said)
		}
	}
}

// A gate stops an answer that is too long, which is not for lack of time.
func TestAnAnswerOfTooManyRows(t *testing.T) {
	for message, want := range map[string]dberr.Code{
		"target: webui.0.primary: vttablet: rpc error: code = Aborted desc = Row count exceeded 10000 (CallerID: userData1)":                       dberr.Unsupported,
		"target: webui.0.primary: vttablet: rpc error: code = Aborted desc = caller id: userData1: row count exceeded 10000 (CallerID: userData1)": dberr.Unsupported,
		"Query execution was interrupted": dberr.Timeout,
	} {
		if f := (classifier{}).Classify(&mysql.MySQLError{Number: 1317, Message: message}); f.Code != want || f.Detail == "" {
			t.Errorf("%s: %+v, want %s", message, f, want)
		}
	}
}

// said is a connection that keeps what it is told.
type said struct {
	nativeConn
	statements []string
}

func (s *said) BeginTx(_ context.Context, o sqldriver.TxOptions) (sqldriver.Tx, error) {
	s.statements = append(s.statements, "begin "+sql.IsolationLevel(o.Isolation).String())
	return nil, nil //nolint:nilnil // nobody ends it
}

func (s *said) ExecContext(_ context.Context, text string, _ []sqldriver.NamedValue) (sqldriver.Result, error) {
	s.statements = append(s.statements, text)
	return nil, nil //nolint:nilnil // nobody asks for it
}

func (s *said) ResetSession(context.Context) error { return nil }

// Behind a gate the level of one transaction would be that of the next ones.
func TestALevelIsThatOfOneTransaction(t *testing.T) {
	repeatable := sqldriver.TxOptions{Isolation: sqldriver.IsolationLevel(sql.LevelRepeatableRead)}
	const back = "SET @@SESSION.transaction_isolation = 'READ-COMMITTED'"
	for _, c := range []struct {
		lasting bool
		want    []string
	}{
		{false, []string{"begin Default", "begin Repeatable Read", "begin Default", "begin Repeatable Read"}},
		{true, []string{"begin Default", "begin Repeatable Read", back, "begin Default", "begin Repeatable Read", back}},
	} {
		to := &said{}
		conn := &conn{nativeConn: to, c: &connector{lasting: c.lasting}}
		for _, o := range []sqldriver.TxOptions{{}, repeatable, {}, repeatable} {
			if _, err := conn.BeginTx(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // the pool gives it away again, which tells once
			if err := conn.ResetSession(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(c.want, to.statements); diff != "" {
			t.Errorf("lasting %v: %s", c.lasting, diff)
		}
	}
}

// While a group of servers changes its primary, what is refused is to be sent to another.
func TestRefusalsOfAServerThatIsDemoted(t *testing.T) {
	for _, c := range []struct {
		number  uint16
		message string
		primary bool
		want    dberr.Code
	}{
		{1290, "The MySQL server is running with the --super-read-only option so it cannot execute this statement", true, dberr.Unavailable},
		{1290, "The MySQL server is running with the --read_only option so it cannot execute this statement", true, dberr.Unavailable},
		{1290, "The MySQL server is running with the --secure-file-priv option so it cannot execute this statement", true, dberr.ReadOnly},
		{1290, "The MySQL server is running with the --super-read-only option so it cannot execute this statement", false, dberr.ReadOnly},
		{1836, "Running in read-only mode", true, dberr.Unavailable},
		{3098, "The table does not comply with the requirements by an external plugin.", true, dberr.Unavailable},
	} {
		to := &conn{c: &connector{primary: c.primary}}
		f := classifier{}.Classify(to.noticed(&mysql.MySQLError{Number: c.number, Message: c.message}))
		if f.Code != c.want || f.Code == dberr.Unavailable && !f.Unsent {
			t.Errorf("%d %s: %+v, want %s", c.number, c.message, f, c.want)
		}
	}
	other := errors.New("something else")
	if err := (&conn{c: &connector{primary: true}}).noticed(other); !errors.Is(err, other) {
		t.Error(err)
	}
}
