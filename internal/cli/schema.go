package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/tables"
)

// probe looks at the schema of an open database.
type probe struct{ eng *engine.Engine }

// schema returns the revision, and why a database at that revision cannot be
// served; empty when it can.
func (p *probe) schema(ctx context.Context) (revision, reason string, err error) {
	revs, err := p.revisions(ctx)
	if err != nil {
		return "", "", err
	}
	revision = strings.Join(revs, ", ")
	if revision != tables.Head {
		at := "no revision"
		if revision != "" {
			at = "revision " + revision
		}
		return revision, "The database is at " + at + " and this program serves revision " + tables.Head + ". Start larder serve again. Nothing was changed.", nil
	}
	missing, err := p.missing(ctx)
	if err != nil {
		return revision, "", err
	}
	if len(missing) > 0 {
		return revision, "The database says that it is at revision " + revision + ", but it has no table " + strings.Join(missing, ", ") +
			". Restore it from a backup. Nothing was changed.", nil
	}
	return revision, "", nil
}

// revisions reads the version table; a table that is not there is no revision.
func (p *probe) revisions(ctx context.Context) ([]string, error) {
	revs, err := p.texts(ctx, "schema.Revisions", "SELECT version_num FROM "+fresh.VersionTable+" ORDER BY version_num")
	if errors.Is(err, dberr.ErrSchemaMismatch) {
		return nil, nil
	}
	return revs, err
}

// missing names the tables that should be there and are not. One statement
// asks for all; only when that fails each is asked for.
func (p *probe) missing(ctx context.Context) ([]string, error) {
	var all []string
	for _, t := range tables.All() {
		one, err := p.selectNothing(t.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	_, err := p.texts(ctx, "schema.Tables", strings.Join(all, " UNION ALL "))
	if !errors.Is(err, dberr.ErrSchemaMismatch) {
		return nil, err
	}
	var missing []string
	for i, t := range tables.All() {
		_, err := p.texts(ctx, "schema.Table", all[i])
		switch {
		case errors.Is(err, dberr.ErrSchemaMismatch):
			missing = append(missing, t.Name)
		case err != nil:
			return nil, err
		}
	}
	return missing, nil
}

func (p *probe) selectNothing(table string) (string, error) {
	b, err := p.eng.Dialect().AppendIdent([]byte("SELECT 'x' FROM "), table)
	return string(b) + " WHERE 1 = 0", err
}

func (p *probe) texts(ctx context.Context, name, sql string) ([]string, error) {
	rows, err := p.eng.Query(ctx, engine.Statement{Name: name, SQL: sql})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
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
