// Package arch holds the rules about the shape of the code as tests: which
// package may import which, which modules the program may depend on, and that
// no line outside of the engines asks which engine it is on.
//
// It has no code of its own. A change that breaks a rule either is wrong or
// changes the rule here, with the reason in the commit.
package arch
