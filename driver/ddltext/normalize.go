package ddltext

import (
	"fmt"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// Canon brings an expression of a table into the form in which the engine keeps
// it. What names its place, for errors; an empty expression stays empty.
type Canon func(what string, e *schema.Expr) error

// CanonBy is the Canon of an engine that reads expressions by r. Op is what its
// errors say was being done.
func CanonBy(op string, r sqltext.Rules) Canon {
	return func(what string, e *schema.Expr) error {
		if *e == "" {
			return nil
		}
		s, err := sqltext.Canonical(string(*e), r)
		if err != nil {
			return dberr.New(dberr.Invalid, op, what+" has an expression that cannot be read: "+err.Error())
		}
		*e = schema.Expr(s)
		return nil
	}
}

// NormalizeRules are what differs between engines when a table is brought into
// its normal form.
type NormalizeRules struct {
	// Canon is applied to every expression.
	Canon Canon
	// Column is the rule for a column's type, collation and identity.
	Column func(c *schema.Column) error
	// Seconds says that the engine tells schema.NowSeconds from schema.Now.
	Seconds bool
	// Plain reads an expression that is nothing but a literal; ok is false for others.
	Plain func(e schema.Expr) (value any, ok bool)
	// Literal is the value of a default in the Go type that belongs to the column.
	Literal func(ty schema.Type, v any) any
}

// Normalize walks over t for the DDL of an engine, and changes it: columns with
// their defaults, then checks, then indexes.
func (r NormalizeRules) Normalize(t *schema.Table) error {
	for _, c := range t.Columns {
		if err := r.column(c); err != nil {
			return err
		}
	}
	for _, k := range t.Checks {
		if err := r.Canon("check "+k.Name, &k.Expr); err != nil {
			return err
		}
	}
	for _, i := range t.Indexes {
		if err := r.Canon("index "+i.Name, &i.Where); err != nil {
			return err
		}
		for n := range i.Parts {
			if err := r.Canon("index "+i.Name, &i.Parts[n].Expr); err != nil {
				return err
			}
			if i.Parts[n].Expr != "" {
				i.Parts[n].Column = ""
			}
		}
	}
	return nil
}

func (r NormalizeRules) column(c *schema.Column) error {
	if err := r.Column(c); err != nil {
		return err
	}
	if c.Generated != nil {
		if err := r.Canon("generated column "+c.Name, &c.Generated.Expr); err != nil {
			return err
		}
	}
	switch def := c.Default; {
	case def == nil:
	case def.Expr == schema.NowSeconds:
		def.Value = nil
		if !r.Seconds {
			def.Expr = schema.Now
		}
	case def.Expr != "":
		def.Value = nil
		if v, ok := r.Plain(def.Expr); ok {
			def.Value, def.Expr = r.Literal(c.Type, v), ""
			return nil
		}
		if err := r.Canon("the default of "+c.Name, &def.Expr); err != nil {
			return err
		}
		if def.Expr == "NULL" {
			c.Default = nil
		}
	case def.Value == nil:
		c.Default = nil
	default:
		def.Value = r.Literal(c.Type, def.Value)
	}
	return nil
}

// PlainBy is the Plain of an engine that reads expressions by r.
func PlainBy(r sqltext.Rules) func(e schema.Expr) (any, bool) {
	return func(e schema.Expr) (any, bool) { return sqltext.Literal(string(e), r) }
}

// NormalizeAll is Normalize of each table.
func NormalizeAll(d driver.DDL, tables []*schema.Table) ([]*schema.Table, error) {
	out := make([]*schema.Table, len(tables))
	for i, t := range tables {
		n, err := d.Normalize(t)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

// ScanType reports whether s, the name of a type, is exactly what format gives
// for some numbers, which it stores: "numeric(%d,%d)".
func ScanType(s, format string, n ...*int) bool {
	args := make([]any, len(n))
	for i := range n {
		args[i] = n[i]
	}
	if c, err := fmt.Sscanf(s, format, args...); err != nil || c != len(n) {
		return false
	}
	values := make([]any, len(n))
	for i := range n {
		values[i] = *n[i]
	}
	return fmt.Sprintf(format, values...) == s
}
