package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// Inspector reads the schema of an SQLite database: facts from the pragmas,
// and from the text of the statements what the pragmas do not tell: names of
// constraints, checks, expressions, predicates, collations.
type Inspector struct{}

// NewInspector returns what reads the schema of a database.
func NewInspector() Inspector { return Inspector{} }

// live is a table under inspection.
type live struct {
	*schema.Table
	text  *tableText
	rules sqltext.Rules

	unread error // why it cannot be read
}

func (Inspector) Inspect(ctx context.Context, q driver.DBTX, o driver.InspectOptions) ([]*schema.Table, error) {
	in := inspection{q: q, byName: map[string]*live{}}
	for _, step := range []func(context.Context, driver.InspectOptions) error{in.tables, in.columns, in.foreignKeys, in.indexes} {
		if err := step(ctx, o); err != nil {
			return nil, err
		}
	}
	return in.finish()
}

type inspection struct {
	q      driver.DBTX
	byName map[string]*live
	order  []*live
}

// each runs a query and calls scan for every row.
func (in *inspection) each(ctx context.Context, query string, scan func(rows *sql.Rows) error) error {
	return driver.EachRow(ctx, in.q, scan, query)
}

// tables are the ordinary ones: no views, no virtual tables, none that belong
// to a virtual table or to SQLite itself.
const ordinary = `sqlite_schema m JOIN pragma_table_list l ON l.schema = 'main' AND l.type = 'table' AND l.name = m.name
	WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'`

func (in *inspection) tables(ctx context.Context, o driver.InspectOptions) error {
	shadow, err := in.shadows(ctx)
	if err != nil {
		return err
	}
	return in.each(ctx, `SELECT m.name, m.sql FROM `+ordinary+` ORDER BY m.name`, func(rows *sql.Rows) error {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return err
		}
		if o.Tables != nil && !o.Tables(name) || shadow(name) {
			return nil
		}
		tt, err := parseTable(text)
		if err != nil {
			tt = &tableText{}
		}
		l := &live{Table: schema.Define(name), text: tt}
		if err != nil {
			l.unread = unreadable("table", name, err)
		}
		in.byName[name] = l
		in.order = append(in.order, l)
		return nil
	})
}

// shadows tells the tables that belong to virtual tables of modules which this
// program does not have: SQLite itself knows those of the others. They are
// called like the virtual table, with an underscore and something behind it.
func (in *inspection) shadows(ctx context.Context) (func(table string) bool, error) {
	modules := map[string]bool{}
	err := in.each(ctx, `SELECT lower(name) FROM pragma_module_list`, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		modules[name] = true
		return err
	})
	if err != nil {
		return nil, err
	}
	var prefixes []string
	err = in.each(ctx, `SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND rootpage = 0 AND sql IS NOT NULL`,
		func(rows *sql.Rows) error {
			var name, text string
			if err := rows.Scan(&name, &text); err != nil {
				return err
			}
			if module, ok := moduleOf(text); ok && !modules[strings.ToLower(module)] {
				prefixes = append(prefixes, strings.ToLower(name)+"_")
			}
			return nil
		})
	return func(table string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(strings.ToLower(table), p) })
	}, err
}

func unreadable(what, name string, err error) error {
	return &dberr.Error{Op: "inspect", Code: dberr.Unsupported, Engine: "sqlite",
		Msg: fmt.Sprintf("the definition of %s %s is in a form that is not understood: %v", what, name, err)}
}

func (in *inspection) columns(ctx context.Context, _ driver.InspectOptions) error {
	keys := map[*live]map[int]string{}
	err := in.each(ctx, `SELECT m.name, x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden FROM `+
		strings.Replace(ordinary, "WHERE", "JOIN pragma_table_xinfo(m.name) x WHERE", 1)+
		` ORDER BY m.name, x.cid`, func(rows *sql.Rows) error {
		var table, name, ty string
		var notNull, pk, hidden int
		var def sql.NullString
		if err := rows.Scan(&table, &name, &ty, &notNull, &def, &pk, &hidden); err != nil {
			return err
		}
		l := in.byName[table]
		if l == nil {
			return nil
		}
		c := &schema.Column{Name: name, Type: typeNamed(ty), Nullable: notNull == 0}
		l.Columns = append(l.Columns, c)
		if pk > 0 {
			if keys[l] == nil {
				keys[l] = map[int]string{}
			}
			keys[l][pk] = name
		}
		if ct := l.text.columns[strings.ToLower(name)]; ct != nil {
			if !strings.EqualFold(ct.collation, "BINARY") {
				c.Collation = strings.ToUpper(ct.collation)
			}
			if hidden == 2 || hidden == 3 {
				c.Generated = &schema.Generated{Expr: schema.Expr(ct.generated), Stored: hidden == 3}
			}
		}
		if def.Valid && c.Generated == nil {
			c.Default = &schema.Default{Expr: schema.Expr(def.String)}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, l := range in.order {
		l.rules = textRules(l.Table)
		for n := 1; n <= len(keys[l]); n++ {
			if l.PrimaryKey == nil {
				l.PrimaryKey = &schema.PrimaryKey{Name: l.text.primaryKey}
			}
			l.PrimaryKey.Columns = append(l.PrimaryKey.Columns, keys[l][n])
		}
	}
	return nil
}

func (in *inspection) foreignKeys(ctx context.Context, _ driver.InspectOptions) error {
	type key struct {
		table string
		id    int
	}
	found := map[key]*schema.ForeignKey{}
	err := in.each(ctx, `SELECT m.name, f.id, f."table", f."from", f."to", f.on_update, f.on_delete FROM `+
		strings.Replace(ordinary, "WHERE", "JOIN pragma_foreign_key_list(m.name) f WHERE", 1)+
		` ORDER BY m.name, f.id DESC, f.seq`, func(rows *sql.Rows) error {
		var table, ref, from, onUpdate, onDelete string
		var id int
		var to sql.NullString
		if err := rows.Scan(&table, &id, &ref, &from, &to, &onUpdate, &onDelete); err != nil {
			return err
		}
		l := in.byName[table]
		if l == nil {
			return nil
		}
		f := found[key{table, id}]
		if f == nil {
			f = &schema.ForeignKey{RefTable: ref, OnUpdate: action(onUpdate), OnDelete: action(onDelete)}
			found[key{table, id}] = f
			l.ForeignKeys = append(l.ForeignKeys, f)
		}
		f.Columns = append(f.Columns, from)
		if to.Valid {
			f.RefColumns = append(f.RefColumns, to.String)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, l := range in.order {
		used := map[int]bool{}
		for _, f := range l.ForeignKeys {
			for n, ft := range l.text.foreign {
				if !used[n] && strings.EqualFold(ft.table, f.RefTable) && equalFold(ft.columns, f.Columns) {
					used[n] = true
					f.Name, f.Deferrable = ft.name, ft.deferrable
					break
				}
			}
			if len(f.RefColumns) == 0 {
				// No columns are named: those of the other table's primary key.
				for _, other := range in.order {
					if strings.EqualFold(other.Name, f.RefTable) && other.PrimaryKey != nil {
						f.RefColumns = slices.Clone(other.PrimaryKey.Columns)
					}
				}
			}
		}
	}
	return nil
}

func action(s string) schema.Action {
	if s == "NO ACTION" || s == "NONE" {
		return schema.NoAction
	}
	return schema.Action(s)
}

func equalFold(a, b []string) bool { return slices.EqualFunc(a, b, strings.EqualFold) }

func (in *inspection) indexes(ctx context.Context, _ driver.InspectOptions) error {
	type found struct {
		*schema.Index
		l       *live
		origin  string
		text    string
		columns []string // "" for an expression
	}
	var all []*found
	byName := map[string]*found{}
	err := in.each(ctx, `SELECT m.name, i.name, i."unique", i.origin, x.seqno, x.cid, x.name, x."desc", x.coll, s.sql FROM `+
		strings.Replace(ordinary, "WHERE", `JOIN pragma_index_list(m.name) i JOIN pragma_index_xinfo(i.name) x
			LEFT JOIN sqlite_schema s ON s.type = 'index' AND s.name = i.name WHERE x.key = 1 AND`, 1)+` ORDER BY m.name, i.seq DESC, x.seqno`, func(rows *sql.Rows) error {
		var table, name, origin, coll string
		var unique, desc bool
		var seq, cid int
		var column, text sql.NullString
		if err := rows.Scan(&table, &name, &unique, &origin, &seq, &cid, &column, &desc, &coll, &text); err != nil {
			return err
		}
		l := in.byName[table]
		if l == nil {
			return nil
		}
		f := byName[name]
		if f == nil {
			f = &found{Index: &schema.Index{Name: name, Unique: unique}, l: l, origin: origin, text: text.String}
			byName[name] = f
			all = append(all, f)
		}
		p := schema.IndexPart{Column: column.String, Desc: desc}
		if cid == -2 {
			p.Column = ""
		}
		if c := l.Column(p.Column); c != nil {
			if own := cmpOr(c.Collation, "BINARY"); !strings.EqualFold(own, coll) {
				p.Options = "COLLATE " + strings.ToUpper(coll)
			}
		} else if !strings.EqualFold(coll, "BINARY") {
			p.Options = "COLLATE " + strings.ToUpper(coll)
		}
		f.Parts = append(f.Parts, p)
		f.columns = append(f.columns, p.Column)
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range all {
		switch f.origin {
		case "u":
			u := &schema.Unique{Columns: f.columns}
			for n, k := range f.l.text.uniques {
				if equalFold(k.columns, u.Columns) {
					u.Name = k.name
					f.l.text.uniques = slices.Delete(f.l.text.uniques, n, n+1)
					break
				}
			}
			f.l.Uniques = append(f.l.Uniques, u)
		case "c":
			it, err := parseIndex(f.text)
			if err != nil {
				f.l.unread = unreadable("index", f.Name, err)
				continue
			}
			for n := range f.Parts {
				if f.Parts[n].Column == "" && n < len(it.parts) {
					f.Parts[n].Expr = schema.Expr(it.parts[n])
				}
			}
			f.Where = schema.Expr(it.where)
			f.l.Indexes = append(f.l.Indexes, f.Index)
		}
	}
	// SQLite makes one index for several equal keys: UNIQUE(id) beside
	// PRIMARY KEY(id) stands in the text alone.
	for _, l := range in.order {
		for _, k := range l.text.uniques {
			cols := make([]string, len(k.columns))
			for n, name := range k.columns {
				cols[n] = name
				for _, c := range l.Columns {
					if strings.EqualFold(c.Name, name) {
						cols[n] = c.Name
					}
				}
			}
			l.Uniques = append(l.Uniques, &schema.Unique{Name: k.name, Columns: cols})
		}
	}
	return nil
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// finish brings the expressions into normal form.
func (in *inspection) finish() ([]*schema.Table, error) {
	out := make([]*schema.Table, 0, len(in.order))
	for _, l := range in.order {
		if l.unread == nil {
			l.unread = l.finish()
		}
		if l.Notes = l.text.notes; l.unread != nil {
			l.Table.Unread(l.unread)
		}
		out = append(out, l.Table)
	}
	slices.SortFunc(out, func(a, b *schema.Table) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func (l *live) canon(what string, e schema.Expr) (schema.Expr, error) {
	if e == "" {
		return "", nil
	}
	s, err := sqltext.Canonical(string(e), l.rules)
	if err != nil {
		return "", unreadable(what+" of table", l.Name, err)
	}
	return schema.Expr(s), nil
}

func (l *live) finish() (err error) {
	for _, c := range l.Columns {
		if l.PrimaryKey != nil && len(l.PrimaryKey.Columns) == 1 && l.PrimaryKey.Columns[0] == c.Name &&
			c.Type.Raw == "INTEGER" {
			c.Identity = &schema.Identity{NoReuse: l.text.auto}
			c.Nullable = false
		}
		if c.Default != nil {
			if err := readDefault(c, l.rules, l.canon); err != nil {
				return err
			}
		}
		if c.Generated != nil {
			if c.Generated.Expr, err = l.canon("generated column "+c.Name, c.Generated.Expr); err != nil {
				return err
			}
		}
	}
	for _, k := range l.text.checks {
		e, err := l.canon("check "+k.name, schema.Expr(k.expr))
		if err != nil {
			return err
		}
		l.Checks = append(l.Checks, &schema.Check{Name: k.name, Expr: e})
	}
	for _, i := range l.Indexes {
		if i.Where, err = l.canon("index "+i.Name, i.Where); err != nil {
			return err
		}
		for n := range i.Parts {
			if i.Parts[n].Expr, err = l.canon("index "+i.Name, i.Parts[n].Expr); err != nil {
				return err
			}
		}
	}
	return nil
}

func readDefault(c *schema.Column, r sqltext.Rules, canon func(string, schema.Expr) (schema.Expr, error)) error {
	text := string(c.Default.Expr)
	if isNow(c, text) {
		c.Default.Expr = schema.Now
		return nil
	}
	if sqltext.BareWord(text) {
		c.Default = &schema.Default{Value: text} // SQLite takes it for a text
		return nil
	}
	if v, ok := sqltext.Literal(text, r); ok {
		c.Default = &schema.Default{Value: defaultLiteral(c.Type, v)}
		return nil
	}
	e, err := canon("the default of "+c.Name, schema.Expr(text))
	if err != nil {
		return err
	}
	if e == "NULL" {
		c.Default = nil
		return nil
	}
	c.Default.Expr = e
	return nil
}
