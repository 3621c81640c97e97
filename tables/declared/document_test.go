package declared_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/engine/mysql"
	"github.com/larder-db/larder/engine/postgres"
	"github.com/larder-db/larder/engine/sqlite"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/tables/declared"
)

var update = flag.Bool("update", false, "write what is made of the declarations")

const document = "../../docs/DATABASE_SCHEMA.md"

// docs/DATABASE_SCHEMA.md says what the declarations say.
func TestTheSchemaDocumentIsTrue(t *testing.T) {
	text, err := describe()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(document, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) == text {
		return
	}
	a, b := strings.Split(string(have), "\n"), strings.Split(text, "\n")
	for i := range b {
		if i >= len(a) || a[i] != b[i] {
			t.Fatalf("docs/DATABASE_SCHEMA.md is not what the declarations say, from line %d on; run go test ./tables/declared -update\nwant %s", i+1, b[i])
		}
	}
	t.Fatal("docs/DATABASE_SCHEMA.md goes on behind what the declarations say; run go test ./tables/declared -update")
}

// A column on the three kinds of engines. MySQL and MariaDB have the same
// types; that this is so is checked here.
type forms struct{ sqlite, postgres, mysql *schema.Table }

func formsOf(t *schema.Table) (forms, error) {
	var f forms
	var maria *schema.Table
	for _, x := range []struct {
		ddl driver.DDL
		to  **schema.Table
	}{{sqlite.NewDDL(), &f.sqlite}, {postgres.NewDDL(), &f.postgres}, {mysql.NewDDL(mysql.MySQL{}), &f.mysql},
		{mysql.NewDDL(mysql.MariaDB{}), &maria}} {
		n, err := x.ddl.Normalize(t)
		if err != nil {
			return f, err
		}
		*x.to = n
	}
	for _, c := range schema.Diff([]*schema.Table{f.mysql}, []*schema.Table{maria}) {
		return f, fmt.Errorf("MySQL and MariaDB differ: %s", c)
	}
	return f, nil
}

func describe() (string, error) {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	put("# The schema")
	put("")
	put("The %d tables of Open WebUI at revision `%s`, as package `tables/declared` declares them. This page is made from the", len(declared.All()), declared.Head)
	put("declarations: `go test ./tables/declared -update` writes it, and a test keeps it true.")
	put("")
	put("- **Types** are what a fresh database has. MySQL and MariaDB have the same ones. The rules behind them, and the limits that")
	put("  bind only on one engine, are in [engines.md](engines.md).")
	put("- **Unit** is what a number counts from 1970-01-01 UTC on: s for seconds, ns for nanoseconds.")
	put("- JSON columns hold the exact text that was written. SQL NULL and JSON `null` both mean \"nothing\".")
	put("- A column or table that is called dead is there because Open WebUI left it there; nothing reads or writes it.")
	put("")
	put("Beside them stands `alembic_version` with one row: the revision at which the database is.")
	put("")
	names := make([]string, 0, 47)
	for _, t := range declared.All() {
		names = append(names, fmt.Sprintf("[%s](#%s)", t.Name, t.Name))
	}
	put("%s", strings.Join(names, " · "))
	for _, t := range declared.All() {
		f, err := formsOf(t)
		if err != nil {
			return "", err
		}
		put("")
		put("## %s", t.Name)
		put("")
		put("%s", strings.ToUpper(t.Doc[:1])+t.Doc[1:])
		put("")
		put("| column | SQLite | PostgreSQL | MySQL, MariaDB | null | default | unit | holds |")
		put("|---|---|---|---|---|---|---|---|")
		for _, c := range t.Columns {
			put("| %s | %s | %s | %s | %s | %s | %s | %s |", c.Name, f.sqlite.Column(c.Name).Type.Raw,
				f.postgres.Column(c.Name).Type.Raw,
				strings.Replace(f.mysql.Column(c.Name).Type.Raw, "longtext json", "longtext, valid JSON", 1), null(f,
					c.Name), byDefault(c), c.Unit, cell(c.Doc))
		}
		put("")
		for _, line := range keys(t, f) {
			put("- %s", line)
		}
	}
	return b.String(), nil
}

func null(f forms, column string) string {
	on := []string{}
	for _, x := range []struct {
		name string
		t    *schema.Table
	}{{"SQLite", f.sqlite}, {"PostgreSQL", f.postgres}, {"MySQL, MariaDB", f.mysql}} {
		if x.t.Column(column).Nullable {
			on = append(on, x.name)
		}
	}
	switch len(on) {
	case 0:
		return ""
	case 3:
		return "yes"
	}
	return "on " + strings.Join(on, ", ")
}

func byDefault(c *schema.Column) string {
	if c.Identity != nil {
		return "numbered"
	}
	if c.Default == nil {
		return ""
	}
	if c.Type.Kind == schema.Boolean {
		return fmt.Sprint(c.Type.Literal(c.Default.Value))
	}
	return "`" + c.Default.String() + "`"
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// keys lists keys, constraints and indexes, and what stands in for them where
// an engine lacks something.
func keys(t *schema.Table, f forms) []string {
	out := []string{"primary key (" + strings.Join(t.PrimaryKey.Columns, ", ") + ")"}
	for _, u := range t.Uniques {
		s := "unique (" + strings.Join(u.Columns, ", ") + ")"
		if u.Name == "" && slices.Equal(u.Columns, t.PrimaryKey.Columns) {
			s += ", repeated on SQLite"
		}
		out = append(out, s)
	}
	for _, x := range t.ForeignKeys {
		s := fmt.Sprintf("%s refers to [%s](#%s).%s", strings.Join(x.Columns, ", "), x.RefTable, x.RefTable,
			strings.Join(x.RefColumns, ", "))
		switch x.OnDelete {
		case schema.Cascade:
			s += " and goes with it"
		case schema.SetNull:
			s += " and becomes NULL with it"
		}
		out = append(out, s)
	}
	for _, k := range t.Checks {
		out = append(out, "check `"+plain(string(k.Expr))+"`")
	}
	for _, i := range t.Indexes {
		s := plain(i.String())
		if i.Needs == schema.NativeJSON {
			s += ", on PostgreSQL only"
		} else if x := f.mysql.IndexNamed(i.Name); x != nil && i.Where != "" && x.Parts[0].Column != "" &&
			i.Parts[0].Expr == "" {
			s += "; on MySQL and MariaDB over all rows"
		}
		out = append(out, s)
	}
	for _, c := range f.mysql.Columns {
		if t.Column(c.Name) == nil {
			out = append(out, fmt.Sprintf("on MySQL and MariaDB also the column %s %s, generated as `%s`, which carries the index over that expression", c.Name, c.Type.Raw, plain(string(c.Generated.Expr))))
		}
	}
	for _, i := range f.mysql.Indexes {
		if t.IndexNamed(i.Name) == nil && !i.Unique &&
			slices.ContainsFunc(f.mysql.ForeignKeys, func(x *schema.ForeignKey) bool { return x.Name == i.Name }) {
			out = append(out, fmt.Sprintf("on MySQL and MariaDB also %s, which the foreign key needs", i.String()))
		}
	}
	return out
}

func plain(s string) string { return strings.NewReplacer("{", "", "}", "", "|", `\|`).Replace(s) }
