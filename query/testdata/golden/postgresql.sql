-- get
SELECT "note"."id", "note"."title", "note"."n", "note"."price", "note"."meta", "note"."tags" FROM "note" WHERE "note"."id" = $1
--   "x"

-- list
SELECT "note"."id", "note"."title" FROM "note" WHERE ("note"."title" ~ $1) AND "note"."n" > $2 AND "note"."n" IN ($3, $4, $5, $6) ORDER BY "note"."n" DESC, "note"."id" LIMIT $7 OFFSET $8
--   "***:[aA]\\.[bB]", 1, 1, 2, 3, 3, 60, 5

-- offset alone
SELECT "note"."id", "note"."title" FROM "note" ORDER BY "note"."id" OFFSET $1
--   5

-- nulls last
SELECT "note"."id", "note"."title" FROM "note" ORDER BY "note"."title" DESC NULLS LAST, "note"."id"

-- conditions
SELECT "note"."id", "note"."title" FROM "note" WHERE ("note"."n" = $1 OR ("note"."n" <> $2 AND "note"."title" IS NULL)) AND NOT (("note"."n" BETWEEN $3 AND $4)) AND ("note"."title" IS DISTINCT FROM $5) AND 1 = 0 AND 1 = 1
--   1, 2, 3, 4, "x"

-- like
SELECT "note"."id", "note"."title" FROM "note" WHERE ("note"."title" LIKE $1 ESCAPE '') AND ("note"."title" LIKE $2 ESCAPE '#') AND ("note"."title" LIKE $3 ESCAPE '/') AND ("note"."title" LIKE $4 ESCAPE '/') AND ("note"."title" LIKE $5 ESCAPE '/') AND ("note"."title" ~ $6)
--   "a%", "a#%", "50/%%", "%x", "%/_%", "^a+$"

-- fold
SELECT "note"."id", "note"."title" FROM "note" WHERE ("note"."title" ~ $1) AND ("note"."title" ~ $2) AND ("note"."title" ~ $3)
--   "***:\\A[Aa][bB]", "***:[cC]\\Z", "***:\\A[dD]\\Z"

-- tuple in
SELECT "note"."id", "note"."title" FROM "note" WHERE ("note"."id", "note"."n") IN (($1, $2), ($3, $4))
--   "a", 1, "b", 2

-- decimal
SELECT "note"."id", "note"."title" FROM "note" WHERE "note"."price" >= CAST($1 AS numeric) ORDER BY "note"."price"
--   "1.5"

-- self join
SELECT "note"."id", "p"."id" AS "parent" FROM "note" LEFT JOIN "note" AS "p" ON "p"."n" = "note"."n" WHERE EXISTS (SELECT "note"."id" FROM "note")

-- aggregates
SELECT "note"."title", COUNT(*) AS "c", CAST(SUM("note"."n") AS bigint) AS "s", CAST(AVG("note"."n") AS double precision) AS "a" FROM "note" GROUP BY "note"."title" HAVING COUNT(*) > $1
--   1

-- case, coalesce
SELECT CASE WHEN "note"."n" > $1 THEN CAST($2 AS text) ELSE CAST($3 AS text) END AS "c", COALESCE("note"."title", $4) AS "t", (CAST("note"."id" AS text) || CAST(CAST($5 AS text) AS text)) AS "x", lower("note"."title" COLLATE "und-x-icu") COLLATE "C" AS "l" FROM "note"
--   1, "many", "one", "none", "!"

-- window
SELECT "note"."id", ROW_NUMBER() OVER (PARTITION BY "note"."title" ORDER BY "note"."n" DESC) AS "r" FROM "note"

-- union
SELECT "note"."id", "note"."title" FROM "note" UNION SELECT * FROM (SELECT "note"."id", "note"."title" FROM "note" ORDER BY "note"."id" LIMIT $1) AS "part2" ORDER BY "id" DESC LIMIT $2
--   1, 3

-- except
SELECT "note"."id", "note"."title" FROM "note" EXCEPT SELECT "note"."id", "note"."title" FROM "note" WHERE "note"."n" = $1
--   1

-- recursive
WITH RECURSIVE "tree" ("id", "n") AS (SELECT "note"."id", "note"."n" FROM "note" WHERE "note"."n" = $1 UNION SELECT "note"."id", "note"."n" FROM "note" JOIN "tree" ON "note"."n" = "tree"."n") SELECT "tree"."id" FROM "tree"
--   0

-- page
SELECT "note"."id", "note"."title" FROM "note" WHERE ("note"."title" IS NULL AND "note"."id" > $1) ORDER BY "note"."title" NULLS LAST, "note"."id" LIMIT $2
--   "x", 10

-- lock
SELECT "note"."id", "note"."title" FROM "note" WHERE "note"."id" = $1 FOR UPDATE SKIP LOCKED
--   "x"

-- share
SELECT "note"."id", "note"."title" FROM "note" WHERE "note"."id" = $1 FOR SHARE NOWAIT
--   "x"

-- parameters
SELECT "note"."id", "note"."title" FROM "note" WHERE "note"."id" = $1 AND "note"."n" < $2 LIMIT $3
--   "<id>", "<n>", "<limit>"

-- json read
SELECT ((((CASE WHEN strpos(CAST("note"."meta" AS text), E'\\u0000') = 0 AND strpos(CAST("note"."meta" AS text), E'\\ud') = 0 AND strpos(CAST("note"."meta" AS text), E'\\uD') = 0 THEN CAST("note"."meta" AS json) ELSE CAST(regexp_replace(regexp_replace(regexp_replace(CAST("note"."meta" AS text), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})((?:\\\\\\\\)*)\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\\1\\\\ufffd', 'g') AS json) END) -> CAST($1 AS text)) -> (0)) ->> CAST($2 AS text)) AS "t", (SELECT CASE WHEN larder_n.n = trunc(larder_n.n) AND larder_n.n BETWEEN -9223372036854775808 AND 9223372036854775807 THEN CAST(larder_n.n AS bigint) END FROM (SELECT (SELECT CASE json_typeof(larder_m.m) WHEN 'number' THEN CASE WHEN length(larder_m.m #>> '{}') < 1000 AND (larder_m.m #>> '{}') !~ '[eE][+-]?0*[1-9][0-9]{3}' THEN CAST(larder_m.m #>> '{}' AS numeric) END END FROM (SELECT ((CASE WHEN strpos(CAST("note"."meta" AS text), E'\\u0000') = 0 AND strpos(CAST("note"."meta" AS text), E'\\ud') = 0 AND strpos(CAST("note"."meta" AS text), E'\\uD') = 0 THEN CAST("note"."meta" AS json) ELSE CAST(regexp_replace(regexp_replace(regexp_replace(CAST("note"."meta" AS text), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})((?:\\\\\\\\)*)\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\\1\\\\ufffd', 'g') AS json) END) -> CAST($3 AS text)) AS m OFFSET 0) AS larder_m) AS n OFFSET 0) AS larder_n) AS "i", (SELECT CASE json_typeof(larder_m.m) WHEN 'boolean' THEN CAST(larder_m.m #>> '{}' AS boolean) END FROM (SELECT ((CASE WHEN strpos(CAST("note"."meta" AS text), E'\\u0000') = 0 AND strpos(CAST("note"."meta" AS text), E'\\ud') = 0 AND strpos(CAST("note"."meta" AS text), E'\\uD') = 0 THEN CAST("note"."meta" AS json) ELSE CAST(regexp_replace(regexp_replace(regexp_replace(CAST("note"."meta" AS text), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})((?:\\\\\\\\)*)\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\\1\\\\ufffd', 'g') AS json) END) -> CAST($4 AS text)) AS m OFFSET 0) AS larder_m) AS "b", (CASE jsonb_typeof(("note"."tags" -> CAST($5 AS text))) WHEN 'array' THEN ("note"."tags" -> CAST($6 AS text)) -> (-1) END) AS "j" FROM "note"
--   "a", "q\"", "n", "b", "x", "x"

-- json where
SELECT "note"."id", "note"."title" FROM "note" WHERE (SELECT COALESCE(json_typeof(larder_m.m) = 'array' AND CAST(larder_m.m AS jsonb) @> CAST($1 AS jsonb), FALSE) FROM (SELECT ((CASE WHEN strpos(CAST("note"."meta" AS text), E'\\u0000') = 0 AND strpos(CAST("note"."meta" AS text), E'\\ud') = 0 AND strpos(CAST("note"."meta" AS text), E'\\uD') = 0 THEN CAST("note"."meta" AS json) ELSE CAST(regexp_replace(regexp_replace(regexp_replace(CAST("note"."meta" AS text), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})((?:\\\\\\\\)*)\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\\1\\\\ufffd', 'g') AS json) END) -> CAST($2 AS text)) AS m OFFSET 0) AS larder_m) AND (((CASE WHEN strpos(CAST("note"."meta" AS text), E'\\u0000') = 0 AND strpos(CAST("note"."meta" AS text), E'\\ud') = 0 AND strpos(CAST("note"."meta" AS text), E'\\uD') = 0 THEN CAST("note"."meta" AS json) ELSE CAST(regexp_replace(regexp_replace(regexp_replace(CAST("note"."meta" AS text), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})((?:\\\\\\\\)*)\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\\1\\\\ufffd', 'g') AS json) END) -> CAST($3 AS text)) IS NOT NULL) AND CAST((SELECT CASE json_typeof(larder_m.m) WHEN 'number' THEN CASE WHEN length(larder_m.m #>> '{}') < 1000 AND (larder_m.m #>> '{}') !~ '[eE][+-]?0*[1-9][0-9]{3}' THEN CAST(larder_m.m #>> '{}' AS numeric) END END FROM (SELECT ((CASE WHEN strpos(CAST("note"."meta" AS text), E'\\u0000') = 0 AND strpos(CAST("note"."meta" AS text), E'\\ud') = 0 AND strpos(CAST("note"."meta" AS text), E'\\uD') = 0 THEN CAST("note"."meta" AS json) ELSE CAST(regexp_replace(regexp_replace(regexp_replace(CAST("note"."meta" AS text), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})((?:\\\\\\\\)*)\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\\1\\\\ufffd', 'g') AS json) END) -> CAST($4 AS text)) AS m OFFSET 0) AS larder_m) AS numeric) > CAST($5 AS numeric) AND ("note"."tags" @> CAST($6 AS jsonb) AND "note"."tags" IS NOT NULL) AND (SELECT CASE json_typeof(larder_m.m) WHEN 'array' THEN CAST(json_array_length(larder_m.m) AS bigint) WHEN 'object' THEN (SELECT count(*) FROM json_object_keys(larder_m.m)) END FROM (SELECT ((CASE WHEN strpos(CAST("note"."meta" AS text), E'\\u0000') = 0 AND strpos(CAST("note"."meta" AS text), E'\\ud') = 0 AND strpos(CAST("note"."meta" AS text), E'\\uD') = 0 THEN CAST("note"."meta" AS json) ELSE CAST(regexp_replace(regexp_replace(regexp_replace(CAST("note"."meta" AS text), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})((?:\\\\\\\\)*)\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\\1\\\\ufffd', 'g') AS json) END) -> CAST($7 AS text)) AS m OFFSET 0) AS larder_m) > $8 AND (SELECT CASE json_typeof(larder_m.m) WHEN 'boolean' THEN 'bool' ELSE json_typeof(larder_m.m) END FROM (SELECT ((CASE WHEN strpos(CAST("note"."meta" AS text), E'\\u0000') = 0 AND strpos(CAST("note"."meta" AS text), E'\\ud') = 0 AND strpos(CAST("note"."meta" AS text), E'\\uD') = 0 THEN CAST("note"."meta" AS json) ELSE CAST(regexp_replace(regexp_replace(regexp_replace(CAST("note"."meta" AS text), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})((?:\\\\\\\\)*)\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\\1\\\\ufffd', 'g') AS json) END) -> CAST($9 AS text)) AS m OFFSET 0) AS larder_m) = $10
--   "[\"work\"]", "tags", "k", "p", "1.5", "{\"a\":[1]}", "l", 0, "k", "object"

-- json elements
SELECT "note"."id", "e".key AS "k", "e".value AS "v", "e".position AS "p" FROM "note" JOIN LATERAL (SELECT NULL AS key, larder_a.value, larder_a.n - 1 AS position FROM (SELECT "note"."tags" AS m OFFSET 0) AS larder_m, jsonb_array_elements(CASE jsonb_typeof(larder_m.m) WHEN 'array' THEN larder_m.m END) WITH ORDINALITY AS larder_a(value, n) UNION ALL SELECT larder_o.key, larder_o.value, larder_o.n - 1 FROM (SELECT "note"."tags" AS m OFFSET 0) AS larder_m, jsonb_each(CASE jsonb_typeof(larder_m.m) WHEN 'object' THEN larder_m.m END) WITH ORDINALITY AS larder_o(key, value, n)) AS "e" ON 1 = 1

-- json set
UPDATE "note" SET "meta" = CASE WHEN "note"."meta" IS NULL THEN CAST((CAST($1 AS text) || CAST($2 AS text) || CAST($3 AS text)) AS json) WHEN COALESCE((SELECT CASE json_typeof(larder_m.m) WHEN 'boolean' THEN 'bool' ELSE json_typeof(larder_m.m) END FROM (SELECT ((CASE WHEN strpos(CAST("note"."meta" AS text), E'\\u0000') = 0 AND strpos(CAST("note"."meta" AS text), E'\\ud') = 0 AND strpos(CAST("note"."meta" AS text), E'\\uD') = 0 THEN CAST("note"."meta" AS json) ELSE CAST(regexp_replace(regexp_replace(regexp_replace(CAST("note"."meta" AS text), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})((?:\\\\\\\\)*)\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\\1\\\\ufffd', 'g') AS json) END) -> CAST($4 AS text)) AS m OFFSET 0) AS larder_m), '') = 'object' THEN CAST(jsonb_set(CAST((CASE WHEN strpos(CAST("note"."meta" AS text), E'\\u0000') = 0 AND strpos(CAST("note"."meta" AS text), E'\\ud') = 0 AND strpos(CAST("note"."meta" AS text), E'\\uD') = 0 THEN CAST("note"."meta" AS json) ELSE CAST(regexp_replace(regexp_replace(regexp_replace(CAST("note"."meta" AS text), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})((?:\\\\\\\\)*)\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\\1\\\\ufffd', 'g') AS json) END) AS jsonb), ARRAY[CAST($5 AS text), CAST($6 AS text)], CAST($7 AS jsonb)) AS json) WHEN COALESCE((SELECT CASE json_typeof(larder_m.m) WHEN 'boolean' THEN 'bool' ELSE json_typeof(larder_m.m) END FROM (SELECT (CASE WHEN strpos(CAST("note"."meta" AS text), E'\\u0000') = 0 AND strpos(CAST("note"."meta" AS text), E'\\ud') = 0 AND strpos(CAST("note"."meta" AS text), E'\\uD') = 0 THEN CAST("note"."meta" AS json) ELSE CAST(regexp_replace(regexp_replace(regexp_replace(CAST("note"."meta" AS text), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})((?:\\\\\\\\)*)\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\\1\\\\ufffd', 'g') AS json) END) AS m OFFSET 0) AS larder_m), '') = 'object' AND NOT (((CASE WHEN strpos(CAST("note"."meta" AS text), E'\\u0000') = 0 AND strpos(CAST("note"."meta" AS text), E'\\ud') = 0 AND strpos(CAST("note"."meta" AS text), E'\\uD') = 0 THEN CAST("note"."meta" AS json) ELSE CAST(regexp_replace(regexp_replace(regexp_replace(CAST("note"."meta" AS text), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})((?:\\\\\\\\)*)\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\\1\\\\ufffd', 'g') AS json) END) -> CAST($8 AS text)) IS NOT NULL) THEN CAST(jsonb_set(CAST((CASE WHEN strpos(CAST("note"."meta" AS text), E'\\u0000') = 0 AND strpos(CAST("note"."meta" AS text), E'\\ud') = 0 AND strpos(CAST("note"."meta" AS text), E'\\uD') = 0 THEN CAST("note"."meta" AS json) ELSE CAST(regexp_replace(regexp_replace(regexp_replace(CAST("note"."meta" AS text), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u0000', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})', E'\\1\\\\ufffd', 'g'), E'(?<!\\\\)(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})((?:\\\\\\\\)*)\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', E'\\1\\\\ufffd', 'g') AS json) END) AS jsonb), ARRAY[CAST($9 AS text)], CAST((CAST($10 AS text) || CAST($11 AS text) || CAST($12 AS text)) AS jsonb)) AS json) ELSE "note"."meta" END, "tags" = (CASE WHEN ((CASE jsonb_typeof(("note"."tags" -> CAST($13 AS text))) WHEN 'array' THEN ("note"."tags" -> CAST($14 AS text)) -> (0) END) IS NOT NULL) THEN ("note"."tags" #- ARRAY[CAST($15 AS text), '0']) ELSE "note"."tags" END) WHERE "note"."id" = $16
--   "{\"a\":{\"b\":", "1", "}}", "a", "a", "b", "1", "a", "a", "{\"b\":", "1", "}", "x", "x", "x", "x"

-- insert
INSERT INTO "note" ("id", "title", "n") VALUES ($1, $2, $3)
--   "a", "t", 1

-- insert rows
INSERT INTO "note" ("id", "title", "n") VALUES ($1, $2, $3), ($4, $5, (SELECT MAX("note"."n") AS "m" FROM "note")) RETURNING "id", "n"
--   "a", "t", 1, "b", <nil>

-- insert defaults
INSERT INTO "note" DEFAULT VALUES

-- insert from query
INSERT INTO "note" ("id", "title", "n") SELECT "note"."id", "note"."title", "note"."n" FROM "note"

-- insert parameters
INSERT INTO "note" ("id", "title", "meta") VALUES ($1, $2, $3)
--   "<id>", "<title>", "<meta>"

-- upsert
INSERT INTO "note" ("id", "title", "n") VALUES ($1, $2, $3) ON CONFLICT ("id") DO UPDATE SET "title" = excluded."title", "n" = excluded."n"
--   "a", "t", 1

-- upsert nothing
INSERT INTO "note" ("id", "title", "n") VALUES ($1, $2, $3) ON CONFLICT ("id") DO NOTHING
--   "a", "t", 1

-- upsert set
INSERT INTO "note" ("id", "title", "n") VALUES ($1, $2, $3) ON CONFLICT ("id") DO UPDATE SET "n" = ("note"."n" + excluded."n"), "title" = $4
--   "a", "t", 1, "x"

-- upsert where
INSERT INTO "note" ("id", "title", "n") VALUES ($1, $2, $3) ON CONFLICT ("id") DO UPDATE SET "n" = excluded."n" WHERE "note"."n" < excluded."n"
--   "a", "t", 1

-- update
UPDATE "note" SET "title" = $1, "n" = ("note"."n" + $2) WHERE "note"."id" IN (SELECT * FROM (SELECT "note"."id", "note"."title" FROM "note" WHERE "note"."n" = $3 LIMIT $4) AS "listed")
--   "x", 1, 1, 1

-- update in turn
UPDATE "note" SET "n" = $1, "title" = CAST("note"."n" AS text) RETURNING "id"
--   0

-- delete
DELETE FROM "note" WHERE "note"."n" < $1 RETURNING "id"
--   3

-- update without condition
error: note: the UPDATE has no condition that a row could fail; call AllRows if every row is meant

-- too long a name
error: identifier: the name "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" has 70 bytes and the engine keeps 63; shorten it (postgresql)

-- too long a value
INSERT INTO "note" ("id") VALUES ($1)
--   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

-- raw
SELECT "id" FROM "note" WHERE "n" > CAST($1 AS integer) AND "title" <> 'it''s ?'
--   5

