package mysql

import (
	"errors"
	"testing"

	"github.com/go-sql-driver/mysql"

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
