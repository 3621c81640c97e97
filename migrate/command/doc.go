// Package command is the migration commands of a program, with Alembic's names
// and arguments: a program of its own gets "upgrade", "downgrade", "current",
// "history", "heads", "branches", "show", "check", "stamp", "revision",
// "merge", "edit", "plan", "repair", "ensure-version" and "init" by handing its
// lineages to [Main]. "init" writes such a program.
//
//	func main() {
//		os.Exit(command.Main(context.Background(), os.Args[1:], command.Program{
//			Name: "notes migrate", Drivers: engines.All(), URL: os.Getenv("DATABASE_URL"),
//			Lineages: []migrate.Lineage{{Revisions: migrations.All(), Tables: tables.All()}},
//			Stdout: os.Stdout, Stderr: os.Stderr,
//		}))
//	}
//
// A program with a command line of its own takes [Verbs], which know their
// flags and what they do, and nothing of how a command line is put together.
//
// Results go to Stdout, messages and progress to Stderr.
//
// What it will not do: read the environment, or find migrations by itself.
package command
