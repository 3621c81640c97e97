package mysql

import (
	sqldriver "database/sql/driver"
	"errors"
	"io"
	"strings"
)

// mayGiveRows tells prepared statements whose rows Exec has to pass over. The driver does
// not do it on MariaDB, which does not send the columns of such a statement again: it takes
// the end of no rows for a column and waits for ever (go-sql-driver/mysql 1.10.1).
func mayGiveRows(query string) bool {
	query = behindComments(query)
	verb, _, _ := strings.Cut(query, " ")
	switch strings.ToUpper(verb) {
	case "INSERT", "REPLACE", "UPDATE", "DELETE":
		return hasWord(query, "RETURNING")
	case "WITH": // neither server lets a change stand in it, only behind it
		return !hasWord(query, "UPDATE") && !hasWord(query, "DELETE")
	case "SELECT", "VALUES", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "ANALYZE", "CHECK", "CHECKSUM", "OPTIMIZE", "REPAIR":
		return true
	}
	return strings.HasPrefix(query, "(")
}

// behindComments is a statement without what stands ahead of its first word.
func behindComments(query string) string {
	for {
		query = strings.TrimLeft(query, " \t\r\n")
		var end string
		switch {
		case strings.HasPrefix(query, "/*"):
			end = "*/"
		case strings.HasPrefix(query, "--"), strings.HasPrefix(query, "#"):
			end = "\n"
		default:
			return query
		}
		_, query, _ = strings.Cut(query, end)
	}
}

// hasWord reports whether a word, in capitals, stands somewhere.
func hasWord(text, word string) bool {
	named := func(i int) bool { // part of a name
		if i < 0 || i >= len(text) {
			return false
		}
		c := text[i]
		return c == '_' || c == '`' || c == '$' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	for i := range max(0, len(text)-len(word)+1) {
		if text[i]&^0x20 == word[0] && strings.EqualFold(text[i:i+len(word)], word) && !named(i-1) && !named(i+len(word)) {
			return true
		}
	}
	return false
}

// passedOver reads rows to their end and says how many there were.
func passedOver(rows sqldriver.Rows, err error) (sqldriver.Result, error) {
	if err != nil {
		return nil, err
	}
	n := 0
	row := make([]sqldriver.Value, len(rows.Columns()))
	for err == nil {
		if err = rows.Next(row); err == nil {
			n++
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return sqldriver.RowsAffected(n), errors.Join(err, rows.Close())
}
