// Package query is the Core and the small ORM: typed columns, expressions,
// statements as immutable values, row mapping and eager loading. Values are
// always bound, names always quoted, and what differs between engines is asked
// of the dialect: one statement means the same on each of them.
//
// A table is declared once, and its columns are typed from the declaration:
//
//	var (
//		t     = schema.Define("note")
//		ID    = query.Col[string](t.Text("id").Key(36).PrimaryKey())
//		Title = query.Col[string](t.Text("title").Null())
//		Meta  = query.JSONCol(t.JSON("meta").Null())
//		Made  = query.Col[int64](t.BigInt("created_at"))
//	)
//
// What the program and not the database does for a column is said there, too: ids
// and times of new rows, versions, types of one's own.
//
//	var ID = query.Col(t.Text("id").Key(36).PrimaryKey(), query.Default(newID))
//
// Rows are structs; the db tags of their fields name columns. NULL needs a
// pointer; a JSON column is a jsonvalue.JSON, which has its own NULL:
//
//	type Note struct {
//		ID    string     `db:"id"`
//		Title *string    `db:"title"`
//		Meta  jsonvalue.JSON `db:"meta"`
//		Made  int64      `db:"created_at"`
//	}
//
// Statements are run on anything that is an [engine.Queryer]: the engine, a
// transaction, a session.
//
//	q := query.Select(ID, Title).From(t).
//		Where(Meta.Path("tags").Has("work"), Title.ContainsFold("plan")).
//		OrderBy(Made.Desc(), ID).Limit(60).Named("notes.List")
//	for n, err := range query.Rows[Note](ctx, eng, q) { ... } // streams
//	all, err := query.All[Note](ctx, eng, query.SelectFrom(t))
//	n, err := query.One[Note](ctx, eng, query.SelectFrom(t).Where(ID.Eq(id))) // or dberr.ErrNotFound
//	k, err := query.Count(ctx, eng, q)
//
//	_, err = query.Exec(ctx, eng, query.Insert(t).Row(n))
//	_, err = query.Exec(ctx, eng, query.InsertRows(t, notes))
//	_, err = query.Exec(ctx, eng, query.Insert(t).Row(n).OnConflict(ID).DoUpdate(Title, Meta))
//	_, err = query.Exec(ctx, eng, query.Update(t).Set(Title.Set("x"), Meta.SetPath(v, "a", "b")).Where(ID.Eq(id)))
//	_, err = query.Exec(ctx, eng, query.Update(t).Diff(before, after))    // changed columns only
//	n, err = query.One[Note](ctx, eng, query.Delete(t).Where(ID.Eq(id)).Returning(query.Columns(t)...))
//
// What runs often is prepared once; its text is kept per dialect:
//
//	var get = query.Prepare[Note](query.SelectFrom(t).Where(ID.EqTo(query.Param[string]("id"))).Named("notes.Get"))
//	n, err := get.One(ctx, eng, id)
//
//	var add = query.Prepare[struct{}](query.Insert(t).Params(ID, Title, Meta, Made))
//	_, err = add.Exec(ctx, eng, query.By(n))
//
// Relations are declared beside the tables, by their foreign keys, and loaded in a
// fixed number of statements, when asked for:
//
//	var NoteComments = query.HasMany(comment, func(n *Note) *[]Comment { return &n.Comments }, CommentNote)
//	notes, err := query.AllWith(ctx, eng, q, NoteComments.OrderBy(CommentAt))
//
// or described where they are used, by what makes them up:
//
//	comments := query.Many(func(n *Note) (string, bool) { return n.ID, true },
//		query.SelectFrom(comment).OrderBy(CommentAt), []query.AnyColumn{NoteID},
//		func(n *Note, cs []Comment) { n.Comments = cs })
//	notes, err := query.AllWith(ctx, eng, q, comments)
//
// What a SELECT list names with As is the same expression everywhere else:
//
//	day := Meta.Path("day").Text().As("day")
//	q = query.Select(day, query.CountAll().As("n")).From(t).GroupBy(day).Having(day.NotNull()).OrderBy(day)
//
// Windows are made of an aggregate, or shared by several:
//
//	running := query.Frame{}.OrderBy(Made).Rows(query.Preceding(6), query.CurrentRow())
//	q = query.Select(ID, query.Over(query.Sum(Size)).In(running).As("week")).From(t)
//
// A self join names the table again: p := query.As(t, "p"); ID.Of(p).
//
// The package is large because what it adds is one language: its parts refer to
// each other, and a reader looks for a word of SQL in one place.
//
// What it will not do: load anything that was not asked for, keep an identity
// map or track changes, generate code, or write SQL that holds a value.
package query
