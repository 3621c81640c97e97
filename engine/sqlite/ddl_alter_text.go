package sqlite

import (
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// createText is a CREATE TABLE statement that can be edited. What no edit
// touches is written as it was read: clauses that the schema has no word for,
// such as ON CONFLICT, survive. Comments between columns do not.
type createText struct {
	items []*createItem
	tail  string // from the closing parenthesis on: WITHOUT ROWID, STRICT
	rules sqltext.Rules
}

// createItem is a column or a table constraint.
type createItem struct {
	text   string // as it was read; empty once it was edited
	column string // "" for a table constraint
	quoted string // the name as written
	typ    string
	cons   []*createConstraint // of a table constraint, exactly one
}

// createConstraint is a constraint of a column or table, or another clause of
// a column.
type createConstraint struct {
	// "primary key", "not null", "null", "unique", "check", "default", "collate", "references", "generated" or "" for nothing.
	kind    string
	name    string
	text    string
	columns []string
	table   string // references
	expr    string // check
}

// parseCreate reads a CREATE TABLE statement.
func parseCreate(text string, t *schema.Table) (*createText, error) {
	s, err := newStatement(text)
	if err != nil {
		return nil, err
	}
	_ = s.words("CREATE") && (s.words("TEMP") || s.words("TEMPORARY"))
	if !s.words("TABLE") {
		return nil, s.fail()
	}
	s.words("IF", "NOT", "EXISTS")
	if _, err := s.name(); err != nil {
		return nil, err
	}
	if s.op(".") {
		if _, err := s.name(); err != nil {
			return nil, err
		}
	}
	if !s.op("(") {
		return nil, s.fail()
	}
	c := &createText{rules: textRules(t)}
	for {
		if s.done() {
			return nil, s.fail()
		}
		i, err := s.createItem()
		if err != nil {
			return nil, err
		}
		c.items = append(c.items, i)
		if s.peek().IsOp(")") {
			c.tail = text[s.peek().Pos:]
			return c, nil
		}
		if !s.op(",") && !s.constraintAhead() {
			return nil, s.fail()
		}
	}
}

func (s *statement) createItem() (*createItem, error) {
	i := &createItem{}
	start := s.peek().Pos
	if s.constraintAhead() {
		k, err := s.createConstraint("")
		if err != nil {
			return nil, err
		}
		i.cons = []*createConstraint{k}
		i.text = strings.TrimSpace(s.text[start:s.toks[s.i-1].End])
		return i, nil
	}
	name, err := s.name()
	if err != nil {
		return nil, err
	}
	i.column, i.quoted = name, s.text[start:s.toks[s.i-1].End]
	typ := s.peek().Pos
	for !s.done() && !s.columnConstraintAhead() && !s.peek().IsOp(",") && !s.peek().IsOp(")") {
		if s.peek().IsOp("(") {
			if _, err := s.group(); err != nil {
				return nil, err
			}
			continue
		}
		s.i++
	}
	if end := s.toks[s.i-1].End; end > typ {
		i.typ = s.text[typ:end]
	}
	for !s.done() && !s.peek().IsOp(",") && !s.peek().IsOp(")") {
		if s.constraintAhead() && !s.columnConstraintAhead() {
			break
		}
		k, err := s.createConstraint(name)
		if err != nil {
			return nil, err
		}
		i.cons = append(i.cons, k)
	}
	i.text = s.text[start:s.toks[s.i-1].End]
	return i, nil
}

// createConstraint reads one constraint, of the column or, when it is "", of
// the table.
func (s *statement) createConstraint(column string) (*createConstraint, error) {
	start := s.peek().Pos
	k := &createConstraint{}
	if column != "" {
		k.columns = []string{column}
	}
	var err error
	if k.name, err = s.constraintName(); err != nil {
		return nil, err
	}
	// The parts that package sqltext has no reader for are read by the one of
	// the inspection, into a table that nobody looks at.
	scratch := &tableText{columns: map[string]*columnText{}}
	switch {
	case s.words("PRIMARY", "KEY"):
		k.kind = "primary key"
		if column == "" {
			if k.columns, err = s.columnList(); err != nil {
				return nil, err
			}
		} else {
			_ = s.words("ASC") || s.words("DESC")
		}
		s.conflict()
		s.words("AUTOINCREMENT")
	case s.words("NOT", "NULL"):
		k.kind = "not null"
		s.conflict()
	case s.words("NULL"):
		k.kind = "null"
		s.conflict()
	case s.words("UNIQUE"):
		k.kind = "unique"
		if column == "" {
			if k.columns, err = s.columnList(); err != nil {
				return nil, err
			}
		}
		s.conflict()
	case s.words("CHECK"):
		k.kind = "check"
		if k.expr, err = s.group(); err != nil {
			return nil, err
		}
		s.conflict()
	case s.words("DEFAULT"):
		k.kind = "default"
		if err := s.skipDefault(); err != nil {
			return nil, err
		}
	case s.words("COLLATE"):
		k.kind = "collate"
		if _, err := s.name(); err != nil {
			return nil, err
		}
	case s.words("FOREIGN", "KEY"):
		if k.columns, err = s.columnList(); err != nil {
			return nil, err
		}
		fallthrough
	case s.peek().Is("REFERENCES"):
		k.kind = "references"
		if err := s.references(scratch, k.name, k.columns); err != nil {
			return nil, err
		}
		k.table = scratch.foreign[0].table
	case s.words("GENERATED", "ALWAYS", "AS"), s.words("AS"):
		k.kind = "generated"
		if _, err := s.group(); err != nil {
			return nil, err
		}
		_ = s.words("STORED") || s.words("VIRTUAL")
	default:
		// A name may stand alone.
		if k.name == "" {
			return nil, s.fail()
		}
	}
	k.text = s.text[start:s.toks[s.i-1].End]
	return k, nil
}

// write gives the statement, for a table of that name.
func (c *createText) write(table string) string {
	items := make([]string, len(c.items))
	for n, i := range c.items {
		if items[n] = i.text; i.text == "" {
			items[n] = i.write()
		}
		// A line comment would swallow the comma.
		if strings.Contains(items[n], "--") {
			items[n] += "\n"
		}
	}
	return "CREATE TABLE " + quoteIdent(table) + " (\n\t" + strings.Join(items, ",\n\t") + "\n" + c.tail
}

func (i *createItem) write() string {
	var parts []string
	if i.column != "" {
		parts = append(parts, i.quoted)
		if i.typ != "" {
			parts = append(parts, i.typ)
		}
	}
	for _, k := range i.cons {
		parts = append(parts, k.text)
	}
	return strings.Join(parts, " ")
}

func (c *createText) item(column string) *createItem {
	for _, i := range c.items {
		if i.column != "" && strings.EqualFold(i.column, column) {
			return i
		}
	}
	return nil
}

// set replaces what a column has of a kind; an empty text takes it away.
func (i *createItem) set(text string, kinds ...string) {
	i.text = ""
	i.cons = slices.DeleteFunc(i.cons, func(k *createConstraint) bool { return slices.Contains(kinds, k.kind) })
	if text != "" {
		i.cons = append(i.cons, &createConstraint{kind: kinds[0], text: text, columns: []string{i.column}})
	}
}

// addColumn adds a column behind the others.
func (c *createText) addColumn(name, text string) {
	n := len(c.items)
	for n > 0 && c.items[n-1].column == "" {
		n--
	}
	c.items = slices.Insert(c.items, n, &createItem{column: name, text: text})
}

func (c *createText) addConstraint(text string) { c.items = append(c.items, &createItem{text: text}) }

// drop removes the constraint that match finds: one of the name it asks for
// before one that it only looks like.
func (c *createText) drop(what string, match func(k *createConstraint) bool) error {
	for _, i := range c.items {
		for n, k := range i.cons {
			if !match(k) {
				continue
			}
			if i.column == "" {
				c.items = slices.DeleteFunc(c.items, func(o *createItem) bool { return o == i })
				return nil
			}
			i.text = ""
			i.cons = slices.Delete(i.cons, n, n+1)
			return nil
		}
	}
	return &dberr.Error{Op: "change", Code: dberr.Unsupported, Engine: "sqlite",
		Msg: what + " is not found in the text of the table's definition"}
}

func (c *createText) dropPrimaryKey() {
	for {
		err := c.drop("", func(k *createConstraint) bool { return k.kind == "primary key" })
		if err != nil {
			return
		}
	}
}

func (c *createText) dropUnique(u *schema.Unique) error {
	return c.drop(u.String(), func(k *createConstraint) bool {
		return k.kind == "unique" && k.name == u.Name && equalFold(k.columns, u.Columns)
	})
}

func (c *createText) dropForeignKey(f *schema.ForeignKey) error {
	return c.drop(f.String(), func(k *createConstraint) bool {
		return k.kind == "references" && k.name == f.Name && equalFold(k.columns, f.Columns) &&
			strings.EqualFold(k.table, f.RefTable)
	})
}

func (c *createText) dropCheck(k *schema.Check) error {
	return c.drop(k.String(), func(o *createConstraint) bool {
		if o.kind != "check" || o.name != k.Name {
			return false
		}
		e, err := sqltext.Canonical(o.expr, c.rules)
		return err == nil && e == string(k.Expr)
	})
}
