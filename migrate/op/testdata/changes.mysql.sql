==== no change (baseline: int,str,text,bool,json,datetime,numeric,enum,float,uuid,bigint)
==== add table
-- add table extra (2 columns) (locks the table for a moment)
CREATE TABLE `extra` (
	`id` int NOT NULL,
	`name` varchar(50) NOT NULL,
	PRIMARY KEY (`id`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;
-- probe: SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'extra'
==== drop table
-- drop table extra (locks the table for a moment)
DROP TABLE `extra`;
-- probe: SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'extra')
==== add column
-- add column t.a varchar(50) null (locks the table for a moment)
ALTER TABLE `t` ADD COLUMN `a` varchar(50) NULL;
-- probe: SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 't' AND column_name = 'a'
==== drop column
-- drop column t.a (copies the table; writers wait)
ALTER TABLE `t` DROP COLUMN `a`;
-- probe: SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 't' AND column_name = 'a')
==== rename column (a->b)
-- drop column t.a; add column t.b varchar(50) null (copies the table; writers wait)
ALTER TABLE `t` DROP COLUMN `a`, ADD COLUMN `b` varchar(50) NULL;
-- probe: SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 't' AND column_name = 'b'
==== nullable true->false
-- alter column t.a: nullable null -> not null (copies the table; writers wait)
ALTER TABLE `t` MODIFY COLUMN `a` varchar(50) NOT NULL;
==== type String(50)->String(100)
-- alter column t.a: type varchar(50) -> varchar(100) (copies the table; writers wait)
ALTER TABLE `t` MODIFY COLUMN `a` varchar(100) NULL;
==== type String(50)->Text
-- alter column t.a: type varchar(50) -> longtext (copies the table; writers wait)
ALTER TABLE `t` MODIFY COLUMN `a` longtext NULL;
==== type Integer->BigInteger
-- alter column t.a: type int -> bigint (copies the table; writers wait)
ALTER TABLE `t` MODIFY COLUMN `a` bigint NULL;
==== type Text->JSON
-- alter column t.a: type longtext -> longtext json (copies the table; writers wait)
ALTER TABLE `t` MODIFY COLUMN `a` longtext NULL, ADD CONSTRAINT `t_a_json` CHECK (json_valid(`a`));
-- probe: SELECT 1 FROM information_schema.table_constraints WHERE table_schema = DATABASE() AND table_name = 't' AND constraint_name = 't_a_json'
==== type Numeric(10,2)->(12,4)
-- alter column t.a: type decimal(10,2) -> decimal(12,4) (copies the table; writers wait)
ALTER TABLE `t` MODIFY COLUMN `a` decimal(12,4) NULL;
==== type Integer->Boolean
-- values of a as the new type has them (changes rows; they are locked until the commit)
UPDATE `t` SET `a` = `a` <> 0 WHERE `a` NOT IN (0, 1);
-- alter column t.a: type int -> tinyint(1) (copies the table; writers wait)
ALTER TABLE `t` MODIFY COLUMN `a` tinyint(1) NULL;
==== type DateTime->DateTime(tz)
==== enum add value
-- alter column t.a: type enum('happy','sad') (happy, sad) -> enum('happy','calm','sad','it''s') (happy, calm, sad, it's) (copies the table; writers wait)
ALTER TABLE `t` MODIFY COLUMN `a` enum('happy','calm','sad','it''s') NULL;
==== server default add
-- alter column t.a: default none -> 'x' (locks the table for a moment)
ALTER TABLE `t` MODIFY COLUMN `a` varchar(50) NULL DEFAULT 'x';
==== server default change
-- alter column t.a: default 'x' -> 'y' (locks the table for a moment)
ALTER TABLE `t` MODIFY COLUMN `a` varchar(50) NULL DEFAULT 'y';
==== server default drop
-- alter column t.a: default 'x' -> none (locks the table for a moment)
ALTER TABLE `t` MODIFY COLUMN `a` varchar(50) NULL;
==== server default equal (expression now())
==== add index
-- add index ix_t (a) to t (reads and writes go on)
ALTER TABLE `t` ADD KEY `ix_t` (`a`);
-- probe: SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 't' AND index_name = 'ix_t' HAVING GROUP_CONCAT(CONCAT_WS(' ', column_name, coalesce(sub_part, 0), coalesce(collation, 'A')) ORDER BY seq_in_index SEPARATOR ',') = 'a 0 A' AND MIN(non_unique) = 1
==== drop index
-- drop index ix_t (a) of t (reads and writes go on)
ALTER TABLE `t` DROP INDEX `ix_t`;
-- probe: SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 't' AND index_name = 'ix_t' LIMIT 1)
==== index columns change
-- drop index ix_t (a) of t; add index ix_t (a, b desc) to t (reads and writes go on)
ALTER TABLE `t` DROP INDEX `ix_t`, ADD KEY `ix_t` (`a`, `b` DESC);
-- probe: SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 't' AND index_name = 'ix_t' HAVING GROUP_CONCAT(CONCAT_WS(' ', column_name, coalesce(sub_part, 0), coalesce(collation, 'A')) ORDER BY seq_in_index SEPARATOR ',') = 'a 0 A,b 0 D' AND MIN(non_unique) = 1
==== index unique change
-- drop index ix_t (a) of t; add unique index ix_t (a) to t (reads and writes go on)
ALTER TABLE `t` DROP INDEX `ix_t`, ADD UNIQUE KEY `ix_t` (`a`);
-- probe: SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 't' AND index_name = 'ix_t' HAVING GROUP_CONCAT(CONCAT_WS(' ', column_name, coalesce(sub_part, 0), coalesce(collation, 'A')) ORDER BY seq_in_index SEPARATOR ',') = 'a 0 A' AND MIN(non_unique) = 0
==== index expression change lower(a)->upper(a)
-- alter column t.ix_t_k1: generated (lower({a})) stored -> (upper({a})) stored (copies the table; writers wait)
ALTER TABLE `t` MODIFY COLUMN `ix_t_k1` varchar(50) GENERATED ALWAYS AS (upper(`a`)) STORED;
==== partial index WHERE change
==== add named unique
-- add unique index uq_t (a, b) to t (reads and writes go on)
ALTER TABLE `t` ADD UNIQUE KEY `uq_t` (`a`, `b`);
-- probe: SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 't' AND index_name = 'uq_t' HAVING GROUP_CONCAT(CONCAT_WS(' ', column_name, coalesce(sub_part, 0), coalesce(collation, 'A')) ORDER BY seq_in_index SEPARATOR ',') = 'a 0 A,b 0 A' AND MIN(non_unique) = 0
==== add unnamed unique
-- add unique index t_a_key (a) to t (reads and writes go on)
ALTER TABLE `t` ADD UNIQUE KEY `t_a_key` (`a`);
-- probe: SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 't' AND index_name = 't_a_key' HAVING GROUP_CONCAT(CONCAT_WS(' ', column_name, coalesce(sub_part, 0), coalesce(collation, 'A')) ORDER BY seq_in_index SEPARATOR ',') = 'a 0 A' AND MIN(non_unique) = 0
==== drop named unique
-- drop unique index uq_t (a, b) of t (reads and writes go on)
ALTER TABLE `t` DROP INDEX `uq_t`;
-- probe: SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 't' AND index_name = 'uq_t' LIMIT 1)
==== add fk
-- add index fk_t_p (p_id) to t; add foreign key fk_t_p (p_id) -> p(id) to t (copies the table; writers wait)
ALTER TABLE `t` ADD KEY `fk_t_p` (`p_id`), ADD CONSTRAINT `fk_t_p` FOREIGN KEY (`p_id`) REFERENCES `p` (`id`);
-- probe: SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 't' AND index_name = 'fk_t_p' HAVING GROUP_CONCAT(CONCAT_WS(' ', column_name, coalesce(sub_part, 0), coalesce(collation, 'A')) ORDER BY seq_in_index SEPARATOR ',') = 'p_id 0 A' AND MIN(non_unique) = 1
==== drop fk
-- drop foreign key fk_t_p (p_id) -> p(id) of t; drop index fk_t_p (p_id) of t (reads and writes go on)
ALTER TABLE `t` DROP FOREIGN KEY `fk_t_p`, DROP INDEX `fk_t_p`;
-- probe: SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.table_constraints WHERE table_schema = DATABASE() AND table_name = 't' AND constraint_name = 'fk_t_p')
==== fk ondelete change
-- drop foreign key fk_t_p (p_id) -> p(id) of t (copies the table; writers wait)
ALTER TABLE `t` DROP FOREIGN KEY `fk_t_p`;
-- probe: SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.table_constraints WHERE table_schema = DATABASE() AND table_name = 't' AND constraint_name = 'fk_t_p')
-- add foreign key fk_t_p (p_id) -> p(id) on delete cascade to t (copies the table; writers wait)
ALTER TABLE `t` ADD CONSTRAINT `fk_t_p` FOREIGN KEY (`p_id`) REFERENCES `p` (`id`) ON DELETE CASCADE;
-- probe: SELECT 1 FROM information_schema.table_constraints WHERE table_schema = DATABASE() AND table_name = 't' AND constraint_name = 'fk_t_p'
==== add check
-- add check ck_t ({a} > 0) to t (copies the table; writers wait)
ALTER TABLE `t` ADD CONSTRAINT `ck_t` CHECK (`a` > 0);
-- probe: SELECT 1 FROM information_schema.table_constraints WHERE table_schema = DATABASE() AND table_name = 't' AND constraint_name = 'ck_t'
==== drop check
-- drop check ck_t ({a} > 0) of t (reads and writes go on)
ALTER TABLE `t` DROP CHECK `ck_t`;
-- probe: SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.table_constraints WHERE table_schema = DATABASE() AND table_name = 't' AND constraint_name = 'ck_t')
==== pk change (id)->(id,a)
-- alter primary key of t: (id) -> (id, a); alter primary key of t: (id) -> (id, a) (copies the table; writers wait)
ALTER TABLE `t` DROP PRIMARY KEY, ADD PRIMARY KEY (`id`, `a`);
-- probe: SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 't' AND index_name = 'PRIMARY' HAVING GROUP_CONCAT(CONCAT_WS(' ', column_name, coalesce(sub_part, 0), coalesce(collation, 'A')) ORDER BY seq_in_index SEPARATOR ',') = 'id 0 A,a 0 A' AND MIN(non_unique) = 0
==== column comment
-- alter column t.a: comment "" -> "it's \\ a" (locks the table for a moment)
ALTER TABLE `t` MODIFY COLUMN `a` varchar(50) NULL COMMENT 'it''s \\ a';
==== table comment
-- comment on table t: "" -> "it's \\ a" (reads and writes go on)
ALTER TABLE `t` COMMENT='it''s \\ a';
==== column order
==== computed expression change
-- alter column t.g: generated ({a} + 1) stored -> ({a} + 2) stored (copies the table; writers wait)
ALTER TABLE `t` MODIFY COLUMN `g` int GENERATED ALWAYS AS (`a` + 2) STORED;
==== sequence add
-- alter column t.id: identity none -> numbered (copies the table; writers wait)
ALTER TABLE `t` MODIFY COLUMN `id` int NOT NULL AUTO_INCREMENT;
