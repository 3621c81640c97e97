-- get
SELECT `note`.`id`, `note`.`title`, `note`.`n`, `note`.`price`, `note`.`meta`, `note`.`tags` FROM `note` WHERE `note`.`id` = ?
--   "x"

-- list
SELECT `note`.`id`, `note`.`title` FROM `note` WHERE (`note`.`title` REGEXP ?) AND `note`.`n` > ? AND `note`.`n` IN (?, ?, ?, ?) ORDER BY `note`.`n` DESC, `note`.`id` LIMIT ? OFFSET ?
--   "(?-i)[aA]\\.[bB]", 1, 1, 2, 3, 3, 60, 5

-- offset alone
SELECT `note`.`id`, `note`.`title` FROM `note` ORDER BY `note`.`id` LIMIT 18446744073709551615 OFFSET ?
--   5

-- nulls last
SELECT `note`.`id`, `note`.`title` FROM `note` ORDER BY (`note`.`title` IS NULL), `note`.`title` DESC, `note`.`id`

-- conditions
SELECT `note`.`id`, `note`.`title` FROM `note` WHERE (`note`.`n` = ? OR (`note`.`n` <> ? AND `note`.`title` IS NULL)) AND NOT ((`note`.`n` BETWEEN ? AND ?)) AND NOT (`note`.`title` <=> ?) AND 1 = 0 AND 1 = 1
--   1, 2, 3, 4, "x"

-- like
SELECT `note`.`id`, `note`.`title` FROM `note` WHERE (`note`.`title` LIKE ? ESCAPE '') AND (`note`.`title` LIKE ? ESCAPE '#') AND (`note`.`title` LIKE ? ESCAPE '/') AND (`note`.`title` LIKE ? ESCAPE '/') AND (`note`.`title` LIKE ? ESCAPE '/') AND (`note`.`title` REGEXP ?)
--   "a%", "a#%", "50/%%", "%x", "%/_%", "(?-i)^a+$"

-- fold
SELECT `note`.`id`, `note`.`title` FROM `note` WHERE (`note`.`title` REGEXP ?) AND (`note`.`title` REGEXP ?) AND (`note`.`title` REGEXP ?)
--   "(?-i)\\A[Aa][bB]", "(?-i)[cC]\\z", "(?-i)\\A[dD]\\z"

-- tuple in
SELECT `note`.`id`, `note`.`title` FROM `note` WHERE (`note`.`id`, `note`.`n`) IN ((?, ?), (?, ?))
--   "a", 1, "b", 2

-- decimal
SELECT `note`.`id`, `note`.`title` FROM `note` WHERE `note`.`price` >= (CASE WHEN ? REGEXP '^[-]?0*[0-9]{0,35}([.][0-9]*)?([eE][-][0-9]+)?$' OR ? REGEXP '^[-]?0*[0-9]{1,25}([.][0-9]*)?([eE][+]?0*[0-9])?$' THEN CAST(? AS DECIMAL(65,30)) END) ORDER BY `note`.`price`
--   "1.5", "1.5", "1.5"

-- self join
SELECT `note`.`id`, `p`.`id` AS `parent` FROM `note` LEFT JOIN `note` AS `p` ON `p`.`n` = `note`.`n` WHERE EXISTS (SELECT `note`.`id` FROM `note`)

-- aggregates
SELECT `note`.`title`, COUNT(*) AS `c`, CAST(SUM(`note`.`n`) AS SIGNED) AS `s`, CAST(AVG(`note`.`n`) AS DOUBLE) AS `a` FROM `note` GROUP BY `note`.`title` HAVING COUNT(*) > ?
--   1

-- case, coalesce
SELECT CASE WHEN `note`.`n` > ? THEN (CAST(? AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_nopad_bin) ELSE (CAST(? AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_nopad_bin) END AS `c`, COALESCE(`note`.`title`, ?) AS `t`, CONCAT(`note`.`id`, (CAST(? AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_nopad_bin)) AS `x`, (LOWER(`note`.`title`) COLLATE utf8mb4_nopad_bin) AS `l` FROM `note`
--   1, "many", "one", "none", "!"

-- window
SELECT `note`.`id`, ROW_NUMBER() OVER (PARTITION BY `note`.`title` ORDER BY `note`.`n` DESC) AS `r` FROM `note`

-- union
SELECT `note`.`id`, `note`.`title` FROM `note` UNION SELECT * FROM (SELECT `note`.`id`, `note`.`title` FROM `note` ORDER BY `note`.`id` LIMIT ?) AS `part2` ORDER BY `id` DESC LIMIT ?
--   1, 3

-- except
SELECT `note`.`id`, `note`.`title` FROM `note` EXCEPT SELECT `note`.`id`, `note`.`title` FROM `note` WHERE `note`.`n` = ?
--   1

-- recursive
WITH RECURSIVE `tree` (`id`, `n`) AS (SELECT `note`.`id`, `note`.`n` FROM `note` WHERE `note`.`n` = ? UNION SELECT `note`.`id`, `note`.`n` FROM `note` JOIN `tree` ON `note`.`n` = `tree`.`n`) SELECT `tree`.`id` FROM `tree`
--   0

-- page
SELECT `note`.`id`, `note`.`title` FROM `note` WHERE (`note`.`title` IS NULL AND `note`.`id` > ?) ORDER BY (`note`.`title` IS NULL), `note`.`title`, `note`.`id` LIMIT ?
--   "x", 10

-- lock
SELECT `note`.`id`, `note`.`title` FROM `note` WHERE `note`.`id` = ? FOR UPDATE SKIP LOCKED
--   "x"

-- share
SELECT `note`.`id`, `note`.`title` FROM `note` WHERE `note`.`id` = ? LOCK IN SHARE MODE NOWAIT
--   "x"

-- parameters
SELECT `note`.`id`, `note`.`title` FROM `note` WHERE `note`.`id` = ? AND `note`.`n` < ? LIMIT ?
--   "<id>", "<n>", "<limit>"

-- json read
SELECT (SELECT CASE WHEN larder_orz2q3.m = 'null' THEN NULL WHEN LEFT(larder_orz2q3.m, 1) = '"' THEN JSON_UNQUOTE(larder_orz2q3.m) COLLATE utf8mb4_nopad_bin ELSE larder_orz2q3.m COLLATE utf8mb4_nopad_bin END FROM JSON_TABLE(`note`.`meta`, '$' COLUMNS (m JSON PATH '$."a"[0]."q\\""', e INT EXISTS PATH '$."a"[0]."q\\""', g1 JSON PATH '$."a"')) AS larder_orz2q3 WHERE LEFT(larder_orz2q3.g1, 1) = '[') AS `t`, (SELECT CASE WHEN LEFT(larder_dna58r.m, 1) IN ('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9') AND larder_dna58r.m REGEXP '^[-]?[0-9]{1,25}([.][0-9]+)?([eE]([-][0-9]+|[+]?[0-9]))?$' THEN CASE WHEN CAST(larder_dna58r.m AS DECIMAL(65,30)) = FLOOR(CAST(larder_dna58r.m AS DECIMAL(65,30))) AND CAST(larder_dna58r.m AS DECIMAL(65,30)) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN CAST(CAST(larder_dna58r.m AS DECIMAL(65,30)) AS SIGNED) END END FROM JSON_TABLE(`note`.`meta`, '$' COLUMNS (m JSON PATH '$."n"', e INT EXISTS PATH '$."n"')) AS larder_dna58r) AS `i`, (SELECT CASE larder_yue247.m WHEN 'true' THEN 1 WHEN 'false' THEN 0 END FROM JSON_TABLE(`note`.`meta`, '$' COLUMNS (m JSON PATH '$."b"', e INT EXISTS PATH '$."b"')) AS larder_yue247) AS `b`, (SELECT larder_1ak8x07.m COLLATE utf8mb4_nopad_bin FROM JSON_TABLE(`note`.`tags`, '$' COLUMNS (m JSON PATH '$."x"[-1]', e INT EXISTS PATH '$."x"[-1]', g1 JSON PATH '$."x"')) AS larder_1ak8x07 WHERE LEFT(larder_1ak8x07.g1, 1) = '[') AS `j` FROM `note`

-- json where
SELECT `note`.`id`, `note`.`title` FROM `note` WHERE ((SELECT COUNT(*) FROM JSON_TABLE((SELECT CASE LEFT(larder_102iv7k.m, 1) WHEN '[' THEN larder_102iv7k.m END FROM JSON_TABLE(`note`.`meta`, '$' COLUMNS (m JSON PATH '$."tags"', e INT EXISTS PATH '$."tags"')) AS larder_102iv7k), '$[*]' COLUMNS (n FOR ORDINALITY, m JSON PATH '$')) AS larder_102iv7k WHERE larder_102iv7k.n IS NOT NULL AND LEFT(larder_102iv7k.m, 1) = '"' AND JSON_UNQUOTE(larder_102iv7k.m) COLLATE utf8mb4_nopad_bin = ?) > 0) AND (COALESCE((SELECT larder_mujc1c.e FROM JSON_TABLE(`note`.`meta`, '$' COLUMNS (m JSON PATH '$."k"', e INT EXISTS PATH '$."k"')) AS larder_mujc1c), 0) = 1) AND (CASE WHEN (SELECT CASE WHEN LEFT(larder_wt0r7p.m, 1) IN ('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9') THEN larder_wt0r7p.m END COLLATE utf8mb4_nopad_bin FROM JSON_TABLE(`note`.`meta`, '$' COLUMNS (m JSON PATH '$."p"', e INT EXISTS PATH '$."p"')) AS larder_wt0r7p) REGEXP '^[-]?0*[0-9]{0,35}([.][0-9]*)?([eE][-][0-9]+)?$' OR (SELECT CASE WHEN LEFT(larder_wt0r7p.m, 1) IN ('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9') THEN larder_wt0r7p.m END COLLATE utf8mb4_nopad_bin FROM JSON_TABLE(`note`.`meta`, '$' COLUMNS (m JSON PATH '$."p"', e INT EXISTS PATH '$."p"')) AS larder_wt0r7p) REGEXP '^[-]?0*[0-9]{1,25}([.][0-9]*)?([eE][+]?0*[0-9])?$' THEN CAST((SELECT CASE WHEN LEFT(larder_wt0r7p.m, 1) IN ('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9') THEN larder_wt0r7p.m END COLLATE utf8mb4_nopad_bin FROM JSON_TABLE(`note`.`meta`, '$' COLUMNS (m JSON PATH '$."p"', e INT EXISTS PATH '$."p"')) AS larder_wt0r7p) AS DECIMAL(65,30)) END) > (CASE WHEN ? REGEXP '^[-]?0*[0-9]{0,35}([.][0-9]*)?([eE][-][0-9]+)?$' OR ? REGEXP '^[-]?0*[0-9]{1,25}([.][0-9]*)?([eE][+]?0*[0-9])?$' THEN CAST(? AS DECIMAL(65,30)) END) AND (COALESCE((SELECT CASE WHEN larder_1lpbfgh.m IS NULL THEN NULL ELSE CASE LEFT(larder_1lpbfgh.m, 1) WHEN '{' THEN 'object' WHEN '[' THEN 'array' WHEN '"' THEN 'string' WHEN 't' THEN 'bool' WHEN 'f' THEN 'bool' WHEN 'n' THEN 'null' ELSE 'number' END END FROM JSON_TABLE(`note`.`tags`, '$' COLUMNS (m JSON PATH '$', e INT EXISTS PATH '$')) AS larder_1lpbfgh), '') = 'object' AND (COALESCE((SELECT CASE WHEN larder_132xkbq.m IS NULL THEN NULL ELSE CASE LEFT(larder_132xkbq.m, 1) WHEN '{' THEN 'object' WHEN '[' THEN 'array' WHEN '"' THEN 'string' WHEN 't' THEN 'bool' WHEN 'f' THEN 'bool' WHEN 'n' THEN 'null' ELSE 'number' END END FROM JSON_TABLE(`note`.`tags`, '$' COLUMNS (m JSON PATH '$."a"', e INT EXISTS PATH '$."a"')) AS larder_132xkbq), '') = 'array' AND (COALESCE((SELECT CASE WHEN larder_132xkbq.m IS NULL THEN NULL ELSE CASE LEFT(larder_132xkbq.m, 1) WHEN '{' THEN 'object' WHEN '[' THEN 'array' WHEN '"' THEN 'string' WHEN 't' THEN 'bool' WHEN 'f' THEN 'bool' WHEN 'n' THEN 'null' ELSE 'number' END END FROM JSON_TABLE(`note`.`tags`, '$' COLUMNS (m JSON PATH '$."a"', e INT EXISTS PATH '$."a"')) AS larder_132xkbq), '') = 'array' AND (SELECT COUNT(*) FROM JSON_TABLE((SELECT CASE LEFT(larder_132xkbq.m, 1) WHEN '[' THEN larder_132xkbq.m WHEN '{' THEN JSON_EXTRACT(larder_132xkbq.m, '$.*') END FROM JSON_TABLE(`note`.`tags`, '$' COLUMNS (m JSON PATH '$."a"', e INT EXISTS PATH '$."a"')) AS larder_132xkbq), '$[*]' COLUMNS (position FOR ORDINALITY, value JSON PATH '$')) AS `larder_e1` WHERE (COALESCE((SELECT CASE WHEN larder_4ovkow.m IS NULL THEN NULL ELSE CASE LEFT(larder_4ovkow.m, 1) WHEN '{' THEN 'object' WHEN '[' THEN 'array' WHEN '"' THEN 'string' WHEN 't' THEN 'bool' WHEN 'f' THEN 'bool' WHEN 'n' THEN 'null' ELSE 'number' END END FROM JSON_TABLE(`larder_e1`.`value`, '$' COLUMNS (m JSON PATH '$', e INT EXISTS PATH '$')) AS larder_4ovkow), '') = 'number' AND (CASE WHEN (SELECT CASE WHEN LEFT(larder_4ovkow.m, 1) IN ('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9') THEN larder_4ovkow.m END COLLATE utf8mb4_nopad_bin FROM JSON_TABLE(`larder_e1`.`value`, '$' COLUMNS (m JSON PATH '$', e INT EXISTS PATH '$')) AS larder_4ovkow) REGEXP '^[-]?0*[0-9]{0,35}([.][0-9]*)?([eE][-][0-9]+)?$' OR (SELECT CASE WHEN LEFT(larder_4ovkow.m, 1) IN ('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9') THEN larder_4ovkow.m END COLLATE utf8mb4_nopad_bin FROM JSON_TABLE(`larder_e1`.`value`, '$' COLUMNS (m JSON PATH '$', e INT EXISTS PATH '$')) AS larder_4ovkow) REGEXP '^[-]?0*[0-9]{1,25}([.][0-9]*)?([eE][+]?0*[0-9])?$' THEN CAST((SELECT CASE WHEN LEFT(larder_4ovkow.m, 1) IN ('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9') THEN larder_4ovkow.m END COLLATE utf8mb4_nopad_bin FROM JSON_TABLE(`larder_e1`.`value`, '$' COLUMNS (m JSON PATH '$', e INT EXISTS PATH '$')) AS larder_4ovkow) AS DECIMAL(65,30)) END) = (CASE WHEN ? REGEXP '^[-]?0*[0-9]{0,35}([.][0-9]*)?([eE][-][0-9]+)?$' OR ? REGEXP '^[-]?0*[0-9]{1,25}([.][0-9]*)?([eE][+]?0*[0-9])?$' THEN CAST(? AS DECIMAL(65,30)) END))) > 0))) AND (SELECT CASE WHEN LEFT(larder_pje495.m, 1) IN ('{', '[') THEN JSON_LENGTH(larder_pje495.m) END FROM JSON_TABLE(`note`.`meta`, '$' COLUMNS (m JSON PATH '$."l"', e INT EXISTS PATH '$."l"')) AS larder_pje495) > ? AND (SELECT CASE WHEN larder_mujc1c.m IS NULL THEN NULL ELSE CASE LEFT(larder_mujc1c.m, 1) WHEN '{' THEN 'object' WHEN '[' THEN 'array' WHEN '"' THEN 'string' WHEN 't' THEN 'bool' WHEN 'f' THEN 'bool' WHEN 'n' THEN 'null' ELSE 'number' END END FROM JSON_TABLE(`note`.`meta`, '$' COLUMNS (m JSON PATH '$."k"', e INT EXISTS PATH '$."k"')) AS larder_mujc1c) = ?
--   "work", "1.5", "1.5", "1.5", "1", "1", "1", 0, "object"

-- json elements
SELECT `note`.`id`, (SELECT CASE WHEN LEFT(larder_1lpbfgh.m, 1) = '{' THEN JSON_UNQUOTE(JSON_EXTRACT(JSON_KEYS(larder_1lpbfgh.m), CONCAT('$[', `e`.`position` - 1, ']'))) END COLLATE utf8mb4_nopad_bin FROM JSON_TABLE(`note`.`tags`, '$' COLUMNS (m JSON PATH '$', e INT EXISTS PATH '$')) AS larder_1lpbfgh) AS `k`, `e`.`value` AS `v`, (`e`.`position` - 1) AS `p` FROM `note` JOIN JSON_TABLE((SELECT CASE LEFT(larder_1lpbfgh.m, 1) WHEN '[' THEN larder_1lpbfgh.m WHEN '{' THEN JSON_EXTRACT(larder_1lpbfgh.m, '$.*') END FROM JSON_TABLE(`note`.`tags`, '$' COLUMNS (m JSON PATH '$', e INT EXISTS PATH '$')) AS larder_1lpbfgh), '$[*]' COLUMNS (position FOR ORDINALITY, value JSON PATH '$')) AS `e` ON 1 = 1

-- json set
UPDATE `note` SET `meta` = CASE WHEN `note`.`meta` IS NULL THEN CONCAT(?, ?, ?) WHEN COALESCE((SELECT CASE WHEN larder_5wrr7y.m IS NULL THEN NULL ELSE CASE LEFT(larder_5wrr7y.m, 1) WHEN '{' THEN 'object' WHEN '[' THEN 'array' WHEN '"' THEN 'string' WHEN 't' THEN 'bool' WHEN 'f' THEN 'bool' WHEN 'n' THEN 'null' ELSE 'number' END END FROM JSON_TABLE(`note`.`meta`, '$' COLUMNS (m JSON PATH '$."a"', e INT EXISTS PATH '$."a"')) AS larder_5wrr7y), '') = 'object' THEN JSON_SET(`note`.`meta`, ?, JSON_EXTRACT(?, '$')) WHEN COALESCE((SELECT CASE WHEN larder_n0k31l.m IS NULL THEN NULL ELSE CASE LEFT(larder_n0k31l.m, 1) WHEN '{' THEN 'object' WHEN '[' THEN 'array' WHEN '"' THEN 'string' WHEN 't' THEN 'bool' WHEN 'f' THEN 'bool' WHEN 'n' THEN 'null' ELSE 'number' END END FROM JSON_TABLE(`note`.`meta`, '$' COLUMNS (m JSON PATH '$', e INT EXISTS PATH '$')) AS larder_n0k31l), '') = 'object' AND NOT (COALESCE((SELECT larder_5wrr7y.e FROM JSON_TABLE(`note`.`meta`, '$' COLUMNS (m JSON PATH '$."a"', e INT EXISTS PATH '$."a"')) AS larder_5wrr7y), 0) = 1) THEN JSON_SET(`note`.`meta`, ?, JSON_EXTRACT(CONCAT(?, ?, ?), '$')) ELSE `note`.`meta` END, `tags` = (CASE WHEN (COALESCE((SELECT larder_196jcil.e FROM JSON_TABLE(`note`.`tags`, '$' COLUMNS (m JSON PATH '$."x"[0]', e INT EXISTS PATH '$."x"[0]', g1 JSON PATH '$."x"')) AS larder_196jcil WHERE LEFT(larder_196jcil.g1, 1) = '['), 0) = 1) THEN JSON_REMOVE(`note`.`tags`, ?) ELSE `note`.`tags` END) WHERE `note`.`id` = ?
--   "{\"a\":{\"b\":", "1", "}}", "$.\"a\".\"b\"", "1", "$.\"a\"", "{\"b\":", "1", "}", "$.\"x\"[0]", "x"

-- insert
INSERT INTO `note` (`id`, `title`, `n`) VALUES (?, ?, ?)
--   "a", "t", 1

-- insert rows
INSERT INTO `note` (`id`, `title`, `n`) VALUES (?, ?, ?), (?, ?, (SELECT MAX(`note`.`n`) AS `m` FROM `note`)) RETURNING `id`, `n`
--   "a", "t", 1, "b", <nil>

-- insert defaults
INSERT INTO `note` () VALUES ()

-- insert from query
INSERT INTO `note` (`id`, `title`, `n`) SELECT `note`.`id`, `note`.`title`, `note`.`n` FROM `note`

-- insert parameters
INSERT INTO `note` (`id`, `title`, `meta`) VALUES (?, ?, ?)
--   "<id>", "<title>", "<meta>"

-- upsert
INSERT INTO `note` (`id`, `title`, `n`) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE `title` = VALUES(`title`), `n` = VALUES(`n`)
--   "a", "t", 1

-- upsert nothing
INSERT INTO `note` (`id`, `title`, `n`) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE `id` = `note`.`id`
--   "a", "t", 1

-- upsert set
INSERT INTO `note` (`id`, `title`, `n`) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE `n` = (`note`.`n` + VALUES(`n`)), `title` = ?
--   "a", "t", 1, "x"

-- upsert where
error: note: a conditional upsert is not something this engine has in one statement (mariadb)

-- update
UPDATE `note` SET `title` = ?, `n` = (`note`.`n` + ?) WHERE `note`.`id` IN (SELECT * FROM (SELECT `note`.`id`, `note`.`title` FROM `note` WHERE `note`.`n` = ? LIMIT ?) AS `listed`)
--   "x", 1, 1, 1

-- update in turn
error: update returning is not something this engine can do (mariadb)

-- delete
DELETE FROM `note` WHERE `note`.`n` < ? RETURNING `id`
--   3

-- update without condition
error: note: the UPDATE has no condition that a row could fail; call AllRows if every row is meant

-- too long a name
error: identifier: the name "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" has 70 characters and the engine takes 64; shorten it (mariadb)

-- too long a value
error: note.id: the text has 37 characters and the column takes 36; shorten it (mariadb)

-- raw
SELECT `id` FROM `note` WHERE `n` > ? AND `title` <> 'it''s ?'
--   5

