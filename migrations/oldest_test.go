package migrations_test

import (
	"slices"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// A database from before this history has the first tables already, with a
// unique id in place of a primary key, numbered prompts and documents, and a
// table of its own history.
func TestDatabasesFromBeforeTheHistory(t *testing.T) {
	if !slices.Contains(testdb.Engines(), testdb.SQLite) {
		return // there were none on other engines
	}
	eng := enginetest.Open(t, testdb.New(t, testdb.SQLite).URL, engine.Options{})
	for _, sql := range []string{
		"CREATE TABLE {migratehistory} ({id} INTEGER NOT NULL PRIMARY KEY, {name} VARCHAR(255) NOT NULL, {migrated_at} DATETIME NOT NULL)",
		"INSERT INTO {migratehistory} VALUES (18, '018_add_function_is_global', '2024-08-01 00:00:00')",
		"CREATE TABLE {auth} ({id} VARCHAR(255) NOT NULL, {email} VARCHAR(255) NOT NULL, {password} TEXT NOT NULL, {active} INTEGER NOT NULL)",
		"CREATE UNIQUE INDEX {auth_id} ON {auth} ({id})",
		"CREATE TABLE {chat} ({id} VARCHAR(255) NOT NULL, {user_id} VARCHAR(255) NOT NULL, {title} TEXT NOT NULL, {chat} TEXT NOT NULL, {share_id} VARCHAR(255), {archived} INTEGER NOT NULL, {created_at} DATETIME NOT NULL, {updated_at} DATETIME NOT NULL)",
		"CREATE UNIQUE INDEX {chat_id} ON {chat} ({id})",
		"CREATE UNIQUE INDEX {chat_share_id} ON {chat} ({share_id})",
		"CREATE TABLE {chatidtag} ({id} VARCHAR(255) NOT NULL, {tag_name} VARCHAR(255) NOT NULL, {chat_id} VARCHAR(255) NOT NULL, {user_id} VARCHAR(255) NOT NULL, {timestamp} INTEGER NOT NULL)",
		"CREATE UNIQUE INDEX {chatidtag_id} ON {chatidtag} ({id})",
		"CREATE TABLE {document} ({id} INTEGER NOT NULL PRIMARY KEY, {collection_name} VARCHAR(255) NOT NULL, {name} VARCHAR(255) NOT NULL, {title} TEXT NOT NULL, {filename} TEXT NOT NULL, {content} TEXT, {user_id} VARCHAR(255) NOT NULL, {timestamp} INTEGER NOT NULL)",
		"CREATE UNIQUE INDEX {document_collection_name} ON {document} ({collection_name})",
		"CREATE TABLE {prompt} ({id} INTEGER NOT NULL PRIMARY KEY, {command} VARCHAR(255) NOT NULL, {user_id} VARCHAR(255) NOT NULL, {title} TEXT NOT NULL, {content} TEXT NOT NULL, {timestamp} INTEGER NOT NULL)",
		"CREATE UNIQUE INDEX {prompt_command} ON {prompt} ({command})",
		"CREATE TABLE {tag} ({id} VARCHAR(255) NOT NULL, {name} VARCHAR(255) NOT NULL, {user_id} VARCHAR(255) NOT NULL, {data} TEXT)",
		"CREATE UNIQUE INDEX {tag_id} ON {tag} ({id})",
		"CREATE TABLE {user} ({id} VARCHAR(255) NOT NULL, {name} VARCHAR(255) NOT NULL, {email} VARCHAR(255) NOT NULL, {role} VARCHAR(255) NOT NULL, {profile_image_url} TEXT NOT NULL, {api_key} VARCHAR(255), {created_at} INTEGER NOT NULL, {updated_at} INTEGER NOT NULL, {last_active_at} INTEGER NOT NULL, {settings} TEXT, {info} TEXT, {oauth_sub} TEXT)",
		"CREATE UNIQUE INDEX {user_id} ON {user} ({id})",
		"CREATE UNIQUE INDEX {user_api_key} ON {user} ({api_key})",
		"INSERT INTO {auth} VALUES ('u', 'a@b', 'x', 1)",
		"INSERT INTO {user} VALUES ('u', 'n', 'a@b', 'admin', '', 'key', 1, 2, 3, '{}', NULL, 'google@x')",
		"INSERT INTO {user} VALUES ('v', 'm', 'c@d', 'user', '', NULL, 1, 2, 3, NULL, NULL, NULL)",
		"INSERT INTO {tag} VALUES ('t1', 'Work', 'u', NULL), ('t2', 'work', 'v', NULL)",
		"INSERT INTO {chatidtag} VALUES ('x', 'Work', 'c', 'u', 5)",
		"INSERT INTO {prompt} VALUES (7, '/p', 'u', 'title', 'content', 9)",
		"INSERT INTO {document} VALUES (1, 'col', 'name', 'title', 'file', NULL, 'u', 9)",
	} {
		run(t, eng, sql)
	}
	run(t, eng, "INSERT INTO {chat} VALUES ('c', 'u', 't', ?, NULL, 0, 1700000000, 1700000001)", `{"history": {"messages": {"m": {"role": "user", "content": "x", "timestamp": 1700000000}}}}`)
	upgrade(t, eng, "head")
	want(t, "messages", ask(t, eng, "id", "SELECT {id} FROM {chat_message}"), "c-m")
	want(t, "tags", ask(t, eng, "user_id", "SELECT {user_id} FROM {tag} ORDER BY {user_id}"), "u", "v")
	want(t, "tags of the chat", ask(t, eng, "meta", "SELECT {meta} FROM {chat}"), `{"tags": ["work"]}`)
	want(t, "prompts", ask(t, eng, "command", "SELECT {command} FROM {prompt}"), "p")
	want(t, "knowledge", ask(t, eng, "id", "SELECT {id} FROM {knowledge}"), "col")
	want(t, "keys", ask(t, eng, "key", "SELECT {key} FROM {api_key}"), "key")
	want(t, "to sign in with", ask(t, eng, "id", "SELECT {id} FROM {auth} ORDER BY {id}"), "u", "v")
	want(t, "its own history", ask(t, eng, "name", "SELECT {name} FROM {migratehistory}"), "018_add_function_is_global")
	for _, tab := range live(t, eng) {
		if tab.PrimaryKey == nil {
			t.Errorf("%s has no primary key", tab.Name)
		}
	}
}
