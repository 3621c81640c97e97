package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/engines"
	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/migrate"
	"github.com/larder-db/larder/migrate/command"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], databaseURL(), os.Stdout, os.Stderr)) }

func databaseURL() string {
	if url := os.Getenv("DATABASE_URL"); url != "" {
		return url
	}
	return "sqlite:///users.db"
}

// run is the program: "migrate ..." is the migration commands, anything else
// brings the database to the head and shows what the application does.
func run(ctx context.Context, args []string, url string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "migrate" {
		return command.Main(ctx, args[1:], command.Program{Name: "adr004 migrate", Lineages: lineages(), Drivers: engines.All(), URL: url,
			Stdout: stdout, Stderr: stderr, Dir: "examples/adr004/migrations", Editor: os.Getenv("EDITOR")})
	}
	if err := demo(ctx, url, stdout); err != nil {
		fmt.Fprintln(stderr, "adr004:", err)
		return 1
	}
	return 0
}

func demo(ctx context.Context, url string, out io.Writer) error {
	eng, err := engine.Open(ctx, url, engine.Options{Drivers: engines.All()})
	if err != nil {
		return err
	}
	defer eng.Close()
	r, err := migrate.New(migrate.Options{Engine: eng, Lineages: lineages()})
	if err != nil {
		return err
	}
	if _, err := r.Upgrade(ctx, "head"); err != nil {
		return err
	}
	return visit(ctx, eng, out, time.Now().Unix())
}

// visit stores a user, changes the settings and reads them back.
func visit(ctx context.Context, eng *engine.Engine, out io.Writer, now int64) error {
	email, name := fmt.Sprintf("ada+%d@example.com", now), "Ada"
	u := User{ID: fmt.Sprintf("u-%d", now), Email: &email, Name: &name,
		Settings: jsonvalue.Text(`{"ui": {"theme": "light", "lang": "de"}}`), CreatedAt: &now, UpdatedAt: &now}
	err := eng.InTx(ctx, engine.TxOptions{Name: "visit"}, func(ctx context.Context, tx *engine.Tx) error {
		if err := addUser(ctx, tx, u); err != nil {
			return err
		}
		return setTheme(ctx, tx, u.ID, "dark", now+1)
	})
	if err != nil {
		return err
	}
	got, err := userByEmail(ctx, eng, email)
	if err != nil {
		return err
	}
	dark, err := usersWithTheme(ctx, eng, "dark")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s likes %s; %d users like dark themes\n", *got.Name, got.Settings, len(dark))
	return err
}
