// Package credential says where the password of a database comes from when it
// changes while the program runs: from a file that something else keeps up to
// date, or from a command that makes a token. It is for the engine, which asks at
// each new connection, and once more where the server refuses what it was given.
//
//	eng, err := engine.Open(ctx, "postgresql://app@db/webui", engine.Options{
//		Drivers:  engines.All(),
//		Password: credential.File("/run/secrets/db-password"),
//	})
//
// What it will not do: keep a password longer than one connection needs it, write
// one anywhere, or say in an error what a file or a command held.
package credential
