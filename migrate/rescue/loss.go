package rescue

import (
	"context"
	"fmt"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate/op"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"
)

// Loss says what would be lost if a part that is present were taken back, or "".
func (p Part) Loss(ctx context.Context, q engine.Queryer, live *op.State) (string, error) {
	switch {
	case !p.Present:
		return "", nil
	case p.Final != "":
		return p.Final, nil
	case p.Table == "":
		return "", nil
	}
	t := live.Table(p.Table)
	if t == nil || p.Column != nil && t.Column(p.Column.Name) == nil {
		return "", nil
	}
	if p.Column == nil {
		n, err := query.Count(ctx, q, query.SelectFrom(t))
		if err != nil || n == 0 {
			return "", err
		}
		return fmt.Sprintf("table %s has %d rows", p.Table, n), nil
	}
	holds, err := holdsValues(ctx, q, t, p.Column)
	if err != nil || !holds {
		return "", err
	}
	return "column " + p.Table + "." + p.Column.Name + " holds values", nil
}

// holdsValues reports whether a column has another value than NULL and its
// default in any row.
func holdsValues(ctx context.Context, q engine.Queryer, t *schema.Table, c *schema.Column) (bool, error) {
	value := query.ColumnOf[any](t, c.Name)
	values := query.Select(value).From(t).Where(value.NotNull()).Named("migrate")
	if c.Default == nil {
		return query.Found(ctx, q, values)
	}
	for v, err := range query.Rows[any](ctx, q, values) {
		if err != nil {
			return false, err
		}
		if !isDefault(v, c.Default.Value) {
			return true, nil
		}
	}
	return false, nil
}

// isDefault compares a value as a driver gives it with one that was declared.
func isDefault(v, value any) bool {
	if b, ok := value.(bool); ok {
		switch v := v.(type) {
		case bool:
			return v == b
		case int64:
			return (v != 0) == b
		}
	}
	if raw, ok := v.([]byte); ok {
		v = string(raw)
	}
	return value != nil && fmt.Sprint(v) == fmt.Sprint(value)
}
