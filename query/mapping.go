package query

import (
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/schema"
)

// structInfo is how a struct's fields stand for columns. There is one per Go
// type, however many statements are run.
type structInfo struct {
	t      reflect.Type
	fields []fieldInfo
	byName map[string]int
	err    error
}

type fieldInfo struct {
	name     string
	index    []int
	t        reflect.Type
	readOnly bool // no column of a table
}

// fieldColumns are the columns of a table that the fields of a struct are for;
// nil for one that is only read and has none.
type fieldColumns struct {
	of      *structInfo
	columns []*schema.Column
}

// columnsOf refuses a struct with a db tag that names no column of the table
// that it is to be stored in.
func (s *structInfo) columnsOf(t *schema.Table) (fieldColumns, error) {
	found := fieldColumns{of: s, columns: make([]*schema.Column, len(s.fields))}
	for i, f := range s.fields {
		found.columns[i] = t.Column(f.name)
		if !f.readOnly && found.columns[i] == nil {
			return fieldColumns{}, dberr.New(dberr.Invalid, t.Name,
				fmt.Sprintf("%s has the db tag %q and the table has no such column; correct it, or mark a field that is only read: `db:\"%s,readonly\"`", s.t, f.name, f.name))
		}
	}
	return found, nil
}

var structs sync.Map // reflect.Type -> *structInfo

func structOf(t reflect.Type) (*structInfo, error) {
	if x, ok := structs.Load(t); ok {
		s := x.(*structInfo)
		return s, s.err
	}
	s := &structInfo{t: t, byName: map[string]int{}}
	if t.Kind() != reflect.Struct {
		s.err = dberr.New(dberr.Invalid, "row mapping",
			fmt.Sprintf("%s is not a struct; give one whose fields have db tags", t))
	} else {
		s.collect(t, nil)
		if s.err == nil && len(s.fields) == 0 {
			s.err = dberr.New(dberr.Invalid, "row mapping", fmt.Sprintf("%s has no fields with a db tag", t))
		}
	}
	x, _ := structs.LoadOrStore(t, s)
	s = x.(*structInfo)
	return s, s.err
}

func (s *structInfo) collect(t reflect.Type, prefix []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(prefix[:len(prefix):len(prefix)], i)
		tag, tagged := f.Tag.Lookup("db")
		name, option, _ := strings.Cut(tag, ",")
		if name == "-" {
			continue
		}
		if f.Anonymous && !tagged {
			if f.Type.Kind() == reflect.Struct && !isValue(f.Type) {
				s.collect(f.Type, index)
			}
			continue
		}
		if !tagged || name == "" {
			continue
		}
		if !f.IsExported() {
			s.err = dberr.New(dberr.Invalid, "row mapping",
				fmt.Sprintf("field %s of %s has a db tag and is not exported", f.Name, t))
			return
		}
		if at, dup := s.byName[name]; dup {
			// As in Go, the field that is less deep hides the other.
			if len(s.fields[at].index) <= len(index) {
				if len(s.fields[at].index) == len(index) {
					s.err = dberr.New(dberr.Invalid, "row mapping", fmt.Sprintf("two fields of %s have the db tag %q", s.t, name))
				}
				continue
			}
			s.fields[at] = fieldInfo{name: name, index: index, t: f.Type, readOnly: option == "readonly"}
			continue
		}
		s.byName[name] = len(s.fields)
		if option != "" && option != "readonly" {
			s.err = dberr.New(dberr.Invalid, "row mapping",
				fmt.Sprintf("the db tag of field %s of %s has the option %q; there is readonly alone", f.Name, t, option))
			return
		}
		s.fields = append(s.fields, fieldInfo{name: name, index: index, t: f.Type, readOnly: option == "readonly"})
	}
}

var scannerType = reflect.TypeFor[sql.Scanner]()

// isValue reports whether a row of one column is read into t as a whole.
func isValue(t reflect.Type) bool {
	return t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() || reflect.PointerTo(t).Implements(scannerType)
}

// scanner reads rows into one T. dest points into row, once for the whole result.
type scanner[T any] struct {
	row  *T
	dest []any
}

func newScanner[T any](sh shape) (*scanner[T], error) {
	columns := sh.names
	s := &scanner[T]{row: new(T)}
	v := reflect.ValueOf(s.row).Elem()
	if m, ok := any(s.row).(*map[string]any); ok {
		dest, err := mapDestinations(m, sh)
		s.dest = dest
		return s, err
	}
	if isValue(v.Type()) || len(columns) == 1 && takes(sh.codec(0), v.Type()) {
		if len(columns) != 1 {
			return nil, dberr.New(dberr.Invalid, "row mapping", fmt.Sprintf("the statement returns %d columns and %s takes one; read it into a struct", len(columns), v.Type()))
		}
		s.dest = []any{destination(v, sh, 0)}
		return s, nil
	}
	info, err := structOf(v.Type())
	if err != nil {
		return nil, err
	}
	s.dest = make([]any, len(columns))
	seen := make([]bool, len(info.fields))
	for i, c := range columns {
		at, ok := info.byName[c]
		switch {
		case !ok && c == "":
			return nil, dberr.New(dberr.Invalid, "row mapping", fmt.Sprintf("column %d of the statement is an expression without a name; give it one with As", i+1))
		case !ok:
			return nil, dberr.New(dberr.Invalid, "row mapping", fmt.Sprintf("%s has no field with the db tag %q for that column of the statement", info.t, c))
		case seen[at]:
			return nil, dberr.New(dberr.Invalid, "row mapping", fmt.Sprintf("two columns of the statement are called %q; rename one with As", c))
		}
		seen[at] = true
		s.dest[i] = destination(v.FieldByIndex(info.fields[at].index), sh, i)
	}
	return s, nil
}

// shape is what is known of the rows of a statement.
type shape struct {
	names  []string        // of the columns
	cols   []Selectable    // the columns, where the statement knows them
	scales []int           // of the columns that are decimals, -1 of others; nil without any
	codecs []*schema.Codec // of the columns that have one; nil without any
}

// codec is that of a column, if it has one.
func (sh *shape) codec(i int) *schema.Codec {
	if i < len(sh.codecs) {
		return sh.codecs[i]
	}
	return nil
}

func shapeOf(st Reader) shape {
	sh := shape{names: st.resultColumns()}
	t, ok := st.(interface{ resultTypes() []Selectable })
	if !ok {
		return sh
	}
	cols := t.resultTypes()
	sh.cols = cols
	var together []schema.Type // of a union
	if c, ok := st.(CompoundStmt); ok {
		together = resultTypesOf(c)
	}
	for i, c := range cols {
		var ty *schema.Type
		switch c := c.(type) {
		case AnyColumn:
			ty = &c.reference().col.Type
		case driver.Typed:
			own := fieldType(st, c)
			ty = &own
		default:
			continue
		}
		if i < len(together) {
			ty = &together[i]
		}
		if ty.Codec != nil {
			if sh.codecs == nil {
				sh.codecs = make([]*schema.Codec, len(cols))
			}
			sh.codecs[i] = ty.Codec
		}
		if ty.Kind != schema.Numeric {
			continue
		}
		if sh.scales == nil {
			sh.scales = slices.Repeat([]int{-1}, len(cols))
		}
		sh.scales[i] = ty.Scale
	}
	return sh
}

// destination is what Scan is given for a field: its address, or something
// that reads into it what database/sql cannot.
func destination(v reflect.Value, sh shape, i int) any {
	if c := sh.codec(i); c != nil && takes(c, v.Type()) {
		return &decoded{to: v, c: c}
	}
	p := v.Addr().Interface()
	if i < len(sh.scales) && sh.scales[i] >= 0 {
		if k := v.Kind(); k == reflect.String || k == reflect.Pointer && v.Type().Elem().Kind() == reflect.String {
			return &decimalDest{to: v, scale: sh.scales[i]}
		}
	}
	switch x := p.(type) {
	case *time.Time:
		return &instant{to: x}
	case **time.Time:
		return &instant{toPtr: x}
	}
	return p
}

// takes reports whether a codec gives values of t, or of what t points to.
func takes(c *schema.Codec, t reflect.Type) bool {
	return c != nil && (t == c.Go || t.Kind() == reflect.Pointer && t.Elem() == c.Go)
}

// decimalDest reads decimals with the digits of their column.
type decimalDest struct {
	to    reflect.Value // a string, or a pointer to one
	scale int
}

// Into is for messages.
func (d *decimalDest) Into() reflect.Type { return d.to.Type() }

func (d *decimalDest) Scan(src any) error {
	ptr := d.to.Kind() == reflect.Pointer
	if src == nil {
		if !ptr {
			return fmt.Errorf("converting NULL to %s is unsupported", d.to.Type())
		}
		d.to.SetZero()
		return nil
	}
	s, err := decimalText(src)
	if err != nil {
		return err
	}
	to := d.to
	if ptr {
		to = reflect.New(d.to.Type().Elem())
		d.to.Set(to)
		to = to.Elem()
	}
	to.SetString(scaled(s, d.scale))
	return nil
}

// instant reads times also from engines that keep them as text, and always in UTC.
type instant struct {
	to    *time.Time
	toPtr **time.Time
}

// layouts of times as text: ours, what CURRENT_TIMESTAMP gives, and RFC 3339.
var layouts = []string{"2006-01-02 15:04:05.999999999", "2006-01-02", "2006-01-02T15:04:05.999999999", time.RFC3339Nano,
	"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999 -0700 MST", "15:04:05.999999999"}

// Into is for messages.
func (d *instant) Into() reflect.Type {
	if d.toPtr != nil {
		return reflect.TypeFor[*time.Time]()
	}
	return reflect.TypeFor[time.Time]()
}

func (d *instant) Scan(src any) error {
	var t time.Time
	switch x := src.(type) {
	case nil:
		if d.toPtr == nil {
			return fmt.Errorf("converting NULL to time.Time is unsupported")
		}
		*d.toPtr = nil
		return nil
	case time.Time:
		t = x.UTC()
	case []byte:
		return d.Scan(string(x))
	case string:
		var err error
		for _, l := range layouts {
			if t, err = time.Parse(l, x); err == nil {
				t = t.UTC()
				break
			}
		}
		if err != nil {
			return fmt.Errorf("the text is not a time")
		}
	case int64:
		t = time.Unix(x, 0).UTC()
	default:
		return fmt.Errorf("a %T is not a time", src)
	}
	if d.toPtr != nil {
		*d.toPtr = &t
		return nil
	}
	*d.to = t
	return nil
}

// fieldValue is a field's value to bind: nil for a nil pointer, never a pointer.
func fieldValue(v reflect.Value) any {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	return v.Interface()
}

// structValue is the struct behind v, which may be a pointer to it.
func structValue(v any) (reflect.Value, *structInfo, error) {
	r := reflect.ValueOf(v)
	for r.Kind() == reflect.Pointer && !r.IsNil() {
		r = r.Elem()
	}
	if !r.IsValid() || r.Kind() != reflect.Struct {
		return r, nil, dberr.New(dberr.Invalid, "row mapping", fmt.Sprintf("%T is not a struct; give one whose fields have db tags", v))
	}
	info, err := structOf(r.Type())
	return r, info, err
}
