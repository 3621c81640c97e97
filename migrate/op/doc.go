// Package op has the operations of a migration as values. A revision records
// them; recording touches no database, so that a plan, a script and a test need
// none:
//
//	Upgrade: func(ops *op.Ops) {
//		ops.AddColumn("users", op.Text("bio").Null())
//		ops.AddColumn("message", op.String("parent_id", 255).Null().References("message", "id", schema.Cascade))
//		ops.AlterColumn("file", "meta").Type(schema.Type{Kind: schema.JSON}).Using("{meta}")
//		ops.CreateIndex("users", schema.Define("").Index("ix_users_bio", "bio"))
//		ops.Execute("UPDATE {users} SET {bio} = ? WHERE {role} = ?", "root", "admin").NoReverse("who had which text")
//		ops.Data("copy paths", func(ctx context.Context, d *op.Data) error {
//			return d.Rows(ctx, op.Scan{Table: "file", Columns: []string{"meta"}}, func(ctx context.Context, c *op.Chunk) error {
//				for _, r := range c.Rows {
//					if err := c.Update(ctx, r, op.Values{"path": pathOf(r.Text("meta"))}); err != nil {
//						return err
//					}
//				}
//				return nil
//			})
//		})
//	},
//	Downgrade: func(ops *op.Ops) { ops.DropColumn("users", "bio") },
//
// A [State] is the schema as it is known at one point of a history. Applying an
// operation to it needs no database; [Reverse] and [Loss] ask it what an
// operation undoes and destroys; [Compile] makes statements of an operation
// with it, for one engine. Online the state is what was found in the live
// database, so that columns, indexes and triggers that nobody declared survive.
//
// Operations on one table that stand next to each other are made together
// ([Group]): where a table has to be rebuilt, it is rebuilt once.
//
// The package is large because an operation is a value that knows how it is
// recorded, applied, reversed and compiled: to add one is to add its methods,
// here and nowhere else.
//
// What it will not do: open databases, keep track of revisions, or take locks;
// package migrate does. It does not read SQL that authors write, so that an
// Execute which changes the schema says so.
package op
