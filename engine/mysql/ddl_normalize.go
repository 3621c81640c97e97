package mysql

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver/ddltext"
	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/schema/sqltext"
)

// normalizer brings one table into the form in which the server holds it.
type normalizer struct {
	*DDL
	t     *schema.Table
	rules sqltext.Rules
	keyed map[string]int // the key length of each declared column
}

func (n *normalizer) canon(what string, e *schema.Expr) error {
	if *e == "" {
		return nil
	}
	if n.plainExpressions() && beyondBMP(string(*e)) {
		return n.unsupported("%s has a character beyond U+FFFF in its expression, which expressions cannot have", what)
	}
	r := n.rules
	r.Condition = strings.HasPrefix(what, "check ")
	return ddltext.CanonBy("", r)(what, e)
}

func (n *normalizer) expressions() error {
	return ddltext.NormalizeRules{Canon: n.canon, Column: n.column, Literal: defaultLiteral,
		Plain: ddltext.PlainBy(n.rules)}.Normalize(n.t)
}

// column is the rule for the type, the collation and the identity of a column.
func (n *normalizer) column(c *schema.Column) error {
	if strings.EqualFold(c.Collation, n.collation()) {
		c.Collation = ""
	}
	name, err := n.TypeName(c.Type)
	if err != nil {
		return dberr.WithOp(err, "column "+c.Name)
	}
	if c.Type.Kind == schema.JSON || c.Type.Kind == schema.JSONB && n.jsonb() == "longtext" {
		name = jsonRaw
	}
	c.Type = n.typeNamed(name)
	if d := c.Default; d != nil && d.Expr == "" && isBinary(c.Type) {
		if text, ok := d.Value.(string); ok {
			c.Default = inHex(c.Type, text)
		}
	}
	if c.Identity != nil {
		c.Identity, c.Nullable = &schema.Identity{}, false
	}
	if c.Generated != nil && n.nullGenerated() {
		c.Nullable = true
	}
	return nil
}

// dropJSONChecks drops those that a JSON column brings by itself.
func (n *normalizer) dropJSONChecks() error {
	n.t.Checks = slices.DeleteFunc(n.t.Checks, func(k *schema.Check) bool {
		return slices.ContainsFunc(n.t.Columns, func(c *schema.Column) bool {
			return c.Type.Kind == schema.JSON && k.Expr == validJSON(c.Name)
		})
	})
	return nil
}

// keys makes unique constraints what they are here: unique indexes.
func (n *normalizer) keys() error {
	if n.t.PrimaryKey != nil {
		n.t.PrimaryKey.Name = ""
		if pre := n.t.PrimaryKey.Prefix; pre != nil {
			pre = append(pre, make([]int, max(0, len(n.t.PrimaryKey.Columns)-len(pre)))...)[:len(n.t.PrimaryKey.Columns)]
			for p := range pre {
				pre[p] = n.shortened(n.t.PrimaryKey.Columns[p], pre[p])
			}
			if n.t.PrimaryKey.Prefix = pre; !slices.ContainsFunc(pre, func(l int) bool { return l > 0 }) {
				n.t.PrimaryKey.Prefix = nil
			}
		}
	}
	taken := n.t.Names()
	for _, u := range n.t.Uniques {
		i := &schema.Index{Name: u.Name, Unique: true}
		if i.Name == "" {
			i.Name = schema.UniqueName(taken, n.t.Name, u.Columns, "key")
		}
		for _, c := range u.Columns {
			i.Parts = append(i.Parts, schema.IndexPart{Column: c})
		}
		n.t.Indexes = append(n.t.Indexes, i)
	}
	n.t.Uniques = nil
	return nil
}

// shortened is the prefix of a column, or 0 where that is the whole column,
// which the server says without one.
func (n *normalizer) shortened(column string, prefix int) int {
	c := n.t.Column(column)
	if k := c.Type.Kind; k == schema.String && prefix >= c.Type.Length ||
		k == schema.Bytes && c.Type.KeyLength > 0 && prefix >= c.Type.KeyLength {
		return 0
	}
	return prefix
}

// indexes replaces what cannot be indexed by what stands in for it.
//
//   - A partial index that is not unique becomes a full one: it finds the same.
//   - A unique partial index must not become a full one, which would refuse
//     rows outside the predicate. NULLs are never equal, so that a predicate
//     which only asks that an indexed column is not NULL can go, and for every
//     other one the first part is NULL outside of it.
//   - An expression becomes a stored generated column of its own.
func (n *normalizer) indexes() error {
	for _, i := range n.t.Indexes {
		i.Method = strings.ToLower(i.Method)
		if i.Method == "btree" {
			i.Method = ""
		}
		for p := range i.Parts {
			i.Parts[p].Options = ""
			switch {
			case i.Method == "spatial" || i.Method == "fulltext":
				i.Parts[p].Prefix = 0
			case i.Parts[p].Prefix > 0 && i.Parts[p].Column != "":
				i.Parts[p].Prefix = n.shortened(i.Parts[p].Column, i.Parts[p].Prefix)
			}
		}
		if i.Unique && i.Where != "" && !n.onlyNotNull(i) {
			first := &i.Parts[0]
			value := first.Expr
			if value == "" {
				value = schema.Expr(sqltext.Name(first.Column))
				if c := n.t.Column(first.Column); c != nil && c.Type.Kind == schema.UUID {
					value = unpadded(first.Column) // a setting of MariaDB decides how a CHAR is padded
				}
			}
			first.Expr = "CASE WHEN " + i.Where + " THEN " + value + " END"
			if err := n.canon("index "+i.Name, &first.Expr); err != nil {
				return err
			}
		}
		i.Where = ""
		for p := range i.Parts {
			i.Parts[p].Functional = i.Parts[p].Functional && n.functional() && i.Parts[p].Expr != ""
			if i.Parts[p].Expr == "" || i.Parts[p].Functional {
				continue
			}
			c, err := n.standIn(i, p)
			if err != nil {
				return err
			}
			i.Parts[p] = schema.IndexPart{Column: c, Desc: i.Parts[p].Desc}
		}
	}
	return nil
}

// onlyNotNull reports whether the predicate says no more than that a column is
// not NULL whose NULL makes the index's key NULL as well.
func (n *normalizer) onlyNotNull(i *schema.Index) bool {
	used := sqltext.Columns(string(i.Where))
	if len(used) != 1 || string(i.Where) != sqltext.Name(used[0])+" IS NOT NULL" {
		return false
	}
	name, column := used[0], sqltext.Name(used[0])
	for _, p := range i.Parts {
		if p.Column == name && p.Expr == "" {
			return true
		}
		for _, f := range []string{"lower", "upper", "trim"} {
			if string(p.Expr) == f+"("+column+")" {
				return true
			}
		}
	}
	return false
}

func unpadded(column string) schema.Expr { return schema.Expr("rtrim(" + sqltext.Name(column) + ")") }

// standIn adds the generated column for part p of i and returns its name. It is
// the index's own: one that is declared, or another index's, can go without it.
func (n *normalizer) standIn(i *schema.Index, p int) (string, error) {
	expr := i.Parts[p].Expr
	ty, err := n.resultType(i, expr)
	if err != nil {
		return "", err
	}
	name, err := n.TypeName(ty)
	if err != nil {
		return "", err
	}
	c := &schema.Column{
		Name:      schema.InventName(i.Name, nil, "k"+string(rune('1'+p))),
		Type:      n.typeNamed(name),
		Nullable:  true,
		Generated: &schema.Generated{Expr: expr, Stored: true},
	}
	n.t.Columns = append(n.t.Columns, c)
	return c.Name, nil
}

// resultType tells the type of an indexed expression from the columns that it
// is made of: all text gives text, all integers an integer.
func (n *normalizer) resultType(i *schema.Index, e schema.Expr) (schema.Type, error) {
	used := sqltext.Columns(string(e))
	if head, value, ok := strings.Cut(string(e), " THEN "); ok && strings.HasPrefix(head, "CASE WHEN ") &&
		strings.HasSuffix(value, " END") {
		value = strings.TrimSuffix(value, " END")
		used = sqltext.Columns(value)
		// A column by itself, as a partial index has it.
		if c := n.t.Column(strings.Join(used, "")); c != nil &&
			(value == sqltext.Name(c.Name) || value == string(unpadded(c.Name))) {
			switch c.Type.Kind {
			case schema.Numeric, schema.Date, schema.Time, schema.DateTime, schema.UUID:
				return c.Type, nil
			case schema.Enum:
				length := 1
				for _, v := range c.Type.Values {
					length = max(length, utf8.RuneCountInString(v))
				}
				return schema.Type{Kind: schema.String, Length: length}, nil
			}
		}
	}
	text, length, whole, float := 0, 0, 0, 0
	for _, name := range used {
		c := n.t.Column(name)
		if c == nil {
			return schema.Type{}, dberr.New(dberr.Invalid, "", "index "+i.Name+" refers to column "+name+
				", which the table does not have")
		}
		switch c.Type.Kind {
		case schema.String, schema.Text:
			l := max(n.keyed[name], c.Type.Length)
			if l == 0 {
				return schema.Type{}, n.tooLarge("index %s is over an expression of %s.%s, whose values have no limit; declare the column with Key(n)", i.Name, n.t.Name, name)
			}
			text, length = text+1, length+l
		case schema.Integer, schema.BigInt, schema.SmallInt, schema.Boolean:
			whole++
		case schema.Float:
			float++
		}
	}
	switch {
	case len(used) > 0 && text == len(used):
		return schema.Type{Kind: schema.String, Length: length}, nil
	case len(used) > 0 && whole == len(used):
		return schema.Type{Kind: schema.BigInt}, nil
	case len(used) > 0 && whole+float == len(used):
		return schema.Type{Kind: schema.Float}, nil
	}
	return schema.Type{}, n.unsupported("index %s of table %s is over an expression whose type cannot be told; declare a generated column for it and index that", i.Name, n.t.Name)
}

// foreignKeys adds the index that each needs, under the name under which the
// server would add it.
func (n *normalizer) foreignKeys() error {
	taken := n.t.Names()
	for _, f := range n.t.ForeignKeys {
		if f.Name == "" {
			f.Name = schema.UniqueName(taken, n.t.Name, f.Columns, "fkey")
		}
		// RESTRICT and NO ACTION are one and the same here.
		if f.OnDelete == schema.Restrict {
			f.OnDelete = schema.NoAction
		}
		if f.OnUpdate == schema.Restrict {
			f.OnUpdate = schema.NoAction
		}
		if f.OnDelete == schema.SetDefault || f.OnUpdate == schema.SetDefault {
			return n.unsupported("foreign key %s of table %s sets a default, which InnoDB does not; use SET NULL",
				f.Name, n.t.Name)
		}
		if n.startsKey(f.Columns) {
			continue
		}
		i := &schema.Index{Name: f.Name}
		for _, c := range f.Columns {
			i.Parts = append(i.Parts, schema.IndexPart{Column: c})
		}
		n.t.Indexes = append(n.t.Indexes, i)
	}
	return nil
}

// startsKey reports whether some key starts with the columns.
func (n *normalizer) startsKey(columns []string) bool {
	if pk := n.t.PrimaryKey; pk != nil && pk.Prefix == nil && len(pk.Columns) >= len(columns) &&
		slices.Equal(pk.Columns[:len(columns)], columns) {
		return true
	}
	return slices.ContainsFunc(n.t.Indexes, func(i *schema.Index) bool {
		if len(i.Parts) < len(columns) || i.Method != "" {
			return false
		}
		for k, c := range columns {
			if p := i.Parts[k]; p.Column != c || p.Prefix > 0 {
				return false
			}
		}
		return true
	})
}

func (n *normalizer) names() error {
	taken := n.t.Names()
	for _, k := range n.t.Checks {
		if k.Name == "" {
			cols := sqltext.Columns(string(k.Expr))
			if len(cols) != 1 {
				cols = nil
			}
			k.Name = schema.UniqueName(taken, n.t.Name, cols, "check")
		}
	}
	all := []string{n.t.Name}
	for _, c := range n.t.Columns {
		all = append(all, c.Name)
	}
	for name := range n.t.Names() {
		all = append(all, name)
	}
	slices.Sort(all)
	for _, name := range all {
		switch {
		case name == "":
			return dberr.New(dberr.Invalid, "", "a name is empty")
		case strings.ContainsRune(name, 0), strings.HasSuffix(name, " "), !utf8.ValidString(name):
			return dberr.New(dberr.Invalid, "",
				"the name "+strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", "?"), "?")+
					" holds NUL, ends in a space or is not UTF-8")
		case utf8.RuneCountInString(name) > maxName:
			return n.tooLarge("the name %s has %d characters and %d are allowed; use a shorter one", name,
				utf8.RuneCountInString(name), maxName)
		}
		if beyondBMP(name) {
			return n.unsupported("the name %s has a character beyond U+FFFF, which names cannot have", name)
		}
	}
	return n.comments()
}

// comments refuses those of which the server would lose a part.
func (n *normalizer) comments() error {
	if beyondBMP(n.t.Comment) {
		return n.unsupported("the comment of table %s has a character beyond U+FFFF, which comments cannot have", n.t.Name)
	}
	for _, c := range n.t.Columns {
		if beyondBMP(c.Comment) {
			return n.unsupported("the comment of column %s.%s has a character beyond U+FFFF, which comments cannot have",
				n.t.Name, c.Name)
		}
	}
	for _, i := range n.t.Indexes {
		if beyondBMP(i.Comment) {
			return n.unsupported("the comment of index %s has a character beyond U+FFFF, which comments cannot have", i.Name)
		}
	}
	return nil
}

// limits refuses keys that are too long.
func (n *normalizer) limits() error {
	if pk := n.t.PrimaryKey; pk != nil {
		parts := make([]schema.IndexPart, len(pk.Columns))
		for i, c := range pk.Columns {
			parts[i].Column = c
			if pk.Prefix != nil {
				parts[i].Prefix = pk.Prefix[i]
			}
		}
		if err := n.keyFits("the primary key", parts); err != nil {
			return err
		}
	}
	for _, i := range n.t.Indexes {
		if i.Method != "" {
			continue
		}
		if err := n.keyFits("index "+i.Name, i.Parts); err != nil {
			return err
		}
	}
	return nil
}

func (n *normalizer) keyFits(what string, parts []schema.IndexPart) error {
	total := 0
	for _, p := range parts {
		c := n.t.Column(p.Column)
		if c == nil {
			continue // an expression, which the server judges
		}
		if p.Prefix > 0 {
			total += p.Prefix * charBytes(c)
			continue
		}
		switch c.Type.Kind {
		case schema.String:
			total += c.Type.Length * charBytes(c)
		case schema.Text, schema.JSON, schema.JSONB:
			return n.tooLarge("column %s of table %s is part of %s and its values have no limit; declare it with Key(n), with n characters at most", c.Name, n.t.Name, what)
		case schema.Bytes:
			if c.Type.KeyLength == 0 {
				return n.tooLarge("column %s of table %s is part of %s and its values have no limit; declare it with Key(n), with n bytes at most", c.Name, n.t.Name, what)
			}
			total += c.Type.KeyLength
		case schema.UUID:
			total += 36 * maxChar
		case schema.Integer:
			total += 4
		case schema.SmallInt, schema.Enum:
			total += 2
		case schema.Boolean:
			total++
		case schema.Date:
			total += 3
		case schema.Numeric:
			total += c.Type.Precision/2 + 1
		default:
			total += 8
		}
	}
	if total > maxKey {
		return n.tooLarge("%s of table %s takes %d bytes and %d are allowed; declare shorter keys", what, n.t.Name,
			total, maxKey)
	}
	return nil
}

// wideSets are the character sets that take more than a byte for a character.
var wideSets = map[string]int{"utf8mb4": 4, "utf8mb3": 3, "utf8": 3, "ucs2": 2, "utf16": 4, "utf16le": 4,
	"utf32": 4, "gb18030": 4,
	"eucjpms": 3, "ujis": 3, "gbk": 2, "gb2312": 2, "sjis": 2, "cp932": 2, "big5": 2, "euckr": 2}

// charBytes is how many bytes of a key a character of the column takes.
func charBytes(c *schema.Column) int {
	raw := strings.ToLower(c.Type.Raw)
	if c.Type.Kind == schema.Bytes || strings.Contains(raw, "blob") || strings.Contains(raw, "binary") {
		return 1
	}
	if c.Collation == "" {
		return maxChar
	}
	set, _, _ := strings.Cut(strings.ToLower(c.Collation), "_")
	return cmp.Or(wideSets[set], 1)
}

// defaultLiteral is the value of a default in the Go type that belongs to the
// column, spelled as the server prints it.
func defaultLiteral(ty schema.Type, v any) any {
	v = ty.Literal(v)
	if s, ok := v.(string); ok {
		layout := "2006-01-02 15:04:05." + strings.Repeat("0", cmp.Or(ty.Precision, 6))
		return value.DefaultText(ty, s, layout)
	}
	return v
}
