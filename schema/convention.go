package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema/sqltext"
)

// Convention names the keys, constraints and indexes that are declared without
// a name. Each field is a pattern; an empty one leaves the name to the engine,
// or to whoever records the change:
//
//	schema.Convention{Index: "ix_{table}_{columns}", ForeignKey: "fk_{table}_{column}_{ref_table}"}
//
// {table} is the table, {columns} all columns joined by "_", {column} the first
// one, {ref_table} and {ref_columns} what a foreign key points to. The columns
// of a check or of an index over an expression are those that it mentions.
//
// A name over [NameLimit] bytes is cut, never inside a character, and ends in a
// hash of the whole. A name that was given stays as it is.
type Convention struct {
	PrimaryKey string
	Unique     string
	ForeignKey string
	Check      string
	Index      string
}

// Validate reports a pattern that holds a word in braces which means nothing.
func (c *Convention) Validate() error {
	if c == nil {
		return nil
	}
	for _, p := range []string{c.PrimaryKey, c.Unique, c.ForeignKey, c.Check, c.Index} {
		if _, err := expand(p, nameParts{}.word); err != nil {
			return err
		}
	}
	return nil
}

// Apply returns the table with names where it had none; t stays as it is. A nil
// convention returns t itself.
func (c *Convention) Apply(t *Table) *Table {
	if c == nil {
		return t
	}
	t = t.Clone()
	taken := map[string]bool{}
	for _, u := range t.Uniques {
		taken[u.Name] = true
	}
	for _, f := range t.ForeignKeys {
		taken[f.Name] = true
	}
	for _, k := range t.Checks {
		taken[k.Name] = true
	}
	for _, i := range t.Indexes {
		taken[i.Name] = true
	}
	// Two that the pattern does not tell apart are told apart by their order.
	free := func(name string) string {
		out := name
		for n := 2; out != "" && taken[out]; n++ {
			out = shorten(name + "_" + strconv.Itoa(n))
		}
		taken[out] = true
		return out
	}
	if k := t.PrimaryKey; k != nil && k.Name == "" {
		k.Name = c.PrimaryKeyName(t.Name, k)
	}
	for _, u := range t.Uniques {
		if u.Name == "" {
			u.Name = free(c.UniqueName(t.Name, u))
		}
	}
	for _, f := range t.ForeignKeys {
		if f.Name == "" {
			f.Name = free(c.ForeignKeyName(t.Name, f))
		}
	}
	for _, k := range t.Checks {
		if k.Name == "" {
			k.Name = free(c.CheckName(t.Name, k))
		}
	}
	for _, i := range t.Indexes {
		if i.Name == "" {
			i.Name = free(c.IndexName(t.Name, i))
		}
	}
	return t
}

// PrimaryKeyName is the name of a primary key of table; empty where the
// convention has none, as for the methods that follow.
func (c *Convention) PrimaryKeyName(table string, k *PrimaryKey) string {
	if c == nil {
		return ""
	}
	return nameParts{table: table, columns: k.Columns}.in(c.PrimaryKey)
}

// UniqueName is the name of a unique constraint of table.
func (c *Convention) UniqueName(table string, u *Unique) string {
	if c == nil {
		return ""
	}
	return nameParts{table: table, columns: u.Columns}.in(c.Unique)
}

// ForeignKeyName is the name of a foreign key of table.
func (c *Convention) ForeignKeyName(table string, f *ForeignKey) string {
	if c == nil {
		return ""
	}
	return nameParts{table: table, columns: f.Columns, refTable: f.RefTable, refColumns: f.RefColumns}.in(c.ForeignKey)
}

// CheckName is the name of a check of table.
func (c *Convention) CheckName(table string, k *Check) string {
	if c == nil {
		return ""
	}
	return nameParts{table: table, columns: k.Expr.Columns()}.in(c.Check)
}

// IndexName is the name of an index of table.
func (c *Convention) IndexName(table string, i *Index) string {
	if c == nil {
		return ""
	}
	var columns []string
	for _, p := range i.Parts {
		if p.Expr != "" {
			columns = append(columns, words(p.Expr))
		} else {
			columns = append(columns, p.Column)
		}
	}
	return nameParts{table: table, columns: columns}.in(c.Index)
}

// nameParts are what a name is made of.
type nameParts struct {
	table, refTable     string
	columns, refColumns []string
}

func (n nameParts) in(pattern string) string {
	s, err := expand(pattern, n.word)
	if err != nil {
		return "" // Validate has said so
	}
	return shorten(s)
}

func (n nameParts) word(w string) (string, bool) {
	switch w {
	case "table":
		return n.table, true
	case "columns":
		return strings.Join(n.columns, "_"), true
	case "column":
		return strings.Join(n.columns[:min(1, len(n.columns))], ""), true
	case "ref_table":
		return n.refTable, true
	case "ref_columns":
		return strings.Join(n.refColumns, "_"), true
	}
	return "", false
}

// expand replaces the words in braces.
func expand(pattern string, word func(string) (string, bool)) (string, error) {
	var b strings.Builder
	for rest := pattern; rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			break
		}
		name, behind, closed := strings.Cut(after, "}")
		text, known := word(name)
		if !closed || !known {
			return "", dberr.New(dberr.Invalid, "naming convention", "the pattern "+strconv.Quote(pattern)+" holds {"+name+
				"}; use {table}, {columns}, {column}, {ref_table} or {ref_columns}")
		}
		b.WriteString(text)
		rest = behind
	}
	return b.String(), nil
}

// shorten cuts a name to the limit; what was cut is told apart by a hash.
func shorten(name string) string {
	if len(name) <= NameLimit {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	n := NameLimit - 9
	for n > 0 && !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n] + "_" + hex.EncodeToString(sum[:4])
}

// Columns lists the columns that the expression names, each once, in order.
func (e Expr) Columns() []string { return sqltext.Columns(string(e)) }

// words is an expression as a part of a name: its letters and digits.
func words(e Expr) string {
	apart := func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	return strings.Join(strings.FieldsFunc(string(e), apart), "_")
}
