-- == music shop
CREATE TABLE `Artist` (`ArtistId` INT NOT NULL AUTO_INCREMENT, `Name` NVARCHAR(120), CONSTRAINT `PK_Artist` PRIMARY KEY (`ArtistId`)) DEFAULT CHARSET utf8mb4;
CREATE TABLE `Album` (`AlbumId` INT NOT NULL AUTO_INCREMENT, `Title` NVARCHAR(160) NOT NULL, `ArtistId` INT NOT NULL, CONSTRAINT `PK_Album` PRIMARY KEY (`AlbumId`));
ALTER TABLE `Album` ADD CONSTRAINT `FK_AlbumArtistId` FOREIGN KEY (`ArtistId`) REFERENCES `Artist` (`ArtistId`) ON DELETE NO ACTION ON UPDATE NO ACTION;
CREATE INDEX `IFK_AlbumArtistId` ON `Album` (`ArtistId`)
-- == film rental
CREATE TABLE language (language_id TINYINT UNSIGNED NOT NULL AUTO_INCREMENT, name CHAR(20) NOT NULL, last_update TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, PRIMARY KEY (language_id));
CREATE TABLE film (film_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT, title VARCHAR(128) NOT NULL, description TEXT DEFAULT NULL, release_year YEAR DEFAULT NULL, language_id TINYINT UNSIGNED NOT NULL, rental_rate DECIMAL(4,2) NOT NULL DEFAULT 4.99,
	rating ENUM('G','PG','PG-13','R','NC-17') DEFAULT 'G', special_features SET('Trailers','Commentaries','Deleted Scenes') DEFAULT NULL, PRIMARY KEY (film_id), KEY idx_title (title), KEY idx_fk_language_id (language_id), FULLTEXT KEY idx_title_description (title,description),
	CONSTRAINT fk_film_language FOREIGN KEY (language_id) REFERENCES language (language_id) ON DELETE RESTRICT ON UPDATE CASCADE);
CREATE TABLE address (address_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT, location GEOMETRY NOT NULL, picture BLOB DEFAULT NULL, PRIMARY KEY (address_id), SPATIAL KEY `idx_location` (location))
-- == trade
CREATE TABLE `Employees` (`EmployeeID` INTEGER NOT NULL AUTO_INCREMENT, `LastName` VARCHAR(20) NOT NULL, `Photo` LONGBLOB, `Notes` MEDIUMTEXT NOT NULL, `ReportsTo` INTEGER, `Salary` FLOAT, CONSTRAINT `PK_Employees` PRIMARY KEY (`EmployeeID`), KEY `LastName` (`LastName`));
ALTER TABLE `Employees` ADD CONSTRAINT `FK_Employees_Employees` FOREIGN KEY (`ReportsTo`) REFERENCES `Employees` (`EmployeeID`);
CREATE TABLE `Order Details` (`OrderID` INTEGER NOT NULL, `ProductID` INTEGER NOT NULL, `UnitPrice` DECIMAL(10,4) NOT NULL DEFAULT 0, `Quantity` SMALLINT(2) NOT NULL DEFAULT 1, `Discount` REAL(8,0) NOT NULL DEFAULT 0, PRIMARY KEY (`OrderID`, `ProductID`))
-- == forge
CREATE TABLE `user` (`id` BIGINT(20) PRIMARY KEY AUTO_INCREMENT NOT NULL, `lower_name` VARCHAR(255) NOT NULL, `is_active` TINYINT(1) NULL, `created_unix` BIGINT(20) NULL, `max_repo_creation` INT DEFAULT -1 NOT NULL, `avatar` VARCHAR(2048) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE `issue` (`id` BIGINT(20) PRIMARY KEY AUTO_INCREMENT NOT NULL, `repo_id` BIGINT(20) NULL, `index` BIGINT(20) NULL, `content` LONGTEXT NULL);
CREATE UNIQUE INDEX `UQE_user_lower_name` ON `user` (`lower_name`);
CREATE UNIQUE INDEX `UQE_issue_repo_index` ON `issue` (`repo_id`,`index`)
-- == chat teams
CREATE TABLE `Channels` (`Id` varchar(26) NOT NULL, `CreateAt` bigint DEFAULT NULL, `Type` enum('D','O','G','P') DEFAULT NULL, `Header` text, `Shared` tinyint(1) DEFAULT NULL, `Purpose` varchar(250) DEFAULT NULL, PRIMARY KEY (`Id`), FULLTEXT KEY `idx_channel_search_txt` (`Purpose`)) DEFAULT CHARSET=utf8mb4;
CREATE TABLE `Posts` (`Id` varchar(26) NOT NULL PRIMARY KEY, `Message` text, `Props` json DEFAULT NULL, `CreateAt` bigint DEFAULT NULL, `ChannelId` varchar(26), KEY `idx_posts_channel_id` (`ChannelId`,`CreateAt` DESC), FULLTEXT KEY `idx_posts_message_txt` (`Message`))
-- == blog
CREATE TABLE wp_posts (ID bigint(20) unsigned NOT NULL auto_increment, post_date datetime NOT NULL default '1970-01-01 00:00:00', post_content longtext NOT NULL, post_status varchar(20) NOT NULL default 'publish', post_name varchar(200) NOT NULL default '', menu_order int(11) NOT NULL default '0',
	PRIMARY KEY (ID), KEY post_name (post_name(191)), KEY type_status_date (post_status,post_date,ID)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
CREATE TABLE wp_options (option_id bigint(20) unsigned NOT NULL auto_increment, option_name varchar(191) NOT NULL default '', option_value longtext NOT NULL, PRIMARY KEY (option_id), UNIQUE KEY option_name (option_name)) COLLATE utf8mb4_unicode_ci;
CREATE TABLE wp_postmeta (meta_id bigint unsigned NOT NULL auto_increment PRIMARY KEY, meta_key varchar(255) default NULL, meta_value longtext, KEY meta_key (meta_key(191)))
-- == cloud
CREATE TABLE oc_filecache (fileid bigint NOT NULL AUTO_INCREMENT, storage bigint NOT NULL DEFAULT 0, path varchar(4000) DEFAULT NULL, path_hash varchar(32) NOT NULL DEFAULT '', mtime bigint NOT NULL DEFAULT 0, unencrypted_size bigint NOT NULL DEFAULT 0, PRIMARY KEY (fileid), UNIQUE KEY fs_storage_path_hash (storage,path_hash), KEY fs_storage_path_prefix (storage,path(64))) ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE oc_jobs (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, class varchar(255) NOT NULL DEFAULT '', last_run int unsigned DEFAULT 0, time_sensitive smallint NOT NULL DEFAULT 1, argument_hash varchar(32) DEFAULT NULL);
CREATE TABLE oc_share (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, note longtext, expiration datetime DEFAULT NULL COMMENT '(DC2Type:datetime)', hide_download tinyint(1) DEFAULT 0)
-- == encyclopedia
CREATE TABLE page (page_id INT UNSIGNED AUTO_INCREMENT NOT NULL, page_namespace INT NOT NULL, page_title VARBINARY(255) NOT NULL, page_is_new TINYINT UNSIGNED DEFAULT 0 NOT NULL, page_random DOUBLE PRECISION UNSIGNED NOT NULL, page_touched BINARY(14) NOT NULL, UNIQUE INDEX page_name_title (page_namespace, page_title), PRIMARY KEY(page_id)) DEFAULT CHARSET=binary;
CREATE TABLE objectcache (keyname VARBINARY(255) DEFAULT '' NOT NULL, value MEDIUMBLOB DEFAULT NULL, exptime BINARY(14) NOT NULL, flags INT UNSIGNED, modtoken VARCHAR(17) DEFAULT '00000000000000000' NOT NULL, INDEX exptime (exptime), PRIMARY KEY(keyname));
CREATE TABLE searchindex (si_page INT UNSIGNED NOT NULL, si_title VARCHAR(255) DEFAULT '' NOT NULL, si_text MEDIUMTEXT NOT NULL, UNIQUE KEY (si_page), FULLTEXT KEY si_title (si_title), FULLTEXT KEY si_text (si_text)) DEFAULT CHARSET=utf8mb3
-- == identity
CREATE TABLE `REALM` (`ID` varchar(36) NOT NULL, `ENABLED` bit(1) NOT NULL DEFAULT b'0', `NAME` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci DEFAULT NULL, `OTP` int DEFAULT '0', PRIMARY KEY (`ID`), UNIQUE KEY `UK_ORVSDMLA` (`NAME`));
CREATE TABLE `REALM_ATTRIBUTE` (`NAME` varchar(255) NOT NULL, `REALM_ID` varchar(36) NOT NULL, `VALUE` longtext, PRIMARY KEY (`NAME`,`REALM_ID`), KEY `IDX_REALM_ATTR_REALM` (`REALM_ID`), CONSTRAINT `FK_8SHXD6L3` FOREIGN KEY (`REALM_ID`) REFERENCES `REALM` (`ID`))
-- == dashboards
CREATE TABLE `dashboard` (`id` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, `slug` varchar(189) NOT NULL, `data` mediumtext NOT NULL, `is_folder` tinyint(1) NOT NULL DEFAULT '0', `created` datetime NOT NULL, `uid` varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, UNIQUE KEY `UQE_dashboard_uid` (`uid`)) CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
CREATE TABLE `cache_data` (`cache_key` varchar(168) NOT NULL PRIMARY KEY, `data` blob NOT NULL, `expires` int NOT NULL, `region` varchar(190) COLLATE utf8mb4_bin DEFAULT 'x')
-- == home
CREATE TABLE states (state_id BIGINT NOT NULL AUTO_INCREMENT, entity_id CHAR(0), attributes CHAR(0), event_id SMALLINT, last_changed DATETIME(6), last_updated_ts DOUBLE, context_id_bin TINYBLOB, old_state_id BIGINT, PRIMARY KEY (state_id), FOREIGN KEY (old_state_id) REFERENCES states (state_id), KEY ix_states_context (context_id_bin(16))) ENGINE=InnoDB;
CREATE TABLE statistics (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, created_ts DOUBLE, mean DOUBLE, start_ts DOUBLE, metadata_id BIGINT, UNIQUE KEY ix_statistic_id (metadata_id, start_ts))
-- == shop
CREATE TABLE catalog_product (entity_id int unsigned NOT NULL AUTO_INCREMENT COMMENT 'Entity ID', sku varchar(64) DEFAULT NULL COMMENT 'SKU', price decimal(20,6) NOT NULL DEFAULT 0.000000 COMMENT 'Price', created_at timestamp NOT NULL DEFAULT current_timestamp() COMMENT 'Creation Time', updated_at timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp() COMMENT 'Update Time', PRIMARY KEY (entity_id), KEY SKU (sku)) COMMENT='Catalog Product Table';
CREATE TABLE quote_item (item_id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, product int unsigned NOT NULL, qty decimal(12,4) NOT NULL DEFAULT 1, total decimal(24,10) AS (qty * 2) STORED, name varchar(50) AS (concat('p', product)) VIRTUAL, CONSTRAINT FK_ITEM FOREIGN KEY (product) REFERENCES catalog_product (entity_id) ON DELETE CASCADE, CHECK (qty > 0 AND qty < 1000))
-- == monitoring
CREATE TABLE users (userid bigint unsigned NOT NULL, username varchar(100) DEFAULT '' NOT NULL, autologin integer DEFAULT '0' NOT NULL, lang varchar(7) DEFAULT 'default' NOT NULL, refresh varchar(32) DEFAULT '30s' NOT NULL, PRIMARY KEY (userid)) ENGINE=InnoDB DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE history (itemid bigint unsigned NOT NULL, clock integer DEFAULT '0' NOT NULL, value DOUBLE PRECISION DEFAULT '0.0000' NOT NULL, ns integer DEFAULT '0' NOT NULL, PRIMARY KEY (itemid,clock,ns));
CREATE TABLE parts (id int NOT NULL, at date NOT NULL, body text, PRIMARY KEY (id, at)) PARTITION BY HASH (year(at)) PARTITIONS 2
-- == accounts
CREATE TABLE customers (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, code char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, u binary(16) DEFAULT NULL, attrs json, email varchar(255) NOT NULL, pin int(4) unsigned zerofill DEFAULT 7, at timestamp(6) NOT NULL DEFAULT current_timestamp(6), d date DEFAULT '2024-01-01', t time(3) DEFAULT '10:00:00', reference text NOT NULL DEFAULT (''), UNIQUE KEY code (code), UNIQUE KEY uid (u), KEY mail (email(20) DESC));
CREATE TABLE tokens (token text NOT NULL, customer int, m mediumint unsigned, b bit(8) DEFAULT b'101', PRIMARY KEY (token(191)), CONSTRAINT own FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE SET NULL ON UPDATE CASCADE)
-- == circle
CREATE TABLE author (id int PRIMARY KEY, best int, KEY best (best));
CREATE TABLE book (id int PRIMARY KEY, author int, price int CHECK (price > 0), note text, CONSTRAINT fk_author FOREIGN KEY (author) REFERENCES author (id));
ALTER TABLE author ADD CONSTRAINT fk_best FOREIGN KEY (best) REFERENCES book (id) ON DELETE SET NULL
