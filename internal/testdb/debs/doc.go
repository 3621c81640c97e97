// Package debs unpacks packages of the machine's own package sources into a
// directory, installing nothing and needing no privileges.
//
//	err := debs.Fetch(ctx, dir, debs.Request{Choices: [][]string{{"mariadb-server-core", "libc6"}}})
//
// The archives, keys and proxies are those the machine is configured with; a
// private state directory stands in for the system's, so the closure of
// dependencies is complete, the C library included, and what is unpacked runs
// through its own loader. It is for machines with apt; elsewhere [Fetch]
// returns [ErrNoApt]. It does not install, configure or upgrade anything.
package debs
