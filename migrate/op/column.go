package op

import "github.com/larder-db/larder/schema"

// String declares a VARCHAR column of at most length characters, to be added
// to a table; 0 is unbounded. Like the other columns of this file it is NOT
// NULL until Null is called, and Unique and References go with it.
func String(name string, length int) schema.ColumnDef {
	return schema.Define("").String(name, length)
}

// Text declares a column for text of any length.
func Text(name string) schema.ColumnDef { return schema.Define("").Text(name) }

// Integer declares a 32-bit integer column.
func Integer(name string) schema.ColumnDef { return schema.Define("").Integer(name) }

// BigInt declares a 64-bit integer column.
func BigInt(name string) schema.ColumnDef { return schema.Define("").BigInt(name) }

// SmallInt declares a 16-bit integer column.
func SmallInt(name string) schema.ColumnDef { return schema.Define("").SmallInt(name) }

// Boolean declares a boolean column.
func Boolean(name string) schema.ColumnDef { return schema.Define("").Boolean(name) }

// Float declares a double precision column.
func Float(name string) schema.ColumnDef { return schema.Define("").Float(name) }

// Numeric declares an exact decimal column.
func Numeric(name string, precision, scale int) schema.ColumnDef {
	return schema.Define("").Numeric(name, precision, scale)
}

// Date declares a calendar date column.
func Date(name string) schema.ColumnDef { return schema.Define("").Date(name) }

// Time declares a column for a time of day without a date or a zone.
func Time(name string) schema.ColumnDef { return schema.Define("").Time(name) }

// DateTime declares a column for an instant in UTC.
func DateTime(name string) schema.ColumnDef { return schema.Define("").DateTime(name) }

// DateTimeTZ declares a column for an instant, of the type that converts between time zones where
// the engine has one.
func DateTimeTZ(name string) schema.ColumnDef { return schema.Define("").DateTimeTZ(name) }

// JSON declares a JSON column that keeps the exact text.
func JSON(name string) schema.ColumnDef { return schema.Define("").JSON(name) }

// JSONB declares a column for binary JSON.
func JSONB(name string) schema.ColumnDef { return schema.Define("").JSONB(name) }

// Bytes declares a column for binary data.
func Bytes(name string) schema.ColumnDef { return schema.Define("").Bytes(name) }

// UUID declares a UUID column.
func UUID(name string) schema.ColumnDef { return schema.Define("").UUID(name) }

// Enum declares a column that holds one of values; typeName is what the type is
// called where enums are types of their own.
func Enum(name, typeName string, values ...string) schema.ColumnDef {
	return schema.Define("").Enum(name, typeName, values...)
}

// Typed declares a column of any type.
func Typed(name string, ty schema.Type) schema.ColumnDef { return schema.Define("").Typed(name, ty) }
