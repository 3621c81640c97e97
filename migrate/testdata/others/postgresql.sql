-- == music shop
CREATE TABLE "Artist" ("ArtistId" INT NOT NULL GENERATED ALWAYS AS IDENTITY, "Name" VARCHAR(120), CONSTRAINT "PK_Artist" PRIMARY KEY ("ArtistId"));
CREATE TABLE "Album" ("AlbumId" INT NOT NULL, "Title" VARCHAR(160) NOT NULL, "ArtistId" INT NOT NULL, CONSTRAINT "PK_Album" PRIMARY KEY ("AlbumId"));
ALTER TABLE "Album" ADD CONSTRAINT "FK_AlbumArtistId" FOREIGN KEY ("ArtistId") REFERENCES "Artist" ("ArtistId") ON DELETE NO ACTION ON UPDATE NO ACTION;
CREATE INDEX "IFK_AlbumArtistId" ON "Album" ("ArtistId")
-- == film rental
CREATE TYPE mpaa_rating AS ENUM ('G', 'PG', 'PG-13', 'R', 'NC-17');
CREATE SEQUENCE film_film_id_seq;
CREATE TABLE language (language_id serial PRIMARY KEY, name character(20) NOT NULL, last_update timestamp without time zone DEFAULT now() NOT NULL);
CREATE TABLE film (film_id integer DEFAULT nextval('film_film_id_seq'::regclass) NOT NULL PRIMARY KEY, title character varying(255) NOT NULL, release_year smallint, language_id smallint NOT NULL REFERENCES language ON UPDATE CASCADE ON DELETE RESTRICT,
	rental_duration smallint DEFAULT 3 NOT NULL, rental_rate numeric(4,2) DEFAULT 4.99 NOT NULL, rating mpaa_rating DEFAULT 'G'::mpaa_rating, special_features text[], fulltext tsvector NOT NULL, CHECK (release_year >= 1901 AND release_year <= 2155));
CREATE TABLE customer (customer_id serial PRIMARY KEY, activebool boolean DEFAULT true NOT NULL, create_date date DEFAULT ('now'::text)::date NOT NULL);
CREATE INDEX film_fulltext_idx ON film USING gist (fulltext);
CREATE INDEX idx_title ON film USING btree (title)
-- == trade
CREATE TABLE employees (employee_id smallint NOT NULL PRIMARY KEY, last_name character varying(20) NOT NULL, birth_date date, photo bytea, reports_to smallint REFERENCES employees);
CREATE TABLE order_details (order_id smallint NOT NULL, product_id smallint NOT NULL, unit_price real NOT NULL, quantity smallint NOT NULL, discount real NOT NULL, CONSTRAINT pk_order_details PRIMARY KEY (order_id, product_id));
CREATE TABLE customer_customer_demo (customer_id character varying(5) NOT NULL, "group" bpchar NOT NULL DEFAULT 'x'::bpchar, PRIMARY KEY (customer_id, "group"))
-- == forge
CREATE TABLE "user" (id bigserial PRIMARY KEY, lower_name character varying(255) NOT NULL, is_active boolean, created_unix bigint, max_repo_creation integer DEFAULT '-1'::integer NOT NULL, description character varying(255));
CREATE TABLE issue (id bigserial PRIMARY KEY, repo_id bigint, index bigint, is_closed boolean, content text);
CREATE UNIQUE INDEX "UQE_user_lower_name" ON "user" (lower_name);
CREATE UNIQUE INDEX "UQE_issue_repo_index" ON issue (repo_id, index)
-- == chat teams
CREATE TYPE channel_type AS ENUM ('P', 'G', 'O', 'D');
CREATE TABLE channels (id character varying(26) NOT NULL PRIMARY KEY, createat bigint, type channel_type, displayname character varying(64), totalmsgcount bigint, shared boolean, defaultcategoryname character varying(64) DEFAULT ''::character varying NOT NULL, UNIQUE (displayname, type));
CREATE TABLE posts (id character varying(26) PRIMARY KEY, channelid character varying(26), message character varying(65535), props jsonb, createat bigint, isbot boolean DEFAULT false NOT NULL);
CREATE INDEX idx_posts_message_txt ON posts USING gin (to_tsvector('english'::regconfig, (message)::text));
CREATE INDEX idx_posts_channel_id_update_at ON posts (channelid, createat DESC);
CREATE INDEX idx_channels_displayname_lower ON channels (lower((displayname)::text));
CREATE INDEX idx_posts_bots ON posts (createat) WHERE isbot = true AND message <> ''
-- == forum
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE topics (id serial PRIMARY KEY, title character varying NOT NULL, views integer DEFAULT 0 NOT NULL, archetype character varying DEFAULT 'regular'::character varying NOT NULL, score double precision, slow_mode_seconds integer DEFAULT 0 NOT NULL, fancy_title character varying,
	category_id integer, image_url inet, created_at timestamp without time zone NOT NULL, locale character varying(20), CONSTRAINT has_category_id CHECK (((category_id IS NOT NULL) OR ((archetype)::text <> 'regular'::text))),
	CONSTRAINT pm_has_no_category CHECK (((category_id IS NULL) OR ((archetype)::text <> 'private_message'::text))));
CREATE INDEX idx_topics_title_trgm ON topics USING gin (lower((title)::text) gin_trgm_ops);
CREATE INDEX index_topics_on_bumped ON topics (created_at DESC NULLS LAST) WHERE (archetype)::text = ANY ((ARRAY['regular'::character varying, 'banner'::character varying])::text[]);
CREATE UNIQUE INDEX unique_lower ON topics (lower((fancy_title)::text)) WHERE category_id IS NULL
-- == forge with parts
CREATE TABLE events (id bigint NOT NULL, project_id bigint, created_at timestamptz NOT NULL, action smallint NOT NULL, fingerprint bytea, CONSTRAINT check_97e06e05ad CHECK (octet_length(fingerprint) <= 128), PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE projects (id bigserial PRIMARY KEY, name text, settings jsonb DEFAULT '{}'::jsonb NOT NULL, topics text[] DEFAULT '{}'::text[] NOT NULL, statuses smallint[] DEFAULT '{1,2}'::smallint[], lock_version integer DEFAULT 0, CONSTRAINT check_name CHECK (char_length(name) <= 255), CONSTRAINT one_of CHECK (num_nonnulls(name, lock_version) = 1) NOT VALID);
CREATE UNIQUE INDEX idx_projects_name ON projects (name) INCLUDE (lock_version) WHERE lock_version > 0
-- == identity
CREATE TABLE realm (id character varying(36) NOT NULL CONSTRAINT constraint_4a PRIMARY KEY, access_code_lifespan integer, enabled boolean DEFAULT false NOT NULL, name character varying(255), not_before integer DEFAULT 0 NOT NULL, attributes text, CONSTRAINT uk_orvsdmla56612eaefiq6wl5oi UNIQUE (name));
CREATE TABLE realm_attribute (name character varying(255) NOT NULL, realm_id character varying(36) NOT NULL CONSTRAINT fk_8shxd6l3e9atqukacxgpffptw REFERENCES realm, value text, CONSTRAINT constraint_9 PRIMARY KEY (name, realm_id));
CREATE INDEX idx_realm_attr_realm ON realm_attribute (realm_id)
-- == dashboards
CREATE TABLE dashboard (id serial PRIMARY KEY, slug character varying(189) NOT NULL, data text NOT NULL, gnet_id bigint, is_folder boolean DEFAULT false NOT NULL, created timestamp without time zone NOT NULL, has_acl boolean DEFAULT false NOT NULL);
CREATE TABLE alert_rule (id serial PRIMARY KEY, interval_seconds bigint DEFAULT 60 NOT NULL, no_data_state character varying(15) DEFAULT 'NoData'::character varying NOT NULL, "for" bigint DEFAULT 0 NOT NULL, metadata text DEFAULT '{}'::text);
CREATE UNIQUE INDEX "UQE_dashboard_slug" ON dashboard (slug, gnet_id)
-- == encyclopedia of music
CREATE FUNCTION controlled(t text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT t <> chr(9)';
CREATE DOMAIN cover_presence AS text CHECK (value IN ('absent', 'present', 'darkened'));
CREATE TABLE area (id serial PRIMARY KEY, gid uuid NOT NULL, name varchar NOT NULL, edits_pending integer NOT NULL DEFAULT 0 CHECK (edits_pending >= 0), begin_date_year smallint, begin_date_month smallint, ended boolean NOT NULL DEFAULT false, comment varchar(255) NOT NULL DEFAULT '',
	CHECK ((ended = true OR (begin_date_year IS NULL AND begin_date_month IS NULL))), CHECK (controlled(name)));
CREATE TABLE release (id serial, gid uuid NOT NULL, art cover_presence NOT NULL DEFAULT 'absent', barcode varchar(255), quality smallint NOT NULL DEFAULT -1, last_updated timestamp with time zone DEFAULT now(), CONSTRAINT release_pkey PRIMARY KEY (id), CHECK (quality = ANY (ARRAY[-1, 0, 1])));
CREATE UNIQUE INDEX release_idx_gid ON release (gid);
CREATE INDEX release_idx_barcode ON release (barcode text_pattern_ops)
-- == shop by an ORM
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');
CREATE TABLE "User" ("id" TEXT NOT NULL, "email" TEXT NOT NULL, "role" "Role" NOT NULL DEFAULT 'USER', "tags" TEXT[] DEFAULT ARRAY[]::TEXT[], "scores" INTEGER[] DEFAULT ARRAY[1, 2]::INTEGER[], "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "meta" JSONB, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));
CREATE TABLE "_PostToTag" ("A" TEXT NOT NULL, "B" TEXT NOT NULL, CONSTRAINT "_PostToTag_A_fkey" FOREIGN KEY ("A") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE);
CREATE UNIQUE INDEX "_PostToTag_AB_unique" ON "_PostToTag"("A", "B")
-- == parts of a shop
CREATE TABLE django_content_type (id integer NOT NULL PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, app_label varchar(100) NOT NULL, model varchar(100) NOT NULL, CONSTRAINT django_content_type_uniq UNIQUE (app_label, model));
CREATE TABLE auth_permission (id integer NOT NULL PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, content_type_id integer NOT NULL, codename varchar(100) NOT NULL, rank smallint NOT NULL CHECK (rank >= 0), data jsonb NOT NULL);
ALTER TABLE auth_permission ADD CONSTRAINT auth_fk FOREIGN KEY (content_type_id) REFERENCES django_content_type (id) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX auth_codename_like ON auth_permission (codename varchar_pattern_ops)
-- == bookings
CREATE TABLE room (id int PRIMARY KEY, name text UNIQUE NOT NULL);
CREATE TABLE booking (room int REFERENCES room ON DELETE CASCADE, during tstzrange NOT NULL, price money, stay interval DEFAULT '1 day'::interval, nights int GENERATED ALWAYS AS ((date_part('day', upper(during) - lower(during)))::int) STORED, note text COLLATE "C" DEFAULT 'none', mac macaddr, bits bit(3) DEFAULT B'101', EXCLUDE USING gist (during WITH &&), CHECK (NOT isempty(during) AND lower(during) IS NOT NULL))
-- == tenants
CREATE TABLE tenant (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, name text NOT NULL, created timestamptz DEFAULT (now() AT TIME ZONE 'utc') NOT NULL, CHECK (name ~* '^[a-z0-9]+(-[a-z0-9]+)*$'));
CREATE TABLE secret (id bigint GENERATED ALWAYS AS IDENTITY (START WITH 100) PRIMARY KEY, tenant uuid NOT NULL DEFAULT (NULLIF(current_setting('app.tenant', true), ''))::uuid, body bytea, valid boolean GENERATED ALWAYS AS (body IS NOT NULL) STORED, FOREIGN KEY (tenant) REFERENCES tenant DEFERRABLE);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secret USING (tenant = (current_setting('app.tenant'))::uuid)
-- == circle
CREATE TABLE author (id int PRIMARY KEY, best int);
CREATE TABLE book (id int PRIMARY KEY, author int REFERENCES author, pages int4range, name text GENERATED ALWAYS AS ('b' || id::text) STORED, UNIQUE (author, name));
ALTER TABLE author ADD CONSTRAINT fk_best FOREIGN KEY (best) REFERENCES book ON DELETE SET NULL;
COMMENT ON TABLE book IS 'it''s a book';
COMMENT ON COLUMN book.author IS 'who wrote it'
