package sqlite

import (
	"strings"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/value"
	"github.com/larder-db/larder/schema"
)

// spellDefault gives a text as a default the form in which a bound value of the
// column is stored: to SQLite the two would be different values.
func spellDefault(c *schema.Column) {
	if c.Default == nil {
		return
	}
	if c.Type.Kind == schema.Date && strings.EqualFold(strings.Trim(string(c.Default.Expr), "() "), "CURRENT_DATE") {
		c.Default = &schema.Default{Expr: schema.Now} // that is what now is to a date
	}
	if c.Default.Expr != "" {
		return
	}
	s, ok := c.Default.Value.(string)
	if !ok {
		return
	}
	switch c.Type.Kind {
	case schema.DateTime, schema.Date, schema.Time, schema.UUID:
		c.Default = &schema.Default{Value: value.DefaultText(c.Type, s, dateTimeLayout)}
	case schema.Boolean:
		// '0' and '1' become numbers by themselves, and may stand in databases that were not made here.
		if s != "0" && s != "1" {
			c.Default = &schema.Default{Value: c.Type.Literal(s)}
		}
	case schema.Bytes:
		c.Default = bytesDefault(s)
	case schema.JSON:
		if bareNumber(s) {
			c.Default = bytesDefault(s)
		}
	}
}

func bytesDefault(s string) *schema.Default {
	return &schema.Default{Expr: schema.Expr(driver.AppendHex(nil, []byte(s)))}
}
