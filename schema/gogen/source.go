package gogen

import (
	"fmt"
	"go/format"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
)

const module = "github.com/larder-db/larder/"

// Part is what a file has of each table.
type Part string

// The parts.
const (
	Columns Part = "columns" // typed columns, with the declaration unless that is elsewhere
	Rows    Part = "rows"    // structs that hold rows
)

// Options say how the source is written.
type Options struct {
	// Package is the name of the package. It is required.
	Package string
	// Of says in the first line of the file what it was made of: "the
	// declarations in package tables". Empty is "tables".
	Of string
	// Parts are what the file has; none is all.
	Parts []Part
	// Declared is the import path of a package with a variable of type
	// *schema.Table for each table, under the table's Go name. Empty is none:
	// the declarations stand in the file, with a function All that lists them.
	Declared string
	// RowSuffix is put behind the Go name of a table to name its row type. Where
	// the file has both parts, empty is "Row".
	RowSuffix string
	// Words says how words of names are written in Go: {"oauth": "OAuth"}. The
	// customary ones, such as id and url, are known.
	Words map[string]string
	// Hidden are columns, as "table.column", that encoding/json does not see in
	// rows: secrets.
	Hidden []string
}

// Source writes a Go file for the tables, which stand in it in their order. It
// fails with dberr.Invalid when a name cannot be one in Go, or when Hidden
// names a column that is not there.
func Source(tables []*schema.Table, o Options) ([]byte, error) {
	if !token.IsIdentifier(o.Package) || o.Package == "_" {
		return nil, invalid("the package of the generated file is called %q, which is no Go name", o.Package)
	}
	f := &file{o: o, names: newNaming(o.Words), imports: map[string]bool{}, seen: taken{}}
	if len(f.o.Parts) == 0 {
		f.o.Parts = []Part{Columns, Rows}
	}
	if f.has(Columns) && f.has(Rows) && f.o.RowSuffix == "" {
		f.o.RowSuffix = "Row"
	}
	if err := f.check(tables); err != nil {
		return nil, err
	}
	declares := f.has(Columns) && o.Declared == ""
	if declares {
		f.seen["All"] = true
	}
	var all []string
	for _, t := range tables {
		name := f.seen.free(f.names.exported(t.Name), f.made)
		all = append(all, name+".Table")
		if f.has(Columns) {
			f.columns(t, name)
		}
		if f.has(Rows) {
			f.row(t, name+f.o.RowSuffix)
		}
	}
	if declares {
		f.all(all)
	}
	text, err := format.Source([]byte(f.head() + f.body.String()))
	if err != nil {
		const msg = "the tables could not be written as Go"
		return nil, &dberr.Error{Op: "generate", Code: dberr.Internal, Msg: msg, Err: err}
	}
	return text, nil
}

func invalid(format string, args ...any) error {
	return dberr.New(dberr.Invalid, "generate", fmt.Sprintf(format, args...))
}

// file is a file that is being written.
type file struct {
	o       Options
	names   naming
	imports map[string]bool
	seen    taken // names of the package
	body    strings.Builder
}

func (f *file) has(p Part) bool { return slices.Contains(f.o.Parts, p) }

func (f *file) line(format string, args ...any) { fmt.Fprintf(&f.body, format+"\n", args...) }

// made are the names in the package that are made of a table's.
func (f *file) made(name string) []string {
	var out []string
	if f.has(Columns) {
		out = append(out, name, name+"Table", "define"+name)
	}
	if f.has(Rows) {
		out = append(out, name+f.o.RowSuffix)
	}
	return out
}

// check finds what cannot be written.
func (f *file) check(tables []*schema.Table) error {
	hidden := map[string]bool{}
	for _, h := range f.o.Hidden {
		hidden[h] = true
	}
	for _, t := range tables {
		for _, c := range t.Columns {
			delete(hidden, t.Name+"."+c.Name)
			if f.has(Rows) && (c.Name == "" || c.Name == "-" || strings.Contains(c.Name, ",")) {
				return invalid("column %s of table %s cannot be named by the tag of a field; leave the table out",
					strconv.Quote(c.Name), t.Name)
			}
		}
	}
	if len(hidden) > 0 {
		return invalid("column %s, which is to be hidden, is not there", slices.Min(slices.Collect(maps.Keys(hidden))))
	}
	return nil
}

// head is the file up to its declarations.
func (f *file) head() string {
	of := f.o.Of
	if of == "" {
		of = "tables"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "// Code generated from %s. DO NOT EDIT.\n\npackage %s\n\n", of, f.o.Package)
	var std, others []string
	for i := range f.imports {
		if first, _, _ := strings.Cut(i, "/"); strings.Contains(first, ".") {
			others = append(others, strconv.Quote(i))
		} else {
			std = append(std, strconv.Quote(i))
		}
	}
	slices.Sort(std)
	slices.Sort(others)
	switch all := slices.Concat(std, others); len(all) {
	case 0:
	case 1:
		b.WriteString("import " + all[0] + "\n\n")
	default:
		b.WriteString("import (\n" + strings.Join(std, "\n") + "\n\n" + strings.Join(others, "\n") + "\n)\n\n")
	}
	return b.String()
}

// all lists the tables in an order in which they can be created.
func (f *file) all(names []string) {
	f.line("// All returns the tables in an order in which they can be created. They are")
	f.line("// shared and must not be changed; Clone one first.")
	f.line("func All() []*schema.Table {")
	f.line("sorted, _ := schema.Sorted([]*schema.Table{%s})", strings.Join(names, ", "))
	f.line("return sorted")
	f.line("}")
}
