package cli_test

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/internal/testdb"
)

// What is logged about statements has their names and their text, and none of
// the values in them.
func TestServeLogsStatements(t *testing.T) {
	testdb.Each(t, func(t *testing.T, db testdb.DB) {
		p := start(t, nil, "--data-dir", t.TempDir(), "--database-url", db.URL, "--log-statements", "--log-slow", "1ns",
			"--count-statements")
		tok := token(t, p.send("POST", "/api/v1/auths/signup", "", ada, 200))
		p.send("POST", "/api/v1/auths/add", tok, ada, 400) // the address is taken
		p.send("POST", "/api/v1/chats/new", tok, `{"chat":{"title":"kept to myself"}}`, 200)
		p.stop()
		log := p.text()
		for _, want := range []string{"msg=statement ", `msg="slow statement"`, "sql=", "msg=statements count=", "auths."} {
			if !strings.Contains(log, want) {
				t.Errorf("the log has no %s", want)
			}
		}
		for _, value := range []string{"ada@example.com", "pw-ada", "kept to myself", tok} {
			if strings.Contains(log, value) {
				t.Errorf("the log shows %s", value)
			}
		}
	})
}

func TestServeWithoutFlagsLogsNoStatements(t *testing.T) {
	p := start(t, nil, "--data-dir", t.TempDir(), "--database-url", "sqlite://")
	p.send("POST", "/api/v1/auths/signup", "", ada, 200)
	p.stop()
	if strings.Contains(p.text(), "statement") {
		t.Errorf("the log says\n%s", p.text())
	}
}
