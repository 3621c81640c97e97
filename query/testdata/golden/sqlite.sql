-- get
SELECT "note"."id", "note"."title", "note"."n", "note"."price", "note"."meta", "note"."tags" FROM "note" WHERE "note"."id" = ?
--   "x"

-- list
SELECT "note"."id", "note"."title" FROM "note" WHERE larder_match_fold("note"."title", ?, 0) AND "note"."n" > ? AND "note"."n" IN (?, ?, ?, ?) ORDER BY "note"."n" DESC, "note"."id" LIMIT ? OFFSET ?
--   "a.b", 1, 1, 2, 3, 3, 60, 5

-- offset alone
SELECT "note"."id", "note"."title" FROM "note" ORDER BY "note"."id" LIMIT -1 OFFSET ?
--   5

-- nulls last
SELECT "note"."id", "note"."title" FROM "note" ORDER BY "note"."title" DESC NULLS LAST, "note"."id"

-- conditions
SELECT "note"."id", "note"."title" FROM "note" WHERE ("note"."n" = ? OR ("note"."n" <> ? AND "note"."title" IS NULL)) AND NOT (("note"."n" BETWEEN ? AND ?)) AND ("note"."title" IS NOT ?) AND 1 = 0 AND 1 = 1
--   1, 2, 3, 4, "x"

-- like
SELECT "note"."id", "note"."title" FROM "note" WHERE larder_like("note"."title", ?, '') AND larder_like("note"."title", ?, ?) AND larder_like("note"."title", ?, ?) AND larder_like("note"."title", ?, ?) AND larder_like("note"."title", ?, ?) AND larder_regexp("note"."title", ?)
--   "a%", "a#%", "#", "50/%%", "/", "%x", "/", "%/_%", "/", "^a+$"

-- fold
SELECT "note"."id", "note"."title" FROM "note" WHERE larder_match_fold("note"."title", ?, 1) AND larder_match_fold("note"."title", ?, 2) AND larder_match_fold("note"."title", ?, 3)
--   "Ab", "c", "d"

-- tuple in
SELECT "note"."id", "note"."title" FROM "note" WHERE ("note"."id", "note"."n") IN (VALUES (?, ?), (?, ?))
--   "a", 1, "b", 2

-- decimal
SELECT "note"."id", "note"."title" FROM "note" WHERE larder_decimal("note"."price") >= larder_decimal(?) ORDER BY larder_decimal("note"."price")
--   1.5

-- self join
SELECT "note"."id", "p"."id" AS "parent" FROM "note" LEFT JOIN "note" AS "p" ON "p"."n" = "note"."n" WHERE EXISTS (SELECT "note"."id" FROM "note")

-- aggregates
SELECT "note"."title", COUNT(*) AS "c", CAST(SUM("note"."n") AS INTEGER) AS "s", CAST(AVG("note"."n") AS REAL) AS "a" FROM "note" GROUP BY "note"."title" HAVING COUNT(*) > ?
--   1

-- case, coalesce
SELECT CASE WHEN "note"."n" > ? THEN CAST(? AS TEXT) ELSE CAST(? AS TEXT) END AS "c", COALESCE("note"."title", ?) AS "t", ("note"."id" || CAST(? AS TEXT)) AS "x", larder_lower("note"."title") AS "l" FROM "note"
--   1, "many", "one", "none", "!"

-- window
SELECT "note"."id", ROW_NUMBER() OVER (PARTITION BY "note"."title" ORDER BY "note"."n" DESC) AS "r" FROM "note"

-- union
SELECT "note"."id", "note"."title" FROM "note" UNION SELECT * FROM (SELECT "note"."id", "note"."title" FROM "note" ORDER BY "note"."id" LIMIT ?) AS "part2" ORDER BY "id" DESC LIMIT ?
--   1, 3

-- except
SELECT "note"."id", "note"."title" FROM "note" EXCEPT SELECT "note"."id", "note"."title" FROM "note" WHERE "note"."n" = ?
--   1

-- recursive
WITH RECURSIVE "tree" ("id", "n") AS (SELECT "note"."id", "note"."n" FROM "note" WHERE "note"."n" = ? UNION SELECT "note"."id", "note"."n" FROM "note" JOIN "tree" ON "note"."n" = "tree"."n") SELECT "tree"."id" FROM "tree"
--   0

-- page
SELECT "note"."id", "note"."title" FROM "note" WHERE ("note"."title" IS NULL AND "note"."id" > ?) ORDER BY "note"."title" NULLS LAST, "note"."id" LIMIT ?
--   "x", 10

-- lock
SELECT "note"."id", "note"."title" FROM "note" WHERE "note"."id" = ?
--   "x"

-- share
SELECT "note"."id", "note"."title" FROM "note" WHERE "note"."id" = ?
--   "x"

-- parameters
SELECT "note"."id", "note"."title" FROM "note" WHERE "note"."id" = ? AND "note"."n" < ? LIMIT ?
--   "<id>", "<n>", "<limit>"

-- json read
SELECT (CASE WHEN json_valid("note"."meta") THEN CASE json_type("note"."meta", ?) WHEN 'text' THEN "note"."meta" ->> ? WHEN 'null' THEN NULL ELSE "note"."meta" -> ? END END) AS "t", (CASE WHEN json_valid("note"."meta") THEN (SELECT CASE typeof(larder_v.v) WHEN 'integer' THEN larder_v.v WHEN 'real' THEN CASE WHEN larder_v.v >= -9223372036854775808.0 AND larder_v.v < 9223372036854775808.0 AND larder_v.v = CAST(larder_v.v AS INTEGER) THEN CAST(larder_v.v AS INTEGER) END END FROM (SELECT CASE WHEN json_type("note"."meta", ?) IN ('integer', 'real') THEN json_extract("note"."meta", ?) END AS v) AS larder_v) END) AS "i", (CASE WHEN json_valid("note"."meta") THEN CASE json_type("note"."meta", ?) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END END) AS "b", (CASE WHEN json_valid("note"."tags") THEN "note"."tags" -> ? END) AS "j" FROM "note"
--   "$.\"a\"[0].\"q\\\"\"", "$.\"a\"[0].\"q\\\"\"", "$.\"a\"[0].\"q\\\"\"", "$.\"n\"", "$.\"n\"", "$.\"b\"", "$.\"x\"[#-1]"

-- json where
SELECT "note"."id", "note"."title" FROM "note" WHERE EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid("note"."meta") THEN CASE json_type("note"."meta", ?) WHEN 'array' THEN "note"."meta" -> ? END END) AS larder_in WHERE larder_in.type = 'text' AND larder_in.value = ?) AND (CASE WHEN json_valid("note"."meta") THEN json_type("note"."meta", ?) IS NOT NULL ELSE 0 END) AND larder_decimal((CASE WHEN json_valid("note"."meta") THEN CASE json_type("note"."meta", ?) WHEN 'integer' THEN larder_decimal_plain("note"."meta" -> ?) WHEN 'real' THEN larder_decimal_plain("note"."meta" -> ?) END END)) > larder_decimal(?) AND (COALESCE((CASE WHEN json_valid("note"."tags") THEN CASE json_type("note"."tags", ?) WHEN 'text' THEN 'string' WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' WHEN 'true' THEN 'bool' WHEN 'false' THEN 'bool' ELSE json_type("note"."tags", ?) END END), '') = 'object' AND (COALESCE((CASE WHEN json_valid("note"."tags") THEN CASE json_type("note"."tags", ?) WHEN 'text' THEN 'string' WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' WHEN 'true' THEN 'bool' WHEN 'false' THEN 'bool' ELSE json_type("note"."tags", ?) END END), '') = 'array' AND (COALESCE((CASE WHEN json_valid("note"."tags") THEN CASE json_type("note"."tags", ?) WHEN 'text' THEN 'string' WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' WHEN 'true' THEN 'bool' WHEN 'false' THEN 'bool' ELSE json_type("note"."tags", ?) END END), '') = 'array' AND (SELECT COUNT(*) FROM json_each(CASE WHEN json_valid("note"."tags") THEN CASE WHEN json_type("note"."tags", ?) IN ('array', 'object') THEN "note"."tags" -> ? END END) AS "larder_e1" WHERE (COALESCE((CASE WHEN json_valid((CASE "larder_e1"."type" WHEN 'text' THEN json_quote("larder_e1"."value") WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' WHEN 'array' THEN "larder_e1"."value" WHEN 'object' THEN "larder_e1"."value" ELSE "larder_e1"."json" -> "larder_e1"."fullkey" END)) THEN CASE json_type((CASE "larder_e1"."type" WHEN 'text' THEN json_quote("larder_e1"."value") WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' WHEN 'array' THEN "larder_e1"."value" WHEN 'object' THEN "larder_e1"."value" ELSE "larder_e1"."json" -> "larder_e1"."fullkey" END), ?) WHEN 'text' THEN 'string' WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' WHEN 'true' THEN 'bool' WHEN 'false' THEN 'bool' ELSE json_type((CASE "larder_e1"."type" WHEN 'text' THEN json_quote("larder_e1"."value") WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' WHEN 'array' THEN "larder_e1"."value" WHEN 'object' THEN "larder_e1"."value" ELSE "larder_e1"."json" -> "larder_e1"."fullkey" END), ?) END END), '') = 'number' AND larder_decimal((CASE WHEN json_valid((CASE "larder_e1"."type" WHEN 'text' THEN json_quote("larder_e1"."value") WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' WHEN 'array' THEN "larder_e1"."value" WHEN 'object' THEN "larder_e1"."value" ELSE "larder_e1"."json" -> "larder_e1"."fullkey" END)) THEN CASE json_type((CASE "larder_e1"."type" WHEN 'text' THEN json_quote("larder_e1"."value") WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' WHEN 'array' THEN "larder_e1"."value" WHEN 'object' THEN "larder_e1"."value" ELSE "larder_e1"."json" -> "larder_e1"."fullkey" END), ?) WHEN 'integer' THEN larder_decimal_plain((CASE "larder_e1"."type" WHEN 'text' THEN json_quote("larder_e1"."value") WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' WHEN 'array' THEN "larder_e1"."value" WHEN 'object' THEN "larder_e1"."value" ELSE "larder_e1"."json" -> "larder_e1"."fullkey" END) -> ?) WHEN 'real' THEN larder_decimal_plain((CASE "larder_e1"."type" WHEN 'text' THEN json_quote("larder_e1"."value") WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' WHEN 'array' THEN "larder_e1"."value" WHEN 'object' THEN "larder_e1"."value" ELSE "larder_e1"."json" -> "larder_e1"."fullkey" END) -> ?) END END)) = larder_decimal(?))) > 0))) AND (CASE WHEN json_valid("note"."meta") THEN CASE json_type("note"."meta", ?) WHEN 'array' THEN json_array_length("note"."meta", ?) WHEN 'object' THEN (SELECT COUNT(*) FROM json_each("note"."meta", ?)) END END) > ? AND (CASE WHEN json_valid("note"."meta") THEN CASE json_type("note"."meta", ?) WHEN 'text' THEN 'string' WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' WHEN 'true' THEN 'bool' WHEN 'false' THEN 'bool' ELSE json_type("note"."meta", ?) END END) = ?
--   "$.\"tags\"", "$.\"tags\"", "work", "$.\"k\"", "$.\"p\"", "$.\"p\"", "$.\"p\"", 1.5, "$", "$", "$.\"a\"", "$.\"a\"", "$.\"a\"", "$.\"a\"", "$.\"a\"", "$.\"a\"", "$", "$", "$", "$", "$", 1, "$.\"l\"", "$.\"l\"", "$.\"l\"", 0, "$.\"k\"", "$.\"k\"", "object"

-- json elements
SELECT "note"."id", (CASE typeof("e"."key") WHEN 'text' THEN "e"."key" END) AS "k", (CASE "e"."type" WHEN 'text' THEN json_quote("e"."value") WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' WHEN 'array' THEN "e"."value" WHEN 'object' THEN "e"."value" ELSE "e"."json" -> "e"."fullkey" END) AS "v", (CASE typeof("e"."key") WHEN 'integer' THEN "e"."key" ELSE (SELECT COUNT(*) FROM json_each("e"."json") AS larder_before WHERE larder_before.id < "e"."id") END) AS "p" FROM "note" JOIN json_each(CASE WHEN json_valid("note"."tags") THEN CASE WHEN json_type("note"."tags", ?) IN ('array', 'object') THEN "note"."tags" -> ? END END) AS "e" ON 1 = 1
--   "$", "$"

-- json set
UPDATE "note" SET "meta" = CASE WHEN "note"."meta" IS NULL THEN (? || ? || ?) WHEN COALESCE((CASE WHEN json_valid("note"."meta") THEN CASE json_type("note"."meta", ?) WHEN 'text' THEN 'string' WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' WHEN 'true' THEN 'bool' WHEN 'false' THEN 'bool' ELSE json_type("note"."meta", ?) END END), '') = 'object' THEN json_set("note"."meta", ?, json(CAST(? AS TEXT))) WHEN COALESCE((CASE WHEN json_valid("note"."meta") THEN CASE json_type("note"."meta", ?) WHEN 'text' THEN 'string' WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' WHEN 'true' THEN 'bool' WHEN 'false' THEN 'bool' ELSE json_type("note"."meta", ?) END END), '') = 'object' AND NOT (CASE WHEN json_valid("note"."meta") THEN json_type("note"."meta", ?) IS NOT NULL ELSE 0 END) THEN json_set("note"."meta", ?, json(CAST((? || ? || ?) AS TEXT))) ELSE "note"."meta" END, "tags" = (CASE WHEN json_valid("note"."tags") THEN json_remove("note"."tags", ?) ELSE "note"."tags" END) WHERE "note"."id" = ?
--   "{\"a\":{\"b\":", "1", "}}", "$.\"a\"", "$.\"a\"", "$.\"a\".\"b\"", "1", "$", "$", "$.\"a\"", "$.\"a\"", "{\"b\":", "1", "}", "$.\"x\"[0]", "x"

-- insert
INSERT INTO "note" ("id", "title", "n") VALUES (?, ?, ?)
--   "a", "t", 1

-- insert rows
INSERT INTO "note" ("id", "title", "n") VALUES (?, ?, ?), (?, ?, larder_integer((SELECT MAX("note"."n") AS "m" FROM "note"), 64)) RETURNING "id", "n"
--   "a", "t", 1, "b", <nil>

-- insert defaults
INSERT INTO "note" DEFAULT VALUES

-- insert from query
INSERT INTO "note" ("id", "title", "n") SELECT "note"."id", "note"."title", "note"."n" FROM "note"

-- insert parameters
INSERT INTO "note" ("id", "title", "meta") VALUES (?, ?, ?)
--   "<id>", "<title>", "<meta>"

-- upsert
INSERT INTO "note" ("id", "title", "n") VALUES (?, ?, ?) ON CONFLICT ("id") DO UPDATE SET "title" = excluded."title", "n" = excluded."n"
--   "a", "t", 1

-- upsert nothing
INSERT INTO "note" ("id", "title", "n") VALUES (?, ?, ?) ON CONFLICT ("id") DO NOTHING
--   "a", "t", 1

-- upsert set
INSERT INTO "note" ("id", "title", "n") VALUES (?, ?, ?) ON CONFLICT ("id") DO UPDATE SET "n" = larder_integer(("note"."n" + excluded."n"), 64), "title" = ?
--   "a", "t", 1, "x"

-- upsert where
INSERT INTO "note" ("id", "title", "n") VALUES (?, ?, ?) ON CONFLICT ("id") DO UPDATE SET "n" = excluded."n" WHERE "note"."n" < excluded."n"
--   "a", "t", 1

-- update
UPDATE "note" SET "title" = ?, "n" = larder_integer(("note"."n" + ?), 64) WHERE "note"."id" IN (SELECT * FROM (SELECT "note"."id", "note"."title" FROM "note" WHERE "note"."n" = ? LIMIT ?) AS "listed")
--   "x", 1, 1, 1

-- update in turn
UPDATE "note" SET "n" = ?, "title" = CAST("note"."n" AS TEXT) RETURNING "id"
--   0

-- delete
DELETE FROM "note" WHERE "note"."n" < ? RETURNING "id"
--   3

-- update without condition
error: note: the UPDATE has no condition that a row could fail; call AllRows if every row is meant

-- too long a name
SELECT CAST(? AS TEXT) AS "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
--   "x"

-- too long a value
INSERT INTO "note" ("id") VALUES (?)
--   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

-- raw
SELECT "id" FROM "note" WHERE "n" > ? AND "title" <> 'it''s ?'
--   5

