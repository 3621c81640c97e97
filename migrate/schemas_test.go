package migrate_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/autogen"
)

// application is the schema of one application, as its own statements make it.
type application struct {
	name string
	ddl  []string
}

// applications reads those for an engine: MariaDB has MySQL's.
func applications(t *testing.T, name string) []application {
	t.Helper()
	if name == testdb.MariaDB {
		name = testdb.MySQL
	}
	text, err := os.ReadFile(filepath.Join("testdata", "others", name+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	var out []application
	for _, part := range strings.Split(string(text), "-- == ")[1:] {
		title, body, _ := strings.Cut(part, "\n")
		out = append(out, application{name: title, ddl: strings.Split(strings.TrimSpace(body), ";\n")})
	}
	return out
}

// apart is what tables need and a revision does not make.
var apart = regexp.MustCompile(`^CREATE (EXTENSION|FUNCTION|DOMAIN|SEQUENCE) `)

const schemasMain = `package main

import (
	"context"
	"fmt"
	"os"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/migrate"
%s)

var all = []migrate.Revision{%s}

// Of pairs of arguments, each a revision's number and the database that it is for.
func main() {
	for i := 1; i+1 < len(os.Args); i += 2 {
		var n int
		_, err := fmt.Sscan(os.Args[i], &n)
		if err == nil {
			err = up(context.Background(), all[n], os.Args[i+1])
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, os.Args[i], err)
			os.Exit(1)
		}
	}
}

func up(ctx context.Context, rev migrate.Revision, url string) error {
	eng, err := engine.Open(ctx, url, engine.Options{Drivers: engines.All()})
	if err != nil {
		return err
	}
	defer eng.Close()
	r, err := migrate.New(migrate.Options{Engine: eng, Lineages: []migrate.Lineage{{Revisions: []migrate.Revision{rev}}}})
	if err != nil {
		return err
	}
	_, err = r.Upgrade(ctx, "head")
	return err
}
`

// Fifteen applications per engine: what is generated from their tables
// compiles, makes the same tables elsewhere, as the catalogue of the server has
// them, and leaves nothing to do. None of their tables is one that cannot be
// read.
func TestSchemasOfOtherApplications(t *testing.T) {
	for _, name := range testdb.Engines() {
		t.Run(name, func(t *testing.T) { schemasOf(t, name) })
	}
}

func schemasOf(t *testing.T, name string) {
	if err := os.MkdirAll("testdata", 0o750); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("testdata", "gen") // inside the module, because what is generated imports it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	type made struct {
		application
		from, to *engine.Engine
		lineage  migrate.Lineage
	}
	var all []made
	var imports, entries strings.Builder
	var args []string
	for n, app := range applications(t, name) {
		url := testdb.New(t, name).URL
		m := made{application: app, from: enginetest.Open(t, testdb.New(t, name).URL, engine.Options{}),
			to: enginetest.Open(t, url, engine.Options{})}
		for _, s := range app.ddl {
			execute(t, m.from, s)
			if apart.MatchString(s) {
				execute(t, m.to, s)
			}
		}
		m.lineage = migrate.Lineage{Tables: tablesOf(t, m.from)}
		pkg := fmt.Sprintf("s%d", n)
		g, err := generator(t, migrate.Options{Engine: m.to, Lineages: []migrate.Lineage{m.lineage}},
			autogen.Layout{Package: pkg}).
			Autogenerate(t.Context(), autogen.Draft{ID: "g1"}, autogen.Renames{})
		if err != nil || g == nil {
			t.Fatalf("%s: generated %+v: %v", app.name, g, err)
		}
		if err := os.MkdirAll(filepath.Join(dir, pkg), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, pkg, g.File), g.Source, 0o600); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&imports, "\t%q\n", "github.com/larder-db/larder/migrate/"+filepath.ToSlash(filepath.Join(dir, pkg)))
		fmt.Fprintf(&entries, "%s.%s, ", pkg, g.Name)
		m.lineage.Revisions = []migrate.Revision{{ID: "g1"}}
		all, args = append(all, m), append(args, fmt.Sprint(n), url)
	}
	if len(all) < 15 {
		t.Errorf("there are %d applications", len(all))
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"),
		fmt.Appendf(nil, schemasMain, imports.String(), entries.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "gen")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./"+filepath.ToSlash(dir)).
		CombinedOutput(); err != nil {
		t.Fatalf("what was generated does not compile: %v\n%s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), bin, args...).CombinedOutput(); err != nil {
		t.Fatalf("it does not run: %v\n%s", err, out)
	}
	for _, m := range all {
		t.Run(strings.ReplaceAll(m.name, " ", "_"), func(t *testing.T) {
			if d := cmp.Diff(catalogue(t, m.from), catalogue(t, m.to)); d != "" {
				t.Errorf("the catalogue (-application +made):\n%s", d)
			}
			if f := checked(t, m.to, m.lineage); len(f.Differences)+len(f.Unread)+len(f.Behind) > 0 {
				t.Errorf("left: %+v", f)
			}
			g, err := generator(t, migrate.Options{Engine: m.to, Lineages: []migrate.Lineage{m.lineage}}, autogen.Layout{}).
				Autogenerate(t.Context(), autogen.Draft{ID: "g2"}, autogen.Renames{})
			if err != nil || g != nil {
				t.Errorf("generated again: %+v, %v", g, err)
			}
		})
	}
}

// loose is what PostgreSQL prints of one expression in two ways: where the casts
// between its types of text stand.
const loose = `'::(text|character varying)(\[\])?|[()]'`

// catalogues are queries of each engine's own for what its tables are, a line a
// fact; each has one column.
var catalogues = map[string][]string{
	testdb.SQLite: {
		`SELECT m.name || '.' || x.name || ' ' || upper(x.type) || ' ' || (x."notnull" OR x.pk > 0) || x.pk || x.hidden || (x.dflt_value IS NULL OR upper(x.dflt_value) = 'NULL')
			FROM sqlite_schema m JOIN pragma_table_list l ON l.schema = 'main' AND l.type = 'table' AND l.name = m.name JOIN pragma_table_xinfo(m.name) x WHERE m.name NOT LIKE 'sqlite%' ORDER BY 1`,
		`SELECT m.name || ' refers ' || f."table" || f."from" || f.on_update || f.on_delete FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY 1`,
		`SELECT i.origin || i."unique" || i.partial || ' on ' || m.name || CASE WHEN i.origin = 'c' THEN i.name ELSE '' END || ' ' || x.seqno || coalesce(x.name, '-') || x."desc" || x.coll
			FROM sqlite_schema m JOIN pragma_index_list(m.name) i JOIN pragma_index_xinfo(i.name) x WHERE m.type = 'table' AND x.key = 1 AND m.name NOT LIKE 'words%' ORDER BY 1`,
		`SELECT m.name || ' checks ' || (length(sql) - length(replace(upper(replace(sql, 'CHECK_', '')), 'CHECK', 'CHEC'))) || (upper(sql) LIKE '%AUTOINCREMENT%') || (upper(sql) LIKE '%DEFERRED%')
			FROM sqlite_schema m WHERE m.type = 'table' AND m.rootpage > 0 AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'words%' ORDER BY 1`,
	},
	testdb.PostgreSQL: {
		`SELECT table_name || '.' || column_name || ' ' || udt_name || concat_ws(',', character_maximum_length, numeric_precision, numeric_scale, datetime_precision, domain_name) || ' ' || is_nullable ||
			' ' || replace(coalesce(column_default, '-'), 'CURRENT_TIMESTAMP', 'now()') || ' ' || coalesce(identity_generation, '-') || coalesce(generation_expression, '-') || coalesce(collation_name, '-')
			FROM information_schema.columns WHERE table_schema = 'public' AND NOT (SELECT relispartition FROM pg_class WHERE oid = quote_ident(table_name)::regclass) ORDER BY 1`,
		`SELECT c.relname || ' ' || k.conname || ' ' || regexp_replace(regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID| DEFERRABLE$', '', 'g'), ` + loose + `, '', 'g') FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
			WHERE k.connamespace = 'public'::regnamespace AND k.conparentid = 0 AND k.contype <> 'x' AND NOT c.relispartition ORDER BY 1`,
		`SELECT regexp_replace(replace(pg_get_indexdef(x.indexrelid), ' ON ONLY ', ' ON '), ` + loose +
			`, '', 'g') FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
			WHERE c.relnamespace = 'public'::regnamespace AND NOT x.indisexclusion AND NOT c.relispartition ORDER BY 1`,
		`SELECT t.typname || ' ' || string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname ORDER BY 1`,
		`SELECT objoid::regclass || ' ' || objsubid || ' ' || description FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid IN
			(SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) ORDER BY 1`,
	},
	testdb.MySQL: {
		`SELECT concat_ws(' ', table_name, column_name, IF(column_type LIKE '%zerofill', column_type, regexp_replace(column_type, '^(tinyint|smallint|mediumint|int|bigint)[(][0-9]+[)]', '$1')), is_nullable, coalesce(column_default, '-'), extra, collation_name, column_comment, generation_expression)
			FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY 1`,
		`SELECT concat_ws(' ', table_name, index_name, seq_in_index, column_name, sub_part, collation, non_unique, index_type) FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY 1`,
		`SELECT concat_ws(' ', k.table_name, k.constraint_name, k.column_name, k.referenced_table_name, k.referenced_column_name, if(r.update_rule = 'RESTRICT', 'NO ACTION', r.update_rule), if(r.delete_rule = 'RESTRICT', 'NO ACTION', r.delete_rule))
			FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
			WHERE k.table_schema = DATABASE() ORDER BY 1`,
		`SELECT check_clause FROM information_schema.check_constraints WHERE constraint_schema = DATABASE() ORDER BY 1`,
		`SELECT concat_ws(' ', table_name, table_comment) FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1`,
	},
}

// catalogue is what the server says of the tables of an application.
func catalogue(t *testing.T, eng *engine.Engine) []string {
	t.Helper()
	name := eng.Dialect().Engine()
	queries := catalogues[name]
	if name == testdb.MariaDB {
		queries = catalogues[testdb.MySQL]
	}
	var out []string
	for _, q := range queries {
		rows, err := eng.Query(t.Context(), engine.Statement{SQL: q})
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			out = append(out, line)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return slices.DeleteFunc(out,
		func(s string) bool { return strings.Contains(s, "alembic_version") || strings.Contains(s, "larder_") })
}
