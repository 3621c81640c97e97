// Package value brings Go values into the few forms that drivers store
// exactly, and refuses what an engine cannot hold, before the engine sees it.
// It is for those who implement an engine: a dialect's Encode says which
// limits the engine has, and turns the neutral form into what its driver takes.
//
//	v, err := value.Encode(ty, v, value.Limits{Length: true, Years: true})
//
// A refusal is a dberr.Invalid or dberr.TooLarge error that names the limit,
// never the value; whoever knows the column adds its name.
//
// What it will not do: cut, round, or replace.
package value
