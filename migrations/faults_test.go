package migrations_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/migrations"
)

// One test for each fault of the history that is put right; the numbers are
// those of docs/upstream-differences.md.

// before takes an empty database to the revision before the n-th one.
func before(t *testing.T, eng *engine.Engine, n int) {
	t.Helper()
	upgrade(t, eng, ids()[n-2])
}

func to(t *testing.T, eng *engine.Engine, n int) { t.Helper(); upgrade(t, eng, ids()[n-1]) }

func backTo(t *testing.T, eng *engine.Engine, n int) { t.Helper(); downgrade(t, eng, ids()[n-1]) }

func want(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestRevision05TextThatIsNoJSONIsKept(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 5)
		texts := map[string]string{"a": `{"title": "é", "n": 0.12345678901234567}`, "b": "{not json", "c": "", "d": "null", "e": `{"half": "\ud83d"}`}
		for id, text := range texts {
			run(t, eng, "INSERT INTO {chat} ({id}, {user_id}, {title}, {chat}) VALUES (?, ?, ?, ?)", id, "u", "t", text)
		}
		run(t, eng, "INSERT INTO {chat} ({id}, {user_id}, {title}) VALUES (?, ?, ?)", "f", "u", "t")
		to(t, eng, 5)
		want(t, "chats", ask(t, eng, "chat", "SELECT {id}, {chat} FROM {chat} ORDER BY {id}"), texts["a"], "null", "null", "null", `{"half": "\ufffd"}`, "NULL")
		want(t, "kept", ask(t, eng, "value", "SELECT {row_key}, {value} FROM {larder_kept} WHERE {item} = 'chat.chat' ORDER BY {row_key}"), "{not json", "", texts["e"])
		backTo(t, eng, 4)
		want(t, "back", ask(t, eng, "chat", "SELECT {id}, {chat} FROM {chat} ORDER BY {id}"), texts["a"], texts["b"], texts["c"], texts["d"], texts["e"], "NULL")
	})
}

func TestRevision06TagOrder(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 6)
		run(t, eng, "INSERT INTO {chat} ({id}, {user_id}, {chat}) VALUES (?, ?, ?)", "c", "u", "{}")
		for i, name := range []string{"Zebra", "apple Pie", "pinned", "Mango", "apple pie", "Ünï", "B"} {
			run(t, eng, "INSERT INTO {chatidtag} ({id}, {tag_name}, {chat_id}, {user_id}, {timestamp}) VALUES (?, ?, ?, ?, ?)", fmt.Sprint(9-i), name, "c", "u", 1700000000+i)
		}
		to(t, eng, 6)
		want(t, "tags", ask(t, eng, "meta", "SELECT {meta} FROM {chat}"), `{"tags": ["zebra", "apple_pie", "mango", "ünï", "b"]}`)
		want(t, "rows", ask(t, eng, "n", "SELECT count(*) AS {n} FROM {chatidtag}"), "7")
		// What changes later comes back with the way down.
		run(t, eng, "UPDATE {chat} SET {meta} = ?", `{"tags": ["b", "new"]}`)
		backTo(t, eng, 5)
		want(t, "names", ask(t, eng, "tag_name", "SELECT {tag_name} FROM {chatidtag} ORDER BY {tag_name}"), "b", "new", "pinned")
	})
}

func TestRevision06TagsOfOtherUsers(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 6)
		for _, r := range [][]any{{"1", "Work Stuff", "ann", "{}"}, {"2", "work stuff", "bob", "x"}, {"3", "pinned", "ann", nil}, {"4", "WORK STUFF", "ann", nil}, {"5", "Ï", "cid", nil}} {
			run(t, eng, "INSERT INTO {tag} ({id}, {name}, {user_id}, {data}) VALUES (?, ?, ?, ?)", r...)
		}
		to(t, eng, 6)
		want(t, "until ids are a user's own", ask(t, eng, "id", "SELECT {id} FROM {tag} ORDER BY {id}"), "work_stuff", "ï")
		to(t, eng, 7)
		tags := func() []string {
			var out []string
			name := ask(t, eng, "name", "SELECT {id}, {user_id}, {name} FROM {tag} ORDER BY {id}, {user_id}")
			user := ask(t, eng, "user_id", "SELECT {id}, {user_id} FROM {tag} ORDER BY {id}, {user_id}")
			for i := range name {
				out = append(out, user[i]+": "+name[i])
			}
			return out
		}
		want(t, "tags", tags(), "ann: Work Stuff", "bob: work stuff", "cid: Ï")
		// A user comes to have a tag that another one has.
		run(t, eng, "INSERT INTO {tag} ({id}, {name}, {user_id}) VALUES (?, ?, ?)", "work_stuff", "Work_stuff", "dan")
		backTo(t, eng, 6)
		want(t, "one of each", ask(t, eng, "user_id", "SELECT {user_id} FROM {tag} ORDER BY {user_id}"), "ann", "cid")
		backTo(t, eng, 5)
		want(t, "as they were", ask(t, eng, "id", "SELECT {id} FROM {tag} WHERE {user_id} <> 'dan' ORDER BY {id}"), "1", "2", "3", "4", "5")
		want(t, "data", ask(t, eng, "data", "SELECT {data} FROM {tag} WHERE {user_id} <> 'dan' ORDER BY {id}"), "{}", "x", "NULL", "NULL", "NULL")
		want(t, "the late one", ask(t, eng, "name", "SELECT {name} FROM {tag} WHERE {user_id} = 'dan'"), "Work_stuff")
		to(t, eng, 7)
		want(t, "again", tags(), "ann: Work Stuff", "bob: work stuff", "dan: Work_stuff", "cid: Ï")
	})
}

func TestRevision11FolderTimes(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 11)
		run(t, eng, "INSERT INTO {folder} ({id}, {user_id}, {name}, {is_expanded}, {created_at}, {updated_at}) VALUES ('f', 'u', 'n', TRUE, '2023-11-14 22:13:20', '1969-12-31 23:59:59')")
		run(t, eng, "INSERT INTO {folder} ({id}, {user_id}, {name}, {is_expanded}, {created_at}, {updated_at}) VALUES ('g', 'v', 'n', TRUE, '2023-11-14 22:13:20.250000', '2023-11-14 22:13:20')")
		to(t, eng, 11)
		want(t, "a fraction", ask(t, eng, "created_at", "SELECT {created_at} FROM {folder} WHERE {id} = 'g'"), "1700000000")
		run(t, eng, "DELETE FROM {folder} WHERE {id} = 'g'")
		want(t, "created", ask(t, eng, "created_at", "SELECT {created_at} FROM {folder}"), "1700000000")
		want(t, "updated", ask(t, eng, "updated_at", "SELECT {updated_at} FROM {folder}"), "-1")
		backTo(t, eng, 10)
		to(t, eng, 11)
		want(t, "there and back", ask(t, eng, "created_at", "SELECT {created_at} FROM {folder}"), "1700000000")
	})
}

func TestRevision22GroupsWithDeletedAndDoubledUsers(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 22)
		for _, u := range []string{"ann", "bob"} {
			run(t, eng, "INSERT INTO {user} ({id}, {email}) VALUES (?, ?)", u, u)
		}
		lists := []string{`["ann", "gone", "bob", "ann", 7, null]`, `[]`, `"text"`}
		for i, l := range lists {
			run(t, eng, "INSERT INTO {group} ({id}, {name}, {user_ids}) VALUES (?, 'g', ?)", fmt.Sprint(i), l)
		}
		run(t, eng, "INSERT INTO {group} ({id}, {name}) VALUES ('n', 'g')")
		to(t, eng, 22)
		want(t, "members", ask(t, eng, "user_id", "SELECT {user_id} FROM {group_member} ORDER BY {user_id}"), "ann", "bob")
		backTo(t, eng, 21)
		want(t, "lists", ask(t, eng, "user_ids", "SELECT {user_ids} FROM {group} ORDER BY {id}"), lists[0], lists[1], lists[2], "NULL")
		to(t, eng, 22)
		run(t, eng, "DELETE FROM {group_member} WHERE {user_id} = 'bob'")
		backTo(t, eng, 21)
		want(t, "a list that changed", ask(t, eng, "user_ids", "SELECT {user_ids} FROM {group} WHERE {id} = '0'"), `["ann"]`)
	})
}

func TestRevision23ChannelMembers(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 23)
		run(t, eng, "INSERT INTO {channel_member} ({id}, {channel_id}, {user_id}, {created_at}) VALUES ('a', 'c', 'u', 1700000000000000000)")
		run(t, eng, "INSERT INTO {channel_member} ({id}, {channel_id}, {user_id}) VALUES ('b', 'c', 'v')")
		to(t, eng, 23)
		want(t, "joined", ask(t, eng, "joined_at", "SELECT {joined_at} FROM {channel_member} ORDER BY {id}"), "1700000000000000000", "0")
		upgrade(t, eng, "head")
		want(t, "at the head", ask(t, eng, "user_id", "SELECT {user_id} FROM {channel_member} ORDER BY {id}"), "u", "v")
		backTo(t, eng, 22)
		want(t, "back", ask(t, eng, "user_id", "SELECT {user_id} FROM {channel_member} ORDER BY {id}"), "u", "v")
	})
}

func TestRevision26DocumentsOfKnowledgeBases(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 26)
		run(t, eng, "INSERT INTO {file} ({id}) VALUES ('f1')")
		run(t, eng, "INSERT INTO {file} ({id}) VALUES ('f2')")
		doc := `{"file_ids": ["f1", "gone", "f1", "f2"], "more": 1.0}`
		run(t, eng, "INSERT INTO {knowledge} ({id}, {user_id}, {name}, {created_at}, {data}) VALUES ('k', 'u', 'n', 1, ?)", doc)
		to(t, eng, 26)
		want(t, "files", ask(t, eng, "file_id", "SELECT {file_id} FROM {knowledge_file} ORDER BY {file_id}"), "f1", "f2")
		backTo(t, eng, 25)
		want(t, "document", ask(t, eng, "data", "SELECT {data} FROM {knowledge}"), doc)
		to(t, eng, 26)
		run(t, eng, "DELETE FROM {knowledge_file} WHERE {file_id} = 'f1'")
		backTo(t, eng, 25)
		want(t, "document with what there is now", ask(t, eng, "data", "SELECT {data} FROM {knowledge}"), `{"file_ids": ["f2"], "more": 1.0}`)
	})
}

func TestRevision30CommandsThatDifferInTheSlash(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 30)
		run(t, eng, "INSERT INTO {prompt} ({command}, {user_id}, {title}, {content}, {timestamp}) VALUES ('/x', 'u', 'one', 'a', 5)")
		run(t, eng, "INSERT INTO {prompt} ({command}) VALUES ('x')")
		to(t, eng, 30)
		want(t, "commands", ask(t, eng, "command", "SELECT {command} FROM {prompt} ORDER BY {command}"), "/x", "x")
		backTo(t, eng, 29)
		want(t, "back", ask(t, eng, "command", "SELECT {command} FROM {prompt} ORDER BY {command}"), "/x", "x")
	})
}

// insertOr inserts a chat with a document that not every engine takes.
func insertOr(t *testing.T, eng *engine.Engine, id, doc, other string) {
	t.Helper()
	const sql = "INSERT INTO {chat} ({id}, {user_id}, {chat}) VALUES (?, 'u', ?)"
	_, err := op.Run(t.Context(), eng, sql, id, doc)
	if dberr.CodeOf(err) == dberr.Check {
		run(t, eng, sql, id, other)
	} else if err != nil {
		t.Fatal(err)
	}
}

func TestRevision31SkippedMessagesAreCounted(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 31)
		insert := func(id string, user any, chat any) {
			run(t, eng, "INSERT INTO {chat} ({id}, {user_id}, {chat}) VALUES (?, ?, ?)", id, user, chat)
		}
		doc := `{"history": {"messages": {
			"ok": {"role": "user", "content": "x", "timestamp": 1700000000123, "big": 18446744073709551617},
			"text": "no object", "none": {"content": "y"}, "empty": {"role": ""}, "odd": {"role": 7},
			"old": {"role": "user", "timestamp": 5}, "half": {"role": "user", "content": "a\u0000b\ud83d", "timestamp": 1700000000}}, "currentId": "ok"}}`
		insertOr(t, eng, "a", doc, strings.Replace(doc, `\ud83d`, `\ufffd`, 1))
		insert("b", "u", `{"messages": [{"id": "m", "role": "user"}]}`)
		insert("c", "u", `{"history": null}`)
		insert("d", "shared-a", `{"history": {"messages": {"s": {"role": "user"}}}}`)
		insert("e", nil, `{"history": {"messages": {"n": {"role": "user", "content": [1, {"a": []}], "done": false, "model": "m"}}}}`)
		insert("f", "u", nil)
		var notices []string
		if _, err := runner(t, eng, migrations.Options{}, &notices).Upgrade(t.Context(), ids()[30]); err != nil {
			t.Fatal(err)
		}
		want(t, "rows", ask(t, eng, "id", "SELECT {id} FROM {chat_message} ORDER BY {id}"), "a-half", "a-ok", "a-old", "e-n")
		want(t, "seconds", ask(t, eng, "created_at", "SELECT {created_at} FROM {chat_message} WHERE {id} = 'a-ok'"), "1700000000")
		want(t, "content", ask(t, eng, "content", "SELECT {content} FROM {chat_message} WHERE {id} IN ('a-half', 'e-n') ORDER BY {id}"), `"ab\ufffd"`, `[1, {"a": []}]`)
		want(t, "user", ask(t, eng, "user_id", "SELECT {user_id} FROM {chat_message} WHERE {id} = 'e-n'"), "NULL")
		want(t, "skipped", ask(t, eng, "row_key", "SELECT {row_key} FROM {larder_kept} WHERE {revision} = ? ORDER BY {item}, {row_key}", ids()[30]), "b", "a-empty", "a-none", "a-odd", "a-text", "a-half")
		if got := strings.Join(notices, "\n"); strings.Count(got, "\n") != 4 || !strings.Contains(got, "2 chat_message: the message has no role") {
			t.Errorf("notices: %s", got)
		}
		backTo(t, eng, 30)
		to(t, eng, 31)
		want(t, "again", ask(t, eng, "n", "SELECT count(*) AS {n} FROM {chat_message}"), "4")
	})
}

// A document that is longer than what is read at once gives the same rows.
func TestRevision31LargeChats(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 31)
		const n = 3000
		var b strings.Builder
		b.WriteString(`{"title": "é😀", "files": [{"x": [1, "}"]}], "history": {"messages": {`)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `"m%05d": {"role": "user", "parentId": null, "content": "%s \" 😀 %d", "timestamp": 1700000000}`, i, strings.Repeat("é", 1000), i)
		}
		fmt.Fprintf(&b, `}, "currentId": "m%05d"}}`, n-2)
		run(t, eng, "INSERT INTO {chat} ({id}, {user_id}, {chat}) VALUES ('big', 'u', ?)", b.String())
		run(t, eng, "INSERT INTO {chat} ({id}, {user_id}, {chat}) VALUES ('small', 'u', ?)", `{"history": {"messages": {"x": {"role": "user"}}}}`)
		to(t, eng, 31)
		want(t, "rows", ask(t, eng, "n", "SELECT count(*) AS {n} FROM {chat_message}"), fmt.Sprint(n+1))
		want(t, "content", ask(t, eng, "content", "SELECT {content} FROM {chat_message} WHERE {id} = 'big-m02999'"), `"`+strings.Repeat("é", 1000)+` \" 😀 2999"`)
		to(t, eng, 50)
		want(t, "current message", ask(t, eng, "current_message_id", "SELECT {current_message_id} FROM {chat} ORDER BY {id}"), "m02998", "x")
	})
}

func TestRevision32AccessThatIsNotUnderstoodIsKept(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 32)
		docs := []string{`[1]`, `{"read": {"user_ids": ["a", 5, "a"]}, "extra": true}`, `{"write": {"group_ids": ["g"]}}`, `null`, `{"read": null}`}
		for i, d := range docs {
			run(t, eng, "INSERT INTO {note} ({id}, {user_id}, {access_control}) VALUES (?, 'u', ?)", fmt.Sprint(i), d)
		}
		run(t, eng, "INSERT INTO {note} ({id}, {user_id}) VALUES ('n', 'u')")
		to(t, eng, 32)
		want(t, "grants", ask(t, eng, "g", "SELECT {resource_id} AS {g} FROM {access_grant} ORDER BY {resource_id}"), "1", "2", "3", "n")
		backTo(t, eng, 31)
		want(t, "documents", ask(t, eng, "access_control", "SELECT {access_control} FROM {note} ORDER BY {id}"), append(docs, "NULL")...)
	})
}

func TestRevision39SnapshotsOfChatsThatAreGone(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 39)
		for _, r := range [][]any{{"c", "u"}, {"s1", "shared-c"}, {"s2", "shared-c"}, {"s3", "shared-gone"}} {
			run(t, eng, "INSERT INTO {chat} ({id}, {user_id}, {title}, {chat}, {created_at}, {archived}) VALUES (?, ?, 'té', ?, 1700000000, FALSE)", r[0], r[1], `{"n": 1.50}`)
		}
		was := content(t, eng, false)
		to(t, eng, 39)
		want(t, "shared", ask(t, eng, "id", "SELECT {id} FROM {shared_chat} ORDER BY {id}"), "s1", "s2")
		want(t, "one grant", ask(t, eng, "resource_id", "SELECT {resource_id} FROM {access_grant}"), "c")
		want(t, "kept", ask(t, eng, "row_key", "SELECT {row_key} FROM {larder_kept} WHERE {item} = 'chat'"), "s3")
		backTo(t, eng, 38)
		sameContent(t, "back", was, content(t, eng, false), nil)
	})
}

// Settings under the names of environment variables, which oldest documents
// have, get their dotted names; of two for one setting the first counts.
func TestRevision45NamesOfVariables(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 45)
		doc := `{"OPENAI_API_CONFIGS": {"0": {"a": 1}}, "openai": {"api_configs": {"1": {}}, "enable": true}, "OAUTH_CLIENT_ID": "x", "MINE": {"a": 1}}`
		run(t, eng, "INSERT INTO {config} ({data}, {version}) VALUES (?, 0)", doc)
		to(t, eng, 45)
		want(t, "keys", ask(t, eng, "key", "SELECT {key} FROM {config} ORDER BY {key}"), "MINE.a", "oauth.client_id", "openai.api_configs", "openai.enable")
		want(t, "the first", ask(t, eng, "value", "SELECT {value} FROM {config} WHERE {key} = 'openai.api_configs'"), `{"0": {"a": 1}}`)
		backTo(t, eng, 44)
		want(t, "unchanged", ask(t, eng, "data", "SELECT {data} FROM {config}"), doc)
	})
}

func TestRevision45DowngradeKeepsLaterSettings(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 45)
		run(t, eng, "INSERT INTO {config} ({data}, {version}) VALUES (?, 0)", `{"ui": {"old": 1}}`)
		doc := `{"version": 0, "ui": {"enable_signup": false, "name": "x"}, "openai": {"api_configs": {"0": {"a": {}}}}, "oauth": {"oidc": {"client_id": "cid"}}, "rag": {"web": {"search": {"linkup_search_params": {"k": 1}}}}, "n": 1.10, "empty": {}}`
		run(t, eng, "INSERT INTO {config} ({data}, {version}) VALUES (?, 0)", doc)
		to(t, eng, 45)
		want(t, "keys", ask(t, eng, "key", "SELECT {key} FROM {config} ORDER BY {key}"), "n", "oauth.client_id", "openai.api_configs", "rag.web.search.linkup_search_params", "ui.enable_signup", "ui.name", "version")
		backTo(t, eng, 44)
		want(t, "unchanged", ask(t, eng, "data", "SELECT {data} FROM {config} ORDER BY {id} DESC"), doc, `{"ui": {"old": 1}}`)
		to(t, eng, 45)
		run(t, eng, "UPDATE {config} SET {value} = 'true' WHERE {key} = 'ui.enable_signup'")
		run(t, eng, "UPDATE {config} SET {value} = ? WHERE {key} = 'oauth.client_id'", `"new"`)
		run(t, eng, "DELETE FROM {config} WHERE {key} = 'ui.name'")
		run(t, eng, "INSERT INTO {config} ({key}, {value}) VALUES ('ui.later.deep', '[1]')")
		backTo(t, eng, 44)
		want(t, "with later settings", ask(t, eng, "data", "SELECT {data} FROM {config} ORDER BY {id} DESC LIMIT 1"),
			`{"version": 0, "ui": {"enable_signup": true, "later": {"deep": [1]}}, "openai": {"api_configs": {"0": {"a": {}}}}, "oauth": {"oidc": {"client_id": "new"}}, "rag": {"web": {"search": {"linkup_search_params": {"k": 1}}}}, "n": 1.10}`)
		to(t, eng, 45)
		want(t, "again", ask(t, eng, "key", "SELECT {key} FROM {config} ORDER BY {key}"), "n", "oauth.client_id", "openai.api_configs", "rag.web.search.linkup_search_params", "ui.enable_signup", "ui.later.deep", "version")
	})
}

func TestRevision55EmailsThatDifferInCase(t *testing.T) {
	t.Parallel()
	fill := func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 55)
		for i, u := range [][]any{{"old", "Ann@Example.com", 10}, {"new", "ann@example.com", 30}, {"mid", "ANN@example.com", 20}, {"bob", "bob@example.com", 5}, {"nil", nil, 5}} {
			run(t, eng, "INSERT INTO {user} ({id}, {name}, {email}, {last_active_at}, {created_at}) VALUES (?, 'n', ?, ?, ?)", append(u, i)...)
			run(t, eng, "INSERT INTO {auth} ({id}, {email}, {password}, {active}) VALUES (?, ?, 'x', TRUE)", u[0], u[1])
		}
	}
	emails := func(t *testing.T, eng *engine.Engine, table string) []string {
		return ask(t, eng, "email", "SELECT {id}, {email} FROM {"+table+"} ORDER BY {id}")
	}
	was := []string{"bob@example.com", "ANN@example.com", "ann@example.com", "NULL", "Ann@Example.com"}
	for same, then := range map[migrations.SameEmail][]string{
		migrations.KeepNewestEmail: {"bob@example.com", "NULL", "ann@example.com", "NULL", "NULL"},
		migrations.RenameSameEmail: {"bob@example.com", "ann+mid@example.com", "ann@example.com", "NULL", "ann+old@example.com"},
		"":                         nil,
	} {
		t.Run("choice "+string(same), func(t *testing.T) {
			enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
				fill(t, eng)
				conflicts, err := migrations.Conflicts(t.Context(), eng)
				if err != nil {
					t.Fatal(err)
				}
				if len(conflicts) != 1 || conflicts[0].Email != "ann@example.com" || len(conflicts[0].Users) != 3 || conflicts[0].Users[0].ID != "new" || conflicts[0].Users[2].ID != "old" {
					t.Errorf("conflicts: %+v", conflicts)
				}
				_, err = runner(t, eng, migrations.Options{SameEmail: same}, nil).Upgrade(t.Context(), "head")
				if then == nil {
					if dberr.CodeOf(err) != dberr.AlreadyExists || !strings.Contains(err.Error(), "new and mid and old") {
						t.Errorf("stop: %v", err)
					}
					want(t, "nothing changed", emails(t, eng, "user"), was...)
					// Another decision, and it goes on.
					if _, err := runner(t, eng, migrations.Options{SameEmail: migrations.RenameSameEmail}, nil).Upgrade(t.Context(), "head"); err != nil {
						t.Fatal(err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				want(t, "users", emails(t, eng, "user"), then...)
				want(t, "to sign in with", emails(t, eng, "auth"), then...)
				if _, err := runner(t, eng, migrations.Options{SameEmail: same}, nil).Downgrade(t.Context(), ids()[53]); err != nil {
					t.Fatal(err)
				}
				want(t, "users as they were", emails(t, eng, "user"), was...)
				want(t, "auth as it was", emails(t, eng, "auth"), was...)
			})
		})
	}
}

// On SQLite the index is dropped on the way down, so that the way up is free.
func TestRevision55DowngradeDropsTheIndex(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		to(t, eng, 55)
		backTo(t, eng, 54)
		run(t, eng, "INSERT INTO {user} ({id}, {email}) VALUES ('a', 'x@y')")
		run(t, eng, "INSERT INTO {user} ({id}, {email}) VALUES ('b', 'X@y')")
		run(t, eng, "DELETE FROM {user} WHERE {id} = 'b'")
		upgrade(t, eng, "head")
		if _, err := migrations.Conflicts(t.Context(), eng); err != nil {
			t.Error(err)
		}
	})
}

func TestRevision65AppsComeBack(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		to(t, eng, 65)
		run(t, eng, "INSERT INTO {app} ({id}, {slug}, {name}, {is_active}, {data}, {created_at}, {updated_at}) VALUES ('a', 's', 'n', TRUE, '{}', 1, 2)")
		run(t, eng, "INSERT INTO {channel_member} ({id}, {channel_id}, {app_id}, {joined_at}) VALUES ('m1', 'c', 'a', 1)")
		run(t, eng, "INSERT INTO {channel_member} ({id}, {channel_id}, {user_id}, {joined_at}) VALUES ('m2', 'c', 'u', 1)")
		run(t, eng, "INSERT INTO {message} ({id}, {app_id}, {content}) VALUES ('x', 'a', 'hi')")
		was := content(t, eng, false)
		backTo(t, eng, 64)
		want(t, "members", ask(t, eng, "id", "SELECT {id} FROM {channel_member}"), "m2")
		to(t, eng, 65)
		sameContent(t, "again", was, content(t, eng, false), nil)
	})
}

// A plan names what a way down loses.
func TestDowngradesDeclareTheirLosses(t *testing.T) {
	t.Parallel()
	eng := sqliteFile(t, "testdata/revisions/c92da83b017f/webui.db.gz")
	p, err := runner(t, eng, migrations.Options{}, nil).Plan(t.Context(), migrate.Down, "base")
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%+v", p)
	for _, loss := range []string{"who may see which shared chat", "the sign-in providers of a user except one", "table feedback with its rows", "column chat.folder_id with its values"} {
		if !strings.Contains(text, loss) {
			t.Errorf("the plan does not say %q", loss)
		}
	}
}

func TestRevision09MetaThatIsNoJSONIsKept(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 9)
		texts := []string{`{"path": "/a"}`, "nothing of the kind", `{"path": 5}`, `{"path": [5]}`, `{"path": null}`}
		for i, text := range texts {
			run(t, eng, "INSERT INTO {file} ({id}, {meta}) VALUES (?, ?)", fmt.Sprint(i), text)
		}
		to(t, eng, 9)
		want(t, "meta", ask(t, eng, "meta", "SELECT {meta} FROM {file} ORDER BY {id}"), texts[0], "NULL", texts[2], texts[3], texts[4])
		want(t, "paths", ask(t, eng, "path", "SELECT {path} FROM {file} ORDER BY {id}"), "/a", "NULL", "5", "NULL", "NULL")
		backTo(t, eng, 8)
		want(t, "back", ask(t, eng, "meta", "SELECT {meta} FROM {file} ORDER BY {id}"), texts...)
	})
}

func TestRevision24SettingsThatAreNoJSONAreKept(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 24)
		run(t, eng, "INSERT INTO {user} ({id}, {settings}, {info}, {oauth_sub}, {api_key}) VALUES ('a', ?, ?, 'google@x@y', 'k')", "{broken", `{"n": 1.50}`)
		run(t, eng, "INSERT INTO {user} ({id}, {oauth_sub}) VALUES ('b', 'plain')")
		was := content(t, eng, false)
		to(t, eng, 24)
		want(t, "kept", ask(t, eng, "value", "SELECT {value} FROM {larder_kept} WHERE {item} = 'user.settings'"), "{broken")
		want(t, "providers", ask(t, eng, "oauth", "SELECT {oauth} FROM {user} ORDER BY {id}"), `{"google": {"sub": "x@y"}}`, `{"oidc": {"sub": "plain"}}`)
		want(t, "keys", ask(t, eng, "id", "SELECT {id} FROM {api_key}"), "key_a")
		backTo(t, eng, 23)
		sameContent(t, "back", was, content(t, eng, false), nil)
	})
}

// What a model's parameters are goes into its first version as it is, also when
// it is no object.
func TestRevision62ParametersOfAnyKind(t *testing.T) {
	t.Parallel()
	enginetest.Each(t, func(t *testing.T, eng *engine.Engine) {
		before(t, eng, 62)
		for id, params := range map[string]any{"a": `{"x": 1.10}`, "b": `[1]`, "c": `"%"`, "d": `false`, "e": nil} {
			run(t, eng, "INSERT INTO {model} ({id}, {user_id}, {name}, {params}, {meta}, {is_active}) VALUES (?, 'u', 'n', ?, '{}', ?)", id, params, true)
		}
		to(t, eng, 62)
		got := map[string]string{}
		ids := ask(t, eng, "model_id", "SELECT {model_id} FROM {model_history} ORDER BY {model_id}")
		for i, snapshot := range ask(t, eng, "snapshot", "SELECT {snapshot} FROM {model_history} ORDER BY {model_id}") {
			got[ids[i]] = snapshot
		}
		for id, params := range map[string]string{"a": `{"x": 1.10}`, "b": `[1]`, "c": `"%"`, "d": `false`, "e": `{}`} {
			want(t, id, []string{got[id]}, `{"name": "n", "base_model_id": null, "params": `+params+`, "meta": {}}`)
		}
	})
}
