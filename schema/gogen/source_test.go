package gogen_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/gogen"
)

var update = flag.Bool("update", false, "write the golden files")

// shop declares tables with every kind of column, and all that a declaration
// can say.
func shop() []*schema.Table {
	owner := schema.Define("shop_owner").Describe("people who sell")
	owner.BigInt("id").Identity()
	owner.Column("id").Identity.Sequence = "owner_numbers"
	owner.String("e-mail", 80).Unique().Doc("where to write to")
	owner.Text("oauth_id").Key(36).Null()
	owner.Primary("", "id")

	item := schema.Define("item").Describe("what is sold; a price that is not known is NULL.")
	item.UUID("id").PrimaryKey()
	item.BigInt("owner_id").References("shop_owner", "id", schema.Cascade).Doc("who sells it")
	item.Text("title").Default("no \"title\"").Comment("shown\nto people")
	item.Column("title").Collation = "C"
	item.Enum("state", "item_state", "new", "sold").Default("new")
	item.Numeric("price", 10, 2).Null()
	item.Float("weight").Null().Doc("in kilograms")
	item.SmallInt("stars").Default(int64(3))
	item.Integer("table").Null()
	item.Boolean("on_sale").Default(false)
	item.Date("since").Null()
	item.Time("opens").Default("08:30")
	item.Time("closes").Null()
	item.DateTime("made_at").DefaultExpr(schema.Now)
	item.DateTimeTZ("sold_at").Null()
	item.JSON("data").Null()
	item.JSONB("index_data")
	item.Bytes("picture").Null()
	item.Text("title_lower").Null().Generated("lower({title})", true)
	item.Typed("place", schema.Type{Kind: schema.Other, Raw: "point"}).Null()
	item.Typed("at", schema.Type{Kind: schema.DateTime, Precision: 3}).Null().Unit("fortnights")
	item.BigInt("seen").Null().Unit(schema.Seconds)
	item.ForeignKey(&schema.ForeignKey{Name: "fk_self", Columns: []string{"id"}, RefTable: "item",
		RefColumns: []string{"id"}})
	item.Check("stars_in_range", "{stars} BETWEEN 1 AND 5")
	item.Index("by_owner", "owner_id", "made_at DESC")
	item.UniqueIndex("one_on_sale", "owner_id").Where = "{on_sale}"
	item.Indexes = append(item.Indexes,
		&schema.Index{Name: "by_title", Parts: []schema.IndexPart{{Expr: "lower({title})"}}})
	item.Comment = "the \"items\""
	item.On(schema.AlterInPlace).Order = []string{"title", "id"}
	return []*schema.Table{item, owner}
}

func TestSource(t *testing.T) {
	for name, o := range map[string]gogen.Options{
		"all":      {Package: "shop", Words: map[string]string{"oauth": "OAuth"}},
		"declared": {Package: "shop", Of: "the tables of package decl", Declared: "example.com/shop/decl", Parts: []gogen.Part{gogen.Columns}},
		"rows":     {Package: "model", Parts: []gogen.Part{gogen.Rows}, Hidden: []string{"shop_owner.oauth_id"}},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := gogen.Source(shop(), o)
			if err != nil {
				t.Fatal(err)
			}
			again, err := gogen.Source(shop(), o)
			if err != nil || string(again) != string(text) {
				t.Errorf("the same tables give another text: %v", err)
			}
			path := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(path, text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(want) != string(text) {
				t.Errorf("the text is not that of %s (see -update):\n%s", path, text)
			}
		})
	}
}

// Names that Go has otherwise, and names that become the same.
func TestNames(t *testing.T) {
	tab := func(name string, columns ...string) *schema.Table {
		d := schema.Define(name)
		for _, c := range columns {
			d.Text(c)
		}
		return d
	}
	text, err := gogen.Source([]*schema.Table{
		tab("2fa", "user_id", "userId", "USER_ID", "table", "Table", "名前", "größe", "", "a b", "a`b", `a"b`, "type", "api_url"),
		tab("all", "all"), tab("note"), tab("note_row"), tab("NOTE"), tab("note_table"), tab("HTTPServer_log"),
	}, gogen.Options{Package: "p", Parts: []gogen.Part{gogen.Columns}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	var types, fields []string
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.TypeSpec); ok {
			types = append(types, s.Name.Name)
			if st, ok := s.Type.(*ast.StructType); ok && len(types) == 1 {
				for _, x := range st.Fields.List {
					fields = append(fields, x.Names[0].Name)
				}
			}
		}
		return true
	})
	if got, want := strings.Join(types, " "),
		"X2faTable All_Table NoteTable NoteRowTable Note_Table NoteTable_Table HTTPServerLogTable"; got != want {
		t.Errorf("types\n%s, want\n%s", got, want)
	}
	if got, want := strings.Join(fields, " "),
		"Table UserID UserID_ UserID__ Table_ Table__ X名前 Größe X AB AB_ AB__ Type APIURL"; got != want {
		t.Errorf("fields\n%s, want\n%s", got, want)
	}
}

func TestRefused(t *testing.T) {
	comma := schema.Define("t")
	comma.Text("a,b")
	for what, c := range map[string]struct {
		tables []*schema.Table
		o      gogen.Options
		want   string
	}{
		"no package":         {shop(), gogen.Options{}, `is called "", which is no Go name`},
		"a keyword":          {shop(), gogen.Options{Package: "func"}, `"func", which is no Go name`},
		"a comma in a name":  {[]*schema.Table{comma}, gogen.Options{Package: "p"}, `column "a,b" of table t cannot be named by the tag of a field`},
		"hidden and unknown": {shop(), gogen.Options{Package: "p", Hidden: []string{"item.nope", "item.data"}}, "column item.nope, which is to be hidden, is not there"},
	} {
		if _, err := gogen.Source(c.tables, c.o); dberr.CodeOf(err) != dberr.Invalid ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
	if _, err := gogen.Source([]*schema.Table{comma}, gogen.Options{Package: "p",
		Parts: []gogen.Part{gogen.Columns}}); err != nil {
		t.Errorf("columns need no tag: %v", err)
	}
}
