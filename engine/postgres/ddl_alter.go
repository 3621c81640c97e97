package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/ddltext"
	"github.com/larder-db/larder/schema"
)

// enumColumns lists, by enum type, the columns of all tables that have it as
// "table.column".
type enumColumns map[string][]string

// Extras reads which columns have which enum types.
func (*DDL) Extras(ctx context.Context, q driver.DBTX, o driver.InspectOptions, _ string) (driver.Extras, error) {
	x := enumColumns{}
	err := driver.EachRow(ctx, q, func(rows *sql.Rows) error {
		var name, at string
		if err := rows.Scan(&name, &at); err != nil {
			return err
		}
		x[name] = append(x[name], at)
		return nil
	}, `SELECT ty.typname, c.relname || '.' || a.attname FROM pg_catalog.pg_attribute a
		JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm')
		JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid AND ty.typtype = 'e'
		JOIN pg_catalog.pg_namespace n ON n.oid = ty.typnamespace AND n.nspname = coalesce(nullif($1::text, ''), current_schema())
		WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2`, o.Schema)
	return driver.Extras{Own: x}, err
}

// ExtrasOf tells which columns have which enum types.
func (*DDL) ExtrasOf(tables []*schema.Table, _ string) driver.Extras {
	x := enumColumns{}
	for _, t := range tables {
		for _, c := range t.Columns {
			if c.Type.Kind == schema.Enum && c.Type.Name != "" {
				x[c.Type.Name] = append(x[c.Type.Name], t.Name+"."+c.Name)
			}
		}
	}
	return driver.Extras{Own: x}
}

// users are the columns that are known to have an enum type.
func (w *alteration) users(enum string) []string {
	x, _ := w.Alteration.Extras.Own.(enumColumns)
	return x[enum]
}

// alteration writes one script.
type alteration struct {
	*DDL
	driver.Alteration
	script driver.Script
	table  string // quoted
}

// Change writes each change as a statement of its own, in the order of the
// changes, but for what stands in the way of others: a primary key that goes
// and generated columns that are made anew go first.
func (d *DDL) Change(a driver.Alteration) (driver.Script, error) {
	w := &alteration{DDL: d, Alteration: a}
	if a.Before != nil {
		w.table = quoteIdent(a.Before.Name)
	}
	anew := w.anew()
	if len(anew) == 0 && a.Before != nil && !a.Concurrently { // what is over a column that is made anew is, too
		w.rename()
	}
	if err := w.clear(anew); err != nil {
		return driver.Script{}, err
	}
	made := false
	for _, c := range w.Changes {
		if !made && behindColumns(c) {
			made = true
			if err := w.again(anew); err != nil {
				return driver.Script{}, err
			}
		}
		if err := w.change(c, anew); err != nil {
			return driver.Script{}, dberr.WithOp(err, c.String())
		}
	}
	if !made {
		if err := w.again(anew); err != nil {
			return driver.Script{}, err
		}
	}
	err := w.restore(anew)
	return w.script, err
}

// rename gives constraints and indexes their new names that change in nothing
// else.
func (w *alteration) rename() {
	var renamed []ddltext.Renamed
	renamed, w.Changes = ddltext.Renames(w.Changes, w.Before.Names())
	for _, r := range renamed {
		if r.Index != nil {
			w.add(driver.BriefLock, "rename index "+r.From+" to "+r.To,
				"ALTER INDEX "+quoteIdent(r.From)+" RENAME TO "+quoteIdent(r.To))
		} else {
			w.alter(driver.BriefLock, "rename constraint "+r.From+" to "+r.To,
				"RENAME CONSTRAINT "+quoteIdent(r.From)+" TO "+quoteIdent(r.To))
		}
	}
}

func (w *alteration) add(lock driver.Lock, comment, sql string) {
	w.script.Statements = append(w.script.Statements, driver.ScriptStatement{SQL: sql, Comment: comment, Lock: lock})
}

func (w *alteration) alter(lock driver.Lock, comment, clause string) {
	w.add(lock, comment, "ALTER TABLE "+w.table+" "+clause)
}

// anew are the columns that have to be dropped and made again: the expression
// of a generated column cannot be changed.
func (w *alteration) anew() map[string]bool {
	out := map[string]bool{}
	for _, c := range w.Changes {
		if c, ok := c.(schema.AlterColumn); ok && slices.Contains(c.Facets, schema.GeneratedFacet) && c.To.Generated != nil {
			out[c.To.Name] = true
		}
	}
	// What is generated from a column whose type changes is made again too.
	for _, c := range w.Changes {
		if c, ok := c.(schema.AlterColumn); ok &&
			(slices.Contains(c.Facets, schema.TypeFacet) || slices.Contains(c.Facets, schema.CollationFacet)) {
			for _, g := range w.After.Columns {
				if g.Generated != nil && strings.Contains(string(g.Generated.Expr), "{"+c.To.Name+"}") &&
					w.Before.Column(g.Name) != nil {
					out[g.Name] = true
				}
			}
		}
	}
	return out
}

// kept are the constraints and indexes over columns made anew that no change
// names: they fall with the column and come back.
func (w *alteration) kept(anew map[string]bool) []schema.Change {
	if len(anew) == 0 {
		return nil
	}
	var out []schema.Change
	over := func(columns []string) bool {
		return slices.ContainsFunc(columns, func(n string) bool { return anew[n] })
	}
	in := func(e schema.Expr) bool {
		for n := range anew {
			if strings.Contains(string(e), "{"+n+"}") {
				return true
			}
		}
		return false
	}
	for _, u := range w.Before.Uniques {
		if over(u.Columns) && slices.ContainsFunc(w.After.Uniques,
			func(o *schema.Unique) bool { return reflect.DeepEqual(u, o) }) {
			out = append(out, schema.AddUnique{Table: w.After, Unique: u})
		}
	}
	for _, k := range w.Before.Checks {
		if in(k.Expr) && slices.ContainsFunc(w.After.Checks, func(o *schema.Check) bool { return reflect.DeepEqual(k, o) }) {
			out = append(out, schema.AddCheck{Table: w.After, Check: k})
		}
	}
	for _, i := range w.Before.Indexes {
		uses := in(i.Where) || over(i.Include) ||
			slices.ContainsFunc(i.Parts, func(p schema.IndexPart) bool { return anew[p.Column] || in(p.Expr) })
		if uses && slices.ContainsFunc(w.After.Indexes, func(o *schema.Index) bool { return reflect.DeepEqual(i, o) }) {
			out = append(out, schema.AddIndex{Table: w.After, Index: i})
		}
	}
	for _, f := range w.Before.ForeignKeys {
		if over(f.Columns) && slices.ContainsFunc(w.After.ForeignKeys,
			func(o *schema.ForeignKey) bool { return reflect.DeepEqual(f, o) }) {
			out = append(out, schema.AddForeignKey{Table: w.After, ForeignKey: f})
		}
	}
	return out
}

// clear takes away what stands in the way of the changes.
func (w *alteration) clear(anew map[string]bool) error {
	for _, c := range slices.Backward(w.kept(anew)) {
		if err := w.change(c.Reverse(), nil); err != nil {
			return err
		}
	}
	for _, c := range w.Changes {
		if c, ok := c.(schema.AlterPrimaryKey); ok && c.From != nil && !renamedKey(c) {
			w.alter(driver.BriefLock, "drop the primary key", "DROP CONSTRAINT "+quoteIdent(c.From.Name))
		}
	}
	for _, c := range columnsNamed(w.Before, anew) {
		w.alter(driver.BriefLock, "drop generated column "+c.Name+", to make it again", "DROP COLUMN "+quoteIdent(c.Name))
	}
	return nil
}

func renamedKey(c schema.AlterPrimaryKey) bool {
	return c.From != nil && c.To != nil && slices.Equal(c.From.Columns, c.To.Columns)
}

// restore makes what clear took away and no change makes.
func (w *alteration) restore(anew map[string]bool) error {
	for _, c := range w.kept(anew) {
		if err := w.change(c, nil); err != nil {
			return err
		}
	}
	return nil
}

// again makes generated columns, new ones and those that were dropped to be
// made again, ahead of what is made of them.
func (w *alteration) again(anew map[string]bool) error {
	for _, c := range w.Changes {
		if a, ok := c.(schema.AddColumn); ok && a.Column.Generated != nil {
			if err := w.addColumn(a.Column, c.String(), ""); err != nil {
				return err
			}
		}
	}
	for _, c := range columnsNamed(w.After, anew) {
		if err := w.addColumn(c, "make generated column "+c.Name, ""); err != nil {
			return err
		}
	}
	return nil
}

func (w *alteration) change(c schema.Change, anew map[string]bool) error {
	switch c := c.(type) {
	case schema.AddTable:
		return w.addTable(c)
	case schema.DropTable:
		w.add(driver.BriefLock, c.String(), "DROP TABLE "+quoteIdent(c.Table.Name))
		for _, col := range c.Table.Columns {
			w.dropType(col, c.Table.Name, true)
		}
	case schema.RenameTable:
		w.alter(driver.BriefLock, c.String(), "RENAME TO "+quoteIdent(c.To))
		return checkName(c.To)
	case schema.RenameColumn:
		w.alter(driver.BriefLock, c.String(), "RENAME COLUMN "+quoteIdent(c.From)+" TO "+quoteIdent(c.To))
		if err := checkColumn(c.Table.Name, c.To); err != nil {
			return err
		}
		return checkName(c.To)
	case schema.AddColumn:
		if c.Column.Generated != nil {
			return nil // made when the columns that it is made of are as they are to be
		}
		return w.addColumn(c.Column, c.String(), w.Fill[c.Column.Name])
	case schema.DropColumn:
		w.alter(driver.BriefLock, c.String(), "DROP COLUMN "+quoteIdent(c.Column.Name))
		w.dropType(c.Column, c.Table.Name, false)
	case schema.AlterColumn:
		return w.alterColumn(c, anew)
	case schema.AlterPrimaryKey:
		switch {
		case renamedKey(c):
			w.alter(driver.BriefLock, c.String(), "RENAME CONSTRAINT "+quoteIdent(c.From.Name)+" TO "+quoteIdent(c.To.Name))
		case c.To != nil:
			w.alter(driver.AllWait, c.String(), "ADD "+w.text.PrimaryKey(c.To))
		}
	case schema.AddUnique:
		w.alter(driver.AllWait, c.String(), "ADD "+w.text.Unique(c.Unique))
	case schema.DropUnique:
		w.alter(driver.BriefLock, c.String(), "DROP CONSTRAINT "+quoteIdent(c.Unique.Name))
	case schema.AddForeignKey:
		w.alter(driver.WritersWait, c.String(), "ADD "+w.text.ForeignKey(c.ForeignKey))
	case schema.DropForeignKey:
		w.alter(driver.BriefLock, c.String(), "DROP CONSTRAINT "+quoteIdent(c.ForeignKey.Name))
	case schema.AddCheck:
		k, err := w.text.Check(c.Check)
		if err != nil {
			return err
		}
		w.alter(driver.AllWait, c.String(), "ADD "+k)
	case schema.DropCheck:
		w.alter(driver.BriefLock, c.String(), "DROP CONSTRAINT "+quoteIdent(c.Check.Name))
	case schema.AddIndex:
		return w.addIndex(c)
	case schema.DropIndex:
		if w.Concurrently {
			w.outside(driver.ScriptStatement{Lock: driver.NoLock, Comment: c.String(), SQL: "DROP INDEX CONCURRENTLY " + quoteIdent(c.Index.Name),
				Probe: "SELECT 1 WHERE to_regclass(" + quoteText(quoteIdent(c.Index.Name)) + ") IS NULL"})
		} else {
			w.add(driver.BriefLock, c.String(), "DROP INDEX "+quoteIdent(c.Index.Name))
		}
	case schema.CommentTable:
		w.add(driver.NoLock, c.String(), w.text.Comment("TABLE "+w.table, c.To))
	default:
		return dberr.New(dberr.Unsupported, "change", "PostgreSQL does not know how to "+c.String())
	}
	return nil
}

// behindColumns reports whether the change needs the columns as they are to be.
func behindColumns(c schema.Change) bool {
	switch c.(type) {
	case schema.AlterPrimaryKey, schema.AddUnique, schema.AddCheck, schema.AddIndex, schema.AddForeignKey:
		return true
	}
	return false
}

func (w *alteration) outside(s driver.ScriptStatement) {
	s.OutsideTx = true
	w.script.Statements = append(w.script.Statements, s)
}

// indexState is FROM and WHERE for an index of the table that is in a state.
func (w *alteration) indexState(name, is string) string {
	return "FROM pg_index i WHERE i.indexrelid = to_regclass(" + quoteText(quoteIdent(name)) +
		") AND i.indrelid = to_regclass(" + quoteText(w.table) + ") AND " + is
}

func (w *alteration) addTable(c schema.AddTable) error {
	stmts, err := w.CreateTables(c.Table)
	if err != nil {
		return err
	}
	for _, s := range stmts {
		if name, ok := strings.CutPrefix(s, "CREATE TYPE "); ok &&
			slices.ContainsFunc(c.Table.Columns, func(col *schema.Column) bool {
				return col.Type.Kind == schema.Enum && strings.HasPrefix(name, quoteIdent(col.Type.Name)+" ") &&
					len(w.users(col.Type.Name)) > 0
			}) {
			continue
		}
		w.add(driver.BriefLock, c.String(), s)
	}
	return nil
}

// dropType drops the enum type of a column that is gone, unless others have it.
func (w *alteration) dropType(c *schema.Column, table string, whole bool) {
	if c.Type.Kind != schema.Enum {
		return
	}
	for _, user := range w.users(c.Type.Name) {
		if user != table+"."+c.Name && !(whole && strings.HasPrefix(user, table+".")) {
			return
		}
	}
	sql := "DROP TYPE " + quoteIdent(c.Type.Name)
	if !slices.ContainsFunc(w.script.Statements, func(s driver.ScriptStatement) bool { return s.SQL == sql }) {
		w.add(driver.NoLock, "drop type "+c.Type.Name+", which no column has any more", sql)
	}
}

// needType makes the enum type of a column that comes, unless it is there.
func (w *alteration) needType(c *schema.Column) {
	if c.Type.Kind != schema.Enum || len(w.users(c.Type.Name)) > 0 {
		return
	}
	if sql := w.createType(c.Type); !slices.ContainsFunc(w.script.Statements,
		func(s driver.ScriptStatement) bool { return s.SQL == sql }) {
		w.add(driver.NoLock, "create type "+c.Type.Name, sql)
	}
}

func (w *alteration) addColumn(c *schema.Column, comment string, fill schema.Expr) error {
	w.needType(c)
	seq := ""
	if c.Identity != nil && c.Identity.Standard == "" {
		seq = quoteIdent(c.Identity.Sequence)
		w.add(driver.NoLock, "create sequence "+c.Identity.Sequence, "CREATE SEQUENCE "+seq+sequenceType(c))
	}
	lock := driver.BriefLock
	if c.Identity != nil || c.Generated != nil ||
		c.Default != nil && c.Default.Expr != "" && c.Default.Expr != schema.Now {
		lock = driver.Rewrite
	}
	now := c
	if fill != "" && !c.Nullable {
		now = c.Clone()
		now.Nullable = true
	}
	text, err := w.text.Column(w.After, now)
	if err != nil {
		return err
	}
	w.alter(lock, comment, "ADD COLUMN "+text)
	if seq != "" {
		w.add(driver.BriefLock, "give the sequence to the column",
			"ALTER SEQUENCE "+seq+" OWNED BY "+w.table+"."+quoteIdent(c.Name))
	}
	if fill != "" {
		e, err := w.text.Expr(fill)
		if err != nil {
			return err
		}
		w.add(driver.DataLock, "fill column "+c.Name+" in the rows that exist",
			"UPDATE "+w.table+" SET "+quoteIdent(c.Name)+" = "+e)
		if !c.Nullable {
			w.alter(driver.AllWait, "column "+c.Name+" is not null", "ALTER COLUMN "+quoteIdent(c.Name)+" SET NOT NULL")
		}
	}
	if c.Comment != "" {
		w.columnComment(c)
	}
	return nil
}

func (w *alteration) columnComment(c *schema.Column) {
	w.add(driver.NoLock, "comment on column "+c.Name, w.text.Comment("COLUMN "+w.table+"."+quoteIdent(c.Name), c.Comment))
}

func (w *alteration) addIndex(c schema.AddIndex) error {
	text, err := w.text.Index(c.Table, c.Index)
	if err != nil {
		return err
	}
	if w.Concurrently {
		w.outside(driver.ScriptStatement{Lock: driver.NoLock, Comment: c.String(), SQL: strings.Replace(text, "INDEX ", "INDEX CONCURRENTLY ", 1),
			Probe: "SELECT 1 " + w.indexState(c.Index.Name, "i.indisvalid"),
			// What was cut off leaves an index that is kept up and never used.
			Undo: "DO $larder$ BEGIN IF EXISTS (SELECT 1 " + w.indexState(c.Index.Name, "NOT i.indisvalid") +
				") THEN DROP INDEX " + quoteIdent(c.Index.Name) + "; END IF; END $larder$"})
	} else {
		w.add(driver.WritersWait, c.String(), text)
	}
	if c.Index.Comment != "" {
		w.add(driver.NoLock, "comment on index "+c.Index.Name,
			w.text.Comment("INDEX "+quoteIdent(c.Index.Name), c.Index.Comment))
	}
	return nil
}

func (w *alteration) alterColumn(c schema.AlterColumn, anew map[string]bool) error {
	has := func(f schema.Facet) bool { return slices.Contains(c.Facets, f) }
	if anew[c.To.Name] {
		return nil // restore makes it again
	}
	col := "ALTER COLUMN " + quoteIdent(c.To.Name) + " "
	if has(schema.GeneratedFacet) {
		w.alter(driver.BriefLock, c.String(), col+"DROP EXPRESSION")
	}
	retype := has(schema.TypeFacet) || has(schema.CollationFacet)
	redefault := has(schema.DefaultFacet) || retype && c.To.Default != nil
	renumber := has(schema.IdentityFacet)
	if from, to := c.From.Identity, c.To.Identity; renumber && from != nil && to != nil && sameNumbers(*from, *to) {
		w.add(driver.BriefLock, "rename sequence "+from.Sequence+" to "+to.Sequence,
			"ALTER SEQUENCE "+quoteIdent(from.Sequence)+" RENAME TO "+quoteIdent(to.Sequence))
		renumber = false
	}
	if renumber && c.From.Identity != nil {
		w.dropIdentity(c)
	}
	if redefault && c.From.Default != nil {
		w.alter(driver.BriefLock, "drop the default of "+c.To.Name, col+"DROP DEFAULT")
	}
	if retype {
		if err := w.retype(c); err != nil {
			return err
		}
	}
	if redefault && c.To.Default != nil {
		def, err := w.text.Default(c.To)
		if err != nil {
			return err
		}
		w.alter(driver.BriefLock, "set the default of "+c.To.Name, col+"SET DEFAULT "+def)
	}
	if has(schema.NullFacet) {
		if c.To.Nullable {
			w.alter(driver.BriefLock, "column "+c.To.Name+" may be null", col+"DROP NOT NULL")
		} else {
			w.alter(driver.AllWait, "column "+c.To.Name+" is not null", col+"SET NOT NULL")
		}
	}
	if renumber && c.To.Identity != nil {
		w.addIdentity(c.To)
	}
	if has(schema.CommentFacet) {
		w.columnComment(c.To)
	}
	return nil
}

// sameNumbers reports whether two sequences differ in their names only.
func sameNumbers(a, b schema.Identity) bool {
	a.Sequence, b.Sequence = "", ""
	return a == b
}

func (w *alteration) dropIdentity(c schema.AlterColumn) {
	col := "ALTER COLUMN " + quoteIdent(c.To.Name) + " "
	if c.From.Identity.Standard != "" {
		w.alter(driver.BriefLock, "column "+c.To.Name+" numbers the rows no more", col+"DROP IDENTITY")
		return
	}
	w.alter(driver.BriefLock, "column "+c.To.Name+" numbers the rows no more", col+"DROP DEFAULT")
	w.add(driver.NoLock, "drop sequence "+c.From.Identity.Sequence, "DROP SEQUENCE "+quoteIdent(c.From.Identity.Sequence))
}

// addIdentity numbers the rows from behind the highest number there is.
func (w *alteration) addIdentity(c *schema.Column) {
	seq, name := quoteIdent(c.Identity.Sequence), quoteIdent(c.Name)
	col := "ALTER COLUMN " + name + " "
	if c.Identity.Standard != "" {
		w.alter(driver.BriefLock, "column "+c.Name+" numbers the rows",
			col+"ADD GENERATED "+c.Identity.Standard+" AS IDENTITY (SEQUENCE NAME "+seq+")")
	} else {
		w.add(driver.NoLock, "create sequence "+c.Identity.Sequence, "CREATE SEQUENCE "+seq+sequenceType(c))
		w.alter(driver.BriefLock, "column "+c.Name+" numbers the rows", col+"SET DEFAULT nextval("+quoteText(seq)+")")
		w.add(driver.BriefLock, "give the sequence to the column", "ALTER SEQUENCE "+seq+" OWNED BY "+w.table+"."+name)
	}
	w.add(driver.NoLock, "go on behind the highest number",
		fmt.Sprintf("SELECT setval(%s, greatest(coalesce(max(%s), 0), 0) + 1, false) FROM %s", quoteText(seq),
			name, w.table))
}
