package ddltext

import (
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
)

// Kinds is a set of kinds of types: schema.Kind.IsText, or [Of] some of them.
type Kinds func(schema.Kind) bool

// Of is the set of these kinds.
func Of(kinds ...schema.Kind) Kinds {
	return func(k schema.Kind) bool { return slices.Contains(kinds, k) }
}

// Any is the set of all kinds.
func Any(schema.Kind) bool { return true }

// Conversion is how the values of one type become those of another.
type Conversion[T any] struct {
	From, To Kinds
	How      T
}

// Rule is a conversion.
func Rule[T any](from, to Kinds, how T) Conversion[T] {
	return Conversion[T]{From: from, To: to, How: how}
}

// Find returns the first rule for a change of a column's type, or a
// dberr.Unsupported error that asks for one.
func Find[T any](rules []Conversion[T], table string, from, to *schema.Column) (T, error) {
	for _, r := range rules {
		if r.From(from.Type.Kind) && r.To(to.Type.Kind) {
			return r.How, nil
		}
	}
	var none T
	return none, dberr.New(dberr.Unsupported, "alter column", "there is no rule how "+from.Type.String()+" becomes "+
		to.Type.String()+
		" in column "+table+"."+to.Name+"; say it with Using")
}

// Fill writes a rule's expression: $ is the quoted column, @ the type that it becomes.
func Fill(expr, column, ty string) string {
	return strings.NewReplacer("$", column, "@", ty).Replace(expr)
}
