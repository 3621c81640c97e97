// Package search finds out which texts hold a text, in one way for all engines:
// it has the folding, the n-grams, and the form in which both are stored. The
// texts of a chat are a [Record]; an index over a few hundred or thousand of
// them is what a [Builder] makes, cut into rows of a few kilobytes each.
//
//	var r search.Record
//	r.Add(title)
//	r.Add(search.Texts(content)...)
//	data := r.Bytes()
//	...
//	q := search.Parse("two words")
//	if ok, text := q.Match(data); ok { show(q.Snippet(text)) }
//
// A text is found when it is a part of another, without regard to case, by
// Unicode's simple folding. An index names every record in which it may be, and
// some in which it is not: [Query.Match] decides.
//
// What it will not do: read or write a database, stem words, or rank.
package search
