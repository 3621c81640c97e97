==== no change (baseline: int,str,text,bool,json,datetime,numeric,enum,float,uuid,bigint)
==== add table
-- add table extra (2 columns) (locks the table for a moment)
CREATE TABLE "extra" (
	"id" INTEGER NOT NULL,
	"name" VARCHAR(50) NOT NULL,
	PRIMARY KEY ("id")
);
==== drop table
-- drop table extra (locks the table for a moment)
DROP TABLE "extra";
==== add column
-- add column t.a VARCHAR(50) null (locks the table for a moment)
ALTER TABLE "t" ADD COLUMN "a" VARCHAR(50);
==== drop column
-- drop column t.a (copies the table; writers of the whole database wait)
ALTER TABLE "t" DROP COLUMN "a";
==== rename column (a->b)
-- drop column t.a (copies the table; writers of the whole database wait)
ALTER TABLE "t" DROP COLUMN "a";
-- add column t.b VARCHAR(50) null (locks the table for a moment)
ALTER TABLE "t" ADD COLUMN "b" VARCHAR(50);
==== nullable true->false
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- expect: SELECT 1 FROM "t" WHERE "a" IS NULL LIMIT 1
-- rebuild table t: alter column t.a: nullable null -> not null (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" VARCHAR(50) NOT NULL,
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", "a" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== type String(50)->String(100)
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: alter column t.a: type VARCHAR(50) -> VARCHAR(100) (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" VARCHAR(100),
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", "a" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== type String(50)->Text
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: alter column t.a: type VARCHAR(50) -> TEXT (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" TEXT,
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", "a" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== type Integer->BigInteger
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: alter column t.a: type INTEGER -> BIGINT (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" BIGINT,
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", "a" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== type Text->JSON
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- expect: SELECT 1 FROM "t" WHERE typeof("a") = 'text' AND NOT json_valid("a") LIMIT 1
-- rebuild table t: alter column t.a: type TEXT -> JSON (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" JSON,
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", CASE WHEN typeof("a") = 'text' AND CAST(CAST("a" AS INTEGER) AS TEXT) <> "a" AND json_type("a") IN ('integer', 'real') THEN CAST("a" AS BLOB) ELSE "a" END FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== type Numeric(10,2)->(12,4)
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: alter column t.a: type NUMERIC(10,2) -> NUMERIC(12,4) (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" NUMERIC(12,4),
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", "a" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== type Integer->Boolean
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: alter column t.a: type INTEGER -> BOOLEAN (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" BOOLEAN,
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", ("a" <> 0) FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== type DateTime->DateTime(tz)
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: alter column t.a: type DATETIME -> DATETIME_TZ (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" DATETIME_TZ,
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", "a" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== enum add value
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: drop check t_a_enum ({a} IN ('happy', 'sad')) of t; add check t_a_enum ({a} IN ('happy', 'calm', 'sad', 'it''s')) to t (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" VARCHAR(5),
	PRIMARY KEY ("id"),
	CONSTRAINT "t_a_enum" CHECK ("a" IN ('happy', 'calm', 'sad', 'it''s'))
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", "a" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== server default add
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: alter column t.a: default none -> 'x' (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" VARCHAR(50) DEFAULT 'x',
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", "a" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== server default change
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: alter column t.a: default 'x' -> 'y' (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" VARCHAR(50) DEFAULT 'y',
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", "a" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== server default drop
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: alter column t.a: default 'x' -> none (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" VARCHAR(50),
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", "a" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== server default equal (expression now())
==== add index
-- add index ix_t (a) to t (reads the whole table; writers wait)
CREATE INDEX "ix_t" ON "t" ("a");
==== drop index
-- drop index ix_t (a) of t (locks the table for a moment)
DROP INDEX "ix_t";
==== index columns change
-- drop index ix_t (a) of t (locks the table for a moment)
DROP INDEX "ix_t";
-- add index ix_t (a, b desc) to t (reads the whole table; writers wait)
CREATE INDEX "ix_t" ON "t" ("a", "b" DESC);
==== index unique change
-- drop index ix_t (a) of t (locks the table for a moment)
DROP INDEX "ix_t";
-- add unique index ix_t (a) to t (reads the whole table; writers wait)
CREATE UNIQUE INDEX "ix_t" ON "t" ("a");
==== index expression change lower(a)->upper(a)
-- drop index ix_t (lower({a})) of t (locks the table for a moment)
DROP INDEX "ix_t";
-- add index ix_t (upper({a})) to t (reads the whole table; writers wait)
CREATE INDEX "ix_t" ON "t" (upper("a"));
==== partial index WHERE change
-- drop index ix_t (a) where {b} IS NOT NULL of t (locks the table for a moment)
DROP INDEX "ix_t";
-- add index ix_t (a) where {b} = 'x' to t (reads the whole table; writers wait)
CREATE INDEX "ix_t" ON "t" ("a") WHERE "b" = 'x';
==== add named unique
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: add unique uq_t (a, b) to t (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" VARCHAR(50),
	"b" VARCHAR(50),
	PRIMARY KEY ("id"),
	CONSTRAINT "uq_t" UNIQUE ("a", "b")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a", "b") SELECT "id", "a", "b" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== add unnamed unique
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: add unique (a) to t (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" VARCHAR(50),
	"b" VARCHAR(50),
	PRIMARY KEY ("id"),
	UNIQUE ("a")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a", "b") SELECT "id", "a", "b" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== drop named unique
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: drop unique uq_t (a, b) of t (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" VARCHAR(50),
	"b" VARCHAR(50),
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a", "b") SELECT "id", "a", "b" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== add fk
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: add foreign key fk_t_p (p_id) -> p(id) to t (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"p_id" INTEGER,
	PRIMARY KEY ("id"),
	CONSTRAINT "fk_t_p" FOREIGN KEY ("p_id") REFERENCES "p" ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "p_id") SELECT "id", "p_id" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== drop fk
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: drop foreign key fk_t_p (p_id) -> p(id) of t (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"p_id" INTEGER,
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "p_id") SELECT "id", "p_id" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== fk ondelete change
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: drop foreign key fk_t_p (p_id) -> p(id) of t; add foreign key fk_t_p (p_id) -> p(id) on delete cascade to t (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"p_id" INTEGER,
	PRIMARY KEY ("id"),
	CONSTRAINT "fk_t_p" FOREIGN KEY ("p_id") REFERENCES "p" ("id") ON DELETE CASCADE
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "p_id") SELECT "id", "p_id" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== add check
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: add check ck_t ({a} > 0) to t (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" INTEGER,
	PRIMARY KEY ("id"),
	CONSTRAINT "ck_t" CHECK ("a" > 0)
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", "a" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== drop check
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: drop check ck_t ({a} > 0) of t (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" INTEGER,
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", "a" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== pk change (id)->(id,a)
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: alter column t.id: identity numbered -> none; alter primary key of t: (id) -> (id, a) (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" INTEGER NOT NULL,
	PRIMARY KEY ("id", "a")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", "a" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== column comment
==== table comment
==== column order
==== computed expression change
PRAGMA foreign_keys = OFF; -- ahead of the transaction
-- expect: SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1
-- rebuild table t: alter column t.g: generated ({a} + 1) stored -> ({a} + 2) stored (copies the table; writers of the whole database wait)
CREATE TABLE "larder_rebuild_t" (
	"id" INTEGER NOT NULL,
	"a" INTEGER,
	"g" INTEGER GENERATED ALWAYS AS ("a" + 2) STORED,
	PRIMARY KEY ("id")
);
-- copy the rows (copies the table; writers of the whole database wait)
INSERT INTO "larder_rebuild_t" ("id", "a") SELECT "id", "a" FROM "t";
-- drop the old table (locks the table for a moment)
DROP TABLE "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = ON;
-- the new table takes its place (locks the table for a moment)
ALTER TABLE "larder_rebuild_t" RENAME TO "t";
-- rename without touching what names the table (reads and writes go on)
PRAGMA legacy_alter_table = OFF;
-- verify: SELECT "table", parent, count(*) FROM pragma_foreign_key_check('t') GROUP BY 1, 2
PRAGMA legacy_alter_table = OFF; -- in the end
PRAGMA foreign_keys = ON; -- in the end
==== sequence add
