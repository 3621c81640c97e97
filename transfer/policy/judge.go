package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/internal/jsontext"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/transfer/canon"
)

// Fate is what becomes of a row.
type Fate int

// The fates.
const (
	Goes   Fate = iota // as it was, or repaired
	Stays              // skipped
	Refuse             // nothing may go on
)

// Problem is one thing that is wrong with a row.
type Problem struct {
	Class  canon.Class `json:"class"`
	Column string      `json:"column,omitempty"`
	Why    string      `json:"why"` // half a sentence without a value
	Action Action      `json:"action"`
}

// Verdict is what a [Judge] says about a row.
type Verdict struct {
	Fate     Fate
	Row      []any     // as canon.Read gives the values, repaired; of a row that goes
	Bind     []any     // the same, as the target's driver takes them
	Problems []Problem // none for a row in order
}

// Table is what a judge has to know of the way of a table.
type Table struct {
	Target *schema.Table // as it is there, with the columns that are written only
	Keys   *Keys         // of all tables that are on their way
	// Late are foreign keys that are not looked at, because the rows they refer
	// to come later.
	Late []*schema.ForeignKey
}

// Judge judges the rows of one table. It is for one goroutine, and its rows are
// valid until the next one is judged.
type Judge struct {
	rules   Rules
	dialect driver.Dialect
	table   *schema.Table
	sum     *canon.Summer
	refs    []reference
	uniques []uniqueKey
	kept    []kept
	key     []int // positions of the primary key
	row     []any
	bind    []any
}

// NewJudge returns the judge of a table's rows on their way into a database of
// that dialect.
func NewJudge(rules Rules, d driver.Dialect, t Table) *Judge {
	j := &Judge{rules: rules, dialect: d, table: t.Target, kept: t.Keys.kept(t.Target),
		uniques: uniques(t.Target),
		row:     make([]any, len(t.Target.Columns)), bind: make([]any, len(t.Target.Columns))}
	j.sum = canon.NewSummer(Types(t.Target))
	if t.Target.PrimaryKey != nil {
		j.key = positions(t.Target, t.Target.PrimaryKey.Columns)
	}
	for _, f := range t.Target.ForeignKeys {
		set, known := t.Keys.of[keyName(f.RefTable, f.RefColumns)]
		if at := positions(t.Target, f.Columns); known && at != nil && !slices.Contains(t.Late, f) {
			j.refs = append(j.refs, reference{f, set, at})
		}
	}
	return j
}

// Types are those of a table's columns.
func Types(t *schema.Table) []schema.Type {
	out := make([]schema.Type, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = c.Type
	}
	return out
}

// Row judges a row, whose values are as the driver gave them, in the order of
// the target's columns. The keys of a row that does not stay behind are
// remembered.
func (j *Judge) Row(raw []any) Verdict {
	v := Verdict{Row: j.row, Bind: j.bind}
	for i, c := range j.table.Columns {
		j.value(&v, i, c, raw[i])
	}
	if v.Fate == Goes {
		j.references(&v)
	}
	if v.Fate == Goes {
		j.unique(&v)
	}
	for _, k := range j.kept {
		sum, ok := keyOf(j.sum, v.Row, k.columns)
		switch {
		case ok && v.Fate == Stays && !j.another(k.columns, sum):
			delete(k.set, sum)
		case ok && v.Fate != Stays: // of what is refused, those that refer to it are not at fault
			k.set[sum] = struct{}{}
		}
	}
	return v
}

// another reports whether a row that goes has this key.
func (j *Judge) another(columns []int, sum uint64) bool {
	for _, u := range j.uniques {
		if _, taken := u.seen[sum]; taken && !u.folded && slices.Equal(u.columns, columns) {
			return true
		}
	}
	return false
}

// Remember adds the keys of a row without judging it: for a table that refers to
// itself, whose keys have to be known ahead of its rows.
func (j *Judge) Remember(raw []any) {
	for i, c := range j.table.Columns {
		j.row[i], _ = canon.Read(c.Type, raw[i])
	}
	for _, k := range j.kept {
		if sum, ok := keyOf(j.sum, j.row, k.columns); ok {
			k.set[sum] = struct{}{}
		}
	}
}

// Known reports whether the row that a foreign key refers to goes too.
func (j *Judge) Known(f *schema.ForeignKey, keys *Keys, row []any) bool {
	sum, ok := keyOf(j.sum, row, positions(j.table, f.Columns))
	if !ok {
		return true
	}
	_, known := keys.of[keyName(f.RefTable, f.RefColumns)][sum]
	return known
}

// most is how often a value is repaired before it is given up.
const most = 4

// value judges one value.
func (j *Judge) value(v *Verdict, i int, c *schema.Column, raw any) {
	for range most {
		read, err := canon.Read(c.Type, raw)
		v.Row[i] = read
		if err == nil && read == nil && !c.Nullable {
			err = &canon.Error{Class: canon.Nulls, Why: "there is no value, and the column must have one"}
		}
		if err == nil {
			if v.Bind[i], err = j.dialect.Encode(c.Type, read); err == nil {
				return
			}
			err = j.classify(c, read, err)
		}
		var e *canon.Error
		if !errors.As(err, &e) {
			return
		}
		fixed, ok := j.broken(v, c, e, read)
		if !ok {
			return
		}
		raw = fixed
	}
	j.fail(v, Problem{Class: canon.Encoding, Column: c.Name, Why: "the value could not be repaired", Action: Fail})
}

// broken records a problem with a value, and returns the value to go on with,
// if there is one.
func (j *Judge) broken(v *Verdict, c *schema.Column, e *canon.Error, read any) (any, bool) {
	p := Problem{Class: e.Class, Column: c.Name, Why: e.Why, Action: j.rules.For(e.Class)}
	if p.Action == Repair {
		fixed, ok := repaired(e.Class, c, read)
		if ok {
			v.Problems = append(v.Problems, p)
			return fixed, true
		}
		p.Action, p.Why = Fail, p.Why+"; there is no repair for this one, so it can only be skipped"
	}
	j.fail(v, p)
	return nil, false
}

// fail records a problem that keeps a row from going.
func (j *Judge) fail(v *Verdict, p Problem) {
	v.Problems = append(v.Problems, p)
	if p.Action == Skip {
		v.Fate = max(v.Fate, Stays)
		return
	}
	v.Fate = Refuse
}

// classify says in which way the target does not take a value.
func (j *Judge) classify(c *schema.Column, v any, err error) error {
	why := err.Error()
	var de *dberr.Error
	if errors.As(err, &de) && de.Msg != "" {
		why = de.Msg
	}
	s, isText := v.(string)
	document := c.Type.Kind == schema.JSON || c.Type.Kind == schema.JSONB
	switch {
	case isText && strings.IndexByte(s, 0) >= 0:
		return &canon.Error{Class: canon.NUL, Why: "the text holds the character U+0000 (NUL)"}
	case isText && !utf8.ValidString(s):
		return &canon.Error{Class: canon.Encoding, Why: "the text is not UTF-8"}
	case isText && document:
		return j.document(c, s, why)
	case dberr.CodeOf(err) == dberr.TooLarge && c.Type.Kind.IsNumber():
		return &canon.Error{Class: canon.Numbers, Why: why}
	case dberr.CodeOf(err) == dberr.TooLarge:
		return &canon.Error{Class: canon.TooLong, Why: why}
	case c.Type.Kind == schema.Date || c.Type.Kind == schema.Time || c.Type.Kind == schema.DateTime:
		return &canon.Error{Class: canon.Times, Why: why}
	case c.Type.Kind == schema.Boolean:
		return &canon.Error{Class: canon.Booleans, Why: why}
	}
	return &canon.Error{Class: canon.Numbers, Why: why}
}

// hugeNumber is a document that is a number beyond every double.
const hugeNumber = "1e999"

// document says in which way the target does not take JSON.
func (j *Judge) document(c *schema.Column, s, why string) error {
	depth, huge, err := jsontext.Measure(s)
	switch {
	case errors.Is(err, jsontext.ErrNUL):
		return &canon.Error{Class: canon.NUL, Why: "the JSON text holds the character U+0000 (NUL)"}
	case errors.Is(err, jsontext.ErrSurrogate):
		return &canon.Error{Class: canon.Encoding, Why: "the JSON text holds half of a surrogate pair"}
	case err != nil:
		return &canon.Error{Class: canon.InvalidJSON, Why: err.Error()}
	}
	nested := strings.Repeat("[", depth) + strings.Repeat("]", depth)
	if huge {
		nested = hugeNumber
	}
	if _, err := j.dialect.Encode(c.Type, nested); (depth > 0 || huge) && err != nil {
		return &canon.Error{Class: canon.JSONLimits, Why: why}
	}
	return &canon.Error{Class: canon.TooLong, Why: why}
}

// references looks whether the rows that this one refers to go too.
func (j *Judge) references(v *Verdict) {
	for _, r := range j.refs {
		sum, ok := keyOf(j.sum, v.Row, r.columns)
		if _, known := r.set[sum]; !ok || known {
			continue
		}
		p := Problem{Class: canon.Orphans, Column: strings.Join(r.fk.Columns, ", "), Action: j.rules.For(canon.Orphans),
			Why: "the row of " + r.fk.RefTable + " that it refers to is not there"}
		free := slices.IndexFunc(r.columns, func(c int) bool {
			return j.table.Columns[c].Nullable && !slices.Contains(j.key, c)
		})
		if p.Action == Repair && free >= 0 {
			c := r.columns[free]
			v.Row[c], v.Bind[c] = nil, nil
			v.Problems = append(v.Problems, p)
			continue
		}
		if p.Action == Repair {
			p.Action, p.Why = Fail, p.Why+"; the reference cannot be taken out, so the row can only be skipped"
		}
		j.fail(v, p)
	}
}

// unique looks whether another row has taken a key.
func (j *Judge) unique(v *Verdict) {
	for i := range j.uniques {
		u := &j.uniques[i]
		if u.taken(j.sum, v.Row) && !j.duplicate(v, u) {
			return
		}
	}
	for i := range j.uniques {
		u := &j.uniques[i]
		if sum, ok := u.of(j.sum, v.Row); ok {
			u.seen[sum] = struct{}{}
		}
	}
}

// duplicate treats a row whose key is taken, and reports whether it goes.
func (j *Judge) duplicate(v *Verdict, u *uniqueKey) bool {
	p := Problem{Class: canon.Duplicates, Column: u.name, Action: j.rules.For(canon.Duplicates),
		Why: "another row has the same key"}
	if u.folded {
		p.Why = "another row has the same text in another case of letters"
	}
	last := u.columns[len(u.columns)-1]
	c := j.table.Columns[last]
	s, isText := v.Row[last].(string)
	may := isText && c.Type.Kind.IsText() && len(j.key) > 0 && !slices.Contains(j.key, last)
	if p.Action == Repair && may {
		to := distinct(s, fmt.Sprint(v.Row[j.key[len(j.key)-1]]))
		v.Row[last] = to
		if bind, err := j.dialect.Encode(c.Type, to); err == nil && !j.anyTaken(v.Row, last) {
			v.Bind[last] = bind
			v.Problems = append(v.Problems, p)
			return true
		}
		v.Row[last] = s
	}
	if p.Action == Repair {
		p.Action, p.Why = Fail, p.Why+"; it cannot be changed, so the row can only be skipped"
	}
	j.fail(v, p)
	return false
}

// anyTaken reports whether another row has a key with this column.
func (j *Judge) anyTaken(row []any, column int) bool {
	for i := range j.uniques {
		if u := &j.uniques[i]; slices.Contains(u.columns, column) && u.taken(j.sum, row) {
			return true
		}
	}
	return false
}

// distinct puts an id into a text: in front of the domain where it is an e-mail.
func distinct(s, id string) string {
	name, domain := s, ""
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		name, domain = s[:i], s[i:]
	}
	return strings.ToLower(name + "+" + id + domain)
}
