package mysql

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/ddltext"
	"github.com/larder-db/larder/schema"
)

// alteration writes one script. The server makes one ALTER TABLE as a whole or
// not at all, and copies the table once for it: what can go into one does.
type alteration struct {
	d *DDL
	driver.Alteration
	script driver.Script

	first   clauses // ahead of the others, where a name is used again
	drops   clauses
	columns clauses
	adds    clauses
	after   []driver.ScriptStatement // behind the ALTER
	lock    driver.Lock
}

// clauses of an ALTER TABLE, and what they are for people.
type clauses struct {
	sql, comments []string
	probe         string
}

func (c *clauses) add(comment, sql, probe string) {
	c.sql = append(c.sql, sql)
	if comment != "" {
		c.comments = append(c.comments, comment)
	}
	if c.probe == "" {
		c.probe = probe
	}
}

// Change writes all changes as one ALTER TABLE where that can be done.
func (d *DDL) Change(a driver.Alteration) (driver.Script, error) {
	w := &alteration{d: d, Alteration: a, lock: driver.NoLock}
	if a.Before != nil {
		w.renameIndexes()
	}
	for _, c := range w.Changes {
		if err := w.change(c); err != nil {
			return driver.Script{}, dberr.WithOp(err, c.String())
		}
	}
	w.flush()
	w.allowZeroDates()
	return w.script, nil
}

// renameIndexes gives indexes their new names that change in nothing else. Other
// constraints cannot be renamed.
func (w *alteration) renameIndexes() {
	indexes := slices.DeleteFunc(slices.Clone(w.Changes), func(c schema.Change) bool { return !isIndex(c) })
	renamed, left := ddltext.Renames(indexes, w.Before.Names())
	if len(renamed) == 0 {
		return
	}
	w.Changes = slices.DeleteFunc(slices.Clone(w.Changes), func(c schema.Change) bool {
		return isIndex(c) && !slices.ContainsFunc(left, func(o schema.Change) bool { return reflect.DeepEqual(c, o) })
	})
	for _, r := range renamed {
		w.adds.add("rename index "+r.From+" to "+r.To, "RENAME INDEX "+quoteIdent(r.From)+" TO "+quoteIdent(r.To),
			indexIs(w.table(), r.To, nil))
	}
}

func isIndex(c schema.Change) bool {
	switch c.(type) {
	case schema.AddIndex, schema.DropIndex:
		return true
	}
	return false
}

func (w *alteration) table() string { return w.Before.Name }

// heavier keeps the heaviest lock of the clauses.
func (w *alteration) heavier(l driver.Lock) {
	order := []driver.Lock{driver.NoLock, driver.BriefLock, driver.DataLock, driver.Copy}
	if slices.Index(order, l) > slices.Index(order, w.lock) {
		w.lock = l
	}
}

func (w *alteration) statement(lock driver.Lock, comment, sql, probe string) {
	w.script.Statements = append(w.script.Statements,
		driver.ScriptStatement{SQL: sql, Comment: comment, Lock: lock, Probe: probe})
}

// flush writes the clauses collected.
func (w *alteration) flush() {
	alter := func(parts ...clauses) {
		var all clauses
		for _, p := range parts {
			all.sql = append(all.sql, p.sql...)
			all.comments = append(all.comments, p.comments...)
			if p.probe != "" {
				all.probe = p.probe
			}
		}
		if len(all.sql) == 0 {
			return
		}
		w.statement(w.lock, strings.Join(all.comments, "; "),
			"ALTER TABLE "+quoteIdent(w.table())+" "+strings.Join(all.sql, ", "), all.probe)
	}
	alter(w.first)
	alter(w.drops, w.columns, w.adds)
	w.script.Statements = append(w.script.Statements, w.after...)
	w.first, w.drops, w.columns, w.adds, w.after, w.lock = clauses{}, clauses{}, clauses{}, clauses{}, nil, driver.NoLock
}

func (w *alteration) change(c schema.Change) error {
	switch c := c.(type) {
	case schema.AddTable:
		stmts, err := w.d.CreateTables(c.Table)
		if err != nil {
			return err
		}
		for _, s := range stmts {
			w.statement(driver.BriefLock, c.String(), s, tableThere(c.Table.Name))
		}
	case schema.DropTable:
		w.statement(driver.BriefLock, c.String(), "DROP TABLE "+quoteIdent(c.Table.Name), not(tableThere(c.Table.Name)))
	case schema.RenameTable:
		w.renameTable(c)
	case schema.RenameColumn:
		return w.renameColumn(c)
	case schema.AddColumn:
		return w.addColumn(c)
	case schema.DropColumn:
		w.heavier(driver.Copy)
		w.dropJSON(c.Column)
		w.drops.add(c.String(), "DROP COLUMN "+quoteIdent(c.Column.Name), not(columnThere(w.table(), c.Column.Name)))
	case schema.AlterColumn:
		return w.alterColumn(c)
	case schema.CommentTable:
		w.adds.add(c.String(), "COMMENT="+quoteText(c.To), "")
	default:
		return w.changeConstraint(c)
	}
	return nil
}

// changeConstraint writes a change of a key, an index or a check.
func (w *alteration) changeConstraint(c schema.Change) error {
	switch c := c.(type) {
	case schema.AlterPrimaryKey:
		w.heavier(driver.Copy)
		if c.From != nil {
			w.drops.add(c.String(), "DROP PRIMARY KEY", not(indexIs(w.table(), "PRIMARY", nil)))
		}
		if c.To != nil {
			w.adds.add(c.String(), "ADD "+w.d.text.PrimaryKey(c.To), keyIs(w.table(), c.To))
		}
	case schema.AddIndex:
		key, err := w.d.text.Key(c.Index)
		if err != nil {
			return err
		}
		w.adds.add(c.String(), "ADD "+key, indexIs(w.table(), c.Index.Name, c.Index))
	case schema.DropIndex:
		w.drops.add(c.String(), "DROP INDEX "+quoteIdent(c.Index.Name), not(indexIs(w.table(), c.Index.Name, nil)))
	case schema.AddForeignKey:
		w.heavier(driver.Copy)
		w.adds.add(c.String(), "ADD "+w.d.text.ForeignKey(c.ForeignKey), constraintThere(w.table(), c.ForeignKey.Name))
	case schema.DropForeignKey:
		to := &w.drops
		if w.added(c.ForeignKey.Name) {
			to = &w.first
		}
		to.add(c.String(), "DROP FOREIGN KEY "+quoteIdent(c.ForeignKey.Name),
			not(constraintThere(w.table(), c.ForeignKey.Name)))
	case schema.AddCheck:
		return w.addCheck(c.String(), c.Check.Name, c.Check.Expr)
	case schema.DropCheck:
		if w.inline(c.Check.Name) {
			return w.dropInline(c.String(), c.Check.Name)
		}
		to := &w.drops
		if w.added(c.Check.Name) {
			to = &w.first
		}
		to.add(c.String(), w.d.withoutCheck(c.Check.Name), not(constraintThere(w.table(), c.Check.Name)))
	default:
		return dberr.New(dberr.Unsupported, "change", w.d.Title()+" does not know how to "+c.String())
	}
	return nil
}

// added reports whether a constraint of that name comes in the same script.
func (w *alteration) added(name string) bool {
	return slices.ContainsFunc(w.Changes, func(c schema.Change) bool {
		switch c := c.(type) {
		case schema.AddForeignKey:
			return c.ForeignKey.Name == name
		case schema.AddCheck:
			return c.Check.Name == name
		}
		return false
	})
}

func (d *DDL) withoutCheck(name string) string { return d.dropCheck() + quoteIdent(name) }

func (w *alteration) addCheck(comment, name string, e schema.Expr) error {
	s, err := w.d.text.Expr(e)
	if err != nil {
		return err
	}
	w.heavier(driver.Copy)
	w.adds.add(comment, "ADD CONSTRAINT "+quoteIdent(name)+" CHECK ("+s+")", constraintThere(w.table(), name))
	return nil
}

// jsonName is the name by rule of the check that keeps a column JSON.
func jsonName(table, column string) string {
	return schema.InventName(table, []string{column}, "json")
}

// dropJSON drops the check of a JSON column, unless it goes with the column.
func (w *alteration) dropJSON(c *schema.Column) {
	if c.Type.Kind != schema.JSON {
		return
	}
	if name := w.jsonCheckOf(w.table(), c.Name); name != "" {
		w.drops.add("", w.d.withoutCheck(name), "")
	}
}

func (w *alteration) addJSON(c *schema.Column) error {
	if c.Type.Kind != schema.JSON {
		return nil
	}
	return w.addCheck("", jsonName(w.table(), c.Name), validJSON(c.Name))
}

// renameTable gives the checks of JSON columns the names that they have by
// rule: those are unique in the database, and the old name may be used again.
func (w *alteration) renameTable(c schema.RenameTable) {
	w.statement(driver.BriefLock, c.String(), "RENAME TABLE "+quoteIdent(c.From)+" TO "+quoteIdent(c.To), tableThere(c.To))
	var parts []string
	probe := ""
	for _, col := range w.Before.Columns {
		if col.Type.Kind != schema.JSON {
			continue
		}
		name := w.jsonCheckOf(c.From, col.Name)
		if now := jsonName(c.To, col.Name); name != "" && name != now {
			parts = append(parts, w.d.withoutCheck(name), "ADD "+jsonCheck(now, col.Name))
			probe = constraintThere(c.To, now)
		}
	}
	if len(parts) > 0 {
		w.statement(driver.Copy, "checks of JSON columns follow the name of the table",
			"ALTER TABLE "+quoteIdent(c.To)+" "+strings.Join(parts, ", "), probe)
	}
}

// renameColumn takes away what mentions the column in an expression, which
// the server does not rename, and makes it again.
func (w *alteration) renameColumn(c schema.RenameColumn) error {
	col := w.Before.Column(c.From)
	if col == nil {
		return dberr.New(dberr.SchemaMismatch, "change", "there is no column "+w.Before.Name+"."+c.From)
	}
	r := columnRename{alteration: w, c: c, json: col.Type.Kind == schema.JSON, gone: map[string]bool{}}
	r.findGenerated()
	drop, err := r.drop()
	if err != nil {
		return err
	}
	add, err := r.add()
	if err != nil {
		return err
	}
	alter := "ALTER TABLE " + quoteIdent(w.table()) + " "
	if len(drop.sql) > 0 {
		w.statement(driver.Copy, "take away what names the column: "+strings.Join(drop.comments, "; "),
			alter+strings.Join(drop.sql, ", "), drop.probe)
	}
	w.statement(driver.BriefLock, c.String(), alter+"RENAME COLUMN "+quoteIdent(c.From)+" TO "+quoteIdent(c.To),
		columnThere(w.table(), c.To))
	if len(add.sql) > 0 {
		w.statement(driver.Copy, "make it again: "+strings.Join(add.comments, "; "),
			alter+strings.Join(add.sql, ", "), add.probe)
	}
	return nil
}

// columnRename is what has to go and come back around the new name of a column.
type columnRename struct {
	*alteration
	c    schema.RenameColumn
	json bool            // the column's own check names it
	gone map[string]bool // the generated columns that depend on it
}

// findGenerated finds the generated columns that depend on the column, by way of
// others, too.
func (r *columnRename) findGenerated() {
	for again := true; again; {
		again = false
		for _, g := range r.Before.Columns {
			if g.Generated != nil && !r.gone[g.Name] && g.Name != r.c.From && r.mentions(g.Generated.Expr) {
				r.gone[g.Name], again = true, true
			}
		}
	}
}

// mentions reports whether an expression names the column, or one that goes with it.
func (r *columnRename) mentions(e schema.Expr) bool {
	if strings.Contains(string(e), "{"+r.c.From+"}") {
		return true
	}
	for n := range r.gone {
		if strings.Contains(string(e), "{"+n+"}") {
			return true
		}
	}
	return false
}

func (r *columnRename) goes(i *schema.Index) bool {
	return slices.ContainsFunc(i.Parts, func(p schema.IndexPart) bool { return r.gone[p.Column] })
}

// drop takes away checks, indexes and generated columns, in this order.
func (r *columnRename) drop() (drop clauses, err error) {
	before := r.Before
	for _, k := range before.Checks {
		switch {
		case !r.mentions(k.Expr):
		case r.inline(k.Name):
			s, err := r.d.text.Column(before, before.Column(k.Name))
			if err != nil {
				return drop, err
			}
			drop.add("drop check "+k.Name, "MODIFY COLUMN "+s, "")
		default:
			drop.add("drop check "+k.Name, r.d.withoutCheck(k.Name), not(constraintThere(r.table(), k.Name)))
		}
	}
	if name := r.jsonCheckOf(before.Name, r.c.From); r.json && name != "" {
		drop.add("", r.d.withoutCheck(name), not(constraintThere(r.table(), name)))
	}
	for _, i := range before.Indexes {
		if r.goes(i) {
			drop.add("drop index "+i.Name, "DROP INDEX "+quoteIdent(i.Name), not(indexIs(r.table(), i.Name, nil)))
		}
	}
	for _, g := range before.Columns {
		if r.gone[g.Name] {
			drop.add("drop generated column "+g.Name, "DROP COLUMN "+quoteIdent(g.Name),
				not(columnThere(r.table(), g.Name)))
		}
	}
	return drop, nil
}

// add makes generated columns, indexes and checks again, in this order, as they
// are with the new name.
func (r *columnRename) add() (add clauses, err error) {
	after := r.After
	for n, g := range after.Columns {
		if !r.gone[g.Name] {
			continue
		}
		text, err := r.d.text.Column(after, g)
		if err != nil {
			return add, err
		}
		if n > 0 {
			text += " AFTER " + quoteIdent(after.Columns[n-1].Name)
		} else {
			text += " FIRST"
		}
		add.add("make generated column "+g.Name, "ADD COLUMN "+text, columnThere(r.table(), g.Name))
	}
	for _, i := range after.Indexes {
		if r.goes(i) {
			key, err := r.d.text.Key(i)
			if err != nil {
				return add, err
			}
			add.add("make index "+i.Name, "ADD "+key, indexIs(r.table(), i.Name, i))
		}
	}
	for n, k := range r.Before.Checks {
		if r.mentions(k.Expr) {
			e, err := r.d.text.Expr(after.Checks[n].Expr)
			if err != nil {
				return add, err
			}
			add.add("make check "+k.Name, "ADD CONSTRAINT "+quoteIdent(k.Name)+" CHECK ("+e+")",
				constraintThere(r.table(), k.Name))
		}
	}
	if r.json {
		name := jsonName(r.Before.Name, r.c.To)
		add.add("", "ADD "+jsonCheck(name, r.c.To), constraintThere(r.table(), name))
	}
	return add, nil
}

// Probes ask information_schema whether a statement has taken effect.

func tableThere(name string) string {
	return "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = " + quoteText(name)
}

func columnThere(table, name string) string {
	return "SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = " +
		quoteText(table) + " AND column_name = " + quoteText(name)
}

func constraintThere(table, name string) string {
	return "SELECT 1 FROM information_schema.table_constraints WHERE table_schema = DATABASE() AND table_name = " +
		quoteText(table) + " AND constraint_name = " + quoteText(name)
}

// indexIs asks whether there is an index of that name; with i, whether it is
// that one.
func indexIs(table, name string, i *schema.Index) string {
	s := "SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = " +
		quoteText(table) + " AND index_name = " + quoteText(name)
	if i == nil || i.Method != "" || slices.ContainsFunc(i.Parts, func(p schema.IndexPart) bool { return p.Expr != "" }) {
		return s + " LIMIT 1"
	}
	parts := make([]string, len(i.Parts))
	for n, p := range i.Parts {
		parts[n] = fmt.Sprintf("%s %d %s", p.Column, p.Prefix, map[bool]string{false: "A", true: "D"}[p.Desc])
	}
	unique := "1"
	if i.Unique {
		unique = "0"
	}
	return s + " HAVING GROUP_CONCAT(CONCAT_WS(' ', column_name, coalesce(sub_part, 0), coalesce(collation, 'A')) ORDER BY seq_in_index SEPARATOR ',') = " +
		quoteText(strings.Join(parts, ",")) + " AND MIN(non_unique) = " + unique
}

// keyIs asks whether the primary key is that one.
func keyIs(table string, k *schema.PrimaryKey) string {
	i := &schema.Index{Unique: true}
	for n, c := range k.Columns {
		p := schema.IndexPart{Column: c}
		if k.Prefix != nil {
			p.Prefix = k.Prefix[n]
		}
		i.Parts = append(i.Parts, p)
	}
	return indexIs(table, "PRIMARY", i)
}

func not(query string) string { return fmt.Sprintf("SELECT 1 FROM DUAL WHERE NOT EXISTS (%s)", query) }
