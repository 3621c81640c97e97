package postgres

import (
	"context"
	"database/sql"
)

// notes finds what tables have and schema.Table does not carry. Columns of the
// catalog that came with a later version are read by way of the row as JSON, in
// which they are missing before it.
func (in *inspection) notes(ctx context.Context) error {
	return in.each(ctx, `WITH c AS (SELECT c.* FROM pg_catalog.pg_class c WHERE `+ours+`) SELECT relname, note FROM (
		SELECT c.relname, 1 AS place, CASE WHEN c.relkind = 'p' THEN 'is partitioned' END AS note FROM c
		UNION ALL SELECT c.relname, 2, CASE WHEN c.relpersistence = 'u' THEN 'is UNLOGGED' END FROM c
		UNION ALL SELECT c.relname, 3, 'inherits from ' || p.relname FROM c JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid
			JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
		UNION ALL SELECT c.relname, 4, CASE WHEN c.reloftype <> 0 THEN 'is of type ' || pg_catalog.format_type(c.reloftype, NULL) END FROM c
		UNION ALL SELECT c.relname, 5, CASE WHEN c.relrowsecurity THEN 'has row level security' END FROM c
		UNION ALL SELECT c.relname, 6, 'has policy ' || p.polname FROM c JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid
		UNION ALL SELECT c.relname, 7, 'has storage parameters: ' || array_to_string(c.reloptions, ', ') FROM c
		UNION ALL SELECT c.relname, 8, 'is in tablespace ' || s.spcname FROM c JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
		UNION ALL SELECT c.relname, 9, 'is kept by access method ' || m.amname FROM c JOIN pg_catalog.pg_am m ON m.oid = c.relam WHERE m.amname <> 'heap'
		UNION ALL SELECT c.relname, 10, CASE WHEN c.relreplident <> 'd' THEN 'has a replica identity of its own' END FROM c
		UNION ALL SELECT c.relname, 11, 'has statistics ' || s.stxname FROM c JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = c.oid
		UNION ALL SELECT c.relname, 12, 'has rule ' || r.rulename FROM c JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid
		UNION ALL SELECT c.relname, 20, `+columnNotes+`
		UNION ALL SELECT c.relname, 30, `+constraintNotes+`
		UNION ALL SELECT c.relname, 40, `+indexNotes+`
		) n WHERE note IS NOT NULL ORDER BY relname, place, note`, func(rows *sql.Rows) error {
		var table, note string
		if err := rows.Scan(&table, &note); err != nil {
			return err
		}
		if t := in.byName[table]; t != nil {
			t.Note(note)
		}
		return nil
	})
}

// columnNotes: types that are made apart from the table, how values are kept,
// sequences that do not count from 1 by 1.
const columnNotes = `'column ' || a.attname || ' ' || note FROM c
	JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid
	LEFT JOIN pg_catalog.pg_type el ON el.oid = ty.typelem AND ty.typlen = -1
	CROSS JOIN LATERAL (VALUES
		(CASE WHEN el.typtype = 'e' THEN 'is an array of enum ' || el.typname || ', a type of its own' END),
		(CASE WHEN ty.typtype IN ('d', 'c', 'r', 'm') OR el.typtype IN ('d', 'c', 'r', 'm') THEN
			(SELECT 'is of type ' || ty.typname || ', which is made apart' FROM pg_catalog.pg_namespace ns
			WHERE ns.oid = ty.typnamespace AND ns.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT EXISTS (
				SELECT 1 FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_type'::regclass AND e.objid = ty.oid AND e.deptype = 'e')) END),
		(CASE WHEN ty.typtype = 'e' AND ty.typnamespace <> c.relnamespace THEN 'is of an enum of another schema' END),
		(CASE WHEN a.attstorage <> ty.typstorage THEN 'has a way of storage of its own' END),
		(CASE WHEN to_jsonb(a) ->> 'attcompression' <> '' THEN 'has a compression of its own' END),
		(CASE WHEN a.attgenerated = 'v' THEN 'is computed when it is read' END),
		((SELECT 'numbers from ' || s.seqstart || ' in steps of ' || s.seqincrement || CASE WHEN s.seqcycle THEN ', in cycles' ELSE '' END
			FROM pg_catalog.pg_depend p JOIN pg_catalog.pg_sequence s ON s.seqrelid = p.objid
			WHERE p.classid = 'pg_catalog.pg_class'::regclass AND p.refclassid = 'pg_catalog.pg_class'::regclass AND p.refobjid = c.oid
			AND p.refobjsubid = a.attnum AND p.deptype IN ('a', 'i') AND (s.seqstart <> 1 OR s.seqincrement <> 1 OR s.seqcycle) LIMIT 1))
	) v(note) WHERE note IS NOT NULL`

const constraintNotes = `CASE k.contype WHEN 'p' THEN 'the primary key' WHEN 'u' THEN 'unique ' || k.conname WHEN 'f' THEN 'foreign key ' || k.conname
		WHEN 'c' THEN 'check ' || k.conname WHEN 'x' THEN 'exclusion constraint ' || k.conname ELSE 'constraint ' || k.conname END || ' ' || note
	FROM c JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.conparentid = 0
	LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = k.conindid AND k.contype IN ('p', 'u')
	CROSS JOIN LATERAL (VALUES
		(CASE WHEN k.contype = 'x' THEN 'is there' END),
		(CASE WHEN k.condeferrable AND (k.contype <> 'f' OR NOT k.condeferred) AND k.contype IN ('p', 'u', 'f') THEN
			'is DEFERRABLE' || CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END END),
		(CASE WHEN k.contype = 'f' AND k.confmatchtype = 'f' THEN 'is MATCH FULL' END),
		(CASE WHEN NOT k.convalidated THEN 'is NOT VALID' END),
		(CASE WHEN k.contype = 'f' AND to_jsonb(k) ->> 'confdelsetcols' IS NOT NULL THEN 'sets only some of its columns on delete' END),
		(CASE WHEN k.contype = 'c' AND k.connoinherit THEN 'is NO INHERIT' END),
		(CASE WHEN to_jsonb(k) ->> 'conenforced' = 'false' THEN 'is NOT ENFORCED' END),
		(CASE WHEN to_jsonb(k) ->> 'conperiod' = 'true' THEN 'is over a period' END),
		(CASE WHEN x.indnkeyatts < x.indnatts THEN 'includes further columns' END),
		(CASE WHEN to_jsonb(x) ->> 'indnullsnotdistinct' = 'true' THEN 'has NULLS NOT DISTINCT' END)
	) v(note) WHERE note IS NOT NULL`

const indexNotes = `'index ' || i.relname || ' ' || note FROM c JOIN pg_catalog.pg_index x ON x.indrelid = c.oid
	JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
	CROSS JOIN LATERAL (VALUES
		(CASE WHEN NOT x.indisvalid AND c.relkind <> 'p' THEN 'is not valid' END),
		('has storage parameters: ' || array_to_string(i.reloptions, ', ')),
		(CASE WHEN x.indisclustered THEN 'is what the table is clustered by' END),
		(CASE WHEN to_jsonb(x) ->> 'indnullsnotdistinct' = 'true' AND NOT EXISTS (
			SELECT 1 FROM pg_catalog.pg_constraint q WHERE q.conindid = x.indexrelid AND q.contype IN ('p', 'u')) THEN 'has NULLS NOT DISTINCT' END),
		(CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.oid AND a.attoptions IS NOT NULL) THEN 'has options of an operator class' END),
		((SELECT 'is in tablespace ' || s.spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = i.reltablespace))
	) v(note) WHERE note IS NOT NULL`
