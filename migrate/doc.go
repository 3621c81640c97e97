// Package migrate runs the migrations of a program: what Alembic does for
// Python, with the revisions compiled into the binary.
//
//	var addBio = migrate.Revision{
//		ID: "3f2a9c1d4e5b", Down: []string{"7e5b5dc7342b"}, Doc: "users write about themselves",
//		Upgrade:   func(ops *op.Ops) { ops.AddColumn("users", op.Text("bio").Null()) },
//		Downgrade: func(ops *op.Ops) { ops.DropColumn("users", "bio") },
//	}
//
//	r, err := migrate.New(migrate.Options{
//		Engine:   eng,
//		Lineages: []migrate.Lineage{{Revisions: []migrate.Revision{createUsers, addBio}, Tables: tables}},
//	})
//	report, err := r.Upgrade(ctx, "head")
//
// A [Runner] plans first and runs then: [Runner.Plan] is what [Runner.Upgrade]
// would do, with the statements, what they lock and what they destroy, and
// [Runner.SQL] writes it as a script without a database.
//
// # What holds
//
// One process at a time changes the schema of a database: a named lock is
// taken before the version is read, and frees itself when its holder dies. The
// others wait, find everything done, and succeed.
//
// Where schema statements are transactional a revision is one transaction,
// together with the row that records it. Elsewhere, and for what cannot stand
// in a transaction (batched data steps, indexes made concurrently), a journal
// says after every statement where the revision stands: the next run goes on
// from there, and [Runner.Repair] can undo it instead.
//
// A revision that another program began and left half-way is found by comparing
// the tables with what the history makes: [Runner.Check] explains it, the next
// run or [Runner.Repair] finishes it when its operations are guarded, such as
// with op.IfNotExists, and Repair can take it back where that loses nothing.
//
// A revision may look at the data before an upgrade begins ([Revision.Preflight]):
// what stands in the way of the last revision is known ahead of the first one,
// in a plan too.
//
// A version that the program does not know is refused before anything is
// written. The version table is Alembic's own, in its shape.
//
// # The packages behind it
//
// This package is the front: options, and a method for each thing that people
// ask for. Package history has the revisions and chooses among them, ledger is
// what a database says about itself, plan makes statements of operations, run
// runs them, rescue finds what other programs left half-way, status says what
// is out of order. Package autogen writes revisions as source; a program that
// only runs them does not link it.
//
// # What it will not do
//
// Find revisions by itself, read the environment, or look at files other than
// the snapshot that it makes of a database which is one file.
package migrate
