package postgres

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/larder-db/larder/driver"
)

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
