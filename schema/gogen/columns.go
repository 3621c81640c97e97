package gogen

import (
	"path"
	"strconv"
	"strings"

	"github.com/larder-db/larder/schema"
)

// columns writes the typed columns of a table.
func (f *file) columns(t *schema.Table, name string) {
	f.imports[module+"query"] = true
	f.imports[module+"schema"] = true
	within := taken{"Table": true}
	list := []field{{name: "Table", goType: "*schema.Table"}}
	goNames := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		goNames[i] = within.free(f.names.exported(c.Name), func(n string) []string { return []string{n} })
		list = append(list, field{name: goNames[i], goType: f.columnType(c), about: about(c)})
	}
	f.line("// %sTable is the type of [%s].", name, name)
	f.line("type %sTable struct {", name)
	f.fields(list)
	f.line("}\n")
	f.comment(name + " is the table " + t.Name + described(t))
	if f.o.Declared != "" {
		f.refer(t, name, goNames)
	} else {
		f.declare(t, name, goNames)
	}
}

// described is what follows the name of a table: what it is for, or a full stop.
func described(t *schema.Table) string {
	text := oneLine(t.Doc)
	if text == "" {
		text = oneLine(t.Comment)
	}
	if text == "" {
		return "."
	}
	if !strings.ContainsAny(text[len(text)-1:], ".!?") {
		text += "."
	}
	return ": " + text
}

func isJSON(c *schema.Column) bool { return c.Type.Kind == schema.JSON || c.Type.Kind == schema.JSONB }

func (f *file) columnType(c *schema.Column) string {
	if isJSON(c) {
		return "query.JSONColumn"
	}
	return "query.Column[" + f.goType(c) + "]"
}

// refer takes the columns from a declaration elsewhere.
func (f *file) refer(t *schema.Table, name string, goNames []string) {
	f.imports[f.o.Declared] = true
	table := path.Base(f.o.Declared) + "." + f.names.exported(t.Name)
	f.line("var %s = %sTable{", name, name)
	f.line("Table: %s,", table)
	for i, c := range t.Columns {
		call := "query.ColumnOf[" + f.goTypeOf(c) + "]"
		if isJSON(c) {
			call = "query.JSONColumnOf"
		}
		f.line("%s: %s(%s, %s),", goNames[i], call, table, strconv.Quote(c.Name))
	}
	f.line("}\n")
}

// goTypeOf is goType of a column that is no JSON, for which package query has a
// type of its own.
func (f *file) goTypeOf(c *schema.Column) string {
	if isJSON(c) {
		return ""
	}
	return f.goType(c)
}

// declare declares the table, and takes each column as it is declared.
func (f *file) declare(t *schema.Table, name string, goNames []string) {
	f.line("var %s = define%s()\n", name, name)
	f.line("func define%s() %sTable {", name, name)
	doc := ""
	if t.Doc != "" {
		doc = ".Describe(" + strconv.Quote(t.Doc) + ")"
	}
	f.line("t := schema.Define(%s)%s", strconv.Quote(t.Name), doc)
	f.line("c := %sTable{", name)
	f.line("Table: t,")
	var rest []string
	for i, c := range t.Columns {
		call, more := Column("t", c)
		rest = append(rest, more...)
		typed := "query.JSONCol"
		if !isJSON(c) {
			typed = "query.Col[" + f.goType(c) + "]"
		}
		f.line("%s: %s(%s),", goNames[i], typed, call)
	}
	f.line("}")
	for _, s := range append(rest, Constraints("t", t)...) {
		f.line("%s", s)
	}
	f.line("return c\n}\n")
}
