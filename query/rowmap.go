package query

import (
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/schema"
)

// Rows that are read into a map[string]any have their values by the names of the
// columns, of the same Go type on every engine: that of the column's kind.

// mapDestinations is what rows are read into that become maps, one after another
// in row.
func mapDestinations(row *map[string]any, sh shape) ([]any, error) {
	out := make([]any, len(sh.names))
	for i, name := range sh.names {
		if name == "" || slices.Contains(sh.names[:i], name) {
			return nil, dberr.New(dberr.Invalid, "row mapping", fmt.Sprintf("column %d of the statement has no name of its own; give it one with As", i+1))
		}
		d := &inMap{row: row, name: name, sh: sh, i: i}
		if i < len(sh.cols) {
			switch c := sh.cols[i].(type) {
			case AnyColumn:
				d.t = goType(c.reference().col.Type)
			case driver.Typed:
				d.t = goType(c.SQLType())
			}
		}
		out[i] = d
	}
	return out, nil
}

// inMap reads one column into a map.
type inMap struct {
	row  *map[string]any
	name string
	t    reflect.Type // nil when only the driver knows
	sh   shape
	i    int
}

// Scan puts src into the map, which is made for the first column of each row.
func (d *inMap) Scan(src any) error {
	if *d.row == nil {
		*d.row = make(map[string]any, len(d.sh.names))
	}
	m := *d.row
	if src == nil {
		m[d.name] = nil
		return nil
	}
	if d.t == nil {
		if b, ok := src.([]byte); ok {
			src = string(b)
		}
		m[d.name] = src
		return nil
	}
	v := reflect.New(d.t).Elem()
	if s, ok := destination(v, d.sh, d.i).(sql.Scanner); ok {
		if err := s.Scan(src); err != nil {
			return err
		}
		m[d.name] = v.Interface()
		return nil
	}
	x, err := plainValue(d.t, src)
	m[d.name] = x
	return err
}

// plainValue is src, as a driver has it, as a value of one of the types that
// database/sql reads by itself.
func plainValue(t reflect.Type, src any) (any, error) {
	switch t.Kind() {
	case reflect.String:
		var s sql.NullString
		err := s.Scan(src)
		return s.String, err
	case reflect.Int64:
		var n sql.NullInt64
		err := n.Scan(src)
		return n.Int64, err
	case reflect.Float64:
		var f sql.NullFloat64
		err := f.Scan(src)
		return f.Float64, err
	case reflect.Bool:
		var b sql.NullBool
		err := b.Scan(src)
		return b.Bool, err
	}
	var b sql.Null[[]byte]
	err := b.Scan(src)
	return b.V, err
}

// goType is the Go type that a column's values have where no other is asked for.
func goType(ty schema.Type) reflect.Type {
	if ty.Codec != nil {
		return ty.Codec.Go
	}
	switch ty.Kind {
	case schema.Integer, schema.BigInt, schema.SmallInt:
		return reflect.TypeFor[int64]()
	case schema.Boolean:
		return reflect.TypeFor[bool]()
	case schema.Float:
		return reflect.TypeFor[float64]()
	case schema.Numeric:
		return reflect.TypeFor[Decimal]()
	case schema.Time:
		return reflect.TypeFor[TimeOfDay]()
	case schema.Date, schema.DateTime:
		return reflect.TypeFor[time.Time]()
	case schema.JSON, schema.JSONB:
		return reflect.TypeFor[jsonvalue.JSON]()
	case schema.Bytes:
		return reflect.TypeFor[[]byte]()
	}
	return reflect.TypeFor[string]()
}
