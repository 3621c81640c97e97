package gogen

import (
	"strings"

	"github.com/larder-db/larder/schema"
)

// goType is the Go type that values of a column have, and notes its import.
func (f *file) goType(c *schema.Column) string {
	switch c.Type.Kind {
	case schema.String, schema.Text, schema.UUID, schema.Enum:
		return "string"
	case schema.Integer, schema.BigInt, schema.SmallInt:
		return "int64"
	case schema.Boolean:
		return "bool"
	case schema.Float:
		return "float64"
	case schema.Numeric:
		f.imports[module+"query"] = true
		return "query.Decimal"
	case schema.Time:
		f.imports[module+"query"] = true
		return "query.TimeOfDay"
	case schema.Date, schema.DateTime:
		f.imports["time"] = true
		return "time.Time"
	case schema.JSON, schema.JSONB:
		f.imports[module+"jsonvalue"] = true
		return "jsonvalue.JSON"
	case schema.Bytes:
		return "[]byte"
	}
	return "any" // as the driver gives it
}

// about says what a column holds, in a line: its description and what it counts.
func about(c *schema.Column) string {
	text := c.Doc
	if text == "" {
		text = c.Comment
	}
	text = oneLine(text)
	unit := map[schema.Unit]string{schema.Seconds: "seconds", schema.Nanoseconds: "nanoseconds"}[c.Unit]
	if unit == "" {
		unit = string(c.Unit)
	}
	switch {
	case unit == "":
		return text
	case text == "":
		return unit
	}
	return text + " (" + unit + ")"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// field is a field of a struct with what it is about.
type field struct{ name, goType, tag, about string }

// width is how long a line may be with a comment behind it.
const width = 119

// fields writes the fields of a struct. Comments stand behind them, or above
// them where that would make long lines.
func (f *file) fields(list []field) {
	names, types, tags, abouts := 0, 0, 0, 0
	for _, x := range list {
		names, types = max(names, len(x.name)), max(types, len(x.goType))
		tags, abouts = max(tags, len(x.tag)), max(abouts, len(x.about))
	}
	behind := 1+names+1+types+1+tags+len(" // ")+abouts <= width // as gofmt aligns them
	for _, x := range list {
		switch {
		case x.about == "":
			f.line("%s %s %s", x.name, x.goType, x.tag)
		case behind:
			f.line("%s %s %s // %s", x.name, x.goType, x.tag, x.about)
		default:
			f.comment(x.about)
			f.line("%s %s %s", x.name, x.goType, x.tag)
		}
	}
}

// comment writes a comment that is wrapped as gofmt does not.
func (f *file) comment(text string) {
	line := "//"
	for _, w := range strings.Fields(text) {
		if len(line)+1+len(w) > 80 && line != "//" {
			f.line("%s", line)
			line = "//"
		}
		line += " " + w
	}
	f.line("%s", line)
}
