package mysql

import "testing"

func TestStatementsThatGiveRows(t *testing.T) {
	for query, want := range map[string]bool{
		"SELECT 1":                     true,
		" /* a */ -- b\n#c\n select 1": true,
		"(SELECT 1)":                   true,
		"WITH x AS (SELECT updated_at, `delete` FROM t) SELECT * FROM x": true,
		"WITH x AS (SELECT 1) UPDATE t SET a = 1":                        false,
		"/* a */ insert into t values (?)":                               false,
		"insert into t (returning_at) values (?)":                        false,
		"INSERT INTO t VALUES (?) returning id":                          true,
		"DELETE FROM t RETURNING\n*":                                     true,
		"DELETE FROM t WHERE a = ?":                                      false,
		"SET @a = ?":                                                     false,
		"/* without end":                                                 false,
		"":                                                               false,
	} {
		if got := mayGiveRows(query); got != want {
			t.Errorf("%q: %v", query, got)
		}
	}
}
