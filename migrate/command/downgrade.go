package command

import (
	"context"

	"github.com/larder-db/larder/migrate"
)

func (s *Session) downgrade() Verb {
	var f runFlags
	return Verb{Name: "downgrade", Args: "<target>", Short: "Take the database back to an earlier revision",
		Long: `The target is a revision to stay, base, -N or branch@-N. A revision that cannot
be undone refuses all of it before anything is written. A SQLite file is copied
first when something is lost on the way.`,
		Flags: f.register,
		Run:   func(ctx context.Context, args []string) error { return s.migrate(ctx, migrate.Down, &f, args) }}
}
