package store_test

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/migrate/fresh"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/schema"
	"github.com/larder-db/larder/store/storetest"
	"github.com/larder-db/larder/tables"
	"github.com/larder-db/larder/tables/own"
)

func TestStore(t *testing.T) {
	enginetest.EachAndMemory(t, func(t *testing.T, eng *engine.Engine) {
		if err := fresh.Create(context.Background(), eng, slices.Concat(tables.All(), own.All()),
			[]string{tables.Head}); err != nil {
			t.Fatal(err)
		}
		storetest.Run(t, eng)
	})
}

// Every field of a model is a column of its table, in the same order, with the
// same nullability.
func TestModelsMatchTheirTables(t *testing.T) {
	for _, c := range []struct {
		table *schema.Table
		row   any
	}{
		{tables.User.Table, model.User{}},
		{tables.Auth.Table, model.Auth{}},
		{tables.APIKey.Table, model.APIKey{}},
		{tables.Chat.Table, model.Chat{}},
		{tables.ChatMessage.Table, model.ChatMessage{}},
		{tables.SharedChat.Table, model.SharedChat{}},
		{tables.ChatFile.Table, model.ChatFile{}},
		{tables.Tag.Table, model.Tag{}},
		{tables.Folder.Table, model.Folder{}},
		{tables.Config.Table, model.Config{}},
		{tables.Group.Table, model.Group{}},
		{tables.GroupMember.Table, model.GroupMember{}},
		{tables.AccessGrant.Table, model.AccessGrant{}},
	} {
		rt := reflect.TypeOf(c.row)
		fields := map[string]reflect.StructField{}
		for i := range rt.NumField() {
			f := rt.Field(i)
			name := f.Tag.Get("db")
			if fields[name] = f; c.table.Column(name) == nil {
				t.Errorf("%s.%s has the tag %q, which is no column of %s", rt.Name(), f.Name, name, c.table.Name)
			}
		}
		for _, col := range c.table.Columns {
			f, ok := fields[col.Name]
			if !ok {
				t.Errorf("%s has no field for %s.%s", rt.Name(), c.table.Name, col.Name)
				continue
			}
			isJSON := f.Type == reflect.TypeFor[jsonvalue.JSON]()
			if (col.Type.Kind == schema.JSON) != isJSON {
				t.Errorf("%s.%s is %s, %s.%s is declared %s", rt.Name(), f.Name, f.Type, c.table.Name, col.Name, col.Type.Kind)
			}
			if isPointer := f.Type.Kind() == reflect.Pointer; !isJSON && isPointer != col.Nullable {
				t.Errorf("%s.%s is %s, but %s.%s is nullable: %v", rt.Name(), f.Name, f.Type, c.table.Name, col.Name, col.Nullable)
			}
		}
	}
}
