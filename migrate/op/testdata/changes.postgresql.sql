==== no change (baseline: int,str,text,bool,json,datetime,numeric,enum,float,uuid,bigint)
==== add table
-- add table extra (2 columns) (locks the table for a moment)
CREATE TABLE "extra" (
	"id" integer NOT NULL,
	"name" character varying(50) NOT NULL,
	CONSTRAINT "extra_pkey" PRIMARY KEY ("id")
);
==== drop table
-- drop table extra (locks the table for a moment)
DROP TABLE "extra";
==== add column
-- add column t.a character varying(50) null (locks the table for a moment)
ALTER TABLE "t" ADD COLUMN "a" character varying(50);
==== drop column
-- drop column t.a (locks the table for a moment)
ALTER TABLE "t" DROP COLUMN "a";
==== rename column (a->b)
-- drop column t.a (locks the table for a moment)
ALTER TABLE "t" DROP COLUMN "a";
-- add column t.b character varying(50) null (locks the table for a moment)
ALTER TABLE "t" ADD COLUMN "b" character varying(50);
==== nullable true->false
-- column a is not null (reads the whole table; readers and writers wait)
ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL;
==== type String(50)->String(100)
-- alter column t.a: type character varying(50) -> character varying(100) (locks the table for a moment)
ALTER TABLE "t" ALTER COLUMN "a" TYPE character varying(100);
==== type String(50)->Text
-- alter column t.a: type character varying(50) -> text (locks the table for a moment)
ALTER TABLE "t" ALTER COLUMN "a" TYPE text;
==== type Integer->BigInteger
-- alter column t.a: type integer -> bigint (rewrites the table; readers and writers wait)
ALTER TABLE "t" ALTER COLUMN "a" TYPE bigint;
==== type Text->JSON
-- alter column t.a: type text -> json (rewrites the table; readers and writers wait)
ALTER TABLE "t" ALTER COLUMN "a" TYPE json USING "a"::json;
==== type Numeric(10,2)->(12,4)
-- alter column t.a: type numeric(10,2) -> numeric(12,4) (rewrites the table; readers and writers wait)
ALTER TABLE "t" ALTER COLUMN "a" TYPE numeric(12,4);
==== type Integer->Boolean
-- alter column t.a: type integer -> boolean (rewrites the table; readers and writers wait)
ALTER TABLE "t" ALTER COLUMN "a" TYPE boolean USING "a" <> 0;
==== type DateTime->DateTime(tz)
-- alter column t.a: type timestamp without time zone -> timestamp with time zone (rewrites the table; readers and writers wait)
ALTER TABLE "t" ALTER COLUMN "a" TYPE timestamp with time zone USING "a" AT TIME ZONE 'UTC';
==== enum add value
DO 'BEGIN IF EXISTS (SELECT FROM pg_type WHERE typname = ''mood'' AND pg_type_is_visible(oid)) THEN ALTER TYPE "mood" ADD VALUE IF NOT EXISTS ''calm'' AFTER ''happy''; END IF; END'; -- ahead of the transaction
DO 'BEGIN IF EXISTS (SELECT FROM pg_type WHERE typname = ''mood'' AND pg_type_is_visible(oid)) THEN ALTER TYPE "mood" ADD VALUE IF NOT EXISTS ''it''''s'' AFTER ''sad''; END IF; END'; -- ahead of the transaction
-- alter column t.a: type mood (happy, sad) -> mood (happy, calm, sad, it's) (locks the table for a moment)
ALTER TYPE "mood" ADD VALUE IF NOT EXISTS 'calm' AFTER 'happy';
-- alter column t.a: type mood (happy, sad) -> mood (happy, calm, sad, it's) (locks the table for a moment)
ALTER TYPE "mood" ADD VALUE IF NOT EXISTS 'it''s' AFTER 'sad';
==== server default add
-- set the default of a (locks the table for a moment)
ALTER TABLE "t" ALTER COLUMN "a" SET DEFAULT 'x';
==== server default change
-- drop the default of a (locks the table for a moment)
ALTER TABLE "t" ALTER COLUMN "a" DROP DEFAULT;
-- set the default of a (locks the table for a moment)
ALTER TABLE "t" ALTER COLUMN "a" SET DEFAULT 'y';
==== server default drop
-- drop the default of a (locks the table for a moment)
ALTER TABLE "t" ALTER COLUMN "a" DROP DEFAULT;
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
CREATE INDEX "ix_t" ON "t" ((upper("a")));
==== partial index WHERE change
-- drop index ix_t (a) where {b} IS NOT NULL of t (locks the table for a moment)
DROP INDEX "ix_t";
-- add index ix_t (a) where {b} = 'x' to t (reads the whole table; writers wait)
CREATE INDEX "ix_t" ON "t" ("a") WHERE "b" = 'x';
==== add named unique
-- add unique uq_t (a, b) to t (reads the whole table; readers and writers wait)
ALTER TABLE "t" ADD CONSTRAINT "uq_t" UNIQUE ("a", "b");
==== add unnamed unique
-- add unique t_a_key (a) to t (reads the whole table; readers and writers wait)
ALTER TABLE "t" ADD CONSTRAINT "t_a_key" UNIQUE ("a");
==== drop named unique
-- drop unique uq_t (a, b) of t (locks the table for a moment)
ALTER TABLE "t" DROP CONSTRAINT "uq_t";
==== add fk
-- add foreign key fk_t_p (p_id) -> p(id) to t (reads the whole table; writers wait)
ALTER TABLE "t" ADD CONSTRAINT "fk_t_p" FOREIGN KEY ("p_id") REFERENCES "p" ("id");
==== drop fk
-- drop foreign key fk_t_p (p_id) -> p(id) of t (locks the table for a moment)
ALTER TABLE "t" DROP CONSTRAINT "fk_t_p";
==== fk ondelete change
-- drop foreign key fk_t_p (p_id) -> p(id) of t (locks the table for a moment)
ALTER TABLE "t" DROP CONSTRAINT "fk_t_p";
-- add foreign key fk_t_p (p_id) -> p(id) on delete cascade to t (reads the whole table; writers wait)
ALTER TABLE "t" ADD CONSTRAINT "fk_t_p" FOREIGN KEY ("p_id") REFERENCES "p" ("id") ON DELETE CASCADE;
==== add check
-- add check ck_t ({a} > 0) to t (reads the whole table; readers and writers wait)
ALTER TABLE "t" ADD CONSTRAINT "ck_t" CHECK ("a" > 0);
==== drop check
-- drop check ck_t ({a} > 0) of t (locks the table for a moment)
ALTER TABLE "t" DROP CONSTRAINT "ck_t";
==== pk change (id)->(id,a)
-- drop the primary key (locks the table for a moment)
ALTER TABLE "t" DROP CONSTRAINT "t_pkey";
-- alter primary key of t: t_pkey (id) -> t_pkey (id, a) (reads the whole table; readers and writers wait)
ALTER TABLE "t" ADD CONSTRAINT "t_pkey" PRIMARY KEY ("id", "a");
==== column comment
-- comment on column a (reads and writes go on)
COMMENT ON COLUMN "t"."a" IS E'it''s \\ a';
==== table comment
-- comment on table t: "" -> "it's \\ a" (reads and writes go on)
COMMENT ON TABLE "t" IS E'it''s \\ a';
==== column order
==== computed expression change
-- drop generated column g, to make it again (locks the table for a moment)
ALTER TABLE "t" DROP COLUMN "g";
-- make generated column g (rewrites the table; readers and writers wait)
ALTER TABLE "t" ADD COLUMN "g" integer GENERATED ALWAYS AS ("a" + 2) STORED;
==== sequence add
-- create sequence t_id_seq (reads and writes go on)
CREATE SEQUENCE "t_id_seq" AS integer;
-- column id numbers the rows (locks the table for a moment)
ALTER TABLE "t" ALTER COLUMN "id" SET DEFAULT nextval('"t_id_seq"');
-- give the sequence to the column (locks the table for a moment)
ALTER SEQUENCE "t_id_seq" OWNED BY "t"."id";
-- go on behind the highest number (reads and writes go on)
SELECT setval('"t_id_seq"', greatest(coalesce(max("id"), 0), 0) + 1, false) FROM "t";
