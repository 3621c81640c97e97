package mysql

import (
	"strings"
	"testing"

	"github.com/larder-db/larder/driver"
	"github.com/larder-db/larder/driver/drivertest"
	"github.com/larder-db/larder/internal/testdb"
	"github.com/larder-db/larder/schema"
)

func TestDialect(t *testing.T) {
	for _, e := range []string{testdb.MySQL, testdb.MariaDB} {
		t.Run(e, func(t *testing.T) { drivertest.Dialect(t, Driver{}, testdb.New(t, e).URL) })
	}
}

// MariaDB before 10.9 has no positions from the end; what stands in for them
// runs on later servers as well.
func TestPositionsOnOldMariaDB(t *testing.T) {
	db := drivertest.Open(t, Driver{}, testdb.New(t, testdb.MariaDB).URL)
	old := *db
	old.Dialect = NewDialect(MariaDB{}, 100600, 0)
	drivertest.DialectOn(t, &old)
	for path, want := range map[string]string{"-1": `{"a":[1,2,{"b":9}]}`, "-3": `{"a":[9,2,{"b":3}]}`,
		"-4": `{"a":[1,2,{"b":3}]}`} {
		n := map[string]int{"-1": -1, "-3": -3, "-4": -4}[path]
		p := driver.Path{"a", n}
		if n == -1 {
			p = append(p, "b")
		}
		b := driver.NewBuilder(old.Dialect)
		doc := driver.ExprFunc(func(b *driver.Builder) { b.Arg(`{"a":[1,2,{"b":3}]}`) })
		b.SQL("SELECT ")
		old.Dialect.JSONSet(b, doc, p, driver.ExprFunc(func(b *driver.Builder) { b.Arg("9") }))
		text, args, err := b.Done()
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := db.Writer.QueryRowContext(t.Context(), text, args...).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if strings.ReplaceAll(got, " ", "") != want {
			t.Errorf("set at %s: %s, want %s", path, got, want)
		}
	}
}

func TestPacketAndKeyLimits(t *testing.T) {
	d := NewDialect(MySQL{}, 80400, 1<<20)
	for what, c := range map[string]struct {
		ty schema.Type
		v  any
		ok bool
	}{
		"over the packet": {schema.Type{Kind: schema.Text}, strings.Repeat("x", 1<<20), false},
		"under it":        {schema.Type{Kind: schema.Text}, strings.Repeat("x", 1<<19), true},
		"a long key":      {schema.Type{Kind: schema.Text, KeyLength: 10}, strings.Repeat("é", 11), false},
		"a key":           {schema.Type{Kind: schema.Text, KeyLength: 10}, strings.Repeat("é", 10), true},
		"32 bits":         {schema.Type{Kind: schema.Integer}, int64(1) << 31, false},
	} {
		if _, err := d.Encode(c.ty, c.v); (err == nil) != c.ok {
			t.Errorf("%s: %v", what, err)
		}
	}
}
