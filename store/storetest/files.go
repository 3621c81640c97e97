package storetest

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// file uploads a file.
func (s *Suite) file(by *store.Identity, name, content string) *model.File {
	s.Helper()
	up, err := s.Store.Files.Receive(s.ctx(), by.Who(),
		store.NewFile{Name: name, ContentType: "text/plain", Process: true}, strings.NewReader(content))
	s.ok(err)
	f, err := up.Commit(s.ctx(), jsonvalue.Text("{}"))
	s.ok(err)
	s.later(1)
	return f
}

// kept are the files in the directory, which must be those with a row.
func (s *Suite) kept() int {
	s.Helper()
	entries, err := os.ReadDir(s.Dir)
	s.ok(err)
	n := 0
	for _, e := range entries {
		if e.Name() == ".larder" {
			claims, err := os.ReadDir(s.Dir + "/.larder")
			s.ok(err)
			equal(s, "claims", len(claims), 0)
			continue
		}
		n++
	}
	equal(s, "rows of files", s.count(query.Select(tables.File.ID).From(tables.File.Table)), int64(n))
	return n
}

func (s *Suite) bytes(w store.Who, id string) string {
	s.Helper()
	c, err := s.Store.Files.Open(s.ctx(), w, id)
	s.ok(err)
	if c.Bytes == nil {
		return "<none>"
	}
	defer c.Bytes.Close()
	text, err := io.ReadAll(c.Bytes)
	s.ok(err)
	return string(text)
}

func fileNames(list []model.File, err error) string {
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, f := range list {
		out = append(out, *f.Filename)
	}
	return strings.Join(out, " ")
}

var fileCases = []testCase{
	{"a file and its bytes", func(s *Suite) {
		bob := s.user("bob")
		var f *model.File
		s.max(4, func() { // the limits, and the row in a transaction
			f = s.file(bob, "dir/nöte 🙂.txt", "\uFEFFhello 😀\n")
		})
		equal(s, "name", *f.Filename, "nöte 🙂.txt")
		equal(s, "path", *f.Path, s.Dir+"/"+f.ID+"_nöte 🙂.txt")
		s.sameJSON("data", f.Data.String(), `{"status":"completed","error":null,"content":"hello 😀\n"}`)
		equal(s, "hash of the text", len(*f.Hash), 64)
		var got *model.File
		s.max(1, func() {
			var err error
			got, err = s.Store.Files.Get(s.ctx(), bob.Who(), f.ID)
			s.ok(err)
		})
		s.sameJSON("meta", got.Meta.String(), f.Meta.String())
		equal(s, "size", got.Meta.Member("size").String(), "14")
		equal(s, "created_at", *got.CreatedAt, epoch)
		s.max(1, func() { equal(s, "bytes", s.bytes(bob.Who(), f.ID), "\uFEFFhello 😀\n") })
		s.max(1, func() {
			st, err := s.Store.Files.Status(s.ctx(), bob.Who(), f.ID)
			s.ok(err)
			equal(s, "status", st.Status+st.Content, "completed")
		})
		s.later(3)
		s.max(4, func() {
			var err error
			got, err = s.Store.Files.Rename(s.ctx(), bob.Who(), f.ID, "new\x00.md")
			s.ok(err)
		})
		equal(s, "new name", *got.Filename+" "+got.Meta.Member("name").String(), `new.md "new.md"`)
		equal(s, "updated_at", *got.UpdatedAt, epoch+4)
		s.max(5, func() {
			_, err := s.Store.Files.SetText(s.ctx(), bob.Who(), f.ID, "other text")
			s.ok(err)
		})
		text, err := s.Store.Files.Text(s.ctx(), bob.Who(), f.ID)
		s.ok(err)
		equal(s, "text", text.Content, "other text")
		equal(s, "bytes stay", s.bytes(bob.Who(), f.ID), "\uFEFFhello 😀\n")
		if _, err := s.Store.Files.SetText(s.ctx(), bob.Who(), f.ID, " \n"); !errors.Is(err, store.ErrFileEmpty) {
			s.Errorf("an empty text: %v", err)
		}
		s.kept()
		s.max(8, func() { s.ok(s.Store.Files.Delete(s.ctx(), bob.Who(), f.ID)) })
		equal(s, "files left", s.kept(), 0)
		if err := s.Store.Files.Delete(s.ctx(), bob.Who(), f.ID); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("twice: %v", err)
		}
		equal(s, "files left", s.kept(), 0)
	}},
	{"files that are not taken", func(s *Suite) {
		bob := s.user("bob")
		s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{
			"rag.file.max_size": jsonvalue.Text(`"1"`), "rag.file.allowed_extensions": jsonvalue.Text(`["txt","","md"]`)}))
		receive := func(w store.Who, name, content string, process bool) error {
			up, err := s.Store.Files.Receive(s.ctx(), w, store.NewFile{Name: name, Process: process}, strings.NewReader(content))
			if err == nil {
				err = up.Discard(s.ctx())
			}
			return err
		}
		var refused *store.FileRefused
		if err := receive(bob.Who(), "x.txt", strings.Repeat("x", 1<<20+1), true); !errors.As(err, &refused) ||
			refused.MaxMB != 1 {
			s.Errorf("too large: %v", err)
		}
		s.ok(receive(bob.Who(), "x.TXT", strings.Repeat("x", 1<<20), true))
		refused = nil
		if err := receive(bob.Who(), "x.exe", "x", true); !errors.As(err, &refused) || refused.Extension != "exe" {
			s.Errorf("extension: %v", err)
		}
		s.ok(receive(bob.Who(), "x.exe", "x", false))
		if err := receive(bob.Who(), "x.txt", "", true); !errors.Is(err, store.ErrFileEmpty) {
			s.Errorf("empty: %v", err)
		}
		if err := receive(store.Who{ID: bob.ID, Role: model.RolePending}, "x.txt", "x", true); !errors.Is(err,
			store.ErrNotPermitted) {
			s.Errorf("pending: %v", err)
		}
		equal(s, "files left", s.kept(), 0)
	}},
	{"texts of files", func(s *Suite) {
		bob := s.user("bob")
		for _, c := range []struct{ name, kind, content, status string }{
			{"a.ts", "video/mp2t", "let x = 1", "completed"}, // mislabelled
			{"a.html", "text/html", "<p>x</p>", "completed"},
			{"a.pdf", "application/pdf", "%PDF-1.4 x", "failed"},
			{"a.png", "image/png", "\x89PNG\r\n\x1a\n\x00", "failed"},
			{"a.mp4", "video/mp4", "\x00\x00\x00\x18ftypmp42\xff", "completed"},
			{"a.txt", "text/plain", "caf\xe9", "failed"},
			{"b.txt", "text/plain", "nul\x00", "failed"},
			{"c.txt", "text/plain", strings.Repeat("x", store.MaxText+1), "failed"},
		} {
			up, err := s.Store.Files.Receive(s.ctx(), bob.Who(), store.NewFile{Name: c.name, ContentType: c.kind, Process: true},
				strings.NewReader(c.content))
			s.ok(err)
			f, err := up.Commit(s.ctx(), jsonvalue.Null())
			s.ok(err)
			st, err := s.Store.Files.Text(s.ctx(), bob.Who(), f.ID)
			s.ok(err)
			equal(s, c.name+" status", st.Status, c.status)
			equal(s, c.name+" says why", st.Error != "", c.status == "failed")
			if c.kind == "text/html" || c.kind == "video/mp2t" {
				equal(s, c.name, st.Content, c.content)
			}
		}
		for _, c := range [][3]string{{"x.md", "# x", "text/markdown"}, {"x", "%PDF-1.4", "application/pdf"},
			{"x.png", "x", "text/plain"},
			{"x.bin", "\x00\x01", "application/octet-stream"}, {"x", "\x89PNG\r\n\x1a\n", "image/png"}} {
			up, err := s.Store.Files.Receive(s.ctx(), bob.Who(), store.NewFile{Name: c[0]}, strings.NewReader(c[1]))
			s.ok(err)
			f, err := up.Commit(s.ctx(), jsonvalue.Text(`{"file_hash":"their own","n":1.0}`))
			s.ok(err)
			equal(s, c[0]+" type", f.Meta.Member("content_type").String(), `"`+c[2]+`"`)
			equal(s, c[0]+" hash", f.Meta.Member("file_hash").String(), `"their own"`)
			s.sameJSON("what was said", f.Meta.Member("data").String(), `{"file_hash":"their own","n":1.0}`)
			s.sameJSON("data", f.Data.String(), `{}`)
		}
	}},
	{"lists of files", func(s *Suite) {
		ada, bob, eve := s.admin(), s.user("bob"), s.user("eve")
		for _, name := range []string{"one.txt", "Ünder_score.md", "100%.txt"} {
			s.file(bob, name, "text of "+name)
		}
		s.file(eve, "hers.txt", "x")
		var list []model.File
		var err error
		s.max(1, func() {
			list, err = s.Store.Files.List(s.ctx(), bob.Who(), store.FileFilter{ByChange: true}, store.Page{Limit: 2})
		})
		equal(s, "page", fileNames(list, err), "100%.txt Ünder_score.md")
		s.sameJSON("without the text", list[0].Data.String(), `{"status":"completed","error":null}`)
		list, err = s.Store.Files.List(s.ctx(), bob.Who(), store.FileFilter{WithText: true}, store.Page{Offset: 2})
		equal(s, "rest", fileNames(list, err), "one.txt")
		equal(s, "with the text", list[0].Data.Member("content").String(), `"text of one.txt"`)
		for pattern, want := range map[string]string{"*.TXT": "100%.txt one.txt", "üNDER*": "Ünder_score.md",
			"*R_S*": "Ünder_score.md", "?ne.txt": "one.txt", "*%*": "100%.txt",
			"one.txt": "one.txt", "ne": "", "*": "100%.txt Ünder_score.md one.txt", "": "100%.txt Ünder_score.md one.txt", "*e*t*": "one.txt", "/*": "", "_*": ""} {
			list, err = s.Store.Files.List(s.ctx(), bob.Who(), store.FileFilter{Pattern: pattern}, store.Page{})
			equal(s, "pattern "+pattern, fileNames(list, err), want)
		}
		count := func(st *store.Store, w store.Who, f store.FileFilter) int64 {
			n, err := st.Files.Count(s.ctx(), w, f)
			s.ok(err)
			return n
		}
		equal(s, "bob's", count(s.Store, bob.Who(), store.FileFilter{}), 3)
		equal(s, "everybody's", count(s.Store, ada.Who(), store.FileFilter{}), 4)
		equal(s, "an admin's own", count(s.Store, ada.Who(), store.FileFilter{Mine: true}), 0)
		bound := store.New(s.Eng, store.Options{Admins: store.AdminLimits{ListsAsUsers: true}})
		equal(s, "a bound admin's", count(bound, ada.Who(), store.FileFilter{}), 0)
		if _, err := s.Store.Files.DeleteAll(s.ctx(), bob.Who()); !errors.Is(err, store.ErrNotPermitted) {
			s.Errorf("delete all: %v", err)
		}
		n, err := s.Store.Files.DeleteAll(s.ctx(), ada.Who())
		s.ok(err)
		equal(s, "deleted", n, 4)
		equal(s, "files left", s.kept(), 0)
	}},
	{"a file goes with everything that names it", func(s *Suite) {
		bob := s.user("bob")
		f := s.file(bob, "x.txt", "x")
		c := s.chat(bob, twoMessages)
		s.insert(query.Insert(tables.ChatFile.Table).Row(model.ChatFile{ID: "cf", UserID: bob.ID, ChatID: c.ID, FileID: f.ID}))
		s.insert(query.Insert(tables.Knowledge.Table).Row(model.Knowledge{ID: "k", UserID: bob.ID, Name: "k"}))
		s.insert(query.Insert(tables.KnowledgeFile.Table).Row(model.KnowledgeFile{ID: "kf", UserID: bob.ID, KnowledgeID: "k", FileID: f.ID}))
		s.insert(query.Insert(tables.AccessGrant.Table).Row(model.AccessGrant{ID: "g", ResourceType: "file", ResourceID: f.ID, PrincipalType: "user", PrincipalID: bob.ID, Permission: "read"}))
		s.ok(s.Store.Files.Delete(s.ctx(), bob.Who(), f.ID))
		equal(s, "links to chats", s.count(query.Select(tables.ChatFile.ID).From(tables.ChatFile.Table)), 0)
		equal(s, "links to knowledge", s.count(query.Select(tables.KnowledgeFile.ID).From(tables.KnowledgeFile.Table)), 0)
		equal(s, "grants", s.count(query.Select(tables.AccessGrant.ID).From(tables.AccessGrant.Table)), 0)
		equal(s, "files left", s.kept(), 0)
	}},
	{"bytes that are gone", func(s *Suite) {
		bob := s.user("bob")
		f := s.file(bob, "x.txt", "x")
		s.ok(os.Remove(*f.Path))
		equal(s, "bytes", s.bytes(bob.Who(), f.ID), "<none>")
		for _, path := range []*string{nil, ptr(""), ptr("/etc/passwd"), ptr("../../etc/passwd")} {
			s.exec(query.Update(tables.File.Table).Set(tables.File.Path.SetPtr(path)).Where(tables.File.ID.Eq(f.ID)))
			equal(s, "bytes", s.bytes(bob.Who(), f.ID), "<none>")
		}
		s.ok(s.Store.Files.Delete(s.ctx(), bob.Who(), f.ID))
		equal(s, "files left", s.kept(), 0)
	}},
	{"who may use a file", func(s *Suite) {
		ada, bob, eve, dan := s.admin(), s.user("bob"), s.user("eve"), s.user("dan")
		f := s.file(bob, "x.txt", "x")
		may := func(what string, w *store.Identity, read, write bool) {
			s.Helper()
			for right, want := range map[string]bool{"read": read, "write": write} {
				var err error
				if right == "read" {
					_, err = s.Store.Files.Get(s.ctx(), w.Who(), f.ID)
				} else {
					_, err = s.Store.Files.Rename(s.ctx(), w.Who(), f.ID, "x.txt")
				}
				if (err == nil) != want || err != nil && !errors.Is(err, dberr.ErrNotFound) {
					s.Errorf("%s: %s by %s: %v, want %v", what, right, w.Name, err, want)
				}
			}
		}
		grants := func(resource, id string, list ...store.Grant) {
			s.exec(query.Delete(tables.AccessGrant.Table).AllRows())
			for i, g := range list {
				s.insert(query.Insert(tables.AccessGrant.Table).Row(model.AccessGrant{ID: resource + id + string(rune('a'+i)), ResourceType: resource, ResourceID: id,
					PrincipalType: g.PrincipalType, PrincipalID: g.PrincipalID, Permission: g.Permission}))
			}
		}
		may("alone", bob, true, true)
		may("alone", ada, true, true)
		may("alone", eve, false, false)
		// A grant of the file itself is none in this release.
		grants("file", f.ID, grant("user", eve.ID, "write"))
		may("granted", eve, false, false)

		// A knowledge base of the file's owner, and one of somebody else.
		for id, owner := range map[string]string{"k1": bob.ID, "k2": dan.ID} {
			s.insert(query.Insert(tables.Knowledge.Table).Row(model.Knowledge{ID: id, UserID: owner, Name: id}))
		}
		link := func(id string) {
			s.exec(query.Delete(tables.KnowledgeFile.Table).AllRows())
			s.insert(query.Insert(tables.KnowledgeFile.Table).
				Row(model.KnowledgeFile{ID: "kf" + id, UserID: bob.ID, KnowledgeID: id, FileID: f.ID}))
		}
		link("k1")
		grants("knowledge", "k1", grant("user", eve.ID, "read"))
		may("readable knowledge", eve, true, false)
		may("readable knowledge", dan, false, false)
		grants("knowledge", "k1", grant("user", "*", "write"))
		may("writable knowledge", eve, true, true)
		link("k2")
		grants("knowledge", "k2", grant("user", eve.ID, "write"))
		may("somebody else's knowledge", dan, true, false)
		may("somebody else's knowledge", eve, true, false)
		s.exec(query.Delete(tables.KnowledgeFile.Table).AllRows())
		may("no knowledge", dan, false, false)

		// A chat, behind a link or in a folder.
		c := s.chat(bob, twoMessages)
		s.insert(query.Insert(tables.ChatFile.Table).
			Row(model.ChatFile{ID: "cf", UserID: bob.ID, ChatID: c.ID, FileID: f.ID}))
		grants("shared_chat", c.ID, grant("user", eve.ID, "read"))
		may("a chat without a link", eve, false, false)
		shared, err := s.Store.Shares.Share(s.ctx(), ada.Who(), c.ID, "")
		if err == nil {
			s.Errorf("an admin shares %v", shared)
		}
		_, err = s.Store.Shares.Share(s.ctx(), bob.Who(), c.ID, "")
		s.ok(err)
		may("a shared chat", eve, true, false)
		may("a shared chat", dan, false, false)
		outer, err := s.Store.Folders.Create(s.ctx(), bob.Who(), "outer", nil, jsonvalue.Null(), jsonvalue.Null())
		s.ok(err)
		inner, err := s.Store.Folders.Create(s.ctx(), bob.Who(), "inner", &outer.ID, jsonvalue.Null(), jsonvalue.Null())
		s.ok(err)
		s.exec(query.Update(tables.Chat.Table).Set(tables.Chat.ShareID.SetNull(), tables.Chat.FolderID.Set(inner.ID)).
			Where(tables.Chat.ID.Eq(c.ID)))
		grants("folder", outer.ID, grant("user", dan.ID, "read"))
		may("a chat in a folder inside a shared one", dan, true, false)
		may("a chat in a folder inside a shared one", eve, false, false)
		s.exec(query.Delete(tables.ChatFile.Table).AllRows())

		// A channel, open to all or for members.
		s.insert(query.Insert(tables.Channel.Table).Row(model.Channel{ID: "ch", UserID: ptr(ada.ID), Name: ptr("ch")}))
		s.insert(query.Insert(tables.ChannelFile.Table).Row(model.ChannelFile{ID: "chf", UserID: bob.ID, ChannelID: "ch", FileID: f.ID}))
		may("a channel", eve, false, false)
		grants("channel", "ch", grant("user", "*", "read"))
		may("a channel", eve, true, false)
		s.exec(query.Update(tables.Channel.Table).Set(tables.Channel.Type.Set("dm")).Where(tables.Channel.ID.Eq("ch")))
		may("a direct message", eve, false, false)
		s.insert(query.Insert(tables.ChannelMember.Table).
			Row(model.ChannelMember{ID: "m", ChannelID: "ch", UserID: ptr(eve.ID), IsActive: true}))
		may("a direct message", eve, true, false)
		s.exec(query.Update(tables.Channel.Table).Set(tables.Channel.DeletedAt.Set(1)).Where(tables.Channel.ID.Eq("ch")))
		may("a channel that is gone", eve, false, false)

		// A note of the owner, and one that somebody has put the file into.
		attach := func(by *store.Identity) *store.Note {
			data, err := jsonvalue.Of(map[string]any{"files": []any{map[string]any{"type": "file", "id": f.ID}}})
			s.ok(err)
			n, err := s.Store.Notes.Create(s.ctx(), by.Who(), "n", data, jsonvalue.Null(), nil)
			s.ok(err)
			return n
		}
		grants("note", attach(dan).ID, grant("user", "*", "write"))
		may("somebody else's note", eve, false, false)
		may("somebody else's note", dan, false, false)
		grants("note", attach(bob).ID, grant("user", eve.ID, "write"))
		may("the owner's note", eve, true, false)

		// Models, whose settings are text.
		grants("", "")
		for id, meta := range map[string]string{"bad": "{not JSON " + f.ID,
			"k":  `{"knowledge":[{"type":"file","id":"` + f.ID + `"}]}`,
			"bg": `{"background_image_url":"/api/v1/files/` + f.ID + `/content"}`,
			"va": `{"voice_avatar":{"gestures":[{"file_id":"` + f.ID + `"}]}}`, "no": `{"description":"` + f.ID + `"}`} {
			s.exec(query.Delete(tables.Model.Table).AllRows())
			s.insert(query.Insert(tables.Model.Table).
				Row(model.Model{ID: id, UserID: ptr(bob.ID), Name: ptr("m"), Meta: ptr(meta), BaseModelID: ptr("base"),
					IsActive: true}))
			may("a model "+id, eve, false, false)
			grants("model", id, grant("user", eve.ID, "write"))
			may("a shared model "+id, eve, id != "no" && id != "bad", id == "k")
			grants("", "")
		}
	}},
}
