-- == music shop
CREATE TABLE [Artist] ([ArtistId] INTEGER NOT NULL, [Name] NVARCHAR(120), CONSTRAINT [PK_Artist] PRIMARY KEY ([ArtistId]));
CREATE TABLE [Album] ([AlbumId] INTEGER NOT NULL, [Title] NVARCHAR(160) NOT NULL, [ArtistId] INTEGER NOT NULL, CONSTRAINT [PK_Album] PRIMARY KEY ([AlbumId]),
	FOREIGN KEY ([ArtistId]) REFERENCES [Artist] ([ArtistId]) ON DELETE NO ACTION ON UPDATE NO ACTION);
CREATE TABLE [Track] ([TrackId] INTEGER NOT NULL, [AlbumId] INTEGER, [UnitPrice] NUMERIC(10,2) NOT NULL, [Bytes] INTEGER, CONSTRAINT [PK_Track] PRIMARY KEY ([TrackId]),
	FOREIGN KEY ([AlbumId]) REFERENCES [Album] ([AlbumId]) ON DELETE NO ACTION ON UPDATE NO ACTION);
CREATE TABLE [PlaylistTrack] ([PlaylistId] INTEGER NOT NULL, [TrackId] INTEGER NOT NULL, CONSTRAINT [PK_PlaylistTrack] PRIMARY KEY ([PlaylistId], [TrackId]), FOREIGN KEY ([TrackId]) REFERENCES [Track] ([TrackId]));
CREATE INDEX [IFK_AlbumArtistId] ON [Album] ([ArtistId]);
CREATE UNIQUE INDEX [IPK_PlaylistTrack] ON [PlaylistTrack]([PlaylistId], [TrackId])
-- == film rental
CREATE TABLE actor (actor_id numeric NOT NULL, first_name VARCHAR(45) NOT NULL, last_update TIMESTAMP NOT NULL, PRIMARY KEY (actor_id));
CREATE TABLE film (film_id int NOT NULL, title VARCHAR(255) NOT NULL, description BLOB SUB_TYPE TEXT DEFAULT NULL, release_year VARCHAR(4) DEFAULT NULL, rental_duration SMALLINT DEFAULT 3 NOT NULL,
	rental_rate DECIMAL(4,2) DEFAULT 4.99 NOT NULL, rating VARCHAR(10) DEFAULT 'G', special_features VARCHAR(100) DEFAULT NULL, last_update TIMESTAMP NOT NULL, PRIMARY KEY (film_id),
	CONSTRAINT CHECK_special_features CHECK (special_features is null or special_features like '%Trailers%' or special_features like '%Scenes%'),
	CONSTRAINT CHECK_rating CHECK (rating in ('G','PG','PG-13','R','NC-17')));
CREATE TABLE film_actor (actor_id INT NOT NULL, film_id INT NOT NULL, last_update TIMESTAMP NOT NULL, PRIMARY KEY (actor_id,film_id),
	CONSTRAINT fk_film_actor_actor FOREIGN KEY (actor_id) REFERENCES actor (actor_id) ON DELETE NO ACTION ON UPDATE CASCADE);
CREATE INDEX idx_fk_film_actor_film ON film_actor(film_id);
CREATE TRIGGER actor_trigger_ai AFTER INSERT ON actor BEGIN UPDATE actor SET last_update = DATETIME('NOW') WHERE rowid = new.rowid; END
-- == trade
CREATE TABLE "Employees" ("EmployeeID" INTEGER PRIMARY KEY AUTOINCREMENT, "LastName" TEXT, "BirthDate" DATE, "Photo" BLOB, "ReportsTo" INTEGER REFERENCES "Employees" ("EmployeeID"));
CREATE TABLE "Order Details" ("OrderID" INTEGER NOT NULL, "ProductID" INTEGER NOT NULL, "UnitPrice" NUMERIC NOT NULL DEFAULT 0, "Quantity" INTEGER NOT NULL DEFAULT 1, "Discount" REAL NOT NULL DEFAULT 0,
	PRIMARY KEY ("OrderID","ProductID"), CHECK ("Discount">=(0) and "Discount"<=(1)), CHECK ("Quantity">(0)));
CREATE TABLE "Order Subtotals" ("Id" INTEGER PRIMARY KEY, "Net" REAL, "Tax" REAL, "Gross" REAL GENERATED ALWAYS AS ("Net" + "Tax") VIRTUAL);
CREATE VIEW "Current Order" AS SELECT * FROM "Order Details"
-- == forge
CREATE TABLE `user` (`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `lower_name` TEXT NOT NULL, `passwd_hash_algo` TEXT DEFAULT 'argon2' NOT NULL, `is_active` INTEGER NULL, `created_unix` INTEGER NULL, `max_repo_creation` INTEGER DEFAULT -1 NOT NULL);
CREATE TABLE `issue` (`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `repo_id` INTEGER NULL, `index` INTEGER NULL, `is_closed` INTEGER NULL, `content` TEXT NULL);
CREATE UNIQUE INDEX `UQE_user_lower_name` ON `user` (`lower_name`);
CREATE UNIQUE INDEX `UQE_issue_repo_index` ON `issue` (`repo_id`,`index`);
CREATE INDEX `IDX_user_created_unix` ON `user` (`created_unix`)
-- == tasks
CREATE TABLE `tasks` (`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `title` TEXT NOT NULL, `done` INTEGER NULL, `due_date` DATETIME NULL, `percent_done` REAL NULL, `hex_color` TEXT NULL, `updated` DATETIME NOT NULL);
CREATE TABLE `api_tokens` (`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `token_hash` TEXT NOT NULL, `permissions` TEXT NOT NULL DEFAULT '[]', `expires_at` DATETIME NOT NULL);
CREATE INDEX `IDX_tasks_done` ON `tasks` (`done`);
CREATE UNIQUE INDEX `UQE_api_tokens_token_hash` ON `api_tokens` (`token_hash`)
-- == dashboards
CREATE TABLE `dashboard` (`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `version` INTEGER NOT NULL, `slug` TEXT NOT NULL, `data` TEXT NOT NULL, `created` DATETIME NOT NULL, `is_folder` INTEGER NOT NULL DEFAULT 0, `uid` TEXT, `is_public` INTEGER NOT NULL DEFAULT 0);
CREATE TABLE `user_auth` (`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `auth_module` TEXT NOT NULL, `auth_id` TEXT NOT NULL, `o_auth_expiry` DATETIME NULL);
CREATE TABLE `kv` (`grp` TEXT NOT NULL COLLATE NOCASE, `key` TEXT NOT NULL, `value` BLOB, PRIMARY KEY (`grp`, `key`)) WITHOUT ROWID;
CREATE INDEX `IDX_dashboard_slug` ON `dashboard` (`slug` COLLATE NOCASE DESC, `version`)
-- == home
CREATE TABLE states_meta (metadata_id INTEGER NOT NULL, entity_id VARCHAR(255), PRIMARY KEY (metadata_id));
CREATE TABLE states (state_id INTEGER NOT NULL, entity_id CHAR(0), state VARCHAR(255), event_id SMALLINT, last_changed_ts FLOAT, old_state_id INTEGER, context_id_bin BLOB, metadata_id INTEGER, PRIMARY KEY (state_id),
	FOREIGN KEY(old_state_id) REFERENCES states (state_id), FOREIGN KEY(metadata_id) REFERENCES states_meta (metadata_id));
CREATE TABLE statistics_meta (id INTEGER NOT NULL, statistic_id VARCHAR(255), has_mean BOOLEAN, mean_type TINYINT NOT NULL DEFAULT 0, PRIMARY KEY (id));
CREATE INDEX ix_states_context_id_bin ON states (context_id_bin);
CREATE UNIQUE INDEX ix_states_meta_entity_id ON states_meta (entity_id)
-- == recipes
CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "date_joined" datetime NOT NULL);
CREATE TABLE "shop" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "amount" decimal NOT NULL, "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)), "uuid" char(32) NOT NULL UNIQUE,
	"count" smallint unsigned NOT NULL CHECK ("count" >= 0), "by_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one" UNIQUE ("by_id", "uuid"));
CREATE INDEX "shop_by_id" ON "shop" ("by_id");
CREATE INDEX "shop_partial" ON "shop" ("amount") WHERE "count" > 0
-- == photos
CREATE TABLE `photos` (`id` integer primary key autoincrement,`photo_uid` VARBINARY(42),`taken_at` datetime,`title` varchar(200),`photo_lat` real,`photo_lng` real,`photo_favorite` bool,`details` bigint DEFAULT 0,`deleted_at` datetime);
CREATE TABLE `photos_albums` (`photo_uid` VARBINARY(42) NOT NULL,`album_uid` VARBINARY(42) NOT NULL,`order` integer,`hidden` bool, PRIMARY KEY (`photo_uid`,`album_uid`));
CREATE UNIQUE INDEX uix_photos_photo_uid ON `photos`(photo_uid);
CREATE INDEX idx_photos_deleted_at ON `photos`(deleted_at)
-- == bookmarks
CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR, rev_host LONGVARCHAR, visit_count INTEGER DEFAULT 0, hidden INTEGER DEFAULT 0 NOT NULL, frecency INTEGER DEFAULT -1 NOT NULL, guid TEXT, url_hash INTEGER DEFAULT 0 NOT NULL);
CREATE TABLE moz_keywords (id INTEGER PRIMARY KEY AUTOINCREMENT, keyword TEXT UNIQUE, place_id INTEGER, post_data TEXT);
CREATE UNIQUE INDEX moz_places_guid_uniqueindex ON moz_places (guid);
CREATE INDEX moz_places_lower ON moz_places (lower(title), url_hash DESC) WHERE hidden = 0
-- == library
CREATE TABLE books ( id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL DEFAULT 'Unknown' COLLATE NOCASE, sort TEXT COLLATE NOCASE, timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
	pubdate TIMESTAMP DEFAULT CURRENT_TIMESTAMP, series_index REAL NOT NULL DEFAULT 1.0, flags INTEGER NOT NULL DEFAULT 1, has_cover BOOL DEFAULT 0, last_modified TIMESTAMP NOT NULL DEFAULT "2000-01-01 00:00:00+00:00");
CREATE TABLE books_authors_link ( id INTEGER PRIMARY KEY, book INTEGER NOT NULL, author INTEGER NOT NULL, UNIQUE(book, author) );
CREATE INDEX books_idx ON books (sort COLLATE NOCASE);
CREATE VIRTUAL TABLE words USING fts5(title, content='books')
-- == messages
CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT, handle_id INTEGER DEFAULT 0, date INTEGER, is_read INTEGER DEFAULT 0, payload BLOB);
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER REFERENCES message (ROWID) ON DELETE CASCADE, message_date INTEGER DEFAULT 0, PRIMARY KEY (chat_id, message_id));
CREATE INDEX message_idx_unread ON message(handle_id, is_read) WHERE is_read = 0 AND text IS NOT NULL
-- == monitoring
CREATE TABLE [monitor] ([id] INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, [name] VARCHAR(150), [active] BOOLEAN DEFAULT 1 NOT NULL, [interval] INTEGER DEFAULT 20 NOT NULL, [created_date] DATETIME DEFAULT (DATETIME('now')) NOT NULL,
	[keyword_method] VARCHAR(10) DEFAULT 'GET' NOT NULL, [timeout] DOUBLE default 0 not null, [json_path] TEXT default '$');
CREATE TABLE [heartbeat] ([id] INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, [important] BOOLEAN NOT NULL DEFAULT 0, [monitor_id] INTEGER NOT NULL, CONSTRAINT [FK_heartbeat_monitor] FOREIGN KEY([monitor_id]) REFERENCES [monitor]([id]) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE INDEX [important] ON [heartbeat] ([important])
-- == vault
CREATE TABLE users (uuid TEXT NOT NULL PRIMARY KEY, created_at DATETIME NOT NULL, email TEXT NOT NULL UNIQUE, password_hash BLOB NOT NULL, client_kdf_type INTEGER NOT NULL DEFAULT 0, enabled BOOLEAN NOT NULL DEFAULT true, equivalent TEXT NOT NULL DEFAULT '[]');
CREATE TABLE ciphers (uuid TEXT NOT NULL PRIMARY KEY, user_uuid TEXT REFERENCES users (uuid), atype INTEGER NOT NULL, fields TEXT, deleted_at DATETIME);
CREATE TABLE ciphers_collections (cipher_uuid TEXT NOT NULL REFERENCES ciphers(uuid), collection_uuid TEXT NOT NULL, PRIMARY KEY (cipher_uuid, collection_uuid))
-- == circle
CREATE TABLE teams (id INTEGER PRIMARY KEY, leader INTEGER, FOREIGN KEY (leader) REFERENCES people (id) ON DELETE SET NULL);
CREATE TABLE people (id INTEGER PRIMARY KEY, team INTEGER NOT NULL DEFAULT (1 + 1), name TEXT GENERATED ALWAYS AS ('p' || id) STORED, tags TEXT CHECK (json_type(tags) = 'array'), FOREIGN KEY (team) REFERENCES teams ON DELETE CASCADE)
