package migrations

import (
	"slices"
	"strings"

	"github.com/larder-db/larder/schema"
)

// oldColumns are the columns that tables had before this history: those that
// are there already when its first revision runs are taken over as they are,
// and no later revision changes what this leaves different.
var oldColumns = map[string][]string{
	"auth":      {"id", "email", "password", "active"},
	"chat":      {"id", "user_id", "title", "share_id", "archived", "created_at", "updated_at"},
	"chatidtag": {"id", "tag_name", "chat_id", "user_id", "timestamp"},
	"document":  {"id", "collection_name", "name", "title", "filename", "content", "user_id", "timestamp"},
	"file":      {"id", "user_id", "filename", "created_at"},
	"function":  {"id", "user_id", "name", "type", "content", "meta", "created_at", "updated_at", "valves", "is_active", "is_global"},
	"memory":    {"id", "user_id", "content", "updated_at", "created_at"},
	"model":     {"id", "user_id", "base_model_id", "name", "meta", "params", "created_at", "updated_at"},
	"tag":       {"id", "name", "user_id"},
	"tool":      {"id", "user_id", "name", "content", "specs", "meta", "created_at", "updated_at", "valves"},
	"user":      {"id", "name", "email", "role", "profile_image_url", "last_active_at", "updated_at", "created_at"},
}

// OldLayout reports whether a difference from today's tables is one that Open
// WebUI leaves for good in a database that is older than this history, and that
// it runs on: a bound on the length of a text, a narrower integer on SQLite,
// which has one size of them, NOT NULL where today's tables allow NULL, a unique
// index beside or in place of a unique constraint, another name of a primary key. live is
// the table as it is. Use it as the Ignore of a migrate.Lineage.
func OldLayout(live *schema.Table, c schema.Change) bool {
	old := oldColumns[c.On()]
	if old == nil || live == nil {
		return false
	}
	switch c := c.(type) {
	case schema.DropIndex:
		column, ok := soleColumn(c.Index)
		return ok && slices.Contains(old, column) && c.Index.Name == live.Name+"_"+column
	case schema.DropUnique:
		return slices.Equal(c.Unique.Columns, []string{"id"}) && c.Unique.Name == "uq_"+live.Name+"_id"
	case schema.AddUnique:
		return len(c.Unique.Columns) == 1 && slices.ContainsFunc(live.Indexes, func(i *schema.Index) bool {
			column, ok := soleColumn(i)
			return ok && column == c.Unique.Columns[0]
		})
	case schema.AlterColumn:
		return slices.Contains(old, c.To.Name) && !slices.ContainsFunc(c.Facets, func(f schema.Facet) bool {
			switch f {
			case schema.TypeFacet:
				return !oldType(c.From.Type, c.To.Type)
			case schema.NullFacet:
				return c.From.Nullable
			}
			return true
		})
	case schema.AlterPrimaryKey:
		if c.From == nil || c.To == nil {
			return false
		}
		named := c.From.Name == "pk_"+live.Name || c.From.Name == "pk_"+live.Name+"_id" // as this and older releases do
		return named && slices.Equal(c.From.Columns, c.To.Columns) || live.Name == "document" && slices.Equal(c.From.Columns, []string{"id"})
	case schema.DropColumn:
		return live.Name == "document" && c.Column.Name == "id"
	}
	return false
}

// soleColumn is the column of a unique index over one.
func soleColumn(i *schema.Index) (string, bool) {
	if !i.Unique || i.Where != "" || len(i.Parts) != 1 || i.Parts[0].Column == "" {
		return "", false
	}
	return i.Parts[0].Column, true
}

// oldType reports whether a column of the first type holds what one of the
// second does, for what is in these tables.
func oldType(from, to schema.Type) bool {
	texts := func(t schema.Type) bool { return t.Kind == schema.String || t.Kind == schema.Text }
	switch {
	case texts(from) && texts(to):
		return true
	case from.Kind == schema.Integer && (to.Kind == schema.BigInt || to.Kind == schema.Boolean):
		// SQLite's spelling: the other engines' tables have the wide type.
		return strings.EqualFold(from.Raw, "INTEGER")
	case from.Kind == schema.DateTime:
		return to.Kind == schema.BigInt // it has numbers in it, and SQLite does not mind
	}
	return false
}
