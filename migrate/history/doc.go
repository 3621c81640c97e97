// Package history knows the revisions of a program: it checks lineages, chooses
// the revisions between where a database is and where it is to be, and works
// out the tables that they make, all without a database.
//
//	set, err := history.New(lineages, &op.Target{Dialect: eng.Dialect(), DDL: eng.DDL()})
//	steps, err := set.Steps(map[string][]string{"main": {"7e5b5dc7342b"}}, history.Up, "head")
//	ops, err := set.Operations(steps[0])
//
// It is for the packages below migrate; programs use the names that package
// migrate has for what is declared here.
//
// What it will not do: read or write anything.
package history
