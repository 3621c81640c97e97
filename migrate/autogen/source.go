package autogen

import (
	"fmt"
	"go/token"
	"strconv"
	"strings"
	"unicode"

	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/gogen"
)

// renderer writes an operation in a program's own way: see Lineage.Render.
type renderer func(o op.Op) (source string, imports []string, ok bool)

// source writes operations as Go statements.
type source struct {
	render  renderer
	imports map[string]bool
	vars    map[string]int
}

// ops writes the calls that record operations.
func (w *source) ops(ops []op.Op) string {
	w.vars = map[string]int{}
	var lines []string
	for o := range op.All(ops) {
		lines = append(lines, w.op(o))
	}
	return strings.Join(lines, "\n")
}

func (w *source) op(o op.Op) string {
	if w.render != nil {
		if text, imports, ok := w.render(o); ok {
			for _, i := range imports {
				w.imports[i] = true
			}
			return text
		}
	}
	q := strconv.Quote
	when := func(is bool, option string) string {
		if is {
			return ", op." + option
		}
		return ""
	}
	switch o := o.(type) {
	case op.CreateTable:
		return w.createTable(o)
	case op.DropTable:
		return "ops.DropTable(" + q(o.Name) + when(o.IfExists, "IfExists") + when(o.Moved, "Moved") + ")"
	case op.RenameTable:
		if !o.IfExists {
			return "ops.RenameTable(" + q(o.From) + ", " + q(o.To) + when(o.Owned, "Owned") + ")"
		}
	case op.RenameColumn:
		if !o.IfExists {
			return "ops.RenameColumn(" + q(o.Table) + ", " + q(o.From) + ", " + q(o.To) + when(o.Owned, "Owned") + ")"
		}
	case op.AlterColumn:
		if text, ok := alterCall(o); ok {
			return text
		}
	case op.AddUnique:
		if o.Unique.Name != "" && o.Unique.Needs == "" && !o.IfNotExists {
			return "ops.AddUnique(" + quotes(o.Table, o.Unique.Name, o.Unique.Columns...) + ")"
		}
	case op.DropUnique:
		if !o.IfExists {
			return "ops.DropUnique(" + quotes(o.Table, o.Name, o.Columns...) + ")"
		}
	case op.AddForeignKey:
		if o.ForeignKey.Name != "" && !o.IfNotExists {
			return "ops.AddForeignKey(" + q(o.Table) + ", " + gogen.Value(*o.ForeignKey) + ")"
		}
	case op.DropForeignKey:
		if !o.IfExists {
			return "ops.DropForeignKey(" + quotes(o.Table, o.Name, o.Columns...) + ")"
		}
	case op.AddCheck:
		if o.Check.Name != "" && !o.IfNotExists {
			return "ops.AddCheck(" + quotes(o.Table, o.Check.Name, string(o.Check.Expr)) + ")"
		}
	case op.AddColumn:
		c, rest := gogen.Column("op", frozen(o.Column))
		if len(rest) > 0 {
			return literal(o)
		}
		text := "ops.AddColumn(" + q(o.Table) + ", " + c + when(o.IfNotExists, "IfNotExists") + ")"
		if o.Fill != "" {
			text += ".Fill(" + q(string(o.Fill)) + ")"
		} else if col := o.Column; !col.Nullable && col.Default == nil && col.Generated == nil && col.Identity == nil {
			text = "// Rows that exist need a value: give it with Fill, unless the table is empty.\n" + text
		}
		return text
	case op.DropColumn:
		options := when(o.IfExists, "IfExists") + when(o.Moved, "Moved")
		return "ops.DropColumn(" + q(o.Table) + ", " + q(o.Column) + options + ")"
	case op.CreateIndex:
		options := when(o.IfNotExists, "IfNotExists") + when(o.Concurrently, "Concurrently")
		return "ops.CreateIndex(" + q(o.Table) + ", " + gogen.Value(o.Index) + options + ")"
	case op.DropIndex:
		options := when(o.IfExists, "IfExists") + when(o.Concurrently, "Concurrently")
		return "ops.DropIndex(" + q(o.Table) + ", " + q(o.Name) + options + ")"
	case op.SetComment:
		return "ops.Comment(" + q(o.Table) + ", " + q(o.Comment) + ")"
	}
	return literal(o)
}

// quotes are string literals, separated by commas.
func quotes(a, b string, more ...string) string {
	out := []string{strconv.Quote(a), strconv.Quote(b)}
	for _, m := range more {
		out = append(out, strconv.Quote(m))
	}
	return strings.Join(out, ", ")
}

// alterCall changes a column by the calls of a builder; false when it says
// more than these can.
func alterCall(o op.AlterColumn) (string, bool) {
	if o.IfExists || len(o.Facets) == 0 {
		return "", false
	}
	s := "ops.AlterColumn(" + strconv.Quote(o.Table) + ", " + strconv.Quote(o.Column) + ")"
	for _, f := range o.Facets {
		switch to := &o.To; f {
		case schema.TypeFacet:
			s += ".Type(" + gogen.Value(to.Type) + ")"
		case schema.NullFacet:
			s += map[bool]string{true: ".Null()", false: ".NotNull()"}[to.Nullable]
		case schema.DefaultFacet:
			switch {
			case to.Default == nil:
				s += ".NoDefault()"
			case to.Default.Expr != "":
				s += ".DefaultExpr(" + strconv.Quote(string(to.Default.Expr)) + ")"
			default:
				s += ".Default(" + gogen.Literal(to.Default.Value) + ")"
			}
		case schema.GeneratedFacet:
			if to.Generated == nil {
				return "", false
			}
			s += fmt.Sprintf(".Generated(%q, %t)", string(to.Generated.Expr), to.Generated.Stored)
		case schema.CommentFacet:
			s += ".Comment(" + strconv.Quote(to.Comment) + ")"
		default:
			return "", false
		}
	}
	if o.Using != "" {
		s += ".Using(" + strconv.Quote(string(o.Using)) + ")"
	}
	if o.Back != "" {
		s += ".Back(" + strconv.Quote(string(o.Back)) + ")"
	}
	return s, true
}

// literal records an operation that has no shorter form.
func literal(o op.Op) string { return "ops.Do(" + gogen.Value(o) + ")" }

// createTable declares a table as people would.
func (w *source) createTable(o op.CreateTable) string {
	t := o.Table
	name := w.name(t.Name)
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s := schema.Define(%q)", name, t.Name)
	for _, c := range t.Columns {
		call, rest := gogen.Column(name, frozen(c))
		for _, l := range append([]string{call}, rest...) {
			line("%s", l)
		}
	}
	for _, l := range gogen.Constraints(name, t) {
		line("%s", l)
	}
	option := ""
	if o.IfNotExists {
		option = ", op.IfNotExists"
	}
	b.WriteString("ops.CreateTable(" + name + option + ")")
	return b.String()
}

// name makes a variable of a table's name that nothing else has.
func (w *source) name(table string) string {
	var b strings.Builder
	up := false
	for _, c := range table {
		switch {
		case c == '_' || !(unicode.IsLetter(c) || unicode.IsDigit(c)):
			up = b.Len() > 0
		case up:
			b.WriteRune(unicode.ToUpper(c))
			up = false
		default:
			b.WriteRune(c)
		}
	}
	n := b.String()
	if !token.IsIdentifier(n) || reservedNames[n] {
		n = "table" + strings.ToUpper(n[:min(1, len(n))]) + n[min(1, len(n)):]
	}
	w.vars[n]++
	if w.vars[n] > 1 {
		n += strconv.Itoa(w.vars[n])
	}
	return n
}

// reservedNames are names that the file uses already, or that Go gives a meaning.
var reservedNames = map[string]bool{"op": true, "ops": true, "schema": true, "migrate": true, "append": true,
	"true": true, "false": true, "nil": true,
	"string": true, "int64": true, "float64": true, "bool": true, "any": true}

// frozen is a column without what describes it today: a revision says what is
// in the database.
func frozen(c *schema.Column) *schema.Column {
	bare := *c
	bare.Doc, bare.OnInsert, bare.OnUpdate, bare.Version = "", nil, nil, false
	return &bare
}
