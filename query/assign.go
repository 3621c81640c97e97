package query

import (
	"strconv"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/schema"
)

// once makes one assignment for each column: changes of parts of a document
// follow one another, and a column that is set twice is an error. The columns
// stay in the order in which they come first.
func once(t *schema.Table, set []Assignment) ([]Assignment, error) {
	if len(set) < 2 {
		return set, nil
	}
	at := make(map[*schema.Column]int, len(set))
	out := make([]Assignment, 0, len(set))
	for _, a := range set {
		i, again := at[a.col.col]
		switch {
		case !again:
			at[a.col.col] = len(out)
			out = append(out, a)
		case a.edit == nil || out[i].edit == nil:
			return nil, dberr.New(dberr.Invalid, t.Name, "the statement sets column "+a.col.col.Name+" twice; set it once")
		default:
			out[i] = follow(out[i], a)
		}
	}
	return out, nil
}

// follow is the change first and then the change next of one document.
func follow(first, next Assignment) Assignment {
	edit := func(doc Expr[jsonvalue.JSON]) driver.Expr {
		return driver.ExprFunc(func(b *driver.Builder) {
			between := Expr[jsonvalue.JSON]{n: first.edit(doc), ty: doc.ty, of: doc.of}
			b.Dialect().JSONLet(b, between, "larder_doc_"+strconv.Itoa(b.Len()), func(ref driver.Typed) {
				b.Expr(next.edit(Expr[jsonvalue.JSON]{n: ref, ty: doc.ty, of: doc.of}))
			})
		})
	}
	doc := column[jsonvalue.JSON](first.col).Expr
	return Assignment{col: first.col, value: edit(doc), edit: edit}
}
