package migrations

import "github.com/larder-db/larder/migrate"

// revisions has a method for each revision, in the file of the revision: there is
// no list of them all that has to be kept and merged.
type revisions struct{}

// All returns the revisions.
func All() []migrate.Revision { return migrate.Revisions(revisions{}) }
