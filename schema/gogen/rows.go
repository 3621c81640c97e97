package gogen

import (
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/schema"
)

// row writes the struct that holds a row of a table.
func (f *file) row(t *schema.Table, name string) {
	within := taken{}
	var list []field
	for _, c := range t.Columns {
		n := within.free(f.names.exported(c.Name), func(n string) []string { return []string{n} })
		list = append(list, field{name: n, goType: f.rowType(c), tag: f.tag(t, c), about: about(c)})
	}
	f.comment(name + " is a row of table " + t.Name + described(t))
	f.line("type %s struct {", name)
	f.fields(list)
	f.line("}\n")
}

// rowType is the type of a field: a pointer where the column may be NULL, but
// for what has a NULL of its own.
func (f *file) rowType(c *schema.Column) string {
	ty := f.goType(c)
	if !c.Nullable || isJSON(c) || ty == "any" {
		return ty
	}
	return "*" + ty
}

func (f *file) tag(t *schema.Table, c *schema.Column) string {
	json := c.Name
	if slices.Contains(f.o.Hidden, t.Name+"."+c.Name) {
		json = "-"
	}
	tag := "db:" + strconv.Quote(c.Name) + " json:" + strconv.Quote(json)
	if strings.Contains(tag, "`") {
		return strconv.Quote(tag)
	}
	return "`" + tag + "`"
}
