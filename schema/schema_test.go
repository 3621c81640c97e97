package schema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
)

func note() *schema.Table {
	t := schema.Define("note")
	t.Text("id").Key(36).PrimaryKey()
	t.String("title", 50).Null().Default("x").Comment("shown")
	t.BigInt("created_at").Unit(schema.Nanoseconds)
	t.Typed("mood", schema.Type{Kind: schema.Enum, Values: []string{"a", "b"}}).Null()
	t.BigInt("twice").Null().Generated("{created_at} * 2", true)
	t.BigInt("number").Null()
	t.Column("number").Identity = &schema.Identity{Sequence: "s"}
	t.Text("user_id").Key(36).References("user", "id", schema.Cascade)
	t.Unique("note_title", "title", "user_id")
	t.Check("note_check", "{created_at} > 0")
	i := t.Index("note_created", "created_at DESC", "title")
	i.Where, i.Include, i.Comment = "{title} IS NOT NULL", []string{"number"}, "why"
	t.On(schema.AlterInPlace).Order = []string{"id", "user_id"}
	return t
}

func TestCloneSharesNothing(t *testing.T) {
	a := note()
	b := a.Clone()
	if d := cmp.Diff(a, b); d != "" {
		t.Fatalf("the copy differs: %s", d)
	}
	b.Columns[1].Default.Value = "y"
	b.Columns[3].Type.Values[0] = "z"
	b.Columns[4].Generated.Expr = "1"
	b.Columns[5].Identity.Sequence = "t"
	b.PrimaryKey.Columns[0] = "title"
	b.Uniques[0].Columns[0] = "id"
	b.ForeignKeys[0].Columns[0], b.ForeignKeys[0].RefColumns[0] = "id", "x"
	b.Checks[0].Expr = "1 = 1"
	b.Indexes[0].Parts[0].Desc = false
	b.Indexes[0].Include[0] = "id"
	b.Variants[0].Order[0] = "title"
	if d := cmp.Diff(note(), a); d != "" {
		t.Errorf("a change of the copy changed the original: %s", d)
	}
}

func TestForLeavesOutWhatIsNotThere(t *testing.T) {
	tab := note()
	tab.Comment = "about"
	tab.ForeignKeys[0].Deferrable = true
	tab.On(schema.ConstraintNames).KeyName = "note_old_pkey"
	tab.Column("id").Nullable = true
	tab.Unique("", "id")
	tab.Index("note_json", "title").Needs = schema.NativeJSON
	before := tab.Clone()

	none := tab.For(func(schema.Feature) bool { return false })
	all := tab.For(func(schema.Feature) bool { return true })
	if d := cmp.Diff(before, tab); d != "" {
		t.Errorf("For changed the declaration: %s", d)
	}
	if len(none.Uniques) != 1 || len(none.Indexes) != 1 || len(all.Uniques) != 2 || len(all.Indexes) != 2 {
		t.Errorf("keys: %d and %d without features, %d and %d with", len(none.Uniques), len(none.Indexes), len(all.Uniques),
			len(all.Indexes))
	}
	if none.Column("id").Nullable || !all.Column("id").Nullable {
		t.Error("a key column is nullable where it cannot be, or is not where it can")
	}
	if none.PrimaryKey.Name != "" || all.PrimaryKey.Name != "note_old_pkey" || all.Variants != nil {
		t.Errorf("names of the primary key: %+v, %+v", none.PrimaryKey, all.PrimaryKey)
	}
	if none.Comment+none.Column("title").Comment+none.Indexes[0].Comment != "" ||
		all.Comment+all.Column("title").Comment+all.Indexes[0].Comment != "aboutshownwhy" {
		t.Error("comments")
	}
	if none.ForeignKeys[0].Deferrable || !all.ForeignKeys[0].Deferrable || len(none.Indexes[0].Include) != 0 ||
		len(all.Indexes[0].Include) != 1 {
		t.Error("deferrable, include")
	}
	if none.Columns[1].Name != "title" || all.Columns[1].Name != "user_id" || all.Columns[2].Name != "title" {
		t.Errorf("the order of columns: %v", all.Columns)
	}
	if none.Column("number").Identity.Sequence != "" || all.Column("number").Identity.Sequence != "s" {
		t.Error("sequences")
	}
	if d := cmp.Diff(all, all.For(func(schema.Feature) bool { return true })); d != "" {
		t.Errorf("For is not stable: %s", d)
	}
}

func TestSortedPutsWhatIsReferredToFirst(t *testing.T) {
	table := func(name string, refs ...string) *schema.Table {
		tab := schema.Define(name)
		tab.BigInt("id").PrimaryKey()
		for i, r := range refs {
			tab.BigInt(fmt.Sprintf("r%d", i)).References(r, "id", schema.NoAction)
		}
		return tab
	}
	names := func(ts []*schema.Table) string {
		var out []string
		for _, x := range ts {
			out = append(out, x.Name)
		}
		return strings.Join(out, " ")
	}
	sorted, late := schema.Sorted([]*schema.Table{table("c", "b"), table("a"), table("b", "a", "elsewhere"),
		table("self", "self")})
	if names(sorted) != "a b c self" || len(late) != 0 {
		t.Errorf("%s, %d late", names(sorted), len(late))
	}
	circle := []*schema.Table{table("x", "y"), table("y", "z"), table("z", "x")}
	sorted, late = schema.Sorted(circle)
	if names(sorted) != "z y x" || len(late) != 1 {
		t.Errorf("a circle: %s, %d late", names(sorted), len(late))
	}
	for f, on := range late {
		if on.Name != "z" || f.RefTable != "x" {
			t.Errorf("late is %s on %s", f, on.Name)
		}
	}
	if sorted, late = schema.Sorted(nil); len(sorted) != 0 || len(late) != 0 {
		t.Error("nothing sorted is something")
	}
}

func TestInventName(t *testing.T) {
	for _, c := range []struct {
		table   string
		columns []string
		label   string
		want    string
	}{
		{"api_key", []string{"user_id"}, "fkey", "api_key_user_id_fkey"},
		{"t", []string{"a", "b"}, "key", "t_a_b_key"},
		{"note", nil, "pkey", "note_pkey"},
		{strings.Repeat("t", 80), nil, "pkey", strings.Repeat("t", 58) + "_pkey"},
		{strings.Repeat("t", 80), []string{"a"}, "key", strings.Repeat("t", 57) + "_a_key"},
		{strings.Repeat("t", 40), []string{strings.Repeat("c", 60)}, "key", strings.Repeat("t", 29) + "_" + strings.Repeat("c", 29) + "_key"},
		{"x" + strings.Repeat("ü", 40), nil, "pkey", "x" + strings.Repeat("ü", 28) + "_pkey"},
	} {
		if got := schema.InventName(c.table, c.columns, c.label); got != c.want {
			t.Errorf("%s %v: %s, want %s", c.table, c.columns, got, c.want)
		}
		if len(c.want) > schema.NameLimit {
			t.Errorf("%s is too long", c.want)
		}
	}
	taken := map[string]bool{}
	for _, want := range []string{"t_a_key", "t_a_key1", "t_a_key2"} {
		if got := schema.UniqueName(taken, "t", []string{"a"}, "key"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestLiteral(t *testing.T) {
	for _, c := range []struct {
		kind     schema.Kind
		in, want any
	}{
		{schema.Boolean, int64(1), true}, {schema.Boolean, "0", false}, {schema.Boolean, "t", true}, {schema.Boolean, int64(2), int64(2)}, {schema.Boolean, "maybe", "maybe"},
		{schema.BigInt, "41", int64(41)}, {schema.BigInt, true, int64(1)}, {schema.BigInt, 2.0, int64(2)}, {schema.BigInt, 2.5, 2.5}, {schema.Integer, 7, int64(7)},
		{schema.Float, int64(3), 3.0}, {schema.Numeric, "1.50", 1.5}, {schema.Float, float32(0.5), 0.5},
		{schema.Text, int64(1), "1"}, {schema.JSON, "{}", "{}"}, {schema.String, 1.5, "1.5"}, {schema.String, true, "true"},
		{schema.Other, int64(1), int64(1)},
	} {
		if got := (schema.Type{Kind: c.kind}).Literal(c.in); got != c.want {
			t.Errorf("%v for %s is %v (%T), want %v", c.in, c.kind, got, got, c.want)
		}
	}
}

func TestDiffIsOrderedReversibleAndReadable(t *testing.T) {
	user := schema.Define("user")
	user.Text("id").Key(36).PrimaryKey()
	gone := schema.Define("gone")
	gone.Text("id").Key(36).PrimaryKey()
	gone.Text("user_id").Key(36).References("user", "id", schema.Cascade)
	goneUser := schema.Define("gone_child")
	goneUser.Text("id").Key(36).PrimaryKey().References("gone", "id", schema.NoAction)

	after := note()
	after.Comment = "about"
	after.Columns[1].Type.Length, after.Columns[1].Nullable, after.Columns[1].Default = 60, false, nil
	after.Columns[3].Type.Values = []string{"a", "b", "c"}
	after.Columns[4].Generated.Stored = false
	after.Columns = append(slices.Delete(after.Columns, 5, 6),
		&schema.Column{Name: "added", Type: schema.Type{Kind: schema.Text}, Nullable: true})
	after.PrimaryKey.Columns = []string{"id", "user_id"}
	after.Uniques[0].Columns = []string{"title"}
	after.ForeignKeys[0].OnDelete = schema.SetNull
	after.Checks[0].Expr = "{created_at} > 1"
	after.Indexes[0].Unique = true
	later := schema.Define("later")
	later.Text("id").Key(36).PrimaryKey()
	before := []*schema.Table{note(), gone, goneUser, user}
	afterAll := []*schema.Table{later, user, after}

	changes := schema.Diff(before, afterAll)
	var got []string
	for _, c := range changes {
		got = append(got, c.String())
	}
	want := []string{
		"drop foreign key (user_id) -> user(id) on delete cascade of note",
		"drop index note_created (created_at desc, title) include (number) where {title} IS NOT NULL of note",
		"drop unique note_title (title, user_id) of note",
		"drop check note_check ({created_at} > 0) of note",
		"drop table gone_child",
		"drop table gone",
		"add table later (1 columns)",
		`comment on table note: "" -> "about"`,
		"drop column note.number",
		"add column note.added text null",
		"alter column note.title: type string(50) -> string(60), nullable null -> not null, default 'x' -> none",
		"alter column note.mood: type enum (a, b) -> enum (a, b, c)",
		"alter column note.twice: generated ({created_at} * 2) stored -> ({created_at} * 2) virtual",
		"alter primary key of note: (id) -> (id, user_id)",
		"add unique note_title (title) to note",
		"add check note_check ({created_at} > 1) to note",
		"add unique index note_created (created_at desc, title) include (number) where {title} IS NOT NULL to note",
		"add foreign key (user_id) -> user(id) on delete set null to note",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the changes (-want +got):\n%s", d)
	}
	for range 20 {
		var again []string
		for _, c := range schema.Diff(before, afterAll) {
			again = append(again, c.String())
		}
		if !slices.Equal(again, got) {
			t.Fatal("the order differs from run to run")
		}
	}
	// The way back is the same changes reversed.
	back := map[string]bool{}
	for _, c := range schema.Diff(afterAll, before) {
		back[c.String()] = true
	}
	for _, c := range changes {
		if !back[c.Reverse().String()] {
			t.Errorf("the way back has no %q", c.Reverse())
		}
		if c.Reverse().Reverse().String() != c.String() || c.On() == "" {
			t.Errorf("%q reversed twice is another", c)
		}
	}
	if len(back) != len(changes) {
		t.Errorf("%d changes back, %d there", len(back), len(changes))
	}
	if n := schema.Diff(before, before); len(n) != 0 {
		t.Errorf("nothing differs and %v is found", n)
	}
	if n := schema.Diff(nil, nil); n != nil {
		t.Errorf("nothing differs from nothing: %v", n)
	}
}

func TestDiffCountsTwins(t *testing.T) {
	twin := func(n int) []*schema.Table {
		tab := schema.Define("t")
		tab.BigInt("id")
		for range n {
			tab.Unique("", "id")
		}
		return []*schema.Table{tab}
	}
	if c := schema.Diff(twin(1), twin(2)); len(c) != 1 {
		t.Errorf("%v", c)
	}
	if c := schema.Diff(twin(2), twin(0)); len(c) != 2 {
		t.Errorf("%v", c)
	}
}

// overNothing adds an index whose only part is yet to be set.
func overNothing(t *schema.Table) *schema.Index {
	i := &schema.Index{Name: "by_expression", Parts: []schema.IndexPart{{}}}
	t.Indexes = append(t.Indexes, i)
	return i
}

func TestValidate(t *testing.T) {
	if err := note().Validate(); err != nil {
		t.Errorf("a table that is in order: %v", err)
	}
	for what, change := range map[string]func(t *schema.Table){
		"has no name":                func(t *schema.Table) { t.Name = "" },
		"has no columns":             func(t *schema.Table) { t.Columns = nil },
		"column without a name":      func(t *schema.Table) { t.Columns[0].Name = "" },
		"two columns called TITLE":   func(t *schema.Table) { t.Text("TITLE") },
		"has no type":                func(t *schema.Table) { t.Columns[0].Type.Kind = "" },
		"no Raw type":                func(t *schema.Table) { t.Columns[0].Type.Kind = schema.Other },
		"enum without values":        func(t *schema.Table) { t.Columns[3].Type.Values = nil },
		"generated and has":          func(t *schema.Table) { t.Columns[4].Default = &schema.Default{Value: int64(1)} },
		"the primary key of table":   func(t *schema.Table) { t.PrimaryKey.Columns = nil },
		`refers to column "nothing"`: func(t *schema.Table) { t.Uniques[0].Columns = []string{"nothing"} },
		"as many columns":            func(t *schema.Table) { t.ForeignKeys[0].RefColumns = nil },
		"has no expression":          func(t *schema.Table) { t.Checks[0].Expr = "" },
		"has no name or no columns":  func(t *schema.Table) { t.Indexes[0].Parts = nil },
		"index note_created":         func(t *schema.Table) { t.Indexes[0].Parts[0].Column = "nothing" },
		"check note_check of table":  func(t *schema.Table) { t.Checks[0].Expr = "{nothing} > 0" },
		"generated column":           func(t *schema.Table) { t.Columns[4].Generated.Expr = "{nothing}" },
		"index by_expression of":     func(t *schema.Table) { overNothing(t).Parts[0].Expr = "lower({nothing})" },
		"index by_where of table":    func(t *schema.Table) { t.Index("by_where", "id").Where = "{nothing} IS NULL" },
		"indexes called note_title":  func(t *schema.Table) { t.Indexes[0].Name = "note_title" },
		"the order of table note":    func(t *schema.Table) { t.On(schema.AlterInPlace).Order = []string{"nothing"} },
		"constraints or indexes cal": func(t *schema.Table) { t.Check("note_check", "1 = 1") },
	} {
		tab := note()
		change(tab)
		err := tab.Validate()
		if !errors.Is(err, dberr.ErrInvalid) || !strings.Contains(fmt.Sprint(err), what) {
			t.Errorf("%q: %v", what, err)
		}
	}
}

func ExampleDiff() {
	before := schema.Define("note")
	before.Text("id").Key(36).PrimaryKey()
	after := before.Clone()
	after.Text("title").Null()
	for _, c := range schema.Diff([]*schema.Table{before}, []*schema.Table{after}) {
		fmt.Println(c)
		fmt.Println(c.Reverse())
	}
	// Output:
	// add column note.title text null
	// drop column note.title
}

// TestWhatGoDoesIsNotWritten: journals and checksums are made of declarations.
func TestWhatGoDoesIsNotWritten(t *testing.T) {
	tab := schema.Define("t")
	plain, err := json.Marshal(tab)
	if err != nil {
		t.Fatal(err)
	}
	c := tab.BigInt("n").OnInsert(func() any { return 1 }).OnUpdate(func() any { return 2 })
	c.Version, c.Type.Codec = true, &schema.Codec{Encode: func(v any) (any, error) { return v, nil }}
	text, err := json.Marshal(tab)
	if err != nil || len(text) < len(plain) || strings.Contains(string(text), "Codec") ||
		strings.Contains(string(text), "On") {
		t.Errorf("%s: %v", text, err)
	}
	other := schema.Define("t")
	other.BigInt("n")
	if d := schema.Diff([]*schema.Table{tab}, []*schema.Table{other}); len(d) != 0 {
		t.Errorf("they differ: %v", d)
	}
}

// Columns that every table of PostgreSQL has are in no declaration.
func TestSystemColumns(t *testing.T) {
	for _, name := range []string{"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"} {
		tab := schema.Define("t")
		tab.BigInt("id").PrimaryKey()
		tab.Text(name)
		if err := tab.Validate(); dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), "t."+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	tab := schema.Define("t")
	for _, name := range []string{"rowid", "_rowid_", "oid", "xid", "CTID"} {
		tab.Text(name)
	}
	if err := tab.Validate(); err != nil {
		t.Error(err)
	}
}
