package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// Inspector reads the schema of a PostgreSQL database from pg_catalog, in five
// statements whatever the number of tables.
type Inspector struct{}

// NewInspector returns what reads the schema of a database.
func NewInspector() Inspector { return Inspector{} }

func (Inspector) Inspect(ctx context.Context, q driver.DBTX, o driver.InspectOptions) ([]*schema.Table, error) {
	in := inspection{q: q, o: o, byName: map[string]*schema.Table{}}
	for _, step := range []func(context.Context) error{in.tables, in.columns, in.constraints, in.indexes, in.notes} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return in.finish()
}

type inspection struct {
	q      driver.DBTX
	o      driver.InspectOptions
	byName map[string]*schema.Table
	order  []*schema.Table
}

// ours restricts a query to the ordinary tables c of the schema; tables that
// an extension brought, and partitions of others, are not the user's.
const ours = `c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = coalesce(nullif($1::text, ''), current_schema()))
	AND c.relkind IN ('r', 'p') AND NOT c.relispartition
	AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')`

// each runs a query over the schema and calls scan for every row.
func (in *inspection) each(ctx context.Context, query string, scan func(rows *sql.Rows) error) error {
	return driver.EachRow(ctx, in.q, scan, query, in.o.Schema)
}

func (in *inspection) tables(ctx context.Context) error {
	return in.each(ctx, `SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_catalog.pg_class c WHERE `+ours+` ORDER BY c.relname`, func(rows *sql.Rows) error {
		t := &schema.Table{}
		if err := rows.Scan(&t.Name, &t.Comment); err != nil {
			return err
		}
		if in.o.Tables == nil || in.o.Tables(t.Name) {
			in.byName[t.Name] = t
			in.order = append(in.order, t)
		}
		return nil
	})
}

func (in *inspection) columns(ctx context.Context) error {
	return in.each(ctx, `SELECT c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
		pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, a.attgenerated::text,
		coalesce(CASE WHEN a.attcollation <> ty.typcollation THEN co.collname END, ''),
		coalesce(col_description(c.oid, a.attnum), ''), CASE WHEN ty.typtype = 'e' THEN ty.typname END,
		CASE WHEN ty.typtype = 'e' THEN (SELECT json_agg(enumlabel ORDER BY enumsortorder)::text FROM pg_catalog.pg_enum WHERE enumtypid = ty.oid) END,
		(SELECT s.relname FROM pg_catalog.pg_depend p JOIN pg_catalog.pg_class s ON s.oid = p.objid AND s.relkind = 'S'
			WHERE p.classid = 'pg_catalog.pg_class'::regclass AND p.refclassid = 'pg_catalog.pg_class'::regclass
			AND p.refobjid = c.oid AND p.refobjsubid = a.attnum AND p.deptype IN ('a', 'i') LIMIT 1)
		FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
		LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
		LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
		WHERE `+ours+` ORDER BY c.relname, a.attnum`, func(rows *sql.Rows) error {
		var table, ty, identity, generated string
		var notNull bool
		var def, enum, labels, sequence sql.NullString
		c := &schema.Column{}
		if err := rows.Scan(&table, &c.Name, &ty, &notNull, &def, &identity, &generated, &c.Collation, &c.Comment, &enum,
			&labels, &sequence); err != nil {
			return err
		}
		t := in.byName[table]
		if t == nil {
			return nil
		}
		t.Columns = append(t.Columns, c)
		c.Nullable = !notNull
		c.Type = typeNamed(ty)
		if enum.Valid {
			c.Type = schema.Type{Kind: schema.Enum, Name: enum.String, Raw: enum.String}
			if err := json.Unmarshal([]byte(labels.String), &c.Type.Values); err != nil {
				return err
			}
		}
		switch {
		case identity == "a":
			c.Identity = &schema.Identity{Standard: "ALWAYS", Sequence: sequence.String}
		case identity == "d":
			c.Identity = &schema.Identity{Standard: "BY DEFAULT", Sequence: sequence.String}
		case generated != "" && generated != "\x00":
			c.Generated = &schema.Generated{Expr: schema.Expr(def.String), Stored: generated == "s"}
		case sequence.Valid && strings.HasPrefix(def.String, "nextval("):
			c.Identity = &schema.Identity{Sequence: sequence.String}
		case def.Valid:
			c.Default = &schema.Default{Expr: schema.Expr(def.String)}
		}
		return nil
	})
}

// names is a subquery for the columns of a table that an array of numbers
// means, as a JSON list in that order.
func names(table, numbers string) string {
	return `(SELECT json_agg(na.attname ORDER BY nk.n)::text FROM unnest(` + numbers + `) WITH ORDINALITY nk(num, n)
		JOIN pg_catalog.pg_attribute na ON na.attrelid = ` + table + ` AND na.attnum = nk.num)`
}

func (in *inspection) constraints(ctx context.Context) error {
	return in.each(ctx, `SELECT c.relname, k.conname, k.contype::text, coalesce(`+names("k.conrelid", "k.conkey")+`, '[]'),
		r.relname, coalesce(`+names("k.confrelid", "k.confkey")+`, '[]'), k.confupdtype::text, k.confdeltype::text, k.condeferred,
		pg_catalog.pg_get_expr(k.conbin, k.conrelid), coalesce(CASE WHEN r.relnamespace <> c.relnamespace THEN
			(SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = r.relnamespace) END, '')
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid
		LEFT JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
		WHERE k.contype IN ('p', 'u', 'f', 'c') AND k.conparentid = 0 AND `+ours+` ORDER BY c.relname, k.oid`, func(rows *sql.Rows) error {
		var table, name, kind, columns, refColumns, onUpdate, onDelete, refSchema string
		var ref, check sql.NullString
		var deferred bool
		if err := rows.Scan(&table, &name, &kind, &columns, &ref, &refColumns, &onUpdate, &onDelete, &deferred, &check,
			&refSchema); err != nil {
			return err
		}
		t := in.byName[table]
		if t == nil {
			return nil
		}
		var cols, refCols []string
		if err := json.Unmarshal([]byte(columns), &cols); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(refColumns), &refCols); err != nil {
			return err
		}
		switch kind {
		case "p":
			t.PrimaryKey = &schema.PrimaryKey{Name: name, Columns: cols}
		case "u":
			t.Uniques = append(t.Uniques, &schema.Unique{Name: name, Columns: cols})
		case "f":
			t.ForeignKeys = append(t.ForeignKeys, &schema.ForeignKey{Name: name, Columns: cols, RefTable: ref.String, RefSchema: refSchema, RefColumns: refCols,
				OnUpdate: action(onUpdate), OnDelete: action(onDelete), Deferrable: deferred})
		case "c":
			t.Checks = append(t.Checks, &schema.Check{Name: name, Expr: schema.Expr(check.String)})
		}
		return nil
	})
}

func action(c string) schema.Action {
	return map[string]schema.Action{"r": schema.Restrict, "c": schema.Cascade, "n": schema.SetNull,
		"d": schema.SetDefault}[c]
}

func (in *inspection) indexes(ctx context.Context) error {
	return in.each(ctx, `SELECT c.relname, i.relname, x.indisunique, am.amname, coalesce(pg_catalog.pg_get_expr(x.indpred, x.indrelid), ''),
		k.n <= x.indnkeyatts, a.attname, pg_catalog.pg_get_indexdef(x.indexrelid, k.n, false),
		CASE WHEN k.n <= x.indnkeyatts THEN x.indoption[k.n - 1] ELSE 0 END::int,
		coalesce(CASE WHEN NOT o.opcdefault THEN o.opcname END, ''),
		coalesce(CASE WHEN co.oid <> coalesce(a.attcollation, 100) THEN co.collname END, ''),
		coalesce(obj_description(i.oid, 'pg_class'), '')
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index x ON x.indrelid = c.oid
		JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
		JOIN pg_catalog.pg_am am ON am.oid = i.relam
		CROSS JOIN LATERAL generate_series(1, x.indnatts::int) k(n)
		LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[k.n - 1] AND a.attnum <> 0
		LEFT JOIN pg_catalog.pg_opclass o ON o.oid = CASE WHEN k.n <= x.indnkeyatts THEN x.indclass[k.n - 1] END
		LEFT JOIN pg_catalog.pg_collation co ON co.oid = CASE WHEN k.n <= x.indnkeyatts THEN x.indcollation[k.n - 1] END
		WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint q WHERE q.conindid = x.indexrelid AND q.contype IN ('p', 'u', 'x'))
		AND `+ours+` ORDER BY c.relname, x.indexrelid, k.n`, func(rows *sql.Rows) error {
		var table, where, text, opclass, collation string
		var key bool
		var column sql.NullString
		var option int
		i := &schema.Index{}
		if err := rows.Scan(&table, &i.Name, &i.Unique, &i.Method, &where, &key, &column, &text, &option, &opclass,
			&collation, &i.Comment); err != nil {
			return err
		}
		t := in.byName[table]
		if t == nil {
			return nil
		}
		if n := len(t.Indexes); n > 0 && t.Indexes[n-1].Name == i.Name {
			i = t.Indexes[n-1]
		} else {
			i.Where = schema.Expr(where)
			if i.Method == "btree" {
				i.Method = ""
			}
			t.Indexes = append(t.Indexes, i)
		}
		if !key {
			i.Include = append(i.Include, column.String)
			return nil
		}
		p := schema.IndexPart{Column: column.String, Desc: option&1 != 0}
		if !column.Valid {
			p.Expr = schema.Expr(text)
		}
		var options []string
		if collation != "" {
			options = append(options, "COLLATE "+quoteIdent(collation))
		}
		if opclass != "" {
			options = append(options, opclass)
		}
		switch first := option&2 != 0; {
		case first && !p.Desc:
			options = append(options, "NULLS FIRST")
		case !first && p.Desc:
			options = append(options, "NULLS LAST")
		}
		p.Options = strings.Join(options, " ")
		i.Parts = append(i.Parts, p)
		return nil
	})
}

// finish brings the expressions into normal form.
func (in *inspection) finish() ([]*schema.Table, error) {
	for _, t := range in.order {
		if err := finishTable(t); err != nil {
			t.Unread(err)
		}
	}
	slices.SortFunc(in.order, func(a, b *schema.Table) int { return strings.Compare(a.Name, b.Name) })
	return in.order, nil
}

func finishTable(t *schema.Table) error {
	r := textRules(t)
	canon := func(what string, e *schema.Expr) error {
		if *e == "" {
			return nil
		}
		s, err := sqltext.Canonical(string(*e), r)
		if err != nil {
			return &dberr.Error{Op: "inspect", Code: dberr.Unsupported, Engine: "postgresql",
				Msg: fmt.Sprintf("%s of table %s is in a form that is not understood: %v", what, t.Name, err)}
		}
		*e = schema.Expr(s)
		return nil
	}
	for _, c := range t.Columns {
		if c.Default != nil {
			if v, ok := sqltext.Literal(string(c.Default.Expr), r); ok {
				c.Default = &schema.Default{Value: c.Type.Literal(v)}
			} else if err := canon("the default of "+c.Name, &c.Default.Expr); err != nil {
				return err
			} else if c.Default.Expr == "NULL" {
				c.Default = nil
			}
		}
		if c.Generated != nil {
			if err := canon("generated column "+c.Name, &c.Generated.Expr); err != nil {
				return err
			}
		}
	}
	for _, k := range t.Checks {
		if err := canon("check "+k.Name, &k.Expr); err != nil {
			return err
		}
	}
	for _, i := range t.Indexes {
		if err := canon("index "+i.Name, &i.Where); err != nil {
			return err
		}
		for n := range i.Parts {
			if err := canon("index "+i.Name, &i.Parts[n].Expr); err != nil {
				return err
			}
		}
	}
	return nil
}
