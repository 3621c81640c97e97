package main

import (
	"context"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"

	"github.com/larder-db/larder/examples/adr004/migrations"
)

// User is one row of the table users.
type User struct {
	ID        string         `db:"id"`
	Email     *string        `db:"email"`
	Name      *string        `db:"name"`
	Settings  jsonvalue.JSON `db:"settings"`
	CreatedAt *int64         `db:"created_at"`
	UpdatedAt *int64         `db:"updated_at"`
	NewField  *string        `db:"new_field"`
}

// usersTable is the table with its columns.
type usersTable struct {
	Table     *schema.Table
	ID        query.Column[string]
	Email     query.Column[string]
	Name      query.Column[string]
	Settings  query.JSONColumn
	CreatedAt query.Column[int64]
	UpdatedAt query.Column[int64]
	NewField  query.Column[string]
}

// users is declared once: its columns, the DDL of every engine, and the check
// against a live database come from here.
var users = defineUsers()

func defineUsers() usersTable {
	t := schema.Define("users").Describe("people who use the application.")
	return usersTable{
		Table:     t,
		ID:        query.Col[string](t.String("id", 36).PrimaryKey()),
		Email:     query.Col[string](t.String("email", 255).Null().Unique()),
		Name:      query.Col[string](t.String("name", 255).Null()),
		Settings:  query.JSONCol(t.JSON("settings").Null()),
		CreatedAt: query.Col[int64](t.BigInt("created_at").Null().Unit(schema.Seconds)),
		UpdatedAt: query.Col[int64](t.BigInt("updated_at").Null().Unit(schema.Seconds)),
		NewField:  query.Col[string](t.String("new_field", 255).Null()),
	}
}

// lineages is the history of the application.
func lineages() []migrate.Lineage {
	return []migrate.Lineage{{Revisions: migrations.All(), Tables: []*schema.Table{users.Table}}}
}

// addUser stores a user.
func addUser(ctx context.Context, q engine.Queryer, u User) error {
	_, err := query.Exec(ctx, q, query.Insert(users.Table).Row(u))
	return err
}

// userByEmail returns the user, or an error that is dberr.ErrNotFound.
func userByEmail(ctx context.Context, q engine.Queryer, email string) (User, error) {
	return query.One[User](ctx, q, query.SelectFrom(users.Table).Where(users.Email.Eq(email)))
}

// usersWithTheme lists the users whose settings say which theme they like.
func usersWithTheme(ctx context.Context, q engine.Queryer, theme string) ([]User, error) {
	return query.All[User](ctx, q,
		query.SelectFrom(users.Table).Where(users.Settings.Path("ui", "theme").Text().Eq(theme)).OrderBy(users.ID))
}

// setTheme changes one member of the settings and leaves the others alone.
func setTheme(ctx context.Context, q engine.Queryer, id, theme string, now int64) error {
	value, err := jsonvalue.Of(theme)
	if err != nil {
		return err
	}
	_, err = query.Exec(ctx, q,
		query.Update(users.Table).Set(users.Settings.SetPath(value, "ui", "theme"), users.UpdatedAt.Set(now)).
			Where(users.ID.Eq(id)))
	return err
}
