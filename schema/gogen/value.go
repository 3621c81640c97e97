package gogen

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/larder-db/larder/schema"
)

// constants are the names of values that have one.
var constants = map[reflect.Type]map[string]string{
	reflect.TypeFor[schema.Kind](): {
		"string": "String", "text": "Text", "integer": "Integer", "bigint": "BigInt", "smallint": "SmallInt",
		"boolean": "Boolean", "float": "Float", "numeric": "Numeric", "date": "Date", "datetime": "DateTime",
		"json": "JSON", "jsonb": "JSONB", "bytes": "Bytes", "uuid": "UUID", "enum": "Enum", "other": "Other",
	},
	reflect.TypeFor[schema.Action](): {
		"RESTRICT": "Restrict", "CASCADE": "Cascade", "SET NULL": "SetNull", "SET DEFAULT": "SetDefault",
	},
	reflect.TypeFor[schema.Unit](): {"s": "Seconds", "ns": "Nanoseconds"},
	reflect.TypeFor[schema.Facet](): {
		"type": "TypeFacet", "nullable": "NullFacet", "default": "DefaultFacet", "generated": "GeneratedFacet",
		"identity": "IdentityFacet", "collation": "CollationFacet", "comment": "CommentFacet",
	},
	reflect.TypeFor[schema.Expr](): {string(schema.Now): "Now", string(schema.NowSeconds): "NowSeconds"},
}

// Value writes v as a Go expression, with package schema's names for its
// constants. Fields that are zero are left out, and so are what an engine calls
// a type that has a kind, and what the fields Doc hold.
func Value(v any) string {
	if v == nil {
		return "nil"
	}
	return value(reflect.ValueOf(v))
}

// Literal is [Value] for the value of a default, whose type is seen from the
// text: int64(3).
func Literal(v any) string { return value(reflect.ValueOf(&v).Elem()) }

func value(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return "nil"
		}
		e := v.Elem()
		switch e.Kind() {
		case reflect.Int64, reflect.Float64, reflect.Int:
			return e.Type().String() + "(" + value(e) + ")"
		}
		return value(e)
	case reflect.Pointer:
		if v.IsNil() {
			return "nil"
		}
		return "&" + value(v.Elem())
	case reflect.Struct:
		return structValue(v)
	case reflect.Slice:
		if v.IsNil() {
			return "nil"
		}
		items := make([]string, v.Len())
		for i := range items {
			items[i] = value(v.Index(i))
			if e := v.Type().Elem(); e.Kind() == reflect.Struct { // as gofmt -s has it
				items[i] = strings.TrimPrefix(items[i], e.String())
			}
		}
		return v.Type().String() + "{" + strings.Join(items, ", ") + "}"
	case reflect.String:
		if name := constants[v.Type()][v.String()]; name != "" {
			return "schema." + name
		}
		return strconv.Quote(v.String())
	case reflect.Float64, reflect.Float32:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	}
	return fmt.Sprintf("%v", v)
}

func structValue(v reflect.Value) string {
	if ty, ok := v.Interface().(schema.Type); ok {
		v = reflect.ValueOf(typeOnly(ty))
	}
	var fields []string
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.IsExported() && !v.Field(i).IsZero() && f.Name != "Doc" {
			fields = append(fields, f.Name+": "+value(v.Field(i)))
		}
	}
	return v.Type().String() + "{" + strings.Join(fields, ", ") + "}"
}

// typeOnly is a type without what is no declaration, and without one engine's
// spelling, unless that is all there is.
func typeOnly(ty schema.Type) schema.Type {
	if ty.Kind != schema.Other {
		ty.Raw = ""
	}
	ty.Codec = nil
	return ty
}
