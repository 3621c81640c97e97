// Package migrations is the history of the example: one file per revision,
// frozen once it has run anywhere. New ones are written by
//
//	go run ./examples/adr004 migrate revision --autogenerate -m "what changes" --dir examples/adr004/migrations
package migrations
