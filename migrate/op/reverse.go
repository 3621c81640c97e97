package op

import (
	"slices"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
)

// Reverse returns the operations that undo ops, in the order in which they are
// to be run. before is the state that ops are applied to; it is left alone.
// What a reversal cannot bring back is what [Loss] says of ops. An operation
// that cannot be undone at all is a dberr.Unsupported error that names it.
func Reverse(before *State, ops []Op) ([]Op, error) {
	s := before.Clone()
	var out []Op
	for o := range whole(ops) {
		if g, ok := o.(guarded); ok && g.idle(s) != "" {
			continue
		}
		r, err := o.reverse(s)
		if err != nil {
			return nil, err
		}
		if r != nil {
			out = append(out, r)
		}
		if err := s.Apply(o); err != nil {
			return nil, err
		}
	}
	slices.Reverse(out)
	return Group(out), nil
}

// view is the table as o sees it: without the engine's stand-ins, which come
// back by themselves, unless o names one.
func (s *State) view(o Op, t *schema.Table) (*schema.Table, error) {
	r, err := s.relax(t)
	if err != nil || !namesStandIn(o, t, r) {
		return r, err
	}
	return t, nil
}

func irreversible(o Op, how string) error {
	return dberr.New(dberr.Unsupported, "reverse", "the operation cannot be undone: "+o.String()+"; "+how)
}

func (o CreateTable) reverse(*State) (Op, error) { return DropTable{Name: o.Table.Name}, nil }

func (o DropTable) reverse(s *State) (Op, error) {
	t, err := s.need(o.Name)
	if err != nil {
		return nil, err
	}
	return CreateTable{Table: t.Clone()}, nil
}

func (o RenameTable) reverse(*State) (Op, error) {
	return RenameTable{From: o.To, To: o.From, IfExists: o.IfExists, Owned: o.Owned}, nil
}

func (o AddColumn) reverse(*State) (Op, error) {
	return DropColumn{Table: o.Table, Column: o.Column.Name}, nil
}

// reverse brings back the column and all that went with it.
func (o DropColumn) reverse(s *State) (Op, error) {
	t, err := s.need(o.Table)
	if err != nil {
		return nil, err
	}
	if t, err = s.view(o, t); err != nil {
		return nil, err
	}
	c := t.Column(o.Column)
	if c == nil {
		return nil, mismatch("there is no column %s.%s", o.Table, o.Column)
	}
	b := Batch{Table: o.Table, Ops: []Op{AddColumn{Table: o.Table, Column: c.Clone(), Fill: EmptyValue(c)}}}
	for _, u := range t.Uniques {
		if slices.Contains(u.Columns, o.Column) {
			b.Ops = append(b.Ops, AddUnique{Table: o.Table, Unique: u})
		}
	}
	for _, k := range t.Checks {
		if names(k.Expr, o.Column) {
			b.Ops = append(b.Ops, AddCheck{Table: o.Table, Check: k})
		}
	}
	for _, i := range t.Indexes {
		if indexUses(i, o.Column) {
			b.Ops = append(b.Ops, CreateIndex{Table: o.Table, Index: i})
		}
	}
	for _, f := range t.ForeignKeys {
		if slices.Contains(f.Columns, o.Column) {
			b.Ops = append(b.Ops, AddForeignKey{Table: o.Table, ForeignKey: f})
		}
	}
	if len(b.Ops) == 1 {
		return b.Ops[0], nil
	}
	return b, nil
}

// EmptyValue is what a column that comes back holds in rows that exist, when
// it can neither be NULL nor has a default; empty where it can.
func EmptyValue(c *schema.Column) schema.Expr {
	if c.Nullable || c.Default != nil || c.Generated != nil || c.Identity != nil {
		return ""
	}
	switch c.Type.Kind {
	case schema.String, schema.Text:
		return "''"
	case schema.Integer, schema.BigInt, schema.SmallInt, schema.Float, schema.Numeric:
		return "0"
	case schema.Boolean:
		return "FALSE"
	case schema.JSON, schema.JSONB:
		return "'null'"
	case schema.DateTime:
		return "'1970-01-01 00:00:00'"
	case schema.Time:
		return "'00:00:00'"
	case schema.Date:
		return "'1970-01-01'"
	case schema.UUID:
		return "'00000000-0000-0000-0000-000000000000'"
	case schema.Enum:
		if len(c.Type.Values) > 0 {
			return schema.Expr((&schema.Default{Value: c.Type.Values[0]}).String())
		}
	}
	return ""
}

func (o RenameColumn) reverse(*State) (Op, error) {
	return RenameColumn{Table: o.Table, From: o.To, To: o.From, IfExists: o.IfExists, Owned: o.Owned}, nil
}

func (o AlterColumn) reverse(s *State) (Op, error) {
	t, err := s.need(o.Table)
	if err != nil {
		return nil, err
	}
	if t, err = s.view(o, t); err != nil {
		return nil, err
	}
	c := t.Column(o.Column)
	if c == nil {
		return nil, mismatch("there is no column %s.%s", o.Table, o.Column)
	}
	return AlterColumn{Table: o.Table, Column: o.Column, Facets: o.Facets, To: *c.Clone(), Using: o.Back,
		Back: o.Using}, nil
}

func (o CreateIndex) reverse(*State) (Op, error) {
	return DropIndex{Table: o.Table, Name: o.Index.Name, Concurrently: o.Concurrently}, nil
}

func (o DropIndex) reverse(s *State) (Op, error) {
	t, err := s.need(o.Table)
	if err != nil {
		return nil, err
	}
	if t, err = s.view(o, t); err != nil {
		return nil, err
	}
	i := t.IndexNamed(o.Name)
	if i == nil {
		return nil, mismatch("table %s has no index %s", o.Table, o.Name)
	}
	return CreateIndex{Table: o.Table, Index: i, Concurrently: o.Concurrently}, nil
}

func (o AddUnique) reverse(*State) (Op, error) {
	return DropUnique{Table: o.Table, Name: o.Unique.Name, Columns: o.Unique.Columns}, nil
}

func (o DropUnique) reverse(s *State) (Op, error) {
	t, err := s.need(o.Table)
	if err != nil {
		return nil, err
	}
	switch at := findUnique(t, o.Name, o.Columns); {
	case at.unique != nil:
		return AddUnique{Table: o.Table, Unique: at.unique}, nil
	case at.index != nil:
		return CreateIndex{Table: o.Table, Index: at.index}, nil
	}
	return nil, mismatch("table %s has no unique constraint %s", o.Table, label(o.Name, o.Columns))
}

func (o AddForeignKey) reverse(*State) (Op, error) {
	return DropForeignKey{Table: o.Table, Name: o.ForeignKey.Name, Columns: o.ForeignKey.Columns}, nil
}

func (o DropForeignKey) reverse(s *State) (Op, error) {
	t, err := s.need(o.Table)
	if err != nil {
		return nil, err
	}
	f := findForeign(t, o.Name, o.Columns)
	if f == nil {
		return nil, mismatch("table %s has no foreign key %s", o.Table, label(o.Name, o.Columns))
	}
	return AddForeignKey{Table: o.Table, ForeignKey: f}, nil
}

func (o AddCheck) reverse(*State) (Op, error) {
	return DropCheck{Table: o.Table, Name: o.Check.Name, Expr: o.Check.Expr}, nil
}

func (o DropCheck) reverse(s *State) (Op, error) {
	t, err := s.need(o.Table)
	if err != nil {
		return nil, err
	}
	k := s.check(t, o.Name, o.Expr)
	if k == nil {
		return nil, mismatch("table %s has no check %s", o.Table, o.Name)
	}
	return AddCheck{Table: o.Table, Check: k}, nil
}

func (o SetPrimaryKey) reverse(s *State) (Op, error) {
	t, err := s.need(o.Table)
	if err != nil {
		return nil, err
	}
	return SetPrimaryKey{Table: o.Table, Key: t.PrimaryKey}, nil
}

func (o SetComment) reverse(s *State) (Op, error) {
	t, err := s.need(o.Table)
	if err != nil {
		return nil, err
	}
	return SetComment{Table: o.Table, Comment: t.Comment}, nil
}

// reverse deletes the rows by their primary key.
func (o BulkInsert) reverse(s *State) (Op, error) {
	t, err := s.need(o.Table)
	if err != nil {
		return nil, err
	}
	if t.PrimaryKey == nil {
		return nil, irreversible(o, "the table has no primary key to find the rows by")
	}
	var at []int
	for _, c := range t.PrimaryKey.Columns {
		n := slices.Index(o.Columns, c)
		if n < 0 {
			return nil, irreversible(o, "the rows do not name the primary key column "+c)
		}
		at = append(at, n)
	}
	back := bulkDelete{Table: o.Table, Columns: t.PrimaryKey.Columns, insert: o}
	for _, row := range o.Rows {
		key := make([]any, len(at))
		for i, n := range at {
			key[i] = row[n]
		}
		back.Rows = append(back.Rows, key)
	}
	return back, nil
}

func (o OutsideTx) reverse(s *State) (Op, error) {
	ops, err := Reverse(s, o.Ops)
	if err != nil || len(ops) == 0 {
		return nil, err
	}
	return OutsideTx{Ops: ops}, nil
}

func (o Batch) reverse(s *State) (Op, error) {
	ops, err := Reverse(s, o.Ops)
	return Batch{Table: o.Table, Ops: ops}, err
}
