// Package plan turns the operations of revisions into statements, without a
// connection: what a run would do, as data, and as a script.
//
//	p, runs, err := plan.Make(set, state, steps, nil)
//	err = p.WriteText(os.Stdout)
//	err = plan.WriteScript(ctx, w, set, history.Up, "base", "head")
//
// What it will not do: run anything. Where a revision changes the schema in
// words of its own, what follows it is planned when it has run.
package plan
