// Package sqltext reads SQL text: a lexer for the spellings of SQLite,
// PostgreSQL, MySQL and MariaDB, and a normal form for expressions, so that an
// expression that was declared and the same one as a server prints it compare
// equal. It is for the engines' packages, which choose the [Rules]:
//
//	r := sqltext.Rules{Casts: true}
//	e, err := sqltext.Canonical(`((user_id IS NULL) <> ("app_id" is null))`, r)
//	// e is "({user_id} IS NULL) <> ({app_id} IS NULL)"
//
// The normal form is a template as schema.Expr describes it: identifiers in
// braces, function names in lower case, keywords in upper case, one space
// between words, and parentheses where one operator stands inside another.
//
// What it will not do: understand whole statements, or know what an expression
// means. Two expressions that a server would find equal by algebra are two
// expressions here.
package sqltext
