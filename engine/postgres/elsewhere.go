package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// findSchema sets the search path so that the schema in it which has some of
// the tables comes first. The path stays as it is when that is so, or when no
// schema has any.
func (c *connector) findSchema(ctx context.Context, tables []string) error {
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer closeQuietly(conn)
	wanted, err := json.Marshal(tables)
	if err != nil {
		return err
	}
	rows, err := conn.Query(ctx, `SELECT p.name, EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = p.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname IN (SELECT json_array_elements_text($1::json)))
		FROM unnest(current_schemas(false)) WITH ORDINALITY p(name, n) ORDER BY p.n`, pgx.QueryExecModeExec, string(wanted))
	if err != nil {
		return c.connectError(ctx, err)
	}
	type place struct {
		Name string
		Has  bool
	}
	places, err := pgx.CollectRows(rows, pgx.RowToStructByPos[place])
	if err != nil {
		return c.connectError(ctx, err)
	}
	var path, found []string
	for _, p := range places {
		if p.Has {
			found = append(found, p.Name)
		}
		path = append(path, p.Name)
	}
	switch {
	case len(found) == 0 || len(found) == 1 && path[0] == found[0]:
		return nil
	case len(found) > 1:
		return &dberr.Error{Op: "connect", Code: dberr.SchemaMismatch, Engine: "postgresql", Msg: "the search path leads to tables of this program in the schemas " +
			strings.Join(found, " and ") +
			"; say which is meant: set the schema (DATABASE_SCHEMA), or the search path of the role"}
	}
	path = append(found, slices.DeleteFunc(path, func(s string) bool { return s == found[0] })...)
	for i, s := range path {
		path[i] = quoteIdent(s)
	}
	c.config.RuntimeParams["search_path"] = strings.Join(path, ", ")
	return nil
}

// elsewhere finds tables of these names in schemas that the user may use, other
// than the one in which tables are created.
func elsewhere(ctx context.Context, q driver.DBTX, names []string) ([]driver.Place, error) {
	wanted, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	var out []driver.Place
	err = driver.EachRow(ctx, q, func(rows *sql.Rows) error {
		var schema, table string
		var reached bool
		if err := rows.Scan(&schema, &table, &reached); err != nil {
			return err
		}
		if len(out) == 0 || out[len(out)-1].Schema != schema {
			out = append(out, driver.Place{Schema: schema, Reached: reached})
		}
		last := &out[len(out)-1]
		last.Tables = append(last.Tables, table)
		return nil
	}, `SELECT n.nspname, c.relname, n.nspname = ANY (current_schemas(false))
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname IN (SELECT json_array_elements_text($1::json))
		AND n.nspname IS DISTINCT FROM current_schema() AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
		AND has_schema_privilege(n.oid, 'USAGE')
		ORDER BY n.nspname, c.relname`, string(wanted))
	return out, err
}
