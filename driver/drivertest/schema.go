package drivertest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Schema checks the DDL and the Inspector of an engine on an empty database:
// what is declared is created, reads back as its own normal form, and every
// difference is seen. The tables that it makes are left behind.
func Schema(t *testing.T, db *driver.Database) {
	t.Helper()
	s := schemaSuite{db: db}
	t.Run("RoundTrip", s.roundTrip)
	t.Run("NormalForm", s.normalForm)
	t.Run("Features", s.features)
	t.Run("Spellings", s.spellings)
	t.Run("Changes", s.changes)
	t.Run("Refused", s.refused)
	t.Run("Narrowed", s.narrowed)
	t.Run("Meaning", s.meaning)
}

type schemaSuite struct{ db *driver.Database }

// create runs the statements that make tables.
func (s schemaSuite) create(ctx context.Context, tables ...*schema.Table) error {
	statements, err := s.db.DDL.CreateTables(tables...)
	if err != nil {
		return err
	}
	for _, st := range s.db.DDL.Batch(statements) {
		if _, err := s.db.Writer.ExecContext(ctx, st); err != nil {
			return fmt.Errorf("%w in\n%s", err, st)
		}
	}
	return nil
}

func (s schemaSuite) inspect(t *testing.T, tables ...*schema.Table) []*schema.Table {
	t.Helper()
	live, err := s.db.Inspector.Inspect(t.Context(), s.db.Reader, driver.InspectOptions{Tables: func(name string) bool {
		return slices.ContainsFunc(tables, func(t *schema.Table) bool { return t.Name == name })
	}})
	if err != nil {
		t.Fatalf("inspect: %v", err)
	}
	return live
}

func (s schemaSuite) normal(t *testing.T, tables ...*schema.Table) []*schema.Table {
	t.Helper()
	out := make([]*schema.Table, len(tables))
	for i, tab := range tables {
		n, err := s.db.DDL.Normalize(tab)
		if err != nil {
			t.Fatalf("normalize %s: %v", tab.Name, err)
		}
		out[i] = n
	}
	return out
}

// drop drops tables that are there, those that refer to others first.
func (s schemaSuite) drop(t *testing.T, names ...string) {
	t.Helper()
	for _, n := range names {
		q, err := s.db.Dialect.AppendIdent([]byte("DROP TABLE "), n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.db.Writer.ExecContext(t.Context(), string(q)); err != nil {
			t.Fatalf("drop %s: %v", n, err)
		}
	}
}

func noChanges(t *testing.T, what string, from, to []*schema.Table) {
	t.Helper()
	for _, c := range schema.Diff(from, to) {
		t.Errorf("%s: %s", what, c)
	}
}

// roundTrip: created, inspected, nothing differs, in both directions.
func (s schemaSuite) roundTrip(t *testing.T) {
	for name, tables := range zoo() {
		t.Run(name, func(t *testing.T) {
			if err := s.create(t.Context(), tables...); err != nil {
				t.Fatal(err)
			}
			live, want := s.inspect(t, tables...), s.normal(t, tables...)
			if len(live) != len(tables) {
				t.Fatalf("%d tables are there, want %d", len(live), len(tables))
			}
			noChanges(t, "live to declared", live, want)
			noChanges(t, "declared to live", want, live)
			// What was read can be declared as it is.
			noChanges(t, "the normal form of what was read", s.normal(t, live...), live)
			for _, l := range live {
				w := want[slices.IndexFunc(want, func(w *schema.Table) bool { return w.Name == l.Name })]
				if got, expected := columnNames(l), columnNames(w); !slices.Equal(got, expected) {
					t.Errorf("the columns of %s stand in the order %v, want %v", l.Name, got, expected)
				}
			}
		})
	}
}

func columnNames(t *schema.Table) []string {
	var out []string
	for _, c := range t.Columns {
		out = append(out, c.Name)
	}
	return out
}

// normalForm: Normalize leaves its argument alone and changes nothing twice.
func (s schemaSuite) normalForm(t *testing.T) {
	for name, tables := range zoo() {
		for _, tab := range tables {
			before := tab.Clone()
			once := s.normal(t, tab)
			noChanges(t, name+": Normalize changed its argument", []*schema.Table{before}, []*schema.Table{tab})
			noChanges(t, name+": the second Normalize", once, s.normal(t, once...))
			for _, c := range once[0].Columns {
				if c.Type.Raw == "" {
					t.Errorf("%s: column %s has no type of the engine's own in the normal form", name, c.Name)
				}
			}
			if once[0].Variants != nil {
				t.Errorf("%s: the normal form still depends on features", name)
			}
		}
	}
}

// features: what needs a feature is there exactly where the dialect has it.
func (s schemaSuite) features(t *testing.T) {
	has := s.db.Dialect.Has
	for _, f := range []schema.Feature{schema.NativeJSON, schema.PartialIndex, schema.Comments} {
		tab := schema.Define("needs")
		tab.BigInt("id").PrimaryKey()
		tab.BigInt("a")
		tab.Unique("needs_a", "a").Needs = f
		tab.Index("needs_i", "a", "id").Needs = f
		n := s.normal(t, tab)[0]
		// A unique constraint may have become a unique index.
		keys := len(n.Uniques) + len(n.Indexes)
		if want := map[bool]int{true: 2, false: 0}[has(f)]; keys != want {
			t.Errorf("%d keys that need %q, want %d", keys, f, want)
		}
	}
	tab := schema.Define("features")
	tab.Comment = "about"
	tab.BigInt("a").Null().Comment("words")
	tab.BigInt("b").Null()
	tab.Primary("", "a")
	tab.On(schema.ConstraintNames).KeyName = "features_old_pkey"
	tab.On(schema.AlterInPlace).Order = []string{"b", "a"}
	tab.Unique("", "a")
	tab.Index("features_b", "b").Where = "{b} > 1"
	tab.Indexes[0].Include = []string{"a"}
	n := s.normal(t, tab)[0]
	for what, ok := range map[string]bool{
		"comments":      (n.Comment != "") == has(schema.Comments) && (n.Column("a").Comment != "") == has(schema.Comments),
		"nullable key":  n.Column("a").Nullable == has(schema.NullableKey),
		"partial index": (n.Indexes[0].Where != "") == has(schema.PartialIndex),
		"include":       (len(n.Indexes[0].Include) > 0) == has(schema.IncludeColumns),
		"twice unique":  (len(n.Uniques)+len(n.Indexes) > 1) == has(schema.RedundantUnique),
		"order":         (n.Columns[0].Name == "b") == has(schema.AlterInPlace),
	} {
		if !ok {
			t.Errorf("%s: the normal form and the dialect's features do not agree", what)
		}
	}
}

// spellings: the same expression in other words has the same normal form, and
// another one has not.
func (s schemaSuite) spellings(t *testing.T) {
	with := func(check schema.Expr) []*schema.Table {
		tab := schema.Define("spelled")
		tab.BigInt("id").PrimaryKey()
		tab.BigInt("a").Null()
		tab.BigInt("b").Null()
		tab.String("c", 20).Null()
		tab.Check("spelled_check", check)
		return s.normal(t, tab)
	}
	for _, pair := range [][2]schema.Expr{
		{"({a} IS NULL) <> ({b} IS NULL)", "(({a} is null) != ({b} IS  null))"},
		{"{a} > 0 AND {b} > 0", "(({a} > 0) and ({b} > 0))"},
		{"{a} IN (1, 2)", "({a} in (1,2))"},
		{"lower({c}) = 'x'", "LOWER( {c} )='x'"},
		{"{a} = 1 OR {b} = 2 OR {a} = 3", "(({a} = 1) or ({b} = 2)) or ({a} = 3)"},
		{"{a} BETWEEN 1 AND 3", "{a} >= 1 AND {a} <= 3"},
	} {
		noChanges(t, string(pair[0])+" and "+string(pair[1]), with(pair[0]), with(pair[1]))
	}
	for _, pair := range [][2]schema.Expr{
		{"{a} > 0", "{a} >= 0"},
		{"{a} > 0", "{b} > 0"},
		{"{c} = 'x'", "{c} = 'X'"},
		{"{c} = 'a  b'", "{c} = 'a b'"},
		{"({a} + {b}) * 2 > 1", "{a} + {b} * 2 > 1"},
		{"{a} IN (1, 2)", "{a} IN (1, 3)"},
		{"NOT ({a} = 1 AND {b} = 1)", "NOT {a} = 1 AND {b} = 1"},
	} {
		if len(schema.Diff(with(pair[0]), with(pair[1]))) == 0 {
			t.Errorf("%s and %s are taken for the same", pair[0], pair[1])
		}
	}
}

// changes: each change of a live table is seen, and no other.
func (s schemaSuite) changes(t *testing.T) {
	base := func(name string) *schema.Table {
		tab := schema.Define(name)
		tab.BigInt("id").PrimaryKey()
		tab.String("a", 50).Null().Default("x")
		tab.BigInt("b").Default(int64(1))
		tab.BigInt("c").Null()
		tab.Unique(name+"_u", "a")
		tab.Check(name+"_c", "{b} > 0")
		tab.Index(name+"_i", "b", "c DESC")
		tab.Text("long").Null()
		tab.Numeric("price", 10, 2).Null()
		tab.DateTime("at").Null().DefaultExpr(schema.Now)
		tab.Integer("small").Null()
		tab.Typed("mood", schema.Type{Kind: schema.Enum, Name: name + "_mood", Values: []string{"x", "y"}}).Null()
		tab.BigInt("computed").Null().Generated("{b} * 2", true)
		tab.BigInt("up").Null()
		tab.ForeignKey(&schema.ForeignKey{Name: name + "_up", Columns: []string{"up"}, RefTable: "changes_other",
			RefColumns: []string{"id"}, OnDelete: schema.Cascade})
		tab.Index(name+"_part", "small").Where = "{small} > 0"
		tab.Indexes = append(tab.Indexes,
			&schema.Index{Name: name + "_expr", Parts: []schema.IndexPart{{Expr: "lower({a})"}}})
		tab.Index(name+"_upi", "up")
		return tab
	}
	other := schema.Define("changes_other")
	other.BigInt("id").PrimaryKey()
	if err := s.create(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		what   string
		change func(t *schema.Table)
	}{
		{"nothing", func(*schema.Table) {}},
		{"nothing said in other words", func(t *schema.Table) {
			t.Checks[0].Expr = "(({b} > 0))"
			t.Indexes[2].Parts[0].Expr = "LOWER( {a} )"
			t.Column("at").Default = &schema.Default{Expr: "now()"}
			t.Column("computed").Generated.Expr = "({b}*2)"
		}},
		{"text to JSON", func(t *schema.Table) { t.Column("long").Type.Kind = schema.JSON }},
		{"text to JSONB", func(t *schema.Table) { t.Column("long").Type.Kind = schema.JSONB }},
		{"string to text", func(t *schema.Table) { t.Column("a").Type = schema.Type{Kind: schema.Text, KeyLength: 60} }},
		{"numeric scale", func(t *schema.Table) {
			t.Column("price").Type = schema.Type{Kind: schema.Numeric, Precision: 12, Scale: 4}
		}},
		{"integer to boolean", func(t *schema.Table) { t.Indexes[1].Where = ""; t.Column("small").Type.Kind = schema.Boolean }},
		{"integer to bigint", func(t *schema.Table) { t.Column("small").Type.Kind = schema.BigInt }},
		{"time zone, where there is one", func(t *schema.Table) { t.Column("at").Type.WithZone = true }},
		{"enum value", func(t *schema.Table) { t.Column("mood").Type.Values = []string{"x", "y", "z"} }},
		{"no default expression", func(t *schema.Table) { t.Column("at").Default = nil }},
		{"generated expression", func(t *schema.Table) { t.Column("computed").Generated.Expr = "{b} * 3" }},
		{"generated no more", func(t *schema.Table) { t.Column("computed").Generated = nil }},
		{"on delete", func(t *schema.Table) { t.ForeignKeys[0].OnDelete = schema.SetNull }},
		{"no foreign key", func(t *schema.Table) { t.ForeignKeys = nil }},
		{"predicate, where there is one", func(t *schema.Table) { t.Indexes[1].Where = "{small} > 1" }},
		{"index expression", func(t *schema.Table) { t.Indexes[2].Parts[0].Expr = "upper({a})" }},
		{"table comment, where there is one", func(t *schema.Table) { t.Comment = "about" }},
		{"column comment, where there is one", func(t *schema.Table) { t.Column("a").Comment = "about" }},
		{"second unique", func(t *schema.Table) { t.Unique("", "b") }},
		{"order of columns", func(t *schema.Table) { t.Columns[0], t.Columns[1] = t.Columns[1], t.Columns[0] }},
		{"add column", func(t *schema.Table) { t.BigInt("d").Null() }},
		{"drop column", func(t *schema.Table) {
			t.Columns = slices.Delete(t.Columns, 3, 4)
			t.Indexes[0].Parts = t.Indexes[0].Parts[:1]
		}},
		{"rename column", func(t *schema.Table) { t.Columns[3].Name = "d"; t.Indexes[0].Parts[1].Column = "d" }},
		{"type length", func(t *schema.Table) { t.Columns[1].Type.Length = 100 }},
		{"type", func(t *schema.Table) { t.Columns[3].Type.Kind = schema.Integer }},
		{"not null", func(t *schema.Table) { t.Columns[3].Nullable = false }},
		{"default", func(t *schema.Table) { t.Columns[1].Default.Value = "y" }},
		{"no default", func(t *schema.Table) { t.Columns[2].Default = nil }},
		{"a default", func(t *schema.Table) { t.Columns[3].Default = &schema.Default{Value: int64(0)} }},
		{"unique name", func(t *schema.Table) { t.Uniques[0].Name = "changes_v" }},
		{"unique columns", func(t *schema.Table) { t.Uniques[0].Columns = []string{"a", "b"} }},
		{"no unique", func(t *schema.Table) { t.Uniques = nil }},
		{"check", func(t *schema.Table) { t.Checks[0].Expr = "{b} > 1" }},
		{"no check", func(t *schema.Table) { t.Checks = nil }},
		{"index columns", func(t *schema.Table) { t.Indexes[0].Parts = t.Indexes[0].Parts[1:] }},
		{"index order", func(t *schema.Table) { t.Indexes[0].Parts[1].Desc = false }},
		{"index unique", func(t *schema.Table) { t.Indexes[0].Unique = true }},
		{"no index", func(t *schema.Table) { t.Indexes = t.Indexes[1:] }},
		{"primary key", func(t *schema.Table) { t.PrimaryKey.Columns = []string{"id", "b"} }},
		{"foreign key", func(t *schema.Table) {
			t.ForeignKey(&schema.ForeignKey{Name: t.Name + "_f", Columns: []string{"c"}, RefTable: "changes_other",
				RefColumns: []string{"id"}})
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			name := fmt.Sprintf("changes_%d", i)
			declared, changed := base(name), base(name)
			c.change(changed)
			if err := s.create(t.Context(), changed); err != nil {
				t.Fatal(err)
			}
			live := s.inspect(t, changed)
			noChanges(t, "live to what was created", live, s.normal(t, changed))
			found := schema.Diff(s.normal(t, declared), live)
			// What an engine has not, it does not show; that it is so must follow
			// from the normal form alone.
			none := strings.HasPrefix(c.what, "nothing") || c.what == "order of columns" ||
				strings.Contains(c.what, ", where there is") && len(schema.Diff(s.normal(t, declared), s.normal(t, changed))) == 0
			if (len(found) == 0) != none {
				t.Errorf("found %v", found)
			}
			for _, f := range found {
				if f.On() != name {
					t.Errorf("a change of another table: %s", f)
				}
			}
			s.drop(t, name)
		})
	}
}

// refused: a declaration that is wrong, or that the engine cannot hold, is an
// error with a code before anything is sent.
func (s schemaSuite) refused(t *testing.T) {
	fine := func() *schema.Table {
		tab := schema.Define("refused")
		tab.BigInt("id").PrimaryKey()
		return tab
	}
	for what, change := range map[string]func(t *schema.Table){
		"no name":              func(t *schema.Table) { t.Name = "" },
		"no columns":           func(t *schema.Table) { t.Columns, t.PrimaryKey = nil, nil },
		"column twice":         func(t *schema.Table) { t.BigInt("ID") },
		"key of nothing":       func(t *schema.Table) { t.Unique("u", "nothing") },
		"index of nothing":     func(t *schema.Table) { t.Index("i", "nothing") },
		"unequal foreign key":  func(t *schema.Table) { t.ForeignKey(&schema.ForeignKey{Columns: []string{"id"}, RefTable: "x"}) },
		"name twice":           func(t *schema.Table) { t.Index("i", "id"); t.Index("i", "id DESC") },
		"unreadable check":     func(t *schema.Table) { t.Check("c", "{id} > 'open") },
		"enum of nothing":      func(t *schema.Table) { t.Typed("e", schema.Type{Kind: schema.Enum}) },
		"default and computed": func(t *schema.Table) { t.BigInt("g").Default(int64(1)).Generated("1", true) },
	} {
		tab := fine()
		change(tab)
		if _, err := s.db.DDL.Normalize(tab); !errors.Is(err, dberr.ErrInvalid) {
			t.Errorf("%s: %v, want invalid", what, err)
		}
		if _, err := s.db.DDL.CreateTables(tab); err == nil {
			t.Errorf("%s: CreateTables writes it", what)
		}
	}
	if _, err := s.db.DDL.TypeName(schema.Type{Kind: "colour"}); !errors.Is(err, dberr.ErrUnsupported) {
		t.Errorf("a kind that does not exist: %v, want unsupported", err)
	}
	limits := s.db.Dialect.Limits()
	if limits.IdentBytes > 0 || limits.IdentChars > 0 {
		tab := schema.Define(strings.Repeat("n", max(limits.IdentBytes, limits.IdentChars)+1))
		tab.BigInt("id").PrimaryKey()
		_, err := s.db.DDL.Normalize(tab)
		if !errors.Is(err, dberr.ErrTooLarge) || !strings.Contains(fmt.Sprint(err), tab.Name) {
			t.Errorf("a name that is too long: %v, want too_large with the name", err)
		}
	}
	tab := schema.Define("unbounded")
	tab.Text("id").PrimaryKey()
	if _, err := s.db.DDL.Normalize(tab); s.db.Dialect.Has(schema.UnboundedKey) != (err == nil) {
		t.Errorf("a key without a limit: %v", err)
	} else if err != nil && (!errors.Is(err, dberr.ErrTooLarge) || !strings.Contains(err.Error(), "unbounded")) {
		t.Errorf("a key without a limit: %v, want too_large with the table", err)
	}
}

// narrowed: tables that are not asked for are not read.
func (s schemaSuite) narrowed(t *testing.T) {
	tab := schema.Define("narrowed")
	tab.BigInt("id").PrimaryKey()
	if err := s.create(t.Context(), tab); err != nil {
		t.Fatal(err)
	}
	none, err := s.db.Inspector.Inspect(t.Context(), s.db.Reader,
		driver.InspectOptions{Tables: func(string) bool { return false }})
	if err != nil || len(none) != 0 {
		t.Errorf("%d tables where none was asked for, %v", len(none), err)
	}
	all, err := s.db.Inspector.Inspect(t.Context(), s.db.Reader, driver.InspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(all, func(a, b *schema.Table) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the tables are not in order of name")
	}
	if !slices.ContainsFunc(all, func(x *schema.Table) bool { return x.Name == "narrowed" }) {
		t.Error("a table that is there is not among all")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.db.Inspector.Inspect(ctx, s.db.Reader, driver.InspectOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("inspection with a context that is over: %v", err)
	}
}

// meaning: what stands in for something that an engine lacks does the same.
func (s schemaSuite) meaning(t *testing.T) {
	ctx := t.Context()
	tab := schema.Define("meaning")
	tab.BigInt("id").PrimaryKey()
	tab.String("email", 0).Key(100).Null()
	tab.BigInt("kind").Null()
	tab.BigInt("n").Null()
	tab.Indexes = append(tab.Indexes,
		&schema.Index{Name: "meaning_email", Unique: true, Parts: []schema.IndexPart{{Expr: "lower({email})"}},
			Where: "{email} IS NOT NULL"},
		&schema.Index{Name: "meaning_n", Unique: true, Parts: []schema.IndexPart{{Column: "n"}}, Where: "{kind} = 1"})
	tab.Typed("size", schema.Type{Kind: schema.Enum, Values: []string{"s", "m'l"}}).Null()
	tab.JSON("doc").Default("{}")
	tab.Boolean("flag").Default(true)
	tab.DateTime("at").DefaultExpr(schema.Now)
	tab.Check("meaning_check", "{kind} IS NULL OR {kind} > 0")
	if err := s.create(ctx, tab); err != nil {
		t.Fatal(err)
	}
	id := 0
	insert := func(columns, values string) error {
		id++
		_, err := s.db.Writer.ExecContext(ctx,
			fmt.Sprintf("INSERT INTO meaning (id, %s) VALUES (%d, %s)", columns, id, values))
		return err
	}
	for _, c := range []struct {
		columns, values string
		refused         bool
	}{
		{"email", "'ada@example.com'", false},
		{"email", "'ADA@example.com'", true},
		{"email", "'ada@example.com '", false},
		{"email", "NULL", false},
		{"email", "NULL", false},
		{"email", "'grüße@example.com'", false},
		{"email", "'grusse@example.com'", false},
		{"kind, n", "1, 7", false},
		{"kind, n", "1, 7", true},
		{"kind, n", "2, 7", false},
		{"kind, n", "2, 7", false},
		{"kind, n", "NULL, 7", false},
		{"kind, n", "1, NULL", false},
		{"kind, n", "1, NULL", false},
		{"kind", "0", true},
		{"size", "'m''l'", false},
		{"size", "'x'", true},
	} {
		if err := insert(c.columns, c.values); (err != nil) != c.refused {
			t.Errorf("(%s) VALUES (%s): %v, refused should be %v", c.columns, c.values, err, c.refused)
		}
	}
	var n int
	var doc string
	var flag bool
	err := s.db.Writer.QueryRowContext(ctx, "SELECT count(*) FROM meaning WHERE at IS NOT NULL").Scan(&n)
	if err == nil {
		err = s.db.Writer.QueryRowContext(ctx, "SELECT doc, flag FROM meaning WHERE id = 1").Scan(&doc, &flag)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatal(err)
	}
	if n == 0 || doc != "{}" || !flag {
		t.Errorf("defaults gave %d times, document %q, flag %v", n, doc, flag)
	}
}
