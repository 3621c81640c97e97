package sqlite

import (
	"context"
	"database/sql"
	"strings"

	"github.com/larder-db/larder/schema/sqltext"
)

// SQLite takes a "name" that names nothing for a text, so that a condition with
// a misspelt column compares two texts. Connections have that switched off,
// unless a view or a trigger of the database is written so: what is in a table
// definition is read in the old way in any case.

// needsLooseQuotes reports whether a view or a trigger has something in double
// quotes that may be no name. Where it is in doubt the answer is yes.
func needsLooseQuotes(ctx context.Context, db *sql.DB) (bool, error) {
	texts, err := column(ctx, db,
		`SELECT sql FROM sqlite_schema WHERE type IN ('view', 'trigger') AND instr(sql, '"') > 0`)
	if err != nil || len(texts) == 0 {
		return false, err
	}
	names, err := column(ctx, db,
		`SELECT lower(name) FROM sqlite_schema UNION SELECT lower(c.name) FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c WHERE t.type = 'table'`)
	if err != nil {
		return false, err
	}
	known := make(map[string]bool, len(names))
	for _, n := range names {
		known[n] = true
	}
	for _, text := range texts {
		if quotesText(text, known) {
			return true, nil
		}
	}
	return false, nil
}

// quotesText reports whether something in double quotes is neither a known name
// nor one that the text itself gives: behind AS, or before a parenthesis.
func quotesText(text string, known map[string]bool) bool {
	toks, err := sqltext.Lex(text, sqliteText)
	if err != nil {
		return true
	}
	given := map[string]bool{"old": true, "new": true, "rowid": true, "main": true, "temp": true}
	for i, t := range toks {
		if i > 0 && toks[i-1].Is("AS") {
			given[strings.ToLower(t.Text)] = true
		}
	}
	for i, t := range toks {
		if t.Kind != sqltext.Quoted || t.Q != '"' {
			continue
		}
		low := strings.ToLower(t.Text)
		call := i+1 < len(toks) && toks[i+1].IsOp("(")
		if !known[low] && !given[low] && !call {
			return true
		}
	}
	return false
}

func column(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err tells
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
