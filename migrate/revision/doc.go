// Package revision is the graph of migrations as values: which revision
// follows which, what a word such as "head", "ae10", "billing@head" or "-2"
// means, in which order revisions run, and which rows of the version table
// each of them changes. It is for the migration runner, for the command line,
// and for anybody who wants to look at a history without a database.
//
//	g, err := revision.New(
//		revision.Revision{ID: "1975ea83b712", Doc: "create account"},
//		revision.Revision{ID: "ae1027a6acf0", Down: []string{"1975ea83b712"}, Doc: "add a column"},
//	)
//	steps, err := g.Upgrade(nil, "head") // nil: nothing is applied yet
//
// # Words
//
// A revision names its parents in Down and revisions of other branches that
// must be there first in DependsOn. A base has no parents, a head no
// children, a branch point several children, a merge point several parents.
// The version table holds one row for each revision that is applied and that
// no applied revision needs; the rows are what this package calls current.
//
// # Symbols
//
//	ae1027a6acf0    a whole id
//	ae10            the beginning of exactly one id
//	billing         the revision that carries this branch label
//	head            the only head; refused when there are several
//	heads           all heads that no other revision depends on
//	base            before the first revision
//	current         what the database has
//	+2, -1          so many revisions above or below current
//	ae10+2, head-1  so many revisions above or below another symbol
//	billing@head    any of the above, on the branch of a label or a revision
//	a:b, a:, :b     a range, both ends included; in [Graph.History] only
//
// # What runs with a revision
//
// The graph knows nothing of operations. A runner keeps its migrations by
// [Revision.ID] and looks them up when it walks the steps of a plan.
//
// # What it will not do
//
// Read files, open a database, run or render an operation. All failures are
// *[dberr.Error] around one of the types of this package, so that errors.As
// finds the facts, the candidates of an [Ambiguous] prefix for instance. The
// code is invalid, or schema_mismatch where the rows of a version table do
// not go with the graph.
package revision
