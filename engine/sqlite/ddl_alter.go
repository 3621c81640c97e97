package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// Settings that a script changes on its connection, and puts back.
const (
	foreignKeysOff = "PRAGMA foreign_keys = OFF"
	foreignKeysOn  = "PRAGMA foreign_keys = ON"
	legacyOn       = "PRAGMA legacy_alter_table = ON"
	legacyOff      = "PRAGMA legacy_alter_table = OFF"
)

// Change uses ALTER TABLE where SQLite has it for all of the changes, and else
// rebuilds the table once.
func (d *DDL) Change(a driver.Alteration) (driver.Script, error) {
	w := &alteration{d: d, Alteration: a}
	if len(a.Changes) == 1 {
		switch c := a.Changes[0].(type) {
		case schema.AddTable:
			stmts, err := d.CreateTables(c.Table)
			for _, s := range stmts {
				w.add(driver.BriefLock, c.String(), s)
			}
			return w.script, err
		case schema.DropTable:
			w.dropTable(c)
			return w.script, nil
		case schema.RenameTable:
			// The names in triggers, views and foreign keys follow.
			w.add(driver.BriefLock, c.String(), "ALTER TABLE "+quoteIdent(c.From)+" RENAME TO "+quoteIdent(c.To))
			return w.script, nil
		case schema.RenameColumn:
			w.add(driver.BriefLock, c.String(),
				"ALTER TABLE "+quoteIdent(c.Table.Name)+" RENAME COLUMN "+quoteIdent(c.From)+" TO "+quoteIdent(c.To))
			return w.script, nil
		}
	}
	if done, err := w.inPlace(); done || err != nil {
		return w.script, err
	}
	return w.script, w.rebuild()
}

// alteration writes one script.
type alteration struct {
	d *DDL
	driver.Alteration
	script driver.Script
}

func (w *alteration) add(lock driver.Lock, comment, sql string) {
	w.script.Statements = append(w.script.Statements, driver.ScriptStatement{SQL: sql, Comment: comment, Lock: lock})
}

// extras is what the live database says about the table beyond its schema.
type extras struct {
	create    string   // the statement that made it
	objects   []object // what stands or falls with it: its indexes and triggers, and views and triggers elsewhere
	referrers []string // other tables with foreign keys to it
}

// object is an index, trigger or view of the live database.
type object struct {
	kind  string // "index", "trigger" or "view"
	name  string
	table string // the table that an index or trigger belongs to
	sql   string // the statement that made it
	// trial is a query that can be prepared only when the object can be used;
	// empty when it could not be used to begin with, or nobody can tell.
	trial string
}

// extras are those that were read; none where nothing is known.
func (w *alteration) extras() extras {
	x, _ := w.Extras.Own.(extras)
	return x
}

// ExtrasOf finds the tables that refer to a table.
func (*DDL) ExtrasOf(tables []*schema.Table, table string) driver.Extras {
	var x extras
	for _, o := range tables {
		if o.Name != table && slices.ContainsFunc(o.ForeignKeys, func(f *schema.ForeignKey) bool { return strings.EqualFold(f.RefTable, table) }) {
			x.referrers = append(x.referrers, o.Name)
		}
	}
	return driver.Extras{Own: x}
}

// dropTable drops a table without what SQLite would do first: delete its rows,
// and with them those that refer to them.
func (w *alteration) dropTable(c schema.DropTable) {
	if len(w.extras().referrers) > 0 {
		w.withoutForeignKeys()
		for _, r := range w.extras().referrers {
			w.verifyForeignKeys(r)
		}
	}
	w.add(driver.BriefLock, c.String(), "DROP TABLE "+quoteIdent(c.Table.Name))
	w.verifyObjects(c.Table.Name, nil)
}

// withoutForeignKeys switches foreign keys off, which SQLite ignores inside a
// transaction, and makes sure of it.
func (w *alteration) withoutForeignKeys() {
	w.script.Before = append(w.script.Before, foreignKeysOff)
	w.script.After = append(w.script.After, legacyOff, foreignKeysOn)
	w.script.Expect = append(w.script.Expect, driver.Check{
		Query: "SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 1",
		Msg:   "foreign keys are on, and dropping the old table would delete the rows that refer to it; run PRAGMA foreign_keys = OFF on the connection ahead of the transaction",
	})
}

// verifyForeignKeys makes sure that no more rows of the table refer to nothing
// than before: a database whose foreign keys were not enforced may have some.
func (w *alteration) verifyForeignKeys(table string) {
	w.script.Verify = append(w.script.Verify, driver.Check{
		Kind:  driver.NotMore,
		Query: `SELECT "table", parent, count(*) FROM pragma_foreign_key_check(` + quoteText(table) + `) GROUP BY 1, 2`,
		Msg:   "rows of table " + table + " would refer to rows that do not exist; delete or correct them first",
	})
}

// verifyObjects makes sure that views and triggers work that worked before.
func (w *alteration) verifyObjects(own string, after *schema.Table) {
	for _, o := range w.extras().objects {
		trial := o.trial
		if o.kind == "trigger" && strings.EqualFold(o.table, own) {
			if after == nil {
				continue // it goes with the table
			}
			if trial != "" {
				trial = triggerTrial(o.sql, own, plainColumns(after))
			}
		}
		if trial == "" || o.kind == "index" {
			continue
		}
		w.script.Verify = append(w.script.Verify, driver.Check{Kind: driver.Prepares, Query: trial,
			Msg: fmt.Sprintf("%s %s names something of table %s that would be gone; drop it first and make it again afterwards",
				o.kind, o.name, own)})
	}
}

func plainColumns(t *schema.Table) []string {
	var out []string
	for _, c := range t.Columns {
		if c.Generated == nil {
			out = append(out, c.Name)
		}
	}
	return out
}

// triggerTrial is a statement that can be prepared only when the trigger can
// run; empty when the trigger's text cannot be read.
func triggerTrial(text, table string, columns []string) string {
	s, err := newStatement(text)
	if err != nil || !s.words("CREATE") {
		return ""
	}
	_ = s.words("TEMP") || s.words("TEMPORARY")
	if !s.words("TRIGGER") {
		return ""
	}
	s.words("IF", "NOT", "EXISTS")
	if _, err := s.name(); err != nil {
		return ""
	}
	if s.op(".") {
		if _, err := s.name(); err != nil {
			return ""
		}
	}
	_ = s.words("BEFORE") || s.words("AFTER") || s.words("INSTEAD", "OF")
	switch {
	case s.words("DELETE"):
		return "EXPLAIN DELETE FROM " + quoteIdent(table)
	case s.words("INSERT"):
		return "EXPLAIN INSERT INTO " + quoteIdent(table) + " DEFAULT VALUES"
	case s.words("UPDATE"):
		if s.words("OF") {
			n, err := s.name()
			if err != nil {
				return ""
			}
			columns = []string{n}
		}
		if len(columns) > 0 {
			return "EXPLAIN UPDATE " + quoteIdent(table) + " SET " + quoteIdent(columns[0]) + " = NULL"
		}
	}
	return ""
}

// inPlace writes the changes with ALTER TABLE and reports whether it can.
func (w *alteration) inPlace() (bool, error) {
	foreign := map[string]*schema.ForeignKey{} // by the column that comes with it
	for _, c := range w.Changes {
		if f, ok := c.(schema.AddForeignKey); ok && len(f.ForeignKey.Columns) == 1 {
			foreign[f.ForeignKey.Columns[0]] = f.ForeignKey
		}
	}
	came := map[string]bool{}
	var script driver.Script
	add := func(lock driver.Lock, comment, sql string) {
		script.Statements = append(script.Statements, driver.ScriptStatement{SQL: sql, Comment: comment, Lock: lock})
	}
	table := "ALTER TABLE " + quoteIdent(w.Before.Name) + " "
	for _, c := range w.Changes {
		switch c := c.(type) {
		case schema.AddIndex:
			s, err := w.d.text.Index(c.Table, c.Index)
			if err != nil {
				return false, err
			}
			add(driver.WritersWait, c.String(), s)
		case schema.DropIndex:
			add(driver.BriefLock, c.String(), "DROP INDEX "+quoteIdent(c.Index.Name))
		case schema.DropColumn:
			if c.Column.Identity != nil || c.Column.Generated != nil {
				return false, nil
			}
			add(driver.RewriteWrite, c.String(), table+"DROP COLUMN "+quoteIdent(c.Column.Name))
		case schema.AddColumn:
			if !addable(c.Column) || w.Fill[c.Column.Name] != "" {
				return false, nil
			}
			s, err := w.d.text.Column(c.Table, c.Column)
			if err != nil {
				return false, err
			}
			if f := foreign[c.Column.Name]; f != nil {
				if c.Column.Default != nil || !c.Column.Nullable {
					return false, nil
				}
				s += " " + w.d.text.References(f)
				came[c.Column.Name] = true
			}
			add(driver.BriefLock, c.String(), table+"ADD COLUMN "+s)
		case schema.AddForeignKey:
			if f := c.ForeignKey; len(f.Columns) != 1 || !came[f.Columns[0]] || foreign[f.Columns[0]] != f {
				return false, nil
			}
		default:
			return false, nil
		}
	}
	w.script = script
	return true, nil
}

// addable reports whether ALTER TABLE ADD COLUMN takes the column when the
// table has rows.
func addable(c *schema.Column) bool {
	switch {
	case c.Identity != nil, c.Generated != nil && c.Generated.Stored, c.Generated != nil && !c.Nullable:
		return false
	case c.Generated != nil:
		return true
	case c.Default != nil:
		return c.Default.Expr == ""
	}
	return c.Nullable
}

// edit makes the changes in the text of the table's definition.
func (w *alteration) edit() (*createText, error) {
	text := w.extras().create
	if text == "" {
		var err error
		if text, err = w.d.text.Table(w.Before); err != nil {
			return nil, err
		}
	}
	ct, err := parseCreate(text, w.Before)
	if err != nil {
		return nil, unreadable("table", w.Before.Name, err)
	}
	for _, c := range w.Before.Columns {
		if ct.item(c.Name) == nil {
			return nil, &dberr.Error{Op: "change", Code: dberr.SchemaMismatch, Engine: "sqlite",
				Msg: "the definition of table " + w.Before.Name + " has no column " + c.Name +
					"; the table was changed meanwhile, run the migration again"}
		}
	}
	for _, c := range w.Changes {
		if err := w.editOne(ct, c); err != nil {
			return nil, err
		}
	}
	return ct, nil
}

func (w *alteration) editOne(ct *createText, c schema.Change) error {
	switch c := c.(type) {
	case schema.AddIndex, schema.DropIndex, schema.CommentTable:
		return nil
	case schema.DropForeignKey:
		return ct.dropForeignKey(c.ForeignKey)
	case schema.DropUnique:
		return ct.dropUnique(c.Unique)
	case schema.DropCheck:
		return ct.dropCheck(c.Check)
	case schema.DropColumn:
		i := ct.item(c.Column.Name)
		ct.items = slices.DeleteFunc(ct.items, func(o *createItem) bool { return o == i })
		return nil
	case schema.AddColumn:
		s, err := w.d.text.Column(c.Table, c.Column)
		if err == nil && c.Column.Identity != nil && c.Column.Identity.NoReuse {
			ct.dropPrimaryKey()
		}
		ct.addColumn(c.Column.Name, s)
		return err
	case schema.AlterColumn:
		return w.editColumn(ct, c)
	case schema.AlterPrimaryKey:
		if auto := autoColumn(w.After); auto != "" {
			return nil // it stands with the column
		}
		ct.dropPrimaryKey()
		if c.To == nil {
			return nil
		}
		ct.addConstraint(w.d.text.PrimaryKey(c.To))
		return nil
	case schema.AddUnique:
		ct.addConstraint(w.d.text.Unique(c.Unique))
		return nil
	case schema.AddForeignKey:
		ct.addConstraint(w.d.text.ForeignKey(c.ForeignKey))
		return nil
	case schema.AddCheck:
		s, err := w.d.text.Check(c.Check)
		ct.addConstraint(s)
		return err
	}
	return dberr.New(dberr.Unsupported, "change", "SQLite does not know how to "+c.String())
}

func autoColumn(t *schema.Table) string {
	for _, c := range t.Columns {
		if c.Identity != nil && c.Identity.NoReuse {
			return c.Name
		}
	}
	return ""
}

func (w *alteration) editColumn(ct *createText, c schema.AlterColumn) error {
	i := ct.item(c.From.Name)
	for _, f := range c.Facets {
		switch f {
		case schema.TypeFacet:
			i.text, i.typ = "", c.To.Type.Raw
		case schema.NullFacet:
			text := "NOT NULL"
			if c.To.Nullable {
				text = ""
			}
			i.set(text, "not null", "null")
		case schema.DefaultFacet:
			text := ""
			if c.To.Default != nil {
				def, err := w.d.text.Default(c.To)
				if err != nil {
					return err
				}
				text = "DEFAULT " + def
			}
			i.set(text, "default")
		case schema.GeneratedFacet:
			text := ""
			if g := c.To.Generated; g != nil {
				var err error
				if text, err = w.d.text.Generated(g); err != nil {
					return err
				}
			}
			i.set(text, "generated")
		case schema.CollationFacet:
			text := ""
			if c.To.Collation != "" {
				text = "COLLATE " + quoteIdent(c.To.Collation)
			}
			i.set(text, "collate")
		case schema.IdentityFacet:
			was := c.From.Identity != nil && c.From.Identity.NoReuse
			is := c.To.Identity != nil && c.To.Identity.NoReuse
			if was == is {
				continue // the type and the key say it
			}
			ct.dropPrimaryKey()
			if is {
				s, err := w.d.text.Column(w.After, c.To)
				if err != nil {
					return err
				}
				i.text, i.cons = s, nil
			} else if k := w.After.PrimaryKey; k != nil {
				ct.addConstraint(w.d.text.PrimaryKey(k))
			}
		}
	}
	return nil
}
