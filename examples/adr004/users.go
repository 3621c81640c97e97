package main

import (
	"context"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/model"
	"github.com/larder-db/larder/query"
	"github.com/larder-db/larder/schema"

	"github.com/larder-db/larder/examples/adr004/migrations"
)

// User is one row of the table users.
type User struct {
	ID        string     `db:"id"`
	Email     *string    `db:"email"`
	Name      *string    `db:"name"`
	Settings  model.JSON `db:"settings"`
	CreatedAt *int64     `db:"created_at"`
	UpdatedAt *int64     `db:"updated_at"`
	NewField  *string    `db:"new_field"`
}

// The table, declared once: its columns, the DDL of every engine, and the
// check against a live database come from here.
var (
	users     = schema.Define("users").Describe("people who use the application.")
	userID    = query.Col[string](users.String("id", 36).PrimaryKey())
	userEmail = query.Col[string](users.String("email", 255).Null().Unique())
	userName  = query.Col[string](users.String("name", 255).Null())
	settings  = query.JSONCol(users.JSON("settings").Null())
	createdAt = query.Col[int64](users.BigInt("created_at").Null().Unit(schema.Seconds))
	updatedAt = query.Col[int64](users.BigInt("updated_at").Null().Unit(schema.Seconds))
	newField  = query.Col[string](users.String("new_field", 255).Null())
)

// lineages is the history of the application.
func lineages() []migrate.Lineage {
	return []migrate.Lineage{{Revisions: migrations.All(), Tables: []*schema.Table{users}}}
}

// addUser stores a user.
func addUser(ctx context.Context, q engine.Queryer, u User) error {
	_, err := query.Exec(ctx, q, query.Insert(users).Row(u))
	return err
}

// userByEmail returns the user, or an error that is dberr.ErrNotFound.
func userByEmail(ctx context.Context, q engine.Queryer, email string) (User, error) {
	return query.One[User](ctx, q, query.SelectFrom(users).Where(userEmail.Eq(email)))
}

// usersWithTheme lists the users whose settings say which theme they like.
func usersWithTheme(ctx context.Context, q engine.Queryer, theme string) ([]User, error) {
	return query.All[User](ctx, q, query.SelectFrom(users).Where(settings.Path("ui", "theme").Text().Eq(theme)).OrderBy(userID))
}

// setTheme changes one member of the settings and leaves the others alone.
func setTheme(ctx context.Context, q engine.Queryer, id, theme string, now int64) error {
	value, err := model.JSONOf(theme)
	if err != nil {
		return err
	}
	_, err = query.Exec(ctx, q, query.Update(users).Set(settings.SetPath(value, "ui", "theme"), updatedAt.Set(now)).Where(userID.Eq(id)))
	return err
}
