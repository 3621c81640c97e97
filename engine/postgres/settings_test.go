package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/internal/testdb"
)

// What the database or the user has set does not change how values and
// expressions are read and written.
func TestSettingsOfTheDatabaseDoNotCount(t *testing.T) {
	u := parse(t, testdb.New(t, testdb.PostgreSQL).URL)
	plain := mustOpen(t, u, driver.OpenOptions{})
	for name, value := range map[string]string{
		"standard_conforming_strings": "off", "quote_all_identifiers": "on", "client_encoding": "'LATIN1'", "DateStyle": "'German'",
		"IntervalStyle": "'iso_8601'", "bytea_output": "'escape'", "extra_float_digits": "-5", "TimeZone": "'Asia/Tokyo'",
	} {
		if _, err := plain.Writer.ExecContext(t.Context(), fmt.Sprintf("ALTER DATABASE %s SET %s = %s",
			quoteIdent(u.Database), name, value)); err != nil {
			t.Fatal(err)
		}
	}
	db := mustOpen(t, u, driver.OpenOptions{})
	for name, want := range map[string]string{
		"standard_conforming_strings": "on", "quote_all_identifiers": "off", "client_encoding": "UTF8", "DateStyle": "ISO, MDY",
		"IntervalStyle": "postgres", "bytea_output": "hex", "extra_float_digits": "1", "TimeZone": "UTC",
	} {
		if got := setting(t, db, "SELECT current_setting('"+name+"')"); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := setting(t, db,
		`SELECT '\ä🐍' || date '2024-02-01' || E'\\x01'::bytea::text || (0.1::float8)::text`); got != `\ä🐍2024-02-01\x010.1` {
		t.Errorf("values come as %q", got)
	}
}

// A database that cannot hold every text is refused before anything is in it.
func TestEncodingsThatHoldNotEveryText(t *testing.T) {
	u := parse(t, testdb.New(t, testdb.PostgreSQL).URL)
	db := mustOpen(t, u, driver.OpenOptions{})
	for _, encoding := range []string{"LATIN1", "SQL_ASCII"} {
		name := u.Database + "_" + strings.ToLower(encoding)
		if _, err := db.Writer.ExecContext(t.Context(), "CREATE DATABASE "+quoteIdent(name)+" ENCODING '"+encoding+
			"' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if _, err := db.Writer.Exec("DROP DATABASE " + quoteIdent(name)); err != nil {
				t.Error(err)
			}
		})
		other := *u
		other.Database = name
		_, err := Driver{}.Open(t.Context(), &other, driver.OpenOptions{})
		if dberr.CodeOf(err) != dberr.Unsupported || !strings.Contains(err.Error(), encoding) ||
			!strings.Contains(err.Error(), "ENCODING 'UTF8'") {
			t.Errorf("%s: %v", encoding, err)
		}
	}
}
