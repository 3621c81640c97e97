package storetest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/store"
	"github.com/larder-db/larder/tables"
)

// base makes a knowledge base; users may make some and share them.
func (s *Suite) base(by *store.Identity, name string, grants ...store.Grant) *store.KnowledgeBase {
	s.Helper()
	s.ok(s.Store.Config.Set(s.ctx(), map[string]jsonvalue.JSON{
		"user.permissions": jsonvalue.Text(`{"workspace":{"knowledge":true},"sharing":{"knowledge":true}}`)}))
	k, err := s.Store.Knowledge.Create(s.ctx(), by.Who(), name, "about "+name, jsonvalue.Null(), grants)
	s.ok(err)
	s.later(1)
	return k
}

func (s *Suite) add(by *store.Identity, base, file, dir string) {
	s.Helper()
	_, err := s.Store.Knowledge.Add(s.ctx(), by.Who(), base, store.FileLink{FileID: file, DirectoryID: &dir})
	s.ok(err)
}

func (s *Suite) dir(by *store.Identity, base, name, parent string) string {
	s.Helper()
	d, err := s.Store.Knowledge.CreateDirectory(s.ctx(), by.Who(), base, name, parent)
	s.ok(err)
	return d.ID
}

// inBase are the names of the files in a base, with where they are.
func (s *Suite) inBase(w store.Who, base string, f store.KnowledgeFileFilter) string {
	s.Helper()
	l, err := s.Store.Knowledge.Files(s.ctx(), w, base, f, store.Page{})
	s.ok(err)
	var out []string
	for _, x := range l.Files {
		out = append(out, strings.TrimPrefix(l.Paths[text(x.DirectoryID)]+"/", "/")+*x.Filename)
	}
	equal(s, "total", l.Total, int64(len(out)))
	return strings.Join(out, " ")
}

func baseNames(list []store.KnowledgeItem, total int64, err error) string {
	if err != nil {
		return err.Error()
	}
	out := fmt.Sprint(total)
	for _, k := range list {
		out += fmt.Sprintf(" %s(%d %v)", k.Knowledge.Name, k.Files, k.MayWrite)
	}
	return out
}

var knowledgeCases = []testCase{
	{"knowledge bases", func(s *Suite) {
		ada, bob, eve := s.admin(), s.user("bob"), s.user("eve")
		if _, err := s.Store.Knowledge.Create(s.ctx(), bob.Who(), "x", "", jsonvalue.Null(), nil); !errors.Is(err,
			store.ErrNotPermitted) {
			s.Errorf("without the permission: %v", err)
		}
		one := s.base(bob, "One ü", grant("user", eve.ID, "read"), grant("user", "*", "read"))
		equal(s, "grants that bob may give", len(one.Grants), 1)
		two := s.base(eve, "two")
		s.add(bob, one.ID, s.file(bob, "a.txt", "x").ID, "")
		var list []store.KnowledgeItem
		var total int64
		var err error
		s.max(3, func() {
			list, total, err = s.Store.Knowledge.List(s.ctx(), eve.Who(), store.KnowledgeFilter{}, store.Page{})
		})
		equal(s, "eve's", baseNames(list, total, err), "2 two(0 true) One ü(1 false)")
		equal(s, "owner", *list[1].Owner.Email, "bob@example.com")
		search := func(st *store.Store, w store.Who, f store.KnowledgeFilter) string {
			list, total, err := st.Knowledge.List(s.ctx(), w, f, store.Page{Limit: 2})
			return baseNames(list, total, err)
		}
		equal(s, "bob's", search(s.Store, bob.Who(), store.KnowledgeFilter{}), "1 One ü(1 true)")
		equal(s, "an admin's", search(s.Store, ada.Who(), store.KnowledgeFilter{Sort: "name", Ascending: true}), "2 One ü(1 true) two(0 true)")
		bound := store.New(s.Eng, store.Options{Admins: store.AdminLimits{ListsAsUsers: true}})
		equal(s, "a bound admin's", search(bound, ada.Who(), store.KnowledgeFilter{}), "0")
		for q, want := range map[string]string{"ONE Ü": "1 One ü(1 false)", "about": "2 two(0 true) One ü(1 false)",
			"bob@": "1 One ü(1 false)", "%": "0"} {
			equal(s, "search for "+q, search(s.Store, eve.Who(), store.KnowledgeFilter{Query: q}), want)
		}
		equal(s, "mine", search(s.Store, eve.Who(), store.KnowledgeFilter{Mine: true}), "1 two(0 true)")
		equal(s, "others'", search(s.Store, eve.Who(), store.KnowledgeFilter{Others: true}), "1 One ü(1 false)")
		equal(s, "external", search(s.Store, eve.Who(), store.KnowledgeFilter{Source: "external"}), "0")
		equal(s, "local", search(s.Store, eve.Who(), store.KnowledgeFilter{Source: "local", Mine: true}), "1 two(0 true)")

		var got *store.KnowledgeBase
		s.max(3, func() { got, err = s.Store.Knowledge.Get(s.ctx(), eve.Who(), one.ID); s.ok(err) })
		equal(s, "eve may write", got.MayWrite, false)
		rename := func(w store.Who) error {
			_, err := s.Store.Knowledge.Update(s.ctx(), w, one.ID, func(k *model.Knowledge) error { k.Name = "1"; return nil })
			return err
		}
		if err := rename(eve.Who()); !errors.Is(err, store.ErrNoAccess) {
			s.Errorf("a reader renames: %v", err)
		}
		s.max(6, func() { s.ok(rename(bob.Who())) })
		public := []store.Grant{grant("user", "*", "write"), grant("user", eve.ID, "write")}
		if _, err := s.Store.Knowledge.Share(s.ctx(), bob.Who(), one.ID, public); !errors.Is(err, store.ErrAudience) {
			s.Errorf("bob shares with everybody: %v", err)
		}
		got, err = s.Store.Knowledge.Share(s.ctx(), bob.Who(), one.ID, public[1:])
		s.ok(err)
		equal(s, "grants", len(got.Grants), 1)
		s.ok(rename(eve.Who()))
		if err := s.Store.Knowledge.Reindex(s.ctx(), bob.Who()); !errors.Is(err, store.ErrNotPermitted) {
			s.Errorf("reindex: %v", err)
		}
		if err := s.Store.Knowledge.Reindex(s.ctx(), ada.Who()); !errors.Is(err, store.ErrNoVectors) {
			s.Errorf("reindex: %v", err)
		}
		// With a base go its links and grants, and what models say of it; files stay.
		s.insert(query.Insert(tables.Model.Table).Row(model.Model{ID: "m", UserID: ptr(bob.ID), Name: ptr("m"), IsActive: true,
			Meta: ptr(`{"description":"d","knowledge":[{"id":"` + one.ID + `","n":1.0},{"id":"` + two.ID + `"}]}`)}))
		s.dir(bob, one.ID, "d", "")
		s.max(12, func() { s.ok(s.Store.Knowledge.Delete(s.ctx(), bob.Who(), one.ID)) })
		m, err := query.One[model.Model](s.ctx(), s.Eng, query.SelectFrom(tables.Model.Table))
		s.ok(err)
		s.sameJSON("model", *m.Meta, `{"description":"d","knowledge":[{"id":"`+two.ID+`"}]}`)
		for what, n := range map[string]int64{
			"links":       s.count(query.Select(tables.KnowledgeFile.ID).From(tables.KnowledgeFile.Table)),
			"directories": s.count(query.Select(tables.KnowledgeDirectory.ID).From(tables.KnowledgeDirectory.Table)),
			"grants":      s.count(query.Select(tables.AccessGrant.ID).From(tables.AccessGrant.Table)),
		} {
			equal(s, what, n, 0)
		}
		equal(s, "files", s.kept(), 1)
		if err := s.Store.Knowledge.Delete(s.ctx(), bob.Who(), one.ID); !errors.Is(err, dberr.ErrNotFound) {
			s.Errorf("twice: %v", err)
		}
	}},
	{"files in knowledge bases", func(s *Suite) {
		ada, bob, eve := s.admin(), s.user("bob"), s.user("eve")
		k := s.base(bob, "k", grant("user", eve.ID, "write"))
		up := s.dir(bob, k.ID, "up", "")
		down := s.dir(bob, k.ID, "down", up)
		a, b, c := s.file(bob, "a.txt", "alpha"), s.file(eve, "b.md", "beta"), s.file(bob, "c.txt", "gamma")
		s.max(9, func() { s.add(bob, k.ID, a.ID, "") })
		s.add(eve, k.ID, b.ID, up)
		s.max(9, func() {
			_, err := s.Store.Knowledge.AddAll(s.ctx(), bob.Who(), k.ID,
				[]store.FileLink{{FileID: c.ID, DirectoryID: &down}, {FileID: a.ID}, {FileID: c.ID}})
			s.ok(err)
		})
		s.max(4, func() {
			equal(s, "files", s.inBase(eve.Who(), k.ID, store.KnowledgeFileFilter{}), "up/down/c.txt up/b.md a.txt")
		})
		for what, f := range map[string]store.KnowledgeFileFilter{
			"a.txt": {Directory: ptr("")}, "up/b.md": {Directory: &up}, "up/down/c.txt a.txt": {Query: ".TXT"}, "up/down/c.txt": {Query: "GAMM", InText: true},
			"a.txt up/b.md up/down/c.txt": {Sort: "name", Ascending: true}, "": {Query: "gamm"},
		} {
			equal(s, "files", s.inBase(bob.Who(), k.ID, f), what)
		}
		equal(s, "put there by eve", s.inBase(eve.Who(), k.ID, store.KnowledgeFileFilter{Mine: true}), "up/b.md")
		equal(s, "by others", s.inBase(eve.Who(), k.ID, store.KnowledgeFileFilter{Others: true}), "up/down/c.txt a.txt")
		l, err := s.Store.Knowledge.Files(s.ctx(), bob.Who(), k.ID, store.KnowledgeFileFilter{Directory: &down}, store.Page{})
		s.ok(err)
		equal(s, "above", len(l.Above), 2)
		equal(s, "the first of them", l.Above[0].Name, "up")
		l, err = s.Store.Knowledge.Files(s.ctx(), bob.Who(), k.ID, store.KnowledgeFileFilter{Directory: &up}, store.Page{})
		s.ok(err)
		equal(s, "inside", l.Directories[0].Name, "down")
		var everywhere []store.KnowledgeFile
		var bases map[string]store.KnowledgeBase
		s.max(4, func() {
			everywhere, bases, _, err = s.Store.Knowledge.Everywhere(s.ctx(), eve.Who(),
				store.KnowledgeFileFilter{Query: "b."}, store.Page{})
			s.ok(err)
		})
		equal(s, "everywhere", *everywhere[0].Filename+" in "+bases[everywhere[0].BaseID].Name, "b.md in k")
		_, _, n, err := s.Store.Knowledge.Everywhere(s.ctx(), ada.Who(), store.KnowledgeFileFilter{}, store.Page{})
		s.ok(err)
		equal(s, "an admin's own and shared", n, 0)

		unread, err := s.Store.Files.Receive(s.ctx(), bob.Who(), store.NewFile{Name: "u.txt"}, strings.NewReader("x"))
		s.ok(err)
		u, err := unread.Commit(s.ctx(), jsonvalue.Null())
		s.ok(err)
		hers := s.file(eve, "hers.txt", "x")
		var missing *store.FileMissing
		for what, err := range map[string]error{
			"unread":    errOf(s.Store.Knowledge.Add(s.ctx(), bob.Who(), k.ID, store.FileLink{FileID: u.ID})),
			"missing":   errOf(s.Store.Knowledge.Add(s.ctx(), bob.Who(), k.ID, store.FileLink{FileID: "no"})),
			"foreign":   errOf(s.Store.Knowledge.Add(s.ctx(), bob.Who(), k.ID, store.FileLink{FileID: hers.ID})),
			"foreign 2": errOf(s.Store.Knowledge.AddAll(s.ctx(), bob.Who(), k.ID, []store.FileLink{{FileID: a.ID}, {FileID: hers.ID}})),
			"directory": errOf(s.Store.Knowledge.Add(s.ctx(), bob.Who(), k.ID, store.FileLink{FileID: a.ID, DirectoryID: ptr("no")})),
			"not there": s.Store.Knowledge.Move(s.ctx(), bob.Who(), k.ID, store.FileLink{FileID: u.ID}),
			"refresh":   errOf(s.Store.Knowledge.Refresh(s.ctx(), bob.Who(), k.ID, u.ID)),
		} {
			want := map[string]error{"unread": store.ErrFileUnread, "directory": store.ErrNoDirectory,
				"not there": store.ErrNotInBase, "refresh": store.ErrNotInBase}[what]
			if want == nil && !errors.As(err, &missing) || want != nil && !errors.Is(err, want) {
				s.Errorf("%s: %v", what, err)
			}
		}
		s.ok(errOf(s.Store.Knowledge.Refresh(s.ctx(), bob.Who(), k.ID, a.ID)))
		s.max(6, func() {
			s.ok(s.Store.Knowledge.Move(s.ctx(), bob.Who(), k.ID, store.FileLink{FileID: a.ID, DirectoryID: &down}))
		})
		equal(s, "moved", s.inBase(bob.Who(), k.ID, store.KnowledgeFileFilter{Query: "a.txt"}), "up/down/a.txt")

		// A file that another base has stays; so does one of somebody else.
		other := s.base(bob, "other")
		s.add(bob, other.ID, c.ID, "")
		s.max(14, func() {
			_, err = s.Store.Knowledge.Remove(s.ctx(), bob.Who(), k.ID, a.ID, true)
			s.ok(err)
		})
		for _, id := range []string{b.ID, c.ID} {
			_, err = s.Store.Knowledge.Remove(s.ctx(), bob.Who(), k.ID, id, true)
			s.ok(err)
		}
		equal(s, "files in the base", s.inBase(bob.Who(), k.ID, store.KnowledgeFileFilter{}), "")
		equal(s, "files", s.kept(), 4) // b, c, u, hers
		if _, err := s.Store.Knowledge.Remove(s.ctx(), bob.Who(), k.ID, b.ID, true); !errors.Is(err, store.ErrNotInBase) {
			s.Errorf("twice: %v", err)
		}
		_, err = s.Store.Knowledge.Reset(s.ctx(), bob.Who(), other.ID, true)
		s.ok(err)
		equal(s, "files", s.kept(), 3)
		// What was uploaded into a base is in it with the upload.
		into := func(w store.Who, said string) *model.File {
			r, err := s.Store.Files.Receive(s.ctx(), w, store.NewFile{Name: "into.txt", Process: true}, strings.NewReader("x"))
			s.ok(err)
			f, err := r.Commit(s.ctx(), jsonvalue.Text(said))
			s.ok(err)
			return f
		}
		into(bob.Who(), `{"knowledge_id":"`+k.ID+`","directory_id":"`+up+`"}`)
		into(bob.Who(), `{"knowledge_id":"`+other.ID+`","directory_id":"`+up+`"}`)
		into(eve.Who(), `{"knowledge_id":"`+other.ID+`"}`)
		into(eve.Who(), `{"knowledge_id":"no"}`)
		equal(s, "uploaded into it", s.inBase(bob.Who(), k.ID, store.KnowledgeFileFilter{}), "up/into.txt")
		equal(s, "uploaded into another", s.inBase(bob.Who(), other.ID, store.KnowledgeFileFilter{}), "into.txt")
		// While a text is read by somebody else.
		f := into(bob.Who(), `{"knowledge_id":"no"}`)
		s.exec(query.Update(tables.File.Table).Set(tables.File.Data.Set(jsonvalue.Text(`{"status":"processing"}`)),
			tables.File.Meta.Set(jsonvalue.Text(`{"data":{"knowledge_id":"`+k.ID+`"}}`))).Where(tables.File.ID.Eq(f.ID)))
		var pending []model.File
		s.max(2, func() { pending, err = s.Store.Knowledge.Pending(s.ctx(), eve.Who(), k.ID); s.ok(err) })
		equal(s, "pending", len(pending), 1)
	}},
	{"directories of knowledge bases", func(s *Suite) {
		s.admin()
		bob, eve := s.user("bob"), s.user("eve")
		k, other := s.base(bob, "k", grant("user", eve.ID, "read")), s.base(bob, "other")
		a := s.dir(bob, k.ID, "a", "")
		s.dir(bob, k.ID, "a", "") // at the top names may be there twice, as in Open WebUI
		b := s.dir(bob, k.ID, "b", a)
		c := s.dir(bob, k.ID, "c", b)
		foreign := s.dir(bob, other.ID, "x", "")
		move := func(dir string, name, parent *string) error {
			_, err := s.Store.Knowledge.UpdateDirectory(s.ctx(), bob.Who(), k.ID, dir, name, parent)
			return err
		}
		for what, c := range map[string]struct{ err, want error }{
			"the same name":        {errOf(s.Store.Knowledge.CreateDirectory(s.ctx(), bob.Who(), k.ID, "b", a)), store.ErrDirectoryPlace},
			"in another base":      {errOf(s.Store.Knowledge.CreateDirectory(s.ctx(), bob.Who(), k.ID, "y", foreign)), store.ErrNoDirectory},
			"by a reader":          {errOf(s.Store.Knowledge.CreateDirectory(s.ctx(), eve.Who(), k.ID, "y", "")), store.ErrNoAccess},
			"into itself":          {move(a, nil, &a), store.ErrDirectoryPlace},
			"into what is inside":  {move(a, nil, &c), store.ErrDirectoryPlace},
			"into another base":    {move(a, nil, &foreign), store.ErrNoDirectory},
			"one of another base":  {move(foreign, ptr("z"), nil), dberr.ErrNotFound},
			"delete of another":    {errOf(s.Store.Knowledge.DeleteDirectory(s.ctx(), bob.Who(), k.ID, foreign, true)), dberr.ErrNotFound},
			"delete by a reader":   {errOf(s.Store.Knowledge.DeleteDirectory(s.ctx(), eve.Who(), k.ID, a, true)), store.ErrNoAccess},
			"a file into another":  {errOf(s.Store.Knowledge.Add(s.ctx(), bob.Who(), k.ID, store.FileLink{FileID: "x", DirectoryID: &foreign})), store.ErrNoDirectory},
			"clean up by a reader": {s.Store.Knowledge.CleanUp(s.ctx(), eve.Who(), k.ID, nil, []string{a}), store.ErrNoAccess},
		} {
			if !errors.Is(c.err, c.want) {
				s.Errorf("%s: %v, want %v", what, c.err, c.want)
			}
		}
		s.ok(move(c, ptr("c2"), &a))
		s.ok(move(c, nil, ptr("")))
		s.ok(move(c, nil, &b))
		for i, dir := range []string{"", a, b, c} {
			s.add(bob, k.ID, s.file(bob, fmt.Sprintf("%d.txt", i), "x").ID, dir)
		}
		byName := store.KnowledgeFileFilter{Sort: "name", Ascending: true}
		equal(s, "files", s.inBase(bob.Who(), k.ID, byName), "0.txt a/1.txt a/b/2.txt a/b/c2/3.txt")
		gone, err := s.Store.Knowledge.DeleteDirectory(s.ctx(), bob.Who(), k.ID, b, true)
		s.ok(err)
		equal(s, "files gone", len(gone), 0)
		equal(s, "files", s.inBase(bob.Who(), k.ID, byName), "0.txt a/1.txt a/2.txt a/3.txt")
		gone, err = s.Store.Knowledge.DeleteDirectory(s.ctx(), bob.Who(), k.ID, a, false)
		s.ok(err)
		equal(s, "files gone", len(gone), 3)
		equal(s, "files", s.inBase(bob.Who(), k.ID, byName), "0.txt")
		equal(s, "kept", s.kept(), 1)
	}},
	{"a knowledge base in step with a directory", func(s *Suite) {
		bob := s.user("bob")
		k := s.base(bob, "k")
		docs := s.dir(bob, k.ID, "docs", "")
		old := s.dir(bob, k.ID, "old", docs)
		same, changed, gone := s.file(bob, "same.md", "same"), s.file(bob, "changed.md", "before"),
			s.file(bob, "gone.md", "gone")
		for _, f := range []*model.File{same, changed, gone} {
			s.add(bob, k.ID, f.ID, docs)
		}
		sum := func(f *model.File) string {
			var x string
			s.ok(f.Meta.Member("file_hash").Decode(&x))
			return x
		}
		var plan *store.SyncPlan
		s.max(5, func() {
			var err error
			plan, err = s.Store.Knowledge.Compare(s.ctx(), bob.Who(), k.ID,
				[]store.LocalFile{{Name: "same.md", Path: "docs", Checksum: sum(same)},
					{Name: "changed.md", Path: "docs", Checksum: "other"},
					{Name: "new.md", Path: "docs/a/b", Checksum: "x"}, {Name: "same.md", Path: "", Checksum: sum(same)}})
			s.ok(err)
		})
		equal(s, "plan", fmt.Sprint(plan.Add, plan.Same, plan.Make), "[{new.md docs/a/b x} {same.md  "+sum(same)+"}] 1 [docs/a docs/a/b]")
		equal(s, "changed", fmt.Sprint(len(plan.Change), plan.Change[0].FileID == changed.ID), "1 true")
		equal(s, "gone", fmt.Sprint(len(plan.Remove), plan.Remove[0].FileID == gone.ID), "1 true")
		equal(s, "directories", len(plan.Directories), 2)
		equal(s, "docs", plan.Directories["docs"], docs)
		equal(s, "docs/old", plan.Directories["docs/old"], old)
		equal(s, "to be dropped", fmt.Sprint(plan.Drop), "["+old+"]")
		s.ok(s.Store.Knowledge.CleanUp(s.ctx(), bob.Who(), k.ID, []string{gone.ID, "no"}, []string{old, "no"}))
		equal(s, "left", s.inBase(bob.Who(), k.ID, store.KnowledgeFileFilter{Sort: "name", Ascending: true}), "docs/changed.md docs/same.md")
		equal(s, "kept", s.kept(), 2)
	}},
	{"connections to where files are elsewhere", func(s *Suite) {
		ada, bob := s.admin(), s.user("bob")
		form := store.NewConnection{Name: " x ", Provider: "QDRANT", Endpoint: "http://localhost:6333", Auth: ptr(jsonvalue.Text(`{"api_key":"hidden"}`)),
			Config: jsonvalue.Text(`{"timeout":5,"db_name":"no","other":1}`), Enabled: true}
		if _, err := s.Store.Knowledge.CreateConnection(s.ctx(), bob.Who(), form); !errors.Is(err, store.ErrNotPermitted) {
			s.Errorf("a user: %v", err)
		}
		var c jsonvalue.JSON
		s.max(5, func() {
			var err error
			c, err = s.Store.Knowledge.CreateConnection(s.ctx(), ada.Who(), form)
			s.ok(err)
		})
		var id string
		s.ok(c.Member("id").Decode(&id))
		s.sameJSON("made", c.Without("id", "created_by", "created_at", "updated_at").String(), `{"name":"x","provider":"qdrant",
			"endpoint":"http://localhost:6333","config":{"timeout":5},"capabilities":{"retrieve":true},"health":null,"enabled":true,"auth_configured":true}`)
		form.Auth, form.Name = nil, "y"
		c, err := s.Store.Knowledge.UpdateConnection(s.ctx(), ada.Who(), id, form)
		s.ok(err)
		equal(s, "still configured", c.Member("auth_configured").String()+c.Member("name").String(), `true"y"`)
		var fault *store.ConnectionFault
		for _, wrong := range []store.NewConnection{{Name: "x", Provider: "other", Endpoint: "x"},
			{Provider: "milvus", Endpoint: "x"}, {Name: "x", Provider: "milvus"}} {
			if _, err := s.Store.Knowledge.CreateConnection(s.ctx(), ada.Who(), wrong); !errors.As(err, &fault) {
				s.Errorf("%s: %v", wrong.Provider, err)
			}
		}
		health, err := s.Store.Knowledge.CheckConnection(s.ctx(), ada.Who(), id)
		s.ok(err)
		s.sameJSON("health", health.String(), fmt.Sprintf(`{"ok":true,"provider":"qdrant","checked_at":%d}`, epoch))
		source := store.ElsewhereSource{Type: "collection", Name: " docs ",
			Config: jsonvalue.Text(`{"content_field":" text ","other":1}`)}
		k, err := s.Store.Knowledge.CreateElsewhere(s.ctx(), ada.Who(), "far", "", id, source, nil)
		s.ok(err)
		s.sameJSON("source", k.Meta.Member("external").Member("source").String(),
			`{"type":"collection","name":"docs","config":{"content_field":"text"}}`)
		for what, c := range map[string]struct{ err, want error }{
			"add":        {errOf(s.Store.Knowledge.Add(s.ctx(), ada.Who(), k.ID, store.FileLink{FileID: "x"})), store.ErrKnowledgeElsewhere},
			"dir":        {errOf(s.Store.Knowledge.CreateDirectory(s.ctx(), ada.Who(), k.ID, "x", "")), store.ErrKnowledgeElsewhere},
			"reset":      {errOf(s.Store.Knowledge.Reset(s.ctx(), ada.Who(), k.ID, true)), store.ErrKnowledgeElsewhere},
			"remove":     {errOf(s.Store.Knowledge.Remove(s.ctx(), ada.Who(), k.ID, "x", true)), store.ErrKnowledgeElsewhere},
			"in use":     {s.Store.Knowledge.DeleteConnection(s.ctx(), ada.Who(), id), store.ErrConnectionUsed},
			"missing":    {s.Store.Knowledge.DeleteConnection(s.ctx(), ada.Who(), "no"), dberr.ErrNotFound},
			"retrieve":   {s.Store.Knowledge.Retrieve(s.ctx(), ada.Who(), id), store.ErrNoVectors},
			"from none":  {s.Store.Knowledge.Retrieve(s.ctx(), ada.Who(), "no"), dberr.ErrNotFound},
			"by a user":  {s.Store.Knowledge.Retrieve(s.ctx(), bob.Who(), id), store.ErrNotPermitted},
			"and update": {s.Store.Knowledge.UpdateElsewhere(s.ctx(), ada.Who(), k.ID), store.ErrNoVectors},
		} {
			if !errors.Is(c.err, c.want) {
				s.Errorf("%s: %v, want %v", what, c.err, c.want)
			}
		}
		list, total, err := s.Store.Knowledge.List(s.ctx(), ada.Who(),
			store.KnowledgeFilter{Source: "external"}, store.Page{})
		equal(s, "external", baseNames(list, total, err), "1 far(0 true)")
		s.ok(s.Store.Knowledge.Delete(s.ctx(), ada.Who(), k.ID))
		left, err := s.Store.Knowledge.Connections(s.ctx(), ada.Who())
		s.ok(err)
		equal(s, "connections left", len(left), 0)
	}},
}
