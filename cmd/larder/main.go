// Larder keeps the users and chats of Open WebUI on SQLite, PostgreSQL, MySQL
// or MariaDB. See larder --help.
package main

import (
	"context"
	"os"

	"github.com/larder-db/larder/internal/cli"
)

func main() { os.Exit(cli.Main(context.Background(), os.Args[1:], cli.System())) }
