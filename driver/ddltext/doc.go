// Package ddltext is what the schema statements of all engines have in common:
// CREATE TABLE and CREATE INDEX with their columns, defaults, keys and checks,
// and the walk over a table that brings its expressions into normal form. It
// is for those who implement an engine's [driver.DDL]: the engine fills a
// [Writer] with what it says in words of its own.
//
//	w := ddltext.Writer{Ident: quoteIdent, Text: quoteText, Type: typeOf, Special: now, False: "false", True: "true",
//		Constraints: []ddltext.Part{ddltext.PrimaryKey, ddltext.Uniques, ddltext.Checks, ddltext.ForeignKeys}}
//	statements, err := w.CreateTables(normal)
//
// What an engine cannot write of a declaration is an error by name, of every function
// here; a [Writer] returns no text then.
//
// What it will not do: ALTER TABLE, in which engines have little in common, and
// types, which are each engine's own.
package ddltext
