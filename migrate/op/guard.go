package op

import "github.com/larder-db/larder/schema"

// idle of the operations: why there is nothing to do.

func (o CreateTable) idle(s *State) string {
	if o.IfNotExists && s.Table(o.Table.Name) != nil {
		return "table " + o.Table.Name + " exists"
	}
	return ""
}

func (o DropTable) idle(s *State) string {
	if o.IfExists && s.Table(o.Name) == nil {
		return "there is no table " + o.Name
	}
	return ""
}

func (o RenameTable) idle(s *State) string {
	switch {
	case !o.IfExists:
	case s.Table(o.From) == nil:
		return "there is no table " + o.From
	case s.Table(o.To) != nil:
		return "table " + o.To + " exists"
	}
	return ""
}

func (o RenameColumn) idle(s *State) string {
	switch t := s.Table(o.Table); {
	case !o.IfExists:
	case t == nil:
		return "there is no table " + o.Table
	case t.Column(o.From) == nil:
		return "there is no column " + o.Table + "." + o.From
	case t.Column(o.To) != nil:
		return "column " + o.Table + "." + o.To + " exists"
	}
	return ""
}

func (o SetPrimaryKey) idle(s *State) string {
	if !o.IfMissing {
		return ""
	}
	switch t := s.Table(o.Table); {
	case t == nil:
		return "there is no table " + o.Table
	case t.PrimaryKey != nil:
		return "table " + o.Table + " has a primary key"
	}
	return ""
}

func (o AddColumn) idle(s *State) string {
	if t := s.Table(o.Table); o.IfNotExists && t != nil && t.Column(o.Column.Name) != nil {
		return "column " + o.Table + "." + o.Column.Name + " exists"
	}
	return ""
}

// absent says that a table, or something of it, is not there.
func absent(is bool, s *State, table, what string, there func(t *schema.Table) bool) string {
	if !is {
		return ""
	}
	t := s.Table(table)
	if t == nil {
		return "there is no table " + table
	}
	if !there(t) {
		return "there is no " + what + " on table " + table
	}
	return ""
}

func (o DropColumn) idle(s *State) string {
	return absent(o.IfExists, s, o.Table, "column "+o.Column,
		func(t *schema.Table) bool { return t.Column(o.Column) != nil })
}

func (o AlterColumn) idle(s *State) string {
	return absent(o.IfExists, s, o.Table, "column "+o.Column,
		func(t *schema.Table) bool { return t.Column(o.Column) != nil })
}

func (o CreateIndex) idle(s *State) string {
	if t := s.Table(o.Table); o.IfNotExists && t != nil && t.IndexNamed(o.Index.Name) != nil {
		return "index " + o.Index.Name + " exists"
	}
	return ""
}

func (o DropIndex) idle(s *State) string {
	return absent(o.IfExists, s, o.Table, "index "+o.Name,
		func(t *schema.Table) bool { return t.IndexNamed(o.Name) != nil })
}

func (o AddUnique) idle(s *State) string {
	if t := s.Table(o.Table); o.IfNotExists && t != nil && findUnique(t, o.Unique.Name, o.Unique.Columns).found() {
		return "unique constraint " + label(o.Unique.Name, o.Unique.Columns) + " exists"
	}
	return ""
}

func (o DropUnique) idle(s *State) string {
	return absent(o.IfExists, s, o.Table, "unique constraint "+label(o.Name, o.Columns),
		func(t *schema.Table) bool { return findUnique(t, o.Name, o.Columns).found() })
}

func (o AddForeignKey) idle(s *State) string {
	if t := s.Table(o.Table); o.IfNotExists && t != nil && findForeign(t, o.ForeignKey.Name, o.ForeignKey.Columns) != nil {
		return "foreign key " + label(o.ForeignKey.Name, o.ForeignKey.Columns) + " exists"
	}
	return ""
}

func (o DropForeignKey) idle(s *State) string {
	return absent(o.IfExists, s, o.Table, "foreign key "+label(o.Name, o.Columns),
		func(t *schema.Table) bool { return findForeign(t, o.Name, o.Columns) != nil })
}

func (o AddCheck) idle(s *State) string {
	if t := s.Table(o.Table); o.IfNotExists && t != nil && findCheck(t, o.Check.Name, "") != nil {
		return "check " + o.Check.Name + " exists"
	}
	return ""
}

func (o DropCheck) idle(s *State) string {
	return absent(o.IfExists, s, o.Table, "check "+o.Name,
		func(t *schema.Table) bool { return s.check(t, o.Name, o.Expr) != nil })
}
