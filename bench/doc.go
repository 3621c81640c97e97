// Package bench measures Larder against the raw drivers, on SQLite and on the
// test servers, and the server with whole requests; docs/benchmarks.md says what
// its figures are and how they are read.
//
//	make bench
//	go test -run '^$' -bench ServeManyMessages ./bench
//
// It holds benchmarks alone, and nothing imports it.
package bench
